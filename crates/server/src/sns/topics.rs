//! Topics.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use thingwarden_store::records::{Subscription, SubscriptionState, Tags, Topic};
use thingwarden_store::{Filter, Query, Reader, StoreError, Writer};

use super::arn::{FIFO, TopicArn, is_name};
use super::delivery_policy::{self, DeliveryPolicy};
use super::error::{invalid, no_topic, topic_arn};
use super::{paging, policy, tags};
use crate::iam::{Cx, Outcome};
use crate::query::{Form, QueryError, Xml};

/// Topics of an account in a region ([quotas](https://docs.aws.amazon.com/general/latest/gr/sns.html)).
const TOPICS_MAX: u64 = 100_000;
/// Attributes of one request: more than there are.
const ATTRIBUTES_MAX: usize = 50;
/// Characters of a display name.
const DISPLAY_NAME_CHARS_MAX: usize = 100;

const DISPLAY_NAME: &str = "DisplayName";
const DELIVERY_POLICY: &str = "DeliveryPolicy";

pub(super) fn create(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let name = form.take("Name").filter(|name| is_name(name)).ok_or_else(|| invalid("Topic Name"))?;
    if name.ends_with(FIFO) {
        return Err(invalid(
            "Topic Name Reason: FIFO topics are not served here; choose a name without .fifo",
        ));
    }
    let attributes = take_attributes(form)?;
    let tags = tags::take(form)?;
    let arn = TopicArn::new(&super::scope(cx), &name);
    let found = store.get::<Topic>(&name)?;
    let mut topic = found.clone().unwrap_or_else(|| Topic {
        name,
        attributes: BTreeMap::new(),
        policy: None,
        policy_ids: BTreeMap::new(),
        signature_version: 1,
        created_ms: cx.now_ms(),
    });
    for (key, value) in attributes {
        set_attribute(store, &mut topic, &key, &value)?;
    }
    if let Some(found) = found {
        if found != topic {
            return Err(invalid("Attributes Reason: Topic already exists with different attributes"));
        }
        if !tags.is_empty() && tags::of(store, &arn)? != tags.into_iter().collect() {
            return Err(invalid("Tags Reason: Topic already exists with different tags"));
        }
    } else {
        if store.count::<Topic>(&[])? >= TOPICS_MAX {
            let message = format!("there are {TOPICS_MAX} topics already");
            return Err(QueryError::new(403, "TopicLimitExceeded", message));
        }
        store.insert(&topic)?;
        tags::write(cx, store, &arn, tags.into_iter().collect())?;
    }
    let mut xml = Xml::new();
    xml.text("TopicArn", &arn.to_string());
    Ok(Some(xml))
}

/// Removes a topic with its subscriptions. One that is not there is gone already.
pub(super) fn delete(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let arn = topic_arn(cx, "TopicArn", &form.take("TopicArn").unwrap_or_default())?;
    let store = store.write_in_scope(&arn.scope)?;
    if store.delete::<Topic>(&arn.name)? {
        let mut ids = vec![];
        let of_topic = [Filter::eq("topic", arn.name.as_str())];
        store.each(&Query::all(&of_topic), &mut |subscription: Subscription| {
            ids.push(Subscription::id_of(&subscription.topic, &subscription.uuid));
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        })?;
        for id in ids {
            store.delete::<Subscription>(&id)?;
        }
        store.delete::<Tags>(&arn.to_string())?;
    }
    Ok(None)
}

pub(super) fn list(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let page = paging::list::<Topic>(cx, store, form, "ListTopics", &[])?;
    let mut xml = Xml::new();
    xml.list("Topics", &page.items, |xml, topic| {
        xml.text("TopicArn", &TopicArn::new(store.scope(), &topic.name).to_string());
    });
    page.end(&mut xml);
    Ok(Some(xml))
}

pub(super) fn get_attributes(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let (arn, topic) = require(cx, store, form)?;
    let store = store.in_scope(&arn.scope)?;
    let count = |state: SubscriptionState| {
        let filters = [Filter::eq("topic", arn.name.as_str()), Filter::eq("state", state.as_str())];
        store.count::<Subscription>(&filters).map(|count| count.to_string())
    };
    let policy = topic.policy.clone().unwrap_or_else(|| policy::default_text(&arn));
    let delivery_policy = topic.attributes.get(DELIVERY_POLICY);
    let effective = delivery_policy::effective(delivery_policy.map(String::as_str), None);
    let mut attributes = BTreeMap::from([
        ("TopicArn", arn.to_string()),
        ("Owner", arn.scope.account.to_string()),
        ("Policy", policy),
        (DISPLAY_NAME, topic.attributes.get(DISPLAY_NAME).cloned().unwrap_or_default()),
        ("SubscriptionsConfirmed", count(SubscriptionState::Confirmed)?),
        ("SubscriptionsPending", count(SubscriptionState::Pending)?),
        ("SubscriptionsDeleted", count(SubscriptionState::Deleted)?),
        ("EffectiveDeliveryPolicy", effective.to_topic_json()),
        ("SignatureVersion", topic.signature_version.to_string()),
        ("TracingConfig", "PassThrough".to_owned()),
    ]);
    attributes.extend(delivery_policy.map(|text| (DELIVERY_POLICY, text.clone())));
    let mut xml = Xml::new();
    write_attributes(&mut xml, attributes);
    Ok(Some(xml))
}

pub(super) fn set_attributes(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let (arn, mut topic) = require(cx, store, form)?;
    let name = form.take("AttributeName").ok_or_else(|| invalid("AttributeName"))?;
    let value = form.take("AttributeValue").unwrap_or_default();
    let store = store.write_in_scope(&arn.scope)?;
    set_attribute(&store, &mut topic, &name, &value)?;
    store.update(&topic)?;
    Ok(None)
}

pub(super) fn add_permission(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let label = take_label(form)?;
    let accounts = form.items("AWSAccountId", 20, |form, member| Ok(form.take(member)))?;
    let actions = form.items("ActionName", 20, |form, member| Ok(form.take(member)))?;
    let is_account = |text: &String| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if accounts.is_empty() || !accounts.iter().all(is_account) {
        return Err(invalid("AWSAccountId Reason: it is a list of accounts of twelve digits"));
    }
    if actions.is_empty() {
        return Err(invalid("ActionName"));
    }
    change_policy(cx, store, form, |arn, text| {
        policy::with_permission(text, arn, &label, &accounts, &actions)
    })
}

pub(super) fn remove_permission(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let label = take_label(form)?;
    change_policy(cx, store, form, |_, text| {
        policy::without_permission(text, &label)?
            .ok_or_else(|| QueryError::new(404, "NotFound", "Statement does not exist"))
    })
}

fn take_label(form: &mut Form) -> Result<String, QueryError> {
    let is_label = |text: &String| {
        let is_character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=80).contains(&text.len()) && text.bytes().all(is_character)
    };
    form.take("Label").filter(is_label).ok_or_else(|| invalid("Label"))
}

fn change_policy(
    cx: &Cx,
    store: &Writer<'_>,
    form: &mut Form,
    change: impl FnOnce(&TopicArn, &str) -> Result<String, QueryError>,
) -> Outcome {
    let (arn, mut topic) = require(cx, store, form)?;
    let old = topic.policy.take().unwrap_or_else(|| policy::default_text(&arn));
    let new = change(&arn, &old)?;
    let store = store.write_in_scope(&arn.scope)?;
    set_attribute(&store, &mut topic, "Policy", &new)?;
    store.update(&topic)?;
    Ok(None)
}

/// The topic of the parameter `TopicArn`.
pub(super) fn require(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Result<(TopicArn, Topic), QueryError> {
    let arn = topic_arn(cx, "TopicArn", &form.take("TopicArn").unwrap_or_default())?;
    let topic = store.in_scope(&arn.scope)?.get::<Topic>(&arn.name)?.ok_or_else(no_topic)?;
    Ok((arn, topic))
}

/// Takes the map `Attributes`.
pub(super) fn take_attributes(form: &mut Form) -> Result<Vec<(String, String)>, QueryError> {
    form.entries("Attributes", ATTRIBUTES_MAX, |form, entry| {
        let Some(key) = form.take(&format!("{entry}.key")) else { return Ok(None) };
        Ok(Some((key, form.take(&format!("{entry}.value")).unwrap_or_default())))
    })
}

/// The map `Attributes` of an answer.
pub(super) fn write_attributes(xml: &mut Xml, attributes: BTreeMap<&str, String>) {
    xml.element("Attributes", |xml| {
        for (key, value) in attributes {
            xml.element("entry", |xml| {
                xml.text("key", key).text("value", &value);
            });
        }
    });
}

/// Sets an attribute; an empty value is the default. `store` is in the topic's account and region.
fn set_attribute(store: &Writer<'_>, topic: &mut Topic, name: &str, value: &str) -> Result<(), QueryError> {
    match (name, value) {
        (DISPLAY_NAME, _) if value.chars().count() > DISPLAY_NAME_CHARS_MAX => {
            return Err(invalid(format!(
                "DisplayName Reason: it has at most {DISPLAY_NAME_CHARS_MAX} characters"
            )));
        }
        (DISPLAY_NAME, _) if value.chars().any(char::is_control) => return Err(invalid("DisplayName")),
        ("Policy", "") => (topic.policy, topic.policy_ids) = (None, BTreeMap::new()),
        ("Policy", text) => {
            topic.policy_ids = policy::check(store, text)?;
            topic.policy = Some(text.to_owned());
        }
        ("SignatureVersion", "1" | "") => topic.signature_version = 1,
        ("SignatureVersion", "2") => topic.signature_version = 2,
        ("SignatureVersion", _) => return Err(invalid("SignatureVersion Reason: it is 1 or 2")),
        (DELIVERY_POLICY, "") | (DISPLAY_NAME, "") => {
            topic.attributes.remove(name);
        }
        (DELIVERY_POLICY, text) => {
            DeliveryPolicy::of_topic(text).map_err(|why| invalid(format!("DeliveryPolicy: {why}")))?;
            topic.attributes.insert(name.to_owned(), text.to_owned());
        }
        (DISPLAY_NAME, text) => {
            topic.attributes.insert(name.to_owned(), text.to_owned());
        }
        // What clients send to say that they do not want it.
        ("TracingConfig", "PassThrough" | "")
        | ("FifoTopic" | "ContentBasedDeduplication", "false" | "")
        | ("KmsMasterKeyId" | "DataProtectionPolicy" | "ArchivePolicy", "") => {}
        _ if is_of_aws(name) => {
            return Err(invalid(format!("AttributeName Reason: `{name}` is not served here")));
        }
        _ => return Err(invalid("AttributeName")),
    }
    Ok(())
}

/// Attributes that SNS has besides.
fn is_of_aws(name: &str) -> bool {
    let logging = ["HTTP", "Firehose", "Lambda", "Application", "SQS"];
    let of_logging = |rest: &str| {
        ["SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"].contains(&rest)
    };
    logging.iter().any(|protocol| name.strip_prefix(protocol).is_some_and(of_logging))
        || [
            "TracingConfig",
            "KmsMasterKeyId",
            "FifoTopic",
            "FifoThroughputScope",
            "ContentBasedDeduplication",
            "ArchivePolicy",
            "DataProtectionPolicy",
        ]
        .contains(&name)
}
