//! Access keys of users.

use thingwarden_store::records::{IamAccessKey, IamAccessKeyUse, IamUser};
use thingwarden_store::{Filter, Reader, StoreError, Writer};

use super::cx::Cx;
use super::identity::{self, date, limit_exceeded, no_such_entity};
use super::text::ACCESS_KEY_ID;
use super::{Outcome, ids, paging, users};
use crate::query::{Form, QueryError, Xml};

/// Access keys of a user (IAM quotas).
const KEYS_MAX: u64 = 2;

pub(super) fn create(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let user = users::wanted(cx, store, form)?;
    let user_id = &user.identity.unique_id;
    if store.count::<IamAccessKey>(&[Filter::eq("user_id", user_id.as_str())])? >= KEYS_MAX {
        return Err(limit_exceeded(format!("a user has at most {KEYS_MAX} access keys")));
    }
    let key = IamAccessKey {
        access_key_id: ids::access_key_id("AKIA", cx.caller.account())?,
        user: user_id.clone(),
        secret: ids::secret()?,
        active: true,
        created_ms: cx.now_ms(),
    };
    store.insert(&key)?;
    let mut xml = Xml::new();
    xml.element("AccessKey", |xml| {
        describe(xml, &user, &key);
        xml.text("SecretAccessKey", &key.secret);
    });
    Ok(Some(xml))
}

pub(super) fn list(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let user = users::wanted(cx, store, form)?;
    let asked = paging::Asked::take(form)?;
    let filters = [Filter::eq("user_id", user.identity.unique_id.as_str())];
    let page = paging::list::<IamAccessKey>(cx, store, &asked, "access key", &filters)?;
    let mut xml = Xml::new();
    xml.list("AccessKeyMetadata", &page.items, |xml, key| describe(xml, &user, key));
    page.end(&mut xml);
    Ok(Some(xml))
}

pub(super) fn update(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut key = wanted(cx, store, form)?;
    let status = form.choice("Status", &["Active", "Inactive"])?;
    let status = status.ok_or_else(|| QueryError::constraint("Status", "Member must not be null"))?;
    key.active = status == "Active";
    store.update(&key)?;
    Ok(None)
}

pub(super) fn delete(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let key = wanted(cx, store, form)?;
    store.delete::<IamAccessKey>(&key.access_key_id)?;
    store.delete::<IamAccessKeyUse>(&key.access_key_id)?;
    Ok(None)
}

/// A key that was never used has no date.
pub(super) fn last_used(_: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let id = form.required("AccessKeyId", &ACCESS_KEY_ID)?;
    let owner = owner(store, &id)?;
    let owner =
        owner.ok_or_else(|| no_such_entity(format!("the access key with id `{id}` cannot be found")))?;
    let last = store.get::<IamAccessKeyUse>(&id)?;
    let mut xml = Xml::new();
    xml.text("UserName", &owner.identity.name);
    xml.element("AccessKeyLastUsed", |xml| {
        xml.maybe("LastUsedDate", last.as_ref().map(|last| date(last.used_ms)).as_deref())
            .text("ServiceName", last.as_ref().map_or("N/A", |last| &last.service))
            .text("Region", last.as_ref().map_or("N/A", |last| &last.region));
    });
    Ok(Some(xml))
}

/// The user that an access key belongs to.
pub(super) fn owner(store: &Reader<'_>, access_key_id: &str) -> Result<Option<IamUser>, StoreError> {
    match store.get::<IamAccessKey>(access_key_id)? {
        Some(key) => identity::by_unique_id(store, &key.user),
        None => Ok(None),
    }
}

/// Takes user and access key; a key of somebody else is none.
fn wanted(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Result<IamAccessKey, QueryError> {
    let user = users::wanted(cx, store, form)?;
    let id = form.required("AccessKeyId", &ACCESS_KEY_ID)?;
    let key = store.get::<IamAccessKey>(&id)?.filter(|key| key.user == user.identity.unique_id);
    key.ok_or_else(|| no_such_entity(format!("the access key with id `{id}` cannot be found")))
}

fn describe(xml: &mut Xml, user: &IamUser, key: &IamAccessKey) {
    xml.text("UserName", &user.identity.name)
        .text("AccessKeyId", &key.access_key_id)
        .text("Status", if key.active { "Active" } else { "Inactive" })
        .text("CreateDate", &date(key.created_ms));
}
