//! The client of `Calls`.

use super::session::Session;
use crate::{
    error::{CallError, NotSent},
    limits::{MAX_BODY_BYTES, MAX_HEAD_BYTES},
    transport::{connector::Connector, redial::Redial},
};
use bytes::Bytes;
use std::time::Duration;
use tokio::time::Instant;

/// Calls one server over one connection; cheap to clone, and all clones share the connection.
#[derive(Clone)]
pub struct CallsClient {
    sessions: Redial<Session>,
}

impl CallsClient {
    /// A client of the server at `connector.addr`. Nothing is dialled before the first call.
    #[must_use]
    pub fn connect(connector: Connector) -> Self {
        let limits = connector.limits;
        let (addr, generation) = (connector.addr, connector.generation());
        let sessions = Redial::new(addr, limits, generation, move || {
            let connector = connector.clone();
            Box::pin(async move { Session::open(&connector).await })
        });
        Self { sessions }
    }

    /// Sends `(head, body)` and gives `(head, body)` of the answer. Dropping the future cancels the call at the server.
    ///
    /// # Errors
    /// [`CallError`]; ask it whether the call can have been processed. A call that proved to be unsent is tried on a
    /// second connection within its time before it is given back.
    pub async fn call(&self, head: Bytes, body: Bytes, within: Duration) -> Result<(Bytes, Bytes), CallError> {
        NotSent::check_len("head", head.len(), MAX_HEAD_BYTES)?;
        NotSent::check_len("body", body.len(), MAX_BODY_BYTES)?;
        let deadline = deadline(within);
        let session = self.sessions.get(deadline).await?;
        match session.call(head.clone(), body.clone(), deadline).await {
            Err(CallError::NotSent(NotSent::Closed)) => {}
            answer => return answer,
        }
        let session = self.sessions.get(deadline).await?;
        session.call(head, body, deadline).await
    }
}

/// `within` from now; a day at most, because an `Instant` overflows where a `Duration` does not.
pub(crate) fn deadline(within: Duration) -> Instant {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    Instant::now() + within.min(DAY)
}
