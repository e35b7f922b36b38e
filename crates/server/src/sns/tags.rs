//! Tags of topics. They are kept as those of all resources are, under the ARN, where authorization finds them.

use std::collections::BTreeMap;

use thingwarden_store::records::{Tags, Topic};
use thingwarden_store::{Reader, StoreError, Writer};

use super::arn::TopicArn;
use super::error::{invalid, topic_arn};
use crate::iam::{Cx, Outcome, tags};
use crate::query::{Form, QueryError, Xml};

/// Takes the tags of a request; of two keys that differ in case only, policies could see one.
pub(super) fn take(form: &mut Form) -> Result<Vec<(String, String)>, QueryError> {
    tags::take(form).map_err(|error| invalid(format!("Tags Reason: {}", error.message)))
}

pub(super) fn tag(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let arn = require(cx, store, form)?;
    let new = take(form)?;
    if new.is_empty() {
        return Err(invalid("Tags"));
    }
    let store = store.write_in_scope(&arn.scope)?;
    let mut tags = of(&store, &arn)?;
    for (key, value) in new {
        tags::put(&mut tags, key, value);
    }
    write(cx, &store, &arn, tags)?;
    Ok(Some(Xml::new()))
}

pub(super) fn untag(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let arn = require(cx, store, form)?;
    let keys = tags::take_keys(form)?;
    let store = store.write_in_scope(&arn.scope)?;
    let mut tags = of(&store, &arn)?;
    tags.retain(|key, _| !keys.contains(key));
    write(cx, &store, &arn, tags)?;
    Ok(Some(Xml::new()))
}

pub(super) fn list(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let arn = require(cx, store, form)?;
    let mut xml = Xml::new();
    tags::write(&mut xml, &of(&store.in_scope(&arn.scope)?, &arn)?);
    Ok(Some(xml))
}

/// The tags of a topic.
pub(super) fn of(store: &Reader<'_>, arn: &TopicArn) -> Result<BTreeMap<String, String>, StoreError> {
    Ok(store.get::<Tags>(&arn.to_string())?.map(|tags| tags.tags).unwrap_or_default())
}

/// Gives a topic these tags instead of those that it has. `store` is in the topic's account and region.
pub(super) fn write(
    cx: &Cx,
    store: &Writer<'_>,
    arn: &TopicArn,
    tags: BTreeMap<String, String>,
) -> Result<(), QueryError> {
    let arn = arn.to_string();
    if tags.len() > cx.app.quotas.tags_per_resource {
        let message = format!("a topic has at most {} tags", cx.app.quotas.tags_per_resource);
        return Err(QueryError::new(400, "TagLimitExceeded", message));
    }
    if tags.is_empty() {
        store.delete::<Tags>(&arn)?;
    } else {
        store.put(&Tags { arn, tags })?;
    }
    Ok(())
}

/// The topic that is tagged. These operations have an error of their own for one that is not there.
fn require(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Result<TopicArn, QueryError> {
    let arn = topic_arn(cx, "ResourceArn", &form.take("ResourceArn").unwrap_or_default())?;
    match store.in_scope(&arn.scope)?.get::<Topic>(&arn.name)? {
        Some(_) => Ok(arn),
        None => Err(QueryError::new(404, "ResourceNotFound", "Resource does not exist")),
    }
}
