//! The documents that endpoints get, signed as SNS signs them
//! ([parsing message formats](https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html),
//! [verifying signatures](https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html)).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{Message, MessageKind};

use super::arn::{SubscriptionArn, TopicArn};
use crate::pki::{AuthorityError, CryptoFailed, MessageKey};

/// What stands for itself in a URL's query (RFC 3986 section 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How the paths of certificates begin; the key's id and `.pem` follow.
const CERTIFICATE_PATH: &str = "/SimpleNotificationService-";

/// Makes documents: knows the key and the address under which the server is reached.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    key: Arc<MessageKey>,
    /// Without a slash at the end.
    public_url: Arc<str>,
}

/// A signed document.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Document {
    /// `Notification`, `SubscriptionConfirmation` or `UnsubscribeConfirmation`: also the header `x-amz-sns-message-type`.
    #[serde(rename = "Type")]
    pub(crate) kind: &'static str,
    pub(crate) message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    pub(crate) topic_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    pub(crate) message: String,
    /// Confirms the subscription.
    #[serde(rename = "SubscribeURL", skip_serializing_if = "Option::is_none")]
    pub(crate) subscribe_url: Option<String>,
    timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    /// Ends the subscription.
    #[serde(rename = "UnsubscribeURL", skip_serializing_if = "Option::is_none")]
    pub(crate) unsubscribe_url: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<String, Value>,
}

impl Signer {
    /// Opens the key in `folder`, or makes one.
    ///
    /// # Errors
    /// When it cannot be read or written, or others may read it.
    pub(crate) fn open(folder: &Path, public_url: &str, now: Timestamp) -> Result<Self, AuthorityError> {
        Ok(Self::new(Arc::new(MessageKey::open_or_create(folder, now)?), public_url))
    }

    pub(crate) fn new(key: Arc<MessageKey>, public_url: &str) -> Self {
        Self { key, public_url: public_url.trim_end_matches('/').into() }
    }

    /// The document that a subscription gets of a message, in the version of its topic's signatures (1 or 2).
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub(crate) fn document(
        &self,
        subscription: &SubscriptionArn,
        protocol: &str,
        signature_version: u8,
        message: &Message,
    ) -> Result<Document, CryptoFailed> {
        let subscribe_url = |token: &str| Some(self.subscribe_url(&subscription.topic, token));
        let (kind, text, token, subscribe_url, unsubscribe_url) = match &message.kind {
            MessageKind::Notification => {
                let text = message.text_for(protocol).to_owned();
                ("Notification", text, None, None, Some(self.unsubscribe_url(subscription)))
            }
            MessageKind::SubscriptionConfirmation { token } => {
                let text = format!(
                    "You have chosen to subscribe to the topic {}.\nTo confirm the subscription, visit the SubscribeURL included in this message.",
                    subscription.topic
                );
                ("SubscriptionConfirmation", text, Some(token.clone()), subscribe_url(token), None)
            }
            MessageKind::UnsubscribeConfirmation { token } => {
                let text = format!(
                    "You have chosen to deactivate subscription {subscription}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
                );
                ("UnsubscribeConfirmation", text, Some(token.clone()), subscribe_url(token), None)
            }
        };
        let attributes = message.attributes.iter();
        let mut document = Document {
            kind,
            message_id: message.id.clone(),
            token,
            topic_arn: message.topic_arn.clone(),
            subject: message.subject.clone(),
            message: text,
            subscribe_url,
            timestamp: timestamp(message.published_ms),
            signature_version: signature_version.to_string(),
            signature: String::new(),
            signing_cert_url: format!("{}{}", self.public_url, self.certificate_path()),
            unsubscribe_url,
            message_attributes: attributes
                .map(|(name, it)| (name.clone(), json!({"Type": it.data_type, "Value": it.value})))
                .collect(),
        };
        let signed = document.signed_text();
        let signature = match signature_version {
            2 => self.key.sign_sha256(signed.as_bytes())?,
            _ => self.key.sign_sha1(signed.as_bytes())?,
        };
        document.signature = BASE64_STANDARD.encode(signature);
        Ok(document)
    }

    /// The certificate in PEM, if this is the path under which it is served.
    pub(super) fn certificate_at(&self, path: &str) -> Option<&str> {
        (path == self.certificate_path()).then(|| self.key.certificate_pem())
    }

    fn certificate_path(&self) -> String {
        format!("{CERTIFICATE_PATH}{}.pem", self.key.certificate_id())
    }

    fn subscribe_url(&self, topic: &TopicArn, token: &str) -> String {
        let (topic, token) = (encoded(&topic.to_string()), encoded(token));
        format!("{}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}", self.public_url)
    }

    fn unsubscribe_url(&self, subscription: &SubscriptionArn) -> String {
        let subscription = encoded(&subscription.to_string());
        format!("{}/?Action=Unsubscribe&SubscriptionArn={subscription}", self.public_url)
    }
}

impl Document {
    /// As `http`, `https` and `sqs` endpoints get it.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As functions get it: one record of an event.
    pub(crate) fn to_lambda_event(&self, subscription: &SubscriptionArn) -> Value {
        json!({"Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription.to_string(),
            "Sns": {
                "Type": self.kind,
                "MessageId": self.message_id,
                "TopicArn": self.topic_arn,
                "Subject": self.subject,
                "Message": self.message,
                "Timestamp": self.timestamp,
                "SignatureVersion": self.signature_version,
                "Signature": self.signature,
                "SigningCertUrl": self.signing_cert_url,
                "UnsubscribeUrl": self.unsubscribe_url,
                "MessageAttributes": self.message_attributes,
            },
        }]})
    }

    /// What the signature is over: names and values of these members, sorted by name, each with a line feed.
    fn signed_text(&self) -> String {
        let members = [
            ("Message", Some(&self.message)),
            ("MessageId", Some(&self.message_id)),
            ("Subject", self.subject.as_ref()),
            ("SubscribeURL", self.subscribe_url.as_ref()),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", self.token.as_ref()),
            ("TopicArn", Some(&self.topic_arn)),
        ];
        let mut text = String::new();
        for (name, value) in members {
            if let Some(value) = value {
                text.extend([name, "\n", value, "\n"]);
            }
        }
        text.extend(["Type\n", self.kind, "\n"]);
        text
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// As SNS writes times: always with three digits of milliseconds.
fn timestamp(millis: i64) -> String {
    let seconds = Timestamp::from_seconds(millis.div_euclid(1000)).to_string();
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), millis.rem_euclid(1000))
}

#[cfg(test)]
mod tests {
    use thingwarden_store::Scope;
    use thingwarden_store::records::MessageAttribute;

    use super::*;

    fn subscription() -> SubscriptionArn {
        let scope = Scope::new("123456789012", "us-east-1");
        TopicArn::new(&scope, "t").subscription("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
    }

    fn document(version: u8, change: impl FnOnce(&mut Message)) -> Document {
        let mut message = Message {
            id: "m-1".to_owned(),
            topic_arn: subscription().topic.to_string(),
            kind: MessageKind::Notification,
            subject: None,
            message: "hello".to_owned(),
            per_protocol: BTreeMap::new(),
            attributes: BTreeMap::new(),
            published_ms: 1_335_920_046_050,
        };
        change(&mut message);
        let signer =
            Signer::new(MessageKey::of_tests(Timestamp::from_seconds(0)), "https://iot.example.com/");
        signer.document(&subscription(), "http", version, &message).unwrap()
    }

    #[test]
    fn a_notification_is_signed_over_these_members_in_this_order() {
        let plain = document(1, |_| {});
        let arn = "arn:aws:sns:us-east-1:123456789012:t";
        assert_eq!(
            plain.signed_text(),
            format!(
                "Message\nhello\nMessageId\nm-1\nTimestamp\n2012-05-02T00:54:06.050Z\nTopicArn\n{arn}\nType\nNotification\n"
            )
        );
        let with_subject = document(1, |message| message.subject = Some("s".to_owned()));
        assert!(with_subject.signed_text().contains("MessageId\nm-1\nSubject\ns\nTimestamp\n"));
    }

    #[test]
    fn confirmations_are_signed_with_their_token_and_url() {
        let token = "a+b".to_owned();
        let document = document(2, |message| message.kind = MessageKind::SubscriptionConfirmation { token });
        let url = "https://iot.example.com/?Action=ConfirmSubscription&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A123456789012%3At&Token=a%2Bb";
        assert_eq!(document.subscribe_url.as_deref(), Some(url));
        let text = document.signed_text();
        let middle = format!(
            "\nMessageId\nm-1\nSubscribeURL\n{url}\nTimestamp\n2012-05-02T00:54:06.050Z\nToken\na+b\nTopicArn\n"
        );
        assert!(text.contains(&middle) && text.ends_with("\nType\nSubscriptionConfirmation\n"), "{text}");
        let json: Value = serde_json::from_str(&document.to_json()).unwrap();
        assert_eq!((&json["Token"], &json["SubscribeURL"]), (&json!("a+b"), &json!(url)));
        assert_eq!(json.get("UnsubscribeURL"), None);
    }

    #[test]
    fn members_have_the_names_that_each_protocol_has() {
        let attribute = MessageAttribute { data_type: "Number".to_owned(), value: "7".to_owned() };
        let document = document(2, |message| {
            message.attributes.insert("n".to_owned(), attribute);
            message.per_protocol.insert("http".to_owned(), "for http".to_owned());
        });
        let json: Value = serde_json::from_str(&document.to_json()).unwrap();
        let names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = "Message MessageAttributes MessageId Signature SignatureVersion SigningCertURL Timestamp TopicArn Type UnsubscribeURL";
        assert_eq!(names.join(" "), expected);
        assert_eq!(json["Message"], "for http");
        assert_eq!(json["MessageAttributes"], json!({"n": {"Type": "Number", "Value": "7"}}));
        let event = document.to_lambda_event(&subscription());
        let sns = &event["Records"][0]["Sns"];
        assert_eq!((&sns["Subject"], &sns["SigningCertUrl"]), (&Value::Null, &json["SigningCertURL"]));
        assert_eq!(event["Records"][0]["EventSubscriptionArn"], subscription().to_string());
    }
}
