//! `cargo xtask gen-fleet`: writes the snapshot of a fleet of any size, the same for the same seed, for benchmarks and
//! tests of scale. The layout is that of `docs/snapshot.md`.

mod account;
mod certificates;
mod der;
mod devices;
mod p256;
mod random;
mod rsa;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use anyhow::{Context, Result, bail};
use serde_json::json;

use certificates::Authority;
use devices::{CHUNK, Chunk, Plan};
use p256::Curve;
use random::Random;

pub const USAGE: &str =
    "gen-fleet --devices N --policies P --out DIR [--seed S] [--rsa-keys K] [--retired R]";
/// 2026-11-25T12:00:00Z, the moment that every generated fleet is as of.
const NOW: i64 = 1_795_608_000;

#[derive(Debug)]
struct Options {
    devices: u64,
    policies: u64,
    out: PathBuf,
    seed: u64,
    rsa_keys: u64,
    /// Devices that are gone: their certificates are in the revocation lists and nowhere else.
    retired: u64,
}

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self> {
        let mut values = BTreeMap::new();
        for pair in arguments.chunks(2) {
            match pair {
                [
                    name @ ("--devices" | "--policies" | "--out" | "--seed" | "--rsa-keys" | "--retired"),
                    value,
                ] => {
                    values.insert(*name, *value);
                }
                [name, ..] => bail!("`{name}` is no option, or has no value; usage: cargo xtask {USAGE}"),
                [] => {}
            }
        }
        let number = |name: &str, default: Option<u64>| match (values.get(name), default) {
            (Some(value), _) => {
                value.parse().with_context(|| format!("{name} must be a number, not `{value}`"))
            }
            (None, Some(default)) => Ok(default),
            (None, None) => bail!("{name} is missing; usage: cargo xtask {USAGE}"),
        };
        Ok(Self {
            devices: number("--devices", None)?,
            policies: number("--policies", None)?,
            out: values.get("--out").map(PathBuf::from).context("--out is missing")?,
            seed: number("--seed", Some(1))?,
            rsa_keys: number("--rsa-keys", Some(0))?,
            retired: number("--retired", Some(0))?,
        })
    }
}

/// Runs the command with what follows its name.
pub fn run(arguments: &[&str]) -> Result<()> {
    let options = Options::parse(arguments)?;
    generate(&options).with_context(|| options.out.display().to_string())
}

fn generate(options: &Options) -> Result<()> {
    for folder in ["crls", "issuers", "logs"] {
        fs::create_dir_all(options.out.join(folder))?;
    }
    let curve = Curve::default();
    let mut random = Random::of(options.seed, 0, 0);
    let root = Authority::new(&curve, &mut random, "Fleet Root CA", None, NOW);
    let authorities: Vec<Authority> = (1..=3)
        .map(|number| Authority::new(&curve, &mut random, &format!("Plant {number} CA"), Some(&root), NOW))
        .collect();
    let plan = Plan {
        seed: options.seed,
        devices: options.devices,
        rsa_keys: options.rsa_keys,
        now: NOW,
        account: "123456789012",
        region: "us-east-1",
        authorities,
        keys: curve.key(&random.bytes()),
        nonces: curve.key(&random.bytes()),
        curve,
    };
    let write = |name: &str, text: &[u8]| fs::write(options.out.join(name), text);
    write("issuers/root.pem", der::pem("CERTIFICATE", &root.der, "\n").as_bytes())?;
    lines(
        &options.out,
        "ca-certificates.jsonl",
        plan.authorities.iter().map(|one| authority_record(&plan, one)),
    )?;
    let (ids, mut revoked) = devices(options, &plan)?;
    revoked.extend((0..options.retired).map(|device| plan.retired(device)));

    let nonce = plan.curve.walk(&plan.curve.key(&random.bytes()), 0);
    for (number, authority) in plan.authorities.iter().enumerate() {
        let of_this = revoked.iter().filter(|(issuer, ..)| *issuer == number);
        let entries: Vec<_> = of_this.map(|(_, serial, time)| (*serial, *time)).collect();
        write(
            &format!("crls/{}.crl", authority.file),
            &authority.revoke(&plan.curve, &nonce, &entries, NOW),
        )?;
    }
    write("crls/root.crl", &root.revoke(&plan.curve, &nonce, &[], NOW))?;

    lines(
        &options.out,
        "policies.jsonl",
        (0..options.policies).map(|number| account::policy(&plan, number)),
    )?;
    let targets = (0..options.policies).map(|number| {
        let step = usize::try_from(options.policies).unwrap_or(usize::MAX);
        let ids = ids.iter().skip(usize::try_from(number).unwrap_or(usize::MAX)).step_by(step);
        let targets: Vec<String> = ids.map(|id| plan.arn(&format!("cert/{id}"))).collect();
        json!({"policyName": format!("policy-{number:05}"), "targets": targets})
    });
    lines(&options.out, "policy-targets.jsonl", targets)?;
    lines(&options.out, "role-aliases.jsonl", account::role_aliases(&plan).into_iter())?;
    lines(&options.out, "iam-service-last-accessed.jsonl", account::last_accessed(&plan).into_iter())?;
    lines(&options.out, "cognito-identity-pools.jsonl", account::identity_pools(&plan).into_iter())?;
    let document = |name: &str, value: serde_json::Value| write(name, format!("{value:#}\n").as_bytes());
    document("iam-account-authorization-details.json", account::roles(&plan))?;
    document("v2-logging-options.json", json!({"defaultLogLevel": "INFO", "disableAllLogs": false}))?;
    document(
        "account.json",
        json!({"UserId": "AIDAEXAMPLE", "Account": plan.account,
        "Arn": format!("arn:aws:iam::{}:user/auditor", plan.account)}),
    )?;
    Ok(())
}

fn authority_record(plan: &Plan, authority: &Authority) -> serde_json::Value {
    json!({"certificateDescription": {
        "certificateArn": plan.arn(&format!("cacert/{}", authority.id)), "certificateId": authority.id,
        "status": "ACTIVE", "certificatePem": der::pem("CERTIFICATE", &authority.der, "\n"),
        "ownedBy": plan.account, "creationDate": authority.not_before, "autoRegistrationStatus": "DISABLE",
        "validity": {"notBefore": authority.not_before, "notAfter": authority.not_after}, "certificateMode": "DEFAULT"}})
}

fn lines(folder: &Path, name: &str, values: impl Iterator<Item = serde_json::Value>) -> Result<()> {
    let mut file = BufWriter::new(File::create(folder.join(name))?);
    for value in values {
        writeln!(file, "{value}")?;
    }
    Ok(file.flush()?)
}

/// Ids of all devices' certificates, and what is revoked.
type Devices = (Vec<String>, Vec<(usize, [u8; 16], i64)>);

/// Makes the devices on all cores and writes them in order.
fn devices(options: &Options, plan: &Plan) -> Result<Devices> {
    let create = |name: &str| File::create(options.out.join(name)).map(BufWriter::new);
    let mut certificates = create("certificates.jsonl")?;
    let mut things = create("things.json")?;
    let mut principals = create("thing-principals.jsonl")?;
    let mut log = create("logs/AWSIotLogsV2.jsonl")?;
    let chunks = options.devices.div_ceil(CHUNK);
    let next = AtomicU64::new(0);
    let (mut ids, mut revoked) = (Vec::new(), Vec::new());
    write!(things, "{{\"things\":[")?;
    thread::scope(|scope| {
        let (done, made) = sync_channel::<(u64, Chunk)>(4);
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            let (done, next) = (done.clone(), &next);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= chunks || done.send((number, plan.chunk(number))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        let mut expected = 0;
        for (number, chunk) in made {
            waiting.insert(number, chunk);
            while let Some(chunk) = waiting.remove(&expected) {
                certificates.write_all(chunk.certificates.as_bytes())?;
                if expected > 0 {
                    writeln!(things, ",")?;
                }
                things.write_all(chunk.things.as_bytes())?;
                principals.write_all(chunk.principals.as_bytes())?;
                log.write_all(chunk.log.as_bytes())?;
                ids.extend(chunk.ids);
                revoked.extend(chunk.revoked);
                expected += 1;
            }
        }
        writeln!(things, "]}}")?;
        for file in [&mut certificates, &mut things, &mut principals, &mut log] {
            file.flush()?;
        }
        anyhow::Ok(())
    })?;
    Ok((ids, revoked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_fleet() {
        let make = |seed: u64, folder: &str| {
            let out = std::env::temp_dir().join(format!("gen-fleet-{}-{folder}", std::process::id()));
            generate(&Options { devices: 40, policies: 9, out: out.clone(), seed, rsa_keys: 1, retired: 3 })
                .unwrap();
            let names = ["certificates.jsonl", "policies.jsonl", "crls/plant-1-ca.crl", "things.json"];
            let made: Vec<Vec<u8>> = names.iter().map(|name| fs::read(out.join(name)).unwrap()).collect();
            fs::remove_dir_all(out).unwrap();
            made
        };
        let first = make(7, "a");
        assert_eq!(first, make(7, "b"));
        assert_ne!(first, make(8, "c"));
        assert_eq!(first[0].iter().filter(|byte| **byte == b'\n').count(), 40);
        let things: serde_json::Value = serde_json::from_slice(&first[3]).unwrap();
        assert_eq!(things["things"].as_array().unwrap().len(), 40);
    }
}
