//! Clients for tests.

use std::net::{Ipv4Addr, SocketAddr};

use super::{AddressRules, Aws, Client};

/// Where the server of tests would listen.
pub(crate) const LISTENING: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// A client that goes where `rules` let it.
pub(crate) fn client(rules: AddressRules) -> Client {
    Client::new(rules, None, LISTENING).unwrap()
}

/// A client that goes everywhere.
pub(crate) fn open_client() -> Client {
    client(AddressRules::new(&[], true))
}

/// Calls of AWS's APIs with such variables in the environment.
pub(crate) fn aws(variables: &[(&str, &str)]) -> Aws {
    let variables: Vec<_> = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Aws::new(client(AddressRules::default()), &variables)
}
