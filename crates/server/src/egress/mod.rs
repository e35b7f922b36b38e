//! Every request that the server makes by itself goes out here.
//!
//! Where to is often said by somebody who may do less than the server can reach: an endpoint of a subscription, a redirect,
//! a region in an ARN. So names are resolved first, every address is checked against [`AddressRules`], and only then is
//! there a connection. What an operator names in the configuration or the environment is not checked, but that it is not
//! this server itself. Everything is bounded: time, size of answers, redirects, look-ups at a time.

mod addresses;
mod aws;
mod client;
mod connect;
mod credentials;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
pub(crate) mod lambda;
mod profile;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod url;

pub(crate) use addresses::{AddressRules, Network};
pub(crate) use aws::{Aws, AwsRequest, key_of};
pub(crate) use client::{ChosenBy, Client, OutRequest, OutResponse, SendError};
pub(crate) use profile::{Environment, Profile};
