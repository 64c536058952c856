use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use api::health::Instance;
use api::query::Executed;
use api::{Answer, Call, Encoded, Error, Local, Meta, Op, Read, Reply, Write, kv};
use bytes::Bytes;
use lan::{Lan, LanConfig, LanHandle};
use members::{Config, GossipKey, Keyring, Me};
use node::{Identity, Kind, ServerTags, Tags, Trust};
use parking_lot::Mutex;
use tokio_util::sync::{CancellationToken, DropGuard};
use wire::{CallHandler, ServerLimits, Services};

use super::world::{Leader, client, fresh_ip};

/// A stand-in for a server: gossips in the LAN pool, answers a few operations, and leads.
pub(crate) struct Server {
    pub(crate) lan: LanHandle,
    pub(crate) trust: Arc<Trust>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) desk: Arc<Desk>,
    _stop: DropGuard,
}

/// What it answers with, and what it saw.
pub(crate) struct Desk {
    name: String,
    leader: Arc<Leader>,
    pub(crate) writes: AtomicUsize,
    pub(crate) blocked: AtomicUsize,
    pub(crate) last: Mutex<Option<Call>>,
    /// Answered instead of a `kv.get`.
    pub(crate) refuse: Mutex<Option<Error>>,
    /// How many instances it finds for a query; `None` takes for ever.
    pub(crate) instances: Mutex<Option<usize>>,
}

impl Server {
    pub(crate) async fn start(dc: &str, name: &str, leader: Arc<Leader>, key: Option<GossipKey>) -> Self {
        let identity = Arc::new(Identity::open(None, None).unwrap());
        let trust = Arc::new(Trust::begin(&identity.key, dc, "consul").unwrap());
        let ip = fresh_ip();
        let listener = tokio::net::TcpListener::bind(SocketAddr::new(ip, 0)).await.unwrap();
        let tags = Tags {
            datacenter: dc.to_owned(),
            node_id: identity.node_id.clone(),
            kind: Kind::Server,
            rpc_port: Some(listener.local_addr().unwrap().port()),
            server: Some(ServerTags { expect: 1, level: 1, wan_port: 8302, ..ServerTags::default() }),
        };
        let lan = Lan::bind(LanConfig {
            bind: SocketAddr::new(ip, 0),
            advertise: None,
            members: Config { pool: format!("lan:{dc}"), ..Config::dev() },
            me: Me { name: name.to_owned(), addr: SocketAddr::new(ip, 0), generation: 1, tags: tags.to_map(), spki: trust.pin() },
            keyring: Keyring::new(key).unwrap(),
            keyring_file: None,
            join_port: 8301,
        });
        let lan = lan.await.unwrap();
        let (handle, stop) = (lan.handle(), CancellationToken::new());
        tokio::spawn(lan.run(stop.clone()));
        tokio::spawn(pin(handle.clone(), Arc::clone(&trust)));
        tokio::spawn(certify(Arc::clone(&leader), Arc::clone(&trust), Arc::clone(&identity)));
        let desk = Arc::new(Desk {
            name: format!("{name}.{dc}"),
            leader,
            writes: AtomicUsize::new(0),
            blocked: AtomicUsize::new(0),
            last: Mutex::new(None),
            refuse: Mutex::new(None),
            instances: Mutex::new(Some(0)),
        });
        let services = Services { calls: Some(handler(Arc::clone(&desk))), ..Services::default() };
        let tls = Some(trust.rpc.server());
        tokio::spawn(wire::serve(listener, tls, services, ServerLimits::default(), stop.clone().cancelled_owned()));
        Self { lan: handle, trust, identity, desk, _stop: stop.drop_guard() }
    }

    /// Calls a gateway of this datacenter.
    pub(crate) async fn call_through(&self, gateway: SocketAddr, call: Call) -> Result<Answer, Error> {
        let (head, body) = call.encode();
        rpc::outcome(client(gateway, &self.trust).call(head, body, call.time_left + Duration::from_secs(1)).await)
    }
}

async fn pin(lan: LanHandle, trust: Arc<Trust>) {
    let mut members = lan.members();
    loop {
        trust.set_members(&members.borrow_and_update().clone());
        if members.changed().await.is_err() {
            return;
        }
    }
}

/// Shows a certificate as soon as the datacenter has an authority.
async fn certify(leader: Arc<Leader>, trust: Arc<Trust>, identity: Arc<Identity>) {
    loop {
        let Some(certificates) = leader.certify(&identity.key) else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        return trust.certified(&identity.key, certificates).unwrap();
    }
}

fn handler(desk: Arc<Desk>) -> CallHandler {
    Arc::new(move |_, head: Bytes, body: Bytes| {
        let desk = Arc::clone(&desk);
        Box::pin(async move {
            let result = match Call::decode(head, body) {
                Ok(call) => desk.answer(call).await,
                Err(error) => Err(error),
            };
            Answer::encode(&result)
        })
    })
}

impl Desk {
    async fn answer(&self, call: Call) -> Result<Answer, Error> {
        *self.last.lock() = Some(call.clone());
        if call.wait.is_some_and(|wait| wait.index > 0) {
            self.blocked.fetch_add(1, Relaxed);
            let _gone = Gone(&self.blocked);
            tokio::time::sleep(call.time_left).await;
        }
        let reply = match &*call.op {
            Op::Read(Read::KvGet(get)) => {
                if let Some(error) = self.refuse.lock().clone() {
                    return Err(error);
                }
                let value = Bytes::copy_from_slice(self.name.as_bytes());
                Reply::KvGet(kv::Entries { entries: vec![kv::Entry { key: get.key.clone(), value, ..kv::Entry::default() }] })
            }
            Op::Read(Read::CaRoots(_)) => Reply::CaRoots(self.leader.read()),
            Op::Write(Write::KvPut(_)) => {
                self.writes.fetch_add(1, Relaxed);
                Reply::KvPut(kv::Applied { ok: true })
            }
            Op::Local(Local::QueryServe(serve)) => {
                let found = *self.instances.lock();
                let Some(count) = found else { return std::future::pending().await };
                let datacenter = self.name.rsplit('.').next().unwrap_or_default().to_owned();
                let instances = vec![Instance::default(); count];
                Reply::QueryServe(Executed { service: serve.service.service.clone(), instances, datacenter, ..Executed::default() })
            }
            Op::Local(Local::CaSign(sign)) => Reply::CaSign(self.leader.sign(sign)?),
            Op::Local(Local::CaRequest(request)) => Reply::CaRequest(self.leader.request(request)),
            Op::Local(Local::CaInstall(install)) => Reply::CaInstall(self.leader.install(install)),
            other => return Err(Error::failed(format!("the stand-in does not answer {}", other.name()))),
        };
        Ok(Answer { reply: Encoded::new(reply), meta: Meta { index: 7, known_leader: true, ..Meta::default() } })
    }
}

struct Gone<'a>(&'a AtomicUsize);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
