//! Certificates of RPC within the datacenter: `tls.internal_rpc`.

use crate::pem;
use anyhow::{Context, bail, ensure};
use ca::tls::{Crypto, Identity, Trust};
use config::TlsStanza;
use node::RpcCertificates;

/// Who is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Process {
    /// Others call it: it needs a certificate.
    ServerOrGateway,
    /// It only calls.
    ClientAgent,
}

/// The operator's certificates, if there are any.
///
/// # Errors
/// What is missing, or the file that is of no use.
pub(crate) fn certificates(stanza: &TlsStanza, process: Process) -> anyhow::Result<Option<RpcCertificates>> {
    let identity = match (&stanza.cert_file, &stanza.key_file) {
        (Some(cert), Some(key)) => {
            let (cert, key) = (pem::read("tls.internal_rpc.cert_file", cert)?, pem::read("tls.internal_rpc.key_file", key)?);
            Some(Identity::configured(&Crypto::new(), cert.as_pem(), key.as_pem())?)
        }
        (Some(cert), None) => bail!("tls.internal_rpc.cert_file: {} needs its key: tls.internal_rpc.key_file", cert.display()),
        (None, Some(key)) => bail!("tls.internal_rpc.key_file: {} needs its certificate: tls.internal_rpc.cert_file", key.display()),
        (None, None) => None,
    };
    let roots = pem::authorities("tls.internal_rpc", stanza)?;
    if roots.is_empty() {
        if let Some(path) = &stanza.ca_path {
            bail!("tls.internal_rpc.ca_path: {}: contains no certificates", path.display());
        }
        ensure!(
            identity.is_none(),
            "tls.internal_rpc.cert_file: there is nothing to verify others by: tls.internal_rpc.ca_file or ca_path"
        );
        return Ok(None);
    }
    if identity.is_none() && process == Process::ServerOrGateway {
        bail!("tls.internal_rpc: servers and gateways show a certificate: tls.internal_rpc.cert_file and key_file");
    }
    let roots = Trust::configured(&roots).context("tls.internal_rpc.ca_file, tls.internal_rpc.ca_path")?;
    Ok(Some(RpcCertificates { identity, roots, verify_incoming: stanza.verify_incoming }))
}
