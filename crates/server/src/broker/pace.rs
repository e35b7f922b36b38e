//! How fast the bytes of one connection come and go.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::connection::READ_BYTES;

/// What may come or go at once, in time at the rate.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The bytes of one connection in one direction: as many in a second as a setting says, and a second's worth at once. What is too
/// fast is not refused but waits, so the other end slows down. Without a limit it takes no room.
#[derive(Debug)]
pub(super) struct Pace(Option<Box<Limited>>);

#[derive(Debug)]
struct Limited {
    per_second: u32,
    /// When all bytes so far would have passed at this rate.
    paid_at: Option<Instant>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// 0 is no limit.
    pub(super) fn new(per_second: u32) -> Self {
        Self((per_second > 0).then(|| Box::new(Limited { per_second, paid_at: None, pause: None })))
    }

    /// Bytes that have passed now.
    pub(super) fn passed(&mut self, bytes: usize) {
        if let Some(limited) = &mut self.0 {
            let until = limited.pause_after(bytes, Instant::now());
            limited.pause = until.map(|until| Box::pin(sleep_until(until)));
        }
    }

    /// Whether further bytes have to wait.
    pub(super) fn is_paused(&self) -> bool {
        self.0.as_ref().is_some_and(|limited| limited.pause.is_some())
    }

    /// How many bytes may pass now: so few at once that the pause behind them is short.
    pub(super) fn piece(&self) -> usize {
        match &self.0 {
            None => usize::MAX,
            Some(limited) if limited.pause.is_some() => 0,
            Some(_) => READ_BYTES,
        }
    }

    /// Ready when further bytes need not wait any more; never when they need not wait.
    pub(super) async fn goes_on(&mut self) {
        let pause = self.0.as_mut().map(|limited| &mut limited.pause);
        let Some(pause) = pause.filter(|pause| pause.is_some()) else { return std::future::pending().await };
        if let Some(pause) = pause {
            pause.as_mut().await;
        }
        *pause = None;
    }
}

impl Limited {
    /// Until when further bytes have to wait for these; none when they need not.
    fn pause_after(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let cost = Duration::from_secs(1).saturating_mul(bytes).checked_div(self.per_second)?;
        let paid_at = self.paid_at.map_or(now, |at| at.max(now)).checked_add(cost)?;
        self.paid_at = Some(paid_at);
        paid_at.checked_sub(AT_ONCE).filter(|at| *at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_free_and_the_rest_takes_its_time() {
        let begun = Instant::now();
        let mut limited = Limited { per_second: 1000, paid_at: None, pause: None };
        let after = |ms| begun + Duration::from_millis(ms);
        assert_eq!(limited.pause_after(1000, begun), None);
        assert_eq!(limited.pause_after(500, begun), Some(after(500)));
        assert_eq!(limited.pause_after(300, after(500)), Some(after(800)));
        // Who was silent for a while has another second.
        assert_eq!(limited.pause_after(1000, after(60_000)), None);
        assert_eq!(limited.pause_after(1, after(60_000)), Some(after(60_001)));
    }

    #[test]
    fn no_limit_is_no_limit() {
        let mut pace = Pace::new(0);
        pace.passed(usize::MAX);
        assert_eq!(pace.piece(), usize::MAX);
    }
}
