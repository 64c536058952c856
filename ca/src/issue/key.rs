//! Private keys.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{CaName, Grant, IssueError, Serial};
use crate::spiffe::SpiffeId;
use crate::{SpkiHash, Validity};

/// An ECDSA P-256 key: of a node, a service, or a CA. It has no `Debug`, so it cannot be logged.
pub struct PrivateKey(KeyPair);

/// Why a key file gave no key. Nothing was overwritten.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or made.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else; it is left as it is.
    #[error("{}: not a PEM-encoded ECDSA P-256 private key", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// No key could be made; not expected.
    #[error("making a key failed: {0}")]
    Generate(#[from] rcgen::Error),
}

impl PrivateKey {
    /// A new key, from the system's randomness.
    pub fn generate() -> Result<Self, rcgen::Error> {
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map(Self)
    }

    /// From PEM (PKCS #8, or SEC1). `None` for anything but a P-256 key.
    pub fn from_pem(pem: &str) -> Option<Self> {
        let pair = KeyPair::from_pem(pem).ok()?;
        pair.is_compatible(&PKCS_ECDSA_P256_SHA256).then_some(Self(pair))
    }

    /// PKCS #8 as PEM: the secret itself, for the key file and the CA's place in raft.
    pub fn to_secret_pem(&self) -> String {
        self.0.serialize_pem()
    }

    /// The key in `path`; made there (mode 0600, flushed to disk before it is visible) when there is none.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyFileError> {
        let failed = |source| KeyFileError::Io { path: path.to_owned(), source };
        match read_small(path) {
            Ok(pem) => Self::from_pem(&pem).ok_or_else(|| KeyFileError::NotAKey { path: path.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = Self::generate()?;
                write_durably(path, key.to_secret_pem().as_bytes()).map_err(failed)?;
                Ok(key)
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(KeyFileError::NotAKey { path: path.to_owned() }),
            Err(error) => Err(failed(error)),
        }
    }

    /// What gossip pins.
    pub fn spki_hash(&self) -> SpkiHash {
        SpkiHash::of_spki(&self.0.subject_public_key_info())
    }

    /// A certificate signed by the key itself. It claims nothing; peers know it by [`Self::spki_hash`].
    pub fn self_signed(&self, validity: Validity, serial: Serial) -> Result<CertificateDer<'static>, IssueError> {
        let mut params = super::authority::leaf_params(validity, serial);
        params.distinguished_name.push(DnType::CommonName, "node key");
        Ok(params.self_signed(&self.0)?.der().clone())
    }

    /// A request (PKCS #10, DER) for a leaf with exactly these names.
    pub fn leaf_csr(&self, grant: &Grant) -> Result<Vec<u8>, IssueError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.subject_alt_names = super::authority::alt_names(grant.id(), grant.dns())?;
        Ok(params.serialize_request(&self.0)?.der().to_vec())
    }

    /// A request (PKCS #10, DER) for the intermediate of a datacenter.
    pub fn intermediate_csr(&self, name: &CaName) -> Result<Vec<u8>, IssueError> {
        let id = SpiffeId::Signing { trust_domain: name.trust_domain.clone() };
        let mut params = CertificateParams::default();
        params.distinguished_name = name.to_distinguished_name();
        params.subject_alt_names = vec![SanType::URI(id.to_string().try_into()?)];
        Ok(params.serialize_request(&self.0)?.der().to_vec())
    }

    pub(crate) fn to_rustls(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.0.serialized_der().to_vec()).into()
    }

    pub(super) fn pair(&self) -> &KeyPair {
        &self.0
    }

    pub(super) fn into_pair(self) -> KeyPair {
        self.0
    }
}

fn read_small(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_KEY_FILE).read_to_string(&mut text)?;
    Ok(text)
}

/// Write beside, flush, rename, flush the directory: after a crash there is either no key or a whole one.
fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)?.sync_all()
}

/// A P-256 key in PEM has about 240 bytes.
const MAX_KEY_FILE: u64 = 16 * 1024;
