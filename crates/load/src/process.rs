//! What the broker's process takes.

use std::time::Duration;

use anyhow::Context as _;

/// Clock ticks in a second, in which `/proc` counts (`sysconf(_SC_CLK_TCK)` on every Linux).
const TICKS: u64 = 100;

/// Processor time of a process so far, of all threads.
pub fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the broker's process")?;
    // The name, in brackets, may hold blanks.
    let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat")?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next().and_then(|field| field.parse::<u64>().ok()).context("/proc/PID/stat");
    Ok(Duration::from_millis((ticks()? + ticks()?) * 1000 / TICKS))
}
