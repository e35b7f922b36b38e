//! Tells by its members which of AWS's answers a JSON record is. The order of the questions matters where one answer's
//! members are some of another's.

use std::sync::Arc;

use serde_json::value::RawValue;
use thingwarden_engine::fleet::{Fact, LoggingState};

use super::digest::{Output, facts_of};
use super::items::{Item, Listed, Page};
use super::json::{Lines, Members, Text, narrow, without_place};
use super::lists::List;
use super::stated::{self, Stated};
use super::window::Place;
use super::{certificates, iam, logs, planned, policies, registry, settings};

/// A whole document.
pub(super) fn document(text: &[u8], at: Place, output: &mut Output<'_>) {
    // The records that come by the million are read in one go.
    let done = match first_member(text) {
        b"certificateDescription" => certificates::described_document(text, narrow(at.line), output),
        b"thingName" => registry::principals_document(text, narrow(at.line), output),
        b"timestamp" | b"eventType" | b"clientId" => logs::record_document(text, narrow(at.line), output),
        _ => false,
    };
    if done {
        return;
    }
    if text.first() != Some(&b'{') {
        output.push(narrow(at.line), Item::Unknown);
        return;
    }
    match Members::parse(text) {
        Ok(members) => object(&members, text, at, output),
        Err(error) => {
            let line = at.line + error.line().saturating_sub(1) as u64;
            let column = error.column() as u64 + if error.line() == 1 { at.column - 1 } else { 0 };
            let what = format!("column {column}: {}", without_place(&error));
            output.broken(narrow(line), what, &facts_of(text));
        }
    }
}

/// An element of a list that is too long to be taken as a whole.
pub(super) fn streamed(
    list: List,
    siblings: &Arc<str>,
    text: &[u8],
    lines: &mut Lines<'_>,
    output: &mut Output<'_>,
) {
    let siblings = match &**siblings {
        "{}" => Members::default(),
        text => Members::parse(text.as_bytes()).unwrap_or_default(),
    };
    match serde_json::from_slice::<&RawValue>(text) {
        Ok(raw) => element(list, &siblings, raw.get(), lines.of(raw.get()), output),
        Err(error) => {
            let what = format!("column {}: {}", error.column(), without_place(&error));
            let facts: Vec<Fact> = list.fact().into_iter().collect();
            output.broken(lines.first(), what, &facts);
        }
    }
}

/// The first member's name, unread; empty when there is none.
fn first_member(text: &[u8]) -> &[u8] {
    let inside = text.strip_prefix(b"{").unwrap_or_default().trim_ascii_start();
    let name = inside.strip_prefix(b"\"").unwrap_or_default();
    memchr::memchr(b'"', name).and_then(|end| name.get(..end)).unwrap_or_default()
}

fn object(members: &Members<'_>, text: &[u8], at: Place, output: &mut Output<'_>) {
    let line = narrow(at.line);
    let lines = &mut Lines::new(text, at.line);
    if members.is_empty() {
        return empty(line, output);
    }
    if let Some(raw) = members.raw("certificateDescription") {
        return certificates::described(raw, line, output);
    }
    if members.has("policyDocument") {
        return policies::policy(members, line, output);
    }
    if members.has("Statement") {
        return policies::file(text, line, output);
    }
    if planned::is_template(members) {
        return planned::json(text, members, at, output);
    }
    if iam::object(members, lines, line, output)
        || settings::object(members, text, line, output)
        || certificates::object(members, text, line, output)
        || registry::object(members, text, line, output)
        || logs::object(members, text, line, output)
    {
        return;
    }
    let mut known = false;
    for list in List::ALL.iter().copied() {
        let Some(raw) = members.raw(list.member()) else { continue };
        let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(raw) else { continue };
        known = true;
        present(list, elements.is_empty(), members, line, output);
        for one in elements {
            element(list, members, one.get(), lines.of(one.get()), output);
        }
        page(list, members, line, output);
    }
    let unused = ["policyVersions", "thingGroupArn", "thingTypeArn", "JobId", "registrationConfig"];
    let unused = !known && unused.iter().any(|name| members.has(name));
    if let (true, Some(name)) = (known || unused, members.text("policyName")) {
        // Whatever is listed of a policy, it exists.
        output.push(line, Item::PolicyName(name.into_owned()));
    }
    if unused {
        return output.push(line, Item::Unused);
    }
    if !known {
        output.push(line, Item::Unknown);
    }
}

/// `{}` is what nobody answers, except for logging options that were never set.
fn empty(line: u32, output: &mut Output<'_>) {
    let name = output.label.name.to_ascii_lowercase();
    let item = if name.contains("v2-logging-options") {
        Item::LoggingV2(LoggingState::Disabled)
    } else if name.contains("logging-options") {
        Item::LoggingV1(LoggingState::Disabled)
    } else {
        Item::Unknown
    };
    output.push(line, item);
}

/// A list says that its kind of fact was collected, even when it is empty.
fn present(list: List, is_empty: bool, siblings: &Members<'_>, line: u32, output: &mut Output<'_>) {
    let fact = match list {
        List::Certificates if is_empty => {
            // The answers of ListCertificates and ListCACertificates differ in their elements only.
            Some(if output.label.lists_authorities() {
                Fact::CaCertificates
            } else {
                Fact::DeviceCertificates
            })
        }
        List::Certificates => None,
        // The policies of one target are not all policies.
        List::Policies if siblings.has("target") => Some(Fact::PolicyTargets),
        List::Principals | List::ThingPrincipals if siblings.has("policyName") => Some(Fact::PolicyTargets),
        List::Things if siblings.has("principal") => Some(Fact::ThingPrincipals),
        // All things, or all groups: who is in which is not said.
        List::Things if !siblings.has("thingGroupName") => None,
        List::ThingGroups if !siblings.has("thingName") => None,
        // Managed policies come with roles, and say nothing of them by themselves.
        List::IamPolicies => None,
        _ => list.fact(),
    };
    output.push(line, fact.map_or(Item::Unused, Item::Present));
}

/// A list's page was read. Lists that no check counts on to be complete do not matter.
fn page(list: List, siblings: &Members<'_>, line: u32, output: &mut Output<'_>) {
    let whose = match list {
        List::Targets => "policyName",
        List::Things => "thingGroupName",
        _ => "target",
    };
    let target = siblings.text(whose);
    let (listed, what) = match list {
        List::Certificates => (Listed::Certificates, "certificates"),
        List::Events => (Listed::Facts(Fact::ConnectionLog), "log events"),
        List::IdentityPools => (Listed::Facts(Fact::IdentityPools), "identity pools"),
        List::Policies if target.is_some() => (Listed::Facts(Fact::Policies), "attached policies"),
        List::Policies => (Listed::Facts(Fact::Policies), "policies"),
        List::RoleAliases => (Listed::Facts(Fact::RoleAliases), "role aliases"),
        List::RoleDetails => (Listed::Facts(Fact::Roles), "account authorization details"),
        List::Targets => (Listed::Facts(Fact::PolicyTargets), "targets"),
        List::Things if target.is_some() => (Listed::Facts(Fact::ThingGroups), "things in groups"),
        _ => return,
    };
    let whose = target.map(|target| target.into_owned()).unwrap_or_default();
    output.push(line, Item::Page(Page { listed, what, whose, unfinished: siblings.is_unfinished() }));
}

fn element(list: List, siblings: &Members<'_>, raw: &str, line: u32, output: &mut Output<'_>) {
    match list {
        List::Certificates => certificates::listed(raw, line, output),
        List::Events => logs::event(raw, line, output),
        List::IamPolicies => iam::managed_policy(raw, line, output),
        List::IdentityPools => {
            named(raw, "IdentityPoolId", Item::IdentityPoolName, Fact::IdentityPools, line, output)
        }
        List::Policies if siblings.has("target") => {
            registry::attached_policy(siblings, raw, line, output);
            named(raw, "policyName", Item::PolicyName, Fact::Policies, line, output)
        }
        List::Policies => named(raw, "policyName", Item::PolicyName, Fact::Policies, line, output),
        List::RoleAliases => named(raw, "roleAlias", Item::RoleAliasName, Fact::RoleAliases, line, output),
        List::RoleDetails => iam::role_detail(raw, line, output),
        List::Suppressions => settings::suppression(raw, line, output),
        List::Principals | List::ThingPrincipals => registry::principal(siblings, raw, line, output),
        List::Things => registry::thing(siblings, raw, line, output),
        List::Targets => registry::target(siblings, raw, line, output),
        List::ThingGroups => registry::thing_group(siblings, raw, line, output),
        List::Templates => registry::provisioning_template(raw, line, output),
        List::ThingTypes => output.stated(line, || stated::thing_type(raw)),
        List::GroupDetails => output.stated(line, || Ok(Stated::NotKept("IAM groups"))),
        List::UserDetails => output.stated(line, || Ok(Stated::NotKept("IAM users"))),
    }
}

/// An element that is a name, or an object with one.
fn named(raw: &str, member: &str, item: fn(String) -> Item, fact: Fact, line: u32, output: &mut Output<'_>) {
    let name = match serde_json::from_str::<Text<'_>>(raw) {
        Ok(name) => Some(name.into_string()),
        Err(_) => {
            let members = Members::parse(raw.as_bytes()).unwrap_or_default();
            if output.wants_arn()
                && let Some(arn) = members.text("policyArn")
            {
                output.arn(line, &arn);
            }
            members.text(member).map(|name| name.into_owned())
        }
    };
    match name {
        Some(name) => output.push(line, item(name)),
        None => output.broken(line, format!("an element without `{member}`"), &[fact]),
    }
}
