//! Connection history: AWS IoT log records, presence events, and what CloudWatch wraps around them.

use serde::Deserialize;
use thingwarden_engine::fleet::{ConnectionEventKind, Fact};

use super::digest::Output;
use super::items::{Connection, Item, LoggedEvent, LoggedRequest};
use super::json::{Members, Text, Time};

/// The members that matter of a log record or a presence event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow)]
    event_type: Text<'a>,
    #[serde(default)]
    timestamp: Option<Time>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(borrow, default)]
    client_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "principalIdentifier")]
    principal_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ipAddress")]
    source_ip: Option<Text<'a>>,
    #[serde(borrow, default)]
    reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    disconnect_reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    protocol: Option<Text<'a>>,
    #[serde(borrow, default)]
    topic_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    device_shadow_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    retain: Option<Text<'a>>,
}

/// A record by itself; false when it is something else.
pub(super) fn record_document(text: &[u8], line: u32, output: &mut Output<'_>) -> bool {
    match serde_json::from_slice::<Record<'_>>(text) {
        Ok(record) => {
            take(&record, None, line, output);
            true
        }
        Err(_) => false,
    }
}

/// A record that begins with an unusual member, or a log event that was cut out of its list.
pub(super) fn object(members: &Members<'_>, text: &[u8], line: u32, output: &mut Output<'_>) -> bool {
    if members.has("eventType") {
        if !record_document(text, line, output) {
            output.broken(
                line,
                "a log record whose members have the wrong types".to_owned(),
                &[Fact::ConnectionLog],
            );
        }
        return true;
    }
    if members.has("message") && members.has("timestamp") {
        event(std::str::from_utf8(text).unwrap_or_default(), line, output);
        return true;
    }
    false
}

/// An element of `events`: CloudWatch's event around a record.
pub(super) fn event(raw: &str, line: u32, output: &mut Output<'_>) {
    #[derive(Deserialize)]
    struct Event<'a> {
        #[serde(borrow)]
        message: Text<'a>,
        #[serde(default)]
        timestamp: Option<Time>,
    }
    let Ok(event) = serde_json::from_str::<Event<'_>>(raw) else {
        return output.broken(line, "a log event without `message`".to_owned(), &[Fact::ConnectionLog]);
    };
    match serde_json::from_str::<Record<'_>>(event.message.as_str()) {
        Ok(record) => take(&record, event.timestamp, line, output),
        // Other applications write to log groups too.
        Err(_) => output.push(line, Item::Unused),
    }
}

fn take(record: &Record<'_>, around: Option<Time>, line: u32, output: &mut Output<'_>) {
    if output.shared.in_full {
        request(record, around, line, output);
    }
    let is = |text: &Option<Text<'_>>, word: &str| text.as_ref().is_some_and(|text| text.as_str() == word);
    let kind = match record.event_type.as_str() {
        "Connect" if is(&record.status, "Success") => ConnectionEventKind::Connected,
        // Nobody connected, but the log is there.
        "Connect" | "connect_failed" => return output.push(line, Item::Present(Fact::ConnectionLog)),
        "connected" => ConnectionEventKind::Connected,
        "Disconnect" | "disconnected" => {
            // The log and the presence event spell it differently.
            let reasons = [&record.reason, &record.disconnect_reason];
            let displaced =
                reasons.iter().any(|one| is(one, "DUPLICATE_CLIENT_ID") || is(one, "DUPLICATE_CLIENTID"));
            if displaced { ConnectionEventKind::Displaced } else { ConnectionEventKind::Disconnected }
        }
        _ => return output.push(line, Item::Unused),
    };
    let time = record.timestamp.and_then(|time| time.0).or(around.and_then(|time| time.0));
    let (Some(time), Some(client_id)) = (time, &record.client_id) else {
        let what = "a connection record without `clientId` or with an unreadable `timestamp`";
        return output.broken(line, what.to_owned(), &[Fact::ConnectionLog]);
    };
    let connection = Connection {
        time,
        kind,
        client_id: client_id.as_str().to_owned(),
        principal: record.principal_id.as_ref().map(|one| one.as_str().to_owned()).unwrap_or_default(),
        source_ip: record.source_ip.as_ref().and_then(|one| one.as_str().parse().ok()),
    };
    output.push(line, Item::Connection(Box::new(connection)));
}

/// What a device asked for, for those who play it again.
fn request(record: &Record<'_>, around: Option<Time>, line: u32, output: &mut Output<'_>) {
    let owned = |text: &Option<Text<'_>>| text.as_ref().map(|text| text.as_str().to_owned());
    let is = |text: &Option<Text<'_>>, word: &str| {
        text.as_ref().is_some_and(|text| text.as_str().eq_ignore_ascii_case(word))
    };
    let event = match record.event_type.as_str() {
        "Connect" => LoggedEvent::Connect,
        "Publish-In" => LoggedEvent::Publish { retain: is(&record.retain, "True") },
        "Publish-Out" => LoggedEvent::Receive,
        "Subscribe" => LoggedEvent::Subscribe,
        "GetThingShadow" => LoggedEvent::Shadow("iot:GetThingShadow"),
        "UpdateThingShadow" => LoggedEvent::Shadow("iot:UpdateThingShadow"),
        "DeleteThingShadow" => LoggedEvent::Shadow("iot:DeleteThingShadow"),
        "GetRetainedMessage" => LoggedEvent::GetRetained,
        "ListRetainedMessage" | "ListRetainedMessages" => LoggedEvent::ListRetained,
        _ => return,
    };
    let request = LoggedRequest {
        time: record.timestamp.and_then(|time| time.0).or(around.and_then(|time| time.0)),
        event,
        over_http: is(&record.protocol, "HTTP"),
        client_id: owned(&record.client_id),
        principal: owned(&record.principal_id).unwrap_or_default(),
        topic: owned(&record.topic_name),
        thing: owned(&record.device_shadow_name),
        source_ip: record.source_ip.as_ref().and_then(|one| one.as_str().parse().ok()),
        failed: is(&record.status, "Failure"),
    };
    output.push(line, Item::Request(Box::new(request)));
}
