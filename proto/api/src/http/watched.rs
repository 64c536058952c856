//! Which answers can be waited for.

use crate::{Class, Op, Read};

/// Whether an answer says an index in its headers, and can be waited for. A transaction that only looks is a body like any other
/// transaction's, an explained query is one like its execution, and Consul does not have the autopilot's configuration watched.
pub(crate) fn is_watched(op: &Op) -> bool {
    let unwatched = |read: &Read| matches!(read, Read::TxnRead(_) | Read::AutopilotConfiguration(_) | Read::QueryExplain(_));
    op.row().class == Class::Read && !matches!(op, Op::Read(read) if unwatched(read))
}
