//! A datacenter of one server over a log in memory, another that answers what the test says, and clients on sockets.

use api::catalog::{CheckRow, Deregister, NodeRow, Register, ServiceRow, StartVirtualIps};
use api::{Answer, Call, Code, Encoded, Error, Meta};
use dispatch::{Contact, Dispatcher, Hop, Log, Map, Peer, Peers, Proposed, Role, Settings, Store, locals};
use edge_dns::{Bound, Counters, DnsConfig, DnsServer, Zone, Zones};
use hickory_proto::op::{Edns, Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use parking_lot::Mutex;
use state::{At, Authority, Permitted, State, View};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::watch;
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
        Ok(())
    }

    fn contact(&self) -> Contact {
        Contact { known_leader: true, last_ms: Some(0) }
    }
}

/// The other datacenter: its state, and how often it was asked.
#[derive(Default)]
pub(crate) struct Far {
    store: Store,
    state: Mutex<State>,
    pub(crate) asked: AtomicUsize,
    pub(crate) waiting: AtomicUsize,
    changed: tokio::sync::Notify,
    /// While it is set, nobody is there.
    gone: std::sync::atomic::AtomicBool,
    /// Who found that out.
    pub(crate) missed: AtomicUsize,
    /// While it is set, nothing is answered.
    pub(crate) silent: std::sync::atomic::AtomicBool,
}

impl Far {
    pub(crate) fn register(&self, row: Register) {
        self.write(api::Write::CatalogRegister(row));
    }

    /// Nobody is there any more, and who waits is told.
    pub(crate) fn go(&self) {
        self.gone.store(true, Ordering::Relaxed);
        self.changed.notify_waiters();
    }

    pub(crate) fn start_virtual_ips(&self) {
        self.write(api::Write::VirtualIpsStart(StartVirtualIps {}));
    }

    fn write(&self, write: api::Write) {
        let mut state = self.state.lock();
        let applied = state.apply(At::default(), &Permitted::internal(write));
        self.store.publish(state.clone(), &applied.touched);
        self.changed.notify_waiters();
    }
}

pub(crate) struct ToFar(Arc<Far>);

impl Peers for ToFar {
    async fn send(&self, _: &Hop, call: Call) -> Result<Answer, Error> {
        let far = &self.0;
        match call.dc.as_ref().map(|dc| dc.0.as_str()) {
            Some("dc3") => return Err(Error::no_path(vec![lost()])),
            Some("dc4") => return Err(Error::no_datacenter("dc4")),
            _ => {}
        }
        let api::Op::Read(read) = &*call.op else { return Err(Error::failed("only reads")) };
        if call.wait.is_none() {
            far.asked.fetch_add(1, Ordering::Relaxed);
        } else {
            far.waiting.fetch_add(1, Ordering::Relaxed);
        }
        loop {
            let mut changed = std::pin::pin!(far.changed.notified());
            changed.as_mut().enable();
            if far.gone.load(Ordering::Relaxed) {
                far.missed.fetch_add(1, Ordering::Relaxed);
                return Err(Error::new(Code::NoPath, "nobody is there"));
            }
            if far.silent.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            let (snapshot, who) = (far.store.snapshot(), Authority::everything());
            let (reply, index) = {
                let view = View::new(&snapshot, &who);
                (state::evaluate(read, &view)?, view.seen().index)
            };
            if call.wait.is_none_or(|wait| index > wait.index) {
                let meta = Meta { index, known_leader: true, ..Meta::default() };
                return Ok(Answer { reply: Encoded::new(reply), meta });
            }
            changed.await;
        }
    }
}

pub(crate) struct World {
    pub(crate) addr: SocketAddr,
    pub(crate) far: Arc<Far>,
    pub(crate) counters: Arc<Counters>,
    /// What it goes by.
    pub(crate) config: watch::Sender<Arc<DnsConfig>>,
    waist: Arc<Dispatcher<Memory, ToFar>>,
    stop: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) fn config() -> DnsConfig {
    let zones = Zones { domain: Zone::new("consul").unwrap(), alternate: Some(Zone::new("alt.example").unwrap()) };
    DnsConfig::new("dc1", "dc1-s1", zones)
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(config()).await
    }

    pub(crate) async fn with(config: DnsConfig) -> Self {
        let store = Arc::new(Store::default());
        let log = Memory { state: Mutex::default(), store: Arc::clone(&store) };
        let far = Arc::new(Far::default());
        let settings = Settings { hold: Duration::from_millis(10), ..Settings::default() };
        let waist = Arc::new(Dispatcher::new(log, ToFar(Arc::clone(&far)), store, locals().0, settings, 1));
        let gateway = Arc::new(Peer { id: String::new(), name: "gw".to_owned(), addr: "127.0.0.1:1".parse().unwrap() });
        waist.set_map(Map {
            here: Some("dc1".into()),
            role: Role::Server,
            leading: true,
            gateways: vec![gateway],
            datacenters: [("dc2".into(), Vec::new()), ("dc3".into(), vec![lost()])].into(),
            ..Map::default()
        });
        let bound = Bound::new("127.63.8.1:0".parse().unwrap()).unwrap();
        let (config, read) = watch::channel(Arc::new(config));
        let server = DnsServer::new(vec![bound], Arc::clone(&waist), read);
        let (addr, counters, stop) = (server.addrs().next().unwrap(), server.counters(), CancellationToken::new());
        tokio::spawn(server.run(stop.clone()));
        let (fresh, stopped) = (Arc::clone(&waist), stop.clone());
        tokio::spawn(async move { stopped.run_until_cancelled(fresh.keep_fresh()).await });
        Self { addr, far, counters, config, waist, stop }
    }

    /// Another edge over the same state: where it listens.
    pub(crate) fn beside(&self, config: DnsConfig) -> SocketAddr {
        let bound = Bound::new("127.63.8.5:0".parse().unwrap()).unwrap();
        let addr = bound.addr();
        let config = watch::channel(Arc::new(config)).1;
        tokio::spawn(DnsServer::new(vec![bound], Arc::clone(&self.waist), config).run(self.stop.clone()));
        addr
    }

    /// From now on the process is a client agent, which knows a server and no other datacenter.
    pub(crate) fn become_client(&self) {
        let servers = vec![Arc::new(Peer { id: String::new(), name: "s".to_owned(), addr: "127.0.0.1:2".parse().unwrap() })];
        self.waist.set_map(Map { here: Some("dc1".into()), role: Role::Client, servers, ..Map::default() });
    }

    pub(crate) async fn register(&self, row: Register) {
        self.waist.ask(row).await.unwrap();
    }

    pub(crate) async fn deregister(&self, node: &str) {
        self.waist.ask(Deregister { node: node.to_owned(), ..Deregister::default() }).await.unwrap();
    }

    /// As the leader does.
    pub(crate) async fn start_virtual_ips(&self) {
        self.waist.decide(api::Write::VirtualIpsStart(StartVirtualIps {})).await.unwrap();
    }

    /// The answer over UDP without EDNS.
    pub(crate) async fn ask(&self, name: &str, kind: RecordType) -> Message {
        self.ask_with(name, kind, None).await
    }

    pub(crate) async fn ask_with(&self, name: &str, kind: RecordType, edns: Option<u16>) -> Message {
        self.ask_at(self.addr, name, kind, edns).await
    }

    pub(crate) async fn ask_at(&self, addr: SocketAddr, name: &str, kind: RecordType, edns: Option<u16>) -> Message {
        Message::from_vec(&self.raw_at(addr, &question(name, kind, edns).to_vec().unwrap()).await).unwrap()
    }

    pub(crate) async fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        self.raw_at(self.addr, bytes).await
    }

    async fn raw_at(&self, addr: SocketAddr, bytes: &[u8]) -> Vec<u8> {
        let socket = UdpSocket::bind("127.63.8.2:0").await.unwrap();
        socket.connect(addr).await.unwrap();
        socket.send(bytes).await.unwrap();
        let mut answer = vec![0; 65_535];
        let length = tokio::time::timeout(SOON, socket.recv(&mut answer)).await.expect("no answer came").unwrap();
        answer.truncate(length);
        answer
    }

    /// Answers over one TCP connection, in the order they came.
    pub(crate) async fn over_tcp(&self, questions: &[Message]) -> Vec<Message> {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        let mut bytes = Vec::new();
        for question in questions {
            let question = question.to_vec().unwrap();
            bytes.extend_from_slice(&u16::try_from(question.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(&question);
        }
        stream.write_all(&bytes).await.unwrap();
        let mut answers = Vec::new();
        for _ in questions {
            let length = tokio::time::timeout(SOON, stream.read_u16()).await.expect("no answer came").unwrap();
            let mut answer = vec![0; usize::from(length)];
            stream.read_exact(&mut answer).await.unwrap();
            answers.push(Message::from_vec(&answer).unwrap());
        }
        answers
    }

    /// Asks for addresses until that is the answer, but not for ever.
    pub(crate) async fn until_says(&self, name: &str, expected: &str) {
        let waiting = async {
            while self.say(name, RecordType::A).await != expected {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(SOON, waiting).await.unwrap_or_else(|_| panic!("{name}: never {expected}"));
    }

    /// Outcome, answers, and how many authority and additional records: `NoError [A 10.0.0.1] 0 2`.
    pub(crate) async fn say(&self, name: &str, kind: RecordType) -> String {
        show(&self.ask(name, kind).await)
    }
}

fn lost() -> api::Attempt {
    api::Attempt { hop: "dc3-gw1".to_owned(), reason: "no answer".to_owned(), age_ms: 1 }
}

pub(crate) fn show(message: &Message) -> String {
    let mut answers: Vec<String> = message.answers.iter().map(shown).collect();
    answers.sort();
    let rcode = match message.metadata.response_code {
        ResponseCode::NoError => "ok".to_owned(),
        ResponseCode::NXDomain => "absent".to_owned(),
        ResponseCode::ServFail => "failed".to_owned(),
        ResponseCode::Refused => "refused".to_owned(),
        other => format!("{other:?}"),
    };
    format!("{rcode} [{}] {} {}", answers.join(", "), message.authorities.len(), message.additionals.len())
}

/// Without the serial of a zone: it is the time, and two answers to be compared may lie on both sides of a second.
fn shown(record: &Record) -> String {
    match &record.data {
        RData::SOA(soa) => format!("SOA {} {} {} {} {} {}", soa.mname, soa.rname, soa.refresh, soa.retry, soa.expire, soa.minimum),
        data => format!("{} {data}", record.record_type()),
    }
}

pub(crate) fn question(name: &str, kind: RecordType, edns: Option<u16>) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    if let Some(size) = edns {
        let mut edns = Edns::new();
        edns.set_max_payload(size);
        message.set_edns(edns);
    }
    message
}

pub(crate) fn datas(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| record.data.to_string()).collect()
}

/// A node with one instance of a service and a check of it: `status` empty for none.
pub(crate) fn instance(node: &str, address: &str, service: &str, port: i32, status: &str) -> Register {
    let row = ServiceRow { id: service.to_owned(), service: service.to_owned(), port, ..ServiceRow::default() };
    let check =
        CheckRow { check_id: format!("of-{service}"), status: status.to_owned(), service_id: service.to_owned(), ..CheckRow::default() };
    Register {
        node: Some(NodeRow { node: node.to_owned(), address: address.to_owned(), datacenter: "dc1".to_owned(), ..NodeRow::default() }),
        skip_node_update: false,
        service: Some(row),
        checks: if status.is_empty() { Vec::new() } else { vec![check] },
    }
}

pub(crate) fn change(mut row: Register, change: impl FnOnce(&mut NodeRow, &mut ServiceRow)) -> Register {
    change(row.node.as_mut().unwrap(), row.service.as_mut().unwrap());
    row
}

/// Waits until `holds`, but not for ever.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}
