//! What AWS SDKs take from the environment and from the shared files: credentials and endpoints
//! ([AWS SDKs and Tools Reference Guide](https://docs.aws.amazon.com/sdkref/latest/guide/overview.html)).

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::credentials::{Asked, Source, credential_source, from_environment};
use crate::auth::SecretKey;
use crate::auth::sigv4::AccessKey;

/// Bytes of a shared file that are read.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Profiles that get their credentials from another one, one after the other.
const PROFILES_MAX: usize = 5;

/// Credentials, and where services are.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(super) source: Source,
    /// The region of calls that are about none.
    pub(super) region: Option<String>,
    /// By service id in lower case with underscores: `securityhub`.
    endpoints: BTreeMap<String, String>,
    /// For services without one of their own.
    endpoint: Option<String>,
}

/// The variables that matter, as they were at the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(HashMap<String, SecretKey>);

impl Environment {
    pub(crate) fn new(all: &[(OsString, OsString)]) -> Self {
        let text = all.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)));
        let ours =
            text.filter(|(name, value)| (name.starts_with("AWS_") || *name == "HOME") && !value.is_empty());
        Self(ours.map(|(name, value)| (name.to_owned(), SecretKey::new(value))).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(SecretKey::as_str)
    }

    fn file(&self, variable: &str, usual: &str) -> Option<PathBuf> {
        let given = self.get(variable).map(PathBuf::from);
        given.or_else(|| Some(Path::new(self.get("HOME")?).join(".aws").join(usual)))
    }
}

impl Profile {
    /// Reads the shared files, and puts the environment before them.
    pub(crate) fn load(environment: &Environment) -> Self {
        let config = read(environment.file("AWS_CONFIG_FILE", "config"));
        let credentials = read(environment.file("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
        Self::of(environment, &Files { config, credentials })
    }

    pub(super) fn of(environment: &Environment, files: &Files) -> Self {
        let name = environment
            .get("AWS_PROFILE")
            .or_else(|| environment.get("AWS_DEFAULT_PROFILE"))
            .unwrap_or("default");
        let in_profile = |key: &str| files.get(name, key);
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| environment.get(name));
        let mut profile = Self {
            source: source(environment, files, name),
            region: region.or_else(|| in_profile("region")).map(str::to_owned),
            endpoints: BTreeMap::new(),
            endpoint: None,
        };
        let ignored = environment
            .get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .or_else(|| in_profile("ignore_configured_endpoint_urls"));
        if ignored.is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return profile;
        }
        profile.endpoint = in_profile("endpoint_url").map(ToOwned::to_owned);
        if let Some(services) =
            in_profile("services").and_then(|services| files.config.get(&format!("services {services}")))
        {
            let own =
                services.iter().filter_map(|(key, url)| Some((key.strip_suffix(".endpoint_url")?, url)));
            profile.endpoints = own.map(|(service, url)| (service.to_owned(), url.clone())).collect();
        }
        if let Some(url) = environment.get("AWS_ENDPOINT_URL") {
            // What the environment says of all services comes before what a file says of one.
            profile.endpoint = Some(url.to_owned());
            profile.endpoints.clear();
        }
        for (name, url) in &environment.0 {
            if let Some(service) = name.strip_prefix("AWS_ENDPOINT_URL_") {
                profile.endpoints.insert(service.to_lowercase(), url.as_str().to_owned());
            }
        }
        profile
    }

    /// The URL that somebody set for a service, named as its endpoint variable has it in lower case: `securityhub`.
    pub(crate) fn endpoint(&self, service: &str) -> Option<&str> {
        self.endpoints.get(service).or(self.endpoint.as_ref()).map(String::as_str)
    }
}

/// Both shared files.
pub(super) struct Files {
    config: Sections,
    credentials: Sections,
}

impl Files {
    #[cfg(fuzzing)]
    pub(super) fn new(config: &str, credentials: &str) -> Self {
        Self { config: parse(config), credentials: parse(credentials) }
    }

    fn in_config(&self, profile: &str) -> Option<&Section> {
        let named = self.config.get(&format!("profile {profile}"));
        named.or_else(|| self.config.get(profile).filter(|_| profile == "default"))
    }

    fn get(&self, profile: &str, key: &str) -> Option<&str> {
        let sections = [self.credentials.get(profile), self.in_config(profile)];
        sections.into_iter().flatten().find_map(|section| section.get(key)).map(String::as_str)
    }

    /// Id and secret are from one section, so that a half of each does not become a wrong whole.
    fn key(&self, profile: &str) -> Option<AccessKey> {
        let sections = [self.credentials.get(profile), self.in_config(profile)];
        sections.into_iter().flatten().find_map(|section| key(|part| section.get(part).map(String::as_str)))
    }
}

/// Where the credentials are, in the order of AWS's SDK for Python.
fn source(environment: &Environment, files: &Files, name: &str) -> Source {
    if let Some(key) = key(|part| environment.get(&part.to_uppercase())) {
        return Source::Key(key);
    }
    if let Some(source) = of_role(environment, files, name, 0) {
        return source;
    }
    if let (Some(role), Some(file)) =
        (environment.get("AWS_ROLE_ARN"), environment.get("AWS_WEB_IDENTITY_TOKEN_FILE"))
    {
        let named =
            |key: &str| environment.get("AWS_ROLE_SESSION_NAME").filter(|_| key == "role_session_name");
        return Source::WebIdentity { asked: Asked::new(role, named), token_file: file.into() };
    }
    files.key(name).map_or_else(|| from_environment(environment), Source::Key)
}

/// Of a profile that assumes a role; none when it does not.
fn of_role(environment: &Environment, files: &Files, name: &str, depth: usize) -> Option<Source> {
    let get = |key: &str| files.get(name, key);
    let asked = Asked::new(get("role_arn")?, get);
    let unusable = |why: &str| Some(Source::Unusable(format!("profile `{name}` {why}")));
    if get("mfa_serial").is_some() {
        return unusable("wants a code of a person's device, which a server has not");
    }
    if let Some(file) = get("web_identity_token_file") {
        return Some(Source::WebIdentity { asked, token_file: file.into() });
    }
    let from = match (get("source_profile"), get("credential_source")) {
        (Some(_), _) if depth == PROFILES_MAX => {
            return unusable("is the end of too long a chain of profiles");
        }
        // It may be its own source, when it has a key.
        (Some(source), _) if source == name => files.key(name).map(Source::Key),
        (Some(source), _) => {
            of_role(environment, files, source, depth + 1).or_else(|| files.key(source).map(Source::Key))
        }
        (None, Some("Environment")) => key(|part| environment.get(&part.to_uppercase())).map(Source::Key),
        (None, Some(source)) => credential_source(environment, source),
        (None, None) => None,
    };
    match from {
        Some(from) => Some(Source::Role { asked, from: Box::new(from) }),
        None => unusable("has a `role_arn`, and no usable `source_profile` or `credential_source`"),
    }
}

fn key<'t>(find: impl Fn(&str) -> Option<&'t str>) -> Option<AccessKey> {
    Some(AccessKey {
        id: find("aws_access_key_id")?.to_owned(),
        secret: SecretKey::new(find("aws_secret_access_key")?),
        token: find("aws_session_token").map(SecretKey::new),
    })
}

type Section = BTreeMap<String, String>;
type Sections = BTreeMap<String, Section>;

/// Sections of a shared file; one that is not there or not readable has none.
fn read(path: Option<PathBuf>) -> Sections {
    let Some(path) = path else { return Sections::new() };
    let small = std::fs::metadata(&path).is_ok_and(|file| file.len() <= FILE_BYTES_MAX);
    let text = if small { std::fs::read_to_string(&path).ok() } else { None };
    text.map(zeroize::Zeroizing::new).map(|text| parse(&text)).unwrap_or_default()
}

/// `[section]`, `key = value`, and below a key without value indented ones: `key.inner`.
fn parse(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut section = None;
    let mut outer = String::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) =
            trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name)
        {
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            section = Some(sections.entry(name).or_default());
            continue;
        }
        let (Some(section), Some((key, value))) = (&mut section, trimmed.split_once('=')) else { continue };
        let key = key.trim().to_lowercase();
        // As botocore has it, a comment begins after a blank.
        let value = value.split(" #").next().unwrap_or_default().trim().to_owned();
        if line.starts_with([' ', '\t']) && !outer.is_empty() {
            section.insert(format!("{outer}.{key}"), value);
        } else {
            outer.clone_from(&key);
            section.insert(key, value);
        }
    }
    sections
}
