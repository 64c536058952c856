use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use api::{Answer, Call, Code, Error, Reply, Wait, kv};

use super::world::{Dc, LONG, eventually};

pub(crate) fn get(dc: &str) -> Call {
    Call { dc: Some(dc.into()), ..Call::new(kv::Get { key: "who".into() }) }
}

/// Which server answered a [`get`].
pub(crate) fn who(answer: Result<Answer, Error>) -> String {
    let answer = answer.unwrap();
    let Reply::KvGet(entries) = answer.reply.reply().unwrap() else { panic!("another reply") };
    String::from_utf8(entries.entries[0].value.to_vec()).unwrap()
}

/// Two datacenters that reach each other.
pub(crate) async fn pair() -> (Dc, Dc) {
    pair_with(|_| {}).await
}

pub(crate) async fn pair_with(change: impl FnOnce(&mut crate::GatewaySettings)) -> (Dc, Dc) {
    let dc1 = Dc::primary_with(change).await;
    let dc2 = Dc::secondary("dc2", dc1.gateways[0].handle.wan_addr()).await;
    dc1.gateways[0].reaches("dc2").await;
    dc2.gateways[0].reaches("dc1").await;
    (dc1, dc2)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_there_and_back() {
    let (dc1, dc2) = pair().await;
    assert_eq!(who(dc1.call(get("dc2")).await), "s1.dc2");
    assert_eq!(who(dc2.call(get("dc1")).await), "s1.dc1");
    assert_eq!(who(dc1.call(get("dc1")).await), "s1.dc1", "a gateway serves its own datacenter too");

    let answer = dc1.call(get("dc2")).await.unwrap();
    assert_eq!(answer.meta.index, 7, "what is said about the reply passes through");
    let seen = dc2.server.desk.last.lock().clone().unwrap();
    assert_eq!(seen.via, ["dc1".into()]);
    assert_eq!(seen.hops_left, api::MAX_HOPS - 2);
    assert!(seen.time_left < Duration::from_secs(10) && seen.time_left > Duration::from_secs(5));
    assert_eq!(dc1.gateways[0].handle.counters().relayed["dc2"], 2);
    assert!(dc1.gateways[0].handle.counters().in_flight.is_empty());

    let refused = Error::new(Code::Denied, "Permission denied: token with AccessorID 'x' lacks permission");
    *dc2.server.desk.refuse.lock() = Some(refused.clone());
    assert_eq!(dc1.call(get("dc2")).await.err().unwrap(), refused, "an error of the far server arrives as it is");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loops_and_unknown_datacenters_are_refused_with_reasons() {
    let (dc1, _dc2) = pair().await;
    let looped = Call { via: vec!["dc1".into()], ..get("dc2") };
    let error = dc1.call(looped).await.err().unwrap();
    assert_eq!(error.kind(), Code::NoPath);
    assert!(error.why[0].reason.contains("left dc1 before"), "{error:?}");

    let error = dc1.call(get("dc9")).await.err().unwrap();
    assert_eq!((error.kind(), &*error.why[0].hop), (Code::NoPath, "dc9"));
    assert!(error.why[0].reason.contains("no gateway announced it"), "{error:?}");

    let spent = Call { time_left: Duration::ZERO, ..get("dc2") };
    assert_eq!(dc1.call(spent).await.err().unwrap().kind(), Code::TimedOut);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocked_reads_hold_up_nobody_and_have_a_bound_of_their_own() {
    let (dc1, dc2) = pair_with(|settings| settings.limits.blocked_per_datacenter = 1000).await;
    let gateway = dc1.gateways[0].handle.rpc_addr();
    let client = super::world::client(gateway, &dc1.server.trust);
    let waiting =
        Call { wait: Some(Wait { index: 1, limit: Duration::from_secs(300) }), time_left: Duration::from_secs(300), ..get("dc2") };
    let blocked: Vec<_> = (0..1000)
        .map(|_| {
            let (client, (head, body)) = (client.clone(), waiting.encode());
            tokio::spawn(async move { client.call(head, body, LONG * 10).await })
        })
        .collect();
    eventually("1,000 reads are blocked", || dc2.server.desk.blocked.load(Relaxed) == 1000).await;

    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(who(dc1.call(get("dc2")).await), "s1.dc2");
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let refused = dc1.call(waiting.clone()).await.err().unwrap();
    assert_eq!(refused.kind(), Code::Busy);
    assert!(refused.text.contains("1000 blocking reads to datacenter dc2"), "{refused}");

    for task in &blocked {
        task.abort();
    }
    eventually("giving up reaches the far server", || dc2.server.desk.blocked.load(Relaxed) == 0).await;
    eventually("and frees the places", || dc1.gateways[0].handle.counters().in_flight.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_calls_are_refused_by_name() {
    let (dc1, _dc2) = pair_with(|settings| settings.limits.calls_per_datacenter = 0).await;
    let error = dc1.call(get("dc2")).await.err().unwrap();
    assert_eq!(error.kind(), Code::Busy);
    assert_eq!(error.text, "already 0 calls to datacenter dc2 are under way; this one was not sent");
    assert_eq!(dc1.gateways[0].handle.counters().refused, 1);
}
