//! Whatever happened before, a comparison makes the catalog say what the agent knows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use api::catalog::{CheckRow, Deregister, NodeRow, Register, ServiceRow};
use local::{Outcome, Settings};
use proptest::prelude::*;
use proptest::sample::select;
use std::time::Duration;
use world::{NODE, World, service, ttl};

const SERVICES: [&str; 3] = ["a", "b", "c"];
const CHECKS: [&str; 4] = ["x", "y", "z", "service:a"];
const STATUSES: [&str; 3] = ["passing", "warning", "critical"];

/// Something that happens to the agent, to the catalog, or on the way between them.
#[derive(Clone, Debug)]
enum Event {
    Service {
        id: &'static str,
        port: i32,
        tagged: bool,
        over: bool,
        checked: bool,
    },
    NoService(&'static str),
    Check {
        id: &'static str,
        of: &'static str,
    },
    NoCheck(&'static str),
    Beat {
        id: &'static str,
        status: &'static str,
        output: &'static str,
    },
    Maintenance {
        of: &'static str,
        enable: bool,
    },
    Pass(u64),
    /// Writes, of which those are lost or refused whose turn the numbers say.
    Flush {
        lost: usize,
        denied: usize,
    },
    /// Somebody changes the catalog behind the agent's back.
    Tamper(Tamper),
}

#[derive(Clone, Debug)]
enum Tamper {
    Service(&'static str),
    Check(&'static str, &'static str),
    DropService(&'static str),
    DropCheck(&'static str),
    DropNode,
    Meta,
}

fn event() -> impl Strategy<Value = Event> {
    let id = || select(&SERVICES[..]);
    let check = || select(&CHECKS[..]);
    let of = || prop_oneof![Just(""), id()];
    prop_oneof![
        4 => (id(), 1..3i32, any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(id, port, tagged, over, checked)| Event::Service { id, port, tagged, over, checked }),
        2 => id().prop_map(Event::NoService),
        3 => (check(), of()).prop_map(|(id, of)| Event::Check { id, of }),
        1 => check().prop_map(Event::NoCheck),
        4 => (check(), select(&STATUSES[..]), select(&["", "o", "p"][..])).prop_map(|(id, status, output)| Event::Beat { id, status, output }),
        1 => (of(), any::<bool>()).prop_map(|(of, enable)| Event::Maintenance { of, enable }),
        2 => (1..400u64).prop_map(Event::Pass),
        3 => (0..4usize, 0..4usize).prop_map(|(lost, denied)| Event::Flush { lost, denied }),
        4 => tamper().prop_map(Event::Tamper),
    ]
}

fn tamper() -> impl Strategy<Value = Tamper> {
    prop_oneof![
        3 => select(&["a", "b", "stray"][..]).prop_map(Tamper::Service),
        2 => (select(&["x", "service:a", "stray"][..]), select(&["", "a", "b"][..])).prop_map(|(id, of)| Tamper::Check(id, of)),
        2 => select(&SERVICES[..]).prop_map(Tamper::DropService),
        1 => select(&CHECKS[..]).prop_map(Tamper::DropCheck),
        1 => Just(Tamper::DropNode),
        1 => Just(Tamper::Meta),
    ]
}

fn happen(world: &mut World, event: &Event) {
    let now = world.now;
    match event {
        Event::Service { id, port, tagged, over, checked } => {
            let mut definition = service(id);
            definition.port = *port;
            definition.enable_tag_override = *over;
            definition.tags.extend(tagged.then(|| "t".to_owned()));
            definition.check = checked.then(|| ttl("", ""));
            world.register(definition);
        }
        Event::NoService(id) => drop(world.local.deregister_service(id).unwrap()),
        // It may be of an instance that is not there.
        Event::Check { id, of } => drop(world.register_check(ttl(id, of))),
        Event::NoCheck(id) => drop(world.local.deregister_check(id).unwrap()),
        Event::Beat { id, status, output } => drop(world.local.update_ttl(now, id, status, output)),
        Event::Maintenance { of: "", enable } => drop(world.local.set_node_maintenance(now, *enable, "", &api::Token::default())),
        Event::Maintenance { of, enable } => drop(world.local.set_service_maintenance(now, of, *enable, "", &api::Token::default())),
        Event::Pass(seconds) => drop(world.pass(Duration::from_secs(*seconds))),
        Event::Flush { lost, denied } => {
            let mut turn = 0;
            world.flush(|| {
                turn += 1;
                match turn {
                    turn if turn == *lost => Outcome::Failed,
                    turn if turn == *denied => Outcome::Denied,
                    _ => Outcome::Written,
                }
            });
        }
        Event::Tamper(tamper) => happen_behind(world, tamper),
    }
}

fn happen_behind(world: &mut World, tamper: &Tamper) {
    let node = || Some(NodeRow { node: NODE.to_owned(), address: "10.0.0.1".to_owned(), ..NodeRow::default() });
    match tamper {
        Tamper::Service(id) => {
            let row = ServiceRow { id: (*id).to_owned(), service: "web".to_owned(), tags: vec!["other".to_owned()], ..Default::default() };
            world.write(Register { node: node(), skip_node_update: true, service: Some(row), ..Default::default() });
        }
        Tamper::Check(id, of) => {
            let row =
                CheckRow { check_id: (*id).to_owned(), service_id: (*of).to_owned(), output: "other".to_owned(), ..Default::default() };
            // Refused where there is no such instance.
            world.write(Register { node: node(), skip_node_update: true, checks: vec![row], ..Default::default() });
        }
        Tamper::DropService(id) => {
            world.write(Deregister { node: NODE.to_owned(), service_id: (*id).to_owned(), ..Default::default() });
        }
        Tamper::DropCheck(id) => {
            world.write(Deregister { node: NODE.to_owned(), check_id: (*id).to_owned(), ..Default::default() });
        }
        Tamper::DropNode => {
            world.write(Deregister { node: NODE.to_owned(), ..Default::default() });
        }
        Tamper::Meta => {
            world.write(Register { node: node(), ..Default::default() });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_comparison_is_enough_and_another_writes_nothing(events in proptest::collection::vec(event(), 0..40)) {
        // Outputs are written at once, or the catalog would rightly have old ones.
        let mut world = World::new(Settings { check_update_interval: Duration::ZERO, ..Settings::default() });
        for event in &events {
            happen(&mut world, event);
        }
        world.sync();
        prop_assert_eq!(world.agrees(), Ok(()));
        prop_assert!(world.local.is_in_sync());
        prop_assert_eq!(world.sync(), 0);
    }

    #[test]
    fn what_is_not_lost_needs_no_comparison(events in proptest::collection::vec(event(), 0..40)) {
        let mut world = World::new(Settings { check_update_interval: Duration::ZERO, ..Settings::default() });
        world.sync();
        for event in events.iter().filter(|event| !matches!(event, Event::Tamper(_) | Event::Flush { .. })) {
            happen(&mut world, event);
            world.flush(|| Outcome::Written);
            prop_assert_eq!(world.agrees(), Ok(()));
        }
        prop_assert_eq!(world.sync(), 0);
    }

    #[test]
    fn outputs_that_wait_are_written_in_their_time(events in proptest::collection::vec(event(), 0..40)) {
        let mut world = World::new(Settings::default());
        for event in &events {
            happen(&mut world, event);
        }
        world.sync();
        prop_assert_eq!(world.sync(), 0);
        world.pass(Settings::default().check_update_interval);
        world.flush(|| Outcome::Written);
        // A TTL that ended meanwhile changed status and output at once.
        world.pass(Settings::default().check_update_interval);
        world.flush(|| Outcome::Written);
        prop_assert_eq!(world.agrees(), Ok(()));
    }
}
