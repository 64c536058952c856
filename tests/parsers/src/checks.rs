//! What checked services answer.

use bytes::Bytes;

use crate::{halves, joined};

/// Where a redirect leads. What comes out can be asked, and leads to itself.
pub(crate) fn redirect(input: &[u8]) -> bool {
    let (base, location) = halves(input);
    let (Ok(base), Ok(location)) = (str::from_utf8(base), str::from_utf8(location)) else { return false };
    let Ok(url) = ::checks::strangers::redirect(base, location) else { return false };
    let settled = ::checks::strangers::redirect(&url, "").unwrap();
    assert_eq!(::checks::strangers::redirect(&settled, "").as_ref(), Ok(&settled), "{url}");
    true
}

pub(crate) fn redirect_seeds() -> Vec<Vec<u8>> {
    let base = b"http://me:pw@host.example:8080/a/b?q=1#f";
    let locations: &[&[u8]] = &[b"https://[::1]:8443/x?y#z", b"//other/x", b"../../x/./y/..", b"/x?y", b"?z", b""];
    locations.iter().map(|location| joined(base, location)).collect()
}

/// A health service's answer.
pub(crate) fn health(input: &[u8]) -> bool {
    ::checks::strangers::read_health(Bytes::copy_from_slice(input)).is_some()
}

pub(crate) fn health_seeds() -> Vec<Vec<u8>> {
    [b"\0\0\0\0\x02\x08\x01".as_slice(), b"\0\0\0\0\0", b"\0\0\0\0\x06\x08\x02\x12\x02ab"].map(<[u8]>::to_vec).to_vec()
}
