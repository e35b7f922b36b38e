//! The list of all checks. A check is one file and one page in this folder, and one line in `checks!`.

mod cognito_role;
#[cfg(test)]
mod pages;
mod role_alias;

use super::check::Check;

/// Declares the modules and lists their checks.
macro_rules! checks {
    ($($name:ident)*) => {
        $(mod $name;)*

        /// Every check, in the order of reports: AWS's in the order of its guide, then ours by severity.
        pub const ALL: &[&Check] = &[$(&$name::CHECK),*];
    };
}

checks! {
    intermediate_ca_revoked
    revoked_ca_certificate_still_active
    device_certificate_shared
    device_certificate_key_quality
    ca_certificate_key_quality
    unauthenticated_cognito_role_overly_permissive
    authenticated_cognito_role_overly_permissive
    iot_policy_overly_permissive
    iot_policy_potential_misconfiguration
    iot_role_alias_overly_permissive
    iot_role_alias_allows_access_to_unused_services
    conflicting_client_ids
    ca_certificate_expiring
    device_certificate_expiring
    revoked_device_certificate_still_active
    device_certificate_age
    logging_disabled
    thingwarden_rsa_shared_prime
    thingwarden_policy_cross_device_access
    thingwarden_rsa_close_primes
    thingwarden_known_private_key
    thingwarden_rsa_key_short
    thingwarden_policy_client_id_not_bound
    thingwarden_public_key_reused
    thingwarden_policy_deny_without_effect
    thingwarden_policy_administrative_actions
    thingwarden_signature_algorithm_weak
    thingwarden_rsa_exponent_weak
    thingwarden_group_policy_without_effect
    thingwarden_ca_certificate_unfit
    thingwarden_certificate_not_yet_valid
}

/// The check with this name.
pub fn find(name: &str) -> Option<&'static Check> {
    ALL.iter().find(|check| check.name == name).copied()
}
