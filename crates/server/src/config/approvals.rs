//! `[[approvers]]` and `[[approvals]]` in the configuration file: who is asked, and what is done about findings of audits by itself
//! or after somebody was asked.

use std::ffi::OsString;
use std::ops::RangeInclusive;

use http::Uri;
use thingwarden_engine::audit::{Check, Severity};
use thingwarden_store::records::ApprovalMode;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::audit::{Problem, Reader};
use super::sinks::{
    SEVERITIES, SecretPlace, Shape, secret_address_problem, severity, signing_secret_problem,
};
use super::value::seconds;

const APPROVERS_MAX: usize = 32;
const RULES_MAX: usize = 64;
/// People that may answer for one approver.
const USERS_MAX: usize = 100;
/// Actions on one finding (`MitigationActionNameList` of the service model).
const ACTIONS_MAX: usize = 5;
/// Approvers of one rule.
const ASKED_MAX: usize = 8;
/// How long somebody may take to decide, in seconds: 30 days at most, when tokens in old messages are worth little.
const EXPIRES_SECONDS: RangeInclusive<u32> = 1..=30 * 86_400;
const EXPIRES_SECONDS_DEFAULT: u32 = 86_400;

/// Somebody who is asked, as configured.
#[derive(Clone, Debug)]
pub(crate) struct ApproverConfig {
    /// What records and rules know it by.
    pub(crate) name: String,
    pub(crate) kind: ApproverKind,
    /// Who may answer: ids of Slack, or names that the other end of the webhook vouches for.
    pub(crate) users: Vec<String>,
    /// Keys and values as they were given; of secrets, where they are.
    pub(crate) shown: Shown,
}

/// Keys with values, to be printed.
pub(crate) type Shown = Vec<(String, toml::Value)>;

/// How an approver is asked and answers.
#[derive(Clone, Debug)]
pub(crate) enum ApproverKind {
    Slack { url: SecretPlace, signing_secret: SecretPlace },
    Webhook { url: Uri, secret: SecretPlace },
}

/// What is done about new findings.
#[derive(Clone, Debug)]
pub(crate) struct ApprovalRule {
    /// None are all.
    pub(crate) checks: Vec<&'static Check>,
    /// Less severe checks are left out.
    pub(crate) min_severity: Severity,
    pub(crate) mode: ApprovalMode,
    /// Names of mitigation actions, in their order.
    pub(crate) actions: Vec<String>,
    /// Names of approvers. Without any, approvals are decided on the command line.
    pub(crate) approvers: Vec<String>,
    pub(crate) expires_seconds: u32,
    pub(crate) shown: Shown,
    /// Where it begins in the file.
    at: usize,
}

impl ApproverConfig {
    /// What is wrong with the secrets that it names.
    pub(crate) fn secret_problems(&self, environment: &[(OsString, OsString)]) -> Vec<String> {
        let problems = match &self.kind {
            ApproverKind::Slack { url, signing_secret } => [
                secret_address_problem(url, environment),
                signing_secret_problem(signing_secret, environment),
            ],
            ApproverKind::Webhook { secret, .. } => [signing_secret_problem(secret, environment), None],
        };
        let named = |problem: String| format!("approver `{}`: {problem}", self.name);
        problems.into_iter().flatten().map(named).collect()
    }
}

impl ApprovalRule {
    /// Whether it is about findings of a check.
    pub(crate) fn is_about(&self, check: &Check) -> bool {
        check.severity >= self.min_severity && (self.checks.is_empty() || self.names(check))
    }

    /// Whether it names the check.
    pub(crate) fn names(&self, check: &Check) -> bool {
        self.checks.iter().any(|one| one.name == check.name)
    }
}

const APPROVER: Shape = Shape {
    problem: Problem::Approver,
    common: &["users"],
    lists: &["users"],
    types: &[
        ("slack", &["url_file", "url_env", "signing_secret_file", "signing_secret_env"]),
        ("webhook", &["url", "secret_file", "secret_env"]),
    ],
    expected: "slack or webhook",
};

const RULE_KEYS: [&str; 6] = ["actions", "approvers", "checks", "expires", "min_severity", "mode"];

impl Reader<'_> {
    pub(super) fn approver(&mut self, at: usize, table: &DeTable<'_>) {
        let before = self.problem_count();
        let Some(given) = self.texts(at, table, &APPROVER) else { return };
        let is_slack = given.get("type") == Some("slack");
        let kind = if is_slack {
            let url = self.secret(&given, "url_file", "url_env");
            let signing_secret = self.secret(&given, "signing_secret_file", "signing_secret_env");
            url.zip(signing_secret).map(|(url, signing_secret)| ApproverKind::Slack { url, signing_secret })
        } else {
            let (url, secret) = (self.url(&given), self.secret(&given, "secret_file", "secret_env"));
            url.zip(secret).map(|(url, secret)| ApproverKind::Webhook { url, secret })
        };
        let name = given.get("name").unwrap_or_default().to_owned();
        let is_known = self.config.approvers.iter().any(|known| known.name == name);
        self.name(&given, is_known);
        let users = table.iter().find(|(key, _)| key.get_ref() == "users");
        let users = match users {
            Some((_, value)) => self.list("users", value, 1..=USERS_MAX),
            None => {
                self.problem(at, Problem::Approver("has no `users`, who may answer".to_owned()));
                vec![]
            }
        };
        for (user, place) in &users {
            if is_slack && !is_slack_user(user) {
                self.bad_value(*place, "users", user, "ids of users such as U024BE7LH");
            } else if !is_user(user) {
                self.bad_value(*place, "users", user, "1 to 128 characters that are no control characters");
            }
        }
        let users: Vec<String> = users.into_iter().map(|(user, _)| user).collect();
        if self.config.approvers.len() == APPROVERS_MAX {
            let problem = format!("`{name}` is one too many: {APPROVERS_MAX} are possible");
            self.problem(at, Problem::Approver(problem));
        }
        if let (Some(kind), true) = (kind, before == self.problem_count()) {
            let mut shown: Shown =
                given.shown().into_iter().map(|(key, text)| (key, toml::Value::String(text))).collect();
            shown.push(("users".to_owned(), texts(&users)));
            self.config.approvers.push(ApproverConfig { name, kind, users, shown });
        }
    }

    pub(super) fn approval(&mut self, at: usize, table: &DeTable<'_>) {
        let before = self.problem_count();
        let (mut mode, mut min_severity) = (None, Severity::Low);
        let mut expires_seconds = EXPIRES_SECONDS_DEFAULT;
        let (mut checks, mut actions, mut approvers) = (vec![], vec![], vec![]);
        let mut shown = vec![];
        for (key, value) in table {
            let (name, place) = (key.get_ref().as_ref(), value.span().start);
            match (name, value.get_ref()) {
                ("mode", DeValue::String(text)) => {
                    mode = match text.as_ref() {
                        "auto" => Some(ApprovalMode::Auto),
                        "review" => Some(ApprovalMode::Review),
                        _ => None,
                    };
                    if mode.is_none() {
                        self.bad_value(place, name, text, "auto or review");
                    }
                }
                ("min_severity", DeValue::String(text)) => match severity(text) {
                    Some(severity) => min_severity = severity,
                    None => self.bad_value(place, name, text, SEVERITIES),
                },
                ("expires", DeValue::String(text)) => match seconds(text) {
                    Ok(seconds) if EXPIRES_SECONDS.contains(&seconds) => expires_seconds = seconds,
                    _ => {
                        self.bad_value(place, name, text, "a time of at most 30 days, such as 90m, 24h or 7d")
                    }
                },
                ("checks", _) => {
                    for (text, place) in self.list(name, value, 1..=usize::MAX) {
                        checks.extend(self.find(place, &text));
                    }
                }
                ("actions", _) => {
                    for (text, place) in self.list(name, value, 1..=ACTIONS_MAX) {
                        if !is_action(&text) {
                            let expected = "1 to 128 letters, digits, underscores and hyphens";
                            self.bad_value(place, name, &text, expected);
                        }
                        actions.push(text);
                    }
                }
                ("approvers", _) => {
                    let all = self.list(name, value, 0..=ASKED_MAX);
                    approvers.extend(all.into_iter().map(|(text, _)| text));
                }
                (known, _) if RULE_KEYS.contains(&known) => self.wrong_type(value, known, "a string"),
                (unknown, _) => self.unknown(key.span().start, unknown, RULE_KEYS.to_vec()),
            }
            shown.extend(printed(value.get_ref()).map(|value| (name.to_owned(), value)));
        }
        for needed in ["mode", "actions"] {
            if !table.contains_key(needed) {
                self.problem(at, Problem::Approval(format!("has no `{needed}`")));
            }
        }
        if self.config.approvals.len() == RULES_MAX {
            self.problem(at, Problem::Approval(format!("is one too many: {RULES_MAX} are possible")));
        }
        if let (Some(mode), true) = (mode, before == self.problem_count()) {
            let rule =
                ApprovalRule { checks, min_severity, mode, actions, approvers, expires_seconds, shown, at };
            self.must_not_repeat(&rule);
            self.config.approvals.push(rule);
        }
    }

    /// One action on a finding is decided about by one rule.
    fn must_not_repeat(&mut self, rule: &ApprovalRule) {
        let others = self.config.approvals.iter();
        let same = others.filter(|other| other.actions.iter().any(|one| rule.actions.contains(one)));
        let repeated = same
            .flat_map(|other| self.known_checks().filter(|check| other.is_about(check)))
            .find(|check| rule.is_about(check));
        if let Some(check) = repeated {
            let problem = format!("has an action for `{}` that another approval has too", check.name);
            self.problem(rule.at, Problem::Approval(problem));
        }
    }

    /// Approvers may come after those who ask them.
    pub(super) fn approvers_must_be_known(&mut self) {
        let known = |name: &String| self.config.approvers.iter().any(|approver| approver.name == *name);
        let rules = self.config.approvals.iter();
        let unknown = rules.flat_map(|rule| {
            rule.approvers.iter().filter(|name| !known(name)).map(|name| (rule.at, name.clone()))
        });
        for (at, name) in unknown.collect::<Vec<_>>() {
            let problem = format!("asks `{name}`, which is no approver of this file");
            self.problem(at, Problem::Approval(problem));
        }
    }

    /// A list of different texts, each with its place.
    pub(super) fn list(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        count: RangeInclusive<usize>,
    ) -> Vec<(String, usize)> {
        const EXPECTED: &str = "a list of strings";
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value, key, EXPECTED);
            return vec![];
        };
        let mut found: Vec<(String, usize)> = vec![];
        for item in items {
            match item.get_ref() {
                DeValue::String(text) if found.iter().any(|(known, _)| *known == **text) => {
                    self.bad_value(item.span().start, key, text, "each value once");
                }
                DeValue::String(text) => found.push((text.to_string(), item.span().start)),
                _ => self.wrong_type(item, key, EXPECTED),
            }
        }
        if !count.contains(&items.len()) {
            let given = format!("{} values", items.len());
            let expected = if items.is_empty() { "at least one" } else { "fewer" };
            self.bad_value(value.span().start, key, &given, expected);
        }
        found
    }
}

/// As it is written in a file.
pub(super) fn printed(value: &DeValue<'_>) -> Option<toml::Value> {
    match value {
        DeValue::String(text) => Some(toml::Value::String(text.to_string())),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| printed(item.get_ref()));
            items.collect::<Option<Vec<toml::Value>>>().map(toml::Value::Array)
        }
        DeValue::Table(table) => {
            let members = table
                .iter()
                .map(|(key, value)| printed(value.get_ref()).map(|value| (key.get_ref().to_string(), value)));
            members.collect::<Option<toml::Table>>().map(toml::Value::Table)
        }
        _ => None,
    }
}

fn texts(all: &[String]) -> toml::Value {
    toml::Value::Array(all.iter().cloned().map(toml::Value::String).collect())
}

fn is_action(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=128).contains(&name.len()) && name.bytes().all(plain)
}

/// `U024BE7LH`, or of organizations with several workspaces `W012A3CDE` (api.slack.com, "Types").
fn is_slack_user(id: &str) -> bool {
    let rest = id.strip_prefix(['U', 'W']).unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (2..=32).contains(&rest.len()) && rest.bytes().all(plain)
}

fn is_user(name: &str) -> bool {
    (1..=128).contains(&name.chars().count()) && !name.chars().any(crate::output::text::is_hostile)
}

#[cfg(test)]
mod tests {
    use thingwarden_engine::audit::checks::{ALL, find};

    use super::super::audit::{Config, parse};
    use super::*;

    const CHAT: &str = "[[approvers]]\nname = \"chat\"\ntype = \"slack\"\nurl_env = \"URL\"\nsigning_secret_env = \"SIGN\"\nusers = [\"U024BE7LH\"]\n";
    const HOOK: &str = "[[approvers]]\nname = \"hook\"\ntype = \"webhook\"\nurl = \"https://a.example/b\"\nsecret_env = \"SIGN\"\nusers = [\"alice\"]\n";

    fn read(text: &str) -> Result<Config, String> {
        parse("f", text, ALL).map_err(|error| error.to_string())
    }

    #[test]
    fn approvers_and_rules_are_read_in_any_order() {
        let config = read(&format!(
            "[[approvals]]\nchecks = [\"IOT_POLICY_OVERLY_PERMISSIVE_CHECK\"]\nmode = \"review\"\nactions = [\"blank\"]\napprovers = [\"chat\", \"hook\"]\nexpires = \"2h\"\n\
             [[approvals]]\nmode = \"auto\"\nmin_severity = \"high\"\nactions = [\"tell\"]\n{CHAT}{HOOK}"
        ))
        .unwrap();
        let [review, auto] = &config.approvals[..] else { panic!("two rules") };
        assert_eq!((review.mode, review.expires_seconds), (ApprovalMode::Review, 7200));
        assert_eq!((auto.mode, auto.expires_seconds), (ApprovalMode::Auto, 86_400));
        let [critical, medium] = ["IOT_POLICY_OVERLY_PERMISSIVE_CHECK", "DEVICE_CERTIFICATE_EXPIRING_CHECK"]
            .map(|name| find(name).unwrap());
        assert!(review.is_about(critical) && !review.is_about(medium));
        assert!(auto.is_about(critical) && !auto.is_about(medium) && !auto.names(critical));
        assert!(matches!(&config.approvers[1].kind, ApproverKind::Webhook { .. }));
        assert_eq!(config.approvers[0].users, ["U024BE7LH"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = |text: &str, expected: &str| {
            let problems = read(text).unwrap_err();
            assert!(problems.contains(expected), "{problems}");
        };
        let rule = |more: &str| format!("[[approvals]]\nactions = [\"a\"]\nmode = \"review\"\n{more}\n");
        wrong("[[approvals]]\n", "f:1: the approval has no `mode`");
        wrong("[[approvals]]\nmode = \"review\"", "the approval has no `actions`");
        wrong(
            "[[approvals]]\nmode = \"maybe\"\nactions = [\"a\"]",
            "f:2: `mode` is `maybe`, expected auto or review",
        );
        wrong(
            "[[approvals]]\nmode = \"auto\"\nactions = []",
            "`actions` is `0 values`, expected at least one",
        );
        wrong("[[approvals]]\nmode = \"auto\"\nactions = [\"a b\"]", "`actions` is `a b`");
        wrong("[[approvals]]\nmode = \"auto\"\nactions = [\"a\", \"a\"]", "expected each value once");
        wrong("[[approvals]]\nmode = \"auto\"\nactions = \"a\"", "`actions` must be a list of strings");
        wrong("[[approvals]]\nmode = 1\nactions = [\"a\"]", "`mode` must be a string");
        wrong(&rule("checks = [\"NO_CHECK\"]"), "there is no check `NO_CHECK`");
        wrong(&rule("min_severity = \"bad\""), "`min_severity` is `bad`");
        wrong(&rule("expires = \"31d\""), "`expires` is `31d`");
        wrong(&rule("approvers = [\"nobody\"]"), "f:1: the approval asks `nobody`, which is no approver");
        wrong(&rule("when = \"now\""), "unknown key `when`");
        wrong(&rule("").repeat(2), "f:5: the approval has an action for");
        wrong("approvals = 1", "`approvals` must be a list of tables");
        wrong(&CHAT.repeat(2), "`chat` is there twice");
        wrong(&CHAT.replace("U024BE7LH", "alice"), "`users` is `alice`, expected ids of users");
        wrong(&CHAT.replace("users = [\"U024BE7LH\"]\n", ""), "the approver has no `users`");
        wrong(&CHAT.replace("signing_secret_env", "secret_env"), "unknown key `secret_env`");
        wrong(&HOOK.replace("https://", "ftp://"), "`url` is `ftp://a.example/b`");
        wrong(
            &HOOK.replace("secret_env = \"SIGN\"\n", ""),
            "the approver needs exactly one of `secret_file` and `secret_env`",
        );
    }

    #[test]
    fn secrets_are_looked_at_and_never_told() {
        let config = read(&format!("{CHAT}{HOOK}")).unwrap();
        let environment = |url: &str, sign: &str| {
            [("URL", url), ("SIGN", sign)].map(|(name, value)| (OsString::from(name), OsString::from(value)))
        };
        let good = environment("https://hooks.slack.com/services/T/B/x", "0123456789abcdef");
        assert_eq!(config.secret_problems(&good), Vec::<String>::new());
        let problems = config.secret_problems(&environment("hunter2 hunter2", "hunter2")).join("\n");
        assert!(!problems.contains("hunter2"), "{problems}");
        assert_eq!(problems.lines().count(), 3, "{problems}");
    }
}
