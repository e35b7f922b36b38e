//! PEM in and out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thingwarden_engine::pki::pem::{PemBlocks, PemContent, PemError};
use zeroize::{Zeroize, Zeroizing};

/// Why a text is not the one PEM block that it should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PemFault {
    #[error("it has {bytes} bytes; at most {max} are taken")]
    TooLong { bytes: usize, max: usize },
    #[error("it holds no PEM block `{wanted}`")]
    None { wanted: &'static str },
    #[error("it holds {count} PEM blocks; exactly one is wanted")]
    Several { count: usize },
    #[error(
        "it holds a private key: take it out, and consider the key compromised if this text went anywhere else"
    )]
    PrivateKey,
    #[error("it is not in PEM: {0}")]
    Damaged(#[from] PemError),
}

/// The DER of the one block in a text, which has to be of this kind.
pub(super) fn read_one(text: &str, wanted: PemContent, max: usize) -> Result<Vec<u8>, PemFault> {
    if text.len() > max {
        return Err(PemFault::TooLong { bytes: text.len(), max });
    }
    let mut blocks = PemBlocks::new(text.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    if blocks.iter().any(|block| block.content() == PemContent::PrivateKey) {
        return Err(PemFault::PrivateKey);
    }
    let count = blocks.len();
    let name = if wanted == PemContent::Certificate { "CERTIFICATE" } else { "CERTIFICATE REQUEST" };
    match blocks.pop() {
        Some(block) if count == 1 && block.content() == wanted => Ok(block.der),
        Some(_) if count > 1 => Err(PemFault::Several { count }),
        _ => Err(PemFault::None { wanted: name }),
    }
}

/// One block, lines of 64 characters (RFC 7468), in memory that is cleared when done with.
pub(super) fn write_secret(label: &str, der: &[u8]) -> Zeroizing<String> {
    let mut digits = STANDARD.encode(der);
    let mut text = String::with_capacity(digits.len() + digits.len() / 64 + 2 * label.len() + 40);
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 64 == 0 {
            text.push('\n');
        }
        text.push(digit);
    }
    text.push_str("\n-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    digits.zeroize();
    Zeroizing::new(text)
}

/// The same for what is no secret.
pub(crate) fn write(label: &str, der: &[u8]) -> String {
    std::mem::take(&mut *write_secret(label, der))
}
