//! What is going to be deployed: plans of Terraform, templates of CloudFormation, SAM and the CDK, and files of the Serverless
//! Framework, read as if it were there already. What is known only after deployment is named, and never guessed.

mod cloudformation;
mod emit;
mod intrinsics;
mod node;
mod provisioning;
mod serverless;
mod terraform;
mod yaml;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use thingwarden_engine::fleet::Fact;
use thingwarden_engine::policy::Position as Spot;

use self::emit::Emit;
use self::intrinsics::Template;
use self::node::{Node, Places, Unreadable};
use super::digest::Output;
use super::items::Item;
use super::json::Members;
use super::limits::TEMPLATE_MADE_BYTES_MAX;
use super::report::Position;
use super::window::Place;

/// What a template is filled in with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filling {
    /// Values of parameters and variables, by name.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Twelve digits.
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
}

/// Whether a JSON document is a plan or template.
pub(super) fn is_template(members: &Members<'_>) -> bool {
    let is_state = members.has("terraform_version") && members.has("values");
    members.has("planned_values") || is_state || has_typed_resources(members)
}

/// `Resources` whose elements have a `Type`, as CloudFormation has them.
fn has_typed_resources(members: &Members<'_>) -> bool {
    let Some(raw) = members.raw("Resources") else { return false };
    let Ok(resources) = Members::parse(raw.as_bytes()) else { return false };
    resources.iter().any(|(_, raw)| {
        let resource = Members::parse(raw.as_bytes()).unwrap_or_default();
        resource.text("Type").is_some_and(|kind| kind.contains("::"))
    })
}

/// A JSON document that [`is_template`].
pub(super) fn json(text: &[u8], members: &Members<'_>, at: Place, output: &mut Output<'_>) {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let start =
        Spot { line: super::json::narrow(at.line), column: u32::try_from(at.column).unwrap_or(u32::MAX) };
    let mut places = Places::new(text, start);
    let values = members
        .raw("planned_values")
        .or_else(|| members.has("terraform_version").then(|| members.raw("values")).flatten());
    let read = match values {
        Some(values) => places.tree(values).and_then(|values| {
            let configuration = members.raw("configuration").map(|raw| places.tree(raw)).transpose()?;
            with_template(Rc::clone(&values), None, &budget(), output, |template, emit| {
                terraform::read(&values, configuration.as_ref(), template, emit);
            });
            Ok(())
        }),
        None => places.tree(text).map(|root| {
            with_template(root, None, &budget(), output, cloudformation::read);
        }),
    };
    if let Err(error) = read {
        broken(error, output);
    }
}

/// A file that may be a template in YAML; `named` ones have to be.
pub(super) fn yaml(text: &[u8], output: &mut Output<'_>) {
    let text = match std::str::from_utf8(text) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(_) => return output.push(1, Item::Unknown),
    };
    let root = match yaml::tree(text) {
        Ok(root) => root,
        // Other tools have their own ideas of YAML.
        Err(_) if !output.label.named && !looks_like_template(text) => return output.push(1, Item::Unknown),
        Err(error) => return broken(error, output),
    };
    let is_template = |node: &Node| {
        let resources = node.get("Resources").map(|node| node.members()).unwrap_or_default();
        let typed = |node: &Node| node.text_of("Type").is_some_and(|kind| kind.contains("::"));
        resources.iter().any(|(name, node)| typed(node) || name.starts_with("Fn::"))
    };
    if is_template(&root) {
        return with_template(root, None, &budget(), output, cloudformation::read);
    }
    let is_serverless = root.get("service").is_some() && root.get("provider").is_some();
    if !is_serverless {
        return output.push(1, Item::Unknown);
    }
    let place = root.place;
    let (mut any, left) = (false, budget());
    // `resources` is one template, or a list of such.
    for part in root.get("resources").map(Node::elements).unwrap_or_default() {
        if is_template(part) {
            any = true;
            with_template(Rc::clone(part), Some(Rc::clone(&root)), &left, output, cloudformation::read);
        } else if let Some(text) = part.text() {
            any = true;
            let what = format!("`resources` come from elsewhere: `{text}`; give that file too");
            let emit = &mut Emit { output };
            emit.gap(part.place, what, cloudformation::STATED);
        }
    }
    if !any {
        Emit { output }.states(place, cloudformation::STATED);
    }
}

/// The first bytes of a file are a template's, whatever the file is called.
pub(super) fn begins_template(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    has("AWSTemplateFormatVersion:")
        || (has("Resources:") && text.contains("AWS::"))
        || (has("service:") && has("provider:"))
}

/// The text looks as if somebody meant it to be a template.
pub(super) fn looks_like_template(text: &str) -> bool {
    let begins = |line: &str| {
        ["AWSTemplateFormatVersion:", "Resources:", "Transform:"].iter().any(|key| line.starts_with(key))
    };
    text.lines().any(begins)
}

/// What the functions of one file may make, however many templates are in it.
fn budget() -> Cell<usize> {
    Cell::new(TEMPLATE_MADE_BYTES_MAX)
}

fn with_template(
    root: Rc<Node>,
    serverless: Option<Rc<Node>>,
    left: &Cell<usize>,
    output: &mut Output<'_>,
    read: impl FnOnce(&Template<'_>, &mut Emit<'_, '_>),
) {
    if output.shared.in_full {
        return output.push(1, Item::Note("a plan or template, which is of what is not there yet"));
    }
    let filling = output.shared.filling;
    let template = Template {
        root,
        serverless,
        given: &filling.parameters,
        // What every audit assumes when nobody says it.
        account: filling.account.as_deref().unwrap_or("000000000000"),
        region: filling.region.as_deref().unwrap_or("us-east-1"),
        left,
    };
    read(&template, &mut Emit { output });
}

fn broken(error: Unreadable, output: &mut Output<'_>) {
    let at = Position::Character { line: error.place.line.into(), column: error.place.column };
    let facts: Vec<Fact> = cloudformation::STATED.to_vec();
    output.push_at(at, Item::Broken { what: error.what, facts });
}

#[cfg(test)]
mod tests;
