//! Lines as they come out at the end.
#![allow(clippy::unwrap_used, missing_docs)]

use parking_lot::{Condvar, Mutex};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use telemetry::{Console, Guard, Level, LogFile, LogSettings, Settings, TraceSettings, prepare};
use tracing::dispatcher::{Dispatch, with_default};

/// A console that keeps what it shows, and can be stuck.
#[derive(Clone, Default)]
struct Screen(Arc<Shown>);

#[derive(Default)]
struct Shown {
    bytes: Mutex<Vec<u8>>,
    stuck: Mutex<bool>,
    unstuck: Condvar,
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut stuck = self.0.stuck.lock();
        while *stuck {
            self.0.unstuck.wait(&mut stuck);
        }
        self.0.bytes.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    fn stick(&self, stuck: bool) {
        *self.0.stuck.lock() = stuck;
        self.0.unstuck.notify_all();
    }

    /// The lines, each without its timestamp, whose form was checked.
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.bytes.lock().clone()).unwrap();
        let line = |line: &str| {
            let (stamp, rest) = line.split_at(24);
            let form: String = stamp.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            assert_eq!(form, "0000-00-00T00:00:00.000Z", "{line}");
            rest.to_owned()
        };
        text.lines().map(line).collect()
    }
}

fn begin(level: Level, file: Option<LogFile>) -> (Screen, Dispatch, Guard) {
    let screen = Screen::default();
    let log = LogSettings { level, json: false, console: Console::To(Box::new(screen.clone())), file };
    let (dispatch, guard) = prepare(Settings { log, traces: TraceSettings::default() }, &|_| None).unwrap();
    (screen, dispatch, guard)
}

fn flushed(guard: &Guard) {
    assert!(guard.flush(Duration::from_secs(5)));
}

#[test]
fn events_become_lines() {
    let (screen, dispatch, guard) = begin(Level::INFO, None);
    with_default(&dispatch, || {
        tracing::info!(target: "lan::driver", name = "n 1", addr = %"127.0.0.1:8301", up = true, "member joined");
        tracing::warn!(target: "agent", error = ?Some("x"), "cannot {}", "do it");
        tracing::error!(target: "agent", "a\nforged line\u{1b}[31m");
        tracing::info!(target: "agent", key = "a b\n2026-01-01T00:00:00.000Z [ERROR] agent: forged");
        tracing::debug!(target: "agent", "not shown");
    });
    flushed(&guard);
    assert_eq!(
        screen.lines(),
        [
            " [INFO]  lan: member joined: name=\"n 1\" addr=127.0.0.1:8301 up=true",
            " [WARN]  agent: cannot do it: error=\"Some(\\\"x\\\")\"",
            " [ERROR] agent: a\\nforged line\\u{1b}[31m",
            " [INFO]  agent: : key=\"a b\\n2026-01-01T00:00:00.000Z [ERROR] agent: forged\"",
        ]
    );
}

#[test]
fn the_level_is_changed_at_run_time() {
    let (screen, dispatch, guard) = begin(Level::WARN, None);
    let speak = || {
        with_default(&dispatch, || {
            tracing::debug!(target: "agent", "debug");
            tracing::info!(target: "agent", "info");
            tracing::info!(target: "openraft::core", "a library's own affairs");
            tracing::warn!(target: "openraft::core", "a library's worries");
        });
    };
    speak();
    guard.level_switch().set(Level::INFO);
    speak();
    guard.level_switch().set(Level::ERROR);
    speak();
    guard.level_switch().set(Level::TRACE);
    speak();
    flushed(&guard);
    let lines: Vec<String> = screen.lines();
    let worry = " [WARN]  openraft: a library's worries";
    let expected = [
        worry,
        " [INFO]  agent: info",
        worry,
        " [DEBUG] agent: debug",
        " [INFO]  agent: info",
        " [INFO]  openraft: a library's own affairs",
        worry,
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_stuck_terminal_costs_lines_and_nothing_else() {
    let (screen, dispatch, guard) = begin(Level::INFO, None);
    screen.stick(true);
    let body = "x".repeat(8000);
    with_default(&dispatch, || (0..2000).for_each(|number| tracing::info!(target: "agent", number, body, "much")));
    let dropped = guard.dropped_lines();
    assert!(dropped > 1000, "4 MiB are kept of 16: {dropped} of 2000 dropped");
    assert!(!guard.flush(Duration::from_millis(1)), "flushing gives up");
    screen.stick(false);
    flushed(&guard);
    let lines = screen.lines();
    assert_eq!(lines.len() as u64, 2000 - dropped + 1);
    let said = format!(" [WARN]  telemetry: log lines were dropped, since the log could not be written fast enough: count={dropped}");
    assert!(lines.contains(&said), "{:?}", lines.last());
}

#[test]
fn a_file_gets_the_same_lines_and_ends_whole() {
    let directory = tempfile::tempdir().unwrap();
    let file = LogFile {
        path: directory.path().join("delian.log"),
        rotate_bytes: Some(1000),
        rotate_duration: Duration::from_secs(3600),
        rotate_max_files: None,
    };
    let (screen, dispatch, guard) = begin(Level::INFO, Some(file));
    with_default(&dispatch, || (0..100).for_each(|number| tracing::info!(target: "agent", number, "line")));
    drop(guard);
    let mut files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 3, "{files:?}");
    let written: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert_eq!(written.lines().count(), 100);
    assert_eq!(written.as_bytes(), screen.0.bytes.lock().as_slice());
}

#[test]
fn json_lines_are_objects() {
    let screen = Screen::default();
    let log = LogSettings { json: true, console: Console::To(Box::new(screen.clone())), ..LogSettings::default() };
    let variable = |name: &str| (name == "OTEL_TRACES_SAMPLER").then(|| "nonsense".to_owned());
    let (dispatch, guard) = prepare(Settings { log, traces: TraceSettings::default() }, &variable).unwrap();
    with_default(&dispatch, || tracing::info!(target: "lan::driver", zeal = 1.5, age = -1, "say \"hi\"\n"));
    flushed(&guard);
    let text = String::from_utf8(screen.0.bytes.lock().clone()).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["@message"], "a variable of the environment is ignored");
    let keys: Vec<_> = lines[1].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["@level", "@message", "@module", "@timestamp", "age", "zeal"]);
    assert_eq!((&lines[1]["@message"], &lines[1]["@module"]), (&"say \"hi\"\n".into(), &"lan".into()));
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("missing/delian.log");
    let file = LogFile { path: path.clone(), rotate_bytes: None, rotate_duration: Duration::from_secs(1), rotate_max_files: None };
    let log = LogSettings { file: Some(file), ..LogSettings::default() };
    let refused = prepare(Settings { log, traces: TraceSettings::default() }, &|_| None).err().unwrap().to_string();
    assert!(refused.starts_with(&format!("cannot write log files at {}: ", path.display())), "{refused}");
}

#[test]
fn a_collector_that_cannot_be_spoken_to_is_named() {
    for (endpoint, reason) in [
        ("http://", "not of the form http://host:port or https://host:port"),
        ("ftp://h:1", "not of the form http://host:port or https://host:port"),
        ("https://h:1", "https needs certificate authorities to verify the collector with, and none are set"),
    ] {
        let traces = TraceSettings { endpoint: Some(endpoint.into()), ..TraceSettings::default() };
        let refused = prepare(Settings { log: LogSettings::default(), traces }, &|_| None).err().unwrap().to_string();
        assert_eq!(refused, format!("cannot send traces to {endpoint}: {reason}"));
    }
}

/// What has come for a reader so far, without timestamps.
fn read(lines: &mut telemetry::LogLines) -> Vec<String> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut read = Vec::new();
    while let std::task::Poll::Ready(Some(line)) = lines.poll_next(&mut context) {
        read.push(line[24..].trim_end().to_owned());
    }
    read
}

#[test]
fn a_reader_has_a_level_of_its_own_and_costs_nothing_once_gone() {
    let (screen, dispatch, guard) = begin(Level::WARN, None);
    with_default(&dispatch, || {
        assert!(!tracing::enabled!(Level::DEBUG));
        let mut curious = guard.tap().read(Level::DEBUG, false).unwrap();
        let mut calm = guard.tap().read(Level::ERROR, false).unwrap();
        let mut machine = guard.tap().read(Level::INFO, true).unwrap();
        tracing::debug!(target: "agent", "small");
        tracing::error!(target: "agent", size = 7, "large");
        assert_eq!(read(&mut curious), [" [DEBUG] agent: small", " [ERROR] agent: large: size=7"]);
        assert_eq!(read(&mut calm), [" [ERROR] agent: large: size=7"]);
        let json = read(&mut machine);
        assert!(json.len() == 1 && json[0].contains(r#""@module":"agent""#) && json[0].ends_with(r#""size":7}"#), "{json:?}");
        drop((curious, calm, machine));
        assert!(!tracing::enabled!(Level::DEBUG), "nobody asks for it any more");
    });
    assert!(guard.flush(Duration::from_secs(10)));
    assert_eq!(screen.lines(), [" [ERROR] agent: large: size=7"], "the log itself has its own level");
}

#[test]
fn a_slow_reader_loses_lines_and_is_told_how_many() {
    let (_screen, dispatch, guard) = begin(Level::ERROR, None);
    with_default(&dispatch, || {
        let mut slow = guard.tap().read(Level::INFO, false).unwrap();
        (0..515).for_each(|number| tracing::info!(target: "agent", number, "line"));
        let kept = read(&mut slow);
        assert_eq!((kept.len(), kept[511].as_str()), (512, " [INFO]  agent: line: number=511"));
        tracing::info!(target: "agent", "after");
        let told = " [WARN]  telemetry: lines were lost, since they were not read fast enough: count=3";
        assert_eq!(read(&mut slow), [told, " [INFO]  agent: after"]);
    });
}

#[test]
fn readers_are_bounded() {
    let (_screen, _dispatch, guard) = begin(Level::ERROR, None);
    let readers: Vec<_> = (0..16).map(|_| guard.tap().read(Level::INFO, false).unwrap()).collect();
    assert!(guard.tap().read(Level::INFO, false).is_err());
    drop(readers);
    assert!(guard.tap().read(Level::INFO, false).is_ok());
}
