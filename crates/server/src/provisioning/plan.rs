//! What a template wants to be there, with the values of its parameters.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use thingwarden_engine::ids::{encode_hex, sha256};

use super::functions::{Parameters, Resolver};
use super::template::{Override, Resource, Template, certificate_id};

/// Why a template makes nothing of parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("parameter `{parameter}` has no value")]
    Missing { parameter: String },
    #[error(
        "parameter `{parameter}` has a character that would mean more than itself in a policy: one of * ? $ {{ }} \" \\ / # + or a control character"
    )]
    Meaningful { parameter: String },
    #[error("{0}")]
    Function(String),
    #[error("resource `{id}`: {what}")]
    Resource { id: String, what: String },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) thing: Option<ThingPlan>,
    pub(super) certificate: Option<CertificatePlan>,
    pub(super) policies: Vec<PolicyPlan>,
    pub(super) device_configuration: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ThingPlan {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) attributes: Option<BTreeMap<String, String>>,
    pub(super) type_name: Option<String>,
    pub(super) groups: Option<Vec<String>>,
    pub(super) billing_group: Option<String>,
    pub(super) overrides: BTreeMap<String, Override>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct CertificatePlan {
    pub(super) id: String,
    pub(super) source: CertificateSource,
    /// `ACTIVE` or `INACTIVE`.
    pub(super) status: &'static str,
    pub(super) status_override: Option<Override>,
    /// How it is attached to the thing, as AttachThingPrincipal takes it.
    pub(super) principal_type: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum CertificateSource {
    /// In PEM.
    Request(String),
    /// The id of one that is there.
    Id(String),
    Pem {
        certificate: String,
        ca: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PolicyPlan {
    pub(super) id: String,
    pub(super) name: String,
    /// None when the policy is there.
    pub(super) document: Option<String>,
}

impl Template {
    /// # Errors
    /// When a value is missing, or what comes out is no resource.
    pub(super) fn plan(&self, parameters: &Parameters) -> Result<Plan, Unfit> {
        // Also of those that nothing refers to (guide, "Just-in-time provisioning").
        let lacks = |(name, default): &(&String, &Option<String>)| {
            default.is_none() && !parameters.contains_key(*name)
        };
        if let Some((parameter, _)) = self.parameters.iter().find(lacks) {
            return Err(Unfit::Missing { parameter: parameter.clone() });
        }
        let resolver = Resolver::new(self, parameters);
        Ok(Plan {
            thing: self.thing.as_ref().map(|thing| of_thing(&resolver, thing)).transpose()?,
            certificate: self
                .certificate
                .as_ref()
                .map(|certificate| of_certificate(&resolver, certificate))
                .transpose()?,
            policies: self
                .policies
                .iter()
                .map(|policy| of_policy(&resolver, policy))
                .collect::<Result<_, _>>()?,
            device_configuration: match resolver.value(&Value::Object(self.device_configuration.clone()))? {
                Value::Object(configuration) => configuration,
                _ => Map::new(),
            },
        })
    }
}

impl ThingPlan {
    /// Whether a property of a thing that is there is changed; none when it may not be, and all of it fails. Without a setting, what
    /// is as it should be stays, and nothing else is touched: whoever provisions may have made up the name.
    pub(super) fn changes(&self, property: &str, is_same: bool) -> Option<bool> {
        match self.overrides.get(property) {
            Some(Override::DoNothing) => Some(false),
            Some(Override::Merge | Override::Replace) => Some(!is_same),
            None if is_same => Some(false),
            Some(Override::Fail) | None => None,
        }
    }

    /// Whether a thing with so many attributes has them as these are wanted.
    pub(super) fn has_attributes<'c>(
        &self,
        wanted: &BTreeMap<String, String>,
        count: usize,
        current: impl Fn(&str) -> Option<&'c str>,
    ) -> bool {
        let is_merged = self.overrides.get("AttributePayload") == Some(&Override::Merge);
        let has = |(name, value): (&String, &String)| current(name).unwrap_or_default() == value;
        (is_merged || count == wanted.len()) && wanted.iter().all(has)
    }

    /// Whether a thing that is in these groups is in those that are wanted.
    pub(super) fn is_in_groups(&self, current: &BTreeSet<&str>) -> bool {
        let wanted: BTreeSet<&str> = self.groups.iter().flatten().map(String::as_str).collect();
        match self.overrides.get("ThingGroups") {
            Some(Override::Replace) => *current == wanted,
            _ => wanted.is_subset(current),
        }
    }
}

fn of_thing(resolver: &Resolver<'_>, thing: &Resource) -> Result<ThingPlan, Unfit> {
    let unfit = |what: &str| Unfit::Resource { id: thing.id.clone(), what: what.to_owned() };
    let text = |name| thing.properties.get(name).map(|value| resolver.text(value)).transpose();
    let attributes = match thing.properties.get("AttributePayload") {
        None => None,
        Some(given) => {
            let Value::Object(attributes) = given else {
                return Err(unfit("`AttributePayload` has to be names and values"));
            };
            let attribute = |(name, value): (&String, &Value)| Ok((name.clone(), resolver.text(value)?));
            Some(attributes.iter().map(attribute).collect::<Result<_, Unfit>>()?)
        }
    };
    let groups = match thing.properties.get("ThingGroups") {
        None => None,
        Some(given) => {
            let Value::Array(groups) = resolver.value(given)? else {
                return Err(unfit("`ThingGroups` has to be a list of names"));
            };
            let groups = groups.iter().map(|group| group.as_str().map(str::to_owned));
            Some(groups.collect::<Option<_>>().ok_or_else(|| unfit("a thing group is named by a text"))?)
        }
    };
    Ok(ThingPlan {
        id: thing.id.clone(),
        // AWS's own examples leave it out, so a template may; a thing has one.
        name: text("ThingName")?.ok_or_else(|| unfit("`ThingName` is missing"))?,
        attributes,
        type_name: text("ThingTypeName")?,
        groups,
        billing_group: text("BillingGroup")?,
        overrides: thing.overrides.clone(),
    })
}

fn of_certificate(resolver: &Resolver<'_>, certificate: &Resource) -> Result<CertificatePlan, Unfit> {
    let unfit = |what: &str| Unfit::Resource { id: certificate.id.clone(), what: what.to_owned() };
    let properties = &certificate.properties;
    let text = |name| properties.get(name).map(|value| resolver.text(value)).transpose();
    let id = certificate_id(properties).map(|value| resolver.text(value)).transpose()?;
    let source = match (id, text("CertificateSigningRequest")?, text("CertificatePem")?) {
        (Some(id), _, _) => CertificateSource::Id(id.to_ascii_lowercase()),
        (_, Some(request), _) => CertificateSource::Request(request),
        (_, _, Some(certificate)) => CertificateSource::Pem { certificate, ca: text("CACertificatePem")? },
        (None, None, None) => return Err(unfit("nothing says which certificate")),
    };
    // In the guide's examples also as `Active`.
    let status = match text("Status")?.map(|status| status.to_ascii_uppercase()).as_deref() {
        None | Some("ACTIVE") => "ACTIVE",
        Some("INACTIVE") => "INACTIVE",
        Some(_) => return Err(unfit("`Status` is ACTIVE or INACTIVE")),
    };
    Ok(CertificatePlan {
        id: certificate.id.clone(),
        source,
        status,
        status_override: certificate.overrides.get("Status").copied(),
        principal_type: text("ThingPrincipalType")?,
    })
}

/// A policy that is made is called by the hash of its document (guide, "Policy resources").
fn of_policy(resolver: &Resolver<'_>, policy: &Resource) -> Result<PolicyPlan, Unfit> {
    let id = policy.id.clone();
    match policy.properties.get("PolicyDocument") {
        Some(document) => {
            let document = resolver.document(document)?;
            Ok(PolicyPlan { id, name: encode_hex(&sha256(document.as_bytes())), document: Some(document) })
        }
        None => match policy.properties.get("PolicyName") {
            Some(name) => Ok(PolicyPlan { id, name: resolver.text(name)?, document: None }),
            None => Err(Unfit::Resource { id, what: "nothing says which policy".to_owned() }),
        },
    }
}
