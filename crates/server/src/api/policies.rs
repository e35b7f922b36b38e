//! Policies and their versions.

use thingwarden_engine::policy::{self, Dialect};
use thingwarden_store::records::{Policy, PolicyAttachment, PolicyFlaws, PolicyVersion, place_of};
use thingwarden_store::{Filter, Order, Query, Reader, Writer};
use thingwarden_wire::types::{
    self, CreatePolicyInput, CreatePolicyOutput, CreatePolicyVersionInput, CreatePolicyVersionOutput,
    DeletePolicyInput, DeletePolicyVersionInput, GetPolicyInput, GetPolicyOutput, GetPolicyVersionInput,
    GetPolicyVersionOutput, ListPoliciesInput, ListPoliciesOutput, ListPolicyVersionsInput,
    ListPolicyVersionsOutput, SetDefaultPolicyVersionInput,
};
use thingwarden_wire::{Code, Empty, Timestamp, WireError};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::{policy_comparison, policy_verdicts, tags};

/// Results on a page if nobody says: AWS's model has none, its largest page is 250.
pub(super) const PAGE: usize = 25;

pub(super) fn create(
    cx: &Cx,
    input: CreatePolicyInput,
) -> Result<impl FnOnce(&Cx, &Writer<'_>) -> Result<CreatePolicyOutput, ApiError> + use<>, ApiError> {
    let flaws = judge(cx, &input.policy_document)?;
    Ok(move |cx: &Cx, store: &Writer<'_>| {
        let name = input.policy_name;
        let arn = arn(cx, &name);
        if store.exists::<Policy>(&name)? {
            let message = format!("Policy cannot be created - name already exists (name={name})");
            let told = WireError::new(Code::ResourceAlreadyExistsException, message);
            return Err(told.with_resource(&name, &arn).into());
        }
        store.insert(&Policy {
            name: name.clone(),
            default_version: 1,
            last_version: 1,
            generation_id: super::new_uuid()?,
            created_ms: cx.now_ms,
            modified_ms: cx.now_ms,
        })?;
        let version = PolicyVersion {
            policy: name,
            version: 1,
            document: input.policy_document,
            created_ms: cx.now_ms,
            comparison: None,
        };
        store.insert(&version)?;
        policy_verdicts::put(store, &version, flaws)?;
        policy_verdicts::put_in_force(store, &version.policy, version.version)?;
        tags::set_new(cx, store, &arn, input.tags)?;
        Ok(CreatePolicyOutput {
            policy_arn: Some(arn),
            policy_document: Some(version.document),
            policy_name: Some(version.policy),
            policy_version_id: Some("1".to_owned()),
        })
    })
}

pub(super) fn create_version(
    cx: &Cx,
    input: CreatePolicyVersionInput,
) -> Result<impl FnOnce(&Cx, &Writer<'_>) -> Result<CreatePolicyVersionOutput, ApiError> + use<>, ApiError> {
    let flaws = judge(cx, &input.policy_document)?;
    let comparison =
        policy_comparison::with_version_in_force(cx, &input.policy_name, &input.policy_document)?;
    Ok(move |cx: &Cx, store: &Writer<'_>| {
        let mut policy = require(store, &input.policy_name)?;
        let limit = cx.app.quotas.policy_versions;
        if count_versions(store, &policy.name)? >= limit {
            let name = &policy.name;
            let message = format!("The policy {name} already has the maximum number of versions ({limit})");
            return Err(ApiError::new(Code::VersionsLimitExceededException, message));
        }
        policy.last_version += 1;
        let version = PolicyVersion {
            policy: policy.name.clone(),
            version: policy.last_version,
            document: input.policy_document,
            created_ms: cx.now_ms,
            // Another version may have come into force meanwhile.
            comparison: comparison.filter(|comparison| comparison.with_version == policy.default_version),
        };
        store.insert(&version)?;
        policy_verdicts::put(store, &version, flaws)?;
        let is_default = input.set_as_default.unwrap_or(false);
        if is_default {
            policy.default_version = version.version;
        }
        change(cx, store, policy)?;
        Ok(CreatePolicyVersionOutput {
            is_default_version: Some(is_default),
            policy_arn: Some(arn(cx, &version.policy)),
            policy_document: Some(version.document),
            policy_version_id: Some(version.version.to_string()),
        })
    })
}

pub(super) fn delete(cx: &Cx, store: &Writer<'_>, input: DeletePolicyInput) -> Result<Empty, ApiError> {
    let policy = require(store, &input.policy_name)?;
    let name = &policy.name;
    if store.count::<PolicyAttachment>(&[Filter::eq("policy", name.as_str())])? > 0 {
        let message = format!(
            "The policy cannot be deleted as the policy is attached to one or more principals (name={name})"
        );
        return Err(ApiError::new(Code::DeleteConflictException, message));
    }
    if count_versions(store, name)? > 1 {
        let message = format!(
            "Cannot delete the policy because it has one or more policy versions attached to it (name={name})"
        );
        return Err(ApiError::new(Code::DeleteConflictException, message));
    }
    store.delete::<PolicyVersion>(&PolicyVersion::id_of(name, policy.default_version))?;
    policy_verdicts::forget(store, name, policy.default_version)?;
    store.delete::<Policy>(name)?;
    tags::forget(store, &arn(cx, name))?;
    Ok(Empty {})
}

pub(super) fn delete_version(
    cx: &Cx,
    store: &Writer<'_>,
    input: DeletePolicyVersionInput,
) -> Result<Empty, ApiError> {
    let policy = require(store, &input.policy_name)?;
    let version = require_version(store, &policy, &input.policy_version_id)?;
    if version.version == policy.default_version {
        let message = "Cannot delete the default version of a policy";
        return Err(ApiError::new(Code::DeleteConflictException, message));
    }
    store.delete::<PolicyVersion>(&PolicyVersion::id_of(&policy.name, version.version))?;
    policy_verdicts::forget(store, &policy.name, version.version)?;
    change(cx, store, policy)
}

pub(super) fn get(cx: &Cx, store: &Reader<'_>, input: GetPolicyInput) -> Result<GetPolicyOutput, ApiError> {
    let policy = require(store, &input.policy_name)?;
    let version = default_version(store, &policy)?;
    Ok(GetPolicyOutput {
        creation_date: Some(Timestamp::from_epoch_ms(policy.created_ms)),
        default_version_id: Some(policy.default_version.to_string()),
        generation_id: Some(policy.generation_id),
        last_modified_date: Some(Timestamp::from_epoch_ms(policy.modified_ms)),
        policy_arn: Some(arn(cx, &policy.name)),
        policy_document: Some(version.document),
        policy_name: Some(policy.name),
    })
}

pub(super) fn get_version(
    cx: &Cx,
    store: &Reader<'_>,
    input: GetPolicyVersionInput,
) -> Result<GetPolicyVersionOutput, ApiError> {
    let policy = require(store, &input.policy_name)?;
    let version = require_version(store, &policy, &input.policy_version_id)?;
    // A version never changes.
    let created = Timestamp::from_epoch_ms(version.created_ms);
    Ok(GetPolicyVersionOutput {
        creation_date: Some(created),
        generation_id: Some(policy.generation_id),
        is_default_version: Some(version.version == policy.default_version),
        last_modified_date: Some(created),
        policy_arn: Some(arn(cx, &policy.name)),
        policy_document: Some(version.document),
        policy_name: Some(policy.name),
        policy_version_id: Some(version.version.to_string()),
    })
}

pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListPoliciesInput,
) -> Result<ListPoliciesOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: PAGE };
    let query = Query { descending: !input.ascending_order.unwrap_or(false), ..Query::default() };
    let page = paging::list::<Policy>(cx, store, asked, &query)?;
    let policies = page.items.iter().map(|policy| named(cx, &policy.name)).collect();
    Ok(ListPoliciesOutput { next_marker: page.next_token, policies })
}

/// Newest first. There is no paging: versions are few.
pub(super) fn list_versions(
    _: &Cx,
    store: &Reader<'_>,
    input: ListPolicyVersionsInput,
) -> Result<ListPolicyVersionsOutput, ApiError> {
    let policy = require(store, &input.policy_name)?;
    let filters = [Filter::eq("policy", policy.name.as_str())];
    let query = Query { order: Order::By("version"), descending: true, ..Query::all(&filters) };
    let versions = store.list::<PolicyVersion>(&query)?.items.into_iter();
    let policy_versions = versions.map(|version| types::PolicyVersion {
        create_date: Some(Timestamp::from_epoch_ms(version.created_ms)),
        is_default_version: Some(version.version == policy.default_version),
        version_id: Some(version.version.to_string()),
    });
    Ok(ListPolicyVersionsOutput { policy_versions: policy_versions.collect() })
}

pub(super) fn set_default_version(
    cx: &Cx,
    store: &Writer<'_>,
    input: SetDefaultPolicyVersionInput,
) -> Result<Empty, ApiError> {
    let policy = require(store, &input.policy_name)?;
    let version = require_version(store, &policy, &input.policy_version_id)?.version;
    if version == policy.default_version {
        return Ok(Empty {});
    }
    change(cx, store, Policy { default_version: version, ..policy })
}

/// A policy as listings show it.
pub(super) fn named(cx: &Cx, name: &str) -> types::Policy {
    types::Policy { policy_arn: Some(arn(cx, name)), policy_name: Some(name.to_owned()) }
}

pub(super) fn arn(cx: &Cx, name: &str) -> String {
    cx.arn(&format!("policy/{name}"))
}

/// The policy, or the error that says that there is none.
pub(super) fn require(store: &Reader<'_>, name: &str) -> Result<Policy, ApiError> {
    store.get(name)?.ok_or_else(|| {
        let message = format!("Policy not found: there is no policy `{name}`");
        ApiError::new(Code::ResourceNotFoundException, message)
    })
}

/// The version that is in force.
pub(super) fn default_version(store: &Reader<'_>, policy: &Policy) -> Result<PolicyVersion, ApiError> {
    Ok(store.require(&PolicyVersion::id_of(&policy.name, policy.default_version))?)
}

fn require_version(store: &Reader<'_>, policy: &Policy, id: &str) -> Result<PolicyVersion, ApiError> {
    // The model lets any digits through: `01` is no version's id.
    let number = id.parse::<i64>().ok().filter(|number| number.to_string() == id);
    let found = match number {
        Some(number) => store.get(&PolicyVersion::id_of(&policy.name, number))?,
        None => None,
    };
    found.ok_or_else(|| {
        let message = format!("policy `{}` has no version `{id}`", policy.name);
        ApiError::new(Code::ResourceNotFoundException, message)
    })
}

fn count_versions(store: &Reader<'_>, name: &str) -> Result<u64, ApiError> {
    Ok(store.count::<PolicyVersion>(&[Filter::eq("policy", name)])?)
}

fn change(cx: &Cx, store: &Writer<'_>, policy: Policy) -> Result<Empty, ApiError> {
    policy_verdicts::put_in_force(store, &policy.name, policy.default_version)?;
    store.update(&Policy { generation_id: super::new_uuid()?, modified_ms: cx.now_ms, ..policy })?;
    Ok(Empty {})
}

/// What is wrong with a document that is to be written. May take a while.
fn judge(cx: &Cx, text: &str) -> Result<PolicyFlaws, ApiError> {
    match policy::parse(text, Dialect::Iot) {
        Ok(document) => Ok(PolicyFlaws::of(&document, &cx.app.store.read(&cx.scope, place_of)?)),
        Err(error) => {
            let message = format!("the policy document is malformed: {error}");
            Err(ApiError::new(Code::MalformedPolicyException, message))
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
