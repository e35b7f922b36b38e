//! Devices with their certificates, and who issued them.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::{Value, json};
use thingwarden_engine::ids::{CertificateId, decode_hex};
use thingwarden_engine::pki::Certificate;
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::time::{Duration, Timestamp};

use super::{File, Setting, lines, seconds};
use crate::pki::samples::{self, Sample, SampleAuthority, Validity};

const COMPANY: &str = "Meridian Cold Chain";
/// Made when SHA-1 and RSA-1024 were usual, and still here.
const LEGACY_CA: &str = include_str!("legacy_ca.pem");
const LEGACY_DEVICE: &str = include_str!("legacy_device.pem");
const WEAK_KEYS: &str = include_str!("weak_keys.txt");

/// A thing with its certificate.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) thing: String,
    pub(super) id: CertificateId,
    pem: String,
    ca: CertificateId,
    registered: Timestamp,
    status: &'static str,
}

/// All devices and authorities.
#[derive(Debug)]
pub(super) struct Fleet {
    pub(super) devices: Vec<Device>,
    root: SampleAuthority,
    plants: [SampleAuthority; 2],
    old: SampleAuthority,
    legacy: CertificateId,
    /// The certificate that its issuer revoked.
    revoked: Sample,
}

/// Makes devices one after another.
struct Workshop {
    devices: Vec<Device>,
    usual: Validity,
}

impl Workshop {
    fn add(
        &mut self,
        thing: &str,
        by: &SampleAuthority,
        key: &[u8],
        validity: Validity,
    ) -> anyhow::Result<Sample> {
        let sample = by.device(thing, key, validity)?;
        self.devices.push(Device {
            thing: thing.to_owned(),
            id: sample.id,
            pem: sample.pem.clone(),
            ca: by.certificate.id,
            registered: validity.0.max(self.usual.0),
            status: "ACTIVE",
        });
        Ok(sample)
    }

    fn healthy(&mut self, thing: &str, by: &SampleAuthority) -> anyhow::Result<Sample> {
        self.add(thing, by, &samples::new_public_key()?, self.usual)
    }
}

pub(super) fn make(setting: &Setting) -> anyhow::Result<Fleet> {
    let now = setting.now;
    let days = |count: i64| now + Duration::days(count);
    let root = SampleAuthority::root(COMPANY, "Meridian Root CA", (days(-1500), days(5000)))?;
    let one = root.below("Meridian Plant CA 1", (days(-1400), days(3000)))?;
    let two = root.below("Meridian Plant CA 2", (days(-1400), days(3000)))?;
    let old = root.below("Meridian Pilot CA", (days(-3000), days(19)))?;
    let usual = (days(-120), days(700));
    let mut shop = Workshop { devices: vec![], usual };
    for number in 1..=10 {
        shop.healthy(&format!("sensor-{number:02}"), &one)?;
    }
    for number in 1..=3 {
        shop.healthy(&format!("lock-{number:02}"), &one)?;
    }
    let fresh = samples::new_public_key;
    shop.add("sensor-11", &one, &fresh()?, (days(-354), days(11)))?;
    shop.add("sensor-12", &one, &fresh()?, (days(-354), days(11)))?;
    shop.add("sensor-13", &one, &fresh()?, (days(-370), days(-5)))?;
    shop.add("sensor-14", &one, &fresh()?, (days(3), days(700)))?;
    let revoked = shop.healthy("sensor-15", &one)?;
    shop.add("sensor-16", &old, &fresh()?, (days(-200), days(19)))?;
    // One image with one key, flashed twice.
    let image = fresh()?;
    shop.add("lock-04", &one, &image, usual)?;
    shop.add("lock-05", &one, &image, usual)?;
    let weak = weak_keys()?;
    let key = |name: &str| weak.get(name).with_context(|| format!("no weak key `{name}`"));
    for (thing, name) in [
        ("gateway-01", "roca"),
        ("gateway-02", "close-primes"),
        ("gateway-03", "shared-prime-1"),
        ("gateway-04", "shared-prime-2"),
        ("camera-01", "debian"),
        ("camera-02", "short"),
        ("camera-03", "exponent-1"),
    ] {
        shop.add(thing, &one, key(name)?, usual)?;
    }
    shop.healthy("camera-04", &two)?;
    shop.healthy("camera-05", &one)?;
    if let Some(device) = shop.devices.last_mut() {
        // In for years, and nobody has renewed it.
        device.registered = days(-900);
    }
    let legacy = id_of(LEGACY_CA)?;
    shop.devices.push(Device {
        thing: "gateway-05".to_owned(),
        id: id_of(LEGACY_DEVICE)?,
        pem: LEGACY_DEVICE.to_owned(),
        ca: legacy,
        registered: days(-300),
        status: "ACTIVE",
    });
    shop.healthy("gateway-06", &one)?;
    if let Some(device) = shop.devices.last_mut() {
        device.status = "INACTIVE";
    }
    Ok(Fleet { devices: shop.devices, root, plants: [one, two], old, legacy, revoked })
}

pub(super) fn files(setting: &Setting, fleet: &Fleet) -> anyhow::Result<Vec<File>> {
    let Fleet { devices, root, plants: [one, two], old, revoked, .. } = fleet;
    let principals = devices
        .iter()
        .map(|device| json!({"thingName": device.thing, "principals": [setting.certificate(device.id)]}));
    let authorities = [one, two, old].map(|authority| {
        let Sample { pem, id, not_before, .. } = &authority.certificate;
        described_ca(setting, *id, pem, *not_before + Duration::days(30))
    });
    let legacy = described_ca(setting, fleet.legacy, LEGACY_CA, setting.now - Duration::days(300));
    Ok(vec![
        ("certificates.jsonl", lines(devices.iter().map(|device| described(setting, device)))),
        ("ca-certificates.jsonl", lines(authorities.into_iter().chain([legacy]))),
        ("things.jsonl", lines(devices.iter().map(|device| thing(setting, device)))),
        ("thing-principals.jsonl", lines(principals)),
        ("issuers/root.pem", root.certificate.pem.clone().into_bytes()),
        ("crls/root.crl", root.revocation_list(&[&two.certificate], setting.now)?),
        ("crls/plant-1.crl", one.revocation_list(&[revoked], setting.now)?),
        ("crls/plant-2.crl", two.revocation_list(&[], setting.now)?),
        ("crls/pilot.crl", old.revocation_list(&[], setting.now)?),
    ])
}

fn described(setting: &Setting, device: &Device) -> Value {
    let Device { id, pem, ca, registered, status, .. } = device;
    let (id, ca) = (id.to_string(), ca.to_string());
    json!({"certificateDescription": {
        "certificateArn": setting.iot(&format!("cert/{id}")), "certificateId": id, "caCertificateId": ca,
        "status": status, "certificatePem": pem, "ownedBy": setting.account, "customerVersion": 1,
        "creationDate": seconds((*registered).min(setting.now)),
        "lastModifiedDate": seconds((*registered).min(setting.now)), "certificateMode": "DEFAULT",
    }})
}

fn described_ca(setting: &Setting, id: CertificateId, pem: &str, registered: Timestamp) -> Value {
    let id = id.to_string();
    json!({"certificateDescription": {
        "certificateArn": setting.iot(&format!("cacert/{id}")), "certificateId": id, "status": "ACTIVE",
        "certificatePem": pem, "ownedBy": setting.account, "autoRegistrationStatus": "DISABLE",
        "creationDate": seconds(registered), "lastModifiedDate": seconds(registered), "customerVersion": 1,
        "certificateMode": "DEFAULT",
    }})
}

fn thing(setting: &Setting, device: &Device) -> Value {
    let name = &device.thing;
    let kind = name.split('-').next().unwrap_or_default();
    let site = site(name);
    json!({
        "thingName": name, "thingTypeName": kind, "thingArn": setting.iot(&format!("thing/{name}")),
        "attributes": {"site": site, "firmware": if kind == "sensor" { "2.4.1" } else { "1.9.0" }},
        "version": 1,
    })
}

/// Odd numbers are in the north.
pub(super) fn site(thing: &str) -> &'static str {
    match thing.bytes().next_back() {
        Some(digit) if digit % 2 == 1 => "north",
        _ => "south",
    }
}

fn id_of(pem: &str) -> anyhow::Result<CertificateId> {
    let block = PemBlocks::new(pem.as_bytes()).next().context("no certificate in it")?;
    let block = block.map_err(|error| anyhow::anyhow!("{}", error.kind))?;
    Ok(Certificate::parse(&block.der)?.id)
}

/// By name.
fn weak_keys() -> anyhow::Result<BTreeMap<&'static str, Vec<u8>>> {
    let mut keys = BTreeMap::new();
    for line in WEAK_KEYS.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (name, exponent, hex) = (words.next(), words.next(), words.next());
        let (name, exponent, hex) =
            (name.zip(exponent).zip(hex).map(|((a, b), c)| (a, b, c))).context("a weak key")?;
        let mut modulus = vec![0; hex.len() / 2];
        anyhow::ensure!(decode_hex(hex, &mut modulus), "weak key `{name}`: no hex");
        keys.insert(name, samples::rsa_public_key(&modulus, exponent.parse()?));
    }
    Ok(keys)
}
