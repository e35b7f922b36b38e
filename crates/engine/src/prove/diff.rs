//! What does a change of policies add and take away?

use crate::policy::resolve::Lean;
use crate::policy::vocabulary::IotAction;
use crate::policy::{Decision, PolicySet, Request, decide};

use super::answer::{Answer, Scope, Witness};
use super::ask::{CONNECT, Ground, Moment, add_side, replayed, search};
use super::device::{Device, Session};
use super::machine::MachineBuilder;
use super::requests::{actions, forms, is_asked_in};
use super::shape::Form;

/// How two sets of policies stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They allow the same.
    Equal,
    /// The new ones allow less, and nothing else.
    Narrower,
    /// The new ones allow more, and all that the old ones do.
    Wider,
    /// Each allows something that the other does not.
    Incomparable,
    /// Something could not be decided, so that nothing better can be said.
    Unknown,
}

/// What one action gains or loses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub action: &'static str,
    /// A request that one allows and the other does not. Never a proof: unchanged actions are left out.
    pub answer: Answer<Witness>,
}

/// The difference between two sets of policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// Actions with requests that only the new policies allow.
    pub added: Vec<Change>,
    /// Actions with requests that only the old policies allow.
    pub removed: Vec<Change>,
}

impl Diff {
    /// What the differences come to.
    pub fn relation(&self) -> Relation {
        let some = |changes: &[Change]| changes.iter().any(|change| change.answer.witness().is_some());
        let unknown =
            |changes: &[Change]| changes.iter().any(|change| matches!(change.answer, Answer::OutOfBounds(_)));
        match (some(&self.added), some(&self.removed), unknown(&self.added), unknown(&self.removed)) {
            (true, true, ..) => Relation::Incomparable,
            (true, false, _, false) => Relation::Wider,
            (false, true, false, _) => Relation::Narrower,
            (false, false, false, false) => Relation::Equal,
            _ => Relation::Unknown,
        }
    }
}

impl Relation {
    /// `equal`, `narrower`, `wider`, `incomparable` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Narrower => "narrower",
            Self::Wider => "wider",
            Self::Incomparable => "incomparable",
            Self::Unknown => "unknown",
        }
    }
}

/// Compares what two sets of policies allow, action by action, with one request as witness for each difference.
///
/// Requests are compared that devices could make under both, whether or not they could connect: the rights are compared, not
/// their use. `devices` are alternatives: [`Device::generic`] of both sets, or the one device in question.
pub fn diff(old: &PolicySet, new: &PolicySet, devices: &[Device], scope: &Scope) -> Diff {
    Diff { added: surplus(new, old, devices, scope), removed: surplus(old, new, devices, scope) }
}

/// Per action a request that `of` allows and `over` does not.
pub(super) fn surplus(of: &PolicySet, over: &PolicySet, devices: &[Device], scope: &Scope) -> Vec<Change> {
    let sessions: Vec<Session> = devices.iter().flat_map(Device::sessions).collect();
    let (of, over) = (Ground { set: of, scope }, Ground { set: over, scope });
    let change = |action: &'static IotAction| {
        let asked = sessions.iter().filter(|session| is_asked_in(session, action.name));
        let answer = Answer::first(asked.map(|session| in_session(of, over, session, action)));
        (!answer.is_proof()).then_some(Change { action: action.name, answer })
    };
    actions().filter_map(change).collect()
}

fn in_session(
    of: Ground<'_>,
    over: Ground<'_>,
    session: &Session,
    action: &'static IotAction,
) -> Answer<Witness> {
    let moments = session.moments(of.scope, &[of.set, over.set], &[action.name]);
    let forms = forms(action, of.scope, session);
    let asked = moments.iter().flat_map(|moment| forms.iter().map(move |form| (moment, form)));
    let but = if action.name == CONNECT { session.taken() } else { &[] };
    Answer::first(asked.map(|(moment, form)| only_in(of, over, moment, action.name, form, but)))
}

/// A request on a resource of this form that `of` allows and `over` does not.
fn only_in(
    of: Ground<'_>,
    over: Ground<'_>,
    moment: &Moment,
    action: &'static str,
    form: &Form,
    but: &[String],
) -> Answer<Witness> {
    let mut builder = MachineBuilder::new(of.scope.lengths);
    let (wanted, mut loosened) = add_side(&mut builder, of, moment, action, Lean::More);
    let (unwanted, more) = add_side(&mut builder, over, moment, action, Lean::Less);
    loosened.extend(more);
    builder.exclude(but.iter().map(String::as_str));
    let machine = builder.build();
    search(&machine, wanted, form, action, loosened, moment, |state, text| {
        machine.granted(wanted, state)?;
        if machine.granted(unwanted, state).is_some() {
            return None;
        }
        let witness = replayed(of, action, text(), moment);
        Some(witness.filter(|found| {
            let request = Request { action, resource: &found.resource, context: &found.context };
            decide(over.set, &request) != Decision::Allowed
        }))
    })
}
