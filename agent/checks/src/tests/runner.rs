use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::servers::{response, serve};
use super::{PATIENCE, http, polled, settings};
use crate::{Aliased, Aliases, Checks, Observed, Plan, Polled, Probe, Refused, Report, Results, Script, Scripts, Settings};
use crate::{Source, Status, Target};

/// A host that shows one target to all aliases.
struct Host(watch::Receiver<Result<Observed, String>>);

impl Aliases for Host {
    async fn observe(&self, _: &Target, after: Option<u64>) -> Result<Observed, String> {
        let mut known = self.0.clone();
        let news = known.wait_for(|now| now.as_ref().map_or(true, |now| Some(now.version) != after)).await;
        news.map_or_else(|_| Err("gone".to_owned()), |news| news.clone())
    }
}

fn observed(version: u64, status: Status) -> Result<Observed, String> {
    let check = Aliased { id: "c".into(), name: "C".into(), service: "web".into(), status, output: "out".into() };
    Ok(Observed { version, exists: true, checks: vec![check] })
}

fn start(settings: Settings) -> (Checks, Results, watch::Sender<Result<Observed, String>>) {
    let (sender, receiver) = watch::channel(observed(1, Status::Passing));
    let (checks, results) = Checks::new(settings, Host(receiver));
    (checks, results, sender)
}

async fn next(results: &mut Results) -> Report {
    timeout(PATIENCE, results.recv()).await.expect("a report comes").expect("the runner lives")
}

fn report(id: &str, status: Status, output: impl Into<String>) -> Report {
    Report { id: id.into(), status, output: output.into() }
}

fn script(command: &str) -> Plan {
    Plan::Polled(polled(Probe::Script(Script { args: ["/bin/sh", "-c", command].map(str::to_owned).to_vec() })))
}

#[tokio::test]
async fn a_check_is_run_again_and_again() {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    let address = serve(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 | 1 => response("200 OK", "", "fine"),
        _ => response("503 Busy", "", "no"),
    })
    .await;
    let (checks, mut results, _host) = start(settings());
    let url = format!("http://{address}/");
    checks.set("web", Plan::Polled(polled(Probe::Http(http(&url)))), Source::Api).unwrap();
    assert_eq!(next(&mut results).await, report("web", Status::Passing, format!("HTTP GET {url}: 200 OK Output: fine")));
    assert_eq!(next(&mut results).await, report("web", Status::Critical, format!("HTTP GET {url}: 503 Busy Output: no")));
    assert_eq!(requests.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_removed_check_is_killed_and_heard_of_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let (checks, mut results, _host) = start(Settings { scripts: Scripts::All, ..settings() });
    checks.set("slow", script(&format!("echo $$ >{}; sleep 600", pid.display())), Source::Api).unwrap();
    let began = Instant::now();
    let number = loop {
        let text = std::fs::read_to_string(&pid).unwrap_or_default();
        if let Some(number) = text.strip_suffix('\n') {
            break number.to_owned();
        }
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    checks.remove("slow");
    while std::fs::read_to_string(format!("/proc/{number}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(began.elapsed() < PATIENCE, "the script still runs");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    checks.set("quick", script("echo done"), Source::Api).unwrap();
    assert_eq!(next(&mut results).await, report("quick", Status::Passing, "done\n"));
}

#[tokio::test(start_paused = true)]
async fn a_report_of_an_old_plan_never_arrives() {
    let (checks, mut results, host) = start(settings());
    let alias = |node: &str| Plan::Alias(Target { node: node.into(), service: "web".into() });
    checks.set("a", alias("n1"), Source::Api).unwrap();
    checks.set("b", alias("n1"), Source::Api).unwrap();
    // Both have been looked at, and their reports wait.
    tokio::time::sleep(Duration::from_secs(2)).await;
    host.send(observed(2, Status::Critical)).unwrap();
    checks.set("a", alias("n2"), Source::Api).unwrap();
    checks.remove("b");
    assert_eq!(next(&mut results).await, report("a", Status::Critical, "Aliased check \"C\" failing: out"));
    assert!(timeout(Duration::from_secs(1000), results.recv()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_alias_follows() {
    let (checks, mut results, host) = start(settings());
    let target = Target { node: String::new(), service: "web".into() };
    checks.set("alias", Plan::Alias(target), Source::Api).unwrap();
    assert_eq!(next(&mut results).await, report("alias", Status::Passing, "All checks passing."));
    host.send(observed(2, Status::Critical)).unwrap();
    assert_eq!(next(&mut results).await, report("alias", Status::Critical, "Aliased check \"C\" failing: out"));
    host.send(Err("no server in reach".into())).unwrap();
    assert_eq!(next(&mut results).await, report("alias", Status::Critical, "no server in reach"));
    host.send(observed(3, Status::Passing)).unwrap();
    assert_eq!(next(&mut results).await, report("alias", Status::Passing, "All checks passing."));
    checks.remove("alias");
    host.send(observed(4, Status::Critical)).unwrap();
    assert!(timeout(Duration::from_secs(1000), results.recv()).await.is_err());
}

#[tokio::test]
async fn scripts_are_refused_unless_allowed() {
    for (scripts, local, remote) in [(Scripts::Off, false, false), (Scripts::Local, true, false), (Scripts::All, true, true)] {
        let (checks, _results, _host) = start(Settings { scripts, ..settings() });
        let set = |source| checks.set("s", script("exit 0"), source);
        assert_eq!(set(Source::Configuration).is_ok(), local);
        assert_eq!(set(Source::Api), if remote { Ok(()) } else { Err(Refused::Scripts) });
    }
}

#[tokio::test]
async fn few_run_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let (checks, mut results, _host) = start(Settings { scripts: Scripts::All, max_processes: 2, ..settings() });
    for number in 0..12 {
        let command = format!("echo + >>{log}; sleep 0.05; echo - >>{log}; echo {number}", log = log.display());
        checks.set(&format!("c{number}"), script(&command), Source::Api).unwrap();
    }
    for _ in 0..12 {
        next(&mut results).await;
    }
    let (mut at_once, mut most) = (0, 0);
    for line in std::fs::read_to_string(&log).unwrap().lines() {
        at_once += if line == "+" { 1 } else { -1 };
        most = most.max(at_once);
    }
    assert_eq!(most, 2);
}

#[tokio::test]
async fn everything_stops_with_the_last_handle() {
    let (checks, mut results, _host) = start(settings());
    let other = checks.clone();
    drop(checks);
    let plan = Polled { interval: Duration::from_secs(1), ..polled(Probe::Http(http("::bad"))) };
    other.set("x", Plan::Polled(plan), Source::Api).unwrap();
    assert_eq!(next(&mut results).await.status, Status::Critical);
    drop(other);
    assert_eq!(timeout(PATIENCE, results.recv()).await, Ok(None));
}
