//! Static tables: shapes of inputs, operations, exceptions, operations that are not served.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};

use super::model::{Kind, Member, Model, Shape};
use super::names;

/// Codes that no shape of the model stands for, with their status: those of signatures and permissions (AWS "Common
/// errors"), of the protocol, and of requests that nobody serves.
const PROTOCOL_CODES: [(&str, u16); 10] = [
    ("AccessDeniedException", 403),
    ("ExpiredTokenException", 403),
    ("IncompleteSignatureException", 403),
    ("InvalidSignatureException", 403),
    ("MissingAuthenticationTokenException", 403),
    ("NotImplementedException", 501),
    ("RequestEntityTooLargeException", 413),
    ("SerializationException", 400),
    ("UnknownOperationException", 404),
    ("UnrecognizedClientException", 403),
];

/// All patterns of inputs, each once.
pub fn patterns(model: &Model) -> Result<Vec<String>> {
    let mut patterns = BTreeSet::new();
    for name in model.input_shapes(model.served())? {
        patterns.extend(model.shape(&name)?.pattern.clone());
    }
    Ok(patterns.into_iter().collect())
}

/// One static for each shape of an input.
pub fn shapes(model: &Model) -> Result<String> {
    let shapes = model.input_shapes(model.served())?;
    let mut statics = BTreeMap::new();
    for name in &shapes {
        let before = statics.insert(names::screaming(name), name);
        ensure!(before.is_none(), "`{name}` and {before:?} have one name");
    }
    let patterns = patterns(model)?;
    let mut text =
        "use super::enums::*;\nuse super::patterns::*;\nuse crate::shape::{Location, Shape, make};\n"
            .to_owned();
    for name in &shapes {
        let shape = model.shape(name)?;
        let body = match shape.kind {
            Kind::Structure => structure(shape)?,
            _ => simple(name, shape, &patterns)?,
        };
        text.push_str(&format!("\npub(crate) static {}: Shape = {body};\n", names::screaming(name)));
    }
    Ok(text)
}

fn simple(name: &str, shape: &Shape, patterns: &[String]) -> Result<String> {
    let reference = |part: &Option<String>| {
        part.as_deref().map(|part| format!("&{}", names::screaming(part))).context("a collection of nothing")
    };
    let range = || match (&shape.min, &shape.max) {
        (None, None) => "make::ANY".to_owned(),
        (min, max) => format!("make::range({}, {})", option(min), option(max)),
    };
    Ok(match shape.kind {
        Kind::Boolean => "Shape::Boolean".to_owned(),
        Kind::Timestamp => "Shape::Timestamp".to_owned(),
        Kind::Integer => format!("Shape::Integer({})", range()),
        Kind::Long => format!("Shape::Long({})", range()),
        Kind::Blob => format!("Shape::Blob({})", range()),
        Kind::Double => {
            let real = |limit: &Option<serde_json::Number>| {
                limit.as_ref().map_or("None".to_owned(), |limit| {
                    format!("Some({:?})", limit.as_f64().unwrap_or_default())
                })
            };
            format!("make::double({}, {})", real(&shape.min), real(&shape.max))
        }
        Kind::List => format!("make::list({}, {})", range(), reference(&shape.member)?),
        Kind::Map => {
            format!("make::map({}, {}, {})", range(), reference(&shape.key)?, reference(&shape.value)?)
        }
        Kind::String if !shape.values.is_empty() => {
            let alone =
                shape.min.is_none() && shape.max.is_none() && shape.pattern.is_none() && !shape.sensitive;
            ensure!(alone, "the enumeration `{name}` has other constraints");
            format!("make::one_of({}::TEXTS)", names::type_name(name))
        }
        Kind::String => {
            let index =
                shape.pattern.as_ref().and_then(|own| patterns.iter().position(|pattern| pattern == own));
            let pattern = index.map_or("None".to_owned(), |index| format!("Some(&PATTERN_{index})"));
            let make = if shape.sensitive { "secret" } else { "text" };
            format!("make::{make}({}, {pattern})", range())
        }
        Kind::Structure => structure(shape)?,
    })
}

fn option(limit: &Option<serde_json::Number>) -> String {
    limit.as_ref().map_or("None".to_owned(), |limit| format!("Some({limit})"))
}

fn structure(shape: &Shape) -> Result<String> {
    let mut members = String::new();
    for (name, member) in &shape.members {
        let mut text = format!("make::member(\"{name}\", &{})", names::screaming(&member.shape));
        if shape.required.contains(name) {
            text.push_str(".required()");
        }
        if let Some(location) = location(name, member, shape)? {
            text.push_str(&format!(".at(Location::{location})"));
        }
        if member.idempotency_token {
            text.push_str(".token()");
        }
        members.push_str(&format!("{text},\n"));
    }
    Ok(format!("make::structure(&[\n{members}])"))
}

fn location(name: &str, member: &Member, shape: &Shape) -> Result<Option<String>> {
    if shape.payload.as_deref() == Some(name) {
        return Ok(Some("Payload".to_owned()));
    }
    let Some(location) = &member.location else { return Ok(None) };
    let variant = match location.as_str() {
        "uri" => "Uri",
        "querystring" => "Query",
        "header" => "Header",
        other => anyhow::bail!("`{name}` is at `{other}`, which is not known here"),
    };
    let wire_name = member.location_name.as_deref().unwrap_or(name);
    let wire_name = if variant == "Header" { wire_name.to_ascii_lowercase() } else { wire_name.to_owned() };
    Ok(Some(format!("{variant}(\"{wire_name}\")")))
}

/// The operations that are served, with what is known about each.
pub fn operations(model: &Model) -> Result<String> {
    let mut served: Vec<&str> = model.served().collect();
    served.sort_unstable();
    let mut statics = String::new();
    let (mut variants, mut all, mut arms, mut pairs) =
        (String::new(), String::new(), String::new(), String::new());
    for name in served {
        let operation = model.operation(name)?;
        let info = names::screaming(name);
        variants.push_str(&format!("/// `{} {}`\n{name},\n", operation.method, operation.uri));
        all.push_str(&format!("Self::{name},\n"));
        pairs.push_str(&format!("            {name} {name}Input,\n"));
        arms.push_str(&format!("Self::{name} => &{info},\n"));
        let errors: String = operation.errors.iter().map(|code| format!("Code::{code}, ")).collect();
        let paginator = operation.paginator.as_ref().map_or("None".to_owned(), |paginator| {
            let limit = paginator.limit_key.as_ref().map_or("None".to_owned(), |limit| format!("Some(\"{limit}\")"));
            format!(
                "Some(Paginator {{ input_token: \"{}\", output_token: \"{}\", limit: {limit}, result: \"{}\" }})",
                paginator.input_token, paginator.output_token, paginator.result_key
            )
        });
        statics.push_str(&format!(
            "\nstatic {info}: OperationInfo = OperationInfo {{\nname: \"{name}\",\nmethod: \"{}\",\nuri: \"{}\",\n\
             action: \"iot:{}\",\ninput: &shapes::{},\nerrors: &[{errors}],\npaginator: {paginator},\n}};\n",
            operation.method,
            operation.uri,
            operation.action.as_deref().unwrap_or(name),
            names::screaming(&operation.input),
        ));
    }
    Ok(format!(
        "use super::shapes;\nuse crate::error::Code;\nuse crate::operation::{{OperationInfo, Paginator}};\n\n\
         /// An operation that is served.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n\
         pub enum Operation {{\n{variants}}}\n\nimpl Operation {{\n/// All of them, by name.\n\
         pub const ALL: &'static [Self] = &[\n{all}];\n\n/// What is known about it.\n\
         pub fn info(self) -> &'static OperationInfo {{\nmatch self {{\n{arms}}}\n}}\n}}\n\n\
         /// Calls a macro with all served operations, each as `Operation Input,`: a dispatcher that forgets one does not\n\
         /// compile.\n#[macro_export]\nmacro_rules! with_operations {{\n    ($callback:ident) => {{\n        $callback! {{\n\
         {pairs}        }}\n    }};\n}}\n{statics}"
    ))
}

/// All exceptions of the model and the codes of the protocol.
pub fn errors(model: &Model) -> Result<String> {
    let mut codes: BTreeMap<&str, (u16, Vec<&str>)> =
        PROTOCOL_CODES.iter().map(|(code, status)| (*code, (*status, vec![]))).collect();
    let modelled: BTreeMap<&String, &Shape> =
        model.shapes.iter().filter(|(_, shape)| shape.exception).collect();
    for (name, shape) in &modelled {
        let members: Vec<&str> =
            shape.members.keys().map(String::as_str).filter(|name| *name != "message").collect();
        let known = members.iter().all(|name| ["resourceArn", "resourceId"].contains(name));
        ensure!(known && shape.members.contains_key("message"), "`{name}` has other members");
        let before = codes.insert(name, (shape.status.context("an exception without status")?, members));
        ensure!(before.is_none(), "`{name}` is in the model now: take it out of PROTOCOL_CODES");
    }
    let (mut variants, mut texts, mut statuses, mut members) =
        (String::new(), String::new(), String::new(), String::new());
    for (code, (status, extra)) in &codes {
        let origin = if modelled.keys().any(|name| name == code) { "" } else { " (not in the model)" };
        variants.push_str(&format!("/// {status}{origin}\n{code},\n"));
        texts.push_str(&format!("Self::{code} => \"{code}\",\n"));
        statuses.push_str(&format!("Self::{code} => {status},\n"));
        if !extra.is_empty() {
            members.push_str(&format!("Self::{code} => &{extra:?},\n"));
        }
    }
    Ok(format!(
        "/// An error code: the exceptions of the service model, and those that every AWS API has.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub enum Code {{\n{variants}}}\n\n\
         impl Code {{\n/// The code on the wire.\npub const fn as_str(self) -> &'static str {{\nmatch self {{\n{texts}}}\n}}\n\n\
         /// HTTP status.\npub const fn status(self) -> u16 {{\nmatch self {{\n{statuses}}}\n}}\n\n\
         /// Members of the body besides the message.\npub const fn members(self) -> &'static [&'static str] {{\n\
         match self {{\n{members}_ => &[],\n}}\n}}\n}}\n"
    ))
}

/// Name, method and path of what answers 501.
pub fn not_served(model: &Model) -> String {
    let served: BTreeSet<&str> = model.served().collect();
    let rows: String = model
        .operations
        .iter()
        .filter(|(name, _)| !served.contains(name.as_str()))
        .map(|(name, operation)| format!("(\"{name}\", \"{}\", \"{}\"),\n", operation.method, operation.uri))
        .collect();
    format!("pub(crate) const NOT_SERVED: &[(&str, &str, &str)] = &[\n{rows}];\n")
}
