//! Publish and PublishBatch: what a client sends becomes a message.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use thingwarden_store::Writer;
use thingwarden_store::records::{MessageAttribute, Topic};

use super::error::{invalid, no_topic, topic_arn};
use super::publish::{MESSAGE_BYTES_MAX, NewMessage, publish as write};
use crate::iam::{Cx, Outcome};
use crate::query::{Form, QueryError, Xml};

/// Messages of a batch.
const BATCH_MAX: usize = 10;
/// Characters of a subject: fewer than a hundred.
const SUBJECT_CHARS_MAX: usize = 99;
/// Attributes of a message; SNS has no limit but that of the size.
const ATTRIBUTES_MAX: usize = 100;

pub(super) fn publish(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let (topic, target) = (form.take("TopicArn"), form.take("TargetArn"));
    if form.peek("PhoneNumber").is_some() {
        return Err(invalid("PhoneNumber Reason: text messages are not served here"));
    }
    let (Some(text), None) = (topic.as_ref().or(target.as_ref()), topic.as_ref().and(target.as_ref())) else {
        return Err(invalid("TopicArn or TargetArn Reason: one of them is needed"));
    };
    let message = take_message(form, "")?;
    let id = write_to(cx, store, text, &message)?;
    let mut xml = Xml::new();
    xml.text("MessageId", &id);
    Ok(Some(xml))
}

pub(super) fn publish_batch(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    const ENTRIES: &str = "PublishBatchRequestEntries";
    let bad = |code, message: &str| Err(QueryError::new(400, code, message));
    let text = form.take("TopicArn").unwrap_or_default();
    let entries = form.items(ENTRIES, usize::MAX, |form, member| {
        let Some(id) = form.take(&format!("{member}.Id")) else { return Ok(None) };
        Ok(Some((id, take_message(form, &format!("{member}.")))))
    })?;
    if entries.is_empty() {
        return bad("EmptyBatchRequest", "The batch request doesn't contain any entries.");
    }
    if entries.len() > BATCH_MAX {
        return bad(
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        );
    }
    let ids: BTreeSet<&String> = entries.iter().map(|(id, _)| id).collect();
    if ids.len() < entries.len() {
        return bad("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
    }
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !ids.iter().all(|id| (1..=80).contains(&id.len()) && id.bytes().all(is_character)) {
        return bad(
            "InvalidBatchEntryId",
            "The Id of a batch entry in a batch request doesn't abide by the specification.",
        );
    }
    let bytes: usize =
        entries.iter().filter_map(|(_, message)| message.as_ref().ok()).map(NewMessage::bytes).sum();
    if bytes > MESSAGE_BYTES_MAX {
        return bad(
            "BatchRequestTooLong",
            "The length of all the batch messages put together is more than the limit.",
        );
    }
    let (mut sent, mut failed) = (vec![], vec![]);
    for (id, message) in entries {
        match message.and_then(|message| write_to(cx, store, &text, &message)) {
            Ok(message_id) => sent.push((id, message_id)),
            // What is wrong with one message is told with it; what is wrong with all ends the request.
            Err(error) if matches!(error.code, "InvalidParameter" | "ParameterValueInvalid") => {
                failed.push((id, error))
            }
            Err(error) => return Err(error),
        }
    }
    let mut xml = Xml::new();
    xml.list("Successful", sent, |xml, (id, message_id)| {
        xml.text("Id", &id).text("MessageId", &message_id);
    });
    xml.list("Failed", failed, |xml, (id, error)| {
        xml.text("Id", &id).text("Code", error.code).text("Message", &error.message);
        xml.text("SenderFault", "true");
    });
    Ok(Some(xml))
}

fn write_to(cx: &Cx, store: &Writer<'_>, text: &str, message: &NewMessage) -> Result<String, QueryError> {
    let arn = topic_arn(cx, "TopicArn", text)?;
    // Who publishes here means a topic that is kept here.
    if store.in_scope(&arn.scope)?.get::<Topic>(&arn.name)?.is_none() {
        return Err(no_topic());
    }
    Ok(write(store, cx.now_ms(), text, message)?)
}

/// Takes a message, whose parameters begin with `prefix`.
fn take_message(form: &mut Form, prefix: &str) -> Result<NewMessage, QueryError> {
    let message = form.take(&format!("{prefix}Message")).unwrap_or_default();
    let subject = form.take(&format!("{prefix}Subject"));
    let structure = form.take(&format!("{prefix}MessageStructure"));
    let attributes = take_attributes(form, &format!("{prefix}MessageAttributes"))?;
    for parameter in ["MessageGroupId", "MessageDeduplicationId"] {
        if form.take(&format!("{prefix}{parameter}")).is_some() {
            return Err(invalid(format!("{parameter} Reason: it is for FIFO topics only")));
        }
    }
    if message.is_empty() {
        return Err(invalid("Empty message"));
    }
    if subject.as_deref().is_some_and(|subject| !is_subject(subject)) {
        return Err(invalid("Subject"));
    }
    let mut new = NewMessage { subject, message, per_protocol: BTreeMap::new(), attributes };
    match structure.as_deref() {
        None => {}
        Some("json") => (new.message, new.per_protocol) = per_protocol(&new.message)?,
        Some(_) => return Err(invalid("MessageStructure")),
    }
    Ok(new)
}

/// ASCII text that begins with a letter, a digit or punctuation, without control characters.
fn is_subject(text: &str) -> bool {
    let is_short = (1..=SUBJECT_CHARS_MAX).contains(&text.len());
    is_short
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && text.bytes().next().is_some_and(|first| first.is_ascii_graphic())
}

/// The default text, and those of protocols, of a message in `MessageStructure` `json`.
fn per_protocol(text: &str) -> Result<(String, BTreeMap<String, String>), QueryError> {
    let Ok(Value::Object(members)) = serde_json::from_str(text) else {
        return Err(invalid("Message Structure - JSON message body failed to parse"));
    };
    let mut texts = BTreeMap::new();
    for (name, value) in members {
        // What is not text, SNS leaves out.
        if let Value::String(value) = value {
            texts.insert(name, value);
        }
    }
    let default = texts.remove("default").filter(|text| !text.is_empty());
    let default =
        default.ok_or_else(|| invalid("Message Structure - No default entry in JSON message body"))?;
    Ok((default, texts))
}

fn take_attributes(form: &mut Form, name: &str) -> Result<BTreeMap<String, MessageAttribute>, QueryError> {
    let taken = form.entries(name, ATTRIBUTES_MAX, |form, entry| {
        let Some(name) = form.take(&format!("{entry}.Name")) else { return Ok(None) };
        let value = |form: &mut Form, member: &str| form.take(&format!("{entry}.Value.{member}"));
        let data_type = value(form, "DataType").unwrap_or_default();
        let (text, binary) = (value(form, "StringValue"), value(form, "BinaryValue"));
        Ok(Some((name, data_type, text, binary)))
    })?;
    let mut attributes = BTreeMap::new();
    for (name, data_type, text, binary) in taken {
        let value = check_attribute(&name, &data_type, text, binary).map_err(|why| {
            QueryError::new(
                400,
                "ParameterValueInvalid",
                format!("The message attribute '{}' {why}", name.escape_debug()),
            )
        })?;
        if attributes.insert(name, MessageAttribute { data_type, value }).is_some() {
            return Err(invalid("MessageAttributes Reason: a name is there twice"));
        }
    }
    Ok(attributes)
}

/// The value of an attribute
/// ([message attributes](https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html)).
fn check_attribute(
    name: &str,
    data_type: &str,
    text: Option<String>,
    binary: Option<String>,
) -> Result<String, &'static str> {
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_good = (1..=256).contains(&name.len()) && name.bytes().all(is_character);
    let lower = name.to_ascii_lowercase();
    if !is_good || name.starts_with('.') || name.ends_with('.') || name.contains("..") {
        return Err("has a name that is none: letters, digits, `_`, `-` and `.` between them, at most 256");
    }
    if lower.starts_with("aws.") || lower.starts_with("amazon.") {
        return Err("has a name that is reserved");
    }
    let (kind, label) = data_type.split_once('.').unwrap_or((data_type, ""));
    if data_type.len() > 256 || !data_type.bytes().all(is_character) {
        return Err("has an invalid message attribute type");
    }
    let given = text.filter(|text| !text.is_empty());
    match (kind, given, binary) {
        ("Binary", None, Some(value)) => {
            BASE64_STANDARD.decode(&value).map(|_| value).map_err(|_| "has a value that is not base64")
        }
        ("String", Some(value), None) => {
            let is_array = || matches!(serde_json::from_str(&value), Ok(Value::Array(_)));
            if label.split('.').next() == Some("Array") && !is_array() {
                return Err("has a value that is not a JSON list");
            }
            Ok(value)
        }
        ("Number", Some(value), None) => {
            let is_number = value.parse::<f64>().is_ok_and(f64::is_finite);
            if is_number { Ok(value) } else { Err("has a value that is not a number") }
        }
        ("String" | "Number" | "Binary", ..) => {
            Err("must contain a non-empty message attribute value of its type")
        }
        _ => Err(
            "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(form: &str) -> Result<NewMessage, QueryError> {
        take_message(&mut Form::parse(form.as_bytes()).unwrap(), "")
    }

    #[test]
    fn structures_have_a_text_for_each_protocol() {
        let got =
            message("MessageStructure=json&Message={\"default\":\"d\",\"sqs\":\"q\",\"other\":1}").unwrap();
        assert_eq!((got.message.as_str(), got.per_protocol["sqs"].as_str()), ("d", "q"));
        assert_eq!(got.per_protocol.len(), 1);
        for bad in ["{", "[]", "{}", "{\"default\":1}", "{\"sqs\":\"q\"}"] {
            let error = message(&format!("MessageStructure=json&Message={bad}")).unwrap_err();
            assert!(error.message.contains("Message Structure"), "{bad}: {}", error.message);
        }
        assert!(message("MessageStructure=xml&Message=m").is_err());
    }

    #[test]
    fn subjects_are_one_line_of_ascii() {
        for (good, text) in [
            (true, "a"),
            (true, "A subject, with spaces!"),
            (false, ""),
            (false, " a"),
            (false, "a\nb"),
            (false, "é"),
            (true, &"x".repeat(99)),
            (false, &"x".repeat(100)),
        ] {
            assert_eq!(is_subject(text), good, "{text}");
        }
    }

    #[test]
    fn attributes_are_what_their_type_says() {
        let check = |name: &str, data_type: &str, text: &str| {
            check_attribute(name, data_type, Some(text.to_owned()), None)
        };
        for (name, data_type, text) in [
            ("a", "String", "x"),
            ("a.b-c_D", "String.label", "x"),
            ("a", "String.Array", "[1,\"x\"]"),
            ("a", "Number.int", "-1.5e3"),
        ] {
            assert_eq!(check(name, data_type, text).unwrap(), text);
        }
        assert_eq!(check_attribute("a", "Binary", None, Some("AAE=".to_owned())).unwrap(), "AAE=");
        for (name, data_type, text) in [
            ("", "String", "x"),
            (".a", "String", "x"),
            ("a..b", "String", "x"),
            ("AWS.a", "String", "x"),
            ("a b", "String", "x"),
            ("a", "", "x"),
            ("a", "Text", "x"),
            ("a", "String", ""),
            ("a", "String.Array", "x"),
            ("a", "Number", "x"),
            ("a", "Number", "inf"),
            ("a", "Binary", "x"),
        ] {
            assert!(check(name, data_type, text).is_err(), "{name} {data_type} {text}");
        }
        assert!(check_attribute("a", "Binary", None, Some("%".to_owned())).is_err());
    }
}
