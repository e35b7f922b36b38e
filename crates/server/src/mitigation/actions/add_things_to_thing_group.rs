//! `ADD_THINGS_TO_THING_GROUP`: the things of a certificate join groups.

use serde_json::{Value, json};
use thingwarden_wire::Operation;
use thingwarden_wire::types::AddThingsToThingGroupParams;

use super::Acting;
use crate::api::iot_arn;
use crate::mitigation::failure::Failure;

/// Things that one execution moves: it is one transaction, and one journal.
const THINGS_MAX: usize = 1000;

pub(super) fn carry_out(
    acting: &Acting<'_>,
    params: &AddThingsToThingGroupParams,
) -> Result<Option<String>, Failure> {
    let ids = acting.device_certificates()?;
    let mut things = vec![];
    for id in &ids {
        things_of(acting, &iot_arn(acting.work.scope, &format!("cert/{id}")), &mut things)?;
    }
    things.sort_unstable();
    things.dedup();
    for thing in &things {
        for group in &params.thing_group_names {
            let input = json!({
                "thingName": thing,
                "thingGroupName": group,
                "overrideDynamicGroups": params.override_dynamic_groups.unwrap_or(false),
            });
            acting.perform(Operation::AddThingToThingGroup, input)?;
        }
    }
    if things.is_empty() {
        return Ok(Some("no thing is attached to the certificate".to_owned()));
    }
    Ok(acting.left_out(ids.len()))
}

fn things_of(acting: &Acting<'_>, principal: &str, things: &mut Vec<String>) -> Result<(), Failure> {
    let mut token = None;
    loop {
        let mut input = json!({"principal": principal, "maxResults": 250});
        if let (Some(members), Some(token)) = (input.as_object_mut(), token.take()) {
            members.insert("nextToken".to_owned(), token);
        }
        let mut page = acting.perform(Operation::ListPrincipalThings, input)?;
        let found = page.get("things").and_then(Value::as_array).into_iter().flatten();
        things.extend(found.filter_map(Value::as_str).map(str::to_owned));
        if things.len() > THINGS_MAX {
            let message = format!("more than {THINGS_MAX} things are attached: one execution moves no more");
            return Err(Failure::refused("LimitExceededException", message));
        }
        token = page.get_mut("nextToken").map(Value::take).filter(Value::is_string);
        if token.is_none() {
            return Ok(());
        }
    }
}
