//! Managed policies.

use std::collections::BTreeMap;

use thingwarden_store::records::{IamAttachment, IamPolicy, IamPolicyVersion, IamRole, IamUser, iam_name_id};
use thingwarden_store::{Filter, Reader, Record, StoreError, Writer};

use super::cx::Cx;
use super::documents::{self, Dialect};
use super::identity::{self, Holder, date, delete_conflict, limit_exceeded, no_such_entity};
use super::text::{ARN, DESCRIPTION, DOCUMENT, LONG_NAME, PATH_PREFIX, POLICY_PATH};
use super::{Outcome, arn, aws_managed, ids, paging, tags};
use crate::query::{Form, QueryError, Xml};

/// Characters of a managed policy, whitespace not counted (IAM quotas).
const CHARS_MAX: usize = 6144;

/// The managed policy with this ARN: the customer's own, or one of AWS's.
pub(crate) fn find(store: &Reader<'_>, policy_arn: &str) -> Result<Option<IamPolicy>, StoreError> {
    if let Some(policy) = aws_managed::find(policy_arn) {
        return Ok(Some(policy));
    }
    match arn::parts(&store.scope().account, policy_arn) {
        Some(("policy", _, name)) => {
            Ok(store.get::<IamPolicy>(&iam_name_id(name))?.filter(|policy| policy.arn == policy_arn))
        }
        _ => Ok(None),
    }
}

/// As [`find`], or `NoSuchEntity`.
pub(super) fn require(store: &Reader<'_>, policy_arn: &str) -> Result<IamPolicy, QueryError> {
    find(store, policy_arn)?
        .ok_or_else(|| no_such_entity(format!("policy `{policy_arn}` does not exist or is not attachable")))
}

/// Takes the ARN, and answers which policy it names.
pub(super) fn named(store: &Reader<'_>, form: &mut Form) -> Result<IamPolicy, QueryError> {
    let policy_arn = form.required("PolicyArn", &ARN)?;
    require(store, &policy_arn)
}

/// As [`named`], for a change: AWS's policies cannot be changed.
pub(super) fn own(store: &Reader<'_>, form: &mut Form) -> Result<IamPolicy, QueryError> {
    let policy = named(store, form)?;
    if aws_managed::is_arn(&policy.arn) {
        let message = format!("policy `{}` is managed by AWS and cannot be changed", policy.arn);
        return Err(QueryError::new(403, "AccessDenied", message));
    }
    Ok(policy)
}

/// The path in a policy's ARN.
pub(super) fn path_of(policy_arn: &str) -> &str {
    let resource = policy_arn.find('/').and_then(|at| policy_arn.get(at..)).unwrap_or_default();
    resource.rfind('/').and_then(|at| resource.get(..=at)).unwrap_or_default()
}

/// Takes a document for a managed policy.
pub(super) fn take_document(form: &mut Form) -> Result<String, QueryError> {
    let document = form.required("PolicyDocument", &DOCUMENT)?;
    documents::check(&document, Dialect::Identity)?;
    if documents::counted_chars(&document) > CHARS_MAX {
        return Err(limit_exceeded(format!("a managed policy has at most {CHARS_MAX} characters")));
    }
    Ok(document)
}

pub(super) fn create(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let name = form.required("PolicyName", &LONG_NAME)?;
    let path = form.optional("Path", &POLICY_PATH)?.unwrap_or_else(|| "/".to_owned());
    let document = take_document(form)?;
    let description = form.optional("Description", &DESCRIPTION)?;
    let mut all = BTreeMap::new();
    tags::add(&mut all, tags::take(form)?)?;
    if store.get::<IamPolicy>(&iam_name_id(&name))?.is_some() {
        return Err(QueryError::new(
            409,
            "EntityAlreadyExists",
            format!("a policy with name `{name}` exists already"),
        ));
    }
    let now_ms = cx.now_ms();
    let policy = IamPolicy {
        arn: arn::of(cx.caller.account(), "policy", &path, &name),
        name,
        policy_id: ids::unique_id("ANPA")?,
        path,
        description,
        created_ms: now_ms,
        updated_ms: now_ms,
        tags: all,
        default_version: 1,
        next_version: 2,
        versions: BTreeMap::from([(1, IamPolicyVersion { document, created_ms: now_ms })]),
    };
    store.insert(&policy)?;
    element(store, &policy)
}

pub(super) fn get(_: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    element(store, &named(store, form)?)
}

pub(super) fn delete(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let policy = own(store, form)?;
    let (attached, bounding) = uses(store, &policy.arn)?;
    if attached + bounding > 0 {
        return Err(delete_conflict(
            "detach the policy from all users and roles first, also as a permissions boundary",
        ));
    }
    if policy.versions.len() > 1 {
        return Err(delete_conflict("delete all versions but the default one first"));
    }
    store.delete::<IamPolicy>(&policy.id())?;
    Ok(None)
}

/// How often a policy is attached, and how often it is a permissions boundary.
fn uses(store: &Reader<'_>, policy_arn: &str) -> Result<(u64, u64), StoreError> {
    let attached = store.count::<IamAttachment>(&[Filter::eq("policy_arn", policy_arn)])?;
    let bounding = [Filter::eq("boundary", policy_arn)];
    Ok((attached, store.count::<IamUser>(&bounding)? + store.count::<IamRole>(&bounding)?))
}

/// The customer's policies by name, then AWS's.
pub(super) fn list(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let scope = form.choice("Scope", &["All", "AWS", "Local"])?.unwrap_or("All");
    let only_attached = form.boolean("OnlyAttached")?;
    let prefix = form.optional("PathPrefix", &PATH_PREFIX)?.unwrap_or_default();
    let usage = form.choice("PolicyUsageFilter", &["PermissionsPolicy", "PermissionsBoundary"])?;
    let asked = paging::Asked::take(form)?;
    let mut gather =
        paging::Gather::new(cx, &asked, format!("policy {scope} {only_attached} {prefix} {usage:?}"))?;
    let keep = |policy: &IamPolicy| -> Result<bool, QueryError> {
        let (attached, bounding) = uses(store, &policy.arn)?;
        Ok(policy.path.starts_with(&prefix)
            && match usage {
                Some("PermissionsPolicy") => attached > 0,
                Some(_) => bounding > 0,
                None => !only_attached || attached > 0,
            })
    };
    if scope != "AWS" {
        gather.records('0', store, &mut |policy: IamPolicy| Ok(keep(&policy)?.then_some(policy)))?;
    }
    if scope != "Local" {
        for policy in aws_managed::all() {
            let key = policy.name.clone();
            gather.one('1', &key, || Ok(keep(&policy)?.then_some(policy)))?;
        }
    }
    let page = gather.page(cx);
    let mut xml = Xml::new();
    let mut failed = Ok(());
    xml.list("Policies", &page.items, |xml, policy| {
        if let Err(error) = describe(store, xml, policy) {
            failed = Err(error);
        }
    });
    failed?;
    page.end(&mut xml);
    Ok(Some(xml))
}

/// The elements that describe a policy in every answer.
pub(super) fn describe(store: &Reader<'_>, xml: &mut Xml, policy: &IamPolicy) -> Result<(), QueryError> {
    let (attached, bounding) = uses(store, &policy.arn)?;
    xml.text("PolicyName", &policy.name)
        .text("PolicyId", &policy.policy_id)
        .text("Arn", &policy.arn)
        .text("Path", &policy.path)
        .text("DefaultVersionId", &version_id(policy.default_version))
        .text("AttachmentCount", &attached.to_string())
        .text("PermissionsBoundaryUsageCount", &bounding.to_string())
        .text("IsAttachable", "true")
        .text("CreateDate", &date(policy.created_ms))
        .text("UpdateDate", &date(policy.updated_ms));
    Ok(())
}

fn element(store: &Reader<'_>, policy: &IamPolicy) -> Outcome {
    let mut inside = Xml::new();
    describe(store, &mut inside, policy)?;
    inside.maybe("Description", policy.description.as_deref());
    if !policy.tags.is_empty() {
        tags::write(&mut inside, &policy.tags);
    }
    let mut xml = Xml::new();
    xml.element("Policy", |xml| {
        xml.append(&inside);
    });
    Ok(Some(xml))
}

/// The id of a version, from its number.
pub(super) fn version_id(number: u32) -> String {
    format!("v{number}")
}

pub(super) fn tag(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut policy = own(store, form)?;
    tags::add(&mut policy.tags, tags::take_some(form)?)?;
    store.update(&policy)?;
    Ok(None)
}

pub(super) fn untag(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut policy = own(store, form)?;
    tags::remove(&mut policy.tags, &tags::take_keys(form)?);
    store.update(&policy)?;
    Ok(None)
}

pub(super) fn list_tags(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let policy = named(store, form)?;
    tags::list(cx, form, &policy.policy_id, &policy.tags)
}

/// A user or role that a policy is attached to, or bounds.
#[derive(Clone)]
struct Entity {
    kind: &'static str,
    name: String,
    unique_id: String,
    path: String,
}

impl Entity {
    fn of<H: Holder>(holder: &H) -> Self {
        let identity = holder.identity();
        Self {
            kind: H::ELEMENT,
            name: identity.name.clone(),
            unique_id: identity.unique_id.clone(),
            path: identity.path.clone(),
        }
    }
}

/// `ListEntitiesForPolicy`: users and roles; groups there are none.
pub(super) fn list_entities(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let policy = named(store, form)?;
    let kind =
        form.choice("EntityFilter", &["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"])?;
    let prefix = form.optional("PathPrefix", &PATH_PREFIX)?.unwrap_or_default();
    let usage = form.choice("PolicyUsageFilter", &["PermissionsPolicy", "PermissionsBoundary"])?;
    let asked = paging::Asked::take(form)?;
    let mut found = vec![];
    if usage != Some("PermissionsBoundary") {
        for attachment in store.all::<IamAttachment>(&[Filter::eq("policy_arn", policy.arn.as_str())])? {
            let user = identity::by_unique_id::<IamUser>(store, &attachment.entity)?;
            let role = identity::by_unique_id::<IamRole>(store, &attachment.entity)?;
            found.extend(user.as_ref().map(Entity::of).or_else(|| role.as_ref().map(Entity::of)));
        }
    }
    if usage != Some("PermissionsPolicy") {
        let bounded = [Filter::eq("boundary", policy.arn.as_str())];
        found.extend(store.all::<IamUser>(&bounded)?.iter().map(Entity::of));
        found.extend(store.all::<IamRole>(&bounded)?.iter().map(Entity::of));
    }
    found.retain(|entity| kind.is_none_or(|kind| kind == entity.kind) && entity.path.starts_with(&prefix));
    let key = |entity: &Entity| format!("{} {}", entity.kind, entity.name);
    found.sort_by_key(key);
    found.dedup_by_key(|entity| key(entity));
    let listing = format!("{} {kind:?} {prefix} {usage:?}", policy.policy_id);
    let page = paging::slice(cx, &asked, &listing, found, key)?;
    let mut xml = Xml::new();
    xml.list("PolicyGroups", [(); 0], |_, ()| {});
    for kind in [IamUser::ELEMENT, IamRole::ELEMENT] {
        let of_kind = page.items.iter().filter(|entity| entity.kind == kind);
        xml.list(&format!("Policy{kind}s"), of_kind, |xml, entity| {
            xml.text(&format!("{kind}Name"), &entity.name).text(&format!("{kind}Id"), &entity.unique_id);
        });
    }
    page.end(&mut xml);
    Ok(Some(xml))
}
