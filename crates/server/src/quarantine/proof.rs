//! What a thing can still do: asked of the policy engine, which answers with a proof or with a request that is allowed.

use serde::Serialize;
use thingwarden_engine::prove::{self, Answer};
use thingwarden_store::records::{ThingPrincipal, place_of};
use thingwarden_store::{Filter, Reader};

use crate::api::ApiError;
use crate::device_access::{DeviceAccess, THINGS_MAX};

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Proof {
    pub(super) result: Result,
    /// What can be done, one request for each principal that can do something.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reaches: Vec<Reach>,
    /// Why nothing better can be said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reasons: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Result {
    /// The thing can do nothing; every possibility was looked at.
    Proved,
    /// It can do what is in `reaches`.
    Reaches,
    /// Neither is known.
    Unknown,
}

/// Something that is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reach {
    principal: String,
    action: &'static str,
    resource: String,
    /// The client id that it connects with; none for a request over HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// The policies that allow it.
    allowed_by: Vec<String>,
}

/// What whoever has the keys of a thing can do.
///
/// # Errors
/// When the store fails or a policy in it cannot be read.
pub(super) fn of_thing(store: &Reader<'_>, thing: &str) -> std::result::Result<Proof, ApiError> {
    let mut proof = Proof { result: Result::Proved, reaches: vec![], reasons: vec![] };
    for attached in store.all::<ThingPrincipal>(&[Filter::eq("thing", thing)])? {
        judge(store, &attached.principal, &mut proof)?;
    }
    proof.result = match (proof.reaches.is_empty(), proof.reasons.is_empty()) {
        (false, _) => Result::Reaches,
        (true, false) => Result::Unknown,
        (true, true) => Result::Proved,
    };
    Ok(proof)
}

fn judge(store: &Reader<'_>, principal: &str, proof: &mut Proof) -> std::result::Result<(), ApiError> {
    let access = DeviceAccess::of(store, principal)?;
    if access.ways.is_empty() {
        return Ok(());
    }
    if access.more_things {
        proof.reasons.push(format!("`{principal}` is attached to more than {THINGS_MAX} things"));
    }
    match prove::quarantined(&access.cases(), &place_of(store)?) {
        Answer::Proof => {}
        Answer::OutOfBounds(reasons) => proof.reasons.extend(reasons),
        Answer::Witness(witness) => {
            let names = witness.allowed_by.iter().map(|statement| statement.policy.to_string());
            proof.reaches.push(Reach {
                principal: principal.to_owned(),
                action: witness.action,
                client_id: witness.context.get("iot:ClientId").first().map(|id| id.to_string()),
                allowed_by: names.collect(),
                resource: witness.resource,
            });
        }
    }
    Ok(())
}
