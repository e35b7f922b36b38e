//! The actions, resource types and condition keys that AWS IoT policies know.
//!
//! Sources: the developer guide's pages
//! [policy actions](https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html),
//! [action resources](https://docs.aws.amazon.com/iot/latest/developerguide/iot-action-resources.html),
//! [basic](https://docs.aws.amazon.com/iot/latest/developerguide/basic-policy-variables.html),
//! [thing](https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html) and
//! [certificate policy variables](https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html).

/// An action that an IoT policy can allow or deny, and the type of its resources: what follows the account in the ARN, up
/// to the `/`. `None` for actions without resource, which need `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IotAction {
    pub(crate) name: &'static str,
    pub(crate) resource: Option<&'static str>,
}

const fn action(name: &'static str, resource: &'static str) -> IotAction {
    IotAction { name, resource: Some(resource) }
}

pub(crate) const IOT_ACTIONS: &[IotAction] = &[
    action("iot:Connect", "client"),
    action("iot:DeleteConnection", "client"),
    action("iot:Publish", "topic"),
    action("iot:RetainPublish", "topic"),
    action("iot:Receive", "topic"),
    action("iot:Subscribe", "topicfilter"),
    action("iot:GetRetainedMessage", "topic"),
    IotAction { name: "iot:ListRetainedMessages", resource: None },
    action("iot:GetThingShadow", "thing"),
    action("iot:UpdateThingShadow", "thing"),
    action("iot:DeleteThingShadow", "thing"),
    action("iot:ListNamedShadowsForThing", "thing"),
    action("iot:DescribeJobExecution", "thing"),
    action("iot:GetPendingJobExecutions", "thing"),
    action("iot:StartNextPendingJobExecution", "thing"),
    action("iot:UpdateJobExecution", "thing"),
    action("iotjobsdata:DescribeJobExecution", "thing"),
    action("iotjobsdata:GetPendingJobExecutions", "thing"),
    action("iotjobsdata:StartNextPendingJobExecution", "thing"),
    action("iotjobsdata:UpdateJobExecution", "thing"),
    action("iot:AssumeRoleWithCertificate", "rolealias"),
];

/// The keys of the namespace `iot:` that are no family.
pub(super) const IOT_KEYS: &[&str] = &[
    "iot:ClientId",
    "iot:DomainName",
    "iot:ConnectAttributes",
    "iot:LastWillTopic",
    "iot:CertificateId",
    "iot:Certificate.SerialNumber",
    "iot:Certificate.AvailableKeys",
    "iot:Connection.Thing.ThingName",
    "iot:Connection.Thing.ThingTypeName",
    "iot:Connection.Thing.IsAttached",
];

const CERTIFICATE_NAMES: &[&str] = &[
    "DistinguishedNameQualifier",
    "Country",
    "Organization",
    "OrganizationalUnit",
    "State",
    "CommonName",
    "SerialNumber",
    "Title",
    "Surname",
    "GivenName",
    "Initials",
    "Pseudonym",
    "GenerationQualifier",
    "AlternativeName.RFC822Name",
    "AlternativeName.DNSName",
    "AlternativeName.DirectoryName",
    "AlternativeName.UniformResourceIdentifier",
    "AlternativeName.IPAddress",
];

/// Whether a key of the namespace `iot:` exists, in any case.
pub(crate) fn is_iot_key(key: &str) -> bool {
    if IOT_KEYS.iter().any(|known| known.eq_ignore_ascii_case(key)) {
        return true;
    }
    if let Some(name) = strip_prefix(key, "iot:Connection.Thing.Attributes[") {
        return name.len() > 1 && name.ends_with(']');
    }
    let name =
        ["iot:Certificate.Subject.", "iot:Certificate.Issuer."].iter().find_map(|p| strip_prefix(key, p));
    let Some(name) = name else { return false };
    let base = match name.rsplit_once('.') {
        Some((base, suffix)) if suffix.eq_ignore_ascii_case("List") || is_index(suffix) => base,
        _ => name,
    };
    CERTIFICATE_NAMES.iter().any(|known| known.eq_ignore_ascii_case(base))
}

/// `.1` is the second value, and no more than five count.
fn is_index(suffix: &str) -> bool {
    matches!(suffix, "1" | "2" | "3" | "4")
}

fn strip_prefix<'k>(key: &'k str, prefix: &str) -> Option<&'k str> {
    let (head, tail) = key.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for key in [
            "iot:clientid",
            "iot:Connection.Thing.Attributes[a b]",
            "iot:Certificate.Subject.CommonName",
            "iot:Certificate.Issuer.Country.4",
            "iot:certificate.subject.alternativename.dnsname.list",
        ] {
            assert!(is_iot_key(key), "{key}");
        }
        for key in [
            "iot:Client",
            "iot:Connection.Thing.Attributes[]",
            "iot:Connection.Thing.Attributes[a",
            "iot:Certificate.Subject.CommonName.5",
            "iot:Certificate.Subject.CommonName.0",
            "iot:Certificate.Subject.Name",
            "iot:Certificate.Holder.CommonName",
            "iot:Connection.Thing.Name",
        ] {
            assert!(!is_iot_key(key), "{key}");
        }
    }
}
