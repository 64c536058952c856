//! The waist over a log in memory: blocking reads, shared answers, retries.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use api::{Answer, Call, Code, Consistency, Error, Meta, Reply, Wait, catalog, kv, query};
use bytes::Bytes;
use dispatch::{Contact, Dispatcher, Hop, Limits, Log, Map, Peer, Peers, Proposed, Role, Settings, Store, locals};
use parking_lot::Mutex;
use state::{At, Permitted, State};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// A log that commits at once.
struct Memory {
    state: Mutex<State>,
    store: Arc<Store>,
    leads: AtomicBool,
    /// What the next proposals answer instead.
    failures: Mutex<Vec<Error>>,
    proposals: AtomicUsize,
}

impl Log for Memory {
    async fn propose(&self, write: Permitted) -> Result<Proposed, Error> {
        self.proposals.fetch_add(1, Ordering::Relaxed);
        if let Some(error) = self.failures.lock().pop() {
            return Err(error);
        }
        let mut state = self.state.lock();
        let applied = state.apply(At::default(), &write);
        self.store.publish(state.clone(), &applied.touched);
        applied.outcome.map(|reply| Proposed { reply, index: applied.index })
    }

    fn lease(&self) -> Result<(), Error> {
        if self.leads.load(Ordering::Relaxed) { Ok(()) } else { Err(Error::new(Code::NotLeader, "not the leader")) }
    }

    async fn confirm(&self) -> Result<(), Error> {
        self.lease()
    }

    fn contact(&self) -> Contact {
        Contact { known_leader: true, last_ms: Some(0) }
    }
}

/// Peers that answer from a script.
#[derive(Default)]
struct Script {
    sent: Mutex<Vec<Hop>>,
    answers: Mutex<Vec<Result<Answer, Error>>>,
    hold: Mutex<Option<tokio::sync::watch::Receiver<bool>>>,
}

impl Peers for Script {
    async fn send(&self, hop: &Hop, _: Call) -> Result<Answer, Error> {
        self.sent.lock().push(hop.clone());
        let hold = self.hold.lock().clone();
        if let Some(mut hold) = hold {
            let _ = hold.wait_for(|open| *open).await;
        }
        self.answers.lock().pop().unwrap_or_else(|| Err(Error::failed("the script is over")))
    }
}

struct World {
    log: Arc<Memory>,
    peers: Arc<Script>,
    waist: Arc<Dispatcher<Arc<Memory>, Arc<Script>>>,
}

fn world(map: Map) -> World {
    world_with(Limits::default(), map)
}

fn world_with(limits: Limits, map: Map) -> World {
    let store = Arc::new(Store::default());
    let log = Arc::new(Memory {
        state: Mutex::default(),
        store: Arc::clone(&store),
        leads: AtomicBool::new(true),
        failures: Mutex::default(),
        proposals: AtomicUsize::new(0),
    });
    let peers = Arc::new(Script::default());
    let settings = Settings { hold: Duration::from_secs(7), limits, ..Settings::default() };
    let waist = Arc::new(Dispatcher::new(Arc::clone(&log), Arc::clone(&peers), store, locals().0, settings, 1));
    waist.set_map(map);
    World { log, peers, waist }
}

fn leading() -> Map {
    Map { here: Some("dc1".into()), role: Role::Server, leading: true, ..Map::default() }
}

fn peer(name: &str) -> Arc<Peer> {
    Arc::new(Peer { id: name.into(), name: name.into(), addr: "127.0.0.1:1".parse().unwrap() })
}

fn put(key: &str, value: &'static str) -> Call {
    Call::new(kv::Put { key: key.into(), value: Bytes::from_static(value.as_bytes()), ..Default::default() })
}

fn waiting(op: impl Into<api::Op>, index: u64, limit: u64) -> Call {
    let limit = Duration::from_secs(limit);
    Call { wait: Some(Wait { index, limit }), time_left: limit + Duration::from_secs(10), ..Call::new(op) }
}

fn list(prefix: &str) -> kv::List {
    kv::List { prefix: prefix.into() }
}

fn values(answer: &Answer) -> Vec<Bytes> {
    match answer.reply.reply().unwrap() {
        Reply::KvGet(entries) | Reply::KvList(entries) => entries.entries.iter().map(|entry| entry.value.clone()).collect(),
        _ => panic!("another reply"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_blocking_read_wakes_for_its_key_and_for_nothing_else() {
    let World { waist, .. } = world(leading());
    let first = waist.call(put("a", "1")).await.unwrap().meta.index;
    let read = tokio::spawn({
        let waist = Arc::clone(&waist);
        async move { waist.call(waiting(kv::Get { key: "a".into() }, first, 60)).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    waist.call(put("b", "x")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!read.is_finished(), "another key is no news");
    waist.call(put("a", "2")).await.unwrap();
    let answer = read.await.unwrap().unwrap();
    assert_eq!(values(&answer), ["2"]);
    assert!(answer.meta.index > first);
}

#[tokio::test(start_paused = true)]
async fn what_is_absent_and_stays_absent_is_no_news() {
    let World { waist, .. } = world(leading());
    let index = waist.call(put("other", "1")).await.unwrap().meta.index;
    let began = tokio::time::Instant::now();
    let read = tokio::spawn({
        let waist = Arc::clone(&waist);
        async move { waist.call(waiting(kv::Get { key: "none".into() }, index, 30)).await }
    });
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        waist.call(put("other", "more")).await.unwrap();
        waist.call(put("other", "less")).await.unwrap();
    }
    let answer = read.await.unwrap().unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(30), "it waited its whole time");
    assert!(answer.meta.absent && answer.meta.index > index, "and says the table's index then");
}

#[tokio::test(start_paused = true)]
async fn an_index_from_the_future_waits_and_then_says_the_present_one() {
    let World { waist, .. } = world(leading());
    let index = waist.call(put("a", "1")).await.unwrap().meta.index;
    let answer = waist.call(waiting(kv::Get { key: "a".into() }, index + 1000, 5)).await.unwrap();
    assert_eq!(answer.meta.index, index);
}

#[tokio::test(start_paused = true)]
async fn the_same_question_gets_the_same_answer_until_it_changes() {
    let World { waist, .. } = world(leading());
    waist.call(put("p/a", "1")).await.unwrap();
    let ask = || async { waist.call(Call::new(list("p/"))).await.unwrap().reply.wire() };
    let (first, second) = (ask().await, ask().await);
    assert_eq!(first.as_ptr(), second.as_ptr(), "encoded once");
    waist.call(put("q", "x")).await.unwrap();
    assert_eq!(ask().await.as_ptr(), first.as_ptr(), "another prefix is no reason to encode again");
    waist.call(put("p/b", "2")).await.unwrap();
    assert_ne!(ask().await, first);
}

#[tokio::test(start_paused = true)]
async fn a_deposed_leader_answers_nothing() {
    let World { log, waist, .. } = world(leading());
    waist.call(put("a", "1")).await.unwrap();
    log.leads.store(false, Ordering::Relaxed);
    let read = |consistency| Call { consistency, ..Call::new(kv::Get { key: "a".into() }) };
    assert_eq!(waist.call(read(Consistency::Default)).await.err().unwrap().kind(), Code::NotLeader);
    assert_eq!(waist.call(read(Consistency::Consistent)).await.err().unwrap().kind(), Code::NotLeader);
    assert_eq!(values(&waist.call(read(Consistency::Stale { max: None })).await.unwrap()), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn a_write_is_repeated_only_when_it_was_not_processed() {
    let World { log, waist, .. } = world(leading());
    log.failures.lock().push(Error::new(Code::NotLeader, "not yet"));
    assert!(waist.call(put("a", "1")).await.is_ok(), "refused before it was done, so it is tried again");
    assert_eq!(log.proposals.load(Ordering::Relaxed), 2);
    log.failures.lock().push(Error::new(Code::Lost, "who knows"));
    assert_eq!(waist.call(put("a", "2")).await.err().unwrap().kind(), Code::Lost);
    assert_eq!(log.proposals.load(Ordering::Relaxed), 3, "it may have been done, so it is not");
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_a_leader_as_long_as_it_may() {
    let World { waist, .. } = world(Map { leading: false, ..leading() });
    let began = tokio::time::Instant::now();
    let lost = waist.call(Call::new(kv::Get { key: "a".into() })).await.err().unwrap();
    assert_eq!((lost.kind(), lost.text.as_str()), (Code::NoLeader, "No cluster leader"));
    assert!(began.elapsed() >= Duration::from_millis(6_500) && began.elapsed() < Duration::from_millis(7_600), "{:?}", began.elapsed());
    let call = tokio::spawn({
        let waist = Arc::clone(&waist);
        async move { waist.call(Call::new(kv::Get { key: "a".into() })).await }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    let began = tokio::time::Instant::now();
    waist.set_map(leading());
    assert!(call.await.unwrap().is_ok());
    assert!(began.elapsed() < Duration::from_millis(10), "it looks as soon as the map changes");
}

#[tokio::test(start_paused = true)]
async fn what_the_oldest_server_does_not_understand_is_not_written() {
    let World { log, waist, .. } = world(Map { level: Some(0), ..leading() });
    let error = waist.call(put("a", "1")).await.err().unwrap();
    assert_eq!(error.kind(), Code::Unsupported);
    assert!(error.text.contains("kv.put needs feature level 1"), "{error}");
    assert_eq!(log.proposals.load(Ordering::Relaxed), 0);
    waist.set_map(Map { level: Some(1), ..leading() });
    assert!(waist.call(put("a", "1")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn overload_is_refused_at_once_where_nobody_else_can_help() {
    let World { log, waist, .. } = world(leading());
    let began = tokio::time::Instant::now();
    log.failures.lock().push(Error::new(Code::Busy, "full"));
    assert_eq!(waist.call(put("a", "1")).await.err().unwrap().kind(), Code::Busy);
    assert_eq!(began.elapsed(), Duration::ZERO);
    let map = Map { role: Role::Client, leading: false, servers: vec![peer("a"), peer("b")], ..leading() };
    let World { peers, waist, .. } = world(map);
    let good = Ok(Answer { reply: api::Encoded::new(Reply::KvPut(kv::Applied { ok: true })), meta: Meta::default() });
    *peers.answers.lock() = vec![good, Err(Error::new(Code::Busy, "full"))];
    assert!(waist.call(put("a", "1")).await.is_ok(), "another server had room");
}

#[tokio::test(start_paused = true)]
async fn what_is_passed_on_has_places_and_those_who_wait_leave_room_for_those_who_do_not() {
    let map = Map { role: Role::Client, leading: false, servers: vec![peer("a")], ..leading() };
    let World { peers, waist, .. } = world_with(Limits { waiting: 3, passing: 2, ..Limits::default() }, map);
    let (_open, hold) = tokio::sync::watch::channel(false);
    *peers.hold.lock() = Some(hold);
    let begin = |call: Call| {
        let waist = Arc::clone(&waist);
        tokio::spawn(async move { waist.call(call).await.map(|answer| answer.meta) })
    };
    let read = |key: usize| waiting(kv::Get { key: key.to_string() }, 5, 60);
    let waits: Vec<_> = (0..3).map(|key| begin(read(key))).collect();
    let writes: Vec<_> = (0..2).map(|_| begin(put("a", "1"))).collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(peers.sent.lock().len(), 5);
    for call in [read(3), put("b", "1")] {
        let refused = tokio::time::timeout(Duration::ZERO, waist.call(call)).await.unwrap().err().unwrap();
        assert_eq!(refused.kind(), Code::Busy, "{refused}");
    }
    assert_eq!(peers.sent.lock().len(), 5, "nobody was bothered with these");
    assert_eq!(waist.blocked_reads(), 0, "none of them waits here");
    for call in waits.iter().chain(&writes) {
        call.abort();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    for call in [read(4), put("c", "1")] {
        assert!(tokio::time::timeout(Duration::from_secs(1), begin(call)).await.is_err(), "a place was not given back");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_knows_no_server_says_so_at_once() {
    let World { waist, .. } = world(Map { role: Role::Client, leading: false, ..leading() });
    let began = tokio::time::Instant::now();
    assert_eq!(waist.call(put("a", "1")).await.err().unwrap().text, "No known Consul servers");
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_lost_read_goes_another_way_and_a_lost_write_does_not() {
    let map = Map { role: Role::Client, leading: false, servers: vec![peer("a"), peer("b")], ..leading() };
    let World { peers, waist, .. } = world(map);
    let good = || Ok(Answer { reply: api::Encoded::new(Reply::KvGet(kv::Entries::default())), meta: Meta::default() });
    *peers.answers.lock() = vec![good(), Err(Error::new(Code::Lost, "broken"))];
    assert!(waist.call(Call::new(kv::Get { key: "a".into() })).await.is_ok());
    let sent = std::mem::take(&mut *peers.sent.lock());
    assert_eq!(sent.len(), 2);
    assert_ne!(sent[0], sent[1]);
    *peers.answers.lock() = vec![good(), Err(Error::new(Code::Lost, "broken"))];
    assert_eq!(waist.call(put("a", "1")).await.err().unwrap().kind(), Code::Lost);
    assert_eq!(peers.sent.lock().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_blocking_reads_of_the_same_cost_one_request_and_nobody_reads_the_past() {
    let map = Map { leading: false, leader: Some(peer("leader")), ..leading() };
    let World { peers, waist, .. } = world(map);
    let (open, hold) = tokio::sync::watch::channel(false);
    *peers.hold.lock() = Some(hold);
    let answer = |held: u64| {
        let meta = Meta { index: 9, held_us: held * 1_000_000, ..Meta::default() };
        Ok(Answer { reply: api::Encoded::new(Reply::KvGet(kv::Entries::default())), meta })
    };
    // The first answer was evaluated three seconds after it was asked for; what joins later asks again.
    *peers.answers.lock() = vec![answer(0), answer(3)];
    let ask = || {
        let waist = Arc::clone(&waist);
        tokio::spawn(async move { waist.call(waiting(kv::Get { key: "a".into() }, 5, 60)).await })
    };
    let early: Vec<_> = (0..10_000).map(|_| ask()).collect();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let late = ask();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(peers.sent.lock().len(), 1);
    open.send_replace(true);
    for read in early {
        assert_eq!(read.await.unwrap().unwrap().meta.held_us, 3_000_000);
    }
    assert_eq!(late.await.unwrap().unwrap().meta.held_us, 0, "it joined after that evaluation");
    assert_eq!(peers.sent.lock().len(), 2);
}

#[tokio::test]
async fn coordinates_are_kept_back_and_written_as_one() {
    use api::catalog::{NodeRow, Register};
    use api::coordinate::{Coordinate, Located, Node, Update};
    let World { waist, log, .. } = world(leading());
    let row = NodeRow { node: "n".into(), address: "10.0.0.1".into(), ..NodeRow::default() };
    waist.ask(Register { node: Some(row), ..Register::default() }).await.unwrap();
    let at = |x: f64| {
        let coord = Coordinate { vec: vec![x, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], ..Coordinate::origin() };
        Update { updates: vec![Located { node: "n".into(), segment: String::new(), coord }] }
    };
    let place = async || waist.ask(Node { node: "n".into(), segment: String::new() }).await.unwrap().0.nodes;
    let proposals = || log.proposals.load(Ordering::Relaxed);
    for x in 0..100 {
        waist.ask(at(f64::from(x))).await.unwrap();
    }
    assert_eq!((proposals(), place().await.len()), (1, 0), "nothing is written yet");
    waist.write_kept_back().await.unwrap();
    assert_eq!((proposals(), place().await[0].coord.vec[0]), (2, 99.0));
    // What would change nothing is not written, nor what a leader was told before it led again.
    waist.ask(at(99.0)).await.unwrap();
    waist.write_kept_back().await.unwrap();
    waist.ask(at(1.0)).await.unwrap();
    waist.drop_kept_back();
    waist.write_kept_back().await.unwrap();
    assert_eq!(proposals(), 2);
    log.leads.store(false, Ordering::Relaxed);
    waist.set_map(leading());
    let refused = waist.call(Call { time_left: Duration::ZERO, ..Call::new(at(2.0)) }).await;
    assert_eq!(refused.err().unwrap().kind(), Code::NotLeader);
    log.leads.store(true, Ordering::Relaxed);
    for _ in 0..640 {
        waist.ask(at(3.0)).await.unwrap();
    }
    assert_eq!(waist.ask(at(3.0)).await.err().unwrap().kind(), Code::Busy, "what waits is bounded");
}

#[tokio::test]
async fn names_as_long_as_a_url_and_tags_by_the_thousand_are_looked_up_soon() {
    let World { waist, .. } = world(leading());
    let template = |name: &str| {
        let mut query = query::Query { name: name.into(), ..Default::default() };
        query.template.r#type = query::TEMPLATE_BY_PREFIX.into();
        query.service.service = "web".into();
        Call::new(query::Create { query })
    };
    let tags: Vec<String> = (0..20_000).map(|number| format!("T{number}")).collect();
    let asked = tags.iter().rev().take(10_000).map(|tag| tag.to_lowercase()).collect();
    let service = catalog::ServiceRow { service: "web".into(), id: "web".into(), tags, ..Default::default() };
    let node = catalog::NodeRow { node: "n".into(), address: "10.0.0.1".into(), ..Default::default() };
    let instance = catalog::Register { node: Some(node), service: Some(service), ..Default::default() };
    for write in [template("a"), template("b-x"), Call::new(instance)] {
        waist.call(write).await.unwrap();
    }
    let began = tokio::time::Instant::now();
    let explained = |name: &str| waist.call(Call::new(query::Explain { query: name.repeat(60_000 / name.len()) }));
    assert!(explained("a").await.is_ok());
    for unknown in ["b-", "c", "é"] {
        assert_eq!(explained(unknown).await.err().unwrap().kind(), Code::NotFound, "{unknown}");
    }
    let found = waist.call(Call::new(catalog::Service { name: "web".into(), tags: asked, ..Default::default() })).await.unwrap();
    let Reply::CatalogService(found) = found.reply.reply().unwrap() else { panic!("another reply") };
    assert_eq!(found.instances.len(), 1);
    // Each beginning of a name by itself, or each tag with each, takes minutes.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
