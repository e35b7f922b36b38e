//! What a template makes of values that nobody has said yet: for questions about all devices that it could make.
//!
//! The template is worked out with a mark in place of each value, which shows where values end up. So nothing is known of a
//! template whose functions look into values (`Fn::Split`, `Fn::FindInMap` of a parameter), and that is said.

use std::collections::{BTreeMap, BTreeSet};

use super::functions::{Given, Parameters, looks_into_values};
use super::plan::{Plan, ThingPlan, Unfit};
use super::template::{Override, PSEUDO, PSEUDO_PREFIX, Purpose, Template};

/// Characters of a mark; from the Private Use Area, so in no template by chance.
const MARK: [char; 2] = ['\u{e000}', '\u{e001}'];
/// Values that nobody has are made in so many tries.
const TRIES: usize = 100;

const UNTOLD: &str = "what it makes cannot be told before the values of its parameters are known";

/// A template with the places of its values.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    template: Template,
    purpose: Purpose,
    marked: Plan,
    /// How its things are called, if it makes things and the name can be read.
    name: Result<Vec<Piece>, String>,
}

/// A part of a thing's name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A parameter's value.
    Value(String),
}

/// A device as the template makes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Made {
    pub(crate) thing: Option<MadeThing>,
    /// Ids of policies that are made, with their documents.
    pub(crate) documents: Vec<(String, String)>,
    /// Names of policies that are there.
    pub(crate) named: Vec<String>,
    /// The certificate belongs to the thing alone.
    pub(crate) exclusive: bool,
}

/// A thing as it is after provisioning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MadeThing {
    pub(crate) name: String,
    pub(crate) type_name: Option<String>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) billing_group: Option<String>,
}

impl Outline {
    /// # Errors
    /// In words: it is no template, or what it makes cannot be told before values are said.
    pub(crate) fn of(body: &str, purpose: Purpose) -> Result<Self, String> {
        let template = Template::parse(body).map_err(|error| error.to_string())?;
        template.check_purpose(purpose).map_err(|error| error.to_string())?;
        let resources = template.thing.iter().chain(&template.policies);
        if resources.flat_map(|resource| resource.properties.values()).any(looks_into_values) {
            return Err(format!("{UNTOLD}: `Fn::Split` looks into one"));
        }
        let mark = |name: &str| Some(format!("{}{name}{}", MARK[0], MARK[1]));
        let marked = template.plan(&given(&template, mark)).map_err(depends)?;
        let name = match &marked.thing {
            None => Ok(vec![]),
            Some(thing) => read_name(&thing.name),
        };
        Ok(Self { template, purpose, marked, name })
    }

    /// The certificates that it makes, or that it is about, are active.
    pub(crate) fn activates(&self) -> bool {
        self.marked.certificate.as_ref().is_some_and(|certificate| certificate.status == "ACTIVE")
    }

    /// A device with values that nobody else has; defaults count. `is_thing`: whether there is a thing of a name.
    ///
    /// # Errors
    /// In words, when the template makes nothing of such values.
    pub(crate) fn new_device(&self, is_thing: impl Fn(&str) -> bool) -> Result<Made, String> {
        let mut made = self.with(|name| self.fresh(name, 0))?;
        for number in 1..TRIES {
            let is_free = made.thing.as_ref().is_none_or(|thing| !is_thing(&thing.name));
            if is_free || !self.names_vary() {
                break;
            }
            made = self.with(|name| self.fresh(name, number))?;
        }
        Ok(made)
    }

    /// As a new device, with `*` for every value that is not part of the thing's name; none when no policy depends on one. Where
    /// values are not checked, this is what whoever says them can have.
    pub(crate) fn widest(&self) -> Option<Made> {
        let free = |name: &str| !self.in_name(name) && !name.starts_with(PSEUDO_PREFIX);
        if !self.marks_in_documents().any(free) {
            return None;
        }
        let value = |name: &str| if free(name) { Some("*".to_owned()) } else { self.fresh(name, 0) };
        let parameters = given(&self.template, value).into_iter();
        let trusted = parameters.map(|(name, given)| (name, Given { by_device: false, ..given }));
        self.template.plan(&trusted.collect()).ok().map(made)
    }

    /// The thing `now`, taken by whoever says what the thing is called; none if it cannot be.
    pub(crate) fn taking(&self, now: &MadeThing) -> Option<Made> {
        let (planned, pieces) = (self.marked.thing.as_ref()?, self.name.as_ref().ok()?);
        let values = solve(pieces, &now.name)?;
        let value = |name: &str| values.get(name).cloned().or_else(|| self.fresh(name, 0));
        let plan = self.template.plan(&given(&self.template, value)).ok()?;
        let thing = after(plan.thing.as_ref()?, now, |attribute| {
            // Whoever says the value says the one that is there.
            let marked = planned.attributes.as_ref().and_then(|attributes| attributes.get(attribute));
            let only = marked.and_then(|text| text.strip_prefix(MARK[0])?.strip_suffix(MARK[1]));
            only.is_some_and(|name| !name.contains(MARK) && self.is_said(name) && !self.in_name(name))
        })?;
        Some(Made { thing: Some(thing), ..made(plan) })
    }

    /// The policies differ with the name of the thing.
    pub(crate) fn documents_vary(&self) -> bool {
        self.marks_in_documents().any(|name| self.in_name(name))
    }

    /// Values that policies depend on and the thing's name does not, by the name of the parameter.
    pub(crate) fn free_in_documents(&self) -> Vec<&str> {
        let mut free: Vec<&str> = self.marks_in_documents().filter(|name| !self.in_name(name)).collect();
        free.sort_unstable();
        free.dedup();
        free
    }

    /// What of a device depends on a value and could be anything, in words.
    pub(crate) fn undecided(&self) -> Vec<String> {
        let mut undecided = Vec::new();
        let mut say = |what: &str, text: &str| {
            undecided.extend(marks(text).map(|name| format!("{what} depends on parameter `{name}`")));
        };
        for policy in self.marked.policies.iter().filter(|policy| policy.document.is_none()) {
            say("which policy it attaches", &policy.name);
        }
        if let Some(thing) = &self.marked.thing {
            thing.groups.iter().flatten().for_each(|group| say("which thing group it joins", group));
            thing.type_name.iter().for_each(|name| say("the thing type", name));
        }
        undecided
    }

    /// Why it is not known which things it can be attached to.
    pub(crate) fn unread_name(&self) -> Option<&str> {
        self.name.as_ref().err().map(String::as_str)
    }

    fn names_vary(&self) -> bool {
        self.marked.thing.as_ref().is_some_and(|thing| thing.name.contains(MARK))
    }

    fn in_name(&self, parameter: &str) -> bool {
        self.marked.thing.as_ref().is_some_and(|thing| marks(&thing.name).any(|name| name == parameter))
    }

    fn marks_in_documents(&self) -> impl Iterator<Item = &str> {
        self.marked.policies.iter().filter_map(|policy| policy.document.as_deref()).flat_map(marks)
    }

    /// Whether the device says the value, and nobody else.
    fn is_said(&self, parameter: &str) -> bool {
        self.purpose == Purpose::Fleet && !parameter.starts_with(PSEUDO_PREFIX)
    }

    /// A value that nobody else has; none where the default counts.
    fn fresh(&self, parameter: &str, number: usize) -> Option<String> {
        if matches!(self.template.parameters.get(parameter), Some(Some(_))) && number == 0 {
            return None;
        }
        let last = parameter.rsplit(':').next().unwrap_or(parameter);
        let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect();
        Some(if number == 0 { format!("new-{plain}") } else { format!("new-{plain}-{number}") })
    }

    fn with(&self, value: impl Fn(&str) -> Option<String>) -> Result<Made, String> {
        self.template.plan(&given(&self.template, value)).map(made).map_err(|unfit| unfit.to_string())
    }
}

/// Values of all parameters, those that only the server knows included.
fn given(template: &Template, value: impl Fn(&str) -> Option<String>) -> Parameters {
    let known = PSEUDO.map(|name| format!("{PSEUDO_PREFIX}{name}"));
    let names = template.parameters.keys().chain(&known);
    names.filter_map(|name| Some((name.clone(), Given { text: value(name)?, by_device: true }))).collect()
}

fn depends(unfit: Unfit) -> String {
    let why = unfit.to_string().replace(MARK, "");
    format!("{UNTOLD}: {why}")
}

fn made(plan: Plan) -> Made {
    let thing = plan.thing.map(|thing| MadeThing {
        name: thing.name,
        type_name: thing.type_name,
        attributes: thing.attributes.unwrap_or_default(),
        groups: thing.groups.into_iter().flatten().collect(),
        billing_group: thing.billing_group,
    });
    let exclusive =
        plan.certificate.is_some_and(|one| one.principal_type.as_deref() == Some("EXCLUSIVE_THING"));
    let (made, named): (Vec<_>, Vec<_>) =
        plan.policies.into_iter().partition(|policy| policy.document.is_some());
    Made {
        thing,
        documents: made.into_iter().filter_map(|policy| Some((policy.id, policy.document?))).collect(),
        named: named.into_iter().map(|policy| policy.name).collect(),
        exclusive,
    }
}

/// Names of parameters whose marks are in a text.
fn marks(text: &str) -> impl Iterator<Item = &str> {
    text.split(MARK[0]).skip(1).filter_map(|rest| rest.split_once(MARK[1])).map(|(name, _)| name)
}

/// A thing's name with marks, taken apart.
fn read_name(marked: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    for (index, part) in marked.split(MARK[0]).enumerate() {
        let (value, text) = match part.split_once(MARK[1]) {
            Some((name, text)) if index > 0 => (Some(name), text),
            _ => (None, part),
        };
        if let Some(name) = value {
            if name.strip_prefix(PSEUDO_PREFIX).is_some_and(|name| name != "Id") {
                return Err(format!("what it calls things depends on `{name}` of the certificate"));
            }
            let piece = Piece::Value(name.to_owned());
            if pieces.contains(&piece) {
                return Err(format!("what it calls things has the parameter `{name}` twice"));
            }
            pieces.push(piece);
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
    }
    Ok(pieces)
}

/// Values with which the pieces make this name: the shortest from the left. None when there are none, or when one would have to be
/// a certificate's id, which no name has.
fn solve(pieces: &[Piece], name: &str) -> Option<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    let mut rest = name;
    let mut open: Option<&str> = None;
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => {
                let is_last = index + 1 == pieces.len();
                let at = match open {
                    None => rest.starts_with(text.as_str()).then_some(0)?,
                    Some(_) if is_last => rest.strip_suffix(text.as_str())?.len(),
                    Some(_) => rest.find(text.as_str())?,
                };
                let (value, after) = rest.split_at_checked(at)?;
                if let Some(parameter) = open.take() {
                    values.insert(parameter.to_owned(), value.to_owned());
                }
                rest = after.get(text.len()..)?;
            }
            Piece::Value(parameter) => {
                if parameter.starts_with(PSEUDO_PREFIX) {
                    return None;
                }
                if let Some(before) = open.replace(parameter) {
                    values.insert(before.to_owned(), String::new());
                }
            }
        }
    }
    match open {
        Some(parameter) => values.insert(parameter.to_owned(), rest.to_owned()).is_none().then_some(values),
        None => rest.is_empty().then_some(values),
    }
}

/// What becomes of a thing that exists; none when that fails. `fits`: whether an attribute's value is what it has to be.
fn after(plan: &ThingPlan, now: &MadeThing, fits: impl Fn(&str) -> bool) -> Option<MadeThing> {
    let mut thing = now.clone();
    if let Some(wanted) = &plan.attributes {
        let current = |name: &str| now.attributes.get(name).map(String::as_str);
        let fitting: BTreeMap<String, String> = wanted
            .iter()
            .map(|(name, value)| {
                let kept = current(name).filter(|_| fits(name)).unwrap_or(value);
                (name.clone(), kept.to_owned())
            })
            .collect();
        let is_same = plan.has_attributes(&fitting, now.attributes.len(), current);
        if plan.changes("AttributePayload", is_same)? {
            if plan.overrides.get("AttributePayload") == Some(&Override::Replace) {
                thing.attributes.clear();
            }
            thing.attributes.extend(wanted.clone());
        }
    }
    if let Some(type_name) = &plan.type_name
        && plan.changes("ThingTypeName", now.type_name.as_ref() == Some(type_name))?
    {
        thing.type_name = Some(type_name.clone());
    }
    if let Some(group) = &plan.billing_group {
        plan.changes("BillingGroup", now.billing_group.as_ref() == Some(group))?;
    }
    if let Some(groups) = &plan.groups {
        let wanted: BTreeSet<String> = groups.iter().cloned().collect();
        let current = now.groups.iter().map(String::as_str).collect();
        if plan.changes("ThingGroups", plan.is_in_groups(&current))? {
            if plan.overrides.get("ThingGroups") == Some(&Override::Replace) {
                thing.groups.clear();
            }
            thing.groups.extend(wanted);
        }
    }
    Some(thing)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn outline(name: Value, policy: Value) -> Result<Outline, String> {
        let certificate = json!({"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}});
        let body = json!({
            "Parameters": {"Serial": {"Type": "String"}, "Line": {"Type": "String", "Default": "a"}},
            "Resources": {
                "c": {"Type": "AWS::IoT::Certificate", "Properties": certificate},
                "t": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": name}},
                "p": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": policy}},
            },
        });
        Outline::of(&body.to_string(), Purpose::Fleet)
    }

    #[test]
    fn names_are_taken_apart() {
        let check = |name: Value, thing: &str, expected: Option<&[(&str, &str)]>| {
            let outline = outline(name.clone(), json!({})).unwrap();
            let found = solve(outline.name.as_ref().unwrap(), thing);
            let owned = |pairs: &[(&str, &str)]| {
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
            };
            assert_eq!(found, expected.map(owned), "{name} {thing}");
        };
        check(json!({"Ref": "Serial"}), "lamp", Some(&[("Serial", "lamp")]));
        check(json!({"Fn::Sub": "a-${Serial}-z"}), "a-b-z", Some(&[("Serial", "b")]));
        check(json!({"Fn::Sub": "a-${Serial}-z"}), "a-z-z", Some(&[("Serial", "z")]));
        check(json!({"Fn::Sub": "a-${Serial}-z"}), "a-z", None);
        check(json!({"Fn::Sub": "a-${Serial}"}), "b-1", None);
        check(json!({"Fn::Sub": "${Line}-${Serial}"}), "a-b-c", Some(&[("Line", "a"), ("Serial", "b-c")]));
        check(json!({"Fn::Sub": "${Line}${Serial}"}), "ab", Some(&[("Line", ""), ("Serial", "ab")]));
        check(json!("lamp"), "lamp", Some(&[]));
        check(json!("lamp"), "lamps", None);
        check(json!({"Ref": "AWS::IoT::Certificate::Id"}), "lamp", None);
    }

    #[test]
    fn new_devices_have_what_nobody_has() {
        let outline =
            outline(json!({"Fn::Sub": "${Line}-${Serial}"}), json!({"Resource": {"Ref": "Line"}})).unwrap();
        let name =
            |is_thing: &dyn Fn(&str) -> bool| outline.new_device(is_thing).unwrap().thing.unwrap().name;
        assert_eq!(name(&|_| false), "a-new-Serial");
        assert_eq!(name(&|name| name == "a-new-Serial"), "new-Line-1-new-Serial-1");
        assert_eq!(
            outline.new_device(|_| false).unwrap().documents,
            [("p".into(), r#"{"Resource":"a"}"#.into())]
        );
        assert!(outline.documents_vary() && outline.widest().is_none(), "Line is part of the name");
    }

    #[test]
    fn what_is_not_the_name_may_be_anything() {
        let outline = outline(json!({"Ref": "Serial"}), json!({"Resource": {"Ref": "Line"}})).unwrap();
        assert_eq!((outline.free_in_documents(), outline.documents_vary()), (vec!["Line"], false));
        assert_eq!(outline.widest().unwrap().documents, [("p".into(), r#"{"Resource":"*"}"#.into())]);
        assert!(outline.undecided().is_empty());
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        let select = json!({"Fn::Select": ["0", {"Fn::Split": ["-", {"Ref": "Serial"}]}]});
        let mapped = json!({"Fn::Select": [{"Ref": "Serial"}, ["a", "b"]]});
        for name in [select, mapped] {
            let why = outline(name, json!({})).unwrap_err();
            assert!(why.contains("before the values") && !why.contains(MARK), "{why}");
        }
        let subject = outline(json!({"Ref": "AWS::IoT::Certificate::CommonName"}), json!({})).unwrap();
        assert!(subject.unread_name().unwrap().contains("CommonName"));
        let twice = outline(json!({"Fn::Sub": "${Serial}-${Serial}"}), json!({})).unwrap();
        assert!(twice.unread_name().unwrap().contains("twice"));
    }
}
