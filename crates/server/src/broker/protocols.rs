//! By which protocol clients come to a domain (AWS IoT guide, "Device communication protocols"; CreateDomainConfiguration, `applicationProtocol`).
//! Without one of its own, ALPN and the first bytes decide.

use std::fmt::{self, Display};
use std::sync::Arc;

use thingwarden_store::records::DomainConfiguration;
use thingwarden_wire::error::ERROR_TYPE_HEADER;
use thingwarden_wire::types::ApplicationProtocol;

use super::session::Owner;
use super::{Broker, data_plane, websocket};
use crate::activity::Refusal;
use crate::authorizers::Presented;
use crate::http::{Request, Response};

/// How a client comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Mqtt,
    WebSocket,
    Http,
}

/// It comes by another protocol than its domain wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it comes by {came}, and the `applicationProtocol` of the domain that it calls is {}", .wanted.as_str())]
pub(super) struct WrongProtocol {
    wanted: ApplicationProtocol,
    came: Protocol,
}

impl Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mqtt => "MQTT",
            Self::WebSocket => "MQTT over WebSocket",
            Self::Http => "HTTP",
        })
    }
}

impl Protocol {
    pub(super) fn of_request(request: &Request) -> Self {
        if request.path == websocket::PATH { Self::WebSocket } else { Self::Http }
    }

    /// How somebody came who has shown this.
    pub(super) fn of_presented(presented: &Presented) -> Self {
        match (&presented.http, &presented.mqtt) {
            (None, _) => Self::Mqtt,
            (Some(_), Some(_)) => Self::WebSocket,
            (Some(_), None) => Self::Http,
        }
    }

    /// # Errors
    /// When the domain wants another one.
    pub(super) fn check(self, domain: Option<&DomainConfiguration>) -> Result<(), WrongProtocol> {
        let wanted = domain.and_then(|domain| ApplicationProtocol::parse(&domain.application_protocol));
        let wanted = wanted.unwrap_or(ApplicationProtocol::Default);
        if self.fits(wanted) { Ok(()) } else { Err(WrongProtocol { wanted, came: self }) }
    }

    fn fits(self, wanted: ApplicationProtocol) -> bool {
        match wanted {
            ApplicationProtocol::Default => true,
            ApplicationProtocol::SecureMqtt => self == Self::Mqtt,
            ApplicationProtocol::MqttWss => self == Self::WebSocket,
            ApplicationProtocol::Https => self == Self::Http,
        }
    }
}

impl Broker {
    /// The answer to a request of somebody who is known, when the domain that it has `called` wants another protocol. It is
    /// remembered; none when the request may be made.
    pub(super) fn refuse_protocol(
        &self,
        owner: &Owner,
        called: Option<&str>,
        request: &Request,
    ) -> Option<Response> {
        let scope = &owner.principal.scope;
        let domain = match self.domain_of(scope, called) {
            Ok(domain) => domain?,
            Err(error) => {
                tracing::error!(request_id = %request.id, %error, "the request failed");
                return Some(websocket::say(500, "the server failed; its log has the reason"));
            }
        };
        let error = Protocol::of_request(request).check(Some(&domain)).err()?;
        let (address, principal) = (owner.peer.address, &owner.principal.id);
        tracing::info!(request_id = %request.id, source_ip = %address, %principal, %error, "a request is not let in");
        let refusal = Refusal::new(scope, address, error.to_string(), Self::now());
        self.app.activity.refused(Refusal { principal: Some(Arc::clone(principal)), ..refusal });
        let mut response = websocket::say(403, &error.to_string());
        response.headers.push((ERROR_TYPE_HEADER, data_plane::exception(403).to_owned()));
        Some(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorizers::{Http, Mqtt};

    #[test]
    fn a_domain_takes_what_it_says_and_by_default_everything() {
        let all = [Protocol::Mqtt, Protocol::WebSocket, Protocol::Http];
        let taken = |text: &str| all.map(|protocol| protocol.fits(ApplicationProtocol::parse(text).unwrap()));
        assert_eq!(taken("SECURE_MQTT"), [true, false, false]);
        assert_eq!(taken("MQTT_WSS"), [false, true, false]);
        assert_eq!(taken("HTTPS"), [false, false, true]);
        assert_eq!(taken("DEFAULT"), [true; 3]);
        assert_eq!(all.map(|protocol| protocol.check(None).is_ok()), [true; 3]);
        let refused = WrongProtocol { wanted: ApplicationProtocol::MqttWss, came: Protocol::Http };
        assert!(refused.to_string().contains("HTTP, and the `applicationProtocol`"), "{refused}");
        assert!(refused.to_string().ends_with("is MQTT_WSS"), "{refused}");
    }

    #[test]
    fn what_was_shown_says_how_it_came() {
        let came = |http: bool, mqtt: bool| {
            Protocol::of_presented(&Presented {
                http: http.then(Http::default),
                mqtt: mqtt.then(Mqtt::default),
                ..Presented::default()
            })
        };
        assert_eq!(came(false, true), Protocol::Mqtt);
        assert_eq!(came(true, true), Protocol::WebSocket);
        assert_eq!(came(true, false), Protocol::Http);
    }
}
