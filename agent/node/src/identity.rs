//! What a data directory remembers of a node: its id, its key, and how often it started.
//!
//! ```text
//! <data_dir>/node-id          UUID
//! <data_dir>/node-key.pem     PKCS#8, P-256, mode 0600
//! <data_dir>/generation       greatest gossip generation used (milliseconds since 1970, or one more than the last), decimal
//! ```

use crate::durable;
use ca::issue::{KeyFileError, PrivateKey};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Who a process is, before anyone has certified it.
pub struct Identity {
    /// UUID of the node.
    pub node_id: String,
    /// The key whose certificate it shows.
    pub key: PrivateKey,
    /// The generation it enters the gossip pool with: higher than any it used before.
    pub generation: u64,
    file: Option<PathBuf>,
}

/// A data directory that cannot be used, and which file is to blame.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It holds something else.
    #[error("{}: expected {expected}, found {found:?}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What it holds instead.
        found: String,
    },
    /// The key file is damaged, or the key cannot be made.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The machine gives no randomness.
    #[error("cannot make a node key: {0}")]
    Generate(String),
}

impl Identity {
    /// Reads the identity from `data_dir`, or makes one there. `None` keeps it in memory (`-dev`). A `node_id` from the configuration
    /// takes the place of the stored one.
    ///
    /// # Errors
    /// [`IdentityError`], naming the file.
    pub fn open(data_dir: Option<&Path>, node_id: Option<&str>) -> Result<Self, IdentityError> {
        // Milliseconds: a disk that was wiped remembers no generation, and its node may be back within a second.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_millis().try_into().unwrap_or(u64::MAX));
        let Some(data_dir) = data_dir else {
            let key = PrivateKey::generate().map_err(|error| IdentityError::Generate(error.to_string()))?;
            return Ok(Self { node_id: node_id.map_or_else(new_id, str::to_owned), key, generation: now, file: None });
        };
        std::fs::create_dir_all(data_dir).map_err(|source| IdentityError::File { path: data_dir.to_owned(), source })?;
        let node_id = id(&data_dir.join("node-id"), node_id)?;
        let key = PrivateKey::load_or_create(&data_dir.join("node-key.pem"))?;
        let file = data_dir.join("generation");
        let last = match read(&file)? {
            None => 0,
            Some(text) => text.trim().parse::<u64>().map_err(|_| content(&file, "a number", &text))?,
        };
        // A node that died comes back under a higher generation, whatever its clock says.
        let identity = Self { node_id, key, generation: now.max(last + 1), file: Some(file) };
        identity.persist(identity.generation)?;
        Ok(identity)
    }

    /// Where a file of that name lies in the data directory; `None` where nothing is kept.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.file.as_ref().map(|generation| generation.with_file_name(name))
    }

    /// Remembers that a higher generation is in use now: another process had ours.
    ///
    /// # Errors
    /// [`IdentityError::File`].
    pub fn persist(&self, generation: u64) -> Result<(), IdentityError> {
        self.file.as_ref().map_or(Ok(()), |file| write(file, &generation.to_string()))
    }
}

fn id(path: &Path, configured: Option<&str>) -> Result<String, IdentityError> {
    if let Some(id) = configured {
        write(path, id)?;
        return Ok(id.to_owned());
    }
    match read(path)? {
        Some(text) if uuid::Uuid::parse_str(text.trim()).is_ok() => Ok(text.trim().to_owned()),
        Some(text) => Err(content(path, "a UUID", &text)),
        None => {
            let id = new_id();
            write(path, &id)?;
            Ok(id)
        }
    }
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn read(path: &Path) -> Result<Option<String>, IdentityError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(IdentityError::File { path: path.to_owned(), source }),
    }
}

fn write(path: &Path, text: &str) -> Result<(), IdentityError> {
    durable::replace(path, text.as_bytes()).map_err(|source| IdentityError::File { path: path.to_owned(), source })
}

fn content(path: &Path, expected: &'static str, found: &str) -> IdentityError {
    IdentityError::Content { path: path.to_owned(), expected, found: found.chars().take(40).collect() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_is_remembered_and_generations_grow() {
        let dir = tempfile::tempdir().unwrap();
        let first = Identity::open(Some(dir.path()), None).unwrap();
        let second = Identity::open(Some(dir.path()), None).unwrap();
        assert_eq!(first.node_id, second.node_id);
        assert_eq!(first.key.spki_hash(), second.key.spki_hash());
        assert!(second.generation > first.generation);
        second.persist(second.generation + 1_000_000_000_000).unwrap();
        assert!(Identity::open(Some(dir.path()), None).unwrap().generation > second.generation + 1_000_000_000_000);
    }

    #[test]
    fn a_damaged_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("node-id"), "what?").unwrap();
        let error = Identity::open(Some(dir.path()), None).err().unwrap().to_string();
        assert!(error.contains("node-id") && error.contains("expected a UUID"), "{error}");
    }
}
