//! Compressed streams and tar archives, read in one pass with bounded memory and bounded output.
//!
//! The tar reader is our own because a long-name entry may claim any size, and a reader that believes it holds the whole
//! name in memory.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::limits::{
    EXPANDED_BYTES_MAX, EXPANSION_FREE_BYTES, EXPANSION_RATIO_MAX, TAR_NAME_BYTES_MAX, ZSTD_WINDOW_BYTES_MAX,
};

/// A compression that is recognized by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstandard,
}

impl Compression {
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstandard),
            _ => None,
        }
    }
}

/// Counts what goes through.
struct Counted<R> {
    source: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(out)?;
        self.count.set(self.count.get() + count as u64);
        Ok(count)
    }
}

/// A decompressed stream that fails when it expands out of proportion.
pub(super) struct Expanded<'a> {
    decoder: Box<dyn Read + 'a>,
    input: Rc<Cell<u64>>,
    output: u64,
}

impl<'a> Expanded<'a> {
    pub(super) fn new(source: impl Read + 'a, compression: Compression) -> Self {
        let input = Rc::new(Cell::new(0));
        let counted = Counted { source, count: Rc::clone(&input) };
        let decoder: Box<dyn Read + 'a> = match compression {
            Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(counted)),
            Compression::Zstandard => Box::new(Frames::new(counted)),
        };
        Self { decoder, input, output: 0 }
    }
}

impl Read for Expanded<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(out)?;
        self.output += count as u64;
        let fair = EXPANSION_FREE_BYTES.max(self.input.get().saturating_mul(EXPANSION_RATIO_MAX));
        if self.output > fair.min(EXPANDED_BYTES_MAX) {
            let what = format!(
                "{} compressed bytes expand to more than {} bytes; the rest is not read",
                self.input.get(),
                fair.min(EXPANDED_BYTES_MAX)
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(count)
    }
}

/// Zstandard frames one after another, skippable ones left out (RFC 8878 section 3.1).
struct Frames<R> {
    source: BufReader<R>,
    decoder: FrameDecoder,
    /// A frame has begun and not been read to its end.
    inside: bool,
}

impl<R: Read> Frames<R> {
    fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW_BYTES_MAX);
        Self { source: BufReader::with_capacity(128 << 10, source), decoder, inside: false }
    }

    /// Begins the next frame; false at the end of the stream.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.inside = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let skipped = io::copy(&mut (&mut self.source).take(length.into()), &mut io::sink())?;
                    if skipped < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(damaged(&error)),
            }
        }
        Ok(false)
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.inside || self.begin()? {
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let blocks =
                    self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1));
                blocks.map_err(|error| damaged(&error))?;
            }
            let count = self.decoder.read(out)?;
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            self.inside = false;
            let stated = self.decoder.get_checksum_from_data();
            if stated.is_some() && stated != self.decoder.get_calculated_checksum() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum is wrong"));
            }
        }
        Ok(0)
    }
}

/// The decoder says a lot about its inside; a reader of the report wants to know what to do.
fn damaged(error: &FrameDecoderError) -> io::Error {
    let what = match error {
        FrameDecoderError::WindowSizeTooBig { requested, .. } => {
            format!("needs a window of {requested} bytes; at most {ZSTD_WINDOW_BYTES_MAX} are given")
        }
        FrameDecoderError::DictNotProvided { .. } => "needs a dictionary".to_owned(),
        _ => "the compressed data is damaged or ends early".to_owned(),
    };
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// One member of a tar archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Only a label; nothing is written to disk.
    pub(super) name: String,
    pub(super) kind: EntryKind,
}

/// What a member is; only files have content that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    /// Folders, and labels of the archive itself.
    Folder,
    HardLink,
    SymbolicLink,
    /// A file stored without its holes, in any of GNU's four formats.
    Sparse,
    Device,
    Pipe,
    /// A part of a file, continued from another volume, or a type flag that nobody has defined.
    Other(u8),
}

/// Reads a tar archive (POSIX.1-1988 `ustar`, GNU long names, POSIX.1-2001 extended headers) from front to back.
pub(super) struct Tar<'a> {
    source: &'a mut dyn Read,
    /// Bytes of the current member that have not been read, and the padding behind it.
    left: u64,
    padding: u64,
}

/// The first block looks like a tar archive's.
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar") && head.get(..512).is_some_and(checksum_holds)
}

impl<'a> Tar<'a> {
    pub(super) fn new(source: &'a mut dyn Read) -> Self {
        Self { source, left: 0, padding: 0 }
    }

    /// Goes to the next member; `None` at the end of the stream. Archives one after another are read as one.
    ///
    /// # Errors
    /// Failures of the stream, its early end, headers that are none, and other data after the end of an archive.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut long_name: Option<String> = None;
        let mut long_size: Option<u64> = None;
        let mut sparse = false;
        // A block of zeros ends an archive, and what follows may be padding or the next one.
        let mut ended = false;
        loop {
            self.pass(self.left + self.padding)?;
            (self.left, self.padding) = (0, 0);
            let mut header = [0; 512];
            match fill(self.source, &mut header)? {
                0 => return Ok(None),
                512 => {}
                short if ended => {
                    let rest = header.get(..short).unwrap_or_default();
                    return if rest.iter().all(|byte| *byte == 0) { Ok(None) } else { Err(behind()) };
                }
                _ => return Err(early()),
            }
            if header == [0; 512] {
                ended = true;
                continue;
            }
            if !checksum_holds(&header) {
                return Err(if ended { behind() } else { invalid("not a tar header") });
            }
            ended = false;
            let field = |range: std::ops::Range<usize>| header.get(range).unwrap_or_default();
            let kind = header.get(156).copied().unwrap_or_default();
            let stated = number(field(124..136)).ok_or_else(|| invalid("a tar header without a size"))?;
            let is_meta = matches!(kind, b'L' | b'K' | b'x' | b'X' | b'g');
            let size = if is_meta { stated } else { long_size.unwrap_or(stated) };
            self.left = size;
            self.padding = (512 - size % 512) % 512;
            if is_meta {
                if size > TAR_NAME_BYTES_MAX {
                    let what = format!("a tar header of {size} bytes; at most {TAR_NAME_BYTES_MAX} are read");
                    return Err(invalid(what));
                }
                let mut content = vec![0; usize::try_from(size).unwrap_or_default()];
                if fill(self.source, &mut content)? < content.len() {
                    return Err(early());
                }
                self.left = 0;
                match kind {
                    b'L' => long_name = Some(text(&content)),
                    b'x' | b'X' => {
                        for (key, value) in extended(&content) {
                            match key {
                                // The path of a sparse file is a made-up one.
                                b"path" if !sparse => long_name = Some(text(value)),
                                b"GNU.sparse.name" => (sparse, long_name) = (true, Some(text(value))),
                                _ if key.starts_with(b"GNU.sparse.") => sparse = true,
                                b"size" => {
                                    long_size = std::str::from_utf8(value).ok().and_then(|v| v.parse().ok())
                                }
                                _ => {}
                            }
                        }
                    }
                    _ => {}
                }
                continue;
            }
            let name = long_name.unwrap_or_else(|| {
                let (name, prefix) = (text(field(0..100)), field(345..500));
                let ustar = field(257..263) == b"ustar\0";
                if ustar && prefix.first().is_some_and(|byte| *byte != 0) {
                    format!("{}/{name}", text(prefix))
                } else {
                    name
                }
            });
            let kind = match kind {
                b'0' | 0 | b'7' if sparse => EntryKind::Sparse,
                // As tar wrote folders before it had a flag for them.
                b'0' | 0 if name.ends_with('/') && size == 0 => EntryKind::Folder,
                b'0' | 0 | b'7' => EntryKind::File,
                b'1' => EntryKind::HardLink,
                b'2' => EntryKind::SymbolicLink,
                b'3' | b'4' => EntryKind::Device,
                b'5' | b'D' | b'V' => EntryKind::Folder,
                b'6' => EntryKind::Pipe,
                b'S' => EntryKind::Sparse,
                other => EntryKind::Other(other),
            };
            match kind {
                // Links and devices have no content whatever their header says.
                EntryKind::HardLink | EntryKind::SymbolicLink | EntryKind::Device | EntryKind::Pipe => {
                    (self.left, self.padding) = (0, 0);
                }
                EntryKind::Folder if header.get(156) == Some(&b'5') => (self.left, self.padding) = (0, 0),
                // More of the map of holes follows, which the size does not count.
                EntryKind::Sparse if header.get(156) == Some(&b'S') => {
                    let mut more = header.get(482).is_some_and(|byte| *byte != 0);
                    while more {
                        let mut map = [0; 512];
                        if fill(self.source, &mut map)? < map.len() {
                            return Err(early());
                        }
                        more = map.get(504).is_some_and(|byte| *byte != 0);
                    }
                }
                _ => {}
            }
            return Ok(Some(Entry { name, kind }));
        }
    }

    fn pass(&mut self, count: u64) -> io::Result<()> {
        let passed = io::copy(&mut (&mut *self.source).take(count), &mut io::sink())?;
        if passed < count { Err(early()) } else { Ok(()) }
    }
}

impl Read for Tar<'_> {
    /// The current member's content.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let count = self.source.read(out.get_mut(..want).unwrap_or_default())?;
        if count == 0 && want > 0 {
            return Err(early());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

fn behind() -> io::Error {
    invalid("data after the end of the archive")
}

fn early() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends early")
}

/// Fills `out` as far as the stream goes.
fn fill(source: &mut dyn Read, out: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(free) = out.get_mut(filled..).filter(|free| !free.is_empty()) {
        match source.read(free) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The sum of all bytes of a header, its own field taken as blanks, stands in the header.
fn checksum_holds(header: &[u8]) -> bool {
    let sum: u64 = header
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) })
        .sum();
    header.get(148..156).and_then(number) == Some(sum)
}

/// Octal digits, or GNU's big-endian binary for large numbers.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        let start = u64::from(first & 0x7f);
        return rest
            .iter()
            .try_fold(start, |number, byte| number.checked_mul(256)?.checked_add(u64::from(*byte)));
    }
    let digits = field.trim_ascii_start();
    let end = digits.iter().position(|byte| !(b'0'..=b'7').contains(byte)).unwrap_or(digits.len());
    let digits = std::str::from_utf8(digits.get(..end)?).ok()?;
    u64::from_str_radix(digits, 8).ok()
}

fn text(field: &[u8]) -> String {
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}

/// Records `LENGTH KEY=VALUE\n` of an extended header; stops at the first that is none.
fn extended(content: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut records = Vec::new();
    let mut rest = content;
    while let Some(blank) = memchr::memchr(b' ', rest) {
        let length =
            rest.get(..blank).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
        let Some((record, after)) = length.and_then(|length| rest.split_at_checked(length)) else { break };
        let record = record.get(blank + 1..).unwrap_or_default();
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        if let Some(equals) = memchr::memchr(b'=', record) {
            records.push((
                record.get(..equals).unwrap_or_default(),
                record.get(equals + 1..).unwrap_or_default(),
            ));
        }
        rest = after;
    }
    records
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
