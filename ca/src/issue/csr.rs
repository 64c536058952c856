//! Signing requests (PKCS #10, RFC 2986) from outside.

use rcgen::SubjectPublicKeyInfo;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer;

use super::{CaName, Grant};
use crate::names::{BadNames, Names};
use crate::spiffe::SpiffeId;

/// A request whose signature holds and whose key is of an allowed type.
pub(super) struct Request {
    key: SubjectPublicKeyInfo,
    names: Names,
    subject: Option<CaName>,
    asks_for_ca: bool,
}

/// Why a request is not signed. Normal for outside input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsrRefused {
    /// Larger than any request of ours.
    #[error("the signing request has {0} bytes, at most {MAX_CSR} are read")]
    TooLong(usize),
    /// Not PKCS #10, or with bytes behind it.
    #[error("the signing request does not decode")]
    Undecodable,
    /// Not made by the holder of the key.
    #[error("the signing request's signature does not match its key")]
    Signature,
    /// Not ECDSA on P-256 or P-384.
    #[error("the signing request's key is neither ECDSA P-256 nor P-384")]
    KeyType,
    /// Names that nobody may carry.
    #[error("the signing request's names are refused: {0}")]
    Names(#[from] BadNames),
    /// The URI name differs from the authorised id.
    #[error("the signing request asks for {asked:?}, authorised is {authorised:?}")]
    Id {
        /// What the request says.
        asked: String,
        /// What was authorised.
        authorised: String,
    },
    /// The DNS names differ from the authorised ones, or there are names of other kinds.
    #[error("the signing request asks for other host names than authorised")]
    Hosts,
    /// A leaf's request that wants to be a CA.
    #[error("the signing request asks for a CA certificate")]
    Ca,
    /// An intermediate's request for another datacenter.
    #[error("the signing request's subject is not that of datacenter {0:?}")]
    Datacenter(String),
}

impl Request {
    pub(super) fn read(der: &[u8]) -> Result<Self, CsrRefused> {
        if der.len() > MAX_CSR {
            return Err(CsrRefused::TooLong(der.len()));
        }
        let Ok(([], request)) = X509CertificationRequest::from_der(der) else {
            return Err(CsrRefused::Undecodable);
        };
        let info = &request.certification_request_info;
        // The type is taken from the key itself: the signature's algorithm names the hash, not the curve.
        let key = SubjectPublicKeyInfo::from_der(info.subject_pki.raw).ok().filter(is_allowed).ok_or(CsrRefused::KeyType)?;
        request.verify_signature().map_err(|_| CsrRefused::Signature)?;
        let extensions = requested(&request)?;
        let asks_for_ca =
            extensions.iter().any(|extension| matches!(extension.parsed_extension(), ParsedExtension::BasicConstraints(basic) if basic.ca));
        Ok(Self { key, names: Names::of_extensions(extensions)?, subject: CaName::from_subject(&info.subject).ok(), asks_for_ca })
    }

    /// The key to sign, if the request names exactly what was granted.
    pub(super) fn for_leaf(self, grant: &Grant) -> Result<SubjectPublicKeyInfo, CsrRefused> {
        if self.asks_for_ca {
            return Err(CsrRefused::Ca);
        }
        self.names_just(grant.id(), grant.dns())?;
        Ok(self.key)
    }

    /// The key to sign, if the request is for the intermediate of that name.
    pub(super) fn for_intermediate(self, id: &SpiffeId, name: &CaName) -> Result<SubjectPublicKeyInfo, CsrRefused> {
        self.names_just(id, &[])?;
        if self.subject.as_ref() != Some(name) {
            return Err(CsrRefused::Datacenter(name.dc.to_string()));
        }
        Ok(self.key)
    }

    fn names_just(&self, id: &SpiffeId, dns: &[String]) -> Result<(), CsrRefused> {
        let (asked, authorised) = (self.names.one_uri()?, id.to_string());
        if asked != authorised {
            let asked = asked.chars().take(200).collect();
            return Err(CsrRefused::Id { asked, authorised });
        }
        if self.names.dns() != dns || self.names.others() > 0 {
            return Err(CsrRefused::Hosts);
        }
        Ok(())
    }
}

/// The extensions asked for; two lists of them could be read differently by two readers.
fn requested<'a>(request: &'a X509CertificationRequest<'_>) -> Result<&'a [X509Extension<'a>], CsrRefused> {
    let mut found: Option<&[X509Extension<'_>]> = None;
    for attribute in request.certification_request_info.iter_attributes() {
        if let ParsedCriAttribute::ExtensionRequest(list) = attribute.parsed_attribute() {
            if found.is_some() {
                return Err(BadNames::Repeated.into());
            }
            found = Some(&list.extensions);
        }
    }
    Ok(found.unwrap_or(&[]))
}

fn is_allowed(key: &SubjectPublicKeyInfo) -> bool {
    use rcgen::PublicKeyData;
    let algorithm = key.algorithm();
    [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384].contains(&algorithm)
}

/// A P-256 request with one name has about 400 bytes.
const MAX_CSR: usize = 8 * 1024;
