//! The port: accepts, admits, and drains when told to stop.

use super::{
    admission::PerAddress,
    connection::{self, Shared},
};
use crate::{calls::server::CallsService, handler::Services, limits::ServerLimits};
use rustls::ServerConfig;
use std::{sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Serves `services` on `listener` until `stop` completes, then refuses new calls, lets those under way finish within
/// `limits.drain`, and cuts off the rest.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    services: Services,
    limits: ServerLimits,
    stop: impl Future<Output = ()> + Send,
) {
    let stopping = CancellationToken::new();
    let calls = services.calls.map(|handler| CallsService {
        handler,
        slots: Arc::new(Semaphore::new(limits.calls.min(Semaphore::MAX_PERMITS))),
        slots_per_session: limits.calls_per_session,
        stopping: stopping.clone(),
    });
    let (raft, topology) = (services.raft, services.topology);
    let shared = Arc::new(Shared { tls, calls, raft, topology, limits, stopping: stopping.clone() });
    let mut connections = JoinSet::new();
    tokio::select! {
        biased;
        () = stop => {}
        () = accept(&listener, &shared, &mut connections) => {}
    }
    drop(listener);
    stopping.cancel();
    let drained = timeout(limits.drain, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!(connections = connections.len(), "connections cut off after the drain deadline");
    }
}

async fn accept(listener: &TcpListener, shared: &Arc<Shared>, connections: &mut JoinSet<()>) {
    let permits = Arc::new(Semaphore::new(shared.limits.connections.min(Semaphore::MAX_PERMITS)));
    let addresses = PerAddress::new(shared.limits.connections_per_address);
    // First a permit: what we have no room for stays in the kernel's bounded backlog.
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        while connections.try_join_next().is_some() {}
        let (stream, addr) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, mostly: give connections time to end.
                tracing::warn!(%error, "accept");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(admitted) = addresses.admit(addr.ip(), permit) else {
            tracing::debug!(%addr, "too many connections from this address");
            continue;
        };
        let shared = Arc::clone(shared);
        connections.spawn(async move {
            if let Err(error) = connection::run(stream, addr, &shared).await {
                tracing::debug!(%addr, %error, "connection ended");
            }
            drop(admitted);
        });
    }
}
