//! Arguments that may name where their value is.

use std::io::Read;
use std::path::Path;

use crate::os_error;

/// Largest value taken from a file or stdin, in bytes. Larger than anything an agent
/// accepts in one piece, small enough not to fill memory with `/dev/zero`.
const LIMIT: u64 = 256 << 20;

/// The bytes an argument stands for: `@file` the file's content, `-` all of stdin,
/// anything else itself.
///
/// # Errors
/// The text for the user when the file or stdin cannot be read.
pub(crate) fn value(argument: &str, stdin: &mut dyn Read) -> Result<Vec<u8>, String> {
    if argument == "-" {
        return limited(stdin).map_err(|error| format!("Failed to read stdin: {error}"));
    }
    match argument.strip_prefix('@') {
        Some(name) => {
            let path = Path::new(name);
            std::fs::File::open(path)
                .map_err(|error| os_error::opening(path, &error))
                .and_then(|mut file| limited(&mut file))
                .map_err(|error| format!("Failed to read file: {error}"))
        }
        None => Ok(argument.as_bytes().to_vec()),
    }
}

fn limited(source: &mut dyn Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    source.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| os_error::text(&error))?;
    if bytes.len() as u64 > LIMIT {
        return Err(format!("larger than {LIMIT} bytes"));
    }
    Ok(bytes)
}
