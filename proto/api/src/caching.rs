//! The agent's cache, as callers ask for it and are told of it: `?cached`, `Cache-Control`, `X-Cache`, `Age`.

use crate::{Local, Op, Read};
use std::time::Duration;

/// How the answers to an operation are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// The agent watches for changes, so that what it keeps is current.
    Refreshed,
    /// As it came, until it is older than a caller will have it.
    AsItCame,
}

/// What a caller who takes a kept answer wants of it. The default takes any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CachePolicy {
    /// The greatest age of an answer that is not refreshed.
    pub max_age: Option<Duration>,
    /// Up to which age one is taken in the place of an error.
    pub stale_if_error: Duration,
}

/// Whether an answer was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It was asked for.
    Miss,
    /// It was there.
    Hit {
        /// How long ago it was known to be true.
        age: Duration,
    },
}

impl Op {
    /// How the answers to this operation are kept for those who ask for kept ones; `None` for what is always asked anew.
    #[must_use]
    pub fn caching(&self) -> Option<Caching> {
        match self {
            Self::Read(Read::HealthService(_) | Read::CatalogService(_) | Read::CatalogServices(_)) => Some(Caching::Refreshed),
            Self::Local(Local::QueryExecute(_) | Local::Datacenters(_)) => Some(Caching::AsItCame),
            _ => None,
        }
    }
}
