//! Who is asked: a channel to send to, the secret that answers are signed with, and who may answer.

use std::ffi::OsString;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use zeroize::Zeroizing;

use crate::config::approvals::{ApproverConfig, ApproverKind};
use crate::config::sinks::{SecretPlace, web_address};
use crate::egress::Client;
use crate::sinks::slack::Slack;
use crate::sinks::webhook::Webhook;

/// Where the addresses that Slack gives for changing a message are (api.slack.com, "Handling user interaction").
const SLACK_HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];

/// An approver with its secrets.
#[derive(Debug)]
pub(crate) struct Approver {
    pub(super) name: String,
    pub(super) channel: Channel,
    users: Vec<String>,
}

/// How an approver is asked and answers.
pub(super) enum Channel {
    Slack {
        slack: Slack,
        signing_secret: Zeroizing<String>,
    },
    /// The same secret signs both ways.
    Webhook(Webhook),
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Slack { .. } => "Slack",
            Self::Webhook(_) => "Webhook",
        })
    }
}

impl Approver {
    /// # Errors
    /// When a secret cannot be read. The text never has the secret in it.
    pub(super) fn open(
        config: &ApproverConfig,
        environment: &[(OsString, OsString)],
        egress: &Client,
    ) -> anyhow::Result<Arc<Self>> {
        let secret = |place: &SecretPlace| {
            let read = place.read(environment).map_err(|problem| anyhow!(problem));
            read.with_context(|| format!("approver `{}`", config.name))
        };
        let egress = egress.clone();
        let channel = match &config.kind {
            ApproverKind::Slack { url, signing_secret } => Channel::Slack {
                slack: Slack { egress, url: secret(url)? },
                signing_secret: secret(signing_secret)?,
            },
            ApproverKind::Webhook { url, secret: place } => {
                Channel::Webhook(Webhook { egress, url: url.to_string(), secret: secret(place)? })
            }
        };
        Ok(Arc::new(Self { name: config.name.clone(), channel, users: config.users.clone() }))
    }

    /// Whether somebody may answer.
    pub(super) fn admits(&self, user: &str) -> bool {
        self.users.iter().any(|known| known == user)
    }

    /// Whether a message may be changed at this address: Slack's own, or where this approver is asked.
    pub(super) fn may_change_at(&self, url: &str) -> bool {
        let Channel::Slack { slack, .. } = &self.channel else { return false };
        let Ok(given) = web_address(url) else { return false };
        let is_slack = given.scheme_str() == Some("https")
            && given.authority().is_some_and(|authority| SLACK_HOSTS.contains(&authority.as_str()));
        let is_own = web_address(&slack.url)
            .is_ok_and(|own| (own.scheme(), own.authority()) == (given.scheme(), given.authority()));
        is_slack || is_own
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn slack(name: &str, secret: &str, users: &[&str]) -> Arc<Approver> {
        let slack = Slack {
            egress: crate::egress::testing::open_client(),
            url: Zeroizing::new("https://chat.example:8443/services/T/B/x".to_owned()),
        };
        let signing_secret = Zeroizing::new(secret.to_owned());
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        Arc::new(Approver { name: name.to_owned(), channel: Channel::Slack { slack, signing_secret }, users })
    }

    pub(in super::super) fn webhook(name: &str, secret: &str, users: &[&str]) -> Arc<Approver> {
        let webhook = Webhook {
            egress: crate::egress::testing::open_client(),
            url: "https://hook.example/in".to_owned(),
            secret: Zeroizing::new(secret.to_owned()),
        };
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        Arc::new(Approver { name: name.to_owned(), channel: Channel::Webhook(webhook), users })
    }

    #[test]
    fn messages_are_changed_at_slack_and_nowhere_else() {
        let approver = slack("chat", "0123456789abcdef", &["U1"]);
        for good in ["https://hooks.slack.com/actions/T/1/x", "https://chat.example:8443/anything"] {
            assert!(approver.may_change_at(good), "{good}");
        }
        for bad in [
            "http://hooks.slack.com/actions/T/1/x",
            "https://hooks.slack.com.evil.example/x",
            "https://hooks.slack.com:444/x",
            "https://user@hooks.slack.com/x",
            "https://evil.example/hooks.slack.com",
            "http://chat.example:8443/x",
            "https://chat.example/x",
            "http://169.254.169.254/latest",
            "",
        ] {
            assert!(!approver.may_change_at(bad), "{bad}");
        }
        assert!(!webhook("hook", "0123456789abcdef", &["a"]).may_change_at("https://hooks.slack.com/x"));
        assert!(!format!("{approver:?}").contains("0123456789"));
    }
}
