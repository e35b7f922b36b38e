//! A resource that was seen, with what is the device's own in it as variables.

use std::collections::{BTreeMap, BTreeSet};

use super::Owner;

const THING: &str = "${iot:Connection.Thing.ThingName}";
const TYPE: &str = "${iot:Connection.Thing.ThingTypeName}";
const CLIENT: &str = "${iot:ClientId}";
const COMMON_NAME: &str = "${iot:Certificate.Subject.CommonName}";

/// Names shorter than this are looked for as whole levels only, not inside of one.
const INSIDE_CHARS_MIN: usize = 4;

/// A resource without the first five fields of its ARN, level by level.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Template {
    pub(super) levels: Vec<Level>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level {
    /// As a policy writes it.
    pub(super) text: String,
    /// Variables that have the same value for this device, and may be meant.
    may_be: Vec<String>,
}

impl Level {
    fn fixed(text: String) -> Self {
        Self { text, may_be: Vec::new() }
    }

    pub(super) fn any() -> Self {
        Self::fixed("*".to_owned())
    }
}

impl Template {
    pub(super) fn of(owner: Owner<'_>, name: &str) -> Self {
        let (kind, rest) = name.split_once('/').unwrap_or((name, ""));
        if rest.is_empty() {
            return Self { levels: vec![Level::fixed(name.to_owned())] };
        }
        let levels = rest.split('/').map(|level| level_of(owner, kind, level));
        Self { levels: std::iter::once(Level::fixed(kind.to_owned())).chain(levels).collect() }
    }

    /// As a policy writes it.
    pub(super) fn text(&self) -> String {
        self.levels.iter().map(|level| level.text.as_str()).collect::<Vec<_>>().join("/")
    }

    /// Has a `*`.
    pub(super) fn is_wide(&self) -> bool {
        self.levels.iter().any(|level| level.text == "*")
    }

    /// Another template says nothing that this one does not, level by level.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let mut levels = self.levels.iter().zip(&other.levels);
        self.levels.len() == other.levels.len() && levels.all(|(a, b)| a.text == "*" || a == b)
    }

    /// The same with another level at `place`.
    pub(super) fn with(&self, place: usize, level: Level) -> Self {
        let mut levels = self.levels.clone();
        if let Some(at) = levels.get_mut(place) {
            *at = level;
        }
        Self { levels }
    }
}

fn level_of(owner: Owner<'_>, kind: &str, level: &str) -> Level {
    let thing = owner.thing.map(|thing| thing.name.as_str());
    if Some(level) == thing {
        return Level::fixed(THING.to_owned());
    }
    let inside = thing.filter(|name| name.len() >= INSIDE_CHARS_MIN).and_then(|name| inside(level, name));
    if let Some((before, after)) = inside {
        return Level::fixed(format!("{}{THING}{}", escaped(before), escaped(after)));
    }
    let mut may_be = Vec::new();
    let mut same = |value: Option<&str>, variable: String| {
        if value == Some(level) {
            may_be.push(variable);
        }
    };
    same(owner.common_name, COMMON_NAME.to_owned());
    if let Some(thing) = owner.thing {
        for (name, value) in &thing.attributes {
            same(Some(value), format!("${{iot:Connection.Thing.Attributes[{name}]}}"));
        }
        same(thing.type_name.as_deref(), TYPE.to_owned());
    }
    // A client may call itself what it likes: in Connect the variable would be no limit at all.
    if kind != "client" {
        same(owner.client_id, CLIENT.to_owned());
    }
    Level { text: escaped(level), may_be }
}

/// What stands before and after a name that is a part of a level by itself.
fn inside<'l>(level: &'l str, name: &str) -> Option<(&'l str, &'l str)> {
    let (before, after) = level.split_once(name)?;
    let apart = |character: Option<char>| character.is_none_or(|character| !character.is_alphanumeric());
    (apart(before.chars().next_back()) && apart(after.chars().next())).then_some((before, after))
}

/// Text as a policy writes it, so that nothing in it is a wildcard or a variable.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' | '?' => {
                out.push_str("${");
                out.push(character);
                out.push('}');
            }
            '$' if characters.peek() == Some(&'{') => out.push_str("${$}"),
            _ => out.push(character),
        }
    }
    out
}

/// Templates in which every level says what it is: a variable where it explains two different values that were seen at the same
/// place, the value itself where it does not.
pub(super) fn settled(templates: &BTreeSet<Template>) -> BTreeSet<Template> {
    let mut all: BTreeSet<Template> = templates.clone();
    let places = all.iter().map(|template| template.levels.len()).max().unwrap_or_default();
    for place in 0..places {
        let mut values: BTreeMap<(Vec<&Level>, &str), BTreeSet<&str>> = BTreeMap::new();
        for template in &all {
            let Some(level) = template.levels.get(place) else { continue };
            let others: Vec<&Level> = template
                .levels
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != place)
                .map(|(_, level)| level)
                .collect();
            for variable in &level.may_be {
                values.entry((others.clone(), variable)).or_default().insert(&level.text);
            }
        }
        let explains: BTreeSet<(Vec<Level>, String)> = values
            .iter()
            .filter(|(_, values)| values.len() > 1)
            .map(|((others, variable), _)| {
                (others.iter().map(|level| (*level).clone()).collect(), (*variable).to_owned())
            })
            .collect();
        all = all
            .iter()
            .map(|template| {
                let Some(level) = template.levels.get(place) else { return template.clone() };
                let others: Vec<Level> = template
                    .levels
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| *at != place)
                    .map(|(_, level)| level.clone())
                    .collect();
                let is_meant = |variable: &&String| explains.contains(&(others.clone(), (*variable).clone()));
                let text = level.may_be.iter().find(is_meant).unwrap_or(&level.text).clone();
                template.with(place, Level::fixed(text))
            })
            .collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prove::Thing;

    fn thing(name: &str, zone: &str) -> Thing {
        let attributes = [("zone".to_owned(), zone.to_owned())].into();
        Thing { name: name.to_owned(), attributes, ..Thing::default() }
    }

    fn check(seen: &[(&str, &str, &str)], expected: &[&str]) {
        let templates = seen.iter().map(|(name, zone, resource)| {
            let thing = thing(name, zone);
            let owner = Owner { thing: Some(&thing), client_id: Some(name), common_name: None };
            Template::of(owner, resource)
        });
        let texts: Vec<String> = settled(&templates.collect()).iter().map(Template::text).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn names_become_variables() {
        check(
            &[("sensor-1", "z", "topic/dt/sensor-1/x"), ("sensor-2", "z", "topic/dt/sensor-2/x")],
            &["topic/dt/${iot:Connection.Thing.ThingName}/x"],
        );
        check(&[("sensor-1", "z", "topic/a-sensor-1")], &["topic/a-${iot:Connection.Thing.ThingName}"]);
        check(&[("sensor-1", "z", "topic/sensor-12")], &["topic/sensor-12"]);
        check(&[("a", "z", "topic/a-b")], &["topic/a-b"]);
    }

    #[test]
    fn an_attribute_is_meant_when_it_explains_what_differs() {
        check(&[("one", "north", "topic/north/x"), ("two", "north", "topic/north/x")], &["topic/north/x"]);
        check(
            &[("one", "north", "topic/north/x"), ("two", "south", "topic/south/x")],
            &["topic/${iot:Connection.Thing.Attributes[zone]}/x"],
        );
    }

    #[test]
    fn wildcards_that_were_seen_are_text() {
        check(&[("one", "z", "topic/a*/${x}/?")], &["topic/a${*}/${$}{x}/${?}"]);
    }
}
