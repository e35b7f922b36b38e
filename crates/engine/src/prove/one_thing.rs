//! Does a device touch this one thing? A search for each contact, with the thing's name spelled out.

use super::answer::Answer;
use super::ask::{CONNECT, Ground, Moment, reasons, replayed, request};
use super::cross_device::{Contact, deliveries_in, topics_published, topics_received};
use super::device::{Client, Device};
use super::requests::thing_tails;
use super::shape::{Form, Part};

/// Whether a device touches the thing of this name, be it its own: that it connects under the name, or any other contact.
pub(super) fn touches(ground: Ground<'_>, device: &Device, name: &str) -> Answer<()> {
    Answer::first(Contact::all_of(device.ways).map(|contact| by(ground, device, contact, name)))
}

fn by(ground: Ground<'_>, device: &Device, contact: Contact, name: &str) -> Answer<()> {
    let spelled = |kind: &str, tails: Vec<Vec<Part>>| Form {
        head: vec![Part::Text(ground.scope.arn(&format!("{kind}{name}")))],
        tails,
    };
    let sessions = device.sessions();
    let each = sessions.iter().flat_map(|session| -> Vec<Answer<()>> {
        let moments = match (contact, &session.client) {
            (Contact::ConnectAs, Client::Is(own)) if own != name => return vec![],
            (Contact::ConnectAs, Client::Any { but }) if but.iter().any(|taken| taken == name) => {
                return vec![];
            }
            (Contact::ConnectAs, Client::Is(_) | Client::Any { .. }) => {
                session.moments(ground.scope, &[ground.set], &[CONNECT])
            }
            (Contact::Publish, _) => session.connected(ground, &["iot:Publish"]),
            (Contact::Receive, Client::Is(_) | Client::Any { .. }) => {
                session.connected(ground, &["iot:Subscribe", "iot:Receive"])
            }
            (Contact::Api(action), Client::None) => session.moments(ground.scope, &[ground.set], &[action]),
            _ => return vec![],
        };
        let found = moments.iter().map(|moment| match contact {
            Contact::ConnectAs => connects_as(ground, moment, name),
            Contact::Publish => {
                let form = spelled("topic/$aws/things/", topics_published(ground.scope).tails);
                request(ground, moment, "iot:Publish", &form, &[]).map(|_| ())
            }
            Contact::Receive => {
                let form = spelled("topic/$aws/things/", topics_received(ground.scope).tails);
                deliveries_in(ground, moment, &form, &[], None).map(|_| ())
            }
            Contact::Api(action) => {
                request(ground, moment, action, &spelled("thing/", thing_tails(action)), &[]).map(|_| ())
            }
        });
        let settled = |(answer, moment): (Answer<()>, &Moment)| match answer {
            // What open keys would allow is not known to be allowed.
            Answer::Witness(()) if !moment.open.is_empty() => {
                Answer::OutOfBounds(reasons(contact.as_str(), vec![], moment))
            }
            answer => answer,
        };
        found.zip(&moments).map(settled).collect()
    });
    Answer::first(each.collect::<Vec<_>>())
}

fn connects_as(ground: Ground<'_>, moment: &Moment, name: &str) -> Answer<()> {
    match replayed(ground, CONNECT, ground.scope.arn(&format!("client/{name}")), moment) {
        Some(_) => Answer::Witness(()),
        None if moment.open.is_empty() => Answer::Proof,
        None => Answer::OutOfBounds(reasons(CONNECT, vec![], moment)),
    }
}
