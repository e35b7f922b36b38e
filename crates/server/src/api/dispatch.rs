//! From operations to what carries them out.

use thingwarden_wire::Operation;

use super::handler::{Handler, read, write};
use super::policies;
use super::{tags, things};

/// The handler of an operation.
pub(super) fn handler(operation: Operation) -> Option<Handler> {
    Some(match operation {
        // things
        Operation::AttachThingPrincipal => return None,
        Operation::CreateThing => write!(things::create),
        Operation::DeleteThing => return None,
        Operation::DescribeThing => read!(things::describe),
        Operation::DetachThingPrincipal => return None,
        Operation::ListPrincipalThings => return None,
        Operation::ListPrincipalThingsV2 => return None,
        Operation::ListThingPrincipals => return None,
        Operation::ListThingPrincipalsV2 => return None,
        Operation::ListThings => return None,
        Operation::UpdateThing => return None,

        // thing_types
        Operation::CreateThingType => return None,
        Operation::DeleteThingType => return None,
        Operation::DeprecateThingType => return None,
        Operation::DescribeThingType => return None,
        Operation::ListThingTypes => return None,
        Operation::UpdateThingType => return None,

        // thing_groups
        Operation::AddThingToThingGroup => return None,
        Operation::CreateThingGroup => return None,
        Operation::DeleteThingGroup => return None,
        Operation::DescribeThingGroup => return None,
        Operation::ListThingGroups => return None,
        Operation::ListThingGroupsForThing => return None,
        Operation::ListThingsInThingGroup => return None,
        Operation::RemoveThingFromThingGroup => return None,
        Operation::UpdateThingGroup => return None,
        Operation::UpdateThingGroupsForThing => return None,

        // billing_groups
        Operation::AddThingToBillingGroup => return None,
        Operation::CreateBillingGroup => return None,
        Operation::DeleteBillingGroup => return None,
        Operation::DescribeBillingGroup => return None,
        Operation::ListBillingGroups => return None,
        Operation::ListThingsInBillingGroup => return None,
        Operation::RemoveThingFromBillingGroup => return None,
        Operation::UpdateBillingGroup => return None,

        // certificates
        Operation::AcceptCertificateTransfer => return None,
        Operation::CancelCertificateTransfer => return None,
        Operation::CreateCertificateFromCsr => return None,
        Operation::CreateKeysAndCertificate => return None,
        Operation::DeleteCertificate => return None,
        Operation::DescribeCertificate => return None,
        Operation::ListCertificates => return None,
        Operation::ListCertificatesByCA => return None,
        Operation::ListOutgoingCertificates => return None,
        Operation::RegisterCertificate => return None,
        Operation::RegisterCertificateWithoutCA => return None,
        Operation::RejectCertificateTransfer => return None,
        Operation::TransferCertificate => return None,
        Operation::UpdateCertificate => return None,

        // ca_certificates
        Operation::DeleteCACertificate => return None,
        Operation::DeleteRegistrationCode => return None,
        Operation::DescribeCACertificate => return None,
        Operation::GetRegistrationCode => return None,
        Operation::ListCACertificates => return None,
        Operation::RegisterCACertificate => return None,
        Operation::UpdateCACertificate => return None,

        // policies
        Operation::CreatePolicy => write!(policies::create),
        Operation::CreatePolicyVersion => write!(policies::create_version),
        Operation::DeletePolicy => write!(policies::delete),
        Operation::DeletePolicyVersion => write!(policies::delete_version),
        Operation::GetPolicy => read!(policies::get),
        Operation::GetPolicyVersion => read!(policies::get_version),
        Operation::ListPolicies => read!(policies::list),
        Operation::ListPolicyVersions => read!(policies::list_versions),
        Operation::SetDefaultPolicyVersion => write!(policies::set_default_version),

        // policy_attachments
        Operation::AttachPolicy => return None,
        Operation::AttachPrincipalPolicy => return None,
        Operation::DetachPolicy => return None,
        Operation::DetachPrincipalPolicy => return None,
        Operation::GetEffectivePolicies => return None,
        Operation::ListAttachedPolicies => return None,
        Operation::ListPolicyPrincipals => return None,
        Operation::ListPrincipalPolicies => return None,
        Operation::ListTargetsForPolicy => return None,
        Operation::TestAuthorization => return None,

        // role_aliases
        Operation::CreateRoleAlias => return None,
        Operation::DeleteRoleAlias => return None,
        Operation::DescribeRoleAlias => return None,
        Operation::ListRoleAliases => return None,
        Operation::UpdateRoleAlias => return None,

        // logging
        Operation::DeleteV2LoggingLevel => return None,
        Operation::GetLoggingOptions => return None,
        Operation::GetV2LoggingOptions => return None,
        Operation::ListV2LoggingLevels => return None,
        Operation::SetLoggingOptions => return None,
        Operation::SetV2LoggingLevel => return None,
        Operation::SetV2LoggingOptions => return None,

        // endpoints
        Operation::DescribeEndpoint => return None,

        // tags
        Operation::ListTagsForResource => read!(tags::list),
        Operation::TagResource => write!(tags::tag),
        Operation::UntagResource => write!(tags::untag),

        // event_configurations
        Operation::DescribeEventConfigurations => return None,
        Operation::UpdateEventConfigurations => return None,

        // domain_configurations
        Operation::CreateDomainConfiguration => return None,
        Operation::DeleteDomainConfiguration => return None,
        Operation::DescribeDomainConfiguration => return None,
        Operation::ListDomainConfigurations => return None,
        Operation::UpdateDomainConfiguration => return None,

        // indexing
        Operation::GetIndexingConfiguration => return None,
        Operation::UpdateIndexingConfiguration => return None,

        // audit
        Operation::CancelAuditTask => return None,
        Operation::DeleteAccountAuditConfiguration => return None,
        Operation::DescribeAccountAuditConfiguration => return None,
        Operation::DescribeAuditFinding => return None,
        Operation::DescribeAuditTask => return None,
        Operation::ListAuditFindings => return None,
        Operation::ListAuditTasks => return None,
        Operation::ListRelatedResourcesForAuditFinding => return None,
        Operation::StartOnDemandAuditTask => return None,
        Operation::UpdateAccountAuditConfiguration => return None,

        // scheduled_audits
        Operation::CreateScheduledAudit => return None,
        Operation::DeleteScheduledAudit => return None,
        Operation::DescribeScheduledAudit => return None,
        Operation::ListScheduledAudits => return None,
        Operation::UpdateScheduledAudit => return None,

        // suppressions
        Operation::CreateAuditSuppression => return None,
        Operation::DeleteAuditSuppression => return None,
        Operation::DescribeAuditSuppression => return None,
        Operation::ListAuditSuppressions => return None,
        Operation::UpdateAuditSuppression => return None,
    })
}
