//! What is prepared is never older than the catalog.

use crate::world::{World, change, config, instance, question, until};
use edge_dns::{DnsConfig, Ttl};
use hickory_proto::rr::RecordType::{A, SRV};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn a_change_shows_in_the_next_answer() {
    let world = World::new().await;
    for round in 0..20 {
        assert_eq!(world.say("web.service.consul.", A).await, "absent [] 1 0");
        world.register(instance("n1", "10.0.0.1", "web", 80, "passing")).await;
        assert_eq!(world.say("web.service.consul.", A).await, "ok [A 10.0.0.1] 0 0");
        world.register(instance("n1", "10.0.0.1", "web", 80, "critical")).await;
        assert_eq!(world.say("web.service.consul.", A).await, "absent [] 1 0", "round {round}");
        assert_eq!(world.say("n1.node.consul.", A).await, "ok [A 10.0.0.1] 0 0");
        world.deregister("n1").await;
        assert_eq!(world.say("n1.node.consul.", A).await, "absent [] 1 0");
    }
}

#[tokio::test]
async fn what_an_answer_leads_to_counts_too() {
    let world = World::new().await;
    world.register(instance("n1", "10.0.0.1", "db", 80, "")).await;
    world.register(change(instance("n2", "10.0.0.2", "web", 80, ""), |_, service| service.address = "n1.node.consul".to_owned())).await;
    assert_eq!(world.say("web.service.consul.", A).await, "ok [A 10.0.0.1, CNAME n1.node.consul.] 0 0");
    world.register(instance("n1", "10.0.0.9", "db", 80, "")).await;
    assert_eq!(world.say("web.service.consul.", A).await, "ok [A 10.0.0.9, CNAME n1.node.consul.] 0 0");
}

#[tokio::test]
async fn the_same_question_is_looked_up_once() {
    let world = World::new().await;
    world.register(instance("n1", "10.0.0.1", "web", 80, "")).await;
    for _ in 0..10 {
        world.say("web.service.consul.", SRV).await;
    }
    assert_eq!(world.counters.prepared.load(Ordering::Relaxed), 9);
    assert_eq!(world.counters.queries.load(Ordering::Relaxed), 10);
}

#[tokio::test]
async fn another_datacenter_is_asked_once_and_heard_of_changes() {
    let world = World::new().await;
    world.far.register(instance("f1", "10.2.0.1", "api", 80, ""));
    for _ in 0..10 {
        assert_eq!(world.say("api.service.dc2.consul.", A).await, "ok [A 10.2.0.1] 0 0");
    }
    assert_eq!(world.far.asked.load(Ordering::Relaxed), 1);
    until("somebody waits for a change", || world.far.waiting.load(Ordering::Relaxed) == 1).await;
    world.far.register(instance("f2", "10.2.0.2", "api", 80, ""));
    let mut answer = String::new();
    for _ in 0..200 {
        answer = world.say("api.service.dc2.consul.", A).await;
        if answer == "ok [A 10.2.0.1, A 10.2.0.2] 0 0" {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the change never showed: {answer}");
}

#[tokio::test]
async fn another_configuration_shows_in_the_next_answer() {
    let world = World::new().await;
    world.register(instance("n1", "10.0.0.1", "web", 80, "warning")).await;
    for _ in 0..2 {
        let answer = world.ask("web.service.consul.", A).await;
        assert_eq!(answer.answers.iter().map(|record| record.ttl).collect::<Vec<_>>(), [0]);
    }
    let ttl = Ttl { services: vec![("web".to_owned(), 7)], ..Ttl::default() };
    world.config.send_replace(Arc::new(DnsConfig { ttl: ttl.clone(), ..config() }));
    assert_eq!(world.ask("web.service.consul.", A).await.answers[0].ttl, 7);
    assert_eq!(world.over_tcp(&[question("web.service.consul.", A, None)]).await[0].answers[0].ttl, 7);
    world.config.send_replace(Arc::new(DnsConfig { ttl, only_passing: true, ..config() }));
    assert_eq!(world.say("web.service.consul.", A).await, "absent [] 1 0");
    assert_eq!(world.counters.queries.load(Ordering::Relaxed), 5, "counted on");
}

#[tokio::test]
async fn the_agents_cache_outlasts_those_who_answered() {
    let answer = "ok [A 10.2.0.1] 0 0";
    for (cache, expected) in [(None, "failed [] 0 0"), (Some(Duration::ZERO), answer), (Some(Duration::from_secs(3600)), answer)] {
        let world = World::with(DnsConfig { cache, ..config() }).await;
        world.far.register(instance("f1", "10.2.0.1", "api", 80, ""));
        assert_eq!(world.say("api.service.dc2.consul.", A).await, answer);
        until("somebody waits for a change", || world.far.waiting.load(Ordering::Relaxed) > 0).await;
        world.far.register(instance("f1", "10.2.0.1", "other", 80, ""));
        world.far.go();
        until("somebody finds it out", || world.far.missed.load(Ordering::Relaxed) > 0).await;
        world.until_says("api.service.dc2.consul.", expected).await;
        for _ in 0..20 {
            assert_eq!(world.say("api.service.dc2.consul.", A).await, expected, "{cache:?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_refreshed_is_as_old_as_is_allowed() {
    let world = World::with(DnsConfig { cache: Some(Duration::from_millis(100)), ..config() }).await;
    world.far.register(instance("f1", "10.2.0.1", "api", 80, ""));
    assert_eq!(world.say("api.service.dc2.consul.", A).await, "ok [A 10.2.0.1] 0 0");
    world.far.go();
    world.until_says("api.service.dc2.consul.", "failed [] 0 0").await;
}

#[tokio::test]
async fn what_is_found_through_an_answer_holds_no_longer() {
    let ttl = edge_dns::Ttl { node: 7, services: vec![("*".to_owned(), 3), ("slow".to_owned(), 9)] };
    let world = World::with(DnsConfig { ttl, ..config() }).await;
    world.register(instance("n1", "10.0.0.1", "db", 80, "")).await;
    for service in ["web", "slow"] {
        world.register(change(instance("n2", "10.0.0.2", service, 80, ""), |_, row| row.address = "n1.node.consul".to_owned())).await;
    }
    for (name, ttls) in [("web.service.consul.", [3, 3]), ("slow.service.consul.", [9, 7])] {
        let answer = world.ask(name, A).await;
        assert_eq!(answer.answers.iter().map(|record| record.ttl).collect::<Vec<_>>(), ttls, "{name}");
        let place = world.ask(name, SRV).await;
        assert_eq!((place.answers[0].ttl, place.additionals[0].ttl), (ttls[0], ttls[1]), "{name}");
    }
}

#[tokio::test]
async fn names_are_written_as_they_were_asked() {
    for compress in [true, false] {
        let world = World::with(DnsConfig { compress, ..config() }).await;
        world
            .register(change(instance("n1", "10.0.0.1", "web", 80, ""), |node, _| node.meta = [("a".to_owned(), "b".to_owned())].into()))
            .await;
        for name in ["N1.Node.Consul.", "n1.NODE.consul."] {
            let answer = world.ask(name, A).await;
            let owners = answer.answers.iter().chain(&answer.additionals).map(|record| record.name.to_string());
            assert_eq!(owners.collect::<Vec<_>>(), [name, name], "compressed: {compress}");
        }
    }
}
