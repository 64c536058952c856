//! What gateways tell each other of the servers of their datacenters.
//!
//! A call whose inner head is empty is for the gateway itself: its body is an [`Ask`], the body of its answer an [`Announcement`].

use api::federation::RemoteServer;
use bytes::Bytes;
use prost::Message;

/// Most servers of a datacenter, and most tags and bytes of tags of one.
const MOST_SERVERS: usize = 128;
const MOST_TAGS: usize = 64;
const MOST_TAG_BYTES: usize = 4096;
const LONGEST_NAME: usize = 128;

/// Asks a gateway for the servers of its datacenter, once there is another list than the one known.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Ask {
    /// Version of the list that the asker has; 0 for none.
    #[prost(uint64, tag = 1)]
    pub(crate) version: u64,
    /// How long to wait for another, in milliseconds.
    #[prost(uint64, tag = 2)]
    pub(crate) wait_ms: u64,
}

/// The servers of a gateway's datacenter.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Announcement {
    /// Not 0; other after each change, and after a restart of the gateway.
    #[prost(uint64, tag = 1)]
    pub(crate) version: u64,
    /// Live and failed ones.
    #[prost(message, repeated, tag = 2)]
    pub(crate) servers: Vec<AnnouncedServer>,
}

/// One server.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AnnouncedServer {
    /// As the federation lists it.
    #[prost(message, optional, tag = 1)]
    pub(crate) listed: Option<RemoteServer>,
    /// Where it takes RPC in its own datacenter, `ip:port`.
    #[prost(string, tag = 2)]
    pub(crate) rpc: String,
}

/// An announcement that was not taken. Normal with a faulty or hostile gateway; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadAnnouncement {
    /// It does not decode.
    #[error("announcement: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// More of something than there can be.
    #[error("announcement: more than {1} {0}")]
    TooMany(&'static str, usize),
    /// A server without a description.
    #[error("announcement: a server without a description")]
    Incomplete,
    /// Where a server takes RPC is no address.
    #[error("announcement: {0:?} is no address")]
    Address(String),
    /// The topology refused it.
    #[error("announcement: {0}")]
    Topology(String),
}

impl Ask {
    /// # Errors
    /// When it does not decode.
    pub(crate) fn from_bytes(bytes: Bytes) -> Result<Self, prost::DecodeError> {
        Self::decode(bytes)
    }
}

impl Announcement {
    /// # Errors
    /// [`BadAnnouncement::Malformed`].
    pub(crate) fn from_bytes(bytes: Bytes) -> Result<Self, BadAnnouncement> {
        Ok(Self::decode(bytes)?)
    }

    /// Whether it keeps to the bounds.
    ///
    /// # Errors
    /// [`BadAnnouncement::TooMany`].
    pub(crate) fn check(&self) -> Result<(), BadAnnouncement> {
        let within = |what, count: usize, most: usize| if count > most { Err(BadAnnouncement::TooMany(what, most)) } else { Ok(()) };
        within("servers", self.servers.len(), MOST_SERVERS)?;
        for listed in self.servers.iter().filter_map(|server| server.listed.as_ref()) {
            within("bytes in a server's name or address", listed.name.len().max(listed.address.len()), LONGEST_NAME)?;
            within("tags of a server", listed.tags.len(), MOST_TAGS)?;
            within("bytes of tags", listed.tags.iter().map(|(key, value)| key.len() + value.len()).sum(), MOST_TAG_BYTES)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::federation::Federation;
    use members::{Member, Status};
    use proptest::prelude::*;

    fn gateway() -> Member {
        Member {
            name: "gw.dc2".into(),
            addr: ([127, 0, 0, 1], 8302).into(),
            status: Status::Alive,
            generation: 1,
            tags: std::collections::BTreeMap::new(),
            spki: Bytes::new(),
            since: std::time::Duration::ZERO,
        }
    }

    fn server(name: &str) -> AnnouncedServer {
        let listed = RemoteServer { name: name.to_owned(), address: "10.0.0.1:8301".into(), alive: true, tags: [].into() };
        AnnouncedServer { listed: Some(listed), rpc: "10.0.0.1:8300".into() }
    }

    #[test]
    fn bounds_are_kept_and_bad_ones_change_nothing() {
        let federation = Federation::new("dc1", "gw.dc1").unwrap();
        let take = |servers| federation.handle_announcement(&gateway(), "dc2", Announcement { version: 1, servers });
        take(vec![server("a"), server("b")]).unwrap();
        assert!(take((0..200).map(|n| server(&format!("s{n}"))).collect()).is_err());
        assert!(take(vec![AnnouncedServer { rpc: "nowhere".into(), ..server("c") }]).is_err());
        assert!(take(vec![AnnouncedServer { listed: None, ..server("c") }]).is_err());
        assert!(take(vec![server("new\nline")]).is_err());
        let view = federation.view();
        assert_eq!(view.datacenters[0].servers.iter().map(|server| &*server.name).collect::<Vec<_>>(), ["a", "b"]);
        take(vec![server("b")]).unwrap();
        assert_eq!(federation.view().datacenters[0].servers.len(), 1);
    }

    proptest! {
        #[test]
        fn strangers_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let federation = Federation::new("dc1", "gw.dc1").unwrap();
            if let Ok(announcement) = Announcement::from_bytes(bytes.clone().into()) {
                let _ = federation.handle_announcement(&gateway(), "dc2", announcement);
            }
            let _ = Ask::from_bytes(bytes.into());
        }

        #[test]
        fn what_is_sent_is_read(version in 1_u64.., names in proptest::collection::vec("[a-z]{1,9}", 0..5)) {
            let sent = Announcement { version, servers: names.iter().map(|name| server(name)).collect() };
            prop_assert_eq!(Announcement::from_bytes(sent.encode_to_vec().into()).unwrap(), sent);
        }
    }
}
