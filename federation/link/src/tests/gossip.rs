use super::*;

async fn received(server: &mut Running) -> Bytes {
    match next(&mut server.inbound.gossip).await {
        Gossip::Datagram { data, peer } => {
            assert_eq!(peer.certs.len(), 1);
            data
        }
        Gossip::Stream { .. } => panic!("not a stream"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datagrams_of_both_sizes_arrive() {
    let authority = tls::Authority::new();
    let (sender, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let peer = server.peer();
    for size in [1, 1100, 1162, 20_000, 300_000] {
        let data = Bytes::from(vec![size as u8; size]);
        sender.handle.datagram(&peer, data.clone(), LONG).await.unwrap();
        assert_eq!(received(&mut server).await, data, "size {size}");
    }
    let huge = Bytes::from(vec![0; 5 << 20]);
    let error = sender.handle.datagram(&peer, huge, LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::TooBig { .. }, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_datagram_of_the_least_mtu_needs_no_stream() {
    let authority = tls::Authority::new();
    let (sender, server) = (Running::start(&authority).await, Running::start(&authority).await);
    let connection = connect(&sender, authority.client("x.test"), Class::Control, &server.peer()).await;
    assert!(connection.max_datagram_size().unwrap() >= 1162);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn push_pull_is_asked_and_answered() {
    let authority = tls::Authority::new();
    let (sender, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let peer = server.peer();
    tokio::spawn(async move {
        while let Some(gossip) = server.inbound.gossip.recv().await {
            let Gossip::Stream { data, reply, .. } = gossip else { panic!("a stream") };
            reply.send(Bytes::new(), [data, bytes(" and mine")].concat().into()).await.unwrap();
        }
    });
    let answer = sender.handle.gossip_stream(&peer, bytes("yours"), LONG).await.unwrap();
    assert_eq!(answer, "yours and mine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gossip_nobody_takes_is_dropped_not_kept() {
    let authority = tls::Authority::new();
    let sender = Running::start(&authority).await;
    let bound = |config: &mut LinkConfig| config.limits.gossip_queue = 2;
    let server = Running::start_with(&authority, "127.0.0.1:0", bound).await;
    let peer = server.peer();
    for _ in 0..2 {
        sender.handle.datagram(&peer, bytes("d"), LONG).await.unwrap();
    }
    eventually("two wait", || server.inbound.gossip.len() == 2).await;
    for _ in 0..50 {
        sender.handle.datagram(&peer, bytes("d"), LONG).await.unwrap();
    }
    let error = sender.handle.gossip_stream(&peer, bytes("pull"), LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::Busy, .. }), "{error}");
    assert_eq!(server.inbound.gossip.len(), 2);
}
