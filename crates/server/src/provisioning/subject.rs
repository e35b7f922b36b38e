//! What the server knows of a device's certificate: the pseudo parameters of templates.

use thingwarden_store::records::Certificate;

use super::functions::{Given, Parameters};
use super::template::PSEUDO_PREFIX;
use crate::api::ApiError;
use crate::pki;

/// Names of pseudo parameters, and what X.509 calls the attribute of the subject.
const ATTRIBUTES: [(&str, &str); 7] = [
    ("CommonName", "CN"),
    ("Country", "C"),
    ("DistinguishedNameQualifier", "dnQualifier"),
    ("Organization", "O"),
    ("OrganizationalUnit", "OU"),
    ("SerialNumber", "serialNumber"),
    ("StateName", "ST"),
];

/// Values of pseudo parameters; of an attribute with several, the first. What is in the subject comes from the device or
/// its maker, so it is no more trusted than what a device says.
pub(super) fn known_of(certificate: &Certificate) -> Result<Parameters, ApiError> {
    let parsed = pki::read_device_certificate(&certificate.pem)?;
    let attributes = parsed.subject.attributes();
    let value = |short_name| {
        let named = attributes.iter().find(|attribute| attribute.kind.short_name() == Some(short_name))?;
        named.text.clone()
    };
    let subject = ATTRIBUTES.iter().filter_map(|(name, short_name)| Some((*name, value(short_name)?)));
    let id = ("Id", certificate.id.clone());
    let given =
        |(name, text): (&str, String)| (format!("{PSEUDO_PREFIX}{name}"), Given { text, by_device: true });
    Ok(subject.chain([id]).map(given).collect())
}
