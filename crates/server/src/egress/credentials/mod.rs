//! Whose credentials AWS is called with: keys that are written down, or temporary ones that are asked for and renewed
//! ([standardized credential providers](https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html)).

mod metadata;
mod source;
mod sts;

use std::pin::Pin;
use std::time::{Duration, Instant};

use thingwarden_engine::time::Timestamp;
use tokio::sync::Mutex;

use super::client::Client;
use super::profile::Profile;
use crate::auth::SecretKey;
use crate::auth::sigv4::AccessKey;
use crate::clock;

pub(super) use source::{Asked, Source, credential_source, from_environment};

/// Temporary credentials are renewed so long before they end; those that do not last twice as long, after half their time.
const RENEWED_BEFORE: Duration = Duration::from_secs(300);
/// How long nobody is asked again who gave none.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// Bytes of a file with a token.
const TOKEN_BYTES_MAX: u64 = 64 << 10;

/// Credentials that end.
#[derive(Debug)]
struct Temporary {
    key: AccessKey,
    ends: Timestamp,
}

/// What was asked for last. One asks at a time, and the others wait for the answer.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    source: Source,
    answer: Result<AccessKey, String>,
    good_until: Instant,
    asked_again: Instant,
}

impl Cache {
    /// The credentials that a profile means.
    ///
    /// # Errors
    /// Why there are none.
    pub(super) async fn key(
        &self,
        client: &Client,
        profile: &Profile,
        region: &str,
    ) -> Result<AccessKey, String> {
        if let Source::Key(key) = &profile.source {
            return Ok(key.clone());
        }
        let mut kept = self.0.lock().await;
        let known = kept.take().filter(|kept| kept.source == profile.source);
        let now = clock::stopwatch();
        let renewed = match known {
            Some(known) if now < known.asked_again => known,
            known => {
                let answer = ask(client, profile, &profile.source, region).await;
                renewed(answer, known, &profile.source, now)
            }
        };
        let answer = renewed.answer.clone();
        *kept = Some(renewed);
        answer
    }
}

/// What is kept after somebody was asked. Credentials that are good still outlive a failure to renew them.
fn renewed(answer: Result<Temporary, String>, known: Option<Kept>, source: &Source, now: Instant) -> Kept {
    match answer {
        Ok(Temporary { key, ends }) => {
            let left = ends.millis().saturating_sub(clock::now().millis());
            let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
            Kept {
                source: source.clone(),
                answer: Ok(key),
                good_until: now + left,
                asked_again: now + renewed_after(left),
            }
        }
        Err(why) => {
            let good = known.filter(|known| known.answer.is_ok() && now < known.good_until);
            let (answer, good_until) =
                good.map_or((Err(why.clone()), now), |known| (known.answer, known.good_until));
            if answer.is_ok() {
                tracing::warn!(why, "the AWS credentials cannot be renewed yet");
            }
            Kept { source: source.clone(), answer, good_until, asked_again: now + PAUSE_AFTER_FAILURE }
        }
    }
}

fn renewed_after(left: Duration) -> Duration {
    left.saturating_sub(RENEWED_BEFORE).max(left / 2)
}

type Asking<'a> = Pin<Box<dyn Future<Output = Result<Temporary, String>> + Send + 'a>>;

/// Asks. Of a role that is assumed from another one, first for that one's credentials; [`source`] bounds how often.
fn ask<'a>(client: &'a Client, profile: &'a Profile, source: &'a Source, region: &'a str) -> Asking<'a> {
    Box::pin(async move {
        match source {
            // They end when somebody changes the file.
            Source::Key(key) => {
                Ok(Temporary { key: key.clone(), ends: Timestamp::from_seconds(i64::MAX / 1000) })
            }
            Source::Role { asked, from } => {
                let key = ask(client, profile, from, region).await?.key;
                sts::assume_role(client, profile, region, asked, &key).await
            }
            Source::WebIdentity { asked, token_file } => {
                sts::assume_role_with_web_identity(client, profile, region, asked, &token_in(token_file)?)
                    .await
            }
            Source::Container { url, token } => metadata::container(client, url, token).await,
            Source::Instance { url } => metadata::instance(client, url).await,
            Source::Unusable(why) => Err(why.clone()),
        }
    })
}

/// Reads an answer of either kind, for fuzzing.
#[cfg(fuzzing)]
pub(super) fn read(answer: &[u8]) {
    let _ = metadata::temporary(answer);
    sts::credentials(&String::from_utf8_lossy(answer));
}

/// A token that somebody else renews in its file.
fn token_in(path: &std::path::Path) -> Result<SecretKey, String> {
    let misread =
        |why: &dyn std::fmt::Display| format!("the token in `{}` cannot be read: {why}", path.display());
    let length = std::fs::metadata(path).map_err(|error| misread(&error))?.len();
    if length > TOKEN_BYTES_MAX {
        return Err(misread(&"it is too long"));
    }
    let text = std::fs::read_to_string(path).map(zeroize::Zeroizing::new);
    Ok(SecretKey::new(text.map_err(|error| misread(&error))?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_renewed_in_time_and_outlive_a_failure() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        assert_eq!(renewed_after(minutes(60)), minutes(55));
        assert_eq!(renewed_after(minutes(6)), minutes(3));
        assert_eq!(renewed_after(Duration::ZERO), Duration::ZERO);

        let source = Source::Instance { url: "http://x".to_owned() };
        let now = clock::stopwatch();
        let key = AccessKey { id: "A".to_owned(), secret: SecretKey::new("s"), token: None };
        let ends = Timestamp::from_millis(clock::now().millis() + 3_600_000);
        let first = renewed(Ok(Temporary { key: key.clone(), ends }), None, &source, now);
        assert!(first.asked_again > now + minutes(50) && first.good_until > first.asked_again);
        let later = now + minutes(56);
        let second = renewed(Err("down".to_owned()), Some(first), &source, later);
        assert_eq!((second.answer.clone(), second.asked_again), (Ok(key), later + PAUSE_AFTER_FAILURE));
        let after_its_end = now + minutes(61);
        let third = renewed(Err("down".to_owned()), Some(second), &source, after_its_end);
        assert_eq!(third.answer, Err("down".to_owned()));
    }
}
