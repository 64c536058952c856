//! What holds after any writes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use api::{Read, Reply, Write};
use proptest::prelude::*;
use state::{Applied, At, Authority, Permitted, Restorer, Seen, State, Topic, Touch, View, evaluate};

fn look(state: &State, read: &Read) -> (Reply, Seen) {
    let who = Authority::everything();
    let view = View::new(state, &who);
    let reply = evaluate(read, &view).expect("these reads make sense");
    (reply, view.seen())
}

fn apply(state: &mut State, write: &Write, clock_ms: u64) -> Applied {
    let write = world::aimed(write, state);
    state.apply(At { clock_ms, seed: 0 }, &Permitted::internal(write))
}

fn concerns(touch: &Touch, topic: &Topic) -> bool {
    match (touch, topic) {
        (Touch::Everything, _) => true,
        (Touch::Topic(touched), topic) => touched == topic,
        (Touch::Key(touched), Topic::Key(key)) => touched == key,
        (Touch::Key(touched), Topic::Prefix(prefix)) => touched.starts_with(&**prefix),
        (Touch::Key(_), _) => false,
    }
}

fn restored(state: &State) -> State {
    let mut restorer = Restorer::default();
    for record in state.snapshot() {
        restorer.push(&record).expect("our own record");
    }
    restorer.finish().expect("all records")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whoever_waits_is_woken_and_no_index_falls(writes in proptest::collection::vec(world::write(), 1..40)) {
        let reads = world::reads();
        let mut state = State::default();
        let mut before: Vec<_> = reads.iter().map(|read| look(&state, read)).collect();
        for (write, clock_ms) in writes.iter().zip(1..) {
            let old = state.clone();
            let applied = apply(&mut state, write, clock_ms);
            if applied.outcome.is_err() {
                prop_assert!(applied.touched.is_empty(), "{write:?} failed, and touched {:?}", applied.touched);
                prop_assert_eq!(old.index(), state.index());
            }
            if applied.touched.is_empty() {
                prop_assert_eq!(old.index(), state.index(), "{:?} touched nothing, and took an index", write);
            }
            let after: Vec<_> = reads.iter().map(|read| look(&state, read)).collect();
            for ((read, (old_reply, old)), (reply, new)) in reads.iter().zip(&before).zip(&after) {
                prop_assert!(new.index >= old.index, "{read:?} fell from {} to {} by {write:?}", old.index, new.index);
                if old_reply != reply {
                    prop_assert!(new.index > old.index, "{read:?} stays at {} by {write:?}", old.index);
                    let woken = old.topics.iter().any(|topic| applied.touched.iter().any(|touch| concerns(touch, topic)));
                    prop_assert!(woken, "{read:?} waits on {:?}, not woken by {write:?}, which touched {:?}", old.topics, applied.touched);
                }
            }
            before = after;
        }
    }

    #[test]
    fn an_equal_registration_changes_nothing(writes in proptest::collection::vec(world::write(), 1..20)) {
        let mut state = State::default();
        for write in &writes {
            let first = apply(&mut state, write, 1);
            if matches!(write, Write::CatalogRegister(_)) && first.outcome.is_ok() {
                let once = state.clone();
                let second = apply(&mut state, write, 1);
                prop_assert!(second.touched.is_empty(), "{write:?} again touched {:?}", second.touched);
                prop_assert!(once == state);
            }
        }
    }

    #[test]
    fn a_snapshot_holds_everything(writes in proptest::collection::vec(world::write(), 0..40), at in 0..40usize) {
        let (mut state, mut early) = (State::default(), State::default());
        for (write, number) in writes.iter().zip(0..) {
            if number == at {
                early = state.clone();
            }
            apply(&mut state, write, 1);
        }
        let copy = restored(&state);
        prop_assert!(copy == state, "{state:#?}\nbecame {copy:#?}");
        let (placed, touched) = restored(&early).in_place_of(&state);
        prop_assert_eq!(touched, vec![Touch::Everything]);
        for read in world::reads() {
            let ((_, now), (_, then)) = (look(&placed, &read), look(&state, &read));
            prop_assert!(now.index >= then.index, "{read:?} fell from {} to {} by a restore", then.index, now.index);
        }
    }
}
