//! Texts as operators of Consul know them, who match on them in alerts.

use std::io;

/// An error of the operating system: `connection refused`.
pub(crate) fn io_error(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error ").next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => "unknown error".to_owned(),
    }
}

/// The innermost cause of an error, which says most.
pub(crate) fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.downcast_ref::<io::Error>().map_or_else(|| inner.to_string(), io_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_plain() {
        assert_eq!(io_error(&io::Error::from_raw_os_error(111)), "connection refused");
        assert_eq!(io_error(&io::Error::other("Eh")), "eh");
        assert_eq!(cause(&io::Error::from_raw_os_error(104)), "connection reset by peer");
    }
}
