//! What a fleet is to a check: a consistent, read-only picture at one moment.
//!
//! [`FleetView`] is all that checks see. [`Fleet`] is the view over a snapshot in memory; a store implements the same trait.
//! Records are small on purpose: certificates are judged as facts, their bytes are gone by then.

mod builder;
mod groups;
mod interner;
mod memory;
mod records;
mod view;

pub use builder::FleetBuilder;
pub use groups::Tie;
pub use interner::{Interner, Symbol};
pub use memory::Fleet;
pub use records::{
    CaCertificate, CaStatus, CertificateStatus, ConnectionEvent, ConnectionEventKind, DatedCertificate,
    DeviceCertificate, GroupedDevice, IdentityPool, Logging, LoggingState, Origin, PolicyInForce,
    PolicyVersion, Principal, Role, RoleAlias, RsaModuli, ServiceUse, Source,
};
pub use view::{Fact, FleetView, Presence, Wanted, WantedDate};
