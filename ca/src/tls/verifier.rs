//! Between rustls and our rules.

use std::fmt;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use super::chain::{Chain, Side};
use super::{Crypto, PeerRefused};

/// Decides on one kind of link whether a presented chain is good enough.
pub(super) trait Admit: Send + Sync {
    fn admit(&self, chain: Chain<'_>, side: Side, now: UnixTime) -> Result<(), PeerRefused>;
}

/// Runs an [`Admit`] in both directions and counts. That the peer holds the key, rustls checks in each case.
pub(super) struct Verifier<A> {
    pub(super) admit: A,
    pub(super) crypto: Crypto,
}

impl<A: Admit> Verifier<A> {
    fn judge(&self, leaf: &CertificateDer<'_>, rest: &[CertificateDer<'_>], side: Side, now: UnixTime) -> Result<(), Error> {
        let judgement = Chain::new(leaf, rest).and_then(|chain| self.admit.admit(chain, side, now));
        self.crypto.counters().judged(judgement.as_ref().map(|&()| ()));
        Ok(judgement?)
    }

    fn check_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.crypto.provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn schemes(&self) -> Vec<SignatureScheme> {
        let provider = self.crypto.provider();
        provider.signature_verification_algorithms.supported_schemes()
    }
}

impl<A: Admit> ServerCertVerifier for Verifier<A> {
    /// The name that was dialled is not looked at: each link knows by itself whom it expects.
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(leaf, rest, Side::Server, now)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General(TLS12.to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}

impl<A: Admit> ClientCertVerifier for Verifier<A> {
    /// No hints: clients show the one certificate they have.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(leaf, rest, Side::Client, now)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General(TLS12.to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}

impl<A> fmt::Debug for Verifier<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

/// Not reachable: the configurations have no TLS 1.2. Refused all the same.
const TLS12: &str = "TLS 1.2 is not spoken on this link";
