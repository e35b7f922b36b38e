//! How many connections a broker takes in a second.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;

use crate::client::Clients;
use crate::times::Times;
use crate::{Run, Target, process};

pub async fn run(target: &Target, run: Run, clients: usize) -> anyhow::Result<serde_json::Value> {
    let all = Clients::new(target)?;
    let (begun, cpu) = (Instant::now(), process::cpu(run.pid)?);
    let end = begun + Duration::from_secs_f64(run.seconds);
    let workers: Vec<_> = (0..clients).map(|number| tokio::spawn(again(all.clone(), number, end))).collect();
    let mut times = Times::default();
    for worker in workers {
        times.0.extend(worker.await??.0);
    }
    Ok(times.tell(begun.elapsed(), process::cpu(run.pid)? - cpu))
}

async fn again(clients: Clients, number: usize, end: Instant) -> anyhow::Result<Times> {
    let mut times = Times::default();
    while Instant::now() < end {
        let begun = Instant::now();
        let mut stream = clients.connect(number).await?;
        times.add(begun.elapsed());
        stream.write_all(&[0xe0, 0]).await?;
        stream.shutdown().await?;
    }
    Ok(times)
}
