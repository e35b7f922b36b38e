//! A check again, over some resources only.

use std::collections::{BTreeMap, HashSet};

use thingwarden_engine::audit::checks::find;
use thingwarden_engine::audit::runner::conclude;
use thingwarden_engine::audit::{ResourceType, run_check};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::AuditedResource;
use thingwarden_store::{Scope, StoreError};

use super::Auditor;
use super::resources::key;
use super::runner::settings;
use super::view::{Narrowed, StoreView, Surroundings, Trouble};

/// What to look at.
#[derive(Debug)]
pub(crate) struct Recheck {
    pub(crate) check: String,
    pub(crate) thresholds: BTreeMap<String, String>,
    pub(crate) resources: Vec<AuditedResource>,
}

/// What the check says.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Keys of resources with codes of reasons. There may be others than those that were asked for.
    pub(crate) found: HashSet<(String, String)>,
    /// Whether it had all that it needs: then what it did not find is not there.
    pub(crate) complete: bool,
}

impl Auditor {
    /// Runs the check over the store as it is now. Device certificates, client ids and policies are looked at one by one; of
    /// other resources there are few, or the check needs the whole fleet to judge them. None when it is time to stop.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn recheck(
        &self,
        scope: &Scope,
        wanted: &Recheck,
        now_ms: i64,
    ) -> Result<Option<Said>, StoreError> {
        let Some(check) = find(&wanted.check) else { return Ok(Some(Said::default())) };
        let checks = [(wanted.check.clone(), wanted.thresholds.clone())].into();
        let settings = settings(&checks);
        let fetched = self.fetch(scope, &checks)?;
        let stop = || self.is_stopping();
        self.app.store.read(scope, |reader| {
            let around = Surroundings {
                now: Timestamp::from_millis(now_ms),
                key_checker: &self.app.key_checker,
                own_ca: Some(self.app.issuing.certificate()),
                fetched: &fetched.lists,
                not_fetched: &fetched.failures,
                is_live: false,
                stop: &stop,
            };
            let view = StoreView::new(reader, around);
            let run = match check.resource_type {
                ResourceType::ClientId | ResourceType::DeviceCertificate | ResourceType::IotPolicy => {
                    run_check(check, &Narrowed::new(&view, &wanted.resources), &settings)
                }
                _ => run_check(check, &view, &settings),
            };
            match view.take_trouble() {
                Some(Trouble::Stopped) => return Ok(None),
                Some(Trouble::Store(error)) => return Err(error),
                None => {}
            }
            let outcome = conclude(run, "", &|_| false);
            let found = outcome.findings.iter().map(|found| {
                let finding = &found.finding;
                (key(&finding.resource), finding.reason.code.to_owned())
            });
            let complete = outcome.error_code.is_none() && outcome.gaps.is_empty();
            Ok(Some(Said { found: found.collect(), complete }))
        })
    }
}
