#![doc = include_str!("conflicting_client_ids.md")]

use std::collections::BTreeMap;

use super::super::prelude::*;
use crate::fleet::ConnectionEventKind;
use crate::ids::CertificateId;
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
const WINDOW: Duration = Duration::days(31);

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    let from = fleet.now() - WINDOW;
    // Displacements of each client id seen in the window: time and principal.
    let mut clients: BTreeMap<String, Vec<(Timestamp, String)>> = BTreeMap::new();
    fleet.each_connection_event(&mut |event| {
        if event.time < from || event.time > fleet.now() {
            return;
        }
        if !clients.contains_key(event.client_id) {
            clients.insert(event.client_id.to_owned(), vec![]);
        }
        if event.kind == ConnectionEventKind::Displaced
            && let Some(displaced) = clients.get_mut(event.client_id)
        {
            displaced.push((event.time, event.principal.to_owned()));
        }
    });
    if clients.is_empty() {
        return found.gap("no data: the log holds no connection in the 31 days before the audit", None);
    }
    for (client_id, displaced) in clients {
        found.examined();
        if displaced.is_empty() {
            continue;
        }
        let finding = found.push_resource(Resource::ClientId(client_id), None, DUPLICATE);
        finding.with("DISCONNECTS", displaced.len().to_string());
        if displaced.len() > RELATED_RESOURCES_MAX {
            finding.with("RELATED_RESOURCES_TOTAL", displaced.len().to_string());
        }
        // Newest first.
        for (time, principal) in displaced.iter().rev().take(RELATED_RESOURCES_MAX) {
            finding.related_to(related(*time, principal));
        }
    }
}

fn related(time: Timestamp, principal: &str) -> Related {
    let mut additional = vec![("DISCONNECTION_TIME", time.millis().to_string())];
    let resource = match CertificateId::parse(principal) {
        Some(certificate) => Resource::DeviceCertificate(certificate),
        None => {
            additional.push(("PRINCIPAL_ID", principal.to_owned()));
            Resource::ClientId(principal.to_owned())
        }
    };
    Related { resource, additional }
}
