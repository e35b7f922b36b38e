//! What AWS SDKs take from the environment and from the shared files: credentials and endpoints
//! ([AWS SDKs and Tools Reference Guide](https://docs.aws.amazon.com/sdkref/latest/guide/overview.html)).

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::auth::SecretKey;
use crate::auth::sigv4::AccessKey;

/// Bytes of a shared file that are read.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Credentials, and where services are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    pub(crate) key: Option<AccessKey>,
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

    fn get(&self, name: &str) -> Option<&str> {
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
        let name = environment
            .get("AWS_PROFILE")
            .or_else(|| environment.get("AWS_DEFAULT_PROFILE"))
            .unwrap_or("default");
        let config = read(environment.file("AWS_CONFIG_FILE", "config"));
        let credentials = read(environment.file("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
        let in_config =
            config.get(&format!("profile {name}")).or_else(|| config.get(name).filter(|_| name == "default"));
        let in_credentials = credentials.get(name);
        let in_profile = |key: &str| {
            [in_credentials, in_config]
                .into_iter()
                .flatten()
                .find_map(|section| section.get(key))
                .map(String::as_str)
        };

        let mut profile = Self {
            key: key(|part| environment.get(&part.to_uppercase()))
                // Id and secret are from one section, so that a half of each does not become a wrong whole.
                .or_else(|| key(|part| in_credentials?.get(part).map(String::as_str)))
                .or_else(|| key(|part| in_config?.get(part).map(String::as_str))),
            ..Self::default()
        };
        let ignored = environment
            .get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .or_else(|| in_profile("ignore_configured_endpoint_urls"));
        if ignored.is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return profile;
        }
        profile.endpoint = in_profile("endpoint_url").map(ToOwned::to_owned);
        if let Some(services) =
            in_profile("services").and_then(|services| config.get(&format!("services {services}")))
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

fn key<'t>(find: impl Fn(&str) -> Option<&'t str>) -> Option<AccessKey> {
    Some(AccessKey {
        id: find("aws_access_key_id")?.to_owned(),
        secret: SecretKey::new(find("aws_secret_access_key")?),
        token: find("aws_session_token").map(SecretKey::new),
    })
}

type Sections = BTreeMap<String, BTreeMap<String, String>>;

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
