//! Whose credentials AWS is called with: keys that are written down, or temporary ones that are asked for and renewed
//! ([standardized credential providers](https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html)).

mod metadata;
mod source;
mod sts;

use std::pin::Pin;

use thingwarden_engine::time::{Duration, Timestamp};
use tokio::sync::Mutex;

use super::client::Client;
use super::profile::Profile;
use crate::auth::SecretKey;
use crate::auth::sigv4::AccessKey;
use crate::clock::{self, Clocks, Steady};

pub(super) use source::{Asked, Source, credential_source, from_environment};

/// Temporary credentials are renewed so long before they end; those that do not last twice as long, after half their time.
const RENEWED_BEFORE: Duration = Duration::minutes(5);
/// How long nobody is asked again who gave none.
const PAUSE_AFTER_FAILURE: Duration = Duration::seconds(10);
/// And how long who gave some that had ended already: one of the clocks is wrong.
const PAUSE_AFTER_ENDED: Duration = Duration::seconds(10);
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
    asked: Steady,
    /// When they end, on both clocks: they last no longer than they did when they came, and not beyond their date.
    end: Clocks,
    /// When somebody is asked again.
    renewal: Clocks,
}

impl Kept {
    /// Whether to ask again. When the machine's clock was set forward, it has come to the date before the time has passed.
    fn is_due(&self, at: Clocks) -> bool {
        let by_date = at.now >= self.renewal.now && at.steady >= self.asked + PAUSE_AFTER_ENDED;
        at.steady >= self.renewal.steady || by_date
    }

    fn is_good(&self, at: Clocks) -> bool {
        self.answer.is_ok() && at.steady < self.end.steady && at.now < self.end.now
    }
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
        let at = clock::both();
        let renewed = match known {
            Some(known) if !known.is_due(at) => known,
            known => {
                let answer = ask(client, profile, &profile.source, region).await;
                renewed(answer, known, &profile.source, at)
            }
        };
        let answer = renewed.answer.clone();
        *kept = Some(renewed);
        answer
    }
}

/// What is kept after somebody was asked. Credentials that are good still outlive a failure to renew them.
fn renewed(answer: Result<Temporary, String>, known: Option<Kept>, source: &Source, at: Clocks) -> Kept {
    let (source, asked) = (source.clone(), at.steady);
    match answer {
        Ok(Temporary { key, ends }) => {
            let left = (ends - at.now).max(Duration::from_millis(0));
            let pause = renewed_after(left);
            Kept { source, answer: Ok(key), asked, end: after(at, left), renewal: after(at, pause) }
        }
        Err(why) => {
            let (answer, end) = match known.filter(|known| known.is_good(at)) {
                Some(known) => {
                    tracing::warn!(why, "the AWS credentials cannot be renewed yet");
                    (known.answer, known.end)
                }
                None => (Err(why), at),
            };
            Kept { source, answer, asked, end, renewal: after(at, PAUSE_AFTER_FAILURE) }
        }
    }
}

/// Both clocks after a span, if none is set meanwhile.
fn after(at: Clocks, span: Duration) -> Clocks {
    Clocks { now: at.now + span, steady: at.steady + span }
}

fn renewed_after(left: Duration) -> Duration {
    match left.millis() {
        ..=0 => PAUSE_AFTER_ENDED,
        left => Duration::from_millis((left - RENEWED_BEFORE.millis()).max(left / 2)),
    }
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

    fn key(id: &str) -> AccessKey {
        AccessKey { id: id.to_owned(), secret: SecretKey::new("s"), token: None }
    }

    /// A moment so many seconds after the beginning, by a clock that was set by so many.
    fn at(seconds: i64, set_by: i64) -> Clocks {
        let millis = (1_800_000_000 + seconds) * 1000;
        Clocks { now: Timestamp::from_millis(millis + set_by * 1000), steady: Steady::from_millis(millis) }
    }

    fn source() -> Source {
        Source::Instance { url: "http://x".to_owned() }
    }

    /// Given at a moment, for an hour.
    fn given(id: &str, at: Clocks) -> Kept {
        renewed(Ok(Temporary { key: key(id), ends: at.now + Duration::hours(1) }), None, &source(), at)
    }

    #[test]
    fn credentials_are_renewed_in_time_and_outlive_a_failure() {
        assert_eq!(renewed_after(Duration::minutes(60)), Duration::minutes(55));
        assert_eq!(renewed_after(Duration::minutes(6)), Duration::minutes(3));

        let first = given("A", at(0, 0));
        assert!(!first.is_due(at(3299, 0)) && first.is_due(at(3300, 0)));
        let second = renewed(Err("down".to_owned()), Some(first), &source(), at(3360, 0));
        assert_eq!(second.answer, Ok(key("A")));
        assert!(!second.is_due(at(3369, 0)) && second.is_due(at(3370, 0)));
        let third = renewed(Err("down".to_owned()), Some(second), &source(), at(3660, 0));
        assert_eq!(third.answer, Err("down".to_owned()));
    }

    #[test]
    fn credentials_end_when_the_clock_shows_it() {
        let hours = |hours: i64| hours * 3600;
        // Forward: they have ended by their date, and are no good when there are no others.
        let first = given("A", at(0, 0));
        assert!(first.is_due(at(60, hours(3))));
        let failed = renewed(Err("down".to_owned()), Some(first), &source(), at(60, hours(3)));
        assert_eq!(failed.answer, Err("down".to_owned()));
        // Forward to when they would have been renewed.
        let early = given("A", at(0, 0));
        assert!(!early.is_due(at(60, 3239)) && early.is_due(at(60, 3240)) && early.is_good(at(60, 3240)));
        // Backward: they last as long as they did when they came.
        let back = given("A", at(0, 0));
        assert!(!back.is_due(at(3299, -hours(3))) && back.is_due(at(3300, -hours(3))));
        assert!(!back.is_good(at(3600, -hours(3))));
    }

    #[test]
    fn who_gives_credentials_that_have_ended_is_not_asked_for_each_call() {
        let ended = Temporary { key: key("A"), ends: at(0, 0).now };
        let kept = renewed(Ok(ended), None, &source(), at(0, 10_800));
        assert_eq!(kept.answer, Ok(key("A")), "whoever takes them may have another clock");
        assert!(!kept.is_due(at(9, 10_800)) && kept.is_due(at(10, 10_800)));
    }
}
