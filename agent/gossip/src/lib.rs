//! What all drivers of a [`members::Members`] core share: the clock and the timers, the carrying out of effects, the streams that are
//! opened, and who waits for what.
//!
//! A driver has a task of its own, which owns a [`Pool`] and a [`Carrier`] of its own, and waits for [`Pool::turn`] beside whatever its
//! network brings. [`Handle`]s speak to it.
//!
//! **Invariant:** each input to the core is followed at once by all its effects; what waits for the pool is bounded. No network is known here,
//! and no rule of membership.

mod address;
mod calls;
mod carrier;
mod handle;
mod pool;

pub use address::HostPort;
pub use calls::Call;
pub use carrier::{Carrier, Sent};
pub use handle::{Handle, JoinOutcome, LeaveError, Stopped};
pub use pool::{Pool, Turn};

#[cfg(test)]
mod tests;
