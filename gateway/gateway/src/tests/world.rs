use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::time::Duration;

use api::federation::{CaInstall, CaRequest, CaRequested, CaSign, CaSigned, CaState};
use api::operator::Updated;
use api::{Answer, Call, Error};
use ca::Validity;
use ca::issue::{CaName, Grant, Intermediate, PrivateKey, RootAuthority, Serial};
use ca::spiffe::{DcName, SpiffeId, TrustDomain};
use members::{Config, GossipKey};
use node::Certificates;
use parking_lot::Mutex;
use rustls_pki_types::CertificateDer;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wire::{CallsClient, Connector};

use super::server::Server;
use crate::{BindError, Gateway, GatewaySettings, Handle, Limits, Ports, Standing};

/// Longer than anything here takes: a test that waits this long has failed.
pub(crate) const LONG: Duration = Duration::from_secs(45);

pub(crate) const TRUST_DOMAIN: &str = "11111111-2222-3333-4444-555555555555.consul";

/// Loopback addresses are given once, so that tests of one process do not share budgets per source address.
static NEXT: AtomicU8 = AtomicU8::new(10);

/// One datacenter: what its leader knows, a server, gateways.
pub(crate) struct Dc {
    pub(crate) name: &'static str,
    pub(crate) leader: Arc<Leader>,
    pub(crate) server: Server,
    pub(crate) gateways: Vec<Running>,
    key: Option<GossipKey>,
}

/// A gateway with a runtime of its own, which dies with it as a process does.
pub(crate) struct Running {
    pub(crate) handle: Handle,
    pub(crate) ip: IpAddr,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
    runtime: Option<Runtime>,
}

impl Dc {
    /// The primary, with one gateway that has its certificate.
    pub(crate) async fn primary() -> Self {
        Self::primary_with(|_| {}).await
    }

    pub(crate) async fn primary_with(change: impl FnOnce(&mut GatewaySettings)) -> Self {
        Self::primary_of(Some(key(1)), change).await
    }

    pub(crate) async fn primary_of(key: Option<GossipKey>, change: impl FnOnce(&mut GatewaySettings)) -> Self {
        let mut dc = Self::bare("dc1", key).await;
        dc.gateway("gw1", change).await;
        dc.gateways[0].certified().await;
        dc
    }

    /// A secondary, whose gateway knows `known`.
    pub(crate) async fn secondary(name: &'static str, known: SocketAddr) -> Self {
        Self::secondary_of(name, known, Some(key(1)), |_| {}).await
    }

    pub(crate) async fn secondary_of(
        name: &'static str,
        known: SocketAddr,
        key: Option<GossipKey>,
        change: impl FnOnce(&mut GatewaySettings),
    ) -> Self {
        let mut dc = Self::bare(name, key).await;
        dc.gateway("gw1", |settings| {
            settings.retry_join_wan = vec![known.to_string()];
            change(settings);
        })
        .await;
        dc
    }

    /// A server and no gateway; all its processes gossip with `key`.
    pub(crate) async fn bare(name: &'static str, key: Option<GossipKey>) -> Self {
        let leader = Arc::new(if name == "dc1" { Leader::primary() } else { Leader::secondary(name) });
        let server = Server::start(name, "s1", Arc::clone(&leader), key.clone()).await;
        Self { name, leader, server, gateways: Vec::new(), key }
    }

    pub(crate) async fn gateway(&mut self, node: &str, change: impl FnOnce(&mut GatewaySettings)) {
        let mut settings = self.settings(node);
        change(&mut settings);
        self.gateways.push(Running::start(settings).await);
    }

    pub(crate) fn settings(&self, node: &str) -> GatewaySettings {
        let mut settings = GatewaySettings::new(self.name, node);
        settings.primary_datacenter = "dc1".to_owned();
        settings.bind = fresh_ip();
        settings.ports = Ports { serf_lan: 0, serf_wan: 0, rpc: 0 };
        settings.encrypt = self.key.clone();
        settings.retry_join = vec![self.server.lan.advertised().to_string()];
        settings.lan = Config { pool: format!("lan:{}", self.name), ..Config::dev() };
        settings.wan = Config {
            gossip_interval: Duration::from_millis(50),
            probe_interval: Duration::from_millis(500),
            probe_timeout: Duration::from_millis(200),
            max_packet: 1100,
            pool: "wan".to_owned(),
            ..Config::dev()
        };
        settings.limits = Limits { drain: Duration::from_millis(500), ..Limits::default() };
        settings
    }

    /// Calls as a server of this datacenter does: through its own connection to a gateway.
    pub(crate) async fn call(&self, call: Call) -> Result<Answer, Error> {
        self.server.call_through(self.gateways[0].handle.rpc_addr(), call).await
    }
}

impl Running {
    pub(crate) async fn start(settings: GatewaySettings) -> Self {
        Self::start_as(settings, Gateway::bind).await
    }

    pub(crate) async fn start_as<F>(settings: GatewaySettings, bind: impl FnOnce(GatewaySettings) -> F) -> Self
    where
        F: Future<Output = Result<Gateway, BindError>> + Send + 'static,
    {
        let ip = settings.bind;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let gateway = runtime.spawn(bind(settings)).await.unwrap().unwrap();
        let (handle, stop) = (gateway.handle(), CancellationToken::new());
        let task = runtime.spawn(gateway.run(stop.clone()));
        Self { handle, ip, stop, task: Some(task), runtime: Some(runtime) }
    }

    pub(crate) async fn certified(&self) {
        let mut standing = self.handle.standing();
        let waited = tokio::time::timeout(LONG, standing.wait_for(|standing| matches!(standing, Standing::Certified { .. }))).await;
        waited.unwrap_or_else(|_| panic!("{:?}", self.handle.standing().borrow().clone())).unwrap();
    }

    /// Waits until a datacenter with at least one server can be called.
    pub(crate) async fn reaches(&self, dc: &str) {
        let reached = || self.handle.view().datacenters.iter().any(|it| it.dc == dc && it.ruled_out.is_empty() && !it.servers.is_empty());
        eventually(&format!("{dc} is reached"), reached).await;
    }

    /// Waits until `count` gateways of other datacenters are alive in the WAN pool.
    pub(crate) async fn sees(&self, count: usize) {
        let alive = || self.handle.view().gateways.iter().filter(|gateway| gateway.status == 1).count();
        eventually(&format!("{count} gateways"), || alive() == count).await;
    }

    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            task.await.unwrap();
        }
    }

    /// As a crash: no word to anyone.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What a leader keeps of the certificate authority, in memory.
pub(crate) struct Leader {
    dc: DcName,
    root: Option<RootAuthority>,
    state: Mutex<LeaderState>,
}

#[derive(Default)]
struct LeaderState {
    intermediate: Option<Intermediate>,
    pending: Option<PrivateKey>,
    roots: Vec<bytes::Bytes>,
    secondaries: BTreeMap<String, u32>,
}

impl Leader {
    fn primary() -> Self {
        let validity = Validity::starting(now(), Duration::from_secs(86_400)).unwrap();
        let root = RootAuthority::create(PrivateKey::generate().unwrap(), trust_domain(), validity, serial()).unwrap();
        let dc: DcName = "dc1".parse().unwrap();
        let (key, name) = (PrivateKey::generate().unwrap(), CaName { trust_domain: trust_domain(), dc: dc.clone() });
        let csr = key.intermediate_csr(&name).unwrap();
        let intermediate = Intermediate::load(root.sign_intermediate(&csr, &dc, validity, serial()).unwrap(), key).unwrap();
        let roots = vec![bytes::Bytes::copy_from_slice(root.certificate())];
        let state = LeaderState { intermediate: Some(intermediate), roots, ..LeaderState::default() };
        Self { dc, root: Some(root), state: Mutex::new(state) }
    }

    fn secondary(name: &str) -> Self {
        Self { dc: name.parse().unwrap(), root: None, state: Mutex::default() }
    }

    pub(crate) fn read(&self) -> CaState {
        let state = self.state.lock();
        let intermediate = state.intermediate.as_ref().map(|it| bytes::Bytes::copy_from_slice(it.certificate()));
        CaState {
            epoch: u64::from(intermediate.is_some()),
            trust_domain: if intermediate.is_some() { TRUST_DOMAIN.to_owned() } else { String::new() },
            roots: state.roots.clone(),
            intermediate: intermediate.unwrap_or_default(),
            ..CaState::default()
        }
    }

    pub(crate) fn sign(&self, sign: &CaSign) -> Result<CaSigned, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::failed(error.to_string());
        let validity = Validity::starting(now(), Duration::from_secs(3600)).unwrap();
        let mut state = self.state.lock();
        let certificate = match (&*sign.role, &self.root) {
            (CaSign::GATEWAY | CaSign::SERVER, _) => {
                let Some(intermediate) = &state.intermediate else {
                    return Err(Error::new(api::Code::NotFound, "no intermediate"));
                };
                let grant = match &*sign.role {
                    CaSign::SERVER => Grant::server(trust_domain(), self.dc.clone(), "consul"),
                    _ => Grant::id_only(SpiffeId::Gateway { trust_domain: trust_domain(), dc: self.dc.clone() }),
                };
                let leaf = intermediate.sign_leaf(&sign.request, &grant, validity, serial()).map_err(|error| failed(&error))?;
                vec![leaf, intermediate.certificate().clone()]
            }
            (CaSign::INTERMEDIATE, Some(root)) => {
                let dc = sign.subject.parse().unwrap();
                *state.secondaries.entry(sign.subject.clone()).or_default() += 1;
                vec![root.sign_intermediate(&sign.request, &dc, validity, serial()).map_err(|error| failed(&error))?]
            }
            (role, _) => return Err(Error::bad_request(format!("cannot sign for {role}"))),
        };
        let chain = certificate.iter().map(|der| bytes::Bytes::copy_from_slice(der)).collect();
        Ok(CaSigned { chain, roots: state.roots.clone(), trust_domain: TRUST_DOMAIN.to_owned(), epoch: 1 })
    }

    /// A leaf for a server's key, once there is an intermediate.
    pub(crate) fn certify(&self, key: &PrivateKey) -> Option<Certificates> {
        let grant = Grant::server(trust_domain(), self.dc.clone(), "consul");
        let request = key.leaf_csr(&grant).unwrap().into();
        let signed = self.sign(&CaSign { request, role: CaSign::SERVER.to_owned(), subject: String::new() }).ok()?;
        let CaSigned { chain, roots, trust_domain, epoch } = signed;
        Some(Certificates { trust_domain, epoch, chain, roots, founders: BTreeSet::new() })
    }

    pub(crate) fn request(&self, request: &CaRequest) -> CaRequested {
        let mut state = self.state.lock();
        if state.intermediate.is_some() {
            return CaRequested::default();
        }
        let key = state.pending.take().unwrap_or_else(|| PrivateKey::generate().unwrap());
        let name = CaName { trust_domain: request.trust_domain.parse().unwrap(), dc: self.dc.clone() };
        let csr = key.intermediate_csr(&name).unwrap();
        state.pending = Some(key);
        CaRequested { request: csr.into() }
    }

    pub(crate) fn install(&self, install: &CaInstall) -> Updated {
        let signed = install.signed.as_ref().unwrap();
        let mut state = self.state.lock();
        let Some(key) = state.pending.take() else { return Updated { ok: false } };
        let certificate = CertificateDer::from(signed.chain[0].to_vec());
        state.intermediate = Some(Intermediate::load(certificate, key).unwrap());
        state.roots = signed.roots.clone();
        Updated { ok: true }
    }

    /// How often an intermediate was signed for `dc`.
    pub(crate) fn signed_for(&self, dc: &str) -> u32 {
        self.state.lock().secondaries.get(dc).copied().unwrap_or(0)
    }
}

pub(crate) fn key(byte: u8) -> GossipKey {
    GossipKey::new(&[byte; 32]).unwrap()
}

pub(crate) fn fresh_ip() -> IpAddr {
    let n = NEXT.fetch_add(1, Relaxed);
    IpAddr::V4(Ipv4Addr::new(127, 88, (std::process::id() % 250) as u8, n))
}

/// A client of a gateway's RPC port with the given TLS.
pub(crate) fn client(addr: SocketAddr, trust: &node::Trust) -> CallsClient {
    CallsClient::connect(Connector::new(addr, trust.towards_gateways()))
}

/// Waits until `holds`, asking every few milliseconds.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + LONG;
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn trust_domain() -> TrustDomain {
    TRUST_DOMAIN.parse().unwrap()
}

fn serial() -> Serial {
    Serial::from_random(rand::random())
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}
