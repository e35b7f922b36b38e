//! Events as syslog messages (RFC 5424), over UDP (RFC 5426), TCP (RFC 6587, octet counting) or TLS (RFC 5425).

use std::time::Duration;

use serde_json::Value as Json;
use thingwarden_engine::time::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::super::Trouble;
use crate::config::sinks::Transport;
use crate::egress::Client;

/// Log audit (RFC 5424, table 1).
const FACILITY: u8 = 13;
/// A datagram of IPv4 has at most 65,507 bytes.
const DATAGRAM_BYTES_MAX: usize = 65_507;
/// To write a page.
const TIMEOUT: Duration = Duration::from_secs(30);
/// For the receiver to close, which is the only word that it gives.
const CLOSING_TIME_MAX: Duration = Duration::from_secs(1);

/// Where messages go.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub(super) egress: Client,
    pub(super) transport: Transport,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Receiver {
    /// Sends messages; says how many are too long to be sent.
    pub(super) async fn send(&self, messages: &[String]) -> Result<u64, Trouble> {
        match self.transport {
            Transport::Udp => self.datagrams(messages).await,
            Transport::Tcp | Transport::Tls => {
                let stream = async { self.stream(messages).await.map(|()| 0) };
                let sent = timeout(TIMEOUT, stream).await;
                sent.unwrap_or_else(|_| {
                    Err(Trouble::new(format!("not taken within {} seconds", TIMEOUT.as_secs())))
                })
            }
        }
    }

    async fn datagrams(&self, messages: &[String]) -> Result<u64, Trouble> {
        let trouble = |error: std::io::Error| Trouble::new(error.to_string());
        let addresses = self.egress.addresses(&self.host, self.port).await;
        let addresses = addresses.map_err(|error| Trouble::new(error.to_string()))?;
        let Some(address) = addresses.first() else { return Err(Trouble::new("it has no address")) };
        let here = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(here).await.map_err(trouble)?;
        socket.connect(address).await.map_err(trouble)?;
        let mut too_long = 0;
        for message in messages {
            if message.len() > DATAGRAM_BYTES_MAX {
                too_long += 1;
            } else {
                socket.send(message.as_bytes()).await.map_err(trouble)?;
            }
        }
        Ok(too_long)
    }

    async fn stream(&self, messages: &[String]) -> Result<(), Trouble> {
        let trouble = |error: std::io::Error| Trouble::new(error.to_string());
        let stream = self.egress.stream(&self.host, self.port, self.transport == Transport::Tls).await;
        let mut stream = stream.map_err(|error| Trouble::new(error.to_string()))?;
        let framed: String = messages.iter().map(|message| format!("{} {message}", message.len())).collect();
        stream.write_all(framed.as_bytes()).await.map_err(trouble)?;
        stream.shutdown().await.map_err(trouble)?;
        // A connection that is reset has lost something; one that stays open is as good as syslog gets.
        let mut rest = [0; 64];
        match timeout(CLOSING_TIME_MAX, stream.read(&mut rest)).await {
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionReset => Err(trouble(error)),
            _ => Ok(()),
        }
    }
}

/// One message.
pub(super) fn message(event: &Json, seen_ms: i64) -> String {
    let severity = match event.get("severity_id").and_then(Json::as_u64) {
        // Critical, error, warning, notice.
        Some(5) => 2,
        Some(4) => 3,
        Some(3) => 4,
        _ => 5,
    };
    let priority = FACILITY * 8 + severity;
    let time = Timestamp::from_millis(seen_ms);
    format!("<{priority}>1 {time} - thingwarden {} ocsf - {event}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_message_has_the_form_of_rfc_5424() {
        let text = message(&json!({"severity_id": 5, "a": "ü"}), 1_596_168_096_651);
        let (head, body) = text.split_once(" - {").unwrap();
        assert_eq!(format!("{{{body}"), r#"{"a":"ü","severity_id":5}"#);
        let parts: Vec<&str> = head.split(' ').collect();
        assert_eq!(parts[..4], ["<106>1", "2020-07-31T04:01:36.651Z", "-", "thingwarden"]);
        assert_eq!(parts[5], "ocsf");
        assert!(message(&json!({"severity_id": 2}), 0).starts_with("<109>1 1970-01-01T00:00:00Z "));
    }
}
