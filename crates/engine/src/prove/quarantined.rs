//! Is there anything at all that a device can do?

use crate::policy::PolicySet;

use super::answer::{Answer, Scope, Witness};
use super::ask::{CONNECT, Ground, request};
use super::device::{Client, Device, Session};
use super::requests::{actions, forms, is_asked_in};

/// Whether devices with these policies can do nothing: a proof of it, or something that one of them can do.
///
/// It can do something if it can connect, or if any action over HTTP is allowed to it; whether its certificate is active is for
/// the caller to look at first. `devices` are alternatives: [`Device::generic`], or the one device in question.
pub fn quarantined(set: &PolicySet, devices: &[Device], scope: &Scope) -> Answer<Witness> {
    let ground = Ground { set, scope };
    let sessions = devices.iter().flat_map(Device::sessions);
    Answer::first(sessions.map(|session| {
        let usable = actions().filter(|action| is_asked_in(&session, action.name)).filter(|action| {
            // Without a connection there is nothing else over MQTT.
            matches!(session.client, Client::None) || action.name == CONNECT
        });
        Answer::first(usable.map(|action| anything(ground, &session, action)))
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
        Client::Any { .. } if action.name == CONNECT => session.moments(&[ground.set], &[CONNECT]),
        _ => session.connected(ground, &[action.name]),
    };
    let forms = forms(action, ground.scope, session);
    let asked = moments.iter().flat_map(|moment| forms.iter().map(move |parts| (moment, parts)));
    Answer::first(asked.map(|(moment, parts)| {
        let but = if action.name == CONNECT { but } else { &[] };
        request(ground, moment, action.name, parts, but)
    }))
}
