//! Calls to the servers on behalf of the register: a look at the catalog, or the writes it is missing.

use api::catalog::Node;
use api::{Answer, Call, Code, Error, Op, Operation, Token, health};
use futures_util::StreamExt;
use futures_util::stream;
use local::{Change, Outcome, Seen};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Writes under way at once: the leader commits together what comes together.
const AT_ONCE: usize = 16;

/// What a pass came to.
pub(crate) enum Passed {
    /// A look at the catalog, and the register's count of changes before it.
    Compared(Box<Result<Seen, Error>>, u64),
    /// Writes that were tried, what became of each, and the register's count of changes when they were listed.
    Written(Vec<(Change, Outcome)>, u64),
}

/// Looks at what the catalog says of `node`.
pub(crate) async fn compare<A, F>(ask: A, node: String, token: Token, as_of: u64) -> Passed
where
    A: Fn(Call) -> F + Sync,
    F: Future<Output = Result<Answer, Error>> + Send,
{
    let seen = async {
        let services = read(&ask, Node { node: node.clone(), as_list: true, ..Node::default() }, &token).await?;
        let checks = read(&ask, health::Node { node, ..health::Node::default() }, &token).await?;
        Ok(Seen { node: services.node, services: services.services, checks: checks.checks })
    };
    Passed::Compared(Box::new(seen.await), as_of)
}

/// Makes the writes: the node's own first, then the others, several at a time. When one shows that the servers cannot be reached, the rest
/// is left for later: each would fail as well, and say so in the log.
pub(crate) async fn write<A, F>(ask: A, changes: Vec<Change>, token: Token, version: u64) -> Passed
where
    A: Fn(Call) -> F + Sync,
    F: Future<Output = Result<Answer, Error>> + Send,
{
    let mut written = Vec::with_capacity(changes.len());
    let mut changes = changes.into_iter();
    let out_of_reach = AtomicBool::new(false);
    let one = async |change: Change| {
        if out_of_reach.load(Ordering::Relaxed) {
            return None;
        }
        let token = if change.token.0.is_empty() { token.clone() } else { change.token.clone() };
        let call = Call { op: Arc::new(Op::Write(change.write.clone())), token, ..Call::new(api::catalog::Deregister::default()) };
        let answer = ask(call).await;
        match &answer {
            Ok(_) => tracing::info!(target: "agent", %change, "synced"),
            Err(error) => {
                tracing::warn!(target: "agent", %change, %error, "not synced");
                if error.is_transient() || error.kind() == Code::NoPath {
                    out_of_reach.store(true, Ordering::Relaxed);
                }
            }
        }
        Some((change, Outcome::of(&answer)))
    };
    if let Some(first) = changes.next() {
        written.extend(one(first).await);
    }
    let mut rest = stream::iter(changes).map(one).buffer_unordered(AT_ONCE);
    while let Some(one) = rest.next().await {
        written.extend(one);
    }
    Passed::Written(written, version)
}

async fn read<A, F, O>(ask: &A, op: O, token: &Token) -> Result<O::Reply, Error>
where
    A: Fn(Call) -> F + Sync,
    F: Future<Output = Result<Answer, Error>> + Send,
    O: Operation,
{
    let answer = ask(Call { token: token.clone(), ..Call::new(op) }).await?;
    O::take(answer.reply.reply()?.clone())
}
