//! Distinguished names: who issued a certificate and whom it is for.

use std::fmt;

use super::der::{self, DerError, DerFault, Reader};
use super::oid::{self, Oid};

/// A distinguished name, kept as its DER. Two names are equal when their encodings are; RFC 5280 section 7.1 would
/// also ignore case and spaces, but CAs copy their subject into what they issue byte by byte.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Box<[u8]>);

/// Stands for a [`Name`]: the first 16 bytes of the SHA-256 of its DER.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NameDigest(pub [u8; 16]);

/// One attribute of a name, for example `CN=sensor-7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAttribute {
    pub kind: Oid,
    /// The text, or `None` when the value is not a character string or not valid in its character set.
    pub text: Option<String>,
    /// Tag, length and content of the value.
    raw: Box<[u8]>,
    /// Joined by `+` to the attribute before it.
    joined: bool,
}

impl Name {
    /// Takes the DER of a `Name`. The attributes are read when asked for.
    pub(super) fn from_der(raw: &[u8]) -> Self {
        Self(raw.into())
    }

    /// The DER of the name.
    pub fn as_der(&self) -> &[u8] {
        &self.0
    }

    pub fn digest(&self) -> NameDigest {
        NameDigest::of(&self.0)
    }

    /// No attributes at all.
    pub fn is_empty(&self) -> bool {
        self.0.len() <= 2
    }

    /// Every attribute in the order of the encoding, most general first. A name that breaks off gives what stands
    /// before the break.
    pub fn attributes(&self) -> Vec<NameAttribute> {
        let mut found = Vec::new();
        // What cannot be read ends the list; the certificate's other facts do not depend on it.
        let _ = read_attributes(&self.0, &mut found);
        found
    }

    /// Holds a name to the letter of RFC 5280 section 4.1.2.4 in DER: no empty set, every value a character string that is
    /// valid in its character set, no byte that need not be there. For names that somebody hands us to be signed.
    pub fn check_well_formed(&self) -> Result<(), DerError> {
        const FIELD: &str = "name";
        let strict = |value: &der::Value<'_>| {
            let fault = DerFault::BadValue { reason: "the name is not in DER" };
            let error = DerError { offset: value.offset, field: FIELD, fault };
            if value.has_shortest_length() { Ok(()) } else { Err(error) }
        };
        let mut whole = Reader::new(&self.0);
        let name = whole.sequence(FIELD)?;
        whole.finish(FIELD)?;
        strict(&name)?;
        let mut sets = name.reader();
        while !sets.is_empty() {
            let set = sets.expect(der::SET, FIELD, "a set of attributes")?;
            strict(&set)?;
            let mut pairs = set.reader();
            loop {
                let pair = pairs.sequence(FIELD)?;
                strict(&pair)?;
                let mut parts = pair.reader();
                let kind = parts.expect(der::OID, FIELD, "an object identifier")?;
                let value = parts.any(FIELD)?;
                parts.finish(FIELD)?;
                strict(&kind)?;
                strict(&value)?;
                if kind.content.last().is_none_or(|&last| last >= 0x80)
                    || text(value.tag, value.content).is_none()
                {
                    let fault = DerFault::BadValue { reason: "the attribute is not a character string" };
                    return Err(DerError { offset: value.offset, field: FIELD, fault });
                }
                if pairs.is_empty() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The last common name, which is the most specific one.
    pub fn common_name(&self) -> Option<String> {
        self.attributes().into_iter().rev().find(|attribute| attribute.kind.is(oid::COMMON_NAME))?.text
    }
}

impl NameDigest {
    /// Of the DER of a name.
    pub fn of(name: &[u8]) -> Self {
        Self(super::digest_prefix(name))
    }
}

fn read_attributes(name: &[u8], found: &mut Vec<NameAttribute>) -> Result<(), DerError> {
    let mut sets = Reader::new(name).sequence("name")?.reader();
    while !sets.is_empty() {
        let mut set = sets.expect(der::SET, "name", "a set of attributes")?.reader();
        let mut joined = false;
        while !set.is_empty() {
            let mut pair = set.sequence("name attribute")?.reader();
            let kind = Oid::read(&mut pair, "name attribute")?;
            let value = pair.any("name attribute")?;
            found.push(NameAttribute {
                kind,
                text: text(value.tag, value.content),
                raw: value.raw.into(),
                joined,
            });
            joined = true;
        }
    }
    Ok(())
}

/// The characters of an ASN.1 string. `TeletexString` is read as Latin-1, which is how it is used in practice.
fn text(tag: u8, content: &[u8]) -> Option<String> {
    match tag {
        0x0c | 0x12 | 0x13 | 0x16 | 0x1a => String::from_utf8(content.to_vec()).ok(),
        0x14 => Some(content.iter().copied().map(char::from).collect()),
        0x1c => content
            .chunks(4)
            .map(|chunk| char::from_u32(u32::from_be_bytes(chunk.try_into().ok()?)))
            .collect(),
        0x1e => {
            let units: Option<Vec<u16>> =
                content.chunks(2).map(|chunk| Some(u16::from_be_bytes(chunk.try_into().ok()?))).collect();
            String::from_utf16(&units?).ok()
        }
        _ => None,
    }
}

impl fmt::Display for Name {
    /// As RFC 4514 writes it, most specific first: `CN=sensor-7,O=Example`. Control characters, and characters that
    /// change the direction of text, come out as `\` and two hex digits a byte, so that the text is safe in a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes = self.attributes();
        let mut sets: Vec<&[NameAttribute]> = attributes.chunk_by(|_, next| next.joined).collect();
        sets.reverse();
        for (index, set) in sets.into_iter().enumerate() {
            for (position, attribute) in set.iter().enumerate() {
                f.write_str(match (index, position) {
                    (0, 0) => "",
                    (_, 0) => ",",
                    _ => "+",
                })?;
                match attribute.kind.short_name() {
                    Some(short) => write!(f, "{short}=")?,
                    None => write!(f, "{}=", attribute.kind)?,
                }
                match &attribute.text {
                    Some(text) => write_escaped(f, text)?,
                    None => {
                        f.write_str("#")?;
                        attribute.raw.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let last = text.chars().count().saturating_sub(1);
    for (index, character) in text.chars().enumerate() {
        match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => write!(f, "\\{character}")?,
            '#' if index == 0 => f.write_str("\\#")?,
            ' ' if index == 0 || index == last => f.write_str("\\ ")?,
            _ if is_unsafe_to_show(character) => {
                let mut utf8 = [0; 4];
                character.encode_utf8(&mut utf8).bytes().try_for_each(|byte| write!(f, "\\{byte:02X}"))?;
            }
            _ => write!(f, "{character}")?,
        }
    }
    Ok(())
}

fn is_unsafe_to_show(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for NameDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for NameDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
