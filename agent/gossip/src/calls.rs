//! Streams that we open, each a task with a permit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use members::{Config, Contact, Purpose};
use tokio::sync::{Semaphore, mpsc};

use crate::Carrier;

/// Streams that we may have open.
const CALLS: usize = 64;
/// And for probes beside them: where many members are silent these must not hold up the others.
const PROBES: usize = 16;

/// A stream to be opened.
pub struct Call {
    /// Destination.
    pub to: SocketAddr,
    /// To be sent.
    pub bytes: Bytes,
    /// Why.
    pub purpose: Purpose,
    /// How long it may take, connecting included.
    pub within: Duration,
    reports: mpsc::Sender<Report>,
}

impl Call {
    /// To be told by carriers whose peers' machines answer for them: the stream was taken or refused. It matters to probes, and at once.
    pub async fn tell(&self, contact: Contact) {
        if self.purpose == Purpose::Probe {
            // Fails only when the pool is gone.
            let _gone = self.reports.send(Report::Contact { with: self.to, contact }).await;
        }
    }
}

/// From the task of a stream.
pub(crate) enum Report {
    /// A call to see whether somebody lives got so far.
    Contact { with: SocketAddr, contact: Contact },
    /// How a stream ended.
    Ended { to: SocketAddr, purpose: Purpose, reply: Result<Bytes, String> },
}

/// Permits and limits of streams.
pub(crate) struct Calls {
    usual: Limit,
    probes: Limit,
    reports: mpsc::Sender<Report>,
}

struct Limit {
    permits: Arc<Semaphore>,
    within: Duration,
}

impl Limit {
    fn new(permits: usize, within: Duration) -> Self {
        Self { permits: Arc::new(Semaphore::new(permits)), within }
    }
}

impl Calls {
    pub(crate) fn new(config: &Config, reports: mpsc::Sender<Report>) -> Self {
        let usual = Limit::new(CALLS, config.stream_timeout);
        // Its answer is of no use to the probe after that.
        let probes = Limit::new(PROBES, config.probe_interval);
        Self { usual, probes, reports }
    }

    /// Opens a stream, the end of which will be reported. False if too many are open.
    pub(crate) fn open(&self, carrier: &mut impl Carrier, to: SocketAddr, bytes: Bytes, purpose: Purpose) -> bool {
        let limit = if purpose == Purpose::Probe { &self.probes } else { &self.usual };
        let Ok(permit) = Arc::clone(&limit.permits).try_acquire_owned() else { return false };
        let reports = self.reports.clone();
        let reply = carrier.call(Call { to, bytes, purpose, within: limit.within, reports: reports.clone() });
        tokio::spawn(async move {
            let reply = reply.await;
            drop(permit);
            // Fails only when the pool is gone.
            let _gone = reports.send(Report::Ended { to, purpose, reply }).await;
        });
        true
    }
}
