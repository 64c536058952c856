//! The server of `Topology`.

use crate::{
    handler::{Refused, WatchHandler},
    payload::Payload,
    peer::PeerInfo,
    transport::grpc::{MAX_PAYLOAD_BYTES, answering, refusal},
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Status, body::Body};

/// Answers one watch: the value now, and after every change the newest. At most one value waits for a slow reader.
pub(crate) async fn watch(
    handler: WatchHandler,
    peer: PeerInfo,
    stopping: CancellationToken,
    request: Request<Incoming>,
) -> Response<Body> {
    let service = tower::service_fn(move |request: tonic::Request<Payload>| {
        let reply = handler(peer.clone(), request.into_inner().body);
        let stopping = stopping.clone();
        async move {
            let values = reply.await.map_err(|Refused(why)| refusal(why))?;
            Ok::<_, Status>(tonic::Response::new(values_of(values, stopping)))
        }
    });
    answering(MAX_PAYLOAD_BYTES).server_streaming(service, request).await
}

fn values_of(
    mut values: watch::Receiver<Bytes>,
    stopping: CancellationToken,
) -> impl Stream<Item = Result<Payload, Status>> + Send + 'static {
    values.mark_changed();
    stream::unfold((values, stopping), |(mut values, stopping)| async move {
        let changed = stopping.run_until_cancelled(values.changed()).await;
        match changed {
            Some(Ok(())) => {
                let body = values.borrow_and_update().clone();
                Some((Ok(Payload { body }), (values, stopping)))
            }
            // We stop, or the value's owner has gone.
            None | Some(Err(_)) => None,
        }
    })
}
