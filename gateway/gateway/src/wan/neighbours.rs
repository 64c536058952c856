//! Gateways of one datacenter meet through its LAN pool: a second one needs no `retry_join_wan`, and finds the first after a restart.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use members::{Member, Status};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Joining;

/// The tag by which a gateway tells its own datacenter where its link is, `ip:port`.
pub(crate) const WAN_TAG: &str = "delian_wan";

/// Between two looks at who is missing.
const PAUSE: Duration = Duration::from_secs(2);

impl Joining {
    /// Joins the gateways that `lan` lists and the WAN pool does not, until `stop`.
    pub(crate) async fn meet_neighbours(self, dc: String, mut lan: watch::Receiver<Arc<[Member]>>, stop: CancellationToken) {
        if !self.certified(&stop).await {
            return;
        }
        loop {
            let neighbours = links(&lan.borrow_and_update());
            let missing = self.missing(&neighbours);
            for addr in &missing {
                self.wan.book().learn(*addr, &dc);
                if let Err(error) = self.wan.join(*addr).await {
                    tracing::debug!(%addr, error, "cannot meet a gateway of our own datacenter");
                }
            }
            let news = async {
                if missing.is_empty() {
                    lan.changed().await
                } else {
                    tokio::time::sleep(PAUSE).await;
                    Ok(())
                }
            };
            if !matches!(stop.run_until_cancelled(news).await, Some(Ok(()))) {
                return;
            }
        }
    }

    fn missing(&self, neighbours: &[SocketAddr]) -> Vec<SocketAddr> {
        let members = self.wan.members().borrow().clone();
        let known = |addr: &SocketAddr| members.iter().any(|member| member.addr == *addr && member.status.is_live());
        neighbours.iter().filter(|addr| **addr != self.wan.addr() && !known(addr)).copied().collect()
    }
}

/// Where the links of the live gateways in `members` are.
fn links(members: &[Member]) -> Vec<SocketAddr> {
    let live = members.iter().filter(|member| member.status == Status::Alive);
    live.filter_map(|member| member.tags.get(WAN_TAG)?.parse().ok()).collect()
}
