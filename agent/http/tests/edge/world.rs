//! A server over a log in memory, and a client that is no better than bytes on a socket.

use api::agent::{Monitor, Nothing};
use api::{Code, Error, Reply};
use bytes::Bytes;
use dispatch::{Contact, Dispatcher, Limits, Log, Map, NoPeers, Proposed, Role, Settings, Store, locals};
use edge_http::{Bound, Counters, HttpConfig, HttpServer, Lines, Logs};
use parking_lot::Mutex;
use state::{At, Permitted, State};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Nothing here takes longer, unless it is broken.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A log that commits at once.
pub(crate) struct Memory {
    state: Mutex<State>,
    store: Arc<Store>,
}

impl Log for Memory {
    async fn propose(&self, write: Permitted) -> Result<Proposed, Error> {
        let mut state = self.state.lock();
        let applied = state.apply(At::default(), &write);
        self.store.publish(state.clone(), &applied.touched);
        applied.outcome.map(|reply| Proposed { reply, index: applied.index })
    }

    fn lease(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn confirm(&self) -> Result<(), Error> {
        Err(Error::new(Code::NoLeader, "nobody confirms here"))
    }

    fn contact(&self) -> Contact {
        Contact { known_leader: true, last_ms: Some(0) }
    }
}

/// A log of one line, after which nothing happens; at the level of errors there is none.
struct Diary;

impl Logs for Diary {
    fn lines(&self, asked: &Monitor) -> Result<Box<dyn Lines>, Error> {
        match asked.level.as_str() {
            "error" => Err(Error::new(Code::Busy, "too many read it")),
            level => Ok(Box::new(Line(Some(format!("{level} {}\n", asked.json).into())))),
        }
    }
}

struct Line(Option<Bytes>);

impl Lines for Line {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.take().map_or(Poll::Pending, |line| Poll::Ready(Some(line)))
    }
}

/// A running server.
pub(crate) struct World {
    pub(crate) addr: Option<SocketAddr>,
    /// What it goes by.
    pub(crate) config: watch::Sender<Arc<HttpConfig>>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) stop: CancellationToken,
    pub(crate) running: JoinHandle<()>,
}

impl World {
    pub(crate) fn tcp(config: HttpConfig) -> Self {
        Self::on(Bound::tcp("127.63.0.1:0".parse().unwrap()).unwrap(), config, Limits::default())
    }

    pub(crate) fn unix(path: &Path) -> Self {
        Self::on(Bound::unix(path).unwrap(), HttpConfig::default(), Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self::on(Bound::tcp("127.63.0.1:0".parse().unwrap()).unwrap(), HttpConfig::default(), limits)
    }

    pub(crate) fn https(config: HttpConfig, tls: watch::Receiver<Arc<rustls::ServerConfig>>) -> Self {
        let bound = Bound::tcp("127.63.0.1:0".parse().unwrap()).unwrap();
        Self::serving(bound, config, Limits::default(), |server| server.secured(tls))
    }

    fn on(bound: Bound, config: HttpConfig, limits: Limits) -> Self {
        Self::serving(bound, config, limits, |server| server)
    }

    fn serving(
        bound: Bound,
        config: HttpConfig,
        limits: Limits,
        change: impl FnOnce(HttpServer<Memory, NoPeers>) -> HttpServer<Memory, NoPeers>,
    ) -> Self {
        let store = Arc::new(Store::default());
        let log = Memory { state: Mutex::default(), store: Arc::clone(&store) };
        // Refusals are wanted at once, not after a wait for better times.
        let (asked, mut desk) = locals();
        // Allows whatever is asked of the process.
        tokio::spawn(async move {
            while let Some(call) = desk.recv().await {
                let _ = call.reply.send(Ok(Reply::AgentMonitor(Nothing {})));
            }
        });
        let settings = Settings { limits, hold: Duration::from_millis(10), ..Settings::default() };
        let waist = Arc::new(Dispatcher::new(log, NoPeers, store, asked, settings, 1));
        waist.set_map(Map { here: Some("dc1".into()), role: Role::Server, leading: true, ..Map::default() });
        let (counters, stop) = (Arc::new(Counters::default()), CancellationToken::new());
        let (config, read) = watch::channel(Arc::new(config));
        let server = change(HttpServer::new(bound, waist, read, Arc::clone(&counters), Some(Arc::new(Diary))));
        let addr = server.addr();
        Self { addr, config, counters, running: tokio::spawn(server.run(stop.clone())), stop }
    }

    pub(crate) async fn client(&self) -> Client<TcpStream> {
        Client { stream: TcpStream::connect(self.addr.unwrap()).await.unwrap() }
    }

    /// A client with an address of its own.
    pub(crate) async fn client_from(&self, from: &str) -> Client<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        Client { stream: socket.connect(self.addr.unwrap()).await.unwrap() }
    }
}

/// One connection.
pub(crate) struct Client<S> {
    pub(crate) stream: S,
}

impl Client<UnixStream> {
    pub(crate) async fn unix(path: &Path) -> Self {
        Self { stream: UnixStream::connect(path).await.unwrap() }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// A request without a body, and its answer.
    pub(crate) async fn get(&mut self, line: &str) -> Response {
        self.send(format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        self.response().await
    }

    /// A request with a body, and its answer.
    pub(crate) async fn put(&mut self, path: &str, body: &[u8]) -> Response {
        self.send(format!("PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len())).await;
        self.send(body).await;
        self.response().await
    }

    pub(crate) async fn response(&mut self) -> Response {
        tokio::time::timeout(SOON, self.read_response()).await.expect("no answer came")
    }

    async fn read_response(&mut self) -> Response {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.expect("the connection ended before an answer"));
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let mut response = Response { status: head[9..12].parse().unwrap(), head, body: Vec::new() };
        if response.header("transfer-encoding") == Some("chunked") {
            while self.read_chunk(&mut response.body).await > 0 {}
        } else {
            let size = response.header("content-length").map_or(0, |size| size.parse().unwrap());
            response.body.resize(size, 0);
            self.stream.read_exact(&mut response.body).await.unwrap();
        }
        response
    }

    /// Adds a chunk to `body`, and says how long it was.
    async fn read_chunk(&mut self, body: &mut Vec<u8>) -> usize {
        let mut line = String::new();
        while !line.ends_with("\r\n") {
            line.push(self.stream.read_u8().await.unwrap().into());
        }
        let (size, before) = (usize::from_str_radix(line.trim_end(), 16).unwrap(), body.len());
        body.resize(before + size + 2, 0);
        self.stream.read_exact(&mut body[before..]).await.unwrap();
        body.truncate(before + size);
        size
    }

    /// Everything up to the end of the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end too.
        let _ = tokio::time::timeout(SOON, self.stream.read_to_end(&mut rest)).await.expect("the connection stayed open");
        rest
    }
}

/// An answer, its head in lower case.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}
