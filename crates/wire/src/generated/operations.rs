//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): operations that are served. Do not edit.

use super::shapes;
use crate::error::Code;
use crate::operation::{OperationInfo, Paginator};

/// An operation that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// `PATCH /accept-certificate-transfer/{certificateId}`
    AcceptCertificateTransfer,
    /// `PUT /billing-groups/addThingToBillingGroup`
    AddThingToBillingGroup,
    /// `PUT /thing-groups/addThingToThingGroup`
    AddThingToThingGroup,
    /// `PUT /target-policies/{policyName}`
    AttachPolicy,
    /// `PUT /principal-policies/{policyName}`
    AttachPrincipalPolicy,
    /// `PUT /things/{thingName}/principals`
    AttachThingPrincipal,
    /// `PUT /audit/mitigationactions/tasks/{taskId}/cancel`
    CancelAuditMitigationActionsTask,
    /// `PUT /audit/tasks/{taskId}/cancel`
    CancelAuditTask,
    /// `PATCH /cancel-certificate-transfer/{certificateId}`
    CancelCertificateTransfer,
    /// `DELETE /default-authorizer`
    ClearDefaultAuthorizer,
    /// `POST /audit/suppressions/create`
    CreateAuditSuppression,
    /// `POST /authorizer/{authorizerName}`
    CreateAuthorizer,
    /// `POST /billing-groups/{billingGroupName}`
    CreateBillingGroup,
    /// `POST /certificates`
    CreateCertificateFromCsr,
    /// `POST /domainConfigurations/{domainConfigurationName}`
    CreateDomainConfiguration,
    /// `POST /keys-and-certificate`
    CreateKeysAndCertificate,
    /// `POST /mitigationactions/actions/{actionName}`
    CreateMitigationAction,
    /// `POST /policies/{policyName}`
    CreatePolicy,
    /// `POST /policies/{policyName}/version`
    CreatePolicyVersion,
    /// `POST /provisioning-templates/{templateName}/provisioning-claim`
    CreateProvisioningClaim,
    /// `POST /provisioning-templates`
    CreateProvisioningTemplate,
    /// `POST /provisioning-templates/{templateName}/versions`
    CreateProvisioningTemplateVersion,
    /// `POST /role-aliases/{roleAlias}`
    CreateRoleAlias,
    /// `POST /audit/scheduledaudits/{scheduledAuditName}`
    CreateScheduledAudit,
    /// `POST /things/{thingName}`
    CreateThing,
    /// `POST /thing-groups/{thingGroupName}`
    CreateThingGroup,
    /// `POST /thing-types/{thingTypeName}`
    CreateThingType,
    /// `DELETE /audit/configuration`
    DeleteAccountAuditConfiguration,
    /// `POST /audit/suppressions/delete`
    DeleteAuditSuppression,
    /// `DELETE /authorizer/{authorizerName}`
    DeleteAuthorizer,
    /// `DELETE /billing-groups/{billingGroupName}`
    DeleteBillingGroup,
    /// `DELETE /cacertificate/{caCertificateId}`
    DeleteCACertificate,
    /// `DELETE /certificates/{certificateId}`
    DeleteCertificate,
    /// `DELETE /domainConfigurations/{domainConfigurationName}`
    DeleteDomainConfiguration,
    /// `DELETE /mitigationactions/actions/{actionName}`
    DeleteMitigationAction,
    /// `DELETE /policies/{policyName}`
    DeletePolicy,
    /// `DELETE /policies/{policyName}/version/{policyVersionId}`
    DeletePolicyVersion,
    /// `DELETE /provisioning-templates/{templateName}`
    DeleteProvisioningTemplate,
    /// `DELETE /provisioning-templates/{templateName}/versions/{versionId}`
    DeleteProvisioningTemplateVersion,
    /// `DELETE /registrationcode`
    DeleteRegistrationCode,
    /// `DELETE /role-aliases/{roleAlias}`
    DeleteRoleAlias,
    /// `DELETE /audit/scheduledaudits/{scheduledAuditName}`
    DeleteScheduledAudit,
    /// `DELETE /things/{thingName}`
    DeleteThing,
    /// `DELETE /thing-groups/{thingGroupName}`
    DeleteThingGroup,
    /// `DELETE /thing-types/{thingTypeName}`
    DeleteThingType,
    /// `DELETE /v2LoggingLevel`
    DeleteV2LoggingLevel,
    /// `POST /thing-types/{thingTypeName}/deprecate`
    DeprecateThingType,
    /// `GET /audit/configuration`
    DescribeAccountAuditConfiguration,
    /// `GET /audit/findings/{findingId}`
    DescribeAuditFinding,
    /// `GET /audit/mitigationactions/tasks/{taskId}`
    DescribeAuditMitigationActionsTask,
    /// `POST /audit/suppressions/describe`
    DescribeAuditSuppression,
    /// `GET /audit/tasks/{taskId}`
    DescribeAuditTask,
    /// `GET /authorizer/{authorizerName}`
    DescribeAuthorizer,
    /// `GET /billing-groups/{billingGroupName}`
    DescribeBillingGroup,
    /// `GET /cacertificate/{caCertificateId}`
    DescribeCACertificate,
    /// `GET /certificates/{certificateId}`
    DescribeCertificate,
    /// `GET /default-authorizer`
    DescribeDefaultAuthorizer,
    /// `GET /domainConfigurations/{domainConfigurationName}`
    DescribeDomainConfiguration,
    /// `GET /endpoint`
    DescribeEndpoint,
    /// `GET /event-configurations`
    DescribeEventConfigurations,
    /// `GET /mitigationactions/actions/{actionName}`
    DescribeMitigationAction,
    /// `GET /provisioning-templates/{templateName}`
    DescribeProvisioningTemplate,
    /// `GET /provisioning-templates/{templateName}/versions/{versionId}`
    DescribeProvisioningTemplateVersion,
    /// `GET /role-aliases/{roleAlias}`
    DescribeRoleAlias,
    /// `GET /audit/scheduledaudits/{scheduledAuditName}`
    DescribeScheduledAudit,
    /// `GET /things/{thingName}`
    DescribeThing,
    /// `GET /thing-groups/{thingGroupName}`
    DescribeThingGroup,
    /// `GET /thing-types/{thingTypeName}`
    DescribeThingType,
    /// `POST /target-policies/{policyName}`
    DetachPolicy,
    /// `DELETE /principal-policies/{policyName}`
    DetachPrincipalPolicy,
    /// `DELETE /things/{thingName}/principals`
    DetachThingPrincipal,
    /// `POST /effective-policies`
    GetEffectivePolicies,
    /// `GET /indexing/config`
    GetIndexingConfiguration,
    /// `GET /loggingOptions`
    GetLoggingOptions,
    /// `GET /policies/{policyName}`
    GetPolicy,
    /// `GET /policies/{policyName}/version/{policyVersionId}`
    GetPolicyVersion,
    /// `GET /registrationcode`
    GetRegistrationCode,
    /// `GET /v2LoggingOptions`
    GetV2LoggingOptions,
    /// `POST /attached-policies/{target}`
    ListAttachedPolicies,
    /// `POST /audit/findings`
    ListAuditFindings,
    /// `GET /audit/mitigationactions/executions`
    ListAuditMitigationActionsExecutions,
    /// `GET /audit/mitigationactions/tasks`
    ListAuditMitigationActionsTasks,
    /// `POST /audit/suppressions/list`
    ListAuditSuppressions,
    /// `GET /audit/tasks`
    ListAuditTasks,
    /// `GET /authorizers/`
    ListAuthorizers,
    /// `GET /billing-groups`
    ListBillingGroups,
    /// `GET /cacertificates`
    ListCACertificates,
    /// `GET /certificates`
    ListCertificates,
    /// `GET /certificates-by-ca/{caCertificateId}`
    ListCertificatesByCA,
    /// `GET /domainConfigurations`
    ListDomainConfigurations,
    /// `GET /mitigationactions/actions`
    ListMitigationActions,
    /// `GET /certificates-out-going`
    ListOutgoingCertificates,
    /// `GET /policies`
    ListPolicies,
    /// `GET /policy-principals`
    ListPolicyPrincipals,
    /// `GET /policies/{policyName}/version`
    ListPolicyVersions,
    /// `GET /principal-policies`
    ListPrincipalPolicies,
    /// `GET /principals/things`
    ListPrincipalThings,
    /// `GET /principals/things-v2`
    ListPrincipalThingsV2,
    /// `GET /provisioning-templates/{templateName}/versions`
    ListProvisioningTemplateVersions,
    /// `GET /provisioning-templates`
    ListProvisioningTemplates,
    /// `GET /audit/relatedResources`
    ListRelatedResourcesForAuditFinding,
    /// `GET /role-aliases`
    ListRoleAliases,
    /// `GET /audit/scheduledaudits`
    ListScheduledAudits,
    /// `GET /tags`
    ListTagsForResource,
    /// `POST /policy-targets/{policyName}`
    ListTargetsForPolicy,
    /// `GET /thing-groups`
    ListThingGroups,
    /// `GET /things/{thingName}/thing-groups`
    ListThingGroupsForThing,
    /// `GET /things/{thingName}/principals`
    ListThingPrincipals,
    /// `GET /things/{thingName}/principals-v2`
    ListThingPrincipalsV2,
    /// `GET /thing-types`
    ListThingTypes,
    /// `GET /things`
    ListThings,
    /// `GET /billing-groups/{billingGroupName}/things`
    ListThingsInBillingGroup,
    /// `GET /thing-groups/{thingGroupName}/things`
    ListThingsInThingGroup,
    /// `GET /v2LoggingLevel`
    ListV2LoggingLevels,
    /// `POST /cacertificate`
    RegisterCACertificate,
    /// `POST /certificate/register`
    RegisterCertificate,
    /// `POST /certificate/register-no-ca`
    RegisterCertificateWithoutCA,
    /// `POST /things`
    RegisterThing,
    /// `PATCH /reject-certificate-transfer/{certificateId}`
    RejectCertificateTransfer,
    /// `PUT /billing-groups/removeThingFromBillingGroup`
    RemoveThingFromBillingGroup,
    /// `PUT /thing-groups/removeThingFromThingGroup`
    RemoveThingFromThingGroup,
    /// `POST /default-authorizer`
    SetDefaultAuthorizer,
    /// `PATCH /policies/{policyName}/version/{policyVersionId}`
    SetDefaultPolicyVersion,
    /// `POST /loggingOptions`
    SetLoggingOptions,
    /// `POST /v2LoggingLevel`
    SetV2LoggingLevel,
    /// `POST /v2LoggingOptions`
    SetV2LoggingOptions,
    /// `POST /audit/mitigationactions/tasks/{taskId}`
    StartAuditMitigationActionsTask,
    /// `POST /audit/tasks`
    StartOnDemandAuditTask,
    /// `POST /tags`
    TagResource,
    /// `POST /test-authorization`
    TestAuthorization,
    /// `POST /authorizer/{authorizerName}/test`
    TestInvokeAuthorizer,
    /// `PATCH /transfer-certificate/{certificateId}`
    TransferCertificate,
    /// `POST /untag`
    UntagResource,
    /// `PATCH /audit/configuration`
    UpdateAccountAuditConfiguration,
    /// `PATCH /audit/suppressions/update`
    UpdateAuditSuppression,
    /// `PUT /authorizer/{authorizerName}`
    UpdateAuthorizer,
    /// `PATCH /billing-groups/{billingGroupName}`
    UpdateBillingGroup,
    /// `PUT /cacertificate/{caCertificateId}`
    UpdateCACertificate,
    /// `PUT /certificates/{certificateId}`
    UpdateCertificate,
    /// `PUT /domainConfigurations/{domainConfigurationName}`
    UpdateDomainConfiguration,
    /// `PATCH /event-configurations`
    UpdateEventConfigurations,
    /// `POST /indexing/config`
    UpdateIndexingConfiguration,
    /// `PATCH /mitigationactions/actions/{actionName}`
    UpdateMitigationAction,
    /// `PATCH /provisioning-templates/{templateName}`
    UpdateProvisioningTemplate,
    /// `PUT /role-aliases/{roleAlias}`
    UpdateRoleAlias,
    /// `PATCH /audit/scheduledaudits/{scheduledAuditName}`
    UpdateScheduledAudit,
    /// `PATCH /things/{thingName}`
    UpdateThing,
    /// `PATCH /thing-groups/{thingGroupName}`
    UpdateThingGroup,
    /// `PUT /thing-groups/updateThingGroupsForThing`
    UpdateThingGroupsForThing,
    /// `PATCH /thing-types/{thingTypeName}`
    UpdateThingType,
}

impl Operation {
    /// All of them, by name.
    pub const ALL: &'static [Self] = &[
        Self::AcceptCertificateTransfer,
        Self::AddThingToBillingGroup,
        Self::AddThingToThingGroup,
        Self::AttachPolicy,
        Self::AttachPrincipalPolicy,
        Self::AttachThingPrincipal,
        Self::CancelAuditMitigationActionsTask,
        Self::CancelAuditTask,
        Self::CancelCertificateTransfer,
        Self::ClearDefaultAuthorizer,
        Self::CreateAuditSuppression,
        Self::CreateAuthorizer,
        Self::CreateBillingGroup,
        Self::CreateCertificateFromCsr,
        Self::CreateDomainConfiguration,
        Self::CreateKeysAndCertificate,
        Self::CreateMitigationAction,
        Self::CreatePolicy,
        Self::CreatePolicyVersion,
        Self::CreateProvisioningClaim,
        Self::CreateProvisioningTemplate,
        Self::CreateProvisioningTemplateVersion,
        Self::CreateRoleAlias,
        Self::CreateScheduledAudit,
        Self::CreateThing,
        Self::CreateThingGroup,
        Self::CreateThingType,
        Self::DeleteAccountAuditConfiguration,
        Self::DeleteAuditSuppression,
        Self::DeleteAuthorizer,
        Self::DeleteBillingGroup,
        Self::DeleteCACertificate,
        Self::DeleteCertificate,
        Self::DeleteDomainConfiguration,
        Self::DeleteMitigationAction,
        Self::DeletePolicy,
        Self::DeletePolicyVersion,
        Self::DeleteProvisioningTemplate,
        Self::DeleteProvisioningTemplateVersion,
        Self::DeleteRegistrationCode,
        Self::DeleteRoleAlias,
        Self::DeleteScheduledAudit,
        Self::DeleteThing,
        Self::DeleteThingGroup,
        Self::DeleteThingType,
        Self::DeleteV2LoggingLevel,
        Self::DeprecateThingType,
        Self::DescribeAccountAuditConfiguration,
        Self::DescribeAuditFinding,
        Self::DescribeAuditMitigationActionsTask,
        Self::DescribeAuditSuppression,
        Self::DescribeAuditTask,
        Self::DescribeAuthorizer,
        Self::DescribeBillingGroup,
        Self::DescribeCACertificate,
        Self::DescribeCertificate,
        Self::DescribeDefaultAuthorizer,
        Self::DescribeDomainConfiguration,
        Self::DescribeEndpoint,
        Self::DescribeEventConfigurations,
        Self::DescribeMitigationAction,
        Self::DescribeProvisioningTemplate,
        Self::DescribeProvisioningTemplateVersion,
        Self::DescribeRoleAlias,
        Self::DescribeScheduledAudit,
        Self::DescribeThing,
        Self::DescribeThingGroup,
        Self::DescribeThingType,
        Self::DetachPolicy,
        Self::DetachPrincipalPolicy,
        Self::DetachThingPrincipal,
        Self::GetEffectivePolicies,
        Self::GetIndexingConfiguration,
        Self::GetLoggingOptions,
        Self::GetPolicy,
        Self::GetPolicyVersion,
        Self::GetRegistrationCode,
        Self::GetV2LoggingOptions,
        Self::ListAttachedPolicies,
        Self::ListAuditFindings,
        Self::ListAuditMitigationActionsExecutions,
        Self::ListAuditMitigationActionsTasks,
        Self::ListAuditSuppressions,
        Self::ListAuditTasks,
        Self::ListAuthorizers,
        Self::ListBillingGroups,
        Self::ListCACertificates,
        Self::ListCertificates,
        Self::ListCertificatesByCA,
        Self::ListDomainConfigurations,
        Self::ListMitigationActions,
        Self::ListOutgoingCertificates,
        Self::ListPolicies,
        Self::ListPolicyPrincipals,
        Self::ListPolicyVersions,
        Self::ListPrincipalPolicies,
        Self::ListPrincipalThings,
        Self::ListPrincipalThingsV2,
        Self::ListProvisioningTemplateVersions,
        Self::ListProvisioningTemplates,
        Self::ListRelatedResourcesForAuditFinding,
        Self::ListRoleAliases,
        Self::ListScheduledAudits,
        Self::ListTagsForResource,
        Self::ListTargetsForPolicy,
        Self::ListThingGroups,
        Self::ListThingGroupsForThing,
        Self::ListThingPrincipals,
        Self::ListThingPrincipalsV2,
        Self::ListThingTypes,
        Self::ListThings,
        Self::ListThingsInBillingGroup,
        Self::ListThingsInThingGroup,
        Self::ListV2LoggingLevels,
        Self::RegisterCACertificate,
        Self::RegisterCertificate,
        Self::RegisterCertificateWithoutCA,
        Self::RegisterThing,
        Self::RejectCertificateTransfer,
        Self::RemoveThingFromBillingGroup,
        Self::RemoveThingFromThingGroup,
        Self::SetDefaultAuthorizer,
        Self::SetDefaultPolicyVersion,
        Self::SetLoggingOptions,
        Self::SetV2LoggingLevel,
        Self::SetV2LoggingOptions,
        Self::StartAuditMitigationActionsTask,
        Self::StartOnDemandAuditTask,
        Self::TagResource,
        Self::TestAuthorization,
        Self::TestInvokeAuthorizer,
        Self::TransferCertificate,
        Self::UntagResource,
        Self::UpdateAccountAuditConfiguration,
        Self::UpdateAuditSuppression,
        Self::UpdateAuthorizer,
        Self::UpdateBillingGroup,
        Self::UpdateCACertificate,
        Self::UpdateCertificate,
        Self::UpdateDomainConfiguration,
        Self::UpdateEventConfigurations,
        Self::UpdateIndexingConfiguration,
        Self::UpdateMitigationAction,
        Self::UpdateProvisioningTemplate,
        Self::UpdateRoleAlias,
        Self::UpdateScheduledAudit,
        Self::UpdateThing,
        Self::UpdateThingGroup,
        Self::UpdateThingGroupsForThing,
        Self::UpdateThingType,
    ];

    /// What is known about it.
    pub fn info(self) -> &'static OperationInfo {
        match self {
            Self::AcceptCertificateTransfer => &ACCEPT_CERTIFICATE_TRANSFER,
            Self::AddThingToBillingGroup => &ADD_THING_TO_BILLING_GROUP,
            Self::AddThingToThingGroup => &ADD_THING_TO_THING_GROUP,
            Self::AttachPolicy => &ATTACH_POLICY,
            Self::AttachPrincipalPolicy => &ATTACH_PRINCIPAL_POLICY,
            Self::AttachThingPrincipal => &ATTACH_THING_PRINCIPAL,
            Self::CancelAuditMitigationActionsTask => &CANCEL_AUDIT_MITIGATION_ACTIONS_TASK,
            Self::CancelAuditTask => &CANCEL_AUDIT_TASK,
            Self::CancelCertificateTransfer => &CANCEL_CERTIFICATE_TRANSFER,
            Self::ClearDefaultAuthorizer => &CLEAR_DEFAULT_AUTHORIZER,
            Self::CreateAuditSuppression => &CREATE_AUDIT_SUPPRESSION,
            Self::CreateAuthorizer => &CREATE_AUTHORIZER,
            Self::CreateBillingGroup => &CREATE_BILLING_GROUP,
            Self::CreateCertificateFromCsr => &CREATE_CERTIFICATE_FROM_CSR,
            Self::CreateDomainConfiguration => &CREATE_DOMAIN_CONFIGURATION,
            Self::CreateKeysAndCertificate => &CREATE_KEYS_AND_CERTIFICATE,
            Self::CreateMitigationAction => &CREATE_MITIGATION_ACTION,
            Self::CreatePolicy => &CREATE_POLICY,
            Self::CreatePolicyVersion => &CREATE_POLICY_VERSION,
            Self::CreateProvisioningClaim => &CREATE_PROVISIONING_CLAIM,
            Self::CreateProvisioningTemplate => &CREATE_PROVISIONING_TEMPLATE,
            Self::CreateProvisioningTemplateVersion => &CREATE_PROVISIONING_TEMPLATE_VERSION,
            Self::CreateRoleAlias => &CREATE_ROLE_ALIAS,
            Self::CreateScheduledAudit => &CREATE_SCHEDULED_AUDIT,
            Self::CreateThing => &CREATE_THING,
            Self::CreateThingGroup => &CREATE_THING_GROUP,
            Self::CreateThingType => &CREATE_THING_TYPE,
            Self::DeleteAccountAuditConfiguration => &DELETE_ACCOUNT_AUDIT_CONFIGURATION,
            Self::DeleteAuditSuppression => &DELETE_AUDIT_SUPPRESSION,
            Self::DeleteAuthorizer => &DELETE_AUTHORIZER,
            Self::DeleteBillingGroup => &DELETE_BILLING_GROUP,
            Self::DeleteCACertificate => &DELETE_CA_CERTIFICATE,
            Self::DeleteCertificate => &DELETE_CERTIFICATE,
            Self::DeleteDomainConfiguration => &DELETE_DOMAIN_CONFIGURATION,
            Self::DeleteMitigationAction => &DELETE_MITIGATION_ACTION,
            Self::DeletePolicy => &DELETE_POLICY,
            Self::DeletePolicyVersion => &DELETE_POLICY_VERSION,
            Self::DeleteProvisioningTemplate => &DELETE_PROVISIONING_TEMPLATE,
            Self::DeleteProvisioningTemplateVersion => &DELETE_PROVISIONING_TEMPLATE_VERSION,
            Self::DeleteRegistrationCode => &DELETE_REGISTRATION_CODE,
            Self::DeleteRoleAlias => &DELETE_ROLE_ALIAS,
            Self::DeleteScheduledAudit => &DELETE_SCHEDULED_AUDIT,
            Self::DeleteThing => &DELETE_THING,
            Self::DeleteThingGroup => &DELETE_THING_GROUP,
            Self::DeleteThingType => &DELETE_THING_TYPE,
            Self::DeleteV2LoggingLevel => &DELETE_V2_LOGGING_LEVEL,
            Self::DeprecateThingType => &DEPRECATE_THING_TYPE,
            Self::DescribeAccountAuditConfiguration => &DESCRIBE_ACCOUNT_AUDIT_CONFIGURATION,
            Self::DescribeAuditFinding => &DESCRIBE_AUDIT_FINDING,
            Self::DescribeAuditMitigationActionsTask => &DESCRIBE_AUDIT_MITIGATION_ACTIONS_TASK,
            Self::DescribeAuditSuppression => &DESCRIBE_AUDIT_SUPPRESSION,
            Self::DescribeAuditTask => &DESCRIBE_AUDIT_TASK,
            Self::DescribeAuthorizer => &DESCRIBE_AUTHORIZER,
            Self::DescribeBillingGroup => &DESCRIBE_BILLING_GROUP,
            Self::DescribeCACertificate => &DESCRIBE_CA_CERTIFICATE,
            Self::DescribeCertificate => &DESCRIBE_CERTIFICATE,
            Self::DescribeDefaultAuthorizer => &DESCRIBE_DEFAULT_AUTHORIZER,
            Self::DescribeDomainConfiguration => &DESCRIBE_DOMAIN_CONFIGURATION,
            Self::DescribeEndpoint => &DESCRIBE_ENDPOINT,
            Self::DescribeEventConfigurations => &DESCRIBE_EVENT_CONFIGURATIONS,
            Self::DescribeMitigationAction => &DESCRIBE_MITIGATION_ACTION,
            Self::DescribeProvisioningTemplate => &DESCRIBE_PROVISIONING_TEMPLATE,
            Self::DescribeProvisioningTemplateVersion => &DESCRIBE_PROVISIONING_TEMPLATE_VERSION,
            Self::DescribeRoleAlias => &DESCRIBE_ROLE_ALIAS,
            Self::DescribeScheduledAudit => &DESCRIBE_SCHEDULED_AUDIT,
            Self::DescribeThing => &DESCRIBE_THING,
            Self::DescribeThingGroup => &DESCRIBE_THING_GROUP,
            Self::DescribeThingType => &DESCRIBE_THING_TYPE,
            Self::DetachPolicy => &DETACH_POLICY,
            Self::DetachPrincipalPolicy => &DETACH_PRINCIPAL_POLICY,
            Self::DetachThingPrincipal => &DETACH_THING_PRINCIPAL,
            Self::GetEffectivePolicies => &GET_EFFECTIVE_POLICIES,
            Self::GetIndexingConfiguration => &GET_INDEXING_CONFIGURATION,
            Self::GetLoggingOptions => &GET_LOGGING_OPTIONS,
            Self::GetPolicy => &GET_POLICY,
            Self::GetPolicyVersion => &GET_POLICY_VERSION,
            Self::GetRegistrationCode => &GET_REGISTRATION_CODE,
            Self::GetV2LoggingOptions => &GET_V2_LOGGING_OPTIONS,
            Self::ListAttachedPolicies => &LIST_ATTACHED_POLICIES,
            Self::ListAuditFindings => &LIST_AUDIT_FINDINGS,
            Self::ListAuditMitigationActionsExecutions => &LIST_AUDIT_MITIGATION_ACTIONS_EXECUTIONS,
            Self::ListAuditMitigationActionsTasks => &LIST_AUDIT_MITIGATION_ACTIONS_TASKS,
            Self::ListAuditSuppressions => &LIST_AUDIT_SUPPRESSIONS,
            Self::ListAuditTasks => &LIST_AUDIT_TASKS,
            Self::ListAuthorizers => &LIST_AUTHORIZERS,
            Self::ListBillingGroups => &LIST_BILLING_GROUPS,
            Self::ListCACertificates => &LIST_CA_CERTIFICATES,
            Self::ListCertificates => &LIST_CERTIFICATES,
            Self::ListCertificatesByCA => &LIST_CERTIFICATES_BY_CA,
            Self::ListDomainConfigurations => &LIST_DOMAIN_CONFIGURATIONS,
            Self::ListMitigationActions => &LIST_MITIGATION_ACTIONS,
            Self::ListOutgoingCertificates => &LIST_OUTGOING_CERTIFICATES,
            Self::ListPolicies => &LIST_POLICIES,
            Self::ListPolicyPrincipals => &LIST_POLICY_PRINCIPALS,
            Self::ListPolicyVersions => &LIST_POLICY_VERSIONS,
            Self::ListPrincipalPolicies => &LIST_PRINCIPAL_POLICIES,
            Self::ListPrincipalThings => &LIST_PRINCIPAL_THINGS,
            Self::ListPrincipalThingsV2 => &LIST_PRINCIPAL_THINGS_V2,
            Self::ListProvisioningTemplateVersions => &LIST_PROVISIONING_TEMPLATE_VERSIONS,
            Self::ListProvisioningTemplates => &LIST_PROVISIONING_TEMPLATES,
            Self::ListRelatedResourcesForAuditFinding => &LIST_RELATED_RESOURCES_FOR_AUDIT_FINDING,
            Self::ListRoleAliases => &LIST_ROLE_ALIASES,
            Self::ListScheduledAudits => &LIST_SCHEDULED_AUDITS,
            Self::ListTagsForResource => &LIST_TAGS_FOR_RESOURCE,
            Self::ListTargetsForPolicy => &LIST_TARGETS_FOR_POLICY,
            Self::ListThingGroups => &LIST_THING_GROUPS,
            Self::ListThingGroupsForThing => &LIST_THING_GROUPS_FOR_THING,
            Self::ListThingPrincipals => &LIST_THING_PRINCIPALS,
            Self::ListThingPrincipalsV2 => &LIST_THING_PRINCIPALS_V2,
            Self::ListThingTypes => &LIST_THING_TYPES,
            Self::ListThings => &LIST_THINGS,
            Self::ListThingsInBillingGroup => &LIST_THINGS_IN_BILLING_GROUP,
            Self::ListThingsInThingGroup => &LIST_THINGS_IN_THING_GROUP,
            Self::ListV2LoggingLevels => &LIST_V2_LOGGING_LEVELS,
            Self::RegisterCACertificate => &REGISTER_CA_CERTIFICATE,
            Self::RegisterCertificate => &REGISTER_CERTIFICATE,
            Self::RegisterCertificateWithoutCA => &REGISTER_CERTIFICATE_WITHOUT_CA,
            Self::RegisterThing => &REGISTER_THING,
            Self::RejectCertificateTransfer => &REJECT_CERTIFICATE_TRANSFER,
            Self::RemoveThingFromBillingGroup => &REMOVE_THING_FROM_BILLING_GROUP,
            Self::RemoveThingFromThingGroup => &REMOVE_THING_FROM_THING_GROUP,
            Self::SetDefaultAuthorizer => &SET_DEFAULT_AUTHORIZER,
            Self::SetDefaultPolicyVersion => &SET_DEFAULT_POLICY_VERSION,
            Self::SetLoggingOptions => &SET_LOGGING_OPTIONS,
            Self::SetV2LoggingLevel => &SET_V2_LOGGING_LEVEL,
            Self::SetV2LoggingOptions => &SET_V2_LOGGING_OPTIONS,
            Self::StartAuditMitigationActionsTask => &START_AUDIT_MITIGATION_ACTIONS_TASK,
            Self::StartOnDemandAuditTask => &START_ON_DEMAND_AUDIT_TASK,
            Self::TagResource => &TAG_RESOURCE,
            Self::TestAuthorization => &TEST_AUTHORIZATION,
            Self::TestInvokeAuthorizer => &TEST_INVOKE_AUTHORIZER,
            Self::TransferCertificate => &TRANSFER_CERTIFICATE,
            Self::UntagResource => &UNTAG_RESOURCE,
            Self::UpdateAccountAuditConfiguration => &UPDATE_ACCOUNT_AUDIT_CONFIGURATION,
            Self::UpdateAuditSuppression => &UPDATE_AUDIT_SUPPRESSION,
            Self::UpdateAuthorizer => &UPDATE_AUTHORIZER,
            Self::UpdateBillingGroup => &UPDATE_BILLING_GROUP,
            Self::UpdateCACertificate => &UPDATE_CA_CERTIFICATE,
            Self::UpdateCertificate => &UPDATE_CERTIFICATE,
            Self::UpdateDomainConfiguration => &UPDATE_DOMAIN_CONFIGURATION,
            Self::UpdateEventConfigurations => &UPDATE_EVENT_CONFIGURATIONS,
            Self::UpdateIndexingConfiguration => &UPDATE_INDEXING_CONFIGURATION,
            Self::UpdateMitigationAction => &UPDATE_MITIGATION_ACTION,
            Self::UpdateProvisioningTemplate => &UPDATE_PROVISIONING_TEMPLATE,
            Self::UpdateRoleAlias => &UPDATE_ROLE_ALIAS,
            Self::UpdateScheduledAudit => &UPDATE_SCHEDULED_AUDIT,
            Self::UpdateThing => &UPDATE_THING,
            Self::UpdateThingGroup => &UPDATE_THING_GROUP,
            Self::UpdateThingGroupsForThing => &UPDATE_THING_GROUPS_FOR_THING,
            Self::UpdateThingType => &UPDATE_THING_TYPE,
        }
    }
}

/// Calls a macro with all served operations, each as `Operation Input,`: a dispatcher that forgets one does not
/// compile.
#[macro_export]
macro_rules! with_operations {
    ($callback:ident) => {
        $callback! {
            AcceptCertificateTransfer AcceptCertificateTransferInput,
            AddThingToBillingGroup AddThingToBillingGroupInput,
            AddThingToThingGroup AddThingToThingGroupInput,
            AttachPolicy AttachPolicyInput,
            AttachPrincipalPolicy AttachPrincipalPolicyInput,
            AttachThingPrincipal AttachThingPrincipalInput,
            CancelAuditMitigationActionsTask CancelAuditMitigationActionsTaskInput,
            CancelAuditTask CancelAuditTaskInput,
            CancelCertificateTransfer CancelCertificateTransferInput,
            ClearDefaultAuthorizer ClearDefaultAuthorizerInput,
            CreateAuditSuppression CreateAuditSuppressionInput,
            CreateAuthorizer CreateAuthorizerInput,
            CreateBillingGroup CreateBillingGroupInput,
            CreateCertificateFromCsr CreateCertificateFromCsrInput,
            CreateDomainConfiguration CreateDomainConfigurationInput,
            CreateKeysAndCertificate CreateKeysAndCertificateInput,
            CreateMitigationAction CreateMitigationActionInput,
            CreatePolicy CreatePolicyInput,
            CreatePolicyVersion CreatePolicyVersionInput,
            CreateProvisioningClaim CreateProvisioningClaimInput,
            CreateProvisioningTemplate CreateProvisioningTemplateInput,
            CreateProvisioningTemplateVersion CreateProvisioningTemplateVersionInput,
            CreateRoleAlias CreateRoleAliasInput,
            CreateScheduledAudit CreateScheduledAuditInput,
            CreateThing CreateThingInput,
            CreateThingGroup CreateThingGroupInput,
            CreateThingType CreateThingTypeInput,
            DeleteAccountAuditConfiguration DeleteAccountAuditConfigurationInput,
            DeleteAuditSuppression DeleteAuditSuppressionInput,
            DeleteAuthorizer DeleteAuthorizerInput,
            DeleteBillingGroup DeleteBillingGroupInput,
            DeleteCACertificate DeleteCACertificateInput,
            DeleteCertificate DeleteCertificateInput,
            DeleteDomainConfiguration DeleteDomainConfigurationInput,
            DeleteMitigationAction DeleteMitigationActionInput,
            DeletePolicy DeletePolicyInput,
            DeletePolicyVersion DeletePolicyVersionInput,
            DeleteProvisioningTemplate DeleteProvisioningTemplateInput,
            DeleteProvisioningTemplateVersion DeleteProvisioningTemplateVersionInput,
            DeleteRegistrationCode DeleteRegistrationCodeInput,
            DeleteRoleAlias DeleteRoleAliasInput,
            DeleteScheduledAudit DeleteScheduledAuditInput,
            DeleteThing DeleteThingInput,
            DeleteThingGroup DeleteThingGroupInput,
            DeleteThingType DeleteThingTypeInput,
            DeleteV2LoggingLevel DeleteV2LoggingLevelInput,
            DeprecateThingType DeprecateThingTypeInput,
            DescribeAccountAuditConfiguration DescribeAccountAuditConfigurationInput,
            DescribeAuditFinding DescribeAuditFindingInput,
            DescribeAuditMitigationActionsTask DescribeAuditMitigationActionsTaskInput,
            DescribeAuditSuppression DescribeAuditSuppressionInput,
            DescribeAuditTask DescribeAuditTaskInput,
            DescribeAuthorizer DescribeAuthorizerInput,
            DescribeBillingGroup DescribeBillingGroupInput,
            DescribeCACertificate DescribeCACertificateInput,
            DescribeCertificate DescribeCertificateInput,
            DescribeDefaultAuthorizer DescribeDefaultAuthorizerInput,
            DescribeDomainConfiguration DescribeDomainConfigurationInput,
            DescribeEndpoint DescribeEndpointInput,
            DescribeEventConfigurations DescribeEventConfigurationsInput,
            DescribeMitigationAction DescribeMitigationActionInput,
            DescribeProvisioningTemplate DescribeProvisioningTemplateInput,
            DescribeProvisioningTemplateVersion DescribeProvisioningTemplateVersionInput,
            DescribeRoleAlias DescribeRoleAliasInput,
            DescribeScheduledAudit DescribeScheduledAuditInput,
            DescribeThing DescribeThingInput,
            DescribeThingGroup DescribeThingGroupInput,
            DescribeThingType DescribeThingTypeInput,
            DetachPolicy DetachPolicyInput,
            DetachPrincipalPolicy DetachPrincipalPolicyInput,
            DetachThingPrincipal DetachThingPrincipalInput,
            GetEffectivePolicies GetEffectivePoliciesInput,
            GetIndexingConfiguration GetIndexingConfigurationInput,
            GetLoggingOptions GetLoggingOptionsInput,
            GetPolicy GetPolicyInput,
            GetPolicyVersion GetPolicyVersionInput,
            GetRegistrationCode GetRegistrationCodeInput,
            GetV2LoggingOptions GetV2LoggingOptionsInput,
            ListAttachedPolicies ListAttachedPoliciesInput,
            ListAuditFindings ListAuditFindingsInput,
            ListAuditMitigationActionsExecutions ListAuditMitigationActionsExecutionsInput,
            ListAuditMitigationActionsTasks ListAuditMitigationActionsTasksInput,
            ListAuditSuppressions ListAuditSuppressionsInput,
            ListAuditTasks ListAuditTasksInput,
            ListAuthorizers ListAuthorizersInput,
            ListBillingGroups ListBillingGroupsInput,
            ListCACertificates ListCACertificatesInput,
            ListCertificates ListCertificatesInput,
            ListCertificatesByCA ListCertificatesByCAInput,
            ListDomainConfigurations ListDomainConfigurationsInput,
            ListMitigationActions ListMitigationActionsInput,
            ListOutgoingCertificates ListOutgoingCertificatesInput,
            ListPolicies ListPoliciesInput,
            ListPolicyPrincipals ListPolicyPrincipalsInput,
            ListPolicyVersions ListPolicyVersionsInput,
            ListPrincipalPolicies ListPrincipalPoliciesInput,
            ListPrincipalThings ListPrincipalThingsInput,
            ListPrincipalThingsV2 ListPrincipalThingsV2Input,
            ListProvisioningTemplateVersions ListProvisioningTemplateVersionsInput,
            ListProvisioningTemplates ListProvisioningTemplatesInput,
            ListRelatedResourcesForAuditFinding ListRelatedResourcesForAuditFindingInput,
            ListRoleAliases ListRoleAliasesInput,
            ListScheduledAudits ListScheduledAuditsInput,
            ListTagsForResource ListTagsForResourceInput,
            ListTargetsForPolicy ListTargetsForPolicyInput,
            ListThingGroups ListThingGroupsInput,
            ListThingGroupsForThing ListThingGroupsForThingInput,
            ListThingPrincipals ListThingPrincipalsInput,
            ListThingPrincipalsV2 ListThingPrincipalsV2Input,
            ListThingTypes ListThingTypesInput,
            ListThings ListThingsInput,
            ListThingsInBillingGroup ListThingsInBillingGroupInput,
            ListThingsInThingGroup ListThingsInThingGroupInput,
            ListV2LoggingLevels ListV2LoggingLevelsInput,
            RegisterCACertificate RegisterCACertificateInput,
            RegisterCertificate RegisterCertificateInput,
            RegisterCertificateWithoutCA RegisterCertificateWithoutCAInput,
            RegisterThing RegisterThingInput,
            RejectCertificateTransfer RejectCertificateTransferInput,
            RemoveThingFromBillingGroup RemoveThingFromBillingGroupInput,
            RemoveThingFromThingGroup RemoveThingFromThingGroupInput,
            SetDefaultAuthorizer SetDefaultAuthorizerInput,
            SetDefaultPolicyVersion SetDefaultPolicyVersionInput,
            SetLoggingOptions SetLoggingOptionsInput,
            SetV2LoggingLevel SetV2LoggingLevelInput,
            SetV2LoggingOptions SetV2LoggingOptionsInput,
            StartAuditMitigationActionsTask StartAuditMitigationActionsTaskInput,
            StartOnDemandAuditTask StartOnDemandAuditTaskInput,
            TagResource TagResourceInput,
            TestAuthorization TestAuthorizationInput,
            TestInvokeAuthorizer TestInvokeAuthorizerInput,
            TransferCertificate TransferCertificateInput,
            UntagResource UntagResourceInput,
            UpdateAccountAuditConfiguration UpdateAccountAuditConfigurationInput,
            UpdateAuditSuppression UpdateAuditSuppressionInput,
            UpdateAuthorizer UpdateAuthorizerInput,
            UpdateBillingGroup UpdateBillingGroupInput,
            UpdateCACertificate UpdateCACertificateInput,
            UpdateCertificate UpdateCertificateInput,
            UpdateDomainConfiguration UpdateDomainConfigurationInput,
            UpdateEventConfigurations UpdateEventConfigurationsInput,
            UpdateIndexingConfiguration UpdateIndexingConfigurationInput,
            UpdateMitigationAction UpdateMitigationActionInput,
            UpdateProvisioningTemplate UpdateProvisioningTemplateInput,
            UpdateRoleAlias UpdateRoleAliasInput,
            UpdateScheduledAudit UpdateScheduledAuditInput,
            UpdateThing UpdateThingInput,
            UpdateThingGroup UpdateThingGroupInput,
            UpdateThingGroupsForThing UpdateThingGroupsForThingInput,
            UpdateThingType UpdateThingTypeInput,
        }
    };
}

static ACCEPT_CERTIFICATE_TRANSFER: OperationInfo = OperationInfo {
    name: "AcceptCertificateTransfer",
    method: "PATCH",
    uri: "/accept-certificate-transfer/{certificateId}",
    action: "iot:AcceptCertificateTransfer",
    input: &shapes::ACCEPT_CERTIFICATE_TRANSFER_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::TransferAlreadyCompletedException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static ADD_THING_TO_BILLING_GROUP: OperationInfo = OperationInfo {
    name: "AddThingToBillingGroup",
    method: "PUT",
    uri: "/billing-groups/addThingToBillingGroup",
    action: "iot:AddThingToBillingGroup",
    input: &shapes::ADD_THING_TO_BILLING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static ADD_THING_TO_THING_GROUP: OperationInfo = OperationInfo {
    name: "AddThingToThingGroup",
    method: "PUT",
    uri: "/thing-groups/addThingToThingGroup",
    action: "iot:AddThingToThingGroup",
    input: &shapes::ADD_THING_TO_THING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static ATTACH_POLICY: OperationInfo = OperationInfo {
    name: "AttachPolicy",
    method: "PUT",
    uri: "/target-policies/{policyName}",
    action: "iot:AttachPolicy",
    input: &shapes::ATTACH_POLICY_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static ATTACH_PRINCIPAL_POLICY: OperationInfo = OperationInfo {
    name: "AttachPrincipalPolicy",
    method: "PUT",
    uri: "/principal-policies/{policyName}",
    action: "iot:AttachPrincipalPolicy",
    input: &shapes::ATTACH_PRINCIPAL_POLICY_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static ATTACH_THING_PRINCIPAL: OperationInfo = OperationInfo {
    name: "AttachThingPrincipal",
    method: "PUT",
    uri: "/things/{thingName}/principals",
    action: "iot:AttachThingPrincipal",
    input: &shapes::ATTACH_THING_PRINCIPAL_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CANCEL_AUDIT_MITIGATION_ACTIONS_TASK: OperationInfo = OperationInfo {
    name: "CancelAuditMitigationActionsTask",
    method: "PUT",
    uri: "/audit/mitigationactions/tasks/{taskId}/cancel",
    action: "iot:CancelAuditMitigationActionsTask",
    input: &shapes::CANCEL_AUDIT_MITIGATION_ACTIONS_TASK_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static CANCEL_AUDIT_TASK: OperationInfo = OperationInfo {
    name: "CancelAuditTask",
    method: "PUT",
    uri: "/audit/tasks/{taskId}/cancel",
    action: "iot:CancelAuditTask",
    input: &shapes::CANCEL_AUDIT_TASK_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static CANCEL_CERTIFICATE_TRANSFER: OperationInfo = OperationInfo {
    name: "CancelCertificateTransfer",
    method: "PATCH",
    uri: "/cancel-certificate-transfer/{certificateId}",
    action: "iot:CancelCertificateTransfer",
    input: &shapes::CANCEL_CERTIFICATE_TRANSFER_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::TransferAlreadyCompletedException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CLEAR_DEFAULT_AUTHORIZER: OperationInfo = OperationInfo {
    name: "ClearDefaultAuthorizer",
    method: "DELETE",
    uri: "/default-authorizer",
    action: "iot:ClearDefaultAuthorizer",
    input: &shapes::CLEAR_DEFAULT_AUTHORIZER_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CREATE_AUDIT_SUPPRESSION: OperationInfo = OperationInfo {
    name: "CreateAuditSuppression",
    method: "POST",
    uri: "/audit/suppressions/create",
    action: "iot:CreateAuditSuppression",
    input: &shapes::CREATE_AUDIT_SUPPRESSION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceAlreadyExistsException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static CREATE_AUTHORIZER: OperationInfo = OperationInfo {
    name: "CreateAuthorizer",
    method: "POST",
    uri: "/authorizer/{authorizerName}",
    action: "iot:CreateAuthorizer",
    input: &shapes::CREATE_AUTHORIZER_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceAlreadyExistsException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CREATE_BILLING_GROUP: OperationInfo = OperationInfo {
    name: "CreateBillingGroup",
    method: "POST",
    uri: "/billing-groups/{billingGroupName}",
    action: "iot:CreateBillingGroup",
    input: &shapes::CREATE_BILLING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceAlreadyExistsException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static CREATE_CERTIFICATE_FROM_CSR: OperationInfo = OperationInfo {
    name: "CreateCertificateFromCsr",
    method: "POST",
    uri: "/certificates",
    action: "iot:CreateCertificateFromCsr",
    input: &shapes::CREATE_CERTIFICATE_FROM_CSR_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CREATE_DOMAIN_CONFIGURATION: OperationInfo = OperationInfo {
    name: "CreateDomainConfiguration",
    method: "POST",
    uri: "/domainConfigurations/{domainConfigurationName}",
    action: "iot:CreateDomainConfiguration",
    input: &shapes::CREATE_DOMAIN_CONFIGURATION_REQUEST,
    errors: &[
        Code::CertificateValidationException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceAlreadyExistsException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CREATE_KEYS_AND_CERTIFICATE: OperationInfo = OperationInfo {
    name: "CreateKeysAndCertificate",
    method: "POST",
    uri: "/keys-and-certificate",
    action: "iot:CreateKeysAndCertificate",
    input: &shapes::CREATE_KEYS_AND_CERTIFICATE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CREATE_MITIGATION_ACTION: OperationInfo = OperationInfo {
    name: "CreateMitigationAction",
    method: "POST",
    uri: "/mitigationactions/actions/{actionName}",
    action: "iot:CreateMitigationAction",
    input: &shapes::CREATE_MITIGATION_ACTION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceAlreadyExistsException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static CREATE_POLICY: OperationInfo = OperationInfo {
    name: "CreatePolicy",
    method: "POST",
    uri: "/policies/{policyName}",
    action: "iot:CreatePolicy",
    input: &shapes::CREATE_POLICY_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::MalformedPolicyException,
        Code::ResourceAlreadyExistsException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CREATE_POLICY_VERSION: OperationInfo = OperationInfo {
    name: "CreatePolicyVersion",
    method: "POST",
    uri: "/policies/{policyName}/version",
    action: "iot:CreatePolicyVersion",
    input: &shapes::CREATE_POLICY_VERSION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::MalformedPolicyException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
        Code::VersionsLimitExceededException,
    ],
    paginator: None,
};

static CREATE_PROVISIONING_CLAIM: OperationInfo = OperationInfo {
    name: "CreateProvisioningClaim",
    method: "POST",
    uri: "/provisioning-templates/{templateName}/provisioning-claim",
    action: "iot:CreateProvisioningClaim",
    input: &shapes::CREATE_PROVISIONING_CLAIM_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CREATE_PROVISIONING_TEMPLATE: OperationInfo = OperationInfo {
    name: "CreateProvisioningTemplate",
    method: "POST",
    uri: "/provisioning-templates",
    action: "iot:CreateProvisioningTemplate",
    input: &shapes::CREATE_PROVISIONING_TEMPLATE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceAlreadyExistsException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CREATE_PROVISIONING_TEMPLATE_VERSION: OperationInfo = OperationInfo {
    name: "CreateProvisioningTemplateVersion",
    method: "POST",
    uri: "/provisioning-templates/{templateName}/versions",
    action: "iot:CreateProvisioningTemplateVersion",
    input: &shapes::CREATE_PROVISIONING_TEMPLATE_VERSION_REQUEST,
    errors: &[
        Code::ConflictingResourceUpdateException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
        Code::VersionsLimitExceededException,
    ],
    paginator: None,
};

static CREATE_ROLE_ALIAS: OperationInfo = OperationInfo {
    name: "CreateRoleAlias",
    method: "POST",
    uri: "/role-aliases/{roleAlias}",
    action: "iot:CreateRoleAlias",
    input: &shapes::CREATE_ROLE_ALIAS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceAlreadyExistsException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CREATE_SCHEDULED_AUDIT: OperationInfo = OperationInfo {
    name: "CreateScheduledAudit",
    method: "POST",
    uri: "/audit/scheduledaudits/{scheduledAuditName}",
    action: "iot:CreateScheduledAudit",
    input: &shapes::CREATE_SCHEDULED_AUDIT_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceAlreadyExistsException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static CREATE_THING: OperationInfo = OperationInfo {
    name: "CreateThing",
    method: "POST",
    uri: "/things/{thingName}",
    action: "iot:CreateThing",
    input: &shapes::CREATE_THING_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceAlreadyExistsException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static CREATE_THING_GROUP: OperationInfo = OperationInfo {
    name: "CreateThingGroup",
    method: "POST",
    uri: "/thing-groups/{thingGroupName}",
    action: "iot:CreateThingGroup",
    input: &shapes::CREATE_THING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceAlreadyExistsException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static CREATE_THING_TYPE: OperationInfo = OperationInfo {
    name: "CreateThingType",
    method: "POST",
    uri: "/thing-types/{thingTypeName}",
    action: "iot:CreateThingType",
    input: &shapes::CREATE_THING_TYPE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceAlreadyExistsException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_ACCOUNT_AUDIT_CONFIGURATION: OperationInfo = OperationInfo {
    name: "DeleteAccountAuditConfiguration",
    method: "DELETE",
    uri: "/audit/configuration",
    action: "iot:DeleteAccountAuditConfiguration",
    input: &shapes::DELETE_ACCOUNT_AUDIT_CONFIGURATION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static DELETE_AUDIT_SUPPRESSION: OperationInfo = OperationInfo {
    name: "DeleteAuditSuppression",
    method: "POST",
    uri: "/audit/suppressions/delete",
    action: "iot:DeleteAuditSuppression",
    input: &shapes::DELETE_AUDIT_SUPPRESSION_REQUEST,
    errors: &[Code::InternalFailureException, Code::InvalidRequestException, Code::ThrottlingException],
    paginator: None,
};

static DELETE_AUTHORIZER: OperationInfo = OperationInfo {
    name: "DeleteAuthorizer",
    method: "DELETE",
    uri: "/authorizer/{authorizerName}",
    action: "iot:DeleteAuthorizer",
    input: &shapes::DELETE_AUTHORIZER_REQUEST,
    errors: &[
        Code::DeleteConflictException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_BILLING_GROUP: OperationInfo = OperationInfo {
    name: "DeleteBillingGroup",
    method: "DELETE",
    uri: "/billing-groups/{billingGroupName}",
    action: "iot:DeleteBillingGroup",
    input: &shapes::DELETE_BILLING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ThrottlingException,
        Code::VersionConflictException,
    ],
    paginator: None,
};

static DELETE_CA_CERTIFICATE: OperationInfo = OperationInfo {
    name: "DeleteCACertificate",
    method: "DELETE",
    uri: "/cacertificate/{caCertificateId}",
    action: "iot:DeleteCACertificate",
    input: &shapes::DELETE_CA_CERTIFICATE_REQUEST,
    errors: &[
        Code::CertificateStateException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_CERTIFICATE: OperationInfo = OperationInfo {
    name: "DeleteCertificate",
    method: "DELETE",
    uri: "/certificates/{certificateId}",
    action: "iot:DeleteCertificate",
    input: &shapes::DELETE_CERTIFICATE_REQUEST,
    errors: &[
        Code::CertificateStateException,
        Code::DeleteConflictException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_DOMAIN_CONFIGURATION: OperationInfo = OperationInfo {
    name: "DeleteDomainConfiguration",
    method: "DELETE",
    uri: "/domainConfigurations/{domainConfigurationName}",
    action: "iot:DeleteDomainConfiguration",
    input: &shapes::DELETE_DOMAIN_CONFIGURATION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_MITIGATION_ACTION: OperationInfo = OperationInfo {
    name: "DeleteMitigationAction",
    method: "DELETE",
    uri: "/mitigationactions/actions/{actionName}",
    action: "iot:DeleteMitigationAction",
    input: &shapes::DELETE_MITIGATION_ACTION_REQUEST,
    errors: &[Code::InternalFailureException, Code::InvalidRequestException, Code::ThrottlingException],
    paginator: None,
};

static DELETE_POLICY: OperationInfo = OperationInfo {
    name: "DeletePolicy",
    method: "DELETE",
    uri: "/policies/{policyName}",
    action: "iot:DeletePolicy",
    input: &shapes::DELETE_POLICY_REQUEST,
    errors: &[
        Code::DeleteConflictException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_POLICY_VERSION: OperationInfo = OperationInfo {
    name: "DeletePolicyVersion",
    method: "DELETE",
    uri: "/policies/{policyName}/version/{policyVersionId}",
    action: "iot:DeletePolicyVersion",
    input: &shapes::DELETE_POLICY_VERSION_REQUEST,
    errors: &[
        Code::DeleteConflictException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_PROVISIONING_TEMPLATE: OperationInfo = OperationInfo {
    name: "DeleteProvisioningTemplate",
    method: "DELETE",
    uri: "/provisioning-templates/{templateName}",
    action: "iot:DeleteProvisioningTemplate",
    input: &shapes::DELETE_PROVISIONING_TEMPLATE_REQUEST,
    errors: &[
        Code::ConflictingResourceUpdateException,
        Code::DeleteConflictException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_PROVISIONING_TEMPLATE_VERSION: OperationInfo = OperationInfo {
    name: "DeleteProvisioningTemplateVersion",
    method: "DELETE",
    uri: "/provisioning-templates/{templateName}/versions/{versionId}",
    action: "iot:DeleteProvisioningTemplateVersion",
    input: &shapes::DELETE_PROVISIONING_TEMPLATE_VERSION_REQUEST,
    errors: &[
        Code::ConflictingResourceUpdateException,
        Code::DeleteConflictException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_REGISTRATION_CODE: OperationInfo = OperationInfo {
    name: "DeleteRegistrationCode",
    method: "DELETE",
    uri: "/registrationcode",
    action: "iot:DeleteRegistrationCode",
    input: &shapes::DELETE_REGISTRATION_CODE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_ROLE_ALIAS: OperationInfo = OperationInfo {
    name: "DeleteRoleAlias",
    method: "DELETE",
    uri: "/role-aliases/{roleAlias}",
    action: "iot:DeleteRoleAlias",
    input: &shapes::DELETE_ROLE_ALIAS_REQUEST,
    errors: &[
        Code::DeleteConflictException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_SCHEDULED_AUDIT: OperationInfo = OperationInfo {
    name: "DeleteScheduledAudit",
    method: "DELETE",
    uri: "/audit/scheduledaudits/{scheduledAuditName}",
    action: "iot:DeleteScheduledAudit",
    input: &shapes::DELETE_SCHEDULED_AUDIT_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static DELETE_THING: OperationInfo = OperationInfo {
    name: "DeleteThing",
    method: "DELETE",
    uri: "/things/{thingName}",
    action: "iot:DeleteThing",
    input: &shapes::DELETE_THING_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
        Code::VersionConflictException,
    ],
    paginator: None,
};

static DELETE_THING_GROUP: OperationInfo = OperationInfo {
    name: "DeleteThingGroup",
    method: "DELETE",
    uri: "/thing-groups/{thingGroupName}",
    action: "iot:DeleteThingGroup",
    input: &shapes::DELETE_THING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ThrottlingException,
        Code::VersionConflictException,
    ],
    paginator: None,
};

static DELETE_THING_TYPE: OperationInfo = OperationInfo {
    name: "DeleteThingType",
    method: "DELETE",
    uri: "/thing-types/{thingTypeName}",
    action: "iot:DeleteThingType",
    input: &shapes::DELETE_THING_TYPE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DELETE_V2_LOGGING_LEVEL: OperationInfo = OperationInfo {
    name: "DeleteV2LoggingLevel",
    method: "DELETE",
    uri: "/v2LoggingLevel",
    action: "iot:DeleteV2LoggingLevel",
    input: &shapes::DELETE_V2_LOGGING_LEVEL_REQUEST,
    errors: &[Code::InternalException, Code::InvalidRequestException, Code::ServiceUnavailableException],
    paginator: None,
};

static DEPRECATE_THING_TYPE: OperationInfo = OperationInfo {
    name: "DeprecateThingType",
    method: "POST",
    uri: "/thing-types/{thingTypeName}/deprecate",
    action: "iot:DeprecateThingType",
    input: &shapes::DEPRECATE_THING_TYPE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DESCRIBE_ACCOUNT_AUDIT_CONFIGURATION: OperationInfo = OperationInfo {
    name: "DescribeAccountAuditConfiguration",
    method: "GET",
    uri: "/audit/configuration",
    action: "iot:DescribeAccountAuditConfiguration",
    input: &shapes::DESCRIBE_ACCOUNT_AUDIT_CONFIGURATION_REQUEST,
    errors: &[Code::InternalFailureException, Code::ThrottlingException],
    paginator: None,
};

static DESCRIBE_AUDIT_FINDING: OperationInfo = OperationInfo {
    name: "DescribeAuditFinding",
    method: "GET",
    uri: "/audit/findings/{findingId}",
    action: "iot:DescribeAuditFinding",
    input: &shapes::DESCRIBE_AUDIT_FINDING_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static DESCRIBE_AUDIT_MITIGATION_ACTIONS_TASK: OperationInfo = OperationInfo {
    name: "DescribeAuditMitigationActionsTask",
    method: "GET",
    uri: "/audit/mitigationactions/tasks/{taskId}",
    action: "iot:DescribeAuditMitigationActionsTask",
    input: &shapes::DESCRIBE_AUDIT_MITIGATION_ACTIONS_TASK_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static DESCRIBE_AUDIT_SUPPRESSION: OperationInfo = OperationInfo {
    name: "DescribeAuditSuppression",
    method: "POST",
    uri: "/audit/suppressions/describe",
    action: "iot:DescribeAuditSuppression",
    input: &shapes::DESCRIBE_AUDIT_SUPPRESSION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static DESCRIBE_AUDIT_TASK: OperationInfo = OperationInfo {
    name: "DescribeAuditTask",
    method: "GET",
    uri: "/audit/tasks/{taskId}",
    action: "iot:DescribeAuditTask",
    input: &shapes::DESCRIBE_AUDIT_TASK_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static DESCRIBE_AUTHORIZER: OperationInfo = OperationInfo {
    name: "DescribeAuthorizer",
    method: "GET",
    uri: "/authorizer/{authorizerName}",
    action: "iot:DescribeAuthorizer",
    input: &shapes::DESCRIBE_AUTHORIZER_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DESCRIBE_BILLING_GROUP: OperationInfo = OperationInfo {
    name: "DescribeBillingGroup",
    method: "GET",
    uri: "/billing-groups/{billingGroupName}",
    action: "iot:DescribeBillingGroup",
    input: &shapes::DESCRIBE_BILLING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static DESCRIBE_CA_CERTIFICATE: OperationInfo = OperationInfo {
    name: "DescribeCACertificate",
    method: "GET",
    uri: "/cacertificate/{caCertificateId}",
    action: "iot:DescribeCACertificate",
    input: &shapes::DESCRIBE_CA_CERTIFICATE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DESCRIBE_CERTIFICATE: OperationInfo = OperationInfo {
    name: "DescribeCertificate",
    method: "GET",
    uri: "/certificates/{certificateId}",
    action: "iot:DescribeCertificate",
    input: &shapes::DESCRIBE_CERTIFICATE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DESCRIBE_DEFAULT_AUTHORIZER: OperationInfo = OperationInfo {
    name: "DescribeDefaultAuthorizer",
    method: "GET",
    uri: "/default-authorizer",
    action: "iot:DescribeDefaultAuthorizer",
    input: &shapes::DESCRIBE_DEFAULT_AUTHORIZER_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DESCRIBE_DOMAIN_CONFIGURATION: OperationInfo = OperationInfo {
    name: "DescribeDomainConfiguration",
    method: "GET",
    uri: "/domainConfigurations/{domainConfigurationName}",
    action: "iot:DescribeDomainConfiguration",
    input: &shapes::DESCRIBE_DOMAIN_CONFIGURATION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DESCRIBE_ENDPOINT: OperationInfo = OperationInfo {
    name: "DescribeEndpoint",
    method: "GET",
    uri: "/endpoint",
    action: "iot:DescribeEndpoint",
    input: &shapes::DESCRIBE_ENDPOINT_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DESCRIBE_EVENT_CONFIGURATIONS: OperationInfo = OperationInfo {
    name: "DescribeEventConfigurations",
    method: "GET",
    uri: "/event-configurations",
    action: "iot:DescribeEventConfigurations",
    input: &shapes::DESCRIBE_EVENT_CONFIGURATIONS_REQUEST,
    errors: &[Code::InternalFailureException, Code::ThrottlingException],
    paginator: None,
};

static DESCRIBE_MITIGATION_ACTION: OperationInfo = OperationInfo {
    name: "DescribeMitigationAction",
    method: "GET",
    uri: "/mitigationactions/actions/{actionName}",
    action: "iot:DescribeMitigationAction",
    input: &shapes::DESCRIBE_MITIGATION_ACTION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static DESCRIBE_PROVISIONING_TEMPLATE: OperationInfo = OperationInfo {
    name: "DescribeProvisioningTemplate",
    method: "GET",
    uri: "/provisioning-templates/{templateName}",
    action: "iot:DescribeProvisioningTemplate",
    input: &shapes::DESCRIBE_PROVISIONING_TEMPLATE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DESCRIBE_PROVISIONING_TEMPLATE_VERSION: OperationInfo = OperationInfo {
    name: "DescribeProvisioningTemplateVersion",
    method: "GET",
    uri: "/provisioning-templates/{templateName}/versions/{versionId}",
    action: "iot:DescribeProvisioningTemplateVersion",
    input: &shapes::DESCRIBE_PROVISIONING_TEMPLATE_VERSION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DESCRIBE_ROLE_ALIAS: OperationInfo = OperationInfo {
    name: "DescribeRoleAlias",
    method: "GET",
    uri: "/role-aliases/{roleAlias}",
    action: "iot:DescribeRoleAlias",
    input: &shapes::DESCRIBE_ROLE_ALIAS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DESCRIBE_SCHEDULED_AUDIT: OperationInfo = OperationInfo {
    name: "DescribeScheduledAudit",
    method: "GET",
    uri: "/audit/scheduledaudits/{scheduledAuditName}",
    action: "iot:DescribeScheduledAudit",
    input: &shapes::DESCRIBE_SCHEDULED_AUDIT_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static DESCRIBE_THING: OperationInfo = OperationInfo {
    name: "DescribeThing",
    method: "GET",
    uri: "/things/{thingName}",
    action: "iot:DescribeThing",
    input: &shapes::DESCRIBE_THING_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DESCRIBE_THING_GROUP: OperationInfo = OperationInfo {
    name: "DescribeThingGroup",
    method: "GET",
    uri: "/thing-groups/{thingGroupName}",
    action: "iot:DescribeThingGroup",
    input: &shapes::DESCRIBE_THING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static DESCRIBE_THING_TYPE: OperationInfo = OperationInfo {
    name: "DescribeThingType",
    method: "GET",
    uri: "/thing-types/{thingTypeName}",
    action: "iot:DescribeThingType",
    input: &shapes::DESCRIBE_THING_TYPE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DETACH_POLICY: OperationInfo = OperationInfo {
    name: "DetachPolicy",
    method: "POST",
    uri: "/target-policies/{policyName}",
    action: "iot:DetachPolicy",
    input: &shapes::DETACH_POLICY_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DETACH_PRINCIPAL_POLICY: OperationInfo = OperationInfo {
    name: "DetachPrincipalPolicy",
    method: "DELETE",
    uri: "/principal-policies/{policyName}",
    action: "iot:DetachPrincipalPolicy",
    input: &shapes::DETACH_PRINCIPAL_POLICY_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static DETACH_THING_PRINCIPAL: OperationInfo = OperationInfo {
    name: "DetachThingPrincipal",
    method: "DELETE",
    uri: "/things/{thingName}/principals",
    action: "iot:DetachThingPrincipal",
    input: &shapes::DETACH_THING_PRINCIPAL_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static GET_EFFECTIVE_POLICIES: OperationInfo = OperationInfo {
    name: "GetEffectivePolicies",
    method: "POST",
    uri: "/effective-policies",
    action: "iot:GetEffectivePolicies",
    input: &shapes::GET_EFFECTIVE_POLICIES_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static GET_INDEXING_CONFIGURATION: OperationInfo = OperationInfo {
    name: "GetIndexingConfiguration",
    method: "GET",
    uri: "/indexing/config",
    action: "iot:GetIndexingConfiguration",
    input: &shapes::GET_INDEXING_CONFIGURATION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static GET_LOGGING_OPTIONS: OperationInfo = OperationInfo {
    name: "GetLoggingOptions",
    method: "GET",
    uri: "/loggingOptions",
    action: "iot:GetLoggingOptions",
    input: &shapes::GET_LOGGING_OPTIONS_REQUEST,
    errors: &[Code::InternalException, Code::InvalidRequestException, Code::ServiceUnavailableException],
    paginator: None,
};

static GET_POLICY: OperationInfo = OperationInfo {
    name: "GetPolicy",
    method: "GET",
    uri: "/policies/{policyName}",
    action: "iot:GetPolicy",
    input: &shapes::GET_POLICY_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static GET_POLICY_VERSION: OperationInfo = OperationInfo {
    name: "GetPolicyVersion",
    method: "GET",
    uri: "/policies/{policyName}/version/{policyVersionId}",
    action: "iot:GetPolicyVersion",
    input: &shapes::GET_POLICY_VERSION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static GET_REGISTRATION_CODE: OperationInfo = OperationInfo {
    name: "GetRegistrationCode",
    method: "GET",
    uri: "/registrationcode",
    action: "iot:GetRegistrationCode",
    input: &shapes::GET_REGISTRATION_CODE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static GET_V2_LOGGING_OPTIONS: OperationInfo = OperationInfo {
    name: "GetV2LoggingOptions",
    method: "GET",
    uri: "/v2LoggingOptions",
    action: "iot:GetV2LoggingOptions",
    input: &shapes::GET_V2_LOGGING_OPTIONS_REQUEST,
    errors: &[Code::InternalException, Code::NotConfiguredException, Code::ServiceUnavailableException],
    paginator: None,
};

static LIST_ATTACHED_POLICIES: OperationInfo = OperationInfo {
    name: "ListAttachedPolicies",
    method: "POST",
    uri: "/attached-policies/{target}",
    action: "iot:ListAttachedPolicies",
    input: &shapes::LIST_ATTACHED_POLICIES_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "policies",
    }),
};

static LIST_AUDIT_FINDINGS: OperationInfo = OperationInfo {
    name: "ListAuditFindings",
    method: "POST",
    uri: "/audit/findings",
    action: "iot:ListAuditFindings",
    input: &shapes::LIST_AUDIT_FINDINGS_REQUEST,
    errors: &[Code::InternalFailureException, Code::InvalidRequestException, Code::ThrottlingException],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "findings",
    }),
};

static LIST_AUDIT_MITIGATION_ACTIONS_EXECUTIONS: OperationInfo = OperationInfo {
    name: "ListAuditMitigationActionsExecutions",
    method: "GET",
    uri: "/audit/mitigationactions/executions",
    action: "iot:ListAuditMitigationActionsExecutions",
    input: &shapes::LIST_AUDIT_MITIGATION_ACTIONS_EXECUTIONS_REQUEST,
    errors: &[Code::InternalFailureException, Code::InvalidRequestException, Code::ThrottlingException],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "actionsExecutions",
    }),
};

static LIST_AUDIT_MITIGATION_ACTIONS_TASKS: OperationInfo = OperationInfo {
    name: "ListAuditMitigationActionsTasks",
    method: "GET",
    uri: "/audit/mitigationactions/tasks",
    action: "iot:ListAuditMitigationActionsTasks",
    input: &shapes::LIST_AUDIT_MITIGATION_ACTIONS_TASKS_REQUEST,
    errors: &[Code::InternalFailureException, Code::InvalidRequestException, Code::ThrottlingException],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "tasks",
    }),
};

static LIST_AUDIT_SUPPRESSIONS: OperationInfo = OperationInfo {
    name: "ListAuditSuppressions",
    method: "POST",
    uri: "/audit/suppressions/list",
    action: "iot:ListAuditSuppressions",
    input: &shapes::LIST_AUDIT_SUPPRESSIONS_REQUEST,
    errors: &[Code::InternalFailureException, Code::InvalidRequestException, Code::ThrottlingException],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "suppressions",
    }),
};

static LIST_AUDIT_TASKS: OperationInfo = OperationInfo {
    name: "ListAuditTasks",
    method: "GET",
    uri: "/audit/tasks",
    action: "iot:ListAuditTasks",
    input: &shapes::LIST_AUDIT_TASKS_REQUEST,
    errors: &[Code::InternalFailureException, Code::InvalidRequestException, Code::ThrottlingException],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "tasks",
    }),
};

static LIST_AUTHORIZERS: OperationInfo = OperationInfo {
    name: "ListAuthorizers",
    method: "GET",
    uri: "/authorizers/",
    action: "iot:ListAuthorizers",
    input: &shapes::LIST_AUTHORIZERS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "authorizers",
    }),
};

static LIST_BILLING_GROUPS: OperationInfo = OperationInfo {
    name: "ListBillingGroups",
    method: "GET",
    uri: "/billing-groups",
    action: "iot:ListBillingGroups",
    input: &shapes::LIST_BILLING_GROUPS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "billingGroups",
    }),
};

static LIST_CA_CERTIFICATES: OperationInfo = OperationInfo {
    name: "ListCACertificates",
    method: "GET",
    uri: "/cacertificates",
    action: "iot:ListCACertificates",
    input: &shapes::LIST_CA_CERTIFICATES_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "certificates",
    }),
};

static LIST_CERTIFICATES: OperationInfo = OperationInfo {
    name: "ListCertificates",
    method: "GET",
    uri: "/certificates",
    action: "iot:ListCertificates",
    input: &shapes::LIST_CERTIFICATES_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "certificates",
    }),
};

static LIST_CERTIFICATES_BY_CA: OperationInfo = OperationInfo {
    name: "ListCertificatesByCA",
    method: "GET",
    uri: "/certificates-by-ca/{caCertificateId}",
    action: "iot:ListCertificatesByCA",
    input: &shapes::LIST_CERTIFICATES_BY_CA_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "certificates",
    }),
};

static LIST_DOMAIN_CONFIGURATIONS: OperationInfo = OperationInfo {
    name: "ListDomainConfigurations",
    method: "GET",
    uri: "/domainConfigurations",
    action: "iot:ListDomainConfigurations",
    input: &shapes::LIST_DOMAIN_CONFIGURATIONS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "domainConfigurations",
    }),
};

static LIST_MITIGATION_ACTIONS: OperationInfo = OperationInfo {
    name: "ListMitigationActions",
    method: "GET",
    uri: "/mitigationactions/actions",
    action: "iot:ListMitigationActions",
    input: &shapes::LIST_MITIGATION_ACTIONS_REQUEST,
    errors: &[Code::InternalFailureException, Code::InvalidRequestException, Code::ThrottlingException],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "actionIdentifiers",
    }),
};

static LIST_OUTGOING_CERTIFICATES: OperationInfo = OperationInfo {
    name: "ListOutgoingCertificates",
    method: "GET",
    uri: "/certificates-out-going",
    action: "iot:ListOutgoingCertificates",
    input: &shapes::LIST_OUTGOING_CERTIFICATES_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "outgoingCertificates",
    }),
};

static LIST_POLICIES: OperationInfo = OperationInfo {
    name: "ListPolicies",
    method: "GET",
    uri: "/policies",
    action: "iot:ListPolicies",
    input: &shapes::LIST_POLICIES_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "policies",
    }),
};

static LIST_POLICY_PRINCIPALS: OperationInfo = OperationInfo {
    name: "ListPolicyPrincipals",
    method: "GET",
    uri: "/policy-principals",
    action: "iot:ListPolicyPrincipals",
    input: &shapes::LIST_POLICY_PRINCIPALS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "principals",
    }),
};

static LIST_POLICY_VERSIONS: OperationInfo = OperationInfo {
    name: "ListPolicyVersions",
    method: "GET",
    uri: "/policies/{policyName}/version",
    action: "iot:ListPolicyVersions",
    input: &shapes::LIST_POLICY_VERSIONS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static LIST_PRINCIPAL_POLICIES: OperationInfo = OperationInfo {
    name: "ListPrincipalPolicies",
    method: "GET",
    uri: "/principal-policies",
    action: "iot:ListPrincipalPolicies",
    input: &shapes::LIST_PRINCIPAL_POLICIES_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "policies",
    }),
};

static LIST_PRINCIPAL_THINGS: OperationInfo = OperationInfo {
    name: "ListPrincipalThings",
    method: "GET",
    uri: "/principals/things",
    action: "iot:ListPrincipalThings",
    input: &shapes::LIST_PRINCIPAL_THINGS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "things",
    }),
};

static LIST_PRINCIPAL_THINGS_V2: OperationInfo = OperationInfo {
    name: "ListPrincipalThingsV2",
    method: "GET",
    uri: "/principals/things-v2",
    action: "iot:ListPrincipalThings",
    input: &shapes::LIST_PRINCIPAL_THINGS_V2_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "principalThingObjects",
    }),
};

static LIST_PROVISIONING_TEMPLATE_VERSIONS: OperationInfo = OperationInfo {
    name: "ListProvisioningTemplateVersions",
    method: "GET",
    uri: "/provisioning-templates/{templateName}/versions",
    action: "iot:ListProvisioningTemplateVersions",
    input: &shapes::LIST_PROVISIONING_TEMPLATE_VERSIONS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "versions",
    }),
};

static LIST_PROVISIONING_TEMPLATES: OperationInfo = OperationInfo {
    name: "ListProvisioningTemplates",
    method: "GET",
    uri: "/provisioning-templates",
    action: "iot:ListProvisioningTemplates",
    input: &shapes::LIST_PROVISIONING_TEMPLATES_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "templates",
    }),
};

static LIST_RELATED_RESOURCES_FOR_AUDIT_FINDING: OperationInfo = OperationInfo {
    name: "ListRelatedResourcesForAuditFinding",
    method: "GET",
    uri: "/audit/relatedResources",
    action: "iot:ListRelatedResourcesForAuditFinding",
    input: &shapes::LIST_RELATED_RESOURCES_FOR_AUDIT_FINDING_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "relatedResources",
    }),
};

static LIST_ROLE_ALIASES: OperationInfo = OperationInfo {
    name: "ListRoleAliases",
    method: "GET",
    uri: "/role-aliases",
    action: "iot:ListRoleAliases",
    input: &shapes::LIST_ROLE_ALIASES_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "roleAliases",
    }),
};

static LIST_SCHEDULED_AUDITS: OperationInfo = OperationInfo {
    name: "ListScheduledAudits",
    method: "GET",
    uri: "/audit/scheduledaudits",
    action: "iot:ListScheduledAudits",
    input: &shapes::LIST_SCHEDULED_AUDITS_REQUEST,
    errors: &[Code::InternalFailureException, Code::InvalidRequestException, Code::ThrottlingException],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "scheduledAudits",
    }),
};

static LIST_TAGS_FOR_RESOURCE: OperationInfo = OperationInfo {
    name: "ListTagsForResource",
    method: "GET",
    uri: "/tags",
    action: "iot:ListTagsForResource",
    input: &shapes::LIST_TAGS_FOR_RESOURCE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: None,
        result: "tags",
    }),
};

static LIST_TARGETS_FOR_POLICY: OperationInfo = OperationInfo {
    name: "ListTargetsForPolicy",
    method: "POST",
    uri: "/policy-targets/{policyName}",
    action: "iot:ListTargetsForPolicy",
    input: &shapes::LIST_TARGETS_FOR_POLICY_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "marker",
        output_token: "nextMarker",
        limit: Some("pageSize"),
        result: "targets",
    }),
};

static LIST_THING_GROUPS: OperationInfo = OperationInfo {
    name: "ListThingGroups",
    method: "GET",
    uri: "/thing-groups",
    action: "iot:ListThingGroups",
    input: &shapes::LIST_THING_GROUPS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "thingGroups",
    }),
};

static LIST_THING_GROUPS_FOR_THING: OperationInfo = OperationInfo {
    name: "ListThingGroupsForThing",
    method: "GET",
    uri: "/things/{thingName}/thing-groups",
    action: "iot:ListThingGroupsForThing",
    input: &shapes::LIST_THING_GROUPS_FOR_THING_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "thingGroups",
    }),
};

static LIST_THING_PRINCIPALS: OperationInfo = OperationInfo {
    name: "ListThingPrincipals",
    method: "GET",
    uri: "/things/{thingName}/principals",
    action: "iot:ListThingPrincipals",
    input: &shapes::LIST_THING_PRINCIPALS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "principals",
    }),
};

static LIST_THING_PRINCIPALS_V2: OperationInfo = OperationInfo {
    name: "ListThingPrincipalsV2",
    method: "GET",
    uri: "/things/{thingName}/principals-v2",
    action: "iot:ListThingPrincipals",
    input: &shapes::LIST_THING_PRINCIPALS_V2_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "thingPrincipalObjects",
    }),
};

static LIST_THING_TYPES: OperationInfo = OperationInfo {
    name: "ListThingTypes",
    method: "GET",
    uri: "/thing-types",
    action: "iot:ListThingTypes",
    input: &shapes::LIST_THING_TYPES_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "thingTypes",
    }),
};

static LIST_THINGS: OperationInfo = OperationInfo {
    name: "ListThings",
    method: "GET",
    uri: "/things",
    action: "iot:ListThings",
    input: &shapes::LIST_THINGS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "things",
    }),
};

static LIST_THINGS_IN_BILLING_GROUP: OperationInfo = OperationInfo {
    name: "ListThingsInBillingGroup",
    method: "GET",
    uri: "/billing-groups/{billingGroupName}/things",
    action: "iot:ListThingsInBillingGroup",
    input: &shapes::LIST_THINGS_IN_BILLING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "things",
    }),
};

static LIST_THINGS_IN_THING_GROUP: OperationInfo = OperationInfo {
    name: "ListThingsInThingGroup",
    method: "GET",
    uri: "/thing-groups/{thingGroupName}/things",
    action: "iot:ListThingsInThingGroup",
    input: &shapes::LIST_THINGS_IN_THING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "things",
    }),
};

static LIST_V2_LOGGING_LEVELS: OperationInfo = OperationInfo {
    name: "ListV2LoggingLevels",
    method: "GET",
    uri: "/v2LoggingLevel",
    action: "iot:ListV2LoggingLevels",
    input: &shapes::LIST_V2_LOGGING_LEVELS_REQUEST,
    errors: &[
        Code::InternalException,
        Code::InvalidRequestException,
        Code::NotConfiguredException,
        Code::ServiceUnavailableException,
    ],
    paginator: Some(Paginator {
        input_token: "nextToken",
        output_token: "nextToken",
        limit: Some("maxResults"),
        result: "logTargetConfigurations",
    }),
};

static REGISTER_CA_CERTIFICATE: OperationInfo = OperationInfo {
    name: "RegisterCACertificate",
    method: "POST",
    uri: "/cacertificate",
    action: "iot:RegisterCACertificate",
    input: &shapes::REGISTER_CA_CERTIFICATE_REQUEST,
    errors: &[
        Code::CertificateValidationException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::RegistrationCodeValidationException,
        Code::ResourceAlreadyExistsException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static REGISTER_CERTIFICATE: OperationInfo = OperationInfo {
    name: "RegisterCertificate",
    method: "POST",
    uri: "/certificate/register",
    action: "iot:RegisterCertificate",
    input: &shapes::REGISTER_CERTIFICATE_REQUEST,
    errors: &[
        Code::CertificateConflictException,
        Code::CertificateStateException,
        Code::CertificateValidationException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceAlreadyExistsException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static REGISTER_CERTIFICATE_WITHOUT_CA: OperationInfo = OperationInfo {
    name: "RegisterCertificateWithoutCA",
    method: "POST",
    uri: "/certificate/register-no-ca",
    action: "iot:RegisterCertificateWithoutCA",
    input: &shapes::REGISTER_CERTIFICATE_WITHOUT_CA_REQUEST,
    errors: &[
        Code::CertificateStateException,
        Code::CertificateValidationException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceAlreadyExistsException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static REGISTER_THING: OperationInfo = OperationInfo {
    name: "RegisterThing",
    method: "POST",
    uri: "/things",
    action: "iot:RegisterThing",
    input: &shapes::REGISTER_THING_REQUEST,
    errors: &[
        Code::ConflictingResourceUpdateException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceRegistrationFailureException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static REJECT_CERTIFICATE_TRANSFER: OperationInfo = OperationInfo {
    name: "RejectCertificateTransfer",
    method: "PATCH",
    uri: "/reject-certificate-transfer/{certificateId}",
    action: "iot:RejectCertificateTransfer",
    input: &shapes::REJECT_CERTIFICATE_TRANSFER_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::TransferAlreadyCompletedException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static REMOVE_THING_FROM_BILLING_GROUP: OperationInfo = OperationInfo {
    name: "RemoveThingFromBillingGroup",
    method: "PUT",
    uri: "/billing-groups/removeThingFromBillingGroup",
    action: "iot:RemoveThingFromBillingGroup",
    input: &shapes::REMOVE_THING_FROM_BILLING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static REMOVE_THING_FROM_THING_GROUP: OperationInfo = OperationInfo {
    name: "RemoveThingFromThingGroup",
    method: "PUT",
    uri: "/thing-groups/removeThingFromThingGroup",
    action: "iot:RemoveThingFromThingGroup",
    input: &shapes::REMOVE_THING_FROM_THING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static SET_DEFAULT_AUTHORIZER: OperationInfo = OperationInfo {
    name: "SetDefaultAuthorizer",
    method: "POST",
    uri: "/default-authorizer",
    action: "iot:SetDefaultAuthorizer",
    input: &shapes::SET_DEFAULT_AUTHORIZER_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceAlreadyExistsException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static SET_DEFAULT_POLICY_VERSION: OperationInfo = OperationInfo {
    name: "SetDefaultPolicyVersion",
    method: "PATCH",
    uri: "/policies/{policyName}/version/{policyVersionId}",
    action: "iot:SetDefaultPolicyVersion",
    input: &shapes::SET_DEFAULT_POLICY_VERSION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static SET_LOGGING_OPTIONS: OperationInfo = OperationInfo {
    name: "SetLoggingOptions",
    method: "POST",
    uri: "/loggingOptions",
    action: "iot:SetLoggingOptions",
    input: &shapes::SET_LOGGING_OPTIONS_REQUEST,
    errors: &[Code::InternalException, Code::InvalidRequestException, Code::ServiceUnavailableException],
    paginator: None,
};

static SET_V2_LOGGING_LEVEL: OperationInfo = OperationInfo {
    name: "SetV2LoggingLevel",
    method: "POST",
    uri: "/v2LoggingLevel",
    action: "iot:SetV2LoggingLevel",
    input: &shapes::SET_V2_LOGGING_LEVEL_REQUEST,
    errors: &[
        Code::InternalException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::NotConfiguredException,
        Code::ServiceUnavailableException,
    ],
    paginator: None,
};

static SET_V2_LOGGING_OPTIONS: OperationInfo = OperationInfo {
    name: "SetV2LoggingOptions",
    method: "POST",
    uri: "/v2LoggingOptions",
    action: "iot:SetV2LoggingOptions",
    input: &shapes::SET_V2_LOGGING_OPTIONS_REQUEST,
    errors: &[Code::InternalException, Code::InvalidRequestException, Code::ServiceUnavailableException],
    paginator: None,
};

static START_AUDIT_MITIGATION_ACTIONS_TASK: OperationInfo = OperationInfo {
    name: "StartAuditMitigationActionsTask",
    method: "POST",
    uri: "/audit/mitigationactions/tasks/{taskId}",
    action: "iot:StartAuditMitigationActionsTask",
    input: &shapes::START_AUDIT_MITIGATION_ACTIONS_TASK_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::TaskAlreadyExistsException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static START_ON_DEMAND_AUDIT_TASK: OperationInfo = OperationInfo {
    name: "StartOnDemandAuditTask",
    method: "POST",
    uri: "/audit/tasks",
    action: "iot:StartOnDemandAuditTask",
    input: &shapes::START_ON_DEMAND_AUDIT_TASK_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static TAG_RESOURCE: OperationInfo = OperationInfo {
    name: "TagResource",
    method: "POST",
    uri: "/tags",
    action: "iot:TagResource",
    input: &shapes::TAG_RESOURCE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static TEST_AUTHORIZATION: OperationInfo = OperationInfo {
    name: "TestAuthorization",
    method: "POST",
    uri: "/test-authorization",
    action: "iot:TestAuthorization",
    input: &shapes::TEST_AUTHORIZATION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static TEST_INVOKE_AUTHORIZER: OperationInfo = OperationInfo {
    name: "TestInvokeAuthorizer",
    method: "POST",
    uri: "/authorizer/{authorizerName}/test",
    action: "iot:TestInvokeAuthorizer",
    input: &shapes::TEST_INVOKE_AUTHORIZER_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::InvalidResponseException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static TRANSFER_CERTIFICATE: OperationInfo = OperationInfo {
    name: "TransferCertificate",
    method: "PATCH",
    uri: "/transfer-certificate/{certificateId}",
    action: "iot:TransferCertificate",
    input: &shapes::TRANSFER_CERTIFICATE_REQUEST,
    errors: &[
        Code::CertificateStateException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::TransferConflictException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static UNTAG_RESOURCE: OperationInfo = OperationInfo {
    name: "UntagResource",
    method: "POST",
    uri: "/untag",
    action: "iot:UntagResource",
    input: &shapes::UNTAG_RESOURCE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static UPDATE_ACCOUNT_AUDIT_CONFIGURATION: OperationInfo = OperationInfo {
    name: "UpdateAccountAuditConfiguration",
    method: "PATCH",
    uri: "/audit/configuration",
    action: "iot:UpdateAccountAuditConfiguration",
    input: &shapes::UPDATE_ACCOUNT_AUDIT_CONFIGURATION_REQUEST,
    errors: &[Code::InternalFailureException, Code::InvalidRequestException, Code::ThrottlingException],
    paginator: None,
};

static UPDATE_AUDIT_SUPPRESSION: OperationInfo = OperationInfo {
    name: "UpdateAuditSuppression",
    method: "PATCH",
    uri: "/audit/suppressions/update",
    action: "iot:UpdateAuditSuppression",
    input: &shapes::UPDATE_AUDIT_SUPPRESSION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static UPDATE_AUTHORIZER: OperationInfo = OperationInfo {
    name: "UpdateAuthorizer",
    method: "PUT",
    uri: "/authorizer/{authorizerName}",
    action: "iot:UpdateAuthorizer",
    input: &shapes::UPDATE_AUTHORIZER_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::LimitExceededException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static UPDATE_BILLING_GROUP: OperationInfo = OperationInfo {
    name: "UpdateBillingGroup",
    method: "PATCH",
    uri: "/billing-groups/{billingGroupName}",
    action: "iot:UpdateBillingGroup",
    input: &shapes::UPDATE_BILLING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
        Code::VersionConflictException,
    ],
    paginator: None,
};

static UPDATE_CA_CERTIFICATE: OperationInfo = OperationInfo {
    name: "UpdateCACertificate",
    method: "PUT",
    uri: "/cacertificate/{caCertificateId}",
    action: "iot:UpdateCACertificate",
    input: &shapes::UPDATE_CA_CERTIFICATE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static UPDATE_CERTIFICATE: OperationInfo = OperationInfo {
    name: "UpdateCertificate",
    method: "PUT",
    uri: "/certificates/{certificateId}",
    action: "iot:UpdateCertificate",
    input: &shapes::UPDATE_CERTIFICATE_REQUEST,
    errors: &[
        Code::CertificateStateException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static UPDATE_DOMAIN_CONFIGURATION: OperationInfo = OperationInfo {
    name: "UpdateDomainConfiguration",
    method: "PUT",
    uri: "/domainConfigurations/{domainConfigurationName}",
    action: "iot:UpdateDomainConfiguration",
    input: &shapes::UPDATE_DOMAIN_CONFIGURATION_REQUEST,
    errors: &[
        Code::CertificateValidationException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static UPDATE_EVENT_CONFIGURATIONS: OperationInfo = OperationInfo {
    name: "UpdateEventConfigurations",
    method: "PATCH",
    uri: "/event-configurations",
    action: "iot:UpdateEventConfigurations",
    input: &shapes::UPDATE_EVENT_CONFIGURATIONS_REQUEST,
    errors: &[Code::InternalFailureException, Code::InvalidRequestException, Code::ThrottlingException],
    paginator: None,
};

static UPDATE_INDEXING_CONFIGURATION: OperationInfo = OperationInfo {
    name: "UpdateIndexingConfiguration",
    method: "POST",
    uri: "/indexing/config",
    action: "iot:UpdateIndexingConfiguration",
    input: &shapes::UPDATE_INDEXING_CONFIGURATION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static UPDATE_MITIGATION_ACTION: OperationInfo = OperationInfo {
    name: "UpdateMitigationAction",
    method: "PATCH",
    uri: "/mitigationactions/actions/{actionName}",
    action: "iot:UpdateMitigationAction",
    input: &shapes::UPDATE_MITIGATION_ACTION_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static UPDATE_PROVISIONING_TEMPLATE: OperationInfo = OperationInfo {
    name: "UpdateProvisioningTemplate",
    method: "PATCH",
    uri: "/provisioning-templates/{templateName}",
    action: "iot:UpdateProvisioningTemplate",
    input: &shapes::UPDATE_PROVISIONING_TEMPLATE_REQUEST,
    errors: &[
        Code::ConflictingResourceUpdateException,
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static UPDATE_ROLE_ALIAS: OperationInfo = OperationInfo {
    name: "UpdateRoleAlias",
    method: "PUT",
    uri: "/role-aliases/{roleAlias}",
    action: "iot:UpdateRoleAlias",
    input: &shapes::UPDATE_ROLE_ALIAS_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};

static UPDATE_SCHEDULED_AUDIT: OperationInfo = OperationInfo {
    name: "UpdateScheduledAudit",
    method: "PATCH",
    uri: "/audit/scheduledaudits/{scheduledAuditName}",
    action: "iot:UpdateScheduledAudit",
    input: &shapes::UPDATE_SCHEDULED_AUDIT_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static UPDATE_THING: OperationInfo = OperationInfo {
    name: "UpdateThing",
    method: "PATCH",
    uri: "/things/{thingName}",
    action: "iot:UpdateThing",
    input: &shapes::UPDATE_THING_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
        Code::VersionConflictException,
    ],
    paginator: None,
};

static UPDATE_THING_GROUP: OperationInfo = OperationInfo {
    name: "UpdateThingGroup",
    method: "PATCH",
    uri: "/thing-groups/{thingGroupName}",
    action: "iot:UpdateThingGroup",
    input: &shapes::UPDATE_THING_GROUP_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
        Code::VersionConflictException,
    ],
    paginator: None,
};

static UPDATE_THING_GROUPS_FOR_THING: OperationInfo = OperationInfo {
    name: "UpdateThingGroupsForThing",
    method: "PUT",
    uri: "/thing-groups/updateThingGroupsForThing",
    action: "iot:UpdateThingGroupsForThing",
    input: &shapes::UPDATE_THING_GROUPS_FOR_THING_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ThrottlingException,
    ],
    paginator: None,
};

static UPDATE_THING_TYPE: OperationInfo = OperationInfo {
    name: "UpdateThingType",
    method: "PATCH",
    uri: "/thing-types/{thingTypeName}",
    action: "iot:UpdateThingType",
    input: &shapes::UPDATE_THING_TYPE_REQUEST,
    errors: &[
        Code::InternalFailureException,
        Code::InvalidRequestException,
        Code::ResourceNotFoundException,
        Code::ServiceUnavailableException,
        Code::ThrottlingException,
        Code::UnauthorizedException,
    ],
    paginator: None,
};
