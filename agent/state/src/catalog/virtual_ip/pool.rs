//! Numbers to be given out, and taken back.

use imbl::OrdMap;
use std::ops::RangeInclusive;

/// The numbers that nobody has, as ranges: the first of each, and its last. No two of them touch, so what is free is told in one way only.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pool(OrdMap<u32, u32>);

impl Pool {
    /// All of these are free.
    pub(super) fn of(numbers: RangeInclusive<u32>) -> Self {
        Self(OrdMap::unit(*numbers.start(), *numbers.end()))
    }

    /// Takes the lowest.
    pub(super) fn take_lowest(&mut self) -> Option<u32> {
        let lowest = self.0.get_min().map(|(first, _)| *first)?;
        self.take(lowest).then_some(lowest)
    }

    /// Takes this one; `false` where it is not free.
    pub(super) fn take(&mut self, number: u32) -> bool {
        let Some((first, last)) = self.before(number).filter(|(_, last)| number <= *last) else { return false };
        self.0.remove(&first);
        if first < number {
            self.0.insert(first, number - 1);
        }
        if number < last {
            self.0.insert(number + 1, last);
        }
        true
    }

    /// Takes one back that was given out.
    pub(super) fn give_back(&mut self, number: u32) {
        let (mut first, mut last) = (number, number);
        if let Some((begin, end)) = self.before(number)
            && end.checked_add(1) == Some(number)
        {
            first = begin;
        }
        if let Some(end) = number.checked_add(1).and_then(|next| self.0.remove(&next)) {
            last = end;
        }
        self.0.insert(first, last);
    }

    /// The last range that begins at this number or before.
    fn before(&self, number: u32) -> Option<(u32, u32)> {
        self.0.get_prev(&number).map(|(first, last)| (*first, *last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[derive(Clone, Debug)]
    enum Step {
        Lowest,
        Take(u32),
        GiveBack(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![Just(Step::Lowest), (0..12u32).prop_map(Step::Take), (3..10u32).prop_map(Step::GiveBack)]
    }

    proptest! {
        #[test]
        fn it_is_a_set(steps in proptest::collection::vec(step(), 0..60)) {
            let (mut pool, mut free): (_, BTreeSet<u32>) = (Pool::of(3..=9), (3..=9).collect());
            for step in steps {
                match step {
                    Step::Lowest => prop_assert_eq!(pool.take_lowest(), free.pop_first()),
                    Step::Take(number) => prop_assert_eq!(pool.take(number), free.remove(&number)),
                    Step::GiveBack(number) => {
                        if free.insert(number) {
                            pool.give_back(number);
                        }
                    }
                }
                let told: BTreeSet<u32> = pool.0.iter().flat_map(|(first, last)| *first..=*last).collect();
                prop_assert_eq!(&told, &free);
                let touching = pool.0.iter().zip(pool.0.iter().skip(1)).any(|((_, last), (first, _))| last + 1 >= *first);
                prop_assert!(!touching, "{:?}", pool);
            }
        }
    }

    #[test]
    fn the_last_number_there_is_can_be_given_back() {
        let mut pool = Pool::of(u32::MAX..=u32::MAX);
        assert_eq!((pool.take_lowest(), pool.take_lowest()), (Some(u32::MAX), None));
        pool.give_back(u32::MAX);
        assert_eq!(pool, Pool::of(u32::MAX..=u32::MAX));
    }
}
