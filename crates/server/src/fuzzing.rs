//! Entry points of the fuzz targets in `fuzz/`; compiled for them alone.

use std::path::PathBuf;

use thingwarden_engine::pki::KeyChecker;
use thingwarden_engine::time::Timestamp;

use crate::query::Form;
use crate::snapshot::{self, LoadOptions, Progress};

pub use crate::authorizers::fuzz as authorizer_answer;
pub use crate::broker::fuzzing::data_plane_request;
pub use crate::cloudwatch::fuzz as filter_pattern;
pub use crate::egress::fuzzing::{credentials, shared_files, urls};
pub use crate::http::has_length;
pub use crate::provisioning::{fuzz as provisioning_template, fuzz_payload as provisioning_payload};
pub use crate::shadows::fuzzing::shadow;
pub use crate::sns::fuzzing::policies;
pub use crate::token_issuers::fuzz as token;

struct Silent;

impl Progress for Silent {
    fn total(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn say(&self, _: &str) {}
}

/// The parameters of an encoded form, sorted; none when it is refused.
pub fn form(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    Form::parse(bytes).ok().map(Form::into_parameters)
}

/// Reads `bytes` as an answer of Slack's, and as one of a webhook.
pub fn callback(bytes: &[u8]) {
    crate::approvals::read_any(bytes);
}

/// Reads a topic as one on which devices ask the server.
pub fn service_topic(topic: &str) {
    if let Some((shadow, verb)) = crate::shadows::request(topic) {
        assert_eq!(shadow.topic(verb), topic);
        assert!(crate::shadows::is_open_to_devices(topic));
    }
    if let Some(asked) = crate::provisioning::request(topic) {
        assert_eq!(asked.topic(), topic);
    }
}

/// Loads `bytes` as a file of this name: whatever they are, loading ends, and two workers make of it what one makes.
pub fn load(name: &str, bytes: &[u8]) {
    let folder = std::env::temp_dir().join(format!("thingwarden-fuzz-{}", std::process::id()));
    let path: PathBuf = folder.join(name);
    if std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, bytes)).is_err() {
        return;
    }
    let load = |jobs| {
        let options = LoadOptions {
            now: Timestamp::from_seconds(1_800_000_000),
            jobs,
            keep_moduli: true,
            keep_groups: true,
            key_checker: KeyChecker::builtin(),
            account: None,
            region: None,
            parameters: Default::default(),
            online: None,
        };
        snapshot::load(std::slice::from_ref(&path), &options, &Silent)
            .map(|loaded| (loaded.stats, loaded.fleet.sizes()))
    };
    assert_eq!(load(1).ok(), load(2).ok());
}
