//! The progress bar on standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::snapshot::Progress;

/// Bytes read of all bytes, with speed and what is going on; silent unless it was asked for.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar that is drawn when `shown`, and erased by [`Bar::finish`].
    pub(super) fn new(shown: bool) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template(
            "{msg:<22} {wide_bar:.cyan/dim} {binary_bytes:>10} / {binary_total_bytes:<10} {binary_bytes_per_sec:>14} {eta:>4}",
        ) {
            bar.set_style(style.progress_chars("━╸ "));
        }
        Self(bar)
    }

    /// Takes the bar away, so that the report starts on a clean line.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn total(&self, bytes: u64) {
        self.0.set_length(bytes);
    }

    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    fn say(&self, phase: &str) {
        self.0.set_message(phase.to_owned());
        self.0.tick();
    }
}
