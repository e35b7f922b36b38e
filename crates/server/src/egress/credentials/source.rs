//! Where a profile says that its credentials are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use http::Uri;

use crate::auth::SecretKey;
use crate::auth::sigv4::AccessKey;
use crate::egress::profile::Environment;

/// Where instances and tasks of AWS ask for their role's credentials
/// ([EC2](https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html),
/// [containers](https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html)).
const INSTANCE_V4: &str = "http://169.254.169.254";
const INSTANCE_V6: &str = "http://[fd00:ec2::254]";
const CONTAINER: &str = "http://169.254.170.2";
/// Others that may be asked without TLS: the agent of EKS Pod Identity.
const POD_V4: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 23);
const TASK_V4: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 2);
const POD_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23);

/// Where credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::egress) enum Source {
    /// They are written down.
    Key(AccessKey),
    /// A role is assumed.
    Role { asked: Asked, from: Box<Self> },
    /// A role is assumed with a token that somebody else issued: Kubernetes, for one.
    WebIdentity { asked: Asked, token_file: PathBuf },
    /// The endpoint of ECS and EKS; the token is in the variable or in the file.
    Container { url: String, token: ContainerToken },
    /// The metadata service of EC2, version 2.
    Instance { url: String },
    /// There are none, for this reason.
    Unusable(String),
}

/// A role that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::egress) struct Asked {
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) external_id: Option<String>,
    pub(super) seconds: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::egress) enum ContainerToken {
    #[default]
    None,
    Text(SecretKey),
    File(PathBuf),
}

impl Asked {
    /// `find` finds settings of a profile by the names that they have in the configuration file.
    pub(in crate::egress) fn new<'t>(role_arn: &str, find: impl Fn(&str) -> Option<&'t str>) -> Self {
        Self {
            role_arn: role_arn.to_owned(),
            session_name: find("role_session_name").unwrap_or("thingwarden").to_owned(),
            external_id: find("external_id").map(str::to_owned),
            seconds: find("duration_seconds").and_then(|seconds| seconds.parse().ok()),
        }
    }
}

/// What is asked when neither variables nor files name anything else: what AWS tells its containers, and the instance.
pub(in crate::egress) fn from_environment(environment: &Environment) -> Source {
    container(environment).unwrap_or_else(|| instance(environment))
}

/// What `credential_source` of a profile means; none when it is not there, or unknown.
pub(in crate::egress) fn credential_source(environment: &Environment, name: &str) -> Option<Source> {
    match name {
        "EcsContainer" => container(environment),
        "Ec2InstanceMetadata" => Some(instance(environment)),
        _ => None,
    }
}

/// Of a task or pod; none when the server runs in neither.
fn container(environment: &Environment) -> Option<Source> {
    let url = match environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
        Some(path) if path.starts_with('/') => format!("{CONTAINER}{path}"),
        Some(_) => {
            let why = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash";
            return Some(Source::Unusable(why.to_owned()));
        }
        None => environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")?.to_owned(),
    };
    if !may_be_asked(&url) {
        let why = "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address that AWS documents";
        return Some(Source::Unusable(why.to_owned()));
    }
    let file = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    let text = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    let token = match (file, text) {
        (Some(file), _) => ContainerToken::File(file.into()),
        (None, Some(text)) => ContainerToken::Text(SecretKey::new(text)),
        (None, None) => ContainerToken::None,
    };
    Some(Source::Container { url, token })
}

fn instance(environment: &Environment) -> Source {
    let is = |variable: &str, wanted: &str| {
        environment.get(variable).is_some_and(|text| text.eq_ignore_ascii_case(wanted))
    };
    if is("AWS_EC2_METADATA_DISABLED", "true") {
        return Source::Unusable("there are no AWS credentials in the environment or the profile".to_owned());
    }
    let usual = if is("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6") { INSTANCE_V6 } else { INSTANCE_V4 };
    let url = environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or(usual);
    Source::Instance { url: url.trim_end_matches('/').to_owned() }
}

/// Whether credentials may be asked for there: with TLS anywhere, without it on this machine and at AWS's own addresses.
fn may_be_asked(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") if host == "localhost" => true,
        Some("http") => host.parse::<IpAddr>().is_ok_and(|address| {
            address.is_loopback() || [TASK_V4.into(), POD_V4.into(), POD_V6.into()].contains(&address)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let all: Vec<_> = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Environment::new(&all)
    }

    #[test]
    fn tokens_go_to_addresses_that_aws_documents() {
        for good in [
            "https://anything.example/x",
            "http://localhost:8080/x",
            "http://127.0.0.1/x",
            "http://[::1]:1/x",
            "http://169.254.170.2/x",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
        ] {
            assert!(may_be_asked(good), "{good}");
        }
        for bad in [
            "http://169.254.169.254/x",
            "http://10.0.0.1/x",
            "http://example.com/x",
            "ftp://127.0.0.1/x",
            "/x",
            "",
        ] {
            assert!(!may_be_asked(bad), "{bad}");
        }
    }

    #[test]
    fn containers_come_before_instances() {
        let task = environment(&[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1")]);
        let expected = Source::Container {
            url: "http://169.254.170.2/v2/credentials/1".to_owned(),
            token: ContainerToken::None,
        };
        assert_eq!(from_environment(&task), expected);
        let astray = environment(&[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example/")]);
        assert!(matches!(from_environment(&astray), Source::Unusable(_)));
        let pod = environment(&[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token"),
        ]);
        assert!(matches!(from_environment(&pod), Source::Container { token: ContainerToken::File(_), .. }));
        let instance = Source::Instance { url: "http://169.254.169.254".to_owned() };
        assert_eq!(from_environment(&environment(&[])), instance);
        let v6 = environment(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6")]);
        assert_eq!(from_environment(&v6), Source::Instance { url: "http://[fd00:ec2::254]".to_owned() });
        let off = environment(&[("AWS_EC2_METADATA_DISABLED", "true")]);
        assert!(matches!(from_environment(&off), Source::Unusable(_)));
    }
}
