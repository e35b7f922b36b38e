//! One request: probes, reading, the service, what is counted and logged, and the answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;
use std::{any::Any, future::poll_fn, net::SocketAddr};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{Method, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;

use super::message::{Request, RequestId, Response, Service};
use super::metrics::{self, Counted};
use super::read;
use super::refusal::Refusal;
use super::server::Shared;
use super::takeover::Takeover;
use super::watched::Watch;
use crate::clock;

/// The status of the last answer before another protocol begins.
const SWITCHING: u16 = 101;

/// One connection, as its requests need it.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) peer: SocketAddr,
    pub(super) secure: bool,
    pub(super) watch: Arc<Watch>,
    pub(super) takeover: Takeover,
}

/// Answers whatever comes.
pub(super) async fn answer(
    shared: Arc<Shared>,
    client: Client,
    request: http::Request<Incoming>,
) -> http::Response<Full<Bytes>> {
    let (id, started) = (RequestId::random(), clock::stopwatch());
    let _in_flight = Counted::new(&shared.metrics.in_flight);
    let has_length = client.watch.begin();
    let (mut head, incoming) = request.into_parts();
    // A second message may hide behind a chunked one, for a proxy that reads lengths otherwise (RFC 9112 section 6.3).
    let mut closes = head.headers.contains_key(TRANSFER_ENCODING);
    let (method, path) = (head.method.clone(), head.uri.path().to_owned());
    let answered = match read::check_head(&mut head, has_length) {
        Err(refusal) => Err(refusal),
        Ok(()) => match probe(&shared, &method, &path).filter(|_| shared.has_probes) {
            Some(answered) => answered,
            None => serve(&shared, &client, &id, head, incoming).await,
        },
    };
    let response = answered.unwrap_or_else(|refusal| {
        closes |= refusal.closes();
        refusal.response()
    });
    let (mut status, operation, bytes) = (response.status, response.operation, response.body.len());
    let is_last = client.takeover.is_wanted();
    let mut sent = message(response, is_last).unwrap_or_else(|what| {
        tracing::error!(request_id = %id, operation, what, "the answer cannot be sent");
        status = Refusal::Failed.status();
        message(Refusal::Failed.response(), false).unwrap_or_default()
    });
    if status != SWITCHING {
        drop(client.takeover.take());
    }
    let headers = sent.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(HeaderName::from_static("x-amzn-requestid"), value);
    }
    if status != SWITCHING && (closes || shared.stop.is_stopping()) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let duration = started.elapsed();
    shared.metrics.answered(operation, status, duration);
    // The query is left out: it may hold the signature of a presigned request.
    tracing::debug!(request_id = %id, peer = %client.peer, %method, path, operation, status, bytes,
        micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX), "answered");
    client.watch.answer();
    sent
}

/// `/healthz`, `/readyz` and `/metrics`, which need no signature.
fn probe(shared: &Shared, method: &Method, path: &str) -> Option<Result<Response, Refusal>> {
    let answer = |status, state| Response::json(status, format!("{{\"status\":\"{state}\"}}"));
    let response = match path {
        "/healthz" => answer(200, "up"),
        "/readyz" if shared.stop.is_stopping() => answer(503, "stopping"),
        "/readyz" if !shared.service.is_ready() => answer(503, "not ready"),
        "/readyz" => answer(200, "ready"),
        "/metrics" => {
            let mut response = Response::json(200, shared.metrics.text());
            response.headers.push(("content-type", metrics::CONTENT_TYPE.to_owned()));
            response
        }
        _ => return None,
    };
    let is_read = *method == Method::GET || *method == Method::HEAD;
    Some(if is_read { Ok(response) } else { Err(Refusal::ProbeMethod) })
}

async fn serve(
    shared: &Shared,
    client: &Client,
    id: &RequestId,
    head: http::request::Parts,
    incoming: Incoming,
) -> Result<Response, Refusal> {
    let received = clock::now_precise();
    let body = read::body(&head.headers, incoming, &shared.limits, &shared.memory).await?;
    client.watch.serve();
    let request = Request {
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        method: head.method,
        headers: head.headers,
        body: body.bytes,
        peer: client.peer,
        secure: client.secure,
        id: id.clone(),
        received,
        takeover: client.takeover.clone(),
    };
    let response = call(shared.service.as_ref(), request).await;
    drop(body.share);
    response.map_err(|panic| {
        tracing::error!(request_id = %id, what = panic, "a handler panicked");
        Refusal::Failed
    })
}

/// Calls the service; gives the message of a panic in it.
async fn call(service: &dyn Service, request: Request) -> Result<Response, String> {
    let future = std::panic::catch_unwind(AssertUnwindSafe(|| service.call(request)));
    let mut future = future.map_err(|panic| panic_message(panic.as_ref()))?;
    poll_fn(|cx| match std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(response)) => Poll::Ready(Ok(response)),
        Err(panic) => Poll::Ready(Err(panic_message(panic.as_ref()))),
    })
    .await
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown".to_owned())
}

/// The answer as hyper takes it; hyper adds `Content-Length` and `Date`.
fn message(response: Response, may_switch: bool) -> Result<http::Response<Full<Bytes>>, String> {
    let mut message = http::Response::new(Full::new(response.body));
    *message.status_mut() = StatusCode::from_u16(response.status)
        .ok()
        .filter(|status| status.as_u16() >= 200 || (may_switch && status.as_u16() == SWITCHING))
        .ok_or_else(|| format!("status {}", response.status))?;
    for (name, value) in response.headers {
        let value = HeaderValue::try_from(value).map_err(|_| format!("header {name}"))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("header {name}"))?;
        message.headers_mut().append(name, value);
    }
    if response.status != SWITCHING {
        let json = HeaderValue::from_static("application/json");
        message.headers_mut().entry(CONTENT_TYPE).or_insert(json);
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::BoxFuture;

    struct Panics(&'static str);

    impl Service for Panics {
        fn call(&self, request: Request) -> BoxFuture<'_, Response> {
            if self.0 == "early" {
                panic!("before the future");
            }
            Box::pin(async move { panic!("no {}", request.path) })
        }
        fn is_ready(&self) -> bool {
            true
        }
    }

    fn request() -> Request {
        Request {
            method: Method::GET,
            path: "/x".to_owned(),
            query: String::new(),
            headers: http::HeaderMap::new(),
            body: Bytes::new(),
            peer: ([127, 0, 0, 1], 1).into(),
            secure: false,
            id: RequestId::random(),
            received: clock::now(),
            takeover: Takeover::default(),
        }
    }

    #[test]
    fn a_panic_ends_with_its_request() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (when, expected) in [("early", "before the future"), ("late", "no /x")] {
            let answered = runtime.block_on(call(&Panics(when), request()));
            assert_eq!(answered, Err(expected.to_owned()));
        }
    }

    #[test]
    fn what_http_cannot_carry_is_no_answer() {
        let mut response = Response::json(200, "{}");
        assert_eq!(message(response.clone(), false).unwrap().headers()[CONTENT_TYPE], "application/json");
        response.headers.push(("Content-Type", "text/xml".to_owned()));
        assert_eq!(message(response.clone(), false).unwrap().headers()[CONTENT_TYPE], "text/xml");
        response.headers.push(("x-a", "line\nbreak".to_owned()));
        assert_eq!(message(response, false).unwrap_err(), "header x-a");
        assert!(
            message(Response::json(99, ""), true).is_err()
                && message(Response::json(101, ""), false).is_err()
        );
    }
}
