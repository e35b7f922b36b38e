//! The yardstick: the same HTTP library and the same verification of signatures, and an answer that is always the same.

use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use thingwarden::auth::sigv4::{SignedParts, Verifier};
use thingwarden::auth::{Credential, SecretKey};
use thingwarden_engine::time::Timestamp;
use tokio::net::TcpListener;

use super::process::{ACCESS_KEY, SECRET};

/// Makes the bench run this server.
pub const ARGUMENT: &str = "--bare-server";

/// What DescribeThing says of a thing.
const BODY: &str = r#"{"attributes":{"line":"7","site":"hall-3"},"defaultClientId":"press-000123","thingArn":"arn:aws:iot:us-east-1:000000000000:thing/press-000123","thingId":"b0f6c9be-4b2f-4b8e-9f59-9d0f4c0a77c1","thingName":"press-000123","thingTypeName":"press","version":1}"#;

pub fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "ready api=http://{}", listener.local_addr().unwrap()).unwrap();
        out.flush().unwrap();
        let verifier = Arc::new(Verifier::new(&["iot"]));
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let verifier = Arc::clone(&verifier);
            tokio::spawn(async move {
                let service = service_fn(|request| answer(Arc::clone(&verifier), request));
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

async fn answer(
    verifier: Arc<Verifier>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, incoming) = request.into_parts();
    let body = incoming.collect().await.unwrap().to_bytes();
    let headers: Vec<(&str, &[u8])> =
        head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let parts = SignedParts {
        method: head.method.as_str(),
        path_raw: head.uri.path(),
        query_raw: head.uri.query().unwrap_or_default(),
        headers: &headers,
        body: &body,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let now = Timestamp::from_millis(i64::try_from(now).unwrap());
    let verified = verifier.verify(&parts, now, |access_key| {
        let credential = Credential { secret: SecretKey::new(SECRET), session: None, owner: () };
        Ok::<_, Infallible>((access_key == ACCESS_KEY).then_some(credential))
    });
    let status = if verified.is_ok() { 200 } else { 403 };
    let response = Response::builder().status(status).header("content-type", "application/json");
    Ok(response.body(Full::new(Bytes::from_static(BODY.as_bytes()))).unwrap())
}
