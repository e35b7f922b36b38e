//! Clients that a custom authorizer or a token issuer vouches for: who is asked about whom, and how long its word is good.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thingwarden_engine::policy::PolicySet;
use thingwarden_engine::time;
use thingwarden_store::records::{Authorizer, DomainConfiguration};
use thingwarden_store::{Filter, Reader, Scope, StoreError};
use thingwarden_wire::types::AuthenticationType;

use super::Broker;
use super::admission::{self, Principal, Proof, Refused};
use super::changes::Wake;
use super::protocols::{Protocol, WrongProtocol};
use super::rights::Peer;
use crate::api::{ApiError, default_authorizer};
use crate::authorizers::{AskError, Certified, Known, Presented, Token, Verdict, host_of};
use crate::clock::{self, Clocks, Steady};
use crate::token_issuers::{Bearer, NotBearer};

/// Who has come to the devices' port.
#[derive(Debug)]
pub(super) enum Guest {
    /// Somebody whose certificate is enough.
    Device(Principal),
    /// Somebody about whom an authorizer is asked, with the certificate where that is wanted as well.
    Visitor(Option<Arc<Certified>>),
}

/// The word of an authorizer about one client.
#[derive(Debug)]
pub(super) struct Vouched {
    pub(super) authorizer: Box<str>,
    /// What the client calls its token.
    pub(super) token_key_name: Option<String>,
    /// When the connection ends.
    until: Steady,
    /// Whether all requests of an HTTP connection may rely on it, until it has to be asked for again.
    pub(super) is_cached_for_http: bool,
    presented: Presented,
    word: Mutex<Option<Word>>,
}

/// What may change while the connection lasts.
#[derive(Clone, Debug)]
struct Word {
    policies: Arc<PolicySet>,
    /// How long it is good from the moment of the answer.
    good_for: Duration,
}

impl From<Known> for Word {
    fn from(known: Known) -> Self {
        Self { policies: known.policies, good_for: Duration::from_secs(known.refresh_after_seconds.into()) }
    }
}

/// Why a client is not let in. The texts are fit for logs.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotVouched {
    #[error("it names no authorizer, and there is no default")]
    NoAuthorizer,
    #[error("authorizer `{0}` is not the one of its domain, which lets nobody name another")]
    Override(String),
    #[error("there is no ACTIVE authorizer `{0}`")]
    NotActive(String),
    #[error("authorizer `{0}`: {1}")]
    Asked(String, AskError),
    #[error("authorizer `{0}` does not know it")]
    Unknown(String),
    #[error("the domain `{0}` is in configurations of several accounts or regions")]
    Ambiguous(String),
    #[error("the domain that it calls does not take clients like it: its `authenticationType` is {}", .0.as_str())]
    AuthenticationType(AuthenticationType),
    #[error(transparent)]
    Protocol(#[from] WrongProtocol),
    #[error("its certificate is not of the account and region of the domain that it calls")]
    Elsewhere,
    #[error(transparent)]
    Token(#[from] NotBearer),
    #[error("the token is for another client id")]
    ClientId,
    #[error("the store failed: {0:?}")]
    Failed(ApiError),
}

impl From<ApiError> for NotVouched {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for NotVouched {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl Broker {
    /// Whether anybody may be let in without a certificate.
    pub(super) fn lets_visitors_in(&self) -> bool {
        if !self.app.token_issuers.is_empty() {
            return true;
        }
        let generation = self.app.store.generation::<Authorizer>();
        let mut known = self.has_authorizers.lock().unwrap_or_else(PoisonError::into_inner);
        match *known {
            Some((seen, answer)) if seen == generation => answer,
            _ => {
                let read = self.app.store.read::<_, StoreError>(&Scope::new("", ""), |store| {
                    for scope in store.scopes()? {
                        if store.in_scope(&scope)?.count::<Authorizer>(&[Filter::eq("active", true)])? > 0 {
                            return Ok(true);
                        }
                    }
                    Ok(false)
                });
                match read {
                    Ok(answer) => {
                        *known = Some((generation, answer));
                        answer
                    }
                    Err(error) => {
                        tracing::error!(%error, "nobody is let in without a certificate: the store failed");
                        false
                    }
                }
            }
        }
    }

    /// Finds out who a client is that has shown neither a certificate nor an access key.
    ///
    /// # Errors
    /// When nobody vouches for it.
    pub(super) async fn vouch(&self, presented: Presented) -> Result<Principal, NotVouched> {
        let (scope, domain) = self.place_of(&presented)?;
        self.check_type(&scope, domain.as_ref(), &presented)?;
        if presented.authorizer_name().is_none()
            && presented.certificate.is_none()
            && let Some(judged) = self.app.token_issuers.judge(&self.app, &presented, Self::now()).await
        {
            return self.trust(judged?, &presented);
        }
        let authorizer = self.authorizer_for(&scope, domain.as_ref(), &presented)?;
        let known = self.ask(&scope, &authorizer, &presented).await?;
        let lasts = time::Duration::seconds(known.disconnect_after_seconds.into());
        let id = known.principal_id.as_str().into();
        let vouched = Vouched {
            authorizer: authorizer.name.into(),
            token_key_name: authorizer.token_key_name,
            until: clock::steady() + lasts,
            is_cached_for_http: authorizer.is_cached_for_http,
            presented,
            word: Mutex::new(Some(known.into())),
        };
        Ok(Principal { scope, id, proof: Proof::Authorizer(Arc::new(vouched)) })
    }

    /// Clients with tokens are the server's own account's.
    fn trust(&self, bearer: Bearer, presented: &Presented) -> Result<Principal, NotVouched> {
        let asked = presented.mqtt.as_ref().map(|mqtt| mqtt.client_id.as_deref());
        if let (Some(only), Some(asked)) = (bearer.client_id.as_deref(), asked)
            && asked != Some(only)
        {
            return Err(NotVouched::ClientId);
        }
        let id = bearer.principal_id.as_str().into();
        Ok(Principal { scope: self.home.clone(), id, proof: Proof::Token(Arc::new(bearer)) })
    }

    async fn ask(
        &self,
        scope: &Scope,
        authorizer: &Authorizer,
        presented: &Presented,
    ) -> Result<Known, NotVouched> {
        let name = || authorizer.name.clone();
        let asked = self.app.authorizers.ask(&self.app, scope, authorizer, presented, Token::default());
        match asked.await.map_err(|error| NotVouched::Asked(name(), error))? {
            Verdict::Known(known) => Ok(known),
            Verdict::Unknown => Err(NotVouched::Unknown(name())),
        }
    }

    /// The authorizer that is to be asked, and its account and region: those of the domain that the client has called, if it
    /// is in a domain configuration, else the server's own.
    fn authorizer_for(
        &self,
        scope: &Scope,
        domain: Option<&DomainConfiguration>,
        presented: &Presented,
    ) -> Result<Authorizer, NotVouched> {
        let fixed = domain.and_then(DomainConfiguration::default_authorizer);
        let is_free = domain.is_none_or(DomainConfiguration::lets_override_authorizer);
        self.app.store.read::<_, NotVouched>(scope, |store| {
            let name = match (presented.authorizer_name(), fixed) {
                (Some(named), Some(fixed)) if named != fixed && !is_free => {
                    return Err(NotVouched::Override(named));
                }
                (Some(named), _) => named,
                (None, Some(fixed)) => fixed.to_owned(),
                (None, None) => default_authorizer(store)?.ok_or(NotVouched::NoAuthorizer)?.name,
            };
            let found = store.get::<Authorizer>(&name)?.filter(|found| found.is_active);
            found.ok_or_else(|| NotVouched::NotActive(crate::api::shown(&name)))
        })
    }

    /// Finds out whose a certificate is, and whether that is enough where the device has called. `came` is how it comes, if that is
    /// not for its requests to say.
    ///
    /// # Errors
    /// When nobody is let in with it.
    pub(super) fn recognize(
        &self,
        der: &[u8],
        from: &Peer,
        came: Option<Protocol>,
    ) -> Result<Guest, Refused> {
        let principal = self.refuse_revoked(admission::admit(&self.app, der, Self::now())?)?;
        let Proof::Certificate { certificate, .. } = &principal.proof else {
            return Ok(Guest::Device(principal));
        };
        let domain = self.domain_of(&principal.scope, from.server_name.as_deref())?;
        match authentication_type(domain.as_ref()) {
            AuthenticationType::Default | AuthenticationType::AwsX509 => {
                let checked = came.map_or(Ok(()), |came| came.check(domain.as_ref()));
                checked.map_err(|why| Refused::Protocol { id: principal.id.to_string(), why })?;
                Ok(Guest::Device(principal))
            }
            AuthenticationType::CustomAuth => Ok(Guest::Visitor(None)),
            AuthenticationType::CustomAuthX509 => Ok(Guest::Visitor(Some(Arc::new(Certified {
                scope: principal.scope.clone(),
                id: Arc::clone(&principal.id),
                pem: crate::pki::write_pem("CERTIFICATE", certificate.as_der()),
                not_after: certificate.not_after,
            })))),
            AuthenticationType::AwsSigv4 => Err(Refused::SignatureWanted { id: principal.id.to_string() }),
        }
    }

    /// The enabled configuration of the domain that somebody of an account and region has called. Where the domain is in another account's
    /// configuration, that says nothing about this one's devices.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn domain_of(
        &self,
        scope: &Scope,
        called: Option<&str>,
    ) -> Result<Option<DomainConfiguration>, StoreError> {
        let Some(host) = called.and_then(host_of).filter(|host| *host != self.app.endpoint_host()) else {
            return Ok(None);
        };
        Ok(self.app.store.read(scope, |store| enabled(store, &host))?.pop())
    }

    /// Whether a domain takes visitors, and those that come with a certificate or those that come without, by the protocol that they
    /// come by.
    fn check_type(
        &self,
        scope: &Scope,
        domain: Option<&DomainConfiguration>,
        presented: &Presented,
    ) -> Result<(), NotVouched> {
        Protocol::of_presented(presented).check(domain)?;
        let kind = authentication_type(domain);
        match (kind, &presented.certificate) {
            (AuthenticationType::CustomAuthX509, Some(shown)) if shown.scope != *scope => {
                Err(NotVouched::Elsewhere)
            }
            (AuthenticationType::CustomAuthX509, Some(_)) => Ok(()),
            (AuthenticationType::Default | AuthenticationType::CustomAuth, None) => Ok(()),
            _ => Err(NotVouched::AuthenticationType(kind)),
        }
    }

    /// The account and region of the domain that a client has called, with its configuration; else the server's own.
    pub(super) fn place_of(
        &self,
        presented: &Presented,
    ) -> Result<(Scope, Option<DomainConfiguration>), NotVouched> {
        let found = match presented.host() {
            Some(host) if host != self.app.endpoint_host() => self.domain(&host)?,
            _ => None,
        };
        Ok(found.map_or((self.home.clone(), None), |(scope, domain)| (scope, Some(domain))))
    }

    /// The enabled configuration of a domain. Where two accounts claim it, neither gets its clients.
    fn domain(&self, host: &str) -> Result<Option<(Scope, DomainConfiguration)>, NotVouched> {
        let mut found = vec![];
        self.app.store.read::<_, StoreError>(&Scope::new("", ""), |store| {
            for scope in store.scopes()? {
                let named = enabled(&store.in_scope(&scope)?, host)?;
                found.extend(named.into_iter().map(|domain| (scope.clone(), domain)));
            }
            Ok(())
        })?;
        found.retain(|(scope, _)| self.app.accounts.iter().any(|account| **account == *scope.account));
        if found.len() > 1 {
            return Err(NotVouched::Ambiguous(host.to_owned()));
        }
        Ok(found.pop())
    }

    /// Asks the authorizer again, time after time, and wakes the connection when it has answered. Ends when it vouches no more.
    pub(super) async fn renew(self: Arc<Self>, scope: Scope, vouched: Arc<Vouched>, wake: Arc<Wake>) {
        while let Some(word) = vouched.word() {
            tokio::time::sleep(word.good_for).await;
            self.ask_again(&scope, &vouched).await;
            wake.touch();
        }
    }

    async fn ask_again(&self, scope: &Scope, vouched: &Vouched) {
        let name = &*vouched.authorizer;
        let found = self.app.store.read(scope, |store| store.get::<Authorizer>(name));
        let found = found.map_err(NotVouched::from).and_then(|found| {
            found.filter(|found| found.is_active).ok_or_else(|| NotVouched::NotActive(name.to_owned()))
        });
        let known = match found {
            Ok(authorizer) => self.ask(scope, &authorizer, &vouched.presented).await,
            Err(error) => Err(error),
        };
        let word = known.map(Word::from);
        if let Err(why) = &word {
            tracing::info!(account = %scope.account, %why, "an authorizer vouches for a client no more");
        }
        *vouched.word.lock().unwrap_or_else(PoisonError::into_inner) = word.ok();
    }
}

/// The enabled configurations of a domain in an account and region.
fn enabled(store: &Reader<'_>, host: &str) -> Result<Vec<DomainConfiguration>, StoreError> {
    let mut named = store.all::<DomainConfiguration>(&[Filter::eq("domain_name", host)])?;
    named.retain(|domain| domain.enabled);
    Ok(named)
}

/// How clients of a domain prove who they are.
fn authentication_type(domain: Option<&DomainConfiguration>) -> AuthenticationType {
    let kind = domain.and_then(|domain| AuthenticationType::parse(&domain.authentication_type));
    kind.unwrap_or(AuthenticationType::Default)
}

impl Vouched {
    /// The certificate that it came with, if that was wanted, too.
    pub(super) fn certificate(&self) -> Option<&Certified> {
        self.presented.certificate.as_deref()
    }

    /// How long the connection may still last.
    pub(super) fn time_left(&self, clocks: Clocks) -> Duration {
        let of_word = admission::left(self.until.millis(), clocks.steady.millis());
        let of_certificate =
            |shown: &Certified| admission::left(shown.not_after.millis(), clocks.now.millis());
        self.certificate().map_or(of_word, |shown| of_word.min(of_certificate(shown)))
    }

    fn word(&self) -> Option<Word> {
        self.word.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the client may do; none when the authorizer vouches for it no more.
    pub(super) fn policies(&self) -> Option<Arc<PolicySet>> {
        self.word().map(|word| word.policies)
    }

    /// How long the first answer was good for.
    pub(super) fn good_for(&self) -> Duration {
        self.word().map_or(Duration::ZERO, |word| word.good_for)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;

    use serde_json::{Value, json};
    use thingwarden_engine::policy::Decision;

    use super::super::client::Client;
    use super::super::end::End;
    use super::super::rights::{Action, Peer};
    use super::super::session::Owner;
    use super::super::tests::make;
    use super::*;
    use crate::api::testing::Api;
    use crate::config;

    const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

    /// A function that gives these answers, one after the other. Its URL.
    fn function(answers: Vec<Value>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for answer in answers {
                let mut reader = BufReader::new(listener.accept().unwrap().0);
                let mut length = 0;
                for line in reader.by_ref().lines().map(Result::unwrap) {
                    if let Some(number) = line.to_lowercase().strip_prefix("content-length: ") {
                        length = number.parse().unwrap();
                    }
                    if line.is_empty() {
                        break;
                    }
                }
                reader.read_exact(&mut vec![0; length]).unwrap();
                let body = answer.to_string();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close", body.len());
                reader.get_mut().write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
            }
        });
        url
    }

    fn allowing(action: &str) -> Value {
        json!({
            "isAuthenticated": true,
            "principalId": "p",
            "disconnectAfterInSeconds": 300,
            "refreshAfterInSeconds": 300,
            "policyDocuments": [{
                "Version": "2012-10-17",
                "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }],
            }],
        })
    }

    #[test]
    fn what_an_authorizer_says_later_takes_the_place_of_what_it_said_first() {
        let url =
            function(vec![allowing("iot:*"), allowing("iot:Connect"), json!({ "isAuthenticated": false })]);
        let variables = [("THINGWARDEN_NOTIFICATIONS__FUNCTIONS", format!("{FUNCTION}={url}"))];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let given = [("server.account_id", "123456789012")].map(|(key, text)| config::Override {
            key,
            option: "test",
            text: text.to_owned(),
        });
        let settings = config::load(None, &variables, &given).unwrap().settings;
        let api = Api::with(|app| app.notifications = settings.notifications.clone());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (_trigger, broker) = make(&runtime, &api, &settings);
        assert!(!broker.lets_visitors_in());
        let made = json!({"authorizerName": "a", "authorizerFunctionArn": FUNCTION, "signingDisabled": true, "status": "ACTIVE"});
        api.call("CreateAuthorizer", made);
        assert!(broker.lets_visitors_in());
        api.call("SetDefaultAuthorizer", json!({"authorizerName": "a"}));
        let principal = runtime.block_on(broker.vouch(Presented::default())).unwrap();
        let Proof::Authorizer(vouched) = principal.proof.clone() else { panic!() };
        let peer = Peer { address: [192, 0, 2, 1].into(), port: 5, server_name: None, is_secure: true };
        let owner = Owner { principal, peer };
        let may_publish = || {
            let rights = broker.rights(&owner, Some("c")).unwrap();
            rights.map(|rights| rights.decide(Action::Publish, "t") == Decision::Allowed)
        };
        assert_eq!(may_publish(), Some(true));
        let (left, over) = Client::new(Arc::clone(&broker), owner.clone()).time_left();
        assert!(left <= Duration::from_secs(300) && matches!(over(), End::AuthorizerTime));
        // It is a span of time: setting the machine's clock changes nothing.
        let clocks = clock::both();
        for hours in [-3, 0, 3] {
            let now = clocks.now + time::Duration::hours(hours);
            assert!(owner.principal.time_left(Clocks { now, ..clocks }).unwrap() > Duration::from_secs(200));
        }
        let steady = clocks.steady + time::Duration::seconds(301);
        assert_eq!(owner.principal.time_left(Clocks { steady, ..clocks }), Some(Duration::ZERO));
        runtime.block_on(broker.ask_again(&owner.principal.scope, &vouched));
        assert_eq!(may_publish(), Some(false));
        runtime.block_on(broker.ask_again(&owner.principal.scope, &vouched));
        assert_eq!(may_publish(), None);
        // It is not asked any more.
        let renewal = broker.clone().renew(owner.principal.scope.clone(), vouched, Arc::default());
        runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), renewal).await }).unwrap();
    }
}
