//! Events as lines of a file. It is opened for each page, so that whoever rotates it need not tell.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// What every line begins with.
const BEGINNING: &[u8] = br#"{"activity_id":"#;

/// How far back the end of the last whole line is looked for; longer lines are not written.
const TAIL_BYTES_MAX: u64 = 1 << 20;

/// Adds lines, which are on disk when this returns; on an error the file is as it was, or its end is put right the next time.
pub(super) fn append(path: &Path, lines: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let mut file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let end = drop_torn_line(&mut file)?;
    let written = file.write_all(lines).and_then(|()| file.sync_data());
    if written.is_err() {
        let _ = file.set_len(end);
    }
    written
}

/// A kill in the middle of a write leaves part of a line, which goes again as a whole. Gives the length without it.
fn drop_torn_line(file: &mut File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let tail = length.min(TAIL_BYTES_MAX);
    file.seek(SeekFrom::Start(length - tail))?;
    let mut bytes = vec![];
    file.take(tail).read_to_end(&mut bytes)?;
    if bytes.last().is_none_or(|last| *last == b'\n') {
        return Ok(length);
    }
    let torn = bytes.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    if !torn.starts_with(BEGINNING) && !BEGINNING.starts_with(torn) {
        return Err(io::Error::other("its end is no event"));
    }
    let whole = length - torn.len() as u64;
    file.set_len(whole)?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_and_a_torn_one_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        append(&path, b"1\n2\n").unwrap();
        append(&path, b"3\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"1\n2\n3\n");
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"activ").unwrap();
        append(&path, b"4\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"1\n2\n3\n4\n");
        std::fs::rename(&path, folder.path().join("rotated")).unwrap();
        append(&path, b"5\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"5\n");
        assert!(append(folder.path(), b"6\n").is_err());
        assert!(append(Path::new("/dev/null"), b"7\n").is_err());
    }

    #[test]
    fn a_file_of_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not-events");
        for something in [b"short".to_vec(), vec![b'x'; (TAIL_BYTES_MAX + 1) as usize]] {
            std::fs::write(&path, &something).unwrap();
            assert!(append(&path, b"1\n").is_err());
            assert_eq!(std::fs::read(&path).unwrap(), something);
        }
    }
}
