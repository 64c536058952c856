//! Questions over UDP: what is prepared is answered in the loop that reads the socket, the rest by tasks, of which there are only so
//! many.

use crate::Scratch;
use crate::counters::count;
use crate::datagrams::{Datagrams, Inbox, Outbox, Peer};
use crate::edge::{AtOnce, Edge, Edges};
use crate::recursor::Transport;
use crate::resolve::Asker;
use dispatch::{Log, Peers};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Serves a socket until `stop`.
pub(crate) async fn serve<L: Log, P: Peers>(socket: Arc<Datagrams>, edges: Arc<Edges<L, P>>, tasks: TaskTracker, stop: CancellationToken) {
    let (mut inbox, mut outbox, mut scratch) = (Inbox::default(), Outbox::default(), Scratch::default());
    loop {
        let received = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            received = socket.receive(&mut inbox) => received,
        };
        if let Err(error) = received {
            // Errors of the network are those of single datagrams, so this is one of the machine.
            tracing::warn!(%error, "cannot read DNS questions");
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        }
        let edge = edges.now();
        let fresh = edge.is_fresh();
        for (message, peer, age) in inbox.datagrams() {
            if age > edge.config.patience {
                count(&edge.counters.expired);
                continue;
            }
            match edge.answer_at_once(message, Transport::Udp, fresh, &mut scratch, outbox.bytes()) {
                AtOnce::Answered => outbox.finish(peer),
                AtOnce::Silent => {}
                AtOnce::Unknown => {
                    if let Some(answer) = begin(&edge, &socket, &tasks, message, peer, age).await {
                        outbox.bytes().extend_from_slice(&answer);
                        outbox.finish(peer);
                    }
                }
            }
        }
        let unsent = socket.send(&mut outbox).await;
        edge.counters.unsent.fetch_add(unsent, Ordering::Relaxed);
    }
}

/// Begins to look an answer up. Where nobody has to be waited for it is there at once; else a task sends it when it is.
async fn begin<L: Log, P: Peers>(
    edge: &Arc<Edge<L, P>>,
    socket: &Arc<Datagrams>,
    tasks: &TaskTracker,
    message: &[u8],
    peer: Peer,
    age: Duration,
) -> Option<Vec<u8>> {
    let Ok(place) = Arc::clone(&edge.places).try_acquire_owned() else {
        count(&edge.counters.overloaded);
        return None;
    };
    let (edge, socket, message) = (Arc::clone(edge), Arc::clone(socket), message.to_vec());
    let looker = Arc::clone(&edge);
    let asker = Asker { address: peer.ip(), transport: Transport::Udp };
    let mut answering: Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send>> =
        Box::pin(async move { looker.answer(&message, asker).await });
    if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(answering.as_mut().poll(context))).await {
        return answer;
    }
    tasks.spawn(async move {
        let _place = place;
        let patience = edge.config.patience.saturating_sub(age);
        match tokio::time::timeout(patience, answering).await {
            Ok(Some(answer)) if socket.send_one(&answer, peer).is_err() => count(&edge.counters.unsent),
            Ok(_) => {}
            Err(_) => count(&edge.counters.expired),
        }
    });
    None
}
