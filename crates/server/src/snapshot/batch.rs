//! Pieces of input on their way from the reader to the workers.

use std::ops::Range;
use std::sync::Arc;

use thingwarden_engine::fleet::Fact;

use super::lists::List;
use super::pem;
use super::report::Position;
use super::window::Place;

/// What the workers know of the file that a piece comes from.
#[derive(Debug, Default)]
pub(super) struct Label {
    /// For people: as given, or found below what was given.
    pub(super) path: String,
    /// The last part of the path.
    pub(super) name: String,
    /// The name without extension: what a policy file's policy is called.
    pub(super) stem: String,
    /// The name of the folder that the file is in.
    pub(super) folder: String,
    /// The file says by its extension that it is a certificate, list or document, so that it is an error if it is not.
    pub(super) expected: bool,
    /// The file lies in a folder `issuers`: its certificates help with chains and are not registered.
    pub(super) issuers: bool,
    /// The command line names the file, so that it is an error if nothing in it can be used.
    pub(super) named: bool,
}

/// One record, as bytes of its batch.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) content: Content,
    pub(super) range: Range<usize>,
    pub(super) at: Place,
}

#[derive(Debug)]
pub(super) enum Content {
    Document,
    Element(List, Arc<str>),
    Pem(pem::Label),
    Der,
    /// A text that may be a template.
    Yaml,
}

/// A record, or something to say.
#[derive(Debug)]
pub(super) enum Piece {
    Record(Record),
    Skipped {
        at: Option<Position>,
        what: String,
        facts: Vec<Fact>,
    },
    /// Something in the file that is known and not needed.
    Note(&'static str),
    /// The file is finished.
    End,
}

/// Pieces of one file, with the records' bytes.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) label: Arc<Label>,
    pub(super) pieces: Vec<Piece>,
}

/// What a worker gets at once. Batches are numbered from 0 without gaps.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) number: u64,
    pub(super) buffer: Vec<u8>,
    pub(super) parts: Vec<Part>,
}

impl Label {
    pub(super) fn new(path: String) -> Self {
        let mut parts = path.rsplit('/');
        let name = parts.next().unwrap_or_default().to_owned();
        let folder = parts.next().unwrap_or_default().to_owned();
        let issuers = folder == "issuers" || parts.any(|part| part == "issuers");
        let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
        let expected = is_known(extension);
        let stem = if stem.is_empty() { name.clone() } else { stem.to_owned() };
        Self { path, stem, folder, issuers, expected, name, named: false }
    }

    /// What an empty list of certificates would list, as far as the name tells.
    pub(super) fn lists_authorities(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        ["ca-", "ca_", "cacert", "ca."].iter().any(|start| name.starts_with(start))
    }

    /// What the policy in a policy file may be called: the first name that no other policy has.
    pub(super) fn policy_names(&self) -> impl Iterator<Item = String> + use<> {
        let (stem, folder) = (&self.stem, &self.folder);
        let prefixed = if folder.is_empty() { stem.clone() } else { format!("{folder}.{stem}") };
        let first = [stem.clone(), prefixed.clone()];
        first.into_iter().chain((2..).map(move |number: u32| format!("{prefixed}.{number}")))
    }

    /// In lower case, without the dot.
    pub(super) fn extension(&self) -> String {
        self.name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
    }
}

/// Extensions of files that are expected to hold what this program reads.
pub(super) fn is_known(extension: &str) -> bool {
    const KNOWN: [&str; 8] = ["pem", "crt", "cer", "der", "crl", "json", "jsonl", "ndjson"];
    KNOWN.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_taken_apart() {
        let label = Label::new("fleet/issuers/x/root.ca.PEM".to_owned());
        assert_eq!((label.name.as_str(), label.stem.as_str()), ("root.ca.PEM", "root.ca"));
        assert_eq!((label.folder.as_str(), label.issuers, label.expected), ("x", true, true));
        assert_eq!(label.extension(), "pem");
        let label = Label::new(".hidden".to_owned());
        assert_eq!((label.stem.as_str(), label.folder.as_str(), label.expected), (".hidden", "", false));
    }
}
