//! The thread that writes records, and keeps files few and small.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender};

use thingwarden_store::Scope;

use super::{Record, Room, segments};
use crate::data_dir::{FILE_MODE, FOLDER_MODE};

/// What comes through the channel.
#[derive(Debug)]
pub(super) enum Message {
    Record(Box<Record>),
    /// Everything before is in the files.
    Flush(SyncSender<()>),
}

/// Files that are open at the same time.
const OPEN_MAX: usize = 64;
/// Records that are written before the files are.
const BATCH: usize = 512;

/// Writes until nobody is left who could record anything.
pub(super) fn run(folder: &Path, room: Room, messages: &Receiver<Message>) {
    let mut series: HashMap<Scope, Series> = HashMap::new();
    while let Ok(first) = messages.recv() {
        let mut done = vec![];
        for message in std::iter::once(first).chain(messages.try_iter().take(BATCH)) {
            match message {
                Message::Flush(waiting) => done.push(waiting),
                Message::Record(record) => {
                    if let Err(error) = write(&mut series, folder, room, &record) {
                        series.remove(record.scope());
                        tracing::error!(%error, "a record about a device cannot be written");
                    }
                }
            }
        }
        series.retain(|_, one| match one.file.flush() {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "records about devices cannot be written");
                false
            }
        });
        for waiting in done {
            let _ = waiting.try_send(());
        }
    }
}

fn write(series: &mut HashMap<Scope, Series>, folder: &Path, room: Room, record: &Record) -> io::Result<()> {
    let scope = record.scope();
    let now_ms = u64::try_from(record.at().millis()).unwrap_or(0);
    if !series.contains_key(scope) {
        if series.len() >= OPEN_MAX {
            series.clear();
        }
        series.insert(scope.clone(), Series::open(segments::folder_of(folder, scope), room, now_ms)?);
    }
    match series.get_mut(scope) {
        Some(one) => one.write(&record.line(), room, now_ms),
        None => Ok(()),
    }
}

/// The newest file of one account and region.
struct Series {
    folder: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
}

impl Series {
    /// Goes on with the newest file while it has room.
    fn open(folder: PathBuf, room: Room, now_ms: u64) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&folder)?;
        let newest = segments::list(&folder)?.pop().filter(|newest| newest.bytes < room.file_bytes);
        let (path, bytes) = match newest {
            Some(newest) => {
                let whole = segments::whole_bytes(&newest.path)?;
                (newest.path, whole)
            }
            None => (Self::new_path(&folder, now_ms)?, 0),
        };
        let file = OpenOptions::new().create(true).append(true).mode(FILE_MODE).open(path)?;
        // A line that a power cut left goes.
        file.set_len(bytes)?;
        Ok(Self { folder, file: BufWriter::new(file), bytes })
    }

    /// No two files begin at the same moment, and none before one that is there already.
    fn new_path(folder: &Path, now_ms: u64) -> io::Result<PathBuf> {
        let last = segments::list(folder)?.pop().map_or(0, |newest| newest.begin_ms + 1);
        Ok(segments::path_of(folder, now_ms.max(last)))
    }

    fn write(&mut self, line: &str, room: Room, now_ms: u64) -> io::Result<()> {
        let length = line.len() as u64 + 1;
        if self.bytes > 0 && self.bytes + length > room.file_bytes {
            self.file.flush()?;
            let path = Self::new_path(&self.folder, now_ms)?;
            let file = OpenOptions::new().create_new(true).append(true).mode(FILE_MODE).open(path)?;
            (self.file, self.bytes) = (BufWriter::new(file), 0);
            let all = segments::list(&self.folder)?;
            let too_many = all.len().saturating_sub(room.files);
            all.iter().take(too_many).try_for_each(|old| fs::remove_file(&old.path))?;
        }
        self.file.write_all(line.as_bytes())?;
        self.file.write_all(b"\n")?;
        self.bytes += length;
        Ok(())
    }
}
