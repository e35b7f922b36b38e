//! Lists that come in pages: which of them were read to the end.
//!
//! A page does not say whose successor it is. Within a file pages stand in the order of their collection; between files
//! order means nothing, because `page-10` sorts before `page-2`. So a list ends before its last page when the last of its
//! pages in a file announces another one, and neither a later file nor any other file ends with the last page.

use std::collections::{BTreeMap, BTreeSet};

use thingwarden_engine::fleet::{Fact, FleetBuilder, ServiceUse};

/// Pages and answers that wait for what they announce.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// By kind of list and whose it is: the place of a page that announces another one.
    open: BTreeMap<(Fact, &'static str, String), String>,
    /// Kinds whose last page was read. Not of lists that somebody has one of each: there may be millions.
    finished: BTreeSet<&'static str>,
    finished_here: BTreeSet<&'static str>,
    /// Last use of services, by role, as far as it is known, with the place.
    uses: BTreeMap<String, (ServiceUse, String)>,
}

impl Pages {
    /// Nothing waits, so that finished pages need no look.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// A page at `place` announces another one.
    pub(super) fn announces(&mut self, fact: Fact, what: &'static str, whose: String, place: String) {
        self.finished_here.remove(what);
        self.open.insert((fact, what, whose), place);
    }

    /// A page announces nothing.
    pub(super) fn last(&mut self, fact: Fact, what: &'static str, whose: String) {
        if whose.is_empty() {
            self.finished_here.insert(what);
        }
        if !self.is_empty() {
            self.open.remove(&(fact, what, whose));
        }
    }

    pub(super) fn end_of_file(&mut self) {
        self.finished.append(&mut self.finished_here);
    }

    /// Keeps an unfinished answer about a role.
    pub(super) fn use_so_far(&mut self, role_arn: String, services: ServiceUse, place: String) {
        let (known, at) = self.uses.entry(role_arn).or_default();
        known.last_authenticated.extend(services.last_authenticated);
        *at = place;
    }

    /// Completes an answer about a role with what was kept of it.
    pub(super) fn complete_use(&mut self, role_arn: &str, services: &mut ServiceUse) {
        if let Some((known, _)) = self.uses.remove(role_arn) {
            services.last_authenticated.extend(known.last_authenticated);
        }
    }

    /// Tells the checks what did not come.
    pub(super) fn finish(self, builder: &mut FleetBuilder) {
        for ((fact, what, whose), place) in self.open {
            if whose.is_empty() {
                if !self.finished.contains(what) {
                    let gap = format!("{place}: a list of {what} ends before its last page");
                    builder.mark_unread(fact, gap);
                }
            } else {
                let gap = format!("{place}: the list of {what} of `{whose}` ends before its last page");
                builder.mark_unread(fact, gap);
            }
        }
        for (role, (_, place)) in self.uses {
            let gap =
                format!("{place}: service-last-accessed details of `{role}` end before their last page");
            builder.mark_unread(Fact::ServiceLastAccessed, gap);
        }
    }
}
