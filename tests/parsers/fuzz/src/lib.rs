//! What all targets share: a parser of the crate `parsers`, by name.

/// Feeds `input` to the parser called `target`.
///
/// # Panics
/// If there is none of that name, or where the parser panics.
pub fn run(target: &str, input: &[u8]) {
    let Some(target) = parsers::target(target) else {
        panic!("there is no target {target}");
    };
    let _ = (target.run)(input);
}
