//! Inputs, outputs, what they are made of, and enumerations.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};

use super::model::{Kind, Model, Shape};
use super::names;

/// Structures that several families use.
const SHARED: &str = "shared";

/// One file of types for each family, and one for what they share.
pub fn by_family(model: &Model) -> Result<BTreeMap<String, String>> {
    let inputs = model.input_shapes(model.served())?;
    let outputs = model.output_shapes(model.served())?;
    let mut tops: BTreeSet<&str> = BTreeSet::new();
    for name in model.served() {
        let operation = model.operation(name)?;
        tops.insert(&operation.input);
        tops.extend(operation.output.as_deref());
    }
    let mut owners: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (family, operations) in &model.families {
        let names = || operations.iter().map(String::as_str);
        for shape in model.input_shapes(names())?.into_iter().chain(model.output_shapes(names())?) {
            owners.entry(shape).or_default().insert(family);
        }
    }
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (family, operations) in &model.families {
        let file = files.entry(family.clone()).or_default();
        for name in operations {
            file.push_str(&operation(model, name)?);
        }
    }
    for (name, families) in &owners {
        let shape = model.shape(name)?;
        if shape.kind != Kind::Structure || tops.contains(name.as_str()) {
            continue;
        }
        let mut families = families.iter().copied();
        let only = families.next().filter(|_| families.next().is_none());
        let used = Use { read: inputs.contains(name), written: outputs.contains(name), list_output: false };
        let docs = format!("Structure `{name}` of the service model.");
        let text = structure(model, &names::type_name(name), &docs, shape, used)?;
        files.entry(only.unwrap_or(SHARED).to_owned()).or_default().push_str(&text);
    }
    Ok(files.into_iter().map(|(name, body)| (name, with_imports(&body))).collect())
}

fn with_imports(body: &str) -> String {
    let mut text = String::new();
    if body.contains("BTreeMap<") {
        text.push_str("use std::collections::BTreeMap;\n\n");
    }
    let serde: Vec<&str> = ["Deserialize", "Serialize"]
        .into_iter()
        .filter(|derive| body.contains(&format!("{derive},")) || body.contains(&format!("{derive})")))
        .collect();
    if !serde.is_empty() {
        text.push_str(&format!("use serde::{{{}}};\n\n", serde.join(", ")));
    }
    for (used, import) in [
        ("call!", "use crate::error::WireError;\n"),
        ("call!", "use crate::operation::{Call, Operation, call};\n"),
        (", Empty)", "use crate::operation::Empty;\n"),
        ("Blob", "use crate::scalar::Blob;\n"),
        ("Secret", "use crate::scalar::Secret;\n"),
        ("Timestamp", "use crate::scalar::Timestamp;\n"),
    ] {
        if body.contains(used) {
            text.push_str(import);
        }
    }
    text.push_str("#[allow(unused_imports, reason = \"one list of imports for all generated files\")]\n");
    text.push_str("use crate::types::*;\n\n");
    text + body
}

/// Which way a structure travels.
#[derive(Clone, Copy)]
struct Use {
    read: bool,
    written: bool,
    /// The output of a List operation: its lists are always there, for programs index them.
    list_output: bool,
}

fn operation(model: &Model, name: &str) -> Result<String> {
    let operation = model.operation(name)?;
    let docs = format!("Input of {name}: `{} {}`.", operation.method, operation.uri);
    let input = model.shape(&operation.input)?;
    let used = Use { read: true, written: false, list_output: false };
    let mut text = structure(model, &format!("{name}Input"), &docs, input, used)?;
    let output = operation.output.as_deref().map(|output| model.shape(output)).transpose()?;
    let output = output.filter(|output| !output.members.is_empty());
    let answers = if output.is_some() { format!("{name}Output") } else { "Empty".to_owned() };
    text.push_str(&format!("call!({name}, {name}Input, {answers});\n\n"));
    if let Some(output) = output {
        let used = Use { read: false, written: true, list_output: name.starts_with("List") };
        text.push_str(&structure(model, &answers, &format!("Output of {name}."), output, used)?);
    }
    Ok(text)
}

fn structure(model: &Model, name: &str, docs: &str, shape: &Shape, used: Use) -> Result<String> {
    let mut fields = String::new();
    let (mut defaults, mut renames) = (true, false);
    for (member_name, member) in &shape.members {
        let target = model.shape(&member.shape)?;
        let plain = rust_type(model, &member.shape)?;
        let always = used.list_output && target.kind == Kind::List;
        let required = shape.required.contains(member_name);
        defaults &= !required || always;
        let field = names::field(member_name);
        let mut serde = vec![];
        if names::camel_of(&field) == *member_name {
            renames |= field.contains('_');
        } else {
            serde.push(format!("rename = \"{member_name}\""));
        }
        if used.written && !required && !always {
            serde.push("skip_serializing_if = \"Option::is_none\"".to_owned());
        }
        fields.push_str(&format!(
            "/// {}\n",
            describe(model, member_name, &member.shape, required && used.read)?
        ));
        if !serde.is_empty() {
            fields.push_str(&format!("#[serde({})]\n", serde.join(", ")));
        }
        let whole = if required || always { plain } else { format!("Option<{plain}>") };
        fields.push_str(&format!("pub {field}: {whole},\n"));
    }
    let mut derives = vec!["Clone", "Debug"];
    derives.extend(defaults.then_some("Default"));
    derives.push("PartialEq");
    derives.extend(used.read.then_some("Deserialize"));
    derives.extend(used.written.then_some("Serialize"));
    let rename_all = if renames { "#[serde(rename_all = \"camelCase\")]\n" } else { "" };
    Ok(format!(
        "/// {docs}\n#[derive({})]\n{rename_all}pub struct {name} {{\n{fields}}}\n\n",
        derives.join(", ")
    ))
}

fn rust_type(model: &Model, name: &str) -> Result<String> {
    let shape = model.shape(name)?;
    Ok(match shape.kind {
        Kind::Blob => "Blob".to_owned(),
        Kind::Boolean => "bool".to_owned(),
        Kind::Double => "f64".to_owned(),
        Kind::Integer => "i32".to_owned(),
        Kind::Long => "i64".to_owned(),
        Kind::Timestamp => "Timestamp".to_owned(),
        Kind::String if !shape.values.is_empty() => names::type_name(name),
        Kind::String if shape.sensitive => "Secret".to_owned(),
        Kind::String => "String".to_owned(),
        Kind::List => {
            format!("Vec<{}>", rust_type(model, shape.member.as_deref().context("a list of nothing")?)?)
        }
        Kind::Map => {
            let key = rust_type(model, shape.key.as_deref().context("a map without keys")?)?;
            let value = rust_type(model, shape.value.as_deref().context("a map without values")?)?;
            format!("BTreeMap<{key}, {value}>")
        }
        Kind::Structure => names::type_name(name),
    })
}

/// What the model says about a member, in one line.
fn describe(model: &Model, member: &str, shape_name: &str, required: bool) -> Result<String> {
    let shape = model.shape(shape_name)?;
    let mut parts = vec![];
    if required {
        parts.push("required".to_owned());
    }
    let unit = match shape.kind {
        Kind::String => " characters",
        Kind::Blob => " bytes",
        Kind::List => " elements",
        Kind::Map => " entries",
        Kind::Timestamp => "time",
        _ => "",
    };
    match (&shape.min, &shape.max) {
        (Some(min), Some(max)) if min == max => parts.push(format!("exactly {min}{unit}")),
        (Some(min), Some(max)) => parts.push(format!("{min} to {max}{unit}")),
        (Some(min), None) => parts.push(format!("at least {min}{unit}")),
        (None, Some(max)) => parts.push(format!("at most {max}{unit}")),
        (None, None) => {}
    }
    if let Some(pattern) = &shape.pattern {
        parts.push(format!("`{pattern}`"));
    }
    let facts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    Ok(format!("`{member}`{facts}."))
}

/// All enumerations of inputs and outputs.
pub fn enums(model: &Model) -> Result<String> {
    let mut shapes = model.input_shapes(model.served())?;
    shapes.extend(model.output_shapes(model.served())?);
    let mut text = "use crate::scalar::string_enum;\n".to_owned();
    for name in &shapes {
        let shape = model.shape(name)?;
        if shape.values.is_empty() {
            continue;
        }
        let variants: BTreeSet<String> = shape.values.iter().map(|value| names::variant(value)).collect();
        ensure!(variants.len() == shape.values.len(), "two values of `{name}` have one name");
        let lines: String = shape
            .values
            .iter()
            .map(|value| format!("        {} = \"{value}\",\n", names::variant(value)))
            .collect();
        let type_name = names::type_name(name);
        text.push_str(&format!(
            "\nstring_enum! {{\n    /// Enumeration `{name}` of the service model.\n    {type_name} {{\n{lines}    }}\n}}\n"
        ));
    }
    Ok(text)
}
