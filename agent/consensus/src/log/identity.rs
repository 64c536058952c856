//! Who a log belongs to.

use super::tables::{IDENTITY, META, ReadError, get, put};
use crate::{OpenError, RaftId};
use redb::{Database, ReadableDatabase};

/// Recorded when a data directory is first used, compared ever after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The node's UUID.
    pub(crate) node_id: String,
    /// Drawn at random when the directory was first used, so that a wiped disk is another raft node.
    pub(crate) incarnation: u64,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct IdentityRecord {
    #[prost(string, tag = 1)]
    node_id: String,
    #[prost(fixed64, tag = 2)]
    incarnation: u64,
}

impl Identity {
    /// The raft id this directory has.
    pub(crate) fn raft_id(&self) -> RaftId {
        RaftId::derive(&self.node_id, self.incarnation)
    }

    /// Reads the identity of the log in `db`, or records a new one with `incarnation` if the log is new.
    pub(crate) fn claim(db: &Database, path: &str, node_id: &str, incarnation: u64) -> Result<Self, OpenError> {
        match Self::read(db, path)? {
            Some(found) if found.node_id == node_id => Ok(found),
            Some(found) => Err(OpenError::Foreign { path: path.to_owned(), expected: node_id.to_owned(), found: found.node_id }),
            None => {
                let new = Self { node_id: node_id.to_owned(), incarnation };
                new.write(db).map_err(|error| OpenError::storage(path, error))?;
                Ok(new)
            }
        }
    }

    fn read(db: &Database, path: &str) -> Result<Option<Self>, OpenError> {
        let read = db.begin_read().map_err(|error| OpenError::storage(path, error))?;
        let meta = match read.open_table(META) {
            Ok(meta) => meta,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(OpenError::storage(path, error)),
        };
        match get::<IdentityRecord>(&meta, IDENTITY) {
            Ok(Some(found)) => Ok(Some(Self { node_id: found.node_id, incarnation: found.incarnation })),
            // The first transaction writes the identity: a file with tables and without it was not written by us.
            Ok(None) => Err(OpenError::damaged(path, "the identity of its node", "none")),
            Err(ReadError::Malformed(error)) => Err(OpenError::damaged(path, "the identity of its node", error)),
            Err(ReadError::Storage(error)) => Err(OpenError::storage(path, error)),
        }
    }

    fn write(&self, db: &Database) -> Result<(), redb::Error> {
        let write = db.begin_write()?;
        {
            let mut meta = write.open_table(META)?;
            write.open_table(super::tables::LOG)?;
            put(&mut meta, IDENTITY, &IdentityRecord { node_id: self.node_id.clone(), incarnation: self.incarnation })?;
        }
        write.commit()?;
        Ok(())
    }
}
