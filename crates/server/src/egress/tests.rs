//! Requests to servers of every kind: slow, endless, redirecting, and where none may go.

mod aws;
mod credentials;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::testing::{client, open_client};
use super::*;

/// A server on this machine that hands each connection to `answer`, with the request's bytes; says where it is.
async fn serve<F, Fut>(answer: F) -> String
where
    F: Fn(String, TcpStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let request = read_request(&mut stream).await;
                answer(request, stream).await;
            });
        }
    });
    base
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = vec![];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let length =
            text.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next()?.parse().ok());
        let whole = text.find("\r\n\r\n").map(|head| head + 4 + length.unwrap_or(0));
        if whole.is_some_and(|whole| bytes.len() >= whole) {
            return String::from_utf8(bytes).unwrap();
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(read @ 1..) => bytes.extend_from_slice(&chunk[..read]),
            _ => return text,
        }
    }
}

/// A server that gives the same answer each time, and what it was sent.
async fn answering(head: &'static str, body: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(vec![]));
    let kept = Arc::clone(&seen);
    let base = serve(move |request, mut stream| {
        kept.lock().unwrap().push(request);
        async move {
            let length = body.len();
            let text =
                format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(text.as_bytes()).await;
        }
    })
    .await;
    (base, seen)
}

fn post(url: &str) -> OutRequest {
    OutRequest {
        method: Method::POST,
        url: url.to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"hello"),
        timeout: Duration::from_secs(5),
        chosen_by: ChosenBy::Caller,
    }
}

async fn refusal(client: &Client, url: &str) -> String {
    match client.send(&post(url)).await {
        Err(SendError::Refused(why)) => why,
        other => panic!("{url}: {other:?}"),
    }
}

#[tokio::test]
async fn a_request_is_sent_and_its_answer_read() {
    let (base, seen) = answering("404 Not Found\r\nx-a: b", "no").await;
    let mut request = post(&format!("{}/p?q=1", base.replace("http://", "http://me:p%40ss@")));
    request.headers.insert("x-one", HeaderValue::from_static("1"));
    let response = open_client().send(&request).await.unwrap();
    assert_eq!((response.status.as_u16(), &*response.body, response.is_whole), (404, &b"no"[..], true));
    assert_eq!(response.headers["x-a"], "b");
    let seen = seen.lock().unwrap().remove(0);
    assert!(seen.starts_with("POST /p?q=1 HTTP/1.1\r\n") && seen.ends_with("\r\n\r\nhello"), "{seen}");
    let host = base.strip_prefix("http://").unwrap();
    for line in [
        "x-one: 1",
        "content-length: 5",
        "authorization: Basic bWU6cEBzcw==",
        &format!("host: {host}"),
        "user-agent: thingwarden/",
    ] {
        assert!(seen.contains(line), "{line} is not in {seen}");
    }
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_however_they_are_written() {
    let (base, seen) = answering("200 OK", "").await;
    let port = base.rsplit(':').next().unwrap();
    let closed = client(AddressRules::default());
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "169.254.169.254",
        "10.0.0.1",
        "me@127.0.0.1",
        "1.1.1.1@127.0.0.1",
    ] {
        let why = refusal(&closed, &format!("http://{host}:{port}/")).await;
        assert!(why.contains("which is no public address"), "{why}");
        assert!(!why.contains('@'), "{why}");
    }
    assert!(closed.send(&post("https://127.0.0.1/")).await.is_err_and(|error| error.is_permanent()));
    assert_eq!(seen.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn an_allowed_network_is_reached_and_no_other() {
    let (base, _) = answering("200 OK", "").await;
    let rules = AddressRules::new(&["127.0.0.1".parse().unwrap()], false);
    let client = client(rules);
    assert_eq!(client.send(&post(&base)).await.unwrap().status.as_u16(), 200);
    refusal(&client, &base.replace("127.0.0.1", "127.0.0.2")).await;
}

#[tokio::test]
async fn a_redirect_leads_nowhere_else() {
    let rules = AddressRules::new(&["127.0.0.1".parse().unwrap()], false);
    let client = client(rules);
    for target in [
        "http://127.0.0.2:1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:10.0.0.1]/",
        "http://2130706434/",
        "//0x7f.2/",
    ] {
        let location = target.to_owned();
        let base = serve(move |_, mut stream| {
            let text = format!(
                "HTTP/1.1 307 x\r\nlocation: {location}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
            async move { drop(stream.write_all(text.as_bytes()).await) }
        })
        .await;
        refusal(&client, &base).await;
    }
    let (base, _) = answering("308 x\r\nlocation: file:///etc/passwd", "").await;
    let error = client.send(&post(&base)).await.unwrap_err();
    assert_eq!(error.to_string(), "the URL cannot be read");
}

#[tokio::test]
async fn redirects_are_followed_a_little_and_secrets_stay() {
    let (looping, seen) = answering("307 x\r\nlocation: /again", "").await;
    assert_eq!(open_client().send(&post(&looping)).await.unwrap_err(), SendError::Redirects);
    assert_eq!(seen.lock().unwrap().len(), 4);

    let (target, seen) = answering("200 OK", "there").await;
    let redirecting = serve(move |_, mut stream| {
        let text = format!(
            "HTTP/1.1 308 x\r\nlocation: {target}/t\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        );
        async move { drop(stream.write_all(text.as_bytes()).await) }
    })
    .await;
    let mut request = post(&redirecting);
    let mut secret = HeaderValue::from_static("secret");
    secret.set_sensitive(true);
    request.headers.insert(AUTHORIZATION, secret);
    request.headers.append("x-two", HeaderValue::from_static("1"));
    request.headers.append("x-two", HeaderValue::from_static("2"));
    assert_eq!(&*open_client().send(&request).await.unwrap().body, b"there");
    let seen = seen.lock().unwrap().remove(0);
    assert!(seen.starts_with("POST /t ") && seen.ends_with("hello"), "{seen}");
    assert!(!seen.contains("secret") && seen.contains("x-two: 1\r\nx-two: 2"), "{seen}");

    // One that would change the method, and any from where the operator sent us, are answers.
    let (base, _) = answering("302 x\r\nlocation: /again", "").await;
    assert_eq!(open_client().send(&post(&base)).await.unwrap().status.as_u16(), 302);
    let by_operator = OutRequest { chosen_by: ChosenBy::Operator, ..post(&looping) };
    assert_eq!(open_client().send(&by_operator).await.unwrap().status.as_u16(), 307);
}

#[tokio::test]
async fn answers_are_bounded_in_size_and_time() {
    let endless = serve(|_, mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
    })
    .await;
    let response = open_client().send(&post(&endless)).await.unwrap();
    assert_eq!((response.body.len(), response.is_whole), (64 << 10, false));

    let big_head = serve(|_, mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await;
        while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
    })
    .await;
    assert!(matches!(open_client().send(&post(&big_head)).await, Err(SendError::Failed(_))));

    let silent = serve(|_, stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let short = Duration::from_millis(100);
    let answer = open_client().send(&OutRequest { timeout: short, ..post(&silent) }).await;
    assert_eq!(answer.unwrap_err(), SendError::TimedOut(short));

    // The status was said; what the body would be changes nothing.
    let stuck = serve(|_, mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await;
        std::future::pending::<()>().await;
    })
    .await;
    let response = open_client().send(&OutRequest { timeout: short, ..post(&stuck) }).await.unwrap();
    assert_eq!((response.status.as_u16(), &*response.body, response.is_whole), (200, &b"abc"[..], false));
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = open_client().send(&post(&base)).await.unwrap_err();
    assert!(!error.is_permanent() && error.to_string().contains("refused"), "{error}");
    let error = open_client().send(&post("http://name.invalid/")).await.unwrap_err();
    assert!(error.to_string().contains("`name.invalid` has no address"), "{error}");
    let garbage = serve(|_, mut stream| async move { drop(stream.write_all(b"SSH-2.0-x\r\n").await) }).await;
    let error = open_client().send(&post(&garbage)).await.unwrap_err();
    assert!(error.to_string().starts_with("the connection failed: "), "{error}");
}

#[tokio::test]
async fn the_server_does_not_send_to_itself_where_the_operator_says() {
    let (base, seen) = answering("200 OK", "").await;
    let port: u16 = base.rsplit(':').next().unwrap().parse().unwrap();
    for listening in [format!("127.0.0.1:{port}"), format!("0.0.0.0:{port}"), format!("[::]:{port}")] {
        let client = Client::new(AddressRules::default(), None, listening.parse().unwrap()).unwrap();
        let request = OutRequest { chosen_by: ChosenBy::Operator, ..post(&base) };
        let error = client.send(&request).await.unwrap_err();
        assert_eq!(error, SendError::Refused("`127.0.0.1` is this server itself".to_owned()));
    }
    // Connections may have been made, which were closed in silence.
    assert!(seen.lock().unwrap().iter().all(String::is_empty));
    let elsewhere = Client::new(AddressRules::default(), None, "127.0.0.1:1".parse().unwrap()).unwrap();
    let request = OutRequest { chosen_by: ChosenBy::Operator, ..post(&base) };
    assert_eq!(elsewhere.send(&request).await.unwrap().status.as_u16(), 200);
}

#[test]
fn a_bundle_without_certificates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let open = || Client::new(AddressRules::default(), Some(&path), testing::LISTENING).map(|_| ());
    assert!(open().unwrap_err().to_string().contains("ca.pem"));
    std::fs::write(&path, "nothing").unwrap();
    assert!(open().unwrap_err().to_string().contains("0 usable certificates"));
    let ca = rcgen::generate_simple_self_signed(vec!["ca.example.com".to_owned()]).unwrap();
    std::fs::write(&path, ca.cert.pem()).unwrap();
    open().unwrap();
}

#[tokio::test]
async fn tls_trusts_the_bundle_and_nobody_else() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
                let _ = stream.shutdown().await;
            });
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, made.cert.pem()).unwrap();
    let rules = AddressRules::new(&[], true);
    let trusting = Client::new(rules.clone(), Some(&path), testing::LISTENING).unwrap();
    assert_eq!(trusting.send(&post(&url)).await.unwrap().status.as_u16(), 200);
    let error = client(rules).send(&post(&url)).await.unwrap_err();
    assert!(error.to_string().starts_with("TLS with `localhost` failed: "), "{error}");
}
