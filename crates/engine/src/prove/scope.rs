//! Where policies hold, read off what they spell.
//!
//! A policy is in one account and region, which a file does not tell. What it spells does: its requests are looked at wherever a
//! resource of it says that it is, in one place of each kind that the patterns tell apart (`eu-*` and `eu-west-1` make two).

use super::answer::Scope;
use super::homes::Homes;
use crate::policy::PolicySet;

/// What is known of the place, whatever policies spell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub region: bool,
    pub account: bool,
}

impl Scope {
    /// The places where resources of these policies say that they are, but for those in which no more is allowed than in another
    /// one. Fields that none spells are those of `default`, and so are those that are known. At least one.
    pub fn spelled(sets: &[&PolicySet], default: &Self, known: Known) -> Vec<Self> {
        Homes::of(sets, default, known).widest()
    }

    /// As [`Scope::spelled`], with the places in which less is allowed: for questions about what policies do not allow.
    pub fn each_spelled(sets: &[&PolicySet], default: &Self, known: Known) -> Vec<Self> {
        Homes::of(sets, default, known).all()
    }
}
