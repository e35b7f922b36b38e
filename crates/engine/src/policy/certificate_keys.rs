//! The condition keys that a device's certificate brings
//! ([X.509 policy variables](https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html)).

use std::collections::BTreeMap;

use super::context::Context;
use crate::pki::{AlternativeName, Certificate, Name, Oid};

const ID: &str = "iot:CertificateId";
const SERIAL_NUMBER: &str = "iot:Certificate.SerialNumber";
const AVAILABLE_KEYS: &str = "iot:Certificate.AvailableKeys";
const SUBJECT: &str = "iot:Certificate.Subject";
const ISSUER: &str = "iot:Certificate.Issuer";

impl Context {
    /// Adds every key that follows from the certificate that a device connects with: its id, its serial number as lower-case
    /// hex, the attributes and alternative names of subject and issuer, and the list of those keys.
    pub fn insert_certificate(&mut self, certificate: &Certificate) {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        values.insert(SERIAL_NUMBER.to_owned(), vec![certificate.serial.to_string()]);
        let names = [
            (SUBJECT, &certificate.subject, certificate.subject_alternative_names()),
            (ISSUER, &certificate.issuer, certificate.issuer_alternative_names()),
        ];
        for (holder, name, alternatives) in names {
            let alternatives = alternatives.into_iter().map(alternative_name);
            for (attribute, value) in attributes(name).chain(alternatives) {
                values.entry(format!("{holder}.{attribute}")).or_default().push(value);
            }
        }
        self.insert(AVAILABLE_KEYS, values.keys().map(String::as_str));
        self.insert(ID, [certificate.id.to_string()]);
        for (key, values) in values {
            self.insert(&key, values);
        }
    }
}

/// The attributes that have a variable, in the order of the name.
fn attributes(name: &Name) -> impl Iterator<Item = (&'static str, String)> {
    name.attributes()
        .into_iter()
        .filter_map(|attribute| Some((variable_of(&attribute.kind)?, attribute.text?)))
}

/// X.520 attribute types by AWS's names for them.
fn variable_of(attribute: &Oid) -> Option<&'static str> {
    let [0x55, 4, number] = attribute.as_bytes() else { return None };
    Some(match number {
        3 => "CommonName",
        4 => "Surname",
        5 => "SerialNumber",
        6 => "Country",
        8 => "State",
        10 => "Organization",
        11 => "OrganizationalUnit",
        12 => "Title",
        42 => "GivenName",
        43 => "Initials",
        44 => "GenerationQualifier",
        46 => "DistinguishedNameQualifier",
        65 => "Pseudonym",
        _ => return None,
    })
}

fn alternative_name(name: AlternativeName) -> (&'static str, String) {
    match name {
        AlternativeName::Rfc822(address) => ("AlternativeName.RFC822Name", address),
        AlternativeName::Dns(name) => ("AlternativeName.DNSName", name),
        AlternativeName::Directory(name) => ("AlternativeName.DirectoryName", name.to_string()),
        AlternativeName::Uri(uri) => ("AlternativeName.UniformResourceIdentifier", uri),
        AlternativeName::Ip(address) => ("AlternativeName.IPAddress", address.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::pem::PemBlocks;

    #[test]
    fn a_certificate_brings_its_names_in_order() {
        let pem = include_str!("../pki/testdata/named_device.pem");
        let der = PemBlocks::new(pem.as_bytes()).next().unwrap().unwrap().der;
        let certificate = Certificate::parse(&der).unwrap();
        let mut context = Context::new();
        context.insert_certificate(&certificate);
        let check = |key: &str, values: &[&str]| assert_eq!(context.get(key), values, "{key}");
        check("iot:CertificateId", &[&certificate.id.to_string()]);
        check("iot:Certificate.SerialNumber", &["0a1b2c"]);
        check("iot:Certificate.Subject.Country", &["DE"]);
        check("iot:Certificate.Subject.CommonName", &["press-7"]);
        check("iot:Certificate.Subject.OrganizationalUnit", &["Presses"]);
        check("iot:Certificate.Subject.OrganizationalUnit.1", &["Hall 2"]);
        check("iot:Certificate.Subject.OrganizationalUnit.List", &["Presses", "Hall 2"]);
        check("iot:Certificate.Subject.Title", &[]);
        check("iot:Certificate.Issuer.CommonName", &["Acme CA"]);
        check("iot:Certificate.Subject.AlternativeName.DNSName", &["press-7.example"]);
        check("iot:Certificate.Subject.AlternativeName.IPAddress", &["10.0.0.7"]);
        check("iot:Certificate.Issuer.AlternativeName.DNSName", &[]);
        check(
            "iot:Certificate.AvailableKeys",
            &[
                "iot:Certificate.Issuer.CommonName",
                "iot:Certificate.Issuer.Organization",
                "iot:Certificate.SerialNumber",
                "iot:Certificate.Subject.AlternativeName.DNSName",
                "iot:Certificate.Subject.AlternativeName.IPAddress",
                "iot:Certificate.Subject.CommonName",
                "iot:Certificate.Subject.Country",
                "iot:Certificate.Subject.Organization",
                "iot:Certificate.Subject.OrganizationalUnit",
            ],
        );
    }
}
