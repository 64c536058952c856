use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_carried_both_ways_apart_from_control() {
    let authority = tls::Authority::new();
    let (sender, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let mut near = sender.handle.mesh_stream(&server.peer(), bytes("to web"), LONG).await.unwrap();
    near.write_all(b"GET").await.unwrap();
    let MeshRequest { head, mut stream, peer } = next(&mut server.inbound.mesh).await;
    assert_eq!(head, "to web");
    assert_eq!(peer.certs.len(), 1);
    let mut buffer = [0; 3];
    stream.read_exact(&mut buffer).await.unwrap();
    assert_eq!(&buffer, b"GET");
    stream.write_all(b"200").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    near.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"200");

    sender.handle.datagram(&server.peer(), bytes("g"), LONG).await.unwrap();
    let classes: Vec<Class> = sender.handle.paths().into_iter().map(|path| path.class).collect();
    assert_eq!(classes, [Class::Control, Class::Mesh], "a connection each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_does_not_look_finished() {
    let authority = tls::Authority::new();
    let (sender, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let mut near = sender.handle.mesh_stream(&server.peer(), bytes("to web"), LONG).await.unwrap();
    near.write_all(b"half").await.unwrap();
    let mut request = next(&mut server.inbound.mesh).await;
    drop(near);
    assert!(request.stream.read_to_end(&mut Vec::new()).await.is_err());
}
