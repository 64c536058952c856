//! A row of the register and how it stands with the catalog.

use api::Token;

/// Something that is in the catalog, or is to be.
#[derive(Clone, Debug)]
pub(crate) struct Entry<T> {
    /// What it is to say.
    pub(crate) item: Item<T>,
    /// Shown when it is written; empty: the agent's own.
    pub(crate) token: Token,
    /// How it stands.
    pub(crate) mark: Mark,
}

/// What the catalog is to say.
#[derive(Clone, Debug)]
pub(crate) enum Item<T> {
    /// This.
    Held(T),
    /// Nothing any more; `with` is the instance that it goes with, or empty.
    Gone {
        /// Taking that out of the catalog takes this out too.
        with: String,
    },
}

/// Whether the catalog is known to say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// When it was last changed, in the register's count of changes: a write counts only for what it wrote.
    pub(crate) version: u64,
    /// As far as we know.
    pub(crate) in_sync: bool,
}

impl<T> Entry<T> {
    pub(crate) fn held(&self) -> Option<&T> {
        match &self.item {
            Item::Held(item) => Some(item),
            Item::Gone { .. } => None,
        }
    }

    pub(crate) fn held_mut(&mut self) -> Option<&mut T> {
        match &mut self.item {
            Item::Held(item) => Some(item),
            Item::Gone { .. } => None,
        }
    }

    pub(crate) fn is_gone_with(&self, service: &str) -> bool {
        matches!(&self.item, Item::Gone { with } if with == service)
    }
}

impl Mark {
    pub(crate) fn changed(version: u64) -> Self {
        Self { version, in_sync: false }
    }
}
