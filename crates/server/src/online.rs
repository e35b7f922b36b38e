//! Fetches revocation lists from the distribution points that certificates name.
//!
//! The URLs come from certificates, that is, from whoever made them. So nothing is fetched unless `--online` says so,
//! and then only by plain HTTP (as RFC 5280 section 4.2.1.13 has it), from public addresses, with limits on time, size
//! and redirects. Addresses are checked after name resolution, for every connection, so that neither a name nor a
//! redirect leads into the network that this program runs in.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use crate::egress::AddressRules;

/// One fetch, from name resolution to the last byte.
const TIME_MAX: Duration = Duration::from_secs(10);
/// A list as fetched; the largest public ones have tens of megabytes.
const BODY_BYTES_MAX: u64 = 32 << 20;
const REDIRECTS_MAX: u32 = 3;
/// Fetches at a time.
const AT_ONCE: usize = 4;

/// What fetching may do.
#[derive(Clone, Debug, Default)]
pub(crate) struct OnlineOptions {
    /// Also connect to loopback, private, link-local and other addresses that are not public.
    pub(crate) allow_private_targets: bool,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("only `http://` is fetched")]
    Scheme,
    #[error("`{host}` is at {address}, which is no public address")]
    PrivateTarget { host: String, address: IpAddr },
    #[error("its host did not answer before")]
    HostGivenUp,
    #[error("more than {BODY_BYTES_MAX} bytes")]
    TooLarge,
    #[error("no answer within {} seconds", TIME_MAX.as_secs())]
    TimedOut,
    #[error("HTTP status {0}")]
    Status(u16),
    #[error("more than {REDIRECTS_MAX} redirects")]
    Redirects,
    #[error("{0}")]
    Other(String),
}

/// Fetches each URL once, a few at a time, and hands the answers over in the order of `urls`.
pub(crate) fn fetch_all(
    urls: &[String],
    options: &OnlineOptions,
    mut take: impl FnMut(&str, Result<Vec<u8>, FetchError>),
) {
    let fetcher = Fetcher::new(options, TIME_MAX);
    let mut silent = BTreeSet::new();
    for group in urls.chunks(AT_ONCE) {
        let answers: Vec<_> = thread::scope(|scope| {
            let (fetcher, silent) = (&fetcher, &silent);
            let running: Vec<_> =
                group.iter().map(|url| scope.spawn(move || fetcher.fetch(url, silent))).collect();
            let joined = running.into_iter().map(std::thread::ScopedJoinHandle::join);
            joined
                .map(|answer| {
                    answer.unwrap_or_else(|_| Err(FetchError::Other("internal failure".to_owned())))
                })
                .collect()
        });
        for (url, answer) in group.iter().zip(answers) {
            // A dead host with a thousand URLs must not cost a thousand waits.
            if matches!(answer, Err(FetchError::TimedOut)) {
                silent.insert(host_of(url).to_owned());
            }
            take(url, answer);
        }
    }
}

fn host_of(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or_default()
}

struct Fetcher {
    agent: Agent,
}

impl Fetcher {
    fn new(options: &OnlineOptions, time: Duration) -> Self {
        let config = Config::builder()
            .timeout_global(Some(time))
            .timeout_connect(Some(time))
            .max_redirects(REDIRECTS_MAX)
            // A proxy of the environment would connect for us, to anywhere.
            .proxy(None)
            .user_agent(concat!("thingwarden/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: Agent::with_parts(config, DefaultConnector::default(), PublicOnly::new(options)) }
    }

    fn fetch(&self, url: &str, silent: &BTreeSet<String>) -> Result<Vec<u8>, FetchError> {
        if !url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://")) {
            return Err(FetchError::Scheme);
        }
        if silent.contains(host_of(url)) {
            return Err(FetchError::HostGivenUp);
        }
        let mut response = self.agent.get(url).call()?;
        Ok(response.body_mut().with_config().limit(BODY_BYTES_MAX).read_to_vec()?)
    }
}

impl From<Error> for FetchError {
    fn from(error: Error) -> Self {
        match error {
            Error::StatusCode(status) => Self::Status(status),
            Error::Timeout(_) => Self::TimedOut,
            Error::BodyExceedsLimit(_) => Self::TooLarge,
            Error::TooManyRedirects => Self::Redirects,
            Error::Io(error) => match error.downcast::<FetchError>() {
                Ok(refused) => refused,
                Err(error) => Self::Other(error.to_string()),
            },
            other => Self::Other(other.to_string()),
        }
    }
}

/// Resolves names, and refuses those that lead to an address that is not public.
#[derive(Debug)]
struct PublicOnly {
    resolver: DefaultResolver,
    rules: AddressRules,
}

impl PublicOnly {
    fn new(options: &OnlineOptions) -> Self {
        let rules = AddressRules::new(&[], options.allow_private_targets);
        Self { resolver: DefaultResolver::default(), rules }
    }

    fn check(&self, host: &str, addresses: &[SocketAddr]) -> Result<(), FetchError> {
        match self.rules.refused(addresses.iter().map(SocketAddr::ip)) {
            Some(address) => Err(FetchError::PrivateTarget { host: host.to_owned(), address }),
            None => Ok(()),
        }
    }
}

impl Resolver for PublicOnly {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let addresses = self.resolver.resolve(uri, config, timeout)?;
        let checked = self.check(uri.host().unwrap_or_default(), &addresses);
        checked.map_err(|refused| Error::Io(std::io::Error::other(refused)))?;
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// Answers each connection with the next text; gives the base URL.
    fn serve(answers: Vec<Vec<u8>>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(&answer);
            }
        });
        base
    }

    fn answer(head: &str, body: &[u8]) -> Vec<u8> {
        let length = body.len();
        [format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n").as_bytes(), body]
            .concat()
    }

    fn fetch(url: &str, allow_private_targets: bool) -> Result<Vec<u8>, String> {
        let fetcher = Fetcher::new(&OnlineOptions { allow_private_targets }, Duration::from_secs(2));
        fetcher.fetch(url, &BTreeSet::new()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_is_fetched_and_failures_are_told_apart() {
        let base = serve(vec![answer("200 OK", b"list"), answer("404 Not Found", b"")]);
        assert_eq!(fetch(&format!("{base}/a.crl"), true), Ok(b"list".to_vec()));
        assert_eq!(fetch(&base, true), Err("HTTP status 404".to_owned()));
        assert_eq!(fetch("https://example.com/a.crl", true), Err("only `http://` is fetched".to_owned()));
        assert_eq!(fetch("ldap://example.com/", true), Err("only `http://` is fetched".to_owned()));
    }

    #[test]
    fn private_addresses_are_refused_however_they_are_written() {
        let base = serve(vec![]);
        let error = fetch(&base, false).unwrap_err();
        assert!(error.contains("`127.0.0.1` is at 127.0.0.1, which is no public address"), "{error}");
        assert!(fetch("http://localhost:1/", false).unwrap_err().contains("no public address"));
        assert!(fetch("http://[::ffff:169.254.169.254]/", false).unwrap_err().contains("no public address"));
        assert!(fetch("http://0x7f.1/", false).is_err());
    }

    #[test]
    fn redirects_are_followed_a_little_and_never_to_another_scheme() {
        let redirect = |to: &str| answer(&format!("302 Found\r\nlocation: {to}"), b"");
        let base = serve(vec![redirect("/b"), answer("200 OK", b"list")]);
        assert_eq!(fetch(&base, true), Ok(b"list".to_vec()));
        let base = serve(vec![redirect("/b"); 6]);
        assert_eq!(fetch(&base, true), Err("more than 3 redirects".to_owned()));
        let base = serve(vec![redirect("https://127.0.0.1:1/x")]);
        assert!(fetch(&base, true).is_err());
    }

    #[test]
    fn a_body_without_end_and_a_server_without_answer_are_given_up() {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", BODY_BYTES_MAX + 10);
        let base =
            serve(vec![[head.into_bytes(), vec![0; usize::try_from(BODY_BYTES_MAX).unwrap() + 10]].concat()]);
        assert_eq!(fetch(&base, true), Err(format!("more than {BODY_BYTES_MAX} bytes")));
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let fetcher =
            Fetcher::new(&OnlineOptions { allow_private_targets: true }, Duration::from_millis(200));
        assert!(matches!(fetcher.fetch(&url, &BTreeSet::new()), Err(FetchError::TimedOut)));
    }
}
