//! What a connection may do: the policies of its certificate and of the groups of its thing, compiled, with the values of
//! their variables. The same functions that TestAuthorization uses put them together, and the same engine decides.

use std::net::IpAddr;

use thingwarden_engine::policy::{Context, Decision, Effect, PolicySet, Request, decide, explain};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::Reader;

use super::admission::{self, Principal};
use super::changes::Key;
use crate::api::{ApiError, effective, iot_arn};

/// What is asked about a topic or a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Publish,
    RetainPublish,
    Subscribe,
    Receive,
}

impl Action {
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
    /// What the device called the server in the TLS handshake.
    pub(super) server_name: Option<Box<str>>,
}

/// The rights of one connection at one moment.
#[derive(Debug)]
pub(super) struct Rights {
    policies: PolicySet,
    context: Context,
    /// `arn:aws:iot:REGION:ACCOUNT:`
    arn_start: String,
    /// When the certificate ends.
    pub(super) not_after: Timestamp,
    /// The records that this was made of.
    pub(super) made_of: Vec<Key>,
}

impl Rights {
    /// Reads what binds a principal with a client id; none when its certificate may not be used any more.
    ///
    /// # Errors
    /// When the store fails, or a policy cannot be read: to go on without it could lose a `Deny`.
    pub(super) fn read(
        store: &Reader<'_>,
        principal: &Principal,
        client_id: &str,
        peer: &Peer,
    ) -> Result<Option<Self>, ApiError> {
        if admission::active(store, &principal.certificate_id)?.is_none() {
            return Ok(None);
        }
        let scope = store.scope();
        let arn = &*principal.arn;
        let key = |kind, id: &str| Key::new(scope, kind, id);
        let mut made_of = vec![
            key(Key::CERTIFICATE, &principal.certificate_id),
            key(Key::PRINCIPAL_OF_THING, arn),
            key(Key::TARGET, arn),
        ];
        let thing = effective::connected_thing(store, Some(arn), Some(client_id))?;
        let mut targets = vec![arn.to_owned()];
        if let Some(thing) = &thing {
            targets.extend(effective::groups_of(store, thing)?);
            made_of.extend([key(Key::THING, thing), key(Key::MEMBER, thing)]);
            made_of.extend(targets.iter().skip(1).map(|group| key(Key::TARGET, group)));
        }
        let names = effective::names(store, &targets)?;
        made_of.extend(names.iter().map(|name| key(Key::POLICY, name)));
        let sources = names.iter().map(|name| effective::source(store, name));
        let policies = PolicySet::compile(sources.collect::<Result<Vec<_>, _>>()?);
        let certificate = &principal.certificate;
        let mut context =
            effective::context_of(store, Some(&**certificate), Some(client_id), thing.as_deref())?;
        context.insert("aws:SourceIp", [peer.address.to_string()]);
        context.insert("iot:DomainName", peer.server_name.as_deref());
        let (arn_start, not_after) = (iot_arn(scope, ""), certificate.not_after);
        Ok(Some(Self { policies, context, arn_start, not_after, made_of }))
    }

    /// Decides about a topic or a filter, as the client wrote it.
    pub(super) fn decide(&self, action: Action, name: &str) -> Decision {
        let resource = self.resource(action.resource_type(), name);
        decide(
            &self.policies,
            &Request { action: action.name(), resource: &resource, context: &self.context },
        )
    }

    /// Decides about connecting.
    pub(super) fn decide_connect(&self, client_id: &str, attributes: ConnectAttributes) -> Decision {
        let context = self.connecting(attributes);
        let resource = self.resource("client", client_id);
        decide(&self.policies, &Request { action: CONNECT, resource: &resource, context: &context })
    }

    /// Why [`Rights::decide`] said no, for people.
    pub(super) fn why(&self, action: Action, name: &str) -> String {
        let resource = self.resource(action.resource_type(), name);
        self.explain(action.name(), &resource, &self.context)
    }

    /// Why [`Rights::decide_connect`] said no, for people.
    pub(super) fn why_not_connect(&self, client_id: &str, attributes: ConnectAttributes) -> String {
        self.explain(CONNECT, &self.resource("client", client_id), &self.connecting(attributes))
    }

    fn connecting(&self, attributes: ConnectAttributes) -> Context {
        let asked = [(attributes.is_persistent, "PersistentConnect"), (attributes.has_will, "LastWill")];
        let asked = asked.into_iter().filter_map(|(is_asked, name)| is_asked.then_some(name));
        self.context.clone().with("iot:ConnectAttributes", asked)
    }

    fn resource(&self, resource_type: &str, name: &str) -> String {
        [&*self.arn_start, resource_type, "/", name].concat()
    }

    fn explain(&self, action: &str, resource: &str, context: &Context) -> String {
        let explanation = explain(&self.policies, &Request { action, resource, context });
        let mut deny = explanation.matched.iter().filter(|statement| statement.effect == Effect::Deny);
        if let Some(statement) = deny.next() {
            return format!("policy `{}` denies {action} on `{resource}`", statement.policy);
        }
        let missing = explanation.missing_context.iter().map(|key| format!(", `{key}` has no value"));
        format!("no policy allows {action} on `{resource}`{}", missing.collect::<String>())
    }
}

const CONNECT: &str = "iot:Connect";
