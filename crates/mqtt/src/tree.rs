//! Who has subscribed to what: a tree of topic levels. Finding the subscribers of a topic takes the topic's levels and
//! not the number of subscriptions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::topic::{Filter, Topic};

/// Subscriptions of subscribers `K`, each with its options `O`.
#[derive(Debug)]
pub struct Tree<K, O> {
    root: Node<K, O>,
}

/// Who gets a message.
#[derive(Debug)]
pub enum Match<'a, K, O> {
    /// This subscriber.
    One(&'a K, &'a O),
    /// One of these, who share the subscription: whose turn it is comes first.
    OneOf(&'a [(K, O)], &'a [(K, O)]),
}

#[derive(Debug)]
struct Node<K, O> {
    levels: HashMap<Box<str>, Node<K, O>>,
    /// `+`
    any: Option<Box<Node<K, O>>>,
    /// Filters that end here.
    here: Subscribers<K, O>,
    /// Filters that end here with `#`.
    below: Subscribers<K, O>,
}

#[derive(Debug)]
struct Subscribers<K, O> {
    each: Vec<(K, O)>,
    shared: Vec<Share<K, O>>,
}

#[derive(Debug)]
struct Share<K, O> {
    name: Box<str>,
    members: Vec<(K, O)>,
    turn: AtomicUsize,
}

impl<K, O> Default for Tree<K, O> {
    fn default() -> Self {
        Self { root: Node::default() }
    }
}

impl<K, O> Default for Node<K, O> {
    fn default() -> Self {
        Self {
            levels: HashMap::new(),
            any: None,
            here: Subscribers::default(),
            below: Subscribers::default(),
        }
    }
}

impl<K, O> Default for Subscribers<K, O> {
    fn default() -> Self {
        Self { each: vec![], shared: vec![] }
    }
}

impl<K: PartialEq, O> Tree<K, O> {
    /// Adds a subscription, or changes its options; says the options that it had.
    pub fn insert(&mut self, filter: &Filter, subscriber: K, options: O) -> Option<O> {
        let mut node = &mut self.root;
        for level in filter.pattern().split('/') {
            node = match level {
                "#" => return node.below.insert(filter.share(), subscriber, options),
                "+" => node.any.get_or_insert_default(),
                name => node.levels.entry(name.into()).or_default(),
            };
        }
        node.here.insert(filter.share(), subscriber, options)
    }

    /// Removes a subscription; says the options that it had.
    pub fn remove(&mut self, filter: &Filter, subscriber: &K) -> Option<O> {
        let mut levels = filter.pattern().split('/');
        self.root.remove(&mut levels, filter.share(), subscriber)
    }

    /// Shows who gets what is published to a topic. Whoever has several subscriptions that fit is shown several times.
    pub fn matches<'a>(&'a self, topic: &Topic, visit: &mut dyn FnMut(Match<'a, K, O>)) {
        self.root.matches(topic.as_str().split('/'), topic.is_reserved(), visit);
    }

    /// Who shares this subscription.
    pub fn members(&self, filter: &Filter) -> &[(K, O)] {
        self.root.members(filter).unwrap_or_default()
    }

    /// Whether there is no subscription.
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }
}

impl<K: PartialEq, O> Node<K, O> {
    fn is_empty(&self) -> bool {
        self.levels.is_empty() && self.any.is_none() && self.here.is_empty() && self.below.is_empty()
    }

    fn members(&self, filter: &Filter) -> Option<&[(K, O)]> {
        let mut node = self;
        for level in filter.pattern().split('/') {
            node = match level {
                "#" => return node.below.members(filter.share()),
                "+" => node.any.as_ref()?,
                name => node.levels.get(name)?,
            };
        }
        node.here.members(filter.share())
    }

    /// A filter has few levels, so this goes no deeper than they do.
    fn remove<'f>(
        &mut self,
        levels: &mut impl Iterator<Item = &'f str>,
        share: Option<&str>,
        subscriber: &K,
    ) -> Option<O> {
        match levels.next() {
            None => self.here.remove(share, subscriber),
            Some("#") => self.below.remove(share, subscriber),
            Some("+") => {
                let any = self.any.as_mut()?;
                let removed = any.remove(levels, share, subscriber);
                if any.is_empty() {
                    self.any = None;
                }
                removed
            }
            Some(name) => {
                let node = self.levels.get_mut(name)?;
                let removed = node.remove(levels, share, subscriber);
                if node.is_empty() {
                    self.levels.remove(name);
                }
                removed
            }
        }
    }

    /// Wildcards do not stand for a first level that begins with `$` (MQTT-4.7.2-1).
    fn matches<'a, 't>(
        &'a self,
        mut levels: impl Iterator<Item = &'t str> + Clone,
        is_reserved: bool,
        visit: &mut dyn FnMut(Match<'a, K, O>),
    ) {
        let Some(level) = levels.next() else { return self.here.show(visit) };
        if !is_reserved {
            self.below.show(visit);
        }
        if let Some(node) = self.levels.get(level) {
            node.matches(levels.clone(), false, visit);
        }
        if let Some(node) = self.any.as_ref().filter(|_| !is_reserved) {
            node.matches(levels, false, visit);
        }
    }
}

impl<K: PartialEq, O> Subscribers<K, O> {
    fn is_empty(&self) -> bool {
        self.each.is_empty() && self.shared.is_empty()
    }

    fn members(&self, share: Option<&str>) -> Option<&[(K, O)]> {
        let share = self.shared.iter().find(|known| Some(&*known.name) == share)?;
        Some(&share.members)
    }

    fn insert(&mut self, share: Option<&str>, subscriber: K, options: O) -> Option<O> {
        let list = match share {
            None => &mut self.each,
            Some(name) => {
                let index = self.shared.iter().position(|share| &*share.name == name);
                let index = index.unwrap_or_else(|| {
                    self.shared.push(Share { name: name.into(), members: vec![], turn: AtomicUsize::new(0) });
                    self.shared.len() - 1
                });
                &mut self.shared.get_mut(index)?.members
            }
        };
        match list.iter_mut().find(|(known, _)| *known == subscriber) {
            Some((_, old)) => Some(std::mem::replace(old, options)),
            None => {
                list.push((subscriber, options));
                None
            }
        }
    }

    fn remove(&mut self, share: Option<&str>, subscriber: &K) -> Option<O> {
        let take = |list: &mut Vec<(K, O)>| {
            let index = list.iter().position(|(known, _)| known == subscriber)?;
            Some(list.swap_remove(index).1)
        };
        let Some(name) = share else { return take(&mut self.each) };
        let index = self.shared.iter().position(|share| &*share.name == name)?;
        let members = &mut self.shared.get_mut(index)?.members;
        let removed = take(members);
        if members.is_empty() {
            self.shared.swap_remove(index);
        }
        removed
    }

    fn show<'a>(&'a self, visit: &mut dyn FnMut(Match<'a, K, O>)) {
        for (subscriber, options) in &self.each {
            visit(Match::One(subscriber, options));
        }
        for share in &self.shared {
            let turn =
                share.turn.fetch_add(1, Ordering::Relaxed).checked_rem(share.members.len()).unwrap_or(0);
            let (before, from) = share.members.split_at_checked(turn).unwrap_or((&[], &share.members));
            visit(Match::OneOf(from, before));
        }
    }
}

#[cfg(test)]
mod tests;
