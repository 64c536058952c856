//! How many calls are under way to and from each datacenter.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use api::{Code, Error};
use parking_lot::Mutex;

use crate::Limits;

/// Counts calls under way and refuses the one too many, so that one datacenter cannot take all there is.
///
/// An entry lives as long as a call of it, so the map is bounded by the calls admitted before.
#[derive(Clone)]
pub(crate) struct Flights {
    counts: Arc<Mutex<BTreeMap<(Way, Lane), usize>>>,
    calls: usize,
    blocked: usize,
}

/// Which datacenter a call goes to or comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    To(String),
    From(String),
}

/// Blocking reads are counted apart from what is answered at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Quick,
    Blocked,
}

/// One call under way; dropped, it is over.
pub(crate) struct Flight {
    flights: Flights,
    key: (Way, Lane),
}

impl Flights {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { counts: Arc::default(), calls: limits.calls_per_datacenter, blocked: limits.blocked_per_datacenter }
    }

    /// # Errors
    /// [`Code::Busy`], naming the datacenter.
    pub(crate) fn enter(&self, way: Way, lane: Lane) -> Result<Flight, Error> {
        let most = match lane {
            Lane::Quick => self.calls,
            Lane::Blocked => self.blocked,
        };
        let mut counts = self.counts.lock();
        let key = (way, lane);
        let under_way = counts.get(&key).copied().unwrap_or(0);
        if under_way >= most {
            let what = if lane == Lane::Blocked { "blocking reads" } else { "calls" };
            return Err(Error::new(Code::Busy, format!("already {most} {what} {} are under way; this one was not sent", key.0)));
        }
        counts.insert(key.clone(), under_way + 1);
        Ok(Flight { flights: self.clone(), key })
    }

    /// Calls under way to each datacenter.
    pub(crate) fn towards(&self) -> BTreeMap<String, usize> {
        let mut towards = BTreeMap::new();
        for ((way, _), count) in &*self.counts.lock() {
            if let Way::To(dc) = way {
                *towards.entry(dc.clone()).or_default() += count;
            }
        }
        towards
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut counts = self.flights.counts.lock();
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(dc) => write!(f, "to datacenter {dc}"),
            Self::From(dc) => write!(f, "from datacenter {dc}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_datacenter_and_lane_has_its_own_bound_and_the_refusal_names_it() {
        let flights = Flights::new(&Limits { calls_per_datacenter: 2, blocked_per_datacenter: 1, ..Limits::default() });
        let to = |dc: &str| Way::To(dc.to_owned());
        let held: Vec<_> = (0..2).map(|_| flights.enter(to("dc2"), Lane::Quick).unwrap()).collect();
        let refused = flights.enter(to("dc2"), Lane::Quick).err().unwrap();
        assert_eq!(refused.kind(), Code::Busy);
        assert_eq!(refused.text, "already 2 calls to datacenter dc2 are under way; this one was not sent");
        let _others = [
            flights.enter(to("dc2"), Lane::Blocked).unwrap(),
            flights.enter(to("dc3"), Lane::Quick).unwrap(),
            flights.enter(Way::From("dc2".to_owned()), Lane::Quick).unwrap(),
        ];
        assert_eq!(flights.towards(), BTreeMap::from([("dc2".to_owned(), 3), ("dc3".to_owned(), 1)]));
        drop(held);
        flights.enter(to("dc2"), Lane::Quick).unwrap();
        assert_eq!(flights.towards()["dc2"], 1);
    }
}
