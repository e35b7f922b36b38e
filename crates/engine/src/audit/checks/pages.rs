//! Every page is also a test: each `fleet` block on it must give exactly the `findings` block that follows.
//!
//! A line of findings reads `SEVERITY resource CODE`, with ` | sentence` when the sentence matters; certificate ids are written
//! without their trailing zeros. A run that could not tell has the line `FAILED code: message`.

#![allow(clippy::string_slice, reason = "test code, over pages of this repository")]

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::super::report::CheckRunStatus;
use super::super::resource::Resource;
use super::super::{Check, Settings, Suppression, run_check, runner};
use super::{ALL, find};
use crate::fleet::{
    CaCertificate, CaStatus, CertificateStatus, ConnectionEventKind, DeviceCertificate, Fact, Fleet,
    FleetBuilder, IdentityPool, LoggingState, Origin, PolicyVersion, RoleAlias, ServiceUse, Tie,
};
use crate::ids::{CertificateId, decode_hex};
use crate::pki::key_quality::builtin_coverage;
use crate::pki::{
    CertificateFacts, CrlEntry, CrlScope, Hash, IssuerEntry, IssuerIndex, IssuerOrigin, KeyDefects,
    KeyDigest, KeyKind, NameDigest, PublicKey, RevocationList, Revocations, SerialNumber,
};
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
    crl: Option<Vec<RevocationListCase>>,
    policy: Option<Vec<Policy>>,
    role_alias: Option<Vec<Alias>>,
    role: Option<Vec<RolePolicies>>,
    used: Option<BTreeMap<String, BTreeMap<String, String>>>,
    pool: Option<Vec<Pool>>,
    logging: Option<BTreeMap<String, String>>,
    connection: Option<Vec<Connection>>,
    known_keys: Option<bool>,
    unread: Option<String>,
    group: Option<Vec<Group>>,
    thing: Option<Vec<Thing>>,
    attached: Option<Vec<Attached>>,
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
struct RevocationListCase {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    parent: Option<String>,
    described: Option<bool>,
    things: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Thing {
    name: String,
    certificates: Vec<String>,
    exclusive: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attached {
    policy: String,
    group: Option<String>,
    certificates: Option<Vec<String>>,
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
    let not_before = certificate.not_before.as_ref().map_or(Timestamp::from_seconds(0), time);
    let not_after =
        certificate.not_after.as_ref().map_or(Timestamp::parse("2049-12-31T23:59:59Z").unwrap(), time);
    let mut facts = CertificateFacts::plain(not_before, not_after);
    facts.subject = NameDigest::of(subject.as_bytes());
    facts.issuer = NameDigest::of(issuer.as_bytes());
    facts.serial = serial(certificate.serial.as_deref().unwrap_or("01"));
    facts.self_issued = subject == issuer;
    facts.self_signed = subject == issuer;
    facts.is_ca = certificate.is_ca.unwrap_or(false);
    facts.key_cert_sign = certificate.key_cert_sign.unwrap_or(false);
    facts.key_digest = KeyDigest::of_spki_sha256(
        CertificateId::of_der(certificate.key.as_deref().unwrap_or(&certificate.id).as_bytes()).as_bytes(),
    );
    if let Some(bits) = certificate.rsa_bits {
        facts.key = KeyKind::Rsa { bits };
    }
    for defect in certificate.defects.iter().flatten() {
        facts.defects |= match defect.as_str() {
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
        None | Some("SHA-256") => Hash::Sha256,
        Some("SHA-1") => Hash::Sha1,
        Some("MD5") => Hash::Md5,
        Some(other) => panic!("signature `{other}`"),
    };
    Some(facts)
}

fn serial(hex: &str) -> SerialNumber {
    let mut bytes = vec![0; hex.len() / 2];
    assert!(decode_hex(hex, &mut bytes), "serial `{hex}`");
    SerialNumber::from_der(&bytes)
}

fn issuer_entry(certificate: &Certificate) -> Option<IssuerEntry> {
    let facts = facts(certificate)?;
    let subject = certificate.subject.clone().unwrap_or_else(|| certificate.id.clone());
    Some(IssuerEntry {
        id: id(&certificate.id),
        origin: IssuerOrigin::Registered,
        subject: facts.subject,
        issuer: facts.issuer,
        serial: facts.serial,
        subject_key: None,
        authority_key: None,
        distribution_points: [None; 2],
        key_digest: facts.key_digest,
        issuer_key: facts.issuer_key,
        public_key: PublicKey::Ed25519 { key: [0; 32] },
        not_before: facts.not_before,
        not_after: facts.not_after,
        may_not_sign_crls: false,
        self_issued: facts.self_issued,
        issuer_name: String::new(),
        subject_name: subject,
    })
}

fn revocation_list(list: &RevocationListCase) -> RevocationList {
    let at = Timestamp::from_seconds(0);
    RevocationList {
        issuer: NameDigest::of(list.issuer.as_bytes()),
        signer: KeyDigest::default(),
        signer_key_ids: vec![],
        this_update: at,
        next_update: list.next_update.as_ref().map(time),
        is_delta: false,
        scope: CrlScope::default(),
        entries: list.revoked.iter().map(|hex| CrlEntry { serial: serial(hex), at, reason: None }).collect(),
    }
}

fn fleet(picture: &Picture) -> Fleet {
    let now = time(&picture.now);
    let mut builder = FleetBuilder::default();
    builder.account("123456789012");
    for (list, fact) in
        [(&picture.certificate, Fact::DeviceCertificates), (&picture.ca, Fact::CaCertificates)]
    {
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
    let mut issuers = IssuerIndex::new();
    picture
        .ca
        .iter()
        .chain(&picture.issuer)
        .flatten()
        .filter_map(issuer_entry)
        .for_each(|entry| issuers.push(entry));
    let revocations = Revocations::from_parts(picture.crl.iter().flatten().map(revocation_list));
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
        let document =
            parse(&one.document, Dialect::Iot).unwrap_or_else(|error| panic!("{}: {error}", one.name));
        builder.policy(PolicyVersion {
            name: one.name.as_str().into(),
            version: one.version.as_deref().unwrap_or("1").into(),
            is_default: one.default.unwrap_or(true),
            document: Arc::new(document),
            source: None,
            statements: [].into(),
        });
    }
    if picture.role_alias.is_some() {
        builder.mark(Fact::RoleAliases);
    }
    for one in picture.role_alias.iter().flatten() {
        builder.role_alias(RoleAlias { arn: one.arn.clone(), role_arn: one.role.clone(), source: None });
    }
    for one in picture.role.iter().flatten() {
        let documents =
            one.policies.iter().map(|text| Arc::new(parse(text, Dialect::Identity).unwrap())).collect();
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
        let principal =
            if one.principal.len() <= 4 { id(&one.principal).to_string() } else { one.principal.clone() };
        builder.connection_event(time(&one.at), kind, &one.client, &principal, None, None);
    }
    if let Some(moduli) = &picture.moduli {
        builder.keep_moduli();
        for (owner, hex) in moduli {
            let mut modulus = vec![0; hex.len() / 2];
            assert!(decode_hex(hex, &mut modulus));
            builder.modulus(id(owner), false, &modulus);
        }
    }
    add_groups(picture, &mut builder);
    if let Some(what) = &picture.unread {
        for fact in [Fact::DeviceCertificates, Fact::CaCertificates, Fact::Policies] {
            builder.mark_unread(fact, what.clone());
        }
    }
    builder.finish(now, issuers, revocations)
}

fn add_groups(picture: &Picture, builder: &mut FleetBuilder) {
    builder.keep_groups();
    let given = [
        (picture.group.is_some(), Fact::ThingGroups),
        (picture.thing.is_some(), Fact::ThingPrincipals),
        (picture.attached.is_some(), Fact::PolicyTargets),
    ];
    given.into_iter().filter(|(given, _)| *given).for_each(|(_, fact)| builder.mark(fact));
    let arn = |certificate: &String| format!("arn:aws:iot:us-east-1:123456789012:cert/{}", id(certificate));
    for Group { name, parent, described, things } in picture.group.iter().flatten() {
        let is_described = described.unwrap_or(true);
        builder.tie(Tie::Group { name, is_described, parent: parent.as_deref() });
        things.iter().flatten().for_each(|thing| builder.tie(Tie::Member { group: name, thing }));
    }
    for Thing { name, certificates, exclusive } in picture.thing.iter().flatten() {
        for principal in certificates.iter().map(arn) {
            let exclusive = exclusive.unwrap_or(false);
            builder.tie(Tie::Principal { thing: name, principal: &principal, exclusive });
        }
    }
    for Attached { policy, group, certificates } in picture.attached.iter().flatten() {
        let group =
            group.iter().map(|group| format!("arn:aws:iot:us-east-1:123456789012:thinggroup/{group}"));
        for target in group.chain(certificates.iter().flatten().map(arn)) {
            builder.tie(Tie::Target { policy, target: &target });
        }
    }
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
        lines.push(format!(
            "FAILED {}: {}",
            outcome.error_code.unwrap(),
            outcome.message.as_deref().unwrap()
        ));
    }
    for found in &outcome.findings {
        let finding = &found.finding;
        let mut line = format!("{} {} {}", check.severity, shown(&finding.resource), finding.reason.code);
        if expected.contains(" | ") {
            line = format!("{line} | {}", finding.sentence());
        }
        lines.push(line);
        assert!(
            check.reasons.iter().any(|reason| reason.code == finding.reason.code),
            "{} undeclared",
            finding.reason.code
        );
    }
    lines.join("\n")
}

#[test]
fn every_page_holds_what_it_says() {
    let mut wrong: Vec<String> = vec![];
    for check in ALL {
        let cases = blocks(check.manual, "fleet");
        let expectations = blocks(check.manual, "findings");
        assert_eq!(
            cases.len(),
            expectations.len(),
            "{}: a fleet without findings or the reverse",
            check.name
        );
        for ((heading, case), (_, expected)) in cases.into_iter().zip(&expectations) {
            let (said, expected) = (outcome(check, case, expected), expected.trim_end());
            if said != expected {
                wrong.push(format!("{}: {heading}\nsaid:\n{said}\nexpected:\n{expected}\n", check.name));
            }
        }
        let finds = |expected: &str| expected.lines().any(|line| !line.starts_with("FAILED"));
        assert!(
            expectations.iter().any(|(_, expected)| finds(expected)),
            "{}: no case that finds",
            check.name
        );
        assert!(
            expectations.iter().any(|(_, expected)| expected.trim().is_empty()),
            "{}: no near miss",
            check.name
        );
        for reason in check.reasons {
            let said = expectations.iter().any(|(_, expected)| expected.contains(reason.code));
            assert!(said, "{}: no case for {}", check.name, reason.code);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_is_complete() {
    for check in ALL {
        assert!(check.manual.starts_with(&format!("# {}\n", check.name)), "{}: title", check.name);
        for part in ["**Why it matters.**", "**How to fix.**", "**Looks at.**", "**Source.**"] {
            assert!(check.manual.contains(part), "{}: {part}", check.name);
        }
        assert!(check.summary().starts_with("Finds "), "{}", check.name);
        for threshold in check.thresholds {
            assert!(check.manual.contains(threshold.key), "{}: {}", check.name, threshold.key);
        }
    }
}

#[test]
fn the_key_quality_pages_state_what_the_list_covers() {
    for name in ["CA_CERTIFICATE_KEY_QUALITY_CHECK", "DEVICE_CERTIFICATE_KEY_QUALITY_CHECK"] {
        let page = find(name).unwrap().manual.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains(builtin_coverage()), "{name}");
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
