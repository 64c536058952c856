//! What is bounded: questions under way, connections, and the patience of clients.

use crate::world::{SOON, World, config, instance, question, until};
use edge_dns::DnsConfig;
use hickory_proto::op::Message;
use hickory_proto::rr::RecordType::A;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UdpSocket};

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
