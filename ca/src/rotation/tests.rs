#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Validity;
use crate::spiffe::DcName;

const HOUR: u64 = 3600;
const LEAF: u64 = 72 * HOUR;

fn terms() -> Terms {
    Terms::new(Duration::from_secs(LEAF), Duration::from_secs(600), 3).unwrap()
}

fn id(name: &str) -> RootId {
    RootId(name.to_owned())
}

fn dc(name: &str) -> DcName {
    name.parse().unwrap()
}

fn years(from: u64, years: u64) -> Validity {
    Validity::new(from, from + years * 8760 * HOUR).unwrap()
}

/// One active root `a` with the intermediates of dc1 and dc2 under it, at time 0.
fn running() -> Rotation {
    let mut state = Rotation::new(terms());
    assert_eq!(state.due(0), [Action::StageRoot]);
    state.stage(Epoch(1), id("a"), years(0, 10), 0).unwrap();
    for name in ["dc1", "dc2"] {
        state.intermediate_installed(Epoch(1), dc(name), &id("a"), years(0, 1), 0).unwrap();
    }
    assert_eq!(state.due(0), []);
    state
}

#[test]
fn a_rotation_from_stage_to_drop() {
    let mut state = running();
    state.stage(Epoch(1), id("b"), years(0, 10), 1000).unwrap();

    // Not before everyone has it, nor before it has settled.
    assert_eq!(state.due(2000), []);
    state.acknowledge(&dc("dc1"), state.version()).unwrap();
    assert_eq!(state.due(2000), []);
    state.acknowledge(&dc("dc2"), state.version()).unwrap();
    assert_eq!(state.due(1599), []);
    assert_eq!(state.due(1600), [Action::ActivateRoot(id("b"))]);

    state.activate(Epoch(1), &id("b"), 2000).unwrap();
    assert_eq!(state.active().unwrap().id(), &id("b"));
    let renew = |name| Action::RenewIntermediate(dc(name));
    assert_eq!(state.due(2000), [renew("dc1"), renew("dc2")]);
    assert!(state.is_leaf_due(&id("a"), years(0, 1), 2000));
    assert!(!state.is_leaf_due(&id("b"), years(0, 1), 2000));

    state.intermediate_installed(Epoch(1), dc("dc1"), &id("b"), years(2000, 1), 3000).unwrap();
    // dc2 is a straggler: as long as it signs under the old root, that root stays.
    let late = 2000 + 2 * LEAF;
    assert_eq!(state.due(late), [renew("dc2")]);
    assert!(matches!(state.drop_root(Epoch(1), &id("a"), late), Err(Refused::InUse { .. })));
    state.intermediate_installed(Epoch(1), dc("dc2"), &id("b"), years(late, 1), late).unwrap();
    assert_eq!(state.due(late + LEAF), []);
    assert_eq!(state.due(late + LEAF + 1), [Action::DropRoot(id("a"))]);
    state.drop_root(Epoch(1), &id("a"), late + LEAF + 1).unwrap();
    assert_eq!(state.bundle().len(), 1);
}

#[test]
fn half_life_makes_renewal_due() {
    let state = running();
    let half_year = 4380 * HOUR;
    assert_eq!(state.due(half_year - 1), []);
    assert_eq!(state.due(half_year), [Action::RenewIntermediate(dc("dc1")), Action::RenewIntermediate(dc("dc2"))]);
    assert!(state.due(10 * half_year).contains(&Action::StageRoot));
}

#[test]
fn an_older_epoch_changes_nothing() {
    let mut state = running();
    state.stage(Epoch(7), id("b"), years(0, 10), 10).unwrap();
    let before = state.clone();
    let stale = |result: Result<(), Refused>| {
        assert!(matches!(result, Err(Refused::StaleEpoch { .. })), "{result:?}");
    };
    stale(state.stage(Epoch(6), id("c"), years(0, 10), 10));
    stale(state.activate(Epoch(6), &id("b"), 10));
    stale(state.drop_root(Epoch(6), &id("b"), 10));
    stale(state.forget_datacenter(Epoch(6), &dc("dc1"), 10));
    stale(state.intermediate_installed(Epoch(6), dc("dc1"), &id("a"), years(0, 1), 10));
    assert_eq!(state, before);
}

#[test]
fn the_bundle_is_capped() {
    let mut state = running();
    for (at, name) in [(10, "b"), (20, "c")] {
        state.stage(Epoch(1), id(name), years(0, 10), at).unwrap();
        state.activate(Epoch(1), &id(name), at).unwrap();
    }
    let refused = state.stage(Epoch(1), id("d"), years(0, 10), 30);
    assert_eq!(refused, Err(Refused::BundleFull(3)));
}

#[test]
fn wrong_steps_are_refused() {
    let mut state = running();
    let old = Validity::new(0, 5).unwrap();
    assert_eq!(state.stage(Epoch(1), id("x"), old, 10), Err(Refused::Expired(id("x"))));
    assert_eq!(state.stage(Epoch(1), id("a"), years(0, 10), 10), Err(Refused::Duplicate(id("a"))));
    assert_eq!(state.activate(Epoch(1), &id("a"), 10), Err(Refused::NotStaged(id("a"))));
    assert_eq!(state.activate(Epoch(1), &id("x"), 10), Err(Refused::UnknownRoot(id("x"))));
    state.stage(Epoch(1), id("b"), years(0, 10), 10).unwrap();
    assert_eq!(state.stage(Epoch(1), id("c"), years(0, 10), 10), Err(Refused::AlreadyStaged(id("b"))));
    assert_eq!(state.intermediate_installed(Epoch(1), dc("dc1"), &id("b"), years(0, 1), 10), Err(Refused::NotActive(id("b"))));
    assert!(matches!(state.drop_root(Epoch(1), &id("a"), 10), Err(Refused::InUse { .. })));
}

/// One step of a run: what is done, by an authority of which epoch, after how many hours.
#[derive(Clone, Debug)]
struct Step {
    hours: u64,
    epoch: u64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Stage,
    Activate(usize),
    Install(usize, usize),
    Acknowledge(usize),
    Forget(usize),
    Drop(usize),
    FollowDue,
}

fn step() -> impl Strategy<Value = Step> {
    let what = prop_oneof![
        Just(What::Stage),
        (0..6usize).prop_map(What::Activate),
        (0..3usize, 0..6usize).prop_map(|(dc, root)| What::Install(dc, root)),
        (0..3usize).prop_map(What::Acknowledge),
        (0..3usize).prop_map(What::Forget),
        (0..6usize).prop_map(What::Drop),
        Just(What::FollowDue),
    ];
    (0..100u64, 0..3u64, what).prop_map(|(hours, epoch, what)| Step { hours, epoch, what })
}

proptest! {
    /// Whatever is tried in whatever order: one active root at most, a bounded bundle, an epoch that never falls,
    /// and no root goes while a leaf that a datacenter may have signed under it is alive.
    #[test]
    fn no_living_leaf_loses_its_root(steps in prop::collection::vec(step(), 1..60)) {
        let mut state = Rotation::new(terms());
        let (mut now, mut made) = (0, 0);
        // The oracle: under which root each datacenter signs, and until when leaves under each root live.
        let mut signs: BTreeMap<usize, RootId> = BTreeMap::new();
        let mut alive: BTreeMap<RootId, u64> = BTreeMap::new();
        for Step { hours, epoch, what } in steps {
            now += hours * HOUR;
            for root in signs.values() {
                alive.insert(root.clone(), now + LEAF);
            }
            let (epoch, before) = (Epoch(epoch), state.epoch());
            let root = |n: usize| id(&n.to_string());
            let mut moved = None;
            match what {
                What::Stage => {
                    made += 1;
                    let _ = state.stage(epoch, root(made), years(now, 10), now);
                }
                What::Activate(n) => drop(state.activate(epoch, &root(n), now)),
                What::Install(n, r) => {
                    let name = dc(&format!("dc{n}"));
                    if state.intermediate_installed(epoch, name, &root(r), years(now, 1), now).is_ok() {
                        moved = Some((n, Some(root(r))));
                    }
                }
                What::Acknowledge(n) => drop(state.acknowledge(&dc(&format!("dc{n}")), state.version())),
                What::Forget(n) => {
                    if state.forget_datacenter(epoch, &dc(&format!("dc{n}")), now).is_ok() {
                        moved = Some((n, None));
                    }
                }
                What::Drop(n) => drop(state.drop_root(epoch, &root(n), now)),
                What::FollowDue => {
                    for action in state.due(now) {
                        if let Action::DropRoot(root) = action {
                            state.drop_root(state.epoch(), &root, now).unwrap();
                        }
                    }
                }
            }
            match moved {
                Some((n, Some(root))) => drop(signs.insert(n, root)),
                Some((n, None)) => drop(signs.remove(&n)),
                None => {}
            }
            prop_assert!(state.epoch() >= before);
            prop_assert!(state.bundle().len() <= 3);
            prop_assert!(state.bundle().iter().filter(|root| root.is_active()).count() <= 1);
            for (root, until) in &alive {
                let kept = state.bundle().iter().any(|held| held.id() == root);
                prop_assert!(kept || now > *until, "root {root} is gone at {now}, its leaves live until {until}");
            }
        }
    }
}
