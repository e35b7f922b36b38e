//! The access keys of the accounts' root users: given in the environment, or made at first start and kept in a file that AWS SDKs
//! read as it is.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::auth::SecretKey;
use crate::auth::sigv4::AccessKey;
use crate::config::{AccountId, Settings};
use crate::data_dir::write_private;
use crate::random;

/// In the server's folder; an AWS shared-credentials file.
pub(crate) const FILE: &str = "root-credentials";
const ID_VARIABLE: &str = "THINGWARDEN_ROOT_ACCESS_KEY_ID";
const SECRET_VARIABLE: &str = "THINGWARDEN_ROOT_SECRET_ACCESS_KEY";
/// The profile of the server's own account. Those of further accounts are called by their ids.
const OWN_PROFILE: &str = "default";
/// Bytes of the file that are read; ours has 130 for each account.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// RFC 4648's base32, which AWS writes access key ids in.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// An access key of an account's root user.
#[derive(Clone, Debug)]
pub(crate) struct RootCredential {
    pub(crate) account: AccountId,
    pub(crate) access_key_id: String,
    pub(crate) secret: SecretKey,
}

/// Id and secret as text.
#[derive(Clone, PartialEq, Eq)]
struct Pair {
    id: String,
    secret: zeroize::Zeroizing<String>,
}

/// Gives the root credentials of all accounts, the server's own first; makes and keeps what is missing.
///
/// # Errors
/// When the environment or the file is not as it should be, or the file cannot be written.
pub(crate) fn open(
    folder: &Path,
    settings: &Settings,
    environment: &[(OsString, OsString)],
) -> anyhow::Result<Vec<RootCredential>> {
    let path = folder.join(FILE);
    let name = path.display();
    let mut kept = match read(&path) {
        Ok(text) => parse(&text).with_context(|| format!("`{name}`"))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read `{name}`")),
    };
    let given = from_environment(environment)?;
    let mut is_changed = false;
    let mut credentials: Vec<RootCredential> = vec![];
    for (at, account) in settings.accounts().enumerate() {
        let profile = if at == 0 { OWN_PROFILE } else { account.as_str() };
        let pair = match (&given, kept.get(profile)) {
            (Some(given), _) if at == 0 => given.clone(),
            (_, Some(pair)) => pair.clone(),
            (_, None) => {
                let pair = Pair::random().context("the system gives no random numbers")?;
                kept.insert(profile.to_owned(), pair.clone());
                is_changed = true;
                pair
            }
        };
        if credentials.iter().any(|other| other.access_key_id == pair.id) {
            bail!("two accounts have the access key id `{}` in `{name}` or the environment", pair.id);
        }
        credentials.push(RootCredential {
            account: account.clone(),
            access_key_id: pair.id,
            secret: SecretKey::new(pair.secret.as_str()),
        });
    }
    if is_changed {
        write_private(&path, text(&kept, settings.server.region.as_str()).as_bytes())
            .with_context(|| format!("cannot write `{name}`"))?;
    }
    Ok(credentials)
}

/// The access key of an account's root user, from the file that [`open`] keeps; without an account, of the server's own.
///
/// # Errors
/// When there is no such file, or it has no such account.
pub(crate) fn of(folder: &Path, account: Option<&str>) -> anyhow::Result<AccessKey> {
    let path = folder.join(FILE);
    let name = path.display();
    let text = read(&path).with_context(|| format!("cannot read `{name}`"))?;
    let profile = account.unwrap_or(OWN_PROFILE);
    let mut pairs = parse(&text).with_context(|| format!("`{name}`"))?;
    let pair = pairs.remove(profile).with_context(|| format!("`{name}` has no profile `{profile}`"))?;
    Ok(AccessKey { id: pair.id, secret: SecretKey::new(pair.secret.as_str()), token: None })
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

fn from_environment(environment: &[(OsString, OsString)]) -> anyhow::Result<Option<Pair>> {
    let find = |name: &str| {
        let found = environment.iter().find(|(variable, _)| variable == name);
        found.map(|(_, text)| text.to_str().with_context(|| format!("{name} is not UTF-8"))).transpose()
    };
    match (find(ID_VARIABLE)?, find(SECRET_VARIABLE)?) {
        (Some(id), Some(secret)) => {
            let named = |problem| match problem {
                Misshapen::Id => ID_VARIABLE,
                Misshapen::Secret => SECRET_VARIABLE,
            };
            Pair::parse(id, secret)
                .map(Some)
                .map_err(|problem| anyhow::anyhow!("{}: expected {}", named(problem), problem.expected()))
        }
        (None, None) => Ok(None),
        (Some(_), None) => bail!("{ID_VARIABLE} is set without {SECRET_VARIABLE}"),
        (None, Some(_)) => bail!("{SECRET_VARIABLE} is set without {ID_VARIABLE}"),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Misshapen {
    Id,
    Secret,
}

impl Misshapen {
    /// Never the text itself, which may be a secret in the wrong place.
    fn expected(self) -> &'static str {
        match self {
            Self::Id => "an access key id of 16 to 128 letters, digits and `_`",
            Self::Secret => "a secret access key of 16 to 128 characters without spaces",
        }
    }
}

impl Pair {
    /// Shapes: IAM's service model, `accessKeyIdType` (16 to 128 word characters); of secrets it says nothing.
    fn parse(id: &str, secret: &str) -> Result<Self, Misshapen> {
        let lengths = 16..=128;
        if !lengths.contains(&id.len())
            || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Err(Misshapen::Id);
        }
        if !lengths.contains(&secret.len()) || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Misshapen::Secret);
        }
        Ok(Self { id: id.to_owned(), secret: secret.to_owned().into() })
    }

    /// `AKIA` and 16 characters, 40 characters: as AWS's look. `None` when the system has no randomness.
    fn random() -> Option<Self> {
        let letters = random::bytes::<16>()?;
        let letters = letters.iter().filter_map(|byte| BASE32.get(usize::from(byte % 32)));
        let id = "AKIA".chars().chain(letters.map(|letter| char::from(*letter))).collect();
        let secret = STANDARD.encode(zeroize::Zeroizing::new(random::bytes::<30>()?).as_slice());
        Some(Self { id, secret: secret.into() })
    }
}

fn text(pairs: &BTreeMap<String, Pair>, region: &str) -> zeroize::Zeroizing<String> {
    let mut text = String::from("# Root credentials, made by Thingwarden at first start.\n");
    // The own profile first: its name sorts after all ids.
    for (profile, Pair { id, secret }) in pairs.iter().rev() {
        text.push_str(&format!(
            "[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = {}\nregion = {region}\n",
            secret.as_str()
        ));
    }
    text.into()
}

/// Reads a shared-credentials file; settings that are neither id nor secret are somebody else's.
fn parse(text: &str) -> anyhow::Result<BTreeMap<String, Pair>> {
    let mut sections: Vec<(&str, Option<&str>, Option<&str>)> = vec![];
    for (at, line) in text.lines().enumerate() {
        let (line, number) = (line.trim(), at + 1);
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(profile) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            ensure!(
                !sections.iter().any(|one| one.0 == profile),
                "line {number}: a second profile `{profile}`"
            );
            sections.push((profile, None, None));
            continue;
        }
        let (key, value) =
            line.split_once('=').with_context(|| format!("line {number}: no profile and no setting"))?;
        let section =
            sections.last_mut().with_context(|| format!("line {number}: a setting before any profile"))?;
        match key.trim() {
            "aws_access_key_id" => section.1 = Some(value.trim()),
            "aws_secret_access_key" => section.2 = Some(value.trim()),
            _ => {}
        }
    }
    let mut pairs = BTreeMap::new();
    for (profile, id, secret) in sections {
        let pair = Pair::parse(id.unwrap_or_default(), secret.unwrap_or_default())
            .map_err(|problem| anyhow::anyhow!("profile `{profile}`: expected {}", problem.expected()))?;
        pairs.insert(profile.to_owned(), pair);
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "AKIAIOSFODNN7EXAMPLE";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    fn settings(additional: &str) -> Settings {
        let more = vec![("THINGWARDEN_ACCOUNTS__ADDITIONAL".into(), additional.into())];
        crate::config::load(None, &more, &[]).unwrap().settings
    }

    fn ids(credentials: &[RootCredential]) -> Vec<(&str, &str)> {
        credentials.iter().map(|one| (one.account.as_str(), one.access_key_id.as_str())).collect()
    }

    #[test]
    fn they_are_made_once_for_each_account() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path(), &settings(""), &[]).unwrap();
        let more = open(folder.path(), &settings("222222222222,111111111111"), &[]).unwrap();
        let again = open(folder.path(), &settings("111111111111,222222222222"), &[]).unwrap();
        assert_eq!(ids(&first)[0], ids(&more)[0]);
        assert_eq!(ids(&more)[1], ids(&again)[2]);
        let id = &first[0].access_key_id;
        assert!(id.len() == 20 && id.starts_with("AKIA") && id.bytes().all(|b| BASE32.contains(&b)), "{id}");
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(text.contains("[default]\n") && text.contains("[222222222222]\n"));
        let secret = text.lines().find_map(|line| line.strip_prefix("aws_secret_access_key = ")).unwrap();
        assert_eq!(secret.len(), 40);
        assert!(first[0].secret == SecretKey::new(secret));
    }

    #[test]
    fn the_environment_wins_and_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let environment = [(ID_VARIABLE.into(), ID.into()), (SECRET_VARIABLE.into(), SECRET.into())];
        let given = open(folder.path(), &settings(""), &environment).unwrap();
        assert_eq!(ids(&given), [("000000000000", ID)]);
        assert!(given[0].secret == SecretKey::new(SECRET));
        assert!(!folder.path().join(FILE).exists());
    }

    fn refused(environment: &[(&str, &str)], expected: &str) {
        let environment: Vec<(OsString, OsString)> =
            environment.iter().map(|(name, text)| (name.into(), text.into())).collect();
        assert_eq!(from_environment(&environment).err().unwrap().to_string(), expected);
    }

    #[test]
    fn half_or_misshapen_credentials_are_refused_without_showing_them() {
        refused(
            &[(ID_VARIABLE, ID)],
            "THINGWARDEN_ROOT_ACCESS_KEY_ID is set without THINGWARDEN_ROOT_SECRET_ACCESS_KEY",
        );
        refused(
            &[(SECRET_VARIABLE, SECRET)],
            "THINGWARDEN_ROOT_SECRET_ACCESS_KEY is set without THINGWARDEN_ROOT_ACCESS_KEY_ID",
        );
        refused(
            &[(ID_VARIABLE, SECRET), (SECRET_VARIABLE, SECRET)],
            "THINGWARDEN_ROOT_ACCESS_KEY_ID: expected an access key id of 16 to 128 letters, digits and `_`",
        );
        refused(
            &[(ID_VARIABLE, ID), (SECRET_VARIABLE, "short")],
            "THINGWARDEN_ROOT_SECRET_ACCESS_KEY: expected a secret access key of 16 to 128 characters without spaces",
        );
    }

    #[test]
    fn a_damaged_file_is_an_error_and_not_a_reason_for_new_keys() {
        for (text, expected) in [
            ("aws_access_key_id = AKIA\n", "line 1: a setting before any profile"),
            ("[default]\nnonsense\n", "line 2: no profile and no setting"),
            ("[default]\n[default]\n", "line 2: a second profile `default`"),
            (
                "[default]\n",
                "profile `default`: expected an access key id of 16 to 128 letters, digits and `_`",
            ),
        ] {
            assert_eq!(parse(text).err().unwrap().to_string(), expected);
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "nonsense").unwrap();
        assert!(open(folder.path(), &settings(""), &[]).is_err());
        assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), "nonsense");
    }
}
