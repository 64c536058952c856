//! What the root and the intermediates have in common: certificate fields, and loading a CA.

use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType, SerialNumber};
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{IssueError, PrivateKey, Serial};
use crate::spiffe::SpiffeId;
use crate::{SpkiHash, Validity};

/// A certificate without names, usable as client and server; Consul's key usages.
pub(super) fn leaf_params(validity: Validity, serial: Serial) -> CertificateParams {
    let mut params = params(validity, serial);
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
        KeyUsagePurpose::DataEncipherment,
        KeyUsagePurpose::KeyAgreement,
    ];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    params
}

/// A CA certificate with the signing id of its federation.
pub(super) fn ca_params(
    validity: Validity,
    serial: Serial,
    id: &SpiffeId,
    name: DistinguishedName,
    is_ca: IsCa,
) -> Result<CertificateParams, IssueError> {
    let mut params = params(validity, serial);
    params.distinguished_name = name;
    params.subject_alt_names = alt_names(id, &[])?;
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    params.is_ca = is_ca;
    Ok(params)
}

pub(super) fn alt_names(id: &SpiffeId, dns: &[String]) -> Result<Vec<SanType>, IssueError> {
    let mut names = vec![SanType::URI(id.to_string().try_into()?)];
    for host in dns {
        names.push(SanType::DnsName(host.as_str().try_into()?));
    }
    Ok(names)
}

fn params(validity: Validity, serial: Serial) -> CertificateParams {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::default();
    params.not_before = epoch + Duration::from_secs(validity.not_before());
    params.not_after = epoch + Duration::from_secs(validity.not_after());
    params.serial_number = Some(SerialNumber::from_slice(serial.as_bytes()));
    params.distinguished_name = DistinguishedName::new();
    params.use_authority_key_identifier_extension = true;
    params
}

/// Parses a CA's certificate and makes sure that `key` belongs to it.
pub(super) fn read_ca<'a>(certificate: &'a CertificateDer<'_>, key: &PrivateKey) -> Result<X509Certificate<'a>, IssueError> {
    let Ok(([], parsed)) = X509Certificate::from_der(certificate) else {
        return Err(IssueError::Issuer("it does not parse as X.509"));
    };
    if !parsed.is_ca() {
        return Err(IssueError::Issuer("it is not a CA's"));
    }
    if SpkiHash::of_spki(parsed.tbs_certificate.subject_pki.raw) != key.spki_hash() {
        return Err(IssueError::Issuer("the key is not the certificate's"));
    }
    Ok(parsed)
}

pub(super) fn validity_of(parsed: &X509Certificate<'_>) -> Result<Validity, IssueError> {
    let seconds = |time: i64| u64::try_from(time).unwrap_or(0);
    let span = &parsed.tbs_certificate.validity;
    Ok(Validity::new(seconds(span.not_before.timestamp()), seconds(span.not_after.timestamp()))?)
}
