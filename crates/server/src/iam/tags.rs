//! Tags of users, roles and policies. Of two keys that differ in case only there can be one.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::identity::limit_exceeded;
use super::text::{TAG_KEY, TAG_VALUE};
use super::{Outcome, paging};
use crate::query::{Form, QueryError, Xml};

/// Tags of one resource (IAM quotas), and of one request.
const TAGS_MAX: usize = 50;

type Tags = BTreeMap<String, String>;

/// Takes the tags of a request.
///
/// # Errors
/// `ValidationError` when one is not a tag, `InvalidInput` when two keys differ in nothing but case.
pub(crate) fn take(form: &mut Form) -> Result<Vec<(String, String)>, QueryError> {
    let tags = form.items("Tags", TAGS_MAX, |form, member| {
        let (key, value) = (format!("{member}.Key"), format!("{member}.Value"));
        if form.peek(&key).is_none() && form.peek(&value).is_none() {
            return Ok(None);
        }
        let key = form.required(&key, &TAG_KEY)?;
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return Err(QueryError::new(400, "InvalidInput", "keys that begin with `aws:` are reserved"));
        }
        Ok(Some((key, form.required(&value, &TAG_VALUE)?)))
    })?;
    let mut keys: Vec<String> = tags.iter().map(|(key, _)| key.to_lowercase()).collect();
    keys.sort();
    keys.dedup();
    if keys.len() < tags.len() {
        return Err(QueryError::new(
            400,
            "InvalidInput",
            "two tags have the same key, whatever its case: use one",
        ));
    }
    Ok(tags)
}

/// As [`take`], at least one.
pub(super) fn take_some(form: &mut Form) -> Result<Vec<(String, String)>, QueryError> {
    let tags = take(form)?;
    if tags.is_empty() {
        return Err(QueryError::constraint("Tags", "Member must not be null"));
    }
    Ok(tags)
}

/// Takes the keys of tags that are to go.
pub(crate) fn take_keys(form: &mut Form) -> Result<Vec<String>, QueryError> {
    let keys = form.texts("TagKeys", TAGS_MAX, &TAG_KEY)?;
    if keys.is_empty() {
        return Err(QueryError::constraint("TagKeys", "Member must not be null"));
    }
    Ok(keys)
}

/// Adds tags, each instead of one with the same key.
pub(super) fn add(tags: &mut Tags, new: Vec<(String, String)>) -> Result<(), QueryError> {
    for (key, value) in new {
        put(tags, key, value);
    }
    if tags.len() > TAGS_MAX {
        return Err(limit_exceeded(format!("a resource has at most {TAGS_MAX} tags")));
    }
    Ok(())
}

/// Adds a tag instead of the one with the same key, whatever its case.
pub(crate) fn put(tags: &mut Tags, key: String, value: String) {
    remove(tags, std::slice::from_ref(&key));
    tags.insert(key, value);
}

/// Removes the tags with these keys, whatever their case.
pub(super) fn remove(tags: &mut Tags, keys: &[String]) {
    let keys: Vec<String> = keys.iter().map(|key| key.to_lowercase()).collect();
    tags.retain(|key, _| !keys.contains(&key.to_lowercase()));
}

/// The element `Tags`.
pub(crate) fn write<'a>(xml: &mut Xml, tags: impl IntoIterator<Item = (&'a String, &'a String)>) {
    xml.list("Tags", tags, |xml, (key, value)| {
        xml.text("Key", key).text("Value", value);
    });
}

/// The answer of the operations that list tags; `whose` is the resource's unique id.
pub(super) fn list(cx: &Cx, form: &mut Form, whose: &str, tags: &Tags) -> Outcome {
    let asked = paging::Asked::take(form)?;
    let all = tags.iter().collect();
    let page = paging::slice(cx, &asked, whose, all, |(key, _)| (*key).clone())?;
    let mut xml = Xml::new();
    write(&mut xml, page.items.iter().copied());
    page.end(&mut xml);
    Ok(Some(xml))
}
