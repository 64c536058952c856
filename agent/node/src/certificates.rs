//! What the authority has given a process, and the file that keeps it over a restart.
//!
//! ```text
//! <data_dir>/certificates.json   mode 0600; nothing in it is secret, but its roots are believed
//! { "trust_domain": "….consul", "epoch": 3,
//!   "chain":    ["<base64 of DER>", …]      leaf first, then the intermediate
//!   "roots":    ["<base64 of DER>", …]
//!   "founders": ["<hexadecimal SHA-256 of a public key>", …] }
//! ```

use crate::durable;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ca::SpkiHash;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

/// A chain for the node's key, and whom to trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificates {
    /// Domain of all SPIFFE ids.
    pub trust_domain: String,
    /// Epoch of the authority that signed.
    pub epoch: u64,
    /// Leaf first (DER).
    pub chain: Vec<Bytes>,
    /// All trusted roots (DER).
    pub roots: Vec<Bytes>,
    /// Keys of the servers that were the cluster when the first leaf was had; of a server alone.
    pub founders: BTreeSet<SpkiHash>,
}

/// A file that gives no certificates.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Content(String),
}

/// A chain has two certificates, and a bundle a few roots.
const MOST_BYTES: u64 = 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Stored {
    trust_domain: String,
    epoch: u64,
    chain: Vec<String>,
    roots: Vec<String>,
    founders: Vec<String>,
}

impl Certificates {
    /// What the file holds, unverified; `None` when there is no such file.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Unreadable> {
        let mut text = String::new();
        match std::fs::File::open(path) {
            Ok(file) => file.take(MOST_BYTES).read_to_string(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let stored: Stored = serde_json::from_str(&text).map_err(|error| Unreadable::Content(error.to_string()))?;
        stored.certificates().map(Some).ok_or_else(|| Unreadable::Content("a certificate or key hash does not decode".to_owned()))
    }

    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let encoded = |all: &[Bytes]| all.iter().map(|der| STANDARD.encode(der)).collect();
        let stored = Stored {
            trust_domain: self.trust_domain.clone(),
            epoch: self.epoch,
            chain: encoded(&self.chain),
            roots: encoded(&self.roots),
            founders: self.founders.iter().map(SpkiHash::to_string).collect(),
        };
        durable::replace(path, &serde_json::to_vec_pretty(&stored)?)
    }
}

impl Stored {
    fn certificates(self) -> Option<Certificates> {
        let decoded = |all: Vec<String>| all.iter().map(|text| Some(Bytes::from(STANDARD.decode(text).ok()?))).collect::<Option<Vec<_>>>();
        Some(Certificates {
            trust_domain: self.trust_domain,
            epoch: self.epoch,
            chain: decoded(self.chain)?,
            roots: decoded(self.roots)?,
            founders: self.founders.iter().map(|text| SpkiHash::from_hex(text)).collect::<Option<_>>()?,
        })
    }
}
