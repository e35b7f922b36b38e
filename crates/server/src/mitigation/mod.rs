//! Mitigation of audit findings: actions that change things with the rights of a role, and say what they changed.

pub(crate) mod role;
pub(crate) mod time_box;
pub(crate) mod undo;
