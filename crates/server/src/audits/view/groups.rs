//! Devices that get policies through the groups of their things.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use thingwarden_engine::fleet::{GroupedDevice, PolicyInForce};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::policy::{PolicySet, PolicySource};
use thingwarden_store::records::{PolicyAttachment, ThingGroup, ThingGroupMember, ThingPrincipal};
use thingwarden_store::{Filter, Order, Query, StoreError};

use super::{StoreView, Trouble};
use crate::api::{ApiError, arn_name, compile_policies, iot_arn};
use crate::device_access::DeviceAccess;

/// Compiled sets of policies that are kept at a time.
const SETS_MAX: usize = 1024;

/// Sets of policies that devices have in common.
type Sets = HashMap<Box<[String]>, Arc<PolicySet>>;

impl StoreView<'_> {
    pub(super) fn visit_grouped(&self, visit: &mut dyn FnMut(&GroupedDevice)) {
        let roots = self.policy_groups();
        let mut sets = Sets::new();
        for root in &roots {
            let below = [Filter::Prefix("path", root)];
            let query = Query { order: Order::By("path"), ..Query::all(&below) };
            self.stream(&query, &mut |member: ThingGroupMember| {
                let principals = [Filter::eq("thing", member.thing.as_str())];
                for tie in self.attempt(self.reader.all::<ThingPrincipal>(&principals)) {
                    let device = self.grouped_device(&tie.principal, &member, &roots, &mut sets);
                    device.iter().for_each(&mut *visit);
                }
            });
        }
    }

    /// The paths of groups with policies, each of which stands for all groups below it.
    fn policy_groups(&self) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        // By the index of targets: nearly all attachments of a large registry are to principals.
        let groups = iot_arn(self.reader.scope(), "thinggroup/");
        let to_groups = [Filter::Prefix("target", &groups)];
        let query = Query { order: Order::By("target"), ..Query::all(&to_groups) };
        self.stream(&query, &mut |attached: PolicyAttachment| {
            if let Some(name) = arn_name(self.reader.scope(), "thinggroup", &attached.target) {
                let group = self.attempt(self.reader.get::<ThingGroup>(name));
                paths.extend(group.map(|group| group.path()));
            }
        });
        let mut roots = BTreeSet::new();
        // In their order, a group comes before those below it.
        for path in paths {
            if !roots.last().is_some_and(|root: &String| path.starts_with(root)) {
                roots.insert(path);
            }
        }
        roots
    }

    /// The device, if this membership is the first by which it has to be looked at.
    fn grouped_device(
        &self,
        principal: &str,
        member: &ThingGroupMember,
        roots: &BTreeSet<String>,
        sets: &mut Sets,
    ) -> Option<GroupedDevice> {
        let id = arn_name(self.reader.scope(), "cert", principal)?;
        let certificate = CertificateId::parse(id)?;
        let mut first: Option<(String, String)> = None;
        for tie in self.attempt(self.reader.all::<ThingPrincipal>(&[Filter::eq("principal", principal)])) {
            let of_thing = [Filter::eq("thing", tie.thing.as_str())];
            for other in self.attempt(self.reader.all::<ThingGroupMember>(&of_thing)) {
                let place = (other.path, other.thing);
                let brings =
                    roots.range(..=place.0.clone()).next_back().is_some_and(|root| place.0.starts_with(root));
                if brings && first.as_ref().is_none_or(|first| place < *first) {
                    first = Some(place);
                }
            }
        }
        if first.is_none_or(|(path, thing)| (path, thing) != (member.path.clone(), member.thing.clone())) {
            return None;
        }
        let access = DeviceAccess::with(self.reader, principal, &mut |names| self.compiled(names, sets));
        let access = access.map_err(|error| self.note_failure(error)).ok()?;
        GroupedDevice::of(certificate, access.ways, |source: &PolicySource| {
            PolicyInForce::named(Arc::clone(&source.name), source.version.as_str().into())
        })
    }

    fn note_failure(&self, error: ApiError) {
        let cause = error.cause.and_then(|cause| cause.downcast::<StoreError>().ok());
        // A policy that cannot be read makes `Policies` partial; what holds together with it is not known.
        if let Some(error) = cause.filter(|error| !matches!(**error, StoreError::Corrupt { .. })) {
            self.note(Trouble::Store(*error));
        }
    }

    fn compiled(&self, names: &[String], sets: &mut Sets) -> Result<Arc<PolicySet>, ApiError> {
        if let Some(known) = sets.get(names) {
            return Ok(Arc::clone(known));
        }
        if sets.len() >= SETS_MAX {
            sets.clear();
        }
        let set = Arc::new(compile_policies(self.reader, names)?);
        sets.insert(names.into(), Arc::clone(&set));
        Ok(set)
    }
}
