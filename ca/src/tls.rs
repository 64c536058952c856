//! The only maker of rustls configurations in this project.
//!
//! | for | type | the peer must |
//! | --- | --- | --- |
//! | RPC within a datacenter | [`RpcTls`] | have a verified identity of the datacenter, a certificate of the operator's authority, or a key pinned by gossip, as [`Admission`] says |
//! | gateways, ALPN `delian-wan/1` | [`WanTls`] | have a verified gateway identity, of the expected datacenter |
//! | strangers, ALPN `delian-join/1` | [`WanTls`] | hold any key; [`join_proof`] then shows that he holds a secret |
//! | HTTPS and gRPC for applications | [`EdgeTls`] | as configured |
//! | checks of services | [`EdgeTls::check_client`] | as the check says ([`CheckPeers`]) |
//!
//! Delian's own links are TLS 1.3 with X25519MLKEM768 and nothing else, always with both certificates, without
//! tickets or resumption: a change of trust holds from the next handshake on.
//!
//! Certificates ([`Keychain`]), trust ([`TrustSlot`]) and pins ([`Pins`]) are slots that a running configuration
//! reads at each handshake. Nothing is rebuilt when they are replaced.

mod admission;
mod chain;
mod check;
mod configured;
mod counters;
mod crypto;
mod edge;
mod join;
mod keychain;
mod link_config;
mod pins;
mod refused;
mod rpc;
mod slot;
mod trust;
mod verifier;
mod wan;

pub use admission::{Admission, Leniency};
pub use check::{CheckPeers, SYSTEM_AUTHORITIES};
pub use configured::{Pem, PemError};
pub use counters::{CounterValues, Counters};
pub use crypto::Crypto;
pub use edge::{EdgeCallers, EdgeTls, EdgeTlsError};
pub use join::{EXPORTER_LABEL, Exporter, JoinClaims, JoinRole, JoinSecret, ProofRefused, ShortSecret, join_proof, verify_join_proof};
pub use keychain::{Identity, IdentityError, Keychain};
pub use pins::{PinnedRole, Pins, TooManyPins};
pub use refused::PeerRefused;
pub use rpc::{RpcParts, RpcPeer, RpcTls};
pub use slot::Slot;
pub use trust::{InvalidTrust, Trust, TrustSlot};
pub use wan::{JOIN_ALPN, WAN_ALPN, WAN_SERVER_NAME, WanParts, WanPeer, WanTls};

#[cfg(test)]
mod tests;
