//! The list of all checks. A check is one file and one page in this folder, and one line in [`ALL`].

use super::check::Check;

/// Every check, in the order of reports: AWS's by severity as its guide lists them, then ours.
pub const ALL: &[&Check] = &[];

/// The check with this name.
pub fn find(name: &str) -> Option<&'static Check> {
    ALL.iter().find(|check| check.name == name).copied()
}
