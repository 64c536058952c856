//! Calls from the other nodes.

use crate::lease::MetricsReceiver;
use crate::message::{
    AppendRecord, AppendReplyRecord, Malformed, SnapshotHeadRecord, SnapshotReplyRecord, TransferRecord, TransferReplyRecord,
    VoteCallRecord, VoteReplyRecord, decode, elected,
};
use crate::replica::Replica;
use crate::snapshot::{CHUNK, SnapshotFile, SnapshotStore};
use crate::types::{LogId, TypeConfig, Vote};
use crate::{RaftId, status::LastContact};
use bytes::{Buf, Bytes};
use openraft::Raft;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::storage::Snapshot;
use prost::Message;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

/// Why a call was refused. Whoever called may try again.
#[derive(Debug, thiserror::Error)]
pub enum InboundError {
    /// The bytes make no sense.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The call is for another raft node: the disk here was wiped, or the address was reused.
    #[error("for raft node {to}, this is {this}")]
    Misdirected {
        /// Whom the caller meant.
        to: RaftId,
        /// Who answers here.
        this: RaftId,
    },
    /// This node restarted a moment ago and may have promised not to vote.
    #[error("no votes for a while after a restart")]
    Restarted,
    /// A snapshot is already on its way in, or the sender paused too long or stopped early.
    #[error("snapshot: {0}")]
    Snapshot(String),
    /// Raft does not run any more.
    #[error("stopped: {0}")]
    Stopped(String),
}

/// Takes what the other nodes' [`crate::Transport`] sent. The caller has authenticated them as servers of this datacenter.
///
/// Serve it on [`crate::Consensus::runtime`], so that a heartbeat does not queue behind requests of clients.
#[derive(Clone)]
pub struct Inbound {
    pub(crate) id: RaftId,
    pub(crate) raft: Raft<TypeConfig, Replica>,
    pub(crate) metrics: MetricsReceiver,
    pub(crate) snapshots: Arc<SnapshotStore>,
    pub(crate) last_contact: LastContact,
    /// Until then no vote is given away: what this node promised a leader before it restarted, it does not remember.
    pub(crate) votes_from: Instant,
    /// One snapshot at a time: each takes disk.
    pub(crate) receiving: Arc<Semaphore>,
}

/// A sender that pauses longer has died.
const PAUSE: Duration = Duration::from_secs(20);

impl Inbound {
    /// `AppendEntries` or a heartbeat; answers when the entries are on this disk.
    ///
    /// # Errors
    /// [`InboundError`]; nothing was appended, or it is unknown whether it was.
    pub async fn append(&self, body: Bytes) -> Result<Bytes, InboundError> {
        let record: AppendRecord = decode("append request", body)?;
        self.is_for_me(record.to)?;
        let response = self.raft.append_entries(record.into_request()?).await.map_err(stopped)?;
        if !matches!(response, openraft::raft::AppendEntriesResponse::HigherVote(_)) {
            self.last_contact.now();
        }
        Ok(AppendReplyRecord::from(&response).encode_to_vec().into())
    }

    /// `RequestVote`, or the question whether it would be granted.
    ///
    /// # Errors
    /// [`InboundError`]; no vote was given.
    pub async fn vote(&self, body: Bytes) -> Result<Bytes, InboundError> {
        let record: VoteCallRecord = decode("vote request", body)?;
        self.is_for_me(record.to)?;
        if Instant::now() < self.votes_from {
            return Err(InboundError::Restarted);
        }
        let request = record.into_request()?;
        let response = if record.pre_vote { self.raft.pre_vote(request).await } else { self.raft.vote(request).await };
        Ok(VoteReplyRecord::from(&response.map_err(stopped)?).encode_to_vec().into())
    }

    /// The leader names its successor.
    ///
    /// # Errors
    /// [`InboundError`]; the leader stays.
    pub async fn transfer(&self, body: Bytes) -> Result<Bytes, InboundError> {
        let record: TransferRecord = decode("transfer request", body)?;
        self.is_for_me(record.to)?;
        let response = self.raft.handle_transfer_leader(record.into_request()?).await.map_err(stopped)?;
        Ok(TransferReplyRecord::from(&response).encode_to_vec().into())
    }

    /// A snapshot, message by message; answers when it is installed.
    ///
    /// # Errors
    /// [`InboundError`]; the state is the old one.
    pub async fn snapshot(&self, mut messages: mpsc::Receiver<Bytes>) -> Result<Bytes, InboundError> {
        let _one = self.receiving.try_acquire().map_err(|_| InboundError::Snapshot("another one is on its way in".to_owned()))?;
        let head: SnapshotHeadRecord = decode("snapshot head", next(&mut messages).await?)?;
        self.is_for_me(head.to)?;
        let vote = elected("snapshot head", head.vote)?;
        let record = head.meta.ok_or_else(|| Malformed::missing("snapshot head", "meta"))?;
        let meta = record.meta()?;
        self.fits(&vote, meta.last_log_id)?;

        let mut draft = self.snapshots.begin(record).map_err(disk)?;
        let mut left = head.length;
        while left > 0 {
            let chunk = checked(next(&mut messages).await?, left)?;
            left -= chunk.len() as u64;
            let write = move || draft.write_all(&chunk).map(|()| draft);
            draft = tokio::task::spawn_blocking(write).await.map_err(disk)?.map_err(disk)?;
            self.last_contact.now();
        }
        let snapshot: SnapshotFile = tokio::task::spawn_blocking(move || draft.finish()).await.map_err(disk)?.map_err(disk)?;

        // It took a while: what fitted then may not now.
        self.fits(&vote, meta.last_log_id)?;
        let response = self.raft.install_full_snapshot(vote, Snapshot { meta, snapshot }).await.map_err(stopped)?;
        Ok(SnapshotReplyRecord { vote: Some((&response.vote).into()) }.encode_to_vec().into())
    }

    fn is_for_me(&self, to: u64) -> Result<(), InboundError> {
        if to == self.id.0 { Ok(()) } else { Err(InboundError::Misdirected { to: RaftId(to), this: self.id }) }
    }

    /// Refuses a snapshot that no correct leader can send, on which openraft panics.
    fn fits(&self, vote: &Vote, last: Option<LogId>) -> Result<(), InboundError> {
        let reject = |why: String| Err(InboundError::Malformed(Malformed::new("snapshot head", why)));
        let Some(last) = last else { return reject("an empty snapshot".to_owned()) };
        if last.leader_id.term > vote.leader_id.term {
            return reject(format!("entry {last} is from after term {}", vote.leader_id.term));
        }
        let committed = self.metrics.borrow_watched().local_committed;
        match committed {
            Some(committed) if last > committed && last.index <= committed.index => {
                reject(format!("entry {last} contradicts committed entry {committed}"))
            }
            _ => Ok(()),
        }
    }
}

async fn next(messages: &mut mpsc::Receiver<Bytes>) -> Result<Bytes, InboundError> {
    match tokio::time::timeout(PAUSE, messages.recv()).await {
        Ok(Some(message)) => Ok(message),
        Ok(None) => Err(InboundError::Snapshot("the sender stopped early".to_owned())),
        Err(_) => Err(InboundError::Snapshot(format!("the sender paused for {} s", PAUSE.as_secs()))),
    }
}

/// A chunk without its checksum.
fn checked(mut message: Bytes, left: u64) -> Result<Bytes, InboundError> {
    const WHAT: &str = "snapshot chunk";
    if message.len() <= 4 || message.len() > 4 + CHUNK || message.len() as u64 - 4 > left {
        return Err(Malformed::new(WHAT, format_args!("{} bytes, {left} are left", message.len())).into());
    }
    let (expected, found) = (message.get_u32_le(), crc32c::crc32c(&message));
    if expected != found {
        return Err(Malformed::new(WHAT, format_args!("checksum {found:08x} where {expected:08x} was sent")).into());
    }
    Ok(message)
}

fn disk(error: impl std::fmt::Display) -> InboundError {
    InboundError::Snapshot(error.to_string())
}

fn stopped(error: impl std::fmt::Display) -> InboundError {
    InboundError::Stopped(error.to_string())
}
