//! On virtual time, without a network.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod net;

use std::time::Duration;

use members::{Config, Event, GossipKey, Keyring, KeyringOp, Member, Purpose, Status};
use tokio::time::{Instant, timeout};

use crate::calls::{Calls, Report};
use crate::{LeaveError, Stopped};
use net::{Net, Node, Told, addr, idle, start};

const SECOND: Duration = Duration::from_secs(1);

fn status(list: &[Member], name: &str) -> Option<Status> {
    list.iter().find(|member| member.name == name).map(|member| member.status)
}

async fn three(net: &Net) -> [Node; 3] {
    let nodes = [start(net, 1), start(net, 2), start(net, 3)];
    for node in &nodes[1..] {
        assert_eq!(node.handle.join(nodes[0].addr).await, Ok(Ok(())));
        assert!(node.handle.members().borrow().len() > 1, "listed when the join returns");
    }
    for node in &nodes {
        node.until(|list| list.len() == 3).await;
    }
    nodes
}

#[tokio::test(start_paused = true)]
async fn members_join_leave_and_die_by_the_timers() {
    let [one, two, three] = three(&Net::default()).await;
    let began = Instant::now();
    two.handle.leave(10 * SECOND).await.unwrap();
    let took = began.elapsed();
    assert!(took >= SECOND && took < 3 * SECOND, "the intent has its time, and the farewells theirs: {took:?}");
    one.until(|list| status(list, "n2") == Some(Status::Left)).await;
    assert_eq!(two.handle.leave(SECOND).await, Ok(()), "leaving twice is leaving once");

    three.task.abort();
    let took = one.until(|list| status(list, "n3") == Some(Status::Failed)).await;
    assert!(took > SECOND && took < 10 * SECOND, "{took:?}");
    assert_eq!(one.handle.force_leave("n3", true).await, Ok(true));
    assert_eq!(status(&one.handle.members().borrow(), "n3"), None, "done when it is answered");
    assert_eq!(one.handle.force_leave("n9", true).await, Ok(false));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_one_address_hears_the_same() {
    let one = start(&Net::default(), 1);
    let (first, second) = tokio::join!(one.handle.join(addr(9)), one.handle.join(addr(9)));
    assert_eq!(first, Ok(Err("nobody at 127.0.0.9:1".to_owned())));
    assert_eq!(first, second);
}

#[tokio::test(start_paused = true)]
async fn too_many_streams_are_refused_until_one_ends() {
    let net = Net::default();
    let (one, two) = (start(&net, 1), start(&net, 2));
    net.silence(addr(9), true);
    let waiting: Vec<_> = (0..64)
        .map(|_| {
            let handle = one.handle.clone();
            tokio::spawn(async move { handle.join(addr(9)).await })
        })
        .collect();
    // Once all of them have asked.
    tokio::time::sleep(SECOND).await;
    assert_eq!(one.handle.join(two.addr).await, Ok(Err("too many streams are open".to_owned())));
    for joining in waiting {
        assert_eq!(joining.await.unwrap(), Ok(Err("no answer within 10s".to_owned())));
    }
    assert_eq!(one.handle.join(two.addr).await, Ok(Ok(())));
}

#[tokio::test(start_paused = true)]
async fn probes_have_permits_and_a_deadline_of_their_own() {
    let net = Net::default();
    net.silence(addr(9), true);
    let (_pool, mut carrier, _told) = idle(&net, 1, Keyring::default());
    let (reports, mut reported) = tokio::sync::mpsc::channel(64);
    let (calls, began) = (Calls::new(&Config::lan(), reports), Instant::now());
    let mut open = |purpose| calls.open(&mut carrier, addr(9), bytes::Bytes::new(), purpose);
    assert!((0..16).all(|_| open(Purpose::Probe)));
    assert!(!open(Purpose::Probe));
    assert!(open(Purpose::PushPull), "not held up by probes");
    for _ in 0..16 {
        assert!(matches!(reported.recv().await, Some(Report::Ended { purpose: Purpose::Probe, reply: Err(_), .. })));
    }
    assert_eq!(began.elapsed().as_secs(), 1);
    assert!(open(Purpose::Probe));
}

#[tokio::test(start_paused = true)]
async fn what_a_call_met_matters_to_probes_alone() {
    let (_pool, mut carrier, _told) = idle(&Net::default(), 1, Keyring::default());
    let (reports, mut reported) = tokio::sync::mpsc::channel(64);
    let calls = Calls::new(&Config::lan(), reports);
    assert!(calls.open(&mut carrier, addr(9), bytes::Bytes::new(), Purpose::PushPull));
    assert!(matches!(reported.recv().await, Some(Report::Ended { .. })));
    assert!(calls.open(&mut carrier, addr(9), bytes::Bytes::new(), Purpose::Probe));
    assert!(matches!(reported.recv().await, Some(Report::Contact { contact: members::Contact::Refused, .. })));
    assert!(matches!(reported.recv().await, Some(Report::Ended { .. })));
}

#[tokio::test(start_paused = true)]
async fn effects_come_before_answers_and_lists_before_handles() {
    let net = Net::default();
    let mut one = start(&net, 1);
    let fired = one.handle.ask(|core, now| core.fire(now, "deploy", bytes::Bytes::new())).await.unwrap().unwrap();
    let mut told = Vec::new();
    while let Ok(each) = one.told.try_recv() {
        told.push(each);
    }
    assert!(matches!(told.last(), Some(Told::UserEvent(event)) if *event == fired), "{told:?}");

    let _two = start(&net, 2);
    one.handle.join(addr(2)).await.unwrap().unwrap();
    assert!(matches!(one.told.try_recv(), Ok(Told::Event(event)) if matches!(&*event, Event::Joined(member) if member.name == "n2")));
    assert!(matches!(one.told.try_recv(), Ok(Told::List(list, 1)) if list.len() == 2));
}

#[tokio::test(start_paused = true)]
async fn a_changed_keyring_is_told_before_the_reply() {
    let (net, key) = (Net::default(), |byte| GossipKey::new(&[byte; 16]).unwrap());
    let ring = || Keyring::new([key(1)]).unwrap();
    let (mut pool, mut carrier, mut told) = idle(&net, 1, ring());
    let (mut other, mut others, _told) = idle(&net, 2, ring());
    let list = other.feed(&mut others, |core, _| core.keyring_request(0, &KeyringOp::List)).unwrap();
    let reply = pool.feed(&mut carrier, |core, now| core.handle_stream(now, &list)).unwrap();
    let turn = other.core().handle_keyring_reply(&reply).unwrap().turn;
    let mut heard = || std::iter::from_fn(|| told.try_recv().ok()).any(|told| matches!(told, Told::KeyringChanged));
    assert!(!heard(), "a list changes nothing");
    let install = other.feed(&mut others, |core, _| core.keyring_request(turn, &KeyringOp::Install(key(2)))).unwrap();
    pool.feed(&mut carrier, |core, now| core.handle_stream(now, &install)).unwrap();
    assert!(heard());
    assert_eq!(pool.core().keys(), [key(1), key(2)]);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_suspected_while_a_connection_to_him_is_made() {
    let net = Net::default();
    net.needs_connections(addr(1), Duration::from_millis(1900));
    let (one, two) = (start(&net, 1), start(&net, 2));
    one.handle.join(two.addr).await.unwrap().unwrap();
    for _ in 0..100 {
        tokio::time::sleep(SECOND / 10).await;
        assert_eq!(one.handle.ask(|core, _| core.suspected()).await, Ok(0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_dropped_loses_nothing() {
    let (mut pool, mut carrier, _told) = idle(&Net::default(), 1, Keyring::default());
    pool.start(&mut carrier);
    assert!(timeout(Duration::ZERO, pool.turn()).await.is_err(), "no timer is due yet");
    let handle = carrier.handle.clone();
    let asking = tokio::spawn(async move { handle.ask(|core, _| core.me().addr).await });
    let turn = pool.turn().await;
    pool.take(turn, &mut carrier);
    assert_eq!(asking.await.unwrap(), Ok(addr(1)));
    drop(carrier);
    let began = Instant::now();
    pool.turn().await;
    assert!(!began.elapsed().is_zero(), "without handles it waits for its timers all the same");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_pool_says_so() {
    let net = Net::default();
    let one = start(&net, 1);
    net.silence(addr(9), true);
    let handle = one.handle.clone();
    let joining = tokio::spawn(async move { handle.join(addr(9)).await });
    tokio::time::sleep(SECOND).await;
    one.task.abort();
    assert_eq!(joining.await.unwrap(), Err(Stopped));
    assert_eq!(one.handle.leave(SECOND).await, Err(LeaveError::Stopped(Stopped)));
    assert_eq!(one.handle.force_leave("n2", false).await, Err(Stopped));
}
