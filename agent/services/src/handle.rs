//! The way to the task.

use crate::Settings;
use api::{Call, Code, Error, Local, Op, Reply};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

/// Commands that wait for the task at hand; further callers wait for a place. How many there are, is counted at the desk.
pub(crate) const QUEUE: usize = 256;
/// How long a registration waits to be in the catalog before its caller is told that it is done, which it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// A command to the task.
pub(crate) enum Command {
    /// An operation.
    Answer(Call, oneshot::Sender<Result<Done, Error>>),
    /// Another configuration, and metadata of the node.
    Reload(Box<(Settings, Meta)>, oneshot::Sender<Result<Done, Error>>),
}

/// Metadata of a node.
pub(crate) type Meta = BTreeMap<String, String>;

/// What came of a command.
pub(crate) struct Done {
    pub(crate) reply: Reply,
    /// The register's count of changes after it.
    pub(crate) version: u64,
}

/// Where the task is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The register's count of changes.
    pub(crate) version: u64,
    /// Up to which of them the catalog has been told, or could not be.
    pub(crate) tried: u64,
}

/// A way to the services and checks of this node.
#[derive(Clone)]
pub struct Handle {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) progress: watch::Receiver<Progress>,
}

impl Handle {
    pub(crate) fn new(commands: mpsc::Sender<Command>, progress: watch::Receiver<Progress>) -> Self {
        Self { commands, progress }
    }

    /// Answers an operation about this node's services and checks. What is to be in the catalog is there when it answers, if that is
    /// possible within ten seconds.
    ///
    /// # Errors
    /// What the operation says.
    pub async fn answer(&self, call: &Call) -> Result<Reply, Error> {
        let Op::Local(op) = &*call.op else { return Err(Error::protocol("not an operation of the agent")) };
        match op {
            Local::AgentService(op) if !op.hash.is_empty() => self.wait_for_other(call, &op.hash, Duration::from_millis(op.wait_ms)).await,
            _ => {
                let done = self.ask(|reply| Command::Answer(call.clone(), reply)).await?;
                if registers(op) {
                    self.written(done.version, call.time_left).await;
                }
                Ok(done.reply)
            }
        }
    }

    /// Takes another configuration, and other metadata of the node: definitions that are gone are taken out, what is known of the health
    /// of checks stays.
    ///
    /// # Errors
    /// When a definition makes no sense: then nothing has changed.
    pub async fn reload(&self, settings: Settings, node_meta: BTreeMap<String, String>) -> Result<(), Error> {
        self.ask(|reply| Command::Reload(Box::new((settings, node_meta)), reply)).await.map(drop)
    }

    /// Callers are counted at the desk. Answers when the instance is another than the one with this hash, or after `limit`.
    async fn wait_for_other(&self, call: &Call, hash: &str, limit: Duration) -> Result<Reply, Error> {
        let deadline = Instant::now() + limit;
        let mut progress = self.progress.clone();
        loop {
            progress.borrow_and_update();
            let done = self.ask(|reply| Command::Answer(call.clone(), reply)).await?;
            let same = matches!(&done.reply, Reply::AgentService(service) if service.hash == hash);
            if !same {
                return Ok(done.reply);
            }
            let changed = progress.wait_for(|progress| progress.version > done.version);
            if !matches!(tokio::time::timeout_at(deadline, changed).await, Ok(Ok(_))) {
                return Ok(done.reply);
            }
        }
    }

    async fn written(&self, version: u64, time: Duration) {
        let mut progress = self.progress.clone();
        let tried = progress.wait_for(|progress| progress.tried >= version);
        // It is registered here, whatever the servers say: the next comparison will tell them.
        let _ = tokio::time::timeout(PATIENCE.min(time), tried).await;
    }

    async fn ask(&self, command: impl FnOnce(oneshot::Sender<Result<Done, Error>>) -> Command) -> Result<Done, Error> {
        let (reply, answer) = oneshot::channel();
        let stopping = || Error::new(Code::Lost, "the agent is stopping");
        self.commands.send(command(reply)).await.map_err(|_| stopping())?;
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }
}

/// Whether its caller expects to find it in the catalog.
fn registers(op: &Local) -> bool {
    matches!(
        op,
        Local::AgentServiceRegister(_)
            | Local::AgentServiceDeregister(_)
            | Local::AgentServiceMaintenance(_)
            | Local::AgentMaintenance(_)
            | Local::AgentCheckRegister(_)
            | Local::AgentCheckDeregister(_)
    )
}
