//! The task on virtual time, with the catalog as servers keep it at the other end of its calls.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use api::agent::{
    CheckDefinition, Definitions, DeregisterService, RegisterCheck, RegisterService, Service, ServiceDefinition, Services as List,
    UpdateCheck,
};
use api::catalog::{Node, NodeRow};
use api::{Answer, Call, Encoded, Error, Meta, Op, Reply, health};
use members::Member;
use parking_lot::Mutex;
use services::{Handle, Services, Settings};
use state::{At, Authority, Permitted, State, View};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Servers that may be out of reach.
#[derive(Clone, Default)]
struct Servers {
    state: Arc<Mutex<State>>,
    gone: Arc<AtomicBool>,
    writes: Arc<AtomicUsize>,
    /// Calls while they were out of reach.
    in_vain: Arc<AtomicUsize>,
}

impl Servers {
    async fn ask(self, call: Call) -> Result<Answer, Error> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        if self.gone.load(Ordering::Relaxed) {
            self.in_vain.fetch_add(1, Ordering::Relaxed);
            return Err(Error::no_leader());
        }
        let mut state = self.state.lock();
        let reply = match &*call.op {
            Op::Read(read) => state::evaluate(read, &View::new(&state, &Authority::everything()))?,
            Op::Write(write) => {
                self.writes.fetch_add(1, Ordering::Relaxed);
                state.apply(At::default(), &Permitted::internal(write.clone())).outcome?
            }
            Op::Local(_) => panic!("an operation of the agent"),
        };
        Ok(Answer { reply: Encoded::new(reply), meta: Meta::default() })
    }

    /// The instances and checks that the catalog has, with their statuses.
    fn catalog(&self) -> (Vec<String>, Vec<(String, String)>) {
        let state = self.state.lock();
        let who = Authority::everything();
        let read = |op: Op| match op {
            Op::Read(read) => state::evaluate(&read, &View::new(&state, &who)).unwrap(),
            _ => panic!("no read"),
        };
        let node = || "n1".to_owned();
        let services = read(Node { node: node(), as_list: true, ..Node::default() }.into());
        let checks = read(health::Node { node: node(), ..health::Node::default() }.into());
        let (Reply::CatalogNode(found), Reply::HealthNode(checks)) = (services, checks) else { panic!("other replies") };
        let services = found.services.into_iter().map(|row| row.id).collect();
        (services, checks.checks.into_iter().map(|row| (row.check_id, row.status)).collect())
    }

    /// What the catalog says of the node.
    fn meta(&self) -> BTreeMap<String, String> {
        let (state, who) = (self.state.lock(), Authority::everything());
        let Op::Read(read) = Node { node: "n1".to_owned(), as_list: true, ..Node::default() }.into() else { panic!("no read") };
        let Reply::CatalogNode(found) = state::evaluate(&read, &View::new(&state, &who)).unwrap() else { panic!("another reply") };
        found.node.map(|node| node.meta).unwrap_or_default()
    }

    async fn until(&self, what: impl Fn(&Self) -> bool) -> Duration {
        let began = Instant::now();
        while !what(self) {
            assert!(began.elapsed() < Duration::from_secs(3600), "{:?}", self.catalog());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        began.elapsed()
    }
}

struct Agent {
    handle: Handle,
    pool: watch::Sender<Arc<[Member]>>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Agent {
    fn start(servers: &Servers, settings: Settings, dir: Option<&Path>) -> Self {
        let me = NodeRow { node: "n1".to_owned(), address: "10.0.0.1".to_owned(), datacenter: "dc1".to_owned(), ..NodeRow::default() };
        let services = Services::new(settings, me, dir, 42).unwrap();
        let (handle, (pool, watched), stop) = (services.handle(), watch::channel(Arc::from([])), CancellationToken::new());
        let servers = servers.clone();
        let task = tokio::spawn(services.run(move |call| servers.clone().ask(call), watched, stop.clone()));
        Self { handle, pool, stop, task }
    }

    async fn call(&self, op: impl Into<Op>) -> Result<Reply, Error> {
        self.handle.answer(&Call::new(op)).await
    }

    async fn register(&self, definition: ServiceDefinition) {
        self.call(RegisterService { definition, ..RegisterService::default() }).await.unwrap();
    }

    async fn ids(&self) -> Vec<String> {
        let Reply::AgentServices(map) = self.call(List::default()).await.unwrap() else { panic!("another reply") };
        map.services.into_iter().map(|service| service.row.id).collect()
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

fn web(id: &str) -> ServiceDefinition {
    ServiceDefinition { id: id.to_owned(), name: "web".to_owned(), check: Some(ttl("", "")), ..ServiceDefinition::default() }
}

fn ttl(id: &str, service: &str) -> CheckDefinition {
    let named = |text: &str| text.to_owned();
    CheckDefinition { check_id: named(id), name: named("c"), service_id: named(service), ttl: 30_000_000_000, ..CheckDefinition::default() }
}

fn defined(services: &[&str]) -> Settings {
    let services = services.iter().map(|id| web(id)).collect();
    Settings { definitions: Definitions { services, checks: Vec::new() }, ..Settings::default() }
}

#[tokio::test(start_paused = true)]
async fn a_registration_is_in_the_catalog_when_it_is_answered() {
    let servers = Servers::default();
    let agent = Agent::start(&servers, Settings::default(), None);
    agent.register(web("a")).await;
    assert_eq!(servers.catalog(), (vec!["a".to_owned()], vec![("service:a".to_owned(), "critical".to_owned())]));
    agent.call(DeregisterService { id: "a".to_owned() }).await.unwrap();
    assert_eq!(servers.catalog(), (vec![], vec![]));
    agent.end().await;
}

#[tokio::test(start_paused = true)]
async fn it_works_without_servers_and_catches_up() {
    let servers = Servers::default();
    servers.gone.store(true, Ordering::Relaxed);
    let agent = Agent::start(&servers, defined(&["file"]), None);
    agent.register(web("api")).await;
    assert_eq!(agent.ids().await, ["api", "file"]);
    // The TTL ends, whoever hears of it.
    agent.call(UpdateCheck { id: "service:api".to_owned(), status: "passing".to_owned(), output: String::new() }).await.unwrap();
    tokio::time::sleep(Duration::from_secs(300)).await;
    servers.gone.store(false, Ordering::Relaxed);
    let late = servers.until(|servers| servers.catalog().0.len() == 2).await;
    assert!(late < Duration::from_secs(31), "{late:?}");
    servers.until(|servers| servers.catalog().1.iter().filter(|(_, status)| status == "critical").count() == 2).await;
    agent.end().await;
}

#[tokio::test(start_paused = true)]
async fn servers_out_of_reach_are_not_told_everything_each_time() {
    let servers = Servers::default();
    servers.gone.store(true, Ordering::Relaxed);
    let agent = Agent::start(&servers, Settings::default(), None);
    for number in 0..50 {
        agent.register(web(&number.to_string())).await;
    }
    let in_vain = servers.in_vain.load(Ordering::Relaxed);
    assert!(in_vain < 110, "{in_vain} calls for 50 registrations");
    servers.gone.store(false, Ordering::Relaxed);
    servers.until(|servers| servers.catalog().0.len() == 50).await;
    agent.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_new_server_is_told_soon() {
    let servers = Servers::default();
    let agent = Agent::start(&servers, defined(&["a"]), None);
    servers.until(|servers| servers.catalog().0 == ["a"]).await;
    // Somebody takes it out behind the agent's back, and a server comes.
    *servers.state.lock() = State::default();
    let tags = node::Tags {
        datacenter: "dc1".to_owned(),
        node_id: String::new(),
        kind: node::Kind::Server,
        rpc_port: Some(1),
        server: Some(node::ServerTags::default()),
    };
    let server = Member {
        name: "s1".to_owned(),
        addr: "127.0.0.1:1".parse().unwrap(),
        generation: 1,
        tags: tags.to_map(),
        status: members::Status::Alive,
        spki: Vec::new().into(),
        since: Duration::ZERO,
    };
    agent.pool.send_replace(Arc::from([server]));
    let late = servers.until(|servers| servers.catalog().0 == ["a"]).await;
    assert!(late < Duration::from_secs(4), "{late:?}");
    agent.end().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_while_nothing_changes() {
    let servers = Servers::default();
    let agent = Agent::start(&servers, defined(&["a", "b"]), None);
    servers.until(|servers| servers.catalog().0.len() == 2).await;
    // The TTLs end, and that is written within the time for outputs.
    tokio::time::sleep(Duration::from_secs(600)).await;
    let before = servers.writes.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(servers.writes.load(Ordering::Relaxed), before);
    agent.end().await;
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_an_instance_hears_of_its_change_and_of_no_other() {
    let servers = Servers::default();
    let agent = Agent::start(&servers, Settings::default(), None);
    agent.register(web("a")).await;
    let look = |hash: &str| Service { id: "a".to_owned(), hash: hash.to_owned(), wait_ms: 60_000 };
    let Reply::AgentService(seen) = agent.call(look("")).await.unwrap() else { panic!("another reply") };
    let (handle, call) = (agent.handle.clone(), Call::new(look(&seen.hash)));
    let began = Instant::now();
    let waiting = tokio::spawn(async move { (handle.answer(&call).await, began.elapsed()) });
    tokio::time::sleep(Duration::from_secs(5)).await;
    agent.register(web("b")).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    agent.register(ServiceDefinition { port: 81, ..web("a") }).await;
    let (answer, waited) = waiting.await.unwrap();
    let Reply::AgentService(now) = answer.unwrap() else { panic!("another reply") };
    assert!(now.hash != seen.hash && now.row.port == 81 && (10..11).contains(&waited.as_secs()), "{waited:?}");
    let began = Instant::now();
    agent.call(look(&now.hash)).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 60);
    agent.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_finds_what_was_registered_and_skips_what_is_damaged() {
    let (servers, dir) = (Servers::default(), tempfile::tempdir().unwrap());
    let agent = Agent::start(&servers, defined(&["file"]), Some(dir.path()));
    agent.register(web("kept")).await;
    agent.register(web("gone")).await;
    agent.call(RegisterCheck { definition: ttl("extra", "kept") }).await.unwrap();
    agent.call(UpdateCheck { id: "extra".to_owned(), status: "passing".to_owned(), output: "well".to_owned() }).await.unwrap();
    agent.call(DeregisterService { id: "gone".to_owned() }).await.unwrap();
    agent.end().await;
    let files = |sub: &str| std::fs::read_dir(dir.path().join(sub)).unwrap().filter(|e| e.as_ref().unwrap().path().is_file()).count();
    assert_eq!((files("services"), files("checks"), files("checks/state")), (1, 2, 1));
    std::fs::write(dir.path().join("services/damaged"), "{").unwrap();
    std::fs::write(dir.path().join("services/unfinished.tmp"), "{").unwrap();

    let agent = Agent::start(&servers, Settings::default(), Some(dir.path()));
    assert_eq!(agent.ids().await, ["kept"]);
    let passing = |id: &str| (id.to_owned(), "passing".to_owned());
    servers.until(|servers| servers.catalog().0 == ["kept"] && servers.catalog().1.contains(&passing("extra"))).await;
    agent.end().await;
    assert!(dir.path().join("services/damaged").exists() && !dir.path().join("services/unfinished.tmp").exists());
}

#[tokio::test(start_paused = true)]
async fn a_reload_changes_what_files_define() {
    let servers = Servers::default();
    let agent = Agent::start(&servers, defined(&["a", "b"]), None);
    servers.until(|servers| servers.catalog().0 == ["a", "b"]).await;
    let meta = BTreeMap::from([("rack".to_owned(), "2".to_owned())]);
    agent.handle.reload(defined(&["b", "c"]), meta.clone()).await.unwrap();
    servers.until(|servers| servers.catalog().0 == ["b", "c"] && servers.meta() == meta).await;
    let mut bad = defined(&["d"]);
    bad.definitions.checks.push(CheckDefinition { name: "none".to_owned(), ..CheckDefinition::default() });
    assert_eq!(
        agent.handle.reload(bad, BTreeMap::new()).await.unwrap_err().text,
        "check \"none\": Invalid check: TTL must be > 0 for TTL checks"
    );
    assert_eq!(agent.ids().await, ["b", "c"]);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(servers.meta(), meta);
    agent.end().await;
}

/// Callers that ask one thing after the other, without a pause.
async fn flood(handle: Handle, callers: usize, stop: CancellationToken) {
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..callers {
        let (handle, stop) = (handle.clone(), stop.clone());
        all.spawn(async move {
            while !stop.is_cancelled() {
                handle.answer(&Call::new(List::default())).await.unwrap();
            }
        });
    }
    all.join_all().await;
}

/// In real time: virtual time stands still while somebody works.
#[tokio::test]
async fn many_questions_hold_up_neither_the_catalog_nor_what_is_due() {
    let servers = Servers::default();
    let agent = Agent::start(&servers, Settings::default(), None);
    let stop = CancellationToken::new();
    let flooding = tokio::spawn(flood(agent.handle.clone(), 600, stop.clone()));
    let short = CheckDefinition { ttl: 200_000_000, status: "passing".to_owned(), ..ttl("", "") };
    let told = async {
        agent.register(ServiceDefinition { check: Some(short), ..web("a") }).await;
        servers.until(|servers| servers.catalog().1 == [("service:a".to_owned(), "critical".to_owned())]).await;
    };
    let told = tokio::time::timeout(Duration::from_secs(8), told).await;
    stop.cancel();
    assert!(told.is_ok(), "{:?}", servers.catalog());
    flooding.await.unwrap();
    agent.end().await;
}

/// The file of an instance.
fn file(dir: &Path, id: &str) -> std::path::PathBuf {
    use sha2::{Digest, Sha256};
    dir.join("services").join(Sha256::digest(id).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

#[tokio::test(start_paused = true)]
async fn what_a_full_disk_refuses_is_said_and_kept_as_soon_as_there_is_room() {
    let (servers, dir) = (Servers::default(), tempfile::tempdir().unwrap());
    let agent = Agent::start(&servers, Settings::default(), Some(dir.path()));
    // Whatever is written there finds no space left.
    let (file, unfinished) = (file(dir.path(), "a"), file(dir.path(), "a").with_extension("tmp"));
    std::os::unix::fs::symlink("/dev/full", &unfinished).unwrap();
    let register = RegisterService { definition: web("a"), ..RegisterService::default() };
    let refused = agent.call(register.clone()).await.unwrap_err().text;
    assert!(refused.contains(&file.display().to_string()) && refused.contains("No space left"), "{refused}");
    assert!(!file.exists() && !unfinished.exists(), "nothing is left of it");
    // It holds all the same, and is kept without being asked for again.
    servers.until(|servers| servers.catalog().0 == ["a"]).await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(agent.ids().await, ["a"]);
    assert!(file.exists());
    // What was kept before stays while something newer cannot be.
    std::os::unix::fs::symlink("/dev/full", &unfinished).unwrap();
    let before = std::fs::read(&file).unwrap();
    let other = ServiceDefinition { port: 81, ..web("a") };
    agent.call(RegisterService { definition: other, ..RegisterService::default() }).await.unwrap_err();
    assert_eq!(std::fs::read(&file).unwrap(), before);
    // One that is gone by then is not brought back.
    agent.call(DeregisterService { id: "a".to_owned() }).await.unwrap();
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(agent.ids().await, Vec::<String>::new());
    assert!(!file.exists());
    agent.end().await;
}

#[tokio::test]
async fn what_cannot_be_read_ends_the_start() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path()).unwrap();
    std::fs::write(dir.path().join("services"), "no directory").unwrap();
    let error = Services::new(Settings::default(), NodeRow::default(), Some(dir.path()), 1).err().unwrap().to_string();
    assert!(error.contains(&dir.path().join("services").display().to_string()), "{error}");
    std::fs::remove_file(dir.path().join("services")).unwrap();
    std::fs::create_dir(dir.path().join("services")).unwrap();
    // Reading it is an error of the system, whoever asks.
    let unreadable = file(dir.path(), "a");
    std::os::unix::fs::symlink("/proc/self/mem", &unreadable).unwrap();
    let error = Services::new(Settings::default(), NodeRow::default(), Some(dir.path()), 1).err().unwrap().to_string();
    assert!(error.contains(&unreadable.display().to_string()), "{error}");
}
