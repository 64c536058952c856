//! The table's rules, one by one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::Status;
use bytes::Bytes;

const NOW: Duration = Duration::from_secs(100);

fn id(port: u16, generation: u64) -> Identity {
    Identity { instance: Instance { addr: ([127, 0, 0, 1], port).into(), generation }, renewal: 0 }
}

fn named(name: &str) -> Details {
    Details::new(1, name.to_owned(), BTreeMap::new(), Bytes::new()).unwrap()
}

fn directory(known: &[(Identity, &str)]) -> Directory {
    let mut directory = Directory::new(&Config::lan());
    for (identity, name) in known {
        directory.up(NOW, *identity);
        directory.learn_details(NOW, identity.instance, named(name));
    }
    directory.publish();
    directory
}

fn summary(events: &[Event]) -> Vec<String> {
    let line = |event: &Event| match event {
        Event::Joined(member) => format!("joined {}", member.name),
        Event::Updated(member) => format!("updated {} {}", member.name, member.status),
        Event::Left(member) => format!("left {}", member.name),
        Event::Failed(member) => format!("failed {}", member.name),
        Event::Reaped(member) => format!("reaped {}", member.name),
        Event::Conflict { kept, hidden } => format!("conflict {} {}", kept.addr.port(), hidden.addr.port()),
    };
    events.iter().map(line).collect()
}

#[test]
fn nobody_is_listed_before_its_name_is_known() {
    let mut directory = directory(&[]);
    directory.up(NOW, id(1, 1));
    assert!(directory.publish().is_empty());
    directory.learn_details(NOW, id(1, 1).instance, named("a"));
    assert_eq!(summary(&directory.publish()), ["joined a"]);
}

#[test]
fn intent_before_or_after_the_death_makes_it_a_leave() {
    let mut before = directory(&[(id(1, 1), "a")]);
    assert!(before.leaving(NOW, id(1, 1).instance));
    assert!(!before.leaving(NOW, id(1, 1).instance), "no news");
    before.down(NOW, id(1, 1));
    assert_eq!(summary(&before.publish()), ["left a"]);

    let mut after = directory(&[(id(1, 1), "a")]);
    after.down(NOW, id(1, 1));
    assert_eq!(summary(&after.publish()), ["failed a"]);
    assert!(after.leaving(NOW, id(1, 1).instance));
    assert_eq!(summary(&after.publish()), ["left a"]);
}

#[test]
fn a_quick_restart_is_an_update() {
    let mut directory = directory(&[(id(1, 1), "a")]);
    directory.replace(NOW, id(1, 1), id(1, 2));
    assert_eq!(summary(&directory.publish()), [] as [&str; 0]);
    directory.learn_details(NOW, id(1, 2).instance, named("a"));
    assert_eq!(summary(&directory.publish()), ["updated a alive"]);
    assert!(directory.get(id(1, 1).instance).is_none());
}

#[test]
fn a_new_name_at_an_old_address_fails_the_old_name() {
    let mut directory = directory(&[(id(1, 1), "a")]);
    directory.replace(NOW, id(1, 1), id(1, 2));
    directory.learn_details(NOW, id(1, 2).instance, named("b"));
    assert_eq!(summary(&directory.publish()), ["failed a", "joined b"]);
}

#[test]
fn a_return_at_another_address_replaces_the_failed_one() {
    let mut directory = directory(&[(id(1, 1), "a")]);
    directory.down(NOW, id(1, 1));
    directory.publish();
    directory.up(NOW, id(2, 2));
    directory.learn_details(NOW, id(2, 2).instance, named("a"));
    assert_eq!(summary(&directory.publish()), ["joined a"]);
    directory.down(NOW, id(2, 2));
    assert_eq!(summary(&directory.publish()), ["failed a"]);
    assert_eq!(directory.members().next().unwrap().addr, id(2, 2).instance.addr);
}

#[test]
fn the_older_of_two_live_namesakes_is_listed() {
    let mut directory = directory(&[(id(2, 9), "a")]);
    directory.up(NOW, id(1, 3));
    directory.learn_details(NOW, id(1, 3).instance, named("a"));
    assert_eq!(summary(&directory.publish()), ["conflict 1 2", "updated a alive"]);
    directory.down(NOW, id(1, 3));
    assert_eq!(summary(&directory.publish()), ["updated a alive"]);
    assert_eq!(directory.members().next().unwrap().addr.port(), 2);
}

#[test]
fn the_dead_are_remembered_for_their_time_whoever_tells() {
    let config = Config::lan();
    let mut directory = directory(&[]);
    let hour = Duration::from_secs(3600);
    directory.learn_down(NOW, id(1, 1), State::Failed, hour * 71);
    directory.learn_details(NOW, id(1, 1).instance, named("a"));
    assert_eq!(summary(&directory.publish()), ["failed a"]);
    assert_eq!(directory.down_for(NOW, directory.get(id(1, 1).instance).unwrap()), 71 * 3600);
    assert!(directory.reap(NOW + hour / 2).is_empty());
    assert_eq!(directory.reap(NOW + hour).len(), 1);
    assert_eq!(summary(&directory.publish()), ["reaped a"]);
    directory.learn_down(NOW, id(1, 1), State::Failed, config.reconnect_timeout);
    assert!(directory.get(id(1, 1).instance).is_none(), "it was dead for too long already");
}

#[test]
fn pruning_hides_but_remembers() {
    let mut directory = directory(&[(id(1, 1), "a")]);
    assert!(!directory.force_leave(NOW, id(1, 1).instance, true), "live");
    directory.down(NOW, id(1, 1));
    assert!(directory.force_leave(NOW, id(1, 1).instance, true));
    assert_eq!(summary(&directory.publish()), ["reaped a"]);
    directory.learn_down(NOW, id(1, 1), State::Failed, Duration::ZERO);
    assert!(directory.publish().is_empty());
    assert_eq!(directory.members().filter(|member| member.status == Status::Failed).count(), 0);
}
