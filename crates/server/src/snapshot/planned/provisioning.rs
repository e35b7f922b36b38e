//! Policies in provisioning templates, which AWS IoT makes when a device registers itself.

use thingwarden_engine::fleet::Fact;
use thingwarden_engine::policy::Position;

use super::emit::Emit;
use super::node::{Node, Places, Value};

/// Gives the policies that a template's body would make.
pub(super) fn read(name: &str, body: &Node, emit: &mut Emit<'_, '_>) {
    let place = body.place;
    let root = match &body.value {
        Value::Text(text) => Places::new(text, Position { line: 1, column: 1 }).tree(text.trim()),
        _ => Places::new("", place).tree(&body.to_json().to_string()),
    };
    let root = match root {
        Ok(root) => root,
        Err(error) => {
            let what = format!("provisioning template `{name}`: {}", error.what);
            return emit.gap(place, what, &[Fact::Policies]);
        }
    };
    for (id, resource) in root.get("Resources").map(|node| node.members()).unwrap_or_default() {
        let Some(properties) = resource.get("Properties") else { continue };
        if resource.text_of("Type") != Some("AWS::IoT::Policy") {
            continue;
        }
        // A policy that exists is named, one that is made comes with its document.
        if let Some(document) = properties.get("PolicyDocument") {
            let own = properties.text_of("PolicyName").map(str::to_owned);
            let at_body = match &document.value {
                Value::Text(text) => Ok(Node::text_at(place, text.clone())),
                _ => Ok(Node::text_at(place, document.to_json().to_string())),
            };
            emit.policy(own.unwrap_or_else(|| format!("{name}.{id}")), at_body, place);
        }
    }
}
