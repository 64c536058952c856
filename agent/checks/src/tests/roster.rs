use std::collections::{HashMap, HashSet};
use std::time::Duration;

use proptest::prelude::*;

use crate::outcome::Outcome;
use crate::roster::{Key, Roster, Start};
use crate::{Plan, Polled, Probe, Refused, Script, Settings, Target, Tcp, Thresholds};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn plan(probe: Probe, interval: Duration) -> Plan {
    Plan::Polled(Polled { probe, interval, timeout: None, thresholds: Thresholds::default(), output_max: 4096 })
}

fn tcp(interval: u64) -> Plan {
    plan(Probe::Tcp(Tcp { address: "a:1".into(), tls: None }), s(interval))
}

fn script(interval: u64) -> Plan {
    plan(Probe::Script(Script { args: vec!["x".into()] }), s(interval))
}

fn roster() -> Roster {
    Roster::new(&Settings { max_checks: 3, max_probes: 2, max_processes: 1, ..Settings::default() })
}

/// Goes on from one thing to the next until something starts; when that is, and what.
fn next_start(roster: &mut Roster) -> (Duration, Start) {
    let mut now = Duration::ZERO;
    for _ in 0..10 {
        let mut step = roster.step(now);
        if let Some(start) = step.start.pop() {
            return (now, start);
        }
        now = step.next.expect("something comes");
    }
    panic!("nothing starts");
}

#[test]
fn runs_follow_each_other_at_the_interval() {
    let mut roster = roster();
    roster.set("a", tcp(10), s(0)).unwrap();
    let (began, run) = next_start(&mut roster);
    assert!(began <= s(10));
    assert!(roster.step(began + s(100)).start.is_empty(), "a second run at a time");
    // A short run: an interval after it began.
    assert_eq!(roster.finish(&run, Some(Outcome::passing("ok")), began + s(3)).unwrap().output, "ok");
    assert_eq!(roster.step(began + s(9)).next, Some(began + s(10)));
    let run = roster.step(began + s(10)).start.pop().unwrap();
    // A long one: at once.
    roster.finish(&run, Some(Outcome::passing("ok")), began + s(25));
    assert_eq!(roster.step(began + s(25)).start.len(), 1);
}

#[test]
fn only_changes_are_reported() {
    let mut roster = roster();
    roster.set("a", tcp(10), s(0)).unwrap();
    let (mut now, mut run) = next_start(&mut roster);
    let mut told = Vec::new();
    for outcome in [Outcome::passing("a"), Outcome::passing("a"), Outcome::passing("b"), Outcome::critical("b")] {
        told.push(roster.finish(&run, Some(outcome), now).is_some());
        now += s(10);
        run = roster.step(now).start.pop().unwrap();
    }
    assert_eq!(told, [true, false, true, true]);
    // Set again, the host hears again, without a new schedule.
    roster.set("a", tcp(10), now).unwrap();
    assert!(roster.finish(&run, Some(Outcome::critical("b")), now).is_some());
    assert_eq!(roster.step(now).next, Some(now + s(10)));
}

#[test]
fn what_is_removed_is_forgotten() {
    let mut roster = roster();
    roster.set("t", tcp(10), s(0)).unwrap();
    roster.remove("t");
    assert_eq!(roster.step(s(0)).next, None);
    roster.set("a", tcp(10), s(0)).unwrap();
    let (began, run) = next_start(&mut roster);
    roster.remove("a");
    assert!(!roster.has(run.key));
    let step = roster.step(began);
    assert_eq!((step.cancel.as_slice(), step.next), ([run.key].as_slice(), None));
    assert!(roster.finish(&run, None, began).is_none());
    let step = roster.step(s(1000));
    assert!(step.start.is_empty() && step.cancel.is_empty());
}

#[test]
fn an_alias_is_followed_until_it_is_removed() {
    let mut roster = roster();
    let target = Target { node: String::new(), service: "web".into() };
    roster.set("gone", Plan::Alias(target.clone()), s(0)).unwrap();
    roster.remove("gone");
    roster.set("a", Plan::Alias(target.clone()), s(0)).unwrap();
    let mut step = roster.step(s(0));
    let follow = step.follow.pop().unwrap();
    assert!(step.follow.is_empty() && step.cancel.is_empty() && step.next.is_none());
    assert_eq!((follow.id.as_str(), &follow.target), ("a", &target));
    assert!(roster.observe(follow.key, Outcome::passing("x")).is_some());
    assert!(roster.observe(follow.key, Outcome::passing("x")).is_none());
    roster.remove("a");
    assert!(roster.observe(follow.key, Outcome::critical("x")).is_none());
    assert_eq!(roster.step(s(0)).cancel, [follow.key]);
}

#[test]
fn there_is_a_limit() {
    let mut roster = roster();
    for id in ["a", "b", "c"] {
        roster.set(id, tcp(1), s(0)).unwrap();
    }
    assert_eq!(roster.set("d", tcp(1), s(0)), Err(Refused::Full(3)));
    roster.set("c", script(1), s(0)).unwrap();
    roster.remove("a");
    roster.set("d", tcp(1), s(0)).unwrap();
}

#[test]
fn slow_scripts_hold_up_no_probes() {
    let mut roster = roster();
    roster.set("s1", script(1), s(0)).unwrap();
    roster.set("s2", script(1), s(0)).unwrap();
    roster.set("p", tcp(1), s(0)).unwrap();
    let started = roster.step(s(5)).start;
    let scripts = started.iter().filter(|start| matches!(&*start.plan, Plan::Polled(polled) if polled.probe.is_process())).count();
    assert_eq!((started.len(), scripts), (2, 1));
    // The other one's turn comes before the first one's next.
    let first = started.iter().find(|start| matches!(&*start.plan, Plan::Polled(polled) if polled.probe.is_process())).unwrap();
    roster.finish(first, Some(Outcome::passing("")), s(60));
    let second = roster.step(s(60)).start.pop().unwrap();
    assert_ne!(second.key, first.key);
}

#[derive(Clone, Debug)]
enum Happening {
    Set(u8, u64, bool),
    Remove(u8),
    Pass(u64),
    Finish(prop::sample::Index),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        (0..6_u8, 1..20_u64, any::<bool>()).prop_map(|(id, interval, process)| Happening::Set(id, interval, process)),
        (0..6_u8).prop_map(Happening::Remove),
        (0..15_u64).prop_map(Happening::Pass),
        any::<prop::sample::Index>().prop_map(Happening::Finish),
    ]
}

proptest! {
    /// Whatever happens: nothing runs twice at a time, too often, with too many others or after it is gone; and nothing is forgotten.
    #[test]
    fn the_rules_hold(happenings in prop::collection::vec(happening(), 1..200), seed: u64) {
        const PROBES: usize = 2;
        let settings = Settings { seed, max_probes: PROBES, max_processes: 1, ..Settings::default() };
        let mut roster = Roster::new(&settings);
        let mut now = s(0);
        let mut plans: HashMap<String, Plan> = HashMap::new();
        let mut running: Vec<Start> = Vec::new();
        let mut began: HashMap<Key, Duration> = HashMap::new();
        let mut ended: HashSet<Key> = HashSet::new();
        for (turn, happening) in happenings.into_iter().enumerate() {
            match happening {
                Happening::Set(id, interval, process) => {
                    let plan = if process { script(interval) } else { tcp(interval) };
                    roster.set(&id.to_string(), plan.clone(), now).unwrap();
                    plans.insert(id.to_string(), plan);
                }
                Happening::Remove(id) => {
                    roster.remove(&id.to_string());
                    plans.remove(&id.to_string());
                }
                Happening::Pass(seconds) => now += s(seconds),
                Happening::Finish(which) if !running.is_empty() => {
                    let run = running.swap_remove(which.index(running.len()));
                    let report = roster.finish(&run, Some(Outcome::passing(turn.to_string())), now);
                    prop_assert_eq!(report.is_some(), roster.has(run.key));
                    ended.insert(run.key);
                }
                Happening::Finish(_) => {}
            }
            let step = roster.step(now);
            for key in step.cancel {
                let at = running.iter().position(|run| run.key == key);
                if let Some(at) = at {
                    let run = running.swap_remove(at);
                    prop_assert!(roster.finish(&run, None, now).is_none());
                }
            }
            for start in step.start {
                prop_assert!(roster.has(start.key) && running.iter().all(|run| run.key != start.key));
                let Plan::Polled(polled) = &*start.plan else { panic!("only polled checks run") };
                if let Some(before) = began.insert(start.key, now) {
                    prop_assert!(ended.remove(&start.key) && now >= before + polled.interval);
                }
                running.push(start);
            }
            let processes = |run: &&Start| matches!(&*run.plan, Plan::Polled(polled) if polled.probe.is_process());
            let scripts = running.iter().filter(processes).count();
            prop_assert!(scripts <= 1 && running.len() - scripts <= PROBES);
        }
        // All that is left gets its turn when there is time.
        for _ in 0..plans.len() * 40 {
            for run in std::mem::take(&mut running) {
                roster.finish(&run, Some(Outcome::passing("")), now);
            }
            now += s(1);
            let step = roster.step(now);
            for key in step.cancel {
                prop_assert!(!roster.has(key));
            }
            running.extend(step.start);
            for run in &running {
                began.insert(run.key, now);
            }
        }
        let alive = began.keys().filter(|key| roster.has(**key)).count();
        prop_assert_eq!(alive, plans.len());
    }
}
