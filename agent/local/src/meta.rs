//! What metadata may be.

use std::collections::BTreeMap;

const MOST_PAIRS: usize = 64;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 512;

/// What is wrong with the metadata of an instance, if anything.
pub(crate) fn mistake(meta: &BTreeMap<String, String>) -> Option<String> {
    if meta.len() > MOST_PAIRS {
        return Some(format!("Node metadata cannot contain more than {MOST_PAIRS} key/value pairs"));
    }
    let why = |(key, value): (&String, &String)| {
        let why = pair(key, value)?;
        Some(format!("Couldn't load metadata pair ('{key}', '{value}'): {why}"))
    };
    meta.iter().find_map(why)
}

fn pair(key: &str, value: &str) -> Option<String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if key.is_empty() {
        Some("Key cannot be blank".to_owned())
    } else if !key.bytes().all(allowed) {
        Some("Key contains invalid characters".to_owned())
    } else if key.len() > LONGEST_KEY {
        Some(format!("Key is too long (limit: {LONGEST_KEY} characters)"))
    } else if key.starts_with("consul-") {
        Some("Key prefix 'consul-' is reserved for internal use".to_owned())
    } else if value.len() > LONGEST_VALUE {
        Some(format!("Value is too long (limit: {LONGEST_VALUE} characters)"))
    } else {
        None
    }
}
