//! `AssumeRole`: both sides must agree, the role's trust policy and the caller's own policies.

use std::collections::BTreeMap;

use thingwarden_store::records::{IamRole, SessionSubject};
use thingwarden_store::{Scope, Writer};

use super::sessions;
use super::trust::{Asker, Question, Trust};
use crate::auth::Kind;
use crate::auth::authorize::{Access, access_context};
use crate::iam::access::{denied, permit};
use crate::iam::identity::{self, no_such_entity};
use crate::iam::text::{ARN, DOCUMENT, EXTERNAL_ID, SESSION_NAME};
use crate::iam::{Cx, Outcome, arn, documents, policies, tags};
use crate::query::{Form, QueryError, Xml};

/// Seconds that a session lasts: least, default, most; and most when a session assumes a role (role chaining).
const SECONDS_MIN: i64 = 900;
const SECONDS: i64 = 3600;
const SECONDS_MAX: i64 = 43_200;
const SECONDS_MAX_CHAINED: i64 = 3600;
/// Characters of a session policy, and managed policies as session policies (AssumeRole).
const SESSION_POLICY_CHARS_MAX: usize = 2048;
const SESSION_POLICIES_MAX: usize = 10;

pub(super) fn assume_role(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let role_arn = form.required("RoleArn", &ARN)?;
    let name = form.required("RoleSessionName", &SESSION_NAME)?;
    let seconds = form.integer("DurationSeconds", SECONDS_MIN..=SECONDS_MAX)?;
    let external_id = form.optional("ExternalId", &EXTERNAL_ID)?;
    let policy = form.optional("Policy", &DOCUMENT)?;
    let policy_arns = form.items("PolicyArns", SESSION_POLICIES_MAX, |form, member| {
        form.optional(&format!("{member}.arn"), &ARN)
    })?;
    let tags = tags::take(form)?;

    let refused = || {
        let (caller, action) = (cx.caller.arn(), "sts:AssumeRole");
        denied(format!("User: {caller} is not authorized to perform: {action} on resource: {role_arn}"))
    };
    if *cx.caller.kind() == Kind::Root {
        return Err(denied("roles may not be assumed by root accounts"));
    }
    let Some(account) = arn::account(&role_arn).filter(|account| account.len() == 12) else {
        return Err(refused());
    };
    let scope = Scope::new(account, "");
    let found = match arn::parts(account, &role_arn) {
        Some(("role", _, name)) => identity::find::<IamRole>(&store.in_scope(&scope)?, name)?,
        _ => None,
    };
    let role = found.filter(|role| identity::Holder::arn(role, account) == role_arn);

    let mut keys = vec![("sts:RoleSessionName", vec![name.clone()])];
    keys.extend(external_id.map(|id| ("sts:ExternalId", vec![id])));
    let resources = [role_arn.clone()];
    // Who brings tags needs a permission of its own for that, from both sides too.
    let actions = ["sts:AssumeRole", "sts:TagSession"];
    for action in actions.into_iter().take(if tags.is_empty() { 1 } else { 2 }) {
        let access = Access {
            action,
            resources: &resources,
            shown: None,
            request_tags: &tags,
            keys: &keys,
            granted: false,
        };
        let context = access_context(&cx.caller, &access, &cx.facts()).map_err(|_| refused())?;
        let trust = match &role {
            Some(role) => Question { asker: Asker::Caller(&cx.caller), role, role_arn: &role_arn }
                .judge(action, context)?,
            None => Trust::None,
        };
        // The caller's side first: who may not ask is not told whether there is such a role.
        let granted = trust == Trust::Named && account == cx.caller.account();
        permit(cx, store, &Access { granted, ..access })?;
        if trust == Trust::None {
            return Err(refused());
        }
    }
    let role = role.ok_or_else(refused)?;

    let seconds = duration(cx, &role, seconds)?;
    let theirs = store.write_in_scope(&scope)?;
    let session_policies = session_policies(&theirs, policy, policy_arns)?;
    let subject = SessionSubject::Role {
        role: role.identity.unique_id.clone(),
        name: name.clone(),
        tags: tags.into_iter().collect::<BTreeMap<_, _>>(),
    };
    let mut xml = Xml::new();
    sessions::begin(cx, &theirs, subject, session_policies, seconds, &mut xml)?;
    xml.element("AssumedRoleUser", |xml| {
        let role = &role.identity;
        xml.text("AssumedRoleId", &format!("{}:{name}", role.unique_id))
            .text("Arn", &format!("arn:aws:sts::{account}:assumed-role/{}/{name}", role.name));
    });
    Ok(Some(xml))
}

fn duration(cx: &Cx, role: &IamRole, asked: Option<i64>) -> Result<i64, QueryError> {
    let chained = matches!(cx.caller.kind(), Kind::AssumedRole { .. });
    let seconds = asked.unwrap_or(SECONDS);
    if seconds > role.max_session_seconds {
        let max = role.max_session_seconds;
        return Err(QueryError::validation(format!(
            "`DurationSeconds` is more than the {max} that the role allows"
        )));
    }
    if chained && seconds > SECONDS_MAX_CHAINED {
        let message =
            format!("`DurationSeconds` is at most {SECONDS_MAX_CHAINED} when a role session assumes a role");
        return Err(QueryError::validation(message));
    }
    Ok(seconds)
}

/// The documents that bound the session, none when the request brings none. Managed policies count as they are now.
fn session_policies(
    store: &Writer<'_>,
    policy: Option<String>,
    arns: Vec<String>,
) -> Result<Option<Vec<String>>, QueryError> {
    if policy.is_none() && arns.is_empty() {
        return Ok(None);
    }
    let mut documents = vec![];
    if let Some(policy) = policy {
        documents::check(&policy, documents::Dialect::Identity)?;
        if documents::counted_chars(&policy) > SESSION_POLICY_CHARS_MAX {
            let message = format!("a session policy has at most {SESSION_POLICY_CHARS_MAX} characters");
            return Err(QueryError::new(400, "PackedPolicyTooLarge", message));
        }
        documents.push(policy);
    }
    for arn in arns {
        let policy = policies::find(store, &arn)?;
        let version = policy.as_ref().and_then(|policy| policy.versions.get(&policy.default_version));
        let version = version.ok_or_else(|| no_such_entity(format!("policy `{arn}` does not exist")))?;
        documents.push(version.document.clone());
    }
    Ok(Some(documents))
}
