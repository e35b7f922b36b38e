//! Payloads of requests and answers: the same values in JSON and in CBOR (RFC 8949).

use bytes::Bytes;
use serde_json::Value;

/// How deep values in CBOR may be: as deep as the JSON reader takes them.
const CBOR_DEPTH_MAX: usize = 127;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Cbor,
    Json,
}

impl Format {
    pub(super) const ALL: [Self; 2] = [Self::Cbor, Self::Json];

    /// As topics call it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Cbor => "cbor",
            Self::Json => "json",
        }
    }

    /// The value of a payload; none when it is no value in this format, or more than one.
    pub(super) fn read(self, mut payload: &[u8]) -> Option<Value> {
        match self {
            Self::Json => serde_json::from_slice(payload).ok(),
            Self::Cbor => {
                let value = ciborium::de::from_reader_with_recursion_limit(&mut payload, CBOR_DEPTH_MAX).ok();
                value.filter(|_| payload.is_empty())
            }
        }
    }

    pub(crate) fn write(self, value: &Value) -> Bytes {
        match self {
            Self::Json => Bytes::from(value.to_string()),
            Self::Cbor => {
                let mut bytes = vec![];
                // Writing to memory does not fail, and every value of JSON is one of CBOR.
                match ciborium::into_writer(value, &mut bytes) {
                    Ok(()) => Bytes::from(bytes),
                    Err(_) => Bytes::new(),
                }
            }
        }
    }
}

/// Reads any bytes in both formats; what is read is the same in both, for fuzzing.
#[cfg(fuzzing)]
pub fn fuzz(payload: &[u8]) {
    for value in Format::ALL.into_iter().filter_map(|format| format.read(payload)) {
        for format in Format::ALL {
            assert_eq!(format.read(&format.write(&value)).as_ref(), Some(&value), "{format:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_formats_carry_the_same() {
        let value = json!({"a": ["x", 1, true, null], "b": {"c": "ë"}});
        for format in Format::ALL {
            let bytes = format.write(&value);
            assert_eq!(format.read(&bytes), Some(value.clone()));
            assert_eq!(format.read(&[&bytes[..], b"1"].concat()), None, "more than one value");
            assert_eq!(format.read(&bytes[..bytes.len() - 1]), None);
            assert_eq!(format.read(b""), None);
        }
        // A map of one member, as other writers make it (RFC 8949, appendix A).
        assert_eq!(Format::Cbor.read(&[0xa1, 0x61, b'a', 0x01]), Some(json!({"a": 1})));
        assert_eq!(Format::Cbor.read(&[0x81; 4000]), None, "too deep");
        assert_eq!(
            Format::Cbor.read(&[0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            None,
            "too long"
        );
    }
}
