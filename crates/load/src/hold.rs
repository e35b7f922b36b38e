//! Connections that do nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;

use crate::Target;
use crate::client::{Clients, Stream};

/// Handshakes at the same time.
const AT_ONCE: usize = 32;

pub async fn run(target: &Target, clients: usize) -> anyhow::Result<serde_json::Value> {
    let all = Clients::new(target)?;
    let mut opening = JoinSet::new();
    let mut held = JoinSet::new();
    for number in 0..clients {
        if opening.len() >= AT_ONCE {
            hold(&mut held, opening.join_next().await)?;
        }
        let all = all.clone();
        opening.spawn(async move { all.connect(number).await.map(|stream| (number, stream)) });
    }
    while let Some(opened) = opening.join_next().await {
        hold(&mut held, Some(opened))?;
    }
    println!("{}", serde_json::json!({ "open": held.len() }));
    let told = tokio::spawn(async move {
        while let Some(Ok((number, at_ns))) = held.join_next().await {
            println!("{}", serde_json::json!({ "ended": number, "at_ns": at_ns }));
        }
    });
    tokio::io::stdin().read_to_end(&mut vec![]).await?;
    told.abort();
    Ok(serde_json::json!({}))
}

type Opened = Result<anyhow::Result<(usize, Stream)>, tokio::task::JoinError>;

fn hold(held: &mut JoinSet<(usize, u64)>, opened: Option<Opened>) -> anyhow::Result<()> {
    if let Some(opened) = opened {
        let (number, mut stream) = opened??;
        held.spawn(async move {
            let _ = stream.read(&mut [0; 1]).await;
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            (number, u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
        });
    }
    Ok(())
}
