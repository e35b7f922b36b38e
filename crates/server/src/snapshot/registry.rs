//! Things and what is attached to them: `ListThings`, `DescribeThing`, `ListThingPrincipals` and their relatives.

use serde::Deserialize;
use thingwarden_engine::fleet::Fact;
use thingwarden_engine::ids::CertificateId;

use super::digest::Output;
use super::items::Item;
use super::json::{Members, Text};
use super::stated::{self, StatedThing};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThingPrincipals<'a> {
    #[serde(borrow)]
    thing_name: Text<'a>,
    #[serde(borrow)]
    principals: Vec<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Principal<'a> {
    #[serde(borrow)]
    principal: Text<'a>,
    #[serde(borrow, default)]
    thing_principal_type: Option<Text<'a>>,
}

/// `{"thingName":..., "principals":[...]}` in one go; false when it is something else.
pub(super) fn principals_document(text: &[u8], line: u32, output: &mut Output<'_>) -> bool {
    match serde_json::from_slice::<ThingPrincipals<'_>>(text) {
        Ok(found) => {
            found.principals.first().into_iter().for_each(|arn| output.arn(line, arn.as_str()));
            let certificates =
                found.principals.iter().filter_map(|arn| certificate_of(arn.as_str())).collect();
            for principal in &found.principals {
                let tie = || stated::principal(found.thing_name.as_str(), principal.as_str(), None);
                output.tied(line, Fact::ThingPrincipals, tie);
            }
            output.push(line, Item::Principals { thing: found.thing_name.into_string(), certificates });
            true
        }
        Err(_) => false,
    }
}

/// The objects of the registry that are no lists; false when it is something else.
pub(super) fn object(members: &Members<'_>, text: &[u8], line: u32, output: &mut Output<'_>) -> bool {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let lists =
        ["principals", "thingPrincipalObjects", "things", "targets", "policies", "thingGroups", "thingTypes"];
    if lists.iter().any(|list| members.has(list)) {
        return false;
    }
    for arn in ["thingArn", "policyArn"] {
        if output.wants_arn()
            && let Some(arn) = members.text(arn)
        {
            output.arn(line, &arn);
        }
    }
    if members.has("templateName") && members.has("templateArn") {
        provisioning_template(text, line, output);
        output.push(line, Item::Unused);
        return true;
    }
    match members.text("thingName") {
        Some(name) => {
            output.tied(line, Fact::ThingGroups, || stated::thing(text));
            output.push(line, Item::Thing(name.into_owned()));
        }
        None if members.has("thingGroupName") => {
            output.tied(line, Fact::ThingGroups, || stated::group(text));
            output.push(line, Item::Unused);
        }
        None if members.has("thingTypeName") && members.has("thingTypeArn") => {
            output.stated(line, || stated::thing_type(text));
            output.push(line, Item::Unused);
        }
        // A policy's name and ARN, cut out of ListPolicies.
        None if members.has("policyArn") => match members.text("policyName") {
            Some(name) => output.push(line, Item::PolicyName(name.into_owned())),
            None => return false,
        },
        None => return false,
    }
    true
}

/// An element of `principals` or `thingPrincipalObjects`.
pub(super) fn principal(siblings: &Members<'_>, raw: &str, line: u32, output: &mut Output<'_>) {
    let found = serde_json::from_str::<Text<'_>>(raw)
        .map(|principal| Principal { principal, thing_principal_type: None })
        .or_else(|_| serde_json::from_str::<Principal<'_>>(raw));
    let Ok(Principal { principal, thing_principal_type }) = found else {
        return output.broken(
            line,
            "a principal that is neither a string nor an object with one".to_owned(),
            &[],
        );
    };
    output.arn(line, principal.as_str());
    match siblings.text("thingName") {
        Some(thing) => {
            output.tied(line, Fact::ThingPrincipals, || {
                let kind = thing_principal_type.as_ref().map(Text::as_str);
                stated::principal(&thing, principal.as_str(), kind)
            });
            let certificates = certificate_of(principal.as_str()).into_iter().collect();
            output.push(line, Item::Principals { thing: thing.into_owned(), certificates });
        }
        // Principals of a policy.
        None if siblings.has("policyName") => {
            let policy = siblings.text("policyName").unwrap_or_default();
            output.tied(line, Fact::PolicyTargets, || stated::target(&policy, principal.as_str()));
        }
        None => {
            let what = "a list of principals that does not say whose: put `thingName` next to it";
            output.broken(line, what.to_owned(), &[]);
        }
    }
}

/// An element of `things`.
pub(super) fn thing(siblings: &Members<'_>, raw: &str, line: u32, output: &mut Output<'_>) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Thing<'a> {
        #[serde(borrow)]
        thing_name: Text<'a>,
        #[serde(borrow, default)]
        thing_arn: Option<Text<'a>>,
    }
    let name = serde_json::from_str::<Thing<'_>>(raw)
        .map(|thing| {
            thing.thing_arn.iter().for_each(|arn| output.arn(line, arn.as_str()));
            thing.thing_name
        })
        .or_else(|_| serde_json::from_str::<Text<'_>>(raw));
    let Ok(name) = name else {
        return output.broken(line, "a thing without `thingName`".to_owned(), &[]);
    };
    let name = name.into_string();
    if let Some(principal) = siblings.text("principal") {
        output.tied(line, Fact::ThingPrincipals, || stated::principal(&name, &principal, None));
    } else if let Some(group) = siblings.text("thingGroupName") {
        output.tied(line, Fact::ThingGroups, || stated::member(&group, &name));
    } else if raw.starts_with('{') {
        output.tied(line, Fact::ThingGroups, || stated::thing(raw));
    } else {
        output.stated(line, || {
            stated::thing_named(StatedThing { name: name.clone(), ..StatedThing::default() })
        });
    }
    // ListPrincipalThings, the other way round.
    match siblings.text("principal").and_then(|principal| certificate_of(&principal)) {
        Some(certificate) => {
            output.push(line, Item::Principals { thing: name, certificates: vec![certificate] })
        }
        None => output.push(line, Item::Thing(name)),
    }
}

/// A provisioning template, or an element of `templates`.
pub(super) fn provisioning_template(raw: &str, line: u32, output: &mut Output<'_>) {
    if output.wants_arn()
        && let Some(arn) = Members::parse(raw.as_bytes()).ok().and_then(|members| members.text("templateArn"))
    {
        output.arn(line, &arn);
    }
    output.stated(line, || stated::provisioning_template(raw));
}

/// An element of `targets`: what a policy is attached to.
pub(super) fn target(siblings: &Members<'_>, raw: &str, line: u32, output: &mut Output<'_>) {
    output.tied(line, Fact::PolicyTargets, || {
        let policy = siblings.text("policyName");
        let policy = policy
            .ok_or("a list of targets that does not say of which policy: put `policyName` next to it")?;
        let target = serde_json::from_str::<Text<'_>>(raw).map_err(|_| "a target that is no string")?;
        stated::target(&policy, target.as_str())
    });
}

/// An element of `policies` next to the `target` that they are attached to.
pub(super) fn attached_policy(siblings: &Members<'_>, raw: &str, line: u32, output: &mut Output<'_>) {
    output.tied(line, Fact::PolicyTargets, || {
        let members = Members::parse(raw.as_bytes()).unwrap_or_default();
        let target = siblings.text("target").unwrap_or_default();
        stated::target(&members.text("policyName").unwrap_or_default(), &target)
    });
}

/// An element of `thingGroups`: all of the account's, or those of a thing.
pub(super) fn thing_group(siblings: &Members<'_>, raw: &str, line: u32, output: &mut Output<'_>) {
    output.tied(line, Fact::ThingGroups, || match siblings.text("thingName") {
        Some(thing) => {
            let members = Members::parse(raw.as_bytes()).unwrap_or_default();
            stated::member(&members.text("groupName").unwrap_or_default(), &thing)
        }
        None => stated::group(raw),
    });
}

/// The certificate that a principal's ARN names; `None` for other kinds of principals.
fn certificate_of(arn: &str) -> Option<CertificateId> {
    let (front, id) = arn.rsplit_once('/')?;
    if front.ends_with(":cert") { CertificateId::parse(id) } else { None }
}
