//! Which things are put into quarantine, and what that means.

use std::collections::BTreeMap;

use crate::config;

/// As the configuration has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Key and value of the tag, or of the attribute; none when only operations ask.
    tag: Option<(String, String)>,
    /// The thing group that a thing is moved to.
    pub(super) group: Option<String>,
    /// Whether certificates of the thing become INACTIVE.
    pub(super) deactivate: bool,
}

impl Rule {
    pub(crate) fn new(settings: &config::Quarantine) -> Self {
        let key = settings.tag_key.as_ref().map(|key| key.as_str().to_owned());
        let value = settings.tag_value.as_str().to_owned();
        Self {
            tag: key.map(|key| (key, value)),
            group: settings.group.as_ref().map(|group| group.as_str().to_owned()),
            deactivate: settings.deactivate_certificates,
        }
    }

    /// Whether a thing with these tags, or these attributes, shall be in quarantine.
    pub(super) fn wants(&self, tags: &BTreeMap<String, String>) -> bool {
        self.tag.as_ref().is_some_and(|(key, value)| tags.get(key) == Some(value))
    }
}
