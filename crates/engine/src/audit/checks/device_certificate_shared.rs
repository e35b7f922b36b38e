#![doc = include_str!("device_certificate_shared.md")]

use std::collections::BTreeMap;

use super::super::prelude::*;
use crate::fleet::{ConnectionEvent, ConnectionEventKind, Principal, Source};
use crate::ids::CertificateId;
use crate::limits::RELATED_RESOURCES_MAX;

pub(super) const CHECK: Check = Check {
    name: "DEVICE_CERTIFICATE_SHARED_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: true,
    reads: &[Fact::ConnectionLog],
    thresholds: &[],
    reasons: &[SHARED],
    manual: include_str!("device_certificate_shared.md"),
    run,
};

/// AWS's sentence.
const SHARED: Reason =
    Reason { code: "CERTIFICATE_SHARED_BY_MULTIPLE_DEVICES", text: "Certificate shared by one or more devices." };
const LAG: Duration = Duration::hours(2);

/// One connection of one client id; `end` is `None` while it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Connection {
    client_id: String,
    start: Timestamp,
    end: Option<Timestamp>,
    source: Option<Source>,
}

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    let to = if fleet.is_live() { fleet.now() } else { fleet.now() - LAG };
    let from = fleet.now() - LOG_WINDOW;
    found.judged_until(to);
    let connected = fleet.count_connected(from);
    if connected == 0 || !fleet.has_connections(from, to) {
        let why = "no data: the log holds no successful connection in the 31 days before the audit (log level INFO records them)";
        return found.gap(why, None);
    }
    found.examined_many(connected);
    let mut histories: BTreeMap<CertificateId, Vec<Connection>> = BTreeMap::new();
    fleet.each_shared(from, &mut |event| {
        if let Principal::Certificate(certificate) = event.principal
            && event.time <= to
        {
            apply(histories.entry(certificate).or_default(), event);
        }
    });
    for (certificate, history) in histories {
        let shared = concurrent(&history);
        let Some(newest) = shared.first() else { continue };
        let finding = found.push_resource(Resource::DeviceCertificate(certificate), newest.source, SHARED);
        if shared.len() > RELATED_RESOURCES_MAX {
            finding.with("RELATED_RESOURCES_TOTAL", shared.len().to_string());
        }
        finding.related = shared.into_iter().take(RELATED_RESOURCES_MAX).map(related).collect();
    }
}

/// Continues a certificate's history. A client id has one connection at a time: a new one ends the old, which is why the record of
/// the displacement itself, written after the new connection's, must not end that one.
fn apply(history: &mut Vec<Connection>, event: &ConnectionEvent<'_>) {
    if event.kind == ConnectionEventKind::Displaced {
        return;
    }
    let open = history.iter_mut().rev().find(|one| one.client_id == event.client_id && one.end.is_none());
    if let Some(open) = open {
        open.end = Some(event.time);
    }
    if event.kind == ConnectionEventKind::Connected {
        let client_id = event.client_id.to_owned();
        history.push(Connection { client_id, start: event.time, end: None, source: event.source });
    }
}

/// The connections that overlapped with one of another client id, newest first.
fn concurrent(history: &[Connection]) -> Vec<&Connection> {
    let mut flagged = vec![false; history.len()];
    let mut by_start: Vec<usize> = (0..history.len()).collect();
    by_start.sort_by_key(|&at| history.get(at).map(|one| one.start));
    mark_overlaps(history, &by_start, &mut flagged);
    let mut shared: Vec<&Connection> =
        history.iter().zip(flagged).filter(|(_, flagged)| *flagged).map(|(one, _)| one).collect();
    shared.sort_by(|a, b| (b.start, &b.client_id).cmp(&(a.start, &a.client_id)));
    shared
}

fn mark_overlaps(history: &[Connection], by_start: &[usize], flagged: &mut [bool]) {
    // Sweep by start; of each client id at most one connection is open at any time.
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for &at in by_start {
        let Some(current) = history.get(at) else { continue };
        open.retain(|_, &mut other| history.get(other).is_some_and(|one| one.end.is_none_or(|end| end > current.start)));
        for (client_id, &other) in &open {
            if *client_id != current.client_id {
                for index in [at, other] {
                    if let Some(flag) = flagged.get_mut(index) {
                        *flag = true;
                    }
                }
            }
        }
        open.insert(&current.client_id, at);
    }
}

fn related(connection: &Connection) -> Related {
    let mut additional = vec![("CONNECTION_TIME", connection.start.millis().to_string())];
    if let Some(end) = connection.end {
        additional.push(("DISCONNECTION_TIME", end.millis().to_string()));
    }
    Related { resource: Resource::ClientId(connection.client_id.clone()), additional }
}
