//! Judgements that a check on device certificates and its twin on CA certificates share, and their reasons.

use super::check::Reason;
use super::finding::{Finding, Findings};
use super::resource::Examined;
use crate::fleet::{
    CaCertificate, CaStatus, DatedCertificate, DeviceCertificate, Fact, FleetView, PolicyInForce, Presence,
    Wanted, WantedDate,
};
use crate::pki::{CertificateFacts, KeyDefects, RevocationStatus, UnknownRevocation};
use crate::policy::analysis::{BroadGrant, GrantedActions, broad_data_plane_actions_of};
use crate::policy::document::Document;
use crate::time::{Duration, Timestamp};

/// Why a certificate could not be judged.
pub(super) const NO_CERTIFICATE: &str = "no data: the certificate itself is missing or cannot be read";

/// How far back checks look in the log (AWS IoT Device Defender guide).
pub const LOG_WINDOW: Duration = Duration::days(31);

pub(super) const APPROACHING_EXPIRATION: Reason =
    Reason { code: "CERTIFICATE_APPROACHING_EXPIRATION", text: "Certificate is approaching its expiration." };
pub(super) const PAST_EXPIRATION: Reason =
    Reason { code: "CERTIFICATE_PAST_EXPIRATION", text: "Certificate is past its expiration." };
pub(super) const ROCA: Reason = Reason {
    code: "CERTIFICATE_KEY_VULNERABILITY_CVE-2017-15361",
    text: "Certificate key was made by the Infineon RSA library of CVE-2017-15361 (ROCA) and can be factored.",
};
pub(super) const DEBIAN_WEAK_KEY: Reason = Reason {
    code: "CERTIFICATE_KEY_VULNERABILITY_CVE-2008-0166",
    text: "Certificate key is one of the predictable keys of CVE-2008-0166 (Debian OpenSSL); its private key is public.",
};
pub(super) const REVOKED_BY_ISSUER: Reason = Reason {
    code: "CERTIFICATE_REVOKED_BY_ISSUER",
    text: "Certificate is still active although its issuer revoked it.",
};
pub(super) const BROAD_DATA_PLANE: Reason = Reason {
    code: "ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS",
    text: "Policy allows broad access to IoT data plane actions.",
};

/// Visits the device certificates in force that are wanted, counts all in force as examined, and notes those without a certificate.
pub(super) fn each_certificate_in_force(
    fleet: &dyn FleetView,
    wanted: Wanted,
    found: &mut Findings,
    mut judge: impl FnMut(&DeviceCertificate, &CertificateFacts, &mut Findings),
) {
    found.examined_many(fleet.count_in_force(wanted));
    fleet.each_in_force(wanted, &mut |certificate| match &certificate.facts {
        Some(facts) => judge(certificate, facts, found),
        None => found.gap(NO_CERTIFICATE, Some(&certificate.resource())),
    });
}

/// Visits the device certificates in force whose date is wanted, likewise.
pub(super) fn each_dated_certificate(
    fleet: &dyn FleetView,
    wanted: WantedDate,
    found: &mut Findings,
    mut judge: impl FnMut(&DatedCertificate, Timestamp, &mut Findings),
) {
    found.examined_many(fleet.count_dated(wanted));
    fleet.each_dated(wanted, &mut |certificate| match certificate.moment {
        Some(moment) => judge(certificate, moment, found),
        None => found.gap(NO_CERTIFICATE, Some(&certificate.resource())),
    });
}

/// Visits CA certificates that are ACTIVE, likewise.
pub(super) fn each_active_ca(
    fleet: &dyn FleetView,
    found: &mut Findings,
    mut judge: impl FnMut(&CaCertificate, &CertificateFacts, &mut Findings),
) {
    fleet.each_ca_certificate(&mut |ca| {
        if ca.status != CaStatus::Active {
            return;
        }
        match &ca.facts {
            Some(facts) => {
                found.examined();
                judge(ca, facts, found);
            }
            None => found.gap(NO_CERTIFICATE, Some(&ca.resource())),
        }
    });
}

/// Past its end, or within the horizon (both ends included: RFC 5280 counts `notAfter` itself as valid).
pub(super) fn report_expiry(
    certificate: &dyn Examined,
    not_after: Timestamp,
    now: Timestamp,
    horizon: Timestamp,
    found: &mut Findings,
) {
    let finding = if not_after < now {
        found.push(certificate, PAST_EXPIRATION)
    } else if not_after <= horizon {
        let days = (not_after - now).whole_days();
        let sentence = match days {
            0 => "Certificate expires within a day.".to_owned(),
            1 => "Certificate expires in 1 day.".to_owned(),
            days => format!("Certificate expires in {days} days."),
        };
        found.push(certificate, APPROACHING_EXPIRATION).saying(sentence)
    } else {
        return;
    };
    finding.with("EXPIRATION_TIME", not_after.millis().to_string());
}

pub(super) fn report_key_quality(certificate: &dyn Examined, facts: &CertificateFacts, found: &mut Findings) {
    if facts.defects.contains(KeyDefects::ROCA) {
        found.push(certificate, ROCA);
    }
    if facts.defects.contains(KeyDefects::DEBIAN_WEAK) {
        found.push(certificate, DEBIAN_WEAK_KEY);
    }
}

/// Judges by the issuer's verified revocation lists; a self-signed certificate has nobody who could revoke it. Stands for `count`
/// certificates; one that a list names stands for itself alone.
pub(super) fn report_revocation(
    fleet: &dyn FleetView,
    certificate: &dyn Examined,
    facts: &CertificateFacts,
    count: u64,
    found: &mut Findings,
) {
    if facts.self_signed {
        return;
    }
    let resource = certificate.resource();
    match fleet.revocations().status_of(facts, fleet.now()) {
        RevocationStatus::Good => {}
        RevocationStatus::Revoked { at, reason, crl_stale } => {
            let finding = found.push(certificate, REVOKED_BY_ISSUER);
            add_revocation(finding, at, reason, crl_stale);
        }
        RevocationStatus::Unknown(why) => {
            found.unexamined_many(count);
            found.gap_many(format!("no data: {}", why_unknown(&why)), Some(&resource), count);
        }
    }
}

/// Why nothing can be said about a certificate's revocation, in words.
pub(super) fn why_unknown(why: &UnknownRevocation) -> String {
    match why {
        UnknownRevocation::NoCrl => "no usable revocation list of the issuer".to_owned(),
        UnknownRevocation::Stale { next_update } => {
            format!("the issuer's revocation list is past its nextUpdate {next_update}")
        }
        UnknownRevocation::NoNextUpdate => {
            "the issuer's revocation list does not say until when it holds".to_owned()
        }
        UnknownRevocation::OutOfScope => {
            "the issuer's revocation lists are about other certificates".to_owned()
        }
        UnknownRevocation::IssuerNotKnown => {
            "the issuer's certificate is not in the input, only another of the same name".to_owned()
        }
        UnknownRevocation::Ambiguous => {
            "several issuers have the same name, and their revocation lists disagree".to_owned()
        }
        UnknownRevocation::Rejected(rejection) => {
            format!("the issuer's revocation list is not used: {rejection}")
        }
    }
}

pub(super) fn add_revocation(
    finding: &mut Finding,
    at: Timestamp,
    reason: Option<&'static str>,
    crl_stale: bool,
) {
    finding.with("REVOCATION_TIME", at.millis().to_string());
    if let Some(reason) = reason {
        finding.with("REVOCATION_REASON", reason);
    }
    if crl_stale {
        finding.with("REVOCATION_LIST", "past its nextUpdate");
    }
}

/// AWS's sentence, for example `Policy allows broad access to IoT data plane actions: [iot:Subscribe, iot:Connect].`
pub(super) fn broad_data_plane_sentence(subject: &str, grants: &[BroadGrant]) -> String {
    let actions: Vec<&str> = grants.iter().map(|grant| grant.action).collect();
    format!("{subject} allows broad access to IoT data plane actions: [{}].", actions.join(", "))
}

/// One concrete request per action that the policy allows and should not.
pub(super) fn add_witnesses(finding: &mut Finding, grants: &[BroadGrant]) {
    let decided = grants.iter().filter(|grant| !grant.undecided && !grant.witness.is_empty());
    let witnesses: Vec<String> = decided.map(|grant| format!("{} {}", grant.action, grant.witness)).collect();
    if !witnesses.is_empty() {
        finding.with("ALLOWED_FOR_EXAMPLE", witnesses.join(", "));
    }
    let undecided: Vec<&str> =
        grants.iter().filter(|grant| grant.undecided).map(|grant| grant.action).collect();
    if !undecided.is_empty() {
        finding.with("UNDECIDED", undecided.join(", "));
    }
}

/// Says which statements of a policy a finding is about, and points at the first.
pub(super) fn add_statements(
    finding: &mut Finding,
    policy: &PolicyInForce,
    statements: impl IntoIterator<Item = usize>,
) {
    let statements: Vec<usize> = statements.into_iter().collect();
    let Some(first) = statements.first() else { return };
    finding.source = policy.source_of(*first);
    let all: Vec<String> = statements.iter().map(|statement| policy.statement_text(*statement)).collect();
    finding.with("STATEMENT", all.join("; "));
}

/// The data plane actions that a role's policies allow broadly.
pub(super) fn broad_action_names(documents: &[&Document]) -> Vec<String> {
    broad_data_plane_actions_of(documents).into_iter().map(|grant| grant.action.to_owned()).collect()
}

/// Action names for a sentence, with the number of those that are not named.
pub(super) fn action_names(granted: &[&GrantedActions]) -> Vec<String> {
    let mut names: Vec<String> = granted.iter().flat_map(|one| one.actions.iter().cloned()).collect();
    names.sort_unstable();
    let more: usize = granted.iter().map(|one| one.total - one.actions.len()).sum();
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names
}

/// Visits device certificates in force and active CA certificates alike. With neither in the picture there is nothing to judge.
pub(super) fn each_certificate(
    fleet: &dyn FleetView,
    wanted: Wanted,
    found: &mut Findings,
    mut judge: impl FnMut(&dyn Examined, &CertificateFacts, &mut Findings),
) {
    if !has_certificates(fleet, found) {
        return;
    }
    each_certificate_in_force(fleet, wanted, found, |certificate, facts, found| {
        judge(certificate, facts, found);
    });
    each_active_ca(fleet, found, |ca, facts, found| judge(ca, facts, found));
}

/// Whether there are certificates of either kind to judge; notes what is missing.
pub(super) fn has_certificates(fleet: &dyn FleetView, found: &mut Findings) -> bool {
    let devices = fleet.presence(Fact::DeviceCertificates);
    let authorities = fleet.presence(Fact::CaCertificates);
    if devices.is_absent() && authorities.is_absent() {
        found.gap(format!("no data: {}", Fact::DeviceCertificates.what()), None);
        return false;
    }
    for presence in [devices, authorities] {
        if let Presence::Partial(unread) = presence {
            unread.into_iter().for_each(|why| found.gap(why, None));
        }
    }
    true
}
