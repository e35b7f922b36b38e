//! Things: what they are, whose they are, and which groups they are in. There may be millions, so each text is kept once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use thingwarden_engine::prove::Thing;

use super::principal::PrincipalId;

/// Texts that are said often, each once.
#[derive(Debug, Default)]
pub(super) struct Words(HashSet<Arc<str>>);

/// The things of a fleet.
#[derive(Debug, Default)]
pub(super) struct Registry {
    things: HashMap<Arc<str>, Registered>,
    /// Names of things with whether they are the principal's alone.
    of_principals: HashMap<PrincipalId, Vec<(Arc<str>, bool)>>,
    groups: HashMap<Arc<str>, Vec<Arc<str>>>,
    /// Of groups.
    parents: HashMap<Arc<str>, Arc<str>>,
    words: Words,
}

/// What is known of a thing.
#[derive(Debug, Default)]
pub(super) struct Registered {
    pub(super) type_name: Option<Arc<str>>,
    pub(super) billing_group: Option<Arc<str>>,
    attributes: Box<[(Arc<str>, Arc<str>)]>,
}

impl Words {
    pub(super) fn of(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let word: Arc<str> = text.into();
        self.0.insert(Arc::clone(&word));
        word
    }
}

/// Adds to a list that seldom gets a second entry.
pub(super) fn push<K: Eq + std::hash::Hash, V>(
    lists: &mut HashMap<K, Vec<V>>,
    key: K,
    value: V,
    is_new: impl Fn(&V) -> bool,
) {
    let list = lists.entry(key).or_insert_with(|| Vec::with_capacity(1));
    if list.iter().all(is_new) {
        list.push(value);
    }
}

impl Registry {
    /// Adds what is said of a thing to what was said before. Its first type counts, and the last value of an attribute.
    pub(super) fn thing<T: AsRef<str> + Ord>(
        &mut self,
        name: &str,
        type_name: Option<T>,
        attributes: BTreeMap<T, T>,
        billing_group: Option<T>,
    ) {
        let Self { things, words, .. } = self;
        let mut word = |text: T| words.of(text.as_ref());
        let said = Registered {
            type_name: type_name.map(&mut word),
            billing_group: billing_group.map(&mut word),
            attributes: attributes.into_iter().map(|(name, value)| (word(name), word(value))).collect(),
        };
        match things.get_mut(name) {
            None => drop(things.insert(name.into(), said)),
            Some(known) => known.add(said),
        }
    }

    pub(super) fn tie(&mut self, thing: &str, principal: &str, exclusive: bool) {
        let name = self.name(thing);
        self.things.entry(Arc::clone(&name)).or_default();
        push(&mut self.of_principals, PrincipalId::of(principal), (name, exclusive), |(known, _)| {
            **known != *thing
        });
    }

    pub(super) fn member(&mut self, group: &str, thing: &str) {
        let name = self.name(thing);
        push(&mut self.groups, name, self.words.of(group), |_| true);
    }

    pub(super) fn parent(&mut self, group: &str, parent: &str) {
        self.parents.insert(self.words.of(group), self.words.of(parent));
    }

    /// The name of a thing, in the one place where it is if the thing is known.
    fn name(&self, thing: &str) -> Arc<str> {
        self.things.get_key_value(thing).map_or_else(|| thing.into(), |(name, _)| Arc::clone(name))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    pub(super) fn get(&self, thing: &str) -> Option<&Registered> {
        self.things.get(thing)
    }

    /// In no order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.things.keys().map(|name| &**name)
    }

    /// In no order.
    pub(super) fn principals(&self) -> impl Iterator<Item = &PrincipalId> {
        self.of_principals.keys()
    }

    /// Names of a principal's things, with whether they are its alone.
    pub(super) fn ties(&self, principal: &PrincipalId) -> &[(Arc<str>, bool)] {
        self.of_principals.get(principal).map(Vec::as_slice).unwrap_or_default()
    }

    /// The groups that a thing itself is in.
    pub(super) fn groups_of(&self, thing: &str) -> &[Arc<str>] {
        self.groups.get(thing).map(Vec::as_slice).unwrap_or_default()
    }

    /// Groups and all groups above them.
    pub(super) fn with_parents<'r>(&'r self, groups: impl IntoIterator<Item = &'r str>) -> Vec<&'r str> {
        const DEPTH_MAX: usize = 32;
        let mut found = Vec::new();
        for group in groups {
            let mut at = Some(group);
            for _ in 0..DEPTH_MAX {
                let Some(group) = at else { break };
                found.push(group);
                at = self.parents.get(group).map(|parent| &**parent);
            }
        }
        found
    }

    /// A thing for proofs.
    pub(super) fn thing_for(&self, name: &str, exclusive: bool) -> Option<Thing> {
        let known = self.things.get(name)?;
        Some(Thing {
            name: name.to_owned(),
            type_name: known.type_name.as_deref().map(str::to_owned),
            attributes: known.attributes(),
            exclusive,
        })
    }
}

impl Registered {
    fn add(&mut self, said: Self) {
        self.type_name = self.type_name.take().or(said.type_name);
        self.billing_group = said.billing_group.or(self.billing_group.take());
        if self.attributes.is_empty() {
            self.attributes = said.attributes;
        } else if !said.attributes.is_empty() {
            let all = std::mem::take(&mut self.attributes).into_iter().chain(said.attributes);
            self.attributes = all.collect::<BTreeMap<_, _>>().into_iter().collect();
        }
    }

    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        self.attributes.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }
}
