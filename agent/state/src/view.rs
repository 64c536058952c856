//! The only way a read reaches state: narrowed to a token, and watched.

use crate::{Authority, State, Topic};
use api::{Access, Code, Error, Need, Operation, Reply, Resource};
use std::cell::{Cell, RefCell};

/// An operation that looks at state.
pub trait Evaluate: Operation {
    /// Answers it. The view filters by token and remembers what was touched, so neither is written here.
    ///
    /// # Errors
    /// What the caller is told, e.g. of a filter that does not parse.
    fn evaluate(&self, view: &View<'_>) -> Result<Self::Reply, Error>;
}

/// State as a token may see it.
pub struct View<'s> {
    pub(crate) state: &'s State,
    who: &'s Authority,
    index: Cell<u64>,
    hidden: Cell<u64>,
    absent: Cell<bool>,
    topics: RefCell<Vec<Topic>>,
}

/// What a read touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The greatest index among it; at least 1, as Consul has it.
    pub index: u64,
    /// How many rows the token hid.
    pub hidden: u64,
    /// Nothing was found.
    pub absent: bool,
    /// What to wait on for a change of the answer.
    pub topics: Vec<Topic>,
}

impl<'s> View<'s> {
    /// What `who` may see of `state`.
    #[must_use]
    pub fn new(state: &'s State, who: &'s Authority) -> Self {
        Self { state, who, index: Cell::new(1), hidden: Cell::new(0), absent: Cell::new(false), topics: RefCell::default() }
    }

    /// Whether the token may; a `false` hides a row, and is counted.
    pub fn may(&self, resource: Resource, access: Access, name: &str) -> bool {
        let may = self.who.may(resource, access, name);
        if !may {
            self.hidden.set(self.hidden.get() + 1);
        }
        may
    }

    /// Whether the token may, where a `false` hides no row.
    pub(crate) fn has(&self, resource: Resource, access: Access, name: &str) -> bool {
        self.who.may(resource, access, name)
    }

    /// Refuses the whole read unless the token may.
    ///
    /// # Errors
    /// [`Code::Denied`], naming what is lacking.
    pub fn demand(&self, resource: Resource, access: Access, name: &str) -> Result<(), Error> {
        if self.who.may(resource, access, name) {
            return Ok(());
        }
        let need = Need { resource, access, name: name.to_owned() };
        Err(Error::new(Code::Denied, format!("Permission denied: token lacks permission {need}")))
    }

    /// Records that the answer depends on `topic`, whose index is `index`.
    pub fn saw(&self, topic: Topic, index: u64) {
        self.saw_index(index);
        self.topics.borrow_mut().push(topic);
    }

    /// Records that the order of the answer follows from `topic`: an answer made before a change of it is not given again, and who
    /// waits looks again, but finds nothing newer.
    pub fn leans_on(&self, topic: Topic) {
        self.topics.borrow_mut().push(topic);
    }

    /// Records an index that the answer has to carry.
    pub fn saw_index(&self, index: u64) {
        self.index.set(self.index.get().max(index));
    }

    /// Records that nothing was found.
    pub fn found_nothing(&self) {
        self.absent.set(true);
    }

    /// What was touched.
    #[must_use]
    pub fn seen(self) -> Seen {
        Seen { index: self.index.get(), hidden: self.hidden.get(), absent: self.absent.get(), topics: self.topics.into_inner() }
    }
}

macro_rules! interpret {
    (read { $($rt:tt $rv:ident $rn:literal $ro:ty => $rr:ty [$rres:ident $racc:ident, $rretry:ident, $rlimit:expr, $rlevel:literal];)* }
     write { $($write:tt)* }
     local { $($local:tt)* }) => {
        /// Answers a read from `view`.
        ///
        /// # Errors
        /// What the caller is told.
        pub fn evaluate(op: &api::Read, view: &View<'_>) -> Result<Reply, Error> {
            match op { $(api::Read::$rv(op) => op.evaluate(view).map(Reply::$rv),)* }
        }
    };
}
api::operations!(interpret);
