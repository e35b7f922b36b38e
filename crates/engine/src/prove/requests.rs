//! The requests that there are: every action with the forms of its resources.

use crate::policy::vocabulary::{IOT_ACTIONS, IotAction};

use super::answer::Scope;
use super::ask::CONNECT;
use super::device::{Client, Session};
use super::shape::{Form, Part, Word};

/// Actions that only a connected client asks for. What a device does over HTTP, and how it connects, are all the others.
const WHEN_CONNECTED: [&str; 2] = ["iot:Subscribe", "iot:Receive"];

/// Actions that a device may use over MQTT and over HTTP.
const BOTH_WAYS: [&str; 2] = ["iot:Publish", "iot:RetainPublish"];

/// All actions.
pub(super) fn actions() -> impl Iterator<Item = &'static IotAction> {
    IOT_ACTIONS.iter()
}

/// Whether requests of the session ask for the action.
pub(super) fn is_asked_in(session: &Session, action: &str) -> bool {
    let over_mqtt = action == CONNECT || WHEN_CONNECTED.contains(&action) || BOTH_WAYS.contains(&action);
    match session.client {
        Client::None => action != CONNECT && !WHEN_CONNECTED.contains(&action),
        Client::Is(_) | Client::Any { .. } => over_mqtt,
    }
}

/// The forms of an action's resources, each from the start of the ARN.
pub(super) fn forms(action: &IotAction, scope: &Scope, session: &Session) -> Vec<Form> {
    let text = |kind: &str| Part::Text(scope.arn(kind));
    let any = Form::of(vec![Part::Text("*".to_owned())]);
    let named = |kind: &str, part: Part| Form::of(vec![text(kind), part]);
    match action.resource {
        None => vec![any],
        Some("client") => match &session.client {
            Client::Is(client) if action.name == CONNECT => {
                vec![Form::of(vec![text(&format!("client/{client}"))])]
            }
            _ => vec![named("client/", Part::Word(Word::ClientId))],
        },
        Some("topic") => vec![named("topic/", Part::Topic)],
        Some("topicfilter") => vec![named("topicfilter/", Part::Filter)],
        Some("thing") => {
            let mut form = named("thing/", Part::Word(Word::Thing));
            form.tails = thing_tails(action.name);
            match action.name {
                "iot:ListNamedShadowsForThing" => vec![form, any],
                _ => vec![form],
            }
        }
        Some("rolealias") => vec![named("rolealias/", Part::Word(Word::RoleAlias))],
        Some(_) => Vec::new(),
    }
}

/// What may follow the thing's name: nothing, or the name of a shadow.
pub(super) fn thing_tails(action: &str) -> Vec<Vec<Part>> {
    let mut tails = vec![Vec::new()];
    if action.contains("Shadow") {
        tails.push(vec![Part::Text("/".to_owned()), Part::Word(Word::Shadow)]);
    }
    tails
}
