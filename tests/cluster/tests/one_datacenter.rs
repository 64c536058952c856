//! Three servers that die, pause and come back: every acknowledged write stays, and every read is one that a single register could
//! have answered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use cluster::{Bounds, CheckError, Cluster, Consistency, PATIENCE, Reads, Running, Shape, Workload, until, until_some};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Waits until so many more writes were acknowledged: the datacenter works.
async fn progress(running: &Running, writes: u64) {
    let goal = running.acknowledged() + writes;
    until(&format!("{writes} more writes"), PATIENCE, || async { running.acknowledged() >= goal }).await;
}

/// Ends the workload; what its clients saw must be what one register per key could have answered.
async fn settle(running: Running) {
    let acknowledged = running.acknowledged();
    let history = running.stop().await;
    assert!(acknowledged > 0, "a test in which nothing was written shows nothing");
    history.check(Bounds::default()).unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_agree_on_one_leader() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let dc = cluster.dc1();
    let leader = dc.leader().await;
    let wanted = dc.servers[leader].address;
    for server in &dc.servers {
        until(&format!("{} knows {wanted} as its leader", server.name), PATIENCE, || async { server.known_leader().await == Some(wanted) })
            .await;
        let peers = until_some("peers", PATIENCE, || server.http.json("/v1/status/peers")).await;
        assert_eq!(peers.as_array().map(Vec::len), Some(3), "{}: {peers}", server.name);
    }
    dc.voters(&["dc1-s1", "dc1-s2", "dc1-s3"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_leader_again_and_again_loses_nothing() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let dc = cluster.dc1();
    let running = Workload::default().start("leader-killed", dc.clients());
    for _ in 0..3 {
        progress(&running, 100).await;
        let leader = dc.leader().await;
        dc.servers[leader].kill();
        dc.leader_other_than(Some(leader)).await;
        progress(&running, 50).await;
        dc.servers[leader].start();
        dc.ready().await;
    }
    settle(running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_a_follower_again_and_again_loses_nothing() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let dc = cluster.dc1();
    let running = Workload::default().start("follower-killed", dc.clients());
    for round in 0..3 {
        let leader = dc.leader().await;
        let follower = (leader + 1 + round % 2) % 3;
        dc.servers[follower].kill();
        // Two of three are a majority.
        progress(&running, 100).await;
        dc.servers[follower].start();
        dc.ready().await;
    }
    settle(running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_was_paused_answers_nothing_from_before() {
    let mut cluster = Cluster::start(Shape::default()).await;
    for (prefix, reads) in [("paused", Consistency::Consistent), ("paused-lease", Consistency::Default)] {
        let dc = cluster.dc1();
        let running = Workload { reads: Reads(reads), ..Workload::default() }.start(prefix, dc.clients());
        for _ in 0..2 {
            progress(&running, 50).await;
            let leader = dc.leader().await;
            dc.servers[leader].pause();
            dc.leader_other_than(Some(leader)).await;
            progress(&running, 50).await;
            dc.servers[leader].resume();
            progress(&running, 50).await;
            dc.ready().await;
        }
        settle(running).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_all_loses_nothing() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let dc = cluster.dc1();
    let running = Workload::default().start("all-killed", dc.clients());
    for _ in 0..2 {
        progress(&running, 100).await;
        dc.servers.iter_mut().for_each(|server| server.kill());
        dc.servers.iter_mut().for_each(|server| server.start());
        dc.ready().await;
    }
    settle(running).await;
}

/// Without the checker: keys that are written once each, by one writer.
#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_key_is_there_at_the_end() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let dc = cluster.dc1();
    let (clients, limit) = (dc.clients(), Duration::from_secs(1));
    let (mut acknowledged, mut number) = (BTreeSet::new(), 0);
    for round in 1..=3 {
        // A refusal comes at once while nobody leads, so what counts is what was acknowledged.
        let give_up = Instant::now() + PATIENCE;
        while acknowledged.len() < round * 200 {
            assert!(Instant::now() < give_up, "round {round}: {} writes acknowledged", acknowledged.len());
            let key = format!("once/{number:06}");
            if clients[number % 3].kv_put(&key, "x", limit).await.is_ok() {
                acknowledged.insert(key);
            }
            number += 1;
        }
        let leader = dc.leader().await;
        dc.servers[leader].restart();
    }
    dc.ready().await;
    let keys = until_some("all keys", PATIENCE, || clients[0].json("/v1/kv/once/?keys&consistent")).await;
    let there: BTreeSet<String> = keys.as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect();
    let lost: Vec<&String> = acknowledged.difference(&there).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged keys are gone: {lost:?}", lost.len(), acknowledged.len());
}

/// `stale` promises less, and the checker must see it: else it would see nothing elsewhere either.
#[tokio::test(flavor = "multi_thread")]
async fn stale_reads_are_found_not_to_be_linearizable() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let dc = cluster.dc1();
    for round in 1..=3 {
        // Reads that wait on the paused leader are given up, and asked again after others have written.
        let work = Workload { clients: 12, reads: Reads(Consistency::Stale), limit: Duration::from_millis(300), ..Workload::default() };
        let running = work.start(&format!("stale-{round}"), dc.clients());
        progress(&running, 100).await;
        let leader = dc.leader().await;
        dc.servers[leader].pause();
        dc.leader_other_than(Some(leader)).await;
        progress(&running, 100).await;
        dc.servers[leader].resume();
        progress(&running, 100).await;
        let checked = running.stop().await.check(Bounds::default());
        dc.ready().await;
        match checked {
            Err(CheckError::Violation(violation)) => return println!("round {round}: {violation}"),
            Err(CheckError::Undecided { .. }) | Ok(()) => {}
        }
    }
    panic!("no stale read was found in three rounds: the checker, or `stale`, does not do what it should");
}
