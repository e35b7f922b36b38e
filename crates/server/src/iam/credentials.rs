//! Whose an access key is, and what they may do: the other half of the verification of signatures.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use thingwarden_engine::ids::decode_hex;
use thingwarden_engine::policy::{Dialect, PolicySet, PolicySource, parse};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{
    IamAccessKey, IamAccessKeyUse, IamAttachment, IamPolicy, IamRole, IamUser, SessionSubject, StsSession,
};
use thingwarden_store::{Actor, Reader, Scope, Store, StoreError, Writer};

use super::identity::{self, Holder};
use super::{ids, policies, tags};
use crate::auth::{Caller, Credential, SecretKey, Session};
use crate::root_credentials::RootCredential;

/// Access keys that are remembered. Beyond it all are forgotten and looked up again.
const REMEMBERED_MAX: usize = 10_000;
/// How often the use of one access key is written down.
const USE_EVERY_MS: i64 = 60_000;

/// Looks up access keys, and remembers them until something in IAM changes.
#[derive(Debug)]
pub(crate) struct Credentials {
    store: Store,
    /// The accounts' own.
    roots: HashMap<String, Credential<Arc<Caller>>>,
    remembered: RwLock<Remembered>,
    /// When the use of each access key was last written down, in milliseconds since 1970.
    uses: Mutex<HashMap<String, i64>>,
}

#[derive(Debug, Default)]
struct Remembered {
    /// How often IAM had changed when these were looked up.
    generation: u64,
    keys: HashMap<String, Credential<Arc<Caller>>>,
}

impl Credentials {
    /// `roots` has one entry for each account of the server.
    pub(crate) fn new(store: Store, roots: Vec<RootCredential>) -> Self {
        let roots = roots.into_iter().map(|root| {
            let owner = Arc::new(Caller::root(root.account.as_str()));
            (root.access_key_id, Credential { secret: root.secret, session: None, owner })
        });
        Self { store, roots: roots.collect(), remembered: RwLock::default(), uses: Mutex::default() }
    }

    /// Writes down that an access key was used, once a minute at most and behind the request's back.
    pub(crate) fn note_use(&self, access_key_id: &str, service: &str, region: &str, now: Timestamp) {
        if let Some(write) = self.use_to_write(access_key_id, service, region, now) {
            tokio::spawn(async move {
                if let Err(error) = write.await {
                    tracing::warn!(%error, "the use of an access key could not be written down");
                }
            });
        }
    }

    /// What is to be written about this use; none when it is too soon, or these are temporary credentials.
    pub(super) fn use_to_write(
        &self,
        access_key_id: &str,
        service: &str,
        region: &str,
        now: Timestamp,
    ) -> Option<impl Future<Output = Result<(), StoreError>> + Send + 'static> {
        if self.roots.contains_key(access_key_id) || !access_key_id.starts_with("AKIA") {
            return None;
        }
        let account = ids::account_of(access_key_id)?;
        {
            let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
            let written =
                uses.get(access_key_id).is_some_and(|at| now.millis() < at.saturating_add(USE_EVERY_MS));
            if written {
                return None;
            }
            if uses.len() >= REMEMBERED_MAX {
                uses.clear();
            }
            uses.insert(access_key_id.to_owned(), now.millis());
        }
        let used = IamAccessKeyUse {
            access_key_id: access_key_id.to_owned(),
            used_ms: now.millis(),
            service: service.to_owned(),
            region: region.to_owned(),
        };
        let actor = Actor {
            principal: "thingwarden".to_owned(),
            operation: "NoteAccessKeyUse".to_owned(),
            request_id: String::new(),
            source_ip: None,
            at_ms: now.millis(),
        };
        let store = self.store.clone();
        Some(async move {
            let work = move |store: &Writer<'_>| {
                if store.exists::<IamAccessKey>(&used.access_key_id)? { store.put(&used) } else { Ok(()) }
            };
            store.write(&Scope::new(&account, ""), actor, work).await
        })
    }

    /// What an access key stands for; none when there is no such key, or it may not be used. Whether temporary
    /// credentials have expired, and whether the session token is right, is for the caller to see.
    ///
    /// # Errors
    /// When the store cannot be read, or a stored policy cannot.
    pub(crate) fn look_up(&self, access_key_id: &str) -> Result<Option<Credential<Arc<Caller>>>, StoreError> {
        if let Some(root) = self.roots.get(access_key_id) {
            return Ok(Some(root.clone()));
        }
        let generation = self.generation();
        {
            let remembered = self.remembered.read().unwrap_or_else(PoisonError::into_inner);
            if remembered.generation == generation
                && let Some(found) = remembered.keys.get(access_key_id)
            {
                return Ok(Some(found.clone()));
            }
        }
        let Some(account) = ids::account_of(access_key_id) else { return Ok(None) };
        let found = self.store.read(&Scope::new(&account, ""), |store| look_up(store, access_key_id))?;
        if let Some(found) = &found {
            let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
            if remembered.generation < generation || remembered.keys.len() >= REMEMBERED_MAX {
                *remembered = Remembered { generation, keys: HashMap::new() };
            }
            // What was read before a change must not be kept after it.
            if remembered.generation == generation {
                remembered.keys.insert(access_key_id.to_owned(), found.clone());
            }
        }
        Ok(found)
    }

    /// Grows with each change of what credentials are made of. Sessions never change, so they do not count.
    pub(crate) fn generation(&self) -> u64 {
        self.store.generation::<IamUser>()
            + self.store.generation::<IamRole>()
            + self.store.generation::<IamPolicy>()
            + self.store.generation::<IamAttachment>()
            + self.store.generation::<IamAccessKey>()
    }
}

fn look_up(store: &Reader<'_>, access_key_id: &str) -> Result<Option<Credential<Arc<Caller>>>, StoreError> {
    if let Some(key) = store.get::<IamAccessKey>(access_key_id)? {
        let user = identity::by_unique_id::<IamUser>(store, &key.user)?;
        let Some(user) = user.filter(|_| key.active) else { return Ok(None) };
        let owner = Arc::new(user_caller(store, &user)?);
        return Ok(Some(Credential { secret: SecretKey::new(key.secret), session: None, owner }));
    }
    let Some(session) = store.get::<StsSession>(access_key_id)? else { return Ok(None) };
    let Some(mut caller) = session_caller(store, &session.subject)? else { return Ok(None) };
    if let Some(documents) = &session.session_policies {
        let sources = documents.iter().map(|document| source("session", "", document));
        caller = caller.with_session_policy(compile(sources.collect::<Result<Vec<_>, _>>()?));
    }
    let caller = caller.with_temporary_credentials(Timestamp::from_millis(session.created_ms));
    let mut token_sha256 = [0; 32];
    if !decode_hex(&session.token_sha256, &mut token_sha256) {
        let what = "a session's token hash".to_owned();
        return Err(StoreError::Corrupt { what, why: "it is not 32 bytes in hex".to_owned() });
    }
    let expires = Timestamp::from_millis(session.expires_ms);
    Ok(Some(Credential {
        secret: SecretKey::new(session.secret),
        session: Some(Session { token_sha256, expires }),
        owner: Arc::new(caller),
    }))
}

fn user_caller(store: &Reader<'_>, user: &IamUser) -> Result<Caller, StoreError> {
    let account = &store.scope().account;
    let (identity, arn) = (&user.identity, user.arn(account));
    let caller =
        Caller::user(account, &identity.name, &arn, &identity.unique_id, identity_policies(store, user)?);
    bounded(store, user, caller.with_tags(identity.tags.clone()))
}

fn session_caller(store: &Reader<'_>, subject: &SessionSubject) -> Result<Option<Caller>, StoreError> {
    let account = &store.scope().account;
    match subject {
        SessionSubject::Root => Ok(Some(Caller::root(account))),
        SessionSubject::User(id) => {
            let user = identity::by_unique_id::<IamUser>(store, id)?;
            user.map(|user| user_caller(store, &user)).transpose()
        }
        SessionSubject::Role { role, name, tags } => {
            let role = identity::by_unique_id::<IamRole>(store, role)?;
            role.map(|role| role_caller(store, &role, name, tags)).transpose()
        }
    }
}

/// A session of a role of this account.
///
/// # Errors
/// When the store cannot be read, or a stored policy cannot.
pub(crate) fn role_caller(
    store: &Reader<'_>,
    role: &IamRole,
    session: &str,
    session_tags: &BTreeMap<String, String>,
) -> Result<Caller, StoreError> {
    let account = &store.scope().account;
    let policies = identity_policies(store, role)?;
    let (identity, arn) = (&role.identity, role.arn(account));
    let caller = Caller::assumed_role(account, &identity.name, session, &arn, &identity.unique_id, policies);
    let mut all = identity.tags.clone();
    for (key, value) in session_tags {
        tags::put(&mut all, key.clone(), value.clone());
    }
    bounded(store, role, caller.with_tags(all))
}

/// Inline policies and the default versions of the attached ones.
fn identity_policies<H: Holder>(store: &Reader<'_>, holder: &H) -> Result<Arc<PolicySet>, StoreError> {
    let mut sources = vec![];
    for (name, document) in &holder.identity().inline_policies {
        sources.push(source(name, "", document)?);
    }
    for arn in identity::attached(store, holder.identity())? {
        sources.push(managed(store, &arn)?);
    }
    Ok(compile(sources))
}

/// With the permissions boundary, if there is one.
fn bounded<H: Holder>(store: &Reader<'_>, holder: &H, caller: Caller) -> Result<Caller, StoreError> {
    match &holder.identity().boundary {
        None => Ok(caller),
        Some(arn) => Ok(caller.with_boundary(compile([managed(store, arn)?]))),
    }
}

/// The default version of a managed policy. That it is not there is an error: leaving it out could leave out a Deny.
fn managed(store: &Reader<'_>, arn: &str) -> Result<PolicySource, StoreError> {
    let policy = policies::find(store, arn)?;
    let version = policy.as_ref().and_then(|policy| {
        let version = policy.versions.get(&policy.default_version)?;
        Some((&policy.name, policies::version_id(policy.default_version), &version.document))
    });
    match version {
        Some((name, version, document)) => source(name, &version, document),
        None => {
            let why = "its default version is not there".to_owned();
            Err(StoreError::Corrupt { what: format!("policy {arn}"), why })
        }
    }
}

fn source(name: &str, version: &str, document: &str) -> Result<PolicySource, StoreError> {
    let parsed = parse(document, Dialect::Identity).map_err(|error| StoreError::Corrupt {
        what: format!("policy document {name}"),
        why: error.to_string(),
    })?;
    Ok(PolicySource { name: name.into(), version: version.to_owned(), document: Arc::new(parsed) })
}

fn compile(sources: impl IntoIterator<Item = PolicySource>) -> Arc<PolicySet> {
    Arc::new(PolicySet::compile(sources))
}
