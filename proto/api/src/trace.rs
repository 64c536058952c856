//! W3C trace context, carried by every call so that one trace shows all of its hops.

/// The two headers of the W3C Trace Context recommendation, as they came.
/// Empty strings mean that nobody is tracing; then nothing is allocated and nothing recorded.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Trace {
    /// `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`, or empty.
    #[prost(string, tag = 1)]
    pub parent: String,
    /// `tracestate`, at most 512 bytes, or empty.
    #[prost(string, tag = 2)]
    pub state: String,
}

impl Trace {
    /// Takes the headers of a request. A malformed `traceparent` is as good as none (W3C Trace Context, 3.2.2): strangers send it.
    #[must_use]
    pub fn from_headers(parent: &str, state: &str) -> Self {
        if !well_formed(parent) {
            return Self::default();
        }
        let state = if state.len() <= 512 { state } else { "" };
        Self { parent: parent.to_owned(), state: state.to_owned() }
    }

    /// Whether somebody asked for this call to be recorded (the `sampled` flag).
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.parent.as_bytes().get(54).is_some_and(|digit| matches!(digit, b'1' | b'3' | b'5' | b'7' | b'9' | b'b' | b'd' | b'f'))
    }
}

fn well_formed(parent: &str) -> bool {
    let bytes = parent.as_bytes();
    let hex = |range: std::ops::Range<usize>| bytes[range].iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
    let set = |range: std::ops::Range<usize>| bytes[range].iter().any(|b| *b != b'0');
    bytes.len() == 55
        && bytes[2] == b'-'
        && bytes[35] == b'-'
        && bytes[52] == b'-'
        && hex(0..2)
        && &bytes[0..2] != b"ff"
        && hex(3..35)
        && set(3..35)
        && hex(36..52)
        && set(36..52)
        && hex(53..55)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_parents_are_taken() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(Trace::from_headers(good, "").is_sampled());
        assert!(!Trace::from_headers(&good.replace("-01", "-00"), "").is_sampled());
        for bad in
            ["", "00", &good[1..], &good.to_uppercase(), &good.replace("00-", "ff-"), &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32))]
        {
            assert_eq!(Trace::from_headers(bad, "a=b"), Trace::default(), "{bad}");
        }
    }
}
