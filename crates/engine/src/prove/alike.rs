//! Which principals of a fleet are alike, so that one of them can be asked about in place of all.
//!
//! What policies say through variables differs from principal to principal, but most of it is about the principal itself: its
//! thing's name, or the certificate's field that repeats it, as a whole level of a topic or all of a name. A stranger, whose name
//! no thing has, then touches of the others just what the principal does.

use std::collections::BTreeSet;

use crate::policy::analysis::automaton::Token;
use crate::policy::document::{Condition, Document, Pattern, Piece};
use crate::policy::resolve::{CLIENT_ID, about, evaluate, filled, normal, variables};
use crate::policy::{Context, PolicySet};

use super::answer::Scope;
use super::ask::CONNECT;
use super::blast_radius::Way;
use super::device::{Device, ROLE_THING_NAME, ROLE_THING_TYPE, Thing, unspelled};
use super::identity::{Identity, SUB};
use super::names::Names;
use super::narrow::cut;
use super::shape::Word;
use super::touching::{is_about_things, may_begin};

/// What of a principal makes a difference to what it touches of others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Alike {
    set: usize,
    ways: u8,
    exclusive: bool,
    has_thing: bool,
    certificate_known: bool,
    is_identity: bool,
    /// Of the keys that the policies speak of, in their order.
    values: Vec<Said>,
    /// How conditions on names come out, and what client ids may be.
    on_names: Vec<Option<bool>>,
    /// Its names, if they make a difference beyond that.
    names: Vec<String>,
}

/// What a key says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Said {
    These(Vec<String>),
    /// The name of the device's own thing, where that is all that matters of it.
    OwnName,
    /// Something that is no thing's name, where that is all that matters of it.
    NoName,
}

/// What a set of policies makes depend on. Of policies that are not there: nothing is known.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Keys that it speaks of, names left out, each with whether it matters only whose name its value is.
    keys: Vec<(String, bool)>,
    on_names: Vec<Condition>,
    /// Where it allows or denies connecting, as far as that depends on the device's name.
    clients: Vec<Pattern>,
    /// All that it says of the device's own name is bound to it.
    is_bound: bool,
}

/// Names that no thing has and no policy spells.
#[derive(Debug)]
pub(super) struct Strangers {
    nobody: String,
    /// What fields of certificates say that is no thing's name.
    nothing: String,
}

const THING_NAME: &str = "iot:connection.thing.thingname";
const OF_CERTIFICATE: &str = "iot:certificate.";
/// Resources in which a name stands for something other than a thing: who may use it is asked by its name.
const OTHER_NAMES: [&str; 4] = [
    "rolealias/",
    "provisioningtemplate/",
    "topic/$aws/provisioning-templates/",
    "topicfilter/$aws/provisioning-templates/",
];
/// Where the name of a thing, or what is a client's own to say, stands alone in its level.
const LEVELS: [&str; 6] =
    ["client/", "thing/", "topic/", "topicfilter/", "topic/$aws/things/", "topicfilter/$aws/things/"];

impl Facts {
    pub(super) fn of(set: &PolicySet, scope: &Scope) -> Self {
        let statements = set.sources().iter().flat_map(|source| &source.document.statements);
        let mut keys = BTreeSet::new();
        // Keys of which more matters than whose name they say.
        let mut telling = BTreeSet::new();
        let mut on_names = Vec::new();
        let mut is_bound = true;
        for statement in statements {
            let resources = statement.resources.iter().flat_map(|resources| &resources.patterns);
            for pattern in resources {
                for key in variables(&pattern.node).map(|variable| normal(&variable.key)) {
                    match is_name(&key) {
                        true => is_bound &= is_harmless(&pattern.node, scope, is_name),
                        false if is_harmless(&pattern.node, scope, |_| true) => {}
                        false => drop(telling.insert(key.clone())),
                    }
                    keys.insert(key);
                }
            }
            for condition in &statement.conditions {
                let in_values = condition.values.iter().flat_map(|value| variables(&value.node));
                let in_values = in_values.map(|variable| normal(&variable.key));
                let spoken: Vec<String> = in_values.into_iter().chain([normal(&condition.key)]).collect();
                if spoken.iter().any(|key| is_name(key)) {
                    // Compared with something else that it has, its own name matters.
                    is_bound &= spoken.iter().all(|key| is_name(key));
                    on_names.push(condition.clone());
                }
                for key in spoken {
                    telling.insert(key.clone());
                    keys.insert(key);
                }
            }
        }
        keys.retain(|key| !is_name(key));
        let is_alone = |key: &String| {
            // Other forms of the same field go with it.
            let others = || keys.iter().filter(|other| *other != key);
            let last = key.rsplit('.').next().unwrap_or_default();
            let is_form = last == "list" || last.bytes().all(|byte| byte.is_ascii_digit());
            !is_form && !others().any(|other| other.starts_with(key.as_str()))
        };
        let is_about_names =
            |key: &String| key.starts_with(OF_CERTIFICATE) && !telling.contains(key) && is_alone(key);
        let keys: Vec<(String, bool)> = keys.iter().map(|key| (key.clone(), is_about_names(key))).collect();
        let connects = about(set, &[CONNECT]).filter_map(|statement| statement.resources.as_ref());
        let clients = connects
            .flat_map(|resources| &resources.patterns)
            .map(|pattern| &pattern.node)
            .filter(|pattern| !is_same_for_all(pattern, &keys, scope))
            .cloned()
            .collect();
        Self { keys, on_names, clients, is_bound }
    }

    /// A key of certificates that it speaks of.
    pub(super) fn speaks_of_certificate(&self) -> Option<&str> {
        self.keys.iter().map(|(key, _)| key.as_str()).find(|key| key.starts_with(OF_CERTIFICATE))
    }

    /// How what it says of names comes out for a device connected under its thing's name: conditions, and where it may connect. And
    /// how it would for somebody else under that client id, which the device itself does not have but as its thing.
    fn of_name(&self, name: Option<&str>, scope: &Scope) -> Vec<Option<bool>> {
        if self.on_names.is_empty() && self.clients.is_empty() {
            return Vec::new();
        }
        let context = named_context(name);
        let client = name.map(|name| scope.arn(&format!("client/{name}")));
        let is_client = |pattern: &Pattern| {
            let tokens = filled(pattern, &context)?;
            let is_end = |rest: &&[Token]| rest.iter().all(|token| *token == Token::AnyString);
            Some(cut(&tokens, client.as_deref()?).iter().any(is_end))
        };
        let as_client = name.map_or_else(Context::new, |name| Context::new().with(CLIENT_ID, [name]));
        let conditions = self.on_names.iter().map(|condition| evaluate(condition, &context));
        let on_client = self.on_names.iter().filter(|condition| normal(&condition.key) == CLIENT_ID);
        conditions
            // What is unknown without the thing's name is so for all.
            .chain(on_client.map(|condition| Some(evaluate(condition, &as_client) == Some(true))))
            .chain(self.clients.iter().map(is_client))
            .collect()
    }
}

impl Strangers {
    pub(super) fn new(names: &Names, sets: &[&PolicySet]) -> Self {
        let free = |word: &str| {
            let mut word = unspelled(word, sets);
            while names.find(&word).is_some() {
                word.push('-');
            }
            word
        };
        Self { nobody: free("nobody"), nothing: free("nothing") }
    }

    /// A name that no thing has and that makes no difference to the device: any, or one that begins or ends like its own. Without
    /// a thing it has none, which is as good as any. None if its own name matters.
    pub(super) fn name_for(
        &self,
        device: &Device,
        facts: &Facts,
        names: &Names,
        scope: &Scope,
    ) -> Option<String> {
        if !facts.is_bound || device.things.len() > 1 {
            return None;
        }
        let nobody = &self.nobody;
        let Some(own) = device.names().next() else { return Some(nobody.clone()) };
        let on_names = facts.of_name(Some(own), scope);
        if on_names.is_empty() {
            return Some(nobody.clone());
        }
        // An exclusive thing is not only connected under its own name.
        let exclusive = device.things.iter().any(|thing| thing.exclusive);
        if on_names.contains(&None) || (exclusive && !facts.on_names.is_empty()) {
            return None;
        }
        let is_free = |name: &String| {
            names.find(name).is_none()
                && *name != self.nothing
                && facts.of_name(Some(name), scope) == on_names
        };
        [nobody.clone(), format!("{own}-{nobody}"), format!("{nobody}-{own}")].into_iter().find(is_free)
    }

    /// What of a principal makes a difference in this way of it; `stands_in`: another name may stand for its own.
    pub(super) fn alike(
        &self,
        way: &Way,
        facts: &Facts,
        stands_in: bool,
        names: &Names,
        scope: &Scope,
    ) -> Alike {
        let device = &way.device;
        let own = device.names().next();
        let said = |(key, is_about_names): &(String, bool)| {
            let values = value(device, key);
            match values {
                [value] if *is_about_names && stands_in && Word::Thing.accepts(value) => {
                    match own == Some(value) {
                        true => Said::OwnName,
                        false if names.find(value).is_none() => Said::NoName,
                        false => Said::These(values.to_vec()),
                    }
                }
                _ => Said::These(values.to_vec()),
            }
        };
        Alike {
            set: way.set,
            ways: device.ways as u8,
            exclusive: device.things.iter().any(|thing| thing.exclusive),
            has_thing: !device.things.is_empty(),
            certificate_known: device.certificate.is_some(),
            is_identity: device.identity != Identity::None,
            values: facts.keys.iter().map(said).collect(),
            on_names: facts.of_name(own, scope),
            names: match stands_in {
                true => Vec::new(),
                false => device.names().map(str::to_owned).collect(),
            },
        }
    }

    /// The device under the name.
    pub(super) fn stand_in(&self, device: &Device, alike: &Alike, facts: &Facts, name: &str) -> Device {
        let mut certificate = device.certificate.clone();
        for ((key, _), said) in facts.keys.iter().zip(&alike.values) {
            let value = match said {
                Said::These(_) => continue,
                Said::OwnName => name,
                Said::NoName => &self.nothing,
            };
            certificate.get_or_insert_default().insert(key, [value]);
        }
        let things = device.things.iter().map(|thing| Thing { name: name.to_owned(), ..thing.clone() });
        Device { things: things.collect(), certificate, ..device.clone() }
    }
}

/// Whether a policy speaks of the fields of certificates, so that it matters to a principal that has it what they are.
pub fn speaks_of_certificates(document: &Document) -> bool {
    document.statements.iter().any(|statement| {
        let resources = statement.resources.iter().flat_map(|resources| &resources.patterns);
        let values = statement.conditions.iter().flat_map(|condition| &condition.values);
        let in_patterns = resources.chain(values).flat_map(|pattern| variables(&pattern.node));
        let keys = in_patterns.map(|variable| &variable.key);
        let mut keys = keys.chain(statement.conditions.iter().map(|condition| &condition.key));
        keys.any(|key| normal(key).starts_with(OF_CERTIFICATE))
    })
}

/// Keys whose value is the name of the device's own thing.
fn is_name(key: &str) -> bool {
    matches!(key, THING_NAME | CLIENT_ID | ROLE_THING_NAME)
}

/// Whether it makes no difference to what is touched which name stands in the pattern for these keys, as long as it is the
/// device's own or nobody's: it is a whole level behind text without wildcards, so that nothing but this name fits, or the pattern
/// is not about things. Names do not begin with `$`.
fn is_harmless(pattern: &Pattern, scope: &Scope, is_name: impl Fn(&str) -> bool) -> bool {
    !may_name_others(pattern, scope)
        && (!is_about_things(pattern, scope) || is_bound_pattern(pattern, scope, is_name))
}

/// Whether a name in the pattern may be taken for one of a role alias or template.
fn may_name_others(pattern: &Pattern, scope: &Scope) -> bool {
    let text = match pattern.pieces.as_slice() {
        [Piece::Literal(text), Piece::Variable(_), ..] => Some(text),
        _ => None,
    };
    // A name in place of what begins with `$` is none of these.
    let begins_level = text.and_then(|text| text.strip_prefix(&scope.arn("")));
    !matches!(begins_level, Some("topic/" | "topicfilter/")) && may_begin(pattern, scope, &OTHER_NAMES)
}

fn is_bound_pattern(pattern: &Pattern, scope: &Scope, is_name: impl Fn(&str) -> bool) -> bool {
    let is_name = |piece: &Piece| match piece {
        Piece::Variable(variable) => is_name(&normal(&variable.key)),
        _ => false,
    };
    let [Piece::Literal(before), name, behind @ ..] = pattern.pieces.as_slice() else { return false };
    let ends_level = match behind.first() {
        None => true,
        Some(Piece::Literal(text)) => text.starts_with('/'),
        Some(_) => false,
    };
    let level = before.strip_prefix(&scope.arn(""));
    level.is_some_and(|level| LEVELS.contains(&level))
        && is_name(name)
        && ends_level
        && !behind.iter().any(is_name)
}

/// Whether the pattern matches the client id that is a device's own name for all devices, or for none.
fn is_same_for_all(pattern: &Pattern, keys: &[(String, bool)], scope: &Scope) -> bool {
    let client = scope.arn("client/");
    // What a key says that is about names stays as near to the device's name as it is.
    let is_name = |key: &str| {
        is_name(key) || keys.iter().any(|(other, is_about_names)| *is_about_names && other == key)
    };
    match pattern.pieces.as_slice() {
        [Piece::Literal(text), Piece::Variable(variable)] => {
            *text == client && is_name(&normal(&variable.key))
        }
        [Piece::Literal(text), Piece::AnyString] => client.starts_with(text.as_str()),
        _ => false,
    }
}

/// The context of a device connected as its thing, as far as names go.
fn named_context(name: Option<&str>) -> Context {
    let Some(name) = name else { return Context::new() };
    [THING_NAME, CLIENT_ID, ROLE_THING_NAME]
        .iter()
        .fold(Context::new(), |context, key| context.with(key, [name]))
}

fn value<'d>(device: &'d Device, key: &str) -> &'d [String] {
    if let Some(certificate) = &device.certificate
        && !certificate.get(key).is_empty()
    {
        return certificate.get(key);
    }
    if let (SUB, Identity::Known(id)) = (key, &device.identity) {
        return std::slice::from_ref(id);
    }
    let Some(thing) = device.things.first() else { return &[] };
    let value = match key {
        "iot:connection.thing.thingtypename" | ROLE_THING_TYPE => thing.type_name.as_ref(),
        _ => {
            let attribute = key.strip_prefix("iot:connection.thing.attributes[");
            let name = attribute.and_then(|rest| rest.strip_suffix(']'));
            name.and_then(|name| thing.attributes.get(name))
        }
    };
    value.map_or(&[], std::slice::from_ref)
}
