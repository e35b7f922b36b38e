//! Tags of resources.

use std::collections::{BTreeMap, BTreeSet};

use thingwarden_store::records::{
    Authorizer, BillingGroup, CaCertificate, MitigationAction, Policy, ProvisioningTemplate, RoleAlias,
    ScheduledAudit, Tags, Thing, ThingGroup, ThingType,
};
use thingwarden_store::{Reader, Record, Writer};
use thingwarden_wire::types::{
    ListTagsForResourceInput, ListTagsForResourceOutput, Tag, TagResourceInput, UntagResourceInput,
};
use thingwarden_wire::{Code, Empty};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::{arn, domain_configurations};
use crate::quarantine;

/// AWS keeps tags whose keys begin so for itself, in any case (AWS tagging rules).
const RESERVED_PREFIX: &str = "aws:";

/// Results on a page of ListTagsForResource, which takes no limit: all that a resource can have by default.
const PAGE: usize = 50;

/// Gives a resource that was just made the tags of its creating request.
///
/// # Errors
/// `InvalidRequestException` when the tags break AWS's rules, also the one about their number: creating operations list
/// no other error for it.
pub(super) fn set_new(
    cx: &Cx,
    store: &Writer<'_>,
    arn: &str,
    tags: Option<Vec<Tag>>,
) -> Result<(), ApiError> {
    let tags = check(tags.unwrap_or_default())?;
    if tags.is_empty() {
        return Ok(());
    }
    let limit = cx.app.quotas.tags_per_resource;
    if tags.len() > limit {
        return Err(ApiError::invalid(too_many(tags.len(), limit)));
    }
    Ok(store.put(&Tags { arn: arn.to_owned(), tags })?)
}

/// Removes the tags of a resource that was deleted.
pub(super) fn forget(store: &Writer<'_>, arn: &str) -> Result<(), ApiError> {
    store.delete::<Tags>(arn)?;
    Ok(())
}

pub(super) fn tag(cx: &Cx, store: &Writer<'_>, input: TagResourceInput) -> Result<Empty, ApiError> {
    require_taggable(cx, store, &input.resource_arn)?;
    let given = check(input.tags)?;
    let before = of(store, &input.resource_arn)?;
    let mut stored = before.clone();
    stored.extend(given);
    require_distinct(&stored)?;
    let limit = cx.app.quotas.tags_per_resource;
    if stored.len() > limit {
        return Err(ApiError::limit(too_many(stored.len(), limit)));
    }
    if !stored.is_empty() {
        store.put(&Tags { arn: input.resource_arn.clone(), tags: stored.clone() })?;
    }
    notice(cx, store, &input.resource_arn, &before, &stored)?;
    Ok(Empty {})
}

pub(super) fn untag(cx: &Cx, store: &Writer<'_>, input: UntagResourceInput) -> Result<Empty, ApiError> {
    require_taggable(cx, store, &input.resource_arn)?;
    let before = of(store, &input.resource_arn)?;
    let mut stored = before.clone();
    for key in &input.tag_keys {
        stored.remove(key);
    }
    if stored.is_empty() {
        forget(store, &input.resource_arn)?;
    } else if stored != before {
        store.put(&Tags { arn: input.resource_arn.clone(), tags: stored.clone() })?;
    }
    notice(cx, store, &input.resource_arn, &before, &stored)?;
    Ok(Empty {})
}

pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListTagsForResourceInput,
) -> Result<ListTagsForResourceOutput, ApiError> {
    require_taggable(cx, store, &input.resource_arn)?;
    let mut stored = of(store, &input.resource_arn)?;
    let asked = Asked { token: input.next_token.as_deref(), limit: None, default: PAGE };
    let keys = stored.keys().cloned().collect();
    let page = paging::slice(cx, asked, &input.resource_arn, keys)?;
    let with_value = |key: String| Tag { value: stored.remove(&key), key };
    let tags = page.items.into_iter().map(with_value).collect();
    Ok(ListTagsForResourceOutput { tags, next_token: page.next_token })
}

/// Tags of things ask for quarantine.
fn notice(
    cx: &Cx,
    store: &Writer<'_>,
    arn: &str,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Result<(), ApiError> {
    match arn::name_in(&cx.scope, "thing", arn) {
        Some(thing) => Ok(quarantine::noticed(&cx.app.quarantine, store, thing, before, after)?),
        None => Ok(()),
    }
}

/// The tags of a resource.
pub(crate) fn of(store: &Reader<'_>, arn: &str) -> Result<BTreeMap<String, String>, ApiError> {
    Ok(store.get::<Tags>(arn)?.map(|record| record.tags).unwrap_or_default())
}

/// AWS's rules for the tags of one request; a tag without a value has an empty one.
fn check(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, ApiError> {
    let mut checked = BTreeMap::new();
    for Tag { key, value } in tags {
        if key.get(..RESERVED_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED_PREFIX)) {
            return Err(ApiError::invalid(format!(
                "tag key `{key}`: keys that begin with `aws:` are reserved"
            )));
        }
        if checked.contains_key(&key) {
            return Err(ApiError::invalid(format!("tag key `{key}` is given more than once")));
        }
        checked.insert(key, value.unwrap_or_default());
    }
    require_distinct(&checked)?;
    Ok(checked)
}

/// Condition keys ignore case, so one of two such tags would hide the other from policies.
fn require_distinct(tags: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let mut seen = BTreeSet::new();
    for key in tags.keys() {
        if !seen.insert(key.to_lowercase()) {
            let message = format!("tag key `{key}` differs from another one in upper and lower case only");
            return Err(ApiError::invalid(message));
        }
    }
    Ok(())
}

fn too_many(count: usize, limit: usize) -> String {
    format!("a resource has at most {limit} tags, and this one would have {count}")
}

/// The kinds of resources that have tags: what their ARNs begin with, and whether one of a name exists.
type Taggable = (&'static str, fn(&Reader<'_>, &str) -> Result<bool, ApiError>);

const TAGGABLE: &[Taggable] = &[
    ("authorizer", exists::<Authorizer>),
    ("billinggroup", exists::<BillingGroup>),
    ("cacert", exists::<CaCertificate>),
    ("domainconfiguration", domain_configurations::exists),
    ("mitigationaction", exists::<MitigationAction>),
    ("policy", exists::<Policy>),
    ("provisioningtemplate", exists::<ProvisioningTemplate>),
    ("rolealias", exists::<RoleAlias>),
    ("scheduledaudit", exists::<ScheduledAudit>),
    // An addition to AWS: what quarantine is asked for with.
    ("thing", exists::<Thing>),
    ("thinggroup", exists::<ThingGroup>),
    ("thingtype", exists::<ThingType>),
];

fn exists<T: Record>(store: &Reader<'_>, id: &str) -> Result<bool, ApiError> {
    Ok(store.exists::<T>(id)?)
}

fn require_taggable(cx: &Cx, store: &Reader<'_>, arn: &str) -> Result<(), ApiError> {
    if !arn.starts_with("arn:") {
        return Err(ApiError::invalid(format!("`{}` is not the ARN of a resource", super::shown(arn))));
    }
    if arn::name_in(&cx.scope, "cert", arn).is_some() {
        return Err(ApiError::invalid(format!("`{}`: device certificates have no tags", super::shown(arn))));
    }
    for (kind, exists) in TAGGABLE {
        if let Some(name) = arn::name_in(&cx.scope, kind, arn)
            && exists(store, name)?
        {
            return Ok(());
        }
    }
    Err(ApiError::new(
        Code::ResourceNotFoundException,
        format!("there is no resource `{}`", super::shown(arn)),
    ))
}

#[cfg(test)]
mod tests;
