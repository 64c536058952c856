//! The keys a member accepts, and the one it encrypts with.

use super::GossipKey;

/// Keys kept at most; a rotation needs two.
pub(crate) const CAPACITY: usize = 16;

/// Installed keys, the primary first. Empty: the pool is not encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyring {
    keys: Vec<GossipKey>,
}

/// What an operator asks of the keyrings of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyringOp {
    /// Which keys there are.
    List,
    /// Accept this key.
    Install(GossipKey),
    /// Encrypt with this key.
    Use(GossipKey),
    /// No longer accept this key.
    Remove(GossipKey),
}

/// The keyring of a member, as it tells others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyringState {
    /// What the next change has to name: it moves on with each one, and begins elsewhere with each process.
    pub turn: u64,
    /// The keys, the one in use first.
    pub keys: Vec<GossipKey>,
}

/// Why a keyring operation was refused, in Consul's words. The keyring is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// There are no keys to list: the pool runs without `encrypt`.
    #[error("Keyring is empty (encryption not enabled)")]
    Empty,
    /// There is no keyring to change: the pool runs without `encrypt`.
    #[error("No keyring to modify (encryption not enabled)")]
    Disabled,
    /// The key is not installed.
    #[error("Requested key is not in the keyring")]
    Unknown,
    /// The primary key cannot be removed.
    #[error("Removing the primary key is not allowed")]
    Primary,
    /// No room for a further key.
    #[error("keyring is full ({CAPACITY} keys)")]
    Full,
}

impl Keyring {
    /// A keyring of `keys`, primary first. Repeated keys count once; keys beyond sixteen are refused.
    ///
    /// # Errors
    /// [`KeyringError::Full`].
    pub fn new(keys: impl IntoIterator<Item = GossipKey>) -> Result<Self, KeyringError> {
        let mut ring = Self::default();
        for key in keys {
            ring.add(key)?;
        }
        Ok(ring)
    }

    /// The installed keys, primary first.
    #[must_use]
    pub fn keys(&self) -> &[GossipKey] {
        &self.keys
    }

    /// Does `op`. A key that shall go and is not there is gone already.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn apply(&mut self, op: &KeyringOp) -> Result<(), KeyringError> {
        match op {
            KeyringOp::List if self.keys.is_empty() => Err(KeyringError::Empty),
            KeyringOp::List => Ok(()),
            _ if self.keys.is_empty() => Err(KeyringError::Disabled),
            KeyringOp::Install(key) => self.install(key.clone()),
            KeyringOp::Use(key) => self.use_key(key),
            KeyringOp::Remove(key) => match self.remove(key) {
                Err(KeyringError::Unknown) => Ok(()),
                removed => removed,
            },
        }
    }

    /// Makes `key` acceptable. Installing an installed key does nothing.
    ///
    /// # Errors
    /// [`KeyringError::Disabled`] on an empty keyring, [`KeyringError::Full`].
    pub fn install(&mut self, key: GossipKey) -> Result<(), KeyringError> {
        if self.keys.is_empty() {
            return Err(KeyringError::Disabled);
        }
        self.add(key)
    }

    /// Encrypts with `key` from now on.
    ///
    /// # Errors
    /// [`KeyringError::Unknown`] unless it was installed before.
    pub fn use_key(&mut self, key: &GossipKey) -> Result<(), KeyringError> {
        let at = self.position(key)?;
        self.keys[..=at].rotate_right(1);
        Ok(())
    }

    /// No longer accepts `key`.
    ///
    /// # Errors
    /// [`KeyringError::Unknown`], or [`KeyringError::Primary`] for the key in use.
    pub fn remove(&mut self, key: &GossipKey) -> Result<(), KeyringError> {
        match self.position(key)? {
            0 => Err(KeyringError::Primary),
            at => {
                self.keys.remove(at);
                Ok(())
            }
        }
    }

    pub(super) fn primary(&self) -> Option<&GossipKey> {
        self.keys.first()
    }

    fn add(&mut self, key: GossipKey) -> Result<(), KeyringError> {
        if self.keys.contains(&key) {
            return Ok(());
        }
        if self.keys.len() >= CAPACITY {
            return Err(KeyringError::Full);
        }
        self.keys.push(key);
        Ok(())
    }

    fn position(&self, key: &GossipKey) -> Result<usize, KeyringError> {
        self.keys.iter().position(|installed| installed == key).ok_or(KeyringError::Unknown)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rotation_installs_uses_and_removes() {
        let [old, new] = [[1; 16], [2; 16]].map(|bytes| GossipKey::new(&bytes).unwrap());
        let mut ring = Keyring::default();
        assert_eq!(ring.install(old.clone()), Err(KeyringError::Disabled));
        ring = Keyring::new([old.clone(), old.clone()]).unwrap();
        assert_eq!(ring.use_key(&new), Err(KeyringError::Unknown));
        ring.install(new.clone()).unwrap();
        ring.use_key(&new).unwrap();
        assert_eq!(ring.keys(), [new.clone(), old.clone()]);
        assert_eq!(ring.remove(&new), Err(KeyringError::Primary));
        ring.remove(&old).unwrap();
        assert_eq!(ring.keys(), [new]);
        assert_eq!(GossipKey::new(&[0; 17]), Err(crate::KeyError(17)));
    }
}
