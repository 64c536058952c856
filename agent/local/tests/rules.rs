//! Single rules, each by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use api::Token;
use api::agent::{CheckDefinition, ConnectDefinition, Definitions, ServiceDefinition};
use api::catalog::{NodeRow, Register, SERF_HEALTH, ServiceAddress, ServiceRow, StartVirtualIps, VIRTUAL, Weights};
use local::{Effect, Outcome, Scripts, Settings, Source};
use std::time::Duration;
use world::{NODE, World, service, ttl};

const MINUTE: Duration = Duration::from_secs(60);

fn world() -> World {
    let mut world = World::new(Settings::default());
    world.sync();
    world
}

#[test]
fn an_output_that_changes_alone_is_written_once_after_a_while() {
    let mut world = world();
    world.register_check(ttl("c", "")).unwrap();
    world.local.update_ttl(world.now, "c", "passing", "1").unwrap();
    world.flush(|| Outcome::Written);
    for second in 0..200 {
        world.pass(Duration::from_secs(1));
        world.local.update_ttl(world.now, "c", "passing", &format!("{second}")).unwrap();
        if second < 149 {
            assert_eq!(world.flush(|| Outcome::Written), 0, "{second}");
        }
    }
    let mut writes = 0;
    for second in 200..1000 {
        world.pass(Duration::from_secs(1));
        world.local.update_ttl(world.now, "c", "passing", &format!("{second}")).unwrap();
        writes += world.flush(|| Outcome::Written);
    }
    assert!((2..=6).contains(&writes), "{writes} in 800 s");
    world.local.update_ttl(world.now, "c", "critical", "now").unwrap();
    assert_eq!(world.flush(|| Outcome::Written), 1);
    world.agrees().unwrap();
}

#[test]
fn a_comparison_does_not_write_what_waits() {
    let mut world = world();
    world.register_check(ttl("c", "")).unwrap();
    world.local.update_ttl(world.now, "c", "passing", "1").unwrap();
    world.flush(|| Outcome::Written);
    world.local.update_ttl(world.now, "c", "passing", "2").unwrap();
    assert_eq!(world.sync(), 0);
    assert!(world.agrees().is_err());
}

#[test]
fn a_ttl_ends_and_comes_back() {
    let mut world = world();
    world.register_check(CheckDefinition { status: "passing".to_owned(), ..ttl("c", "") }).unwrap();
    assert_eq!(world.local.next_due(), Some(Duration::from_secs(10)));
    world.pass(Duration::from_secs(9));
    assert_eq!(world.local.check("c").unwrap().row.status, "passing");
    assert_eq!(world.pass(Duration::from_secs(1)), [Effect::SaveTtl("c".to_owned())]);
    let row = &world.local.check("c").unwrap().row;
    assert_eq!((&*row.status, &*row.output), ("critical", "TTL expired"));
    world.local.update_ttl(world.now, "c", "passing", "back").unwrap();
    assert_eq!(world.local.check("c").unwrap().row.status, "passing");
    world.pass(Duration::from_secs(10));
    assert_eq!(world.local.check("c").unwrap().row.output, "TTL expired (last output before timeout follows): back");
    let refused = world.local.update_ttl(world.now, "nope", "passing", "").unwrap_err();
    assert_eq!((refused.status(), &*refused.text), (500, r#"CheckID "nope" does not have associated TTL"#));
}

#[test]
fn an_instance_that_is_critical_for_too_long_is_taken_out() {
    let mut world = world();
    let patience = |seconds: u64| CheckDefinition { deregister_critical_service_after: seconds * 1_000_000_000, ..ttl("", "") };
    world.register(ServiceDefinition { check: Some(patience(90)), ..service("slow") });
    world.register(ServiceDefinition { check: Some(patience(1)), ..service("quick") });
    world.register(ServiceDefinition { check: Some(patience(90)), ..service("well") });
    let mut gone = Vec::new();
    for _ in 0..6 {
        let effects = world.pass(Duration::from_secs(30));
        gone.extend(effects.into_iter().filter(|e| matches!(e, Effect::Reaped(_))).map(|e| (world.now.as_secs(), e.to_string())));
        world.local.update_ttl(world.now, "service:well", "passing", "").unwrap();
    }
    // Never before a minute, whatever is asked.
    assert_eq!(gone, [(90, r#"reaped service "quick""#.to_owned()), (120, r#"reaped service "slow""#.to_owned())]);
    world.flush(|| Outcome::Written);
    world.agrees().unwrap();
}

#[test]
fn tags_are_the_catalogs_where_the_instance_says_so() {
    let mut world = world();
    for (id, over) in [("free", true), ("fixed", false)] {
        world.register(ServiceDefinition { enable_tag_override: over, tags: vec!["mine".to_owned()], ..service(id) });
    }
    world.flush(|| Outcome::Written);
    for id in ["free", "fixed"] {
        let node = Some(NodeRow { node: NODE.to_owned(), ..NodeRow::default() });
        let row = ServiceRow {
            tags: vec!["theirs".to_owned()],
            port: 1,
            enable_tag_override: id == "free",
            ..world.local.service(id).unwrap().row.clone()
        };
        assert!(world.write(Register { node, skip_node_update: true, service: Some(row), ..Default::default() }));
    }
    assert_eq!(world.sync(), 2);
    assert_eq!(world.sync(), 0);
    let rows = |id: &str| world.seen().services.into_iter().find(|row| row.id == id).map(|row| (row.tags, row.port)).unwrap();
    assert_eq!(rows("free"), (vec!["theirs".to_owned()], 80));
    assert_eq!(rows("fixed"), (vec!["mine".to_owned()], 80));
}

#[test]
fn a_write_that_is_refused_waits_for_the_next_comparison() {
    let mut world = world();
    world.register(service("a"));
    assert_eq!(world.flush(|| Outcome::Denied), 1);
    assert_eq!(world.flush(|| Outcome::Written), 0);
    assert_eq!(world.sync(), 1);
    world.agrees().unwrap();
    world.local.deregister_service("a").unwrap();
    assert_eq!(world.flush(|| Outcome::Denied), 1);
    assert_eq!(world.flush(|| Outcome::Written), 0);
    assert_eq!(world.sync(), 1);
    world.agrees().unwrap();
}

#[test]
fn what_changed_while_it_was_written_is_written_again() {
    let mut world = world();
    world.register(service("a"));
    let changes = world.local.changes();
    world.register(ServiceDefinition { port: 81, ..service("a") });
    changes.iter().for_each(|change| world.local.settle(change, Outcome::Written));
    assert_eq!(world.flush(|| Outcome::Written), 1);
    world.agrees().unwrap();
}

#[test]
fn an_instance_is_written_with_its_checks_and_taken_out_with_them() {
    let mut world = world();
    world.register(ServiceDefinition { checks: vec![ttl("", ""), ttl("", "")], ..service("a") });
    let said: Vec<String> = world.local.changes().iter().map(ToString::to_string).collect();
    assert_eq!(said, [r#"register service "a" check "service:a:1" check "service:a:2""#]);
    world.flush(|| Outcome::Written);
    world.local.deregister_service("a").unwrap();
    let said: Vec<String> = world.local.changes().iter().map(ToString::to_string).collect();
    assert_eq!(said, [r#"deregister service "a""#]);
    world.flush(|| Outcome::Written);
    assert_eq!(world.local.changes().len(), 0);
    world.agrees().unwrap();
}

#[test]
fn the_catalog_says_how_often_a_check_runs() {
    let mut world = world();
    let second = 1_000_000_000;
    let probe = CheckDefinition { tcp: "10.0.0.1:80".to_owned(), interval: 90 * second, ..ttl("c", "") };
    let probe = CheckDefinition { ttl: 0, ..probe };
    world.register_check(probe.clone()).unwrap();
    world.register_check(ttl("t", "")).unwrap();
    world.flush(|| Outcome::Written);
    let said = |world: &World| -> Vec<[String; 3]> {
        let checks = world.seen().checks.into_iter().filter(|row| row.check_id != SERF_HEALTH);
        checks.map(|row| [row.check_id, row.interval, row.timeout]).collect()
    };
    assert_eq!(said(&world), [["c", "1m30s", ""], ["t", "", ""]]);
    // That alone is a change.
    world.register_check(CheckDefinition { timeout: second / 2, ..probe }).unwrap();
    assert_eq!(world.flush(|| Outcome::Written), 1);
    assert_eq!(said(&world)[0], ["c", "1m30s", "500ms"]);
    assert_eq!(world.sync(), 0);
}

#[test]
fn a_token_goes_with_what_it_registered() {
    let mut world = world();
    let token = |secret: &str| Token(secret.to_owned());
    let own = ServiceDefinition { token: "own".to_owned(), ..service("a") };
    world.local.register_service(world.now, own.clone(), Source::Files, &Token::default(), false).unwrap();
    world.local.register_service(world.now, ServiceDefinition { id: "b".to_owned(), ..own }, Source::Api, &token("caller"), false).unwrap();
    world.local.register_check(world.now, ttl("c", "b"), Source::Api, &token("other")).unwrap();
    let said: Vec<(String, Token)> = world.local.changes().into_iter().map(|change| (change.to_string(), change.token)).collect();
    assert_eq!(
        said,
        [
            (r#"register service "a""#.to_owned(), token("own")),
            (r#"register service "b""#.to_owned(), token("caller")),
            (r#"register check "c""#.to_owned(), token("other")),
        ]
    );
}

#[test]
fn a_sidecar_takes_after_its_instance() {
    let mut world = world();
    let connect = || Some(ConnectDefinition { sidecar_service: Some(Box::default()), ..Default::default() });
    let web = ServiceDefinition { tags: vec!["t".to_owned()], address: "10.9.9.9".to_owned(), connect: connect(), ..service("w1") };
    world.register(web.clone());
    world.register(ServiceDefinition { connect: connect(), ..service("w2") });
    let row = world.local.service("w1-sidecar-proxy").unwrap().row.clone();
    assert_eq!((&*row.kind, &*row.service, row.port, &row.tags), ("connect-proxy", "web-sidecar-proxy", 21000, &web.tags));
    assert_eq!((&*row.proxy.destination_service_name, &*row.proxy.destination_service_id), ("web", "w1"));
    assert_eq!((&*row.proxy.local_service_address, row.proxy.local_service_port), ("127.0.0.1", 80));
    assert_eq!(row.weights, Weights { passing: 1, warning: 1 });
    let checks: Vec<(String, String)> =
        world.local.checks_of("w1-sidecar-proxy").map(|check| (check.row.check_id.clone(), check.row.r#type.clone())).collect();
    let id = |n: u8| format!("service:w1-sidecar-proxy:{n}");
    assert_eq!(checks, [(id(1), "tcp".to_owned()), (id(2), "alias".to_owned())]);
    assert_eq!(world.local.check(&id(1)).unwrap().definition.tcp, "10.9.9.9:21000");
    assert_eq!(world.local.service("w2-sidecar-proxy").unwrap().row.port, 21001);
    // It keeps its port, and goes with its instance.
    world.register(web);
    assert_eq!(world.local.service("w1-sidecar-proxy").unwrap().row.port, 21000);
    world.local.deregister_service("w1").unwrap();
    assert!(world.local.service("w1-sidecar-proxy").is_none());
}

#[test]
fn checks_stay_unless_they_are_replaced() {
    let mut world = world();
    world.register(ServiceDefinition { checks: vec![ttl("one", ""), ttl("two", "")], ..service("a") });
    world.local.update_ttl(world.now, "two", "warning", "w").unwrap();
    world.register(service("a"));
    assert_eq!(world.local.checks_of("a").count(), 2);
    let only = ServiceDefinition { check: Some(ttl("two", "")), ..service("a") };
    world.local.register_service(world.now, only, Source::Api, &Token::default(), true).unwrap();
    let left: Vec<(&str, &str)> = world.local.checks().map(|check| (&*check.row.check_id, &*check.row.status)).collect();
    assert_eq!(left, [("two", "warning")]);
}

#[test]
fn maintenance_is_a_check_like_any_other() {
    let mut world = world();
    world.register(ServiceDefinition { check: Some(CheckDefinition { status: "passing".to_owned(), ..ttl("", "") }), ..service("a") });
    assert_eq!(world.local.health_by_id("a", false).status, "passing");
    let effects = world.local.set_service_maintenance(world.now, "a", true, "disk", &Token::default()).unwrap();
    assert_eq!(effects.first(), Some(&Effect::SaveCheck("_service_maintenance:a".to_owned())));
    assert_eq!(world.local.health_by_id("a", false).status, "maintenance");
    world.local.set_service_maintenance(world.now, "a", false, "", &Token::default()).unwrap();
    world.local.set_node_maintenance(world.now, true, "", &Token::default());
    let health = world.local.health_by_name("web", true);
    assert_eq!((&*health.status, &*health.reason), ("maintenance", "maintenance"));
    assert_eq!(world.local.set_service_maintenance(world.now, "b", true, "", &Token::default()).unwrap_err().status(), 404);
}

#[test]
fn a_reload_takes_away_what_files_say_no_more() {
    let mut world = world();
    world.register(service("api"));
    let definitions = |services: &[&str], checks: &[&str]| Definitions {
        services: services.iter().map(|id| ServiceDefinition { check: Some(ttl("", "")), ..service(id) }).collect(),
        checks: checks.iter().map(|id| ttl(id, "")).collect(),
    };
    let ids = |world: &World| {
        let services: Vec<String> = world.local.services().map(|service| service.row.id.clone()).collect();
        (services.join(" "), world.local.checks().map(|check| check.row.check_id.clone()).collect::<Vec<_>>().join(" "))
    };
    world.local.reload(world.now, &definitions(&["a", "b"], &["x", "y"])).unwrap();
    assert_eq!(ids(&world), ("a api b".to_owned(), "service:a service:b x y".to_owned()));
    world.local.update_ttl(world.now, "service:b", "passing", "well").unwrap();
    world.local.reload(world.now, &definitions(&["b", "c"], &["y"])).unwrap();
    assert_eq!(ids(&world), ("api b c".to_owned(), "service:b service:c y".to_owned()));
    assert_eq!(world.local.check("service:b").unwrap().row.status, "passing");
    // One mistake, and all stays as it is.
    let mut bad = definitions(&["d"], &[]);
    bad.services.push(ServiceDefinition { address: "0.0.0.0".to_owned(), ..service("e") });
    assert_eq!(world.local.reload(world.now, &bad).unwrap_err().text, "service \"e\": Invalid service address");
    assert_eq!(ids(&world), ("api b c".to_owned(), "service:b service:c y".to_owned()));
}

#[test]
fn a_restart_finds_what_was_kept() {
    let mut before = world();
    before.register(ServiceDefinition { checks: vec![ttl("short", ""), ttl("long", "")], ..service("a") });
    before.local.set_service_maintenance(before.now, "a", true, "disk", &Token::default()).unwrap();
    before.local.update_ttl(before.now, "short", "passing", "s").unwrap();
    before.pass(Duration::from_secs(9));
    before.local.update_ttl(before.now, "long", "passing", "l").unwrap();
    let (unix, now) = (1_000_000, before.now);

    let mut after = world();
    assert!(after.local.restore_service(before.local.stored_service("a").unwrap()).is_empty());
    for id in ["short", "long", "_service_maintenance:a"] {
        let ttl = before.local.stored_ttl(id, now, unix);
        after.local.restore_check(after.now, before.local.stored_check(id).unwrap(), ttl.as_ref(), unix + 5).unwrap();
    }
    let of = |world: &World, id: &str| world.local.check(id).map(|check| (check.row.status.clone(), check.row.output.clone())).unwrap();
    assert_eq!(of(&after, "long"), ("passing".to_owned(), "l".to_owned()));
    assert_eq!(of(&after, "short"), ("critical".to_owned(), String::new()));
    assert_eq!(of(&after, "_service_maintenance:a").0, "critical");
    // What files define comes first, and checks of nothing are forgotten.
    assert_eq!(after.local.restore_service(before.local.stored_service("a").unwrap()), [Effect::ForgetService("a".to_owned())]);
    let mut empty = world();
    let orphan = empty.local.restore_check(empty.now, before.local.stored_check("long").unwrap(), None, unix).unwrap();
    assert_eq!(orphan, [Effect::ForgetCheck("long".to_owned())]);
    assert_eq!(after.local.next_due(), Some(after.now + Duration::from_secs(5)));
    assert!(after.now < MINUTE);
}

/// Who forbids commands means those, too, that were registered while they were allowed.
#[test]
fn a_command_that_may_not_run_any_more_is_not_taken_back() {
    let of = |scripts: Scripts| World::new(Settings { scripts, ..Settings::default() });
    let script =
        CheckDefinition { name: "x".to_owned(), args: vec!["true".to_owned()], interval: 1_000_000_000, ..CheckDefinition::default() };
    let mut before = of(Scripts::OfAll);
    before.local.register_check(before.now, script, Source::Api, &Token::default()).unwrap();
    let stored = || before.local.stored_check("x").unwrap();
    for scripts in [Scripts::Nobody, Scripts::OfFiles] {
        let mut after = of(scripts);
        let refused = after.local.restore_check(after.now, stored(), None, 0).unwrap_err();
        assert!(refused.text.starts_with("Scripts are disabled on this agent from remote calls"), "{}", refused.text);
        assert!(after.local.check("x").is_none());
    }
    let mut after = of(Scripts::OfAll);
    assert_eq!(after.local.restore_check(after.now, stored(), None, 0).unwrap(), [Effect::Run("x".to_owned())]);
}

#[test]
fn mistakes_are_named_in_consuls_words() {
    let scripted = |args: &[&str]| CheckDefinition {
        name: "x".to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        interval: 1_000_000_000,
        ..CheckDefinition::default()
    };
    let named = |fill: fn(&mut CheckDefinition)| {
        let mut check = CheckDefinition { name: "x".to_owned(), ..CheckDefinition::default() };
        fill(&mut check);
        check
    };
    let checks = [
        (named(|_| {}), 400, "Invalid check: TTL must be > 0 for TTL checks"),
        (named(|c| (c.ttl, c.interval) = (1, 1)), 400, "Invalid check: Interval and TTL cannot both be specified"),
        (named(|c| c.http = "http://a".to_owned()), 400, "Invalid check: Interval must be > 0 for Script, HTTP, or TCP checks"),
        (named(|c| (c.alias_service, c.ttl) = ("a".to_owned(), 1)), 400, "Invalid check: TTL must be not be set for Alias checks"),
        (named(|c| (c.ttl, c.output_max_size) = (1, -1)), 400, "Invalid check: MaxOutputMaxSize must be positive"),
        (named(|c| (c.ttl, c.service_id) = (1, "q".to_owned())), 500, "ServiceID \"q\" does not exist"),
        (
            scripted(&["/bin/true"]),
            500,
            "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true",
        ),
    ];
    let in_container = CheckDefinition { docker_container_id: "web".to_owned(), ..scripted(&["/bin/true"]) };
    let mut world = world();
    for (check, status, text) in checks {
        let refused = world.register_check(check).unwrap_err();
        assert_eq!((refused.status(), &*refused.text), (status, text));
    }
    let refused = world.register_check(in_container).unwrap_err();
    assert!(refused.text.starts_with("Scripts are disabled on this agent from remote calls"), "{}", refused.text);
    let weights = |passing, warning| Some(Weights { passing, warning });
    let services: [(ServiceDefinition, &str); 6] = [
        (ServiceDefinition { address: "::".to_owned(), ..service("a") }, "Invalid service address"),
        (ServiceDefinition { weights: weights(0, 1), ..service("a") }, "Invalid Weights: Passing must be greater than 0"),
        (ServiceDefinition { weights: weights(70_000, 0), ..service("a") }, "Invalid Weights: DNS Weight must be between 0 and 65535"),
        (
            ServiceDefinition { meta: [("a b".to_owned(), "c".to_owned())].into(), ..service("a") },
            "Invalid Service Meta: Couldn't load metadata pair ('a b', 'c'): Key contains invalid characters",
        ),
        (
            ServiceDefinition { kind: "connect-proxy".to_owned(), ..service("a") },
            "1 error occurred:\n\t* Proxy.DestinationServiceName must be non-empty for Connect proxy services\n\n",
        ),
        (
            ServiceDefinition { check: Some(CheckDefinition { status: "bad".to_owned(), ..ttl("", "") }), ..service("a") },
            "Status for checks must 'passing', 'warning', 'critical'",
        ),
    ];
    for (definition, text) in services {
        let refused = world.local.register_service(world.now, definition, Source::Api, &Token::default(), false).unwrap_err();
        assert_eq!((refused.status(), &*refused.text), (400, text));
    }
    assert_eq!((world.local.services().count(), world.local.checks().count()), (0, 0));
    let mut trusting = World::new(Settings { scripts: Scripts::OfFiles, ..Settings::default() });
    assert!(trusting.local.register_check(trusting.now, scripted(&["/bin/true"]), Source::Files, &Token::default()).is_ok());
    assert!(trusting.register_check(scripted(&["/bin/true"])).is_err());
}

#[test]
fn the_virtual_ip_is_the_catalogs_own() {
    let mut world = world();
    world.write(StartVirtualIps {});
    let forged = ServiceAddress { address: "240.0.0.9".to_owned(), port: 1 };
    let native = ConnectDefinition { native: true, ..ConnectDefinition::default() };
    let tagged_addresses = [(VIRTUAL.to_owned(), forged)].into();
    world.register(ServiceDefinition { connect: Some(native), tagged_addresses, ..service("web") });
    assert_eq!(world.flush(|| Outcome::Written), 1);
    let given = world.seen().services.iter().find_map(|row| row.tagged_addresses.get(VIRTUAL).cloned());
    assert_eq!(given, Some(ServiceAddress { address: "240.0.0.1".to_owned(), port: 80 }));
    assert_eq!(world.sync(), 0, "nothing of it is to be written again");
    assert!(world.local.services().all(|service| service.row.tagged_addresses.is_empty()));
}
