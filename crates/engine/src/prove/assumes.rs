//! Can a device get the credentials of a role?

use super::answer::{Answer, Witness};
use super::ask::{Ground, request};
use super::device::{Client, Device};
use super::shape::{Form, Part};

const ASSUME: &str = "iot:AssumeRoleWithCertificate";

/// A request for the credentials of a role alias that is allowed to the device. The credentials provider is asked over HTTPS.
pub(super) fn assumes(ground: Ground<'_>, device: &Device, alias: &str) -> Answer<Witness> {
    let form = Form::of(vec![Part::Text(ground.scope.arn(&format!("rolealias/{alias}")))]);
    let over_http = device.sessions().into_iter().filter(|session| session.client == Client::None);
    let moments = over_http.flat_map(|session| session.moments(ground.scope, &[ground.set], &[ASSUME]));
    Answer::first(moments.map(|moment| request(ground, &moment, ASSUME, &form, &[])))
}
