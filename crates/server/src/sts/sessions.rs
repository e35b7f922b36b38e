//! Temporary credentials: made, handed out once, forgotten when they have expired.

use thingwarden_engine::ids::encode_hex;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{SessionSubject, StsSession};
use thingwarden_store::{Actor, Filter, Query, StoreError, Writer};

use crate::auth::{Kind, Session};
use crate::iam::access::denied;
use crate::iam::identity::date;
use crate::iam::{Cx, Outcome, ids};
use crate::query::{Form, QueryError, Xml};

/// Expired sessions that are forgotten at once.
const FORGOTTEN_MAX: usize = 100;
/// Seconds that credentials of GetSessionToken last: least, default, most, and most for the account itself.
const SECONDS_MIN: i64 = 900;
const SECONDS: i64 = 43_200;
const SECONDS_MAX: i64 = 129_600;
const SECONDS_MAX_ROOT: i64 = 3600;

pub(super) fn get_session_token(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    if cx.caller.temporary_since().is_some() {
        return Err(denied("GetSessionToken cannot be called with temporary credentials"));
    }
    let seconds = form.integer("DurationSeconds", SECONDS_MIN..=SECONDS_MAX)?.unwrap_or(SECONDS);
    let (subject, most) = match cx.caller.kind() {
        Kind::Root => (SessionSubject::Root, SECONDS_MAX_ROOT),
        Kind::User { .. } => (SessionSubject::User(cx.caller.user_id().to_owned()), SECONDS_MAX),
        Kind::AssumedRole { .. } => return Err(denied("a role session cannot call GetSessionToken")),
    };
    let mut xml = Xml::new();
    begin(cx, store, subject, None, seconds.min(most), &mut xml)?;
    Ok(Some(xml))
}

/// Makes a session in the account that `store` writes in, and writes the element `Credentials`.
///
/// # Errors
/// When the store fails, or there is no randomness.
pub(super) fn begin(
    cx: &Cx,
    store: &Writer<'_>,
    subject: SessionSubject,
    session_policies: Option<Vec<String>>,
    seconds: i64,
    xml: &mut Xml,
) -> Result<(), QueryError> {
    let token = ids::session_token()?;
    let expires_ms = cx.now_ms().saturating_add(seconds.saturating_mul(1000));
    let session = StsSession {
        access_key_id: ids::access_key_id("ASIA", &store.scope().account)?,
        secret: ids::secret()?,
        token_sha256: encode_hex(&Session::new(&token, Timestamp::from_millis(expires_ms)).token_sha256),
        subject,
        session_policies,
        created_ms: cx.now_ms(),
        expires_ms,
    };
    store.insert(&session)?;
    xml.element("Credentials", |xml| {
        xml.text("AccessKeyId", &session.access_key_id)
            .text("SecretAccessKey", &session.secret)
            .text("SessionToken", &token)
            .text("Expiration", &date(expires_ms));
    });
    Ok(())
}

/// Removes expired sessions of the caller's account, some at a time. That it fails harms nobody: they stay expired.
pub(super) async fn forget_expired(cx: &Cx) {
    let (store, scope, now_ms) = (&cx.app.store, cx.scope(), cx.now_ms());
    let expired = move || [Filter::at_most("expires_ms", now_ms)];
    let some = store.read(&scope, |store| {
        Ok::<_, StoreError>(
            !store.list::<StsSession>(&Query { limit: 1, ..Query::all(&expired()) })?.items.is_empty(),
        )
    });
    let actor = Actor {
        principal: "thingwarden".to_owned(),
        operation: "ForgetExpiredSessions".to_owned(),
        request_id: cx.request_id.to_string(),
        source_ip: None,
        at_ms: now_ms,
    };
    let work = move |store: &Writer<'_>| {
        let filters = expired();
        let page = store.list::<StsSession>(&Query { limit: FORGOTTEN_MAX, ..Query::all(&filters) })?;
        page.items.iter().try_for_each(|session| store.delete::<StsSession>(&session.access_key_id).map(drop))
    };
    let done = match some {
        Ok(true) => store.write::<_, StoreError>(&scope, actor, work).await,
        Ok(false) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        tracing::warn!(%error, "expired sessions could not be removed");
    }
}
