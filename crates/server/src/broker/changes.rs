//! Which connections have to read their rights again: those whose rights were made of a record that was touched since.
//!
//! The audit trail says what was touched, in one order for all accounts. Before each decision the broker looks whether
//! anything was committed that it has not read of the trail yet, which costs one read of memory when nothing was; whoever
//! looks first reads for all. The store counts a commit before it answers the call that made it, so a call that has returned
//! binds every decision that comes later. And [`Changes::settle`] waits for the connections that a change concerns: for those
//! on which nothing happens there is no later decision, and for those that end no sign of it but their end.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use thingwarden_store::records::{
    Authorizer, Certificate, IamAccessKey, IamAttachment, IamPolicy, IamRole, IamUser, Policy,
    PolicyAttachment, ProvisioningClaim, Thing, ThingGroupMember, ThingPrincipal,
};
use thingwarden_store::{Reader, Record as _, Scope, Store, StoreError, Touched, TrailQuery, link_parts};
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

    /// The kind and id, if it is of this kind.
    pub(super) fn id_of(&self, kind: &'static str) -> Option<&str> {
        (self.kind == kind).then_some(&*self.id)
    }

    /// How much of rights is old when the record was touched.
    pub(super) fn outdates(&self) -> Outdated {
        match self.kind {
            Self::POLICY => Outdated::Documents,
            Self::TARGET => Outdated::Attachments,
            _ => Outdated::Everything,
        }
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

/// How much of a connection's rights is old. Each has what is before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outdated {
    Nothing,
    /// What policies say.
    Documents,
    /// Which policies are attached.
    Attachments,
    Everything,
}

impl Outdated {
    const ALL: [Self; 4] = [Self::Nothing, Self::Documents, Self::Attachments, Self::Everything];
}

/// Held by whoever has not heard of a change yet, or has not done what follows from it.
pub(super) type Hearing = watch::Receiver<()>;

/// How a connection is told that there is something to do.
#[derive(Debug, Default)]
pub(super) struct Wake {
    notify: Notify,
    /// Of its rights, an [`Outdated`].
    outdated: AtomicU8,
    hearings: Mutex<Vec<Hearing>>,
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

    /// What became old of the rights since the last call. Whoever made it so may wait until `hearings` are dropped.
    pub(super) fn take_outdated(&self, hearings: &mut Vec<Hearing>) -> Outdated {
        let nothing = Outdated::Nothing as u8;
        if self.outdated.load(Ordering::Acquire) == nothing {
            return Outdated::Nothing;
        }
        let taken = self.outdated.swap(nothing, Ordering::AcqRel);
        hearings.append(&mut self.hearings());
        let found = Outdated::ALL.into_iter().find(|outdated| *outdated as u8 == taken);
        found.unwrap_or(Outdated::Everything)
    }

    /// Nobody needs to wait for this connection any more.
    pub(super) fn give_up(&self) {
        self.hearings().clear();
    }

    /// All rights are to be read again.
    pub(super) fn touch(&self) {
        self.outdate(Outdated::Everything, None);
        self.wake();
    }

    /// Rights are to be read again, as far as they are old. Wake it after that.
    fn outdate(&self, outdated: Outdated, hearing: Option<&Hearing>) {
        // First, so that whoever takes the one takes the other.
        self.hearings().extend(hearing.cloned());
        self.outdated.fetch_max(outdated as u8, Ordering::AcqRel);
    }

    fn hearings(&self) -> MutexGuard<'_, Vec<Hearing>> {
        self.hearings.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// How many commits changed something that rights are made of.
    committed: Arc<AtomicU64>,
    /// The same of what access keys stand for. Rights that follow from them know by themselves how old they are; they are only
    /// woken.
    iam_committed: Arc<AtomicU64>,
    /// Up to which commit the trail was read.
    seen: AtomicU64,
    iam_seen: AtomicU64,
    followed: Mutex<Followed>,
}

#[derive(Debug)]
struct Followed {
    /// The last entry that was read.
    seq: i64,
    by_key: HashMap<Key, Vec<Weak<Registration>>>,
    /// Of changes that some connection has not heard of yet.
    settling: Vec<Arc<watch::Sender<()>>>,
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
            store.changes::<IamUser>(),
            store.changes::<IamRole>(),
            store.changes::<IamPolicy>(),
            store.changes::<IamAttachment>(),
            store.changes::<IamAccessKey>(),
        ];
        let committed = store.tally([
            Authorizer::KIND.table,
            Certificate::KIND.table,
            Policy::KIND.table,
            PolicyAttachment::KIND.table,
            ProvisioningClaim::KIND.table,
            Thing::KIND.table,
            ThingPrincipal::KIND.table,
            ThingGroupMember::KIND.table,
        ]);
        let iam_committed = store.tally([
            IamUser::KIND.table,
            IamRole::KIND.table,
            IamPolicy::KIND.table,
            IamAttachment::KIND.table,
            IamAccessKey::KIND.table,
        ]);
        // After the counts began: what is read of the trail is at least as new.
        let seq = store.read(&nowhere(), |reader| reader.newest_touched())?;
        let followed = Mutex::new(Followed { seq, by_key: HashMap::new(), settling: vec![] });
        let (seen, iam_seen) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self { store, generations, committed, iam_committed, seen, iam_seen, followed })
    }

    fn followed(&self) -> MutexGuard<'_, Followed> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_caught_up(&self) -> bool {
        self.committed.load(Ordering::Acquire) == self.seen.load(Ordering::Acquire)
    }

    /// Makes sure that everybody knows of every change that was committed before this call.
    ///
    /// # Errors
    /// When the store fails: then nobody knows, and nothing may be allowed.
    pub(super) fn catch_up(&self) -> Result<(), StoreError> {
        if self.is_caught_up() {
            return Ok(());
        }
        let mut followed = self.followed();
        let now = self.committed.load(Ordering::Acquire);
        // Whoever had the lock before may have read it already.
        if now == self.seen.load(Ordering::Acquire) {
            return Ok(());
        }
        let (touched, keys) = self.store.read(&nowhere(), |reader| {
            let touched = reader.touched_after(followed.seq, ENTRIES_MAX)?;
            let mut keys = vec![];
            for one in &touched {
                let Some(key) = Key::of(one).filter(|key| followed.by_key.contains_key(key)) else {
                    continue;
                };
                if one.kind != Key::POLICY || says_something_else(reader, one)? {
                    keys.push(key);
                }
            }
            Ok::<_, StoreError>((touched, keys))
        })?;
        if let Some(last) = touched.last() {
            followed.seq = last.seq;
        }
        let told = if touched.len() < ENTRIES_MAX {
            followed.outdate(&keys)
        } else {
            followed.seq = self.store.read(&nowhere(), |reader| reader.newest_touched())?;
            followed.outdate_all()
        };
        self.seen.store(now, Ordering::Release);
        // Others may decide already: what is old is marked.
        drop(followed);
        told.iter().for_each(|one| one.0.wake());
        Ok(())
    }

    /// As [`Changes::catch_up`], for who has signed with an access key.
    fn catch_up_with_iam(&self) {
        if self.iam_committed.load(Ordering::Acquire) == self.iam_seen.load(Ordering::Acquire) {
            return;
        }
        let mut followed = self.followed();
        let now = self.iam_committed.load(Ordering::Acquire);
        if self.iam_seen.swap(now, Ordering::AcqRel) != now {
            let of_iam: Vec<Key> =
                followed.by_key.keys().filter(|key| key.kind == Key::IAM).cloned().collect();
            let told = followed.outdate(&of_iam);
            drop(followed);
            told.iter().for_each(|one| one.0.wake());
        }
    }

    /// Waits until every connection has done what follows from the changes that were committed before this call: has read its
    /// rights again, given up subscriptions, or ended.
    pub(super) async fn settle(&self) {
        // After a failure nothing is allowed anyway.
        if self.catch_up().is_err() {
            return;
        }
        self.catch_up_with_iam();
        let settling = {
            let mut followed = self.followed();
            followed.settling.retain(|change| !change.is_closed());
            followed.settling.clone()
        };
        for change in settling {
            change.closed().await;
        }
    }

    /// The last entry of the trail that was read. What is read from the store after this call is newer.
    pub(super) fn place(&self) -> i64 {
        self.followed().seq
    }

    /// From now on, tells a connection when a record is touched. What was touched since `place` counts.
    pub(super) fn subscribe(&self, keys: &[Key], wake: &Arc<Wake>, place: i64) -> Arc<Registration> {
        let registration = Arc::new(Registration(Arc::clone(wake)));
        self.renew(&registration, keys, place);
        registration
    }

    /// Tells it also of these records, in whose place it was told before or others.
    pub(super) fn renew<'a>(
        &self,
        registration: &Arc<Registration>,
        keys: impl IntoIterator<Item = &'a Key>,
        place: i64,
    ) {
        let mut followed = self.followed();
        for key in keys {
            let registered = followed.by_key.entry(key.clone()).or_default();
            // Before the list grows it loses those that are gone, so it is at most twice as long as needed.
            if registered.len() == registered.capacity() {
                registered.retain(|other| other.strong_count() > 0);
            }
            registered.push(Arc::downgrade(registration));
        }
        if followed.seq != place {
            registration.0.touch();
        }
    }

    /// Lets all connections read their rights again.
    pub(super) fn touch_all(&self) {
        let told = self.followed().outdate_all();
        told.iter().for_each(|one| one.0.wake());
    }

    /// Forgets records that no connection depends on any more.
    pub(super) fn forget_unused(&self) {
        let mut followed = self.followed();
        followed.by_key.retain(|_, registered| registered.iter().any(|one| one.strong_count() > 0));
    }

    /// How many records connections depend on.
    #[cfg(test)]
    pub(super) fn records(&self) -> usize {
        self.followed().by_key.len()
    }

    /// Catches up at once whenever something is committed.
    pub(super) async fn follow(&self) {
        let mut generations = self.generations.clone();
        loop {
            generations.iter_mut().for_each(|generation| drop(generation.borrow_and_update()));
            if let Err(error) = self.catch_up() {
                tracing::error!(%error, "the store failed; no rights can be read");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                continue;
            }
            self.catch_up_with_iam();
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
    /// Marks the rights that are made of these records, and says whom to wake. Whoever is told reads its rights again, and says
    /// anew what they are made of.
    fn outdate(&mut self, keys: &[Key]) -> Vec<Arc<Registration>> {
        let (change, hearing) = watch::channel(());
        let mut told = vec![];
        for key in keys {
            for one in self.by_key.remove(key).into_iter().flatten().filter_map(|one| one.upgrade()) {
                one.0.outdate(key.outdates(), Some(&hearing));
                told.push(one);
            }
        }
        self.settles(change, hearing);
        told
    }

    fn outdate_all(&mut self) -> Vec<Arc<Registration>> {
        let all: Vec<Key> = self.by_key.keys().cloned().collect();
        self.outdate(&all)
    }

    fn settles(&mut self, change: watch::Sender<()>, hearing: Hearing) {
        drop(hearing);
        if !change.is_closed() {
            self.settling.retain(|earlier| !earlier.is_closed());
            self.settling.push(Arc::new(change));
        }
    }
}

/// Whether a policy that was touched has another version in force than before. Versions that are not in force come and go, and
/// none changes. Each entry of the trail is looked at by itself, so it does not matter when anybody read the policy.
fn says_something_else(reader: &Reader<'_>, policy: &Touched) -> Result<bool, StoreError> {
    let before_seq = Some(policy.seq.saturating_add(1));
    let (kind, id) = (Some(Key::POLICY), Some(policy.id.as_str()));
    let query = TrailQuery { kind, id, before_seq, limit: 1, ..TrailQuery::default() };
    let entry = reader.in_scope(&policy.scope)?.trail(&query)?.pop().filter(|entry| entry.seq == policy.seq);
    let Some((before, after)) = entry.and_then(|entry| entry.before.zip(entry.after)) else {
        return Ok(true);
    };
    let in_force =
        |policy: &serde_json::Value| policy.get("default_version").and_then(serde_json::Value::as_i64);
    Ok(in_force(&before).is_none() || in_force(&before) != in_force(&after))
}

/// The trail is read of all accounts.
fn nowhere() -> Scope {
    Scope::new("", "")
}
