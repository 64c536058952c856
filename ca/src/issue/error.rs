//! What can go wrong when making a certificate.

use super::{CsrRefused, NotACaName};
use crate::InvalidValidity;

/// Why nothing was made. No variant leaves anything half done.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The request is not what was authorised. Normal for outside input.
    #[error(transparent)]
    Csr(#[from] CsrRefused),
    /// The issuer's certificate is not one of ours, or not a CA's.
    #[error("the issuing certificate cannot be used: {0}")]
    Issuer(&'static str),
    /// The issuer's certificate does not say whose CA it is.
    #[error("the issuing certificate cannot be used: {0}")]
    IssuerName(#[from] NotACaName),
    /// The wished span is no span.
    #[error(transparent)]
    Validity(#[from] InvalidValidity),
    /// The issuer has expired, or not begun.
    #[error("the issuing certificate is not valid in the wished time")]
    IssuerExpired,
    /// The cryptographic library refused; not expected.
    #[error("making the certificate failed: {0}")]
    Library(#[from] rcgen::Error),
}
