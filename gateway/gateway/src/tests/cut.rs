use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tokio::net::UdpSocket;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A network path in front of a gateway: carries UDP both ways, until it is cut without a word.
pub(crate) struct Path {
    cut: Arc<AtomicBool>,
    _stop: DropGuard,
}

impl Path {
    /// From `ip` to `gateway`, on the same port.
    pub(crate) async fn open(ip: IpAddr, gateway: SocketAddr) -> Self {
        let front = Arc::new(UdpSocket::bind(SocketAddr::new(ip, gateway.port())).await.unwrap());
        let (cut, stop) = (Arc::new(AtomicBool::new(false)), CancellationToken::new());
        tokio::spawn(stop.clone().run_until_cancelled_owned(carry(front, gateway, Arc::clone(&cut), stop.clone())));
        Self { cut, _stop: stop.drop_guard() }
    }

    pub(crate) fn cut(&self) {
        self.cut.store(true, Relaxed);
    }

    pub(crate) fn heal(&self) {
        self.cut.store(false, Relaxed);
    }
}

async fn carry(front: Arc<UdpSocket>, gateway: SocketAddr, cut: Arc<AtomicBool>, stop: CancellationToken) {
    let mut backs: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut packet = vec![0; 65_536];
    loop {
        let Ok((len, from)) = front.recv_from(&mut packet).await else { continue };
        let back = match backs.get(&from) {
            Some(back) => Arc::clone(back),
            None => {
                let back = Arc::new(UdpSocket::bind(SocketAddr::new(gateway.ip(), 0)).await.unwrap());
                back.connect(gateway).await.unwrap();
                let way_back = bring_back(Arc::clone(&front), Arc::clone(&back), from, Arc::clone(&cut));
                tokio::spawn(stop.clone().run_until_cancelled_owned(way_back));
                backs.insert(from, Arc::clone(&back));
                back
            }
        };
        if !cut.load(Relaxed) {
            let _lost = back.send(&packet[..len]).await;
        }
    }
}

async fn bring_back(front: Arc<UdpSocket>, back: Arc<UdpSocket>, to: SocketAddr, cut: Arc<AtomicBool>) {
    let mut packet = vec![0; 65_536];
    loop {
        let Ok(len) = back.recv(&mut packet).await else { continue };
        if !cut.load(Relaxed) {
            let _lost = front.send_to(&packet[..len], to).await;
        }
    }
}
