//! Roles.

use thingwarden_store::records::IamRole;
use thingwarden_store::{Reader, Record, Writer};

use super::cx::Cx;
use super::identity::{self, limit_exceeded};
use super::text::{DESCRIPTION, DOCUMENT};
use super::{Outcome, documents, paging};
use crate::query::{Form, QueryError, Xml};
use crate::sts::trust;

/// Seconds of the longest session of a role if nobody says, and the least and the most that can be said.
const SESSION_SECONDS: i64 = 3600;
const SESSION_SECONDS_MAX: i64 = 43_200;
/// Characters of a trust policy, whitespace not counted (IAM quotas: role trust policy length).
const TRUST_CHARS_MAX: usize = 2048;

pub(super) fn create(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let identity = identity::create::<IamRole>(cx, store, form)?;
    let document = form.required("AssumeRolePolicyDocument", &DOCUMENT)?;
    let trusted_ids = check_trust(store, &document)?;
    let role = IamRole {
        identity,
        trust_policy: document,
        trusted_ids,
        description: form.optional("Description", &DESCRIPTION)?,
        max_session_seconds: take_seconds(form)?,
    };
    store.insert(&role)?;
    Ok(Some(element(cx, &role)))
}

pub(super) fn get(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    Ok(Some(element(cx, &identity::named::<IamRole>(store, form)?)))
}

pub(super) fn list(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    identity::list(cx, store, form, "Roles", |xml, role: &IamRole| describe(cx, xml, role))
}

/// `ListInstanceProfilesForRole`: none, since nothing makes any. Tools ask before they delete a role.
pub(super) fn list_instance_profiles(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let role = identity::named::<IamRole>(store, form)?;
    let listing = format!("instance profiles of {}", role.identity.unique_id);
    let page = paging::slice(cx, &paging::Asked::take(form)?, &listing, vec![], String::clone)?;
    let mut xml = Xml::new();
    xml.list("InstanceProfiles", &page.items, |xml, name| xml.escape(name));
    page.end(&mut xml);
    Ok(Some(xml))
}

/// A session length that is left out becomes the default again, as the API reference says.
pub(super) fn update(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut role = identity::named::<IamRole>(store, form)?;
    role.max_session_seconds = take_seconds(form)?;
    if let Some(description) = form.optional("Description", &DESCRIPTION)? {
        role.description = Some(description);
    }
    store.update(&role)?;
    Ok(Some(Xml::new()))
}

pub(super) fn update_description(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut role = identity::named::<IamRole>(store, form)?;
    role.description = Some(form.required("Description", &DESCRIPTION)?);
    store.update(&role)?;
    Ok(Some(element(cx, &role)))
}

pub(super) fn update_trust(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut role = identity::named::<IamRole>(store, form)?;
    role.trust_policy = form.required("PolicyDocument", &DOCUMENT)?;
    role.trusted_ids = check_trust(store, &role.trust_policy)?;
    store.update(&role)?;
    Ok(None)
}

pub(super) fn delete(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let role = identity::named::<IamRole>(store, form)?;
    identity::must_be_bare(store, &role)?;
    store.delete::<IamRole>(&role.id())?;
    Ok(None)
}

fn take_seconds(form: &mut Form) -> Result<i64, QueryError> {
    let seconds = form.integer("MaxSessionDuration", SESSION_SECONDS..=SESSION_SECONDS_MAX)?;
    Ok(seconds.unwrap_or(SESSION_SECONDS))
}

fn check_trust(
    store: &Reader<'_>,
    document: &str,
) -> Result<std::collections::BTreeMap<String, String>, QueryError> {
    let parsed = documents::check(document, documents::Dialect::Trust)?;
    if documents::counted_chars(document) > TRUST_CHARS_MAX {
        return Err(limit_exceeded(format!("a trust policy has at most {TRUST_CHARS_MAX} characters")));
    }
    trust::principal_ids(store, &parsed)
}

/// The principals that a trust policy names and that are there; none when it is not as it should be.
pub(crate) fn trusted_ids(store: &Reader<'_>, document: &str) -> std::collections::BTreeMap<String, String> {
    let parsed = documents::check(document, documents::Dialect::Trust).ok();
    parsed.and_then(|parsed| trust::principal_ids(store, &parsed).ok()).unwrap_or_default()
}

/// The elements that describe a role in every answer.
fn describe(cx: &Cx, xml: &mut Xml, role: &IamRole) {
    identity::describe(cx, xml, role);
    xml.text("AssumeRolePolicyDocument", &documents::encode(&role.trust_policy))
        .maybe("Description", role.description.as_deref())
        .text("MaxSessionDuration", &role.max_session_seconds.to_string());
}

fn element(cx: &Cx, role: &IamRole) -> Xml {
    let mut xml = Xml::new();
    xml.element("Role", |xml| {
        describe(cx, xml, role);
        identity::describe_more(xml, &role.identity);
    });
    xml
}
