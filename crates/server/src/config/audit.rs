//! The configuration file, and what `thingwarden audit` finds in it: which checks run with which thresholds, and suppressions. Whatever the file says that nobody knows is an error with its line, because a misspelled suppression or threshold
//! would be silently without effect.

use std::ffi::OsString;
use std::fmt;

use thingwarden_engine::audit::settings::SettingsError;
use thingwarden_engine::audit::suppression::SuppressedResource;
use thingwarden_engine::audit::{Check, Resource, ResourceType, Settings, Suppression};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::time::Timestamp;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::approvals::{ApprovalRule, ApproverConfig};
use super::keys::KEYS;
use super::section::{Given, is_section};
use super::sinks::SinkConfig;
use super::suggestion;
use super::token_issuers::TokenIssuer;
use crate::names::near;

/// A configuration file that makes sense.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// Checks that are switched on or off.
    pub(crate) enabled: Vec<(&'static Check, bool)>,
    /// Thresholds in AWS's configuration keys; each is known to its check and in range.
    pub(crate) thresholds: Vec<(&'static Check, String, String)>,
    pub(crate) suppressions: Vec<Suppression>,
    /// Settings, in the order of the file.
    pub(crate) settings: Vec<Given>,
    /// Where findings of a server's audits go.
    pub(crate) sinks: Vec<SinkConfig>,
    /// Who is asked before findings are mitigated.
    pub(crate) approvers: Vec<ApproverConfig>,
    /// What is done about findings at the end of an audit, by itself or after somebody was asked.
    pub(crate) approvals: Vec<ApprovalRule>,
    /// Whose tokens let clients in.
    pub(crate) token_issuers: Vec<TokenIssuer>,
}

impl Config {
    /// Whether the file says nothing to `thingwarden audit`.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { enabled, thresholds, suppressions, .. } = self;
        enabled.is_empty() && thresholds.is_empty() && suppressions.is_empty()
    }

    /// What is wrong with the secrets that it names, which are elsewhere.
    pub(crate) fn secret_problems(&self, environment: &[(OsString, OsString)]) -> Vec<String> {
        let sinks = self.sinks.iter().flat_map(|sink| sink.secret_problems(environment));
        sinks.chain(self.approvers.iter().flat_map(|one| one.secret_problems(environment))).collect()
    }
}

/// What is wrong with a configuration file; all of it, in the order of the file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", Lines(.file, .problems))]
pub(crate) struct ConfigError {
    pub(crate) file: String,
    pub(crate) problems: Vec<Located>,
}

/// A problem with its line, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Located {
    pub(crate) line: usize,
    pub(crate) problem: Problem,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{0}")]
    Syntax(String),
    #[error("unknown key `{key}`, expected one of {}", .expected.join(", "))]
    UnknownKey { key: String, expected: Vec<&'static str> },
    #[error("unknown key `{key}`{}", suggestion(.near))]
    UnknownSetting { key: String, near: Option<String> },
    #[error("`{key}` is `{value}`, expected {expected}")]
    BadSetting { key: String, value: String, expected: String },
    #[error("there is no check `{name}`{}", Near(.near))]
    UnknownCheck { name: String, near: Vec<&'static str> },
    #[error("`{key}` must be {expected}, not {found}")]
    WrongType { key: String, expected: &'static str, found: &'static str },
    #[error("`{key}` is `{value}`, expected {expected}")]
    BadValue { key: String, value: String, expected: &'static str },
    #[error(transparent)]
    Threshold(#[from] SettingsError),
    #[error("the sink {0}")]
    Sink(String),
    #[error("the approver {0}")]
    Approver(String),
    #[error("the approval {0}")]
    Approval(String),
    #[error("the token issuer {0}")]
    TokenIssuer(String),
    #[error("the suppression has no `{0}`")]
    Missing(&'static str),
    #[error("the suppression has neither `expires` nor `indefinite = true`")]
    NoEnd,
    #[error("the suppression has both `expires` and `indefinite = true`")]
    TwoEnds,
    #[error("the suppression names no resource, expected one of {}", RESOURCE_KEYS.join(", "))]
    NoResource,
    #[error("the suppression names more than one resource: {}", .0.join(", "))]
    SeveralResources(Vec<String>),
    #[error("`{check}` reports {expected}, so a suppression by `{key}` would have no effect")]
    WrongResource { check: &'static str, key: String, expected: &'static str },
}

const LIST_OF_TABLES: &str = "a list of tables";

const RESOURCE_KEYS: [&str; 9] = [
    "account",
    "ca_certificate_id",
    "client_id",
    "cognito_identity_pool_id",
    "device_certificate_id",
    "issuer_certificate_id",
    "policy_name",
    "policy_version_id",
    "role_alias_arn",
];

/// Prints each problem on a line of its own, as `file:line: problem`.
struct Lines<'a>(&'a str, &'a [Located]);

struct Near<'a>(&'a [&'static str]);

/// Reads a configuration file. `known` are the checks that may be named.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn parse(file: &str, text: &str, known: &[&'static Check]) -> Result<Config, ConfigError> {
    let mut reader = Reader { text, known, problems: vec![], config: Config::default() };
    match DeTable::parse(text) {
        Ok(document) => reader.document(document.get_ref()),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reader.problem(at, Problem::Syntax(error.message().replace('\n', ", ")));
        }
    }
    if reader.problems.is_empty() {
        return Ok(reader.config);
    }
    reader.problems.sort_by_key(|located| located.line);
    Err(ConfigError { file: file.to_owned(), problems: reader.problems })
}

/// Reads one document; all problems are collected.
pub(super) struct Reader<'a> {
    text: &'a str,
    known: &'a [&'static Check],
    problems: Vec<Located>,
    pub(super) config: Config,
}

impl Reader<'_> {
    pub(super) fn problem(&mut self, at: usize, problem: Problem) {
        let line = self.line(at);
        self.problems.push(Located { line, problem });
    }

    pub(super) fn problem_count(&self) -> usize {
        self.problems.len()
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }

    fn document(&mut self, document: &DeTable<'_>) {
        for (key, value) in document {
            let at = key.span().start;
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("checks", DeValue::Table(checks)) => {
                    for (name, check) in checks {
                        self.check(name.span().start, name.get_ref(), check);
                    }
                }
                ("suppressions", DeValue::Array(all)) => self.tables("suppressions", all, Self::suppression),
                ("sinks", DeValue::Array(all)) => self.tables("sinks", all, Self::sink),
                ("approvers", DeValue::Array(all)) => self.tables("approvers", all, Self::approver),
                ("approvals", DeValue::Array(all)) => self.tables("approvals", all, Self::approval),
                ("token_issuers", DeValue::Array(all)) => {
                    self.tables("token_issuers", all, Self::token_issuer)
                }
                (section, DeValue::Table(table)) if is_section(section) => self.section(section, table),
                (name @ ("suppressions" | "sinks" | "approvers" | "approvals" | "token_issuers"), _) => {
                    self.wrong_type(value, name, LIST_OF_TABLES);
                }
                (name, _) if name == "checks" || is_section(name) => self.wrong_type(value, name, "a table"),
                (unknown, _) => {
                    let mut expected: Vec<&str> = KEYS.iter().map(|key| key.section).collect();
                    expected.dedup();
                    expected.extend([
                        "approvals",
                        "approvers",
                        "checks",
                        "sinks",
                        "suppressions",
                        "token_issuers",
                    ]);
                    self.unknown(at, unknown, expected);
                }
            }
        }
        self.approvers_must_be_known();
    }

    fn tables(&mut self, name: &str, all: &DeArray<'_>, read: fn(&mut Self, at: usize, table: &DeTable<'_>)) {
        for one in all {
            match one.get_ref() {
                DeValue::Table(table) => read(self, one.span().start, table),
                _ => self.wrong_type(one, name, LIST_OF_TABLES),
            }
        }
    }

    fn check(&mut self, at: usize, name: &str, value: &Spanned<DeValue<'_>>) {
        let Some(check) = self.find(at, name) else { return };
        let DeValue::Table(table) = value.get_ref() else {
            return self.wrong_type(value, name, "a table");
        };
        for (key, value) in table {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("enabled", DeValue::Boolean(enabled)) => self.config.enabled.push((check, *enabled)),
                ("enabled", _) => self.wrong_type(value, "enabled", "true or false"),
                (threshold, DeValue::String(text)) => {
                    self.threshold(key.span().start, check, threshold, text)
                }
                (threshold, DeValue::Integer(number)) => {
                    let text =
                        if number.radix() == 10 { number.as_str().to_owned() } else { number.to_string() };
                    self.threshold(key.span().start, check, threshold, &text);
                }
                (threshold, _) => {
                    let is_known = check.thresholds.iter().any(|one| one.key == threshold);
                    if is_known {
                        self.wrong_type(value, threshold, "a whole number");
                    } else {
                        let mut expected: Vec<&str> = check.thresholds.iter().map(|one| one.key).collect();
                        expected.push("enabled");
                        self.unknown(key.span().start, threshold, expected);
                    }
                }
            }
        }
    }

    fn threshold(&mut self, at: usize, check: &'static Check, key: &str, value: &str) {
        match Settings::default().set(check, key, value) {
            Ok(()) => self.config.thresholds.push((check, key.to_owned(), value.to_owned())),
            Err(error) => self.problem(at, error.into()),
        }
    }

    fn suppression(&mut self, at: usize, table: &DeTable<'_>) {
        let before = self.problems.len();
        let mut check = None;
        let (mut reason, mut expires, mut indefinite) = (None, None, false);
        let mut resources: Vec<(&str, &str, usize)> = Vec::new();
        for (key, value) in table {
            let (name, place) = (key.get_ref().as_ref(), value.span().start);
            match (name, value.get_ref()) {
                ("check", DeValue::String(text)) => check = self.find(place, text),
                ("reason", DeValue::String(text)) if !text.trim().is_empty() => {
                    reason = Some(text.trim().to_owned())
                }
                ("reason", DeValue::String(text)) => self.bad_value(place, name, text, "some words"),
                ("expires", DeValue::String(text)) => expires = self.time(place, text),
                ("expires", DeValue::Datetime(time)) => expires = self.time(place, &time.to_string()),
                ("indefinite", DeValue::Boolean(value)) => indefinite = *value,
                ("indefinite", _) => self.wrong_type(value, name, "true or false"),
                ("expires", _) => self.wrong_type(value, name, "a date"),
                (known, DeValue::String(text)) if RESOURCE_KEYS.contains(&known) => {
                    resources.push((known, text.as_ref(), place));
                }
                (known, _) if known == "check" || known == "reason" || RESOURCE_KEYS.contains(&known) => {
                    self.wrong_type(value, known, "a string");
                }
                (unknown, _) => {
                    let expected = ["check", "expires", "indefinite", "reason"]
                        .into_iter()
                        .chain(RESOURCE_KEYS)
                        .collect();
                    self.unknown(key.span().start, unknown, expected);
                }
            }
        }
        let has = |key: &str| table.contains_key(key);
        for (key, known) in [("check", has("check")), ("reason", has("reason"))] {
            if !known {
                self.problem(at, Problem::Missing(key));
            }
        }
        match (has("expires"), indefinite) {
            (false, false) => self.problem(at, Problem::NoEnd),
            (true, true) => self.problem(at, Problem::TwoEnds),
            _ => {}
        }
        let resource = self.resource(at, &resources);
        if let (Some(check), Some((_, found)), Some((key, _, place))) = (check, &resource, resources.first())
        {
            // Our own checks report devices and CAs alike; AWS's report one kind of resource each.
            if !check.name.starts_with("THINGWARDEN_") && *found != check.resource_type {
                let expected = check.resource_type.as_str();
                self.problem(
                    *place,
                    Problem::WrongResource { check: check.name, key: (*key).to_owned(), expected },
                );
            }
        }
        if let (Some(check), Some((resource, _)), Some(description), true) =
            (check, resource, reason, before == self.problems.len())
        {
            self.config.suppressions.push(Suppression {
                check: check.name.to_owned(),
                resource,
                expires,
                description,
            });
        }
    }

    fn resource(
        &mut self,
        at: usize,
        given: &[(&str, &str, usize)],
    ) -> Option<(SuppressedResource, ResourceType)> {
        let exactly = |resource: Resource| {
            let kind = resource.resource_type();
            Some((SuppressedResource::Exactly(resource), kind))
        };
        match *given {
            [] => {
                self.problem(at, Problem::NoResource);
                None
            }
            [("policy_name", name, _), ("policy_version_id", version, _)] => {
                exactly(Resource::IotPolicy { name: name.to_owned(), version: version.to_owned() })
            }
            [("policy_name", ..)] => {
                self.problem(at, Problem::Missing("policy_version_id"));
                None
            }
            [("policy_version_id", ..)] => {
                self.problem(at, Problem::Missing("policy_name"));
                None
            }
            [("account", account, place)] => {
                if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
                    self.bad_value(place, "account", account, "twelve digits");
                    return None;
                }
                exactly(Resource::AccountSettings { account: account.to_owned() })
            }
            [("client_id", id, _)] => exactly(Resource::ClientId(id.to_owned())),
            [("cognito_identity_pool_id", id, _)] => exactly(Resource::CognitoIdentityPool(id.to_owned())),
            [("role_alias_arn", arn, _)] => exactly(Resource::RoleAlias { arn: arn.to_owned() }),
            [
                (
                    key @ ("ca_certificate_id" | "device_certificate_id" | "issuer_certificate_id"),
                    text,
                    place,
                ),
            ] => {
                let Some(id) = CertificateId::parse(text) else {
                    self.bad_value(place, key, text, "64 hex digits");
                    return None;
                };
                match key {
                    "ca_certificate_id" => exactly(Resource::CaCertificate(id)),
                    "device_certificate_id" => exactly(Resource::DeviceCertificate(id)),
                    _ => Some((SuppressedResource::Issuer(id), ResourceType::IssuerCertificate)),
                }
            }
            _ => {
                let names = given.iter().map(|(key, ..)| (*key).to_owned()).collect();
                self.problem(at, Problem::SeveralResources(names));
                None
            }
        }
    }

    fn time(&mut self, at: usize, text: &str) -> Option<Timestamp> {
        let time = Timestamp::parse(text).ok();
        if time.is_none() {
            self.bad_value(
                at,
                "expires",
                text,
                "a date such as 2026-12-31 or a time such as 2026-12-31T12:00:00Z",
            );
        }
        time
    }

    /// The checks that may be named.
    pub(super) fn known_checks(&self) -> impl Iterator<Item = &'static Check> {
        self.known.iter().copied()
    }

    pub(super) fn find(&mut self, at: usize, name: &str) -> Option<&'static Check> {
        let found = self.known.iter().find(|check| check.name == name).copied();
        if found.is_none() {
            let near = near(name, self.known);
            self.problem(at, Problem::UnknownCheck { name: name.to_owned(), near });
        }
        found
    }

    pub(super) fn unknown(&mut self, at: usize, key: &str, mut expected: Vec<&'static str>) {
        expected.sort_unstable();
        self.problem(at, Problem::UnknownKey { key: key.to_owned(), expected });
    }

    pub(super) fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, key: &str, expected: &'static str) {
        let found = value.get_ref().type_str();
        self.problem(value.span().start, Problem::WrongType { key: key.to_owned(), expected, found });
    }

    pub(super) fn bad_value(&mut self, at: usize, key: &str, value: &str, expected: &'static str) {
        self.problem(at, Problem::BadValue { key: key.to_owned(), value: value.to_owned(), expected });
    }
}

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Located { line, problem }) in self.1.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{}:{line}: {problem}", self.0)?;
        }
        Ok(())
    }
}

impl fmt::Display for Near<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("; `thingwarden checks` lists all"),
            names => write!(f, "; did you mean {}?", names.join(" or ")),
        }
    }
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
