//! A server in a process of its own, and what the process takes.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Clock ticks in a second, in which `/proc` counts (`sysconf(_SC_CLK_TCK)` on every Linux).
const TICKS: u64 = 100;

pub const ACCESS_KEY: &str = "AKIAROOTROOTROOTROOT";
pub const SECRET: &str = "root-secret-root-secret-root-secret-root";

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From the start of the process to its word that it is ready.
    pub start: Duration,
}

impl Server {
    /// The real thing.
    pub fn thingwarden(data: &Path) -> Self {
        let binary = std::env::var("THINGWARDEN_BENCH_BINARY");
        let mut command = Command::new(binary.as_deref().unwrap_or(env!("CARGO_BIN_EXE_thingwarden")));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        command.env("THINGWARDEN_ROOT_ACCESS_KEY_ID", ACCESS_KEY);
        command.env("THINGWARDEN_ROOT_SECRET_ACCESS_KEY", SECRET);
        // The limit on requests is what a bench must not measure.
        command.env("THINGWARDEN_LIMITS__REQUESTS_PER_SECOND", "0");
        Self::start(command)
    }

    /// The yardstick.
    pub fn bare() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(super::bare::ARGUMENT);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let begun = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("ready api=http://").unwrap().parse().unwrap();
        Self { child, address, start: begun.elapsed() }
    }

    /// Processor time so far, of all threads.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name, in brackets, may hold blanks.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = [11, 12].iter().map(|at| fields.get(*at).unwrap().parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 1000 / TICKS)
    }

    /// Resident memory in MiB: of the process alone (heap, stacks), and mapped from files.
    pub fn memory(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
        };
        (value("RssAnon:"), value("RssFile:"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
