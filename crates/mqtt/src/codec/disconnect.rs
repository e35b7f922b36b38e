//! DISCONNECT.

use bytes::{BufMut, BytesMut};

use super::fields::{Fields, put_number};
use super::properties::{self, Reader, Writer};
use super::{Reading, Version};
use crate::error::{Misuse, PeerError, Reason};

/// A client that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Disconnect {
    /// Whether the will is published all the same.
    pub with_will: bool,
    /// How long the session outlives the connection, if the client changed its mind, in seconds.
    pub session_expiry_seconds: Option<u32>,
}

/// The reason code of a client that wants its will published.
const WITH_WILL: u8 = 0x04;
/// The reason codes that clients may give (MQTT 5, section 3.14.2.1). All but the normal one leave the will.
const ABNORMAL: [u8; 12] = [0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];

pub(super) fn decode(body: &[u8], reading: Reading<'_>) -> Result<Disconnect, PeerError> {
    let mut fields = Fields::new(body);
    let mut disconnect = Disconnect { with_will: false, session_expiry_seconds: None };
    if reading.version == Version::V5 && !fields.is_empty() {
        disconnect.with_will = match fields.byte()? {
            0 => false,
            WITH_WILL => true,
            code if ABNORMAL.contains(&code) => true,
            _ => return Err(PeerError::Malformed("an unknown reason to disconnect")),
        };
        if !fields.is_empty() {
            let mut reader = Reader::take(&mut fields, reading.limits)?;
            while let Some(id) = reader.next()? {
                match id {
                    properties::SESSION_EXPIRY => {
                        let asked = reader.fields().four()?;
                        disconnect.session_expiry_seconds =
                            Some(asked.min(reading.limits.session_expiry_seconds_max));
                    }
                    properties::REASON_STRING => drop(reader.fields().text()?),
                    properties::USER_PROPERTY => drop(reader.user_property()?),
                    _ => return Err(properties::unknown()),
                }
            }
        }
    }
    fields.end()?;
    Ok(disconnect)
}

/// Writes a DISCONNECT; nothing in MQTT 3.1.1, in which servers have none.
pub(crate) fn encode_disconnect(
    out: &mut BytesMut,
    version: Version,
    reason: Reason,
    why: Option<&str>,
) -> Result<(), Misuse> {
    if version == Version::V311 {
        return Ok(());
    }
    let mut properties = Writer::default();
    if let Some(why) = why {
        properties.text(properties::REASON_STRING, why)?;
    }
    out.put_u8(0xe0);
    put_number(out, 1 + properties.length())?;
    out.put_u8(reason.code());
    properties.put(out)
}
