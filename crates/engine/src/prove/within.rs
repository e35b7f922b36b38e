//! Is a policy at most as permissive as a baseline?

use crate::policy::PolicySet;

use super::answer::Scope;
use super::device::Device;
use super::diff::{Change, surplus};

/// What the policies allow and the baseline does not: one request per action. Empty: they are within it, proved. Otherwise every
/// entry is a witness, or says why the action could not be decided, which is no reason to let the policies pass.
///
/// `devices` are alternatives: [`Device::generic`] of both sets, or the one device in question.
pub fn within(set: &PolicySet, baseline: &PolicySet, devices: &[Device], scope: &Scope) -> Vec<Change> {
    surplus(set, baseline, devices, scope)
}
