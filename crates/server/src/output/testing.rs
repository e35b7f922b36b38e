//! A small audit for the tests of all forms: findings of several kinds, hostile names, checks that could not run.

use thingwarden_engine::audit::finding::Related;
use thingwarden_engine::audit::runner::{report, run_check};
use thingwarden_engine::audit::suppression::SuppressedResource;
use thingwarden_engine::audit::{
    AuditReport, Check, Findings, Reason, Resource, ResourceType, Settings, Severity, Suppression, Threshold,
};
use thingwarden_engine::fleet::{Fact, Fleet, FleetBuilder, FleetView, Source};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::time::Timestamp;

use super::{Audit, Format, Input, Look};
use crate::snapshot::{Ignored, Position, Skipped};

/// A finished audit with everything that forms show.
pub(crate) struct Sample {
    pub(crate) fleet: Fleet,
    pub(crate) report: AuditReport,
    skipped: Vec<Skipped>,
    ignored: Vec<Ignored>,
    notes: Vec<String>,
}

pub(crate) const HOSTILE_CLIENT: &str = "=cmd|'/c'!A1\u{1b}[31m";
pub(crate) const HOSTILE_POLICY: &str = "Evil\u{202e}policy, \"x\"";

pub(crate) static CHECKS: [&Check; 5] = [&EXPIRING, &CONFLICTS, &PERMISSIVE, &LOGGING, &CA_KEYS];

pub(crate) static EXPIRING: Check = Check {
    name: "DEVICE_CERTIFICATE_EXPIRING_CHECK",
    severity: Severity::Medium,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: true,
    reads: &[],
    thresholds: &[Threshold { key: "CERT_EXPIRATION_THRESHOLD_IN_DAYS", range: 30..=3652, default: 30 }],
    reasons: &[PAST],
    manual: "# DEVICE_CERTIFICATE_EXPIRING_CHECK\nFinds device certificates that end soon.\n\n**Why it matters.** Devices \
             fall silent.\n\n**How to fix.** Issue a new certificate,\nattach it, and **only then** revoke the old one.\n\n\
             **Source.** RFC 5280 section 4.1.2.5, <https://www.rfc-editor.org/rfc/rfc5280>.\n\n## Case\n```fleet\nx\n```\n",
    run: expiring,
};

pub(crate) static CONFLICTS: Check = Check {
    name: "CONFLICTING_CLIENT_IDS_CHECK",
    severity: Severity::High,
    resource_type: ResourceType::ClientId,
    manual: "# CONFLICTING_CLIENT_IDS_CHECK\nFinds client ids in use twice.\n",
    thresholds: &[],
    reasons: &[CONFLICT],
    run: conflicts,
    ..EXPIRING
};

pub(crate) static PERMISSIVE: Check = Check {
    name: "IOT_POLICY_OVERLY_PERMISSIVE_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::IotPolicy,
    manual: "# IOT_POLICY_OVERLY_PERMISSIVE_CHECK\nFinds policies that reach too far.\n",
    thresholds: &[],
    reasons: &[BROAD],
    run: permissive,
    ..EXPIRING
};

pub(crate) static LOGGING: Check = Check {
    name: "LOGGING_DISABLED_CHECK",
    severity: Severity::Low,
    resource_type: ResourceType::AccountSettings,
    enabled_by_default: false,
    reads: &[Fact::Logging],
    manual: "# LOGGING_DISABLED_CHECK\nFinds accounts without logs.\n",
    thresholds: &[],
    run: |_, _, _| {},
    ..EXPIRING
};

pub(crate) static CA_KEYS: Check = Check {
    name: "CA_CERTIFICATE_KEY_QUALITY_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::CaCertificate,
    manual: "# CA_CERTIFICATE_KEY_QUALITY_CHECK\nFinds weak keys.\n",
    thresholds: &[],
    run: |_, _, found| {
        found.examined();
        found.gap("certificate missing", Some(&Resource::CaCertificate(CertificateId::new([7; 32]))));
    },
    ..EXPIRING
};

const PAST: Reason =
    Reason { code: "CERTIFICATE_PAST_EXPIRATION", text: "Certificate is past its expiration." };
const CONFLICT: Reason =
    Reason { code: "DUPLICATE_CLIENT_ID_ACROSS_CONNECTIONS", text: "Client id in use twice." };
const BROAD: Reason = Reason {
    code: "ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS",
    text: "Policy allows broad access to IoT data plane actions.",
};

fn expiring(_: &dyn FleetView, _: &Settings, found: &mut Findings) {
    for byte in [0xa1, 0xb2] {
        found.examined();
        let device = Resource::DeviceCertificate(CertificateId::new([byte; 32]));
        let source = Some(Source { file: 0, line: u32::from(byte), column: 0 });
        found.push_resource(device, source, PAST).with("EXPIRATION_TIME", "1582862626000");
    }
    found.examined();
}

fn conflicts(_: &dyn FleetView, _: &Settings, found: &mut Findings) {
    found.examined();
    let related = Related {
        resource: Resource::DeviceCertificate(CertificateId::new([0xa1; 32])),
        additional: vec![("DISCONNECTION_TIME", "1772000000000".to_owned())],
    };
    found.push_resource(Resource::ClientId(HOSTILE_CLIENT.to_owned()), None, CONFLICT).related_to(related);
}

fn permissive(_: &dyn FleetView, _: &Settings, found: &mut Findings) {
    for (name, version) in [(HOSTILE_POLICY, "1"), (HOSTILE_POLICY, "2")] {
        found.examined();
        let policy = Resource::IotPolicy { name: name.to_owned(), version: version.to_owned() };
        let text = "Policy allows broad access to IoT data plane actions: [iot:Subscribe, iot:Publish].";
        found.push_resource(policy, Some(Source { file: 1, line: 0, column: 0 }), BROAD).saying(text);
    }
}

/// The audit of the checks above, as of 2026-03-01.
pub(crate) fn sample() -> Sample {
    let now = Timestamp::parse("2026-03-01").unwrap();
    let mut builder = FleetBuilder::default();
    builder.file("snapshot/certificates.jsonl");
    builder.file("policies/evil \u{1b}[1m#1.json");
    builder.account("123456789012");
    builder.region("eu-west-1");
    for thing in ["press-1", "press-2"] {
        builder.attach(&CertificateId::new([0xa1; 32]), thing);
    }
    let fleet = builder.finish(now, Default::default(), Default::default());
    let runs = CHECKS.iter().map(|check| run_check(check, &fleet, &Settings::default())).collect();
    let suppressions = [Suppression {
        check: EXPIRING.name.to_owned(),
        resource: SuppressedResource::Exactly(Resource::DeviceCertificate(CertificateId::new([0xb2; 32]))),
        expires: None,
        description: "spare".to_owned(),
    }];
    let skipped =
        |path: &str, at, what: &str| Skipped { path: path.to_owned(), at: Some(at), what: what.to_owned() };
    Sample {
        report: report(&fleet, runs, &suppressions),
        fleet,
        skipped: vec![
            skipped("snapshot/bad\u{1b}]0;x\u{7}.jsonl", Position::Line(7), "expected `,` or `}`"),
            skipped("broken.der", Position::Byte(12), "length goes past the end"),
        ],
        ignored: vec![Ignored {
            path: "notes.txt".to_owned(),
            what: "neither a certificate nor JSON".to_owned(),
        }],
        notes: vec!["a suppression has expired".to_owned()],
    }
}

pub(crate) fn rendered(format: Format, sample: &Sample) -> String {
    rendered_with(format, sample, Look::default())
}

pub(crate) fn rendered_with(format: Format, sample: &Sample, look: Look) -> String {
    let input = Input {
        files: 3,
        bytes: 4096,
        revocation_lists: 2,
        revocation_lists_stale: 1,
        skipped: &sample.skipped,
        skipped_more: 3,
        ignored: &sample.ignored,
        ignored_more: 0,
        notes: &sample.notes,
    };
    let audit = Audit { report: &sample.report, fleet: &sample.fleet, input };
    let mut out = Vec::new();
    super::write(format, &audit, look, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
