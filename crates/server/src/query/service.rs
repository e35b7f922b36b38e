//! From an encoded form to an answer, the same way for IAM, STS and SNS.
//!
//! The order is fixed: read the form, find the action, authorize, let the handler take its parameters and do its work,
//! refuse what it left over. The last three happen in one transaction, so that nothing changes in between, and a refusal
//! undoes everything.

use std::sync::Arc;

use thingwarden_store::{Reader, Scope, Writer};

use super::{Form, QueryError, Reply, Xml};
use crate::http::{Request, Response};
use crate::iam::Cx;
use crate::query;

/// What a handler answers: the inside of the result element; none when the action has no result.
pub(crate) type Outcome = Result<Option<Xml>, QueryError>;

/// A handler that looks at one moment of the store.
pub(crate) type Read = fn(&Cx, &Reader<'_>, &mut Form) -> Outcome;
/// A handler that changes the store, in one transaction.
pub(crate) type Write = fn(&Cx, &Writer<'_>, &mut Form) -> Outcome;

/// What carries out an action.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    Read(Read),
    Write(Write),
}

/// An action that is served. `T` says what it is about, in its service's terms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action<T> {
    /// For example `iam:CreateUser`: what policies call it; without the prefix, what clients call it.
    pub(crate) permission: &'static str,
    pub(crate) target: T,
    pub(crate) handler: Handler,
}

impl<T> Action<T> {
    pub(crate) fn name(&self) -> &'static str {
        self.permission.split_once(':').map_or(self.permission, |(_, name)| name)
    }
}

/// A service: its protocol, what it serves, and what AWS has besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Api<T: 'static> {
    pub(crate) protocol: query::Service,
    pub(crate) actions: &'static [Action<T>],
    pub(crate) not_served: &'static [&'static str],
    /// Where the service keeps what belongs to the caller.
    pub(crate) scope: fn(&Cx) -> Scope,
    /// Looks whether the caller may do this.
    pub(crate) authorize: fn(&Cx, &Reader<'_>, &Action<T>, &Form) -> Result<(), QueryError>,
}

/// Answers a request over HTTP of a caller whose signature is right.
pub(crate) async fn answer<T: Sync>(api: &'static Api<T>, cx: Cx, request: &Request) -> Response {
    match query::encoded(request) {
        Ok(encoded) => query::respond(serve(api, cx, &encoded).await),
        Err(error) => query::refuse(api.protocol, request, &error),
    }
}

/// Answers a request of a caller whose signature is right. `encoded` is the form that it sent.
pub(crate) async fn serve<T: Sync>(api: &'static Api<T>, cx: Cx, encoded: &[u8]) -> Reply {
    let request_id = Arc::clone(&cx.request_id);
    let (action, form) = match find(api, encoded) {
        Ok(found) => found,
        Err(error) => return query::error(api.protocol, "", &error, &request_id),
    };
    match run(api, cx, action, form).await {
        Ok(result) => query::answer(api.protocol, action.name(), result.as_ref(), &request_id),
        Err(error) => {
            if let Some(cause) = &error.cause {
                tracing::error!(%request_id, action = action.permission, %cause, "the request failed");
            }
            query::error(api.protocol, action.name(), &error, &request_id)
        }
    }
}

fn find<T>(api: &'static Api<T>, encoded: &[u8]) -> Result<(&'static Action<T>, Form), QueryError> {
    let mut form = Form::parse(encoded)?;
    let Some(name) = form.take("Action") else {
        return Err(QueryError::new(400, "MissingAction", "the request has no parameter `Action`"));
    };
    let version = form.take("Version");
    let right_version = version.as_deref().is_none_or(|version| version == api.protocol.version);
    let action = api.actions.iter().find(|action| action.name() == name);
    match action.filter(|_| right_version) {
        Some(action) => Ok((action, form)),
        None if right_version && api.not_served.contains(&&*name) => {
            Err(QueryError::new(501, "NotImplemented", format!("`{name}` is not served here")))
        }
        None => {
            let (name, version) = (name.escape_debug(), version.unwrap_or_default());
            let message = format!("there is no operation `{name}` in version `{}`", version.escape_debug());
            Err(QueryError::new(400, "InvalidAction", message))
        }
    }
}

async fn run<T: Sync>(api: &'static Api<T>, cx: Cx, action: &'static Action<T>, mut form: Form) -> Outcome {
    let (store, scope) = (cx.app.store.clone(), (api.scope)(&cx));
    match action.handler {
        Handler::Read(read) => store.read(&scope, |store| {
            (api.authorize)(&cx, store, action, &form)?;
            let result = read(&cx, store, &mut form)?;
            form.finish().map(|()| result)
        }),
        Handler::Write(write) => {
            let actor = cx.actor(action.permission);
            let work = move |store: &Writer<'_>| {
                (api.authorize)(&cx, store, action, &form)?;
                let result = write(&cx, store, &mut form)?;
                form.finish().map(|()| result)
            };
            store.write(&scope, actor, work).await
        }
    }
}
