//! A registry of a million things: how long it takes to write, to start with, and to ask.

use std::path::Path;
use std::time::{Duration, Instant};

use thingwarden_store::records::{Thing, ThingAttribute, ThingType, ThingTypeProperties};
use thingwarden_store::{Actor, Options, Scope, Store, StoreError};

use super::client::{Call, Next, REGION, Signer, load};
use super::process::{ACCESS_KEY, SECRET, Server};
use super::{describe, name, tell_memory, things};

const THINGS: usize = 1_000_000;
const BATCH: usize = 5_000;
const TIME: Duration = Duration::from_secs(3);

pub fn run() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let begun = Instant::now();
    write(folder.path());
    let seconds = begun.elapsed().as_secs_f64();
    println!("\n{THINGS} things written in {seconds:.1} s ({:.0}/s)", THINGS as f64 / seconds);
    let root = Signer::new(ACCESS_KEY, SECRET);
    // The first start makes the certificate authority.
    drop(Server::thingwarden(folder.path()));
    let server = Server::thingwarden(folder.path());
    println!("start to ready: {:.0} ms", server.start.as_secs_f64() * 1e3);
    tell_memory("idle", &server);
    let random = |connection: usize, n: usize| (connection * 7_919 + n) * 104_729 % THINGS;
    let query = |text: String| Call { query: text, ..things("GET", "/things") };
    let asked: [(&str, Next<'_>); 5] = [
        ("DescribeThing", &|connection, n| describe(name(random(connection, n)))),
        ("ListThings", &|_, _| query(String::new())),
        ("ListThings by type", &|connection, n| {
            query(format!("thingTypeName=type-{}", random(connection, n) % 20))
        }),
        ("ListThings by attribute", &|connection, n| {
            query(format!("attributeName=line&attributeValue=l{}", random(connection, n) % 1000))
        }),
        ("ListThings by both", &|connection, n| {
            let number = random(connection, n);
            query(format!(
                "attributeName=line&attributeValue=l{}&thingTypeName=type-{}",
                number % 1000,
                number % 20
            ))
        }),
    ];
    println!("{:<28} {:>10} {:>12} {:>8} {:>8}", "", "requests/s", "CPU us each", "p50 ms", "p99 ms");
    for (what, next) in asked {
        let before = server.cpu();
        let load = load(server.address, &root, 4, TIME, next);
        println!(
            "{what:<28} {:>10.0} {:>12.1} {:>8.2} {:>8.2}",
            load.per_second(),
            (server.cpu() - before).as_secs_f64() * 1e6 / load.requests as f64,
            load.quantile(0.5).as_secs_f64() * 1e3,
            load.quantile(0.99).as_secs_f64() * 1e3,
        );
    }
    tell_memory("after load", &server);
}

/// Things of twenty types, each with two attributes, in the order of their names, as an import brings them.
fn write(folder: &Path) {
    let store = Store::open(&Options { folder: folder.to_owned() }).unwrap();
    let scope = Scope::new("000000000000", REGION);
    let actor = Actor {
        principal: "bench".to_owned(),
        operation: "import".to_owned(),
        request_id: String::new(),
        source_ip: None,
        at_ms: 1_767_225_600_000,
    };
    store
        .write_waiting(&scope, actor.clone(), |writer| {
            (0..20).try_for_each(|number: usize| {
                writer.insert(&ThingType {
                    name: format!("type-{number}"),
                    type_id: format!("00000000-0000-4000-8001-{number:012}"),
                    properties: ThingTypeProperties::default(),
                    deprecated_ms: None,
                    created_ms: 1_767_225_600_000,
                })
            })
        })
        .unwrap();
    for batch in (0..THINGS).step_by(BATCH) {
        let written = store.write_waiting(&scope, actor.clone(), move |writer| {
            for place in batch..batch + BATCH {
                let thing = thing(place);
                writer.insert(&thing)?;
                for (name, value) in &thing.attributes {
                    writer.insert(&ThingAttribute {
                        thing: thing.name.clone(),
                        name: name.clone(),
                        value: value.clone(),
                        type_name: thing.type_name.clone(),
                    })?;
                }
            }
            Ok::<_, StoreError>(())
        });
        written.unwrap();
    }
}

fn thing(number: usize) -> Thing {
    let attribute = |name: &str, value: String| (name.to_owned(), value);
    Thing {
        name: name(number),
        thing_id: format!("00000000-0000-4000-8000-{number:012}"),
        attributes: [
            attribute("line", format!("l{}", number % 1000)),
            attribute("serial", format!("s{number}")),
        ]
        .into(),
        type_name: Some(format!("type-{}", number % 20)),
        billing_group: None,
        version: 1,
        created_ms: 1_767_225_600_000,
    }
}
