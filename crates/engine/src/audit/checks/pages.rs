//! Every page is also a test: each `fleet` block on it must give exactly the `findings` block that follows.
//!
//! A line of findings reads `SEVERITY resource CODE`, with ` | sentence` when the sentence matters; certificate ids are written
//! without their trailing zeros. A run that could not tell has the line `FAILED code: message`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::super::report::CheckRunStatus;
use super::super::resource::Resource;
use super::super::{Check, Settings, Suppression, run_check, runner};
use super::{ALL, find};
use crate::fleet::{
    CaCertificate, CaStatus, CertificateStatus, ConnectionEventKind, DeviceCertificate, Fact, Fleet, FleetBuilder,
    IdentityPool, LoggingState, Origin, PolicyVersion, RoleAlias, ServiceUse,
};
use crate::ids::{CertificateId, decode_hex};
use crate::pki::{CertificateFacts, KeyDefects, KeyKind, SignatureHash, facts_for_tests, index_for_tests, revocations_for_tests};
use crate::policy::document::Dialect;
use crate::policy::parse;
use crate::time::Timestamp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Picture {
    now: toml::value::Datetime,
    settings: Option<BTreeMap<String, String>>,
    certificate: Option<Vec<Certificate>>,
    ca: Option<Vec<Certificate>>,
    issuer: Option<Vec<Certificate>>,
    crl: Option<Vec<RevocationList>>,
    policy: Option<Vec<Policy>>,
    role_alias: Option<Vec<Alias>>,
    role: Option<Vec<RolePolicies>>,
    used: Option<BTreeMap<String, BTreeMap<String, String>>>,
    pool: Option<Vec<Pool>>,
    logging: Option<BTreeMap<String, String>>,
    connection: Option<Vec<Connection>>,
    known_keys: Option<bool>,
    unread: Option<String>,
    moduli: Option<Vec<(String, String)>>,
}

/// Facts of one certificate; everything has a harmless default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    id: String,
    status: Option<String>,
    created: Option<toml::value::Datetime>,
    not_before: Option<toml::value::Datetime>,
    not_after: Option<toml::value::Datetime>,
    subject: Option<String>,
    issuer: Option<String>,
    serial: Option<String>,
    key: Option<String>,
    rsa_bits: Option<u16>,
    defects: Option<Vec<String>>,
    signature: Option<String>,
    is_ca: Option<bool>,
    key_cert_sign: Option<bool>,
    readable: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevocationList {
    issuer: String,
    revoked: Vec<String>,
    next_update: Option<toml::value::Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    name: String,
    version: Option<String>,
    default: Option<bool>,
    document: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alias {
    arn: String,
    role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RolePolicies {
    arn: String,
    policies: Vec<String>,
    missing: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pool {
    id: String,
    authenticated: Option<String>,
    unauthenticated: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Connection {
    at: toml::value::Datetime,
    event: String,
    client: String,
    principal: String,
}

fn time(value: &toml::value::Datetime) -> Timestamp {
    Timestamp::parse(&value.to_string()).unwrap()
}

/// Hex digits are the first bytes of the id, the rest is zero.
fn id(text: &str) -> CertificateId {
    let mut bytes = [0; 32];
    assert!(decode_hex(text, &mut bytes[..text.len() / 2]), "id `{text}`");
    CertificateId::new(bytes)
}

fn facts(certificate: &Certificate) -> Option<CertificateFacts> {
    if certificate.readable == Some(false) {
        return None;
    }
    let subject = certificate.subject.clone().unwrap_or_else(|| certificate.id.clone());
    let issuer = certificate.issuer.clone().unwrap_or_else(|| "CA".to_owned());
    let mut facts = facts_for_tests(&subject, &issuer, certificate.serial.as_deref().unwrap_or("01"));
    facts.not_before = certificate.not_before.as_ref().map_or(Timestamp::from_seconds(0), time);
    facts.not_after = certificate.not_after.as_ref().map_or(Timestamp::parse("2049-12-31T23:59:59Z").unwrap(), time);
    facts.self_signed = subject == issuer;
    facts.is_ca = certificate.is_ca.unwrap_or(false);
    facts.key_cert_sign = certificate.key_cert_sign.unwrap_or(false);
    facts.key_digest = CertificateFacts::key_digest_for_tests(certificate.key.as_deref().unwrap_or(&certificate.id));
    if let Some(bits) = certificate.rsa_bits {
        facts.key = KeyKind::Rsa { bits };
    }
    for defect in certificate.defects.iter().flatten() {
        facts.defects = facts.defects
            | match defect.as_str() {
                "ROCA" => KeyDefects::ROCA,
                "DEBIAN_WEAK" => KeyDefects::DEBIAN_WEAK,
                "KNOWN_KEY" => KeyDefects::KNOWN_KEY,
                "RSA_SHORT" => KeyDefects::RSA_SHORT,
                "RSA_EXPONENT_SMALL" => KeyDefects::RSA_EXPONENT_SMALL,
                "RSA_EXPONENT_EVEN" => KeyDefects::RSA_EXPONENT_EVEN,
                "RSA_CLOSE_PRIMES" => KeyDefects::RSA_CLOSE_PRIMES,
                other => panic!("defect `{other}`"),
            };
    }
    facts.signature_hash = match certificate.signature.as_deref() {
        None | Some("SHA-256") => SignatureHash::Sha256,
        Some("SHA-1") => SignatureHash::Sha1,
        Some("MD5") => SignatureHash::Md5,
        Some(other) => panic!("signature `{other}`"),
    };
    Some(facts)
}

fn fleet(picture: &Picture) -> Fleet {
    let now = time(&picture.now);
    let mut builder = FleetBuilder::default();
    builder.account("123456789012");
    for (list, fact) in [(&picture.certificate, Fact::DeviceCertificates), (&picture.ca, Fact::CaCertificates)] {
        if list.is_some() {
            builder.mark(fact);
        }
    }
    for one in picture.certificate.iter().flatten() {
        builder.device(DeviceCertificate {
            id: id(&one.id),
            status: CertificateStatus::parse(one.status.as_deref().unwrap_or("ACTIVE")).unwrap(),
            created: one.created.as_ref().map(time),
            facts: facts(one),
            origin: Origin::Described,
            source: None,
        });
    }
    for one in picture.ca.iter().flatten() {
        builder.authority(CaCertificate {
            id: id(&one.id),
            status: CaStatus::parse(one.status.as_deref().unwrap_or("ACTIVE")).unwrap(),
            created: one.created.as_ref().map(time),
            facts: facts(one),
            subject: one.subject.as_deref().unwrap_or(&one.id).into(),
            origin: Origin::Described,
            source: None,
        });
    }
    let known: Vec<_> = picture.ca.iter().chain(&picture.issuer).flatten().filter_map(|one| Some((one, facts(one)?))).collect();
    let issuers = index_for_tests(known.iter().map(|(one, facts)| {
        (id(&one.id), one.subject.clone().unwrap_or_else(|| one.id.clone()), facts.clone())
    }));
    let lists = picture.crl.iter().flatten();
    let revocations = revocations_for_tests(lists.map(|list| {
        (list.issuer.as_str(), list.revoked.iter().map(String::as_str).collect(), list.next_update.as_ref().map(time))
    }));
    if picture.crl.is_some() {
        builder.mark(Fact::Crls);
    }
    if picture.known_keys == Some(true) {
        builder.mark(Fact::KnownKeys);
    }
    if picture.policy.is_some() {
        builder.mark(Fact::Policies);
    }
    for one in picture.policy.iter().flatten() {
        let document = parse(&one.document, Dialect::Iot).unwrap_or_else(|error| panic!("{}: {error}", one.name));
        builder.policy(PolicyVersion {
            name: one.name.as_str().into(),
            version: one.version.as_deref().unwrap_or("1").into(),
            is_default: one.default.unwrap_or(true),
            document: Arc::new(document),
            source: None,
        });
    }
    if picture.role_alias.is_some() {
        builder.mark(Fact::RoleAliases);
    }
    for one in picture.role_alias.iter().flatten() {
        builder.role_alias(RoleAlias { arn: one.arn.clone(), role_arn: one.role.clone(), source: None });
    }
    for one in picture.role.iter().flatten() {
        let documents = one.policies.iter().map(|text| Arc::new(parse(text, Dialect::Identity).unwrap())).collect();
        let role = builder.role(&one.arn);
        role.documents = documents;
        role.missing = one.missing.clone().unwrap_or_default();
    }
    for (role, services) in picture.used.iter().flatten() {
        let last_authenticated = services
            .iter()
            .map(|(name, at)| (name.clone(), (at != "never").then(|| Timestamp::parse(at).unwrap())))
            .collect();
        builder.service_use(role, ServiceUse { last_authenticated });
    }
    if picture.pool.is_some() {
        builder.mark(Fact::IdentityPools);
    }
    for one in picture.pool.iter().flatten() {
        builder.identity_pool(IdentityPool {
            id: one.id.clone(),
            authenticated_roles: one.authenticated.iter().cloned().collect(),
            unauthenticated_roles: one.unauthenticated.iter().cloned().collect(),
            source: None,
        });
    }
    for (generation, state) in picture.logging.iter().flatten() {
        let state = if state == "enabled" { LoggingState::Enabled } else { LoggingState::Disabled };
        match generation.as_str() {
            "v1" => builder.logging_v1(state, None),
            _ => builder.logging_v2(state, None),
        }
    }
    if picture.connection.is_some() {
        builder.mark(Fact::ConnectionLog);
    }
    for one in picture.connection.iter().flatten() {
        let kind = match one.event.as_str() {
            "connected" => ConnectionEventKind::Connected,
            "disconnected" => ConnectionEventKind::Disconnected,
            "displaced" => ConnectionEventKind::Displaced,
            other => panic!("event `{other}`"),
        };
        let principal = if one.principal.len() <= 4 { id(&one.principal).to_string() } else { one.principal.clone() };
        builder.connection_event(time(&one.at), kind, &one.client, &principal, None);
    }
    if let Some(moduli) = &picture.moduli {
        builder.keep_moduli();
        for (owner, hex) in moduli {
            let mut modulus = vec![0; hex.len() / 2];
            assert!(decode_hex(hex, &mut modulus));
            builder.modulus(id(owner), false, &modulus);
        }
    }
    if let Some(what) = &picture.unread {
        for fact in [Fact::DeviceCertificates, Fact::CaCertificates, Fact::Policies] {
            builder.mark_unread(fact, what.clone());
        }
    }
    builder.finish(now, issuers, revocations)
}

/// The text of each fenced block with this word, in order, with the heading above it.
fn blocks<'a>(page: &'a str, word: &str) -> Vec<(&'a str, &'a str)> {
    let fence = format!("```{word}\n");
    let mut found = vec![];
    let mut rest = page;
    while let Some(at) = rest.find(&fence) {
        let done = page.len() - rest.len() + at;
        let heading = page[..done].rsplit("\n## ").next().and_then(|text| text.lines().next()).unwrap_or("");
        let body = &rest[at + fence.len()..];
        let end = body.find("```").expect("the block ends");
        found.push((heading, &body[..end]));
        rest = &body[end + 3..];
    }
    found
}

fn shown(resource: &Resource) -> String {
    let text = resource.to_string();
    if text.len() == 64 && CertificateId::parse(&text).is_some() {
        let bytes = text.trim_end_matches('0');
        return text[..bytes.len() + bytes.len() % 2].to_owned();
    }
    text
}

/// Runs one case of a page and gives what the check said, in the form of the page.
fn outcome(check: &'static Check, case: &str, expected: &str) -> String {
    let picture: Picture = toml::from_str(case).unwrap_or_else(|error| panic!("{}: {error}", check.name));
    let mut settings = Settings::default();
    for (key, value) in picture.settings.iter().flatten() {
        settings.set(check, key, value).unwrap();
    }
    let fleet = fleet(&picture);
    let report = runner::report(&fleet, vec![run_check(check, &fleet, &settings)], &[] as &[Suppression]);
    let outcome = &report.outcomes[0];
    let mut lines: Vec<String> = vec![];
    if outcome.status == CheckRunStatus::Failed {
        lines.push(format!("FAILED {}: {}", outcome.error_code.unwrap(), outcome.message.as_deref().unwrap()));
    }
    for found in &outcome.findings {
        let finding = &found.finding;
        let mut line = format!("{} {} {}", check.severity, shown(&finding.resource), finding.reason.code);
        if expected.contains(" | ") {
            line = format!("{line} | {}", finding.sentence());
        }
        lines.push(line);
        assert!(check.reasons.iter().any(|reason| reason.code == finding.reason.code), "{} undeclared", finding.reason.code);
    }
    lines.join("\n")
}

#[test]
fn every_page_holds_what_it_says() {
    for check in ALL {
        let cases = blocks(check.manual, "fleet");
        let expectations = blocks(check.manual, "findings");
        assert_eq!(cases.len(), expectations.len(), "{}: a fleet without findings or the reverse", check.name);
        for ((heading, case), (_, expected)) in cases.into_iter().zip(&expectations) {
            assert_eq!(outcome(check, case, expected), expected.trim_end(), "{}: {heading}", check.name);
        }
        let finds = |expected: &str| expected.lines().any(|line| !line.starts_with("FAILED"));
        assert!(expectations.iter().any(|(_, expected)| finds(expected)), "{}: no case that finds", check.name);
        assert!(expectations.iter().any(|(_, expected)| expected.trim().is_empty()), "{}: no near miss", check.name);
        for reason in check.reasons {
            let said = expectations.iter().any(|(_, expected)| expected.contains(reason.code));
            assert!(said, "{}: no case for {}", check.name, reason.code);
        }
    }
}

#[test]
fn every_page_is_complete() {
    for check in ALL {
        assert!(check.manual.starts_with(&format!("# {}\n", check.name)), "{}: title", check.name);
        for part in ["**Why it matters.**", "**How to fix.**", "**Looks at.**", "**Source.**"] {
            assert!(check.manual.contains(part), "{}: {part}", check.name);
        }
        assert!(!check.summary().is_empty() && !check.how_to_fix().is_empty(), "{}", check.name);
        for threshold in check.thresholds {
            assert!(check.manual.contains(threshold.key), "{}: {}", check.name, threshold.key);
        }
    }
}

#[test]
fn every_check_says_no_data_on_an_empty_picture() {
    for check in ALL {
        let text = outcome(check, "now = 2026-03-01T00:00:00Z", "");
        assert!(text.starts_with("FAILED NO_DATA: no data: "), "{}: {text}", check.name);
    }
}

#[test]
fn names_are_unique_and_aws_checks_are_all_there() {
    let names: std::collections::BTreeSet<&str> = ALL.iter().map(|check| check.name).collect();
    assert_eq!(names.len(), ALL.len());
    assert_eq!(names.iter().filter(|name| !name.starts_with("THINGWARDEN_")).count(), 17);
    assert_eq!(find("LOGGING_DISABLED_CHECK").map(|check| check.name), Some("LOGGING_DISABLED_CHECK"));
    assert!(find("NO_SUCH_CHECK").is_none());
}
