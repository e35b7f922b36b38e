//! What the server costs: requests over HTTP to the real binary, next to a bare handler of the same HTTP library that verifies
//! the same signatures and answers a constant.
//!
//! `cargo bench -p thingwarden --bench api [-- reads|writes|million]`; numbers are in `docs/performance.md`. The time that counts is
//! processor time of the server's process for each request: it hardly depends on what else the machine does. Rounds of
//! all scenarios alternate, and medians are told.
#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up should stop")]
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(clippy::print_stdout, reason = "this is how a bench tells")]
#![allow(clippy::cast_precision_loss, reason = "numbers for people")]

mod bare;
mod client;
mod million;
mod process;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use self::client::{Call, Connection, Load, Next, Signer, load};
use self::process::{ACCESS_KEY, SECRET, Server};

/// Connections that read.
const READERS: usize = 8;
/// Things in the registry of the small scenarios.
const THINGS: usize = 2000;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(1000);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |argument: &str| arguments.iter().any(|given| given == argument);
    if has(bare::ARGUMENT) {
        return bare::run();
    }
    // `cargo test --all-targets` runs benches without this argument.
    if !has("--bench") {
        return;
    }
    let wants = |part: &str| has(part) || !["reads", "writes", "million"].iter().any(|part| has(part));
    if wants("reads") {
        reads();
    }
    if wants("writes") {
        writes();
    }
    if wants("million") {
        million::run();
    }
}

/// One thing that is asked again and again, and of whom.
struct Scenario<'a> {
    name: &'a str,
    server: &'a Server,
    signer: &'a Signer,
    next: Next<'a>,
}

fn reads() {
    let folder = tempfile::tempdir().unwrap();
    let (server, bare) = (Server::thingwarden(folder.path()), Server::bare());
    let root = Signer::new(ACCESS_KEY, SECRET);
    fill(server.address, &root);
    let user = make_user(server.address, &root);
    let describe = |connection: usize, n: usize| describe(name((connection * 251 + n) % THINGS));
    let list = |_: usize, _: usize| Call { query: "maxResults=50".to_owned(), ..things("GET", "/things") };
    let scenarios = [
        Scenario { name: "bare handler", server: &bare, signer: &root, next: &describe },
        Scenario { name: "DescribeThing, root", server: &server, signer: &root, next: &describe },
        Scenario { name: "DescribeThing, IAM user", server: &server, signer: &user, next: &describe },
        Scenario { name: "ListThings, page of 50", server: &server, signer: &root, next: &list },
    ];
    alternate(&scenarios);
    tell_memory("after reads", &server);
}

/// Runs scenarios in turn and tells of each the medians of requests per second and processor time per request. The first is
/// the yardstick.
fn alternate(scenarios: &[Scenario<'_>]) {
    let mut rates = vec![vec![]; scenarios.len()];
    let mut costs = vec![vec![]; scenarios.len()];
    for _ in 0..ROUNDS {
        for ((scenario, rates), costs) in scenarios.iter().zip(&mut rates).zip(&mut costs) {
            let before = scenario.server.cpu();
            let load = load(scenario.server.address, scenario.signer, READERS, ROUND, scenario.next);
            rates.push(load.per_second());
            costs.push((scenario.server.cpu() - before).as_secs_f64() * 1e6 / load.requests as f64);
        }
    }
    println!("{:<28} {:>10} {:>12} {:>8}", "", "requests/s", "CPU us each", "of bare");
    let costs: Vec<f64> = costs.into_iter().map(median).collect();
    let yardstick = costs.first().copied().unwrap_or_default();
    for ((scenario, rates), cost) in scenarios.iter().zip(rates).zip(costs) {
        let share = 100.0 * yardstick / cost;
        println!("{:<28} {:>10.0} {:>12.1} {:>7.0}%", scenario.name, median(rates), cost, share);
    }
}

fn writes() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let server = Server::thingwarden(folder.path());
    let root = Signer::new(ACCESS_KEY, SECRET);
    let made = AtomicUsize::new(0);
    let create = |_: usize, _: usize| create(name(made.fetch_add(1, Ordering::Relaxed)));
    let mut flushes = vec![];
    let mut loads = [1, 8, 64].map(|connections| (connections, Vec::<(f64, f64, Load)>::new()));
    for _ in 0..ROUNDS {
        flushes.push(flushes_per_second(folder.path(), ROUND));
        for (connections, rounds) in &mut loads {
            let before = server.cpu();
            let load = load(server.address, &root, *connections, ROUND, &create);
            let cost = (server.cpu() - before).as_secs_f64() * 1e6 / load.requests as f64;
            rounds.push((load.per_second(), cost, load));
        }
    }
    let flushes = median(flushes);
    println!("the disk alone: {flushes:.0} writes with fdatasync/s");
    println!(
        "{:<28} {:>10} {:>12} {:>12} {:>8} {:>8}",
        "CreateThing, durable", "requests/s", "per flush", "CPU us each", "p50 ms", "p99 ms"
    );
    for (connections, rounds) in loads {
        let of = |value: &dyn Fn(&(f64, f64, Load)) -> f64| median(rounds.iter().map(value).collect());
        let latency = |share: f64| of(&|round| round.2.quantile(share).as_secs_f64() * 1e3);
        let rate = of(&|round| round.0);
        println!(
            "{:<28} {rate:>10.0} {:>12.2} {:>12.1} {:>8.2} {:>8.2}",
            format!("{connections} connections"),
            rate / flushes,
            of(&|round| round.1),
            latency(0.5),
            latency(0.99),
        );
    }
    tell_memory("after writes", &server);
}

/// How often the disk makes 4 KiB durable, over and over in the same file, as a log does.
fn flushes_per_second(folder: &Path, time: Duration) -> f64 {
    let mut file = File::create(folder.join("flushes")).unwrap();
    file.write_all(&vec![1; 4 << 20]).unwrap();
    file.sync_all().unwrap();
    let (begun, mut count) = (Instant::now(), 0u64);
    while begun.elapsed() < time {
        file.seek(SeekFrom::Start(count % 1024 * 4096)).unwrap();
        file.write_all(&[2; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

fn tell_memory(when: &str, server: &Server) {
    let (own, mapped) = server.memory();
    println!("memory {when}: {own} MiB of its own, {mapped} MiB mapped from files");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn name(number: usize) -> String {
    format!("press-{number:07}")
}

fn things(method: &'static str, path: &str) -> Call {
    Call::iot(method, path.to_owned(), String::new())
}

fn describe(name: String) -> Call {
    things("GET", &format!("/things/{name}"))
}

fn create(name: String) -> Call {
    let body = r#"{"attributePayload":{"attributes":{"line":"7","site":"hall-3"}}}"#;
    Call::iot("POST", format!("/things/{name}"), body.to_owned())
}

fn fill(address: std::net::SocketAddr, root: &Signer) {
    std::thread::scope(|scope| {
        for part in 0..64 {
            scope.spawn(move || {
                let mut connection = Connection::open(address);
                for number in (part..THINGS).step_by(64) {
                    connection.ask(&root.sign(&create(name(number))));
                }
            });
        }
    });
}

/// A user who may describe things, with its access key.
fn make_user(address: std::net::SocketAddr, root: &Signer) -> Signer {
    let mut connection = Connection::open(address);
    let mut ask = |form: &str| connection.ask(&root.sign(&Call::iam(form)));
    ask("Action=CreateUser&UserName=alice");
    // {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iot:Describe*","iot:List*"],
    // "Resource":"arn:aws:iot:*:*:thing/press-*"},{"Effect":"Allow","Action":"iot:UpdateThing","Resource":"*"}]}
    let document = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
        %22Action%22%3A%5B%22iot%3ADescribe%2A%22%2C%22iot%3AList%2A%22%5D%2C%22Resource%22%3A%22arn%3Aaws%3Aiot\
        %3A%2A%3A%2A%3Athing%2Fpress-%2A%22%7D%2C%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22iot%3A\
        UpdateThing%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
    ask(&format!("Action=PutUserPolicy&UserName=alice&PolicyName=p&PolicyDocument={document}"));
    let made = ask("Action=CreateAccessKey&UserName=alice");
    let element = |name: &str| {
        let (_, rest) = made.split_once(&format!("<{name}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    Signer::new(&element("AccessKeyId"), &element("SecretAccessKey"))
}
