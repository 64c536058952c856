//! Telling the servers where this node lies in the network.

use api::coordinate::{Coordinate, Located, Update};
use dispatch::{Dispatcher, Log, Peers};
use lan::LanHandle;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Updates of all nodes of a datacenter together, per second (Consul's `sync_coordinate_rate_target`).
const RATE: f64 = 64.0;
/// Least time between two updates of one node (Consul's `sync_coordinate_interval_min`).
const LEAST_PAUSE: Duration = Duration::from_secs(15);

/// Tells the servers where the node `name` is, time and again until `stop`: as often as a datacenter of its size can bear.
pub async fn report_coordinates<L: Log, P: Peers>(waist: Arc<Dispatcher<L, P>>, lan: LanHandle, name: String, stop: CancellationToken) {
    // The first time soon: until then the node is nowhere.
    let mut wait = LEAST_PAUSE.mul_f64(rand::random());
    while stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_some() {
        let here = Located { node: name.clone(), segment: String::new(), coord: coordinate(&lan.coordinate()) };
        if let Err(error) = waist.ask(Update { updates: vec![here] }).await {
            tracing::debug!(target: "coordinate", %error, "the servers were not told where this node is");
        }
        // Spread, as everyone's would come together after a change of leaders.
        wait = pause(lan.members().borrow().len()).mul_f64(1.0 + rand::random::<f64>());
    }
}

/// A pool's coordinate as an operation says it.
#[must_use]
pub fn coordinate(of: &members::Coordinate) -> Coordinate {
    let members::Coordinate { vec, error, adjustment, height } = *of;
    Coordinate { vec: vec.to_vec(), error, adjustment, height }
}

fn pause(members: usize) -> Duration {
    LEAST_PAUSE.max(Duration::from_secs_f64(members as f64 / RATE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_nodes_speak_more_rarely() {
        assert_eq!([3, 960, 6400].map(pause), [15, 15, 100].map(Duration::from_secs));
    }
}
