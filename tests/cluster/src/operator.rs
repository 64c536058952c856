//! An operator's certificates.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::path::PathBuf;
use tempfile::TempDir;

/// An operator's authority, and the folder of what it has signed: `ca.pem`, and of each role its `.pem` and `.key`.
pub struct Operator {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Operator {
    /// With a new authority.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (issuer, certificate) = authority();
        std::fs::write(folder.path().join("ca.pem"), certificate).unwrap();
        Self { issuer, folder }
    }

    /// Signs by another authority from now on, and returns its certificate. The file of authorities stays as it is.
    pub fn change_authority(&mut self) -> String {
        let (issuer, certificate) = authority();
        self.issuer = issuer;
        certificate
    }

    /// A file of the folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a key for `role`, and a certificate with these names.
    pub fn sign(&self, role: &str, hosts: &[&str]) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>()).unwrap();
        std::fs::write(self.file(&format!("{role}.pem")), params.signed_by(&key, &self.issuer).unwrap().pem()).unwrap();
        std::fs::write(self.file(&format!("{role}.key")), key.serialize_pem()).unwrap();
    }
}

fn authority() -> (Issuer<'static, KeyPair>, String) {
    let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap().pem();
    (Issuer::new(params, key), certificate)
}
