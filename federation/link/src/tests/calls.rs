use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_and_its_answer() {
    let authority = tls::Authority::new();
    let (caller, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let peer = server.peer();
    let calling = tokio::spawn(async move {
        let answer = caller.handle.call(&peer, bytes("head"), bytes("body"), LONG).await;
        (answer, caller)
    });
    let call = next(&mut server.inbound.calls).await;
    assert_eq!((&call.head[..], &call.body[..]), (&b"head"[..], &b"body"[..]));
    assert_eq!(call.peer.certs.len(), 1, "the caller's identity is shown");
    call.reply.send(bytes("h2"), bytes("")).await.unwrap();
    let (answer, caller) = calling.await.unwrap();
    assert_eq!(answer.unwrap(), (bytes("h2"), bytes("")));
    assert_eq!(call.peer.addr, caller.addr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_of_all_sizes_arrive_whole() {
    let authority = tls::Authority::new();
    let caller = Running::start(&authority).await;
    let peer = Running::start(&authority).await.echo();
    for size in [0, 1, 1100, 2048, 2049, 5000, 70_000, 1 << 20, (4 << 20) + (64 << 10)] {
        let body: Bytes = (0..size).map(|n: usize| (n * 31) as u8).collect();
        let (head, echoed) = caller.handle.call(&peer, bytes("h"), body.clone(), LONG).await.unwrap();
        assert!(head == "h" && echoed == body, "size {size}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_at_once_share_one_connection() {
    let authority = tls::Authority::new();
    let caller = Running::start(&authority).await;
    let peer = Running::start(&authority).await.echo();
    let calls = (0..1000u32).map(|n| {
        let (handle, peer) = (caller.handle.clone(), peer.clone());
        tokio::spawn(async move {
            let body = Bytes::from(n.to_be_bytes().repeat(64));
            assert_eq!(handle.call(&peer, bytes("h"), body.clone(), LONG).await.unwrap().1, body);
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!(caller.endpoint.open_connections(), 1, "one dial for all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_call_holds_up_no_other() {
    let authority = tls::Authority::new();
    let (caller, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let (handle, peer) = (caller.handle.clone(), server.peer());
    let slow = tokio::spawn(async move { handle.call(&peer, bytes("slow"), bytes(""), LONG).await });
    let held = next(&mut server.inbound.calls).await;
    let peer = server.peer();
    let answer = tokio::spawn(async move {
        let call = next(&mut server.inbound.calls).await;
        call.reply.send(call.head, call.body).await.unwrap();
        server
    });
    caller.handle.call(&peer, bytes("fast"), bytes(""), LONG).await.unwrap();
    assert!(!slow.is_finished());
    held.reply.send(bytes("late"), bytes("")).await.unwrap();
    assert_eq!(slow.await.unwrap().unwrap().0, "late");
    drop(answer.await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_call_reaches_the_server() {
    let authority = tls::Authority::new();
    let (caller, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let peer = server.peer();
    let handle = caller.handle.clone();
    let calling = tokio::spawn(async move { handle.call(&peer, bytes("h"), bytes("b"), LONG).await });
    let call = next(&mut server.inbound.calls).await;
    calling.abort();
    tokio::time::timeout(LONG, call.reply.cancelled()).await.expect("the server notices");
    assert_eq!(call.reply.send(bytes("too"), bytes("late")).await, Err(ReplyError::Gone));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_in_time_is_lost_and_cancels() {
    let authority = tls::Authority::new();
    let (caller, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let peer = server.peer();
    let handle = caller.handle.clone();
    let calling = tokio::spawn(async move { handle.call(&peer, bytes("h"), bytes("b"), Duration::from_millis(500)).await });
    let call = next(&mut server.inbound.calls).await;
    let error = calling.await.unwrap().unwrap_err();
    assert!(matches!(error, LinkError::Lost { why: Lost::TimedOut, .. }), "{error}");
    tokio::time::timeout(LONG, call.reply.cancelled()).await.expect("the server notices");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_gives_up_is_told_from_one_that_refuses() {
    let authority = tls::Authority::new();
    let (caller, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let peer = server.peer();
    tokio::spawn(async move {
        drop(next(&mut server.inbound.calls).await.reply);
        next(&mut server.inbound.calls).await.reply.refuse_busy();
        server.inbound.calls.recv().await
    });
    let error = caller.handle.call(&peer, bytes("1"), bytes(""), LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::Lost { why: Lost::Abandoned, .. }), "{error}");
    assert!(error.can_have_been_processed());
    let error = caller.handle.call(&peer, bytes("2"), bytes(""), LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::Busy, .. }), "{error}");
    assert!(!error.can_have_been_processed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_big_is_refused_on_both_sides() {
    let authority = tls::Authority::new();
    let caller = Running::start(&authority).await;
    let small = |config: &mut LinkConfig| config.limits.body = 10_000;
    let mut server = Running::start_with(&authority, "127.0.0.1:0", small).await;
    let peer = server.peer();

    // Ours: nothing is dialled for it.
    let body = Bytes::from(vec![0; 5 << 20]);
    let error = caller.handle.call(&peer, bytes("h"), body, LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::TooBig { what: "body", .. }, .. }), "{error}");
    assert!(caller.handle.paths().is_empty());

    // Theirs: refused by the prefix, the body unread.
    let body = Bytes::from(vec![0; 3 << 20]);
    let error = caller.handle.call(&peer, bytes("h"), body, LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::RefusedSize, .. }), "{error}");

    // An answer too big for the one who answers.
    let handle = caller.handle.clone();
    let calling = tokio::spawn(async move { handle.call(&peer, bytes("h"), bytes("b"), LONG).await });
    let call = next(&mut server.inbound.calls).await;
    let refused = call.reply.send(bytes(""), Bytes::from(vec![0; 10_001])).await;
    assert!(matches!(refused, Err(ReplyError::TooBig { what: "body", .. })));
    assert!(matches!(calling.await.unwrap(), Err(LinkError::Lost { why: Lost::Abandoned, .. })));

    // An answer too big for the one who asked.
    let peer = caller.peer();
    let handle = server.handle.clone();
    let calling = tokio::spawn(async move { handle.call(&peer, bytes("h"), bytes("b"), LONG).await });
    let mut caller = caller;
    let call = next(&mut caller.inbound.calls).await;
    let _ = call.reply.send(bytes(""), Bytes::from(vec![0; 10_001])).await;
    assert!(matches!(calling.await.unwrap(), Err(LinkError::Lost { why: Lost::TooBig, .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_a_bound_calls_are_refused_as_busy_and_gossip_is_not() {
    let authority = tls::Authority::new();
    let caller = Running::start(&authority).await;
    for (calls, queue) in [(3, 100), (100, 3)] {
        let bound = |config: &mut LinkConfig| (config.limits.calls, config.limits.call_queue) = (calls, queue);
        let mut server = Running::start_with(&authority, "127.0.0.1:0", bound).await;
        let peer = server.peer();
        let begin = || {
            let (handle, peer) = (caller.handle.clone(), peer.clone());
            tokio::spawn(async move { handle.call(&peer, bytes("h"), bytes("b"), LONG).await })
        };
        let waiting: Vec<_> = (0..3).map(|_| begin()).collect();
        eventually("three wait", || server.inbound.calls.len() == 3).await;
        for _ in 0..10 {
            let error = begin().await.unwrap().unwrap_err();
            assert!(matches!(error, LinkError::NotSent { why: NotSent::Busy, .. }), "{error}");
        }
        caller.handle.datagram(&peer, bytes("gossip"), LONG).await.unwrap();
        next(&mut server.inbound.gossip).await;
        for call in waiting {
            next(&mut server.inbound.calls).await.reply.send(bytes("ok"), bytes("")).await.unwrap();
            drop(call);
        }
        let retry = begin();
        next(&mut server.inbound.calls).await.reply.send(bytes("ok"), bytes("")).await.unwrap();
        assert!(retry.await.unwrap().is_ok(), "room again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_requests_are_refused_and_harm_nobody() {
    let authority = tls::Authority::new();
    let mut server = Running::start(&authority).await;
    let client = Running::start(&authority).await;
    let connection = connect(&client, authority.client("x.test"), Class::Control, &server.peer()).await;
    let bad: [&[u8]; 8] = [
        b"",
        b"\x01",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x63\x01\0\0\0\0\0\0\0\0\0\0",
        b"\x01\x02\0\0\0\0\0\0\0\0\0\0",
        b"\x01\x01\0\0\0\0\0\x05\0\0\0\0abc",
        b"\x01\x01\0\0\0\0\0\x01\0\0\0\0abc",
        b"\x05\x01\0\0\0\0\0\0\0\0\0\x01j",
    ];
    for request in bad {
        let (mut send, mut recv) = connection.open_bi().await.unwrap();
        send.write_all(request).await.unwrap();
        send.finish().unwrap();
        let answer = tokio::time::timeout(LONG, recv.read_to_end(100)).await.unwrap();
        let refused = quinn::ReadToEndError::Read(quinn::ReadError::Reset(crate::code::MALFORMED));
        assert_eq!(answer, Err(refused), "{request:?}");
    }
    let (mut send, mut recv) = connection.open_bi().await.unwrap();
    send.write_all(b"\x01\x01\0\0\xff\xff\xff\xff\xff\xff\xff\xff").await.unwrap();
    let answer = tokio::time::timeout(LONG, recv.read_to_end(100)).await.unwrap();
    assert_eq!(answer, Err(quinn::ReadToEndError::Read(quinn::ReadError::Reset(crate::code::TOO_BIG))));
    assert!(server.inbound.calls.try_recv().is_err(), "none got through");

    // One byte at a time is slow, not wrong.
    let (mut send, mut recv) = connection.open_bi().await.unwrap();
    for byte in b"\x01\x01\0\0\0\0\0\x02\0\0\0\x02hdbo" {
        send.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    send.finish().unwrap();
    let call = next(&mut server.inbound.calls).await;
    assert_eq!((&call.head[..], &call.body[..]), (&b"hd"[..], &b"bo"[..]));
    call.reply.send(bytes("a"), bytes("b")).await.unwrap();
    assert_eq!(recv.read_to_end(100).await.unwrap(), b"\x02\x01\0\0\0\0\0\x01\0\0\0\x01ab");
}
