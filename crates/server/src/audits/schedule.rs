//! When scheduled audits run. All times are UTC.
//!
//! AWS says that the start time within the day is "determined by the system": here it is a minute of the day that follows
//! from the schedule's name, so that schedules of many accounts do not all run at midnight. Every second week is counted
//! from the first matching day after the schedule was made.

use thingwarden_engine::ids::sha256;
use thingwarden_wire::types::{AuditFrequency, DayOfWeek};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
const MINUTES_OF_DAY: u32 = 1440;

/// A rule for days, with the time of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) rule: Rule,
    /// From midnight, in milliseconds.
    pub(crate) time_of_day_ms: i64,
}

/// Which days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Daily,
    Weekly(DayOfWeek),
    /// Every second week, from the first such day after `anchor_ms` on.
    Biweekly {
        day: DayOfWeek,
        anchor_ms: i64,
    },
    /// The day of the month from 1 to 31, or the last day of a month that has no such day.
    Monthly(u8),
}

impl Rule {
    /// Puts the members of the API together.
    ///
    /// # Errors
    /// Which member is missing or does not belong, for the caller.
    pub(crate) fn new(
        frequency: AuditFrequency,
        day_of_week: Option<DayOfWeek>,
        day_of_month: Option<&str>,
        anchor_ms: i64,
    ) -> Result<Self, String> {
        let name = frequency.as_str();
        let week = || day_of_week.ok_or_else(|| format!("frequency {name} needs `dayOfWeek`"));
        let (rule, takes_week, takes_month) = match frequency {
            AuditFrequency::Daily => (Self::Daily, false, false),
            AuditFrequency::Weekly => (Self::Weekly(week()?), true, false),
            AuditFrequency::Biweekly => (Self::Biweekly { day: week()?, anchor_ms }, true, false),
            AuditFrequency::Monthly => {
                let day = day_of_month.ok_or_else(|| format!("frequency {name} needs `dayOfMonth`"))?;
                let number = if day == "LAST" { Some(31) } else { day.parse().ok() };
                let number = number.filter(|number| (1..=31).contains(number));
                let wrong = || format!("`dayOfMonth` is `{day}`, expected 1 to 31 or LAST");
                (Self::Monthly(number.ok_or_else(wrong)?), false, true)
            }
        };
        if day_of_week.is_some() && !takes_week {
            return Err(format!("frequency {name} takes no `dayOfWeek`"));
        }
        if day_of_month.is_some() && !takes_month {
            return Err(format!("frequency {name} takes no `dayOfMonth`"));
        }
        Ok(rule)
    }
}

/// The time of the day of a schedule's runs, from midnight, in milliseconds.
pub(crate) fn time_of_day_ms(account: &str, region: &str, name: &str) -> i64 {
    let digest = sha256([account, region, name].join("\0").as_bytes());
    let number = digest.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    i64::from(number % MINUTES_OF_DAY) * MINUTE_MS
}

/// The first run after a moment. Moments are in milliseconds since 1970.
pub(crate) fn next_run(schedule: &Schedule, after_ms: i64) -> i64 {
    let today = after_ms.div_euclid(DAY_MS);
    // A day that fits comes within two months, also when today's time has passed already.
    let days = (0..=62).map(|offset| today.saturating_add(offset));
    let runs = days.filter(|day| fits(schedule, *day)).map(|day| at(schedule, day));
    runs.into_iter().find(|run| *run > after_ms).unwrap_or(i64::MAX)
}

fn at(schedule: &Schedule, day: i64) -> i64 {
    day.saturating_mul(DAY_MS).saturating_add(schedule.time_of_day_ms)
}

/// Days are counted from 1970-01-01, which was a Thursday.
fn fits(schedule: &Schedule, day: i64) -> bool {
    match schedule.rule {
        Rule::Daily => true,
        Rule::Weekly(wanted) => weekday(day) == number(wanted),
        Rule::Biweekly { day: wanted, anchor_ms } => {
            let weekly = Schedule { rule: Rule::Weekly(wanted), ..*schedule };
            let first = next_run(&weekly, anchor_ms).div_euclid(DAY_MS);
            day >= first && (day - first) % 14 == 0
        }
        Rule::Monthly(wanted) => {
            let (year, month, of_month) = civil(day);
            of_month == i64::from(wanted).min(days_in(year, month))
        }
    }
}

/// From Sunday, 0.
fn weekday(day: i64) -> i64 {
    day.saturating_add(4).rem_euclid(7)
}

fn number(day: DayOfWeek) -> i64 {
    match day {
        DayOfWeek::Sun => 0,
        DayOfWeek::Mon => 1,
        DayOfWeek::Tue => 2,
        DayOfWeek::Wed => 3,
        DayOfWeek::Thu => 4,
        DayOfWeek::Fri => 5,
        DayOfWeek::Sat => 6,
    }
}

/// Year, month and day of month in the Gregorian calendar, whose pattern repeats every 146,097 days. Counted from a first of
/// March, so that the leap day is the last of its year.
fn civil(day: i64) -> (i64, i64, i64) {
    let from_march_0000 = day.saturating_add(719_468);
    let era = from_march_0000.div_euclid(146_097);
    let of_era = from_march_0000.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_month)
}

fn days_in(year: i64, month: i64) -> i64 {
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use thingwarden_engine::time::Timestamp;

    use super::*;

    fn ms(text: &str) -> i64 {
        Timestamp::parse(text).unwrap().millis()
    }

    fn check(rule: Rule, after: &str, expected: &[&str]) {
        let schedule = Schedule { rule, time_of_day_ms: 6 * 3_600_000 };
        let mut moment = ms(after);
        for text in expected {
            moment = next_run(&schedule, moment);
            assert_eq!(Timestamp::from_millis(moment).to_string(), *text, "{rule:?} after {after}");
        }
    }

    #[test]
    fn daily_runs_are_a_day_apart_also_over_leap_days() {
        check(
            Rule::Daily,
            "2024-02-28T05:00:00Z",
            &["2024-02-28T06:00:00Z", "2024-02-29T06:00:00Z", "2024-03-01T06:00:00Z"],
        );
        check(Rule::Daily, "2023-02-28T06:00:00Z", &["2023-03-01T06:00:00Z"]);
    }

    #[test]
    fn weekly_runs_are_on_their_day() {
        // 2026-01-01 is a Thursday.
        check(
            Rule::Weekly(DayOfWeek::Thu),
            "2026-01-01T05:59:59Z",
            &["2026-01-01T06:00:00Z", "2026-01-08T06:00:00Z"],
        );
        check(Rule::Weekly(DayOfWeek::Thu), "2026-01-01T06:00:00Z", &["2026-01-08T06:00:00Z"]);
        check(Rule::Weekly(DayOfWeek::Sun), "2026-01-01T06:00:00Z", &["2026-01-04T06:00:00Z"]);
    }

    #[test]
    fn every_second_week_counts_from_when_the_schedule_was_made() {
        let made = |text| Rule::Biweekly { day: DayOfWeek::Mon, anchor_ms: ms(text) };
        check(
            made("2026-01-01T00:00:00Z"),
            "2026-01-01T00:00:00Z",
            &["2026-01-05T06:00:00Z", "2026-01-19T06:00:00Z"],
        );
        check(
            made("2026-01-06T00:00:00Z"),
            "2026-01-06T00:00:00Z",
            &["2026-01-12T06:00:00Z", "2026-01-26T06:00:00Z"],
        );
        // However long nobody looked, the rhythm stays.
        check(made("2026-01-01T00:00:00Z"), "2026-03-01T00:00:00Z", &["2026-03-02T06:00:00Z"]);
        check(made("2026-01-01T00:00:00Z"), "2026-03-02T06:00:00Z", &["2026-03-16T06:00:00Z"]);
    }

    #[test]
    fn a_day_that_a_month_does_not_have_is_its_last() {
        check(
            Rule::Monthly(31),
            "2024-01-31T06:00:00Z",
            &["2024-02-29T06:00:00Z", "2024-03-31T06:00:00Z", "2024-04-30T06:00:00Z"],
        );
        check(Rule::Monthly(30), "2023-01-30T06:00:00Z", &["2023-02-28T06:00:00Z", "2023-03-30T06:00:00Z"]);
        check(Rule::Monthly(29), "1900-01-29T06:00:00Z", &["1900-02-28T06:00:00Z"]);
        check(Rule::Monthly(29), "2000-01-29T06:00:00Z", &["2000-02-29T06:00:00Z"]);
        check(Rule::Monthly(1), "2025-12-01T06:00:00Z", &["2026-01-01T06:00:00Z"]);
    }

    #[test]
    fn members_must_fit_the_frequency() {
        let new = |frequency, week, month| Rule::new(frequency, week, month, 0);
        assert_eq!(new(AuditFrequency::Daily, None, None), Ok(Rule::Daily));
        assert_eq!(new(AuditFrequency::Monthly, None, Some("LAST")), Ok(Rule::Monthly(31)));
        assert_eq!(new(AuditFrequency::Monthly, None, Some("7")), Ok(Rule::Monthly(7)));
        assert_eq!(new(AuditFrequency::Weekly, Some(DayOfWeek::Fri), None), Ok(Rule::Weekly(DayOfWeek::Fri)));
        for (frequency, week, month) in [
            (AuditFrequency::Weekly, None, None),
            (AuditFrequency::Biweekly, None, Some("1")),
            (AuditFrequency::Monthly, None, None),
            (AuditFrequency::Monthly, None, Some("32")),
            (AuditFrequency::Monthly, Some(DayOfWeek::Fri), Some("1")),
            (AuditFrequency::Daily, Some(DayOfWeek::Fri), None),
            (AuditFrequency::Daily, None, Some("1")),
        ] {
            assert!(new(frequency, week, month).is_err(), "{frequency} {week:?} {month:?}");
        }
    }

    fn any_rule() -> impl Strategy<Value = Rule> {
        let day = prop::sample::select(DayOfWeek::ALL);
        prop_oneof![
            Just(Rule::Daily),
            day.clone().prop_map(Rule::Weekly),
            (day, 0..4_000_000_000_000_i64).prop_map(|(day, anchor_ms)| Rule::Biweekly { day, anchor_ms }),
            (1_u8..=31).prop_map(Rule::Monthly),
        ]
    }

    proptest! {
        #[test]
        fn the_next_run_is_later_and_none_is_between(
            rule in any_rule(),
            after in 0..4_000_000_000_000_i64,
            time_of_day_ms in 0..DAY_MS,
            between in 0.0..1.0_f64,
        ) {
            let schedule = Schedule { rule, time_of_day_ms };
            let after = if let Rule::Biweekly { anchor_ms, .. } = rule { after.max(anchor_ms) } else { after };
            let next = next_run(&schedule, after);
            prop_assert!(next > after && next - after <= 31 * DAY_MS);
            prop_assert_eq!(next.rem_euclid(DAY_MS), time_of_day_ms);
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a share of a span")]
            let earlier = after + ((next - after - 1) as f64 * between) as i64;
            prop_assert_eq!(next_run(&schedule, earlier), next);
        }
    }
}
