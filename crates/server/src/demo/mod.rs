//! The fleet of `thingwarden demo`: a snapshot that is made afresh, with one of nearly everything that can be wrong.
//!
//! The company is invented: Meridian Cold Chain, sensors, gateways and locks in cold stores and lorries.

mod account;
mod devices;

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::time::Timestamp;

/// Where and when the fleet is.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// Twelve digits.
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) now: Timestamp,
}

impl Setting {
    fn iot(&self, resource: &str) -> String {
        format!("arn:aws:iot:{}:{}:{resource}", self.region, self.account)
    }

    fn certificate(&self, id: CertificateId) -> String {
        self.iot(&format!("cert/{id}"))
    }

    fn role(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.account)
    }
}

/// Writes the fleet into a new folder, in the form that `import` and `audit` read.
///
/// # Errors
/// When the folder cannot be written, or no certificates can be made.
pub(crate) fn write_snapshot(folder: &Path, setting: &Setting) -> anyhow::Result<()> {
    let fleet = devices::make(setting)?;
    let files = account::files(setting, &fleet).into_iter().chain(devices::files(setting, &fleet)?);
    for (name, content) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        let written = DirBuilder::new().recursive(true).mode(0o700).create(parent);
        written
            .and_then(|()| fs::write(&path, content))
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// A file's name and content.
type File = (&'static str, Vec<u8>);

/// One record a line.
fn lines(records: impl IntoIterator<Item = Value>) -> Vec<u8> {
    let mut text = String::new();
    for record in records {
        text.push_str(&record.to_string());
        text.push('\n');
    }
    text.into_bytes()
}

/// A time as AWS's answers have it.
fn seconds(time: Timestamp) -> Value {
    Value::from(time.millis().div_euclid(1000))
}
