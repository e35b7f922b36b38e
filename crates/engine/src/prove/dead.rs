//! Which parts of policies do nothing?

use std::collections::BTreeSet;
use std::fmt;

use crate::policy::analysis::{Misconfiguration, misconfigurations};
use crate::policy::document::{Condition, Effect, Statement};
use crate::policy::resolve::{Applicable, Lean, covers, evaluate, named, normal, parsed_at, variables};
use crate::policy::vocabulary::IotAction;
use crate::policy::{PolicySet, StatementRef};

use super::answer::{Answer, Scope};
use super::ask::{CONNECT, Ground, Moment, ran_out, search, statements};
use super::device::{Case, Session};
use super::machine::MachineBuilder;
use super::requests::{actions, forms, is_asked_in};
use super::scope::Places;
use super::shape::Form;

/// A part of a policy without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    pub statement: StatementRef,
    pub why: Why,
}

/// Why a part of a policy has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// No action of IoT policies is meant by the statement.
    NoAction,
    /// This condition never holds, so the statement never applies.
    ConditionNeverHolds { operator: String, key: String },
    /// This variable never has a value.
    VariableNeverResolves { key: String },
    /// The statement is about no request that can be made: resources of the wrong kind, `+` in a topic, too many levels.
    NoRequest,
    /// All that the `Allow` is about is denied.
    AllDenied,
    /// The `+` or `#` of this denied resource is no wildcard: it denies the one filter that is spelled like that.
    LiteralWildcard { resource: String },
    /// Could not be decided; what stood in the way.
    OutOfBounds(Vec<String>),
}

impl Why {
    /// A stable name, for example `allDenied`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NoAction => "noAction",
            Self::ConditionNeverHolds { .. } => "conditionNeverHolds",
            Self::VariableNeverResolves { .. } => "variableNeverResolves",
            Self::NoRequest => "noRequest",
            Self::AllDenied => "allDenied",
            Self::LiteralWildcard { .. } => "literalWildcard",
            Self::OutOfBounds(_) => "outOfBounds",
        }
    }

    fn ran_out(&self) -> bool {
        matches!(self, Self::OutOfBounds(reasons) if reasons.iter().any(|reason| ran_out(reason)))
    }

    /// Why a part has no effect in two places, if that is about the same.
    fn and(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::OutOfBounds(_), Self::NoRequest | Self::AllDenied | Self::OutOfBounds(_))
            | (Self::AllDenied, Self::NoRequest) => Some(self.clone()),
            (Self::NoRequest | Self::AllDenied, Self::OutOfBounds(_))
            | (Self::NoRequest, Self::AllDenied) => Some(other.clone()),
            (one, other) => (one == other).then(|| one.clone()),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAction => f.write_str("names no action that IoT policies know"),
            Self::ConditionNeverHolds { operator, key } => write!(f, "`{operator}` on `{key}` never holds"),
            Self::VariableNeverResolves { key } => write!(f, "`${{{key}}}` never has a value"),
            Self::NoRequest => f.write_str("is about no request that can be made"),
            Self::AllDenied => f.write_str("all that it allows is denied"),
            Self::LiteralWildcard { resource } => {
                write!(f, "`{resource}` denies the one filter that is spelled like that")
            }
            Self::OutOfBounds(_) => f.write_str("could not be decided"),
        }
    }
}

/// The parts of the policies that do nothing in any of these places, in the order of statements, proved over all requests of
/// these devices. The cases are alternatives, all with the policies `set`.
pub fn dead(set: &PolicySet, cases: &[Case<'_>], places: &Places) -> Vec<Dead> {
    let mut found: Option<Vec<Dead>> = None;
    let cut = places.visit(|scope| {
        let there = dead_in(set, cases, scope);
        match &mut found {
            None => found = Some(there),
            Some(found) => found.retain_mut(|dead| {
                let mut same = there.iter().filter(|other| other.statement == dead.statement);
                same.find_map(|other| dead.why.and(&other.why)).map(|why| dead.why = why).is_some()
            }),
        }
        found.iter().flatten().any(|dead| dead.why.ran_out())
    });
    let mut found = found.unwrap_or_default();
    if let Some(reason) = cut {
        for dead in &mut found {
            // Somewhere else there may be a request.
            if matches!(dead.why, Why::NoRequest | Why::AllDenied) {
                dead.why = Why::OutOfBounds(vec![reason.clone()]);
            }
        }
    }
    found
}

fn dead_in(set: &PolicySet, cases: &[Case<'_>], scope: &Scope) -> Vec<Dead> {
    let ground = Ground { set, scope };
    let sessions: Vec<Session> = cases.iter().flat_map(|case| case.device.sessions()).collect();
    let statements = (0..).map_while(|index| Some((index, parsed_at(set, index)?, named(set, index)?)));
    let mut found = Vec::new();
    for (index, statement, name) in statements {
        let one = One { ground, sessions: &sessions, index, statement };
        found.extend(one.whys().into_iter().map(|why| Dead { statement: name.clone(), why }));
    }
    found.extend(literal_wildcards(set));
    found.sort_by_key(|dead| (dead.statement.policy.clone(), dead.statement.statement));
    found
}

/// `+` and `#` in a `Deny`, which the audit's check on policies reports too.
fn literal_wildcards(set: &PolicySet) -> Vec<Dead> {
    let mut found = Vec::new();
    let mut index = 0;
    for source in set.sources() {
        for mistake in misconfigurations(&source.document) {
            if let Misconfiguration::MqttWildcardInDeny { statement, resource } = mistake
                && let Some(statement) = named(set, index + statement)
            {
                found.push(Dead { statement, why: Why::LiteralWildcard { resource } });
            }
        }
        index += source.document.statements.len();
    }
    found
}

/// One statement of a set.
struct One<'a> {
    ground: Ground<'a>,
    sessions: &'a [Session],
    index: usize,
    statement: &'a Statement,
}

/// A situation in which the statement may count.
struct Chance<'a> {
    action: &'static IotAction,
    moment: Moment,
    session: &'a Session,
}

impl One<'_> {
    fn whys(&self) -> Vec<Why> {
        let about: Vec<&'static IotAction> =
            actions().filter(|action| covers(self.ground.set, self.index, action.name)).collect();
        if about.is_empty() {
            return vec![Why::NoAction];
        }
        let mut chances: Vec<Chance<'_>> = Vec::new();
        for session in self.sessions {
            for action in about.iter().filter(|action| is_asked_in(session, action.name)) {
                let moments =
                    session.moments(self.ground.scope, &[self.ground.set], &[action.name]).into_iter();
                chances.extend(moments.map(|moment| Chance { action, moment, session }));
            }
        }
        let mut whys = self.unresolved(&chances);
        let never = self.never_holding(&chances);
        if !never.is_empty() {
            whys.extend(never);
            return whys;
        }
        match self.counts(&chances, self.statement.effect == Effect::Allow) {
            Answer::Witness(()) => {}
            Answer::OutOfBounds(reasons) => whys.push(Why::OutOfBounds(reasons)),
            Answer::Proof => whys.push(match self.counts(&chances, false) {
                Answer::Proof => Why::NoRequest,
                Answer::Witness(()) | Answer::OutOfBounds(_) => Why::AllDenied,
            }),
        }
        whys
    }

    /// Variables that have a value in no situation.
    fn unresolved(&self, chances: &[Chance<'_>]) -> Vec<Why> {
        let resources = self.statement.resources.iter().flat_map(|resources| &resources.patterns);
        let values = self.statement.conditions.iter().flat_map(|condition| &condition.values);
        let keys: BTreeSet<(String, &str)> = resources
            .chain(values)
            .flat_map(|pattern| variables(&pattern.node))
            .map(|variable| (normal(&variable.key), variable.key.as_str()))
            .collect();
        let resolves = |key: &str| {
            chances.iter().any(|chance| {
                !chance.moment.context.get(key).is_empty()
                    || chance.moment.open.contains(key)
                    || chance.moment.seeks_client && key == "iot:clientid"
            })
        };
        let never = keys.into_iter().filter(|(normal, _)| !resolves(normal));
        never.map(|(_, written)| Why::VariableNeverResolves { key: written.to_owned() }).collect()
    }

    /// Conditions that hold in no situation. What cannot be compared counts as it counts in a decision.
    fn never_holding(&self, chances: &[Chance<'_>]) -> Vec<Why> {
        let holds = |chance: &Chance<'_>, condition: &Condition| {
            let undecided = chance.moment.seeks_client || !chance.moment.open.is_empty();
            undecided
                || evaluate(condition, &chance.moment.context)
                    .unwrap_or(self.statement.effect == Effect::Deny)
        };
        let never = |condition: &&Condition| !chances.iter().any(|chance| holds(chance, condition));
        let why = |condition: &Condition| Why::ConditionNeverHolds {
            operator: condition.operator.to_string(),
            key: condition.key.clone(),
        };
        self.statement.conditions.iter().filter(never).map(why).collect()
    }

    /// Whether the statement is about some request; with `granted`, about one that is allowed.
    fn counts(&self, chances: &[Chance<'_>], granted: bool) -> Answer<()> {
        Answer::first(chances.iter().flat_map(|chance| {
            let forms = forms(chance.action, self.ground.scope, chance.session);
            forms.into_iter().map(move |form| self.counts_on(chance, &form, granted))
        }))
    }

    fn counts_on(&self, chance: &Chance<'_>, form: &Form, granted: bool) -> Answer<()> {
        let lean = match self.statement.effect {
            Effect::Allow => Lean::More,
            Effect::Deny => Lean::Less,
        };
        let (all, loosened) = statements(self.ground, &chance.moment, chance.action.name, lean);
        let own = all.iter().filter(|statement| statement.index == self.index);
        let own: Vec<Applicable> =
            own.map(|statement| Applicable { effect: Effect::Allow, ..statement.clone() }).collect();
        let mut builder = MachineBuilder::new(self.ground.scope.lengths);
        let own = builder.side(own);
        let all = granted.then(|| builder.side(all));
        let taken = if chance.action.name == CONNECT { chance.session.taken() } else { &[] };
        builder.exclude(taken.iter().map(String::as_str));
        let machine = builder.build();
        search(&machine, own, form, chance.action.name, loosened, &chance.moment, |state, _| {
            machine.granted(own, state)?;
            if let Some(all) = all {
                machine.granted(all, state)?;
            }
            Some(chance.moment.open.is_empty().then_some(()))
        })
    }
}
