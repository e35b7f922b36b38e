//! Can a device connect?

use super::answer::{Answer, Scope, Witness};
use super::ask::{CONNECT, Ground};
use super::device::{Case, Client, keys_in};
use super::quarantined::anything;
use super::requests::actions;

/// A request to connect that is allowed to the device, with the client id as its resource. The cases are alternatives.
///
/// Other than in the other questions, what depends on a certificate that nobody knows is out of bounds.
pub fn connects(cases: &[Case<'_>], scope: &Scope) -> Answer<Witness> {
    Answer::first(cases.iter().map(|case| {
        let of_certificate = |key: &String| key.to_ascii_lowercase().starts_with("iot:certificate");
        if case.device.certificate.is_none()
            && let Some(key) = keys_in(case.set, &[CONNECT]).into_iter().find(of_certificate)
        {
            return Answer::OutOfBounds(vec![format!("`{key}` of a certificate that is not known")]);
        }
        let ground = Ground { set: case.set, scope };
        let sessions = case.device.sessions().into_iter().filter(|session| session.client != Client::None);
        Answer::first(sessions.flat_map(|session| {
            let connect = actions().filter(|action| action.name == CONNECT);
            connect.map(|action| anything(ground, &session, action)).collect::<Vec<_>>()
        }))
    }))
}
