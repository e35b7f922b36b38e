//! TestAuthorization: what the policies of a device say about what it might do.

use thingwarden_engine::policy::{Decision, Effect, Explanation, Request, explain};
use thingwarden_store::Reader;
use thingwarden_wire::types::{
    ActionType, Allowed, AuthDecision, AuthInfo, AuthResult, Denied, ExplicitDeny, ImplicitDeny, Policy,
    TestAuthorizationInput, TestAuthorizationOutput,
};

use super::cx::Cx;
use super::error::ApiError;
use super::{effective, policies};

/// Resources, and names of policies, in one request. AWS says nothing; this bounds the work.
const ITEMS_MAX: usize = 250;

/// Looks at no status: an inactive certificate is judged as if it could connect. Whoever is no principal yet, as with a
/// custom authorizer, has the policies of `policyNamesToAdd`.
pub(super) fn test(
    cx: &Cx,
    store: &Reader<'_>,
    input: TestAuthorizationInput,
) -> Result<TestAuthorizationOutput, ApiError> {
    let (add, skip) =
        (input.policy_names_to_add.unwrap_or_default(), input.policy_names_to_skip.unwrap_or_default());
    let resources: usize = input.auth_infos.iter().map(|info| info.resources.len()).sum();
    if resources > ITEMS_MAX || add.len() + skip.len() > ITEMS_MAX {
        return Err(ApiError::limit(format!(
            "at most {ITEMS_MAX} resources and {ITEMS_MAX} policies are tested at once"
        )));
    }
    let principal = input.principal.as_deref();
    let client_id = input.client_id.as_deref();
    let thing = effective::connected_thing(store, principal, client_id)?.map(|thing| thing.name);
    let mut names = effective::names(store, &effective::targets_of(cx, store, principal, thing.as_deref())?)?;
    for name in add {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in &skip {
        policies::require(store, name)?;
        names.retain(|kept| kept != name);
    }
    let set = effective::compile(store, &names)?;
    let context = effective::context(cx, store, principal, client_id, thing.as_deref())?;
    let judge = |info: AuthInfo| {
        let action = action(info.action_type)?;
        let explain = |resource: &String| explain(&set, &Request { action, resource, context: &context });
        let explanations: Vec<Explanation> = info.resources.iter().map(explain).collect();
        Ok(result(cx, info, &names, &explanations))
    };
    let results = input.auth_infos.into_iter().map(judge).collect::<Result<Vec<_>, ApiError>>()?;
    Ok(TestAuthorizationOutput { auth_results: Some(results) })
}

fn action(action_type: Option<ActionType>) -> Result<&'static str, ApiError> {
    match action_type {
        Some(ActionType::Connect) => Ok("iot:Connect"),
        Some(ActionType::Publish) => Ok("iot:Publish"),
        Some(ActionType::Subscribe) => Ok("iot:Subscribe"),
        Some(ActionType::Receive) => Ok("iot:Receive"),
        None => Err(ApiError::invalid("each of authInfos needs an actionType")),
    }
}

/// One result for all resources of an `authInfo`: allowed is what is allowed on every one of them.
fn result(cx: &Cx, info: AuthInfo, names: &[String], explanations: &[Explanation]) -> AuthResult {
    let matched = |name: &str, effect: Effect| {
        let mut statements = explanations.iter().flat_map(|explanation| &explanation.matched);
        statements.any(|statement| &*statement.policy == name && statement.effect == effect)
    };
    let those = |keep: &dyn Fn(&str) -> bool| -> Option<Vec<Policy>> {
        let kept = names.iter().filter(|name| keep(name));
        Some(kept.map(|name| policies::named(cx, name)).collect())
    };
    let any = |decision: Decision| explanations.iter().any(|explanation| explanation.decision == decision);
    let decision = if any(Decision::ExplicitDeny) {
        AuthDecision::ExplicitDeny
    } else if any(Decision::ImplicitDeny) || explanations.is_empty() {
        AuthDecision::ImplicitDeny
    } else {
        AuthDecision::Allowed
    };
    let mut missing: Vec<String> =
        explanations.iter().flat_map(|explanation| explanation.missing_context.iter().cloned()).collect();
    missing.sort();
    missing.dedup();
    let allows = |name: &str| matched(name, Effect::Allow);
    let denies = |name: &str| matched(name, Effect::Deny);
    AuthResult {
        allowed: Some(Allowed { policies: those(&allows) }),
        auth_decision: Some(decision),
        auth_info: Some(info),
        denied: Some(Denied {
            explicit_deny: Some(ExplicitDeny { policies: those(&denies) }),
            implicit_deny: Some(ImplicitDeny { policies: those(&|name| !allows(name) && !denies(name)) }),
        }),
        missing_context_values: Some(missing),
    }
}

#[cfg(test)]
mod tests;
