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
        let secret = match &self.kind {
            SinkKind::Webhook { secret, .. } => Some((secret, SIGNING_SECRET_BYTES_MIN)),
            SinkKind::Slack { url } => Some((url, 1)),
            SinkKind::Ocsf { to: OcsfTarget::Http { token: Some(token), .. }, .. } => Some((token, 1)),
            _ => None,
        };
        let problem = secret.and_then(|(place, bytes_min)| match place.read(environment) {
            Err(problem) => Some(problem),
            Ok(secret) if secret.len() < bytes_min => {
                Some(format!("its secret has less than {bytes_min} bytes"))
            }
            Ok(secret) if matches!(self.kind, SinkKind::Slack { .. }) => {
                web_address(&secret).err().map(|expected| format!("its secret is not {expected}"))
            }
            Ok(_) => None,
        });
        problem.map(|problem| format!("sink `{}`: {problem}", self.name)).into_iter().collect()
    }
}

const COMMON: [&str; 3] = ["name", "type", "min_severity"];

/// The keys of each type beside [`COMMON`].
const TYPES: [(&str, &[&str]); 4] = [
    ("security-hub", &["mapping", "product_arn", "link", "region"]),
    ("ocsf", &["class", "file", "url", "token_file", "token_env", "syslog"]),
    ("webhook", &["url", "secret_file", "secret_env"]),
    ("slack", &["url_file", "url_env"]),
];

impl Reader<'_> {
    pub(super) fn sink(&mut self, at: usize, table: &DeTable<'_>) {
        let before = self.problem_count();
        let Some(given) = self.sink_texts(at, table) else { return };
        let kind = match given.get("type").unwrap_or_default() {
            "security-hub" => self.security_hub(&given),
            "ocsf" => self.ocsf(&given),
            "webhook" => self.webhook(&given),
            _ => self.secret(&given, "url_file", "url_env").map(|url| SinkKind::Slack { url }),
        };
        let name = given.get("name").unwrap_or_default().to_owned();
        let is_name = |text: &str| {
            let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            (1..=64).contains(&text.len()) && text.bytes().all(known)
        };
        if !is_name(&name) {
            self.sink_problem(&given, "name", "1 to 64 lower-case letters, digits and hyphens");
        } else if self.config.sinks.iter().any(|known| known.name == name) {
            self.problem(at, Problem::Sink(format!("`{name}` is there twice")));
        }
        let min_severity = match given.get("min_severity") {
            None => Some(Severity::Low),
            Some(text) => Severity::ALL.into_iter().find(|one| one.as_str().to_lowercase() == text),
        };
        if min_severity.is_none() {
            self.sink_problem(&given, "min_severity", "critical, high, medium or low");
        }
        if self.config.sinks.len() == SINKS_MAX {
            self.problem(at, Problem::Sink(format!("`{name}` is one too many: {SINKS_MAX} are possible")));
        }
        if let (Some(kind), Some(min_severity), true) = (kind, min_severity, before == self.problem_count()) {
            self.config.sinks.push(SinkConfig { name, min_severity, kind, shown: given.shown() });
        }
    }

    /// All members as texts, if they are those of a type.
    fn sink_texts(&mut self, at: usize, table: &DeTable<'_>) -> Option<Given> {
        let before = self.problem_count();
        let mut given = Given { at, texts: vec![] };
        for (key, value) in table {
            match value.get_ref() {
                DeValue::String(text) => {
                    let place = value.span().start;
                    given.texts.push((key.get_ref().to_string(), text.to_string(), place));
                }
                _ => self.wrong_type(value, key.get_ref(), "a string"),
            }
        }
        for needed in ["name", "type"] {
            if !table.contains_key(needed) {
                self.problem(at, Problem::Sink(format!("has no `{needed}`")));
            }
        }
        let kind = given.get("type")?;
        let Some((_, own)) = TYPES.iter().find(|(name, _)| *name == kind) else {
            self.sink_problem(&given, "type", "security-hub, ocsf, webhook or slack");
            return None;
        };
        for (key, ..) in table.iter().map(|(key, _)| (key, ())) {
            let name: &str = key.get_ref();
            if !COMMON.contains(&name) && !own.contains(&name) {
                let expected = COMMON.into_iter().chain(own.iter().copied()).collect();
                self.unknown(Spanned::span(key).start, name, expected);
            }
        }
        (before == self.problem_count()).then_some(given)
    }

    fn security_hub(&mut self, given: &Given) -> Option<SinkKind> {
        let style = match given.get("mapping") {
            None | Some("sample") => Some(Style::Sample),
            Some("integrated") => Some(Style::Integrated),
            Some(_) => {
                self.sink_problem(given, "mapping", "sample or integrated");
                None
            }
        };
        let product_arn = given.get("product_arn").map(str::to_owned);
        if product_arn.as_ref().is_some_and(|arn| !arn.starts_with("arn:") || arn.len() > 512) {
            self.sink_problem(given, "product_arn", "the ARN of a product of Security Hub");
        }
        let region = given.get("region").map(str::to_owned);
        if region.as_ref().is_some_and(|region| Region::parse(region).is_none()) {
            self.sink_problem(given, "region", Region::EXPECTED);
        }
        let link = given.get("link").map(str::to_owned);
        if link.as_ref().is_some_and(|link| web_address(&link.replace(['{', '}'], "")).is_err()) {
            self.sink_problem(given, "link", "an address that begins with https:// or http://");
        }
        Some(SinkKind::SecurityHub { mapping: Mapping { style: style?, product_arn, link }, region })
    }

    fn ocsf(&mut self, given: &Given) -> Option<SinkKind> {
        let class = match given.get("class") {
            None | Some("compliance") => Some(Class::Compliance),
            Some("detection") => Some(Class::Detection),
            Some(_) => {
                self.sink_problem(given, "class", "compliance or detection");
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
                    self.sink_problem(given, "syslog", expected);
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

    fn url(&mut self, given: &Given) -> Option<Uri> {
        match web_address(given.get("url").unwrap_or_default()) {
            Ok(url) => Some(url),
            Err(expected) => {
                self.sink_problem(given, "url", expected);
                None
            }
        }
    }

    fn secret(&mut self, given: &Given, file: &'static str, variable: &'static str) -> Option<SecretPlace> {
        match (given.get(file), given.get(variable)) {
            (Some(path), None) if !path.is_empty() => Some(SecretPlace::File(path.into())),
            (None, Some(name)) if !name.is_empty() => Some(SecretPlace::Environment(name.to_owned())),
            _ => {
                let problem = format!("needs exactly one of `{file}` and `{variable}`");
                self.problem(given.at, Problem::Sink(problem));
                None
            }
        }
    }

    fn sink_problem(&mut self, given: &Given, key: &str, expected: &'static str) {
        let found = given.texts.iter().find(|(name, ..)| name == key);
        let (value, place) = found.map_or(("", given.at), |(_, value, place)| (value.as_str(), *place));
        self.bad_value(place, key, value, expected);
    }
}

/// The members of one table, with their places.
struct Given {
    at: usize,
    texts: Vec<(String, String, usize)>,
}

impl Given {
    fn get(&self, key: &str) -> Option<&str> {
        self.texts.iter().find(|(name, ..)| name == key).map(|(_, value, _)| value.as_str())
    }

    fn shown(&self) -> Vec<(String, String)> {
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
