//! Ends what was not used in time: certificates that no device was provisioned with, and claims.

use std::sync::Arc;
use std::time::Duration;

use thingwarden_store::records::{
    Certificate, CertificateOwnership, PolicyAttachment, ProvisioningClaim, ThingPrincipal,
};
use thingwarden_store::{Actor, Filter, Order, Query, Scope, StoreError, Writer};

use crate::api::{App, iot_arn};
use crate::clock;
use crate::http::Stop;
use crate::workers::Workers;

/// What the trail calls it.
const PRINCIPAL: &str = "thingwarden:provisioning";
/// Records that go in one transaction.
const BATCH: usize = 500;
/// How long nothing is tried after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// How late something may be that a clock which was set made due.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Begins.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(app: &Arc<App>, workers: &mut Workers) -> std::io::Result<()> {
    let app = Arc::clone(app);
    workers.thread("provisioning", move |stop, runtime| run_until_stopped(&app, stop, &runtime))
}

fn run_until_stopped(app: &App, stop: Stop, runtime: &tokio::runtime::Handle) {
    let mut changes = [app.store.changes::<CertificateOwnership>(), app.store.changes::<ProvisioningClaim>()];
    while !stop.is_stopping() {
        changes.iter_mut().for_each(|changes| drop(changes.borrow_and_update()));
        let pause = match end_expired(app, clock::now_precise().millis()) {
            Ok(next_ms) => next_ms.map(|next_ms| {
                let left = next_ms.saturating_sub(clock::now_precise().millis());
                Duration::from_millis(u64::try_from(left).unwrap_or(0)).min(PAUSE_MAX)
            }),
            Err(error) => {
                tracing::error!(%error, "what has expired is not removed: the store failed");
                Some(PAUSE_AFTER_FAILURE)
            }
        };
        let [tokens, claims] = &mut changes;
        runtime.block_on(async {
            tokio::select! {
                _ = tokens.changed() => {}
                _ = claims.changed() => {}
                () = stop.clone().wait() => {}
                () = async { match pause {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => std::future::pending().await,
                } } => {}
            }
        });
    }
}

/// Removes what is over, and says when the next is.
fn end_expired(app: &App, now_ms: i64) -> Result<Option<i64>, StoreError> {
    let mut next: Option<i64> = None;
    for scope in app.store.read(&Scope::new("", ""), |store| store.scopes())? {
        while end_some(app, &scope, now_ms)? {}
        let of_scope = app.store.read::<_, StoreError>(&scope, |store| {
            let first = Query { limit: 1, order: Order::By("expires_ms"), ..Query::default() };
            let token = store.list::<CertificateOwnership>(&first)?.items.pop().map(|token| token.expires_ms);
            let claim = store.list::<ProvisioningClaim>(&first)?.items.pop().map(|claim| claim.expires_ms);
            Ok(token.into_iter().chain(claim).min())
        })?;
        next = next.into_iter().chain(of_scope).min();
    }
    Ok(next)
}

/// Whether there is more.
fn end_some(app: &App, scope: &Scope, now_ms: i64) -> Result<bool, StoreError> {
    let expired = [Filter::at_most("expires_ms", now_ms)];
    let is_any = app.store.read::<_, StoreError>(scope, |store| {
        Ok(store.count::<CertificateOwnership>(&expired)? + store.count::<ProvisioningClaim>(&expired)? > 0)
    })?;
    if !is_any {
        return Ok(false);
    }
    let actor = Actor {
        principal: PRINCIPAL.to_owned(),
        operation: "provisioning:End".to_owned(),
        request_id: String::new(),
        source_ip: None,
        at_ms: now_ms,
    };
    app.store.write_waiting(scope, actor, move |store: &Writer<'_>| {
        let some = Query { limit: BATCH, ..Query::all(&expired) };
        for token in store.list::<CertificateOwnership>(&some)?.items {
            forget_unused(store, &token.certificate)?;
            store.delete::<CertificateOwnership>(&token.certificate)?;
        }
        for claim in store.list::<ProvisioningClaim>(&some)?.items {
            store.delete::<ProvisioningClaim>(&claim.certificate)?;
        }
        Ok(true)
    })
}

/// A certificate that is neither activated nor attached to anything goes with its token (device provisioning MQTT API).
fn forget_unused(store: &Writer<'_>, id: &str) -> Result<(), StoreError> {
    let pending = store.get::<Certificate>(id)?.filter(|found| found.status == "PENDING_ACTIVATION");
    let arn = iot_arn(store.scope(), &format!("cert/{id}"));
    let is_attached = store.count::<PolicyAttachment>(&[Filter::eq("target", arn.as_str())])? > 0
        || store.count::<ThingPrincipal>(&[Filter::eq("principal", arn.as_str())])? > 0;
    if pending.is_some() && !is_attached {
        store.delete::<Certificate>(id)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Pending;
    use crate::api::testing::{Api, NOW_MS};
    use crate::provisioning::ownership::Token;

    const END_MS: i64 = NOW_MS + 3_600_000;

    #[test]
    fn what_nobody_used_is_removed_and_what_is_used_stays() {
        let api = Api::new();
        let app = api.app();
        let mut ids = vec![];
        for number in 0..2 {
            let now = thingwarden_engine::time::Timestamp::from_millis(NOW_MS);
            let made = app.issuing.generate_keys_and_certificate(app.key_type, now, None).unwrap();
            let pending = Pending::new(&app, made.certificate.pem, None).unwrap();
            let id = pending.id().to_owned();
            ids.push(id.clone());
            api.try_write(move |store| {
                pending.insert(store, NOW_MS).map_err(drop)?;
                Token::new(&id).unwrap().keep(store, END_MS).map_err(drop)?;
                let principal = iot_arn(store.scope(), &format!("cert/{id}"));
                let attached = ThingPrincipal { thing: "t".to_owned(), principal, exclusive: false };
                if number == 1 { store.insert(&attached).map_err(drop) } else { Ok(()) }
            })
            .unwrap();
        }
        let there = || {
            api.read(|store| {
                ids.iter().map(|id| store.exists::<Certificate>(id)).collect::<Result<Vec<_>, _>>()
            })
        };
        assert_eq!(end_expired(&app, NOW_MS).unwrap(), Some(END_MS));
        assert_eq!(there(), [true, true]);
        end_expired(&app, END_MS).unwrap();
        assert_eq!(there(), [false, true]);
        assert_eq!(api.read(|store| store.count::<CertificateOwnership>(&[])), 0);
    }
}
