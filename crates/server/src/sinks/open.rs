//! From the configuration to sinks that can be sent to.

use std::ffi::OsString;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use zeroize::Zeroizing;

use super::ocsf::Ocsf;
use super::security_hub::SecurityHub;
use super::slack::Slack;
use super::webhook::Webhook;
use super::{Configured, Sink};
use crate::config::sinks::{OcsfTarget, SecretPlace, SinkConfig, SinkKind};
use crate::egress::{Aws, Client};

/// Makes the sinks; nothing is sent yet.
///
/// # Errors
/// When a secret cannot be read. The text never has the secret in it.
pub(crate) fn open(
    configured: &[SinkConfig],
    environment: &[(OsString, OsString)],
    egress: &Client,
    aws: &Aws,
) -> anyhow::Result<Vec<Arc<Configured>>> {
    let secret = |place: &SecretPlace| place.read(environment).map_err(|problem| anyhow!(problem));
    let one = |config: &SinkConfig| -> anyhow::Result<Arc<Configured>> {
        let egress = egress.clone();
        let sink: Box<dyn Sink> = match &config.kind {
            SinkKind::SecurityHub { mapping, region } => {
                Box::new(SecurityHub { aws: aws.clone(), mapping: mapping.clone(), region: region.clone() })
            }
            SinkKind::Ocsf { class, to } => Box::new(match to {
                OcsfTarget::File(path) => Ocsf::to_file(*class, path.clone()),
                OcsfTarget::Http { url, token } => {
                    let token = token.as_ref().map(secret).transpose()?;
                    let token = token.as_ref().map(|token: &Zeroizing<String>| token.as_str());
                    Ocsf::to_http(*class, egress, url.to_string(), token)
                        .map_err(|_| anyhow!("its token cannot be sent in a header"))?
                }
                OcsfTarget::Syslog { transport, host, port } => {
                    Ocsf::to_syslog(*class, egress, *transport, host.clone(), *port)
                }
            }),
            SinkKind::Webhook { url, secret: place } => {
                Box::new(Webhook { egress, url: url.to_string(), secret: secret(place)? })
            }
            SinkKind::Slack { url } => Box::new(Slack { egress, url: secret(url)? }),
        };
        Ok(Arc::new(Configured::new(&config.name, config.min_severity, sink)))
    };
    let open = |config: &SinkConfig| one(config).with_context(|| format!("sink `{}`", config.name));
    configured.iter().map(open).collect()
}
