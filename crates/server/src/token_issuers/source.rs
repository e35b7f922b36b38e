//! Where an issuer's keys come from, and for how long they are believed.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::time::Instant;

use super::keys::KeySet;
use crate::api::App;
use crate::config::token_issuers::KeysFrom;
use crate::egress::{ChosenBy, OutRequest};

/// When keys are read again by themselves: an issuer that revokes one takes it out.
const FRESH: Duration = Duration::from_secs(3600);
/// How long they are used on when they cannot be read again.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// From one attempt to the next: tokens with made-up key names make no more of them.
const PAUSE: Duration = Duration::from_secs(10);
/// As much as is read of an answer.
const BYTES_MAX: u64 = 64 << 10;

#[derive(Debug)]
pub(super) struct Source {
    from: KeysFrom,
    known: Mutex<Option<Known>>,
    /// When reading was tried last.
    tried: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Clone, Debug)]
struct Known {
    keys: Arc<KeySet>,
    since: Instant,
}

impl Source {
    pub(super) fn new(from: &KeysFrom) -> Self {
        Self { from: from.clone(), known: Mutex::default(), tried: tokio::sync::Mutex::default() }
    }

    /// The keys, with the one of this name if the issuer has it.
    ///
    /// # Errors
    /// Why there are none.
    pub(super) async fn keys(&self, app: &App, wanted: Option<&str>) -> Result<Arc<KeySet>, String> {
        let is_enough =
            |known: &Known| known.since.elapsed() < FRESH && wanted.is_none_or(|id| known.keys.has(id));
        if let Some(known) = self.known().filter(is_enough) {
            return Ok(known.keys);
        }
        let mut tried = self.tried.lock().await;
        // Whoever was first may have read them.
        let known = self.known();
        if let Some(known) = known.clone().filter(is_enough) {
            return Ok(known.keys);
        }
        let usable = known.filter(|known| known.since.elapsed() < STALE).map(|known| known.keys);
        if tried.is_some_and(|tried| tried.elapsed() < PAUSE) {
            return usable.ok_or_else(|| "they could not be read a moment ago".to_owned());
        }
        *tried = Some(Instant::now());
        match self.read(app).await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                let known = Known { keys: Arc::clone(&keys), since: Instant::now() };
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
                Ok(keys)
            }
            Err(error) => {
                tracing::warn!(error, "the keys of a token issuer cannot be read");
                usable.ok_or(error)
            }
        }
    }

    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn read(&self, app: &App) -> Result<KeySet, String> {
        match &self.from {
            KeysFrom::File(path) => KeySet::parse(&read_file(path).map_err(|error| error.to_string())?),
            KeysFrom::Url(url) => {
                let request = OutRequest {
                    method: Method::GET,
                    url: url.to_string(),
                    headers: HeaderMap::new(),
                    body: Bytes::new(),
                    timeout: app.authorizers.time_max(),
                    chosen_by: ChosenBy::Operator,
                };
                let response = app.egress.send(&request).await.map_err(|error| error.to_string())?;
                if !response.status.is_success() || !response.is_whole {
                    return Err(format!("HTTP status {}, or too long an answer", response.status.as_u16()));
                }
                KeySet::parse(&response.body)
            }
        }
    }
}

fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![];
    File::open(path)?.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}
