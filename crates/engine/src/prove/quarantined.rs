//! Is there anything at all that a device can do?

use super::answer::{Answer, Scope, Witness};
use super::ask::{CONNECT, Ground, request};
use super::device::{Case, Client, Session};
use super::requests::{actions, forms, is_asked_in};

/// Whether a device can do nothing: a proof of it, or something that it can do. The cases are alternatives.
///
/// It can do something if it can connect, or if any action over HTTP is allowed to it. Whether its certificate is active is for
/// the caller to look at first.
pub fn quarantined(cases: &[Case<'_>], scope: &Scope) -> Answer<Witness> {
    Answer::first(cases.iter().map(|case| {
        let ground = Ground { set: case.set, scope };
        Answer::first(case.device.sessions().into_iter().map(|session| {
            let usable = actions().filter(|action| is_asked_in(&session, action.name)).filter(|action| {
                // Without a connection there is nothing else over MQTT.
                matches!(session.client, Client::None) || action.name == CONNECT
            });
            Answer::first(usable.map(|action| anything(ground, &session, action)))
        }))
    }))
}

/// A request for the action that is allowed in the session.
pub(super) fn anything(
    ground: Ground<'_>,
    session: &Session,
    action: &'static crate::policy::vocabulary::IotAction,
) -> Answer<Witness> {
    let but = session.taken();
    let moments = match session.client {
        Client::Any { .. } if action.name == CONNECT => {
            session.moments(ground.scope, &[ground.set], &[CONNECT])
        }
        _ => session.connected(ground, &[action.name]),
    };
    let forms = forms(action, ground.scope, session);
    let asked = moments.iter().flat_map(|moment| forms.iter().map(move |form| (moment, form)));
    Answer::first(asked.map(|(moment, form)| {
        let but = if action.name == CONNECT { but } else { &[] };
        request(ground, moment, action.name, form, but)
    }))
}
