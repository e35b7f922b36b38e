//! What each operation needs permission for.
//!
//! From the Service Authorization Reference,
//! [actions defined by AWS IoT](https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html); the
//! action itself is in the operation's own facts. An operation that is not listed has no resource types there, so it is
//! about `*`.

use thingwarden_wire::Operation;

/// A resource of an operation. Members that are absent name none.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// `TYPE/NAME`, with the name, or each of the names, in this member.
    Named(&'static str, &'static str),
    /// The ARN in this member.
    Arn(&'static str),
}

use Target::{Arn, Named};

const AUTHORIZER: &[Target] = &[Named("authorizer", "authorizerName")];
const BILLING_GROUP: &[Target] = &[Named("billinggroup", "billingGroupName")];
const CA_CERTIFICATE: &[Target] = &[Named("cacert", "certificateId")];
const CERTIFICATE: &[Target] = &[Named("cert", "certificateId")];
const DOMAIN_CONFIGURATION: &[Target] = &[Named("domainconfiguration", "domainConfigurationName")];
const MITIGATION_ACTION: &[Target] = &[Named("mitigationaction", "actionName")];
const POLICY: &[Target] = &[Named("policy", "policyName")];
const PRINCIPAL: &[Target] = &[Arn("principal")];
const PROVISIONING_TEMPLATE: &[Target] = &[Named("provisioningtemplate", "templateName")];
const RESOURCE: &[Target] = &[Arn("resourceArn")];
const ROLE_ALIAS: &[Target] = &[Named("rolealias", "roleAlias")];
const SCHEDULED_AUDIT: &[Target] = &[Named("scheduledaudit", "scheduledAuditName")];
const TARGET: &[Target] = &[Arn("target")];
const THING: &[Target] = &[Named("thing", "thingName")];
const THING_GROUP: &[Target] = &[Named("thinggroup", "thingGroupName")];
const THING_TYPE: &[Target] = &[Named("thingtype", "thingTypeName")];
/// Either of a name and an ARN suffices; a request with both is about both, whichever is used.
const THING_AND_BILLING_GROUP: &[Target] = &[
    Named("billinggroup", "billingGroupName"),
    Arn("billingGroupArn"),
    Named("thing", "thingName"),
    Arn("thingArn"),
];
const THING_AND_THING_GROUP: &[Target] = &[
    Named("thing", "thingName"),
    Arn("thingArn"),
    Named("thinggroup", "thingGroupName"),
    Arn("thingGroupArn"),
];

/// The resources of an operation; empty for `*`.
pub(super) fn targets(operation: Operation) -> &'static [Target] {
    use Operation as O;
    match operation {
        O::AcceptCertificateTransfer
        | O::CancelCertificateTransfer
        | O::DeleteCertificate
        | O::DescribeCertificate
        | O::RejectCertificateTransfer
        | O::TransferCertificate
        | O::UpdateCertificate => CERTIFICATE,
        O::DeleteCACertificate | O::DescribeCACertificate | O::UpdateCACertificate => CA_CERTIFICATE,
        O::AttachPolicy | O::DetachPolicy => TARGET,
        O::AttachPrincipalPolicy
        | O::AttachThingPrincipal
        | O::DetachPrincipalPolicy
        | O::DetachThingPrincipal
        | O::GetEffectivePolicies
        | O::ListPrincipalThings
        | O::ListPrincipalThingsV2
        | O::TestAuthorization => PRINCIPAL,
        O::CreatePolicy
        | O::CreatePolicyVersion
        | O::DeletePolicy
        | O::DeletePolicyVersion
        | O::GetPolicy
        | O::GetPolicyVersion
        | O::ListPolicyVersions
        | O::ListTargetsForPolicy
        | O::SetDefaultPolicyVersion => POLICY,
        O::CreateThing => &[Named("thing", "thingName"), Named("billinggroup", "billingGroupName")],
        O::DeleteThing
        | O::DescribeThing
        | O::ListThingGroupsForThing
        | O::ListThingPrincipals
        | O::ListThingPrincipalsV2
        | O::UpdateThing => THING,
        O::CreateThingType
        | O::DeleteThingType
        | O::DeprecateThingType
        | O::DescribeThingType
        | O::UpdateThingType => THING_TYPE,
        O::CreateThingGroup
        | O::DeleteThingGroup
        | O::DescribeThingGroup
        | O::ListThingsInThingGroup
        | O::UpdateThingGroup => THING_GROUP,
        O::AddThingToThingGroup | O::RemoveThingFromThingGroup => THING_AND_THING_GROUP,
        O::UpdateThingGroupsForThing => &[
            Named("thing", "thingName"),
            Named("thinggroup", "thingGroupsToAdd"),
            Named("thinggroup", "thingGroupsToRemove"),
        ],
        O::CreateBillingGroup
        | O::DeleteBillingGroup
        | O::DescribeBillingGroup
        | O::ListThingsInBillingGroup
        | O::UpdateBillingGroup => BILLING_GROUP,
        O::AddThingToBillingGroup | O::RemoveThingFromBillingGroup => THING_AND_BILLING_GROUP,
        O::CreateRoleAlias | O::DeleteRoleAlias | O::DescribeRoleAlias | O::UpdateRoleAlias => ROLE_ALIAS,
        O::CreateAuthorizer
        | O::DeleteAuthorizer
        | O::DescribeAuthorizer
        | O::SetDefaultAuthorizer
        | O::TestInvokeAuthorizer
        | O::UpdateAuthorizer => AUTHORIZER,
        O::ListTagsForResource | O::TagResource | O::UntagResource => RESOURCE,
        O::CreateDomainConfiguration
        | O::DeleteDomainConfiguration
        | O::DescribeDomainConfiguration
        | O::UpdateDomainConfiguration => DOMAIN_CONFIGURATION,
        O::CreateProvisioningClaim
        | O::CreateProvisioningTemplate
        | O::CreateProvisioningTemplateVersion
        | O::DeleteProvisioningTemplate
        | O::DeleteProvisioningTemplateVersion
        | O::DescribeProvisioningTemplate
        | O::DescribeProvisioningTemplateVersion
        | O::ListProvisioningTemplateVersions
        | O::UpdateProvisioningTemplate => PROVISIONING_TEMPLATE,
        O::CreateScheduledAudit
        | O::DeleteScheduledAudit
        | O::DescribeScheduledAudit
        | O::UpdateScheduledAudit => SCHEDULED_AUDIT,
        O::CreateMitigationAction
        | O::DeleteMitigationAction
        | O::DescribeMitigationAction
        | O::UpdateMitigationAction => MITIGATION_ACTION,
        O::CancelAuditMitigationActionsTask
        | O::CancelAuditTask
        | O::ClearDefaultAuthorizer
        | O::CreateAuditSuppression
        | O::CreateCertificateFromCsr
        | O::CreateKeysAndCertificate
        | O::DeleteAccountAuditConfiguration
        | O::DeleteAuditSuppression
        | O::DeleteRegistrationCode
        | O::DeleteV2LoggingLevel
        | O::DescribeAccountAuditConfiguration
        | O::DescribeAuditFinding
        | O::DescribeAuditMitigationActionsTask
        | O::DescribeAuditSuppression
        | O::DescribeAuditTask
        | O::DescribeDefaultAuthorizer
        | O::DescribeEndpoint
        | O::DescribeEventConfigurations
        | O::GetIndexingConfiguration
        | O::GetLoggingOptions
        | O::GetRegistrationCode
        | O::GetV2LoggingOptions
        | O::ListAttachedPolicies
        | O::ListAuditFindings
        | O::ListAuditMitigationActionsExecutions
        | O::ListAuditMitigationActionsTasks
        | O::ListAuditSuppressions
        | O::ListAuditTasks
        | O::ListAuthorizers
        | O::ListBillingGroups
        | O::ListCACertificates
        | O::ListCertificates
        | O::ListCertificatesByCA
        | O::ListDomainConfigurations
        | O::ListMitigationActions
        | O::ListOutgoingCertificates
        | O::ListPolicies
        | O::ListPolicyPrincipals
        | O::ListPrincipalPolicies
        | O::ListProvisioningTemplates
        | O::ListRelatedResourcesForAuditFinding
        | O::ListRoleAliases
        | O::ListScheduledAudits
        | O::ListThingGroups
        | O::ListThingTypes
        | O::ListThings
        | O::ListV2LoggingLevels
        | O::RegisterCACertificate
        | O::RegisterCertificate
        | O::RegisterCertificateWithoutCA
        | O::RegisterThing
        | O::SetLoggingOptions
        | O::SetV2LoggingLevel
        | O::SetV2LoggingOptions
        | O::StartAuditMitigationActionsTask
        | O::StartOnDemandAuditTask
        | O::UpdateAccountAuditConfiguration
        | O::UpdateAuditSuppression
        | O::UpdateEventConfigurations
        | O::UpdateIndexingConfiguration => &[],
    }
}

/// Where a request names roles that the service will assume: its caller needs `iam:PassRole` for each.
pub(super) fn passed_roles(operation: Operation) -> &'static [&'static str] {
    use Operation as O;
    match operation {
        O::CreateMitigationAction
        | O::CreateRoleAlias
        | O::SetV2LoggingOptions
        | O::UpdateMitigationAction
        | O::UpdateRoleAlias => &["roleArn"],
        O::SetLoggingOptions => &["loggingOptionsPayload.roleArn"],
        O::CreateProvisioningTemplate | O::UpdateProvisioningTemplate => &["provisioningRoleArn"],
        O::RegisterCACertificate | O::UpdateCACertificate => &["registrationConfig.roleArn"],
        O::UpdateAccountAuditConfiguration => &["roleArn", "auditNotificationTargetConfigurations.*.roleArn"],
        _ => &[],
    }
}

/// The service that will assume the role: that which its trust policy has to name.
pub(super) fn passed_to(operation: Operation) -> &'static str {
    match operation {
        Operation::CreateRoleAlias | Operation::UpdateRoleAlias => "credentials.iot.amazonaws.com",
        _ => "iot.amazonaws.com",
    }
}
