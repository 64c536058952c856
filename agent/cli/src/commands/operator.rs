//! `operator`: work on the cluster itself.

pub(super) mod autopilot;
pub(super) mod list_peers;
pub(super) mod remove_peer;
pub(super) mod transfer_leader;

use crate::command::Group;

/// `operator`.
pub(super) const GROUP: Group = Group {
    path: &["operator"],
    summary: "Looks into and repairs the cluster itself",
    about: "
For those who run the cluster. Some of these commands can break it when used
wrongly. With ACLs on, the token needs operator permissions.
",
};

/// `operator raft`.
pub(super) const RAFT: Group = Group {
    path: &["operator", "raft"],
    summary: "Looks at and changes the raft peers",
    about: "
The servers of a datacenter agree through raft. These commands show which
servers take part and remove those that are gone for good.
",
};
