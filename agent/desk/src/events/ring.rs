//! The last events, in the order in which they came.

use api::event::{Event, Events};
use std::collections::VecDeque;

/// How many are kept.
const MOST: usize = 256;

#[derive(Default)]
pub(super) struct Ring(VecDeque<Event>);

impl Ring {
    pub(super) fn push(&mut self, event: Event) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(event);
    }

    /// Those of this name, or all when it is empty.
    pub(super) fn list(&self, name: &str) -> Events {
        let events: Vec<Event> = self.0.iter().filter(|event| name.is_empty() || event.name == name).cloned().collect();
        let index = events.last().map_or(1, |event| index(&event.id));
        Events { events, index }
    }
}

/// The halves of a UUID, one over the other, as Consul's clients expect it.
fn index(id: &str) -> u64 {
    let digits: String = id.chars().filter(|digit| *digit != '-').collect();
    let whole = u128::from_str_radix(&digits, 16).unwrap_or_default();
    (whole >> 64) as u64 ^ whole as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_those_of_consul() {
        assert_eq!(index("b0dc38cc-ac0e-9314-5024-45201dff13b8"), 16_210_845_314_271_248_556);
        assert_eq!(index("2581cf4a-5a76-e31d-f326-5d697b3271b3"), 15_467_492_124_806_910_638);
    }

    #[test]
    fn the_oldest_give_way() {
        let mut ring = Ring::default();
        for n in 0..300 {
            let id = format!("00000000-0000-0000-0000-{n:012x}");
            ring.push(Event { id, name: if n % 3 == 0 { "a".to_owned() } else { "b".to_owned() }, ..Event::default() });
        }
        let all = ring.list("");
        assert_eq!((all.events.len(), all.index), (256, 299));
        assert_eq!(all.events.first().map(|event| index(&event.id)), Some(44));
        assert_eq!((ring.list("a").events.len(), ring.list("a").index), (85, 297));
        assert_eq!(ring.list("c"), Events { events: Vec::new(), index: 1 });
    }
}
