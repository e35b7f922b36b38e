//! AWS's quotas and waiting times, as they hold here.

use crate::config::Limits;

/// How much of each there may be: the configuration's limits in the types that handlers count with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quotas {
    /// Seconds between the deprecation of a thing type and the moment when it can be deleted (DeleteThingType).
    pub(crate) thing_type_deletion_delay_seconds: i64,
    /// Versions of a policy.
    pub(crate) policy_versions: u64,
    /// Policies attached to a certificate or an identity.
    pub(crate) policies_per_principal: u64,
    /// Policies attached to a thing group.
    pub(crate) policies_per_thing_group: u64,
    /// Thing groups that a thing is in.
    pub(crate) groups_per_thing: u64,
    /// Attributes of a thing with a type.
    pub(crate) attributes_with_type: usize,
    /// Attributes of a thing without a type.
    pub(crate) attributes_without_type: usize,
    /// Searchable attributes of a thing type.
    pub(crate) searchable_attributes: usize,
    /// Domain configurations of an account in a region.
    pub(crate) domain_configurations: u64,
    /// Custom authorizers of an account in a region.
    pub(crate) authorizers: u64,
    /// Role aliases of an account in a region.
    pub(crate) role_aliases: u64,
    /// CA certificates with the same subject (RegisterCACertificate).
    pub(crate) ca_certificates_per_subject: u64,
    /// Scheduled audits.
    pub(crate) scheduled_audits: u64,
    /// On-demand audits in progress.
    pub(crate) on_demand_audits: u64,
    /// Mitigation actions.
    pub(crate) mitigation_actions: u64,
    /// Mitigation tasks in progress.
    pub(crate) mitigation_tasks: u64,
    /// Provisioning templates of an account in a region (Service Quotas L-345B62A1, "Maximum number of fleet provisioning templates per
    /// customer"). Its value is in tables of third parties; AWS's own was not to be had.
    pub(crate) provisioning_templates: u64,
    /// Versions of a provisioning template (Service Quotas L-71FA7EC4, "Maximum number of fleet provisioning template versions per
    /// template"; [five, as its users meet it](https://github.com/hashicorp/terraform-provider-aws/issues/35392)).
    pub(crate) provisioning_template_versions: u64,
    /// How long a claim is good, in milliseconds (AWS IoT guide, "Provisioning by trusted user").
    pub(crate) provisioning_claim_ms: i64,
    /// How long a certificate ownership token is good, in milliseconds (device provisioning MQTT API, "CreateKeysAndCertificate").
    pub(crate) provisioning_token_ms: i64,
    /// Bytes of a client id.
    pub(crate) client_id_bytes: usize,
    /// Tags of a resource (AWS tagging limits).
    pub(crate) tags_per_resource: usize,
    /// Levels of a hierarchy of thing groups.
    pub(crate) group_depth: usize,
}

impl From<&Limits> for Quotas {
    fn from(limits: &Limits) -> Self {
        let count = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
        Self {
            thing_type_deletion_delay_seconds: i64::try_from(limits.thing_type_deletion_delay_seconds)
                .unwrap_or(i64::MAX),
            policy_versions: limits.policy_versions.into(),
            policies_per_principal: limits.policies_per_principal.into(),
            policies_per_thing_group: limits.policies_per_thing_group.into(),
            groups_per_thing: limits.groups_per_thing.into(),
            attributes_with_type: count(limits.attributes_with_type),
            attributes_without_type: count(limits.attributes_without_type),
            searchable_attributes: count(limits.searchable_attributes),
            domain_configurations: limits.domain_configurations.into(),
            authorizers: limits.authorizers.into(),
            role_aliases: limits.role_aliases.into(),
            ca_certificates_per_subject: limits.ca_certificates_per_subject.into(),
            scheduled_audits: limits.scheduled_audits.into(),
            on_demand_audits: limits.on_demand_audits.into(),
            mitigation_actions: limits.mitigation_actions.into(),
            mitigation_tasks: limits.mitigation_tasks.into(),
            provisioning_templates: limits.provisioning_templates.into(),
            provisioning_template_versions: limits.provisioning_template_versions.into(),
            provisioning_claim_ms: i64::from(limits.provisioning_claim_seconds) * 1000,
            provisioning_token_ms: i64::from(limits.provisioning_token_seconds) * 1000,
            client_id_bytes: count(limits.mqtt_client_id_bytes),
            tags_per_resource: count(limits.tags_per_resource),
            group_depth: count(limits.thing_group_depth),
        }
    }
}
