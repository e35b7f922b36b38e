//! Deny statements that do not deny what their author meant, because MQTT reads `+` and `#` and policies do not.
//!
//! Source: AWS IoT Device Defender guide, "IoT policy potentially misconfigured". The rule in full:
//!
//! - A Deny statement *has an MQTT wildcard* when a member of its `Resource` spells `+` or `#` and can be a topic or a
//!   topic filter. `NotResource` does not count: it names what stays allowed.
//! - Any other Deny on `iot:Subscribe` is *reached around* when there are a topic t and a filter F with an MQTT wildcard
//!   such that the statement denies subscribing to t itself; F matches t; the policy allows subscribing to F and does
//!   not deny it; and receiving t is not denied, and is allowed if the policy allows `iot:Receive` on any topic (if it does
//!   not, another policy may). Conditions: judged in the situation in which this Deny applies, so another Deny counts
//!   when it asks for no more than this one. `#` stands for at least one level, as the AWS IoT Core guide says of its
//!   broker ("MQTT topics", topic filters), and a wildcard in the first level does not match topics that begin with `$`.

use super::STATES_MAX;
use super::action::covers;
use super::automaton::{
    Alphabet, Budget, Mask, Options, Outcome, PatternId, PatternSet, PatternSetBuilder, State, Symbol, search,
};
use super::condition::Scenario;
use super::filter::Progress;
use super::grants::{grants_some, has_mqtt_wildcard, may_be};
use super::rules::{Rules, RulesBuilder, same_condition};
use crate::policy::document::{Document, Effect, Pattern, Resources, Statement};

/// A Deny statement that probably does not do what it was written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misconfiguration {
    /// `+` or `#` in a denied topic or topic filter. Policies compare them as plain characters; no topic contains them,
    /// so the statement denies nothing but that very filter.
    MqttWildcardInDeny {
        /// Index of the Deny.
        statement: usize,
        /// The resource as the policy spells it.
        resource: String,
    },
    /// Subscribing to `topic` itself is denied, yet its messages arrive through `filter`, which is allowed: the policy
    /// compares filters as text, the broker delivers by their meaning. Denying `iot:Receive` on the topics helps.
    DeniedFilterReachable {
        /// Index of the Deny.
        statement: usize,
        filter: String,
        topic: String,
    },
    /// The second question could not be decided within its budget; it has to be assumed.
    Undecided {
        /// Index of the Deny.
        statement: usize,
    },
}

/// The first likely mistake of each kind in a policy's Deny statements: what stands for the policy in a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DenyMistakes {
    /// A denied resource with an MQTT wildcard.
    pub mqtt_wildcard: Option<String>,
    /// A request on such a resource that is allowed all the same, with a word where the wildcard stands: action and ARN.
    pub still_allowed: Option<String>,
    /// A denied filter whose messages arrive all the same.
    pub reachable: Option<DeniedButReachable>,
    /// The statements of both, from 0: the one with the wildcard, and the one that is reached around.
    pub statements: [Option<usize>; 2],
}

/// How messages that a policy means to deny arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeniedButReachable {
    /// The messages of `topic` arrive through `filter`.
    Through { filter: String, topic: String },
    /// They may, in a situation that no example could be made of.
    WithoutExample,
    /// Not decided within the budget; it has to be assumed.
    Undecided,
}

impl DenyMistakes {
    /// Of this policy.
    pub fn of(document: &Document) -> Self {
        let mut first = Self::default();
        for mistake in misconfigurations(document) {
            match mistake {
                Misconfiguration::MqttWildcardInDeny { statement, resource } => {
                    first.mqtt_wildcard.get_or_insert(resource);
                    first.statements[0].get_or_insert(statement);
                }
                Misconfiguration::DeniedFilterReachable { statement, filter, topic } => {
                    first.reachable.get_or_insert(DeniedButReachable::Through { filter, topic });
                    first.statements[1].get_or_insert(statement);
                }
                Misconfiguration::Undecided { statement } => {
                    first.reachable.get_or_insert(DeniedButReachable::Undecided);
                    first.statements[1].get_or_insert(statement);
                }
            }
        }
        first
    }
}

/// Every likely mistake of the policy's Deny statements, in their order.
pub fn misconfigurations(document: &Document) -> Vec<Misconfiguration> {
    let mut found = Vec::new();
    let mut budget = Budget(STATES_MAX);
    for (statement, content) in document.statements.iter().enumerate() {
        let (Effect::Deny, Some(resources)) = (content.effect, &content.resources) else { continue };
        let already = found.len();
        if !resources.negated {
            let suspicious =
                resources.patterns.iter().filter(|pattern| is_filter_with_wildcard(&pattern.node));
            found.extend(suspicious.map(|pattern| Misconfiguration::MqttWildcardInDeny {
                statement,
                resource: pattern.node.to_string(),
            }));
        }
        // What such a statement fails to deny is the first mistake; the second is looked for once it is written right.
        if found.len() > already {
            continue;
        }
        if covers(&content.actions, "iot:Subscribe") {
            match reachable_denied_topic(document, content, resources, &mut budget) {
                Outcome::Found((filter, topic)) => {
                    found.push(Misconfiguration::DeniedFilterReachable { statement, filter, topic });
                }
                Outcome::Undecided => found.push(Misconfiguration::Undecided { statement }),
                Outcome::Nothing => {}
            }
        }
    }
    found
}

/// Whether the pattern spells `+` or `#` and can be a topic or a topic filter, as an ARN or abbreviated.
fn is_filter_with_wildcard(pattern: &Pattern) -> bool {
    has_mqtt_wildcard(pattern) && may_be(pattern, &["topic/", "topicfilter/"])
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Node {
    progress: Progress,
    /// The topic is at the start of a level.
    at_level: bool,
    /// The filter has a wildcard.
    wild: bool,
    filter: State,
    /// The topic, read as a filter by the Deny in question.
    denied: State,
    /// The topic, read as a topic by the statements about `iot:Receive`.
    received: State,
}

/// One step: what it appends to the filter and to the topic.
type Label = (Option<Symbol>, Option<Symbol>);

struct Product {
    alphabet: Alphabet,
    subscribe: Rules,
    receive: Rules,
    /// Whether the document grants `iot:Receive` on any topic; if not, another policy may.
    receive_is_granted_here: bool,
    deny: PatternSet,
    deny_ids: Vec<PatternId>,
    deny_places: Mask,
    deny_negated: bool,
    /// Symbols that a topic may have, each as [`Progress`] tells them apart.
    symbols: Vec<(Symbol, char)>,
    empty_levels: bool,
}

fn reachable_denied_topic(
    document: &Document,
    deny: &Statement,
    resources: &Resources,
    budget: &mut Budget,
) -> Outcome<(String, String)> {
    // In the situation in which this Deny applies, so do the others that ask for no more than it does.
    let also_denies = |other: &Statement| {
        other
            .conditions
            .iter()
            .all(|condition| deny.conditions.iter().any(|own| same_condition(own, condition)))
    };
    let rules = |action: &'static str| {
        RulesBuilder::new(&[document], Scenario::Unknown, &deny.conditions, |statement| {
            covers(&statement.actions, action)
                && (statement.effect == Effect::Allow || also_denies(statement))
        })
    };
    let (subscribe, receive) = (rules("iot:Subscribe"), rules("iot:Receive"));
    if !subscribe.has_allow() {
        return Outcome::Nothing;
    }
    let mut builder = PatternSetBuilder::default();
    let tokens = |pattern: &Pattern| Scenario::Unknown.tokens_or_any(pattern);
    let deny_ids: Vec<PatternId> = resources
        .patterns
        .iter()
        .map(|pattern| builder.add(tokens(&pattern.node), Options::default()))
        .collect();
    let mut alphabet = Alphabet::default();
    subscribe.announce(&mut alphabet);
    receive.announce(&mut alphabet);
    builder.announce(&mut alphabet);
    let deny = builder.build(&alphabet);
    let [slash, dollar, plus, hash] = ['/', '$', '+', '#'].map(|character| alphabet.char(character));
    let of_topics = alphabet.symbols().filter(|symbol| ![plus, hash].contains(symbol));
    let told_apart = |symbol| match symbol {
        _ if symbol == slash => '/',
        _ if symbol == dollar => '$',
        _ => 'x',
    };
    let mut product = Product {
        subscribe: subscribe.build(&alphabet),
        receive: receive.build(&alphabet),
        receive_is_granted_here: grants_some(document, "iot:Receive", "topic/"),
        deny_places: deny.mask(deny_ids.iter().copied()),
        deny,
        deny_ids,
        deny_negated: resources.negated,
        symbols: of_topics.map(|symbol| (symbol, told_apart(symbol))).collect(),
        alphabet,
        empty_levels: false,
    };
    // Empty levels are legal and rare: looked for only when nothing is found without.
    let mut outcome = product.find(budget);
    product.empty_levels = true;
    outcome = outcome.or_else(|| product.find(budget));
    outcome
}

impl Product {
    fn find(&self, budget: &mut Budget) -> Outcome<(String, String)> {
        let mut outcome = Outcome::Nothing;
        for prefix in self.subscribe.prefixes() {
            let read = |set: &PatternSet, kind: &str| {
                set.read(&self.alphabet, &set.read_tokens(&self.alphabet, &set.start(), prefix), kind)
            };
            let start = Node {
                progress: Progress::START,
                at_level: true,
                wild: false,
                filter: read(&self.subscribe.set, "topicfilter/"),
                denied: read(&self.deny, "topicfilter/"),
                received: read(&self.receive.set, "topic/"),
            };
            if self.is_hopeless(&start) {
                continue;
            }
            let found = search(
                start,
                budget,
                |node, next| self.successors(node, next),
                |node| self.is_reached(node).then_some(()),
            );
            outcome = outcome.or_else(|| found.map(|(labels, ())| self.texts(&labels)));
            if matches!(outcome, Outcome::Found(_)) {
                break;
            }
        }
        outcome
    }

    fn texts(&self, labels: &[Label]) -> (String, String) {
        let filter = self.alphabet.render(labels.iter().filter_map(|(filter, _)| *filter));
        let topic = self.alphabet.render(labels.iter().filter_map(|(_, topic)| *topic));
        (filter, topic)
    }

    fn is_hopeless(&self, node: &Node) -> bool {
        self.subscribe.is_dead(&node.filter)
            || (!self.deny_negated && !node.denied.meets(&self.deny_places))
            || (self.receive_is_granted_here && self.receive.is_dead(&node.received))
    }

    fn is_reached(&self, node: &Node) -> bool {
        let complete = !node.at_level || (self.empty_levels && !node.progress.is_empty());
        let is_denied =
            || self.deny_ids.iter().any(|id| self.deny.matches(&node.denied, *id)) != self.deny_negated;
        let arrives = || match self.receive_is_granted_here {
            true => self.receive.granted(&node.received).is_some(),
            false => !self.receive.is_denied(&node.received),
        };
        complete && node.wild && is_denied() && arrives() && self.subscribe.granted(&node.filter).is_some()
    }

    fn successors(&self, node: &Node, next: &mut Vec<(Label, Node)>) {
        let mut push = |label, after: Node| {
            if !self.is_hopeless(&after) {
                next.push((label, after));
            }
        };
        for (wildcard, progress) in node.progress.wildcards() {
            let symbol = self.alphabet.char(wildcard);
            let filter = self.subscribe.set.step(&node.filter, symbol);
            push((Some(symbol), None), Node { progress, wild: true, filter, ..node.clone() });
        }
        for (symbol, character) in self.symbols.iter().copied() {
            let ends_level = character == '/';
            if ends_level && node.at_level && !self.empty_levels {
                continue;
            }
            let Some((progress, in_filter)) = node.progress.after(character) else { continue };
            let filter = match in_filter {
                true => self.subscribe.set.step(&node.filter, symbol),
                false => node.filter.clone(),
            };
            let after = Node {
                progress,
                at_level: ends_level,
                wild: node.wild,
                filter,
                denied: self.deny.step(&node.denied, symbol),
                received: self.receive.set.step(&node.received, symbol),
            };
            push((in_filter.then_some(symbol), Some(symbol)), after);
        }
    }
}
