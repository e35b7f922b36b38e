//! Over a fleet: how many other things can each principal touch?
//!
//! Principals whose policies say the same of others are asked about once: their sets are the same, and all that these say of the
//! device's own name is bound to it, because the name is a whole level of a topic, or all of a name. What different sets have in
//! common is searched once (`touching.rs`), and names of things are looked up by automata, not tried one by one.
//!
//! A device that may use a role alias touches what the role's policies let it touch, too; and one that may use a claim for a
//! provisioning template what the claim brings (`provisioning.rs`).

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::parallel;
use crate::policy::analysis::automaton::Token;
use crate::policy::document::{Condition, Effect, Pattern, Piece};
use crate::policy::resolve::{CLIENT_ID, about, evaluate, filled, normal, variables};
use crate::policy::{Context, PolicySet};

use super::answer::{Answer, Scope};
use super::ask::{CONNECT, Ground, connects};
use super::assumes::assumes;
use super::device::{Client, Device, ROLE_THING_NAME, ROLE_THING_TYPE, Thing, Ways};
use super::names::{Names, contains, count};
use super::narrow::cut;
use super::provisioning::{Template, claims, provisions};
use super::touching::{Asking, Found, is_about_things, together};

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
    /// A name that no thing has and no policy spells.
    nobody: String,
}

/// What of a principal makes a difference to what it touches of others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Alike {
    set: usize,
    ways: u8,
    exclusive: bool,
    has_thing: bool,
    certificate_known: bool,
    /// Values of the keys that the policies speak of, in their order.
    values: Vec<Vec<String>>,
    /// How conditions on names come out, and what client ids may be.
    on_names: Vec<Option<bool>>,
    /// Its names, if they make a difference beyond that.
    names: Vec<String>,
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

/// What a set of policies makes depend on.
#[derive(Debug)]
struct Facts {
    /// Keys that it speaks of, names left out.
    keys: Vec<String>,
    on_names: Vec<Condition>,
    /// Under which client ids it speaks of connecting.
    clients: Vec<Pattern>,
    /// All that it says of the device's own name is bound to it.
    is_bound: bool,
}

const THING_NAME: &str = "iot:connection.thing.thingname";

impl<'f> BlastRadius<'f> {
    /// For the things `names` and principals whose policies are among `sets`, with all role aliases that there are.
    pub fn new(names: &'f Names, sets: &'f [PolicySet], aliases: &'f [Alias], scope: &'f Scope) -> Self {
        let refs: Vec<&PolicySet> = sets.iter().collect();
        let mut nobody = super::device::unspelled("nobody", &refs);
        while names.find(&nobody).is_some() {
            nobody.push('-');
        }
        Self {
            names,
            sets,
            aliases,
            templates: &[],
            claims: Vec::new(),
            scope,
            asking: Asking::new(names, scope),
            facts: sets.iter().map(|_| OnceLock::new()).collect(),
            missing: Facts { keys: Vec::new(), on_names: Vec::new(), clients: Vec::new(), is_bound: false },
            kinds: Mutex::default(),
            unions: Mutex::default(),
            nobody,
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
            let mut moments = as_itself.flat_map(|session| session.moments(&[set], &[CONNECT]));
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
        let keys = &self.facts.get(kind.set)?.get()?.keys;
        let key = keys.iter().find(|key| key.starts_with("iot:certificate"));
        let key = key.filter(|_| kind.device.certificate.is_none())?;
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
        let facts = match (self.facts.get(way.set), self.sets.get(way.set)) {
            (Some(cell), Some(set)) => cell.get_or_init(|| Facts::of(set, self.scope)),
            _ => &self.missing,
        };
        let name = way.device.names().next();
        let on_names = facts.of_name(name, self.scope);
        let stand_in = if facts.is_bound && way.device.things.len() <= 1 {
            self.stand_in(&way.device, |name| facts.of_name(name, self.scope) == on_names)
        } else {
            None
        };
        let key = Alike {
            set: way.set,
            ways: way.device.ways as u8,
            exclusive: way.device.things.iter().any(|thing| thing.exclusive),
            has_thing: !way.device.things.is_empty(),
            certificate_known: way.device.certificate.is_some(),
            values: facts.keys.iter().map(|key| value(&way.device, key)).collect(),
            on_names,
            names: match stand_in {
                Some(_) => Vec::new(),
                None => way.device.names().map(str::to_owned).collect(),
            },
        };
        let mut kinds = locked(&self.kinds);
        if let Some(known) = kinds.get(&key) {
            return Arc::clone(known);
        }
        let device = stand_in.unwrap_or_else(|| way.device.clone());
        let kind = Arc::new(Kind::new(way.set, device));
        kinds.insert(key, Arc::clone(&kind));
        kind
    }

    /// The device under a name that makes no difference, and that no thing has: any, or one that begins or ends like its own.
    fn stand_in(&self, device: &Device, is_alike: impl Fn(Option<&str>) -> bool) -> Option<Device> {
        let Some(own) = device.names().next() else { return is_alike(None).then(|| device.clone()) };
        let nobody = &self.nobody;
        let candidates = [nobody.clone(), format!("{own}-{nobody}"), format!("{nobody}-{own}")];
        let is_free = |name: &String| self.names.find(name).is_none() && is_alike(Some(name));
        let name = candidates.into_iter().find(is_free)?;
        let things = device.things.iter().map(|thing| Thing { name: name.clone(), ..thing.clone() });
        Some(Device { things: things.collect(), ..device.clone() })
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

impl Facts {
    fn of(set: &PolicySet, scope: &Scope) -> Self {
        let statements = set.sources().iter().flat_map(|source| &source.document.statements);
        let mut keys = BTreeSet::new();
        let mut on_names = Vec::new();
        let mut is_bound = true;
        let connects = about(set, &[CONNECT]).filter_map(|statement| statement.resources.as_ref());
        let clients =
            connects.flat_map(|resources| &resources.patterns).map(|pattern| pattern.node.clone()).collect();
        for statement in statements {
            let resources = statement.resources.iter().flat_map(|resources| &resources.patterns);
            for pattern in resources {
                for variable in variables(&pattern.node) {
                    keys.insert(normal(&variable.key));
                }
                is_bound &= is_bound_pattern(&pattern.node) || !is_about_things(&pattern.node, scope);
            }
            for condition in &statement.conditions {
                let in_values: Vec<String> = condition
                    .values
                    .iter()
                    .flat_map(|value| variables(&value.node))
                    .map(|variable| normal(&variable.key))
                    .collect();
                if is_name(&normal(&condition.key)) || in_values.iter().any(|key| is_name(key)) {
                    on_names.push(condition.clone());
                }
                keys.insert(normal(&condition.key));
                keys.extend(in_values);
            }
        }
        keys.retain(|key| !is_name(key));
        Self { keys: keys.into_iter().collect(), on_names, clients, is_bound }
    }

    /// How what it says of names comes out for a device connected under its thing's name: conditions, and where it may connect.
    fn of_name(&self, name: Option<&str>, scope: &Scope) -> Vec<Option<bool>> {
        let context = named_context(name);
        let client = name.map(|name| scope.arn(&format!("client/{name}")));
        let is_client = |pattern: &Pattern| {
            let tokens = filled(pattern, &context)?;
            let is_end = |rest: &&[Token]| rest.iter().all(|token| *token == Token::AnyString);
            Some(cut(&tokens, client.as_deref()?).iter().any(is_end))
        };
        let conditions = self.on_names.iter().map(|condition| evaluate(condition, &context));
        conditions.chain(self.clients.iter().map(is_client)).collect()
    }
}

/// Keys whose value is the name of the device's own thing.
fn is_name(key: &str) -> bool {
    matches!(key, THING_NAME | CLIENT_ID | ROLE_THING_NAME)
}

/// The device with the credentials of a role: as each of its things, as it says which.
fn with_role(device: &Device) -> impl Iterator<Item = Device> {
    let things = device.things.iter().map(|thing| vec![thing.clone()]);
    let none = device.things.is_empty().then(Vec::new);
    things.chain(none).map(|things| Device { things, ways: Ways::WithRole, ..Device::default() })
}

/// Whether names in the pattern are whole levels behind text without wildcards, so that nothing but the device's own name fits.
fn is_bound_pattern(pattern: &Pattern) -> bool {
    let is_name = |piece: &Piece| match piece {
        Piece::Variable(variable) => is_name(&normal(&variable.key)),
        _ => false,
    };
    let Some(first) = pattern.pieces.iter().position(is_name) else { return true };
    let before = pattern.pieces.get(..first).unwrap_or_default();
    let behind = pattern.pieces.get(first + 1..).unwrap_or_default();
    let begins_level = matches!(before, [Piece::Literal(text)] if text.ends_with('/'));
    let ends_level = match behind.first() {
        None => true,
        Some(Piece::Literal(text)) => text.starts_with('/'),
        Some(_) => false,
    };
    begins_level && ends_level && !behind.iter().any(is_name)
}

/// The context of a device connected as its thing, as far as names go.
fn named_context(name: Option<&str>) -> Context {
    let Some(name) = name else { return Context::new() };
    [THING_NAME, CLIENT_ID, ROLE_THING_NAME]
        .iter()
        .fold(Context::new(), |context, key| context.with(key, [name]))
}

fn value(device: &Device, key: &str) -> Vec<String> {
    if let Some(certificate) = &device.certificate
        && !certificate.get(key).is_empty()
    {
        return certificate.get(key).to_vec();
    }
    let Some(thing) = device.things.first() else { return Vec::new() };
    match key {
        "iot:connection.thing.thingtypename" | ROLE_THING_TYPE => thing.type_name.iter().cloned().collect(),
        _ => {
            let attribute = key.strip_prefix("iot:connection.thing.attributes[");
            let name = attribute.and_then(|rest| rest.strip_suffix(']'));
            name.and_then(|name| thing.attributes.get(name)).into_iter().cloned().collect()
        }
    }
}
