//! AWS's quotas and waiting times, as they hold here.

/// How much of each there may be. The defaults are AWS's (AWS IoT Core endpoints and quotas, unless said otherwise).
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
    /// Role aliases of an account in a region.
    pub(crate) role_aliases: u64,
    /// CA certificates with the same subject (RegisterCACertificate).
    pub(crate) ca_certificates_per_subject: u64,
    /// Scheduled audits.
    pub(crate) scheduled_audits: u64,
    /// On-demand audits in progress.
    pub(crate) on_demand_audits: u64,
    /// Days that audit findings are kept.
    pub(crate) findings_retention_days: i64,
    /// Tags of a resource (AWS tagging limits).
    pub(crate) tags_per_resource: usize,
    /// Levels of a hierarchy of thing groups.
    pub(crate) group_depth: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            thing_type_deletion_delay_seconds: 300,
            policy_versions: 5,
            policies_per_principal: 10,
            policies_per_thing_group: 2,
            groups_per_thing: 10,
            attributes_with_type: 50,
            attributes_without_type: 3,
            role_aliases: 100,
            ca_certificates_per_subject: 10,
            scheduled_audits: 5,
            on_demand_audits: 10,
            findings_retention_days: 90,
            tags_per_resource: 50,
            group_depth: 7,
        }
    }
}
