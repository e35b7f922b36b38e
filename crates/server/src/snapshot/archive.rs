//! Compressed streams and tar archives, read in one pass with bounded memory and bounded output.
//!
//! The tar reader is our own because a long-name entry may claim any size, and a reader that believes it holds the whole
//! name in memory.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::StreamingDecoder;

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
            Compression::Zstandard => Box::new(Frames { source: Some(counted), frame: None }),
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

/// Zstandard frames one after another, skippable frames left out (RFC 8878 section 3.1).
struct Frames<R: Read> {
    source: Option<io::Chain<io::Cursor<Vec<u8>>, R>>,
    frame: Option<StreamingDecoder<io::Chain<io::Cursor<Vec<u8>>, R>, ruzstd::decoding::FrameDecoder>>,
}
