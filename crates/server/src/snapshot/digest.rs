//! The workers' side: from a batch of records to items, without any state.

use std::sync::Arc;

use thingwarden_engine::fleet::Fact;
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::pki::{Certificate, CertificateFacts, KeyChecker};
use thingwarden_engine::policy::{self, Dialect, Document};

use super::batch::{Batch, Content, Label, Part, Piece, Record};
use super::items::{Item, ReadCertificate};
use super::json::{Lines, narrow};
use super::lists::facts_in;
use super::planned::{self, Filling};
use super::report::Position;
use super::stated::Stated;
use super::{pem, recognize};

/// What all workers share.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    pub(super) key_checker: &'a KeyChecker,
    pub(super) keep_moduli: bool,
    /// Thing groups, what is in them and what policies are attached to are wanted.
    pub(super) keep_groups: bool,
    /// Revocation lists are going to be fetched.
    pub(super) keep_distribution_points: bool,
    /// What templates are filled in with.
    pub(super) filling: &'a Filling,
    /// Give what records state, not only what checks ask for.
    pub(super) in_full: bool,
}

/// A batch after the work, with its buffer for the next.
#[derive(Debug)]
pub(super) struct Digested {
    pub(super) number: u64,
    pub(super) buffer: Vec<u8>,
    pub(super) parts: Vec<DigestedPart>,
}

#[derive(Debug)]
pub(super) struct DigestedPart {
    pub(super) label: Arc<Label>,
    pub(super) items: Vec<Placed>,
}

/// An item and where it comes from.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) at: Option<Position>,
    pub(super) item: Item,
}

/// Collects the items of one record.
pub(super) struct Output<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) label: &'a Label,
    items: &'a mut Vec<Placed>,
    /// This part of the file has named the account and the region already.
    account_named: &'a mut bool,
}

impl Output<'_> {
    pub(super) fn push(&mut self, line: u32, item: Item) {
        self.items.push(Placed { at: Some(Position::Line(line.into())), item });
    }

    pub(super) fn push_at(&mut self, at: Position, item: Item) {
        self.items.push(Placed { at: Some(at), item });
    }

    pub(super) fn broken(&mut self, line: u32, what: String, facts: &[Fact]) {
        self.push(line, Item::Broken { what, facts: facts.to_vec() });
    }

    /// An ARN that may tell account and region; one for each part of a file is enough.
    pub(super) fn arn(&mut self, line: u32, arn: &str) {
        if !*self.account_named && account_of(arn).is_some() {
            *self.account_named = true;
            self.push(line, Item::Arn(arn.to_owned()));
        }
    }

    /// Looking for an ARN is worth it.
    pub(super) fn wants_arn(&self) -> bool {
        !*self.account_named
    }

    /// What a record states, for those who keep it. It costs nothing for those who do not.
    pub(super) fn stated(&mut self, line: u32, state: impl FnOnce() -> Result<Stated, String>) {
        if self.shared.in_full {
            match state() {
                Ok(stated) => self.push(line, Item::Stated(Box::new(stated))),
                Err(what) => self.broken(line, what, &[]),
            }
        }
    }

    /// What a record states of things, groups, principals and attachments, for those who keep it or whose check asks.
    pub(super) fn tied(&mut self, line: u32, fact: Fact, state: impl FnOnce() -> Result<Stated, String>) {
        if self.shared.in_full || self.shared.keep_groups {
            match state() {
                Ok(stated) => self.push(line, Item::Stated(Box::new(stated))),
                Err(what) => self.broken(line, what, &[fact]),
            }
        }
    }

    fn without_line(&mut self, item: Item) {
        self.items.push(Placed { at: None, item });
    }
}

pub(super) fn digest(batch: Batch, shared: &Shared<'_>) -> Digested {
    let Batch { number, mut buffer, parts } = batch;
    let parts = parts.into_iter().map(|part| digest_part(part, &buffer, shared)).collect();
    buffer.clear();
    if buffer.capacity() > 16 << 20 {
        // A large revocation list went through; few batches need that much.
        buffer = Vec::new();
    }
    Digested { number, buffer, parts }
}

fn digest_part(part: Part, buffer: &[u8], shared: &Shared<'_>) -> DigestedPart {
    let mut items = Vec::with_capacity(part.pieces.len());
    let mut account_named = false;
    for piece in part.pieces {
        match piece {
            Piece::Record(Record { content, range, at }) => {
                let bytes = buffer.get(range).unwrap_or_default();
                let output = &mut Output {
                    shared,
                    label: &part.label,
                    items: &mut items,
                    account_named: &mut account_named,
                };
                match content {
                    Content::Document => recognize::document(bytes, at, output),
                    Content::Element(list, siblings) => {
                        let mut lines = Lines::new(bytes, at.line);
                        recognize::streamed(list, &siblings, bytes, &mut lines, output);
                    }
                    Content::Pem(label) => pem_block(label, bytes, narrow(at.line), output),
                    Content::Der => der(bytes, output),
                    Content::Yaml => planned::yaml(bytes, output),
                }
            }
            Piece::Skipped { at, what, facts } => {
                items.push(Placed { at, item: Item::Broken { what, facts } })
            }
            Piece::Note(what) => items.push(Placed { at: None, item: Item::Note(what) }),
            Piece::End => items.push(Placed { at: None, item: Item::End }),
        }
    }
    DigestedPart { label: part.label, items }
}

/// Certificates may be anybody's as long as they cannot be read.
const ANY_CERTIFICATE: &[Fact] = &[Fact::CaCertificates, Fact::DeviceCertificates];

fn pem_block(label: pem::Label, text: &[u8], line: u32, output: &mut Output<'_>) {
    for block in PemBlocks::new(text) {
        match (block, label) {
            (Ok(block), pem::Label::Crl) => output.push(line, Item::Crl(block.der)),
            (Ok(block), _) => match certificate(own_part(&block.label, &block.der), false, output.shared) {
                Ok(read) => loose(read, Some(line), output),
                Err(error) => output.broken(line, error, ANY_CERTIFICATE),
            },
            (Err(error), pem::Label::Crl) => output.broken(line, error.kind.to_string(), &[Fact::Crls]),
            (Err(error), _) => output.broken(line, error.kind.to_string(), ANY_CERTIFICATE),
        }
    }
}

/// OpenSSL appends trust settings to what it labels `TRUSTED CERTIFICATE`.
fn own_part<'a>(label: &str, der: &'a [u8]) -> &'a [u8] {
    match der {
        [0x30, 0x82, high, low, ..] if label == "TRUSTED CERTIFICATE" => {
            let length = usize::from(u16::from_be_bytes([*high, *low])) + 4;
            der.get(..length).unwrap_or(der)
        }
        _ => der,
    }
}

fn der(bytes: &[u8], output: &mut Output<'_>) {
    let error = match certificate(bytes, false, output.shared) {
        Ok(read) => return loose(read, None, output),
        Err(error) => error,
    };
    // Both begin alike; a list is recognized later, when its signature is verified.
    if output.label.extension() == "crl" || looks_like_crl(bytes) {
        output.without_line(Item::Crl(bytes.to_vec()));
    } else if output.label.expected {
        output.without_line(Item::Broken { what: error, facts: ANY_CERTIFICATE.to_vec() });
    }
}

/// In a certificate list the third element of the signed part is a time or a name before a time; in a certificate the
/// serial number, an integer, comes before the algorithm.
fn looks_like_crl(der: &[u8]) -> bool {
    let inside = |der: &[u8]| -> Option<usize> {
        match der {
            [0x30, 0x81, ..] => Some(3),
            [0x30, 0x82, ..] => Some(4),
            [0x30, 0x83, ..] => Some(5),
            [0x30, 0x84, ..] => Some(6),
            [0x30, ..] => Some(2),
            _ => None,
        }
    };
    let signed = inside(der).and_then(|skip| der.get(skip..)).unwrap_or_default();
    let fields = inside(signed).and_then(|skip| signed.get(skip..)).unwrap_or_default();
    // Version 2 is written, version 1 is left out.
    matches!(fields, [2, 1, 1, 0x30, ..] | [0x30, ..])
}

/// A certificate without a word of the registry: an issuer's, a registered CA's, or a device's.
fn loose(read: ReadCertificate, line: Option<u32>, output: &mut Output<'_>) {
    let is_authority = is_authority(&read.facts);
    let read = Box::new(read);
    let item = if output.label.issuers { Item::Issuer(read) } else { Item::Loose { read, is_authority } };
    match line {
        Some(line) => output.push(line, item),
        None => output.without_line(item),
    }
}

/// The certificate says that it is a CA's, or, without basic constraints, that it signs certificates.
fn is_authority(facts: &CertificateFacts) -> bool {
    if facts.has_basic_constraints { facts.is_ca } else { facts.key_cert_sign }
}

/// Reads a certificate and condenses it. Of registered CA certificates, and those that say they are a CA's, enough is
/// kept to look for what they issued.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn certificate(
    der: &[u8],
    registered: bool,
    shared: &Shared<'_>,
) -> Result<ReadCertificate, String> {
    let mut certificate = Certificate::parse(der).map_err(|error| error.to_string())?;
    let facts = CertificateFacts::of(&certificate, shared.key_checker);
    let modulus = match shared.keep_moduli {
        true => certificate.public_key.rsa_modulus().map(Box::from),
        false => None,
    };
    let distribution_points = match shared.keep_distribution_points {
        true => std::mem::take(&mut certificate.crl_distribution_points),
        false => Vec::new(),
    };
    let id = certificate.id;
    let (der, issuer) = match registered || is_authority(&facts) {
        true => (None, Some(Box::new(certificate))),
        false => (Some(certificate.into_der()), None),
    };
    Ok(ReadCertificate { id, facts, modulus, distribution_points, der, issuer })
}

/// Reads the first certificate of a PEM text; further ones are its chain.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn certificate_of_pem(
    text: &str,
    registered: bool,
    line: u32,
    output: &mut Output<'_>,
) -> Result<ReadCertificate, String> {
    if let Some(der) = plain_pem(text) {
        return certificate(&der, registered, output.shared);
    }
    let mut blocks = PemBlocks::new(text.as_bytes());
    let first = blocks.next().ok_or_else(|| "no PEM block in it".to_owned())?;
    let block = first.map_err(|error| error.kind.to_string())?;
    let read = certificate(own_part(&block.label, &block.der), registered, output.shared)?;
    for block in blocks.flatten().take(8) {
        if let Ok(read) = certificate(&block.der, false, output.shared) {
            output.push(line, Item::Issuer(Box::new(read)));
        }
    }
    Ok(read)
}

/// Decodes PEM in the exact form that nearly everybody writes, at a third of the cost of reading any form.
fn plain_pem(text: &str) -> Option<Vec<u8>> {
    let body = text.strip_prefix("-----BEGIN CERTIFICATE-----\n")?.trim_end_matches('\n');
    let body = body.strip_suffix("-----END CERTIFICATE-----")?.as_bytes();
    let mut packed = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let (line, after) = rest.split_at_checked(end)?;
        packed.extend_from_slice(line);
        rest = after.get(1..)?;
    }
    let engine = base64::engine::general_purpose::STANDARD;
    if rest.is_empty() { base64::Engine::decode(&engine, packed).ok() } else { None }
}

/// Parses a policy document; the error has line and column within it.
pub(super) fn document(text: &str, dialect: Dialect) -> Result<Arc<Document>, String> {
    policy::parse(text, dialect).map(Arc::new).map_err(|error| error.to_string())
}

/// Region and account of an ARN such as `arn:aws:iot:REGION:ACCOUNT:rolealias/x`; `None` where it names not both.
pub(super) fn account_of(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':');
    let (region, account) = match (parts.next(), parts.nth(2), parts.next()) {
        (Some("arn"), Some(region), Some(account)) => (region, account),
        _ => return None,
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && !region.is_empty()).then_some((region, account))
}

/// Guesses what a record that is no valid JSON was about.
pub(super) fn facts_of(text: &[u8]) -> Vec<Fact> {
    facts_in(text.get(..text.len().min(64 << 10)).unwrap_or_default())
}
