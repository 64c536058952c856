//! Questions over TCP (RFC 7766): any number on a connection, each answered when its answer is there.

use crate::Scratch;
use crate::clients::Clients;
use crate::counters::count;
use crate::edge::{AtOnce, Edges};
use crate::recursor::Transport;
use crate::resolve::Asker;
use dispatch::{Log, Peers};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Questions of a connection that are looked up at once; more are read when one is answered. Where too many are looked up for all
/// connections together, it is one, which waits for its turn.
const AT_ONCE: usize = 64;
/// Bytes that are kept of what is not understood yet: a message, and the beginnings of the next.
const MOST_UNREAD: usize = 72 * 1024;
/// Bytes read at once.
const READ: usize = 8 * 1024;
/// Answers are written when this much is there, even if more questions are.
const WRITE: usize = 64 * 1024;

/// Takes connections until `stop`.
pub(crate) async fn serve<L: Log, P: Peers>(listener: TcpListener, edges: Arc<Edges<L, P>>, tasks: TaskTracker, stop: CancellationToken) {
    let config = Arc::clone(&edges.now().config);
    let places = Arc::new(Semaphore::new(config.max_connections));
    let lookups = Arc::new(Semaphore::new(config.max_tcp_lookups));
    let clients = Arc::new(Clients::default());
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => {
                let connected = clients.connect(from.ip(), config.max_connections_per_client);
                let (Some(connected), Ok(place)) = (connected, Arc::clone(&places).try_acquire_owned()) else {
                    count(&edges.now().counters.refused);
                    continue;
                };
                let connection = Connection::new(stream, from.ip(), Arc::clone(&edges), Arc::clone(&lookups));
                let stop = stop.clone();
                tasks.spawn(async move {
                    let _places = (place, connected);
                    // A broken connection is its client's affair.
                    let _ = connection.run(&stop).await;
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: connections that end make room.
                tracing::warn!(%error, "cannot accept a DNS connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

struct Connection<L, P> {
    stream: TcpStream,
    asker: Asker,
    edges: Arc<Edges<L, P>>,
    /// What was read and not understood yet.
    input: Vec<u8>,
    output: Vec<u8>,
    lookups: JoinSet<Option<Vec<u8>>>,
    /// Places for the lookups of all connections.
    places: Arc<Semaphore>,
    /// When a question was last whole, or an answer written.
    since: Instant,
    scratch: Scratch,
}

impl<L: Log, P: Peers> Connection<L, P> {
    fn new(stream: TcpStream, from: IpAddr, edges: Arc<Edges<L, P>>, places: Arc<Semaphore>) -> Self {
        // Answers are small and awaited.
        let _ = stream.set_nodelay(true);
        let asker = Asker { address: from, transport: Transport::Tcp };
        Self {
            stream,
            asker,
            edges,
            input: Vec::new(),
            output: Vec::new(),
            lookups: JoinSet::new(),
            places,
            since: Instant::now(),
            scratch: Scratch::default(),
        }
    }

    /// Ends with the client, with `stop`, or when the client is idle for too long: neither asks, however busily it
    /// sends half a question, nor takes its answers.
    async fn run(mut self, stop: &CancellationToken) -> io::Result<()> {
        let idle = self.edges.now().config.idle;
        let mut chunk = vec![0; READ];
        loop {
            let may_read = self.lookups.len() < AT_ONCE && self.input.len() < MOST_UNREAD;
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                Some(answer) = self.lookups.join_next() => {
                    if let Ok(Some(answer)) = answer {
                        put(&mut self.output, |out| out.extend_from_slice(&answer));
                    }
                    // What waited for a place may go on now.
                    self.take_messages();
                }
                read = tokio::time::timeout_at(self.since + idle, self.stream.read(&mut chunk)), if may_read => match read {
                    Ok(Ok(0)) => return self.finish(idle).await,
                    Ok(Ok(length)) => {
                        self.input.extend_from_slice(chunk.get(..length).unwrap_or_default());
                        self.take_messages();
                    }
                    Ok(Err(error)) => return Err(error),
                    Err(_) if self.lookups.is_empty() => return Ok(()),
                    Err(_) => self.since = Instant::now(),
                },
            }
            while !self.output.is_empty() {
                self.flush(idle).await?;
                self.take_messages();
            }
        }
    }

    /// The client has said all; what it asked is still answered.
    async fn finish(mut self, idle: Duration) -> io::Result<()> {
        while let Some(answer) = self.lookups.join_next().await {
            if let Ok(Some(answer)) = answer {
                put(&mut self.output, |out| out.extend_from_slice(&answer));
            }
            self.take_messages();
        }
        self.flush(idle).await
    }

    async fn flush(&mut self, idle: Duration) -> io::Result<()> {
        tokio::time::timeout(idle, self.stream.write_all(&self.output)).await??;
        self.output.clear();
        self.since = Instant::now();
        Ok(())
    }

    /// Answers the whole messages that were read, or begins to, as long as there is room for answers.
    fn take_messages(&mut self) {
        let edge = self.edges.now();
        let fresh = edge.is_fresh();
        let mut begin = 0;
        while self.lookups.len() < AT_ONCE && self.output.len() < WRITE {
            let Some(message) = next_message(self.input.get(begin..).unwrap_or_default()) else { break };
            let mut known = AtOnce::Silent;
            put(&mut self.output, |out| {
                known = edge.answer_at_once(message, Transport::Tcp, fresh, &mut self.scratch, out);
            });
            if matches!(known, AtOnce::Unknown) {
                let place = Arc::clone(&self.places).try_acquire_owned();
                if place.is_err() && !self.lookups.is_empty() {
                    break;
                }
                let (edge, message, asker, places) = (Arc::clone(&edge), message.to_vec(), self.asker, Arc::clone(&self.places));
                self.lookups.spawn(async move {
                    let answering = async {
                        let _place = match place {
                            Ok(place) => place,
                            Err(_) => places.acquire_owned().await.ok()?,
                        };
                        edge.answer(&message, asker).await
                    };
                    tokio::time::timeout(edge.config.patience, answering).await.ok().flatten()
                });
            }
            begin += 2 + message.len();
        }
        if begin > 0 {
            self.input.drain(..begin);
            self.since = Instant::now();
        }
    }
}

/// The first message, without its length, if all of it is there.
fn next_message(input: &[u8]) -> Option<&[u8]> {
    let (length, rest) = input.split_first_chunk::<2>()?;
    rest.get(..usize::from(u16::from_be_bytes(*length)))
}

/// Appends what `write` writes, after its length; nothing when it writes nothing.
fn put(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.extend_from_slice(&[0; 2]);
    write(out);
    let length = u16::try_from(out.len() - begin - 2).unwrap_or(0);
    match out.get_mut(begin..begin + 2) {
        Some(place) if length > 0 => place.copy_from_slice(&length.to_be_bytes()),
        _ => out.truncate(begin),
    }
}
