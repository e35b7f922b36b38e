//! Alternative names of a certificate's subject and issuer (RFC 5280 sections 4.2.1.6 and 4.2.1.7), read when asked for.

use std::net::IpAddr;

use super::certificate::Certificate;
use super::der::{self, DerError, Reader, Value};
use super::extensions::Extension;
use super::name::Name;
use super::oid;

const FIELD: &str = "alternative names";

/// One name of somebody, beside the distinguished name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlternativeName {
    /// A mail address.
    Rfc822(String),
    Dns(String),
    Directory(Name),
    Uri(String),
    Ip(IpAddr),
}

impl Certificate {
    /// The subject's alternative names, in their order. Names of other kinds are left out, and so is everything from the
    /// first damaged one on.
    pub fn subject_alternative_names(&self) -> Vec<AlternativeName> {
        self.alternative_names(oid::SUBJECT_ALTERNATIVE_NAME)
    }

    /// The issuer's, likewise.
    pub fn issuer_alternative_names(&self) -> Vec<AlternativeName> {
        self.alternative_names(oid::ISSUER_ALTERNATIVE_NAME)
    }

    fn alternative_names(&self, extension: &[u8]) -> Vec<AlternativeName> {
        let mut found = Vec::new();
        // The certificate itself was read before; what is damaged inside the extension ends its names.
        let _ = self.read_extension(extension, |content| read(content, &mut found));
        found
    }

    /// Shows the content of an extension, if the certificate has it.
    fn read_extension(
        &self,
        wanted: &[u8],
        mut show: impl FnMut(&[u8]) -> Result<(), DerError>,
    ) -> Result<(), DerError> {
        let mut fields = Reader::new(self.signed_bytes()).sequence("certificate")?.reader();
        while !fields.is_empty() {
            let field = fields.any("certificate")?;
            if field.tag != der::constructed(3) {
                continue;
            }
            let mut extensions = field.reader().sequence("extensions")?.reader();
            while !extensions.is_empty() {
                let extension = Extension::read(&mut extensions)?;
                if extension.kind.content == wanted {
                    show(extension.content)?;
                }
            }
        }
        Ok(())
    }
}

fn read(content: &[u8], found: &mut Vec<AlternativeName>) -> Result<(), DerError> {
    let mut names = Reader::new(content).sequence(FIELD)?.reader();
    while !names.is_empty() {
        let name = names.any(FIELD)?;
        found.extend(alternative_name(&name)?);
    }
    Ok(())
}

fn alternative_name(name: &Value<'_>) -> Result<Option<AlternativeName>, DerError> {
    const RFC822: u8 = der::primitive(1);
    const DNS: u8 = der::primitive(2);
    const DIRECTORY: u8 = der::constructed(4);
    const URI: u8 = der::primitive(6);
    const IP: u8 = der::primitive(7);
    let ascii = || String::from_utf8(name.content.to_vec()).ok().filter(|text| text.is_ascii());
    Ok(match name.tag {
        RFC822 => ascii().map(AlternativeName::Rfc822),
        DNS => ascii().map(AlternativeName::Dns),
        URI => ascii().map(AlternativeName::Uri),
        DIRECTORY => {
            let directory = name.reader().sequence(FIELD)?;
            Some(AlternativeName::Directory(Name::from_der(directory.raw)))
        }
        IP => {
            let v4 = <[u8; 4]>::try_from(name.content).map(IpAddr::from);
            let v6 = <[u8; 16]>::try_from(name.content).map(IpAddr::from);
            v4.or(v6).ok().map(AlternativeName::Ip)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Draft, Signer, common_name, extension, seq, tlv};
    use super::*;

    fn subject_names(content: &[u8]) -> Vec<AlternativeName> {
        let mut draft = Draft::new("ca", "device");
        draft.extensions.push(extension(oid::SUBJECT_ALTERNATIVE_NAME, false, content));
        let certificate = draft.certificate(&Signer::new(1));
        assert_eq!(certificate.issuer_alternative_names(), []);
        certificate.subject_alternative_names()
    }

    #[test]
    fn every_kind_of_name_is_read_in_order() {
        let content = seq(&[
            &tlv(0x82, &[b"press.example"]),
            &tlv(0x81, &[b"ops@example.com"]),
            &tlv(0x88, &[&[0x2a, 3]]),
            &tlv(0x86, &[b"urn:press:7"]),
            &tlv(0x87, &[&[10, 0, 0, 7]]),
            &tlv(0x87, &[&[0; 5]]),
            &tlv(0xa4, &[&common_name("press")]),
        ]);
        let expected = [
            AlternativeName::Dns("press.example".to_owned()),
            AlternativeName::Rfc822("ops@example.com".to_owned()),
            AlternativeName::Uri("urn:press:7".to_owned()),
            AlternativeName::Ip(IpAddr::from([10, 0, 0, 7])),
            AlternativeName::Directory(Name::from_der(&common_name("press"))),
        ];
        assert_eq!(subject_names(&content), expected);
    }

    #[test]
    fn damage_ends_the_names() {
        let content = seq(&[&tlv(0x82, &[b"a"]), &tlv(0xa4, &[b"b"]), &tlv(0x82, &[b"c"])]);
        assert_eq!(subject_names(&content), [AlternativeName::Dns("a".to_owned())]);
        assert_eq!(subject_names(b"\x30\x05"), []);
    }
}
