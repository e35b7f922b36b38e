//! One record ([CloudWatch log entries](https://docs.aws.amazon.com/iot/latest/developerguide/cwl-format.html)).

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Map, Value};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::Scope;

use crate::random;

/// How important a record is; the later, the less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

impl Level {
    /// None for `DISABLED`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Error, Self::Warn, Self::Info, Self::Debug].into_iter().find(|level| level.as_str() == text)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
        }
    }
}

/// Whom records of one connection are about.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) scope: Scope,
    /// `MQTT` or `HTTP`.
    pub(crate) protocol: &'static str,
    /// Empty when it has none.
    pub(crate) client_id: Arc<str>,
    pub(crate) principal_id: Arc<str>,
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
}

/// What has happened.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) level: Level,
    pub(crate) who: Arc<Who>,
    /// For example `Publish-In`.
    pub(crate) event: &'static str,
    /// `reason` and `details` of what has failed.
    pub(crate) failure: Option<(&'static str, String)>,
    /// A topic or a filter.
    pub(crate) topic: Option<Box<str>>,
    /// The shadow that was asked for: of a classic one, the name of its thing.
    pub(crate) shadow: Option<Box<str>>,
    pub(crate) is_retained: bool,
    /// Quality of service of a retained message that was read, and when it was published.
    pub(crate) read: Option<(u8, Timestamp)>,
    pub(crate) disconnect_reason: Option<&'static str>,
}

impl Entry {
    /// As [`Common::line`].
    pub(super) fn line(&self) -> String {
        let who = &self.who;
        let text = |text: &str| Value::from(text);
        let mut members = vec![];
        let mut put = |name: &'static str, value: Value| members.push((name, value));
        put("protocol", text(who.protocol));
        if let Some(shadow) = &self.shadow {
            put("deviceShadowName", text(shadow));
        }
        if let Some(topic) = &self.topic {
            put("topicName", text(topic));
        }
        if let Some((qos, published)) = self.read {
            put("qos", text(&qos.to_string()));
            put("lastModifiedDate", text(&written(published)));
        }
        if !who.client_id.is_empty() {
            put("clientId", text(&who.client_id));
        }
        put("principalId", text(&who.principal_id));
        put("sourceIp", text(&who.address.to_string()));
        put("sourcePort", who.port.into());
        if self.is_retained {
            put("retain", text("True"));
        }
        if let Some((reason, details)) = &self.failure {
            put("reason", text(reason));
            put("details", text(details));
        }
        if let Some(reason) = self.disconnect_reason {
            put("disconnectReason", text(reason));
        }
        let common = Common {
            at: self.at,
            level: self.level,
            account: &who.scope.account,
            is_failure: self.failure.is_some(),
            event: self.event,
        };
        common.line(members.into_iter())
    }
}

/// What every record has.
pub(super) struct Common<'a> {
    pub(super) at: Timestamp,
    pub(super) level: Level,
    pub(super) account: &'a str,
    pub(super) is_failure: bool,
    pub(super) event: &'static str,
}

impl Common<'_> {
    /// A line without its end. The time comes first.
    pub(super) fn line(&self, more: impl Iterator<Item = (&'static str, Value)>) -> String {
        let common = [
            ("logLevel", self.level.as_str().into()),
            ("traceId", random::uuid().into()),
            ("accountId", self.account.into()),
            ("status", if self.is_failure { "Failure" } else { "Success" }.into()),
            ("eventType", self.event.into()),
        ];
        let members: Map<_, _> =
            common.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)).collect();
        let rest = Value::Object(members).to_string();
        let rest = rest.strip_prefix('{').unwrap_or_default();
        format!("{{\"timestamp\":\"{}\",{rest}", written(self.at))
    }
}

/// `2026-03-01 00:00:00.000`.
fn written(at: Timestamp) -> String {
    let text = at.to_string();
    let text = text.strip_suffix('Z').unwrap_or(&text).replacen('T', " ", 1);
    let (seconds, millis) = text.split_once('.').unwrap_or((&text, ""));
    format!("{seconds}.{millis:0<3}")
}

/// The time of a line that [`Entry::line`] wrote.
pub(super) fn time_of(line: &str) -> Option<Timestamp> {
    let text = line.strip_prefix("{\"timestamp\":\"")?.get(..23)?;
    Timestamp::parse(&format!("{}Z", text.replacen(' ', "T", 1))).ok()
}
