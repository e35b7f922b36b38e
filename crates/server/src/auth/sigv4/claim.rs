//! What a request says about its own signature, in the header form or in the query of a presigned URL. Nothing here is
//! believed yet.

use std::borrow::Cow;

use thingwarden_engine::time::Timestamp;

use super::limits::{
    AUTHORIZATION_BYTES_MAX, EXPIRES_SECONDS_MAX, SCOPE_PART_BYTES_MAX, SESSION_TOKEN_BYTES_MAX,
    SIGNED_HEADERS_MAX,
};
use super::parts::{SignedParts, query_pairs};
use super::{DEVICE_GATEWAY, SignatureError};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "/aws4_request";

/// A signature with what it claims to be made of.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    pub(super) credential: Cow<'a, str>,
    /// Lower case, ascending, each once; `host` is among them.
    pub(super) signed_headers: Cow<'a, str>,
    pub(super) signature: [u8; 32],
    /// As written: `20260301T000000Z`.
    pub(super) date: Cow<'a, str>,
    pub(super) signed_at: Timestamp,
    pub(super) session_token: Option<Cow<'a, str>>,
    /// Whether the signature is in the query.
    pub(super) is_presigned: bool,
    /// Seconds from `signed_at` for which a presigned request is good; `None` for as long as clocks may differ.
    pub(super) expires: Option<u32>,
}

/// The parts of `Credential=`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'c> {
    pub(super) access_key: &'c str,
    /// `20260301`
    pub(super) date: &'c str,
    pub(super) region: &'c str,
    pub(super) service: &'c str,
    /// Date, region, service and `aws4_request`, as the string to sign has them.
    pub(super) text: &'c str,
    /// Everything but `aws4_request`: what a signing key is for.
    pub(super) key_id: &'c str,
}

/// Whether a query claims to have a signature in it.
pub(super) fn is_presigned(query_raw: &str) -> bool {
    query_pairs(query_raw)
        .any(|(key, _)| matches!(key, "X-Amz-Algorithm" | "X-Amz-Credential" | "X-Amz-Signature"))
}

fn incomplete(text: impl Into<String>) -> SignatureError {
    SignatureError::Incomplete(text.into())
}

impl<'a> Claim<'a> {
    /// Finds and reads the signature of a request.
    ///
    /// # Errors
    /// [`SignatureError::Missing`] when there is none, [`SignatureError::Incomplete`] when it cannot be read or is there
    /// twice, [`SignatureError::Invalid`] when it does not cover the host.
    pub(super) fn read(parts: &SignedParts<'a>) -> Result<Self, SignatureError> {
        let presigned = is_presigned(parts.query_raw);
        let claim = match (parts.sole_header("authorization")?, presigned) {
            (None, false) => Err(SignatureError::Missing),
            (Some(_), true) => {
                Err(incomplete("the request is signed in the Authorization header and in the query: use one"))
            }
            (Some(header), false) => Self::from_header(header, parts),
            (None, true) => Self::from_query(parts),
        }?;
        check_signed_headers(&claim.signed_headers)?;
        Ok(claim)
    }

    fn from_header(header: &'a str, parts: &SignedParts<'a>) -> Result<Self, SignatureError> {
        if header.len() > AUTHORIZATION_BYTES_MAX {
            let text = format!("the Authorization header is longer than {AUTHORIZATION_BYTES_MAX} bytes");
            return Err(incomplete(text));
        }
        let rest = header.strip_prefix(ALGORITHM).and_then(|rest| rest.strip_prefix(' '));
        let rest = rest.ok_or_else(|| incomplete(format!("Authorization header requires `{ALGORITHM}`.")))?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for pair in rest.split(',').map(str::trim_ascii) {
            let place = match pair.split_once('=') {
                Some(("Credential", value)) => credential.replace(value),
                Some(("SignedHeaders", value)) => signed_headers.replace(value),
                Some(("Signature", value)) => signature.replace(value),
                _ => {
                    let text =
                        "Authorization header takes 'Credential', 'SignedHeaders' and 'Signature' only.";
                    return Err(incomplete(text));
                }
            };
            if place.is_some() {
                return Err(incomplete("Authorization header has a parameter twice."));
            }
        }
        let required = |value: Option<&'a str>, name: &str| {
            value.ok_or_else(|| incomplete(format!("Authorization header requires '{name}' parameter.")))
        };
        let credential = required(credential, "Credential")?;
        let signed_headers = required(signed_headers, "SignedHeaders")?;
        let signature = read_signature(required(signature, "Signature")?)?;
        let date = parts.sole_header("x-amz-date")?;
        let date = date.ok_or_else(|| incomplete("a signed request requires the 'X-Amz-Date' header."))?;
        if !signed_headers.split(';').any(|name| name == "x-amz-date") {
            return Err(SignatureError::Invalid("'x-amz-date' must be a signed header.".to_owned()));
        }
        let session_token = parts.sole_header("x-amz-security-token")?;
        Ok(Self {
            credential: credential.into(),
            signed_headers: signed_headers.into(),
            signature,
            date: date.into(),
            signed_at: read_date(date)?,
            session_token: check_token(session_token.map(Cow::Borrowed))?,
            is_presigned: false,
            expires: None,
        })
    }

    fn from_query(parts: &SignedParts<'a>) -> Result<Self, SignatureError> {
        let find = |name: &str| -> Result<Option<Cow<'a, str>>, SignatureError> {
            let mut values = query_pairs(parts.query_raw).filter(|(key, _)| *key == name);
            let Some((_, value)) = values.next() else { return Ok(None) };
            if values.next().is_some() {
                return Err(incomplete(format!("the query has '{name}' twice.")));
            }
            let decoded = percent_encoding::percent_decode_str(value).decode_utf8();
            decoded.map(Some).map_err(|_| incomplete(format!("'{name}' in the query is not UTF-8.")))
        };
        let required = |name: &str| {
            find(name)?.ok_or_else(|| incomplete(format!("a presigned query requires '{name}'.")))
        };
        let algorithm = required("X-Amz-Algorithm")?;
        if algorithm != ALGORITHM {
            return Err(incomplete(format!("'X-Amz-Algorithm' must be `{ALGORITHM}`.")));
        }
        let credential = required("X-Amz-Credential")?;
        // AWS's device SDKs say nothing about the life of the URLs with which they connect.
        let is_for_devices = credential.strip_suffix(TERMINATOR).and_then(|rest| rest.rsplit('/').next())
            == Some(DEVICE_GATEWAY);
        let expires = match find("X-Amz-Expires")? {
            None if is_for_devices => None,
            None => return Err(incomplete("a presigned query requires 'X-Amz-Expires'.")),
            Some(text) => Some(read_expires(&text)?),
        };
        if parts.sole_header("x-amz-security-token")?.is_some() {
            return Err(incomplete("a presigned query has its 'X-Amz-Security-Token' in the query."));
        }
        let date = required("X-Amz-Date")?;
        Ok(Self {
            credential,
            signed_headers: required("X-Amz-SignedHeaders")?,
            signature: read_signature(&required("X-Amz-Signature")?)?,
            signed_at: read_date(&date)?,
            date,
            session_token: check_token(find("X-Amz-Security-Token")?)?,
            is_presigned: true,
            expires,
        })
    }

    /// The credential's parts.
    ///
    /// # Errors
    /// [`SignatureError::Incomplete`] unless there are five, each of characters that cannot be taken for anything else:
    /// the region becomes part of ARNs.
    pub(super) fn scope(&self) -> Result<Scope<'_>, SignatureError> {
        let form = || {
            incomplete("Credential must have the form ACCESS-KEY-ID/YYYYMMDD/REGION/SERVICE/aws4_request.")
        };
        let credential: &str = &self.credential;
        let key_id = credential.strip_suffix(TERMINATOR).ok_or_else(form)?;
        let mut split = key_id.split('/');
        let mut next = || split.next().filter(|part| (1..=SCOPE_PART_BYTES_MAX).contains(&part.len()));
        let (access_key, date, region, service) = match (next(), next(), next(), next(), split.next()) {
            (Some(access_key), Some(date), Some(region), Some(service), None) => {
                (access_key, date, region, service)
            }
            _ => return Err(form()),
        };
        let plain = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if !access_key.bytes().all(|byte| byte.is_ascii_graphic()) || !plain(region) || !plain(service) {
            return Err(form());
        }
        let text = credential.get(access_key.len() + 1..).ok_or_else(form)?;
        Ok(Scope { access_key, date, region, service, text, key_id })
    }
}

fn read_signature(text: &str) -> Result<[u8; 32], SignatureError> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut signature = [0; 32];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let whole = rest.is_empty() && pairs.len() == signature.len();
    let read = signature.iter_mut().zip(pairs).try_for_each(|(place, [high, low])| {
        *place = digit(*high)? * 16 + digit(*low)?;
        Some(())
    });
    match read {
        Some(()) if whole => Ok(signature),
        _ => Err(incomplete("the signature must have 64 hexadecimal digits in lower case.")),
    }
}

fn read_expires(text: &str) -> Result<u32, SignatureError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let expires = text.parse().ok().filter(|seconds| digits && (1..=EXPIRES_SECONDS_MAX).contains(seconds));
    expires.ok_or_else(|| {
        incomplete(format!("'X-Amz-Expires' must be a number of seconds from 1 to {EXPIRES_SECONDS_MAX}."))
    })
}

/// Reads `20260301T000000Z`, and no other form of ISO 8601.
fn read_date(text: &str) -> Result<Timestamp, SignatureError> {
    let formed = text.len() == 16
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let date = formed.then(|| Timestamp::parse(text).ok()).flatten();
    date.ok_or_else(|| incomplete("'X-Amz-Date' must have the form YYYYMMDDTHHMMSSZ."))
}

fn check_token(token: Option<Cow<'_, str>>) -> Result<Option<Cow<'_, str>>, SignatureError> {
    match token {
        Some(token) if token.len() > SESSION_TOKEN_BYTES_MAX => {
            Err(incomplete(format!("the session token is longer than {SESSION_TOKEN_BYTES_MAX} bytes.")))
        }
        token => Ok(token),
    }
}

fn check_signed_headers(list: &str) -> Result<(), SignatureError> {
    let mut previous = "";
    for (count, name) in list.split(';').enumerate() {
        if count >= SIGNED_HEADERS_MAX {
            return Err(incomplete(format!("more than {SIGNED_HEADERS_MAX} headers are signed.")));
        }
        if name <= previous || name.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii_graphic())
        {
            return Err(incomplete("SignedHeaders must be in lower case, sorted, and without repetition."));
        }
        previous = name;
    }
    if !list.split(';').any(|name| name == "host") {
        let text = "'Host' must be a 'SignedHeader' in the AWS Authorization.";
        return Err(SignatureError::Invalid(text.to_owned()));
    }
    Ok(())
}
