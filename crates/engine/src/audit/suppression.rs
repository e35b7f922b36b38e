//! Suppressions: stated exceptions for one check and one resource.

use super::resource::Resource;
use crate::time::Timestamp;

/// A finding of `check` on `resource` is marked suppressed, until `expires` or for good. It stays in the report, does not
/// count as non-compliant, and is never mitigated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    pub check: String,
    pub resource: SuppressedResource,
    /// In force up to, not including, this moment; `None` is indefinite.
    pub expires: Option<Timestamp>,
    pub description: String,
}

/// The resource of a suppression. AWS's key is the full identifier; a policy is suppressed by name and version, which is why
/// a new version is judged anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SuppressedResource {
    Exactly(Resource),
    /// An issuer by certificate id only: subject and serial number say nothing more.
    Issuer(crate::ids::CertificateId),
    /// The account settings of whatever account the fleet belongs to.
    AnyAccount,
}

impl Suppression {
    pub fn covers(&self, check: &str, resource: &Resource, now: Timestamp) -> bool {
        let fits = match (&self.resource, resource) {
            (SuppressedResource::Exactly(wanted), found) => wanted == found,
            (SuppressedResource::Issuer(wanted), Resource::IssuerCertificate { id, .. }) => wanted == id,
            (SuppressedResource::AnyAccount, Resource::AccountSettings { .. }) => true,
            _ => false,
        };
        fits && self.check == check && self.expires.is_none_or(|end| now < end)
    }
}
