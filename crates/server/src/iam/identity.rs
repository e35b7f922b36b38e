//! What users and roles have in common: names, inline policies, attached policies, permissions boundaries, tags.

use std::collections::BTreeMap;

use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{IamAttachment, IamIdentity, IamRole, IamUser, iam_name_id};
use thingwarden_store::{Filter, Query, Reader, Record, StoreError, Writer, link_id};

use super::cx::Cx;
use super::documents::{self, Dialect};
use super::policies;
use super::text::{ARN, DOCUMENT, LONG_NAME, PATH_PREFIX};
use super::{Outcome, arn, ids, paging, tags};
use crate::query::{Form, QueryError, Text, Xml};

/// Managed policies attached to a user or role (IAM quotas: managed policies attached to a role, to a user).
const ATTACHED_MAX: u64 = 10;

/// A user or a role.
pub(crate) trait Holder: Record + Clone {
    /// `user` or `role`, as ARNs have it.
    const KIND_NAME: &'static str;
    /// The parameter that names it.
    const PARAMETER: &'static str;
    /// The prefix of its elements in answers.
    const ELEMENT: &'static str;
    /// How unique ids begin.
    const ID_PREFIX: &'static str;
    /// What its name may look like when it exists.
    const NAME: Text;
    /// Characters of all inline policies together, whitespace not counted (IAM quotas).
    const INLINE_CHARS_MAX: usize;

    fn identity(&self) -> &IamIdentity;
    fn identity_mut(&mut self) -> &mut IamIdentity;

    fn arn(&self, account: &str) -> String {
        arn::of(account, Self::KIND_NAME, &self.identity().path, &self.identity().name)
    }
}

impl Holder for IamUser {
    const KIND_NAME: &'static str = "user";
    const PARAMETER: &'static str = "UserName";
    const ELEMENT: &'static str = "User";
    const ID_PREFIX: &'static str = "AIDA";
    const NAME: Text = LONG_NAME;
    const INLINE_CHARS_MAX: usize = 2048;

    fn identity(&self) -> &IamIdentity {
        &self.identity
    }

    fn identity_mut(&mut self) -> &mut IamIdentity {
        &mut self.identity
    }
}

impl Holder for IamRole {
    const KIND_NAME: &'static str = "role";
    const PARAMETER: &'static str = "RoleName";
    const ELEMENT: &'static str = "Role";
    const ID_PREFIX: &'static str = "AROA";
    const NAME: Text = super::text::NAME;
    const INLINE_CHARS_MAX: usize = 10_240;

    fn identity(&self) -> &IamIdentity {
        &self.identity
    }

    fn identity_mut(&mut self) -> &mut IamIdentity {
        &mut self.identity
    }
}

/// The user or role of this very name.
pub(crate) fn find<H: Holder>(store: &Reader<'_>, name: &str) -> Result<Option<H>, StoreError> {
    Ok(store.get::<H>(&iam_name_id(name))?.filter(|found| found.identity().name == name))
}

/// As [`find`], or `NoSuchEntity`.
pub(super) fn require<H: Holder>(store: &Reader<'_>, name: &str) -> Result<H, QueryError> {
    find(store, name)?
        .ok_or_else(|| no_such_entity(format!("the {} with name `{name}` cannot be found", H::KIND_NAME)))
}

/// The user or role with this unique id.
pub(crate) fn by_unique_id<H: Holder>(store: &Reader<'_>, id: &str) -> Result<Option<H>, StoreError> {
    let filters = [Filter::eq("unique_id", id)];
    Ok(store.list::<H>(&Query { limit: 1, ..Query::all(&filters) })?.items.pop())
}

/// Takes the name, and answers whom it names.
pub(super) fn named<H: Holder>(store: &Reader<'_>, form: &mut Form) -> Result<H, QueryError> {
    let name = form.required(H::PARAMETER, &H::NAME)?;
    require(store, &name)
}

pub(crate) fn no_such_entity(message: String) -> QueryError {
    QueryError::new(404, "NoSuchEntity", message)
}

pub(super) fn limit_exceeded(message: String) -> QueryError {
    QueryError::new(409, "LimitExceeded", message)
}

pub(super) fn delete_conflict(message: impl Into<String>) -> QueryError {
    QueryError::new(409, "DeleteConflict", message)
}

/// Takes what a new user or role begins with, and makes it.
pub(super) fn create<H: Holder>(
    cx: &Cx,
    store: &Writer<'_>,
    form: &mut Form,
) -> Result<IamIdentity, QueryError> {
    let name = form.required(H::PARAMETER, &super::text::NAME)?;
    let path = form.optional("Path", &super::text::PATH)?.unwrap_or_else(|| "/".to_owned());
    let boundary = form.optional("PermissionsBoundary", &ARN)?;
    if let Some(boundary) = &boundary {
        policies::require(store, boundary)?;
    }
    let mut all = BTreeMap::new();
    tags::add(&mut all, tags::take(form)?)?;
    must_be_free::<H>(store, &name)?;
    let (unique_id, created_ms) = (ids::unique_id(H::ID_PREFIX)?, cx.now_ms());
    Ok(IamIdentity {
        name,
        unique_id,
        path,
        created_ms,
        boundary,
        tags: all,
        inline_policies: BTreeMap::new(),
    })
}

/// Names that differ in case only are the same.
pub(super) fn must_be_free<H: Holder>(store: &Reader<'_>, name: &str) -> Result<(), QueryError> {
    match store.get::<H>(&iam_name_id(name))? {
        None => Ok(()),
        Some(holder) => {
            let (kind, name) = (H::KIND_NAME, &holder.identity().name);
            let message = format!("a {kind} with name `{name}` exists already");
            Err(QueryError::new(409, "EntityAlreadyExists", message))
        }
    }
}

/// What must be gone before a user or role can go.
pub(super) fn must_be_bare<H: Holder>(store: &Reader<'_>, holder: &H) -> Result<(), QueryError> {
    let identity = holder.identity();
    if !identity.inline_policies.is_empty() {
        return Err(delete_conflict(format!("delete the inline policies of the {} first", H::KIND_NAME)));
    }
    if store.count::<IamAttachment>(&[Filter::eq("entity", identity.unique_id.as_str())])? > 0 {
        return Err(delete_conflict(format!("detach all policies of the {} first", H::KIND_NAME)));
    }
    Ok(())
}

/// The elements that describe a user or role in every answer.
pub(super) fn describe<H: Holder>(cx: &Cx, xml: &mut Xml, holder: &H) {
    let identity = holder.identity();
    xml.text("Path", &identity.path)
        .text(&format!("{}Name", H::ELEMENT), &identity.name)
        .text(&format!("{}Id", H::ELEMENT), &identity.unique_id)
        .text("Arn", &holder.arn(cx.caller.account()))
        .text("CreateDate", &date(identity.created_ms));
}

/// Boundary and tags, which listings leave out.
pub(super) fn describe_more(xml: &mut Xml, identity: &IamIdentity) {
    if let Some(boundary) = &identity.boundary {
        xml.element("PermissionsBoundary", |xml| {
            xml.text("PermissionsBoundaryType", "Policy").text("PermissionsBoundaryArn", boundary);
        });
    }
    if !identity.tags.is_empty() {
        tags::write(xml, &identity.tags);
    }
}

/// A time as answers have it: whole seconds.
pub(crate) fn date(ms: i64) -> String {
    Timestamp::from_seconds(ms.div_euclid(1000)).to_string()
}

/// `ListUsers`, `ListRoles`.
pub(super) fn list<H: Holder>(
    cx: &Cx,
    store: &Reader<'_>,
    form: &mut Form,
    element: &str,
    describe: impl Fn(&mut Xml, &H),
) -> Outcome {
    let prefix = form.optional("PathPrefix", &PATH_PREFIX)?.unwrap_or_default();
    let asked = paging::Asked::take(form)?;
    let filters = [Filter::Prefix("path", &prefix)];
    let page = paging::list::<H>(cx, store, &asked, H::KIND_NAME, &filters)?;
    let mut xml = Xml::new();
    xml.list(element, &page.items, |xml, holder| describe(xml, holder));
    page.end(&mut xml);
    Ok(Some(xml))
}

/// `PutUserPolicy`, `PutRolePolicy`.
pub(super) fn put_policy<H: Holder>(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut holder = named::<H>(store, form)?;
    let name = form.required("PolicyName", &LONG_NAME)?;
    let document = form.required("PolicyDocument", &DOCUMENT)?;
    documents::check(&document, Dialect::Identity)?;
    let policies = &mut holder.identity_mut().inline_policies;
    policies.insert(name, document);
    let chars: usize = policies.values().map(|document| documents::counted_chars(document)).sum();
    if chars > H::INLINE_CHARS_MAX {
        let (kind, name, max) = (H::KIND_NAME, &holder.identity().name, H::INLINE_CHARS_MAX);
        let message = format!("the inline policies of {kind} `{name}` would have more than {max} characters");
        return Err(limit_exceeded(message));
    }
    store.update(&holder)?;
    Ok(None)
}

/// `GetUserPolicy`, `GetRolePolicy`.
pub(super) fn get_policy<H: Holder>(_: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let holder = named::<H>(store, form)?;
    let name = form.required("PolicyName", &LONG_NAME)?;
    let Some(document) = holder.identity().inline_policies.get(&name) else {
        return Err(no_inline_policy::<H>(&name));
    };
    let mut xml = Xml::new();
    xml.text(H::PARAMETER, &holder.identity().name);
    xml.text("PolicyName", &name).text("PolicyDocument", &documents::encode(document));
    Ok(Some(xml))
}

/// `DeleteUserPolicy`, `DeleteRolePolicy`.
pub(super) fn delete_policy<H: Holder>(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut holder = named::<H>(store, form)?;
    let name = form.required("PolicyName", &LONG_NAME)?;
    if holder.identity_mut().inline_policies.remove(&name).is_none() {
        return Err(no_inline_policy::<H>(&name));
    }
    store.update(&holder)?;
    Ok(None)
}

fn no_inline_policy<H: Holder>(name: &str) -> QueryError {
    no_such_entity(format!("the {} policy with name `{name}` cannot be found", H::KIND_NAME))
}

/// `ListUserPolicies`, `ListRolePolicies`.
pub(super) fn list_policies<H: Holder>(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let holder = named::<H>(store, form)?;
    let asked = paging::Asked::take(form)?;
    let names = holder.identity().inline_policies.keys().cloned().collect();
    let page = paging::slice(cx, &asked, &holder.identity().unique_id, names, String::clone)?;
    let mut xml = Xml::new();
    xml.list("PolicyNames", &page.items, |xml, name| xml.escape(name));
    page.end(&mut xml);
    Ok(Some(xml))
}

/// `AttachUserPolicy`, `AttachRolePolicy`. What is attached already stays so.
pub(super) fn attach<H: Holder>(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let holder = named::<H>(store, form)?;
    let policy_arn = form.required("PolicyArn", &ARN)?;
    policies::require(store, &policy_arn)?;
    let entity = &holder.identity().unique_id;
    let attachment = IamAttachment { entity: entity.clone(), policy_arn };
    if store.exists::<IamAttachment>(&attachment.id())? {
        return Ok(None);
    }
    if store.count::<IamAttachment>(&[Filter::eq("entity", entity.as_str())])? >= ATTACHED_MAX {
        let message =
            format!("at most {ATTACHED_MAX} managed policies can be attached to a {}", H::KIND_NAME);
        return Err(limit_exceeded(message));
    }
    store.insert(&attachment)?;
    Ok(None)
}

/// `DetachUserPolicy`, `DetachRolePolicy`.
pub(super) fn detach<H: Holder>(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let holder = named::<H>(store, form)?;
    let policy_arn = form.required("PolicyArn", &ARN)?;
    let id = link_id(&[&holder.identity().unique_id, &policy_arn]);
    if !store.delete::<IamAttachment>(&id)? {
        let (kind, name) = (H::KIND_NAME, &holder.identity().name);
        return Err(no_such_entity(format!("policy `{policy_arn}` is not attached to {kind} `{name}`")));
    }
    Ok(None)
}

/// `ListAttachedUserPolicies`, `ListAttachedRolePolicies`.
pub(super) fn list_attached<H: Holder>(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let holder = named::<H>(store, form)?;
    let prefix = form.optional("PathPrefix", &PATH_PREFIX)?.unwrap_or_default();
    let asked = paging::Asked::take(form)?;
    let mut found = attached(store, holder.identity())?;
    found.retain(|policy| policies::path_of(policy).starts_with(&prefix));
    let listing = format!("{} {prefix}", holder.identity().unique_id);
    let page = paging::slice(cx, &asked, &listing, found, String::clone)?;
    let mut xml = Xml::new();
    write_attached(&mut xml, "AttachedPolicies", &page.items);
    page.end(&mut xml);
    Ok(Some(xml))
}

/// A list of attached policies, from their ARNs.
pub(super) fn write_attached(xml: &mut Xml, element: &str, arns: &[String]) {
    xml.list(element, arns, |xml, arn| {
        xml.text("PolicyName", arn.rsplit('/').next().unwrap_or(arn)).text("PolicyArn", arn);
    });
}

/// The ARNs of the managed policies that are attached, sorted.
pub(crate) fn attached(store: &Reader<'_>, identity: &IamIdentity) -> Result<Vec<String>, StoreError> {
    let all = store.all::<IamAttachment>(&[Filter::eq("entity", identity.unique_id.as_str())])?;
    let mut arns: Vec<String> = all.into_iter().map(|attachment| attachment.policy_arn).collect();
    arns.sort();
    Ok(arns)
}

/// `PutUserPermissionsBoundary`, `PutRolePermissionsBoundary`.
pub(super) fn put_boundary<H: Holder>(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut holder = named::<H>(store, form)?;
    let boundary = form.required("PermissionsBoundary", &ARN)?;
    policies::require(store, &boundary)?;
    holder.identity_mut().boundary = Some(boundary);
    store.update(&holder)?;
    Ok(None)
}

/// `DeleteUserPermissionsBoundary`, `DeleteRolePermissionsBoundary`.
pub(super) fn delete_boundary<H: Holder>(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut holder = named::<H>(store, form)?;
    if holder.identity_mut().boundary.take().is_none() {
        let (kind, name) = (H::KIND_NAME, &holder.identity().name);
        return Err(no_such_entity(format!("{kind} `{name}` has no permissions boundary")));
    }
    store.update(&holder)?;
    Ok(None)
}

/// `TagUser`, `TagRole`.
pub(super) fn tag<H: Holder>(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut holder = named::<H>(store, form)?;
    tags::add(&mut holder.identity_mut().tags, tags::take_some(form)?)?;
    store.update(&holder)?;
    Ok(None)
}

/// `UntagUser`, `UntagRole`.
pub(super) fn untag<H: Holder>(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut holder = named::<H>(store, form)?;
    tags::remove(&mut holder.identity_mut().tags, &tags::take_keys(form)?);
    store.update(&holder)?;
    Ok(None)
}

/// `ListUserTags`, `ListRoleTags`.
pub(super) fn list_tags<H: Holder>(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let holder = named::<H>(store, form)?;
    tags::list(cx, form, &holder.identity().unique_id, &holder.identity().tags)
}
