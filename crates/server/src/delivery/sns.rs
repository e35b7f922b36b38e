//! Topics that are not kept here: SNS itself ([Publish](https://docs.aws.amazon.com/sns/latest/api/API_Publish.html)).

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use thingwarden_store::records::Message;

use super::attempt::Failure;
use super::aws;
use crate::api::App;
use crate::egress::AwsRequest;

const TIME_MAX: Duration = Duration::from_secs(30);
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");

/// Publishes a message to a topic of SNS.
pub(super) async fn publish(app: &App, arn: &str, region: &str, message: &Message) -> Result<(), Failure> {
    let request = AwsRequest {
        method: Method::POST,
        path: "/".to_owned(),
        headers: HeaderMap::from_iter([(CONTENT_TYPE, FORM)]),
        body: Bytes::from(form(arn, message)),
        timeout: TIME_MAX,
    };
    let response = app.aws.call("sns", region, request).await?;
    let body = String::from_utf8_lossy(&response.body);
    let code =
        body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    aws::outcome(&response, code)
}

fn form(arn: &str, message: &Message) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "Publish").append_pair("Version", "2010-03-31").append_pair("TopicArn", arn);
    if let Some(subject) = &message.subject {
        form.append_pair("Subject", subject);
    }
    if message.per_protocol.is_empty() {
        form.append_pair("Message", &message.message);
    } else {
        let mut texts = json!(message.per_protocol);
        if let Some(texts) = texts.as_object_mut() {
            texts.insert("default".to_owned(), Value::from(message.message.as_str()));
        }
        form.append_pair("MessageStructure", "json").append_pair("Message", &texts.to_string());
    }
    for (at, (name, attribute)) in message.attributes.iter().enumerate() {
        let entry = format!("MessageAttributes.entry.{}", at + 1);
        let member = if attribute.data_type.starts_with("Binary") { "BinaryValue" } else { "StringValue" };
        form.append_pair(&format!("{entry}.Name"), name);
        form.append_pair(&format!("{entry}.Value.DataType"), &attribute.data_type);
        form.append_pair(&format!("{entry}.Value.{member}"), &attribute.value);
    }
    form.finish()
}
