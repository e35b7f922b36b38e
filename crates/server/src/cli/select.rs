//! Which checks run: names and globs from the command line, the configuration file, the account's audit configuration, defaults.

use thingwarden_engine::audit::{Check, Settings};

use crate::config::audit::Config;
use crate::names::{glob, near};
use crate::snapshot::AccountConfiguration;

/// A selection that comes to nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SelectError {
    #[error("no check is called `{pattern}`{}", suggestion(.near))]
    NoMatch { pattern: String, near: Vec<&'static str> },
    #[error("every check is switched off, so there is nothing to run")]
    Nothing,
}

fn suggestion(near: &[&'static str]) -> String {
    match near {
        [] => "; `thingwarden checks` lists all".to_owned(),
        names => format!("; did you mean {}?", names.join(" or ")),
    }
}

/// The checks to run, in the order of `all`. Patterns win over everything and also run checks that are off by default; then the
/// configuration file; then the account's configuration, which can switch on but not off, because a check that somebody
/// disabled there would look like a check that found nothing here; then the defaults.
///
/// # Errors
/// A pattern that matches nothing, or nothing left to run.
pub(crate) fn select(
    all: &[&'static Check],
    patterns: &[String],
    config: &Config,
    account: Option<&AccountConfiguration>,
) -> Result<Vec<&'static Check>, SelectError> {
    for pattern in patterns {
        if !all.iter().any(|check| glob(pattern, check.name)) {
            return Err(SelectError::NoMatch { pattern: pattern.clone(), near: near(pattern, all) });
        }
    }
    let runs = |check: &Check| {
        if !patterns.is_empty() {
            return patterns.iter().any(|pattern| glob(pattern, check.name));
        }
        let said = config.enabled.iter().find(|(one, _)| one.name == check.name).map(|(_, enabled)| *enabled);
        let account = account.and_then(|account| account.get(check.name)).is_some_and(|one| one.enabled);
        said.unwrap_or(account || check.enabled_by_default)
    };
    let selected: Vec<&'static Check> = all.iter().copied().filter(|check| runs(check)).collect();
    if selected.is_empty() { Err(SelectError::Nothing) } else { Ok(selected) }
}

/// The thresholds in force, and remarks on what in the account's configuration makes no sense; the file was checked when it was
/// read.
pub(crate) fn settings(
    all: &[&'static Check],
    config: &Config,
    account: Option<&AccountConfiguration>,
) -> (Settings, Vec<String>) {
    let mut settings = Settings::default();
    let mut notes = Vec::new();
    for (name, given) in account.into_iter().flatten() {
        let Some(check) = all.iter().find(|check| check.name == name) else {
            notes.push(format!("the account's audit configuration names `{name}`, which is no check here"));
            continue;
        };
        for (key, value) in &given.configuration {
            if let Err(error) = settings.set(check, key, value) {
                notes.push(format!("the account's audit configuration: {error}; the default holds"));
            }
        }
    }
    for (check, key, value) in &config.thresholds {
        // Accepted by the same function when the file was read.
        let _ = settings.set(check, key, value);
    }
    (settings, notes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::{CA_KEYS, CHECKS, CONFLICTS, EXPIRING, LOGGING, PERMISSIVE};
    use crate::snapshot::CheckConfiguration;

    fn check(
        patterns: &[&str],
        config: &Config,
        account: Option<&AccountConfiguration>,
        expected: &[&Check],
    ) {
        let patterns: Vec<String> = patterns.iter().map(|one| (*one).to_owned()).collect();
        let selected = select(&CHECKS, &patterns, config, account).unwrap();
        let names = |checks: &[&Check]| checks.iter().map(|check| check.name.to_owned()).collect::<Vec<_>>();
        let expected: Vec<String> = expected.iter().map(|check| check.name.to_owned()).collect();
        assert_eq!(names(&selected), expected, "{patterns:?}");
    }

    fn account(name: &str, enabled: bool) -> AccountConfiguration {
        [(name.to_owned(), CheckConfiguration { enabled, configuration: [].into() })].into()
    }

    #[test]
    fn patterns_then_file_then_account_then_defaults() {
        let none = Config::default();
        let defaults: &[&Check] = &[&EXPIRING, &CONFLICTS, &PERMISSIVE, &CA_KEYS];
        check(&[], &none, None, defaults);
        check(&["logging*"], &none, None, &[&LOGGING]);
        check(&["LOGGING_DISABLED_CHECK", "*CERTIFICATE*"], &none, None, &[&EXPIRING, &LOGGING, &CA_KEYS]);
        let file = Config { enabled: vec![(&EXPIRING, false), (&LOGGING, true)], ..Config::default() };
        check(&[], &file, None, &[&CONFLICTS, &PERMISSIVE, &LOGGING, &CA_KEYS]);
        check(&["DEVICE*"], &file, None, &[&EXPIRING]);
        check(&[], &none, Some(&account(LOGGING.name, true)), &CHECKS);
        check(&[], &none, Some(&account(EXPIRING.name, false)), defaults);
        let off = Config { enabled: vec![(&LOGGING, false)], ..Config::default() };
        check(&[], &off, Some(&account(LOGGING.name, true)), defaults);
    }

    #[test]
    fn a_pattern_without_match_names_its_neighbors() {
        let select =
            |pattern: &str| select(&CHECKS, &[pattern.to_owned()], &Config::default(), None).unwrap_err();
        let text = select("LOGGING_DISABLD_CHECK").to_string();
        assert_eq!(text, "no check is called `LOGGING_DISABLD_CHECK`; did you mean LOGGING_DISABLED_CHECK?");
        assert_eq!(select("zzz").to_string(), "no check is called `zzz`; `thingwarden checks` lists all");
        let all_off =
            Config { enabled: CHECKS.iter().map(|check| (*check, false)).collect(), ..Config::default() };
        assert_eq!(super::select(&CHECKS, &[], &all_off, None).unwrap_err(), SelectError::Nothing);
    }

    #[test]
    fn the_file_wins_over_the_account_and_nonsense_is_noted() {
        let key = EXPIRING.thresholds[0].key;
        let mut given = account(EXPIRING.name, true);
        given.get_mut(EXPIRING.name).unwrap().configuration.insert(key.to_owned(), "60".to_owned());
        let (settings_of_account, notes) = settings(&CHECKS, &Config::default(), Some(&given));
        assert_eq!((settings_of_account.get(EXPIRING.name, &EXPIRING.thresholds[0]), notes.len()), (60, 0));
        let file =
            Config { thresholds: vec![(&EXPIRING, key.to_owned(), "90".to_owned())], ..Config::default() };
        let (both, _) = settings(&CHECKS, &file, Some(&given));
        assert_eq!(both.get(EXPIRING.name, &EXPIRING.thresholds[0]), 90);
        given.extend(account("NEW_CHECK", true));
        given.get_mut(EXPIRING.name).unwrap().configuration.insert(key.to_owned(), "5".to_owned());
        let (defaults, notes) = settings(&CHECKS, &Config::default(), Some(&given));
        assert_eq!((defaults.get(EXPIRING.name, &EXPIRING.thresholds[0]), notes.len()), (30, 2));
    }
}
