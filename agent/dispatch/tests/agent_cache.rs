//! The agent's cache, over a server that counts what it is asked.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use api::catalog::{DatacenterList, Datacenters, ServiceRow};
use api::health::{Instance, Instances, Service};
use api::{Answer, CachePolicy, Call, Code, Consistency, Encoded, Error, Freshness, Local, Meta, Op, Read, Reply, Wait};
use dispatch::{Dispatcher, Hop, Map, NoLog, Peer, Peers, Role, Settings, Store, locals};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

/// Instances of a megabyte on the wire.
fn large() -> Instances {
    let service = ServiceRow { address: "x".repeat(1 << 20), ..ServiceRow::default() };
    Instances { instances: vec![Instance { service, ..Instance::default() }] }
}

/// The one server there is: of every service it knows an index, and how large it is.
struct Server {
    index: watch::Sender<u64>,
    dead: AtomicBool,
    /// Indexes that were waited for.
    waits: Mutex<Vec<u64>>,
    plain: AtomicUsize,
    waiting: AtomicUsize,
    /// How each read was to be served.
    asked: Mutex<Vec<Consistency>>,
}

impl Peers for Server {
    async fn send(&self, _: &Hop, call: Call) -> Result<Answer, Error> {
        sleep(Duration::from_millis(10)).await;
        if self.dead.load(Ordering::Relaxed) {
            return Err(Error::new(Code::Failed, "dead"));
        }
        self.asked.lock().push(call.consistency);
        let mut index = self.index.subscribe();
        if let Some(wait) = call.wait {
            self.waits.lock().push(wait.index);
            self.waiting.fetch_add(1, Ordering::Relaxed);
            let _gone = Gone(&self.waiting);
            let _ = timeout_at(Instant::now() + wait.limit, index.wait_for(|index| *index > wait.index)).await;
        } else {
            self.plain.fetch_add(1, Ordering::Relaxed);
        }
        let reply = match &*call.op {
            Op::Read(Read::HealthService(service)) if service.name.starts_with("large") => Reply::HealthService(large()),
            Op::Read(Read::HealthService(_)) => Reply::HealthService(Instances::default()),
            Op::Local(Local::Datacenters(_)) => Reply::Datacenters(DatacenterList::default()),
            other => panic!("{}", other.name()),
        };
        let index = *index.borrow();
        Ok(Answer { reply: Encoded::new(reply), meta: Meta { index, known_leader: true, ..Meta::default() } })
    }
}

struct Gone<'a>(&'a AtomicUsize);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

type Waist = Dispatcher<NoLog, Arc<Server>>;

fn world() -> (Arc<Waist>, Arc<Server>) {
    let server = Arc::new(Server {
        index: watch::Sender::new(7),
        dead: AtomicBool::new(false),
        waits: Mutex::default(),
        plain: AtomicUsize::new(0),
        waiting: AtomicUsize::new(0),
        asked: Mutex::default(),
    });
    let settings = Settings { hold: Duration::from_secs(7), ..Settings::default() };
    let waist = Arc::new(Dispatcher::new(NoLog, Arc::clone(&server), Arc::new(Store::default()), locals().0, settings, 1));
    let peer = Arc::new(Peer { id: "s".into(), name: "s".into(), addr: "127.0.0.1:1".parse().unwrap() });
    waist.set_map(Map { here: Some("dc1".into()), role: Role::Client, servers: vec![peer], ..Map::default() });
    let fresh = Arc::clone(&waist);
    tokio::spawn(async move { fresh.keep_fresh().await });
    (waist, server)
}

fn service(name: &str) -> Call {
    Call::new(Service { name: name.into(), ..Service::default() })
}

async fn ask(waist: &Waist, call: Call, policy: CachePolicy) -> Result<(u64, Option<u64>), Error> {
    let (answer, freshness) = waist.call_kept(call, policy).await?;
    let age = match freshness {
        Freshness::Miss => None,
        Freshness::Hit { age } => Some(age.as_secs()),
    };
    Ok((answer.meta.index, age))
}

async fn kept(waist: &Waist, call: Call) -> (u64, Option<u64>) {
    ask(waist, call, CachePolicy::default()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_watched_answer_costs_one_read_and_stays_current() {
    let (waist, server) = world();
    tokio::task::yield_now().await;
    let asking: Vec<_> = (0..100)
        .map(|_| {
            let waist = Arc::clone(&waist);
            tokio::spawn(async move { kept(&waist, service("web")).await })
        })
        .collect();
    for asked in asking {
        assert_eq!(asked.await.unwrap(), (7, None));
    }
    assert_eq!(server.plain.load(Ordering::Relaxed), 1, "who finds nothing waits for whoever asks");
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(kept(&waist, Call { dc: Some("dc1".into()), ..service("web") }).await, (7, Some(0)), "its own datacenter by name");
    server.index.send_replace(9);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(kept(&waist, service("web")).await, (9, Some(0)));
    assert_eq!((server.plain.load(Ordering::Relaxed), server.waiting.load(Ordering::Relaxed)), (1, 1));
    assert_eq!(kept(&waist, service("db")).await, (9, None));
}

#[tokio::test(start_paused = true)]
async fn one_answer_is_for_those_who_take_any_servers_and_for_the_others() {
    let (waist, server) = world();
    tokio::task::yield_now().await;
    let of_any = |max| Call { consistency: Consistency::Stale { max }, ..service("web") };
    let served = async |call| {
        let (answer, freshness) = waist.call_kept(call, CachePolicy::default()).await.unwrap();
        (answer.meta.effective_consistency(), freshness == Freshness::Miss)
    };
    assert_eq!(served(of_any(Some(Duration::from_nanos(1)))).await, ("stale", true));
    assert_eq!(served(of_any(None)).await, ("stale", false));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(*server.asked.lock(), [Consistency::Stale { max: Some(Duration::from_nanos(1)) }, Consistency::Stale { max: None }]);
    assert_eq!(served(service("web")).await, ("leader", false));
    // From now on, one of those who ask goes by the leader.
    server.index.send_replace(9);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(server.asked.lock().last(), Some(&Consistency::Default));
    assert_eq!(served(of_any(None)).await, ("stale", false));
}

#[tokio::test(start_paused = true)]
async fn a_waiting_reader_is_told_of_a_change() {
    let (waist, server) = world();
    let waiting = |index| {
        let wait = Wait { index, limit: Duration::from_secs(60) };
        Call { wait: Some(wait), time_left: Duration::from_secs(70), ..service("web") }
    };
    assert_eq!(kept(&waist, waiting(3)).await, (7, None), "what is newer already is not waited for");
    let reader = tokio::spawn({
        let waist = Arc::clone(&waist);
        async move { kept(&waist, waiting(7)).await }
    });
    sleep(Duration::from_secs(10)).await;
    assert!(!reader.is_finished());
    server.index.send_replace(8);
    assert_eq!(reader.await.unwrap(), (8, Some(0)));
    let began = Instant::now();
    assert_eq!(kept(&waist, waiting(8)).await, (8, Some(0)));
    assert_eq!(began.elapsed().as_secs(), 60, "without a change it takes its time");
}

#[tokio::test(start_paused = true)]
async fn without_touch_it_grows_old_and_recovers() {
    let (waist, server) = world();
    assert_eq!(kept(&waist, service("web")).await, (7, None));
    sleep(Duration::from_secs(1)).await;
    server.dead.store(true, Ordering::Relaxed);
    // The read under way ends, and the next one fails.
    server.index.send_replace(8);
    sleep(Duration::from_secs(100)).await;
    let (index, age) = kept(&waist, service("web")).await;
    assert_eq!(index, 8);
    assert!((99..=101).contains(&age.unwrap()), "{age:?}");
    server.dead.store(false, Ordering::Relaxed);
    sleep(Duration::from_secs(31)).await;
    assert_eq!(kept(&waist, service("web")).await, (8, Some(0)), "in touch again, though nothing changed");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_asks_for_any_more_is_let_go() {
    let (waist, server) = world();
    assert_eq!(kept(&waist, service("web")).await, (7, None));
    sleep(Duration::from_secs(73 * 3600)).await;
    assert_eq!(server.waiting.load(Ordering::Relaxed), 0);
    assert_eq!(kept(&waist, service("web")).await, (7, None));
}

#[tokio::test(start_paused = true)]
async fn the_oldest_makes_room() {
    let (waist, server) = world();
    for number in 0..1100 {
        assert_eq!(kept(&waist, service(&format!("s{number}"))).await, (7, None));
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(server.waiting.load(Ordering::Relaxed), 1024);
    assert_eq!(kept(&waist, service("s1099")).await, (7, Some(0)));
    assert_eq!(kept(&waist, service("s0")).await, (7, None));
}

#[tokio::test(start_paused = true)]
async fn large_answers_make_room_for_each_other() {
    let (waist, server) = world();
    for number in 0..40 {
        assert_eq!(kept(&waist, service(&format!("large{number}"))).await, (7, None));
    }
    sleep(Duration::from_secs(1)).await;
    let kept_current = server.waiting.load(Ordering::Relaxed);
    assert!((2..=10).contains(&kept_current), "{kept_current} answers of a megabyte, which come to hold sixteen each");
    assert_eq!(kept(&waist, service("large39")).await, (7, Some(0)));
    assert_eq!(kept(&waist, service("large0")).await, (7, None));
}

#[tokio::test(start_paused = true)]
async fn a_reader_whose_answer_made_room_is_told_of_a_change_all_the_same() {
    let (waist, server) = world();
    let wait = Wait { index: 7, limit: Duration::from_secs(600) };
    let call = Call { wait: Some(wait), time_left: Duration::from_secs(610), ..service("web") };
    let reader = tokio::spawn({
        let waist = Arc::clone(&waist);
        async move { kept(&waist, call).await }
    });
    sleep(Duration::from_secs(1)).await;
    for number in 0..1100 {
        kept(&waist, service(&format!("s{number}"))).await;
    }
    assert!(!reader.is_finished());
    let changed = Instant::now();
    server.index.send_replace(8);
    assert_eq!(reader.await.unwrap().0, 8);
    assert!(changed.elapsed() < Duration::from_secs(1), "{:?}", changed.elapsed());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_what_cannot_change() {
    let (waist, _server) = world();
    let wait = Wait { index: 9, limit: Duration::from_secs(600) };
    let began = Instant::now();
    kept(&waist, Call { wait: Some(wait), time_left: Duration::from_secs(610), ..Call::new(Datacenters {}) }).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_watched_is_as_old_as_the_caller_takes_it() {
    let (waist, server) = world();
    let seconds = Duration::from_secs;
    let asked = |max_age: Option<u64>, stale_if_error| {
        let policy = CachePolicy { max_age: max_age.map(seconds), stale_if_error: seconds(stale_if_error) };
        ask(&waist, Call::new(Datacenters {}), policy)
    };
    assert_eq!(asked(None, 0).await, Ok((7, None)));
    server.index.send_replace(8);
    sleep(seconds(10)).await;
    assert_eq!(asked(None, 0).await, Ok((7, Some(10))));
    assert_eq!(asked(Some(11), 0).await, Ok((7, Some(10))));
    assert_eq!(asked(Some(10), 0).await, Ok((8, None)));
    assert_eq!(asked(Some(0), 0).await, Ok((8, None)));
    server.dead.store(true, Ordering::Relaxed);
    sleep(seconds(5)).await;
    assert_eq!(asked(Some(1), 30).await, Ok((8, Some(5))));
    assert_eq!(asked(Some(1), 3).await.unwrap_err().text, "dead");
    assert_eq!(server.waits.lock().len(), 0);
}
