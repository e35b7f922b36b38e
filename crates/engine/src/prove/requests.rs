//! The requests that there are: every action with the forms of its resources.

use crate::policy::vocabulary::{IOT_ACTIONS, IotAction};

use super::answer::Scope;
use super::ask::CONNECT;
use super::device::{Client, Session};
use super::shape::{Part, Word};

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
pub(super) fn forms(action: &IotAction, scope: &Scope, session: &Session) -> Vec<Vec<Part>> {
    let text = |kind: &str| Part::Text(scope.arn(kind));
    match action.resource {
        None => vec![vec![Part::Text("*".to_owned())]],
        Some("client") => match &session.client {
            Client::Is(client) if action.name == CONNECT => vec![vec![text(&format!("client/{client}"))]],
            _ => vec![vec![text("client/"), Part::Word(Word::ClientId)]],
        },
        Some("topic") => vec![vec![text("topic/"), Part::Topic]],
        Some("topicfilter") => vec![vec![text("topicfilter/"), Part::Filter]],
        Some("thing") => {
            let mut forms = vec![vec![text("thing/"), Part::Word(Word::Thing)]];
            if action.name.contains("Shadow") {
                let shadow = [Part::Text("/".to_owned()), Part::Word(Word::Shadow)];
                forms.push([text("thing/"), Part::Word(Word::Thing)].into_iter().chain(shadow).collect());
            }
            if action.name == "iot:ListNamedShadowsForThing" {
                forms.push(vec![Part::Text("*".to_owned())]);
            }
            forms
        }
        Some("rolealias") => vec![vec![text("rolealias/"), Part::Word(Word::RoleAlias)]],
        Some(_) => Vec::new(),
    }
}
