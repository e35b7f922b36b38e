//! Queues ([SendMessage](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html)), in AWS's
//! JSON protocol.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use thingwarden_store::records::MessageAttribute;

use super::attempt::Failure;
use super::aws;
use crate::api::App;
use crate::clock;
use crate::egress::AwsRequest;

const TIME_MAX: Duration = Duration::from_secs(30);
/// Queues whose URLs are remembered, and how long. When there are more, all are asked for again.
const KNOWN_MAX: usize = 1000;
const KNOWN_TIME_MAX: Duration = Duration::from_secs(600);

/// The URLs of queues, by ARN: they hardly ever change, and a call for each message would double the calls.
#[derive(Debug, Default)]
pub(crate) struct QueueUrls(Mutex<HashMap<String, (Instant, String)>>);

impl QueueUrls {
    fn get(&self, arn: &str, now: Instant) -> Option<String> {
        let known = self.all();
        let (since, url) = known.get(arn)?;
        (now.duration_since(*since) < KNOWN_TIME_MAX).then(|| url.clone())
    }

    fn put(&self, arn: &str, url: &str, now: Instant) {
        let mut known = self.all();
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(arn.to_owned(), (now, url.to_owned()));
    }

    /// A queue that could not be sent to may be a new one of the same name.
    fn forget(&self, arn: &str) {
        self.all().remove(arn);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, (Instant, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a message to the queue with this ARN. `attributes` go with it when it is sent without SNS's document around it. A FIFO
/// queue gets the topic as group, and `id` to tell repetitions by.
pub(super) async fn send(
    app: &App,
    arn: &str,
    body: String,
    attributes: Option<&BTreeMap<String, MessageAttribute>>,
    group: &str,
    id: &str,
) -> Result<(), Failure> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", _, "sqs", region, account, name] = *parts.as_slice() else {
        return Err(Failure::permanent("the endpoint is not the ARN of a queue"));
    };
    let url = match app.queue_urls.get(arn, clock::stopwatch()) {
        Some(url) => url,
        None => {
            let wanted = json!({"QueueName": name, "QueueOwnerAWSAccountId": account});
            let found = call(app, region, "GetQueueUrl", &wanted).await?;
            let Some(url) = found.get("QueueUrl").and_then(Value::as_str) else {
                return Err(Failure::passing("GetQueueUrl answered without a URL"));
            };
            app.queue_urls.put(arn, url, clock::stopwatch());
            url.to_owned()
        }
    };
    let mut message = json!({"QueueUrl": url, "MessageBody": body});
    if let (Some(attributes), Some(members)) =
        (attributes.filter(|all| !all.is_empty()), message.as_object_mut())
    {
        let attributes: BTreeMap<&str, Value> =
            attributes.iter().map(|(name, attribute)| (name.as_str(), value(attribute))).collect();
        members.insert("MessageAttributes".to_owned(), json!(attributes));
    }
    if let (true, Some(members)) = (name.ends_with(".fifo"), message.as_object_mut()) {
        members.insert("MessageGroupId".to_owned(), group.into());
        members.insert("MessageDeduplicationId".to_owned(), id.into());
    }
    let sent = call(app, region, "SendMessage", &message).await;
    if sent.is_err() {
        app.queue_urls.forget(arn);
    }
    sent.map(|_| ())
}

fn value(attribute: &MessageAttribute) -> Value {
    // What queues do not know as a type of their own is text to them.
    let data_type = match attribute.data_type.as_str() {
        "String.Array" => "String",
        known => known,
    };
    let member = if data_type.starts_with("Binary") { "BinaryValue" } else { "StringValue" };
    json!({"DataType": data_type, member: attribute.value})
}

async fn call(app: &App, region: &str, operation: &str, input: &Value) -> Result<Value, Failure> {
    let target = HeaderValue::try_from(format!("AmazonSQS.{operation}"));
    let target = target.map_err(|_| Failure::permanent("there is no such operation"))?;
    let request = AwsRequest {
        method: Method::POST,
        path: "/".to_owned(),
        headers: HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0")),
            (HeaderName::from_static("x-amz-target"), target),
        ]),
        body: Bytes::from(input.to_string()),
        timeout: TIME_MAX,
    };
    let response = app.aws.call("sqs", region, request).await?;
    aws::outcome(&response, aws::json_code(&response).as_deref())?;
    serde_json::from_slice(&response.body)
        .map_err(|_| Failure::passing(format!("{operation} answered no JSON")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_remembered_for_a_while_and_never_too_many() {
        let (known, now) = (QueueUrls::default(), clock::stopwatch());
        known.put("a", "http://a", now);
        assert_eq!(known.get("a", now + KNOWN_TIME_MAX / 2).as_deref(), Some("http://a"));
        assert_eq!(known.get("a", now + KNOWN_TIME_MAX), None);
        known.forget("a");
        assert_eq!(known.get("a", now), None);
        for number in 0..KNOWN_MAX * 2 + 1 {
            known.put(&number.to_string(), "u", now);
        }
        assert_eq!(known.all().len(), 1);
    }
}
