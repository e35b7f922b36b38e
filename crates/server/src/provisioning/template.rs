//! The body of a provisioning template: read once, and found fit or not before it is used.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::functions;

/// The longest body (service model, `TemplateBody`).
const BODY_CHARS_MAX: usize = 10_240;
/// What the server knows of a certificate and nobody else can say.
pub(super) const PSEUDO_PREFIX: &str = "AWS::IoT::Certificate::";
/// Pseudo parameters ([guide, "Just-in-time
/// provisioning"](https://docs.aws.amazon.com/iot/latest/developerguide/jit-provisioning.html)).
pub(super) const PSEUDO: [&str; 8] = [
    "CommonName",
    "Country",
    "DistinguishedNameQualifier",
    "Id",
    "Organization",
    "OrganizationalUnit",
    "SerialNumber",
    "StateName",
];

/// What a template is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// RegisterThing: the caller brings everything.
    Call,
    /// A device has a claim, and brings parameters.
    Fleet,
    /// A device has a certificate of a registered CA.
    JustInTime,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("template body, {place}: {what}")]
pub(crate) struct TemplateError {
    /// Names of members from the outermost, with dots between them.
    place: String,
    what: String,
}

impl TemplateError {
    pub(super) fn new(place: &str, what: impl Into<String>) -> Self {
        Self { place: place.to_owned(), what: what.into() }
    }
}

/// A template that makes sense, whatever the parameters.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// Declared parameters, with defaults.
    pub(super) parameters: BTreeMap<String, Option<String>>,
    pub(super) mappings: Map<String, Value>,
    pub(super) thing: Option<Resource>,
    pub(super) certificate: Option<Resource>,
    pub(super) policies: Vec<Resource>,
    pub(super) device_configuration: Map<String, Value>,
}

/// A resource as it is declared.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// Its logical name.
    pub(super) id: String,
    pub(super) properties: Map<String, Value>,
    pub(super) overrides: BTreeMap<String, Override>,
}

/// What happens to something that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Override {
    DoNothing,
    Fail,
    Merge,
    Replace,
}

const THING: &[&str] = &["AttributePayload", "BillingGroup", "ThingGroups", "ThingName", "ThingTypeName"];
const CERTIFICATE: &[&str] = &[
    "CACertificatePem",
    "CertificateID",
    "CertificateId",
    "CertificatePem",
    "CertificateSigningRequest",
    "Status",
    "ThingPrincipalType",
];
const POLICY: &[&str] = &["PolicyDocument", "PolicyName"];

impl Template {
    /// # Errors
    /// With the place of what is wrong.
    pub(crate) fn parse(body: &str) -> Result<Self, TemplateError> {
        if body.chars().count() > BODY_CHARS_MAX {
            let what = format!("it has more than {BODY_CHARS_MAX} characters");
            return Err(TemplateError::new("length", what));
        }
        let root: Value =
            serde_json::from_str(body).map_err(|error| TemplateError::new("JSON", error.to_string()))?;
        let sections = object(&root, "outermost level")?;
        known(sections, &["DeviceConfiguration", "Mappings", "Parameters", "Resources"], "outermost level")?;
        let mut template = Self {
            parameters: parameters(sections.get("Parameters"))?,
            mappings: mappings(sections.get("Mappings"))?,
            thing: None,
            certificate: None,
            policies: vec![],
            device_configuration: Map::new(),
        };
        let resources = sections.get("Resources").ok_or_else(|| missing("Resources"))?;
        for (id, resource) in object(resources, "Resources")? {
            template.add(id, resource, &format!("Resources.{id}"))?;
        }
        if template.certificate.is_none() && !template.policies.is_empty() {
            let what = "a policy needs a certificate that it is attached to";
            return Err(TemplateError::new("Resources", what));
        }
        if let Some(configuration) = sections.get("DeviceConfiguration") {
            let place = "DeviceConfiguration";
            functions::check(configuration, &template, place)?;
            template.device_configuration = object(configuration, place)?.clone();
        }
        Ok(template)
    }

    /// That the template can do what it is for.
    ///
    /// # Errors
    /// With the place of what cannot.
    pub(crate) fn check_purpose(&self, purpose: Purpose) -> Result<(), TemplateError> {
        if purpose == Purpose::Call {
            return Ok(());
        }
        let Some(certificate) = &self.certificate else {
            return Err(TemplateError::new("Resources", "the device's certificate is missing"));
        };
        if certificate_id(&certificate.properties).is_none() {
            let what = "the device's certificate is there already, so it is given by `CertificateId`";
            return Err(TemplateError::new(&format!("Resources.{}", certificate.id), what));
        }
        if purpose == Purpose::JustInTime {
            // Nobody could give a value to another one.
            let lacks = |(name, default): &(&String, &Option<String>)| {
                default.is_none() && !name.starts_with(PSEUDO_PREFIX)
            };
            if let Some((name, _)) = self.parameters.iter().find(lacks) {
                let what = "only what a certificate says has a value when a device connects: give a default";
                return Err(TemplateError::new(&format!("Parameters.{name}"), what));
            }
        }
        Ok(())
    }

    /// Whether something may be referred to.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.parameters.contains_key(name) || is_pseudo(name)
    }

    fn add(&mut self, id: &str, resource: &Value, place: &str) -> Result<(), TemplateError> {
        let resource = object(resource, place)?;
        known(resource, &["OverrideSettings", "Properties", "Type"], place)?;
        let kind = resource.get("Type").and_then(Value::as_str).ok_or_else(|| missing_in(place, "Type"))?;
        let (properties, overrides): (_, &[&str]) = match kind {
            "AWS::IoT::Thing" => (THING, &["AttributePayload", "ThingGroups", "ThingTypeName"]),
            "AWS::IoT::Certificate" => (CERTIFICATE, &["Status"]),
            "AWS::IoT::Policy" => (POLICY, &[]),
            _ => {
                let what = "`Type` is AWS::IoT::Thing, AWS::IoT::Certificate or AWS::IoT::Policy";
                return Err(TemplateError::new(place, what));
            }
        };
        let given = resource.get("Properties").ok_or_else(|| missing_in(place, "Properties"))?;
        let in_properties = format!("{place}.Properties");
        functions::check(given, self, &in_properties)?;
        let made = Resource {
            id: id.to_owned(),
            properties: object(given, &in_properties)?.clone(),
            overrides: overridden(resource.get("OverrideSettings"), overrides, place)?,
        };
        known(&made.properties, properties, &in_properties)?;
        let only_one = |what| TemplateError::new(place, format!("a template has one {what} at most"));
        match kind {
            "AWS::IoT::Thing" if self.thing.is_some() => return Err(only_one("thing")),
            "AWS::IoT::Thing" => self.thing = Some(made),
            "AWS::IoT::Certificate" if self.certificate.is_some() => return Err(only_one("certificate")),
            "AWS::IoT::Certificate" => {
                check_certificate(&made.properties, &in_properties)?;
                self.certificate = Some(made);
            }
            _ => {
                exactly_one(&made.properties, POLICY, &in_properties)?;
                self.policies.push(made);
            }
        }
        Ok(())
    }
}

/// Whether the server gives it a value.
pub(super) fn is_pseudo(name: &str) -> bool {
    name.strip_prefix(PSEUDO_PREFIX).is_some_and(|name| PSEUDO.contains(&name))
}

/// The id of an existing certificate: the guide spells the property in two ways.
pub(super) fn certificate_id(properties: &Map<String, Value>) -> Option<&Value> {
    properties.get("CertificateId").or_else(|| properties.get("CertificateID"))
}

fn parameters(section: Option<&Value>) -> Result<BTreeMap<String, Option<String>>, TemplateError> {
    let mut declared = BTreeMap::new();
    let Some(section) = section else { return Ok(declared) };
    for (name, parameter) in object(section, "Parameters")? {
        let place = format!("Parameters.{name}");
        let parameter = object(parameter, &place)?;
        known(parameter, &["Default", "Type"], &place)?;
        if name.starts_with("AWS::") && !is_pseudo(name) {
            return Err(TemplateError::new(&place, "names that begin with `AWS::` are AWS's"));
        }
        if parameter.get("Type").and_then(Value::as_str) != Some("String") {
            return Err(TemplateError::new(&place, "`Type` has to be String"));
        }
        let default = match parameter.get("Default") {
            None => None,
            Some(default) => {
                let text = default.as_str();
                let text = text.ok_or_else(|| TemplateError::new(&place, "`Default` has to be a text"))?;
                Some(text.to_owned())
            }
        };
        declared.insert(name.clone(), default);
    }
    Ok(declared)
}

/// Two levels of names, and no functions.
fn mappings(section: Option<&Value>) -> Result<Map<String, Value>, TemplateError> {
    let Some(section) = section else { return Ok(Map::new()) };
    let maps = object(section, "Mappings")?;
    for (name, map) in maps {
        let place = format!("Mappings.{name}");
        for (key, values) in object(map, &place)? {
            let place = format!("{place}.{key}");
            for (name, value) in object(values, &place)? {
                if functions::has_function(value) {
                    let place = format!("{place}.{name}");
                    return Err(TemplateError::new(&place, "there are no functions in `Mappings`"));
                }
            }
        }
    }
    Ok(maps.clone())
}

fn overridden(
    settings: Option<&Value>,
    allowed: &[&str],
    place: &str,
) -> Result<BTreeMap<String, Override>, TemplateError> {
    let Some(settings) = settings else { return Ok(BTreeMap::new()) };
    let place = format!("{place}.OverrideSettings");
    let settings = object(settings, &place)?;
    known(settings, allowed, &place)?;
    let setting = |(name, value): (&String, &Value)| {
        let can_merge = matches!(name.as_str(), "AttributePayload" | "ThingGroups");
        let setting = match value.as_str() {
            Some("DO_NOTHING") => Override::DoNothing,
            Some("FAIL") => Override::Fail,
            Some("MERGE") if can_merge => Override::Merge,
            Some("REPLACE") => Override::Replace,
            _ => {
                let merge = if can_merge { ", MERGE" } else { "" };
                let what = format!("`{name}` is DO_NOTHING, FAIL{merge} or REPLACE");
                return Err(TemplateError::new(&place, what));
            }
        };
        Ok((name.clone(), setting))
    };
    settings.iter().map(setting).collect()
}

fn check_certificate(properties: &Map<String, Value>, place: &str) -> Result<(), TemplateError> {
    exactly_one(
        properties,
        &["CertificateID", "CertificateId", "CertificatePem", "CertificateSigningRequest"],
        place,
    )?;
    if properties.contains_key("CACertificatePem") && !properties.contains_key("CertificatePem") {
        return Err(TemplateError::new(place, "`CACertificatePem` goes with `CertificatePem`"));
    }
    Ok(())
}

fn exactly_one(properties: &Map<String, Value>, names: &[&str], place: &str) -> Result<(), TemplateError> {
    match names.iter().filter(|name| properties.contains_key(**name)).count() {
        1 => Ok(()),
        _ => Err(TemplateError::new(place, format!("exactly one of {} is wanted", names.join(", ")))),
    }
}

fn object<'a>(value: &'a Value, place: &str) -> Result<&'a Map<String, Value>, TemplateError> {
    value.as_object().ok_or_else(|| TemplateError::new(place, "an object is wanted"))
}

/// A misspelled name would be a part of the template that never does anything.
fn known(members: &Map<String, Value>, names: &[&str], place: &str) -> Result<(), TemplateError> {
    match members.keys().find(|name| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some(_) if names.is_empty() => Err(TemplateError::new(place, "policies have none")),
        Some(name) => {
            let what = format!("`{name}` is not known here: {} are", names.join(", "));
            Err(TemplateError::new(place, what))
        }
    }
}

fn missing(section: &str) -> TemplateError {
    missing_in("outermost level", section)
}

fn missing_in(place: &str, name: &str) -> TemplateError {
    TemplateError::new(place, format!("`{name}` is missing"))
}
