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

/// Where policies are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// At least one.
    pub scopes: Vec<Scope>,
    /// The policies tell more places apart than these: what holds in all of these is not proved.
    pub is_cut: bool,
}

impl Places {
    /// Why nothing is proved where places are left out.
    const CUT: &'static str = "policies tell more accounts and regions apart than are looked at";

    /// The places where resources of these policies say that they are, but for those in which no more is allowed than in another
    /// one. Fields that none spells are those of `default`, and so are those that are known.
    pub fn of(sets: &[&PolicySet], default: &Scope, known: Known) -> Self {
        Homes::of(sets, default, known).widest()
    }

    /// As [`Places::of`], with the places in which less is allowed: for questions about what policies do not allow.
    pub fn each_of(sets: &[&PolicySet], default: &Scope, known: Known) -> Self {
        Homes::of(sets, default, known).all()
    }

    /// One that is known.
    pub fn only(scope: Scope) -> Self {
        Self { scopes: vec![scope], is_cut: false }
    }

    /// Looks at one place after the other, until `look` says that it takes too long. The reason why nothing is proved if there are
    /// places that it did not look at.
    pub fn visit(&self, look: impl FnMut(&Scope) -> bool) -> Option<String> {
        let ended = self.scopes.iter().position(look);
        let is_whole = !self.is_cut && ended.is_none_or(|place| place + 1 == self.scopes.len());
        (!is_whole).then(|| Self::CUT.to_owned())
    }
}
