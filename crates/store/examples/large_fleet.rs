//! Writes a large fleet into a server's folder, for measuring: `large_fleet DIR COUNT [change]`.
//!
//! Things, certificates and their links, straight into the store. The certificates' texts are those of the example fleet,
//! over and over: one in a thousand has expired. With `change`, the first thousand certificates become inactive or active.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a tool for developers"
)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::pki::{self, CertificateFacts, KeyChecker};
use thingwarden_store::records::{CaCertificate, Certificate, IndexedFacts, Thing, ThingPrincipal};
use thingwarden_store::{Actor, Options, Scope, Store, StoreError, Writer};

const ACCOUNT: &str = "123456789012";
const BATCH: u64 = 2000;
const NOW_MS: i64 = 1_795_824_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, count) = (PathBuf::from(&arguments[0]), arguments[1].parse::<u64>().unwrap());
    fs::create_dir_all(&folder).unwrap();
    let store = Store::open(&Options { folder }).unwrap();
    if arguments.get(2).is_some_and(|word| word == "change") {
        return write(&store, change);
    }
    let templates = templates("certificates.jsonl");
    let good = templates.iter().find(|one| one.is_good(90)).unwrap().clone();
    let expired = templates.iter().find(|one| one.facts.not_after_ms < NOW_MS).unwrap().clone();
    write(&store, |store| {
        self::templates("ca-certificates.jsonl").iter().try_for_each(|ca| store.insert(&ca.authority()))
    });
    let mut number = 0;
    while number < count {
        let (from, to) = (number, (number + BATCH).min(count));
        let (good, expired) = (good.clone(), expired.clone());
        write(&store, move |store| {
            (from..to).try_for_each(|number| {
                let template = if number % 1000 == 0 { &expired } else { &good };
                one(store, number, template)
            })
        });
        number = to;
    }
    println!("{count} things and certificates");
}

/// A certificate of the example.
#[derive(Clone)]
struct Template {
    id: String,
    pem: String,
    status: String,
    facts: IndexedFacts,
}

impl Template {
    fn is_good(&self, days: i64) -> bool {
        self.status == "ACTIVE"
            && self.facts.weaknesses == 0
            && self.facts.not_after_ms > NOW_MS + days * 86_400_000
    }

    fn authority(&self) -> CaCertificate {
        CaCertificate {
            id: self.id.clone(),
            pem: self.pem.clone(),
            status: self.status.clone(),
            mode: "DEFAULT".to_owned(),
            auto_registration: false,
            registration_config: None,
            customer_version: 1,
            generation_id: String::new(),
            created_ms: NOW_MS,
            modified_ms: NOW_MS,
            facts: self.facts.clone(),
        }
    }
}

fn templates(file: &str) -> Vec<Template> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fleet").join(file);
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let one = |line: Value| {
        let pem = line["certificateDescription"]["certificatePem"].as_str().unwrap().to_owned();
        let status = line["certificateDescription"]["status"].as_str().unwrap().to_owned();
        let der = PemBlocks::new(pem.as_bytes()).next().unwrap().unwrap().der;
        let parsed = pki::Certificate::parse(&der).unwrap();
        let facts = IndexedFacts::of_device(&CertificateFacts::of(&parsed, &KeyChecker::builtin()));
        Template { id: parsed.id.to_string(), pem, status, facts }
    };
    lines.map(one).collect()
}

fn one(store: &Writer<'_>, number: u64, template: &Template) -> Result<(), StoreError> {
    let (id, name) = (format!("{number:064x}"), format!("thing-{number:08}"));
    let mut facts = template.facts.clone();
    (facts.key_digest, facts.serial) = (format!("{number:032x}"), format!("{number:040x}"));
    store.insert(&Certificate {
        id: id.clone(),
        pem: template.pem.clone(),
        status: "ACTIVE".to_owned(),
        mode: "DEFAULT".to_owned(),
        ca_id: None,
        previous_owner: None,
        customer_version: 1,
        generation_id: String::new(),
        created_ms: NOW_MS,
        modified_ms: NOW_MS,
        activated_ms: Some(NOW_MS),
        transfer: None,
        facts,
    })?;
    store.insert(&Thing {
        name: name.clone(),
        thing_id: format!("{number:08x}-0000-4000-8000-000000000000"),
        attributes: [("lorry".to_owned(), number.to_string())].into(),
        type_name: None,
        billing_group: None,
        version: 1,
        created_ms: NOW_MS,
    })?;
    store.insert(&ThingPrincipal {
        thing: name,
        principal: format!("arn:aws:iot:us-east-1:{ACCOUNT}:cert/{id}"),
        exclusive: false,
    })
}

fn change(store: &Writer<'_>) -> Result<(), StoreError> {
    (0..1000_u64).try_for_each(|number| {
        let mut one: Certificate = store.require(&format!("{number:064x}"))?;
        one.status = if one.status == "ACTIVE" { "INACTIVE" } else { "ACTIVE" }.to_owned();
        store.update(&one)
    })
}

fn write(store: &Store, work: impl FnOnce(&Writer<'_>) -> Result<(), StoreError> + Send + 'static) {
    let actor = Actor {
        principal: "large_fleet".to_owned(),
        operation: "generate".to_owned(),
        request_id: String::new(),
        source_ip: None,
        at_ms: NOW_MS,
    };
    store.write_waiting(&Scope::new(ACCOUNT, "us-east-1"), actor, work).unwrap();
}
