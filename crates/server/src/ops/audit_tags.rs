//! TagAudit, UntagAudit, ListAuditTags: names for audits that others are compared with.

use serde::{Deserialize, Serialize};
use thingwarden_store::records::{AuditTag, AuditTask};
use thingwarden_store::{Order, Query, Reader, Writer};
use thingwarden_wire::Code;

use crate::api::{ApiError, shown};
use crate::iam::Cx;

/// Tags of one account and region.
const TAGS_MAX: u64 = 1000;
const NAME_BYTES_MAX: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TagAuditInput {
    tag: String,
    /// Without it, the audit that was started last.
    task_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UntagAuditInput {
    tag: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListAuditTagsInput {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListAuditTagsOutput {
    tags: Vec<Tagged>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tagged {
    tag: String,
    task_id: String,
    /// In milliseconds since 1970.
    task_started_ms: i64,
}

impl From<AuditTag> for Tagged {
    fn from(tag: AuditTag) -> Self {
        Self { tag: tag.name, task_id: tag.task, task_started_ms: tag.started_ms }
    }
}

/// Names an audit. A name that another audit had goes over.
pub(super) fn tag(_: &Cx, store: &Writer<'_>, input: TagAuditInput) -> Result<Tagged, ApiError> {
    let TagAuditInput { tag, task_id } = input;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let begins = tag.starts_with(|first: char| first.is_ascii_alphabetic());
    if !begins || tag.len() > NAME_BYTES_MAX || !tag.bytes().all(is_plain) {
        let message = format!(
            "`tag` is `{}`, expected a letter and up to 63 letters, digits, `-`, `_` or `.`",
            shown(&tag)
        );
        return Err(ApiError::invalid(message));
    }
    let task = match &task_id {
        Some(id) => {
            store.get::<AuditTask>(id)?.ok_or_else(|| ApiError::not_found("audit task", &shown(id)))?
        }
        None => {
            let last =
                Query { order: Order::By("started_ms"), descending: true, limit: 1, ..Query::default() };
            let last = store.list::<AuditTask>(&last)?.items.pop();
            last.ok_or_else(|| {
                ApiError::new(Code::ResourceNotFoundException, "there was no audit".to_owned())
            })?
        }
    };
    if store.get::<AuditTag>(&tag)?.is_none() && store.count::<AuditTag>(&[])? >= TAGS_MAX {
        return Err(ApiError::invalid(format!("there are {TAGS_MAX} tags of audits already")));
    }
    let record = AuditTag { name: tag, task: task.id, started_ms: task.started_ms };
    store.put(&record)?;
    Ok(record.into())
}

pub(super) fn untag(
    _: &Cx,
    store: &Writer<'_>,
    input: UntagAuditInput,
) -> Result<serde_json::Value, ApiError> {
    if !store.delete::<AuditTag>(&input.tag)? {
        return Err(ApiError::not_found("tag", &shown(&input.tag)));
    }
    Ok(serde_json::json!({}))
}

pub(super) fn list(
    _: &Cx,
    store: &Reader<'_>,
    _: ListAuditTagsInput,
) -> Result<ListAuditTagsOutput, ApiError> {
    Ok(ListAuditTagsOutput { tags: store.all::<AuditTag>(&[])?.into_iter().map(Tagged::from).collect() })
}
