//! Who watches whom: members stand in a ring by a hash of their addresses, and each watches the next one or two.
//!
//! Random probes leave the time until somebody happens to probe a dead member without a bound; the ring gives everyone a watcher, who
//! comes by in every interval, and a second where the first may be dead, too. The hash keeps neighbours in the network, which die together,
//! apart in the ring.

use std::net::{IpAddr, SocketAddr};

use crate::identity::Identity;

/// Of `members`, the next `count` after `own`.
pub(crate) fn next_after(own: SocketAddr, members: impl Iterator<Item = Identity>, count: usize) -> Vec<Identity> {
    let from = place(own);
    let mut next: Vec<(u64, Identity)> = Vec::with_capacity(count + 1);
    for member in members {
        let one = (place(member.instance.addr).wrapping_sub(from).wrapping_sub(1), member);
        let at = next.partition_point(|other| *other < one);
        if at < count {
            next.insert(at, one);
            next.truncate(count);
        }
    }
    next.into_iter().map(|(_, member)| member).collect()
}

/// FNV-1a and a finish that spreads neighbouring addresses: every member must come to the same.
fn place(addr: SocketAddr) -> u64 {
    let hash = |bytes: &[u8]| {
        let all = bytes.iter().copied().chain(addr.port().to_be_bytes());
        all.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    };
    let hash = match addr.ip() {
        IpAddr::V4(ip) => hash(&ip.octets()),
        IpAddr::V6(ip) => hash(&ip.octets()),
    };
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ (mixed >> 32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::Instance;
    use std::collections::BTreeSet;

    fn member(n: u8) -> Identity {
        Identity { instance: Instance { addr: ([10, 0, 0, n], 8301).into(), generation: 1 }, renewal: 0 }
    }

    #[test]
    fn everyone_is_watched_by_as_many_and_the_ring_closes_over_the_dead() {
        let ring = |alive: &BTreeSet<u8>| {
            let next =
                |n: u8| next_after(member(n).instance.addr, alive.iter().filter(|other| **other != n).map(|other| member(*other)), 2);
            alive.iter().map(|n| next(*n)).map(|next| (next[0], next[1])).collect::<Vec<_>>()
        };
        let mut alive: BTreeSet<u8> = (0..100).collect();
        for _ in 0..2 {
            let (first, second): (BTreeSet<_>, BTreeSet<_>) = ring(&alive).into_iter().unzip();
            assert_eq!((first.len(), second.len()), (alive.len(), alive.len()));
            assert!(ring(&alive).iter().all(|(first, second)| first != second));
            alive.retain(|n| n % 3 > 0);
        }
    }

    #[test]
    fn neighbours_in_the_network_do_not_watch_each_other() {
        let next = |n: u8| next_after(member(n).instance.addr, (0..250).filter(|other| *other != n).map(member), 1)[0];
        let near = (0..250).filter(|n| next(*n) == member(n + 1)).count();
        assert!(near < 10, "{near}");
    }
}
