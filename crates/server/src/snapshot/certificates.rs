//! Certificates as the registry answers: `DescribeCertificate`, `DescribeCACertificate` and the lists.

use serde::Deserialize;
use thingwarden_engine::fleet::{CaStatus, CertificateStatus, Fact, Origin};
use thingwarden_engine::ids::CertificateId;

use super::digest::{Output, certificate_of_pem};
use super::items::{Item, Registered};
use super::json::{Members, Text, Time, without_place};

/// The members that matter of a certificate's description, or of a list's element.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description<'a> {
    #[serde(borrow, default)]
    certificate_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    certificate_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(borrow, default)]
    certificate_pem: Option<Text<'a>>,
    #[serde(default)]
    creation_date: Option<Time>,
    #[serde(borrow, default)]
    auto_registration_status: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described<'a> {
    #[serde(borrow)]
    certificate_description: Description<'a>,
}

/// A `DescribeCertificate` or `DescribeCACertificate` answer; false when it is not quite one.
pub(super) fn described_document(text: &[u8], line: u32, output: &mut Output<'_>) -> bool {
    match serde_json::from_slice::<Described<'_>>(text) {
        Ok(described) => {
            register(described.certificate_description, Origin::Described, line, output);
            true
        }
        Err(_) => false,
    }
}

/// The value of `certificateDescription`.
pub(super) fn described(raw: &str, line: u32, output: &mut Output<'_>) {
    read(raw, Origin::Described, line, output);
}

/// An element of `certificates`.
pub(super) fn listed(raw: &str, line: u32, output: &mut Output<'_>) {
    read(raw, Origin::Listed, line, output);
}

/// A description or element on its own, as `--query` cuts it out; false when it is something else.
pub(super) fn object(members: &Members<'_>, text: &[u8], line: u32, output: &mut Output<'_>) -> bool {
    let named = members.has("certificateId") || members.has("certificateArn");
    if !named || !members.has("status") {
        return false;
    }
    let origin = if members.has("certificatePem") { Origin::Described } else { Origin::Listed };
    match std::str::from_utf8(text) {
        Ok(text) => read(text, origin, line, output),
        Err(_) => output.broken(line, "not UTF-8".to_owned(), &[Fact::DeviceCertificates]),
    }
    true
}

fn read(raw: &str, origin: Origin, line: u32, output: &mut Output<'_>) {
    match serde_json::from_str::<Description<'_>>(raw) {
        Ok(description) => register(description, origin, line, output),
        Err(error) => {
            let fact = if raw.contains(":cacert/") { Fact::CaCertificates } else { Fact::DeviceCertificates };
            output.broken(line, format!("certificate record: {}", without_place(&error)), &[fact]);
        }
    }
}

fn register(description: Description<'_>, origin: Origin, line: u32, output: &mut Output<'_>) {
    let Description { certificate_arn, certificate_id, status, certificate_pem, creation_date, .. } =
        &description;
    let arn = certificate_arn.as_ref().map_or("", Text::as_str);
    output.arn(line, arn);
    let is_authority = description.auto_registration_status.is_some() || arn.contains(":cacert/");
    let fact = if is_authority { Fact::CaCertificates } else { Fact::DeviceCertificates };
    let stated = certificate_id.as_ref().map_or_else(|| arn.rsplit('/').next().unwrap_or(""), Text::as_str);
    let mut id = CertificateId::parse(stated);
    let shown: String = stated.chars().take(64).collect();

    let mut certificate = None;
    match certificate_pem {
        Some(pem) => match certificate_of_pem(pem.as_str(), is_authority, line, output) {
            // The stated name stays where the two differ: status and attachments belong to it.
            Ok(read) => {
                if id.is_some_and(|id| id != read.id) {
                    let what = format!("certificate id `{shown}` is not the SHA-256 of its certificate");
                    output.broken(line, what, &[fact]);
                }
                id = id.or(Some(read.id));
                certificate = Some(Box::new(read));
            }
            Err(error) => output.broken(line, format!("certificate `{shown}`: {error}"), &[fact]),
        },
        None if origin == Origin::Described => {
            output.broken(line, format!("certificate `{shown}` has no `certificatePem`"), &[fact]);
        }
        None => {}
    }
    let Some(id) = id else {
        return output.broken(line, format!("`{shown}` is no certificate id"), &[fact]);
    };
    let status = status.as_ref().map_or("", Text::as_str);
    let created = creation_date.and_then(|time| time.0);
    let unknown = || {
        format!("certificate {id} has an unknown status `{}`", status.chars().take(64).collect::<String>())
    };
    if is_authority {
        match CaStatus::parse(status) {
            Some(status) => {
                output.push(
                    line,
                    Item::Authority(Registered { id, status, created, origin, read: certificate }),
                );
            }
            None => output.broken(line, unknown(), &[fact]),
        }
    } else {
        match CertificateStatus::parse(status) {
            Some(status) => {
                output
                    .push(line, Item::Device(Registered { id, status, created, origin, read: certificate }));
            }
            None => output.broken(line, unknown(), &[fact]),
        }
    }
}
