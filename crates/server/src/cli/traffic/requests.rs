//! From log records to the requests that policies decide.

use std::collections::BTreeMap;

use thingwarden_engine::policy::Context;
use thingwarden_engine::prove::Scope;

use crate::snapshot::{LoggedEvent, LoggedRequest};

/// A request: the action, and the resource without the first five fields of its ARN (`topic/a`); `*` where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) action: &'static str,
    pub(super) name: String,
}

/// Why records are no requests that can be played again, with how many there are.
#[derive(Clone, Debug, Default)]
pub(super) struct NotPlayed(BTreeMap<&'static str, u64>);

impl NotPlayed {
    pub(super) fn add(&mut self, why: &'static str) {
        *self.0.entry(why).or_default() += 1;
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(why, count)| (*why, *count))
    }
}

/// What a record asked for.
///
/// # Errors
/// Why nobody can tell.
pub(super) fn asked(record: &LoggedRequest) -> Result<Vec<Asked>, &'static str> {
    const NO_TOPIC: &str = "records without `topicName`";
    let topic = || record.topic.clone().ok_or(NO_TOPIC);
    let one = |action, name| vec![Asked { action, name }];
    Ok(match record.event {
        LoggedEvent::Connect => {
            let client = record.client_id.as_deref().ok_or("records of Connect without `clientId`")?;
            one("iot:Connect", format!("client/{client}"))
        }
        LoggedEvent::Publish { retain } => {
            let name = format!("topic/{}", topic()?);
            let mut all = one("iot:Publish", name.clone());
            if retain {
                all.push(Asked { action: "iot:RetainPublish", name });
            }
            all
        }
        LoggedEvent::Receive => one("iot:Receive", format!("topic/{}", topic()?)),
        LoggedEvent::Subscribe => one("iot:Subscribe", format!("topicfilter/{}", topic()?)),
        LoggedEvent::Shadow(action) if record.over_http => {
            let thing = record.thing.as_deref().ok_or("records of shadows without `deviceShadowName`")?;
            let shadow = record.topic.as_deref().and_then(named_shadow);
            one(
                action,
                shadow.map_or_else(|| format!("thing/{thing}"), |name| format!("thing/{thing}/{name}")),
            )
        }
        // Over MQTT a shadow is a topic, and that is what was decided.
        LoggedEvent::Shadow(_) => one("iot:Publish", format!("topic/{}", topic()?)),
        LoggedEvent::GetRetained => one("iot:GetRetainedMessage", format!("topic/{}", topic()?)),
        LoggedEvent::ListRetained => one("iot:ListRetainedMessages", "*".to_owned()),
    })
}

/// The name in `$aws/things/THING/shadow/name/NAME/...`.
fn named_shadow(topic: &str) -> Option<&str> {
    let (_, rest) = topic.split_once("/shadow/name/")?;
    rest.split('/').next()
}

/// The whole ARN.
pub(super) fn resource(scope: &Scope, name: &str) -> String {
    if name == "*" { "*".to_owned() } else { scope.arn(name) }
}

/// Adds the keys that the record itself brings.
pub(super) fn add_to(context: &mut Context, record: &LoggedRequest) {
    if let Some(client) = record.client_id.as_deref().filter(|_| !record.over_http) {
        context.insert("iot:ClientId", [client]);
    }
    if let Some(address) = record.source_ip {
        context.insert("aws:SourceIp", [address.to_string()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(event: LoggedEvent, topic: &str, over_http: bool) -> LoggedRequest {
        LoggedRequest {
            time: None,
            event,
            over_http,
            client_id: Some("c".to_owned()),
            principal: "p".to_owned(),
            topic: Some(topic.to_owned()),
            thing: Some("t".to_owned()),
            source_ip: None,
            failed: false,
        }
    }

    #[test]
    fn records_are_the_requests_that_were_decided() {
        let check = |event, topic: &str, over_http, expected: &[(&str, &str)]| {
            let found = asked(&record(event, topic, over_http)).unwrap();
            let found: Vec<_> = found.iter().map(|one| (one.action, one.name.as_str())).collect();
            assert_eq!(found, expected);
        };
        check(LoggedEvent::Connect, "", false, &[("iot:Connect", "client/c")]);
        check(
            LoggedEvent::Publish { retain: true },
            "a/b",
            false,
            &[("iot:Publish", "topic/a/b"), ("iot:RetainPublish", "topic/a/b")],
        );
        check(LoggedEvent::Subscribe, "a/+", false, &[("iot:Subscribe", "topicfilter/a/+")]);
        let get = LoggedEvent::Shadow("iot:GetThingShadow");
        check(get, "$aws/things/t/shadow/get", false, &[("iot:Publish", "topic/$aws/things/t/shadow/get")]);
        check(get, "$aws/things/t/shadow/get", true, &[("iot:GetThingShadow", "thing/t")]);
        check(get, "$aws/things/t/shadow/name/n/get", true, &[("iot:GetThingShadow", "thing/t/n")]);
        check(LoggedEvent::ListRetained, "", true, &[("iot:ListRetainedMessages", "*")]);
    }

    #[test]
    fn what_is_missing_is_said() {
        let mut without = record(LoggedEvent::Subscribe, "", false);
        without.topic = None;
        assert_eq!(asked(&without), Err("records without `topicName`"));
    }
}
