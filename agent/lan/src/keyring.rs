//! The gossip keys of this member, and of the whole pool.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use members::{GossipKey, KeyringError, KeyringOp, KeyringState};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::calling::call;
use crate::{KeyringFileError, LanHandle, Stopped};

/// Members asked at a time.
const AT_ONCE: usize = 16;
/// How long a member may take; it has a small file to write.
const PATIENCE: Duration = Duration::from_secs(3);
/// A reply carries at most sixteen keys, or a reason.
const REPLY_MAX: usize = 8 << 10;

/// A keyring operation failed.
#[derive(Debug, thiserror::Error)]
pub enum KeyringOpError {
    /// It was refused; nothing changed.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// It was done, but the file could not be written: after a restart the old keys are in use.
    #[error(transparent)]
    File(#[from] KeyringFileError),
    /// See [`Stopped`].
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// What one member said to a keyring operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyringAnswer {
    /// Its name.
    pub member: String,
    /// Its keys after the operation, the one in use first; or why it was not done there, as far as we know.
    pub keys: Result<Vec<GossipKey>, String>,
}

impl LanHandle {
    /// The gossip keys of this member, the one in use first; none if the pool is not encrypted.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn keys(&self) -> Result<Vec<GossipKey>, Stopped> {
        self.shared.pool.ask(|core, _| core.keys().to_vec()).await
    }

    /// Does `op` on this member alone. Returns the keys after it, the one in use first.
    ///
    /// # Errors
    /// [`KeyringOpError`].
    pub async fn keyring(&self, op: KeyringOp) -> Result<Vec<GossipKey>, KeyringOpError> {
        let _held = self.shared.keyring_lock.lock().await;
        let changes = op != KeyringOp::List;
        let keys = self.shared.pool.ask(move |core, _| core.keyring(&op)).await??;
        if changes {
            self.write(keys.clone()).await?;
        }
        Ok(keys)
    }

    /// Does `op` on every live member, by name, and on this one last: until then, requests are sealed with a key that all have.
    /// A member that has no key asks nobody else.
    ///
    /// # Errors
    /// [`Stopped`]; what failed at some member is in its answer.
    pub async fn keyring_everywhere(&self, op: KeyringOp) -> Result<Vec<KeyringAnswer>, Stopped> {
        let _held = self.shared.rounds.lock().await;
        let (members, ours) = (self.members().borrow().clone(), self.advertised());
        let mut answers = Vec::new();
        if !self.keys().await?.is_empty() {
            let others = members.iter().filter(|member| member.status.is_live() && member.addr != ours);
            answers = self.ask_all(others.map(|member| (member.name.clone(), member.addr)), &op).await;
        }
        let name = members.iter().find(|member| member.addr == ours).map(|member| member.name.clone());
        let keys = match self.keyring(op).await {
            Err(KeyringOpError::Stopped(stopped)) => return Err(stopped),
            done => done.map_err(|error| error.to_string()),
        };
        answers.push(KeyringAnswer { member: name.unwrap_or_default(), keys });
        answers.sort_unstable_by(|a, b| a.member.cmp(&b.member));
        Ok(answers)
    }

    async fn ask_all(&self, others: impl Iterator<Item = (String, SocketAddr)>, op: &KeyringOp) -> Vec<KeyringAnswer> {
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let mut tasks = JoinSet::new();
        for (member, addr) in others {
            let (lan, permits, op) = (self.clone(), Arc::clone(&permits), op.clone());
            tasks.spawn(async move {
                let _permit = permits.acquire_owned().await;
                let keys = lan.ask_one(addr, op).await;
                KeyringAnswer { member, keys }
            });
        }
        tasks.join_all().await
    }

    async fn ask_one(&self, addr: SocketAddr, op: KeyringOp) -> Result<Vec<GossipKey>, String> {
        let asked = async {
            let seen = self.exchange(addr, 0, KeyringOp::List).await?;
            if op == KeyringOp::List {
                return Ok(seen.keys);
            }
            let done = self.exchange(addr, seen.turn, op).await?;
            // An older reply, played back, says nothing of this request.
            if done.turn == seen.turn.wrapping_add(1) { Ok(done.keys) } else { Err("its reply is to another request".to_owned()) }
        };
        timeout(PATIENCE, asked).await.map_err(|_| format!("no answer from {addr} within {PATIENCE:?}"))?
    }

    async fn exchange(&self, addr: SocketAddr, turn: u64, op: KeyringOp) -> Result<KeyringState, String> {
        let pool = &self.shared.pool;
        let request = pool.ask(move |core, _| core.keyring_request(turn, &op)).await.map_err(|stopped| stopped.to_string())?;
        let bytes = call(addr, &request.map_err(|error| error.to_string())?, REPLY_MAX).await?;
        let read = pool.ask(move |core, _| core.handle_keyring_reply(&bytes)).await;
        read.map_err(|stopped| stopped.to_string())?.map_err(|error| error.to_string())
    }

    /// Writes the keys that another member had us take; `kept` is called when they are safe, and not at all if they could not be written.
    pub(crate) fn keep_keyring(&self, kept: impl FnOnce() + Send + 'static) {
        let lan = self.clone();
        tokio::spawn(async move {
            let _held = lan.shared.keyring_lock.lock().await;
            let Ok(keys) = lan.keys().await else { return };
            match lan.write(keys).await {
                Ok(()) => kept(),
                Err(error) => tracing::error!(%error, "the changed gossip keys are not kept"),
            }
        });
    }

    async fn write(&self, keys: Vec<GossipKey>) -> Result<(), KeyringOpError> {
        let Some(file) = self.shared.keyring_file.clone() else { return Ok(()) };
        let written = tokio::task::spawn_blocking(move || file.save(&keys)).await;
        Ok(written.map_err(|_| Stopped)??)
    }
}
