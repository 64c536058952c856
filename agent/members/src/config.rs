//! The parameters of a pool, with Consul's defaults for each kind of network.

use std::time::Duration;

/// Parameters of one gossip pool. Every field may be overridden after choosing a profile;
/// all members of a pool should use the same values.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Name of the pool, e.g. `lan:dc1` or `wan`. Push/pull with another pool is refused by name.
    pub pool: String,
    /// How often queued updates are sent out.
    pub gossip_interval: Duration,
    /// To how many random members, each time.
    pub gossip_nodes: usize,
    /// How often one member is probed. Stretched by local health.
    pub probe_interval: Duration,
    /// How long a direct probe may take before others are asked. Must be below `probe_interval`.
    pub probe_timeout: Duration,
    /// How long to wait for an answer before a ping is sent again to a member whose round trip is not known; to others, half as long again
    /// as that. Unless it is below `probe_timeout`, pings of random probes are sent once, so that all round trips get known.
    pub ping_gap: Duration,
    /// How much longer the first answer of a member may take, which may have to make a connection for it.
    pub handshake: Duration,
    /// How many of the next in the ring each member watches: probes in every interval, beside the random one.
    pub watched: usize,
    /// How many members are asked to probe indirectly.
    pub indirect_checks: usize,
    /// Shortest suspicion = `suspicion_mult` × max(1, log10 n) × `probe_interval`.
    pub suspicion_mult: u32,
    /// Longest suspicion = shortest × this, without confirmations.
    pub suspicion_max_mult: u32,
    /// Share of the shortest suspicion that is enough when several members called the suspect in vain, and nobody refused or took a call.
    pub silent_share: f64,
    /// Share that is enough when several could not reach it and a call was refused: the process is gone.
    pub refused_share: f64,
    /// Whether a member that answers no ping is called on a stream, too. An answer counts as one to the ping; see [`Contact`](crate::Contact).
    pub stream_probes: bool,
    /// An update is sent `retransmit_mult` × ceil(log10(n + 1)) times, in small pools as in one of a hundred members.
    pub retransmit_mult: u32,
    /// How often the whole state is exchanged with a random member; scaled by log2 of pools above 32 members.
    pub push_pull_interval: Duration,
    /// How often a random failed member is tried again.
    pub reconnect_interval: Duration,
    /// How long a failed member is remembered.
    pub reconnect_timeout: Duration,
    /// How long a member that left is remembered.
    pub tombstone_timeout: Duration,
    /// How often the two limits above are applied.
    pub reap_interval: Duration,
    /// How long the intent to leave is gossiped before the leave itself.
    pub leave_delay: Duration,
    /// How long a stream (push/pull, details) may take as a whole; kept by the driver.
    pub stream_timeout: Duration,
    /// Largest packet in bytes, encryption included.
    pub max_packet: usize,
    /// Largest stream message in bytes, encryption included.
    pub max_stream: usize,
    /// Most members (of any status) that are remembered; further ones are ignored.
    pub max_members: usize,
    /// Ceiling of the local health score (Lifeguard; 8 in the paper).
    pub max_health_score: u32,
    /// Refuse plaintext when a key is installed (`encrypt_verify_incoming`).
    pub verify_incoming: bool,
    /// Encrypt when a key is installed (`encrypt_verify_outgoing`).
    pub verify_outgoing: bool,
}

impl Config {
    /// Consul's LAN intervals. With evidence, a dead process of 12 members is seen failed after some 2.5 s, a lost machine after 3.5 s, and a
    /// stalled process after 5 to 6 s, as with Consul.
    #[must_use]
    pub fn lan() -> Self {
        Self {
            pool: "lan".to_owned(),
            gossip_interval: Duration::from_millis(200),
            gossip_nodes: 3,
            probe_interval: Duration::from_secs(1),
            probe_timeout: Duration::from_millis(500),
            ping_gap: Duration::from_millis(100),
            handshake: Duration::ZERO,
            watched: 1,
            indirect_checks: 3,
            suspicion_mult: 4,
            suspicion_max_mult: 6,
            silent_share: 0.5,
            refused_share: 0.25,
            stream_probes: true,
            retransmit_mult: 4,
            push_pull_interval: Duration::from_secs(30),
            reconnect_interval: Duration::from_secs(30),
            reconnect_timeout: Duration::from_secs(72 * 3600),
            tombstone_timeout: Duration::from_secs(24 * 3600),
            reap_interval: Duration::from_secs(15),
            leave_delay: Duration::from_secs(1),
            stream_timeout: Duration::from_secs(10),
            max_packet: 1317,
            max_stream: 4 << 20,
            max_members: 20_000,
            max_health_score: 8,
            verify_incoming: true,
            verify_outgoing: true,
        }
    }

    /// Parameters of our own between datacenters: of 200 gateways a dead one is noticed in 3 to 5 s, where Consul takes 30 s and more,
    /// and loss of 25 % does not make one dead (`tests/pools`). Round trips of up to 350 ms need no indirect probe, and those find their
    /// answer within the interval. Packets fit a first QUIC datagram (1,162 B).
    #[must_use]
    pub fn wan() -> Self {
        Self {
            pool: "wan".to_owned(),
            gossip_interval: Duration::from_millis(100),
            gossip_nodes: 4,
            probe_interval: Duration::from_millis(800),
            probe_timeout: Duration::from_millis(350),
            ping_gap: Duration::from_millis(350),
            handshake: Duration::from_millis(800),
            watched: 2,
            indirect_checks: 16,
            suspicion_mult: 1,
            silent_share: 1.0,
            refused_share: 1.0,
            stream_probes: false,
            push_pull_interval: Duration::from_secs(60),
            stream_timeout: Duration::from_secs(30),
            leave_delay: Duration::from_secs(2),
            max_packet: 1100,
            ..Self::lan()
        }
    }

    /// Consul's `-dev` parameters: everything on one machine, quick.
    #[must_use]
    pub fn dev() -> Self {
        Self {
            gossip_interval: Duration::from_millis(100),
            probe_interval: Duration::from_millis(100),
            probe_timeout: Duration::from_millis(50),
            ping_gap: Duration::from_millis(10),
            suspicion_mult: 3,
            leave_delay: Duration::from_millis(300),
            ..Self::lan()
        }
    }

    /// Shortest suspicion in a pool of `n` live members.
    pub(crate) fn suspicion_min(&self, n: usize) -> Duration {
        let scale = (n.max(1) as f64).log10().max(1.0);
        self.probe_interval.mul_f64(f64::from(self.suspicion_mult) * scale)
    }

    /// How often an update is sent in a pool of `n` live members.
    pub(crate) fn retransmits(&self, n: usize) -> u32 {
        // Pools grow while they start: by the members known so far, the news of those who come would be told too seldom.
        let digits = ((n + 1) as f64).log10().ceil().max(3.0);
        self.retransmit_mult.saturating_mul(digits as u32).clamp(1, 255)
    }

    /// Push/pull slows down with the logarithm of the pool, so that its traffic per member stays bounded.
    #[must_use]
    pub fn push_pull_every(&self, n: usize) -> Duration {
        if n <= 32 {
            return self.push_pull_interval;
        }
        let steps = (n as f64).log2() - 5.0;
        self.push_pull_interval.mul_f64(steps.ceil() + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_follow_memberlist() {
        let lan = Config::lan();
        assert_eq!(lan.suspicion_min(5), Duration::from_secs(4));
        assert_eq!(lan.suspicion_min(100), Duration::from_secs(8));
        assert_eq!(lan.retransmits(1_000), 16);
        assert_eq!(lan.push_pull_every(32), Duration::from_secs(30));
        assert_eq!(lan.push_pull_every(64), Duration::from_secs(60));
        assert_eq!(lan.push_pull_every(65), Duration::from_secs(90));
    }
}
