//! What is bounded: questions under way, connections, and the patience of clients.

use crate::world::{SOON, World, config, instance, question, until};
use edge_dns::DnsConfig;
use hickory_proto::op::Message;
use hickory_proto::rr::RecordType::A;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};

#[tokio::test]
async fn questions_that_nobody_answers_are_counted_and_do_not_hold_up_others() {
    let world = World::with(DnsConfig { max_lookups: 4, patience: Duration::from_millis(300), ..config() }).await;
    world.register(instance("n1", "10.0.0.1", "web", 80, "")).await;
    world.far.silent.store(true, Ordering::Relaxed);
    let socket = UdpSocket::bind("127.63.8.3:0").await.unwrap();
    for number in 0..20 {
        let bytes = question(&format!("s{number}.service.dc2.consul."), A, None).to_vec().unwrap();
        socket.send_to(&bytes, world.addr).await.unwrap();
    }
    until("the rest is dropped", || world.counters.overloaded.load(Ordering::Relaxed) == 16).await;
    // What is prepared needs no place; over TCP there are places of their own.
    assert_eq!(world.over_tcp(&[question("web.service.consul.", A, None)]).await[0].answers.len(), 1);
    assert_eq!(world.say("web.service.consul.", A).await, "ok [A 10.0.0.1] 0 0");
    // Each ends one way or the other: nobody waits for it any longer, or the call has run out of time.
    until("places are free again", || {
        let lookups = world.counters.expired.load(Ordering::Relaxed);
        lookups == 4
    })
    .await;
}

#[tokio::test]
async fn questions_on_a_connection_are_answered_as_they_can_be() {
    let world = World::with(DnsConfig { patience: Duration::from_secs(60), ..config() }).await;
    world.register(instance("n1", "10.0.0.1", "web", 80, "")).await;
    let questions: Vec<Message> =
        (0..500).map(|number| question(if number % 2 == 0 { "web.service.consul." } else { "n1.node.consul." }, A, None)).collect();
    let answers = world.over_tcp(&questions).await;
    let ids = |messages: &[Message]| messages.iter().map(|message| message.metadata.id).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(ids(&answers), ids(&questions));
    assert!(answers.iter().all(|answer| answer.answers.len() == 1));
}

#[tokio::test]
async fn idle_connections_end_and_too_many_are_refused() {
    let world = World::with(DnsConfig { max_connections: 1, idle: Duration::from_millis(200), ..config() }).await;
    let mut first = TcpStream::connect(world.addr).await.unwrap();
    let (mut one, mut two) = ([0], [0]);
    let mut second = TcpStream::connect(world.addr).await.unwrap();
    let ended = tokio::time::timeout(SOON, async { tokio::join!(first.read(&mut one), second.read(&mut two)) }).await;
    assert!(ended.is_ok(), "an idle connection stayed open");
    assert_eq!(world.counters.refused.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_client_that_sends_a_question_byte_by_byte_is_idle() {
    let world = World::with(DnsConfig { idle: Duration::from_millis(500), ..config() }).await;
    let mut slow = TcpStream::connect(world.addr).await.unwrap();
    let sending = async {
        slow.write_all(&[100, 0]).await?;
        while slow.write_all(&[0]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        slow.read(&mut [0]).await
    };
    assert!(tokio::time::timeout(SOON, sending).await.is_ok(), "it is waited for");
}

#[tokio::test]
async fn one_client_leaves_others_room() {
    let world = World::with(DnsConfig { max_connections_per_client: 2, ..config() }).await;
    world.register(instance("n1", "10.0.0.1", "web", 80, "")).await;
    let from = |address: &str| {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
        socket.connect(world.addr)
    };
    let greedy = [from("127.63.8.7").await.unwrap(), from("127.63.8.7").await.unwrap()];
    let mut third = from("127.63.8.7").await.unwrap();
    let end = tokio::time::timeout(SOON, third.read(&mut [0])).await.expect("it was taken");
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    assert_eq!(world.counters.refused.load(Ordering::Relaxed), 1);
    assert_eq!(world.over_tcp(&[question("web.service.consul.", A, None)]).await[0].answers.len(), 1, "another client");
    drop(greedy);
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let mut again = from("127.63.8.7").await.unwrap();
        if tokio::time::timeout(Duration::from_millis(50), again.read(&mut [0])).await.is_err() {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "no room was made");
    }
}

#[tokio::test]
async fn connections_take_turns_where_too_much_is_looked_up() {
    let world = World::with(DnsConfig { max_tcp_lookups: 2, patience: Duration::from_secs(2), ..config() }).await;
    world.register(instance("n1", "10.0.0.1", "web", 80, "")).await;
    world.far.silent.store(true, Ordering::Relaxed);
    let slow: Vec<Message> = (0..3).map(|number| question(&format!("s{number}.service.dc2.consul."), A, None)).collect();
    let mut stream = TcpStream::connect(world.addr).await.unwrap();
    for message in &slow {
        let bytes = message.to_vec().unwrap();
        stream.write_all(&u16::try_from(bytes.len()).unwrap().to_be_bytes()).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
    }
    until("two are looked up", || world.counters.queries.load(Ordering::Relaxed) == 2).await;
    // Whoever asks later has patience left when those two have none.
    assert!(tokio::time::timeout(Duration::from_millis(700), stream.read(&mut [0])).await.is_err(), "there is no answer");
    let asked = [question("n1.node.consul.", A, None)];
    let other = world.over_tcp(&asked);
    tokio::pin!(other);
    assert!(tokio::time::timeout(Duration::from_millis(200), other.as_mut()).await.is_err(), "it did not wait for its turn");
    assert_eq!(world.counters.queries.load(Ordering::Relaxed), 2);
    assert_eq!(other.await[0].answers.len(), 1);
}
