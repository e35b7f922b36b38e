//! DescribeLogGroups, DescribeLogStreams, FilterLogEvents, GetLogEvents.

use std::ops::ControlFlow;

use serde::Deserialize;
use serde_json::{Value, json};
use thingwarden_store::Scope;

use super::pattern::Pattern;
use super::{Failed, Outcome, group_arn, parse};
use crate::device_logs::{DeviceLogs, GROUP, Line, Segment};
use crate::iam::Cx;

/// Records of one answer (`EventsLimit`).
const EVENTS_MAX: usize = 10_000;
/// Bytes of records in one answer (FilterLogEvents: "up to 1 MB").
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Bytes that are looked at for one answer; then a token says where to go on.
const LOOKED_AT_BYTES_MAX: u64 = 64 << 20;
/// Streams of one answer.
const STREAMS_MAX: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Group {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
}

impl Group {
    /// The only one there is, by name or ARN.
    fn check(&self, scope: &Scope) -> Result<(), Failed> {
        let arn = group_arn(scope, GROUP);
        let is_it = |name: &str| name == GROUP || name == arn || Some(name) == arn.strip_suffix(":*");
        match (&self.log_group_name, &self.log_group_identifier) {
            (Some(name), None) if name == GROUP => Ok(()),
            (None, Some(name)) if is_it(name) => Ok(()),
            (Some(_), Some(_)) | (None, None) => {
                Err(Failed::invalid("one of logGroupName and logGroupIdentifier is needed"))
            }
            _ => Err(Failed::not_found("The specified log group does not exist.")),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GroupsInput {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    include_linked_accounts: bool,
}

pub(super) fn groups(cx: &Cx, logs: &DeviceLogs, scope: &Scope, input: Value) -> Outcome {
    let input: GroupsInput = parse(input)?;
    if input.include_linked_accounts {
        return Err(Failed::invalid("there are no linked accounts"));
    }
    limit(input.limit, STREAMS_MAX)?;
    let prefix = input.log_group_name_prefix.unwrap_or_default();
    let is_wanted = GROUP.starts_with(&prefix)
        && input
            .log_group_name_pattern
            .is_none_or(|part| GROUP.to_lowercase().contains(&part.to_lowercase()));
    let segments = all(cx, logs, scope)?;
    let first = segments.first().filter(|_| is_wanted).map(|first| {
        let arn = group_arn(scope, GROUP);
        json!({
            "logGroupName": GROUP,
            "creationTime": first.begin_ms,
            "metricFilterCount": 0,
            "logGroupArn": arn.strip_suffix(":*"),
            "arn": arn,
            "storedBytes": segments.iter().map(|segment| segment.bytes).sum::<u64>(),
            "logGroupClass": "STANDARD",
        })
    });
    Ok(json!({ "logGroups": first.into_iter().collect::<Vec<_>>() }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct StreamsWanted {
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    descending: bool,
    next_token: Option<String>,
    limit: Option<usize>,
}

pub(super) fn streams(cx: &Cx, logs: &DeviceLogs, scope: &Scope, input: Value) -> Outcome {
    let (group, wanted): (Group, StreamsWanted) = parts(input)?;
    group.check(scope)?;
    let limit = limit(wanted.limit, STREAMS_MAX)?;
    if !matches!(wanted.order_by.as_deref(), None | Some("LogStreamName" | "LastEventTime")) {
        return Err(Failed::invalid("`orderBy` is `LogStreamName` or `LastEventTime`"));
    }
    let prefix = wanted.log_stream_name_prefix.unwrap_or_default();
    let mut segments = all(cx, logs, scope)?;
    // Names are moments, so both orders are one.
    segments.retain(|segment| segment.name().starts_with(&prefix));
    if wanted.descending {
        segments.reverse();
    }
    if let Some(token) = &wanted.next_token {
        let place = segments.iter().position(|segment| segment.name() == *token);
        let place = place.ok_or_else(|| Failed::invalid("The specified nextToken is invalid."))?;
        segments.drain(..place);
    }
    let next = segments.get(limit).map(Segment::name);
    let arn = group_arn(scope, GROUP);
    let shown = segments.iter().take(limit).map(|segment| {
        let mut times = None;
        segment
            .lines(0, |line| {
                let at = line.at.millis();
                let (first, last) = times.unwrap_or((at, at));
                times = Some((first.min(at), last.max(at)));
                ControlFlow::Continue(())
            })
            .map_err(|error| Failed::internal(cx, &error))?;
        Ok(json!({
            "logStreamName": segment.name(),
            "creationTime": segment.begin_ms,
            "firstEventTimestamp": times.map(|(first, _)| first),
            "lastEventTimestamp": times.map(|(_, last)| last),
            "lastIngestionTime": times.map(|(_, last)| last),
            "arn": format!("{}:log-stream:{}", arn.strip_suffix(":*").unwrap_or(&arn), segment.name()),
            "storedBytes": segment.bytes,
        }))
    });
    let shown: Vec<Value> = shown.collect::<Result<_, Failed>>()?;
    Ok(with_token(json!({ "logStreams": shown }), next))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct FilterWanted {
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
    /// Streams follow each other here, so records are in the order of time anyway.
    #[serde(rename = "interleaved")]
    _interleaved: Option<bool>,
    /// Nothing is masked.
    #[serde(rename = "unmask")]
    _unmask: Option<bool>,
}

pub(super) fn filter(cx: &Cx, logs: &DeviceLogs, scope: &Scope, input: Value) -> Outcome {
    let (group, wanted): (Group, FilterWanted) = parts(input)?;
    group.check(scope)?;
    let limit = limit(wanted.limit, EVENTS_MAX)?;
    let pattern = Pattern::parse(wanted.filter_pattern.as_deref().unwrap_or_default())
        .map_err(|why| Failed::invalid(format!("Invalid filter pattern: {why}")))?;
    if wanted.log_stream_names.is_some() && wanted.log_stream_name_prefix.is_some() {
        return Err(Failed::invalid("logStreamNames and logStreamNamePrefix cannot be given together"));
    }
    let from = wanted.next_token.as_deref().map(place).transpose()?;
    logs.flush();
    let mut segments = all(cx, logs, scope)?;
    if let Some(names) = &wanted.log_stream_names {
        segments.retain(|segment| names.contains(&segment.name()));
    }
    if let Some(prefix) = &wanted.log_stream_name_prefix {
        segments.retain(|segment| segment.name().starts_with(prefix));
    }
    let (mut events, mut bytes, mut looked_at, mut next) = (vec![], 0, 0, None);
    for segment in segments {
        let offset = match from {
            Some((begin_ms, _)) if segment.begin_ms < begin_ms => continue,
            Some((begin_ms, offset)) if segment.begin_ms == begin_ms => offset,
            _ => 0,
        };
        let name = segment.name();
        let read = segment.lines(offset, |line| {
            let is_full = events.len() >= limit || bytes + line.text.len() > ANSWER_BYTES_MAX;
            if is_full || looked_at > LOOKED_AT_BYTES_MAX {
                next = Some(format!("{name}/{}", line.offset));
                return ControlFlow::Break(());
            }
            looked_at += line.end - line.offset;
            if is_in_time(&line, wanted.start_time, wanted.end_time) && pattern.fits(&line.text) {
                bytes += line.text.len();
                events.push(json!({
                    "logStreamName": name,
                    "timestamp": line.at.millis(),
                    "message": line.text,
                    "ingestionTime": line.at.millis(),
                    "eventId": format!("{name}{:020}", line.offset),
                }));
            }
            ControlFlow::Continue(())
        });
        read.map_err(|error| Failed::internal(cx, &error))?;
        if next.is_some() {
            break;
        }
    }
    Ok(with_token(json!({ "events": events, "searchedLogStreams": [] }), next))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct GetWanted {
    log_stream_name: String,
    start_time: Option<i64>,
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<usize>,
    start_from_head: bool,
    #[serde(rename = "unmask")]
    _unmask: Option<bool>,
}

pub(super) fn get(cx: &Cx, logs: &DeviceLogs, scope: &Scope, input: Value) -> Outcome {
    let (group, wanted): (Group, GetWanted) = parts(input)?;
    group.check(scope)?;
    let limit = limit(wanted.limit, EVENTS_MAX)?;
    logs.flush();
    let segments = all(cx, logs, scope)?;
    let segment = segments.into_iter().find(|segment| segment.name() == wanted.log_stream_name);
    let segment = segment.ok_or_else(|| Failed::not_found("The specified log stream does not exist."))?;
    let (forward, until, from) = match wanted.next_token.as_deref() {
        None => (wanted.start_from_head, u64::MAX, 0),
        Some(token) => match token.split_once('/').and_then(|(way, at)| Some((way, at.parse().ok()?))) {
            Some(("f", at)) => (true, u64::MAX, at),
            Some(("b", at)) => (false, at, 0),
            _ => return Err(Failed::invalid("The specified nextToken is invalid.")),
        },
    };
    // Here the end does not belong to the time asked for; in FilterLogEvents it does.
    let end = wanted.end_time.map(|end| end.saturating_sub(1));
    // Going forward, the first that fit are wanted; going back, the last.
    let (mut found, mut bytes) = (std::collections::VecDeque::new(), 0);
    let read = segment.lines(from, |line: Line| {
        if line.offset >= until {
            return ControlFlow::Break(());
        }
        if !is_in_time(&line, wanted.start_time, end) {
            return ControlFlow::Continue(());
        }
        let length = line.text.len();
        while !found.is_empty() && (found.len() >= limit || bytes + length > ANSWER_BYTES_MAX) {
            if forward {
                return ControlFlow::Break(());
            }
            bytes -= found.pop_front().map_or(0, |old: Line| old.text.len());
        }
        bytes += length;
        found.push_back(line);
        ControlFlow::Continue(())
    });
    read.map_err(|error| Failed::internal(cx, &error))?;
    // Where there is nothing more, the token stays the same, which is how clients know.
    let at = if forward { from } else { until.min(segment.bytes) };
    let first = found.front().map_or(at, |line| line.offset);
    let last = found.back().map_or(at, |line| line.end);
    let events = found.iter().map(|line| {
        json!({ "timestamp": line.at.millis(), "message": line.text, "ingestionTime": line.at.millis() })
    });
    Ok(json!({
        "events": events.collect::<Vec<_>>(),
        "nextForwardToken": format!("f/{last}"),
        "nextBackwardToken": format!("b/{first}"),
    }))
}

/// The members that say which log group, and all others.
fn parts<T: serde::de::DeserializeOwned>(mut input: Value) -> Result<(Group, T), Failed> {
    let mut take = |name: &str| input.as_object_mut().and_then(|members| members.remove(name));
    let group =
        json!({ "logGroupName": take("logGroupName"), "logGroupIdentifier": take("logGroupIdentifier") });
    Ok((parse(group)?, parse(input)?))
}

fn all(cx: &Cx, logs: &DeviceLogs, scope: &Scope) -> Result<Vec<Segment>, Failed> {
    logs.segments(scope).map_err(|error| Failed::internal(cx, &error))
}

fn limit(asked: Option<usize>, most: usize) -> Result<usize, Failed> {
    match asked {
        None => Ok(most),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(Failed::invalid(format!("`limit` is a number from 1 to {most}"))),
    }
}

/// A token: the stream, and the place in it.
fn place(token: &str) -> Result<(u64, u64), Failed> {
    let parsed =
        token.split_once('/').and_then(|(stream, at)| Some((stream.parse().ok()?, at.parse().ok()?)));
    parsed.ok_or_else(|| Failed::invalid("The specified nextToken is invalid."))
}

fn is_in_time(line: &Line, start: Option<i64>, end: Option<i64>) -> bool {
    let at = line.at.millis();
    start.is_none_or(|start| at >= start) && end.is_none_or(|end| at <= end)
}

fn with_token(mut answer: Value, token: Option<String>) -> Value {
    if let (Some(members), Some(token)) = (answer.as_object_mut(), token) {
        members.insert("nextToken".to_owned(), token.into());
    }
    answer
}
