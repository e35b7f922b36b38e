//! Token issuers: who signs the tokens that users and web applications bring, JSON Web Tokens as OpenID Connect has them
//! (RFC 7519, RFC 8725). Which policies hold for a token, the configuration says.
//!
//! `token.rs` reads a token and judges its claims, `keys.rs` its signature, `source.rs` has the issuer's keys.
//!
//! Invariants: an algorithm is a key's, never the token's choice; a token that names a configured issuer is good by that
//! issuer's keys or not at all; tokens are in no log.

mod keys;
mod source;
mod token;

use std::sync::Arc;

use thingwarden_engine::time::Timestamp;

use self::source::Source;
pub(crate) use self::token::BadToken;
use self::token::Token;
use crate::api::App;
use crate::authorizers::Presented;
use crate::config::token_issuers::TokenIssuer;

/// Those of the configuration.
#[derive(Debug, Default)]
pub(crate) struct TokenIssuers(Vec<Issuer>);

#[derive(Debug)]
struct Issuer {
    rules: TokenIssuer,
    source: Source,
}

/// A client with a good token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bearer {
    /// The issuer's name in the configuration.
    pub(crate) issuer: String,
    pub(crate) principal_id: String,
    /// The only client id that it may have, if the issuer says.
    pub(crate) client_id: Option<String>,
    /// Names, each once.
    pub(crate) policies: Vec<String>,
    /// When the token is good no more.
    pub(crate) until: Timestamp,
}

/// Why a token is not good. The texts are fit for logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotBearer {
    #[error("token of issuer `{0}`: {1}")]
    Token(String, BadToken),
    #[error("the keys of issuer `{0}` cannot be read: {1}")]
    Keys(String, String),
}

impl TokenIssuers {
    pub(crate) fn new(configured: &[TokenIssuer]) -> Self {
        let issuer = |rules: &TokenIssuer| Issuer { source: Source::new(&rules.keys), rules: rules.clone() };
        Self(configured.iter().map(issuer).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who a client is that shows the token of an issuer, as password or in the header `Authorization: Bearer`; none when it
    /// shows none of theirs.
    pub(crate) async fn judge(
        &self,
        app: &App,
        presented: &Presented,
        now: Timestamp,
    ) -> Option<Result<Bearer, NotBearer>> {
        let password = presented.mqtt.as_ref().and_then(|mqtt| mqtt.password.as_deref());
        let password = password.and_then(|password| std::str::from_utf8(password).ok());
        let header = presented.http.as_ref().and_then(|http| http.header("authorization"));
        let header = header.and_then(|header| header.split_once(' '));
        let bearer = header.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let shown = password.into_iter().chain(bearer.map(|(_, token)| token));
        let (issuer, token) = shown.filter_map(|text| Token::parse(text).ok()).find_map(|token| {
            let issuer = self.0.iter().find(|issuer| token.is_of(&issuer.rules.issuer))?;
            Some((issuer, token))
        })?;
        Some(issuer.judge(app, &token, now).await)
    }
}

impl Issuer {
    async fn judge(&self, app: &App, token: &Token<'_>, now: Timestamp) -> Result<Bearer, NotBearer> {
        let name = || self.rules.name.clone();
        let keys = self.source.keys(app, token.key_id()).await;
        let keys: Arc<_> = keys.map_err(|error| NotBearer::Keys(name(), error))?;
        keys.verify(token)
            .and_then(|()| token.bearer(&self.rules, now))
            .map_err(|bad| NotBearer::Token(name(), bad))
    }
}

/// Reads any bytes as keys, as a token, and as the header and claims of a token, one on a line.
#[cfg(fuzzing)]
pub fn fuzz(bytes: &[u8]) {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    const SIGNATURE: &str = "AAAA";
    let _ = keys::KeySet::parse(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (header, claims) = text.split_once('\n').unwrap_or_default();
    let encoded = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    for text in [text, &format!("{encoded}.{SIGNATURE}")] {
        let Ok(token) = Token::parse(text) else { continue };
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let rules = TokenIssuer {
            issuer: "i".to_owned(),
            audience: "t".to_owned(),
            leeway_seconds: 60,
            principal_claim: "sub".to_owned(),
            client_id_claim: token.key_id().map(str::to_owned),
            policies_claim: Some("realm.groups".to_owned()),
            policies: [("a".to_owned(), names(&["A", "B"]))].into(),
            default_policies: names(&["D"]),
            ..TokenIssuer::default()
        };
        let now = Timestamp::from_seconds(1_800_000_000);
        if let Ok(bearer) = token.bearer(&rules, now) {
            assert!(bearer.until > now && token.is_of("i"));
            assert!(bearer.policies.iter().all(|name| ["A", "B", "D"].contains(&name.as_str())));
        }
    }
}
