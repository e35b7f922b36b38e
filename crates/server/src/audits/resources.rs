//! Resources of findings and suppressions, in AWS's `ResourceIdentifier` and as keys to find them by.

use thingwarden_engine::audit::{Finding, Resource, ResourceType};
use thingwarden_engine::ids::CertificateId;
use thingwarden_store::records::AuditedResource;
use thingwarden_store::{Filter, link_id};
use thingwarden_wire::types::ResourceIdentifier;

use crate::output::finding::ResourceIdentifier as Identified;

/// What findings and suppressions of a resource are found by.
pub(crate) fn key(resource: &Resource) -> String {
    let kind = resource.resource_type().as_str();
    match resource {
        Resource::IotPolicy { name, version } => link_id(&[kind, name, version]),
        other => link_id(&[kind, &other.to_string()]),
    }
}

/// What a given identifier means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Meant {
    pub(crate) resource_type: ResourceType,
    /// As [`key`], or its beginning.
    pub(crate) key: String,
    /// False when only the beginning of the key is known: a policy without a version.
    pub(crate) complete: bool,
}

impl Meant {
    /// Finds the records of the resource by their column `resource_key`.
    pub(crate) fn filter(&self) -> Filter<'_> {
        if self.complete {
            Filter::eq("resource_key", self.key.as_str())
        } else {
            Filter::Prefix("resource_key", &self.key)
        }
    }
}

/// Reads an identifier; it must identify one thing.
///
/// # Errors
/// What is wrong with it, for the caller.
pub(crate) fn meant(identifier: &ResourceIdentifier) -> Result<Meant, String> {
    let mut all = vec![];
    let mut push = |resource_type: ResourceType, parts: &[&str], complete| {
        let parts: Vec<&str> = [resource_type.as_str()].into_iter().chain(parts.iter().copied()).collect();
        all.push(Meant { resource_type, key: link_id(&parts), complete });
    };
    let certificate = |text: &str| {
        let id = CertificateId::parse(text);
        id.map(|id| id.to_string()).ok_or_else(|| format!("`{text}` is not the id of a certificate"))
    };
    if let Some(id) = &identifier.device_certificate_id {
        push(ResourceType::DeviceCertificate, &[&certificate(id)?], true);
    }
    if let Some(arn) = &identifier.device_certificate_arn {
        let id = arn.rsplit_once(":cert/").map_or("", |(_, id)| id);
        push(ResourceType::DeviceCertificate, &[&certificate(id)?], true);
    }
    if let Some(id) = &identifier.ca_certificate_id {
        push(ResourceType::CaCertificate, &[&certificate(id)?], true);
    }
    if let Some(id) = &identifier.cognito_identity_pool_id {
        push(ResourceType::CognitoIdentityPool, &[id], true);
    }
    if let Some(id) = &identifier.client_id {
        push(ResourceType::ClientId, &[id], true);
    }
    if let Some(policy) = &identifier.policy_version_identifier {
        let name = policy.policy_name.as_deref().ok_or("`policyVersionIdentifier` needs `policyName`")?;
        let version = policy.policy_version_id.as_deref();
        push(ResourceType::IotPolicy, &[name, version.unwrap_or_default()], version.is_some());
    }
    if let Some(account) = &identifier.account {
        push(ResourceType::AccountSettings, &[account], true);
    }
    if let Some(arn) = &identifier.iam_role_arn {
        push(ResourceType::IamRole, &[arn], true);
    }
    if let Some(arn) = &identifier.role_alias_arn {
        push(ResourceType::RoleAlias, &[arn], true);
    }
    if let Some(issuer) = &identifier.issuer_certificate_identifier {
        let id = issuer.issuer_id.as_deref().ok_or("`issuerCertificateIdentifier` needs `issuerId`")?;
        push(ResourceType::IssuerCertificate, &[&certificate(id)?], true);
    }
    all.dedup();
    let count = all.len();
    match (all.pop(), count) {
        (Some(meant), 1) => Ok(meant),
        (None, _) => Err("`resourceIdentifier` names no resource".to_owned()),
        (Some(_), _) => Err("`resourceIdentifier` names more than one resource".to_owned()),
    }
}

/// The member of `ResourceIdentifier` that a type of resource is named by.
pub(crate) fn member(resource_type: ResourceType) -> &'static str {
    match resource_type {
        ResourceType::AccountSettings => "account",
        ResourceType::CaCertificate => "caCertificateId",
        ResourceType::ClientId => "clientId",
        ResourceType::CognitoIdentityPool => "cognitoIdentityPoolId",
        ResourceType::DeviceCertificate => "deviceCertificateId",
        ResourceType::IamRole => "iamRoleArn",
        ResourceType::IotPolicy => "policyVersionIdentifier",
        ResourceType::IssuerCertificate => "issuerCertificateIdentifier",
        ResourceType::RoleAlias => "roleAliasArn",
    }
}

/// A resource as records keep it.
pub(crate) fn audited(resource: &Resource, additional: &[(&'static str, String)]) -> AuditedResource {
    AuditedResource {
        resource_type: resource.resource_type().as_str().to_owned(),
        identifier: serde_json::to_value(Identified::of(resource)).unwrap_or_default(),
        additional: additional.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
    }
}

/// The related resources of a finding as records keep them.
pub(super) fn related(finding: &Finding) -> Vec<AuditedResource> {
    finding.related.iter().map(|one| audited(&one.resource, &one.additional)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(identifier: serde_json::Value) -> Result<Meant, String> {
        meant(&serde_json::from_value(identifier).unwrap())
    }

    fn check(resource: &Resource) {
        let identifier = audited(resource, &[]).identifier;
        let meant = read(identifier).unwrap();
        let expected = Meant { resource_type: resource.resource_type(), key: key(resource), complete: true };
        assert_eq!(meant, expected);
    }

    #[test]
    fn the_identifier_of_every_resource_means_that_resource() {
        let id = CertificateId::new([0xab; 32]);
        check(&Resource::DeviceCertificate(id));
        check(&Resource::CaCertificate(id));
        check(&Resource::IssuerCertificate { id, subject: "CN=a".into(), serial: "01".into() });
        check(&Resource::IotPolicy { name: "p".into(), version: "3".into() });
        check(&Resource::AccountSettings { account: "123456789012".into() });
        check(&Resource::ClientId("c".into()));
        check(&Resource::CognitoIdentityPool("us-east-1:1".into()));
        check(&Resource::RoleAlias { arn: "arn:aws:iot:us-east-1:123456789012:rolealias/r".into() });
        check(&Resource::IamRole { arn: "arn:aws:iam::123456789012:role/r".into() });
    }

    #[test]
    fn certificates_are_named_in_several_ways() {
        let id = "ab".repeat(32);
        let plain = read(json!({"deviceCertificateId": id})).unwrap();
        assert_eq!(read(json!({"deviceCertificateId": id.to_uppercase()})).unwrap(), plain);
        let arn = format!("arn:aws:iot:us-east-1:123456789012:cert/{id}");
        assert_eq!(read(json!({"deviceCertificateArn": arn})).unwrap(), plain);
        assert_eq!(read(json!({"deviceCertificateArn": arn, "deviceCertificateId": id})).unwrap(), plain);
    }

    #[test]
    fn identifiers_of_nothing_and_of_two_things_are_refused() {
        let bad = [
            json!({}),
            json!({"clientId": "c", "account": "123456789012"}),
            json!({"deviceCertificateId": "xyz"}),
            json!({"deviceCertificateArn": "arn:aws:iot:us-east-1:123456789012:thing/t"}),
            json!({"policyVersionIdentifier": {"policyVersionId": "1"}}),
            json!({"issuerCertificateIdentifier": {"issuerCertificateSubject": "CN=a"}}),
        ];
        for identifier in bad {
            assert!(read(identifier.clone()).is_err(), "{identifier}");
        }
        assert!(!read(json!({"policyVersionIdentifier": {"policyName": "p"}})).unwrap().complete);
    }
}
