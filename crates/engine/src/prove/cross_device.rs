//! What of other devices can a device touch?

use crate::policy::analysis::automaton::{Budget, Outcome, Token};
use crate::policy::analysis::reserved::{ANSWERED, PUBLISHED};
use crate::policy::resolve::{Applicable, Lean};

use super::answer::{Answer, Scope, Witness};
use super::ask::{CONNECT, Ground, Moment, add_side, budget_ended, reasons, replayed, request, request_in};
use super::delivery::Delivery;
use super::device::{Case, Client, Device, Session, Ways};
use super::identity::{Identity, SUB};
use super::machine::MachineBuilder;
use super::namespaces::everything_but;
use super::requests::thing_tails;
use super::shape::{Form, Part, Word};

/// How one device touches another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contact {
    /// It connects under the other's name, and takes its place.
    ConnectAs,
    /// It publishes what the other publishes: shadow updates, job results, metrics.
    Publish,
    /// It receives what the other publishes or is sent.
    Receive,
    /// It uses a shadow or job API on the other; the action.
    Api(&'static str),
}

/// The shadow and job actions that are about one thing.
const APIS: [&str; 12] = [
    "iot:GetThingShadow",
    "iot:UpdateThingShadow",
    "iot:DeleteThingShadow",
    "iot:ListNamedShadowsForThing",
    "iot:DescribeJobExecution",
    "iot:GetPendingJobExecutions",
    "iot:StartNextPendingJobExecution",
    "iot:UpdateJobExecution",
    "iotjobsdata:DescribeJobExecution",
    "iotjobsdata:GetPendingJobExecutions",
    "iotjobsdata:StartNextPendingJobExecution",
    "iotjobsdata:UpdateJobExecution",
];

/// Actions of the control plane on one thing that change it, or what it does.
const CONTROLS: [&str; 8] = [
    "iot:UpdateThing",
    "iot:DeleteThing",
    "iot:AddThingToThingGroup",
    "iot:RemoveThingFromThingGroup",
    "iot:UpdateThingGroupsForThing",
    "iot:CreateJob",
    "iot:CancelJobExecution",
    "iot:DeleteJobExecution",
];

/// Reserved topics of things that are no names in a template.
const NEXT_JOB_PUBLISHED: &[&str] = &["jobs/$next/get", "jobs/$next/update"];
const NEXT_JOB_ANSWERED: &[&str] = &["jobs/$next/get/accepted", "jobs/$next/get/rejected"];

/// A way to touch another device, shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The other thing.
    pub thing: String,
    /// The requests that do it, in order: a subscription and what is received by it, or one request.
    pub requests: Vec<Witness>,
}

/// Each way to touch another device, with a proof that there is none, a crossing, or why nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossDevice {
    pub contacts: Vec<(Contact, Answer<Crossing>)>,
}

impl Contact {
    /// Every way, in the order in which answers are given.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::ConnectAs, Self::Publish, Self::Receive].into_iter().chain(APIS.map(Self::Api))
    }

    /// The ways of a device in one of its ways to come: with a role's credentials it may reach the control plane too.
    pub(super) fn all_of(ways: Ways) -> impl Iterator<Item = Self> {
        let controls = CONTROLS.map(Self::Api).into_iter().filter(move |_| ways == Ways::WithRole);
        Self::all().chain(controls)
    }

    /// A stable name: `connectAs`, `publish`, `receive`, or the action.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConnectAs => "connectAs",
            Self::Publish => "publish",
            Self::Receive => "receive",
            Self::Api(action) => action,
        }
    }
}

impl CrossDevice {
    /// The ways that there are, each with a crossing.
    pub fn crossings(&self) -> impl Iterator<Item = (Contact, &Crossing)> {
        self.contacts.iter().filter_map(|(contact, answer)| Some((*contact, answer.witness()?)))
    }

    /// It is proved that the device touches no other.
    pub fn is_isolated(&self) -> bool {
        self.contacts.iter().all(|(_, answer)| answer.is_proof())
    }

    /// Why there is neither a crossing nor a proof, per way.
    pub fn unknown(&self) -> impl Iterator<Item = (Contact, &[String])> {
        self.contacts.iter().filter_map(|(contact, answer)| match answer {
            Answer::OutOfBounds(reasons) => Some((*contact, reasons.as_slice())),
            Answer::Proof | Answer::Witness(_) => None,
        })
    }
}

/// Which other devices' client ids, reserved topics, shadows and jobs a device can touch, by one witness for each way. The cases
/// are alternatives.
pub fn cross_device(cases: &[Case<'_>], scope: &Scope) -> CrossDevice {
    let contact = |contact: Contact| {
        let touches = cases.iter().map(|case| touch(Ground { set: case.set, scope }, &case.device, contact));
        (contact, Answer::first(touches))
    };
    CrossDevice { contacts: Contact::all().map(contact).collect() }
}

/// One way in which one device touches one of the others.
pub(super) fn touch(ground: Ground<'_>, device: &Device, contact: Contact) -> Answer<Crossing> {
    let sessions = device.sessions();
    let scope = ground.scope;
    let crossing =
        |witness: Witness| Crossing { thing: thing_in(scope, &witness.resource), requests: vec![witness] };
    let by_one_request = |action: &'static str, form: &Form, moment: &Moment| {
        request(ground, moment, action, form, &device.own_names(&moment.context)).map(crossing)
    };
    match contact {
        Contact::ConnectAs => {
            let form = Form::of(vec![Part::Text(scope.arn("client/")), Part::Word(Word::Thing)]);
            let choosing = sessions.iter().filter(|session| matches!(session.client, Client::Any { .. }));
            let moments =
                choosing.flat_map(|session| session.moments(ground.scope, &[ground.set], &[CONNECT]));
            Answer::first(moments.map(|moment| {
                // A client id with the identity's id in it is nobody else's: people have several clients at a time.
                let id = moment.context.get(SUB).iter().find(|id| Identity::of(id) != Identity::None);
                let own = id.map(|id| {
                    let text = |text: &str| text.chars().map(Token::Char).collect::<Vec<_>>();
                    [text(&scope.arn("client/")), vec![Token::AnyString], text(id), vec![Token::AnyString]]
                        .concat()
                });
                let space = own.map(|own| everything_but(vec![own]));
                let names = device.own_names(&moment.context);
                request_in(ground, &moment, CONNECT, &form, &names, space).map(crossing)
            }))
        }
        Contact::Publish => {
            let form = topics_published(scope);
            let moments = sessions.iter().flat_map(|session| session.connected(ground, &["iot:Publish"]));
            Answer::first(moments.map(|moment| by_one_request("iot:Publish", &form, &moment)))
        }
        Contact::Receive => {
            let form = topics_received(scope);
            let connected = sessions.iter().filter(|session| session.client != Client::None);
            let moments =
                connected.flat_map(|session| session.connected(ground, &["iot:Subscribe", "iot:Receive"]));
            Answer::first(moments.map(|moment| {
                let own = device.own_names(&moment.context);
                deliveries(ground, &moment, &form, &own).map(|[subscribe, receive]| Crossing {
                    thing: thing_in(scope, &receive.resource),
                    requests: vec![subscribe, receive],
                })
            }))
        }
        Contact::Api(action) => {
            let form = Form {
                head: vec![Part::Text(scope.arn("thing/")), Part::Word(Word::Thing)],
                tails: thing_tails(action),
            };
            let over_http = sessions.iter().filter(|session| session.client == Client::None);
            let moments = over_http
                .flat_map(|session| Session::moments(session, ground.scope, &[ground.set], &[action]));
            Answer::first(moments.map(|moment| by_one_request(action, &form, &moment)))
        }
    }
}

/// The name of the thing that an ARN of a client, thing or reserved topic is about.
fn thing_in(scope: &Scope, resource: &str) -> String {
    let name = resource.strip_prefix(&scope.arn("")).unwrap_or(resource);
    let after = ["topic/$aws/things/", "client/", "thing/"].iter().find_map(|kind| name.strip_prefix(kind));
    after.unwrap_or(name).split('/').next().unwrap_or_default().to_owned()
}

/// The reserved topics that things publish.
pub(super) fn topics_published(scope: &Scope) -> Form {
    topics_of(scope, &[PUBLISHED, NEXT_JOB_PUBLISHED])
}

/// The reserved topics of things on which anything can be received.
pub(super) fn topics_received(scope: &Scope) -> Form {
    topics_of(scope, &[PUBLISHED, NEXT_JOB_PUBLISHED, ANSWERED, NEXT_JOB_ANSWERED])
}

/// Reserved topics of things as a form. A `%` is a name, of what says the word before it.
fn topics_of(scope: &Scope, templates: &[&[&str]]) -> Form {
    let tail = |template: &&str| {
        let mut parts = Vec::new();
        let mut rest = format!("/{template}");
        while let Some((before, after)) = rest.split_once('%') {
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Word(match before.rsplit('/').nth(1) {
                Some("jobs") => Word::Job,
                Some("streams") => Word::Stream,
                _ => Word::Shadow,
            }));
            rest = after.to_owned();
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest));
        }
        parts
    };
    let tails = templates.iter().copied().flatten().map(tail).collect();
    Form { head: vec![Part::Text(scope.arn("topic/$aws/things/")), Part::Word(Word::Thing)], tails }
}

/// A subscription and a topic of this form that it delivers, both allowed.
fn deliveries(ground: Ground<'_>, moment: &Moment, form: &Form, own: &[String]) -> Answer<[Witness; 2]> {
    deliveries_in(ground, moment, form, own, None)
}

/// As above; the topic is one that `space` allows, if that is given.
pub(super) fn deliveries_in(
    ground: Ground<'_>,
    moment: &Moment,
    form: &Form,
    own: &[String],
    space: Option<Vec<Applicable>>,
) -> Answer<[Witness; 2]> {
    let mut builder = MachineBuilder::new(ground.scope.lengths);
    let (subscribe, mut loosened) = add_side(&mut builder, ground, moment, "iot:Subscribe", Lean::More);
    let (receive, more) = add_side(&mut builder, ground, moment, "iot:Receive", Lean::More);
    loosened.extend(more);
    let space = space.map(|space| builder.side(space));
    builder.exclude(own.iter().map(String::as_str));
    let machine = builder.build();
    if machine.is_empty(subscribe) || machine.is_empty(receive) {
        return Answer::Proof;
    }
    let (before_filter, before_topic) = (ground.scope.arn("topicfilter/"), ground.scope.arn("topic/"));
    let delivery = Delivery {
        machine: &machine,
        subscribe,
        receive,
        before_filter: &before_filter,
        before_topic: &before_topic,
        form,
    };
    let mut refused = false;
    let mut budget = Budget(moment.states);
    let found = delivery.find(&mut budget, |filter, topic, texts| {
        machine.granted(subscribe, filter)?;
        machine.granted(receive, topic)?;
        if let Some(space) = space {
            machine.granted(space, topic)?;
        }
        let (filter, topic) = texts();
        let subscribed = replayed(ground, "iot:Subscribe", format!("{before_filter}{filter}"), moment);
        let received = replayed(ground, "iot:Receive", format!("{before_topic}{topic}"), moment);
        let both = subscribed.zip(received).map(|(subscribed, received)| [subscribed, received]);
        refused |= both.is_none();
        both
    });
    match found {
        Outcome::Found(witnesses) => Answer::Witness(witnesses),
        Outcome::Nothing if !refused => Answer::Proof,
        Outcome::Nothing => Answer::OutOfBounds(reasons("iot:Receive", loosened, moment)),
        Outcome::Undecided => Answer::OutOfBounds(vec![budget_ended("iot:Receive")]),
    }
}
