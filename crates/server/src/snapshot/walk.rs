//! From the paths on the command line to the files to read, each once and in a fixed order.

use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::batch::is_known;
use super::limits::FOLDER_DEPTH_MAX;
use super::report::Reports;

/// A path on the command line that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("cannot read `{}`: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
}

/// A file to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    /// The path is one of the command line's, so that something is expected of it.
    pub(super) named: bool,
}

#[derive(Default)]
struct Walk {
    seen: HashSet<(u64, u64)>,
    /// What the command line names, other than folders.
    named: HashSet<(u64, u64)>,
    /// Files whose extension says that they are ours.
    known: Vec<Found>,
    others: Vec<(Found, (u64, u64))>,
}

/// Lists the regular files at and below `paths`. Below a folder, those with a known extension come first, so that other
/// names of the same file (hash links) find it already read. Symbolic links are followed.
///
/// # Errors
/// A path of `paths` itself does not exist or cannot be opened.
pub(super) fn walk(paths: &[PathBuf], reports: &mut Reports) -> Result<Vec<Found>, LoadError> {
    let mut walk = Walk::default();
    let mut files = Vec::new();
    let metadata = paths.iter().filter_map(|path| fs::metadata(path).ok());
    walk.named = metadata.filter(|metadata| !metadata.is_dir()).map(|metadata| identity(&metadata)).collect();
    for path in paths {
        let fail = |error| LoadError::Unreadable { path: path.clone(), error };
        let metadata = fs::metadata(path).map_err(fail)?;
        if metadata.is_dir() {
            fs::read_dir(path).map_err(fail)?;
        } else if metadata.is_file() {
            File::open(path).map_err(fail)?;
        }
        walk.visit(path.clone(), &metadata, 0, reports);
        files.append(&mut walk.known);
        let others = std::mem::take(&mut walk.others);
        let seen = &mut walk.seen;
        files.extend(others.into_iter().filter(|(_, identity)| seen.insert(*identity)).map(|(file, _)| file));
    }
    Ok(files)
}

impl Walk {
    fn visit(&mut self, path: PathBuf, metadata: &Metadata, depth: usize, reports: &mut Reports) {
        let kind = metadata.file_type();
        if kind.is_dir() {
            if !self.seen.insert(identity(metadata)) {
                if path.is_symlink() {
                    reports
                        .ignore(&path.to_string_lossy(), "link to a folder that is read already".to_owned());
                }
            } else if depth >= FOLDER_DEPTH_MAX {
                let what = format!("folders within folders, more than {FOLDER_DEPTH_MAX} deep");
                reports.skip(&path.to_string_lossy(), None, what);
            } else {
                self.folder(&path, depth, reports);
            }
        } else if kind.is_file() {
            let known = path.extension().is_some_and(|extension| is_known(&extension.to_string_lossy()));
            let identity = identity(metadata);
            let named = self.named.contains(&identity);
            let file = Found { path, size: metadata.len(), named };
            if !known {
                self.others.push((file, identity));
            } else if self.seen.insert(identity) {
                self.known.push(file);
            }
        } else {
            let (path, what) = (path.to_string_lossy(), "not a regular file".to_owned());
            if depth == 0 { reports.skip(&path, None, what) } else { reports.ignore(&path, what) }
        }
    }

    fn folder(&mut self, folder: &Path, depth: usize, reports: &mut Reports) {
        if depth > 0 && folder.file_name().is_some_and(|name| name == ".git") {
            reports.ignore(&folder.to_string_lossy(), "data of a git repository, not read".to_owned());
            return;
        }
        let mut entries = Vec::new();
        let mut fail = |error: io::Error| {
            reports.skip(&folder.to_string_lossy(), None, format!("the folder cannot be read: {error}"));
        };
        match fs::read_dir(folder) {
            Ok(list) => {
                for entry in list {
                    match entry {
                        Ok(entry) => entries.push(entry.path()),
                        Err(error) => fail(error),
                    }
                }
            }
            Err(error) => fail(error),
        }
        // By bytes, so that the order is the same under every locale and file system.
        entries
            .sort_unstable_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
        for path in entries {
            match fs::metadata(&path) {
                Ok(metadata) => self.visit(path, &metadata, depth + 1, reports),
                Err(error) if path.is_symlink() => {
                    reports.skip(&path.to_string_lossy(), None, format!("the link leads nowhere: {error}"));
                }
                Err(error) => reports.skip(&path.to_string_lossy(), None, error.to_string()),
            }
        }
    }
}

/// What tells two files apart, whatever they are called.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(paths: &[PathBuf], reports: &mut Reports) -> Vec<String> {
        let root = paths[0].clone();
        let files = walk(paths, reports).unwrap();
        assert!(!files.iter().any(|file| file.named));
        files
            .iter()
            .map(|file| file.path.strip_prefix(&root).unwrap().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn every_file_is_found_once_and_known_ones_first() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/c")).unwrap();
        for name in ["z.pem", "a.txt", "b/y.JSON", "b/c/x"] {
            fs::write(root.join(name), "x").unwrap();
        }
        symlink("z.pem", root.join("0123.0")).unwrap();
        symlink("..", root.join("b/up")).unwrap();
        symlink("nowhere", root.join("b/dangling")).unwrap();
        symlink("self", root.join("self")).unwrap();
        let mut reports = Reports::default();
        let paths = [root.to_path_buf(), root.join("b")];
        assert_eq!(names(&paths, &mut reports), ["b/y.JSON", "z.pem", "a.txt", "b/c/x"]);
        let skipped: Vec<_> =
            reports.skipped.iter().map(|one| one.path.rsplit('/').next().unwrap()).collect();
        assert_eq!(skipped, ["dangling", "self"]);
        let ignored: Vec<_> = reports.ignored.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(ignored, ["link to a folder that is read already"]);
    }

    #[test]
    fn a_file_is_named_wherever_it_is_found_first() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let paths = [folder.path().to_path_buf(), folder.path().join("b")];
        let files = walk(&paths, &mut Reports::default()).unwrap();
        assert_eq!(files.iter().map(|file| file.named).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn devices_are_not_opened() {
        let mut reports = Reports::default();
        assert_eq!(walk(&[PathBuf::from("/dev/null")], &mut reports).unwrap(), []);
        assert_eq!((reports.skipped[0].what.as_str(), reports.ignored.len()), ("not a regular file", 0));
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        let error = walk(&[PathBuf::from("/nowhere")], &mut Reports::default()).unwrap_err();
        assert!(error.to_string().starts_with("cannot read `/nowhere`: "), "{error}");
    }
}
