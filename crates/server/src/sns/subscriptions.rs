//! Subscriptions: made, confirmed, ended, listed.

use std::collections::BTreeMap;

use thingwarden_engine::ids::{encode_hex, sha256};
use thingwarden_store::records::{Message, MessageKind, Subscription, SubscriptionState, Topic};
use thingwarden_store::{Cursor, Filter, Order, Query, Reader, Record, Scope, Writer};

use super::arn::{SubscriptionArn, TopicArn};
use super::delivery_policy::{self, DeliveryPolicy};
use super::endpoints::{Protocol, check_redrive_policy};
use super::error::{denied, invalid, no_subscription, no_topic, subscription_arn, topic_arn};
use super::filter::FilterPolicy;
use super::paging::{self, Page};
use super::publish;
use super::topics::{require, take_attributes, write_attributes};
use crate::iam::{Cx, Outcome};
use crate::query::{Form, QueryError, Xml};
use crate::random;

/// Subscriptions of a topic. SNS lets in many more; here each message is written with a delivery for each in one
/// transaction, and nobody waits longer than that takes.
const PER_TOPIC_MAX: u64 = 10_000;
/// How long a token confirms ([Subscribe](https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html)): two days.
const TOKEN_MS: i64 = 2 * 86_400_000;
/// Records that a request for another subscription removes because their time has come.
const FORGOTTEN_AT_ONCE: usize = 100;
/// What stands for an ARN while a subscription is not confirmed.
const PENDING: &str = "pending confirmation";

const DELIVERY_POLICY: &str = "DeliveryPolicy";
const FILTER_POLICY: &str = "FilterPolicy";
const FILTER_POLICY_SCOPE: &str = "FilterPolicyScope";
const RAW_MESSAGE_DELIVERY: &str = "RawMessageDelivery";
const REDRIVE_POLICY: &str = "RedrivePolicy";

pub(super) fn subscribe(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let (arn, _) = require(cx, store, form)?;
    let protocol = Protocol::parse(&form.take("Protocol").unwrap_or_default())?;
    let endpoint = form.take("Endpoint").unwrap_or_default();
    protocol.check(&endpoint)?;
    let attributes = take_attributes(form)?;
    let return_arn = form.boolean("ReturnSubscriptionArn")?;
    let store = store.write_in_scope(&arn.scope)?;
    forget_expired(&store, cx.now_ms())?;
    let account = cx.caller.account();
    let uuid = random::uuid().ok_or_else(QueryError::no_randomness)?;
    let mut new = Subscription::new(&arn.name, &uuid, protocol.as_str(), &endpoint, account, cx.now_ms());
    for (key, value) in attributes {
        set_attribute(&mut new, protocol, &key, &value)?;
    }
    check_filter(&new)?;
    let same = [Filter::eq("topic", arn.name.as_str()), Filter::eq("endpoint", new.endpoint.as_str())];
    let same = store.all::<Subscription>(&same)?.into_iter().find(|found| found.protocol == new.protocol);
    let is_new = same.is_none();
    if let Some(found) = same {
        if found.is_confirmed() && settings_of(&found) != settings_of(&new) {
            return Err(invalid("Attributes Reason: Subscription already exists with different attributes"));
        }
        let uuid = found.uuid.clone();
        if found.is_confirmed() {
            return answer(&arn.subscription(&uuid), true);
        }
        new.uuid = uuid;
    } else if store.count::<Subscription>(&[Filter::eq("topic", arn.name.as_str())])? >= PER_TOPIC_MAX {
        let message = format!("a topic has at most {PER_TOPIC_MAX} subscriptions");
        return Err(QueryError::new(403, "SubscriptionLimitExceeded", message));
    }
    // Queues and functions of who subscribes need no confirmation; for all others somebody has to speak.
    let is_own = protocol.account(&new.endpoint) == Some(account);
    if is_own {
        new.state = SubscriptionState::Confirmed;
        new.confirmed_with_signature = true;
    } else {
        let token = new_token(&mut new, cx.now_ms())?;
        let kind = MessageKind::SubscriptionConfirmation { token };
        send(&store, &arn.subscription(&new.uuid), kind, cx.now_ms())?;
    }
    if is_new {
        store.insert(&new)?
    } else {
        store.update(&new)?
    }
    answer(&arn.subscription(&new.uuid), is_own || return_arn)
}

fn answer(arn: &SubscriptionArn, show: bool) -> Outcome {
    let mut xml = Xml::new();
    match show {
        true => xml.text("SubscriptionArn", &arn.to_string()),
        false => xml.text("SubscriptionArn", PENDING),
    };
    Ok(Some(xml))
}

pub(super) fn confirm(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let arn = topic_arn(cx, "TopicArn", &form.take("TopicArn").unwrap_or_default())?;
    let token = form.take("Token").unwrap_or_default();
    let authenticate = form.take("AuthenticateOnUnsubscribe");
    let authenticate = authenticate.is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if store.in_scope(&arn.scope)?.get::<Topic>(&arn.name)?.is_none() {
        return Err(no_topic());
    }
    let by = Confirmation { with_signature: true, authenticate_on_unsubscribe: authenticate };
    confirm_with(&store.write_in_scope(&arn.scope)?, &arn, &token, by, cx.now_ms())
}

/// How somebody confirms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Confirmation {
    pub(super) with_signature: bool,
    pub(super) authenticate_on_unsubscribe: bool,
}

/// Confirms the subscription that a token is for. `store` is in the topic's account and region.
pub(super) fn confirm_with(
    store: &Writer<'_>,
    arn: &TopicArn,
    token: &str,
    by: Confirmation,
    now_ms: i64,
) -> Outcome {
    let mut subscription = by_token(store, arn, token, now_ms)?.ok_or_else(|| invalid("Token"))?;
    if !subscription.is_confirmed() {
        subscription.state = SubscriptionState::Confirmed;
        subscription.confirmed_with_signature = by.with_signature;
        subscription.authenticate_on_unsubscribe = by.authenticate_on_unsubscribe;
        store.update(&subscription)?;
    }
    answer(&arn.subscription(&subscription.uuid), true)
}

/// The subscription that a token is for.
pub(super) fn by_token(
    store: &Reader<'_>,
    arn: &TopicArn,
    token: &str,
    now_ms: i64,
) -> Result<Option<Subscription>, QueryError> {
    // What is looked up is the hash: how long that takes says nothing about the token.
    let filters = [Filter::eq("token_sha256", hash(token))];
    let found = store.all::<Subscription>(&filters)?.into_iter().find(|found| found.topic == arn.name);
    Ok(found.filter(|found| found.token_expires_ms.is_some_and(|until| now_ms <= until)))
}

pub(super) fn unsubscribe(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let arn = subscription_arn(cx, &form.take("SubscriptionArn").unwrap_or_default())?;
    let store = store.write_in_scope(&arn.topic.scope)?;
    let Some(found) = store.get::<Subscription>(&id(&arn))? else { return Ok(None) };
    check_owner(cx, &arn, &found)?;
    end(&store, &arn, found, cx.now_ms())?;
    Ok(None)
}

/// Ends a subscription: its endpoint is told, and may take that back for a while.
pub(super) fn end(
    store: &Writer<'_>,
    arn: &SubscriptionArn,
    mut subscription: Subscription,
    now_ms: i64,
) -> Result<(), QueryError> {
    match (subscription.state, Protocol::parse(&subscription.protocol)) {
        (SubscriptionState::Deleted, _) => Ok(()),
        (SubscriptionState::Confirmed, Ok(Protocol::Http | Protocol::Https | Protocol::Email)) => {
            let token = new_token(&mut subscription, now_ms)?;
            subscription.state = SubscriptionState::Deleted;
            store.update(&subscription)?;
            send(store, arn, MessageKind::UnsubscribeConfirmation { token }, now_ms)
        }
        _ => Ok(store.delete::<Subscription>(&subscription.id()).map(drop)?),
    }
}

/// A subscription is its owner's business, and its topic's owner's.
fn check_owner(cx: &Cx, arn: &SubscriptionArn, subscription: &Subscription) -> Result<(), QueryError> {
    let account = cx.caller.account();
    if subscription.owner == account || &*arn.topic.scope.account == account {
        return Ok(());
    }
    Err(denied("the subscription is another account's"))
}

/// The subscription of the parameter `SubscriptionArn`, for its owner or its topic's.
fn require_own(
    cx: &Cx,
    store: &Reader<'_>,
    form: &mut Form,
) -> Result<(SubscriptionArn, Subscription), QueryError> {
    let arn = subscription_arn(cx, &form.take("SubscriptionArn").unwrap_or_default())?;
    let found = store.in_scope(&arn.topic.scope)?.get::<Subscription>(&id(&arn))?;
    let found = found.ok_or_else(no_subscription)?;
    check_owner(cx, &arn, &found)?;
    Ok((arn, found))
}

pub(super) fn get_attributes(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let (arn, subscription) = require_own(cx, store, form)?;
    let topic = store.in_scope(&arn.topic.scope)?.get::<Topic>(&arn.topic.name)?;
    let of_topic = topic.as_ref().and_then(|topic| topic.attributes.get(DELIVERY_POLICY));
    let effective =
        delivery_policy::effective(of_topic.map(String::as_str), subscription.delivery_policy.as_deref());
    let mut attributes = BTreeMap::from([
        ("SubscriptionArn", arn.to_string()),
        ("TopicArn", arn.topic.to_string()),
        ("Owner", subscription.owner.clone()),
        ("Protocol", subscription.protocol.clone()),
        ("Endpoint", subscription.endpoint.clone()),
        ("PendingConfirmation", (!subscription.is_confirmed()).to_string()),
        ("ConfirmationWasAuthenticated", subscription.confirmed_with_signature.to_string()),
        (RAW_MESSAGE_DELIVERY, subscription.raw.to_string()),
        ("EffectiveDeliveryPolicy", effective.to_subscription_json()),
    ]);
    if subscription.filter_policy.is_some() {
        attributes.insert(FILTER_POLICY_SCOPE, filter_scope(&subscription).to_owned());
    }
    for (name, value) in [
        (FILTER_POLICY, subscription.filter_policy),
        (DELIVERY_POLICY, subscription.delivery_policy),
        (REDRIVE_POLICY, subscription.redrive_policy),
    ] {
        attributes.extend(value.map(|value| (name, value)));
    }
    let mut xml = Xml::new();
    write_attributes(&mut xml, attributes);
    Ok(Some(xml))
}

pub(super) fn set_attributes(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let (arn, mut subscription) = require_own(cx, store, form)?;
    let name = form.take("AttributeName").ok_or_else(|| invalid("AttributeName"))?;
    let value = form.take("AttributeValue").unwrap_or_default();
    let protocol = Protocol::parse(&subscription.protocol)?;
    set_attribute(&mut subscription, protocol, &name, &value)?;
    check_filter(&subscription)?;
    store.write_in_scope(&arn.topic.scope)?.update(&subscription)?;
    Ok(None)
}

fn set_attribute(
    subscription: &mut Subscription,
    protocol: Protocol,
    name: &str,
    value: &str,
) -> Result<(), QueryError> {
    let given = Some(value.to_owned()).filter(|value| !value.is_empty());
    match (name, value) {
        (RAW_MESSAGE_DELIVERY, "true" | "True") if protocol.can_be_raw() => subscription.raw = true,
        (RAW_MESSAGE_DELIVERY, "false" | "False" | "") => subscription.raw = false,
        (RAW_MESSAGE_DELIVERY, _) => {
            let protocol = protocol.as_str();
            return Err(invalid(format!(
                "RawMessageDelivery Reason: `{protocol}` endpoints have it not, or it is neither true nor false"
            )));
        }
        (FILTER_POLICY, _) => subscription.filter_policy = given,
        (FILTER_POLICY_SCOPE, "MessageAttributes" | "") => subscription.filter_on_body = false,
        (FILTER_POLICY_SCOPE, "MessageBody") => subscription.filter_on_body = true,
        (FILTER_POLICY_SCOPE, _) => {
            return Err(invalid("FilterPolicyScope Reason: it is MessageAttributes or MessageBody"));
        }
        (DELIVERY_POLICY, _) => {
            if !value.is_empty() {
                DeliveryPolicy::of_subscription(value)
                    .map_err(|why| invalid(format!("DeliveryPolicy: {why}")))?;
            }
            subscription.delivery_policy = given;
        }
        (REDRIVE_POLICY, _) => {
            if !value.is_empty() {
                check_redrive_policy(value).map_err(|why| invalid(format!("RedrivePolicy: {why}")))?;
            }
            subscription.redrive_policy = given;
        }
        ("SubscriptionRoleArn" | "ReplayPolicy" | "ReplayStatus", _) => {
            return Err(invalid(format!("AttributeName Reason: `{name}` is not served here")));
        }
        _ => return Err(invalid("AttributeName")),
    }
    Ok(())
}

fn check_filter(subscription: &Subscription) -> Result<(), QueryError> {
    let Some(text) = &subscription.filter_policy else { return Ok(()) };
    let checked = FilterPolicy::parse(text, subscription.filter_on_body);
    checked.map(drop).map_err(|why| invalid(format!("FilterPolicy: {why}")))
}

/// What a caller can choose about a subscription.
fn settings_of(it: &Subscription) -> (bool, &Option<String>, bool, &Option<String>, &Option<String>) {
    (it.raw, &it.filter_policy, it.filter_on_body, &it.delivery_policy, &it.redrive_policy)
}

fn filter_scope(subscription: &Subscription) -> &'static str {
    if subscription.filter_on_body { "MessageBody" } else { "MessageAttributes" }
}

/// The subscriptions of an account, to whosever topics on this server.
pub(super) fn list(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    const LISTING: &str = "ListSubscriptions";
    let own = cx.caller.account();
    let others = cx.app.accounts.iter().filter(|account| *account != own).map(String::as_str);
    let place = paging::place_in_accounts(cx, form, LISTING)?;
    let mut rest = std::iter::once(own)
        .chain(others)
        .skip_while(|account| place.as_ref().is_some_and(|(begin, _)| begin != account));
    let mut after = place.as_ref().map(|(_, cursor)| cursor.clone());
    let (mut items, mut next) = (vec![], None);
    let filters = [Filter::eq("owner", own)];
    while let (Some(account), None) = (rest.next(), &next) {
        let scope = Scope::new(account, &cx.region);
        let limit = paging::ITEMS - items.len();
        let query = Query { after: after.take(), limit, order: Order::Inserted, ..Query::all(&filters) };
        let page = store.in_scope(&scope)?.list::<Subscription>(&query)?;
        items.extend(page.items.into_iter().map(|it| (TopicArn::new(&scope, &it.topic), it)));
        next = page.next.map(|cursor| Cursor { value: Some(account.into()), seq: cursor.seq });
        if items.len() == paging::ITEMS && next.is_none() {
            // What the other accounts have is on the next page.
            next = rest.next().map(|account| Cursor { value: Some(account.into()), seq: i64::MIN });
        }
    }
    Ok(Some(listed(&Page::new(cx, LISTING, items, next.as_ref()))))
}

pub(super) fn list_by_topic(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let (arn, _) = require(cx, store, form)?;
    let listing = format!("ListSubscriptionsByTopic {arn}");
    let filters = [Filter::eq("topic", arn.name.as_str())];
    let page = paging::list(cx, &store.in_scope(&arn.scope)?, form, &listing, &filters)?;
    Ok(Some(listed(&page.map(|it: Subscription| (arn.clone(), it)))))
}

fn listed(page: &Page<(TopicArn, Subscription)>) -> Xml {
    let mut xml = Xml::new();
    xml.list("Subscriptions", &page.items, |xml, (topic, subscription)| {
        let arn = match subscription.state {
            SubscriptionState::Confirmed => topic.subscription(&subscription.uuid).to_string(),
            SubscriptionState::Pending => "PendingConfirmation".to_owned(),
            SubscriptionState::Deleted => "Deleted".to_owned(),
        };
        xml.text("SubscriptionArn", &arn).text("Owner", &subscription.owner);
        xml.text("Protocol", &subscription.protocol).text("Endpoint", &subscription.endpoint);
        xml.text("TopicArn", &topic.to_string());
    });
    page.end(&mut xml);
    xml
}

pub(super) fn id(arn: &SubscriptionArn) -> String {
    Subscription::id_of(&arn.topic.name, &arn.uuid)
}

fn hash(token: &str) -> String {
    encode_hex(&sha256(token.as_bytes()))
}

/// Gives a subscription a token instead of the one that it has.
fn new_token(subscription: &mut Subscription, now_ms: i64) -> Result<String, QueryError> {
    let token = encode_hex(&random::bytes::<32>().ok_or_else(QueryError::no_randomness)?);
    subscription.token_sha256 = Some(hash(&token));
    subscription.token_expires_ms = Some(now_ms.saturating_add(TOKEN_MS));
    Ok(token)
}

/// Sends a message that is for one endpoint alone.
fn send(store: &Writer<'_>, arn: &SubscriptionArn, kind: MessageKind, now_ms: i64) -> Result<(), QueryError> {
    let message = Message {
        id: random::uuid().ok_or_else(QueryError::no_randomness)?,
        topic_arn: arn.topic.to_string(),
        kind,
        subject: None,
        message: String::new(),
        per_protocol: BTreeMap::new(),
        attributes: BTreeMap::new(),
        published_ms: now_ms,
    };
    Ok(publish::add(store, &message, [arn.to_string()])?)
}

/// Removes subscriptions that nobody confirmed in time, and those whose end nobody took back.
fn forget_expired(store: &Writer<'_>, now_ms: i64) -> Result<(), QueryError> {
    let filters = [Filter::at_most("kept_until_ms", now_ms.saturating_sub(1))];
    let query = Query { order: Order::By("kept_until_ms"), limit: FORGOTTEN_AT_ONCE, ..Query::all(&filters) };
    for subscription in store.list::<Subscription>(&query)?.items {
        store.delete::<Subscription>(&subscription.id())?;
    }
    Ok(())
}
