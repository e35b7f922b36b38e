//! Messages through a broker: how many, how late, and at what price.
//!
//! A publisher is ahead of whoever gets its messages by no more than its window, so that no broker drops any and all are
//! measured at the same work. Each message says when it was published.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::{Buf as _, BufMut as _, BytesMut};
use clap::ValueEnum;
use tokio::io::{AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::client::{Clients, Frames, PUBACK, PUBLISH, Stream, packet, put_text, subscribe};
use crate::times::Times;
use crate::{Run, Target, process};

/// Who publishes how, and who gets it.
#[derive(Clone, Debug, clap::Args)]
pub struct Traffic {
    #[arg(long)]
    shape: Shape,
    #[arg(long, default_value_t = 50)]
    publishers: usize,
    #[arg(long, default_value_t = 1)]
    subscribers: usize,
    #[arg(long, default_value_t = 0)]
    qos: u8,
    /// Messages of one publisher that are on their way.
    #[arg(long, default_value_t = 20)]
    window: u64,
    /// Bytes of a payload, at least 12.
    #[arg(long, default_value_t = 100)]
    bytes: usize,
    /// Messages of all publishers in a second; 0 is as fast as they arrive.
    #[arg(long, default_value_t = 0.0)]
    rate: f64,
}

/// Who gets whose messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// All subscribers get the messages of all publishers (`load/+/data`).
    All,
    /// Each publisher has a subscriber, and each subscriber the publishers with its number.
    Own,
}

/// What is known of all messages.
struct State {
    begun: Instant,
    is_measured: AtomicBool,
    publishers: Vec<Progress>,
    /// How many get each message.
    receivers: u64,
    traffic: Traffic,
}

/// What became of the messages of a publisher.
#[derive(Default)]
struct Progress {
    delivered: AtomicU64,
    acknowledged: AtomicU64,
    changed: Notify,
}

pub async fn run(target: &Target, run: Run, traffic: Traffic) -> anyhow::Result<serde_json::Value> {
    let clients = Clients::new(target)?;
    let receivers = match traffic.shape {
        Shape::All => traffic.subscribers,
        Shape::Own => 1,
    };
    let state = Arc::new(State {
        begun: Instant::now(),
        is_measured: AtomicBool::new(false),
        publishers: (0..traffic.publishers).map(|_| Progress::default()).collect(),
        receivers: receivers as u64,
        traffic,
    });
    let (mut subscribers, mut publishers) = (JoinSet::new(), JoinSet::new());
    let first = state.traffic.publishers;
    for number in 0..state.traffic.subscribers {
        let mut stream = clients.connect(first + number).await?;
        let filter = match state.traffic.shape {
            Shape::All => "load/+/data".to_owned(),
            Shape::Own => topic(&clients, number),
        };
        let mut frames = Frames::default();
        subscribe(&mut stream, &mut frames, &filter, state.traffic.qos).await?;
        subscribers.spawn(receive(Arc::clone(&state), stream, frames));
    }
    for number in 0..first {
        let topic = topic(&clients, number);
        let (reader, writer) = split(clients.connect(number).await?);
        publishers.spawn(publish(Arc::clone(&state), number, topic, writer));
        publishers.spawn(hear(Arc::clone(&state), number, reader));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (begun, cpu) = (Instant::now(), process::cpu(run.pid)?);
    state.is_measured.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs_f64(run.seconds)).await;
    state.is_measured.store(false, Ordering::Relaxed);
    let (wall, cpu) = (begun.elapsed(), process::cpu(run.pid)? - cpu);
    // Publishers end only when something is wrong.
    if let Some(ended) = publishers.try_join_next() {
        ended??;
    }
    publishers.shutdown().await;
    let mut times = Times::default();
    while let Some(ended) = subscribers.join_next().await {
        times.0.extend(ended??.0);
    }
    Ok(times.tell(wall, cpu))
}

/// A device publishes below its own name, which is what policies and access lists are made for.
fn topic(clients: &Clients, number: usize) -> String {
    format!("load/{}/data", clients.id(number))
}

async fn publish(
    state: Arc<State>,
    number: usize,
    topic: String,
    mut writer: WriteHalf<Stream>,
) -> anyhow::Result<()> {
    let (traffic, progress) = (&state.traffic, state.publishers.get(number).context("a publisher")?);
    let mut ticks = pace(traffic);
    let (mut sent, mut out) = (0u64, BytesMut::new());
    loop {
        let delivered = progress.delivered.load(Ordering::Acquire) / state.receivers;
        let through = match traffic.qos {
            0 => delivered,
            _ => delivered.min(progress.acknowledged.load(Ordering::Acquire)),
        };
        let mut free = (through + traffic.window).saturating_sub(sent);
        if free == 0 {
            progress.changed.notified().await;
            continue;
        }
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
            free = 1;
        }
        for _ in 0..free {
            sent += 1;
            let mut body = BytesMut::with_capacity(topic.len() + traffic.bytes + 4);
            put_text(&mut body, &topic)?;
            if traffic.qos > 0 {
                body.put_u16(u16::try_from(sent % 65535)? + 1);
            }
            let payload_at = body.len();
            body.put_u64(u64::try_from(state.begun.elapsed().as_nanos())?);
            body.put_u32(u32::try_from(number)?);
            body.resize((payload_at + traffic.bytes).max(body.len()), b'x');
            out.unsplit(packet(0x30 | (traffic.qos << 1), &body));
        }
        writer.write_all(&out).await?;
        writer.flush().await?;
        out.clear();
    }
}

fn pace(traffic: &Traffic) -> Option<Interval> {
    (traffic.rate > 0.0).then(|| {
        let mut ticks = interval(Duration::from_secs_f64(traffic.publishers as f64 / traffic.rate));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        ticks
    })
}

/// Hears what is acknowledged.
async fn hear(state: Arc<State>, number: usize, mut reader: ReadHalf<Stream>) -> anyhow::Result<()> {
    let progress = state.publishers.get(number).context("a publisher")?;
    let mut frames = Frames::default();
    loop {
        frames.read(&mut reader).await?;
        while let Some(frame) = frames.take()? {
            if frame.kind() == PUBACK {
                progress.acknowledged.fetch_add(1, Ordering::AcqRel);
            }
        }
        progress.changed.notify_one();
    }
}

/// Takes messages until no more come once it is over.
async fn receive(state: Arc<State>, mut stream: Stream, mut frames: Frames) -> anyhow::Result<Times> {
    let (mut times, mut acknowledgments) = (Times::default(), BytesMut::new());
    let mut was_measured = false;
    loop {
        let is_measured = state.is_measured.load(Ordering::Relaxed);
        if was_measured && !is_measured {
            return Ok(times);
        }
        was_measured = is_measured;
        // Whoever gets nothing looks now and then whether it is over.
        match tokio::time::timeout(Duration::from_millis(200), frames.read(&mut stream)).await {
            Err(_) => continue,
            Ok(read) => read?,
        }
        let now = state.begun.elapsed();
        while let Some(mut frame) = frames.take()? {
            if frame.kind() != PUBLISH {
                continue;
            }
            let topic_length = frame.body.get_u16();
            frame.body.advance(topic_length.into());
            if frame.first & 6 != 0 {
                acknowledgments.put_slice(&[0x40, 2]);
                acknowledgments.put_u16(frame.body.get_u16());
            }
            let published = Duration::from_nanos(frame.body.get_u64());
            let from = usize::try_from(frame.body.get_u32())?;
            if is_measured {
                times.add(now.saturating_sub(published));
            }
            let progress = state.publishers.get(from).context("a message of nobody")?;
            progress.delivered.fetch_add(1, Ordering::AcqRel);
            progress.changed.notify_one();
        }
        if !acknowledgments.is_empty() {
            stream.write_all(&acknowledgments).await?;
            stream.flush().await?;
            acknowledgments.clear();
        }
    }
}
