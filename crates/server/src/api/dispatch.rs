//! From operations to what carries them out.

use thingwarden_wire::Operation;
use thingwarden_wire::types::{
    CreateCertificateFromCsrInput, CreateKeysAndCertificateInput, CreatePolicyInput,
    CreatePolicyVersionInput, CreateProvisioningClaimInput, RegisterCACertificateInput,
    RegisterCertificateInput, RegisterCertificateWithoutCAInput, TestInvokeAuthorizerInput,
};

use super::handler::{Handler, ask, prepare, read, write};
use super::{
    audit_configuration, audit_findings, audit_mitigation_tasks, audit_tasks, authorizers, billing_groups,
    ca_certificates, certificate_transfers, certificates, domain_configurations, effective, endpoints,
    event_configurations, indexing, logging, mitigation_actions, policies, policy_attachments,
    provisioning_claims, provisioning_template_versions, provisioning_templates, register_thing,
    role_aliases, scheduled_audits, suppressions, tags, test_authorization, thing_group_members,
    thing_groups, thing_principals, thing_types, things,
};

/// The handler of an operation.
pub(super) fn handler(operation: Operation) -> Handler {
    match operation {
        // things
        Operation::AttachThingPrincipal => write!(thing_principals::attach),
        Operation::CreateThing => write!(things::create),
        Operation::DeleteThing => write!(things::delete),
        Operation::DescribeThing => read!(things::describe),
        Operation::DetachThingPrincipal => write!(thing_principals::detach),
        Operation::ListPrincipalThings => read!(thing_principals::list_things),
        Operation::ListPrincipalThingsV2 => read!(thing_principals::list_things_v2),
        Operation::ListThingPrincipals => read!(thing_principals::list_principals),
        Operation::ListThingPrincipalsV2 => read!(thing_principals::list_principals_v2),
        Operation::ListThings => read!(things::list),
        Operation::UpdateThing => write!(things::update),

        // thing_types
        Operation::CreateThingType => write!(thing_types::create),
        Operation::DeleteThingType => write!(thing_types::delete),
        Operation::DeprecateThingType => write!(thing_types::deprecate),
        Operation::DescribeThingType => read!(thing_types::describe),
        Operation::ListThingTypes => read!(thing_types::list),
        Operation::UpdateThingType => write!(thing_types::update),

        // thing_groups
        Operation::AddThingToThingGroup => write!(thing_group_members::add),
        Operation::CreateThingGroup => write!(thing_groups::create),
        Operation::DeleteThingGroup => write!(thing_groups::delete),
        Operation::DescribeThingGroup => read!(thing_groups::describe),
        Operation::ListThingGroups => read!(thing_groups::list),
        Operation::ListThingGroupsForThing => read!(thing_group_members::list_groups),
        Operation::ListThingsInThingGroup => read!(thing_group_members::list_things),
        Operation::RemoveThingFromThingGroup => write!(thing_group_members::remove),
        Operation::UpdateThingGroup => write!(thing_groups::update),
        Operation::UpdateThingGroupsForThing => write!(thing_group_members::update),

        // billing_groups
        Operation::AddThingToBillingGroup => write!(billing_groups::add_thing),
        Operation::CreateBillingGroup => write!(billing_groups::create),
        Operation::DeleteBillingGroup => write!(billing_groups::delete),
        Operation::DescribeBillingGroup => read!(billing_groups::describe),
        Operation::ListBillingGroups => read!(billing_groups::list),
        Operation::ListThingsInBillingGroup => read!(billing_groups::list_things),
        Operation::RemoveThingFromBillingGroup => write!(billing_groups::remove_thing),
        Operation::UpdateBillingGroup => write!(billing_groups::update),

        // certificates
        Operation::AcceptCertificateTransfer => write!(certificate_transfers::accept),
        Operation::CancelCertificateTransfer => write!(certificate_transfers::cancel),
        Operation::CreateCertificateFromCsr => {
            prepare!(CreateCertificateFromCsrInput, certificates::create_from_csr)
        }
        Operation::CreateKeysAndCertificate => {
            prepare!(CreateKeysAndCertificateInput, certificates::create_keys)
        }
        Operation::DeleteCertificate => write!(certificates::delete),
        Operation::DescribeCertificate => read!(certificates::describe),
        Operation::ListCertificates => read!(certificates::list),
        Operation::ListCertificatesByCA => read!(certificates::list_by_ca),
        Operation::ListOutgoingCertificates => read!(certificate_transfers::list_outgoing),
        Operation::RegisterCertificate => prepare!(RegisterCertificateInput, certificates::register),
        Operation::RegisterCertificateWithoutCA => {
            prepare!(RegisterCertificateWithoutCAInput, certificates::register_without_ca)
        }
        Operation::RejectCertificateTransfer => write!(certificate_transfers::reject),
        Operation::TransferCertificate => write!(certificate_transfers::transfer),
        Operation::UpdateCertificate => write!(certificates::update),

        // ca_certificates
        Operation::DeleteCACertificate => write!(ca_certificates::delete),
        Operation::DeleteRegistrationCode => write!(ca_certificates::delete_registration_code),
        Operation::DescribeCACertificate => read!(ca_certificates::describe),
        Operation::GetRegistrationCode => write!(ca_certificates::registration_code),
        Operation::ListCACertificates => read!(ca_certificates::list),
        Operation::RegisterCACertificate => prepare!(RegisterCACertificateInput, ca_certificates::register),
        Operation::UpdateCACertificate => write!(ca_certificates::update),

        // provisioning
        Operation::CreateProvisioningClaim => {
            prepare!(CreateProvisioningClaimInput, provisioning_claims::create)
        }
        Operation::CreateProvisioningTemplate => write!(provisioning_templates::create),
        Operation::CreateProvisioningTemplateVersion => write!(provisioning_template_versions::create),
        Operation::DeleteProvisioningTemplate => write!(provisioning_templates::delete),
        Operation::DeleteProvisioningTemplateVersion => write!(provisioning_template_versions::delete),
        Operation::DescribeProvisioningTemplate => read!(provisioning_templates::describe),
        Operation::DescribeProvisioningTemplateVersion => read!(provisioning_template_versions::describe),
        Operation::ListProvisioningTemplateVersions => read!(provisioning_template_versions::list),
        Operation::ListProvisioningTemplates => read!(provisioning_templates::list),
        Operation::RegisterThing => write!(register_thing::register),
        Operation::UpdateProvisioningTemplate => write!(provisioning_templates::update),

        // policies
        Operation::CreatePolicy => prepare!(CreatePolicyInput, policies::create),
        Operation::CreatePolicyVersion => prepare!(CreatePolicyVersionInput, policies::create_version),
        Operation::DeletePolicy => write!(policies::delete),
        Operation::DeletePolicyVersion => write!(policies::delete_version),
        Operation::GetPolicy => read!(policies::get),
        Operation::GetPolicyVersion => read!(policies::get_version),
        Operation::ListPolicies => read!(policies::list),
        Operation::ListPolicyVersions => read!(policies::list_versions),
        Operation::SetDefaultPolicyVersion => write!(policies::set_default_version),

        // policy_attachments
        Operation::AttachPolicy => write!(policy_attachments::attach),
        Operation::AttachPrincipalPolicy => write!(policy_attachments::attach_to_principal),
        Operation::DetachPolicy => write!(policy_attachments::detach),
        Operation::DetachPrincipalPolicy => write!(policy_attachments::detach_from_principal),
        Operation::GetEffectivePolicies => read!(effective::get),
        Operation::ListAttachedPolicies => read!(policy_attachments::list_attached),
        Operation::ListPolicyPrincipals => read!(policy_attachments::list_principals),
        Operation::ListPrincipalPolicies => read!(policy_attachments::list_of_principal),
        Operation::ListTargetsForPolicy => read!(policy_attachments::list_targets),
        Operation::TestAuthorization => read!(test_authorization::test),

        // role_aliases
        Operation::CreateRoleAlias => write!(role_aliases::create),
        Operation::DeleteRoleAlias => write!(role_aliases::delete),
        Operation::DescribeRoleAlias => read!(role_aliases::describe),
        Operation::ListRoleAliases => read!(role_aliases::list),
        Operation::UpdateRoleAlias => write!(role_aliases::update),

        // authorizers
        Operation::ClearDefaultAuthorizer => write!(authorizers::clear_default),
        Operation::CreateAuthorizer => write!(authorizers::create),
        Operation::DeleteAuthorizer => write!(authorizers::delete),
        Operation::DescribeAuthorizer => read!(authorizers::describe),
        Operation::DescribeDefaultAuthorizer => read!(authorizers::describe_default),
        Operation::ListAuthorizers => read!(authorizers::list),
        Operation::SetDefaultAuthorizer => write!(authorizers::set_default),
        Operation::TestInvokeAuthorizer => ask!(TestInvokeAuthorizerInput, authorizers::test_invoke),
        Operation::UpdateAuthorizer => write!(authorizers::update),

        // logging
        Operation::DeleteV2LoggingLevel => write!(logging::delete_level),
        Operation::GetLoggingOptions => read!(logging::get),
        Operation::GetV2LoggingOptions => read!(logging::get_v2),
        Operation::ListV2LoggingLevels => read!(logging::list_levels),
        Operation::SetLoggingOptions => write!(logging::set),
        Operation::SetV2LoggingLevel => write!(logging::set_level),
        Operation::SetV2LoggingOptions => write!(logging::set_v2),

        // endpoints
        Operation::DescribeEndpoint => read!(endpoints::describe),

        // tags
        Operation::ListTagsForResource => read!(tags::list),
        Operation::TagResource => write!(tags::tag),
        Operation::UntagResource => write!(tags::untag),

        // event_configurations
        Operation::DescribeEventConfigurations => read!(event_configurations::describe),
        Operation::UpdateEventConfigurations => write!(event_configurations::update),

        // domain_configurations
        Operation::CreateDomainConfiguration => write!(domain_configurations::create),
        Operation::DeleteDomainConfiguration => write!(domain_configurations::delete),
        Operation::DescribeDomainConfiguration => read!(domain_configurations::describe),
        Operation::ListDomainConfigurations => read!(domain_configurations::list),
        Operation::UpdateDomainConfiguration => write!(domain_configurations::update),

        // indexing
        Operation::GetIndexingConfiguration => read!(indexing::get),
        Operation::UpdateIndexingConfiguration => write!(indexing::update),

        // audit
        Operation::CancelAuditTask => write!(audit_tasks::cancel),
        Operation::DeleteAccountAuditConfiguration => write!(audit_configuration::delete),
        Operation::DescribeAccountAuditConfiguration => read!(audit_configuration::describe),
        Operation::DescribeAuditFinding => read!(audit_findings::describe),
        Operation::DescribeAuditTask => read!(audit_tasks::describe),
        Operation::ListAuditFindings => read!(audit_findings::list),
        Operation::ListAuditTasks => read!(audit_tasks::list),
        Operation::ListRelatedResourcesForAuditFinding => read!(audit_findings::list_related),
        Operation::StartOnDemandAuditTask => write!(audit_tasks::start),
        Operation::UpdateAccountAuditConfiguration => write!(audit_configuration::update),

        // scheduled_audits
        Operation::CreateScheduledAudit => write!(scheduled_audits::create),
        Operation::DeleteScheduledAudit => write!(scheduled_audits::delete),
        Operation::DescribeScheduledAudit => read!(scheduled_audits::describe),
        Operation::ListScheduledAudits => read!(scheduled_audits::list),
        Operation::UpdateScheduledAudit => write!(scheduled_audits::update),

        // mitigation
        Operation::CancelAuditMitigationActionsTask => write!(audit_mitigation_tasks::cancel),
        Operation::CreateMitigationAction => write!(mitigation_actions::create),
        Operation::DeleteMitigationAction => write!(mitigation_actions::delete),
        Operation::DescribeAuditMitigationActionsTask => read!(audit_mitigation_tasks::describe),
        Operation::DescribeMitigationAction => read!(mitigation_actions::describe),
        Operation::ListAuditMitigationActionsExecutions => read!(audit_mitigation_tasks::list_executions),
        Operation::ListAuditMitigationActionsTasks => read!(audit_mitigation_tasks::list),
        Operation::ListMitigationActions => read!(mitigation_actions::list),
        Operation::StartAuditMitigationActionsTask => write!(audit_mitigation_tasks::start),
        Operation::UpdateMitigationAction => write!(mitigation_actions::update),

        // suppressions
        Operation::CreateAuditSuppression => write!(suppressions::create),
        Operation::DeleteAuditSuppression => write!(suppressions::delete),
        Operation::DescribeAuditSuppression => read!(suppressions::describe),
        Operation::ListAuditSuppressions => read!(suppressions::list),
        Operation::UpdateAuditSuppression => write!(suppressions::update),
    }
}
