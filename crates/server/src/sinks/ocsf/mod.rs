//! Findings as events of the Open Cybersecurity Schema Framework: lines of a file, bodies of requests, or syslog messages.

mod event;
mod file;
mod syslog;

use std::path::PathBuf;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde_json::Value as Json;

pub(crate) use self::event::Class;
use self::event::event;
use self::syslog::Receiver;
use super::finding::{About, SinkFinding};
use super::post::post;
use super::{Part, Sending, Sink, Taken, Trouble, What};
use crate::config::sinks::Transport;
use crate::egress::Client;

#[derive(Debug)]
pub(super) struct Ocsf {
    class: Class,
    to: To,
}

#[derive(Debug)]
enum To {
    File(PathBuf),
    Http { egress: Client, url: String, token: Option<HeaderValue> },
    Syslog(Receiver),
}

impl Ocsf {
    pub(super) fn to_file(class: Class, path: PathBuf) -> Self {
        Self { class, to: To::File(path) }
    }

    /// `token` is sent as a bearer token.
    ///
    /// # Errors
    /// When no header can hold it.
    pub(super) fn to_http(
        class: Class,
        egress: Client,
        url: String,
        token: Option<&str>,
    ) -> Result<Self, http::header::InvalidHeaderValue> {
        let token = token.map(|token| HeaderValue::try_from(format!("Bearer {token}"))).transpose()?;
        let token = token.map(|mut value| {
            value.set_sensitive(true);
            value
        });
        Ok(Self { class, to: To::Http { egress, url, token } })
    }

    pub(super) fn to_syslog(
        class: Class,
        egress: Client,
        transport: Transport,
        host: String,
        port: u16,
    ) -> Self {
        Self { class, to: To::Syslog(Receiver { egress, transport, host, port }) }
    }

    async fn put(&self, about: &About, findings: &[SinkFinding]) -> Result<Taken, Trouble> {
        let events = findings.iter().map(|finding| event(self.class, about, finding));
        let mut taken = Taken { sent: findings.len() as u64, ..Taken::default() };
        match &self.to {
            To::File(path) => {
                let (path, lines) = (path.clone(), lines(events));
                let written = tokio::task::spawn_blocking(move || {
                    file::append(&path, lines.as_bytes())
                        .map_err(|error| Trouble::new(format!("`{}`: {error}", path.display())))
                });
                written.await.map_err(|error| Trouble::new(error.to_string()))??;
            }
            To::Http { egress, url, token } => {
                let mut headers = HeaderMap::new();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
                if let Some(token) = token {
                    headers.insert(AUTHORIZATION, token.clone());
                }
                post(egress, url, headers, Bytes::from(lines(events))).await?;
            }
            To::Syslog(receiver) => {
                let messages: Vec<String> = events
                    .zip(findings)
                    .map(|(event, finding)| syslog::message(&event, finding.seen_ms))
                    .collect();
                taken.refused = receiver.send(&messages).await?;
                taken.sent = taken.sent.saturating_sub(taken.refused);
                taken.error = (taken.refused > 0).then(|| "too long for a datagram".to_owned());
            }
        }
        Ok(taken)
    }
}

impl Sink for Ocsf {
    fn send<'a>(&'a self, part: Part<'a>) -> Sending<'a> {
        Box::pin(async move {
            match part.what {
                What::Findings(findings) => self.put(part.about, findings).await,
                What::End { .. } => Ok(Taken::default()),
            }
        })
    }
}

fn lines(events: impl Iterator<Item = Json>) -> String {
    events.map(|event| format!("{event}\n")).collect()
}
