//! Who asks: a device with its certificate and things, and the ways in which its requests come.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::document::{Condition, Effect, Piece};
use crate::policy::resolve::{CLIENT_ID, about, normal, variables};
use crate::policy::vocabulary::{IOT_ACTIONS, is_iot_key};
use crate::policy::{Context, PolicySet};

use super::identity::{Identity, OF_IDENTITY, SUB, ids_as_names, is_spoken_of, unspelled_id};
use super::repeats::Repeats;
use super::shape::Word;
use super::values::{KeyKind, Letters, Values, is_of_text, values, values_of, word};

/// A thing that a device's certificate is attached to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thing {
    pub name: String,
    pub type_name: Option<String>,
    pub attributes: BTreeMap<String, String>,
    /// The certificate belongs to this thing only, which then counts whatever the client id is.
    pub exclusive: bool,
}

/// A device as policies see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Keys of its certificate. `None`: nobody knows the certificate, so its fields may be anything that tells conditions apart.
    pub certificate: Option<Context>,
    /// The Amazon Cognito identity that it is. Such a device has no certificate: its keys are known, and none.
    pub identity: Identity,
    /// The things that its certificate is attached to.
    pub things: Vec<Thing>,
    /// Type and attributes of the things are not known either: they may be anything that tells conditions apart.
    pub anything_goes: bool,
    /// It stands for devices of other names too, for which conditions may come out otherwise: what is proved of it is not proved of
    /// them.
    pub more_names: bool,
    /// Which of its requests are meant.
    pub ways: Ways,
}

/// In which ways the requests of a device come that are meant. Policies of thing groups hold only for a device that is connected as
/// the thing, so the same device may have other policies in another way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ways {
    #[default]
    All,
    /// Connected as one of its things.
    AsThing,
    /// Connected under a client id that is none of its things, or over HTTP.
    WithoutThing,
    /// With credentials of an IAM role that it got through a role alias, as one of its things: over WebSocket under a client id that
    /// is none of its things, or over HTTP. The policies are the role's.
    WithRole,
}

/// A device and the policies that hold for it. Questions are asked about several, as alternatives: the ways of one device with
/// different policies, or the kinds of generic devices.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    pub set: &'a PolicySet,
    pub device: Device,
}

impl<'a> Case<'a> {
    /// Devices that the policies do not know by name; see [`Device::generic`].
    pub fn generic(set: &'a PolicySet) -> Vec<Self> {
        Device::generic(&[set]).into_iter().map(|device| Self { set, device }).collect()
    }
}

/// One way in which requests of a device come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session {
    /// What is known of its requests; the client id, if it is fixed, among it.
    pub(super) context: Context,
    pub(super) client: Client,
    /// The device's own thing in this session.
    pub(super) own: Option<String>,
    /// What stands for keys that nobody knows.
    generic: bool,
    /// Conditions on names may come out in other ways than with the names that it has.
    more_names: bool,
    certificate_known: bool,
    is_identity: bool,
}

/// The client id of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// Requests over HTTP have none.
    None,
    Is(String),
    /// The device chooses it, but for these.
    Any {
        but: Vec<String>,
    },
}

impl Device {
    /// Devices that policies do not know by name, each attached to one thing: one for every way in which the conditions on
    /// thing name and client id can come out. What holds for them holds for every device whose name and fields no policy
    /// spells in full.
    ///
    /// Policies that let only clients connect that they name in full, or else speak of one thing and of no variable, are those of a
    /// device with these names.
    ///
    /// Policies that speak of Amazon Cognito identities are those of identities, too: attached to a thing of another name, or of their
    /// own.
    pub fn generic(sets: &[&PolicySet]) -> Vec<Self> {
        if let Some(names) = spelled_names(sets) {
            let things = names.into_iter().map(|name| Thing { name, ..Thing::default() }).collect();
            return with_identities(vec![Self { things, anything_goes: true, ..Self::default() }], sets);
        }
        let word = unspelled("own-thing", sets);
        let statements = sets.iter().flat_map(|set| set.sources()).flat_map(|s| &s.document.statements);
        let is_name = |key: &str| matches!(normal(key).as_str(), CLIENT_ID | THING_NAME);
        let about: Vec<&Condition> =
            statements.flat_map(|statement| &statement.conditions).filter(|c| is_name(&c.key)).collect();
        let kind = KeyKind { optional: false, typed: false, many: false, only: &[] };
        let mut spelled = Letters::by(sets);
        let Values { choices, incomplete } = values(kind, &word, &about, &Context::new(), &mut spelled);
        let mut names = choices.into_iter().flatten().filter(|name| Word::Thing.accepts(name));
        let mut known: Vec<Device> =
            names.by_ref().take(DEVICES_MAX).map(|name| Self::unknown(&name)).collect();
        if let Some(device) = known.first_mut() {
            device.more_names = incomplete.is_some() || names.next().is_some();
        }
        let mut devices = with_identities(known, sets);
        if is_spoken_of(sets) {
            devices.extend(ids_as_names(sets).take(DEVICES_MAX).map(|id| Self::unknown(&id).known_as(id)));
        }
        devices
    }

    /// Devices of which nothing is known but the name of their thing: as [`Device::generic`] has them.
    pub fn attached_to(name: &str, sets: &[&PolicySet]) -> Vec<Self> {
        let mut devices = with_identities(vec![Self::unknown(name)], sets);
        if devices.len() > 1 && Identity::of(name) != Identity::None {
            devices.push(Self::unknown(name).known_as(name.to_owned()));
        }
        devices
    }

    /// The device with a certificate that belongs to one of its things exclusively: a device for each of them.
    pub fn exclusively(self) -> impl Iterator<Item = Self> {
        (0..self.things.len()).map(move |one| {
            let mut device = self.clone();
            for (index, thing) in device.things.iter_mut().enumerate() {
                thing.exclusive = index == one;
            }
            device
        })
    }

    fn unknown(name: &str) -> Self {
        let things = vec![Thing { name: name.to_owned(), ..Thing::default() }];
        Self { things, anything_goes: true, ..Self::default() }
    }

    /// The device as the identity with this id.
    fn known_as(self, id: String) -> Self {
        Self { certificate: Some(Context::new()), identity: Identity::Known(id), ..self }
    }

    /// Names of the device's own things.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.things.iter().map(|thing| thing.name.as_str())
    }

    /// The names that are the device's own in this situation: those of its things, its id as an identity, and what its certificate
    /// says if nobody knows it, since policies may bind a device to that (`client/${iot:Certificate.Subject.CommonName}`). Of a
    /// certificate that is known, things say whose it is.
    pub(super) fn own_names(&self, context: &Context) -> Vec<String> {
        let mut names: Vec<String> = self.names().map(str::to_owned).collect();
        names.extend(context.get(SUB).iter().cloned());
        if self.certificate.is_none() {
            let fields = context.keys().filter(|key| key.starts_with(OF_CERTIFICATE));
            names.extend(fields.flat_map(|key| context.get(key)).cloned());
        }
        names
    }

    pub(super) fn sessions(&self) -> Vec<Session> {
        if self.ways == Ways::WithRole {
            return self.role_sessions();
        }
        let mut certificate = self.certificate.clone().unwrap_or_default();
        self.identity.add_to(&mut certificate);
        let session = |context: Context, client: Client, own: Option<&Thing>| Session {
            context,
            client,
            own: own.map(|thing| thing.name.clone()),
            generic: self.anything_goes && own.is_some(),
            more_names: self.more_names,
            certificate_known: self.certificate.is_some(),
            is_identity: self.identity != Identity::None,
        };
        let mut sessions = Vec::new();
        let exclusive = self.things.iter().find(|thing| thing.exclusive);
        for thing in exclusive.map_or(self.things.as_slice(), std::slice::from_ref) {
            let context = thing.context(&certificate);
            let named = context.clone().with(CLIENT_ID, [&thing.name]);
            sessions.push(session(named, Client::Is(thing.name.clone()), Some(thing)));
            if thing.exclusive {
                let but = vec![thing.name.clone()];
                sessions.push(session(context, Client::Any { but }, Some(thing)));
            }
        }
        if exclusive.is_none() {
            let context = certificate.clone().with(IS_ATTACHED, ["false"]);
            let but = self.names().map(str::to_owned).collect();
            sessions.push(session(context, Client::Any { but }, None));
        }
        sessions.push(session(certificate, Client::None, None));
        match self.ways {
            Ways::All => {}
            Ways::AsThing => sessions.retain(|session| session.own.is_some()),
            Ways::WithoutThing => sessions.retain(|session| session.own.is_none()),
            Ways::WithRole => {}
        }
        sessions
    }

    fn role_sessions(&self) -> Vec<Session> {
        let mut context = self.certificate.clone().unwrap_or_default();
        if let Some(thing) = self.things.first() {
            context.insert(ROLE_THING_NAME, [&thing.name]);
            context.insert(ROLE_THING_TYPE, thing.type_name.as_ref());
        }
        let session = |client: Client| Session {
            context: context.clone(),
            client,
            own: None,
            generic: false,
            more_names: false,
            certificate_known: true,
            is_identity: false,
        };
        vec![session(Client::Any { but: self.names().map(str::to_owned).collect() }), session(Client::None)]
    }
}

/// These devices, and where policies speak of identities, each as an identity that nobody knows.
fn with_identities(mut devices: Vec<Device>, sets: &[&PolicySet]) -> Vec<Device> {
    if is_spoken_of(sets) {
        let identity = |device: &Device| Device {
            certificate: Some(Context::new()),
            identity: Identity::Unknown,
            ..device.clone()
        };
        let identities: Vec<Device> = devices.iter().map(identity).collect();
        devices.extend(identities);
    }
    devices
}

/// Kinds of generic devices that are told apart.
const DEVICES_MAX: usize = 16;

/// The normal name of `iot:Connection.Thing.ThingName`.
pub(super) const THING_NAME: &str = "iot:connection.thing.thingname";
/// Keys that the credentials provider brings to the policies of a role (AWS IoT developer guide, "Authorizing direct calls").
pub(super) const ROLE_THING_NAME: &str = "credentials-iot:thingname";
pub(super) const ROLE_THING_TYPE: &str = "credentials-iot:thingtypename";
const IS_ATTACHED: &str = "iot:connection.thing.isattached";
const OF_THING: &str = "iot:connection.thing.";
const OF_CERTIFICATE: &str = "iot:certificate.";

impl Thing {
    /// The keys of a request of a device that is connected as this thing and has the keys of `certificate`.
    pub fn context(&self, certificate: &Context) -> Context {
        let mut context = certificate.clone().with(IS_ATTACHED, ["true"]);
        context.insert("iot:Connection.Thing.ThingName", [&self.name]);
        context.insert("iot:Connection.Thing.ThingTypeName", self.type_name.as_ref());
        for (name, value) in &self.attributes {
            context.insert(&format!("iot:Connection.Thing.Attributes[{name}]"), [value]);
        }
        context
    }
}

/// The contexts that have to be looked at so that every way is seen in which conditions can come out.
#[derive(Clone, Debug)]
pub(super) struct Contexts {
    pub(super) all: Vec<Context>,
    /// Keys, by normal name, whose values in `all` may not be enough, each with the reason.
    pub(super) open: BTreeMap<String, String>,
    /// Whether the statements speak of the client id, and the conditions on it.
    pub(super) speaks_of_client: bool,
    pub(super) on_client: Vec<Condition>,
}

/// More contexts than this are not looked at one by one.
const CONTEXTS_MAX: usize = 512;

impl Session {
    /// The contexts for requests of these actions, under all of these policies. The client id is left as the session has it.
    pub(super) fn contexts(&self, sets: &[&PolicySet], actions: &[&str]) -> Contexts {
        let mentions = Mentions::of(sets, actions);
        let on_client = mentions.conditions.iter().filter(|condition| normal(&condition.key) == CLIENT_ID);
        let mut contexts = Contexts {
            all: vec![self.context.clone()],
            open: BTreeMap::new(),
            speaks_of_client: mentions.keys.contains_key(CLIENT_ID),
            on_client: on_client.map(|condition| (*condition).clone()).collect(),
        };
        if self.more_names {
            let reason = "more conditions on names than are looked at".to_owned();
            contexts.open.extend([THING_NAME, CLIENT_ID].map(|key| (key.to_owned(), reason.clone())));
        }
        let mut spelled = Letters::by(sets);
        for key in self.context.keys() {
            self.context.get(key).iter().for_each(|value| spelled.add(value));
        }
        for (key, written) in mentions.in_order(&mut contexts.open) {
            if !self.may_have(&key) {
                continue;
            }
            let word = if key == SUB { unspelled_id(sets) } else { unspelled(&word(&written), sets) };
            let spelled_before = spelled;
            // What must equal this key must meet its own conditions as well.
            let (equals, within) = mentions.compared_with(&key, |other| self.is_open(other));
            let is_about = |condition: &&Condition| {
                let of = normal(&condition.key);
                of == key || equals.contains(&of)
            };
            let on_key: Vec<&Condition> = mentions.conditions.iter().copied().filter(is_about).collect();
            if within {
                contexts.open.insert(key.clone(), format!("`{written}` is compared within a text"));
            }
            let mut next = Vec::new();
            for context in &contexts.all {
                let mut own = spelled_before;
                let Values { mut choices, incomplete } = values_of(&key, &word, &on_key, context, &mut own);
                spelled = spelled.and(own);
                if let Some(reason) = incomplete {
                    contexts.open.insert(key.clone(), reason);
                }
                let repeats = Repeats::of(&key, &mentions.conditions, context);
                if !repeats.are_all {
                    contexts.open.insert(key.clone(), format!("`{written}` is compared within a text"));
                }
                let more = repeats.values.into_iter().map(|value| vec![value]);
                choices.extend(more.filter(|choice| !choices.contains(choice)).collect::<Vec<_>>());
                next.extend(choices.into_iter().map(|choice| context.clone().with(&key, choice)));
            }
            if next.len() > CONTEXTS_MAX {
                contexts.open.insert(key.clone(), format!("too many conditions, `{written}` among them"));
            } else {
                contexts.all = next;
            }
            // Values of other conditions than on text may be by accident what a resource spells.
            let is_open = is_chosen_by_caller(&key) || !on_key.iter().copied().all(is_of_text);
            if mentions.in_resources.contains(&key) && is_open {
                contexts.open.insert(key, format!("variable `${{{written}}}` in a resource"));
            }
        }
        contexts
    }

    /// Client ids that the device does not choose in this session, because they make it another session.
    pub(super) fn taken(&self) -> &[String] {
        match &self.client {
            Client::Any { but } => but,
            Client::None | Client::Is(_) => &[],
        }
    }

    /// Whether the key may have more than one value in this session.
    fn is_open(&self, key: &str) -> bool {
        self.may_have(key) || key == CLIENT_ID && matches!(self.client, Client::Any { .. })
    }

    /// Whether requests of this session may bring the key though the session does not say its value.
    fn may_have(&self, key: &str) -> bool {
        let exists = !key.starts_with("iot:") || is_iot_key(key);
        if !self.context.get(key).is_empty() || key == CLIENT_ID || !exists {
            return false;
        }
        if key.starts_with(OF_THING) {
            return self.generic;
        }
        if key.starts_with("iot:certificate") {
            return !self.certificate_known;
        }
        if key.starts_with(OF_IDENTITY) {
            return self.is_identity;
        }
        match key {
            "iot:connectattributes" | "iot:lastwilltopic" | "iot:domainname" => self.client != Client::None,
            _ => key.starts_with("aws:"),
        }
    }
}

/// The keys that the policies speak of where they speak of these actions, as they write them.
pub(super) fn keys_in(set: &PolicySet, actions: &[&str]) -> Vec<String> {
    Mentions::of(&[set], actions).keys.into_values().collect()
}

/// Keys whose value a device or its network decides, and not whoever made the device.
fn is_chosen_by_caller(key: &str) -> bool {
    ![OF_THING, "iot:certificate", OF_IDENTITY].iter().any(|of| key.starts_with(of))
}

/// The keys that statements about an action speak of.
struct Mentions<'s> {
    /// Normal name and name as written.
    keys: BTreeMap<String, String>,
    conditions: Vec<&'s Condition>,
    in_resources: BTreeSet<String>,
}

impl<'s> Mentions<'s> {
    fn of(sets: &[&'s PolicySet], actions: &[&str]) -> Self {
        let mut this = Self { keys: BTreeMap::new(), conditions: Vec::new(), in_resources: BTreeSet::new() };
        for set in sets {
            for statement in about(set, actions) {
                for condition in &statement.conditions {
                    this.keys.entry(normal(&condition.key)).or_insert_with(|| condition.key.clone());
                    this.conditions.push(condition);
                    let in_values = condition.values.iter().flat_map(|value| variables(&value.node));
                    for variable in in_values {
                        this.keys.entry(normal(&variable.key)).or_insert_with(|| variable.key.clone());
                    }
                }
                let resources = statement.resources.iter().flat_map(|resources| &resources.patterns);
                for variable in resources.flat_map(|pattern| variables(&pattern.node)) {
                    let key = normal(&variable.key);
                    this.keys.entry(key.clone()).or_insert_with(|| variable.key.clone());
                    this.in_resources.insert(key);
                }
            }
        }
        this
    }

    /// The keys of conditions that ask them to be this one, by normal name, and whether some condition asks for a text that has this
    /// one in it, of a key that is compared with something else too. Of keys that `may_be` more than one value.
    fn compared_with(&self, key: &str, may_be: impl Fn(&str) -> bool) -> (BTreeSet<String>, bool) {
        let mut equal = BTreeSet::from([key.to_owned()]);
        let mut within = false;
        loop {
            let before = equal.len();
            for condition in &self.conditions {
                let own = normal(&condition.key);
                if !may_be(&own) {
                    continue;
                }
                for value in &condition.values {
                    let mut of = variables(&value.node).map(|variable| normal(&variable.key));
                    if own != key && of.any(|of| equal.contains(&of)) {
                        if value.node.pieces.len() == 1 {
                            equal.insert(own.clone());
                        } else {
                            let on_own = self.conditions.iter().filter(|one| normal(&one.key) == own);
                            within |= on_own.map(|one| one.values.len()).sum::<usize>() > 1;
                        }
                    }
                }
            }
            if equal.len() == before {
                break;
            }
        }
        equal.remove(key);
        (equal, within)
    }

    /// The keys, those first whose values others are compared with. Keys that are compared with each other in a circle come
    /// last, and are open.
    fn in_order(&self, open: &mut BTreeMap<String, String>) -> Vec<(String, String)> {
        let mut needs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for condition in &self.conditions {
            let own = normal(&condition.key);
            let others = condition.values.iter().flat_map(|value| variables(&value.node));
            let others = others.map(|variable| normal(&variable.key)).filter(|other| *other != own);
            if let Some((key, _)) = self.keys.get_key_value(&own) {
                needs.entry(key).or_default().extend(others);
            }
        }
        let mut left: Vec<(&String, &String)> = self.keys.iter().collect();
        let mut done: Vec<(String, String)> = Vec::new();
        while !left.is_empty() {
            let is_ready = |key: &str| {
                needs.get(key).is_none_or(|others| {
                    others.iter().all(|other| !left.iter().any(|(waiting, _)| *waiting == other))
                })
            };
            let (ready, waiting): (Vec<_>, Vec<_>) = left.iter().copied().partition(|(key, _)| is_ready(key));
            if ready.is_empty() {
                for (key, written) in &waiting {
                    open.insert(
                        (*key).clone(),
                        format!("`{written}` is compared with what is compared with it"),
                    );
                }
            }
            let stuck = ready.is_empty();
            let next = if stuck { &waiting } else { &ready };
            done.extend(next.iter().map(|(key, written)| ((*key).clone(), (*written).clone())));
            left = if stuck { Vec::new() } else { waiting };
        }
        done
    }
}

/// The names that policies themselves give the device: the client ids that they allow, when they spell each of them and allow no
/// other; else the one thing whose topics, shadows and jobs they speak of, unless they speak of the device by a variable.
fn spelled_names(sets: &[&PolicySet]) -> Option<Vec<String>> {
    let clients = spelled(sets, &["iot:Connect"], &["client/"]);
    if let Some(clients) = clients.filter(|clients| !clients.is_empty()) {
        return Some(clients.into_iter().collect());
    }
    let actions: Vec<&str> = IOT_ACTIONS.iter().map(|action| action.name).collect();
    let statements = sets.iter().flat_map(|set| about(set, &actions));
    let mut resources = statements.filter_map(|statement| statement.resources.as_ref());
    if resources.any(|all| all.patterns.iter().any(|pattern| variables(&pattern.node).next().is_some())) {
        return None;
    }
    let things = spelled(sets, &actions, &["topic/$aws/things/", "topicfilter/$aws/things/", "thing/"])?;
    (things.len() == 1).then(|| things.into_iter().collect())
}

/// The names that `Allow` statements about these actions spell in resources of these kinds; `None` if some could have other names.
fn spelled(sets: &[&PolicySet], actions: &[&str], kinds: &[&str]) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let statements = sets.iter().flat_map(|set| about(set, actions));
    for statement in statements.filter(|statement| statement.effect == Effect::Allow) {
        let resources = statement.resources.as_ref().filter(|resources| !resources.negated)?;
        for pattern in &resources.patterns {
            // What stands behind the account, as far as it is spelled; wildcards before it stand for a part of the ARN each.
            let text = pattern.node.to_string();
            let mut fields = text.splitn(6, ':');
            let rest = fields.nth(5)?;
            let Some(rest) = kinds.iter().find_map(|kind| rest.strip_prefix(kind)) else {
                if kinds.iter().any(|kind| may_become(rest, kind)) {
                    return None;
                }
                continue;
            };
            let (name, behind) = rest.split_once('/').unwrap_or((rest, ""));
            // A client id goes to the end; it may have slashes, and is then no name of a thing.
            if !Word::Thing.accepts(name) || (kinds == ["client/"] && !behind.is_empty()) {
                return None;
            }
            names.insert(name.to_owned());
        }
    }
    Some(names)
}

/// Whether a pattern that does not begin with the kind may still take resources that do: it has a wildcard or variable before
/// they differ.
fn may_become(pattern: &str, kind: &str) -> bool {
    let same = pattern.chars().zip(kind.chars()).take_while(|(one, other)| one == other).count();
    pattern.chars().nth(same).is_some_and(|character| matches!(character, '*' | '?' | '$' | '{'))
}

/// The word, with a number if the policies spell it.
pub(super) fn unspelled(word: &str, sets: &[&PolicySet]) -> String {
    let numbered = (2..100).map(|number| format!("{word}-{number}"));
    let mut words = std::iter::once(word.to_owned()).chain(numbered);
    words.find(|word| !sets.iter().any(|set| spells(set, word))).unwrap_or_else(|| word.to_owned())
}

/// Whether some literal text of the policies contains the word.
pub(super) fn spells(set: &PolicySet, word: &str) -> bool {
    let in_pieces = |pieces: &[Piece]| {
        pieces.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains(word)))
    };
    set.sources().iter().flat_map(|source| &source.document.statements).any(|statement| {
        let resources = statement.resources.iter().flat_map(|resources| &resources.patterns);
        let values = statement.conditions.iter().flat_map(|condition| &condition.values);
        resources.chain(values).any(|pattern| in_pieces(&pattern.node.pieces))
    })
}
