//! Certificates as the registry answers: `DescribeCertificate`, `DescribeCACertificate` and the lists.

use serde::Deserialize;
use serde_json::value::RawValue;
use thingwarden_engine::fleet::{CaStatus, CertificateStatus, Fact, Origin};
use thingwarden_engine::ids::CertificateId;

use super::digest::{Output, certificate_of_pem};
use super::items::{Item, ReadCertificate, Registered};
use super::json::{Members, Text, Time, without_place};
use super::stated::{Stated, StatedCertificate};

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
    #[serde(borrow, default)]
    ca_certificate_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    certificate_mode: Option<Text<'a>>,
    #[serde(borrow, default)]
    previous_owned_by: Option<Text<'a>>,
    #[serde(default)]
    customer_version: Option<i64>,
    #[serde(borrow, default)]
    generation_id: Option<Text<'a>>,
    #[serde(default)]
    last_modified_date: Option<Time>,
    #[serde(borrow, default)]
    transfer_data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described<'a> {
    #[serde(borrow)]
    certificate_description: Description<'a>,
    /// Of CA certificates, next to the description.
    #[serde(borrow, default)]
    registration_config: Option<&'a RawValue>,
}

/// A `DescribeCertificate` or `DescribeCACertificate` answer; false when it is not quite one.
pub(super) fn described_document(text: &[u8], line: u32, output: &mut Output<'_>) -> bool {
    match serde_json::from_slice::<Described<'_>>(text) {
        Ok(described) => {
            let Described { certificate_description, registration_config } = described;
            register(certificate_description, registration_config, Origin::Described, line, output);
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
        Ok(description) => register(description, None, origin, line, output),
        Err(error) => {
            let fact = if raw.contains(":cacert/") { Fact::CaCertificates } else { Fact::DeviceCertificates };
            output.broken(line, format!("certificate record: {}", without_place(&error)), &[fact]);
        }
    }
}

fn register(
    description: Description<'_>,
    registration: Option<&RawValue>,
    origin: Origin,
    line: u32,
    output: &mut Output<'_>,
) {
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
    if let Some(read) = certificate.as_deref().filter(|read| read.id == id) {
        output.stated(line, || state(&description, registration, is_authority, read));
    }
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

/// All of a description. That its status is one is looked at where it is registered.
fn state(
    description: &Description<'_>,
    registration: Option<&RawValue>,
    is_authority: bool,
    read: &ReadCertificate,
) -> Result<Stated, String> {
    let text = |text: &Option<Text<'_>>| text.as_ref().map(|text| text.as_str().to_owned());
    let id = read.id;
    let fail = |error: serde_json::Error| format!("certificate {id}: {}", without_place(&error));
    let transfer = description.transfer_data.map(|raw| serde_json::from_str(raw.get())).transpose();
    let registration = registration.map(|raw| serde_json::from_str(raw.get())).transpose();
    Ok(Stated::Certificate(Box::new(StatedCertificate {
        loose: false,
        id,
        is_authority,
        arn: text(&description.certificate_arn),
        pem: text(&description.certificate_pem).unwrap_or_default(),
        facts: read.facts.clone(),
        status: text(&description.status).unwrap_or_default(),
        mode: text(&description.certificate_mode)
            .filter(|mode| matches!(mode.as_str(), "DEFAULT" | "SNI_ONLY")),
        ca_id: text(&description.ca_certificate_id),
        previous_owner: text(&description.previous_owned_by),
        customer_version: description.customer_version,
        generation_id: text(&description.generation_id),
        created: description.creation_date.and_then(|time| time.0),
        modified: description.last_modified_date.and_then(|time| time.0),
        transfer: transfer.map_err(fail)?,
        auto_registration: description.auto_registration_status.as_ref().map(|on| on.as_str() == "ENABLE"),
        registration: registration.map_err(fail)?,
    })))
}
