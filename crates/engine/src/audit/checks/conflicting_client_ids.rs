#![doc = include_str!("conflicting_client_ids.md")]

use std::collections::{BTreeMap, VecDeque};

use super::super::prelude::*;
use crate::fleet::{Principal, Source};
use crate::limits::RELATED_RESOURCES_MAX;

pub(super) const CHECK: Check = Check {
    name: "CONFLICTING_CLIENT_IDS_CHECK",
    severity: Severity::High,
    resource_type: ResourceType::ClientId,
    enabled_by_default: true,
    reads: &[Fact::ConnectionLog],
    thresholds: &[],
    reasons: &[DUPLICATE],
    manual: include_str!("conflicting_client_ids.md"),
    run,
};

const DUPLICATE: Reason = Reason {
    code: "DUPLICATE_CLIENT_ID_ACROSS_CONNECTIONS",
    text: "A connection was disconnected because another one used the same client ID.",
};

/// What is kept of a client id that was displaced.
#[derive(Default)]
struct Displacements {
    count: usize,
    /// The newest ones, oldest first.
    newest: VecDeque<(Timestamp, Resource, Option<String>)>,
    source: Option<Source>,
}

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    let from = fleet.now() - LOG_WINDOW;
    let clients = fleet.count_clients(from);
    if clients == 0 {
        return found.gap("no data: the log holds no connection in the 31 days before the audit", None);
    }
    found.examined_many(clients);
    let mut displaced: BTreeMap<String, Displacements> = BTreeMap::new();
    fleet.each_displaced(from, &mut |event| {
        if event.time > fleet.now() {
            return;
        }
        let client = displaced.entry(event.client_id.to_owned()).or_default();
        client.count += 1;
        client.source = event.source;
        let (resource, principal) = match event.principal {
            Principal::Certificate(certificate) => (Resource::DeviceCertificate(certificate), None),
            Principal::Other(text) => (Resource::ClientId(event.client_id.to_owned()), Some(text.to_owned())),
        };
        client.newest.push_back((event.time, resource, principal));
        if client.newest.len() > RELATED_RESOURCES_MAX {
            client.newest.pop_front();
        }
    });
    for (client_id, client) in displaced {
        let finding = found.push_resource(Resource::ClientId(client_id), client.source, DUPLICATE);
        finding.with("DISCONNECTS", client.count.to_string());
        if client.count > RELATED_RESOURCES_MAX {
            finding.with("RELATED_RESOURCES_TOTAL", client.count.to_string());
        }
        for (time, resource, principal) in client.newest.into_iter().rev() {
            let mut additional = vec![("DISCONNECTION_TIME", time.millis().to_string())];
            additional.extend(principal.map(|text| ("PRINCIPAL_ID", text)));
            finding.related_to(Related { resource, additional });
        }
    }
}
