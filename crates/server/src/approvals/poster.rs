//! Tells one approver what there is to tell, at least once, the longest due first.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use thingwarden_store::records::{Approval, ApprovalMessage, ApprovalNews};
use thingwarden_store::{Actor, Filter, Order, Query, Scope, StoreError};

use super::approver::{Approver, Channel};
use super::{PRINCIPAL, message};
use crate::api::App;
use crate::delivery::SINKS;
use crate::http::Stop;
use crate::output::text::clip;
use crate::random;
use crate::sinks::Trouble;
use crate::sinks::slack::Slack;

/// Between failed attempts, at most; a clock that was set back makes nobody wait longer.
const PAUSE_MAX_MS: i64 = 375_000;
/// How long an approver may take nothing before it is not told any more.
const GIVE_UP_MS: i64 = 24 * 3_600_000;
/// How long nothing is tried after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);
const ERROR_CHARS_MAX: usize = 1024;

/// Works for an approver until it is time to stop.
pub(super) async fn work(app: Arc<App>, approver: Arc<Approver>, stop: Stop) {
    let poster = Poster { app, approver, now_ms: || crate::clock::now_precise().millis() };
    let mut changes = poster.app.store.changes::<ApprovalMessage>();
    while !stop.is_stopping() {
        changes.borrow_and_update();
        let step = async {
            match poster.next() {
                Ok(Some((scope, message))) => {
                    let left_ms = message.retries.next_ms.saturating_sub((poster.now_ms)());
                    if left_ms > 0 {
                        return Ok(Some(Duration::from_millis(left_ms.min(PAUSE_MAX_MS).unsigned_abs())));
                    }
                    poster.tell(&scope, message).await.map(|()| Some(Duration::ZERO))
                }
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            }
        };
        let worked = tokio::select! {
            worked = step => worked,
            () = stop.clone().wait() => return,
        };
        if let Err(error) = &worked {
            tracing::error!(approver = poster.approver.name, %error, "an approver is not told: the store failed");
        }
        let pause = worked.unwrap_or(Some(PAUSE_AFTER_FAILURE));
        tokio::select! {
            () = async { match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            } } => {}
            _ = changes.changed() => {}
            () = stop.clone().wait() => return,
        }
    }
}

pub(super) struct Poster<N> {
    pub(super) app: Arc<App>,
    pub(super) approver: Arc<Approver>,
    pub(super) now_ms: N,
}

impl<N: Fn() -> i64> Poster<N> {
    /// The message that has been due longest, or will be first.
    fn next(&self) -> Result<Option<(Scope, ApprovalMessage)>, StoreError> {
        let filters = [Filter::NotZero("waiting"), Filter::eq("approver", self.approver.name.as_str())];
        let store = &self.app.store;
        let mut first: Option<(Scope, ApprovalMessage)> = None;
        for scope in store.read(&Scope::new("", ""), |store| store.scopes())? {
            let query = Query { limit: 1, order: Order::By("next_ms"), ..Query::all(&filters) };
            let found = store.read(&scope, |store| store.list::<ApprovalMessage>(&query))?.items.pop();
            if let Some(message) = found
                && first.as_ref().is_none_or(|(_, other)| message.retries.next_ms < other.retries.next_ms)
            {
                first = Some((scope, message));
            }
        }
        Ok(first)
    }

    async fn tell(&self, scope: &Scope, message: ApprovalMessage) -> Result<(), StoreError> {
        let approval = self.app.store.read(scope, |store| store.get::<Approval>(&message.approval))?;
        // It is as new as the approval is now, whatever was to be told.
        let news = approval.as_ref().map_or(message.news, Approval::news).max(message.news);
        let mut sent = Ok(());
        let mut uses_response_url = false;
        if let Some(approval) = &approval {
            uses_response_url = message.response_until_ms > (self.now_ms)() && message.response_url.is_some();
            let url = message.response_url.as_deref().filter(|_| uses_response_url);
            sent = self.send(scope, approval, news, url).await;
        }
        let now_ms = (self.now_ms)();
        if let Err(trouble) = &sent {
            let (approver, approval) = (&self.approver.name, &message.approval);
            tracing::warn!(approver, approval, error = trouble.message, "an approver takes nothing");
        }
        let actor = Actor {
            principal: PRINCIPAL.to_owned(),
            operation: "approvals:Tell".to_owned(),
            request_id: message.approval.clone(),
            source_ip: None,
            at_ms: now_ms,
        };
        let id = ApprovalMessage::id_of(&message.approval, &message.approver);
        let write = move |store: &thingwarden_store::Writer<'_>| {
            // Somebody may have answered meanwhile, so that there is more to tell.
            let Some(mut current) = store.get::<ApprovalMessage>(&id)? else { return Ok(()) };
            match sent {
                Ok(()) => told(&mut current, news),
                Err(trouble) => failed(&mut current, &trouble, now_ms, uses_response_url),
            }
            store.update(&current)
        };
        self.app.store.write(scope, actor, write).await
    }

    async fn send(
        &self,
        scope: &Scope,
        approval: &Approval,
        news: ApprovalNews,
        response_url: Option<&str>,
    ) -> Result<(), Trouble> {
        match &self.approver.channel {
            Channel::Slack { slack, .. } => {
                let mut body = message::for_slack(scope, approval);
                match response_url {
                    None => slack.post(&body).await,
                    Some(url) => {
                        replaces(&mut body);
                        let there = Slack { egress: slack.egress.clone(), url: url.to_owned().into() };
                        there.post(&body).await
                    }
                }
            }
            Channel::Webhook(webhook) => {
                let id = format!("{}/{}", approval.id, news.as_str().to_lowercase());
                webhook.post(&id, &message::for_webhook(scope, approval, &id)).await
            }
        }
    }
}

/// The message that was answered, in place of a new one (api.slack.com, "Handling user interaction").
fn replaces(body: &mut Json) {
    if let Some(members) = body.as_object_mut() {
        members.insert("replace_original".to_owned(), json!(true));
    }
}

fn told(message: &mut ApprovalMessage, news: ApprovalNews) {
    message.told = message.told.max(news);
    message.news = message.news.max(news);
    (message.retries.attempts, message.retries.failing_since_ms, message.retries.last_error) =
        (0, None, None);
}

fn failed(message: &mut ApprovalMessage, trouble: &Trouble, now_ms: i64, used_response_url: bool) {
    message.retries.attempts = message.retries.attempts.saturating_add(1);
    message.retries.last_error = Some(clip(&trouble.message, ERROR_CHARS_MAX).into_owned());
    let since_ms = *message.retries.failing_since_ms.get_or_insert(now_ms);
    if now_ms.saturating_sub(since_ms) > GIVE_UP_MS {
        message.told = message.news;
    }
    // The other way, at once: such addresses are good for half an hour and five times.
    if used_response_url {
        message.response_url = None;
        message.retries.next_ms = now_ms;
        return;
    }
    let asked_ms =
        trouble.retry_after.map_or(0, |asked| i64::try_from(asked.as_millis()).unwrap_or(i64::MAX));
    let pause_ms = SINKS.delay_ms(message.retries.attempts, random::chance()).unwrap_or(PAUSE_MAX_MS);
    message.retries.next_ms = now_ms.saturating_add(pause_ms.max(asked_ms.min(PAUSE_MAX_MS)));
}
