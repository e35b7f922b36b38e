//! Lists of weak or published keys, in the formats in which they are passed around.

use std::borrow::Cow;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use super::KeyDefects;
use super::debian;
use crate::ids::{decode_hex, encode_hex};
use crate::pki::key::PublicKey;

/// In which format a list of keys is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFormat<'a> {
    /// Text of Debian's `openssl-blacklist` package and of `openssl-vulnkey`: a line for each RSA key with the last 20
    /// hex digits of the SHA-1 of `Modulus=HEX\n`; lines that begin with `#` are comments. All keys are Debian's.
    OpensslBlacklist,
    /// `blocklist.dat` of the badkeys project: records of 16 bytes, sorted; 15 bytes of SHA-256 of the key's public
    /// number, and the number of the list that it is from.
    Badkeys {
        /// The lists of Debian's weak keys. Every other list is of published keys.
        debian_lists: &'a [u8],
    },
    /// Records of 8 bytes, sorted: the start of the SHA-256 of the RSA modulus. All keys are Debian's. The built-in
    /// list has this format.
    ModulusPrefixes,
}

impl ListFormat<'_> {
    /// The numbers under which badkeys has Debian's weak keys: 1 those of OpenSSL, 2 and 3 those of OpenSSH.
    pub const BADKEYS_DEBIAN_LISTS: &'static [u8] = &[1, 2, 3];
}

/// Why bytes are no list of keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    #[error("the list has no keys")]
    Empty,
    #[error("the list has {bytes} bytes, which is not a multiple of {record}")]
    Size { bytes: usize, record: usize },
    #[error("the record at byte {offset} is out of order")]
    Order { offset: usize },
    #[error("line {line} is not 20 hex digits")]
    Line { line: usize },
}

/// Sorted records of one size, each beginning with a part of a digest.
#[derive(Debug)]
pub(super) struct KeyList {
    records: Cow<'static, [u8]>,
    record_bytes: usize,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    OpensslBlacklist,
    /// Whether the list with this number is of Debian's keys.
    Badkeys(Box<[bool; 256]>),
    ModulusPrefixes,
}

/// What lists know a key by.
pub(super) struct Fingerprints<'a> {
    /// Of the public number without leading zero bytes: RSA modulus, x coordinate, Ed25519 key.
    sha256: [u8; 32],
    modulus: Option<&'a [u8]>,
}

impl<'a> Fingerprints<'a> {
    pub(super) fn of(key: &'a PublicKey) -> Option<Self> {
        let (number, modulus) = match key {
            PublicKey::Rsa { modulus, .. } => (modulus.as_slice(), Some(modulus.as_slice())),
            PublicKey::Ec { point, .. } => (x_coordinate(point)?, None),
            PublicKey::Ed25519 { key } => (key.as_slice(), None),
            PublicKey::Other(_) => return None,
        };
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest(&SHA256, crate::pki::der::unsigned(number)).as_ref());
        Some(Self { sha256, modulus })
    }
}

fn x_coordinate(point: &[u8]) -> Option<&[u8]> {
    match point {
        [4, both @ ..] => both.get(..both.len() / 2),
        [2 | 3, x @ ..] => Some(x),
        _ => None,
    }
}

impl KeyList {
    pub(super) fn builtin() -> Self {
        Self { records: Cow::Borrowed(debian::LIST), record_bytes: 8, kind: Kind::ModulusPrefixes }
    }

    pub(super) fn parse(bytes: &[u8], format: ListFormat<'_>) -> Result<Self, ListError> {
        let list = match format {
            ListFormat::OpensslBlacklist => {
                let records = Cow::Owned(parse_blacklist(bytes)?);
                Self { records, record_bytes: 10, kind: Kind::OpensslBlacklist }
            }
            ListFormat::Badkeys { debian_lists } => {
                let mut is_debian = Box::new([false; 256]);
                for &list in debian_lists {
                    if let Some(flag) = is_debian.get_mut(usize::from(list)) {
                        *flag = true;
                    }
                }
                check_records(bytes, 16)?;
                Self { records: Cow::Owned(bytes.to_vec()), record_bytes: 16, kind: Kind::Badkeys(is_debian) }
            }
            ListFormat::ModulusPrefixes => {
                check_records(bytes, 8)?;
                Self { records: Cow::Owned(bytes.to_vec()), record_bytes: 8, kind: Kind::ModulusPrefixes }
            }
        };
        if list.records.is_empty() { Err(ListError::Empty) } else { Ok(list) }
    }

    pub(super) fn examine(&self, key: &Fingerprints<'_>) -> KeyDefects {
        match &self.kind {
            Kind::ModulusPrefixes if key.modulus.is_some() => match self.find(&key.sha256, 8).next() {
                Some(_) => KeyDefects::DEBIAN_WEAK,
                None => KeyDefects::NONE,
            },
            Kind::OpensslBlacklist => match key.modulus {
                Some(modulus) if self.find(&blacklist_digest(modulus), 10).next().is_some() => {
                    KeyDefects::DEBIAN_WEAK
                }
                _ => KeyDefects::NONE,
            },
            Kind::Badkeys(is_debian) => {
                // A key can be in several lists.
                self.find(&key.sha256, 15).fold(KeyDefects::NONE, |defects, record| {
                    let list = record.last().map_or(0, |&list| usize::from(list));
                    let debian = is_debian.get(list).copied().unwrap_or(false);
                    defects | if debian { KeyDefects::DEBIAN_WEAK } else { KeyDefects::KNOWN_KEY }
                })
            }
            Kind::ModulusPrefixes => KeyDefects::NONE,
        }
    }

    /// The records that begin with the first `length` bytes of a digest.
    fn find<'a>(&'a self, digest: &'a [u8], length: usize) -> impl Iterator<Item = &'a [u8]> {
        let wanted = digest.get(..length).unwrap_or(digest);
        let record =
            |index: usize| self.records.get(index * self.record_bytes..(index + 1) * self.record_bytes);
        let is_before = |index| record(index).is_some_and(|record| record < wanted);
        let (mut low, mut high) = (0, self.records.len() / self.record_bytes);
        while low < high {
            let middle = low + (high - low) / 2;
            (low, high) = if is_before(middle) { (middle + 1, high) } else { (low, middle) };
        }
        (low..).map_while(record).take_while(move |record| record.starts_with(wanted))
    }
}

fn check_records(bytes: &[u8], record: usize) -> Result<(), ListError> {
    if !bytes.len().is_multiple_of(record) {
        return Err(ListError::Size { bytes: bytes.len(), record });
    }
    let mut records = bytes.chunks_exact(record).enumerate();
    let Some((_, mut previous)) = records.next() else { return Ok(()) };
    for (index, next) in records {
        if next < previous {
            return Err(ListError::Order { offset: index * record });
        }
        previous = next;
    }
    Ok(())
}

fn parse_blacklist(text: &[u8]) -> Result<Vec<u8>, ListError> {
    let mut records: Vec<[u8; 10]> = Vec::with_capacity(text.len() / 21);
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.first() == Some(&b'#') {
            continue;
        }
        let mut record = [0; 10];
        let is_hex = std::str::from_utf8(line).is_ok_and(|line| decode_hex(line, &mut record));
        if !is_hex {
            return Err(ListError::Line { line: index + 1 });
        }
        records.push(record);
    }
    records.sort_unstable();
    Ok(records.concat())
}

/// The last 10 bytes of the SHA-1 of what `openssl rsa -modulus` prints.
fn blacklist_digest(modulus: &[u8]) -> [u8; 10] {
    let hex = encode_hex(modulus).to_ascii_uppercase();
    let text = format!("Modulus={}\n", hex.trim_start_matches('0'));
    let mut end = [0; 10];
    let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    end.iter_mut().rev().zip(sha1.as_ref().iter().rev()).for_each(|(to, from)| *to = *from);
    end
}
