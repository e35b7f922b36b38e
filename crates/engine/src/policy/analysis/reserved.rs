//! The topics under `$aws/things/NAME/` through which a device is read or steered.
//!
//! Source: AWS IoT Core guide, "Reserved topics", and for metrics "Sending metrics from devices" of the Device Defender
//! guide. `%` stands for a name that no statement spells (a shadow's, a job's, a stream's).

/// Published by devices.
pub(crate) const PUBLISHED: &[&str] = &[
    "shadow/update",
    "shadow/get",
    "shadow/delete",
    "shadow/name/%/update",
    "shadow/name/%/get",
    "shadow/name/%/delete",
    "jobs/get",
    "jobs/start-next",
    "jobs/%/get",
    "jobs/%/update",
    "streams/%/get/json",
    "streams/%/get/cbor",
    "streams/%/describe/json",
    "streams/%/describe/cbor",
    "defender/metrics/json",
    "defender/metrics/cbor",
];

/// Only published by AWS IoT, for devices to subscribe to.
pub(crate) const ANSWERED: &[&str] = &[
    "shadow/update/accepted",
    "shadow/update/rejected",
    "shadow/update/delta",
    "shadow/update/documents",
    "shadow/get/accepted",
    "shadow/get/rejected",
    "shadow/delete/accepted",
    "shadow/delete/rejected",
    "shadow/name/%/update/accepted",
    "shadow/name/%/update/rejected",
    "shadow/name/%/update/delta",
    "shadow/name/%/update/documents",
    "shadow/name/%/get/accepted",
    "shadow/name/%/get/rejected",
    "shadow/name/%/delete/accepted",
    "shadow/name/%/delete/rejected",
    "jobs/notify",
    "jobs/notify-next",
    "jobs/get/accepted",
    "jobs/get/rejected",
    "jobs/start-next/accepted",
    "jobs/start-next/rejected",
    "jobs/%/get/accepted",
    "jobs/%/get/rejected",
    "jobs/%/update/accepted",
    "jobs/%/update/rejected",
    "streams/%/data/json",
    "streams/%/data/cbor",
    "streams/%/description/json",
    "streams/%/description/cbor",
    "streams/%/rejected/json",
    "streams/%/rejected/cbor",
    "tunnels/notify",
    "defender/metrics/json/accepted",
    "defender/metrics/json/rejected",
    "defender/metrics/cbor/accepted",
    "defender/metrics/cbor/rejected",
];

/// First levels of these topics. After one of them that a statement itself spells, any rest counts.
pub(super) const SERVICES: &[&str] = &["shadow/", "jobs/", "streams/", "tunnels/", "defender/"];
