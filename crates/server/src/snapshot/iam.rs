//! IAM and Cognito: roles with their policies, role aliases, last use of services, roles of identity pools.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::value::RawValue;
use thingwarden_engine::fleet::{Fact, IdentityPool, RoleAlias, ServiceUse};
use thingwarden_engine::policy::Dialect;

use super::digest::{Output, document};
use super::items::{Item, Listed, Page, ReadDocument};
use super::json::{Lines, Members, Text, Time, without_place};
use super::stated;

/// IAM's, Cognito's and the role aliases' answers that are no plain lists; false when it is something else.
pub(super) fn object(
    members: &Members<'_>,
    lines: &mut Lines<'_>,
    line: u32,
    output: &mut Output<'_>,
) -> bool {
    if let Some(raw) = members.raw("roleAliasDescription") {
        role_alias(raw, line, output);
    } else if members.has("roleAliasArn") && members.has("roleArn") {
        output.stated(line, || stated::role_alias(lines.text()));
        alias(members, line, output);
    } else if members.has("PolicyDocument") {
        inline_policy(members, line, output);
    } else if let Some(raw) = members.raw("PolicyVersion") {
        policy_version(members, raw, line, output);
    } else if let Some(raw) = members.raw("Role") {
        role_detail(raw, line, output);
    } else if members.has("RolePolicyList") || members.has("AssumeRolePolicyDocument") {
        role(members, line, output);
    } else if let Some(raw) = members.raw("AttachedPolicies") {
        attached(members, raw, line, output);
    } else if let Some(raw) = members.raw("PolicyNames") {
        inline_names(members, raw, line, output);
    } else if members.has("JobStatus") || members.has("ServicesLastAccessed") {
        service_use(members, line, output);
    } else if members.has("IdentityPoolId") {
        identity_pool(members, line, output);
    } else if let Some(raw) = members.raw("Roles").filter(|raw| raw.starts_with('[')) {
        for one in list(raw) {
            let one_line = lines.of(one.get());
            role_detail(one.get(), one_line, output);
        }
        page("roles", String::new(), members, line, output);
    } else {
        return false;
    }
    true
}

/// A page of a list that is about roles was read.
fn page(what: &'static str, whose: String, members: &Members<'_>, line: u32, output: &mut Output<'_>) {
    let (listed, unfinished) = (Listed::Facts(Fact::Roles), members.is_unfinished());
    output.push(line, Item::Page(Page { listed, what, whose, unfinished }));
}

fn role_alias(raw: &str, line: u32, output: &mut Output<'_>) {
    match Members::parse(raw.as_bytes()) {
        Ok(members) => {
            output.stated(line, || stated::role_alias(raw));
            alias(&members, line, output);
        }
        Err(error) => output.broken(line, without_place(&error), &[Fact::RoleAliases]),
    }
}

fn alias(members: &Members<'_>, line: u32, output: &mut Output<'_>) {
    match (members.text("roleAliasArn"), members.text("roleArn")) {
        (Some(arn), Some(role_arn)) => {
            let alias = RoleAlias { arn: arn.into_owned(), role_arn: role_arn.into_owned(), source: None };
            output.push(line, Item::RoleAlias(alias));
        }
        _ => output.broken(
            line,
            "a role alias without `roleAliasArn` or `roleArn`".to_owned(),
            &[Fact::RoleAliases],
        ),
    }
}

/// A role as `GetRole`, `ListRoles` and `GetAccountAuthorizationDetails` describe it.
pub(super) fn role_detail(raw: &str, line: u32, output: &mut Output<'_>) {
    match Members::parse(raw.as_bytes()) {
        Ok(members) => role(&members, line, output),
        Err(error) => output.broken(line, without_place(&error), &[Fact::Roles]),
    }
}

fn role(members: &Members<'_>, line: u32, output: &mut Output<'_>) {
    let arn = members.text("Arn").map(Cow::into_owned);
    let name = members.text("RoleName").map(Cow::into_owned);
    let name = name.or_else(|| arn.as_deref().and_then(|arn| arn.rsplit('/').next()).map(str::to_owned));
    let Some(name) = name else {
        return output.broken(line, "a role without `RoleName`".to_owned(), &[Fact::Roles]);
    };
    output.stated(line, || stated::role(&name, members));
    output.push(line, Item::Role { name: name.clone(), arn });
    if let Some(raw) = members.raw("RolePolicyList") {
        let mut names = Vec::new();
        for one in list(raw) {
            let Ok(one) = Members::parse(one.get().as_bytes()) else { continue };
            let policy = one.text("PolicyName").unwrap_or_default().into_owned();
            names.push(policy.clone());
            inline(&name, policy, &one, line, output);
        }
        output.push(line, Item::RoleInlineNames { role: name.clone(), names });
    }
    if let Some(raw) = members.raw("AttachedManagedPolicies") {
        output.push(line, Item::RoleAttached { role: name, policies: policy_arns(raw) });
    }
}

/// `GetRolePolicy`, which repeats its request.
fn inline_policy(members: &Members<'_>, line: u32, output: &mut Output<'_>) {
    match (members.text("RoleName"), members.text("PolicyName")) {
        (Some(role), Some(policy)) => inline(&role, policy.into_owned(), members, line, output),
        // Inline policies of users and groups look the same.
        _ if members.has("UserName") || members.has("GroupName") => output.push(line, Item::Unused),
        _ => output.broken(line, missing("a policy document", "RoleName", "PolicyName"), &[Fact::Roles]),
    }
}

fn inline(role: &str, policy: String, members: &Members<'_>, line: u32, output: &mut Output<'_>) {
    let document = identity_document(members, "PolicyDocument");
    if document.is_ok() {
        let text = document_text(members, "PolicyDocument").unwrap_or_default();
        output.stated(line, || stated::role_inline(role, &policy, &text));
    }
    if let Err(error) = &document {
        let what = format!("inline policy `{policy}` of role `{role}`: {error}");
        // The role itself says so to the checks.
        output.broken(line, what, &[]);
    }
    output.push(line, Item::RoleInline { role: role.to_owned(), policy, document });
}

/// IAM's `GetPolicyVersion`, next to the ARN that was asked for.
fn policy_version(members: &Members<'_>, raw: &str, line: u32, output: &mut Output<'_>) {
    let arn = members.text("PolicyArn").or_else(|| members.text("Arn"));
    let Some(arn) = arn else {
        let what = "a policy version that does not say of which policy: put `PolicyArn` next to it";
        return output.broken(line, what.to_owned(), &[Fact::Roles]);
    };
    managed_version(&arn, members, raw, line, output);
}

/// An element of `Policies`: a managed policy with its versions, or a mere entry of `ListPolicies`.
pub(super) fn managed_policy(raw: &str, line: u32, output: &mut Output<'_>) {
    let Ok(members) = Members::parse(raw.as_bytes()) else {
        return output.broken(line, "a managed policy that is no object".to_owned(), &[Fact::Roles]);
    };
    let (Some(arn), Some(versions)) = (members.text("Arn"), members.raw("PolicyVersionList")) else {
        return output.push(line, Item::Unused);
    };
    for one in list(versions) {
        managed_version(&arn, &members, one.get(), line, output);
    }
}

fn managed_version(arn: &str, policy: &Members<'_>, raw: &str, line: u32, output: &mut Output<'_>) {
    let Ok(members) = Members::parse(raw.as_bytes()) else {
        return output.broken(line, "a policy version that is no object".to_owned(), &[Fact::Roles]);
    };
    let is_default = members.raw("IsDefaultVersion").is_none_or(|stated| stated == "true");
    let document = identity_document(&members, "Document");
    if document.is_ok() {
        let text = document_text(&members, "Document").unwrap_or_default();
        output.stated(line, || stated::managed_policy(arn, policy, &members, is_default, &text));
    }
    if let (Err(error), true) = (&document, is_default) {
        output.broken(line, format!("managed policy `{arn}`: {error}"), &[]);
    }
    output.push(line, Item::ManagedPolicy { arn: arn.to_owned(), is_default, document });
}

/// Policies attached to a role, next to the role's name.
fn attached(members: &Members<'_>, raw: &str, line: u32, output: &mut Output<'_>) {
    match members.text("RoleName") {
        Some(role) => {
            let role = role.into_owned();
            output.push(line, Item::RoleAttached { role: role.clone(), policies: policy_arns(raw) });
            page("attached managed policies", role, members, line, output);
        }
        None if members.has("UserName") || members.has("GroupName") => output.push(line, Item::Unused),
        None => output.broken(line, missing("a list of attached policies", "RoleName", ""), &[Fact::Roles]),
    }
}

/// Names of a role's inline policies, next to the role's name.
fn inline_names(members: &Members<'_>, raw: &str, line: u32, output: &mut Output<'_>) {
    match (members.text("RoleName"), serde_json::from_str::<Vec<String>>(raw)) {
        (Some(role), Ok(names)) => {
            let role = role.into_owned();
            output.push(line, Item::RoleInlineNames { role: role.clone(), names });
            page("inline policies", role, members, line, output);
        }
        _ => output.broken(line, missing("a list of inline policies", "RoleName", ""), &[Fact::Roles]),
    }
}

fn missing(what: &str, one: &str, other: &str) -> String {
    let also = if other.is_empty() { String::new() } else { format!(" or `{other}`") };
    format!("{what} without `{one}`{also}")
}

fn policy_arns(raw: &str) -> Vec<String> {
    let policies = list(raw);
    let arn =
        |one: &&RawValue| Members::parse(one.get().as_bytes()).ok()?.text("PolicyArn").map(Cow::into_owned);
    policies.iter().filter_map(arn).collect()
}

fn identity_document(members: &Members<'_>, name: &str) -> ReadDocument {
    match document_text(members, name) {
        Some(text) => document(&text, Dialect::Identity),
        None => Err(format!("no `{name}`")),
    }
}

/// A document as the CLI unpacks it, as the API sends it (percent-encoded), or as a plain string.
pub(super) fn document_text(members: &Members<'_>, name: &str) -> Option<String> {
    match members.text(name) {
        Some(text) if text.trim_start().starts_with('%') => {
            Some(percent_decode_str(&text).decode_utf8_lossy().into_owned())
        }
        Some(text) => Some(text.into_owned()),
        None => members.raw(name).map(str::to_owned),
    }
}

/// `GetServiceLastAccessedDetails`, next to the ARN that was asked about.
fn service_use(members: &Members<'_>, line: u32, output: &mut Output<'_>) {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Service<'a> {
        #[serde(borrow)]
        service_namespace: Text<'a>,
        #[serde(default)]
        last_authenticated: Option<Time>,
    }
    let facts = &[Fact::ServiceLastAccessed];
    let role = members.text("RoleArn").or_else(|| members.text("Arn"));
    let Some(role) = role else {
        let what = "service-last-accessed details that do not say of which role: put `RoleArn` next to them";
        return output.broken(line, what.to_owned(), facts);
    };
    match members.text("JobStatus") {
        Some(status) if status != "COMPLETED" => {
            let what = format!("service-last-accessed details of `{role}` are not complete: {status}");
            return output.broken(line, what, facts);
        }
        _ => {}
    }
    match serde_json::from_str::<Vec<Service<'_>>>(members.raw("ServicesLastAccessed").unwrap_or("[]")) {
        Ok(found) => {
            let last_authenticated: BTreeMap<_, _> = found
                .into_iter()
                .map(|one| {
                    (one.service_namespace.into_string(), one.last_authenticated.and_then(|time| time.0))
                })
                .collect();
            let services = ServiceUse { last_authenticated };
            let (role_arn, unfinished) = (role.into_owned(), members.is_unfinished());
            output.push(line, Item::ServiceUse { role_arn, services, unfinished });
        }
        Err(error) => {
            let what = format!("service-last-accessed details of `{role}`: {}", without_place(&error));
            output.broken(line, what, facts);
        }
    }
}

/// Cognito's `GetIdentityPoolRoles`; a pool without roles is one, too.
fn identity_pool(members: &Members<'_>, line: u32, output: &mut Output<'_>) {
    #[derive(Deserialize, Default)]
    struct Roles {
        authenticated: Option<String>,
        unauthenticated: Option<String>,
    }
    let Some(id) = members.text("IdentityPoolId").map(Cow::into_owned) else {
        return output.broken(line, "`IdentityPoolId` is no string".to_owned(), &[Fact::IdentityPools]);
    };
    if members.has("IdentityPoolName") {
        // DescribeIdentityPool, which says nothing about roles.
        return output.push(line, Item::IdentityPoolName(id));
    }
    let roles = serde_json::from_str::<Roles>(members.raw("Roles").unwrap_or("{}"));
    let mapped = mapped_roles(members.raw("RoleMappings").unwrap_or("{}"));
    let (Ok(roles), Some(mapped_roles)) = (roles, mapped) else {
        let what = format!("identity pool `{id}`: roles of an unknown form");
        return output.broken(line, what, &[Fact::IdentityPools]);
    };
    let mut authenticated_roles: Vec<String> = roles.authenticated.into_iter().chain(mapped_roles).collect();
    authenticated_roles.sort_unstable();
    authenticated_roles.dedup();
    let unauthenticated_roles = roles.unauthenticated.into_iter().collect();
    let pool = IdentityPool { id, authenticated_roles, unauthenticated_roles, source: None };
    output.push(line, Item::IdentityPool(pool));
}

/// Roles that rules give to authenticated identities, by provider.
fn mapped_roles(raw: &str) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Mapping {
        rules_configuration: Option<Rules>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Rules {
        #[serde(default)]
        rules: Vec<Rule>,
    }
    #[derive(Deserialize)]
    struct Rule {
        #[serde(rename = "RoleARN")]
        role_arn: String,
    }
    let mappings: BTreeMap<String, Mapping> = serde_json::from_str(raw).ok()?;
    let rules = mappings
        .into_values()
        .filter_map(|mapping| mapping.rules_configuration)
        .flat_map(|rules| rules.rules);
    Some(rules.map(|rule| rule.role_arn).collect())
}

fn list(raw: &str) -> Vec<&RawValue> {
    serde_json::from_str(raw).unwrap_or_default()
}
