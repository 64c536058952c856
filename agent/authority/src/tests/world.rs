//! Datacenters without sockets, on a clock that tokio's paused time moves.

use super::memory_log::MemoryLog;
use crate::Authority;
use api::federation::{CaInstall, CaRequest, CaSign, CaSigned, CaState};
use api::{Error, Local, Reply};
use dispatch::{Dispatcher, LocalDesk, Map, NoPeers, Role, Settings, locals};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Begins at the machine's time, so that handshakes by that clock accept what is signed first; then follows tokio's.
#[derive(Debug)]
pub(super) struct Clock {
    base: u64,
    began: tokio::time::Instant,
}

impl Clock {
    pub(super) fn new() -> Arc<Self> {
        let base = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        Arc::new(Self { base, began: tokio::time::Instant::now() })
    }

    pub(super) fn now(&self) -> u64 {
        self.base + self.began.elapsed().as_secs()
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.now())))
    }
}

/// One server of a datacenter.
pub(super) struct Server {
    pub(super) log: MemoryLog,
    pub(super) dispatcher: Arc<Dispatcher<MemoryLog, NoPeers>>,
    pub(super) authority: Arc<Authority<MemoryLog, NoPeers>>,
    pub(super) stop: CancellationToken,
}

impl Server {
    /// A server of `dc`, whose primary is dc1, with a log of its own.
    pub(super) fn new(dc: &str, clock: &Arc<Clock>) -> Self {
        Self::with_log(dc, clock, MemoryLog::default())
    }

    /// Another server of the datacenter that `log` belongs to.
    pub(super) fn with_log(dc: &str, clock: &Arc<Clock>, log: MemoryLog) -> Self {
        let (locals, desk) = locals();
        let dispatcher = Dispatcher::new(log.clone(), NoPeers, Arc::clone(log.store()), locals, Settings::default(), 1);
        dispatcher.set_map(Map { here: Some(dc.into()), role: Role::Server, leading: true, ..Map::default() });
        let dispatcher = Arc::new(dispatcher);
        let clock: Arc<dyn TimeProvider> = Arc::clone(clock) as _;
        let authority = Authority::new(Arc::clone(&dispatcher), dc, "dc1", "consul").unwrap().with_clock(clock);
        let (authority, stop) = (Arc::new(authority), CancellationToken::new());
        tokio::spawn(serve(desk, Arc::clone(&authority)));
        Self { log, dispatcher, authority, stop }
    }

    /// Leads from now on, until it is dropped.
    pub(super) fn lead(&self) {
        let (authority, stop) = (Arc::clone(&self.authority), self.stop.clone());
        tokio::spawn(async move { authority.lead(stop).await });
    }

    pub(super) fn state(&self) -> Arc<CaState> {
        self.log.store().snapshot().certificate_authority().unwrap_or_default()
    }

    /// Waits until the state is as wanted; a day is enough for anything that is not waited for in vain.
    pub(super) async fn until(&self, wanted: impl Fn(&CaState) -> bool) -> Arc<CaState> {
        let look = async {
            while !wanted(&self.state()) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(DAY, look).await.expect("the state that was waited for");
        self.state()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What the agent's own task does with calls that concern the authority.
async fn serve(mut desk: LocalDesk, authority: Arc<Authority<MemoryLog, NoPeers>>) {
    while let Some(local) = desk.recv().await {
        let reply = match local.op() {
            Some(Local::CaSign(op)) => authority.handle_sign(op).await.map(Reply::CaSign),
            Some(Local::CaRequest(op)) => authority.handle_request(op).await.map(Reply::CaRequest),
            Some(Local::CaInstall(op)) => authority.handle_install(op).await.map(Reply::CaInstall),
            _ => Err(Error::failed("nothing else is asked here")),
        };
        let _gone = local.reply.send(reply);
    }
}

/// A primary that leads, with its authority made.
pub(super) async fn primary(clock: &Arc<Clock>) -> Server {
    let dc1 = Server::new("dc1", clock);
    dc1.lead();
    dc1.until(|state| !state.trust_domain.is_empty()).await;
    dc1
}

/// What the gateways do when `secondary` joins or renews: `None` when nothing was due.
pub(super) async fn carry(primary: &Server, secondary: &Server, name: &str) -> Option<Result<CaSigned, Error>> {
    let request = CaRequest { trust_domain: primary.state().trust_domain.clone() };
    let requested = secondary.authority.handle_request(&request).await.unwrap();
    if requested.request.is_empty() {
        return None;
    }
    let sign = CaSign { request: requested.request, role: "intermediate".into(), subject: name.into() };
    let signed = match primary.authority.handle_sign(&sign).await {
        Ok(signed) => signed,
        Err(error) => return Some(Err(error)),
    };
    let install = CaInstall { signed: Some(signed.clone()) };
    Some(secondary.authority.handle_install(&install).await.map(|_| signed))
}
