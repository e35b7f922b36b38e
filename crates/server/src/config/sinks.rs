//! `[[sinks]]` in the configuration file: where findings of audits go.

use std::ffi::OsString;
use std::path::PathBuf;

use http::Uri;
use thingwarden_engine::audit::Severity;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use super::audit::{Problem, Reader};
use super::value::{Region, Value};
use crate::sinks::asff::{Mapping, Style};
use crate::sinks::ocsf::Class;

/// Sinks of one server.
const SINKS_MAX: usize = 32;
/// A file with a secret.
const SECRET_BYTES_MAX: usize = 4096;
/// A secret that signs.
const SIGNING_SECRET_BYTES_MIN: usize = 16;

pub(super) const SEVERITIES: &str = "critical, high, medium or low";

/// `critical`, `high`, `medium` or `low`.
pub(super) fn severity(text: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|one| one.as_str().to_lowercase() == text)
}

/// One sink as it was configured.
#[derive(Clone, Debug)]
pub(crate) struct SinkConfig {
    /// What records know it by: a sink that gets another name is another sink.
    pub(crate) name: String,
    /// Findings that are less severe are left out.
    pub(crate) min_severity: Severity,
    pub(crate) kind: SinkKind,
    /// Keys and values as they were given; of secrets, where they are.
    pub(crate) shown: Vec<(String, String)>,
}

/// What it speaks, and to whom.
#[derive(Clone, Debug)]
pub(crate) enum SinkKind {
    SecurityHub { mapping: Mapping, region: Option<String> },
    Ocsf { class: Class, to: OcsfTarget },
    Webhook { url: Uri, secret: SecretPlace },
    Slack { url: SecretPlace },
}

/// Where events of OCSF go.
#[derive(Clone, Debug)]
pub(crate) enum OcsfTarget {
    File(PathBuf),
    Http { url: Uri, token: Option<SecretPlace> },
    Syslog { transport: Transport, host: String, port: u16 },
}

/// How syslog messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
    Tls,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretPlace {
    File(PathBuf),
    Environment(String),
}

impl SecretPlace {
    /// Reads the secret, without white space around it.
    ///
    /// # Errors
    /// When it is not there, is empty or too long; the text never has the secret in it.
    pub(crate) fn read(&self, environment: &[(OsString, OsString)]) -> Result<Zeroizing<String>, String> {
        let (place, text) = match self {
            Self::File(path) => {
                let place = format!("`{}`", path.display());
                let text = std::fs::read_to_string(path).map(Zeroizing::new);
                (place.clone(), text.map_err(|error| format!("{place} cannot be read: {error}"))?)
            }
            Self::Environment(name) => {
                let place = format!("`{name}` of the environment");
                let value = environment.iter().find(|(known, _)| *known == **name).map(|(_, value)| value);
                let text = value.and_then(|value| value.to_str());
                let text = text.ok_or_else(|| format!("{place} is not set, or is not UTF-8"))?;
                (place, Zeroizing::new(text.to_owned()))
            }
        };
        let secret = Zeroizing::new(text.trim().to_owned());
        if secret.is_empty() || secret.len() > SECRET_BYTES_MAX {
            return Err(format!("{place} has no secret of 1 to {SECRET_BYTES_MAX} bytes"));
        }
        Ok(secret)
    }
}

impl SinkConfig {
    /// What is wrong with the secrets that it names.
    pub(crate) fn secret_problems(&self, environment: &[(OsString, OsString)]) -> Vec<String> {
        let problem = match &self.kind {
            SinkKind::Webhook { secret, .. } => signing_secret_problem(secret, environment),
            SinkKind::Slack { url } => secret_address_problem(url, environment),
            SinkKind::Ocsf { to: OcsfTarget::Http { token: Some(token), .. }, .. } => {
                token.read(environment).err()
            }
            _ => None,
        };
        problem.map(|problem| format!("sink `{}`: {problem}", self.name)).into_iter().collect()
    }
}

/// What is wrong with a secret that signs.
pub(super) fn signing_secret_problem(
    place: &SecretPlace,
    environment: &[(OsString, OsString)],
) -> Option<String> {
    match place.read(environment) {
        Err(problem) => Some(problem),
        Ok(secret) if secret.len() < SIGNING_SECRET_BYTES_MIN => {
            Some(format!("its secret has less than {SIGNING_SECRET_BYTES_MIN} bytes"))
        }
        Ok(_) => None,
    }
}

/// What is wrong with an address that is a secret.
pub(super) fn secret_address_problem(
    place: &SecretPlace,
    environment: &[(OsString, OsString)],
) -> Option<String> {
    match place.read(environment) {
        Err(problem) => Some(problem),
        Ok(secret) => web_address(&secret).err().map(|expected| format!("its secret is not {expected}")),
    }
}

/// A kind of table whose `type` says which other keys it has.
pub(super) struct Shape {
    pub(super) problem: fn(String) -> Problem,
    /// Keys of all types, beside `name` and `type`.
    pub(super) common: &'static [&'static str],
    /// Those of [`Shape::common`] that are lists, which somebody else reads.
    pub(super) lists: &'static [&'static str],
    pub(super) types: &'static [(&'static str, &'static [&'static str])],
    /// The types, for messages.
    pub(super) expected: &'static str,
}

const SINK: Shape = Shape {
    problem: Problem::Sink,
    common: &["min_severity"],
    lists: &[],
    types: &[
        ("security-hub", &["mapping", "product_arn", "link", "region"]),
        ("ocsf", &["class", "file", "url", "token_file", "token_env", "syslog"]),
        ("webhook", &["url", "secret_file", "secret_env"]),
        ("slack", &["url_file", "url_env"]),
    ],
    expected: "security-hub, ocsf, webhook or slack",
};

impl Reader<'_> {
    pub(super) fn sink(&mut self, at: usize, table: &DeTable<'_>) {
        let before = self.problem_count();
        let Some(given) = self.texts(at, table, &SINK) else { return };
        let kind = match given.get("type").unwrap_or_default() {
            "security-hub" => self.security_hub(&given),
            "ocsf" => self.ocsf(&given),
            "webhook" => self.webhook(&given),
            _ => self.secret(&given, "url_file", "url_env").map(|url| SinkKind::Slack { url }),
        };
        let name = given.get("name").unwrap_or_default().to_owned();
        let is_known = self.config.sinks.iter().any(|known| known.name == name);
        self.name(&given, is_known);
        let min_severity = match given.get("min_severity") {
            None => Some(Severity::Low),
            Some(text) => severity(text),
        };
        if min_severity.is_none() {
            self.bad_member(&given, "min_severity", SEVERITIES);
        }
        if self.config.sinks.len() == SINKS_MAX {
            self.problem(at, Problem::Sink(format!("`{name}` is one too many: {SINKS_MAX} are possible")));
        }
        if let (Some(kind), Some(min_severity), true) = (kind, min_severity, before == self.problem_count()) {
            self.config.sinks.push(SinkConfig { name, min_severity, kind, shown: given.shown() });
        }
    }

    /// What a table is called, once among its like.
    pub(super) fn name(&mut self, given: &Given, is_known: bool) {
        let name = given.get("name").unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=64).contains(&name.len()) || !name.bytes().all(plain) {
            self.bad_member(given, "name", "1 to 64 lower-case letters, digits and hyphens");
        } else if is_known {
            self.problem(given.at, (given.problem)(format!("`{name}` is there twice")));
        }
    }

    /// All members as texts, if they are those of a type.
    pub(super) fn texts(&mut self, at: usize, table: &DeTable<'_>, shape: &Shape) -> Option<Given> {
        let before = self.problem_count();
        let mut given = Given { at, texts: vec![], problem: shape.problem };
        for (key, value) in table {
            match value.get_ref() {
                DeValue::String(text) => {
                    let place = value.span().start;
                    given.texts.push((key.get_ref().to_string(), text.to_string(), place));
                }
                _ if shape.lists.contains(&key.get_ref().as_ref()) => {}
                _ => self.wrong_type(value, key.get_ref(), "a string"),
            }
        }
        for needed in ["name", "type"] {
            if !table.contains_key(needed) {
                self.problem(at, (shape.problem)(format!("has no `{needed}`")));
            }
        }
        let kind = given.get("type")?;
        let Some((_, own)) = shape.types.iter().find(|(name, _)| *name == kind) else {
            self.bad_member(&given, "type", shape.expected);
            return None;
        };
        let known = || ["name", "type"].into_iter().chain(shape.common.iter().chain(own.iter()).copied());
        for (key, _) in table.iter() {
            let name: &str = key.get_ref();
            if !known().any(|known| known == name) {
                self.unknown(Spanned::span(key).start, name, known().collect());
            }
        }
        (before == self.problem_count()).then_some(given)
    }

    fn security_hub(&mut self, given: &Given) -> Option<SinkKind> {
        let style = match given.get("mapping") {
            None | Some("sample") => Some(Style::Sample),
            Some("integrated") => Some(Style::Integrated),
            Some(_) => {
                self.bad_member(given, "mapping", "sample or integrated");
                None
            }
        };
        let product_arn = given.get("product_arn").map(str::to_owned);
        if product_arn.as_ref().is_some_and(|arn| !arn.starts_with("arn:") || arn.len() > 512) {
            self.bad_member(given, "product_arn", "the ARN of a product of Security Hub");
        }
        let region = given.get("region").map(str::to_owned);
        if region.as_ref().is_some_and(|region| Region::parse(region).is_none()) {
            self.bad_member(given, "region", Region::EXPECTED);
        }
        let link = given.get("link").map(str::to_owned);
        if link.as_ref().is_some_and(|link| web_address(&link.replace(['{', '}'], "")).is_err()) {
            self.bad_member(given, "link", "an address that begins with https:// or http://");
        }
        Some(SinkKind::SecurityHub { mapping: Mapping { style: style?, product_arn, link }, region })
    }

    fn ocsf(&mut self, given: &Given) -> Option<SinkKind> {
        let class = match given.get("class") {
            None | Some("compliance") => Some(Class::Compliance),
            Some("detection") => Some(Class::Detection),
            Some(_) => {
                self.bad_member(given, "class", "compliance or detection");
                None
            }
        };
        let has_token = given.get("token_file").or(given.get("token_env")).is_some();
        let to = match (given.get("file"), given.get("url"), given.get("syslog")) {
            (Some(file), None, None) if !file.is_empty() => Some(OcsfTarget::File(file.into())),
            (None, Some(_), None) => {
                let url = self.url(given);
                let token =
                    if has_token { Some(self.secret(given, "token_file", "token_env")?) } else { None };
                Some(OcsfTarget::Http { url: url?, token })
            }
            (None, None, Some(address)) => {
                let target = syslog(address);
                if target.is_none() {
                    let expected = "an address such as tcp://HOST:PORT, with udp, tcp or tls";
                    self.bad_member(given, "syslog", expected);
                }
                target
            }
            _ => {
                let problem = "needs exactly one of `file`, `url` and `syslog`".to_owned();
                self.problem(given.at, Problem::Sink(problem));
                None
            }
        };
        if has_token && !matches!(to, None | Some(OcsfTarget::Http { .. })) {
            self.problem(given.at, Problem::Sink("has a token without `url`".to_owned()));
        }
        Some(SinkKind::Ocsf { class: class?, to: to? })
    }

    fn webhook(&mut self, given: &Given) -> Option<SinkKind> {
        let (url, secret) = (self.url(given), self.secret(given, "secret_file", "secret_env"));
        Some(SinkKind::Webhook { url: url?, secret: secret? })
    }

    pub(super) fn url(&mut self, given: &Given) -> Option<Uri> {
        match web_address(given.get("url").unwrap_or_default()) {
            Ok(url) => Some(url),
            Err(expected) => {
                self.bad_member(given, "url", expected);
                None
            }
        }
    }

    pub(super) fn secret(
        &mut self,
        given: &Given,
        file: &'static str,
        variable: &'static str,
    ) -> Option<SecretPlace> {
        match (given.get(file), given.get(variable)) {
            (Some(path), None) if !path.is_empty() => Some(SecretPlace::File(path.into())),
            (None, Some(name)) if !name.is_empty() => Some(SecretPlace::Environment(name.to_owned())),
            _ => {
                let problem = format!("needs exactly one of `{file}` and `{variable}`");
                self.problem(given.at, (given.problem)(problem));
                None
            }
        }
    }

    pub(super) fn bad_member(&mut self, given: &Given, key: &str, expected: &'static str) {
        let found = given.texts.iter().find(|(name, ..)| name == key);
        let (value, place) = found.map_or(("", given.at), |(_, value, place)| (value.as_str(), *place));
        self.bad_value(place, key, value, expected);
    }
}

/// The members of one table, with their places.
pub(super) struct Given {
    pub(super) at: usize,
    texts: Vec<(String, String, usize)>,
    problem: fn(String) -> Problem,
}

impl Given {
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.texts.iter().find(|(name, ..)| name == key).map(|(_, value, _)| value.as_str())
    }

    pub(super) fn shown(&self) -> Vec<(String, String)> {
        self.texts.iter().map(|(key, value, _)| (key.clone(), value.clone())).collect()
    }
}

/// An address of the web without user and password, which would be secrets in a configuration file.
pub(crate) fn web_address(text: &str) -> Result<Uri, &'static str> {
    const EXPECTED: &str = "an address that begins with https:// or http://, without user name and password";
    let uri: Uri = text.parse().map_err(|_| EXPECTED)?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let authority = uri.authority().ok_or(EXPECTED)?;
    if is_web && !authority.host().is_empty() && !authority.as_str().contains('@') && text.len() <= 2048 {
        Ok(uri)
    } else {
        Err(EXPECTED)
    }
}

fn syslog(address: &str) -> Option<OcsfTarget> {
    let (transport, rest) = address.split_once("://")?;
    let transport = match transport {
        "udp" => Transport::Udp,
        "tcp" => Transport::Tcp,
        "tls" => Transport::Tls,
        _ => return None,
    };
    let authority: http::uri::Authority = rest.parse().ok()?;
    let is_plain = !rest.contains('@') && !authority.host().is_empty();
    let port = authority.port_u16().filter(|port| *port > 0)?;
    let host = authority.host().trim_matches(['[', ']']).to_owned();
    is_plain.then_some(OcsfTarget::Syslog { transport, host, port })
}

#[cfg(test)]
mod tests {
    use super::super::audit::parse;
    use super::*;

    fn read(text: &str) -> Result<Vec<SinkConfig>, String> {
        parse("f", text, &[]).map(|config| config.sinks).map_err(|error| error.to_string())
    }

    #[test]
    fn sinks_of_all_types_are_read() {
        let sinks = read(
            "[[sinks]]\nname = \"hub\"\ntype = \"security-hub\"\n\
             [[sinks]]\nname = \"log\"\ntype = \"ocsf\"\nfile = \"/tmp/x.jsonl\"\nclass = \"detection\"\n\
             [[sinks]]\nname = \"lake\"\ntype = \"ocsf\"\nurl = \"https://lake.example/in\"\ntoken_env = \"LAKE\"\n\
             [[sinks]]\nname = \"siem\"\ntype = \"ocsf\"\nsyslog = \"tls://[2001:db8::1]:6514\"\nmin_severity = \"high\"\n\
             [[sinks]]\nname = \"hook\"\ntype = \"webhook\"\nurl = \"https://a.example/b\"\nsecret_file = \"/s\"\n\
             [[sinks]]\nname = \"chat\"\ntype = \"slack\"\nurl_env = \"SLACK\"\n",
        )
        .unwrap();
        assert_eq!(sinks.len(), 6);
        assert!(matches!(&sinks[0].kind, SinkKind::SecurityHub { region: None, .. }));
        assert!(
            matches!(&sinks[3].kind, SinkKind::Ocsf { to: OcsfTarget::Syslog { transport: Transport::Tls, host, port: 6514 }, .. }
            if host == "2001:db8::1")
        );
        assert_eq!(sinks[3].min_severity, Severity::High);
        assert!(
            matches!(&sinks[5].kind, SinkKind::Slack { url: SecretPlace::Environment(name) } if name == "SLACK")
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = |text: &str, expected: &str| {
            let problems = read(text).unwrap_err();
            assert!(problems.contains(expected), "{problems}");
        };
        wrong("[[sinks]]\ntype = \"slack\"\nurl_env = \"X\"", "f:1: the sink has no `name`");
        wrong(
            "[[sinks]]\nname = \"a\"\ntype = \"mail\"",
            "f:3: `type` is `mail`, expected security-hub, ocsf",
        );
        wrong("[[sinks]]\nname = \"A b\"\ntype = \"slack\"\nurl_env = \"X\"", "`name` is `A b`");
        wrong("[[sinks]]\nname = \"a\"\ntype = \"slack\"\nurl = \"https://x\"", "unknown key `url`");
        wrong("[[sinks]]\nname = \"a\"\ntype = \"ocsf\"", "needs exactly one of `file`, `url` and `syslog`");
        wrong("[[sinks]]\nname = \"a\"\ntype = \"ocsf\"\nsyslog = \"tcp://h\"", "`syslog` is `tcp://h`");
        wrong(
            "[[sinks]]\nname = \"a\"\ntype = \"webhook\"\nurl = \"https://u:p@h/\"\nsecret_env = \"X\"",
            "without user name",
        );
        wrong(
            "[[sinks]]\nname = \"a\"\ntype = \"webhook\"\nurl = \"ftp://h/\"\nsecret_env = \"X\"",
            "`url` is",
        );
        wrong("[[sinks]]\nname = 1\ntype = \"slack\"", "must be a string");
        wrong("sinks = 1", "`sinks` must be a list of tables");
        let twice = "[[sinks]]\nname = \"a\"\ntype = \"ocsf\"\nfile = \"x\"\n";
        wrong(&twice.repeat(2), "`a` is there twice");
    }

    #[test]
    fn secrets_are_looked_at_and_never_told() {
        let hook = "[[sinks]]\nname = \"a\"\ntype = \"webhook\"\nurl = \"https://h/\"\nsecret_env = \"X\"";
        let sink = read(hook).unwrap().remove(0);
        let environment = |value: &str| vec![(OsString::from("X"), OsString::from(value))];
        assert_eq!(
            sink.secret_problems(&[]),
            ["sink `a`: `X` of the environment is not set, or is not UTF-8"]
        );
        assert_eq!(
            sink.secret_problems(&environment("short")),
            ["sink `a`: its secret has less than 16 bytes"]
        );
        assert!(sink.secret_problems(&environment("0123456789abcdef")).is_empty());
        let chat = read("[[sinks]]\nname = \"a\"\ntype = \"slack\"\nurl_env = \"X\"").unwrap().remove(0);
        let problems = chat.secret_problems(&environment("hunter2 hunter2"));
        assert!(problems.len() == 1 && !problems[0].contains("hunter2"), "{problems:?}");
    }
}
