//! Everything that a device can do, by namespace.

use crate::policy::StatementRef;
use crate::policy::analysis::automaton::Token;
use crate::policy::document::Effect;
use crate::policy::resolve::{Applicable, Lean, named};
use crate::policy::vocabulary::IotAction;

use super::answer::{Answer, Scope, Witness};
use super::ask::{CONNECT, Ground, Moment, add_side, replayed, search, statements};
use super::cross_device::deliveries_in;
use super::device::{Case, Client, Device, Session};
use super::identity::SUB;
use super::machine::MachineBuilder;
use super::requests::{actions, forms, is_asked_in};
use super::shape::{Form, Part};

/// Whose a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// The device's own: its client id, `$aws/things/OWN/...`, its shadows and jobs.
    Own,
    /// The same of other things.
    Others,
    /// Other topics that begin with `$`.
    Reserved,
    /// All other topics.
    Application,
    /// Resources of another kind, such as role aliases.
    Other,
}

/// One action in one space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub action: &'static str,
    /// Over HTTP; otherwise over MQTT.
    pub http: bool,
    pub space: Space,
    /// Never a proof: what is not allowed is left out.
    pub answer: Answer<Vec<Witness>>,
}

/// What statements say about one action in one context, free of variables: what the first list has and the second has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sets {
    pub action: &'static str,
    pub http: bool,
    pub client_id: Option<String>,
    pub allowed: Vec<Resources>,
    pub denied: Vec<Resources>,
}

/// The resources of one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    pub statement: StatementRef,
    /// The patterns are those of `NotResource`: all but these.
    pub all_but: bool,
    /// With `*` and `?` as wildcards.
    pub patterns: Vec<String>,
}

/// Everything that a device can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub reached: Vec<Reached>,
    pub sets: Vec<Sets>,
}

impl Space {
    /// `own`, `others`, `reserved`, `application` or `other`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Others => "others",
            Self::Reserved => "reserved",
            Self::Application => "application",
            Self::Other => "other",
        }
    }

    fn of(action: &IotAction) -> &'static [Self] {
        match action.resource {
            Some("client" | "thing") => &[Self::Own, Self::Others],
            Some("topic" | "topicfilter") => &[Self::Own, Self::Others, Self::Reserved, Self::Application],
            _ => &[Self::Other],
        }
    }

    /// The space as what a policy would say: resources allowed and resources denied.
    fn patterns(self, scope: &Scope, own: &[String]) -> Vec<Applicable> {
        let under = |kinds: &[&str]| -> Vec<Vec<Token>> {
            let pairs = own.iter().flat_map(|name| kinds.iter().map(move |kind| kind.replace("OWN", name)));
            pairs.map(|pattern| tokens(&scope.arn(&pattern))).collect()
        };
        let arns = |patterns: &[&str]| patterns.iter().map(|pattern| tokens(&scope.arn(pattern))).collect();
        const OWN: [&str; 5] = [
            "client/OWN",
            "thing/OWN",
            "thing/OWN/*",
            "topic/$aws/things/OWN/*",
            "topicfilter/$aws/things/OWN/*",
        ];
        let things = ["topic/$aws/things/*", "topicfilter/$aws/things/*"];
        let reserved = ["topic/$*", "topicfilter/$*"];
        let (allowed, denied) = match self {
            Self::Own => (under(&OWN), vec![]),
            Self::Others => {
                let others = [
                    "client/*",
                    "thing/*",
                    things[0],
                    things[1],
                    "topicfilter/$aws/+/*",
                    "topicfilter/$aws/#",
                ];
                (arns(&others), under(&OWN))
            }
            Self::Reserved => {
                (arns(&reserved), arns(&[things[0], things[1], "topicfilter/$aws/+/*", "topicfilter/$aws/#"]))
            }
            Self::Application => (arns(&["topic/*", "topicfilter/*"]), arns(&reserved)),
            Self::Other => (vec![vec![Token::AnyString]], vec![]),
        };
        let statement = |effect, patterns: Vec<Vec<Token>>| Applicable {
            index: 0,
            effect,
            negated: false,
            patterns,
            tests: Vec::new(),
        };
        vec![statement(Effect::Allow, allowed), statement(Effect::Deny, denied)]
    }
}

/// Everything that a device can do. The cases are alternatives.
pub fn reach(cases: &[Case<'_>], scope: &Scope) -> Reach {
    let mut reach = Reach::default();
    for action in actions() {
        for http in [false, true] {
            for space in Space::of(action) {
                let answers = cases
                    .iter()
                    .map(|case| one(Ground { set: case.set, scope }, &case.device, action, http, *space));
                let answer = Answer::first(answers);
                if !answer.is_proof() {
                    reach.reached.push(Reached { action: action.name, http, space: *space, answer });
                }
            }
        }
        for case in cases {
            let ground = Ground { set: case.set, scope };
            let sessions = case.device.sessions().into_iter();
            for found in sessions.filter_map(|session| sets(ground, &session, action)) {
                if !reach.sets.contains(&found) {
                    reach.sets.push(found);
                }
            }
        }
    }
    reach
}

fn one(
    ground: Ground<'_>,
    device: &Device,
    action: &'static IotAction,
    http: bool,
    space: Space,
) -> Answer<Vec<Witness>> {
    let space = |moment: &Moment| {
        let id = moment.context.get(SUB).iter().map(String::as_str);
        let own: Vec<String> = device.names().chain(id).map(str::to_owned).collect();
        space.patterns(ground.scope, &own)
    };
    let sessions: Vec<Session> = device.sessions();
    let asked = sessions
        .iter()
        .filter(|session| (session.client == Client::None) == http && is_asked_in(session, action.name));
    if action.name == "iot:Receive" {
        let form = Form::of(vec![Part::Text(ground.scope.arn("topic/")), Part::Topic]);
        let moments = asked.flat_map(|session| session.connected(ground, &["iot:Subscribe", "iot:Receive"]));
        return Answer::first(moments.map(|moment| {
            deliveries_in(ground, &moment, &form, &[], Some(space(&moment))).map(|pair| pair.to_vec())
        }));
    }
    Answer::first(asked.map(|session| {
        let moments = match session.client {
            Client::Any { .. } if action.name == CONNECT => {
                session.moments(ground.scope, &[ground.set], &[CONNECT])
            }
            _ => session.connected(ground, &[action.name]),
        };
        let forms = forms(action, ground.scope, session);
        let pairs = moments.iter().flat_map(|moment| forms.iter().map(move |form| (moment, form)));
        let but = if action.name == CONNECT { session.taken() } else { &[] };
        Answer::first(
            pairs.map(|(moment, form)| in_space(ground, moment, action.name, form, but, space(moment))),
        )
    }))
}

/// A request that is allowed on a resource of this form in this space.
fn in_space(
    ground: Ground<'_>,
    moment: &Moment,
    action: &'static str,
    form: &Form,
    but: &[String],
    space: Vec<Applicable>,
) -> Answer<Vec<Witness>> {
    let mut builder = MachineBuilder::new(ground.scope.lengths);
    let (side, loosened) = add_side(&mut builder, ground, moment, action, Lean::More);
    let space = builder.side(space);
    builder.exclude(but.iter().map(String::as_str));
    let machine = builder.build();
    search(&machine, side, form, action, loosened, moment, |state, text| {
        machine.granted(side, state)?;
        machine.granted(space, state)?;
        Some(replayed(ground, action, text(), moment).map(|witness| vec![witness]))
    })
}

/// What the statements say in the first context of a session in which the action can be asked for.
fn sets(ground: Ground<'_>, session: &Session, action: &'static IotAction) -> Option<Sets> {
    if !is_asked_in(session, action.name) {
        return None;
    }
    let moments = match session.client {
        Client::Any { .. } if action.name == CONNECT => {
            session.moments(ground.scope, &[ground.set], &[CONNECT])
        }
        _ => session.connected(ground, &[action.name]),
    };
    let moment = moments.into_iter().find(|moment| moment.open.is_empty())?;
    let (statements, _) = statements(ground, &moment, action.name, Lean::More);
    let resources = |effect: Effect| -> Vec<Resources> {
        let of_effect = statements.iter().filter(|statement| statement.effect == effect);
        let resources = |statement: &Applicable| {
            Some(Resources {
                statement: named(ground.set, statement.index)?,
                all_but: statement.negated,
                patterns: statement.patterns.iter().map(|pattern| shown(pattern)).collect(),
            })
        };
        of_effect.filter_map(resources).collect()
    };
    let allowed = resources(Effect::Allow);
    let client_id = moment.context.get("iot:ClientId").first().cloned();
    (!allowed.is_empty()).then(|| Sets {
        action: action.name,
        http: session.client == Client::None,
        client_id,
        allowed,
        denied: resources(Effect::Deny),
    })
}

fn tokens(pattern: &str) -> Vec<Token> {
    pattern.chars().map(|c| if c == '*' { Token::AnyString } else { Token::Char(c) }).collect()
}

fn shown(tokens: &[Token]) -> String {
    let text = |token: &Token| match token {
        Token::Char(character) => *character,
        Token::AnyChar => '?',
        _ => '*',
    };
    tokens.iter().map(text).collect()
}
