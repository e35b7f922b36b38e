//! Things and what is attached to them: `ListThings`, `DescribeThing`, `ListThingPrincipals` and their relatives.

use serde::Deserialize;
use thingwarden_engine::ids::CertificateId;

use super::digest::Output;
use super::items::Item;
use super::json::{Members, Text};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThingPrincipals<'a> {
    #[serde(borrow)]
    thing_name: Text<'a>,
    #[serde(borrow)]
    principals: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct Principal<'a> {
    #[serde(borrow)]
    principal: Text<'a>,
}

/// `{"thingName":..., "principals":[...]}` in one go; false when it is something else.
pub(super) fn principals_document(text: &[u8], line: u32, output: &mut Output<'_>) -> bool {
    match serde_json::from_slice::<ThingPrincipals<'_>>(text) {
        Ok(found) => {
            found.principals.first().into_iter().for_each(|arn| output.arn(line, arn.as_str()));
            let certificates =
                found.principals.iter().filter_map(|arn| certificate_of(arn.as_str())).collect();
            output.push(line, Item::Principals { thing: found.thing_name.into_string(), certificates });
            true
        }
        Err(_) => false,
    }
}

/// The objects of the registry that are no lists; false when it is something else.
pub(super) fn object(members: &Members<'_>, line: u32, output: &mut Output<'_>) -> bool {
    let lists = ["principals", "thingPrincipalObjects", "things", "targets", "policies", "thingGroups"];
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
    match members.text("thingName") {
        Some(name) => output.push(line, Item::Thing(name.into_owned())),
        None if members.has("thingGroupName") => output.push(line, Item::Unused),
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
    let principal = serde_json::from_str::<Text<'_>>(raw)
        .or_else(|_| serde_json::from_str::<Principal<'_>>(raw).map(|found| found.principal));
    let Ok(principal) = principal else {
        return output.broken(
            line,
            "a principal that is neither a string nor an object with one".to_owned(),
            &[],
        );
    };
    output.arn(line, principal.as_str());
    match siblings.text("thingName") {
        Some(thing) => {
            let certificates = certificate_of(principal.as_str()).into_iter().collect();
            output.push(line, Item::Principals { thing: thing.into_owned(), certificates });
        }
        // Principals of a policy: no check asks which.
        None if siblings.has("policyName") => {}
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
    // ListPrincipalThings, the other way round.
    match siblings.text("principal").and_then(|principal| certificate_of(&principal)) {
        Some(certificate) => {
            output.push(line, Item::Principals { thing: name, certificates: vec![certificate] })
        }
        None => output.push(line, Item::Thing(name)),
    }
}

/// The certificate that a principal's ARN names; `None` for other kinds of principals.
fn certificate_of(arn: &str) -> Option<CertificateId> {
    let (front, id) = arn.rsplit_once('/')?;
    if front.ends_with(":cert") { CertificateId::parse(id) } else { None }
}
