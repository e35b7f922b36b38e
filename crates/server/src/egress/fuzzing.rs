//! What the fuzz targets about outgoing requests ask; compiled for them alone.

use std::net::Ipv4Addr;

use super::addresses::{AddressRules, Network};
use super::credentials;
use super::profile::{Environment, Files, Profile};
use super::url::Url;

/// Shared files of AWS, with any text in them: they are read, and what they name is named without being asked.
pub fn shared_files(config: &str, credentials: &str) {
    let environment = Environment::new(&[("AWS_PROFILE".into(), "p".into())]);
    let profile = Profile::of(&environment, &Files::new(config, credentials));
    // Secrets are not shown.
    if let Some(token) = credentials.split_once("aws_secret_access_key=").map(|(_, rest)| rest.trim()) {
        let shown = format!("{profile:?}");
        assert!(token.len() < 12 || token.contains(char::is_whitespace) || !shown.contains(token));
    }
    let _ = profile.endpoint("sns");
}

/// Answers of services that give credentials.
pub fn credentials(answer: &[u8]) {
    credentials::read(answer);
}

/// A URL that somebody subscribes, and where it redirects to.
pub fn urls(text: &str, location: &str) {
    if let Ok(url) = Url::parse(text) {
        assert!(matches!(url.uri.scheme_str(), Some("http" | "https")));
        let shown = url.uri.to_string();
        assert_eq!(
            Url::parse(&shown).map(|again| (again.uri, again.user)),
            Ok((url.uri.clone(), None)),
            "{shown}"
        );
        if let Ok(next) = url.redirected(location) {
            assert!(matches!(next.uri.scheme_str(), Some("http" | "https")));
            assert!(next.uri.host().is_some_and(|host| !host.is_empty()));
        }
    }
    if let Ok(network) = text.parse::<Network>() {
        assert_eq!(network.to_string().parse(), Ok(network));
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        let rules = AddressRules::default();
        assert_eq!(rules.permit(address.into()), rules.permit(address.to_ipv6_mapped().into()));
    }
}
