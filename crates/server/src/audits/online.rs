//! Fetching the revocation lists that certificates name, before an audit that wants them.

use std::collections::{BTreeMap, BTreeSet};

use thingwarden_engine::audit::checks::find;
use thingwarden_engine::fleet::Fact;
use thingwarden_store::records::{CaCertificate, Certificate};
use thingwarden_store::{Filter, Query, Scope, StoreError, Value};

use super::Auditor;
use super::view::parse;
use crate::online::{OnlineOptions, fetch_all};

/// Distribution points that one audit asks. A fleet has a few; certificates are made by others, who may name any number.
const POINTS_MAX: usize = 1000;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    pub(super) lists: Vec<Vec<u8>>,
    /// Where none came from, and why.
    pub(super) failures: Vec<String>,
}

impl Auditor {
    /// The lists, if the configuration says so and one of the checks reads them.
    pub(super) fn fetch<T>(
        &self,
        scope: &Scope,
        checks: &BTreeMap<String, T>,
    ) -> Result<Fetched, StoreError> {
        let mut fetched = Fetched::default();
        let wanted =
            checks.keys().filter_map(|name| find(name)).any(|check| check.reads.contains(&Fact::Crls));
        if !self.app.audit.online || !wanted {
            return Ok(fetched);
        }
        let points: Vec<String> = self.distribution_points(scope)?.into_iter().take(POINTS_MAX).collect();
        fetch_all(&points, &OnlineOptions::default(), |url, answer| match answer {
            Ok(list) => fetched.lists.push(list),
            Err(error) => fetched.failures.push(format!("{url}: {error}")),
        });
        Ok(fetched)
    }

    /// One certificate of each issuance has the points of all.
    fn distribution_points(&self, scope: &Scope) -> Result<BTreeSet<String>, StoreError> {
        self.app.store.read(scope, |store| {
            let mut points = BTreeSet::new();
            let mut add = |pem: &str| {
                points.extend(parse(pem).map(|one| one.crl_distribution_points).unwrap_or_default());
            };
            for ca in store.all::<CaCertificate>(&[])? {
                add(&ca.pem);
            }
            for status in Certificate::IN_FORCE {
                let status = Filter::eq("status", status);
                for (issuance, _) in
                    store.groups::<Certificate>("issuance", std::slice::from_ref(&status), 1)?
                {
                    let Value::Text(issuance) = issuance else { continue };
                    let filters = [status.clone(), Filter::eq("issuance", issuance)];
                    let one = store.list::<Certificate>(&Query { limit: 1, ..Query::all(&filters) })?;
                    one.items.iter().for_each(|certificate| add(&certificate.pem));
                }
            }
            Ok(points)
        })
    }
}
