//! gzip, for clients that take it.
//!
//! Like Consul's, answers to such clients are always framed as gzip, however short. Short ones are only framed (one stored block,
//! RFC 1951, 3.2.4): compressing them gains less than a packet, and a compressor's tables cost more than all else about the request.

use bytes::{BufMut, Bytes};
use flate2::write::GzEncoder;
use flate2::{Compression, Crc};
use http::{HeaderMap, HeaderValue, Response, header};
use std::io::Write;

/// Shorter bodies fit a packet as they are. A stored block holds up to 65,535 bytes.
const LEAST: usize = 1400;

/// Compresses the body of `response` if there is one, and the client takes gzip.
pub(crate) fn compress(accept: &HeaderMap, mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if response.body().is_empty() || !takes_gzip(accept) {
        return response;
    }
    let Some(compressed) = gzip(response.body()) else {
        return response;
    };
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.map(|_| compressed)
}

fn gzip(body: &Bytes) -> Option<Bytes> {
    match u16::try_from(body.len()) {
        Ok(size) if body.len() < LEAST => Some(stored(body, size)),
        _ => {
            let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
            // Writing into a vector does not fail; if it ever did, the plain body is as good an answer.
            encoder.write_all(body).and_then(|()| encoder.finish()).ok().map(Bytes::from)
        }
    }
}

/// RFC 1952 around one stored block.
fn stored(body: &[u8], size: u16) -> Bytes {
    let mut out = Vec::with_capacity(body.len() + 23);
    // Magic, deflate, no flags, no time, no extra flags, unknown system; then: last block, stored.
    out.put_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1]);
    out.put_u16_le(size);
    out.put_u16_le(!size);
    out.put_slice(body);
    let mut crc = Crc::new();
    crc.update(body);
    out.put_u32_le(crc.sum());
    out.put_u32_le(u32::from(size));
    out.into()
}

/// RFC 9110, 12.5.3: `gzip` or `*`, unless its weight is zero.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted =
        headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let mut weights = accepted.filter_map(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next()?;
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
        (name.eq_ignore_ascii_case("gzip") || name == "*").then_some((name == "*", weight))
    });
    let mut best: Option<(bool, f32)> = None;
    for candidate in weights.by_ref() {
        // A weight for gzip itself counts more than one for everything.
        if best.is_none_or(|(wildcard, _)| wildcard && !candidate.0) {
            best = Some(candidate);
        }
    }
    best.is_some_and(|(_, weight)| weight > 0.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Read;

    #[test]
    fn weights_are_heeded() {
        let takes = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
            takes_gzip(&headers)
        };
        for yes in ["gzip", "deflate, gzip;q=0.5", "*", "GZIP", "*;q=0, gzip"] {
            assert!(takes(yes), "{yes}");
        }
        for no in ["", "deflate", "gzip;q=0", "gzip;q=0, *"] {
            assert!(!takes(no), "{no}");
        }
    }

    #[test]
    fn long_bodies_shrink_short_ones_are_framed_and_all_come_back() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        for size in [1, 4, LEAST - 1, LEAST, 100_000] {
            let response = compress(&headers, Response::new(Bytes::from(vec![b'a'; size])));
            assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&**response.body()).read_to_end(&mut plain).unwrap();
            assert_eq!(plain, vec![b'a'; size]);
            assert_eq!(response.body().len(), if size < LEAST { size + 23 } else { response.body().len().min(size / 5) });
        }
        let nothing = compress(&headers, Response::new(Bytes::new()));
        assert!(nothing.body().is_empty() && !nothing.headers().contains_key(header::CONTENT_ENCODING));
    }
}
