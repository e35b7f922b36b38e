//! What a client may take of the listener. The numbers that depend on the place are settings (`limits.*`); the others are here,
//! with the reason for each.

use std::time::Duration;

use crate::config::Settings;

/// Bytes of a refused body that are read and thrown away, so that a client that sends first and reads then sees the refusal and not
/// a broken connection: sixteen times the default limit on bodies.
pub(super) const DISCARDED_BYTES_MAX: usize = 16 << 20;
/// Bodies of all requests in flight together; beyond that, requests with a body are told to come back. 256 of the largest.
pub(super) const BODIES_BYTES_MAX: usize = 256 << 20;
/// Refused connections that are told so at the same time; further ones are just closed.
pub(super) const FAREWELLS_MAX: usize = 64;
/// How long a connection that is being closed may take to read the last answer.
pub(super) const FAREWELL_TIME_MAX: Duration = Duration::from_secs(2);
/// When all connections are taken, one whose client has been waited for at least so long gives its place to a new one: honest
/// clients need milliseconds for a request.
pub(super) const WAITED_TIME_MIN: Duration = Duration::from_secs(2);
/// From the signal to the end of the process: systemd's and Kubernetes' patience is longer (90 and 30 seconds); a second of
/// the ten that we promise is left for closing the store.
pub(super) const STOP_TIME_MAX: Duration = Duration::from_secs(9);
/// Pause after the system could not give a connection, mostly for want of file descriptors.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Read buffer of one connection; hyper refuses less than 8 KiB, and TLS records have 16.
pub(super) const BUFFER_BYTES_MIN: usize = 16 << 10;

/// The limits that settings decide.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) header_bytes: usize,
    pub(crate) header_count: usize,
    pub(crate) body_bytes: usize,
    /// From the first byte of a head to its last, and for a TLS handshake.
    pub(crate) header_time: Duration,
    /// For a body to arrive, and for an answer to be taken.
    pub(crate) body_time: Duration,
    /// Silence between requests.
    pub(crate) idle_time: Duration,
    pub(crate) connections: usize,
}

impl Limits {
    pub(crate) fn of(settings: &Settings) -> Self {
        let limits = &settings.limits;
        Self {
            header_bytes: limits.header_bytes,
            header_count: limits.header_count,
            body_bytes: limits.request_body_bytes,
            header_time: Duration::from_secs(limits.header_timeout_seconds),
            body_time: Duration::from_secs(limits.body_timeout_seconds),
            idle_time: Duration::from_secs(limits.idle_timeout_seconds),
            connections: limits.connections,
        }
    }
}
