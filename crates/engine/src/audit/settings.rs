//! What an operator sets for checks: thresholds, in AWS's configuration keys.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use super::check::{Check, Threshold};

/// Values for thresholds; a threshold that is not set has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    jobs: Option<NonZeroUsize>,
    values: BTreeMap<(&'static str, &'static str), i64>,
}

/// A configuration value that a check does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("`{check}` has no configuration key `{key}`{}", known(.keys))]
    UnknownKey { check: &'static str, key: String, keys: Vec<&'static str> },
    #[error("`{key}` of `{check}` must be a whole number from {min} to {max}, not `{value}`")]
    OutOfRange { check: &'static str, key: &'static str, value: String, min: i64, max: i64 },
}

fn known(keys: &[&'static str]) -> String {
    if keys.is_empty() { "; it has none".to_owned() } else { format!(", only {}", keys.join(", ")) }
}

impl Settings {
    /// Sets one key of one check from its text form (AWS's configuration values are strings of decimal digits).
    pub fn set(&mut self, check: &Check, key: &str, value: &str) -> Result<(), SettingsError> {
        let threshold = check.thresholds.iter().find(|threshold| threshold.key == key).ok_or_else(|| {
            let keys = check.thresholds.iter().map(|threshold| threshold.key).collect();
            SettingsError::UnknownKey { check: check.name, key: key.to_owned(), keys }
        })?;
        match value.trim().parse::<i64>() {
            Ok(number) if threshold.range.contains(&number) => {
                self.values.insert((check.name, threshold.key), number);
                Ok(())
            }
            _ => Err(SettingsError::OutOfRange {
                check: check.name,
                key: threshold.key,
                value: value.to_owned(),
                min: *threshold.range.start(),
                max: *threshold.range.end(),
            }),
        }
    }

    /// Sets on how many threads a check may compute; the findings do not depend on it.
    pub fn set_jobs(&mut self, jobs: NonZeroUsize) {
        self.jobs = Some(jobs);
    }

    pub fn jobs(&self) -> usize {
        self.jobs.map_or(1, NonZeroUsize::get)
    }

    /// The value in force for a threshold of a check.
    pub fn get(&self, check: &str, threshold: &Threshold) -> i64 {
        let set = self.values.iter().find(|((name, key), _)| *name == check && *key == threshold.key);
        set.map_or(threshold.default, |(_, value)| *value)
    }
}
