//! Watches: something is asked for again and again by blocking reads, and each change is handed to a script or sent to a URL.
//!
//! ```text
//! Definition ─► Plan ─┐
//!                     ├─► follow: ask ─► Progress ─► Delivery ─► Handler ─► ask …
//!             asker ──┘                     └─ nothing new: ask again; failed: wait, ask again
//! ```
//!
//! [`Plan`] and [`Progress`] hold the rules and are pure. How a plan is asked is the caller's: the command line sends HTTP requests,
//! an agent makes calls. One delivery of a watch is handled at a time.
//!
//! **Invariant:** a watch that is dropped while a handler runs kills it with its process group; what handlers write is never kept whole.

mod definition;
mod follow;
mod group;
mod handler;
mod hook;
mod plan;
mod progress;
mod script;
mod tail;
mod target;

pub use definition::{BadWatch, Definition};
pub use follow::follow;
pub use handler::{Handled, Handler};
pub use hook::{Hook, HookError};
pub use plan::{Answer, Plan};
pub use progress::{BadAnswer, Delivery, Progress};
pub use script::{Script, ScriptError, Stream};
pub use tail::Tail;
