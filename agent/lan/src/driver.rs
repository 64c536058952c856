//! The owner task: what the sockets bring to the pool.

use std::net::SocketAddr;
use std::time::Duration;

use gossip::Pool;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_util::sync::CancellationToken;

use crate::carrier::LanCarrier;
use crate::handle::Shared;
use crate::serving::{Request, Serving};
use crate::sockets::Sockets;
use crate::{BindError, LanConfig, LanHandle};

/// Packets handled in a row before the others get their turn.
const BURST: usize = 64;
/// Largest datagram read; the core refuses what is longer than members send.
const DATAGRAM: usize = 64 << 10;

/// A bound member of a LAN pool. Nothing happens until [`run`](Self::run).
pub struct Lan {
    pool: Pool,
    carrier: LanCarrier,
    sockets: Sockets,
    serving: Serving,
    requests: mpsc::Receiver<Request>,
    handle: LanHandle,
}

impl Lan {
    /// Takes the port, reads the keyring file, and starts the core.
    ///
    /// # Errors
    /// [`BindError`]; nothing is left behind but the keyring file.
    pub async fn bind(config: LanConfig) -> Result<Self, BindError> {
        let keyring = match &config.keyring_file {
            Some(file) => file.load_or_create(config.keyring)?,
            None => config.keyring,
        };
        let sockets = Sockets::bind(config.bind).await.map_err(|error| BindError::Listen(config.bind, error))?;
        let mut me = config.me;
        me.addr = advertised(config.advertise, sockets.addr)?;
        let (pool, speak) = Pool::new(config.members, me, keyring)?;
        let carrier = LanCarrier::new(sockets.udp.clone(), pool.core());
        let (serving, requests) = Serving::new(pool.core().config());
        let handle = LanHandle::new(Shared {
            addr: pool.core().me().addr,
            pool: speak,
            events: carrier.events.clone(),
            user_events: carrier.user_events.clone(),
            coordinate: carrier.coordinate.subscribe(),
            join_port: config.join_port,
            keyring_file: config.keyring_file,
            keyring_lock: tokio::sync::Mutex::new(()),
            rounds: tokio::sync::Mutex::new(()),
        });
        Ok(Self { pool, carrier, sockets, serving, requests, handle })
    }

    /// The bound address, with the real port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.sockets.addr
    }

    /// To speak with the driver, before and while it runs.
    #[must_use]
    pub fn handle(&self) -> LanHandle {
        self.handle.clone()
    }

    /// Gossips until `stop`. Stopping is sudden, as a crash: call [`LanHandle::leave`] before to leave in good order.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut datagram = vec![0; DATAGRAM];
        self.pool.start(&mut self.carrier);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                turn = self.pool.turn() => self.pool.take(turn, &mut self.carrier),
                Some(request) = self.requests.recv() => self.on_request(request),
                accepted = accept(&self.sockets, &self.serving) => {
                    if let Some((stream, from, permit)) = accepted {
                        self.serving.serve(stream, from, permit);
                    }
                }
                // Last, for a flood of packets must not keep the others waiting; they are bounded, packets are not.
                ready = self.sockets.udp.readable() => {
                    if ready.is_ok() {
                        self.on_packets(&mut datagram);
                    }
                }
            }
        }
    }

    fn on_packets(&mut self, datagram: &mut [u8]) {
        for _ in 0..BURST {
            match self.sockets.udp.try_recv_from(datagram) {
                Ok((len, from)) => {
                    if let Err(error) = self.pool.feed(&mut self.carrier, |core, now| core.handle_packet(now, &datagram[..len])) {
                        tracing::debug!(%from, %error, "dropped gossip packet");
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                // An ICMP answer to an earlier packet of ours: SWIM will find out by itself.
                Err(_) => {}
            }
        }
    }

    fn on_request(&mut self, request: Request) {
        let Request { bytes, from, reply } = request;
        match self.pool.feed(&mut self.carrier, |core, now| core.handle_stream(now, &bytes)) {
            Ok(bytes) if std::mem::take(&mut self.carrier.keyring_changed) => {
                tracing::info!(%from, "a member changed the gossip keys");
                self.handle.keep_keyring(move || reply.answer(bytes));
            }
            Ok(bytes) => reply.answer(bytes),
            Err(error) => tracing::debug!(%from, %error, "refused gossip stream"),
        }
    }
}

/// A permit first: beyond the limit, peers wait in the kernel's queue.
async fn accept(sockets: &Sockets, serving: &Serving) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = serving.permit().await?;
    match sockets.tcp.accept().await {
        Ok((stream, from)) => Some((stream, from, permit)),
        Err(error) => {
            tracing::warn!(%error, "cannot accept gossip streams");
            // Out of file descriptors, most likely: do not spin.
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

fn advertised(advertise: Option<SocketAddr>, bound: SocketAddr) -> Result<SocketAddr, BindError> {
    let mut addr = advertise.unwrap_or(bound);
    if addr.ip().is_unspecified() {
        return Err(BindError::Advertise(addr));
    }
    if addr.port() == 0 {
        addr.set_port(bound.port());
    }
    Ok(addr)
}
