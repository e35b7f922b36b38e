//! The service model and the two lists of operations, with what the generator relies on checked.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// The model, restricted to nothing: all operations, all shapes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Where it comes from.
    pub source: String,
    pub operations: BTreeMap<String, Operation>,
    pub shapes: BTreeMap<String, Shape>,
    /// Served operations by family.
    #[serde(skip)]
    pub families: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    pub method: String,
    pub uri: String,
    pub input: String,
    pub output: Option<String>,
    pub errors: Vec<String>,
    pub paginator: Option<Paginator>,
    /// The permission, where it is not the operation's own name.
    pub action: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paginator {
    pub input_token: String,
    pub output_token: String,
    pub limit_key: Option<String>,
    pub result_key: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(default, rename = "enum")]
    pub values: Vec<String>,
    pub min: Option<serde_json::Number>,
    pub max: Option<serde_json::Number>,
    pub pattern: Option<String>,
    #[serde(default)]
    pub sensitive: bool,
    #[serde(default)]
    pub required: Vec<String>,
    pub payload: Option<String>,
    #[serde(default)]
    pub exception: bool,
    pub status: Option<u16>,
    /// In the model's order, which `serde_json` does not keep: sorted by name.
    #[serde(default)]
    pub members: BTreeMap<String, Member>,
    pub member: Option<String>,
    pub key: Option<String>,
    pub value: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Blob,
    Boolean,
    Double,
    Integer,
    List,
    Long,
    Map,
    String,
    Structure,
    Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Member {
    pub shape: String,
    pub location: Option<String>,
    pub location_name: Option<String>,
    #[serde(default)]
    pub idempotency_token: bool,
}

impl Model {
    /// Reads the model, its additions and the lists, and checks what the generator takes for granted.
    pub fn load(model: &str, additions: &str, served: &str, not_served: &str) -> Result<Self> {
        let mut model: Self = serde_json::from_str(model).context("the service model")?;
        let additions: BTreeMap<String, Vec<String>> =
            serde_json::from_str(additions).context("additions to the service model")?;
        for (name, values) in additions {
            let shape =
                model.shapes.get_mut(&name).with_context(|| format!("no shape `{name}` to add to"))?;
            ensure!(!shape.values.is_empty(), "`{name}` is no enumeration");
            shape.values.extend(values);
        }
        model.families = families(served)?;
        model.check_lists(not_served)?;
        for name in model.served().map(str::to_owned).collect::<Vec<_>>() {
            model.check_operation(&name).with_context(|| name.clone())?;
        }
        Ok(model)
    }

    /// Served operations, by family and name.
    pub fn served(&self) -> impl Iterator<Item = &str> {
        self.families.values().flatten().map(String::as_str)
    }

    pub fn operation(&self, name: &str) -> Result<&Operation> {
        self.operations.get(name).with_context(|| format!("no operation `{name}` in the model"))
    }

    pub fn shape(&self, name: &str) -> Result<&Shape> {
        self.shapes.get(name).with_context(|| format!("no shape `{name}` in the model"))
    }

    /// A shape and all that it is made of.
    pub fn reach(&self, name: &str, into: &mut BTreeSet<String>) -> Result<()> {
        if !into.insert(name.to_owned()) {
            return Ok(());
        }
        let shape = self.shape(name)?;
        let members = shape.members.values().map(|member| &member.shape);
        for part in members.chain(&shape.member).chain(&shape.key).chain(&shape.value) {
            self.reach(part, into)?;
        }
        Ok(())
    }

    /// All shapes of the inputs of these operations.
    pub fn input_shapes<'a>(&self, operations: impl Iterator<Item = &'a str>) -> Result<BTreeSet<String>> {
        let mut shapes = BTreeSet::new();
        for name in operations {
            self.reach(&self.operation(name)?.input, &mut shapes)?;
        }
        Ok(shapes)
    }

    /// All shapes of the outputs of these operations.
    pub fn output_shapes<'a>(&self, operations: impl Iterator<Item = &'a str>) -> Result<BTreeSet<String>> {
        let mut shapes = BTreeSet::new();
        for name in operations {
            if let Some(output) = &self.operation(name)?.output {
                self.reach(output, &mut shapes)?;
            }
        }
        Ok(shapes)
    }

    fn check_lists(&self, not_served: &str) -> Result<()> {
        let mut listed = BTreeSet::new();
        for name in self.served().chain(lines(not_served)) {
            self.operation(name)?;
            ensure!(listed.insert(name), "`{name}` is listed twice");
        }
        let missing: Vec<_> = self.operations.keys().filter(|name| !listed.contains(name.as_str())).collect();
        ensure!(missing.is_empty(), "in neither list: {missing:?}");
        Ok(())
    }

    /// Quirks that the generated code cannot express.
    fn check_operation(&self, name: &str) -> Result<()> {
        let operation = self.operation(name)?;
        let users = self.operations.values().filter(|other| other.input == operation.input).count();
        ensure!(users == 1, "shares its input with another operation");
        let input = self.shape(&operation.input)?;
        if let Some(payload) = &input.payload {
            let member = input.members.get(payload).context("a payload that is no member")?;
            ensure!(self.shape(&member.shape)?.kind == Kind::Structure, "a payload that is no structure");
            let others =
                input.members.iter().filter(|(name, member)| *name != payload && member.location.is_none());
            ensure!(others.count() == 0, "a payload beside members of the body");
        }
        for (member_name, member) in &input.members {
            let kind = self.shape(&member.shape)?.kind;
            let scalar = !matches!(kind, Kind::List | Kind::Map | Kind::Structure);
            ensure!(member.location.is_none() || scalar, "`{member_name}` is not scalar and not in the body");
            if member.location.as_deref() == Some("uri") {
                let label = member.location_name.as_deref().unwrap_or(member_name);
                ensure!(input.required.contains(member_name), "the label `{member_name}` is not required");
                let in_path = |form: String| operation.uri.contains(&form);
                ensure!(
                    in_path(format!("{{{label}}}")) || in_path(format!("{{{label}+}}")),
                    "the label `{label}` is not in the path"
                );
            }
        }
        self.check_depth(&operation.input, &mut vec![])?;
        if let Some(output) = &operation.output {
            let shape = self.shape(output)?;
            ensure!(shape.payload.is_none(), "an output with a payload");
            ensure!(
                shape.members.values().all(|member| member.location.is_none()),
                "an output beside the body"
            );
            self.check_depth(output, &mut vec![])?;
        }
        if let Some(paginator) = &operation.paginator {
            ensure!(input.members.contains_key(&paginator.input_token), "a paginator without its token");
        }
        Ok(())
    }

    /// No shape contains itself: structs need no boxes.
    fn check_depth<'a>(&'a self, name: &'a str, above: &mut Vec<&'a str>) -> Result<()> {
        ensure!(!above.contains(&name), "`{name}` contains itself");
        above.push(name);
        let shape = self.shape(name)?;
        for (member_name, member) in &shape.members {
            let below_input = above.len() > 1;
            ensure!(
                !below_input || (member.location.is_none() && member.location_name.is_none()),
                "`{member_name}` of `{name}` has a place or name of its own"
            );
        }
        let members = shape.members.values().map(|member| &member.shape);
        for part in members.chain(&shape.member).chain(&shape.key).chain(&shape.value) {
            self.check_depth(part, above)?;
        }
        above.pop();
        Ok(())
    }
}

/// Lines that are not empty and no comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn families(served: &str) -> Result<BTreeMap<String, Vec<String>>> {
    let mut families: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = None;
    for line in lines(served) {
        if let Some(family) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            current = Some(family);
        } else {
            let Some(family) = current else { bail!("`{line}` stands before the first family") };
            families.entry(family.to_owned()).or_default().push(line.to_owned());
        }
    }
    families.values_mut().for_each(|operations| operations.sort_unstable());
    Ok(families)
}
