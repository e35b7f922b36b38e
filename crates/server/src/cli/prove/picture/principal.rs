//! Who policies are attached to.

use std::cmp::Ordering;
use std::fmt;

use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::prove::Identity;

/// A certificate's id, or the text of another principal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum PrincipalId {
    Certificate(CertificateId),
    Other(Box<str>),
}

impl PrincipalId {
    /// Of a certificate's id or ARN, or of any other text.
    pub(super) fn of(text: &str) -> Self {
        let id = text.rsplit_once(":cert/").map_or(text, |(_, id)| id);
        CertificateId::parse(id).map_or_else(|| Self::Other(text.into()), Self::Certificate)
    }

    /// The Amazon Cognito identity that it is, if it is one.
    pub(super) fn identity(&self) -> Identity {
        match self {
            Self::Certificate(_) => Identity::None,
            Self::Other(text) => Identity::of(text),
        }
    }
}

impl fmt::Display for PrincipalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(id) => id.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl Ord for PrincipalId {
    /// By text.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Certificate(one), Self::Certificate(other)) => one.cmp(other),
            (Self::Other(one), Self::Other(other)) => one.cmp(other),
            _ => self.to_string().cmp(&other.to_string()),
        }
    }
}

impl PartialOrd for PrincipalId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_the_same_by_id_and_by_arn_and_stands_where_its_text_does() {
        let id = "0a".repeat(32);
        let arn = format!("arn:aws:iot:eu-west-1:123456789012:cert/{id}");
        let certificate = PrincipalId::of(&id);
        assert_eq!(PrincipalId::of(&arn), certificate);
        assert_eq!(certificate.to_string(), id);
        let mut texts = vec!["eu-west-1:0f", "0", "0b", id.as_str(), "arn:aws:iot:eu-west-1:1:cert/x"];
        let mut all: Vec<PrincipalId> = texts.iter().map(|text| PrincipalId::of(text)).collect();
        texts.sort_unstable();
        all.sort();
        assert_eq!(all.iter().map(PrincipalId::to_string).collect::<Vec<_>>(), texts);
    }
}
