//! The rules of the authority. Pure: `now` (unix seconds), serial numbers and fresh keys are arguments.
//!
//! Each function takes the state as the log has it (the default one where there is none yet) and gives the state that takes its place,
//! with the next epoch; whoever calls commits that before he answers.

mod begin;
mod due;
mod forget;
mod install;
mod refused;
mod request;
mod sign;
mod stored;

pub use begin::{Fresh, begin, renew};
pub use due::{Due, due, renew_at};
pub use forget::forget;
pub use install::install;
pub use request::request;
pub use sign::sign;
pub(crate) use stored::validity_of;

use api::federation::CaState;
use std::time::Duration;

/// An answer, and the state to commit before it is given, if that is another one.
#[derive(Debug)]
pub struct Decided<T> {
    /// What the caller is told.
    pub reply: T,
    /// What takes the present state's place.
    pub state: Option<CaState>,
}

const HOUR: Duration = Duration::from_secs(3600);

/// How long a root is valid: 10 years, as Consul's.
pub const ROOT_TTL: Duration = HOUR.saturating_mul(24 * 3650);
/// How long an intermediate is valid: a year, as Consul's.
pub const INTERMEDIATE_TTL: Duration = HOUR.saturating_mul(24 * 365);
/// How long a leaf is valid: 72 hours, as Consul's.
pub const LEAF_TTL: Duration = HOUR.saturating_mul(72);
