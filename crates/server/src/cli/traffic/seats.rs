//! Who sends recorded requests: a principal under a client id, with the policies that hold for it there, as they are and as they
//! would be after a change.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use anyhow::Context as _;
use thingwarden_engine::policy::{Context, PolicySet, PolicySource};
use thingwarden_engine::prove::Thing;

use super::super::prove::{Picture, Target};
use super::requests;
use crate::snapshot::LoggedRequest;

/// A change of policies, attachments or certificates that is tried out.
#[derive(Debug, Default)]
pub(super) struct Edits {
    /// Policies with their new documents.
    pub(super) policies: BTreeMap<String, PolicySource>,
    /// Policies and what they are attached to, or detached from.
    pub(super) attached: Vec<(String, Target)>,
    pub(super) detached: Vec<(String, Target)>,
    /// Principals that cannot connect any more.
    pub(super) deactivated: HashSet<String>,
}

/// The policies of all seats, under a change.
#[derive(Debug)]
pub(super) struct Rights<'a> {
    picture: &'a Picture,
    edits: Edits,
    sets: Vec<Arc<PolicySet>>,
    names: Vec<Vec<String>>,
    known: HashMap<Vec<String>, usize>,
}

/// A principal under a client id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) principal: String,
    /// None over HTTP.
    pub(super) client: Option<String>,
    /// The thing that it is connected as.
    pub(super) thing: Option<Thing>,
}

/// All seats, numbered as they are met.
#[derive(Debug)]
pub(super) struct Seats<'a> {
    picture: &'a Picture,
    pub(super) all: Vec<Seat>,
    by_key: HashMap<String, usize>,
    /// Keys of the certificate at hand.
    certificate: (String, Context),
}

impl Seat {
    /// For people.
    pub(super) fn name(&self) -> String {
        let short = |id: &str| match id.char_indices().nth(16) {
            Some((end, _)) if id.len() == 64 => format!("{}…", id.get(..end).unwrap_or(id)),
            _ => id.to_owned(),
        };
        match (&self.thing, &self.client) {
            (Some(thing), _) => format!("{} ({})", thing.name, short(&self.principal)),
            (None, Some(client)) => format!("client id {client} ({})", short(&self.principal)),
            (None, None) => format!("{} over HTTP", short(&self.principal)),
        }
    }
}

impl<'a> Seats<'a> {
    pub(super) fn new(picture: &'a Picture) -> Self {
        Self { picture, all: Vec::new(), by_key: HashMap::new(), certificate: Default::default() }
    }

    /// The number of a record's seat.
    ///
    /// # Errors
    /// The record does not say whose it is.
    pub(super) fn of(&mut self, record: &LoggedRequest) -> Result<usize, &'static str> {
        if record.principal.is_empty() {
            return Err("records without `principalId`");
        }
        let client = record.client_id.as_deref().filter(|_| !record.over_http);
        let key = format!("{}\0{}", record.principal, client.unwrap_or("\0"));
        if let Some(index) = self.by_key.get(&key) {
            return Ok(*index);
        }
        let things = self.picture.own_things(&record.principal);
        let exclusive = things.iter().find(|thing| thing.exclusive);
        let named = things.iter().find(|thing| Some(thing.name.as_str()) == client);
        let seat = Seat {
            principal: record.principal.clone(),
            client: client.map(str::to_owned),
            thing: client.and(exclusive.or(named)).cloned(),
        };
        self.all.push(seat);
        self.by_key.insert(key, self.all.len() - 1);
        Ok(self.all.len() - 1)
    }

    /// The keys of a record from this seat.
    pub(super) fn context(&mut self, seat: usize, record: &LoggedRequest) -> anyhow::Result<Context> {
        let Some(seat) = self.all.get(seat) else { return Ok(Context::new()) };
        if self.certificate.0 != seat.principal {
            let context = self.picture.certificate_context(&seat.principal)?;
            self.certificate = (seat.principal.clone(), context.unwrap_or_default());
        }
        let mut context = self.certificate.1.clone();
        match (&seat.thing, &seat.client) {
            (Some(thing), _) => context = thing.context(&context),
            (None, Some(_)) => context.insert("iot:Connection.Thing.IsAttached", ["false"]),
            (None, None) => {}
        }
        requests::add_to(&mut context, record);
        Ok(context)
    }
}

impl<'a> Rights<'a> {
    pub(super) fn new(picture: &'a Picture, edits: Edits) -> Self {
        Self { picture, edits, sets: Vec::new(), names: Vec::new(), known: HashMap::new() }
    }

    /// The number of the set of policies that holds for a seat; none for a certificate that is not active.
    pub(super) fn of(&mut self, seat: &Seat) -> anyhow::Result<Option<usize>> {
        let inactive = self.picture.status(&seat.principal).is_some_and(|status| status != "ACTIVE");
        if inactive || self.edits.deactivated.contains(&seat.principal) {
            return Ok(None);
        }
        let mut names: Vec<String> = Vec::new();
        for target in self.picture.targets(&seat.principal, seat.thing.as_ref().map(|thing| &*thing.name)) {
            names.extend(self.picture.attached_to(&target));
            names
                .retain(|name| !self.edits.detached.iter().any(|(one, from)| one == name && *from == target));
            let added = self.edits.attached.iter().filter(|(_, to)| *to == target);
            names.extend(added.map(|(name, _)| name.clone()));
        }
        names.sort();
        names.dedup();
        if let Some(known) = self.known.get(&names) {
            return Ok(Some(*known));
        }
        let source = |name: &String| {
            let found = self.edits.policies.get(name).or_else(|| self.picture.policies.get(name)).cloned();
            found
                .with_context(|| format!("policy `{name}` is attached but not in the input, or not readable"))
        };
        let sources = names.iter().map(source).collect::<anyhow::Result<Vec<_>>>()?;
        self.sets.push(Arc::new(PolicySet::compile(sources)));
        self.names.push(names.clone());
        self.known.insert(names, self.sets.len() - 1);
        Ok(Some(self.sets.len() - 1))
    }

    pub(super) fn set(&self, index: usize) -> Option<&Arc<PolicySet>> {
        self.sets.get(index)
    }

    /// Names of the policies in a set.
    pub(super) fn names(&self, index: usize) -> &[String] {
        self.names.get(index).map(Vec::as_slice).unwrap_or_default()
    }
}
