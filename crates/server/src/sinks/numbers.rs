//! The numbers of checks that AWS puts into CloudWatch (`NonCompliantResources`, `ResourcesEvaluated`, by check and schedule), and how
//! findings stand, on `/metrics`. They come from the store, and so are there after a restart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use thingwarden_store::records::{
    AuditCheckHistory, AuditCheckRun, AuditTask, CheckNumbers, FindingSpan, FindingState, ScheduledAudit,
    SinkRun,
};
use thingwarden_store::{Filter, Reader, Record, Scope, StoreError, Value, Writer};

use super::finding::ON_DEMAND;
use crate::api::App;
use crate::audits;

/// Keeps what the checks of a task came to, in place of what they came to before. A check that failed has no numbers and keeps the old ones,
/// as does one that looked at what connections showed alone.
pub(super) fn keep(store: &Writer<'_>, task: &AuditTask, runs: &[AuditCheckRun]) -> Result<(), StoreError> {
    let schedule = task.schedule.as_deref().unwrap_or(ON_DEMAND);
    for old in store.all::<CheckNumbers>(&[])? {
        if old.schedule != ON_DEMAND && !store.exists::<ScheduledAudit>(&old.schedule)? {
            store.delete::<CheckNumbers>(&old.id())?;
        }
    }
    for run in runs.iter().filter(|run| run.status.starts_with("COMPLETED") && !run.is_live()) {
        store.put(&CheckNumbers {
            check: run.check.clone(),
            schedule: schedule.to_owned(),
            examined: run.examined,
            non_compliant: run.non_compliant,
            suppressed: run.suppressed,
            started_ms: task.started_ms,
        })?;
    }
    Ok(())
}

/// Puts the numbers on `/metrics`.
pub(crate) fn register(app: &Arc<App>, registry: &mut Registry) {
    registry.register_collector(Box::new(Numbers { app: Arc::clone(app), known: Mutex::default() }));
}

struct Numbers {
    app: Arc<App>,
    /// What the store said, and how old it was then.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    generations: Option<[u64; 2]>,
    checks: Arc<[(Scope, CheckNumbers)]>,
    states: Arc<[(StateLabels, u64)]>,
}

#[derive(Clone, Debug, EncodeLabelSet)]
struct CheckLabels {
    account: String,
    region: String,
    check: String,
    schedule: String,
}

#[derive(Clone, Debug, EncodeLabelSet)]
struct StateLabels {
    account: String,
    region: String,
    check: String,
    state: String,
}

#[derive(Clone, Debug, EncodeLabelSet)]
struct SinkLabels {
    sink: String,
}

#[derive(Clone, Debug, EncodeLabelSet)]
struct OutcomeLabels {
    sink: String,
    outcome: &'static str,
}

/// Numbers of checks, and of findings by state.
type Current = (Arc<[(Scope, CheckNumbers)]>, Arc<[(StateLabels, u64)]>);

impl Numbers {
    /// As of the last audit that ended; read again only after another one.
    fn current(&self) -> Current {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let store = &self.app.store;
        let generations = Some([store.generation::<CheckNumbers>(), store.generation::<AuditCheckHistory>()]);
        if known.generations != generations {
            match self.read() {
                Ok((checks, states)) => {
                    *known = Known { generations, checks: checks.into(), states: states.into() };
                }
                Err(error) => tracing::warn!(%error, "the numbers of audits are old: the store failed"),
            }
        }
        (Arc::clone(&known.checks), Arc::clone(&known.states))
    }

    #[allow(clippy::type_complexity, reason = "two lists")]
    fn read(&self) -> Result<(Vec<(Scope, CheckNumbers)>, Vec<(StateLabels, u64)>), StoreError> {
        let (mut checks, mut states) = (vec![], vec![]);
        for scope in self.app.store.read(&Scope::new("", ""), |store| store.scopes())? {
            self.app.store.read(&scope, |store| {
                let numbers = store.all::<CheckNumbers>(&[])?;
                let histories = store.all::<AuditCheckHistory>(&[])?;
                let mut names: BTreeSet<&str> = numbers.iter().map(|one| one.check.as_str()).collect();
                names.extend(histories.iter().map(|one| one.check.as_str()));
                for check in names {
                    for (state, count) in count_states(store, check)? {
                        let (account, region) = (scope.account.to_string(), scope.region.to_string());
                        let (check, state) = (check.to_owned(), state.as_str().to_owned());
                        states.push((StateLabels { account, region, check, state }, count));
                    }
                }
                checks.extend(numbers.into_iter().map(|one| (scope.clone(), one)));
                Ok::<_, StoreError>(())
            })?;
        }
        Ok((checks, states))
    }

    fn waiting(&self, sink: &str) -> Result<u64, StoreError> {
        let filters = [Filter::NotZero("waiting"), Filter::eq("sink", sink)];
        let scopes = self.app.store.read(&Scope::new("", ""), |store| store.scopes())?;
        let counts =
            scopes.iter().map(|scope| self.app.store.read(scope, |store| store.count::<SinkRun>(&filters)));
        counts.sum()
    }

    fn encode_sinks(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        if self.app.sinks.is_empty() {
            return Ok(());
        }
        let about = "Findings that a sink took or refused since the server began";
        let mut findings =
            encoder.encode_descriptor("thingwarden_sink_findings", about, None, MetricType::Counter)?;
        for sink in &self.app.sinks {
            for (outcome, counter) in [("sent", &sink.counters.sent), ("refused", &sink.counters.refused)] {
                let labels = OutcomeLabels { sink: sink.name.clone(), outcome };
                ConstCounter::new(counter.get()).encode(findings.encode_family(&labels)?)?;
            }
        }
        let about = "Attempts that failed and were, or will be, made again";
        let mut failures =
            encoder.encode_descriptor("thingwarden_sink_failures", about, None, MetricType::Counter)?;
        for sink in &self.app.sinks {
            let labels = SinkLabels { sink: sink.name.clone() };
            ConstCounter::new(sink.counters.failures.get()).encode(failures.encode_family(&labels)?)?;
        }
        let about = "Audits that a sink does not know completely yet";
        let mut waiting =
            encoder.encode_descriptor("thingwarden_sink_audits_waiting", about, None, MetricType::Gauge)?;
        for sink in &self.app.sinks {
            let Ok(count) = self.waiting(&sink.name) else { continue };
            let labels = SinkLabels { sink: sink.name.clone() };
            gauge(count).encode(waiting.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Numbers").finish_non_exhaustive()
    }
}

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (checks, states) = self.current();
        type Number = fn(&CheckNumbers) -> u64;
        let of_checks: [(&str, &str, Number); 3] = [
            (
                "thingwarden_non_compliant_resources",
                "Non-compliant resources that the last audit found, suppressed ones not counted",
                |one| one.non_compliant,
            ),
            (
                "thingwarden_suppressed_non_compliant_resources",
                "Suppressed non-compliant resources that the last audit found",
                |one| one.suppressed,
            ),
            ("thingwarden_resources_evaluated", "Resources that the last audit looked at", |one| {
                one.examined
            }),
        ];
        for (name, about, number) in of_checks {
            let mut family = encoder.encode_descriptor(name, about, None, MetricType::Gauge)?;
            for (scope, one) in checks.iter() {
                let labels = CheckLabels {
                    account: scope.account.to_string(),
                    region: scope.region.to_string(),
                    check: one.check.clone(),
                    schedule: one.schedule.clone(),
                };
                gauge(number(one)).encode(family.encode_family(&labels)?)?;
            }
        }
        let about = "Findings over all audits, by state";
        let mut family = encoder.encode_descriptor("thingwarden_findings", about, None, MetricType::Gauge)?;
        for (labels, count) in states.iter() {
            gauge(*count).encode(family.encode_family(labels)?)?;
        }
        self.encode_sinks(&mut encoder)
    }
}

fn count_states(store: &Reader<'_>, check: &str) -> Result<BTreeMap<FindingState, u64>, StoreError> {
    let history = audits::history(store, check)?;
    let of_check = [Filter::NotZero("latest"), Filter::eq("check_name", check)];
    let mut counts = BTreeMap::new();
    for (life, count) in store.groups::<FindingSpan>("life", &of_check, 1)? {
        let Value::Integer(life) = life else { continue };
        *counts.entry(FindingState::of(life, &history)).or_default() += count;
    }
    Ok(counts)
}

fn gauge(count: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX))
}
