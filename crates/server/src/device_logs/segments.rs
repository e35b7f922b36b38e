//! Files of records: one series for each account and region, named by the moment at which they begin.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use thingwarden_engine::time::Timestamp;
use thingwarden_store::Scope;

use super::entry::time_of;

const SUFFIX: &str = ".jsonl";
/// The longest line that is read; ours have a topic and evidence, and are far shorter.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// One file: a log stream of CloudWatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Milliseconds since 1970.
    pub(crate) begin_ms: u64,
    pub(crate) bytes: u64,
    pub(super) path: PathBuf,
}

/// One record as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Where it begins in its file.
    pub(crate) offset: u64,
    /// Where the next one begins.
    pub(crate) end: u64,
    pub(crate) at: Timestamp,
    pub(crate) text: String,
}

pub(super) fn folder_of(folder: &Path, scope: &Scope) -> PathBuf {
    // Regions come from signatures, and are letters, digits and dashes.
    folder.join(&*scope.account).join(&*scope.region)
}

pub(super) fn path_of(folder: &Path, begin_ms: u64) -> PathBuf {
    folder.join(format!("{begin_ms:015}{SUFFIX}"))
}

/// The files of a folder, oldest first; none when it does not exist.
pub(super) fn list(folder: &Path) -> io::Result<Vec<Segment>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries?,
    };
    let mut found = vec![];
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let begin = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)?.parse().ok());
        // One that is gone by now was the oldest.
        if let (Some(begin_ms), Ok(about)) = (begin, entry.metadata()) {
            found.push(Segment { begin_ms, bytes: about.len(), path: entry.path() });
        }
    }
    found.sort_by_key(|segment| segment.begin_ms);
    Ok(found)
}

/// How many bytes of a file are whole lines.
pub(super) fn whole_bytes(path: &Path) -> io::Result<u64> {
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(LINE_BYTES_MAX);
    file.seek(SeekFrom::Start(from))?;
    let mut end = vec![];
    file.take(LINE_BYTES_MAX).read_to_end(&mut end)?;
    let whole = memchr::memrchr(b'\n', &end).map_or(0, |place| place + 1);
    Ok(from + whole as u64)
}

impl Segment {
    /// The name of the log stream.
    pub(crate) fn name(&self) -> String {
        format!("{:015}", self.begin_ms)
    }

    /// Reads lines from a place on, until told to stop. What is no record, as the end of one that a power cut left, is passed
    /// over.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn lines(&self, from: u64, mut each: impl FnMut(Line) -> ControlFlow<()>) -> io::Result<()> {
        let mut file = match fs::File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        file.seek(SeekFrom::Start(from))?;
        let mut reader = BufReader::new(file);
        let (mut offset, mut bytes) = (from, vec![]);
        loop {
            bytes.clear();
            let read = reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes)?;
            let end = offset + read as u64;
            if read == 0 {
                return Ok(());
            }
            let text = bytes.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
            if let Some((text, at)) = text.and_then(|text| Some((text, time_of(text)?))) {
                let line = Line { offset, end, at, text: text.to_owned() };
                if each(line).is_break() {
                    return Ok(());
                }
            }
            offset = end;
        }
    }
}
