//! Log lines of the server, on standard error.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::config::{LogFormat, LogLevel, Settings};

/// Our crates' names begin with this; of others only warnings are of interest.
const OURS: &str = "thingwarden";

/// From now on, lines are written as the settings want it, and panics too become lines.
pub(crate) fn begin(settings: &Settings) {
    let level = match settings.server.log_level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let wanted = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target(OURS, level);
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match settings.server.log_format {
        LogFormat::Text => {
            use io::IsTerminal as _;
            lines.with_ansi(io::stderr().is_terminal()).boxed()
        }
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    // Fails only when somebody has done so before, in which case lines go somewhere already.
    let _ = tracing_subscriber::registry().with(lines.with_filter(wanted)).try_init();
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        let what = info.payload_as_str().unwrap_or("unknown");
        tracing::error!(place, what, "internal error, please report it");
    }));
}
