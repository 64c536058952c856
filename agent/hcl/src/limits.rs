//! How much of a text is read before it is refused.

/// Bounds on one text. The default suits rules that arrive over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest text in bytes.
    pub bytes: usize,
    /// Deepest nesting of lists, objects and block labels; the outermost object is level 0.
    pub depth: u32,
    /// Most values (scalars, lists and objects) in the whole text.
    pub values: usize,
}

impl Default for Limits {
    /// 1 MiB, 64 levels, 65536 values: a tree of at most some 10 MiB.
    fn default() -> Self {
        Self { bytes: 1 << 20, depth: 64, values: 1 << 16 }
    }
}
