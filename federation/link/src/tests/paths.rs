use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_dies_loses_what_was_sent_and_returns() {
    let authority = tls::Authority::new();
    let (caller, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let peer = server.peer();
    let calling = {
        let (handle, peer) = (caller.handle.clone(), peer.clone());
        tokio::spawn(async move { handle.call(&peer, bytes("h"), bytes("b"), LONG).await })
    };
    let taken = next(&mut server.inbound.calls).await;
    let addr = server.kill();
    let error = calling.await.unwrap().unwrap_err();
    assert!(matches!(error, LinkError::Lost { why: Lost::Connection(_), .. }), "{error}");
    drop(taken);

    // Nobody there: certainly not sent, and soon refused without a dial.
    let short = Duration::from_millis(300);
    let error = caller.handle.call(&peer, bytes("h"), bytes("b"), short).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { .. }), "{error}");

    // It returns at the same address: reached as soon as the backoff allows.
    let restarted = start_again(&authority, addr).await;
    restarted.echo();
    let deadline = tokio::time::Instant::now() + LONG;
    while let Err(error) = caller.handle.call(&peer, bytes("h"), bytes("b"), short).await {
        assert!(tokio::time::Instant::now() < deadline && !error.can_have_been_processed(), "{error}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The killed link's port is free once its socket is gone.
async fn start_again(authority: &tls::Authority, addr: SocketAddr) -> Running {
    eventually("the port is free", || std::net::UdpSocket::bind(addr).is_ok()).await;
    Running::start_with(authority, &addr.to_string(), |_| {}).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_address_costs_the_time_given_and_no_more() {
    let authority = tls::Authority::new();
    let caller = Running::start(&authority).await;
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let peer = Peer::new(silent.local_addr().unwrap(), NAME);
    let began = std::time::Instant::now();
    let error = caller.handle.call(&peer, bytes("h"), bytes("b"), Duration::from_millis(200)).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::TimedOut, .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(4), "did not wait for the dial");
    assert_eq!(caller.handle.paths()[0].state, PathState::Dialling, "which goes on for the next caller");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_of_another_name_is_not_trusted_and_not_dialled_in_a_loop() {
    let authority = tls::Authority::new();
    let (caller, server) = (Running::start(&authority).await, Running::start(&authority).await);
    caller.handle.datagram(&server.peer(), bytes("g"), LONG).await.unwrap();
    let other = Peer::new(server.addr, "gateway.dc3.test");
    let error = caller.handle.call(&other, bytes("h"), bytes("b"), LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::Dial(DialError::Handshake(_)), .. }), "{error}");
    let error = caller.handle.call(&other, bytes("h"), bytes("b"), LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::Backoff { .. }, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_show_figures_and_the_reason_of_an_end() {
    let authority = tls::Authority::new();
    let (caller, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    assert!(caller.handle.paths().is_empty());
    let peer = server.peer();
    caller.handle.datagram(&peer, bytes("g"), LONG).await.unwrap();
    let paths = caller.handle.paths();
    assert_eq!((paths.len(), &paths[0].peer), (1, &peer));
    let PathState::Up { rtt, sent, lost, mtu, .. } = paths[0].state else { panic!("up: {paths:?}") };
    assert!(rtt > Duration::ZERO && rtt < LONG && sent > 0 && lost <= sent && mtu >= 1200);

    // One that has not finished its handshake cannot say why it closes (RFC 9000, 10.2.3).
    next(&mut server.inbound.gossip).await;
    server.kill();
    let down = |paths: &[PathStats]| matches!(&paths[0].state, PathState::Down { why } if why.contains("killed"));
    eventually("down with its reason", || down(&caller.handle.paths())).await;
    caller.handle.forget(peer.addr);
    assert!(caller.handle.paths().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_peer_is_left_also_in_the_middle_of_a_dial() {
    let authority = tls::Authority::new();
    let (caller, server) = (Running::start(&authority).await, Running::start(&authority).await);
    caller.handle.datagram(&server.peer(), bytes("g"), LONG).await.unwrap();
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let dialling = Peer::new(silent.local_addr().unwrap(), NAME);
    caller.handle.datagram(&dialling, bytes("g"), Duration::from_millis(50)).await.unwrap_err();
    caller.handle.forget(server.addr);
    caller.handle.forget(dialling.addr);
    assert!(caller.handle.paths().is_empty());
    eventually("both connections end", || caller.endpoint.open_connections() == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_are_bounded_and_the_dead_make_room() {
    let authority = tls::Authority::new();
    let caller = Running::start_with(&authority, "127.0.0.1:0", |config| config.limits.peers = 2).await;
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(Running::start(&authority).await);
    }
    for server in &servers[..2] {
        caller.handle.datagram(&server.peer(), bytes("g"), LONG).await.unwrap();
    }
    let third = servers[2].peer();
    let error = caller.handle.datagram(&third, bytes("g"), LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::TooManyPeers(2), .. }), "{error}");
    servers.remove(0).kill();
    let has_dead = |path: &PathStats| matches!(path.state, PathState::Down { .. });
    eventually("one is down", || caller.handle.paths().iter().any(has_dead)).await;
    caller.handle.datagram(&third, bytes("g"), LONG).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_lets_calls_end_and_refuses_new_ones() {
    let authority = tls::Authority::new();
    let (caller, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let peer = server.peer();
    let begin = || {
        let (handle, peer) = (caller.handle.clone(), peer.clone());
        tokio::spawn(async move { handle.call(&peer, bytes("h"), bytes("b"), LONG).await })
    };
    let under_way = begin();
    let call = next(&mut server.inbound.calls).await;
    server.stop.cancel();
    // Stopping shows first in its own handle.
    let own = Peer::new(caller.addr, NAME);
    let deadline = tokio::time::Instant::now() + LONG;
    loop {
        match server.handle.datagram(&own, bytes("g"), LONG).await {
            Err(LinkError::NotSent { why: NotSent::Closing, .. }) => break,
            _ => assert!(tokio::time::Instant::now() < deadline),
        }
    }
    let error = begin().await.unwrap().unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::PeerClosing, .. }), "{error}");
    assert!(!server.task.is_finished(), "it waits for the call");
    call.reply.send(bytes("done"), bytes("")).await.unwrap();
    assert_eq!(under_way.await.unwrap().unwrap().0, "done");
    tokio::time::timeout(LONG, server.task).await.expect("then it ends").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_never_ends_does_not_stop_the_stop() {
    let authority = tls::Authority::new();
    let caller = Running::start(&authority).await;
    let hasty = |config: &mut LinkConfig| config.drain = Duration::from_millis(50);
    let mut server = Running::start_with(&authority, "127.0.0.1:0", hasty).await;
    let peer = server.peer();
    let handle = caller.handle.clone();
    let calling = tokio::spawn(async move { handle.call(&peer, bytes("h"), bytes("b"), LONG).await });
    let _held = next(&mut server.inbound.calls).await;
    server.stop.cancel();
    tokio::time::timeout(LONG, server.task).await.expect("ends at the deadline").unwrap();
    assert!(matches!(calling.await.unwrap(), Err(LinkError::Lost { why: Lost::Connection(_), .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_fails_at_bind() {
    let authority = tls::Authority::new();
    let first = Running::start(&authority).await;
    let config = LinkConfig::new(first.addr, fixed(&authority));
    let Err(error) = Link::bind(config).await else { panic!("bound twice") };
    assert!(error.to_string().starts_with(&format!("cannot bind UDP {}", first.addr)), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_an_address_is_validated_first() {
    let authority = tls::Authority::new();
    let caller = Running::start(&authority).await;
    let loaded = |config: &mut LinkConfig| config.limits.handshakes_before_retry = 0;
    let server = Running::start_with(&authority, "127.0.0.1:0", loaded).await;
    caller.handle.datagram(&server.peer(), bytes("g"), LONG).await.unwrap();

    let full = |config: &mut LinkConfig| config.limits.connections = 0;
    let server = Running::start_with(&authority, "127.0.0.1:0", full).await;
    let error = caller.handle.datagram(&server.peer(), bytes("g"), LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::Dial(_), .. }), "{error}");
}

/// Hands out what it holds at the moment.
struct Rotating(parking_lot::Mutex<Arc<FixedTls>>);

impl TlsSource for Rotating {
    fn server(&self) -> Result<Arc<rustls::ServerConfig>, rustls::Error> {
        self.0.lock().server()
    }

    fn client(&self, to: &Peer) -> Result<ClientTls, rustls::Error> {
        self.0.lock().client(to)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_certificates_serve_new_connections() {
    let (old, new) = (tls::Authority::new(), tls::Authority::new());
    let rotating = Arc::new(Rotating(parking_lot::Mutex::new(fixed(&old))));
    let rotated = |config: &mut LinkConfig| config.tls = rotating.clone();
    let server = Running::start_with(&old, "127.0.0.1:0", rotated).await;
    let (before, after) = (Running::start(&old).await, Running::start(&new).await);
    before.handle.datagram(&server.peer(), bytes("g"), LONG).await.unwrap();
    *rotating.0.lock() = fixed(&new);
    before.handle.datagram(&server.peer(), bytes("g"), LONG).await.expect("what is up goes on");
    after.handle.datagram(&server.peer(), bytes("g"), LONG).await.expect("a new connection sees the new ones");
    before.handle.forget(server.addr);
    let error = before.handle.datagram(&server.peer(), bytes("g"), LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::Dial(_), .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_renewed_and_what_is_under_way_on_the_old_one_ends_in_peace() {
    let authority = tls::Authority::new();
    let (caller, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let peer = server.peer();
    let call = |caller: &Running| {
        let (handle, peer) = (caller.handle.clone(), peer.clone());
        tokio::spawn(async move { handle.call(&peer, bytes("h"), bytes("b"), LONG).await })
    };
    let before = call(&caller);
    let old = next(&mut server.inbound.calls).await;
    caller.handle.renew(LONG).await;
    let after = call(&caller);
    let new = next(&mut server.inbound.calls).await;
    assert!(!Arc::ptr_eq(&old.peer, &new.peer), "another connection, and so another handshake");
    assert_eq!(caller.handle.paths().len(), 1);
    old.reply.send(bytes("h"), bytes("old")).await.unwrap();
    new.reply.send(bytes("h"), bytes("new")).await.unwrap();
    assert_eq!(before.await.unwrap().unwrap().1, bytes("old"));
    assert_eq!(after.await.unwrap().unwrap().1, bytes("new"));

    // Where nobody answers any more, what there is stays.
    let paths = caller.handle.paths();
    server.kill();
    caller.handle.renew(LONG).await;
    assert_eq!(caller.handle.paths().len(), paths.len());
}
