//! Over a fleet: how many other things can each principal touch?
//!
//! Principals whose policies say the same of others are asked about once (`alike.rs`). What different sets have in common is searched once (`touching.rs`), and names of things are looked up by automata, not tried one by one.
//!
//! A device that may use a role alias touches what the role's policies let it touch, too; and one that may use a claim for a
//! provisioning template what the claim brings (`provisioning.rs`).

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::parallel;
use crate::policy::PolicySet;
use crate::policy::document::Effect;

use super::alike::{Alike, Facts, Strangers};
use super::answer::{Answer, Scope};
use super::ask::{CONNECT, Ground, connects};
use super::assumes::assumes;
use super::device::{Client, Device, Ways};
use super::names::{Names, contains, count};
use super::provisioning::{Template, claims, provisions};
use super::touching::{Asking, Found, together};

/// What one principal can touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// How many things of the fleet that are not its own.
    pub others: usize,
    /// One of them.
    pub example: Option<usize>,
    /// Some could not be decided, so there may be more; what stood in the way.
    pub at_least: Option<Arc<str>>,
    /// The things, its own possibly among them, as ranges of places in the list of names.
    pub ranges: Arc<[Range<usize>]>,
    /// The role aliases that it may use, by their place in the list.
    pub aliases: Vec<usize>,
    /// The provisioning templates for which it may use a claim, by their place in the list.
    pub templates: Vec<usize>,
}

/// A name for an IAM role, under which devices get the role's credentials.
#[derive(Clone, Debug)]
pub struct Alias {
    pub name: String,
    /// The role's policies, by their place in the list of sets.
    pub set: usize,
    /// Why the role may be able to do more, or less, than these say.
    pub open: Option<Arc<str>>,
}

/// The policies of one way of a principal, by their place in the list of sets.
#[derive(Clone, Debug)]
pub struct Way {
    pub set: usize,
    pub device: Device,
}

/// Places in the list of names, as ranges in order.
type Places = Arc<[Range<usize>]>;

/// Answers the question for principals, and remembers what it has found out.
#[derive(Debug)]
pub struct BlastRadius<'f> {
    pub(super) names: &'f Names,
    pub(super) sets: &'f [PolicySet],
    aliases: &'f [Alias],
    templates: &'f [Template],
    /// What a claim for each template brings.
    claims: Vec<Found>,
    pub(super) scope: &'f Scope,
    asking: Asking<'f>,
    facts: Vec<OnceLock<Facts>>,
    /// Of a set that is not there.
    missing: Facts,
    kinds: Mutex<HashMap<Alike, Arc<Kind>>>,
    unions: Mutex<HashMap<Vec<usize>, Places>>,
    strangers: Strangers,
}

/// Principals that are alike, by one that stands for them, and what they touch once that was asked.
#[derive(Debug)]
pub(super) struct Kind {
    set: usize,
    device: Device,
    found: OnceLock<Found>,
    roles: OnceLock<Usable>,
    provisions: OnceLock<Usable>,
    connects_as_itself: OnceLock<bool>,
}

/// What a kind of principals may use.
#[derive(Debug, Default)]
struct Usable {
    /// Role aliases, or provisioning templates, by their place in the list.
    places: Vec<usize>,
    /// Why that may not be all.
    open: Option<Arc<str>>,
}

/// A principal, ready to be answered.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) kinds: Vec<Arc<Kind>>,
    /// Places of its own things.
    pub(super) own: Vec<usize>,
    aliases: Vec<usize>,
    pub(super) templates: Vec<usize>,
    /// Why it may get more through role aliases and templates.
    pub(super) open: Option<Arc<str>>,
}

impl<'f> BlastRadius<'f> {
    /// For the things `names` and principals whose policies are among `sets`, with all role aliases that there are.
    pub fn new(names: &'f Names, sets: &'f [PolicySet], aliases: &'f [Alias], scope: &'f Scope) -> Self {
        let refs: Vec<&PolicySet> = sets.iter().collect();
        Self {
            names,
            sets,
            aliases,
            templates: &[],
            claims: Vec::new(),
            scope,
            asking: Asking::new(names, scope),
            facts: sets.iter().map(|_| OnceLock::new()).collect(),
            missing: Facts::default(),
            kinds: Mutex::default(),
            unions: Mutex::default(),
            strangers: Strangers::new(names, &refs),
        }
    }

    /// With provisioning templates. `taken` says, for a template by its place, the ways of whoever is attached by it to a thing that
    /// exists; none if the template does not do that. Worked out on `jobs` threads.
    #[must_use]
    pub fn with_templates(
        mut self,
        templates: &'f [Template],
        jobs: usize,
        taken: impl Fn(usize, &str) -> Vec<Way> + Sync,
    ) -> Self {
        self.templates = templates;
        let each = templates.iter().enumerate();
        let direct: Vec<_> =
            each.map(|(place, template)| self.direct(template, jobs, |name| taken(place, name))).collect();
        self.claims = claims(templates, &direct);
        self
    }

    /// What whoever has a claim for a template touches by it: nothing is its own. None for one that is not used with claims.
    pub fn by_claim(&self, template: usize) -> Option<Touched> {
        let found = self
            .claims
            .get(template)
            .filter(|_| self.templates.get(template).is_some_and(|one| one.by_claim))?;
        Some(Touched {
            others: count(&found.ranges),
            example: found.ranges.first().map(|range| range.start),
            at_least: found.open.clone(),
            ranges: Arc::clone(&found.ranges),
            aliases: Vec::new(),
            templates: Vec::new(),
        })
    }

    /// What a new device of a template touches.
    pub fn new_device(&self, template: usize) -> Option<Touched> {
        let template = self.templates.get(template)?;
        let touched = self.of(&template.device);
        Some(Touched { at_least: touched.at_least.or_else(|| template.open.clone()), ..touched })
    }

    /// What a principal touches that comes in these ways.
    pub fn of(&self, ways: &[Way]) -> Touched {
        self.answer(&self.asked(ways))
    }

    /// What each of these principals touches, worked out on `jobs` threads; `ways` says in which ways one comes.
    pub fn of_all<P: Sync>(
        &self,
        principals: &[P],
        jobs: usize,
        ways: impl Fn(&P) -> Vec<Way> + Sync,
    ) -> Vec<Touched> {
        let asked = parallel::map(principals, jobs, |principal| self.asked(&ways(principal)));
        // The costly part, each kind by one thread.
        let open: Vec<Arc<Kind>> = locked(&self.kinds).values().map(Arc::clone).collect();
        parallel::map(&open, jobs, |kind| self.found(kind).open.is_some());
        parallel::map(&asked, jobs, |asked| self.answer(asked))
    }

    /// How many questions were really asked: kinds of principals that are not alike.
    pub fn kinds(&self) -> usize {
        locked(&self.kinds).len()
    }

    pub(super) fn asked(&self, ways: &[Way]) -> Asked {
        let names: BTreeSet<&str> = ways.iter().flat_map(|way| way.device.names()).collect();
        let own = names.into_iter().filter_map(|name| self.names.find(name)).collect();
        let mut asked =
            Asked { kinds: Vec::new(), own, aliases: Vec::new(), templates: Vec::new(), open: None };
        for way in ways {
            self.add(way, &mut asked);
        }
        for list in [&mut asked.aliases, &mut asked.templates] {
            list.sort_unstable();
            list.dedup();
        }
        asked
    }

    /// Adds one way, and those that it opens.
    fn add(&self, way: &Way, asked: &mut Asked) {
        let kind = self.kind(way);
        for opened in self.with_roles(way, &kind, asked) {
            self.add(&opened, asked);
        }
        let provisions = self.provisions(&kind);
        asked.open = asked.open.take().or_else(|| provisions.open.clone());
        asked.templates.extend(&provisions.places);
        asked.kinds.push(kind);
    }

    /// The ways that role aliases open to one.
    fn with_roles(&self, way: &Way, kind: &Kind, asked: &mut Asked) -> Vec<Way> {
        let roles = self.roles(kind);
        asked.open = asked.open.take().or_else(|| roles.open.clone());
        asked.aliases.extend(&roles.places);
        let mut opened = Vec::new();
        for alias in roles.places.iter().filter_map(|place| self.aliases.get(*place)) {
            asked.open = asked.open.take().or_else(|| alias.open.clone());
            opened.extend(with_role(&way.device).map(|device| Way { set: alias.set, device }));
        }
        opened
    }

    /// All ways of a device: these, and those that role aliases open.
    pub(super) fn all_ways(&self, ways: Vec<Way>) -> Vec<Way> {
        let mut all = Vec::new();
        let mut none = self.asked(&[]);
        for way in ways {
            all.extend(self.with_roles(&way, &self.kind(&way), &mut none));
            all.push(way);
        }
        all
    }

    /// The role aliases that principals of a kind may use: over HTTPS, with nothing but the certificate.
    fn roles<'k>(&self, kind: &'k Kind) -> &'k Usable {
        kind.roles.get_or_init(|| {
            let set = self.sets.get(kind.set).filter(|_| kind.device.ways != Ways::WithRole);
            let asks = set.map(|set| Ground { set, scope: self.scope });
            Usable::among(self.aliases, asks, |ground, alias| {
                assumes(ground, &kind.device, &alias.name).map(drop)
            })
        })
    }

    /// The provisioning templates for which principals of a kind may use a claim.
    fn provisions<'k>(&self, kind: &'k Kind) -> &'k Usable {
        kind.provisions.get_or_init(|| {
            let asks = self.sets.get(kind.set).map(|set| Ground { set, scope: self.scope });
            Usable::among(self.templates, asks, |ground, template| provisions(ground, &kind.device, template))
        })
    }

    /// Whether a device of a kind can connect under the name of its own thing.
    pub(super) fn connects_as_itself(&self, kind: &Kind) -> bool {
        *kind.connects_as_itself.get_or_init(|| {
            let Some(set) = self.sets.get(kind.set) else { return false };
            let sessions = kind.device.sessions().into_iter();
            let as_itself = sessions.filter(|session| matches!(session.client, Client::Is(_)));
            let mut moments = as_itself.flat_map(|session| session.moments(self.scope, &[set], &[CONNECT]));
            let ground = Ground { set, scope: self.scope };
            moments.any(|moment| moment.open.is_empty() && connects(ground, &moment))
        })
    }

    /// Whether the policies of a kind say nothing but no.
    pub(super) fn allows_nothing(&self, kind: &Kind) -> bool {
        let mut statements = self
            .sets
            .get(kind.set)
            .into_iter()
            .flat_map(PolicySet::sources)
            .flat_map(|source| &source.document.statements);
        !statements.any(|statement| statement.effect == Effect::Allow)
    }

    fn answer(&self, asked: &Asked) -> Touched {
        let by_claims = asked.templates.iter().filter_map(|template| self.claims.get(*template));
        let found: Vec<Found> =
            asked.kinds.iter().map(|kind| self.found(kind)).chain(by_claims).cloned().collect();
        let ranges = self.union(&found);
        let own: Vec<usize> = asked.own.iter().copied().filter(|index| contains(&ranges, *index)).collect();
        let mut all = ranges.iter().cloned().flatten();
        Touched {
            others: count(&ranges) - own.len(),
            example: all.find(|index| !own.contains(index)),
            at_least: found.iter().find_map(|found| found.open.clone()).or_else(|| asked.open.clone()),
            ranges,
            aliases: asked.aliases.clone(),
            templates: asked.templates.clone(),
        }
    }

    pub(super) fn found<'k>(&self, kind: &'k Kind) -> &'k Found {
        kind.found.get_or_init(|| match self.sets.get(kind.set) {
            Some(set) => {
                let found = self.asking.ask(set, &kind.device);
                let open = found.open.or_else(|| self.of_unknown_certificate(kind));
                Found { open, ..found }
            }
            None => Found { ranges: Arc::from([]), open: Some("policies are missing".into()) },
        })
    }

    /// What the policies say of a certificate that nobody knows.
    fn of_unknown_certificate(&self, kind: &Kind) -> Option<Arc<str>> {
        let facts = self.facts.get(kind.set)?.get()?;
        let key = facts.speaks_of_certificate().filter(|_| kind.device.certificate.is_none())?;
        Some(format!("`{key}` of a certificate that is not known").into())
    }

    /// What several ways touch together. Principals that are alike have the same list, not only an equal one.
    fn union(&self, found: &[Found]) -> Arc<[Range<usize>]> {
        let touching = found.iter().map(|found| &found.ranges).filter(|ranges| !ranges.is_empty());
        let mut lists: Vec<Arc<[Range<usize>]>> = touching.map(Arc::clone).collect();
        lists.dedup_by(|one, other| Arc::ptr_eq(one, other));
        if lists.len() < 2 {
            return together(lists);
        }
        // What was found stays where it is, so its place tells it.
        let key = lists.iter().map(|list| list.as_ptr().addr()).collect();
        Arc::clone(locked(&self.unions).entry(key).or_insert_with(|| together(lists)))
    }

    /// The kind of a principal in one of its ways.
    fn kind(&self, way: &Way) -> Arc<Kind> {
        let facts = self.facts(way.set);
        let name = self.strangers.name_for(&way.device, facts, self.names, self.scope);
        let key = self.strangers.alike(way, facts, name.is_some(), self.names, self.scope);
        let mut kinds = locked(&self.kinds);
        if let Some(known) = kinds.get(&key) {
            return Arc::clone(known);
        }
        let device = match &name {
            Some(name) => self.strangers.stand_in(&way.device, &key, facts, name),
            None => way.device.clone(),
        };
        let kind = Arc::new(Kind::new(way.set, device));
        kinds.insert(key, Arc::clone(&kind));
        kind
    }

    fn facts(&self, set: usize) -> &Facts {
        match (self.facts.get(set), self.sets.get(set)) {
            (Some(cell), Some(set)) => cell.get_or_init(|| Facts::of(set, self.scope)),
            _ => &self.missing,
        }
    }

    /// Whether policies of a set speak of the fields of certificates, so that it matters what they are.
    pub fn asks_for_certificate(&self, set: usize) -> bool {
        self.facts(set).speaks_of_certificate().is_some()
    }
}

impl Kind {
    fn new(set: usize, device: Device) -> Self {
        Self {
            set,
            device,
            found: OnceLock::new(),
            roles: OnceLock::new(),
            provisions: OnceLock::new(),
            connects_as_itself: OnceLock::new(),
        }
    }
}

impl Usable {
    /// What of these may be used, as far as policies say.
    fn among<T>(
        all: &[T],
        ground: Option<Ground<'_>>,
        may_use: impl Fn(Ground<'_>, &T) -> Answer<()>,
    ) -> Self {
        let mut usable = Self::default();
        for (place, one) in all.iter().enumerate() {
            match ground.map(|ground| may_use(ground, one)) {
                Some(Answer::Witness(())) => usable.places.push(place),
                Some(Answer::OutOfBounds(reasons)) => usable.open = Some(reasons.join(", ").into()),
                Some(Answer::Proof) | None => {}
            }
        }
        usable
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is remembered is whole at all times.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The device with the credentials of a role: as each of its things, as it says which.
fn with_role(device: &Device) -> impl Iterator<Item = Device> {
    let things = device.things.iter().map(|thing| vec![thing.clone()]);
    let none = device.things.is_empty().then(Vec::new);
    things.chain(none).map(|things| Device { things, ways: Ways::WithRole, ..Device::default() })
}
