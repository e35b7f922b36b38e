//! The load of many devices on any MQTT broker over mutual TLS, and what the broker needs for it. `tests/measure_broker.py` runs
//! it against thingwarden and Mosquitto in turn; each command prints one line of JSON.
//!
//! What counts beside time is processor time of the broker's process (`/proc/PID/stat`), since it hardly depends on what else
//! the machine does. Bytes are written by hand: a client library would be measured with the broker.
#![allow(clippy::print_stdout, reason = "this is how a tool tells what it found")]
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(clippy::cast_precision_loss, reason = "numbers for people")]

mod bare;
mod client;
mod connects;
mod hold;
mod messages;
mod process;
mod times;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The allocator of thingwarden, so that the memory of `bare` can be compared.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Makes the load of many devices on an MQTT broker.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Connects and disconnects, over and over, with a whole handshake each time.
    Connects {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        run: Run,
        /// Connections at the same time.
        #[arg(long, default_value_t = 8)]
        clients: usize,
    },
    /// Sends messages through the broker as fast as they arrive, or at a rate.
    Messages {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        run: Run,
        #[command(flatten)]
        traffic: messages::Traffic,
    },
    /// Holds connections that do nothing until its input ends, and tells which end before, and when.
    Hold {
        #[command(flatten)]
        target: Target,
        /// How many.
        #[arg(long, default_value_t = 1000)]
        clients: usize,
    },
    /// Is a broker that shakes hands, says CONNACK and nothing more: what the TLS library needs by itself.
    Bare {
        /// Certificate and private key of the broker, PEM.
        #[arg(long)]
        cert: PathBuf,
        #[arg(long)]
        key: PathBuf,
        /// Whose certificates clients have.
        #[arg(long)]
        ca: PathBuf,
    },
}

/// Which broker, and who connects to it.
#[derive(Debug, Args)]
struct Target {
    /// Where the broker listens.
    #[arg(long)]
    address: SocketAddr,
    /// Who has issued the broker's certificate.
    #[arg(long)]
    ca: PathBuf,
    /// A folder with certificates (`NAME.pem`) and their keys (`NAME.key`), which clients take in turn.
    #[arg(long)]
    identities: PathBuf,
    /// How client ids begin; a number follows.
    #[arg(long, default_value = "load-")]
    prefix: String,
}

/// How long, and what is looked at.
#[derive(Clone, Copy, Debug, Args)]
struct Run {
    /// How many seconds are measured, after one that is not.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// The broker's process.
    #[arg(long)]
    pid: u32,
}

fn main() -> anyhow::Result<()> {
    let command = Cli::parse().command;
    let runtime = tokio::runtime::Runtime::new()?;
    let told = runtime.block_on(async {
        match command {
            Command::Connects { target, run, clients } => connects::run(&target, run, clients).await,
            Command::Messages { target, run, traffic } => messages::run(&target, run, traffic).await,
            Command::Hold { target, clients } => hold::run(&target, clients).await,
            Command::Bare { cert, key, ca } => bare::run(&cert, &key, &ca).await,
        }
    })?;
    println!("{told}");
    Ok(())
}
