//! Which actions reach devices that the policy does not name; the rule is stated at [`super`].

use std::collections::{BTreeMap, HashMap, HashSet};

use super::action::covers;
use super::automaton::{Budget, FRESH, Outcome, State, Symbol, search};
use super::condition::Scenario;
use super::reserved::{ANSWERED, PUBLISHED, SERVICES};
use super::rules::{Rules, render};
use super::{STATES_MAX, StatementRef};
use crate::policy::document::{Document, Piece, Statement};

/// A data plane action that is allowed for devices that no statement limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroadGrant {
    /// For example `iot:Connect`.
    pub action: &'static str,
    /// The ARN of a resource that is allowed. Characters that no statement spells appear as `x` (or the next free
    /// letter), the value of a policy variable as `${key}`. Empty when undecided, or when none can be shown.
    pub witness: String,
    /// Index of the document (0 when there is one), and ...
    pub document: usize,
    /// ... the index in it of an Allow statement that grants the witness; when undecided, of one that covers the action.
    pub statement: usize,
    /// The budget ended before the question was decided: the action counts as broad because it may be.
    pub undecided: bool,
}

/// What follows what has been read so far: the text, and the Allow that grants the whole.
type Tail = (String, StatementRef);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Client,
    Topic,
    Filter,
    Thing { shadows: bool },
}

/// In the order of AWS's findings. An action with two spellings is reported under the first that is broad.
const QUESTIONS: &[(&[&str], Target)] = &[
    (&["iot:Subscribe"], Target::Filter),
    (&["iot:Connect"], Target::Client),
    (&["iot:GetThingShadow"], Target::Thing { shadows: true }),
    (&["iot:DeleteThingShadow"], Target::Thing { shadows: true }),
    (&["iot:UpdateThingShadow"], Target::Thing { shadows: true }),
    (&["iot:Publish"], Target::Topic),
    (&["iot:DescribeJobExecution", "iotjobsdata:DescribeJobExecution"], Target::Thing { shadows: false }),
    (
        &["iot:GetPendingJobExecutions", "iotjobsdata:GetPendingJobExecutions"],
        Target::Thing { shadows: false },
    ),
    (
        &["iot:StartNextPendingJobExecution", "iotjobsdata:StartNextPendingJobExecution"],
        Target::Thing { shadows: false },
    ),
    (&["iot:UpdateJobExecution", "iotjobsdata:UpdateJobExecution"], Target::Thing { shadows: false }),
];

/// The data plane action of this name, if it is one that can be granted broadly.
pub fn data_plane_action(name: &str) -> Option<&'static str> {
    QUESTIONS.iter().flat_map(|(actions, _)| actions.iter()).find(|action| **action == name).copied()
}

/// The data plane actions of one policy that reach devices other than the caller's own, in the order of AWS's findings.
pub fn broad_data_plane_actions(document: &Document) -> Vec<BroadGrant> {
    broad_data_plane_actions_of(&[document])
}

/// As [`broad_data_plane_actions`], over all documents together (a role's inline and attached policies).
pub fn broad_data_plane_actions_of(documents: &[&Document]) -> Vec<BroadGrant> {
    let mut grants = Vec::new();
    // Actions that the same statements cover, on the same kind of resource, share one answer.
    let mut answers: Vec<(Target, Vec<StatementRef>, Outcome<Tail>)> = Vec::new();
    for (spellings, target) in QUESTIONS {
        for action in *spellings {
            let covering = covering(documents, |statement| covers(&statement.actions, action));
            let Some(first) = covering.iter().find(|source| source.allows(documents)) else { continue };
            let known = answers.iter().find(|(t, c, _)| t == target && *c == covering);
            let outcome = match known {
                Some((_, _, outcome)) => outcome.clone(),
                None => {
                    let outcome = ask(documents, action, *target);
                    answers.push((*target, covering.clone(), outcome.clone()));
                    outcome
                }
            };
            let (witness, source, undecided) = match outcome {
                Outcome::Nothing => continue,
                Outcome::Found((witness, source)) => (witness, source, false),
                Outcome::Undecided => (String::new(), *first, true),
            };
            let StatementRef { document, statement } = source;
            grants.push(BroadGrant { action, witness, document, statement, undecided });
            break;
        }
    }
    grants
}

/// The statements that `covers` selects.
pub(super) fn covering(documents: &[&Document], covers: impl Fn(&Statement) -> bool) -> Vec<StatementRef> {
    let mut found = Vec::new();
    for (document, policy) in documents.iter().enumerate() {
        for (statement, content) in policy.statements.iter().enumerate() {
            if covers(content) {
                found.push(StatementRef { document, statement });
            }
        }
    }
    found
}

fn ask(documents: &[&Document], action: &str, target: Target) -> Outcome<Tail> {
    let relevant = |statement: &Statement| covers(&statement.actions, action);
    let in_scenario = |scenario| match Rules::compile(documents, scenario, relevant) {
        Some(rules) => Question::new(&rules).unlimited(target),
        None => Outcome::Nothing,
    };
    match target {
        Target::Client => in_scenario(Scenario::Connecting),
        _ => in_scenario(Scenario::Attached).or_else(|| match mention_things(documents) {
            true => in_scenario(Scenario::Detached),
            false => Outcome::Nothing,
        }),
    }
}

/// Whether any statement speaks of the caller's thing; if not, it does not matter whether one is attached.
fn mention_things(documents: &[&Document]) -> bool {
    let of_thing = |key: &str| key.to_ascii_lowercase().starts_with("iot:connection.thing.");
    let in_pieces = |pieces: &[Piece]| {
        pieces.iter().any(|piece| matches!(piece, Piece::Variable(variable) if of_thing(&variable.key)))
    };
    documents.iter().flat_map(|document| &document.statements).any(|statement| {
        let resources = statement.resources.iter().flat_map(|resources| &resources.patterns);
        resources.into_iter().any(|pattern| in_pieces(&pattern.node.pieces))
            || statement.conditions.iter().any(|condition| {
                of_thing(&condition.key) || condition.values.iter().any(|value| in_pieces(&value.node.pieces))
            })
    })
}

/// Whether `thing/x` is allowed for an unlimited name x, whoever calls: the reading actions of the control plane.
pub(super) fn any_thing(rules: &Rules) -> Outcome<Tail> {
    Question::new(rules).unlimited(Target::Thing { shadows: false })
}

struct Question<'a> {
    rules: &'a Rules,
    budget: Budget,
}

impl<'a> Question<'a> {
    fn new(rules: &'a Rules) -> Self {
        Self { rules, budget: Budget(STATES_MAX) }
    }

    fn unlimited(mut self, target: Target) -> Outcome<Tail> {
        let mut outcome = Outcome::Nothing;
        for prefix in self.rules.prefixes() {
            let start = self.rules.read_prefix(&self.rules.set.start(), prefix);
            if self.rules.is_dead(&start) {
                continue;
            }
            outcome =
                outcome.or_else(|| self.under(target, &start).map(|(rest, by)| (render(prefix) + &rest, by)));
            if matches!(outcome, Outcome::Found(_)) {
                break;
            }
        }
        outcome
    }

    fn under(&mut self, target: Target, start: &State) -> Outcome<Tail> {
        match target {
            Target::Client => self.every_name(start, "client/", |this, state| this.at_end(state)),
            Target::Thing { shadows } => self.every_name(start, "thing/", |this, state| {
                let direct = this.at_end(state);
                if shadows { direct.or_else(|| this.named_shadow(state)) } else { direct }
            }),
            Target::Topic => self
                .every_name(start, "topic/$aws/things/", |this, state| this.topic_rest(state))
                .or_else(|| self.spelled_tree(start, "topic/", false)),
            Target::Filter => self.filter(start),
        }
    }

    /// Whether there is a length at which `finish` succeeds after every name of that length from one class: fresh
    /// characters, a-z, A-Z or 0-9.
    fn every_name(
        &mut self,
        start: &State,
        text: &str,
        finish: impl Fn(&mut Self, &State) -> Outcome<Tail>,
    ) -> Outcome<Tail> {
        let start = self.rules.read(start, text);
        let named = |(rest, by): Tail| (format!("{text}{rest}"), by);
        self.every_name_from(&start, &finish).map(named)
    }

    fn every_name_from(
        &mut self,
        start: &State,
        finish: &impl Fn(&mut Self, &State) -> Outcome<Tail>,
    ) -> Outcome<Tail> {
        let start = self.rules.set.enter_name(start);
        let mut outcome = self.every_name_of(&start, &[FRESH], finish);
        for class in ['a'..='z', 'A'..='Z', '0'..='9'] {
            // A class with an unspelled character holds names that read like fresh ones: nothing new there.
            let Some(symbols) = self.rules.alphabet.spelled_class(class) else { continue };
            outcome = outcome.or_else(|| self.every_name_of(&start, &symbols, finish));
        }
        outcome
    }

    fn every_name_of(
        &mut self,
        start: &State,
        class: &[Symbol],
        finish: &impl Fn(&mut Self, &State) -> Outcome<Tail>,
    ) -> Outcome<Tail> {
        // Each state with one name that leads to it.
        let mut level: BTreeMap<State, Vec<Symbol>> = BTreeMap::from([(start.clone(), Vec::new())]);
        let mut seen: HashSet<Vec<State>> = HashSet::new();
        let mut tails: HashMap<State, Outcome<Tail>> = HashMap::new();
        let mut undecided = false;
        loop {
            let mut next = BTreeMap::new();
            for (state, name) in &level {
                for symbol in class {
                    if !self.budget.spend() {
                        return Outcome::Undecided;
                    }
                    let after = self.rules.set.step(state, *symbol);
                    // One name that nothing can follow spoils this length and every longer one.
                    if self.rules.is_dead(&after) {
                        return if undecided { Outcome::Undecided } else { Outcome::Nothing };
                    }
                    next.entry(after).or_insert_with(|| name.iter().chain([symbol]).copied().collect());
                }
            }
            level = next;
            if !seen.insert(level.keys().cloned().collect()) {
                return if undecided { Outcome::Undecided } else { Outcome::Nothing };
            }
            let mut witness = None;
            for (state, name) in &level {
                let tail = match tails.get(state) {
                    Some(tail) => tail.clone(),
                    None => {
                        let tail = finish(self, &self.rules.set.leave_name(state));
                        tails.insert(state.clone(), tail.clone());
                        tail
                    }
                };
                undecided |= tail == Outcome::Undecided;
                let Outcome::Found((rest, by)) = tail else {
                    witness = None;
                    break;
                };
                let name = name.iter().copied();
                witness = Some((self.rules.alphabet.render(name) + &rest, by));
            }
            if let Some(found) = witness {
                return Outcome::Found(found);
            }
        }
    }

    fn at_end(&mut self, state: &State) -> Outcome<Tail> {
        match self.rules.granted(state) {
            Some(by) => Outcome::Found((String::new(), by)),
            None => Outcome::Nothing,
        }
    }

    /// `/SHADOW` for a shadow name that no statement spells, or any, if a statement spells the `/`.
    fn named_shadow(&mut self, state: &State) -> Outcome<Tail> {
        self.template(state, "/%").or_else(|| {
            let after = self.rules.read_spelled(state, "/");
            self.any_rest(&after, true).map(|(rest, by)| (format!("/{rest}"), by))
        })
    }

    /// What may follow `topic/$aws/things/NAME`.
    fn topic_rest(&mut self, state: &State) -> Outcome<Tail> {
        let mut outcome = Outcome::Nothing;
        let after = self.rules.read(state, "/");
        if self.rules.is_dead(&after) {
            return outcome;
        }
        for topic in PUBLISHED {
            outcome = outcome.or_else(|| self.template(&after, topic));
        }
        outcome = outcome.or_else(|| self.spelled_service(&after, false));
        outcome.map(|(rest, by)| (format!("/{rest}"), by))
    }

    /// A text in which each `%` is a name that no statement spells.
    fn template(&mut self, state: &State, template: &str) -> Outcome<Tail> {
        let mut ways = vec![(state.clone(), String::new())];
        for character in template.chars() {
            ways = match character {
                '%' => self.fresh_names(ways),
                _ => self.read_all(ways, character),
            };
            if ways.is_empty() {
                return Outcome::Nothing;
            }
        }
        self.first_granted(&ways)
    }

    fn first_granted(&mut self, ways: &[(State, String)]) -> Outcome<Tail> {
        for (state, text) in ways {
            if let Some(by) = self.rules.granted(state) {
                return Outcome::Found((text.clone(), by));
            }
        }
        Outcome::Nothing
    }

    fn read_all(&mut self, ways: Vec<(State, String)>, character: char) -> Vec<(State, String)> {
        let symbol = self.rules.alphabet.char(character);
        let read = |(state, mut text): (State, String)| {
            text.push(character);
            (self.rules.set.step(&state, symbol), text)
        };
        ways.into_iter().map(read).filter(|(state, _)| !self.rules.is_dead(state)).collect()
    }

    /// Every state that one or more fresh characters lead to.
    fn fresh_names(&mut self, ways: Vec<(State, String)>) -> Vec<(State, String)> {
        let mut found: Vec<(State, String)> = Vec::new();
        let mut seen: HashSet<State> = HashSet::new();
        let fresh = self.rules.alphabet.render([FRESH]);
        for (mut state, mut text) in ways {
            loop {
                state = self.rules.set.step(&state, FRESH);
                text.push_str(&fresh);
                if self.rules.is_dead(&state) || !seen.insert(state.clone()) || !self.budget.spend() {
                    break;
                }
                found.push((state.clone(), text.clone()));
            }
        }
        found
    }

    /// `SERVICE/REST` where a statement itself spells `SERVICE/`; any non-empty rest will do.
    fn spelled_service(&mut self, state: &State, is_filter: bool) -> Outcome<Tail> {
        let mut outcome = Outcome::Nothing;
        for service in SERVICES {
            outcome = outcome.or_else(|| {
                let after = self.rules.read_spelled(state, service);
                self.any_rest(&after, is_filter).map(|(rest, by)| (format!("{service}{rest}"), by))
            });
        }
        outcome
    }

    /// `$aws/things/NAME/REST` where a statement itself spells `$aws/things/` and the `/` after the name; any non-empty
    /// rest will do.
    fn spelled_tree(&mut self, start: &State, kind: &str, is_filter: bool) -> Outcome<Tail> {
        let root = self.rules.read_spelled(&self.rules.read(start, kind), "$aws/things/");
        let rest = |this: &mut Self, state: &State| {
            let after = this.rules.read_spelled(state, "/");
            this.any_rest(&after, is_filter).map(|(rest, by)| (format!("/{rest}"), by))
        };
        let mut outcome = Outcome::Nothing;
        if is_filter {
            let every = self.rules.read(&root, "+");
            outcome = match self.rules.granted_spelled(&every) {
                Some(by) => Outcome::Found((String::new(), by)),
                None => rest(self, &every),
            }
            .map(|(rest, by)| (format!("+{rest}"), by));
        }
        outcome
            .or_else(|| self.every_name_from(&root, &rest))
            .map(|(rest, by)| (format!("{kind}$aws/things/{rest}"), by))
    }

    /// One or more symbols that lead to something granted by words that a statement spells.
    fn any_rest(&mut self, state: &State, is_filter: bool) -> Outcome<Tail> {
        let rules = self.rules;
        if rules.is_dead_spelled(state) {
            return Outcome::Nothing;
        }
        let wildcards = ['+', '#'].map(|character| rules.alphabet.char(character));
        let symbols: Vec<Symbol> =
            rules.alphabet.symbols().filter(|symbol| is_filter || !wildcards.contains(symbol)).collect();
        let found = search(
            (state.clone(), false),
            &mut self.budget,
            |(state, _), next| {
                for symbol in &symbols {
                    let after = rules.set.step(state, *symbol);
                    if !rules.is_dead_spelled(&after) {
                        next.push((*symbol, (after, true)));
                    }
                }
            },
            |(state, moved)| if *moved { rules.granted_spelled(state) } else { None },
        );
        found.map(|(symbols, by)| (rules.alphabet.render(symbols), by))
    }

    /// A filter that receives from the reserved topics of other devices: with an MQTT wildcard in place of the name or
    /// above it, or with the name itself.
    fn filter(&mut self, start: &State) -> Outcome<Tail> {
        let mut outcome = Outcome::Nothing;
        for whole in ["$aws/things/#", "$aws/#", "$aws/+/#"] {
            let text = format!("topicfilter/{whole}");
            outcome = outcome.or_else(|| match self.rules.granted(&self.rules.read(start, &text)) {
                Some(by) => Outcome::Found((text, by)),
                None => Outcome::Nothing,
            });
        }
        for head in ["$aws/things/+", "$aws/+/+"] {
            let text = format!("topicfilter/{head}");
            let after = self.rules.read(start, &text);
            outcome = outcome.or_else(|| self.filter_rest(&after).map(|(rest, by)| (text + &rest, by)));
        }
        for head in ["topicfilter/$aws/things/", "topicfilter/$aws/+/"] {
            outcome = outcome.or_else(|| self.every_name(start, head, |this, state| this.filter_rest(state)));
        }
        outcome.or_else(|| self.spelled_tree(start, "topicfilter/", true))
    }

    /// `/...` up to a filter that matches a reserved topic: each level as it is or as `+`, or `#` for the rest.
    fn filter_rest(&mut self, state: &State) -> Outcome<Tail> {
        let after = self.rules.read(state, "/");
        if self.rules.is_dead(&after) {
            return Outcome::Nothing;
        }
        let mut outcome = Outcome::Nothing;
        for topic in PUBLISHED.iter().chain(ANSWERED) {
            outcome = outcome.or_else(|| self.filter_levels(vec![(after.clone(), String::new())], topic));
        }
        outcome = outcome.or_else(|| self.spelled_service(&after, true));
        outcome.map(|(rest, by)| (format!("/{rest}"), by))
    }

    fn filter_levels(&mut self, mut ways: Vec<(State, String)>, topic: &str) -> Outcome<Tail> {
        for (index, level) in topic.split('/').enumerate() {
            if index > 0 {
                ways = self.read_all(ways, '/');
            }
            let cut = self.read_all(ways.clone(), '#');
            if let found @ Outcome::Found(_) = self.first_granted(&cut) {
                return found;
            }
            let mut after = match level {
                "%" => self.fresh_names(ways.clone()),
                word => word.chars().fold(ways.clone(), |ways, character| self.read_all(ways, character)),
            };
            after.extend(self.read_all(ways, '+'));
            let mut seen = HashSet::new();
            after.retain(|(state, _)| seen.insert(state.clone()));
            ways = after;
            if ways.is_empty() {
                return Outcome::Nothing;
            }
        }
        self.first_granted(&ways)
    }
}
