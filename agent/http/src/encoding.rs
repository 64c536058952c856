//! gzip, for clients that take it.
//!
//! Like Consul's, answers to such clients are always framed as gzip, however short. Short ones are only framed (one stored block,
//! RFC 1951, 3.2.4): compressing them gains less than a packet, and a compressor's tables cost more than all else about the request.

use crate::content::Content;
use crate::made::Made;
use api::http::Written;
use bytes::{BufMut, Bytes};
use flate2::write::GzEncoder;
use flate2::{Compression, Crc};
use http::{HeaderMap, HeaderValue, Response, header};
use std::io::Write;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Shorter bodies fit a packet as they are. A stored block holds up to 65,535 bytes.
const LEAST: usize = 1400;
/// Longer answers are indented and compressed while they are sent, so that a client that reads slowly holds no rendering of its own.
const MOST_AT_ONCE: usize = 16 * 1024;

/// Makes of an answer what is sent to a client that takes gzip or does not. `keep` is asked for all that is kept until it is sent.
///
/// # Errors
/// That of `keep`.
pub(crate) fn encode<E>(
    takes_gzip: bool,
    response: Response<Written>,
    compressors: &Arc<Semaphore>,
    keep: impl Fn(Bytes) -> Result<Bytes, E>,
) -> Result<Response<Content>, E> {
    let (mut head, body) = response.into_parts();
    head.headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let gzip = !body.source().is_empty() && takes_gzip;
    let whole = |bytes| Ok(Content::whole(keep(bytes)?));
    let (gzipped, content) = if body.source().len() <= MOST_AT_ONCE {
        let plain = body.whole();
        match gzip.then(|| compressed(&plain)).flatten() {
            Some(compressed) => (true, whole(compressed)?),
            None => (false, whole(plain)?),
        }
    } else {
        // A compressor has large tables: where there are enough of them, the answer is as good without.
        let compressor = gzip.then(|| Arc::clone(compressors).try_acquire_owned().ok()).flatten();
        match (compressor, body) {
            (None, Written::Plain(bytes)) => (false, whole(bytes)?),
            (compressor, body) => {
                let source = keep(body.source().clone())?;
                (compressor.is_some(), Content::Made(Made::new(body.with_source(source).pieces(), compressor)))
            }
        }
    };
    if gzipped {
        head.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(Response::from_parts(head, content))
}

fn compressed(body: &Bytes) -> Option<Bytes> {
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
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
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
    use http_body_util::BodyExt;
    use std::convert::Infallible;
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

    /// What is sent of `body`, and whether it says that it is gzip.
    async fn sent(body: Written, compressors: usize, headers: &HeaderMap) -> (bool, Vec<u8>) {
        let kept = |bytes: Bytes| Ok::<_, Infallible>(bytes);
        let response = encode(takes_gzip(headers), Response::new(body), &Arc::new(Semaphore::new(compressors)), kept).unwrap();
        let gzipped = response.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
        (gzipped, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    fn unpacked(gzip: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(gzip).read_to_end(&mut plain).unwrap();
        plain
    }

    #[tokio::test]
    async fn long_bodies_shrink_short_ones_are_framed_and_all_come_back() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        for size in [1, 4, LEAST - 1, LEAST, MOST_AT_ONCE, MOST_AT_ONCE + 1, 3_000_000] {
            let body = vec![b'a'; size];
            let (gzipped, gzip) = sent(Written::Plain(body.clone().into()), 1, &headers).await;
            assert!(gzipped && unpacked(&gzip) == body, "{size}");
            assert_eq!(gzip.len(), if size < LEAST { size + 23 } else { gzip.len().min(size / 5) });
        }
        assert_eq!(sent(Written::Plain(Bytes::new()), 1, &headers).await, (false, Vec::new()));
    }

    #[tokio::test]
    async fn long_answers_are_the_same_whether_they_are_indented_or_compressed_on_the_way() {
        let mut headers = HeaderMap::new();
        let list: Vec<u64> = (0..100_000).collect();
        let text = Bytes::from(serde_json::to_vec(&list).unwrap());
        let indented = Written::Indented(text.clone()).whole();
        assert_eq!(sent(Written::Indented(text.clone()), 1, &headers).await, (false, indented.to_vec()));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let (gzipped, gzip) = sent(Written::Indented(text.clone()), 1, &headers).await;
        assert!(gzipped && unpacked(&gzip) == indented);
        assert_eq!(sent(Written::Indented(text.clone()), 0, &headers).await, (false, indented.to_vec()), "all compressors are taken");
        assert_eq!(sent(Written::Plain(text.clone()), 0, &headers).await, (false, text.to_vec()));
    }
}
