//! A datacenter's intermediate.

use rcgen::{Issuer, KeyPair};
use rustls::pki_types::CertificateDer;

use super::authority::{alt_names, leaf_params, read_ca, validity_of};
use super::csr::Request;
use super::{CaName, Grant, IssueError, PrivateKey, Serial};
use crate::Validity;

/// What signs the leaves of one datacenter: certificate and key. No `Debug`: it holds a key.
pub struct Intermediate {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    name: CaName,
    validity: Validity,
}

impl Intermediate {
    /// A certificate that the root signed, and its key.
    pub fn load(certificate: CertificateDer<'static>, key: PrivateKey) -> Result<Self, IssueError> {
        let parsed = read_ca(&certificate, &key)?;
        let validity = validity_of(&parsed)?;
        let name = CaName::from_subject(parsed.subject())?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key.into_pair())?;
        Ok(Self { certificate, issuer, name, validity })
    }

    /// Signs a leaf with the names of `grant`. The request must be signed by its own key, of an allowed type, and
    /// name exactly what was granted: one URI name equal to the id byte for byte, the same DNS names, nothing
    /// else. A grant for another datacenter or federation is refused. The leaf does not outlive the intermediate.
    ///
    /// Present it as `[leaf, intermediate.certificate()]`.
    pub fn sign_leaf(&self, csr: &[u8], grant: &Grant, validity: Validity, serial: Serial) -> Result<CertificateDer<'static>, IssueError> {
        let id = grant.id();
        if id.trust_domain() != &self.name.trust_domain || id.dc() != Some(&self.name.dc) {
            return Err(IssueError::Issuer("it belongs to another datacenter than the granted id"));
        }
        let key = Request::read(csr)?.for_leaf(grant)?;
        let validity = validity.within(self.validity).ok_or(IssueError::IssuerExpired)?;
        let mut params = leaf_params(validity, serial);
        params.subject_alt_names = alt_names(id, grant.dns())?;
        Ok(params.signed_by(&key, &self.issuer)?.der().clone())
    }

    /// The certificate, which its leaves present behind themselves.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Whose it is.
    pub fn name(&self) -> &CaName {
        &self.name
    }

    /// How long it counts.
    pub fn validity(&self) -> Validity {
        self.validity
    }
}
