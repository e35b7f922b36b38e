//! The six kinds of mitigation actions, and which of them fit which check.

use thingwarden_engine::audit::{Check, ResourceType};
use thingwarden_wire::types::{MitigationActionParams, MitigationActionType};

/// The kind of an action, from the one member of its parameters; none when there is not exactly one.
pub(crate) fn of(params: &MitigationActionParams) -> Option<MitigationActionType> {
    use MitigationActionType as Kind;
    let given = [
        (params.update_device_certificate_params.is_some(), Kind::UpdateDeviceCertificate),
        (params.update_ca_certificate_params.is_some(), Kind::UpdateCaCertificate),
        (params.add_things_to_thing_group_params.is_some(), Kind::AddThingsToThingGroup),
        (params.replace_default_policy_version_params.is_some(), Kind::ReplaceDefaultPolicyVersion),
        (params.enable_io_t_logging_params.is_some(), Kind::EnableIotLogging),
        (params.publish_finding_to_sns_params.is_some(), Kind::PublishFindingToSns),
    ];
    let mut given = given.into_iter().filter(|(is_given, _)| *is_given).map(|(_, kind)| kind);
    given.next().filter(|_| given.next().is_none())
}

/// The member of `MitigationActionParams` that has the parameters of a kind.
pub(crate) const fn member(kind: MitigationActionType) -> &'static str {
    match kind {
        MitigationActionType::UpdateDeviceCertificate => "updateDeviceCertificateParams",
        MitigationActionType::UpdateCaCertificate => "updateCACertificateParams",
        MitigationActionType::AddThingsToThingGroup => "addThingsToThingGroupParams",
        MitigationActionType::ReplaceDefaultPolicyVersion => "replaceDefaultPolicyVersionParams",
        MitigationActionType::EnableIotLogging => "enableIoTLoggingParams",
        MitigationActionType::PublishFindingToSns => "publishFindingToSnsParams",
    }
}

/// Whether an action can do anything about the findings of a check (developer guide, "Mitigation actions"). That follows
/// from the resources that the check reports, for the checks of this server too.
pub(crate) fn fits(kind: MitigationActionType, check: &Check) -> bool {
    use MitigationActionType as Kind;
    match kind {
        Kind::PublishFindingToSns => true,
        // Of an intermediate CA, the finding names the device certificates below it.
        Kind::UpdateDeviceCertificate | Kind::AddThingsToThingGroup => {
            matches!(check.resource_type, ResourceType::DeviceCertificate | ResourceType::IssuerCertificate)
        }
        Kind::UpdateCaCertificate => check.resource_type == ResourceType::CaCertificate,
        Kind::ReplaceDefaultPolicyVersion => check.resource_type == ResourceType::IotPolicy,
        Kind::EnableIotLogging => check.resource_type == ResourceType::AccountSettings,
    }
}

#[cfg(test)]
mod tests {
    use thingwarden_engine::audit::checks::{ALL, find};

    use super::*;

    #[test]
    fn the_member_says_the_kind() {
        for kind in MitigationActionType::ALL {
            let given = match kind {
                MitigationActionType::UpdateDeviceCertificate | MitigationActionType::UpdateCaCertificate => {
                    r#"{"action": "DEACTIVATE"}"#
                }
                MitigationActionType::AddThingsToThingGroup => r#"{"thingGroupNames": ["g"]}"#,
                MitigationActionType::ReplaceDefaultPolicyVersion => r#"{"templateName": "BLANK_POLICY"}"#,
                MitigationActionType::EnableIotLogging => r#"{"roleArnForLogging": "r", "logLevel": "INFO"}"#,
                MitigationActionType::PublishFindingToSns => r#"{"topicArn": "t"}"#,
            };
            let params = format!("{{\"{}\": {given}}}", member(*kind));
            assert_eq!(of(&serde_json::from_str(&params).unwrap()), Some(*kind), "{params}");
        }
        assert_eq!(of(&MitigationActionParams::default()), None);
        let two = r#"{"publishFindingToSnsParams": {"topicArn": "t"}, "updateCACertificateParams": {"action": "DEACTIVATE"}}"#;
        assert_eq!(of(&serde_json::from_str(two).unwrap()), None);
    }

    /// The table of the developer guide.
    #[test]
    fn actions_fit_the_checks_of_the_guide() {
        use MitigationActionType as Kind;
        let certificates = [Kind::UpdateDeviceCertificate, Kind::AddThingsToThingGroup];
        let table: &[(&[&str], &[MitigationActionType])] = &[
            (
                &[
                    "REVOKED_CA_CERTIFICATE_STILL_ACTIVE_CHECK",
                    "CA_CERTIFICATE_KEY_QUALITY_CHECK",
                    "CA_CERTIFICATE_EXPIRING_CHECK",
                ],
                &[Kind::UpdateCaCertificate],
            ),
            (
                &[
                    "INTERMEDIATE_CA_REVOKED_FOR_ACTIVE_DEVICE_CERTIFICATES_CHECK",
                    "DEVICE_CERTIFICATE_SHARED_CHECK",
                    "DEVICE_CERTIFICATE_KEY_QUALITY_CHECK",
                    "DEVICE_CERTIFICATE_EXPIRING_CHECK",
                    "REVOKED_DEVICE_CERTIFICATE_STILL_ACTIVE_CHECK",
                    "DEVICE_CERTIFICATE_AGE_CHECK",
                ],
                &certificates,
            ),
            (
                &["IOT_POLICY_OVERLY_PERMISSIVE_CHECK", "IOT_POLICY_POTENTIAL_MISCONFIGURATION_CHECK"],
                &[Kind::ReplaceDefaultPolicyVersion],
            ),
            (&["LOGGING_DISABLED_CHECK"], &[Kind::EnableIotLogging]),
            (
                &[
                    "UNAUTHENTICATED_COGNITO_ROLE_OVERLY_PERMISSIVE_CHECK",
                    "AUTHENTICATED_COGNITO_ROLE_OVERLY_PERMISSIVE_CHECK",
                    "IOT_ROLE_ALIAS_OVERLY_PERMISSIVE_CHECK",
                    "IOT_ROLE_ALIAS_ALLOWS_ACCESS_TO_UNUSED_SERVICES_CHECK",
                    "CONFLICTING_CLIENT_IDS_CHECK",
                ],
                &[],
            ),
        ];
        let of_aws = ALL.iter().filter(|check| !check.name.starts_with("THINGWARDEN_")).count();
        assert_eq!(table.iter().map(|(checks, _)| checks.len()).sum::<usize>(), of_aws);
        for (checks, kinds) in table {
            for name in *checks {
                let check = find(name).unwrap();
                for kind in MitigationActionType::ALL {
                    let expected = *kind == Kind::PublishFindingToSns || kinds.contains(kind);
                    assert_eq!(fits(*kind, check), expected, "{name} {kind}");
                }
            }
        }
    }
}
