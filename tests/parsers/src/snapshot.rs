//! The state of a datacenter, as it comes off a disk or from another server.

use state::{Restorer, State};

const GOLDEN: &str = include_str!("../../../agent/state/tests/data/snapshot-1.hex");

/// Reads it in two pieces; what is read can be written and read again.
pub(crate) fn snapshot(input: &[u8]) -> bool {
    let Some(state) = restored(input) else { return false };
    let written: Vec<u8> = state.snapshot().flatten().collect();
    let again = restored(&written).expect("what was read can be written");
    assert_eq!(again.snapshot().flatten().collect::<Vec<u8>>(), written);
    true
}

/// An empty one, and one with something in every field.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let digits: Vec<u8> = GOLDEN.bytes().filter_map(|digit| u8::try_from(char::from(digit).to_digit(16)?).ok()).collect();
    let golden = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    vec![State::default().snapshot().flatten().collect(), golden]
}

fn restored(bytes: &[u8]) -> Option<State> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let mut restorer = Restorer::default();
    restorer.push(first).ok()?;
    restorer.push(second).ok()?;
    restorer.finish().ok()
}
