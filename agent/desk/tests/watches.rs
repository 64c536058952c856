//! Watches over a waist with a log in memory, with real handlers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use api::http::{Context, Origin, find, parse};
use api::{Code, Error};
use bytes::Bytes;
use desk::watches::{self, Watch};
use dispatch::{Contact, Dispatcher, Log, Map, NoPeers, Proposed, Role, Settings, Store, locals};
use edge_http::HttpConfig;
use parking_lot::Mutex;
use state::{At, Permitted, State};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch::channel;
use tokio_util::sync::CancellationToken;
use watch::{Definition, Handler, Script};

/// A log that commits at once.
struct Memory {
    state: Mutex<State>,
    store: Arc<Store>,
}

impl Log for Memory {
    async fn propose(&self, write: Permitted) -> Result<Proposed, Error> {
        let mut state = self.state.lock();
        let applied = state.apply(At::default(), &write);
        self.store.publish(state.clone(), &applied.touched);
        applied.outcome.map(|reply| Proposed { reply, index: applied.index })
    }

    fn lease(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn confirm(&self) -> Result<(), Error> {
        Err(Error::new(Code::NoLeader, "nobody confirms here"))
    }

    fn contact(&self) -> Contact {
        Contact { known_leader: true, last_ms: Some(0) }
    }
}

type Waist = Dispatcher<Memory, NoPeers>;

fn waist() -> Arc<Waist> {
    let store = Arc::new(Store::default());
    let log = Memory { state: Mutex::default(), store: Arc::clone(&store) };
    let waist = Arc::new(Dispatcher::new(log, NoPeers, store, locals().0, Settings::default(), 1));
    waist.set_map(Map { here: Some("dc1".into()), role: Role::Server, leading: true, ..Map::default() });
    waist
}

async fn put(waist: &Waist, key: &str, value: &'static [u8]) {
    let (head, ()) = http::Request::put(format!("/v1/kv/{key}")).body(()).unwrap().into_parts();
    let parsed = parse(&find(&head).unwrap(), &head, &Bytes::from_static(value), &Context::default(), Origin { from: None, seed: 1 });
    waist.call(parsed.unwrap_or_else(|_| panic!("no call")).call).await.unwrap();
}

fn watch(key: &str, line: &str) -> Watch {
    let plan = Definition { kind: "key".to_owned(), key: Some(key.to_owned()), ..Definition::default() }.plan().unwrap();
    Watch { plan, token: String::new(), handler: Handler::Script(Script::shell(None, line)), name: "test".to_owned() }
}

/// Watches that stay what they are.
fn run(watches: &[Watch], waist: Arc<Waist>, stop: &CancellationToken) -> impl Future<Output = ()> + use<> {
    watches::run(channel(Arc::from(watches)).1, waist, channel(Arc::new(HttpConfig::default())).1, stop.clone())
}

/// Waits for a file to be as `right` wants it.
async fn see(file: &Path, right: impl Fn(&str) -> bool) -> String {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if right(&text) {
            return text;
        }
        assert!(Instant::now() < deadline, "{} is still {text:?}", file.display());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn each_change_is_handled_and_nothing_else_is() {
    let (waist, folder, stop) = (waist(), tempfile::tempdir().unwrap(), CancellationToken::new());
    let file = folder.path().join("seen");
    let line = format!("cat >>{0}; echo $CONSUL_INDEX >>{0}", file.display());
    let running = tokio::spawn(run(&[watch("a/b", &line)], Arc::clone(&waist), &stop));
    see(&file, |text| text == "null\n1\n").await;
    put(&waist, "a/b", b"x").await;
    let text = see(&file, |text| text.lines().count() == 4).await;
    assert!(text.contains(r#""Key":"a/b""#) && text.contains(r#""Value":"eA==""#), "{text}");
    put(&waist, "a/c", b"other").await;
    put(&waist, "a/b", b"y").await;
    let text = see(&file, |text| text.contains(r#""Value":"eQ==""#) && text.lines().count() >= 6).await;
    assert_eq!(text.lines().count(), 6, "{text}");
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running).await.expect("it goes on after the stop").unwrap();
}

#[tokio::test]
async fn a_handler_that_fails_does_not_end_its_watch() {
    let (waist, folder, stop) = (waist(), tempfile::tempdir().unwrap(), CancellationToken::new());
    let file = folder.path().join("seen");
    let line = format!("echo run >>{}; exit 3", file.display());
    tokio::spawn(run(&[watch("a", &line)], Arc::clone(&waist), &stop));
    see(&file, |text| text == "run\n").await;
    put(&waist, "a", b"x").await;
    see(&file, |text| text == "run\nrun\n").await;
    stop.cancel();
}

#[tokio::test]
async fn the_stop_kills_the_handler_that_runs() {
    let (waist, folder, stop) = (waist(), tempfile::tempdir().unwrap(), CancellationToken::new());
    let file = folder.path().join("pid");
    let line = format!("sleep 600 & echo $! >{}; wait", file.display());
    let running = tokio::spawn(run(&[watch("a", &line)], waist, &stop));
    let pid = see(&file, |text| text.ends_with('\n')).await;
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running).await.expect("it waits for its handler").unwrap();
    // A process that is gone has no status; one that nobody has waited for yet is a zombie.
    let status = format!("/proc/{}/stat", pid.trim());
    see(Path::new(&status), |stat| stat.is_empty() || stat.contains(") Z ")).await;
}

#[tokio::test]
async fn other_watches_take_the_place_of_those_that_are_not_wanted_any_more() {
    let (waist, folder, stop) = (waist(), tempfile::tempdir().unwrap(), CancellationToken::new());
    let file = |name: &str| folder.path().join(name);
    let line = |name: &str| format!("cat >>{}", file(name).display());
    let (stays, goes, comes) = (watch("a", &line("stays")), watch("a", &line("goes")), watch("b", &line("comes")));
    let (wanted, read) = channel(Arc::from([goes, stays.clone()]));
    let http = channel(Arc::new(HttpConfig::default())).1;
    let running = tokio::spawn(watches::run(read, Arc::clone(&waist), http, stop.clone()));
    see(&file("goes"), |text| text == "null\n").await;
    see(&file("stays"), |text| text == "null\n").await;
    wanted.send_replace(Arc::from([stays, comes]));
    see(&file("comes"), |text| text == "null\n").await;
    put(&waist, "a", b"x").await;
    // One that stays is not told again what it knows.
    let text = see(&file("stays"), |text| text.lines().count() >= 2).await;
    assert!(text.starts_with("null\n{") && text.lines().count() == 2, "{text}");
    put(&waist, "b", b"x").await;
    see(&file("comes"), |text| text.lines().count() == 2).await;
    assert_eq!(std::fs::read_to_string(file("goes")).unwrap(), "null\n");
    // A handler that runs goes with its watch.
    let line = format!("sleep 600 & echo $! >{}; wait", file("pid").display());
    wanted.send_replace(Arc::from([watch("a", &line)]));
    let pid = see(&file("pid"), |text| text.ends_with('\n')).await;
    wanted.send_replace(Arc::from([]));
    see(Path::new(&format!("/proc/{}/stat", pid.trim())), |stat| stat.is_empty() || stat.contains(") Z ")).await;
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running).await.expect("it goes on after the stop").unwrap();
}
