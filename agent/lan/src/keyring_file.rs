//! The keyring on disk: a JSON array of base64 keys, the primary first, as Consul's `serf/local.keyring`.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use members::{GossipKey, KeyError, Keyring, KeyringError};

/// Where a keyring is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyringFile {
    path: PathBuf,
}

/// Why the file could not be read or written. It is then as it was.
#[derive(Debug, thiserror::Error)]
pub enum KeyringFileError {
    /// The file system said no.
    #[error("keyring file {0}: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// Not a JSON array of strings.
    #[error("keyring file {0}: {1}")]
    Json(PathBuf, #[source] serde_json::Error),
    /// An entry is not base64. The entry is not shown, for it may be a mistyped key.
    #[error("keyring file {0}: key {1} is not base64")]
    Base64(PathBuf, usize),
    /// An entry has no valid key length.
    #[error("keyring file {0}: {1}")]
    Key(PathBuf, #[source] KeyError),
    /// Too many entries.
    #[error("keyring file {0}: {1}")]
    Keyring(PathBuf, #[source] KeyringError),
}

impl KeyringFile {
    /// `<data_dir>/serf/local.keyring`.
    #[must_use]
    pub fn local(data_dir: &Path) -> Self {
        Self { path: data_dir.join("serf/local.keyring") }
    }

    /// `<data_dir>/serf/remote.keyring`, the WAN's.
    #[must_use]
    pub fn remote(data_dir: &Path) -> Self {
        Self { path: data_dir.join("serf/remote.keyring") }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file holds, else `configured`, which is then written (unless it is empty).
    ///
    /// # Errors
    /// [`KeyringFileError`]. A malformed file is an error: starting without encryption in its place would be worse.
    pub fn load_or_create(&self, configured: Keyring) -> Result<Keyring, KeyringFileError> {
        if let Some(kept) = self.load()? {
            if configured.keys().first().is_some_and(|key| !kept.keys().contains(key)) {
                tracing::warn!(path = %self.path.display(), "configured gossip key is ignored, the keyring file is in use");
            }
            return Ok(kept);
        }
        if !configured.keys().is_empty() {
            self.save(configured.keys())?;
        }
        Ok(configured)
    }

    /// What the file holds; `None` if there is none, or it has no keys.
    ///
    /// # Errors
    /// [`KeyringFileError`].
    pub fn load(&self) -> Result<Option<Keyring>, KeyringFileError> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(KeyringFileError::Io(self.path.clone(), error)),
        };
        let entries: Vec<String> = serde_json::from_slice(&text).map_err(|error| KeyringFileError::Json(self.path.clone(), error))?;
        let mut keys = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let bytes = STANDARD.decode(entry).map_err(|_| KeyringFileError::Base64(self.path.clone(), index))?;
            keys.push(GossipKey::new(&bytes).map_err(|error| KeyringFileError::Key(self.path.clone(), error))?);
        }
        let ring = Keyring::new(keys).map_err(|error| KeyringFileError::Keyring(self.path.clone(), error))?;
        Ok((!ring.keys().is_empty()).then_some(ring))
    }

    /// Replaces the file by `keys`, primary first, readable by its owner only.
    ///
    /// # Errors
    /// [`KeyringFileError::Io`].
    pub fn save(&self, keys: &[GossipKey]) -> Result<(), KeyringFileError> {
        let entries: Vec<String> = keys.iter().map(|key| STANDARD.encode(key.secret())).collect();
        let text = serde_json::to_vec_pretty(&entries).map_err(|error| KeyringFileError::Json(self.path.clone(), error))?;
        self.replace(&text).map_err(|error| KeyringFileError::Io(self.path.clone(), error))
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = self.path.with_extension("keyring.new");
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn ring(bytes: &[u8]) -> Keyring {
        Keyring::new(bytes.iter().map(|byte| GossipKey::new(&[*byte; 32]).unwrap())).unwrap()
    }

    #[test]
    fn the_file_wins_over_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyringFile::local(folder.path());
        assert_eq!(file.load_or_create(Keyring::default()).unwrap(), Keyring::default());
        assert!(!file.path().exists());
        assert_eq!(file.load_or_create(ring(&[1])).unwrap(), ring(&[1]));
        assert_eq!(file.load_or_create(ring(&[2])).unwrap(), ring(&[1]));
        file.save(ring(&[3, 1]).keys()).unwrap();
        assert_eq!(file.load().unwrap(), Some(ring(&[3, 1])), "the primary stays first");
        assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_malformed_file_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyringFile::remote(folder.path());
        fs::create_dir_all(file.path().parent().unwrap()).unwrap();
        for text in ["{", "[1]", "[\"?\"]", "[\"AAAA\"]"] {
            fs::write(file.path(), text).unwrap();
            let error = file.load_or_create(ring(&[1])).unwrap_err().to_string();
            assert!(error.contains("remote.keyring"), "{error}");
        }
    }
}
