//! A small load generator: signed requests over connections that are kept open, one thread each.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ring::{digest, hmac};
use thingwarden_engine::ids::encode_hex;
use thingwarden_engine::time::Timestamp;

pub const REGION: &str = "us-east-1";
const SIGNED_HEADERS: &str = "host;x-amz-date";

/// Signs as one access key.
#[derive(Clone, Debug)]
pub struct Signer {
    access_key: String,
    secret: String,
}

/// What to ask.
#[derive(Clone, Debug)]
pub struct Call {
    pub service: &'static str,
    pub method: &'static str,
    pub path: String,
    /// Sorted, as it is signed.
    pub query: String,
    pub body: String,
}

impl Call {
    pub fn iot(method: &'static str, path: String, body: String) -> Self {
        Self { service: "iot", method, path, query: String::new(), body }
    }

    /// A call of IAM's.
    pub fn iam(form: &str) -> Self {
        let body = format!("Version=2010-05-08&{form}");
        Self { service: "iam", method: "POST", path: "/".to_owned(), query: String::new(), body }
    }
}

impl Signer {
    pub fn new(access_key: &str, secret: &str) -> Self {
        Self { access_key: access_key.to_owned(), secret: secret.to_owned() }
    }

    /// The bytes of a request that is signed now, with the headers that SDKs send.
    pub fn sign(&self, call: &Call) -> Vec<u8> {
        let Call { service, method, path, query, body } = call;
        let date = amz_date();
        let day = date.get(..8).unwrap();
        let host = "localhost:8080";
        let hash = hex_sha256(body.as_bytes());
        let canonical =
            format!("{method}\n{path}\n{query}\nhost:{host}\nx-amz-date:{date}\n\n{SIGNED_HEADERS}\n{hash}");
        let scope = format!("{day}/{REGION}/{service}/aws4_request");
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex_sha256(canonical.as_bytes()));
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for text in [day, REGION, service, "aws4_request", &to_sign] {
            key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes()).as_ref().to_vec();
        }
        let content =
            if *service == "iam" { "application/x-www-form-urlencoded" } else { "application/json" };
        let separator = if query.is_empty() { "" } else { "?" };
        format!(
            "{method} {path}{separator}{query} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n\
            User-Agent: Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux#6.8 lang/python#3.12\r\n\
            amz-sdk-invocation-id: 4b6f0b5c-0c3c-4e8c-9a57-0d4a1f0c2b9e\r\namz-sdk-request: attempt=1\r\n\
            X-Amz-Date: {date}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={}/{scope}, \
            SignedHeaders={SIGNED_HEADERS}, Signature={}\r\nContent-Type: {content}\r\nContent-Length: {}\r\n\r\n{body}",
            self.access_key,
            encode_hex(&key),
            body.len(),
        )
        .into_bytes()
    }
}

fn hex_sha256(bytes: &[u8]) -> String {
    encode_hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn amz_date() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let text = Timestamp::from_seconds(i64::try_from(now).unwrap()).to_string();
    text.chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

/// A connection that is kept open.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![] }
    }

    /// The body of the answer, which must be a success.
    pub fn ask(&mut self, request: &[u8]) -> String {
        self.stream.write_all(request).unwrap();
        self.buffer.clear();
        let mut chunk = [0; 16 << 10];
        loop {
            let read = self.stream.read(&mut chunk).unwrap();
            assert!(read > 0, "the connection was closed");
            self.buffer.extend_from_slice(chunk.get(..read).unwrap());
            let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(self.buffer.get(..end).unwrap()).unwrap().to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let whole = end + 4 + length.unwrap().parse::<usize>().unwrap();
            if self.buffer.len() < whole {
                continue;
            }
            let body = String::from_utf8(self.buffer.get(end + 4..).unwrap().to_vec()).unwrap();
            assert!(head.starts_with("http/1.1 200"), "{head}\n{body}");
            return body;
        }
    }
}

/// Makes the nth call of a connection.
pub type Next<'a> = &'a (dyn Fn(usize, usize) -> Call + Sync);

/// How a load went.
#[derive(Debug, Default)]
pub struct Load {
    pub requests: usize,
    pub time: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl Load {
    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.time.as_secs_f64()
    }

    /// The latency that this share of requests did not exceed.
    pub fn quantile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
        self.latencies.get((last as f64 * share) as usize).copied().unwrap_or_default()
    }
}

/// Asks for some time on so many connections.
pub fn load(
    address: SocketAddr,
    signer: &Signer,
    connections: usize,
    time: Duration,
    next: Next<'_>,
) -> Load {
    let begun = Instant::now();
    let latencies = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|number| {
                scope.spawn(move || {
                    let mut connection = Connection::open(address);
                    let mut latencies = vec![];
                    while begun.elapsed() < time {
                        let request = signer.sign(&next(number, latencies.len()));
                        let asked = Instant::now();
                        connection.ask(&request);
                        latencies.push(asked.elapsed());
                    }
                    latencies
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let mut load = Load { requests: latencies.len(), time: begun.elapsed(), latencies };
    load.latencies.sort_unstable();
    load
}
