//! Which run of a process is at an address: connections to an earlier one are dead, although nobody has closed them.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use members::Member;

/// The latest run that was seen at each address of a member.
#[derive(Default)]
pub(crate) struct Runs(BTreeMap<SocketAddr, u64>);

impl Runs {
    /// Takes a member that is there. True if another run was at its address before.
    pub(crate) fn handle_member(&mut self, member: &Member) -> bool {
        let before = self.0.insert(member.addr, member.generation);
        before.is_some_and(|before| before != member.generation)
    }

    /// The members there are: of other addresses nothing is kept.
    pub(crate) fn keep(&mut self, members: &[Member]) {
        if self.0.len() > members.len() * 2 {
            self.0.retain(|addr, _| members.iter().any(|member| member.addr == *addr));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use members::Status;
    use std::time::Duration;

    fn member(port: u16, generation: u64) -> Member {
        Member {
            name: format!("g{port}"),
            addr: ([127, 0, 0, 1], port).into(),
            status: Status::Alive,
            generation,
            tags: BTreeMap::new(),
            spki: bytes::Bytes::new(),
            since: Duration::ZERO,
        }
    }

    #[test]
    fn a_restart_is_another_run_and_a_return_is_not() {
        let mut runs = Runs::default();
        assert!(!runs.handle_member(&member(1, 7)), "nothing was there");
        assert!(!runs.handle_member(&member(1, 7)), "declared failed, and back");
        assert!(runs.handle_member(&member(1, 8)));
        for port in 2..9 {
            runs.handle_member(&member(port, 1));
        }
        runs.keep(&[member(1, 8)]);
        assert!(!runs.handle_member(&member(2, 5)), "forgotten");
        assert!(runs.handle_member(&member(1, 9)));
    }
}
