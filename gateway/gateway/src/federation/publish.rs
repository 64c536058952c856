//! Publishing what is known to whoever watches.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Federation, view};

/// Least time between two views: a burst of changes is one.
const PAUSE: Duration = Duration::from_millis(200);

/// Keeps `views` up to date until `stop`.
pub(crate) async fn publish(federation: Arc<Federation>, views: watch::Sender<Bytes>, stop: CancellationToken) {
    let mut last = None;
    let mut next = Instant::now();
    loop {
        let now = federation.view();
        let essence = view::essence(&now);
        if last.as_ref() != Some(&essence) {
            views.send_replace(now.encode_to_vec().into());
            last = Some(essence);
            next = Instant::now() + PAUSE;
        }
        // The first of a burst is told at once: a datacenter that has just joined is waited for.
        let changed = async {
            federation.changed.notified().await;
            tokio::time::sleep_until(next).await;
        };
        if stop.run_until_cancelled(changed).await.is_none() {
            return;
        }
    }
}
