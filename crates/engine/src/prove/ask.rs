//! From a question about a device to searches in single situations, and back to one answer.

use std::collections::BTreeSet;

use crate::policy::analysis::automaton::{Budget, Outcome, State};
use crate::policy::resolve::{Applicable, CLIENT_ID, Lean, Loosened, Situation, applicable};
use crate::policy::{Context, Decision, PolicySet, Request, explain};

use super::answer::{Answer, Scope, Witness};
use super::device::{Client, Session, unspelled};
use super::machine::{Machine, MachineBuilder, Side};
use super::search::find;
use super::shape::{Form, Part, Word, is_possible};
use super::values::{KeyKind, Letters, values};

/// States that one search may look at, and four times as many all searches of one question in one session.
const STATES_MAX: usize = 100_000;

pub(super) const CONNECT: &str = "iot:Connect";

/// What the policies in question are, and where.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) set: &'a PolicySet,
    pub(super) scope: &'a Scope,
}

/// One situation in which a question is asked: all keys but the open ones are settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) context: Context,
    pub(super) open: BTreeSet<String>,
    /// Why keys are open.
    pub(super) reasons: Vec<String>,
    /// The question looks for a client id to connect under.
    pub(super) seeks_client: bool,
    /// States that a search at this moment may look at.
    pub(super) states: usize,
}

impl Moment {
    fn settled(context: Context, seeks_client: bool) -> Self {
        Self { context, open: BTreeSet::new(), reasons: Vec::new(), seeks_client, states: STATES_MAX }
    }

    /// The keys of a request on this resource.
    pub(super) fn context_for(&self, ground: Ground<'_>, resource: &str) -> Context {
        let mut context = self.context.clone();
        if self.seeks_client
            && let Some(client) = resource.strip_prefix(&ground.scope.arn("client/"))
        {
            context.insert(CLIENT_ID, [client]);
        }
        context
    }
}

impl Session {
    /// The moments in which to ask about actions under these policies, whether or not the device can connect.
    pub(super) fn moments(&self, scope: &Scope, sets: &[&PolicySet], actions: &[&str]) -> Vec<Moment> {
        let seeks_client = actions.contains(&CONNECT) && matches!(self.client, Client::Any { .. });
        let contexts = self.contexts(sets, actions);
        let mut moments = Vec::new();
        for context in &contexts.all {
            if seeks_client || !matches!(self.client, Client::Any { .. }) {
                moments.push(Moment::settled(context.clone(), seeks_client));
                continue;
            }
            let word = unspelled("own-client", sets);
            let mut spelled = Letters::by(sets);
            let about: Vec<_> = contexts.on_client.iter().collect();
            for client in values(SINGLE, &word, &about, context, &mut spelled).choices.into_iter().flatten() {
                if scope.lengths.is_client_id(&client) {
                    moments.push(Moment::settled(context.clone().with(CLIENT_ID, [client]), false));
                }
            }
        }
        add_open(&mut moments, &contexts.open);
        share_budget(&mut moments);
        moments
    }

    /// As [`Session::moments`], for a device that has to connect first: moments in which it can.
    pub(super) fn connected(&self, ground: Ground<'_>, actions: &[&str]) -> Vec<Moment> {
        let sets = [ground.set];
        let but = match &self.client {
            Client::None => return self.moments(ground.scope, &sets, actions),
            Client::Is(_) => {
                let with_connect: Vec<&str> = actions.iter().copied().chain([CONNECT]).collect();
                let mut moments = self.moments(ground.scope, &sets, &with_connect);
                moments.retain(|moment| connects(ground, moment));
                return moments;
            }
            Client::Any { but } => but,
        };
        let with_connect: Vec<&str> = actions.iter().copied().chain([CONNECT]).collect();
        let mut contexts = self.contexts(&sets, &with_connect);
        let asked = self.contexts(&sets, actions);
        let mut moments = Vec::new();
        for context in &contexts.all {
            let seeking = Moment::settled(context.clone(), true);
            let found = some_client(ground, &seeking, but);
            let Answer::Witness(found) = found else {
                if let Answer::OutOfBounds(reasons) = found {
                    contexts.open.insert(CLIENT_ID.to_owned(), reasons.join(", "));
                }
                continue;
            };
            let Some(client) = found.context.get(CLIENT_ID).first().cloned() else { continue };
            let about: Vec<_> = asked.on_client.iter().collect();
            // A client that is called `+` subscribes to everybody's topics where policies have its id in a filter (AWS IoT
            // developer guide, "Basic AWS IoT Core policy variables").
            let wild = if asked.speaks_of_client { &["+", "#"][..] } else { &[] };
            let mut spelled = Letters::by(&sets);
            let choices =
                values(SINGLE, &client, &about, context, &mut spelled).choices.into_iter().flatten();
            for client in choices.chain(wild.iter().map(|client| (*client).to_owned())) {
                let moment = Moment::settled(context.clone().with(CLIENT_ID, [&client]), false);
                if ground.scope.lengths.is_client_id(&client)
                    && !but.contains(&client)
                    && connects(ground, &moment)
                {
                    moments.push(moment);
                }
            }
            if asked.speaks_of_client {
                // Where there is no other client id, it is no choice.
                let others: Vec<String> = but.iter().cloned().chain([client]).collect();
                if !some_client(ground, &seeking, &others).is_proof() {
                    let reason =
                        "what is allowed depends on the client id, which the device chooses".to_owned();
                    contexts.open.insert(CLIENT_ID.to_owned(), reason);
                }
            }
        }
        let mut all = moments;
        add_open_to(&mut all, &contexts.all, &contexts.open);
        share_budget(&mut all);
        all
    }
}

const SINGLE: KeyKind = KeyKind { optional: false, typed: false, many: false, only: &[] };

/// Policies with conditions on many keys make many moments: together they may not take longer than a few do.
fn share_budget(moments: &mut [Moment]) {
    const LEAST: usize = 2_000;
    let share = (4 * STATES_MAX / moments.len().max(1)).clamp(LEAST, STATES_MAX);
    for moment in moments {
        moment.states = share;
    }
}

/// Adds the moments in which keys are open, if any are.
fn add_open(moments: &mut Vec<Moment>, open: &std::collections::BTreeMap<String, String>) {
    let contexts: Vec<Context> = moments.iter().map(|moment| moment.context.clone()).collect();
    let seeks_client = moments.first().is_some_and(|moment| moment.seeks_client);
    let before = moments.len();
    add_open_to(moments, &contexts, open);
    for moment in moments.iter_mut().skip(before) {
        moment.seeks_client = seeks_client;
    }
}

fn add_open_to(
    moments: &mut Vec<Moment>,
    contexts: &[Context],
    open: &std::collections::BTreeMap<String, String>,
) {
    if open.is_empty() {
        return;
    }
    let mut added: Vec<Moment> = Vec::new();
    for context in contexts {
        let mut context = context.clone();
        for key in open.keys() {
            context.remove(key);
        }
        let open_keys = open.keys().cloned().collect();
        let moment = Moment {
            context,
            open: open_keys,
            reasons: open.values().cloned().collect(),
            seeks_client: false,
            states: STATES_MAX,
        };
        if !added.contains(&moment) {
            added.push(moment);
        }
    }
    moments.append(&mut added);
}

/// Whether a request to connect is allowed at the moment, under its client id.
pub(super) fn connects(ground: Ground<'_>, moment: &Moment) -> bool {
    if !moment.open.is_empty() {
        return true;
    }
    let Some(client) = moment.context.get(CLIENT_ID).first() else { return false };
    let resource = ground.scope.arn(&format!("client/{client}"));
    let request = Request { action: CONNECT, resource: &resource, context: &moment.context };
    crate::policy::decide(ground.set, &request) == Decision::Allowed
}

/// A client id under which the device can connect: the name of a thing, if there is one.
fn some_client(ground: Ground<'_>, moment: &Moment, but: &[String]) -> Answer<Witness> {
    let under = |word: Word| {
        let form = Form::of(vec![Part::Text(ground.scope.arn("client/")), Part::Word(word)]);
        request(ground, moment, CONNECT, &form, but)
    };
    Answer::first([Word::Thing, Word::ClientId].into_iter().map(under))
}

/// A request on a resource of this form that is allowed at the moment. Names in it are none of `but`.
pub(super) fn request(
    ground: Ground<'_>,
    moment: &Moment,
    action: &'static str,
    form: &Form,
    but: &[String],
) -> Answer<Witness> {
    request_in(ground, moment, action, form, but, None)
}

/// As above; the resource is one that `space` allows, if that is given.
pub(super) fn request_in(
    ground: Ground<'_>,
    moment: &Moment,
    action: &'static str,
    form: &Form,
    but: &[String],
    space: Option<Vec<Applicable>>,
) -> Answer<Witness> {
    let mut builder = MachineBuilder::new(ground.scope.lengths);
    let (side, loosened) = add_side(&mut builder, ground, moment, action, Lean::More);
    let space = space.map(|space| builder.side(space));
    builder.exclude(but.iter().map(String::as_str));
    let machine = builder.build();
    search(&machine, side, form, action, loosened, moment, |state, text| {
        machine.granted(side, state)?;
        if let Some(space) = space {
            machine.granted(space, state)?;
        }
        Some(replayed(ground, action, text(), moment))
    })
}

/// Adds what the policies say on an action as a side of a machine.
pub(super) fn add_side(
    builder: &mut MachineBuilder,
    ground: Ground<'_>,
    moment: &Moment,
    action: &str,
    lean: Lean,
) -> (Side, Vec<Loosened>) {
    let (statements, loosened) = statements(ground, moment, action, lean);
    (builder.side(statements), loosened)
}

/// What the policies say on an action at the moment, free of variables.
pub(super) fn statements(
    ground: Ground<'_>,
    moment: &Moment,
    action: &str,
    lean: Lean,
) -> (Vec<Applicable>, Vec<Loosened>) {
    let before = ground.scope.arn("client/");
    let situation = Situation {
        context: &moment.context,
        open: &moment.open,
        client_after: moment.seeks_client.then_some(before.as_str()),
        lean,
    };
    applicable(ground.set, action, &situation)
}

/// A bounded search. `goal` says `None` to what is not looked for, and to what is, the witness, or `None` when the replay refuses
/// it: that happens where statements were loosened, and then nothing is proved.
pub(super) fn search<W>(
    machine: &Machine,
    alive: Side,
    form: &Form,
    action: &str,
    loosened: Vec<Loosened>,
    moment: &Moment,
    mut goal: impl FnMut(&State, &dyn Fn() -> String) -> Option<Option<W>>,
) -> Answer<W> {
    if machine.is_empty(alive) {
        return Answer::Proof;
    }
    let mut refused = false;
    let mut budget = Budget(moment.states);
    let found = find(machine, form, alive, &mut budget, |state, text| {
        let hit = goal(state, text)?;
        refused |= hit.is_none();
        hit
    });
    match found {
        Outcome::Found(witness) => Answer::Witness(witness),
        Outcome::Nothing if !refused => Answer::Proof,
        Outcome::Nothing => Answer::OutOfBounds(reasons(action, loosened, moment)),
        Outcome::Undecided => Answer::OutOfBounds(vec![budget_ended(action)]),
    }
}

const BUDGET_ENDED: &str = "the budget of states to look at ended";

pub(super) fn budget_ended(action: &str) -> String {
    format!("{action}: {BUDGET_ENDED}")
}

/// Whether that is why something is out of bounds: looking takes too long.
pub fn ran_out(reason: &str) -> bool {
    reason.ends_with(BUDGET_ENDED)
}

pub(super) fn reasons(action: &str, loosened: Vec<Loosened>, moment: &Moment) -> Vec<String> {
    let named = loosened.into_iter().map(|Loosened { policy, statement, what }| {
        format!("{what} (policy `{policy}`, statement {})", statement + 1)
    });
    let mut reasons: Vec<String> = named.chain(moment.reasons.iter().cloned()).collect();
    if reasons.is_empty() {
        // Cannot be, as far as anybody knows: the patterns and the replay are the same statements.
        reasons.push(format!("{action}: what the patterns allow was refused at the replay"));
    }
    reasons
}

/// The witness that this request is, if [`explain`] allows it.
pub(super) fn replayed(
    ground: Ground<'_>,
    action: &'static str,
    resource: String,
    moment: &Moment,
) -> Option<Witness> {
    if !is_possible(ground.scope, &resource) {
        return None;
    }
    let context = moment.context_for(ground, &resource);
    let explanation = explain(ground.set, &Request { action, resource: &resource, context: &context });
    (explanation.decision == Decision::Allowed).then(|| Witness {
        action,
        resource,
        context,
        allowed_by: explanation.decisive().cloned().collect(),
    })
}
