//! Where nodes are, and what is nearest.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use api::catalog::{Deregister, NodeRow, Nodes, Register, Select};
use api::coordinate::{self, Coordinate, Located, Node, Update};
use api::{Read, Reply, Write};
use state::{At, Authority, Permitted, Restorer, Seen, State, View, evaluate};

fn look(state: &State, read: &Read) -> (Reply, Seen) {
    let who = Authority::everything();
    let view = View::new(state, &who);
    let reply = evaluate(read, &view).unwrap();
    (reply, view.seen())
}

fn apply(state: &mut State, write: Write) {
    assert!(state.apply(At::default(), &Permitted::internal(write)).outcome.is_ok());
}

fn at(node: &str, x: f64) -> Located {
    let coord = Coordinate { vec: vec![x, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], ..Coordinate::origin() };
    Located { node: node.to_owned(), segment: String::new(), coord }
}

/// Nodes a to d, registered; all but d have a coordinate.
fn world() -> State {
    let mut state = State::default();
    for node in ["a", "b", "c", "d"] {
        let row = NodeRow { node: node.to_owned(), address: "10.0.0.1".to_owned(), ..NodeRow::default() };
        apply(&mut state, Write::CatalogRegister(Register { node: Some(row), ..Register::default() }));
    }
    let updates = vec![at("a", 0.3), at("b", 0.1), at("c", 0.2), at("nobody", 0.0)];
    apply(&mut state, Write::CoordinateUpdate(Update { updates }));
    state
}

fn nearest_to(near: &str) -> Read {
    Read::CatalogNodes(Nodes { select: Select { near: near.to_owned(), ..Select::default() } })
}

fn names(state: &State, read: &Read) -> Vec<String> {
    match look(state, read).0 {
        Reply::CatalogNodes(list) => list.nodes.into_iter().map(|row| row.node).collect(),
        Reply::CoordinateNodes(list) | Reply::CoordinateNode(list) => list.nodes.into_iter().map(|row| row.node).collect(),
        _ => panic!("another reply"),
    }
}

#[test]
fn lists_come_nearest_first_and_the_unplaced_last() {
    let state = world();
    assert_eq!(names(&state, &nearest_to("a")), ["a", "c", "b", "d"]);
    assert_eq!(names(&state, &nearest_to("B")), ["b", "c", "a", "d"]);
    // Where nobody knows where the one asked for is, the order stays.
    for near in ["d", "nobody", ""] {
        assert_eq!(names(&state, &nearest_to(near)), ["a", "b", "c", "d"], "{near}");
    }
}

#[test]
fn near_is_also_the_node_that_has_the_address_of_who_asks() {
    let mut state = world();
    let row = NodeRow { node: "c".to_owned(), address: "10.0.0.3".to_owned(), ..NodeRow::default() };
    apply(&mut state, Write::CatalogRegister(Register { node: Some(row), ..Register::default() }));
    let from = |address: &str| {
        let select = Select { near: "_ip".to_owned(), address: address.to_owned(), ..Select::default() };
        Read::CatalogNodes(Nodes { select })
    };
    assert_eq!(names(&state, &from("10.0.0.3")), ["c", "a", "b", "d"]);
    assert_eq!(names(&state, &from("10.0.0.1")), ["a", "c", "b", "d"], "the first that has it");
    for nobodys in ["10.0.0.9", ""] {
        assert_eq!(names(&state, &from(nobodys)), ["a", "b", "c", "d"], "{nobodys}");
    }
}

#[test]
fn a_change_of_the_order_is_seen_but_wakes_nobody_for_good() {
    let mut state = world();
    let before = look(&state, &nearest_to("a")).1;
    apply(&mut state, Write::CoordinateUpdate(Update { updates: vec![at("b", 0.29)] }));
    let after = look(&state, &nearest_to("a")).1;
    assert_eq!(names(&state, &nearest_to("a")), ["a", "b", "c", "d"]);
    assert_eq!(after.index, before.index);
    assert!(before.topics.contains(&state::Topic::Table(state::Table::Coordinates)), "an answer kept encoded is made anew");
}

#[test]
fn coordinates_go_with_their_nodes_and_survive_a_snapshot() {
    let mut state = world();
    let all = Read::CoordinateNodes(coordinate::Nodes::default());
    assert_eq!(names(&state, &all), ["a", "b", "c"]);
    let mut restorer = Restorer::default();
    state.snapshot().for_each(|record| restorer.push(&record).unwrap());
    assert!(restorer.finish().unwrap() == state);
    let before = look(&state, &all).1.index;
    apply(&mut state, Write::CatalogDeregister(Deregister { node: "b".to_owned(), ..Deregister::default() }));
    assert_eq!(names(&state, &all), ["a", "c"]);
    assert!(look(&state, &all).1.index > before);
    let gone = Read::CoordinateNode(Node { node: "b".to_owned(), ..Node::default() });
    assert!(look(&state, &gone).1.absent);
}

#[test]
fn equal_and_impossible_coordinates_change_nothing() {
    let mut state = world();
    let before = state.index();
    let bent = Located { coord: Coordinate { vec: vec![1.0], ..Coordinate::origin() }, ..at("a", 0.0) };
    let nan = at("a", f64::NAN);
    apply(&mut state, Write::CoordinateUpdate(Update { updates: vec![at("a", 0.3), bent, nan] }));
    assert_eq!(state.index(), before);
    let segments = (0..100).map(|n| Located { segment: format!("s{n}"), ..at("a", 0.0) });
    apply(&mut state, Write::CoordinateUpdate(Update { updates: segments.collect() }));
    assert_eq!(names(&state, &Read::CoordinateNode(Node { node: "a".to_owned(), ..Node::default() })).len(), 64);
}

#[test]
fn updates_that_were_kept_back_are_written_in_batches() {
    let state = world();
    let update = |n: u32| Permitted::internal(Write::CoordinateUpdate(Update { updates: vec![at("a", f64::from(n))] }));
    assert!(matches!(update(0).reply_at_once(), Some(Reply::CoordinateUpdate(_))));
    let other = Permitted::internal(Write::KvReap(api::kv::Reap::default()));
    assert!(other.reply_at_once().is_none());
    let stale = [at("a", 0.3), at("nobody", 0.0)];
    let stale = Permitted::internal(Write::CoordinateUpdate(Update { updates: stale.to_vec() }));
    let together = state.put_together((0..300).map(update).chain([stale]).collect());
    let sizes = together.iter().map(|permitted| match permitted.write() {
        Write::CoordinateUpdate(update) => update.updates.len(),
        _ => 0,
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [128, 128, 44]);
}
