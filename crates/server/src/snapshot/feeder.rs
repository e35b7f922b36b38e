//! The reading side: opens what was found, tells what it is, and cuts it into records for the workers.

use std::fs::File;
use std::io::{self, Read};
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use thingwarden_engine::fleet::Fact;

use super::archive::{self, Compression, EntryKind, Expanded, Tar};
use super::batch::{Batch, Content, Label, Part, Piece, Record};
use super::limits::{BATCH_BYTES, CRL_BYTES_MAX, SNIFF_BYTES, TEMPLATE_BYTES_MAX, TEMPLATE_YAML_BYTES_MAX};
use super::lists::{List, facts_in};
use super::pem::{self, PemSink};
use super::report::Position;
use super::split::{self, Between, JsonSink};
use super::walk::Found;
use super::window::{Place, Window};
use super::{Progress, planned};

/// Pieces in a batch, however small they are.
const PIECES_MAX: usize = 16_384;

/// Reads files in order and sends batches. When the other side is gone, everything further is dropped.
pub(super) struct Feeder<'a> {
    out: SyncSender<Batch>,
    spare: Receiver<Vec<u8>>,
    progress: &'a dyn Progress,
    batch: Batch,
    label: Arc<Label>,
    /// The command line names the file at hand.
    named: bool,
    pieces: Vec<Piece>,
    waiting: usize,
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// How a stream came to be, which decides what may be inside it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    File,
    Expanded,
    Member,
}

/// What a stream holds.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Empty,
    Packed(Compression),
    Tar,
    Json(Between),
    /// One JSON document, however long it is: a plan of Terraform.
    Plan,
    /// A template, or something else in YAML.
    Yaml,
    Pem,
    /// With the length that the outermost element states, header included.
    Der(u64),
    Unknown,
}

/// A file that reports how much of it was read.
struct Watched<'a, 'b> {
    file: File,
    progress: &'a dyn Progress,
    bytes: &'b mut u64,
}

impl Read for Watched<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        *self.bytes += count as u64;
        self.progress.advance(count as u64);
        Ok(count)
    }
}

impl<'a> Feeder<'a> {
    /// `spare` gives empty buffers back; a batch is only begun when there is one.
    pub(super) fn new(out: SyncSender<Batch>, spare: Receiver<Vec<u8>>, progress: &'a dyn Progress) -> Self {
        let buffer = spare.recv().unwrap_or_default();
        Self {
            out,
            spare,
            progress,
            batch: Batch { buffer, ..Batch::default() },
            label: Arc::default(),
            named: false,
            pieces: Vec::new(),
            waiting: 0,
            files: 0,
            bytes: 0,
        }
    }

    pub(super) fn file(&mut self, found: &Found) {
        self.files += 1;
        self.named = found.named;
        let path = found.path.to_string_lossy().into_owned();
        let mut bytes = 0;
        match File::open(&found.path) {
            Ok(file) => {
                let mut watched = Watched { file, progress: self.progress, bytes: &mut bytes };
                self.stream(path, &mut watched, Origin::File);
                // A file that was given up still counts as done, or the progress would never be complete.
                self.progress.advance(found.size.saturating_sub(bytes));
            }
            Err(error) => {
                self.begin(Label::new(path));
                self.skip(None, error.to_string(), &[]);
                self.end();
            }
        }
        self.bytes += bytes;
    }

    /// Sends what is left.
    pub(super) fn finish(mut self) -> (u64, u64) {
        self.flush();
        (self.files, self.bytes)
    }

    fn stream(&mut self, path: String, source: &mut dyn Read, origin: Origin) {
        let mut window = Window::new(source);
        window.fill(SNIFF_BYTES);
        let name = match origin {
            // What remains of the name decides what is inside.
            Origin::Expanded => path.rsplit_once('.').map_or(path.as_str(), |(name, _)| name).to_owned(),
            _ => path.clone(),
        };
        let named = self.named && origin != Origin::Member;
        let label = Label { path, named, ..Label::new(name) };
        match (classify(window.ahead(), &label), origin) {
            (Kind::Packed(compression), Origin::File) => {
                let path = label.path;
                self.stream(path, &mut Expanded::new(window, compression), Origin::Expanded);
            }
            (Kind::Tar, Origin::File | Origin::Expanded) => self.tar(label, &mut window),
            (Kind::Packed(_) | Kind::Tar, _) => {
                let what = "archive inside an archive, not read";
                self.begin(label);
                if self.named {
                    self.skip(None, what.to_owned(), &[])
                } else {
                    self.note(what)
                }
                self.end();
            }
            (kind, _) => {
                self.begin(label);
                self.content(kind, &mut window);
                self.end();
            }
        }
    }

    fn tar(&mut self, label: Label, source: &mut dyn Read) {
        let mut tar = Tar::new(source);
        loop {
            match tar.next() {
                Ok(Some(entry)) => {
                    let path = format!("{}/{}", label.path, entry.name.trim_start_matches("./"));
                    if entry.kind == EntryKind::File {
                        self.files += 1;
                        self.stream(path, &mut tar, Origin::Member);
                    } else {
                        self.no_file(path, entry.kind);
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    // The member that was cut off has said so itself.
                    let said = matches!(self.batch.parts.last(), Some(part) if part.pieces.iter().rev().take(2).any(
                        |piece| matches!(piece, Piece::Skipped { at: Some(Position::Byte(_)), .. })));
                    if !said {
                        self.begin(label);
                        self.skip(None, error.to_string(), &[]);
                        self.end();
                    }
                    return;
                }
            }
        }
    }

    /// A member of an archive that is there and cannot be read: links and sparse files stand for content, so leaving them
    /// out is an error.
    fn no_file(&mut self, path: String, kind: EntryKind) {
        let skipped = match kind {
            EntryKind::File | EntryKind::Folder => return,
            EntryKind::HardLink | EntryKind::SymbolicLink => "link in an archive, not followed".to_owned(),
            EntryKind::Sparse => "sparse file in an archive, not read".to_owned(),
            EntryKind::Other(flag) => {
                format!("archive member of unknown type `{}`, not read", char::from(flag))
            }
            EntryKind::Device | EntryKind::Pipe => String::new(),
        };
        self.begin(Label::new(path));
        match kind {
            EntryKind::Device => self.note("device in an archive, not read"),
            EntryKind::Pipe => self.note("pipe in an archive, not read"),
            _ => self.skip(None, skipped, &[]),
        }
        self.end();
    }

    fn content(&mut self, kind: Kind, window: &mut Window<'_>) {
        match kind {
            Kind::Json(between) => split::split(window, between, self),
            Kind::Pem => {
                if pem::split(window, self) == 0 {
                    self.nothing_in_it("no certificate and no revocation list in it");
                }
            }
            Kind::Der(length) => self.der(length, window),
            Kind::Plan => self.whole(Content::Document, TEMPLATE_BYTES_MAX, window),
            Kind::Yaml => self.whole(Content::Yaml, TEMPLATE_YAML_BYTES_MAX, window),
            Kind::Empty if window.failure().is_some() => {}
            Kind::Empty => {
                let json = self.label.extension().contains("json");
                if json { self.note("empty file") } else { self.nothing_in_it("the file is empty") }
            }
            Kind::Packed(_) | Kind::Tar | Kind::Unknown => {
                self.nothing_in_it("neither PEM nor DER");
            }
        }
        if let Some(error) = window.failure() {
            let mut facts = Vec::new();
            // The failure explains why the text ended.
            if let Some(Piece::Skipped { what, facts: known, .. }) = self.pieces.last_mut()
                && what.contains("the text ends")
            {
                facts = mem::take(known);
                self.pieces.pop();
            }
            self.skip(Some(Position::Byte(window.place().offset)), error.to_string(), &facts);
        }
    }

    /// An error for files that are expected to hold something, and a note for all others.
    fn nothing_in_it(&mut self, what: &str) {
        if self.label.expected {
            self.skip(None, what.to_owned(), &[]);
        }
    }

    fn der(&mut self, length: u64, window: &mut Window<'_>) {
        if length > CRL_BYTES_MAX as u64 {
            self.skip(None, format!("DER of {length} bytes; at most {CRL_BYTES_MAX} are read"), &[]);
            return;
        }
        let at = window.place();
        // One byte more, so that the parser sees that something follows.
        let want = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(1);
        let bytes = window.fill(want);
        self.record(Content::Der, at, bytes.get(..want.min(bytes.len())).unwrap_or_default());
        window.shrink();
    }

    /// All of a file as one record.
    fn whole(&mut self, content: Content, bytes_max: usize, window: &mut Window<'_>) {
        if window.ahead().starts_with(b"\xef\xbb\xbf") {
            window.consume(3);
        }
        let at = window.place();
        let bytes = window.fill(bytes_max.saturating_add(1));
        if bytes.len() > bytes_max {
            let facts = [Fact::Policies, Fact::RoleAliases, Fact::Roles];
            self.skip(None, format!("a template of more than {bytes_max} bytes"), &facts);
        } else if window.failure().is_none() {
            let bytes = window.ahead();
            self.record(content, at, bytes.trim_ascii_end());
        }
        window.shrink();
    }

    fn begin(&mut self, label: Label) {
        self.label = Arc::new(label);
    }

    fn end(&mut self) {
        self.push(Piece::End);
        self.close_part();
    }

    fn note(&mut self, what: &'static str) {
        self.push(Piece::Note(what));
    }

    fn skip(&mut self, at: Option<Position>, what: String, facts: &[Fact]) {
        self.push(Piece::Skipped { at, what, facts: facts.to_vec() });
    }

    fn record(&mut self, content: Content, at: Place, bytes: &[u8]) {
        if !self.batch.buffer.is_empty() && self.batch.buffer.len() + bytes.len() > BATCH_BYTES {
            self.flush();
        }
        let start = self.batch.buffer.len();
        self.batch.buffer.extend_from_slice(bytes);
        self.push(Piece::Record(Record { content, range: start..start + bytes.len(), at }));
    }

    fn push(&mut self, piece: Piece) {
        self.waiting += 1;
        self.pieces.push(piece);
        if self.waiting >= PIECES_MAX {
            self.flush();
        }
    }

    fn close_part(&mut self) {
        if !self.pieces.is_empty() {
            let pieces = mem::take(&mut self.pieces);
            self.batch.parts.push(Part { label: Arc::clone(&self.label), pieces });
        }
    }

    fn flush(&mut self) {
        self.close_part();
        self.waiting = 0;
        if self.batch.parts.is_empty() {
            return;
        }
        let number = self.batch.number + 1;
        let full = mem::replace(&mut self.batch, Batch { number, ..Batch::default() });
        // A failure means that the load was given up; the rest of the input is then of no interest.
        let _ = self.out.send(full);
        self.batch.buffer = self.spare.recv().unwrap_or_default();
    }
}

impl JsonSink for Feeder<'_> {
    fn document(&mut self, at: Place, text: &[u8]) {
        self.record(Content::Document, at, text);
    }

    fn element(&mut self, at: Place, list: List, siblings: &Arc<str>, text: &[u8]) {
        self.record(Content::Element(list, Arc::clone(siblings)), at, text);
    }

    fn broken(&mut self, at: Place, what: String, list: Option<List>, sample: &[u8]) {
        let facts = list.and_then(List::fact).map_or_else(|| facts_in(sample), |fact| vec![fact]);
        self.skip(Some(Position::Line(at.line)), what, &facts);
    }
}

impl PemSink for Feeder<'_> {
    fn block(&mut self, at: Place, label: pem::Label, text: &[u8]) {
        self.record(Content::Pem(label), at, text);
    }

    fn other(&mut self, what: &'static str) {
        self.note(what);
    }

    fn broken(&mut self, at: Place, what: String) {
        // Whose certificate it was is lost with it.
        let facts = [Fact::CaCertificates, Fact::DeviceCertificates];
        self.skip(Some(Position::Line(at.line)), what, &facts);
    }
}

/// Tells from the first bytes what a stream holds; the name decides only where they do not.
fn classify(head: &[u8], label: &Label) -> Kind {
    if head.is_empty() {
        return Kind::Empty;
    }
    if let Some(compression) = Compression::of(head) {
        return Kind::Packed(compression);
    }
    let extension = label.extension();
    if archive::is_tar(head) || (extension == "tar" && head.iter().all(|byte| *byte == 0)) {
        return Kind::Tar;
    }
    let between = if extension == "log" { Between::Noise } else { Between::Error };
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins_json = matches!(text.first(), Some(b'{' | b'['));
    if begins_json && is_plan(text) {
        return Kind::Plan;
    }
    if begins_json && (label.expected || extension == "log" || goes_on_as_json(text)) {
        return Kind::Json(between);
    }
    if planned::begins_template(head) {
        return Kind::Yaml;
    }
    let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
    if has(b"-----BEGIN ") {
        return Kind::Pem;
    }
    if let Some(length) = der_length(head) {
        return Kind::Der(length);
    }
    match extension.as_str() {
        "json" | "jsonl" | "ndjson" => Kind::Json(Between::Error),
        "log" => Kind::Json(Between::Noise),
        "pem" | "crt" | "cer" | "crl" => Kind::Pem,
        "yaml" | "yml" | "template" => Kind::Yaml,
        _ if has(b"\"eventType\"") => Kind::Json(Between::Noise),
        _ => Kind::Unknown,
    }
}

/// `terraform show -json` says its versions first.
fn is_plan(text: &[u8]) -> bool {
    let start = text.get(..text.len().min(256)).unwrap_or_default();
    let has = |needle: &[u8]| memchr::memmem::find(start, needle).is_some();
    has(b"\"format_version\"") && has(b"\"terraform_version\"")
}

/// Tells JSON from what else begins with a brace or bracket, such as configuration files: the next character fits.
fn goes_on_as_json(text: &[u8]) -> bool {
    let next = text.get(1..).unwrap_or_default().trim_ascii_start().first();
    match text.first() {
        Some(b'{') => matches!(next, Some(b'"' | b'}')),
        _ => matches!(next, Some(b'{' | b'[' | b'"' | b']')),
    }
}

/// The length of a DER element that begins as certificates and revocation lists do: a sequence in a sequence.
fn der_length(head: &[u8]) -> Option<u64> {
    let (content, length) = match head {
        [0x30, short @ 0..=0x7f, rest @ ..] => (rest, u64::from(*short) + 2),
        [0x30, 0x81, one, rest @ ..] => (rest, u64::from(*one) + 3),
        [0x30, 0x82, a, b, rest @ ..] => (rest, u64::from(u16::from_be_bytes([*a, *b])) + 4),
        [0x30, 0x83, a, b, c, rest @ ..] => (rest, u64::from(u32::from_be_bytes([0, *a, *b, *c])) + 5),
        [0x30, 0x84, a, b, c, d, rest @ ..] => (rest, u64::from(u32::from_be_bytes([*a, *b, *c, *d])) + 6),
        _ => return None,
    };
    (content.first() == Some(&0x30)).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_before_the_name() {
        let check = |name: &str, head: &[u8], expected: Kind| {
            assert_eq!(classify(head, &Label::new(name.to_owned())), expected, "{name} {head:?}");
        };
        check("a.json", b" {\"a\":1}", Kind::Json(Between::Error));
        check("a.txt", b"[{}]", Kind::Json(Between::Error));
        check("a.toml", b"[checks.A]\nb = 1", Kind::Unknown);
        check("a.conf", b"{ listen 80; }", Kind::Unknown);
        check("a.log", b"{\"a\":1}", Kind::Json(Between::Noise));
        check("a.log", b"2026 {\"a\":1}", Kind::Json(Between::Noise));
        check("a.json", b"nonsense", Kind::Json(Between::Error));
        check("a.json", b"-----BEGIN CERTIFICATE-----", Kind::Pem);
        check("a.0", b"subject\n-----BEGIN CERTIFICATE-----", Kind::Pem);
        check("a.json", b"{\"p\":\"-----BEGIN CERTIFICATE-----", Kind::Json(Between::Error));
        check("a", &[0x30, 0x82, 1, 0, 0x30], Kind::Der(260));
        check("key.der", &[0x30, 0x82, 1, 0, 2, 1, 0], Kind::Unknown);
        check("a.txt", b"hello", Kind::Unknown);
        check("a.pem", &[0; 600], Kind::Pem);
        check("a.tar", &[0; 600], Kind::Tar);
        check("a", &[0x1f, 0x8b, 8, 0], Kind::Packed(Compression::Gzip));
        check("a.pem", b"", Kind::Empty);
        check("plan", b"{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.5\"", Kind::Plan);
        check("a.yml", b"a: 1\n", Kind::Yaml);
        check("a.txt", b"# x\nAWSTemplateFormatVersion: '2010-09-09'\n", Kind::Yaml);
        check("a", b"service: x\nprovider:\n  name: aws\n", Kind::Yaml);
    }
}
