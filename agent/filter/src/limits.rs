//! What one expression may cost.

/// Longest accepted expression, in bytes. Consul has no limit of its own; its HTTP server stops at
/// 1 MiB of headers. Hand-written and generated filters stay far below this.
pub const MAX_EXPRESSION_BYTES: usize = 64 * 1024;

/// Deepest accepted nesting of parentheses. Parser, checker and evaluator recurse this deep.
pub const MAX_NESTING: usize = 100;

/// Most `matches` / `not matches` tests in one expression. Each may hold a compiled pattern and a
/// lazily built automaton of half a MiB each.
pub const MAX_PATTERNS: usize = 32;
