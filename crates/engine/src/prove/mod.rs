//! What devices can reach, proved: exact answers about all requests at once, with witnesses.
//!
//! The policies of a device denote, for each action and in each context, a set of resources: the union of what `Allow`
//! statements say minus the union of what `Deny` statements say. The questions of this module are questions about such sets.
//! An answer is one of three:
//!
//! - a **proof**: there is no such request; every possibility was looked at;
//! - a **witness**: a request that can be made (a valid topic, filter, name or client id within AWS's limits), in a context that
//!   is written out, and that [`decide`](crate::policy::decide()) allows: each is replayed before it is given out;
//! - **out of bounds**: what stood in the way, by name. Never a guess.
//!
//! How: [`policy::resolve`](crate::policy) reads the statements off the same compiled policies that decisions are made with, in
//! contexts that are chosen so that every way is seen in which their conditions can come out (`values.rs`); `machine.rs` makes
//! one automaton of their patterns and `search.rs` goes through its states together with the form of the resource (`shape.rs`).
//! Where something cannot be read exactly the search is over a set that is too large: if even that has no such request there
//! is none; and a request from it counts only when the replay allows it.

mod alike;
mod answer;
mod ask;
mod assumes;
mod blast_radius;
mod connects;
mod cross_device;
mod dead;
mod delivery;
mod device;
mod diff;
mod evidence;
mod explain;
mod homes;
mod identity;
mod machine;
mod name_walk;
mod names;
mod namespaces;
mod narrow;
mod of_policy;
mod one_thing;
mod provisioning;
mod quarantined;
mod reach;
mod repeats;
mod requests;
mod scope;
mod search;
mod shape;
mod touching;
mod values;
mod within;

pub use alike::speaks_of_certificates;
pub use answer::{Answer, Scope, Witness};
pub use ask::ran_out;
pub use blast_radius::{Alias, BlastRadius, Touched, Way};
pub use connects::connects;
pub use cross_device::{Contact, CrossDevice, Crossing, cross_device};
pub use dead::{Dead, Why, dead};
pub use device::{Case, Device, Thing, Ways};
pub use diff::{Change, Diff, Relation, diff};
pub use evidence::{shown_grants, shown_mistakes};
pub use explain::{Flip, Flips, flips};
pub use identity::Identity;
pub use names::Names;
pub use namespaces::namespaces;
pub use of_policy::PolicyProofs;
pub use provisioning::Template;
pub use quarantined::quarantined;
pub use reach::{Reach, Reached, Resources, Sets, Space, reach};
pub use scope::{Known, Places};
pub use shape::{Lengths, filter_matches};
pub use within::within;

#[cfg(test)]
mod condition_properties;
#[cfg(test)]
mod namespace_properties;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod radius_properties;
#[cfg(test)]
mod reach_properties;
#[cfg(test)]
mod tests;
