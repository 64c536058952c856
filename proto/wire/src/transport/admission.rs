//! How many connections at once, in all and from one address.

use parking_lot::Mutex;
use std::{collections::HashMap, net::IpAddr, sync::Arc};
use tokio::sync::OwnedSemaphorePermit;

/// Counts connections by address; holds only addresses that have one.
#[derive(Clone)]
pub(crate) struct PerAddress {
    max: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection's right to be open.
pub(crate) struct Admitted {
    from: PerAddress,
    ip: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl PerAddress {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, open: Arc::default() }
    }

    /// `None` when `ip` has as many connections as it may.
    pub(crate) fn admit(&self, ip: IpAddr, permit: OwnedSemaphorePermit) -> Option<Admitted> {
        let mut open = self.open.lock();
        let count = open.entry(ip).or_insert(0);
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(Admitted { from: self.clone(), ip, _permit: permit })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = self.from.open.lock();
        if let Some(count) = open.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.ip);
            }
        }
    }
}
