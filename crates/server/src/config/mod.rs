//! Configuration. One TOML file holds what `thingwarden audit` wants to know (`audit.rs`) and the server's settings (`keys.rs`).
//! A setting is taken from the command line, else from the environment, else from the file, else it has its default.

pub(crate) mod approvals;
pub(crate) mod audit;
mod keys;
mod section;
pub(crate) mod sinks;
pub(crate) mod token_issuers;
mod value;

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use anyhow::Context;
use thingwarden_engine::audit::checks;

pub(crate) use keys::{
    Audit, DeviceLogs, KEYS, Key, Limits, Mitigation, Notifications, Quarantine, Settings,
};
pub(crate) use value::{
    AccountId, FailOn, HostPort, KeyType, Kind, LogFormat, LogLevel, Loopback, SmtpTls, seconds,
};

/// What stands before the client id in the longest topic of life-cycle events: `$aws/events/subscriptions/unsubscribed/`.
const EVENT_TOPIC_BYTES: u32 = 39;

/// Where a setting comes from, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Default,
    /// With the line, from 1.
    File(usize),
    Environment,
    CommandLine,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(line) => write!(f, "file, line {line}"),
            Self::Environment => f.write_str("environment"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// One setting as it is in force.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) key: &'static Key,
    pub(crate) text: String,
    pub(crate) source: Source,
}

/// A complete configuration.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    /// One for each key, in the order of [`KEYS`].
    pub(crate) chosen: Vec<Chosen>,
    /// What the file says to `thingwarden audit`.
    pub(crate) audit: audit::Config,
}

/// A setting from the command line.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    /// As [`Key::path`].
    pub(crate) key: &'static str,
    /// `--listen`
    pub(crate) option: &'static str,
    pub(crate) text: String,
}

/// Everything that is wrong outside the file, a line each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct SettingsError(Vec<String>);

/// Reads the process's environment.
pub(crate) fn environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

/// Reads the file, when there is one, and puts all sources together.
///
/// # Errors
/// When the file cannot be read, and everything that is wrong in it or in the other sources.
pub(crate) fn load(
    file: Option<&Path>,
    environment: &[(OsString, OsString)],
    command_line: &[Override],
) -> anyhow::Result<Loaded> {
    let audit = match file {
        None => audit::Config::default(),
        Some(path) => {
            let name = path.display().to_string();
            let bytes = std::fs::read(path).with_context(|| format!("cannot read `{name}`"))?;
            let text = String::from_utf8(bytes).with_context(|| format!("`{name}` is not UTF-8"))?;
            audit::parse(&name, &text, checks::ALL)?
        }
    };
    Ok(resolve(audit, environment, command_line)?)
}

fn resolve(
    audit: audit::Config,
    environment: &[(OsString, OsString)],
    command_line: &[Override],
) -> Result<Loaded, SettingsError> {
    let mut chosen: Vec<Chosen> = KEYS
        .iter()
        .map(|key| Chosen { key, text: key.default.to_owned(), source: Source::Default })
        .collect();
    let mut problems = vec![];
    let mut choose = |path: &str, text: &str, source: Source| {
        let one = chosen.iter_mut().find(|one| one.key.path() == path)?;
        if let Err(expected) = (one.key.check)(text) {
            return Some(Err(format!("is `{text}`, expected {expected}")));
        }
        (one.text, one.source) = (text.to_owned(), source);
        Some(Ok(()))
    };
    for given in &audit.settings {
        // The file's reader has looked at each already.
        choose(&given.key.path(), &given.text, Source::File(given.line));
    }
    for (name, text) in environment {
        let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
        let Some(text) = text.to_str() else {
            problems.push(format!("{name}: is not UTF-8"));
            continue;
        };
        let path = KEYS.iter().find(|key| key.variable() == name).map(Key::path);
        match path.and_then(|path| choose(&path, text, Source::Environment)) {
            Some(Ok(())) => {}
            Some(Err(problem)) => problems.push(format!("{name}: {problem}")),
            None => {
                let near = nearest(name, KEYS.iter().map(Key::variable));
                problems.push(format!("{name}: there is no such setting{}", suggestion(&near)));
            }
        }
    }
    for Override { key, option, text } in command_line {
        match choose(key, text, Source::CommandLine) {
            Some(Ok(())) => {}
            Some(Err(problem)) => problems.push(format!("{option}: {problem}")),
            None => problems.push(format!("{option}: there is no setting `{key}`")),
        }
    }
    let settings = Settings::from_texts(chosen.iter().map(|one| one.text.as_str()));
    if let Some(settings) = &settings {
        problems.extend(settings.contradictions());
    }
    match settings {
        Some(settings) if problems.is_empty() => Ok(Loaded { settings, chosen, audit }),
        _ => Err(SettingsError(problems)),
    }
}

impl Settings {
    /// What is wrong with settings that are fine one by one.
    fn contradictions(&self) -> Vec<String> {
        let mut problems = vec![];
        for (one, other, has_one, has_other) in [
            (
                "server.tls_cert",
                "server.tls_key",
                self.server.tls_cert.is_some(),
                self.server.tls_key.is_some(),
            ),
            ("pki.ca_cert", "pki.ca_key", self.pki.ca_cert.is_some(), self.pki.ca_key.is_some()),
            ("mqtt.tls_cert", "mqtt.tls_key", self.mqtt.tls_cert.is_some(), self.mqtt.tls_key.is_some()),
            (
                "notifications.smtp_server",
                "notifications.smtp_from",
                self.notifications.smtp_server.is_some(),
                self.notifications.smtp_from.is_some(),
            ),
            (
                "notifications.smtp_user",
                "notifications.smtp_password_file",
                self.notifications.smtp_user.is_some(),
                self.notifications.smtp_password_file.is_some(),
            ),
        ] {
            if has_one != has_other {
                let (given, missing) = if has_one { (one, other) } else { (other, one) };
                problems.push(format!("`{given}` is given without `{missing}`"));
            }
        }
        if self.quarantine.group.is_none() && !self.quarantine.deactivate_certificates {
            problems.push(
                "`quarantine.group` is empty and `quarantine.deactivate_certificates` is false: quarantine would do nothing"
                    .to_owned(),
            );
        }
        let limits = &self.limits;
        if limits.mqtt_keep_alive_seconds_min > limits.mqtt_keep_alive_seconds {
            problems.push(
                "`limits.mqtt_keep_alive_seconds_min` is more than `limits.mqtt_keep_alive_seconds`"
                    .to_owned(),
            );
        }
        if limits.mqtt_topic_bytes < limits.mqtt_client_id_bytes.saturating_add(EVENT_TOPIC_BYTES) {
            problems.push(format!(
                "`limits.mqtt_topic_bytes` is less than {EVENT_TOPIC_BYTES} more than `limits.mqtt_client_id_bytes`: topics of life-cycle events would be too long"
            ));
        }
        let accounts = &self.accounts.additional;
        for (at, account) in accounts.iter().enumerate() {
            if *account == self.server.account_id || accounts.iter().take(at).any(|before| before == account)
            {
                problems.push(format!("`accounts.additional` repeats `{account}`"));
            }
        }
        problems
    }

    /// All accounts that the server answers for, its own first.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        std::iter::once(&self.server.account_id).chain(&self.accounts.additional)
    }
}

/// Whether a variable of the environment means to be a setting.
fn is_ours(name: &str) -> bool {
    name.strip_prefix("THINGWARDEN_").is_some_and(|rest| rest.contains("__"))
}

/// The name that somebody may have meant.
fn nearest(name: &str, all: impl Iterator<Item = String>) -> Option<String> {
    let scored = all.map(|candidate| (strsim::normalized_damerau_levenshtein(name, &candidate), candidate));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= 0.7).then_some(best.1)
}

fn suggestion(near: &Option<String>) -> String {
    match near {
        Some(name) => format!("; did you mean `{name}`?"),
        None => "; `thingwarden config print` shows all".to_owned(),
    }
}

#[cfg(test)]
mod tests;
