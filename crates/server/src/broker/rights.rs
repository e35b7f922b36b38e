//! What a connection may do. Of a certificate: its policies and those of the groups of its thing, compiled, with the values of
//! their variables; the same functions that TestAuthorization uses put them together, and the same engine decides. Of an
//! access key: what the policies of its user or role allow, as for any request with it. Of whom a custom authorizer vouches
//! for: the policies that it gave.

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

use thingwarden_engine::pki::Certificate;
use thingwarden_engine::policy::{Context, Decision, Effect, PolicySet, Request, decide, explain};
use thingwarden_mqtt::Message;
use thingwarden_store::Reader;
use thingwarden_store::records::{Authorizer, Policy};

use super::Broker;
use super::admission::{self, Proof};
use super::changes::{Key, Outdated};
use super::policy_cache::PolicyCache;
use super::session::Owner;
use super::topics;
use super::vouched::Vouched;
use crate::api::{ApiError, effective, iot_arn};
use crate::auth::Caller;
use crate::auth::authorize::{Access, LookupError, Refusal, RequestFacts, Resources, authorize_access};
use crate::clock;
use crate::iam::Credentials;
use crate::provisioning::claim_policies;
use crate::token_issuers::Bearer;

/// What is asked about a topic or a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Publish,
    RetainPublish,
    Subscribe,
    Receive,
}

impl Action {
    const ALL: [Self; 4] = [Self::Publish, Self::RetainPublish, Self::Subscribe, Self::Receive];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Publish => "iot:Publish",
            Self::RetainPublish => "iot:RetainPublish",
            Self::Subscribe => "iot:Subscribe",
            Self::Receive => "iot:Receive",
        }
    }

    /// The type of resource in ARNs.
    fn resource_type(self) -> &'static str {
        match self {
            Self::Publish | Self::RetainPublish | Self::Receive => "topic",
            Self::Subscribe => "topicfilter",
        }
    }
}

/// What a client asks for beside connecting (`iot:ConnectAttributes`).
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectAttributes {
    pub(super) is_persistent: bool,
    pub(super) has_will: bool,
}

/// The other end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    /// What the device called the server in the TLS handshake.
    pub(super) server_name: Option<Box<str>>,
    /// Whether the connection is encrypted.
    pub(super) is_secure: bool,
}

impl Peer {
    /// Adds the condition keys that follow from where a client comes from.
    fn tell(&self, context: &mut Context) {
        context.insert("aws:SourceIp", [self.address.to_string()]);
        context.insert("iot:DomainName", self.server_name.as_deref());
    }
}

/// The rights of one connection at one moment.
#[derive(Debug)]
pub(super) struct Rights {
    given: Given,
    /// `arn:aws:iot:REGION:ACCOUNT:`
    arn_start: String,
    /// The records that this was made of.
    pub(super) made_of: Vec<Key>,
    /// The thing whose alone the certificate is.
    pub(super) exclusive_thing: Option<Box<str>>,
    allowed: LastAllowed,
}

/// What each action was last allowed for: a device does the same over and over. Of policies of AWS IoT, nothing that a
/// decision depends on changes while the rights last; what IAM decides may depend on the time, and is asked anew.
#[derive(Debug, Default)]
struct LastAllowed([RefCell<Option<String>>; Action::ALL.len()]);

impl LastAllowed {
    fn has(&self, action: Action, name: &str) -> bool {
        self.0.get(action as usize).is_some_and(|last| last.borrow().as_deref() == Some(name))
    }

    /// In the room that is there: whoever does many things in turn pays for no memory each time.
    fn remember(&self, action: Action, name: &str) {
        if let Some(last) = self.0.get(action as usize) {
            let mut last = last.borrow_mut();
            let last = last.get_or_insert_default();
            last.clear();
            last.push_str(name);
        }
    }
}

#[derive(Debug)]
enum Given {
    /// Of AWS IoT, with the values of their variables.
    Policies(Arc<PolicySet>, Context),
    AccessKey {
        caller: Arc<Caller>,
        /// How often IAM had changed.
        generation: u64,
        /// The condition keys of the connection.
        keys: Vec<(&'static str, Vec<String>)>,
        owner: Owner,
    },
}

impl Broker {
    /// Reads what binds whoever has a connection, with its client id if it has one; none when its credentials may not be used
    /// any more.
    ///
    /// # Errors
    /// When the store fails, or a policy cannot be read: to go on without it could lose a `Deny`.
    pub(super) fn rights(&self, owner: &Owner, client_id: Option<&str>) -> Result<Option<Rights>, ApiError> {
        let principal = &owner.principal;
        if principal.time_left(clock::both()).is_some_and(|left| left.is_zero()) {
            return Ok(None);
        }
        match &principal.proof {
            Proof::Certificate { certificate, arn } => {
                // Before the store is opened, so that what is read is at least as new.
                let generation = self.app.store.generation::<Policy>();
                let policies = (&self.policies, generation);
                self.app.store.read(&principal.scope, |store| {
                    let certificate = (&**certificate, &*principal.id, &**arn);
                    Rights::of_certificate(store, policies, certificate, client_id, &owner.peer)
                })
            }
            Proof::AccessKey { id, .. } => {
                let generation = self.credentials.generation();
                let found = self.credentials.look_up(id)?;
                let in_account =
                    found.filter(|credential| *credential.owner.account() == *principal.scope.account);
                Ok(in_account.map(|credential| {
                    Rights::of_access_key(credential.owner, generation, client_id, owner.clone())
                }))
            }
            Proof::Token(bearer) => {
                let generation = self.app.store.generation::<Policy>();
                let policies = (&self.policies, generation);
                self.app.store.read(&principal.scope, |store| {
                    Rights::of_bearer(store, policies, bearer, client_id, &owner.peer)
                })
            }
            Proof::Authorizer(vouched) => self.app.store.read(&principal.scope, |store| {
                let policies = vouched.policies();
                let given = policies.map(|policies| (policies, &**vouched));
                given.map_or(Ok(None), |given| Rights::of_authorizer(store, given, client_id, &owner.peer))
            }),
        }
    }
}

impl Rights {
    fn of_certificate(
        store: &Reader<'_>,
        (policies, generation): (&PolicyCache, u64),
        (certificate, id, arn): (&Certificate, &str, &str),
        client_id: Option<&str>,
        peer: &Peer,
    ) -> Result<Option<Self>, ApiError> {
        let scope = store.scope();
        let key = |kind, id: &str| Key::new(scope, kind, id);
        let context_of = |thing: Option<&str>| {
            let mut context = effective::context_of(store, Some(certificate), client_id, thing)?;
            peer.tell(&mut context);
            Ok::<_, ApiError>(context)
        };
        if admission::active(store, id)?.is_none() {
            let Some(claim) = admission::claim(store, id, Broker::now())? else { return Ok(None) };
            let policies = claim_policies(scope, &claim.template)?;
            return Ok(Some(Self {
                given: Given::Policies(policies, context_of(None)?),
                arn_start: iot_arn(scope, ""),
                made_of: vec![key(Key::CLAIM, id), key(Key::CERTIFICATE, id)],
                exclusive_thing: None,
                allowed: LastAllowed::default(),
            }));
        }
        let mut made_of =
            vec![key(Key::CERTIFICATE, id), key(Key::PRINCIPAL_OF_THING, arn), key(Key::TARGET, arn)];
        let connected = effective::connected_thing(store, Some(arn), client_id)?;
        let thing = connected.as_ref().map(|thing| &*thing.name);
        let in_force = effective::in_force(store, arn, thing)?;
        made_of.extend(thing.iter().flat_map(|thing| [key(Key::THING, thing), key(Key::MEMBER, thing)]));
        made_of.extend(in_force.targets.iter().skip(1).map(|group| key(Key::TARGET, group)));
        made_of.extend(in_force.policies.iter().map(|name| key(Key::POLICY, name)));
        let policies = policies.get(store, &in_force.policies, generation)?;
        let context = context_of(thing)?;
        Ok(Some(Self {
            given: Given::Policies(policies, context),
            arn_start: iot_arn(scope, ""),
            made_of,
            exclusive_thing: connected.filter(|thing| thing.is_exclusive).map(|thing| thing.name.into()),
            allowed: LastAllowed::default(),
        }))
    }

    /// Without things: nothing is attached to whom an authorizer vouches for.
    fn of_authorizer(
        store: &Reader<'_>,
        (policies, vouched): (Arc<PolicySet>, &Vouched),
        client_id: Option<&str>,
        peer: &Peer,
    ) -> Result<Option<Self>, ApiError> {
        let authorizer = &*vouched.authorizer;
        if !store.get::<Authorizer>(authorizer)?.is_some_and(|found| found.is_active) {
            return Ok(None);
        }
        let mut made_of = vec![Key::new(store.scope(), Key::AUTHORIZER, authorizer)];
        if let Some(shown) = vouched.certificate() {
            if admission::active(store, &shown.id)?.is_none() {
                return Ok(None);
            }
            made_of.push(Key::new(store.scope(), Key::CERTIFICATE, &shown.id));
        }
        let mut context = effective::context_of(store, None, client_id, None)?;
        peer.tell(&mut context);
        Ok(Some(Self {
            given: Given::Policies(policies, context),
            arn_start: iot_arn(store.scope(), ""),
            made_of,
            exclusive_thing: None,
            allowed: LastAllowed::default(),
        }))
    }

    /// Of a token: the policies that its issuer's rules name. One that is not there could have a `Deny` in it.
    fn of_bearer(
        store: &Reader<'_>,
        (policies, generation): (&PolicyCache, u64),
        bearer: &Bearer,
        client_id: Option<&str>,
        peer: &Peer,
    ) -> Result<Option<Self>, ApiError> {
        for name in &bearer.policies {
            if !store.exists::<Policy>(name)? {
                let issuer = &*bearer.issuer;
                tracing::warn!(issuer, policy = name, "tokens let nobody in: a policy does not exist");
                return Ok(None);
            }
        }
        let mut context = effective::context_of(store, None, client_id, None)?;
        peer.tell(&mut context);
        let scope = store.scope();
        Ok(Some(Self {
            given: Given::Policies(policies.get(store, &bearer.policies, generation)?, context),
            arn_start: iot_arn(scope, ""),
            made_of: bearer.policies.iter().map(|name| Key::new(scope, Key::POLICY, name)).collect(),
            exclusive_thing: None,
            allowed: LastAllowed::default(),
        }))
    }

    fn of_access_key(caller: Arc<Caller>, generation: u64, client_id: Option<&str>, owner: Owner) -> Self {
        let scope = &owner.principal.scope;
        let mut keys = vec![];
        keys.extend(client_id.map(|client_id| ("iot:ClientId", vec![client_id.to_owned()])));
        keys.extend(owner.peer.server_name.as_deref().map(|name| ("iot:DomainName", vec![name.to_owned()])));
        let (arn_start, made_of) = (iot_arn(scope, ""), vec![Key::iam(&scope.account)]);
        let given = Given::AccessKey { caller, generation, keys, owner };
        Self { given, arn_start, made_of, exclusive_thing: None, allowed: LastAllowed::default() }
    }

    /// The ids of the records of this kind that this was made of.
    pub(super) fn ids_of(&self, kind: &'static str) -> Vec<String> {
        self.made_of.iter().filter_map(|key| key.id_of(kind)).map(str::to_owned).collect()
    }

    /// The records that were touched when so much was old, and perhaps others.
    pub(super) fn keys_of(&self, outdated: Outdated) -> impl Iterator<Item = &Key> {
        self.made_of.iter().filter(move |key| key.outdates() <= outdated)
    }

    /// Decides by these policies from now on.
    pub(super) fn replace_policies(&mut self, new: Arc<PolicySet>) {
        if let Given::Policies(policies, _) = &mut self.given {
            *policies = new;
        }
        self.allowed = LastAllowed::default();
    }

    /// Whether IAM has changed since this was read.
    pub(super) fn is_older_than(&self, iam: &Credentials) -> bool {
        matches!(self.given, Given::AccessKey { generation, .. } if generation != iam.generation())
    }

    /// Decides about a topic or a filter, as the client wrote it.
    pub(super) fn decide(&self, action: Action, name: &str) -> Decision {
        if self.allowed.has(action, name) {
            return Decision::Allowed;
        }
        let decision = self.ask(action.name(), &self.resource(action.resource_type(), name), None);
        if decision == Decision::Allowed && matches!(self.given, Given::Policies(..)) {
            self.allowed.remember(action, name);
        }
        decision
    }

    /// Whether a message may be published, or what may not and why.
    pub(super) fn may_publish(&self, message: &Message) -> Result<(), (Action, String)> {
        let topic = message.topic.as_str();
        if !topics::may_publish(&message.topic, message.retain) {
            return Err((Action::Publish, format!("`{topic}` is reserved")));
        }
        let retain = message.retain.then_some(Action::RetainPublish);
        let mut asked = [Action::Publish].into_iter().chain(retain);
        match asked.find(|action| self.decide(*action, topic) != Decision::Allowed) {
            Some(action) => Err((action, self.why(action, topic))),
            None => Ok(()),
        }
    }

    /// Decides about connecting.
    pub(super) fn decide_connect(&self, client_id: &str, attributes: ConnectAttributes) -> Decision {
        self.ask(CONNECT, &self.resource("client", client_id), Some(attributes))
    }

    /// Why [`Rights::decide`] said no, for people.
    pub(super) fn why(&self, action: Action, name: &str) -> String {
        self.explain(action.name(), &self.resource(action.resource_type(), name), None)
    }

    /// Why [`Rights::decide_connect`] said no, for people.
    pub(super) fn why_not_connect(&self, client_id: &str, attributes: ConnectAttributes) -> String {
        self.explain(CONNECT, &self.resource("client", client_id), Some(attributes))
    }

    /// Decides about a call of the API. `about` is `TYPE/NAME`, or `*`.
    ///
    /// # Errors
    /// With the reason, for people.
    pub(super) fn may_call(&self, action: &str, about: &str) -> Result<(), String> {
        let resource = if about == "*" { about.to_owned() } else { [&*self.arn_start, about].concat() };
        match self.ask(action, &resource, None) {
            Decision::Allowed => Ok(()),
            _ => Err(self.explain(action, &resource, None)),
        }
    }

    fn resource(&self, resource_type: &str, name: &str) -> String {
        [&*self.arn_start, resource_type, "/", name].concat()
    }

    fn ask(&self, action: &str, resource: &str, attributes: Option<ConnectAttributes>) -> Decision {
        match &self.given {
            Given::Policies(policies, context) => match attributes {
                None => decide(policies, &Request { action, resource, context }),
                Some(attributes) => {
                    let context = &attributes.added_to(context);
                    decide(policies, &Request { action, resource, context })
                }
            },
            Given::AccessKey { .. } => match self.ask_iam(action, resource, attributes) {
                Ok(()) => Decision::Allowed,
                Err(Refusal::Denied(denial)) if denial.is_explicit() => Decision::ExplicitDeny,
                Err(_) => Decision::ImplicitDeny,
            },
        }
    }

    fn explain(&self, action: &str, resource: &str, attributes: Option<ConnectAttributes>) -> String {
        match &self.given {
            Given::Policies(policies, context) => {
                let context =
                    attributes.map_or_else(|| context.clone(), |attributes| attributes.added_to(context));
                evidence(policies, &Request { action, resource, context: &context })
            }
            Given::AccessKey { .. } => match self.ask_iam(action, resource, attributes) {
                Ok(()) => format!("{action} on `{resource}` is allowed by now"),
                Err(refusal) => refusal.to_string(),
            },
        }
    }

    /// As every request with an access key is asked about.
    fn ask_iam(
        &self,
        action: &str,
        resource: &str,
        attributes: Option<ConnectAttributes>,
    ) -> Result<(), Refusal> {
        let Given::AccessKey { caller, keys, owner, .. } = &self.given else { return Ok(()) };
        let mut keys = keys.clone();
        keys.extend(
            attributes
                .map(|attributes| ("iot:ConnectAttributes", attributes.names().map(str::to_owned).collect())),
        );
        let Proof::AccessKey { user_agent, .. } = &owner.principal.proof else { return Ok(()) };
        let facts = RequestFacts {
            source_ip: Some(owner.peer.address),
            secure: owner.peer.is_secure,
            user_agent: user_agent.as_deref(),
            region: &owner.principal.scope.region,
            now: Broker::now(),
        };
        let access = Access {
            action,
            resources: &[resource.to_owned()],
            shown: None,
            request_tags: &[],
            keys: &keys,
            granted: false,
        };
        authorize_access(caller, &access, &facts, &NoTags).map(drop)
    }
}

/// What a certificate may do with a client id, now.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The thing that it connects as.
    pub(crate) thing: Option<String>,
    /// The policies in force for it.
    pub(crate) policies: Vec<String>,
    /// To each question, why not; none when it may. Without any when the certificate may not be used.
    pub(crate) answers: Option<Vec<Option<String>>>,
}

/// Decides as the broker would, for a connection of a certificate from `address`. A question is an action and the client id,
/// topic or filter that it is about.
///
/// # Errors
/// When there is no such certificate, or the store fails.
pub(crate) fn judge(
    store: &Reader<'_>,
    certificate_id: &str,
    client_id: &str,
    address: IpAddr,
    questions: &[(&str, &str)],
) -> Result<Judged, ApiError> {
    let certificate = effective::certificate(store, certificate_id)?;
    let arn = iot_arn(store.scope(), &format!("cert/{certificate_id}"));
    let thing = effective::connected_thing(store, Some(&arn), Some(client_id))?.map(|thing| thing.name);
    let policies = effective::in_force(store, &arn, thing.as_deref())?.policies;
    let peer = Peer { address, port: 0, server_name: None, is_secure: true };
    let is_in_time = (certificate.not_before..=certificate.not_after).contains(&Broker::now());
    let (alone, certificate) = (PolicyCache::default(), (&certificate, certificate_id, &*arn));
    let rights = Rights::of_certificate(store, (&alone, 0), certificate, Some(client_id), &peer)?;
    let answers = rights.filter(|_| is_in_time).map(|rights| {
        let answer = |(action, name): &(&str, &str)| {
            let attributes = ConnectAttributes { is_persistent: false, has_will: false };
            match Action::ALL.into_iter().find(|known| known.name() == *action) {
                Some(action) => {
                    (rights.decide(action, name) != Decision::Allowed).then(|| rights.why(action, name))
                }
                None => (rights.decide_connect(name, attributes) != Decision::Allowed)
                    .then(|| rights.why_not_connect(name, attributes)),
            }
        };
        questions.iter().map(answer).collect()
    });
    Ok(Judged { thing, policies, answers })
}

impl ConnectAttributes {
    fn names(self) -> impl Iterator<Item = &'static str> {
        let asked = [(self.is_persistent, "PersistentConnect"), (self.has_will, "LastWill")];
        asked.into_iter().filter_map(|(is_asked, name)| is_asked.then_some(name))
    }

    fn added_to(self, context: &Context) -> Context {
        context.clone().with("iot:ConnectAttributes", self.names())
    }
}

/// Topics and clients have no tags.
struct NoTags;

impl Resources for NoTags {
    fn tags(&self, _arn: &str) -> Result<Vec<(String, String)>, LookupError> {
        Ok(vec![])
    }

    fn domain_configuration_id(&self, _name: &str) -> Result<Option<String>, LookupError> {
        Ok(None)
    }
}

/// Which statement denies a request, or that none allows it.
fn evidence(policies: &PolicySet, request: &Request<'_>) -> String {
    let Request { action, resource, .. } = request;
    let explanation = explain(policies, request);
    let mut deny = explanation.matched.iter().filter(|statement| statement.effect == Effect::Deny);
    if let Some(statement) = deny.next() {
        return format!("policy `{}` denies {action} on `{resource}`", statement.policy);
    }
    let missing = explanation.missing_context.iter().map(|key| format!(", `{key}` has no value"));
    format!("no policy allows {action} on `{resource}`{}", missing.collect::<String>())
}

pub(super) const CONNECT: &str = "iot:Connect";
