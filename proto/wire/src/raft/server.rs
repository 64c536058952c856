//! The server of `Raft`.

use super::{Method, chunks::Chunks};
use crate::{
    handler::{RaftHandler, RaftHandlers, Refused, SnapshotHandler},
    limits::CHUNK_BYTES,
    payload::{Chunk, Payload},
    peer::PeerInfo,
    transport::grpc::{MAX_PAYLOAD_BYTES, answering, refusal},
};
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use tonic::{Status, Streaming, body::Body};

/// Gives one request to the handler of its method.
pub(crate) async fn handle(handlers: &RaftHandlers, method: Method, peer: PeerInfo, request: Request<Incoming>) -> Response<Body> {
    match method {
        Method::Append => unary(&handlers.append, peer, request).await,
        Method::Vote => unary(&handlers.vote, peer, request).await,
        Method::TransferLeader => unary(&handlers.transfer, peer, request).await,
        Method::Snapshot => snapshot(&handlers.snapshot, peer, request).await,
    }
}

async fn unary(handler: &RaftHandler, peer: PeerInfo, request: Request<Incoming>) -> Response<Body> {
    let service = tower::service_fn(move |request: tonic::Request<Payload>| {
        let reply = handler(peer.clone(), request.into_inner().body);
        async move { payload(reply.await) }
    });
    answering(MAX_PAYLOAD_BYTES).unary(service, request).await
}

async fn snapshot(handler: &SnapshotHandler, peer: PeerInfo, request: Request<Incoming>) -> Response<Body> {
    let service = tower::service_fn(move |request: tonic::Request<Streaming<Chunk>>| {
        let reply = handler(peer.clone(), Chunks::new(request.into_inner()));
        async move { payload(reply.await) }
    });
    answering(CHUNK_BYTES + 64).client_streaming(service, request).await
}

fn payload(reply: Result<Bytes, Refused>) -> Result<tonic::Response<Payload>, Status> {
    let body = reply.map_err(|Refused(why)| refusal(why))?;
    Ok(tonic::Response::new(Payload { body }))
}
