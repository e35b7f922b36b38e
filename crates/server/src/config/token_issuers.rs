//! `[[token_issuers]]` in the configuration file: whose tokens let clients in, and with which policies.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use http::Uri;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::approvals::{Shown, printed};
use super::audit::{Problem, Reader};
use super::sinks::web_address;
use super::value::seconds;

const ISSUERS_MAX: usize = 32;
/// Values of a claim that have policies, and policies of each.
const VALUES_MAX: usize = 1000;
const POLICIES_MAX: usize = 10;
/// RFC 7519, section 4.1.4: "usually no more than a few minutes".
const LEEWAY_SECONDS: RangeInclusive<u32> = 0..=300;
const LEEWAY_SECONDS_DEFAULT: u32 = 60;
const PRINCIPAL_CLAIM_DEFAULT: &str = "sub";

const KEYS: [&str; 11] = [
    "audience",
    "client_id_claim",
    "default_policies",
    "issuer",
    "jwks_file",
    "jwks_url",
    "leeway",
    "name",
    "policies",
    "policies_claim",
    "principal_claim",
];

/// One issuer as it was configured.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenIssuer {
    /// What logs know it by.
    pub(crate) name: String,
    /// The claim `iss` of its tokens.
    pub(crate) issuer: String,
    /// One of those in the claim `aud`.
    pub(crate) audience: String,
    pub(crate) keys: KeysFrom,
    /// How far its clock may be from ours.
    pub(crate) leeway_seconds: u32,
    /// The claim that says who it is.
    pub(crate) principal_claim: String,
    /// The claim that has the only client id that may be used, if there is one.
    pub(crate) client_id_claim: Option<String>,
    /// The claim whose values are keys of `policies`.
    pub(crate) policies_claim: Option<String>,
    pub(crate) policies: BTreeMap<String, Vec<String>>,
    /// Of every good token.
    pub(crate) default_policies: Vec<String>,
    /// Keys and values as they were given.
    pub(crate) shown: Shown,
}

/// Where its keys are.
#[derive(Clone, Debug)]
pub(crate) enum KeysFrom {
    File(PathBuf),
    Url(Uri),
}

impl Default for KeysFrom {
    fn default() -> Self {
        Self::File(PathBuf::new())
    }
}

impl Reader<'_> {
    pub(super) fn token_issuer(&mut self, at: usize, table: &DeTable<'_>) {
        let before = self.problem_count();
        let mut made = TokenIssuer {
            leeway_seconds: LEEWAY_SECONDS_DEFAULT,
            principal_claim: PRINCIPAL_CLAIM_DEFAULT.to_owned(),
            ..TokenIssuer::default()
        };
        let (mut file, mut url) = (None, None);
        for (key, value) in table {
            let (name, place) = (key.get_ref().as_ref(), value.span().start);
            match (name, value.get_ref()) {
                ("policies", DeValue::Table(all)) => self.mapping(all, &mut made.policies),
                ("default_policies", _) => made.default_policies = self.policy_names(name, value),
                ("policies", _) => self.wrong_type(value, name, "a table of lists"),
                (known, DeValue::String(text)) if KEYS.contains(&known) => {
                    if text.is_empty() || text.len() > 512 {
                        self.bad_value(place, name, text, "a text of 1 to 512 bytes");
                    }
                    let text = text.to_string();
                    match known {
                        "name" => made.name = text,
                        "issuer" => made.issuer = text,
                        "audience" => made.audience = text,
                        "principal_claim" => made.principal_claim = text,
                        "client_id_claim" => made.client_id_claim = Some(text),
                        "policies_claim" => made.policies_claim = Some(text),
                        "jwks_file" => file = Some(KeysFrom::File(text.into())),
                        "jwks_url" => match web_address(&text) {
                            Ok(address) => url = Some(KeysFrom::Url(address)),
                            Err(expected) => self.bad_value(place, name, &text, expected),
                        },
                        _ => match seconds(&text) {
                            Ok(seconds) if LEEWAY_SECONDS.contains(&seconds) => made.leeway_seconds = seconds,
                            _ => {
                                self.bad_value(place, name, &text, "a time of at most 5 minutes, such as 30s")
                            }
                        },
                    }
                }
                (known, _) if KEYS.contains(&known) => self.wrong_type(value, known, "a string"),
                (unknown, _) => self.unknown(key.span().start, unknown, KEYS.to_vec()),
            }
            made.shown.extend(printed(value.get_ref()).map(|value| (name.to_owned(), value)));
        }
        for needed in ["name", "issuer", "audience"] {
            if !table.contains_key(needed) {
                self.problem(at, Problem::TokenIssuer(format!("has no `{needed}`")));
            }
        }
        match (file, url) {
            (Some(from), None) | (None, Some(from)) => made.keys = from,
            _ if table.contains_key("jwks_url") && !table.contains_key("jwks_file") => {}
            _ => {
                let problem = "needs exactly one of `jwks_file` and `jwks_url`".to_owned();
                self.problem(at, Problem::TokenIssuer(problem));
            }
        }
        let others = &self.config.token_issuers;
        if others.iter().any(|other| other.name == made.name || other.issuer == made.issuer) {
            let problem = format!("`{}` has a name or an issuer that another one has", made.name);
            self.problem(at, Problem::TokenIssuer(problem));
        } else if others.len() == ISSUERS_MAX {
            self.problem(at, Problem::TokenIssuer(format!("is one too many: {ISSUERS_MAX} are possible")));
        }
        if !made.policies.is_empty() && made.policies_claim.is_none() {
            self.problem(at, Problem::TokenIssuer("has `policies` without `policies_claim`".to_owned()));
        }
        if before == self.problem_count() {
            self.config.token_issuers.push(made);
        }
    }

    fn mapping(&mut self, all: &DeTable<'_>, policies: &mut BTreeMap<String, Vec<String>>) {
        for (value, names) in all {
            let names_of = self.policy_names("policies", names);
            policies.insert(value.get_ref().to_string(), names_of);
            if policies.len() > VALUES_MAX {
                self.bad_value(value.span().start, "policies", value.get_ref(), "fewer values");
                return;
            }
        }
    }

    fn policy_names(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let all = self.list(key, value, 0..=POLICIES_MAX);
        for (name, place) in &all {
            // CreatePolicy
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
            if !(1..=128).contains(&name.len()) || !name.bytes().all(plain) {
                self.bad_value(*place, key, name, "names of policies");
            }
        }
        all.into_iter().map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use thingwarden_engine::audit::checks::ALL;

    use super::super::audit::{Config, parse};
    use super::*;

    const GOOD: &str =
        "[[token_issuers]]\nname = \"idp\"\nissuer = \"https://idp.example\"\naudience = \"tw\"\n";

    fn read(text: &str) -> Result<Config, String> {
        parse("f", text, ALL).map_err(|error| error.to_string())
    }

    #[test]
    fn an_issuer_is_read() {
        let more = "jwks_url = \"https://idp.example/keys\"\nleeway = \"0s\"\npolicies_claim = \"groups\"\ndefault_policies = [\"All\"]\npolicies = { staff = [\"A\", \"B\"] }\n";
        let config = read(&format!("{GOOD}{more}")).unwrap();
        let issuer = &config.token_issuers[0];
        assert_eq!((&*issuer.name, &*issuer.principal_claim, issuer.leeway_seconds), ("idp", "sub", 0));
        assert_eq!(issuer.policies["staff"], ["A", "B"]);
        assert_eq!(issuer.default_policies, ["All"]);
        assert!(matches!(&issuer.keys, KeysFrom::Url(url) if url.path() == "/keys"));
        let file = read(&format!("{GOOD}jwks_file = \"keys.json\"\n")).unwrap();
        assert_eq!(file.token_issuers[0].leeway_seconds, LEEWAY_SECONDS_DEFAULT);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let check = |more: &str, expected: &str| {
            let error = read(&format!("{GOOD}{more}")).err().unwrap_or_default();
            assert!(error.contains(expected), "{more}: {error}");
        };
        check("", "exactly one of `jwks_file` and `jwks_url`");
        check("jwks_file = \"a\"\njwks_url = \"https://a\"\n", "exactly one of");
        check("jwks_url = \"ftp://a\"\n", "an address that begins with https://");
        check("jwks_file = \"a\"\nleeway = \"1h\"\n", "at most 5 minutes");
        check("jwks_file = \"a\"\npolicies = { a = [\"A\"] }\n", "without `policies_claim`");
        check("jwks_file = \"a\"\npolicies_claim = \"g\"\npolicies = { a = \"A\" }\n", "a list of strings");
        check("jwks_file = \"a\"\ndefault_policies = [\"a b\"]\n", "names of policies");
        check("jwks_file = \"a\"\nsecret = \"s\"\n", "secret");
        check(&format!("jwks_file = \"a\"\n{GOOD}jwks_file = \"a\"\n"), "that another one has");
        assert!(read("[[token_issuers]]\njwks_file = \"a\"\n").unwrap_err().contains("has no `issuer`"));
    }
}
