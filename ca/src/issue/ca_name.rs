//! How an intermediate says whose it is.

use rcgen::{DistinguishedName, DnType};
use x509_parser::x509::X509Name;

use crate::spiffe::{DcName, TrustDomain};

/// The subject of a datacenter's intermediate: `O=<trust domain>, OU=Datacenter CA, CN=<dc>`.
///
/// The datacenter stands in the subject because the URI name of a CA certificate must be the bare signing id
/// (X.509-SVID, section 3.2). The root alone decides what stands here, so a verified path proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaName {
    /// The federation.
    pub trust_domain: TrustDomain,
    /// The datacenter whose leaves it signs.
    pub dc: DcName,
}

/// A subject of another form, for example that of a root or of someone else's CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the subject names no datacenter (O=<trust domain>, OU={UNIT}, CN=<dc>)")]
pub struct NotACaName;

impl CaName {
    pub(super) fn to_distinguished_name(&self) -> DistinguishedName {
        let mut name = DistinguishedName::new();
        name.push(DnType::OrganizationName, self.trust_domain.as_str());
        name.push(DnType::OrganizationalUnitName, UNIT);
        name.push(DnType::CommonName, self.dc.as_str());
        name
    }

    /// Reads the subject back; each of the three attributes must be there once, and no other.
    pub(crate) fn from_subject(subject: &X509Name<'_>) -> Result<Self, NotACaName> {
        let mut organisation = subject.iter_organization();
        let mut unit = subject.iter_organizational_unit();
        let mut common = subject.iter_common_name();
        let (Some(organisation), Some(unit), Some(common), 3) =
            (organisation.next(), unit.next(), common.next(), subject.iter_attributes().count())
        else {
            return Err(NotACaName);
        };
        let text = |value: &x509_parser::x509::AttributeTypeAndValue<'_>| value.as_str().map(str::to_owned).map_err(|_| NotACaName);
        if text(unit)? != UNIT {
            return Err(NotACaName);
        }
        Ok(Self { trust_domain: text(organisation)?.parse().map_err(|_| NotACaName)?, dc: text(common)?.parse().map_err(|_| NotACaName)? })
    }
}

const UNIT: &str = "Datacenter CA";
