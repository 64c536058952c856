//! Reads configuration files: the only part of this crate that touches the machine.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use hcl::Format;

use crate::{Flags, Mistake, Source};

/// Longest configuration file in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// A file or directory that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The operating system refused.
    #[error("config: Open failed on {0}. open {0}: {1}", path.display(), plain(source))]
    Open {
        /// What was to be read.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The file is longer than 16 MiB.
    #[error("config: {} is longer than {MAX_BYTES} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// The file is not UTF-8.
    #[error("config: {} is not UTF-8", path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
    },
}

/// The error in the system's words, as Consul prints them: in lower case and without its number.
fn plain(error: &io::Error) -> String {
    let shown = error.to_string();
    shown.split(" (os error").next().unwrap_or(&shown).to_lowercase()
}

/// The files that the command line names, as they are now.
///
/// # Errors
/// The first path that cannot be read.
pub fn named(flags: &Flags) -> Result<Vec<Source>, LoadError> {
    read(&flags.config_paths, flags.config_format)
}

/// Reads the files and directories in `paths` in order. Of a directory, files that end in `.hcl`
/// or `.json` are read in the order of their names, directories in it are not. `format` is the
/// language of every file; without one it is told by the ending, and files with another are
/// skipped.
///
/// # Errors
/// The first path that cannot be read.
pub fn read(paths: &[PathBuf], format: Option<Format>) -> Result<Vec<Source>, LoadError> {
    let mut sources = Vec::new();
    for path in paths {
        let open = |source| LoadError::Open { path: path.clone(), source };
        if !fs::metadata(path).map_err(open)?.is_dir() {
            sources.extend(read_file(path, format)?);
            continue;
        }
        let entries = fs::read_dir(path).map_err(open)?;
        let mut files = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>().map_err(open)?;
        files.retain(|file| !file.is_dir());
        files.sort();
        for file in files {
            sources.extend(read_file(&file, format)?);
        }
    }
    Ok(sources)
}

/// The mistake of a `data_dir` that is there and no directory.
#[must_use]
pub fn check_data_dir(data_dir: &Path) -> Option<Mistake> {
    let is_file = fs::metadata(data_dir).is_ok_and(|known| !known.is_dir());
    is_file.then(|| Mistake {
        origin: None,
        key: "data_dir".to_owned(),
        message: format!("data_dir {:?} is not a directory", data_dir.display().to_string()),
    })
}

fn read_file(path: &Path, format: Option<Format>) -> Result<Option<Source>, LoadError> {
    let name = path.display().to_string();
    let Some(format) = format.or_else(|| Format::of_name(&name)) else {
        return Ok(None);
    };
    let open = |source| LoadError::Open { path: path.to_owned(), source };
    let path = path.to_owned();
    let mut bytes = Vec::new();
    // Not by the size in the directory: a pipe or device has none.
    let file = fs::File::open(&path).map_err(open)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(open)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(LoadError::TooLong { path });
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return Err(LoadError::Encoding { path });
    };
    Ok(Some(Source { name, text, format }))
}
