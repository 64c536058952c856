//! The answers that clients have not taken yet.
//!
//! A client that asks for large answers and does not read them would have each of them kept. So every client has a budget of bytes, and
//! all have one together; an answer that many wait for counts once for each client address, since it is kept once, however often it is
//! asked for.

use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::Arc;

/// Shorter answers are not counted: connections are, and hold as much by themselves.
const LEAST: usize = 4 * 1024;

/// How many bytes there may be.
#[derive(Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) in_all: usize,
    pub(crate) per_client: usize,
}

/// What is on its way.
#[derive(Default)]
pub(crate) struct Unsent(Mutex<Books>);

#[derive(Default)]
struct Books {
    all: usize,
    by_client: HashMap<Client, usize>,
    /// How often each client is being sent each answer.
    sendings: HashMap<(Client, Buffer), usize>,
}

/// `None`: whoever is connected by a Unix socket.
type Client = Option<IpAddr>;

/// Where an answer is in memory, and how long it is: nothing else is there before it is let go.
type Buffer = (usize, usize);

/// Why an answer is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OverBudget {
    /// This client reads too slowly what it asked for.
    Client,
    /// All together do.
    All,
}

/// An answer that is being sent.
struct Sending {
    bytes: Bytes,
    client: Client,
    unsent: Arc<Unsent>,
}

impl Unsent {
    /// The same bytes, which count until the last of them is dropped. Whoever is being sent nothing may be sent anything.
    pub(crate) fn count(self: &Arc<Self>, client: Client, bytes: Bytes, budget: Budget) -> Result<Bytes, OverBudget> {
        if bytes.len() < LEAST {
            return Ok(bytes);
        }
        let mut books = self.0.lock();
        let Books { all, by_client, sendings } = &mut *books;
        match sendings.entry((client, buffer(&bytes))) {
            Entry::Occupied(mut again) => *again.get_mut() += 1,
            Entry::Vacant(first) => {
                let owed = by_client.entry(client).or_default();
                if *owed > 0 && owed.saturating_add(bytes.len()) > budget.per_client {
                    return Err(OverBudget::Client);
                }
                if *owed > 0 && all.saturating_add(bytes.len()) > budget.in_all {
                    return Err(OverBudget::All);
                }
                *owed += bytes.len();
                *all += bytes.len();
                first.insert(1);
            }
        }
        drop(books);
        Ok(Bytes::from_owner(Sending { bytes, client, unsent: Arc::clone(self) }))
    }
}

fn buffer(bytes: &Bytes) -> Buffer {
    (bytes.as_ptr().addr(), bytes.len())
}

impl AsRef<[u8]> for Sending {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let mut books = self.unsent.0.lock();
        let Books { all, by_client, sendings } = &mut *books;
        let Entry::Occupied(mut sending) = sendings.entry((self.client, buffer(&self.bytes))) else { return };
        *sending.get_mut() -= 1;
        if *sending.get() > 0 {
            return;
        }
        sending.remove();
        *all -= self.bytes.len();
        if let Entry::Occupied(mut owed) = by_client.entry(self.client) {
            *owed.get_mut() -= self.bytes.len();
            if *owed.get() == 0 {
                owed.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const KIB: usize = 1024;

    fn answer() -> Bytes {
        vec![b'x'; 40 * KIB].into()
    }

    #[test]
    fn an_answer_counts_once_for_each_client_until_all_of_it_is_gone() {
        let (unsent, budget) = (Arc::new(Unsent::default()), Budget { in_all: 1000 * KIB, per_client: 100 * KIB });
        let (a, b): (Client, Client) = (Some([127, 0, 0, 1].into()), Some([127, 0, 0, 2].into()));
        let shared = answer();
        let many: Vec<_> = (0..1000).map(|_| unsent.count(a, shared.clone(), budget).unwrap()).collect();
        assert_eq!(unsent.0.lock().all, 40 * KIB);
        let second = unsent.count(a, answer(), budget).unwrap();
        assert_eq!(unsent.count(a, answer(), budget).unwrap_err(), OverBudget::Client);
        assert!(unsent.count(a, Bytes::from(vec![0; LEAST - 1]), budget).is_ok(), "what is short is not counted");
        let _other = unsent.count(b, shared, budget).unwrap();
        assert_eq!(unsent.0.lock().all, 120 * KIB);
        let rest = second.slice(39 * KIB..);
        drop(second);
        assert_eq!(unsent.count(a, answer(), budget).unwrap_err(), OverBudget::Client, "its end is still to be sent");
        drop(rest);
        assert!(unsent.count(a, answer(), budget).is_ok());
        drop(many);
        assert_eq!(unsent.0.lock().by_client.len(), 1);
    }

    #[test]
    fn all_together_have_a_budget_and_whoever_reads_is_sent_what_he_asks_for() {
        let (unsent, budget) = (Arc::new(Unsent::default()), Budget { in_all: 70 * KIB, per_client: 60 * KIB });
        let (a, b): (Client, Client) = (Some([127, 0, 0, 1].into()), None);
        let large = unsent.count(a, vec![b'x'; 90 * KIB].into(), budget).unwrap();
        let _first = unsent.count(b, answer(), budget).unwrap();
        assert_eq!(unsent.count(b, vec![0; LEAST].into(), budget).unwrap_err(), OverBudget::All);
        drop(large);
        assert!(unsent.count(b, vec![0; LEAST].into(), budget).is_ok());
    }
}
