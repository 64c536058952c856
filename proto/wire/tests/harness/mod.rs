//! Servers on loopback, and waiting for a condition.

#![allow(dead_code, reason = "each test file uses its part")]

use bytes::Bytes;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use wire::{CallHandler, CallsClient, Connector, PeerInfo, ServerLimits, Services};

/// Longer than anything here takes on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(services: Services, limits: ServerLimits) -> Self {
        Self::start_with_tls(services, limits, None).await
    }

    pub(crate) async fn start_with_tls(services: Services, limits: ServerLimits, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move { drop(stopped.await) };
        let task = tokio::spawn(wire::serve(listener, tls, services, limits, stopped));
        Self { addr, stop: Some(stop), task }
    }

    pub(crate) async fn calls(handler: CallHandler) -> Self {
        Self::calls_within(handler, ServerLimits::default()).await
    }

    pub(crate) async fn calls_within(handler: CallHandler, limits: ServerLimits) -> Self {
        Self::start(Services { calls: Some(handler), ..Services::default() }, limits).await
    }

    pub(crate) fn client(&self) -> CallsClient {
        CallsClient::connect(Connector::new(self.addr, None))
    }

    /// Gives the signal; `stopped` waits for the end.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) async fn stopped(self) {
        self.task.await.unwrap();
    }

    /// Ends at once, as a killed process does.
    pub(crate) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

pub(crate) fn handler<F>(answer: impl Fn(PeerInfo, Bytes, Bytes) -> F + Send + Sync + 'static) -> CallHandler
where
    F: Future<Output = (Bytes, Bytes)> + Send + 'static,
{
    Arc::new(move |peer, head, body| Box::pin(answer(peer, head, body)))
}

pub(crate) fn echo() -> CallHandler {
    handler(|_, head, body| async move { (head, body) })
}

/// Waits until `condition` holds.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
