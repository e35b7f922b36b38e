//! Schedules that are due become tasks.

use thingwarden_store::records::{AuditConfiguration, AuditTask, ScheduledAudit};
use thingwarden_store::{Filter, Order, Query, Reader, Scope, StoreError};
use thingwarden_wire::types::{AuditFrequency, DayOfWeek};

use super::Auditor;
use super::schedule::{Rule, Schedule, next_run, time_of_day_ms};
use super::{BegunBy, add_task, new_task};

/// The schedule of a record; none when somebody else than the API wrote it.
fn schedule_of(scope: &Scope, record: &ScheduledAudit) -> Option<Schedule> {
    let frequency = AuditFrequency::parse(&record.frequency)?;
    let day = record.day_of_week.as_deref().and_then(DayOfWeek::parse);
    let rule = Rule::new(frequency, day, record.day_of_month.as_deref(), record.created_ms).ok()?;
    Some(Schedule { rule, time_of_day_ms: time_of_day_ms(&scope.account, &scope.region, &record.name) })
}

/// When a scheduled audit runs next after a moment; never, if its record makes no sense.
pub(crate) fn next_due_ms(scope: &Scope, record: &ScheduledAudit, after_ms: i64) -> i64 {
    schedule_of(scope, record).map_or(i64::MAX, |schedule| next_run(&schedule, after_ms))
}

impl Auditor {
    /// Starts each scheduled audit whose time has come, once however often it was missed; says when the next one is due.
    pub(super) fn start_due(&self, scope: &Scope, now_ms: i64) -> Result<i64, StoreError> {
        loop {
            let first = Query { order: Order::By("due_ms"), limit: 1, ..Query::default() };
            let first = self.app.store.read(scope, |store| store.list::<ScheduledAudit>(&first))?;
            let Some(schedule) = first.items.into_iter().next() else { return Ok(i64::MAX) };
            if schedule.due_ms > now_ms {
                return Ok(schedule.due_ms);
            }
            self.start_run(scope, &schedule.name, now_ms)?;
        }
    }

    fn start_run(&self, scope: &Scope, name: &str, now_ms: i64) -> Result<(), StoreError> {
        let begun_by = BegunBy::Schedule(name.to_owned());
        let Some(task) = new_task(begun_by, [].into(), now_ms) else { return Err(StoreError::Stopped) };
        let (scope, name) = (scope.clone(), name.to_owned());
        self.write(&scope.clone(), "StartScheduledAudit", &task.id.clone(), now_ms, move |store| {
            let Some(mut schedule) = store.get::<ScheduledAudit>(&name)? else { return Ok(()) };
            if schedule.due_ms > now_ms {
                return Ok(());
            }
            schedule.due_ms = next_due_ms(&scope, &schedule, now_ms);
            store.update(&schedule)?;
            if runs_already(store, &name)? {
                tracing::warn!(schedule = name, "a scheduled audit is left out: the one before is not done");
                return Ok(());
            }
            let configuration = store.get::<AuditConfiguration>(AuditConfiguration::ID)?.unwrap_or_default();
            let thresholds = |check: &String| {
                let settings = configuration.checks.get(check);
                (check.clone(), settings.map(|settings| settings.thresholds.clone()).unwrap_or_default())
            };
            add_task(store, &AuditTask { checks: schedule.checks.iter().map(thresholds).collect(), ..task })
        })
    }
}

fn runs_already(store: &Reader<'_>, schedule: &str) -> Result<bool, StoreError> {
    let filters = [Filter::NotZero("in_progress"), Filter::eq("schedule", schedule)];
    Ok(store.count::<AuditTask>(&filters)? > 0)
}
