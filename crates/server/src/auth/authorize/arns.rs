//! The ARNs that a request is about, from its input.

use serde_json::Value;
use thingwarden_engine::ids::CertificateId;
use thingwarden_wire::Operation;

use super::table::{Target, passed_roles, targets};
use super::{LookupError, Refusal, Resources};

/// Longest ARN, in bytes (IAM, `arnType`: 2,048 characters).
const ARN_BYTES_MAX: usize = 2048;

/// A resource that an operation needs permission for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) arn: String,
    /// Of another account or region, or of no account at all: nobody here can allow it.
    pub(super) foreign: bool,
    /// What a denial says in place of the ARN, when that has something in it that only the store knows.
    pub(super) shown: Option<String>,
}

impl Resource {
    fn own(arn: String) -> Self {
        Self { arn, foreign: false, shown: None }
    }

    /// What a denial calls it: nothing but what the request says.
    pub(super) fn shown(&self) -> &str {
        self.shown.as_deref().unwrap_or(&self.arn)
    }
}

/// Where a request is at home.
#[derive(Clone, Copy, Debug)]
pub(super) struct Home<'a> {
    pub(super) account: &'a str,
    pub(super) region: &'a str,
}

impl Home<'_> {
    pub(super) fn arn(&self, resource_type: &str, name: &str) -> String {
        format!("arn:aws:iot:{}:{}:{resource_type}/{name}", self.region, self.account)
    }

    /// A text that should be the ARN of something of AWS IoT. What is no ARN stays as it is: only a policy for everything
    /// allows it, and no handler finds a resource by it.
    fn iot(&self, text: &str) -> Resource {
        let own = text
            .strip_prefix("arn:aws:iot:")
            .and_then(|rest| rest.strip_prefix(self.region)?.strip_prefix(':'))
            .and_then(|rest| rest.strip_prefix(self.account)?.strip_prefix(':'));
        match own {
            Some(resource) => {
                let arn = match resource.split_once('/') {
                    Some((resource_type @ ("cert" | "cacert"), id)) => {
                        self.arn(resource_type, &certificate(id))
                    }
                    _ => text.to_owned(),
                };
                Resource::own(arn)
            }
            None => Resource { foreign: is_arn(text), ..Resource::own(text.to_owned()) },
        }
    }

    /// A role that the service is to assume.
    fn role(&self, text: &str) -> Resource {
        let own = text.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_prefix(self.account));
        let own = own.is_some_and(|rest| rest.starts_with(":role/"));
        Resource { foreign: !own && is_arn(text), ..Resource::own(text.to_owned()) }
    }
}

fn is_arn(text: &str) -> bool {
    text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:"))
}

/// The one spelling of a certificate id: hexadecimal digits may come in either case, and after `0x`.
fn certificate(id: &str) -> String {
    CertificateId::parse(id).map_or_else(|| id.to_ascii_lowercase(), |id| id.to_string())
}

/// The resources that `operation` needs permission for; `*` when it has none.
pub(super) fn of(
    operation: Operation,
    input: &Value,
    home: Home<'_>,
    resources: &dyn Resources,
) -> Result<Vec<Resource>, Refusal> {
    let mut found: Vec<Resource> = Vec::new();
    for target in targets(operation) {
        match *target {
            Target::Named(resource_type, member) => {
                for name in texts(input, member) {
                    let name = bounded(name)?;
                    found.push(match resource_type {
                        "cert" | "cacert" => Resource::own(home.arn(resource_type, &certificate(name))),
                        "domainconfiguration" => Resource {
                            shown: Some(home.arn(resource_type, name)),
                            ..Resource::own(home.arn(resource_type, &domain_configuration(name, resources)?))
                        },
                        _ => Resource::own(home.arn(resource_type, name)),
                    });
                }
            }
            Target::Arn(member) => {
                for text in texts(input, member) {
                    found.push(home.iot(bounded(text)?));
                }
            }
        }
    }
    if found.is_empty() {
        found.push(Resource::own("*".to_owned()));
    }
    Ok(found)
}

/// The roles that a request hands to the service.
pub(super) fn roles(operation: Operation, input: &Value, home: Home<'_>) -> Result<Vec<Resource>, Refusal> {
    let paths = passed_roles(operation);
    let texts = paths.iter().flat_map(|path| texts(input, path));
    texts.map(|text| Ok(home.role(bounded(text)?))).collect()
}

/// The ARN of a domain configuration ends in an id that only the store knows. Where there is none yet, only a pattern that
/// is open at its end matches.
fn domain_configuration(name: &str, resources: &dyn Resources) -> Result<String, LookupError> {
    let id = resources.domain_configuration_id(name)?;
    Ok(format!("{name}/{}", id.as_deref().unwrap_or("*")))
}

fn bounded(text: &str) -> Result<&str, Refusal> {
    if text.len() > ARN_BYTES_MAX {
        let text = format!("a name or ARN in the request is longer than {ARN_BYTES_MAX} bytes");
        return Err(Refusal::Invalid(text));
    }
    Ok(text)
}

/// All texts at a place of the input: members separated by dots, `*` for every value of a map, lists element by element.
/// Empty texts count as absent.
fn texts<'a>(input: &'a Value, path: &str) -> Vec<&'a str> {
    let mut values = vec![input];
    for step in path.split('.') {
        values = values
            .into_iter()
            .flat_map(|value| match (value, step) {
                (Value::Object(members), "*") => members.values().collect(),
                (Value::Object(members), step) => members.get(step).into_iter().collect(),
                _ => Vec::new(),
            })
            .collect();
    }
    let flat = values.into_iter().flat_map(|value| match value {
        Value::Array(elements) => elements.iter().collect(),
        value => vec![value],
    });
    flat.filter_map(Value::as_str).filter(|text| !text.is_empty()).collect()
}
