//! Which connections have to read their rights again: those whose rights were made of a record that was touched since.
//!
//! The audit trail says what was touched, in one order for all accounts. Before each decision the broker looks whether
//! anything was committed that it has not read of the trail yet, which costs eight reads of memory when nothing was; whoever
//! looks first reads for all. The store counts a commit before it answers the call that made it, so a call that has returned
//! binds every decision that comes later.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use thingwarden_store::records::{
    Authorizer, Certificate, IamAccessKey, IamAttachment, IamPolicy, IamRole, IamUser, Policy,
    PolicyAttachment, ProvisioningClaim, Thing, ThingGroupMember, ThingPrincipal,
};
use thingwarden_store::{Scope, Store, StoreError, Touched, link_parts};
use tokio::sync::{Notify, watch};

/// Entries of the trail that are looked at one by one; behind by more, all connections read their rights again.
const ENTRIES_MAX: usize = 10_000;
/// How long to wait after the store failed before looking again. Decisions meanwhile are refusals.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// A record, or several, that rights are made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    scope: Scope,
    kind: &'static str,
    id: Box<str>,
}

impl Key {
    pub(super) const CERTIFICATE: &'static str = "certificate";
    pub(super) const CLAIM: &'static str = "provisioning_claim";
    pub(super) const POLICY: &'static str = "policy";
    pub(super) const AUTHORIZER: &'static str = "authorizer";
    /// Everything attached to a target.
    pub(super) const TARGET: &'static str = "policy_attachment";
    pub(super) const THING: &'static str = "thing";
    /// Everything that a principal is attached to.
    pub(super) const PRINCIPAL_OF_THING: &'static str = "thing_principal";
    /// All groups of a thing.
    pub(super) const MEMBER: &'static str = "thing_group_member";

    /// Everything in IAM.
    const IAM: &'static str = "iam";

    pub(super) fn iam(account: &str) -> Self {
        Self::new(&Scope::new(account, ""), Self::IAM, "")
    }

    pub(super) fn new(scope: &Scope, kind: &'static str, id: &str) -> Self {
        Self { scope: scope.clone(), kind, id: id.into() }
    }

    /// What a touched record is to rights; none when rights are not made of such records.
    fn of(touched: &Touched) -> Option<Self> {
        let second = || link_parts(&touched.id).into_iter().nth(1);
        let (kind, id) = match touched.kind.as_str() {
            Self::CERTIFICATE => (Self::CERTIFICATE, touched.id.clone()),
            Self::CLAIM => (Self::CLAIM, touched.id.clone()),
            Self::POLICY => (Self::POLICY, touched.id.clone()),
            Self::AUTHORIZER => (Self::AUTHORIZER, touched.id.clone()),
            Self::THING => (Self::THING, touched.id.clone()),
            // Of policy and target, of thing and principal, of group and thing.
            Self::TARGET => (Self::TARGET, second()?),
            Self::PRINCIPAL_OF_THING => (Self::PRINCIPAL_OF_THING, second()?),
            Self::MEMBER => (Self::MEMBER, second()?),
            _ => return None,
        };
        Some(Self::new(&touched.scope, kind, &id))
    }
}

/// How a connection is told that there is something to do.
#[derive(Debug, Default)]
pub(super) struct Wake {
    notify: Notify,
    rights_touched: AtomicBool,
}

impl Wake {
    /// Something is there: a message, the wish that the connection end.
    pub(super) fn wake(&self) {
        self.notify.notify_one();
    }

    /// Waits for that. What came before the call counts.
    pub(super) async fn woken(&self) {
        self.notify.notified().await;
    }

    /// Whether rights were touched since the last call.
    pub(super) fn take_touched(&self) -> bool {
        self.rights_touched.swap(false, Ordering::AcqRel)
    }

    /// Rights are to be read again.
    pub(super) fn touch(&self) {
        self.rights_touched.store(true, Ordering::Release);
        self.wake();
    }
}

/// Tells a connection of changes for as long as it lives.
#[derive(Debug)]
pub(super) struct Registration(Arc<Wake>);

/// Follows the trail.
#[derive(Debug)]
pub(super) struct Changes {
    store: Store,
    generations: Vec<watch::Receiver<u64>>,
    /// Of what access keys stand for. Rights that follow from them know by themselves how old they are; they are only woken.
    iam: Vec<watch::Receiver<u64>>,
    /// Sum of the generations up to which the trail was read.
    seen: AtomicU64,
    followed: Mutex<Followed>,
}

#[derive(Debug)]
struct Followed {
    /// The last entry that was read.
    seq: i64,
    by_key: HashMap<Key, Vec<Weak<Registration>>>,
}

impl Changes {
    pub(super) fn new(store: Store) -> Result<Self, StoreError> {
        let generations = vec![
            store.changes::<Authorizer>(),
            store.changes::<Certificate>(),
            store.changes::<Policy>(),
            store.changes::<PolicyAttachment>(),
            store.changes::<ProvisioningClaim>(),
            store.changes::<Thing>(),
            store.changes::<ThingPrincipal>(),
            store.changes::<ThingGroupMember>(),
        ];
        let iam = vec![
            store.changes::<IamUser>(),
            store.changes::<IamRole>(),
            store.changes::<IamPolicy>(),
            store.changes::<IamAttachment>(),
            store.changes::<IamAccessKey>(),
        ];
        let seen = sum(&generations);
        let seq = store.read(&nowhere(), |reader| reader.newest_touched())?;
        let followed = Mutex::new(Followed { seq, by_key: HashMap::new() });
        Ok(Self { store, generations, iam, seen: AtomicU64::new(seen), followed })
    }

    /// Makes sure that everybody knows of every change that was committed before this call.
    ///
    /// # Errors
    /// When the store fails: then nobody knows, and nothing may be allowed.
    pub(super) fn catch_up(&self) -> Result<(), StoreError> {
        if sum(&self.generations) == self.seen.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever had the lock before may have read it already.
        let now = sum(&self.generations);
        if now == self.seen.load(Ordering::Acquire) {
            return Ok(());
        }
        let touched =
            self.store.read(&nowhere(), |reader| reader.touched_after(followed.seq, ENTRIES_MAX))?;
        if let Some(last) = touched.last() {
            followed.seq = last.seq;
        }
        if touched.len() < ENTRIES_MAX {
            touched.iter().filter_map(Key::of).for_each(|key| followed.touch(&key));
        } else {
            followed.seq = self.store.read(&nowhere(), |reader| reader.newest_touched())?;
            followed.touch_all();
        }
        self.seen.store(now, Ordering::Release);
        Ok(())
    }

    /// The last entry of the trail that was read. What is read from the store after this call is newer.
    pub(super) fn place(&self) -> i64 {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).seq
    }

    /// From now on, tells a connection when a record is touched. What was touched since `place` counts.
    pub(super) fn subscribe(&self, keys: &[Key], wake: &Arc<Wake>, place: i64) -> Arc<Registration> {
        let registration = Arc::new(Registration(Arc::clone(wake)));
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            let registered = followed.by_key.entry(key.clone()).or_default();
            // Before the list grows it loses those that are gone, so it is at most twice as long as needed.
            if registered.len() == registered.capacity() {
                registered.retain(|other| other.strong_count() > 0);
            }
            registered.push(Arc::downgrade(&registration));
        }
        if followed.seq != place {
            wake.touch();
        }
        registration
    }

    /// Lets all connections read their rights again.
    pub(super) fn touch_all(&self) {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).touch_all();
    }

    /// Forgets records that no connection depends on any more.
    pub(super) fn forget_unused(&self) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.by_key.retain(|_, registered| registered.iter().any(|one| one.strong_count() > 0));
    }

    /// How many records connections depend on.
    #[cfg(test)]
    pub(super) fn followed(&self) -> usize {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).by_key.len()
    }

    /// Catches up at once whenever something is committed.
    pub(super) async fn follow(&self) {
        let mut generations = [self.generations.as_slice(), &self.iam].concat();
        let mut iam_seen = sum(&self.iam);
        loop {
            generations.iter_mut().for_each(|generation| drop(generation.borrow_and_update()));
            if let Err(error) = self.catch_up() {
                tracing::error!(%error, "the store failed; no rights can be read");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                continue;
            }
            let iam_now = sum(&self.iam);
            if iam_now != iam_seen {
                iam_seen = iam_now;
                self.followed.lock().unwrap_or_else(PoisonError::into_inner).touch_iam();
            }
            let mut changed: Vec<_> =
                generations.iter_mut().map(|generation| Box::pin(generation.changed())).collect();
            poll_fn(|cx| match changed.iter_mut().any(|one| one.as_mut().poll(cx).is_ready()) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
        }
    }
}

impl Followed {
    /// Whoever is told reads its rights again, and says anew what they are made of.
    fn touch(&mut self, key: &Key) {
        let registered = self.by_key.remove(key).into_iter().flatten();
        registered.filter_map(|one| one.upgrade()).for_each(|one| one.0.touch());
    }

    fn touch_iam(&mut self) {
        let of_iam = self.by_key.keys().filter(|key| key.kind == Key::IAM).cloned();
        for key in of_iam.collect::<Vec<_>>() {
            self.touch(&key);
        }
    }

    fn touch_all(&mut self) {
        let all = std::mem::take(&mut self.by_key);
        all.into_values().flatten().filter_map(|one| one.upgrade()).for_each(|one| one.0.touch());
    }
}

fn sum(generations: &[watch::Receiver<u64>]) -> u64 {
    generations.iter().fold(0, |sum: u64, generation| sum.wrapping_add(*generation.borrow()))
}

/// The trail is read of all accounts.
fn nowhere() -> Scope {
    Scope::new("", "")
}
