//! The folder of everything that a server remembers: made when absent, and used by one server at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Permissions of the folder: its owner's alone.
pub(crate) const FOLDER_MODE: u32 = 0o700;
/// Permissions of files in it.
pub(crate) const FILE_MODE: u32 = 0o600;
/// Locked for as long as a server uses the folder. The lock goes with the process, however it ends.
const LOCK_FILE: &str = "lock";

/// A folder that this process has to itself.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the folder when there is none, and locks it.
    ///
    /// # Errors
    /// When it cannot be made or written, or another server uses it.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(path)
            .with_context(|| format!("cannot make the folder `{name}`"))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(FILE_MODE)
            .open(path.join(LOCK_FILE))
            .with_context(|| format!("cannot write to the folder `{name}`"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!("the folder `{name}` is in use by another server"),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock the folder `{name}`"))
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Writes a file that only its owner may read, whole or not at all, also when the power fails.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let new = path.with_added_extension("new");
    // A rest of an earlier attempt may have other permissions.
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().create_new(true).write(true).mode(FILE_MODE).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_has_one_user_and_its_files_one_reader() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("a/b");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let first = DataDir::open(&path).unwrap();
        assert_eq!(mode(&path), FOLDER_MODE);
        let refused = DataDir::open(&path).unwrap_err().to_string();
        assert_eq!(refused, format!("the folder `{}` is in use by another server", path.display()));
        drop(first);
        DataDir::open(&path).unwrap();

        let file = path.join("secret");
        std::fs::write(&file, "old and readable").unwrap();
        std::fs::write(path.join("secret.new"), "left behind").unwrap();
        write_private(&file, b"new").unwrap();
        assert_eq!((std::fs::read(&file).unwrap(), mode(&file)), (b"new".to_vec(), FILE_MODE));
        assert!(!path.join("secret.new").exists());
    }
}
