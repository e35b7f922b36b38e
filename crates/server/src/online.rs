//! Fetches revocation lists from the distribution points that certificates name.

/// What fetching may do.
#[derive(Clone, Debug, Default)]
pub(crate) struct OnlineOptions {
    /// Also connect to loopback, private and link-local addresses.
    pub(crate) allow_private_targets: bool,
}
