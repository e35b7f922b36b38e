//! What a function is asked: the event as AWS documents it ([defining your Lambda
//! function](https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html), and with [client
//! certificates](https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-509cert.html)). What a connection does not have
//! is left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::presented::Presented;

/// `connection_id` is for the function's log.
pub(super) fn event(
    presented: &Presented,
    token: Option<&str>,
    is_signature_verified: bool,
    connection_id: &str,
) -> Value {
    let mut data = Map::new();
    if presented.is_secure {
        let certificate = presented.certificate.as_deref();
        let members = [
            ("serverName", presented.server_name.as_deref().map(Value::from)),
            ("x509CertificatePem", certificate.map(|shown| shown.pem.as_str().into())),
            ("principalId", certificate.map(|shown| Value::from(&*shown.id))),
        ];
        data.insert("tls".to_owned(), object(members));
    }
    if let Some(http) = &presented.http {
        // Of headers that come several times, the first one counts here as elsewhere.
        let headers = http.headers.iter().rev();
        let headers: Map<_, _> = headers.map(|(name, value)| (name.clone(), json!(value))).collect();
        let query = format!("?{}", http.query);
        data.insert("http".to_owned(), json!({ "headers": headers, "queryString": query }));
    }
    if let Some(mqtt) = &presented.mqtt {
        let members = [
            ("username", mqtt.user_name.as_deref().map(Value::from)),
            ("password", mqtt.password.as_deref().map(|password| STANDARD.encode(password).into())),
            ("clientId", mqtt.client_id.as_deref().map(Value::from)),
        ];
        data.insert("mqtt".to_owned(), object(members));
    }
    let layers = ["tls", "http", "mqtt"].into_iter().filter(|layer| data.contains_key(*layer));
    let protocols: Vec<&str> = layers.collect();
    object([
        ("token", token.map(Value::from)),
        ("signatureVerified", Some(is_signature_verified.into())),
        ("protocols", Some(protocols.into())),
        ("protocolData", Some(data.into())),
        ("connectionMetadata", Some(json!({ "id": connection_id }))),
    ])
}

fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use thingwarden_engine::time::Timestamp;
    use thingwarden_store::Scope;

    use super::super::presented::{Certified, Http, Mqtt};
    use super::*;

    #[test]
    fn an_event_has_what_there_is() {
        let mut presented = Presented {
            is_secure: true,
            mqtt: Some(Mqtt {
                user_name: Some("u?a=b".into()),
                password: Some(Bytes::from_static(b"\xff")),
                client_id: None,
            }),
            ..Presented::default()
        };
        let expected = json!({
            "signatureVerified": false,
            "protocols": ["tls", "mqtt"],
            "protocolData": { "tls": {}, "mqtt": { "username": "u?a=b", "password": "/w==" } },
            "connectionMetadata": { "id": "i" },
        });
        assert_eq!(event(&presented, None, false, "i"), expected);
        let certificate = Certified {
            scope: Scope::new("123456789012", "us-east-1"),
            id: "c".into(),
            pem: "p".to_owned(),
            not_after: Timestamp::from_millis(0),
        };
        let certified = Presented { certificate: Some(Arc::new(certificate)), ..presented.clone() };
        let tls = json!({ "x509CertificatePem": "p", "principalId": "c" });
        assert_eq!(event(&certified, None, false, "i")["protocolData"]["tls"], tls);
        presented = Presented { server_name: Some("h".into()), mqtt: None, ..presented };
        let headers = [("a", "1"), ("a", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        presented.http = Some(Http { headers: headers.to_vec(), query: "x=y".to_owned() });
        let expected = json!({
            "token": "t",
            "signatureVerified": true,
            "protocols": ["tls", "http"],
            "protocolData": {
                "tls": { "serverName": "h" },
                "http": { "headers": { "a": "1" }, "queryString": "?x=y" },
            },
            "connectionMetadata": { "id": "i" },
        });
        assert_eq!(event(&presented, Some("t"), true, "i"), expected);
    }
}
