//! Files of certificates and keys that the configuration names.

use anyhow::Context;
use ca::tls::Pem;
use config::TlsStanza;
use rustls::pki_types::CertificateDer;
use std::path::Path;

/// A file, and its name as errors give it. No `Debug`: it may be a key.
pub(crate) struct File {
    name: String,
    content: Vec<u8>,
}

impl File {
    pub(crate) fn as_pem(&self) -> Pem<'_> {
        Pem { file: &self.name, content: &self.content }
    }
}

/// Reads the file that `key` of the configuration names.
///
/// # Errors
/// With key and file.
pub(crate) fn read(key: &str, path: &Path) -> anyhow::Result<File> {
    let name = format!("{key}: {}", path.display());
    let content = std::fs::read(path).with_context(|| name.clone())?;
    Ok(File { name, content })
}

/// The authorities of `ca_file` and of every file in `ca_path`; none where neither is set.
///
/// # Errors
/// The file that cannot be read, or holds no certificate.
pub(crate) fn authorities(stanza: &str, tls: &TlsStanza) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let mut found = Vec::new();
    for file in &files_of_authorities(stanza, tls)? {
        found.extend(file.as_pem().certificates()?);
    }
    Ok(found)
}

/// The same as one PEM file; empty where neither is set.
///
/// # Errors
/// As [`authorities`].
pub(crate) fn bundle(stanza: &str, tls: &TlsStanza) -> anyhow::Result<Vec<u8>> {
    let mut bundle = Vec::new();
    for file in &files_of_authorities(stanza, tls)? {
        file.as_pem().certificates()?;
        bundle.extend_from_slice(&file.content);
        bundle.push(b'\n');
    }
    Ok(bundle)
}

fn files_of_authorities(stanza: &str, tls: &TlsStanza) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    if let Some(file) = &tls.ca_file {
        files.push(read(&format!("{stanza}.ca_file"), file)?);
    }
    if let Some(directory) = &tls.ca_path {
        let key = format!("{stanza}.ca_path");
        let listed = || format!("{key}: {}", directory.display());
        for entry in std::fs::read_dir(directory).with_context(listed)? {
            let path = entry.with_context(listed)?.path();
            if path.is_file() {
                files.push(read(&key, &path)?);
            }
        }
    }
    Ok(files)
}
