//! Five processes of two datacenters in one, each with telemetry of its own; calls pass between them as bytes.

use api::{Answer, Call, Datacenter, Error};
use bytes::Bytes;
use dispatch::{Contact, Dispatcher, Hop, Log, Map, Peer, Peers, Proposed, Role, Store, Timing, locals};
use parking_lot::Mutex;
use state::{At, Permitted, State};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use telemetry::{Console, Guard, LogSettings, Settings, TraceSettings, prepare};
use tracing::instrument::WithSubscriber;

pub const NODES: [&str; 5] = ["server-1", "gateway-1", "gateway-2", "server-2", "leader-2"];

/// A log that commits at once, and says that it did not.
pub struct Memory {
    state: Mutex<State>,
    store: Arc<Store>,
}

impl Log for Memory {
    async fn propose(&self, write: Permitted) -> Result<Proposed, Error> {
        let micros = Duration::from_micros;
        Timing { queue: micros(11), fsync: micros(222), apply: Some(micros(33)) }.note();
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

/// The way to all processes.
#[derive(Clone)]
pub struct Wires(Arc<OnceLock<BTreeMap<&'static str, Arc<Process>>>>);

impl Peers for Wires {
    async fn send(&self, hop: &Hop, mut call: Call) -> Result<Answer, Error> {
        let name = match hop {
            Hop::Datacenter(_) => {
                call.via.push(Datacenter::from("dc1"));
                "gateway-2"
            }
            hop => hop.peer().unwrap().name.as_str(),
        };
        let (head, body) = call.encode();
        let process = Arc::clone(&self.0.get().unwrap()[name]);
        // A task of its own: nothing but the bytes tells it of a trace.
        tokio::spawn(process.answered(head, body)).await.unwrap()
    }
}

pub struct Process {
    pub waist: Dispatcher<Memory, Wires>,
    pub subscriber: tracing::Dispatch,
    pub guard: Guard,
}

impl Process {
    fn answered(self: Arc<Self>, head: Bytes, body: Bytes) -> Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>> {
        let subscriber = self.subscriber.clone();
        Box::pin(async move { self.waist.call(Call::decode(head, body)?).await }.with_subscriber(subscriber))
    }
}

pub struct Federation(Arc<OnceLock<BTreeMap<&'static str, Arc<Process>>>>);

impl Federation {
    /// Processes that send their spans to `endpoint`.
    pub fn begin(endpoint: Option<String>, ratio: f64) -> Self {
        let processes = Arc::new(OnceLock::new());
        let built = NODES.map(|name| (name, Arc::new(process(name, endpoint.clone(), ratio, Wires(Arc::clone(&processes))))));
        assert!(processes.set(built.into()).is_ok());
        Self(processes)
    }

    pub fn process(&self, name: &str) -> &Process {
        &self.0.get().unwrap()[name]
    }

    /// Asks the server of the first datacenter.
    pub async fn ask(&self, call: Call) -> Result<Answer, Error> {
        let first = self.process(NODES[0]);
        first.waist.call(call).with_subscriber(first.subscriber.clone()).await
    }

    /// Has all processes send what they have.
    pub async fn flush(&self) {
        for name in NODES {
            let processes = Arc::clone(&self.0);
            let flush = move || processes.get().unwrap()[name].guard.flush(Duration::from_secs(5));
            assert!(tokio::task::spawn_blocking(flush).await.unwrap(), "{name}");
        }
    }
}

fn process(name: &'static str, endpoint: Option<String>, ratio: f64, wires: Wires) -> Process {
    let datacenter = if name.ends_with('1') { "dc1" } else { "dc2" };
    let settings = Settings {
        log: LogSettings { console: Console::To(Box::new(std::io::sink())), ..LogSettings::default() },
        traces: TraceSettings {
            endpoint,
            ratio: Some(ratio),
            node: name.into(),
            datacenter: datacenter.into(),
            ..TraceSettings::default()
        },
    };
    let (subscriber, guard) = prepare(settings, &|_| None).unwrap();
    let store = Arc::new(Store::default());
    let log = Memory { state: Mutex::default(), store: Arc::clone(&store) };
    let settings = dispatch::Settings { tracer: guard.tracer(), ..dispatch::Settings::default() };
    let waist = Dispatcher::new(log, wires, store, locals().0, settings, 1);
    waist.set_map(map(name, datacenter));
    Process { waist, subscriber, guard }
}

fn map(name: &str, datacenter: &str) -> Map {
    let peer = |name: &str| Arc::new(Peer { id: String::new(), name: name.into(), addr: "127.0.0.1:1".parse().unwrap() });
    let map = Map { here: Some(datacenter.into()), datacenters: [("dc2".into(), vec![])].into(), ..Map::default() };
    match name {
        "server-1" => Map { leading: true, gateways: vec![peer("gateway-1")], ..map },
        "gateway-1" => Map { role: Role::Gateway, ..map },
        "gateway-2" => Map { role: Role::Gateway, servers: vec![peer("server-2")], ..map },
        "server-2" => Map { leader: Some(peer("leader-2")), ..map },
        _ => Map { leading: true, ..map },
    }
}
