//! Comings and goings are heard in any order, and more than once: what comes of them is the same.

use proptest::prelude::*;

use super::*;
use crate::directory::State as Known;
use crate::wire::Item;

/// Something that is gossiped about the node at `addr(1)`.
#[derive(Clone, Copy, Debug)]
enum Fact {
    Alive(u64, u16),
    Down(u64, u16),
    Leave(u64),
    GivenUp(u64, u16, bool),
}

/// What really happened: of each run of the process, how often it came back after being declared down, and how its time as each ended.
#[derive(Clone, Debug)]
struct Run {
    generation: u64,
    ends: Vec<End>,
    leaves: bool,
    dies: bool,
}

#[derive(Clone, Copy, Debug)]
struct End {
    given_up: bool,
    prune: bool,
}

impl Run {
    fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (renewal, end) in (0..).zip(&self.ends) {
            facts.push(Fact::Alive(self.generation, renewal));
            let last = usize::from(renewal) + 1 == self.ends.len();
            if !last || self.dies {
                facts.push(Fact::Down(self.generation, renewal));
                if end.given_up {
                    facts.push(Fact::GivenUp(self.generation, renewal, end.prune));
                }
            }
        }
        if self.leaves {
            facts.push(Fact::Leave(self.generation));
        }
        facts
    }

    /// How the run is to be seen when all is known.
    fn outcome(&self) -> Known {
        let end = self.ends.last().unwrap();
        match (self.dies, self.leaves) {
            (false, false) => Known::Alive,
            (false, true) => Known::Leaving,
            (true, _) if end.given_up && end.prune => Known::Pruned,
            (true, leaves) if leaves || end.given_up => Known::Left,
            (true, _) => Known::Failed,
        }
    }
}

fn run(generation: u64) -> impl Strategy<Value = Run> {
    let end = (any::<bool>(), any::<bool>()).prop_map(|(given_up, prune)| End { given_up, prune });
    (proptest::collection::vec(end, 1..4), any::<bool>(), any::<bool>()).prop_map(move |(ends, leaves, dies)| Run {
        generation,
        ends,
        leaves,
        dies,
    })
}

/// Runs, and an order in which what is said of them is heard, some of it twice.
fn histories() -> impl Strategy<Value = (Vec<Run>, Vec<Fact>)> {
    let runs = (1..4_u64).prop_flat_map(|count| (1..=count).map(run).collect::<Vec<_>>());
    runs.prop_flat_map(|runs| {
        let facts: Vec<Fact> = runs.iter().flat_map(Run::facts).collect();
        let twice = proptest::sample::subsequence(facts.clone(), 0..=facts.len());
        let heard = twice.prop_flat_map(move |twice| Just([facts.clone(), twice].concat()).prop_shuffle());
        (Just(runs), heard)
    })
}

fn identity(generation: u64, renewal: u16) -> Identity {
    Identity { instance: Instance { addr: addr(1), generation }, renewal }
}

fn hear(members: &mut Members, fact: Fact) {
    let update = |members: &mut Members, identity, state| {
        members.swim(NOW, |swim, outputs| swim.apply_many(std::iter::once(Member::new(identity, 0, state)), true, outputs));
    };
    match fact {
        Fact::Alive(generation, renewal) => update(members, identity(generation, renewal), State::Alive),
        Fact::Down(generation, renewal) => update(members, identity(generation, renewal), State::Down),
        Fact::Leave(generation) => drop(members.handle_item(NOW, Item::Leave(identity(generation, 0).instance))),
        Fact::GivenUp(generation, renewal, prune) => {
            let instance = identity(generation, 0).instance;
            members.handle_item(NOW, Item::ForceLeave { instance, prune, renewal: Some(renewal) });
        }
    }
}

fn known(members: &Members, generation: u64) -> Option<Known> {
    members.directory.get(identity(generation, 0).instance).map(|entry| entry.state)
}

proptest! {
    #[test]
    fn the_latest_run_is_seen_as_it_is_in_whatever_order_it_is_heard((runs, heard) in histories()) {
        let mut members = member_at(0, 1);
        for fact in &heard {
            hear(&mut members, *fact);
        }
        let last = runs.last().unwrap();
        match known(&members, last.generation) {
            // Its death was heard before its life, so that nobody needs to hear of either.
            None => prop_assert!(last.dies),
            seen => prop_assert_eq!(seen, Some(last.outcome())),
        }
        let at = |identity: Identity| members.directory.is_live(identity);
        let earlier = runs.iter().flat_map(|run| (0..4).map(|renewal| identity(run.generation, renewal)));
        for identity in earlier {
            let latest = (last.generation, last.ends.len() as u16 - 1);
            let is_latest = (identity.instance.generation, identity.renewal) == latest && !last.dies;
            prop_assert!(!at(identity) || is_latest || members.directory.get(identity.instance).unwrap().replaced, "{:?} is back", identity);
        }
    }
}

#[test]
fn an_intent_waits_for_what_it_is_about() {
    let mut members = member_at(0, 1);
    for fact in [Fact::Leave(1), Fact::Alive(1, 0)] {
        hear(&mut members, fact);
    }
    assert_eq!(known(&members, 1), Some(Known::Leaving));
    // Passed on when it was news, and not again.
    assert!(!members.handle_item(NOW, Item::Leave(identity(1, 0).instance)));

    let mut members = member_at(0, 1);
    for fact in [Fact::Alive(1, 0), Fact::GivenUp(1, 0, false), Fact::Down(1, 0)] {
        hear(&mut members, fact);
    }
    assert_eq!(known(&members, 1), Some(Known::Left));
}

#[test]
fn an_intent_about_an_earlier_identity_is_void() {
    let mut members = member_at(0, 1);
    let late = [Fact::Alive(1, 1), Fact::GivenUp(1, 0, true), Fact::Down(1, 1)];
    for fact in late {
        hear(&mut members, fact);
    }
    assert_eq!(known(&members, 1), Some(Known::Failed), "given up was who came back");
    for fact in [Fact::Alive(3, 0), Fact::Leave(2)] {
        hear(&mut members, fact);
    }
    assert_eq!((known(&members, 3), known(&members, 2)), (Some(Known::Alive), None));
}

#[test]
fn early_intents_are_bounded_and_forgotten() {
    let mut directory = crate::directory::Directory::new(&Config::lan());
    let instance = |port| Instance { addr: addr(port), generation: 1 };
    let taken = (0..2000).filter(|port| directory.leaving(NOW, instance(*port))).count();
    assert!((1..1000).contains(&taken), "{taken}");
    directory.reap(NOW + Duration::from_secs(3600));
    assert!(directory.leaving(NOW + Duration::from_secs(3600), instance(1999)));
}
