//! A federation of two datacenters, a clock that stands still, and handshakes without sockets.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, ConnectionCommon, Error, ServerConfig, ServerConnection, SideData};

use super::super::*;
use crate::Validity;
use crate::issue::{CaName, Grant, Intermediate, PrivateKey, RootAuthority, Serial};
use crate::spiffe::{DcName, SpiffeId, TrustDomain};

pub(super) const NOW: u64 = 1_800_000_000;

pub(super) fn trust_domain() -> TrustDomain {
    "11111111-2222-3333-4444-555555555555.consul".parse().unwrap()
}

pub(super) fn dc(name: &str) -> DcName {
    name.parse().unwrap()
}

pub(super) fn hours(hours: u64) -> Validity {
    Validity::starting(NOW, Duration::from_secs(hours * 3600)).unwrap()
}

pub(super) fn gateway(name: &str) -> Grant {
    Grant::id_only(SpiffeId::Gateway { trust_domain: trust_domain(), dc: dc(name) })
}

/// A wall clock that moves when told.
#[derive(Debug)]
pub(super) struct Clock(pub(super) AtomicU64);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.load(Relaxed))))
    }
}

pub(super) fn clock() -> Arc<Clock> {
    Arc::new(Clock(AtomicU64::new(NOW)))
}

/// A root and the intermediates of dc1 and dc2, with their keys at hand for forgeries.
pub(super) struct World {
    pub(super) crypto: Crypto,
    pub(super) root: RootAuthority,
    pub(super) root_pem: String,
    pub(super) dc1: Dc,
    pub(super) dc2: Dc,
}

pub(super) struct Dc {
    pub(super) ca: Intermediate,
    pub(super) ca_pem: String,
}

impl World {
    pub(super) fn new() -> Self {
        let key = PrivateKey::generate().unwrap();
        let root_pem = key.to_secret_pem();
        let serial = Serial::from_random([1; 16]);
        let root = RootAuthority::create(key, trust_domain(), hours(87600), serial).unwrap();
        Self { crypto: Crypto::new(), dc1: Dc::new(&root, "dc1"), dc2: Dc::new(&root, "dc2"), root, root_pem }
    }

    pub(super) fn dc(&self, name: &str) -> &Dc {
        if name == "dc1" { &self.dc1 } else { &self.dc2 }
    }

    pub(super) fn trust(&self) -> Trust {
        Trust::federation(trust_domain(), &[self.root.certificate().clone()]).unwrap()
    }

    /// A proper identity in the datacenter of the grant.
    pub(super) fn leaf(&self, grant: &Grant, key: &PrivateKey) -> Identity {
        let dc = self.dc(grant.id().dc().unwrap().as_str());
        let csr = key.leaf_csr(grant).unwrap();
        let serial = Serial::from_random([3; 16]);
        let leaf = dc.ca.sign_leaf(&csr, grant, hours(72), serial).unwrap();
        self.identity(vec![leaf, dc.ca.certificate().clone()], key)
    }

    pub(super) fn fresh_leaf(&self, grant: &Grant) -> Identity {
        self.leaf(grant, &PrivateKey::generate().unwrap())
    }

    pub(super) fn identity(&self, chain: Vec<CertificateDer<'static>>, key: &PrivateKey) -> Identity {
        Identity::new(&self.crypto, chain, key).unwrap()
    }

    pub(super) fn node(&self) -> Identity {
        self.node_of(&PrivateKey::generate().unwrap())
    }

    pub(super) fn node_of(&self, key: &PrivateKey) -> Identity {
        let serial = Serial::from_random([4; 16]);
        let certificate = key.self_signed(hours(87600), serial).unwrap();
        self.identity(vec![certificate], key)
    }

    pub(super) fn wan(&self, identity: Identity) -> WanTls {
        WanTls::new(WanParts {
            crypto: self.crypto.clone(),
            clock: clock(),
            identity: Arc::new(Keychain::new(identity)),
            node: Arc::new(Keychain::new(self.node())),
            trust: Arc::new(Slot::new(self.trust())),
        })
    }
}

impl Dc {
    pub(super) fn new(root: &RootAuthority, name: &str) -> Self {
        let key = PrivateKey::generate().unwrap();
        let ca_pem = key.to_secret_pem();
        let name = CaName { trust_domain: root.trust_domain().clone(), dc: dc(name) };
        let csr = key.intermediate_csr(&name).unwrap();
        let serial = Serial::from_random([2; 16]);
        let signed = root.sign_intermediate(&csr, &name.dc, hours(8760), serial).unwrap();
        let ca = Intermediate::load(signed, key).unwrap();
        Self { ca, ca_pem }
    }
}

/// A certificate for `key` with whatever `shape` says, signed by the holder of a CA's key without any check.
pub(super) fn forge(
    issuer: &CertificateDer<'_>,
    issuer_pem: &str,
    key: &PrivateKey,
    shape: impl FnOnce(&mut CertificateParams),
) -> CertificateDer<'static> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(NOW - 3600);
    params.not_after = epoch + Duration::from_secs(NOW + 3600);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    shape(&mut params);
    let issuer = Issuer::from_ca_cert_der(issuer, KeyPair::from_pem(issuer_pem).unwrap()).unwrap();
    let key = KeyPair::from_pem(&key.to_secret_pem()).unwrap();
    params.signed_by(&key, &issuer).unwrap().der().clone()
}

pub(super) fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

pub(super) fn host(text: &str) -> SanType {
    SanType::DnsName(text.try_into().unwrap())
}

/// Runs a handshake to its end; the error is that of the side that refused first.
pub(super) fn handshake(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Result<(ClientConnection, ServerConnection), Error> {
    let name = ServerName::try_from("peer.example").unwrap();
    let mut client = ClientConnection::new(client, name).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    loop {
        let there = carry(&mut client, &mut server)?;
        let back = carry(&mut server, &mut client)?;
        if !there && !back {
            assert!(!client.is_handshaking() && !server.is_handshaking());
            return Ok((client, server));
        }
    }
}

/// Whether there was anything to carry.
fn carry<A: SideData, B: SideData>(from: &mut ConnectionCommon<A>, to: &mut ConnectionCommon<B>) -> Result<bool, Error> {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        to.read_tls(&mut rest.by_ref()).unwrap();
        to.process_new_packets()?;
    }
    Ok(!bytes.is_empty())
}
