//! Serial numbers.

/// A certificate's serial number: 127 random bits, which no one can predict (CA/B baseline 7.1 asks for 64).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serial([u8; 16]);

impl Serial {
    /// From 16 bytes of the caller's randomness. The result is positive and not zero, as RFC 5280 (4.1.2.2) wants.
    pub fn from_random(mut random: [u8; 16]) -> Self {
        let [first, ..] = &mut random;
        *first = (*first & 0x7f) | 0x40;
        Self(random)
    }

    /// Big-endian.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}
