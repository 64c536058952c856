//! The gossip pools: key, pace, who may take part.

use std::fmt;
use std::time::Duration;

use base64::DecodeError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Cidr;
use crate::reader::{Context, Findings, Reader};

/// Settings of the gossip pools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gossip {
    /// The key of `encrypt`, with which a keyring starts.
    pub encrypt: Option<GossipKey>,
    /// Whether packets in plain text are refused once there is a key.
    pub encrypt_verify_incoming: bool,
    /// Whether packets are sent encrypted once there is a key.
    pub encrypt_verify_outgoing: bool,
    /// Neither send nor answer network coordinates.
    pub disable_coordinates: bool,
    /// Keep keyrings in memory only.
    pub disable_keyring_file: bool,
    /// Pace inside the datacenter.
    pub gossip_lan: GossipTiming,
    /// Pace between datacenters.
    pub gossip_wan: GossipTiming,
    /// Networks whose members are let in; empty for any.
    pub serf_lan_allowed_cidrs: Vec<Cidr>,
    /// Networks whose members are let in on the WAN; empty for any.
    pub serf_wan_allowed_cidrs: Vec<Cidr>,
}

/// The pace of one pool (SWIM); intervals are above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GossipTiming {
    /// Pause between rounds of gossip.
    pub gossip_interval: Duration,
    /// Members told per round.
    pub gossip_nodes: u32,
    /// Pause between probes.
    pub probe_interval: Duration,
    /// How long a probe waits for its answer.
    pub probe_timeout: Duration,
    /// Multiplier of the time a suspect has to refute, where the configuration has one: it is kept to then, whatever evidence there is.
    pub suspicion_mult: Option<u32>,
    /// Multiplier of how often a message is passed on.
    pub retransmit_mult: u32,
}

/// An AES key of 16, 24 or 32 bytes. `Debug` shows the length only.
#[derive(Clone, PartialEq, Eq)]
pub struct GossipKey(Vec<u8>);

/// Why a text is no gossip key; prints nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GossipKeyError {
    #[error("illegal base64 data at input byte {0}")]
    Base64(usize),
    #[error("key size must be 16, 24 or 32 bytes")]
    Size,
}

impl GossipKey {
    /// Reads base64 with padding.
    pub(crate) fn parse(text: &str) -> Result<Self, GossipKeyError> {
        let bytes = STANDARD.decode(text).map_err(|error| {
            GossipKeyError::Base64(match error {
                DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => at,
                // The text ends too early; Go blames the last group of four.
                _ => text.len() / 4 * 4,
            })
        })?;
        match bytes.len() {
            16 | 24 | 32 => Ok(Self(bytes)),
            _ => Err(GossipKeyError::Size),
        }
    }

    /// The bytes, for the cipher and the keyring.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for GossipKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<hidden, {} bytes>", self.0.len())
    }
}

pub(crate) fn resolve(context: &Context<'_>) -> (Gossip, Findings) {
    let mut read = Reader::new(context);
    let encrypt = read.filled("encrypt").and_then(|text| {
        let key = GossipKey::parse(text);
        if let Err(error) = &key {
            read.wrong("encrypt", format!("encrypt has invalid key: {error}"));
        }
        key.ok()
    });
    let lan = GossipTiming {
        gossip_interval: Duration::from_millis(200),
        gossip_nodes: 3,
        probe_interval: Duration::from_secs(1),
        probe_timeout: Duration::from_millis(500),
        suspicion_mult: None,
        retransmit_mult: 4,
    };
    // Not Consul's: between gateways a death is to be noticed in seconds.
    let wan = GossipTiming {
        gossip_interval: Duration::from_millis(100),
        gossip_nodes: 4,
        probe_interval: Duration::from_millis(800),
        probe_timeout: Duration::from_millis(350),
        ..lan
    };
    let gossip = Gossip {
        encrypt,
        encrypt_verify_incoming: read.truth("encrypt_verify_incoming").unwrap_or(true),
        encrypt_verify_outgoing: read.truth("encrypt_verify_outgoing").unwrap_or(true),
        disable_coordinates: read.is("disable_coordinates"),
        disable_keyring_file: read.is("disable_keyring_file"),
        gossip_lan: timing(&mut read, "gossip_lan", lan),
        gossip_wan: timing(&mut read, "gossip_wan", wan),
        serf_lan_allowed_cidrs: cidrs(&mut read, "serf_lan_allowed_cidrs"),
        serf_wan_allowed_cidrs: cidrs(&mut read, "serf_wan_allowed_cidrs"),
    };
    (gossip, read.finish())
}

fn timing(read: &mut Reader<'_>, stanza: &str, default: GossipTiming) -> GossipTiming {
    let key = |name: &str| format!("{stanza}.{name}");
    GossipTiming {
        gossip_interval: read.interval(&key("gossip_interval"), default.gossip_interval),
        gossip_nodes: read.count(&key("gossip_nodes"), default.gossip_nodes),
        probe_interval: read.interval(&key("probe_interval"), default.probe_interval),
        probe_timeout: read.interval(&key("probe_timeout"), default.probe_timeout),
        suspicion_mult: read.int(&key("suspicion_mult")).map(|_| read.count(&key("suspicion_mult"), 1)),
        retransmit_mult: read.count(&key("retransmit_mult"), default.retransmit_mult),
    }
}

/// The networks listed at `key`.
pub(crate) fn cidrs(read: &mut Reader<'_>, key: &str) -> Vec<Cidr> {
    let mut cidrs = Vec::new();
    for text in read.texts(key) {
        match text.value.parse() {
            Ok(cidr) => cidrs.push(cidr),
            Err(_) => {
                let message = format!("{key}: invalid cidr: {}", text.value);
                read.wrong_at(Some(text.origin.clone()), key, message);
            }
        }
    }
    cidrs
}
