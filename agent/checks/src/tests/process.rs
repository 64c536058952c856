use std::path::Path;
use std::time::{Duration, Instant};

use super::{PATIENCE, polled, run, run_for, settings};
use crate::outcome::Outcome;
use crate::probe::Prober;
use crate::{OsService, Polled, Probe, Script, Settings, Status, script_environment};

fn shell(command: &str) -> Probe {
    Probe::Script(Script { args: ["/bin/sh", "-c", command].map(str::to_owned).to_vec() })
}

/// Waits until no process of that number runs any more.
async fn gone(pid: &str) {
    let began = Instant::now();
    // A zombie runs no more; who adopted it may be slow to notice.
    let runs = || std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    while runs() {
        assert!(began.elapsed() < PATIENCE, "process {pid} still runs");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits for the file to hold `count` lines.
async fn lines(path: &Path, count: usize) -> Vec<String> {
    let began = Instant::now();
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.lines().count() >= count && text.ends_with('\n') {
            return text.lines().map(str::to_owned).collect();
        }
        assert!(began.elapsed() < PATIENCE, "{path:?} has only {text:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Starts a child and a grandchild that ignore what can be ignored, writes down their numbers and waits for ever.
fn stubborn(pids: &Path) -> String {
    let pids = pids.display();
    format!(
        "trap '' TERM HUP INT; echo begin; (trap '' TERM HUP INT; echo $$ >>{pids}; sleep 600 & echo $! >>{pids}; wait) & echo $! >>{pids}; wait"
    )
}

#[tokio::test]
async fn the_exit_code_decides() {
    let outcome = async |command: &str| run(&polled(shell(command))).await;
    assert_eq!(outcome("echo out; echo err >&2; exit 0").await, Outcome::passing("out\nerr\n"));
    assert_eq!(outcome("echo warn; exit 1").await, Outcome::warning("warn\n"));
    assert_eq!(outcome("echo crit; exit 2").await, Outcome::critical("crit\n"));
    assert_eq!(outcome("kill -9 $$").await, Outcome::critical(""));
}

#[tokio::test]
async fn what_cannot_be_started_is_critical() {
    let missing = Probe::Script(Script { args: vec!["/no/such/prog".into()] });
    assert_eq!(run(&polled(missing)).await, Outcome::critical("fork/exec /no/such/prog: no such file or directory"));
    assert_eq!(run(&polled(Probe::Script(Script { args: Vec::new() }))).await, Outcome::critical("Script check has no Args"));
}

#[tokio::test]
async fn no_shell_comes_between() {
    let probe = Probe::Script(Script { args: ["/bin/echo", "$HOME;", "`id`"].map(str::to_owned).to_vec() });
    assert_eq!(run(&polled(probe)).await, Outcome::passing("$HOME; `id`\n"));
}

#[tokio::test]
async fn output_is_bounded_and_any_bytes() {
    let limited = Polled { output_max: 10, ..polled(shell("echo 0123456789abcdefghij")) };
    assert_eq!(run(&limited).await, Outcome::passing("Captured 10 of 21 bytes\n...\nbcdefghij\n"));
    let outcome = run(&polled(shell("head -c 50000000 /dev/zero"))).await;
    assert_eq!(outcome.output, format!("Captured 4096 of 50000000 bytes\n...\n{}", "\0".repeat(4096)));
    assert_eq!(run(&polled(shell("printf 'a\\377b'"))).await, Outcome::passing("a\u{FFFD}b"));
}

#[tokio::test]
async fn a_timeout_kills_the_whole_group() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let probe = shell(&stubborn(&pids));
    let outcome = run_for(probe, Duration::from_secs(1)).await;
    assert_eq!(outcome, Outcome::critical("Timed out (1s) running check\n\nbegin\n"));
    for pid in lines(&pids, 3).await {
        gone(&pid).await;
    }
}

#[tokio::test]
async fn endless_output_ends_with_the_timeout() {
    let outcome = run_for(shell("yes"), Duration::from_millis(300)).await;
    assert!(outcome.output.starts_with("Timed out (300ms) running check\n\nCaptured 4096 of "), "{}", outcome.output);
    assert_eq!(outcome.status, Status::Critical);
}

#[tokio::test]
async fn who_keeps_the_output_open_is_waited_for() {
    let outcome = run_for(shell("sleep 600 & echo parent"), Duration::from_millis(300)).await;
    assert_eq!(outcome, Outcome::critical("Timed out (300ms) running check\n\nparent\n"));
}

#[tokio::test]
async fn a_cancelled_run_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let check = polled(shell(&stubborn(&pids)));
    let task = tokio::spawn(async move { run(&check).await });
    let pids = lines(&pids, 3).await;
    task.abort();
    for pid in pids {
        gone(&pid).await;
    }
}

#[tokio::test]
async fn secrets_of_the_agent_are_not_handed_on() {
    let variables = ["CONSUL_HTTP_TOKEN", "consul_http_auth", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "HOME", "CONSUL_HTTP_ADDR"];
    let environment = script_environment(variables.map(|name| (name.into(), "x".into())));
    let prober = Prober::new(Settings { environment, ..settings() });
    let outcome = prober.run(&polled(Probe::Script(Script { args: vec!["/usr/bin/env".into()] }))).await;
    assert_eq!(outcome, Outcome::passing("CONSUL_HTTP_ADDR=x\nHOME=x\n"));
}

#[tokio::test]
async fn systemd_is_asked_for_units() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let systemctl = folder.path().join("systemctl");
    std::fs::write(&systemctl, "#!/bin/sh\n[ \"$1 $2\" = 'is-active --' ] || exit 9\necho \"$3\"\n[ \"$3\" = active ] || exit 3\n")
        .unwrap();
    std::fs::set_permissions(&systemctl, std::fs::Permissions::from_mode(0o755)).unwrap();
    let prober = Prober::new(Settings { systemctl, ..settings() });
    let outcome = async |name: &str| prober.run(&polled(Probe::OsService(OsService { name: name.into() }))).await;
    assert_eq!(outcome("active").await, Outcome::passing("OS service \"active\" is active"));
    assert_eq!(outcome("activating").await, Outcome::warning("OS service \"activating\" is activating"));
    assert_eq!(outcome("failed").await, Outcome::critical("OS service \"failed\" is failed"));
    assert_eq!(outcome("--version").await, Outcome::critical("OS service \"--version\" is --version"));
    let prober = Prober::new(Settings { systemctl: "/no/systemctl".into(), ..settings() });
    let outcome = prober.run(&polled(Probe::OsService(OsService { name: "x".into() }))).await;
    assert_eq!(outcome, Outcome::critical("fork/exec /no/systemctl: no such file or directory"));
}
