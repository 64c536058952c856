//! A value that is replaced while others read it.

use std::sync::Arc;

use parking_lot::RwLock;

/// Holds the current value. Readers get a snapshot and hold no lock while they use it.
pub struct Slot<T>(RwLock<Arc<T>>);

impl<T> Slot<T> {
    /// With a first value.
    pub fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// The value now.
    pub fn load(&self) -> Arc<T> {
        Arc::clone(&self.0.read())
    }

    /// Replaces the value for all who load from now on.
    pub fn store(&self, value: T) {
        *self.0.write() = Arc::new(value);
    }
}
