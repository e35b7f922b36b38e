//! Certificates, things and their types.

use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::Writer;
use thingwarden_store::records::{
    BillingGroup, CaCertificate, Certificate, IndexedFacts, PropagatingAttribute, RegistrationConfig, Thing,
    ThingType, ThingTypeProperties, Transfer,
};

use super::ledger::{Became, Ledger};
use super::tally::Kind;
use super::{ImportError, uuid};
use crate::api::index_attributes;
use crate::snapshot::in_full::Source;
use crate::snapshot::stated::{
    StatedCertificate, StatedPropagated, StatedRegistration, StatedThing, StatedThingType, StatedTransfer,
    StatedTypeProperties,
};

pub(super) fn kind_of(certificate: &StatedCertificate) -> Kind {
    if certificate.is_authority { Kind::CaCertificate } else { Kind::Certificate }
}

/// A certificate is a device's or a CA's, never both. What the registry says of one wins over a file with it.
pub(super) fn certificate(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    stated: &StatedCertificate,
) -> Result<(), ImportError> {
    let id = stated.id.to_string();
    let (other, other_kind) = match stated.is_authority {
        true => (writer.exists::<Certificate>(&id)?, Kind::Certificate),
        false => (writer.exists::<CaCertificate>(&id)?, Kind::CaCertificate),
    };
    if other {
        if stated.loose {
            return Ok(());
        }
        match stated.is_authority {
            true if ledger.wrote::<Certificate>(&id) => {
                ledger.take_back::<Certificate>(writer, other_kind, &id)?;
            }
            false if ledger.wrote::<CaCertificate>(&id) => {
                ledger.take_back::<CaCertificate>(writer, other_kind, &id)?;
            }
            _ => {
                let why = format!("certificate `{id}` is one of the {} already", other_kind.words());
                ledger.tally.refuse(kind_of(stated), source, &why);
                return Ok(());
            }
        }
    }
    if stated.is_authority {
        authority(ledger, writer, source, stated, id)
    } else {
        device(ledger, writer, source, stated, id)
    }
}

fn device(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    stated: &StatedCertificate,
    id: String,
) -> Result<(), ImportError> {
    let new = Certificate {
        id,
        pem: stated.pem.clone(),
        status: stated.status.clone(),
        mode: "DEFAULT".to_owned(),
        ca_id: None,
        previous_owner: None,
        customer_version: 1,
        generation_id: uuid()?,
        created_ms: ledger.now_ms,
        modified_ms: ledger.now_ms,
        activated_ms: None,
        transfer: None,
        facts: IndexedFacts::of_device(&stated.facts),
    };
    let made = |before: Option<&Certificate>| {
        let mut made = before.unwrap_or(&new).clone();
        if before.is_some() && stated.loose {
            return made;
        }
        made.status.clone_from(&stated.status);
        set(&mut made.mode, stated.mode.as_ref());
        if let Some(id) = stated.ca_id.as_deref().and_then(CertificateId::parse) {
            made.ca_id = Some(id.to_string());
        }
        if stated.previous_owner.is_some() {
            made.previous_owner.clone_from(&stated.previous_owner);
        }
        set(&mut made.customer_version, stated.customer_version.as_ref());
        set(&mut made.generation_id, stated.generation_id.as_ref());
        set_time(&mut made.created_ms, stated.created);
        set_time(&mut made.modified_ms, stated.modified.or(stated.created.filter(|_| before.is_none())));
        // When it was activated is not known, but that it is active since it is there, as far as anybody knows.
        if made.status == "ACTIVE" && made.activated_ms.is_none() {
            made.activated_ms = Some(made.created_ms);
        }
        if made.in_transfer() || stated.transfer.is_some() {
            let to = made.transfer.take().map(|transfer| transfer.to).unwrap_or_default();
            made.transfer = transfer(to, stated.transfer.as_ref(), made.previous_owner.is_some());
        }
        made
    };
    ledger.put(writer, Kind::Certificate, source, made).map(drop)
}

/// To whom a certificate was sent is not in its description.
fn transfer(to: String, stated: Option<&StatedTransfer>, incoming: bool) -> Option<Transfer> {
    let millis = |time: Option<Timestamp>| time.map(Timestamp::millis);
    let none = StatedTransfer::default();
    let stated = stated.unwrap_or(&none);
    Some(Transfer {
        to,
        incoming,
        message: stated.transfer_message.clone(),
        reject_reason: stated.reject_reason.clone(),
        at_ms: millis(stated.transfer_date.0).unwrap_or_default(),
        accepted_ms: millis(stated.accept_date.0),
        rejected_ms: millis(stated.reject_date.0),
    })
}

fn authority(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    stated: &StatedCertificate,
    id: String,
) -> Result<(), ImportError> {
    let new = CaCertificate {
        id,
        pem: stated.pem.clone(),
        status: stated.status.clone(),
        mode: "DEFAULT".to_owned(),
        auto_registration: false,
        registration_config: None,
        customer_version: 1,
        generation_id: uuid()?,
        created_ms: ledger.now_ms,
        modified_ms: ledger.now_ms,
        facts: IndexedFacts::of_ca(&stated.facts),
    };
    let made = |before: Option<&CaCertificate>| {
        let mut made = before.unwrap_or(&new).clone();
        if before.is_some() && stated.loose {
            return made;
        }
        made.status.clone_from(&stated.status);
        set(&mut made.mode, stated.mode.as_ref());
        set(&mut made.auto_registration, stated.auto_registration.as_ref());
        if let Some(StatedRegistration { template_body, role_arn, template_name }) =
            stated.registration.clone()
        {
            let config = RegistrationConfig { template_body, role_arn, template_name };
            made.registration_config = Some(config).filter(|config| *config != RegistrationConfig::default());
        }
        set(&mut made.customer_version, stated.customer_version.as_ref());
        set(&mut made.generation_id, stated.generation_id.as_ref());
        set_time(&mut made.created_ms, stated.created);
        set_time(&mut made.modified_ms, stated.modified.or(stated.created.filter(|_| before.is_none())));
        made
    };
    ledger.put(writer, Kind::CaCertificate, source, made).map(drop)
}

/// A certificate that only a list names: it must have come with its PEM from elsewhere.
pub(super) fn listed(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    (id, source): (CertificateId, Source),
) -> Result<(), ImportError> {
    let text = id.to_string();
    if !writer.exists::<Certificate>(&text)? && !writer.exists::<CaCertificate>(&text)? {
        let why = format!("certificate `{text}` is listed, but neither described nor in a file");
        ledger.tally.refuse(Kind::Certificate, &source, &why);
    }
    Ok(())
}

pub(super) fn thing(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    stated: &StatedThing,
) -> Result<(), ImportError> {
    if let Some(name) = &stated.type_name {
        let bare = StatedThingType { name: name.clone(), ..StatedThingType::default() };
        thing_type(ledger, writer, source, &bare)?;
    }
    if let Some(name) = &stated.billing_group {
        let (group_id, created_ms) = (uuid()?, ledger.now_ms);
        let new = BillingGroup { name: name.clone(), group_id, description: None, version: 1, created_ms };
        ledger.put(writer, Kind::BillingGroup, source, |before| before.unwrap_or(&new).clone())?;
    }
    let new = Thing {
        name: stated.name.clone(),
        thing_id: uuid()?,
        attributes: Default::default(),
        type_name: None,
        billing_group: None,
        version: 1,
        created_ms: ledger.now_ms,
    };
    let made = |before: Option<&Thing>| {
        let mut made = before.unwrap_or(&new).clone();
        set(&mut made.thing_id, stated.thing_id.as_ref());
        set(&mut made.attributes, stated.attributes.as_ref());
        if stated.type_name.is_some() {
            made.type_name.clone_from(&stated.type_name);
        }
        if stated.billing_group.is_some() {
            made.billing_group.clone_from(&stated.billing_group);
        }
        set(&mut made.version, stated.version.as_ref());
        made
    };
    match ledger.put(writer, Kind::Thing, source, made)? {
        Became::New(thing) => index_attributes(writer, None, Some(&thing))?,
        Became::Changed { before, after } => index_attributes(writer, Some(&before), Some(&after))?,
        Became::Same => {}
    }
    Ok(())
}

pub(super) fn thing_type(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    stated: &StatedThingType,
) -> Result<(), ImportError> {
    let new = ThingType {
        name: stated.name.clone(),
        type_id: uuid()?,
        properties: ThingTypeProperties::default(),
        deprecated_ms: None,
        created_ms: ledger.now_ms,
    };
    let made = |before: Option<&ThingType>| {
        let mut made = before.unwrap_or(&new).clone();
        set(&mut made.type_id, stated.type_id.as_ref());
        if let Some(properties) = &stated.properties {
            made.properties = type_properties(properties);
        }
        if let Some(metadata) = &stated.metadata {
            set_time(&mut made.created_ms, metadata.creation_date.0);
            let since = metadata.deprecation_date.0.map_or(made.created_ms, Timestamp::millis);
            made.deprecated_ms = metadata.deprecated.then_some(since);
        }
        made
    };
    ledger.put(writer, Kind::ThingType, source, made).map(drop)
}

fn type_properties(stated: &StatedTypeProperties) -> ThingTypeProperties {
    let mqtt5 = stated.mqtt5_configuration.as_ref();
    let propagating = mqtt5.and_then(|mqtt5| mqtt5.propagating_attributes.as_ref());
    let attribute = |one: &StatedPropagated| PropagatingAttribute {
        user_property_key: one.user_property_key.clone(),
        thing_attribute: one.thing_attribute.clone(),
        connection_attribute: one.connection_attribute.clone(),
    };
    ThingTypeProperties {
        description: stated.description.clone(),
        searchable_attributes: stated.searchable_attributes.clone().unwrap_or_default(),
        propagating_attributes: propagating.map(|all| all.iter().map(attribute).collect()),
    }
}

/// Whether there is such a thing; one that a snapshot names without describing it is made.
pub(super) fn require_thing(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    name: &str,
) -> Result<(), ImportError> {
    if !writer.exists::<Thing>(name)? {
        let bare = StatedThing { name: name.to_owned(), ..StatedThing::default() };
        thing(ledger, writer, source, &bare)?;
    }
    Ok(())
}

/// Takes over what is stated.
pub(super) fn set<T: Clone>(field: &mut T, stated: Option<&T>) {
    if let Some(stated) = stated {
        field.clone_from(stated);
    }
}

pub(super) fn set_time(field: &mut i64, stated: Option<Timestamp>) {
    if let Some(stated) = stated {
        *field = stated.millis();
    }
}
