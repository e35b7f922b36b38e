//! Versions of managed policies.

use thingwarden_store::records::{IamPolicy, IamPolicyVersion};
use thingwarden_store::{Reader, Writer};

use super::cx::Cx;
use super::identity::{date, delete_conflict, limit_exceeded, no_such_entity};
use super::policies::{named, own, take_document, version_id};
use super::text::VERSION_ID;
use super::{Outcome, documents, paging};
use crate::query::{Form, QueryError, Xml};

/// Versions of a managed policy (IAM quotas).
const VERSIONS_MAX: usize = 5;

pub(super) fn create(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut policy = own(store, form)?;
    let document = take_document(form)?;
    let as_default = form.boolean("SetAsDefault")?;
    if policy.versions.len() >= VERSIONS_MAX {
        let message = format!("a managed policy has at most {VERSIONS_MAX} versions: delete one first");
        return Err(limit_exceeded(message));
    }
    let number = policy.next_version;
    policy.next_version = number.saturating_add(1);
    policy.versions.insert(number, IamPolicyVersion { document, created_ms: cx.now_ms() });
    if as_default {
        policy.default_version = number;
    }
    policy.updated_ms = cx.now_ms();
    store.update(&policy)?;
    let mut xml = Xml::new();
    xml.element("PolicyVersion", |xml| describe(xml, &policy, number));
    Ok(Some(xml))
}

pub(super) fn get(_: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let policy = named(store, form)?;
    let (number, version) = wanted(&policy, form)?;
    let mut xml = Xml::new();
    xml.element("PolicyVersion", |xml| {
        xml.text("Document", &documents::encode(&version.document));
        describe(xml, &policy, number);
    });
    Ok(Some(xml))
}

pub(super) fn list(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let policy = named(store, form)?;
    let asked = paging::Asked::take(form)?;
    let numbers: Vec<u32> = policy.versions.keys().copied().collect();
    let page = paging::slice(cx, &asked, &policy.policy_id, numbers, |number| format!("{number:010}"))?;
    let mut xml = Xml::new();
    xml.list("Versions", &page.items, |xml, number| describe(xml, &policy, *number));
    page.end(&mut xml);
    Ok(Some(xml))
}

pub(super) fn delete(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut policy = own(store, form)?;
    let (number, _) = wanted(&policy, form)?;
    if number == policy.default_version {
        return Err(delete_conflict(
            "the default version cannot be deleted: make another one the default first",
        ));
    }
    policy.versions.remove(&number);
    policy.updated_ms = cx.now_ms();
    store.update(&policy)?;
    Ok(None)
}

pub(super) fn set_default(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut policy = own(store, form)?;
    let (number, _) = wanted(&policy, form)?;
    policy.default_version = number;
    policy.updated_ms = cx.now_ms();
    store.update(&policy)?;
    Ok(None)
}

fn wanted<'a>(policy: &'a IamPolicy, form: &mut Form) -> Result<(u32, &'a IamPolicyVersion), QueryError> {
    let id = form.required("VersionId", &VERSION_ID)?;
    let number = id.strip_prefix('v').and_then(|number| number.parse::<u32>().ok());
    let found = number.and_then(|number| policy.versions.get(&number).map(|version| (number, version)));
    found.ok_or_else(|| no_such_entity(format!("policy `{}` has no version `{id}`", policy.arn)))
}

/// The elements that describe a version in every answer.
pub(super) fn describe(xml: &mut Xml, policy: &IamPolicy, number: u32) {
    xml.text("VersionId", &version_id(number))
        .text("IsDefaultVersion", if number == policy.default_version { "true" } else { "false" });
    if let Some(version) = policy.versions.get(&number) {
        xml.text("CreateDate", &date(version.created_ms));
    }
}
