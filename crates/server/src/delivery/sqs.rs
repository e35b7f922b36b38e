//! Queues ([SendMessage](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html)), in AWS's
//! JSON protocol.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use thingwarden_store::records::MessageAttribute;

use super::attempt::Failure;
use super::aws;
use crate::api::App;
use crate::egress::AwsRequest;

const TIME_MAX: Duration = Duration::from_secs(30);

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
    let wanted = json!({"QueueName": name, "QueueOwnerAWSAccountId": account});
    let found = call(app, region, "GetQueueUrl", &wanted).await?;
    let Some(url) = found.get("QueueUrl").filter(|url| url.is_string()) else {
        return Err(Failure::passing("GetQueueUrl answered without a URL"));
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
    call(app, region, "SendMessage", &message).await.map(|_| ())
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
