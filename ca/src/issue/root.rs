//! The root.

use rcgen::{BasicConstraints, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::CertificateDer;

use super::authority::{ca_params, read_ca, validity_of};
use super::csr::Request;
use super::{CaName, IssueError, PrivateKey, Serial};
use crate::Validity;
use crate::names::Names;
use crate::spiffe::{DcName, SpiffeId, TrustDomain};

/// The federation's root: certificate and key. It signs intermediates and nothing else. No `Debug`: it holds a key.
pub struct RootAuthority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    trust_domain: TrustDomain,
    validity: Validity,
}

impl RootAuthority {
    /// A new self-signed root for `trust_domain`, path length 1.
    pub fn create(key: PrivateKey, trust_domain: TrustDomain, validity: Validity, serial: Serial) -> Result<Self, IssueError> {
        let id = SpiffeId::Signing { trust_domain: trust_domain.clone() };
        // The serial's digits make the subject of each root another one, so that after a rotation no reader
        // takes the new root for the old one.
        let [.., a, b, c, d] = *serial.as_bytes();
        let nonce = format!("{a:02x}{b:02x}{c:02x}{d:02x}");
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, format!("pri-{nonce}.consul.ca.{}.consul", trust_domain.short()));
        let is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        let params = ca_params(validity, serial, &id, name, is_ca)?;
        let certificate = params.self_signed(key.pair())?.der().clone();
        Ok(Self { certificate, issuer: Issuer::new(params, key.into_pair()), trust_domain, validity })
    }

    /// A root kept by raft: its certificate and its key.
    pub fn load(certificate: CertificateDer<'static>, key: PrivateKey) -> Result<Self, IssueError> {
        let parsed = read_ca(&certificate, &key)?;
        let validity = validity_of(&parsed)?;
        let names = Names::of_extensions(parsed.extensions()).map_err(|_| IssueError::Issuer("its names cannot be read"))?;
        let Ok(SpiffeId::Signing { trust_domain }) = names.one_id() else {
            return Err(IssueError::Issuer("it has no signing id"));
        };
        let issuer = Issuer::from_ca_cert_der(&certificate, key.into_pair())?;
        Ok(Self { certificate, issuer, trust_domain, validity })
    }

    /// Signs the intermediate of `dc`. The request must name just that: the federation's signing id and the
    /// subject of [`CaName`]. The result has path length 0 and does not outlive the root.
    pub fn sign_intermediate(
        &self,
        csr: &[u8],
        dc: &DcName,
        validity: Validity,
        serial: Serial,
    ) -> Result<CertificateDer<'static>, IssueError> {
        let name = CaName { trust_domain: self.trust_domain.clone(), dc: dc.clone() };
        let id = SpiffeId::Signing { trust_domain: self.trust_domain.clone() };
        let key = Request::read(csr)?.for_intermediate(&id, &name)?;
        let validity = validity.within(self.validity).ok_or(IssueError::IssuerExpired)?;
        let subject = name.to_distinguished_name();
        let is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let params = ca_params(validity, serial, &id, subject, is_ca)?;
        Ok(params.signed_by(&key, &self.issuer)?.der().clone())
    }

    /// The root certificate, for trust bundles.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The federation.
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.trust_domain
    }

    /// How long it counts.
    pub fn validity(&self) -> Validity {
        self.validity
    }
}
