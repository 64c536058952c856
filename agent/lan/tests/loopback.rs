//! Real sockets on loopback addresses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lan::{JoinError, KeyringAnswer, KeyringFile, Lan, LanConfig, LanHandle, LeaveError, RetryJoin, RetryJoinError};
use members::{Config, Event, GossipKey, Keyring, KeyringOp, Me, Member, Status};
use tokio_util::sync::{CancellationToken, DropGuard};

struct Node {
    lan: LanHandle,
    addr: String,
    stop: DropGuard,
}

fn config(name: &str) -> LanConfig {
    let me =
        Me { name: name.to_owned(), addr: ([127, 0, 0, 1], 1).into(), generation: 1, tags: BTreeMap::new(), spki: bytes::Bytes::new() };
    LanConfig {
        bind: ([127, 0, 0, 1], 0).into(),
        advertise: None,
        members: Config { gossip_interval: Duration::from_millis(20), ..Config::dev() },
        me,
        keyring: Keyring::default(),
        keyring_file: None,
        join_port: 8301,
    }
}

async fn start(config: LanConfig) -> Node {
    let bound = Lan::bind(config).await.unwrap();
    let (lan, addr) = (bound.handle(), bound.addr().to_string());
    let stop = CancellationToken::new();
    tokio::spawn(bound.run(stop.clone()));
    Node { lan, addr, stop: stop.drop_guard() }
}

/// Waits until the member list satisfies `condition`.
async fn until(node: &Node, condition: impl FnMut(&Arc<[Member]>) -> bool) -> Arc<[Member]> {
    let mut list = node.lan.members();
    let waited = tokio::time::timeout(Duration::from_secs(20), list.wait_for(condition)).await;
    waited.expect("in time").expect("running").clone()
}

fn key(byte: u8) -> GossipKey {
    GossipKey::new(&[byte; 16]).unwrap()
}

fn status(list: &[Member], name: &str) -> Option<Status> {
    list.iter().find(|member| member.name == name).map(|member| member.status)
}

#[tokio::test]
async fn three_members_join_change_leave_and_die() {
    let (one, two, three) = (start(config("one")).await, start(config("two")).await, start(config("three")).await);
    let mut events = one.lan.events();
    assert_eq!(two.lan.join(&[&one.addr]).await, Ok(1));
    assert_eq!(two.lan.members().borrow().len(), 2, "listed when the join returns");
    assert_eq!(three.lan.join(&[&one.addr, &two.addr]).await, Ok(2));
    for node in [&one, &two, &three] {
        until(node, |list| list.len() == 3).await;
    }
    while !matches!(events.recv().await.unwrap(), Event::Joined(member) if member.name == "two") {}

    let tags = BTreeMap::from([("role".to_owned(), "consul".to_owned())]);
    two.lan.set_tags(tags.clone()).await.unwrap();
    until(&three, |list| list.iter().any(|member| member.tags == tags)).await;

    three.lan.leave(Duration::from_secs(10)).await.unwrap();
    until(&one, |list| status(list, "three") == Some(Status::Left)).await;

    drop(two.stop);
    until(&one, |list| status(list, "two") == Some(Status::Failed)).await;
    assert_eq!(one.lan.force_leave("two", false).await, Ok(true));
    assert_eq!(one.lan.force_leave("two", true).await, Ok(true));
    assert_eq!(one.lan.force_leave("nobody", false).await, Ok(false));
    until(&one, |list| status(list, "two").is_none()).await;
}

#[tokio::test]
async fn joining_nobody_says_so_in_consuls_words() {
    let one = start(config("one")).await;
    // A port that was free a moment ago.
    let free = start(config("free")).await.addr;
    let error = one.lan.join(&[&free]).await.unwrap_err();
    let expected = format!("1 error occurred:\n\t* Failed to join 127.0.0.1: dial tcp {free}: connect: connection refused\n\n");
    assert_eq!(error.to_string(), expected);
    let error = one.lan.join(&["no such host"]).await.unwrap_err();
    assert!(matches!(&error, JoinError::Failed(failures) if failures.len() == 1), "{error}");
}

#[tokio::test]
async fn retry_join_waits_for_the_first_to_come_up() {
    let one = start(config("one")).await;
    let two = start(config("two")).await;
    let (addr, stop) = (two.addr.clone(), CancellationToken::new());
    drop(two);
    let retry = RetryJoin { addrs: vec![addr.clone()], interval: Duration::from_millis(20), max: 3 };
    let exhausted = retry.clone().run(&one.lan, &stop).await;
    assert!(matches!(exhausted, Err(RetryJoinError::Exhausted(_))), "{exhausted:?}");

    let lan = one.lan.clone();
    let joining = tokio::spawn(async move { RetryJoin { max: 0, ..retry }.run(&lan, &stop).await });
    let mut again = config("two");
    again.bind = addr.parse().unwrap();
    let _two = start(again).await;
    assert_eq!(joining.await.unwrap(), Ok(1));
}

#[tokio::test]
async fn keys_keep_strangers_out_and_can_be_rotated() {
    let folder = tempfile::tempdir().unwrap();
    let keyed = |name: &str, byte: u8| LanConfig { keyring: Keyring::new([key(byte)]).unwrap(), ..config(name) };
    let file = KeyringFile::local(folder.path());
    let one = start(LanConfig { keyring_file: Some(file.clone()), ..keyed("one", 1) }).await;
    let two = start(keyed("two", 1)).await;
    let (wrong, plain) = (start(keyed("wrong", 2)).await, start(config("plain")).await);
    for stranger in [&wrong, &plain] {
        assert!(stranger.lan.join(&[&one.addr]).await.is_err());
        assert!(one.lan.join(&[&stranger.addr]).await.is_err());
    }
    assert_eq!(two.lan.join(&[&one.addr]).await, Ok(1));
    for node in [&one, &two] {
        node.lan.keyring(KeyringOp::Install(key(3))).await.unwrap();
    }
    for node in [&one, &two] {
        node.lan.keyring(KeyringOp::Use(key(3))).await.unwrap();
        node.lan.keyring(KeyringOp::Remove(key(1))).await.unwrap();
    }
    assert_eq!(one.lan.keys().await.unwrap(), [key(3)]);
    assert_eq!(file.load().unwrap().unwrap().keys(), [key(3)]);
    assert_eq!(two.lan.join(&[&one.addr]).await, Ok(1));
    assert_eq!(one.lan.members().borrow().len(), 2);
}

#[tokio::test]
async fn one_member_rotates_the_keys_of_all_and_says_who_did_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyringFile::local(folder.path());
    let keyed = |name: &str| LanConfig { keyring: Keyring::new([key(1)]).unwrap(), ..config(name) };
    let one = start(keyed("one")).await;
    let two = start(LanConfig { keyring_file: Some(file.clone()), ..keyed("two") }).await;
    // Its folder is lost later on.
    let blocked = tempfile::tempdir().unwrap();
    let three = start(LanConfig { keyring_file: Some(KeyringFile::local(blocked.path())), ..keyed("three") }).await;
    for node in [&two, &three] {
        assert_eq!(node.lan.join(&[&one.addr]).await, Ok(1));
    }
    until(&one, |list| list.len() == 3).await;

    let listed = one.lan.keyring_everywhere(KeyringOp::List).await.unwrap();
    let expected = ["one", "three", "two"].map(|name| KeyringAnswer { member: name.to_owned(), keys: Ok(vec![key(1)]) });
    assert_eq!(listed, expected);
    for op in [KeyringOp::Install(key(2)), KeyringOp::Use(key(2)), KeyringOp::Remove(key(1))] {
        let answers = one.lan.keyring_everywhere(op).await.unwrap();
        assert!(answers.iter().all(|answer| answer.keys.is_ok()), "{answers:?}");
    }
    for node in [&one, &two, &three] {
        assert_eq!(node.lan.keys().await.unwrap(), [key(2)]);
    }
    assert_eq!(file.load().unwrap().unwrap().keys(), [key(2)], "kept before it answered");

    std::fs::remove_dir_all(blocked.path()).unwrap();
    std::fs::write(blocked.path(), "in the way").unwrap();
    let answers = one.lan.keyring_everywhere(KeyringOp::Install(key(3))).await.unwrap();
    let failed: Vec<&str> = answers.iter().filter(|answer| answer.keys.is_err()).map(|answer| answer.member.as_str()).collect();
    assert_eq!(failed, ["three"], "{answers:?}");
    let refused = one.lan.keyring_everywhere(KeyringOp::Remove(key(2))).await.unwrap();
    let primary = |answer: &KeyringAnswer| answer.keys == Err("Removing the primary key is not allowed".to_owned());
    assert!(refused.len() == 3 && refused.iter().all(primary), "{refused:?}");
    std::fs::remove_file(blocked.path()).unwrap();
}

#[tokio::test]
async fn without_a_key_there_is_no_keyring() {
    let (one, two) = (start(config("one")).await, start(config("two")).await);
    assert_eq!(two.lan.join(&[&one.addr]).await, Ok(1));
    let alone = |why: &str| vec![KeyringAnswer { member: "one".to_owned(), keys: Err(why.to_owned()) }];
    let listed = one.lan.keyring_everywhere(KeyringOp::List).await.unwrap();
    assert_eq!(listed, alone("Keyring is empty (encryption not enabled)"));
    let changed = one.lan.keyring_everywhere(KeyringOp::Install(key(1))).await.unwrap();
    assert_eq!(changed, alone("No keyring to modify (encryption not enabled)"));
}

#[tokio::test]
async fn a_taken_port_fails_the_start() {
    let one = start(config("one")).await;
    let taken = LanConfig { bind: one.addr.parse().unwrap(), ..config("two") };
    let error = Lan::bind(taken).await.err().unwrap().to_string();
    assert!(error.contains(&one.addr), "{error}");
    let nowhere = LanConfig { bind: ([0, 0, 0, 0], 0).into(), ..config("two") };
    assert!(Lan::bind(nowhere).await.is_err());
}

#[tokio::test]
async fn a_handle_outlives_its_driver_without_hanging() {
    let one = start(config("one")).await;
    let lan = one.lan.clone();
    drop(one.stop);
    let mut list = lan.members();
    while list.changed().await.is_ok() {}
    assert!(matches!(lan.leave(Duration::from_secs(1)).await, Err(LeaveError::Stopped(_))));
    assert!(matches!(lan.join(&["127.0.0.1"]).await, Err(JoinError::Stopped(_))));
}

#[tokio::test]
async fn garbage_on_both_sockets_is_survived() {
    use tokio::io::AsyncWriteExt;
    let (one, two) = (start(config("one")).await, start(config("two")).await);
    let udp = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for len in [0, 1, 2, 100, 1400, 9000] {
        udp.send_to(&vec![0xDE; len], &one.addr).await.unwrap();
    }
    for bytes in [&[0xFF; 8][..], &[0, 0, 0, 4, 1], &[0, 0, 0, 1, 1]] {
        let mut stream = tokio::net::TcpStream::connect(&one.addr).await.unwrap();
        stream.write_all(bytes).await.unwrap();
    }
    assert_eq!(two.lan.join(&[&one.addr]).await, Ok(1));
}
