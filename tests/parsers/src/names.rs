//! DNS: questions, and the names in them.

use edge_dns::{Asked, Prepared, Query, Rcode, Response, Scratch, Unfit, plain, refusal, reversed};

/// A message on the DNS port. What was taken as a question is answered, within what the client takes.
pub(crate) fn question(input: &[u8]) -> bool {
    let plain = match Query::read(input) {
        Ok(_) => Some(input.to_vec()),
        Err(Unfit::Unusual) => plain(input).ok(),
        Err(Unfit::Refused(rcode)) => {
            assert_eq!(refusal(input, rcode).is_some(), input.len() >= 12);
            None
        }
        Err(Unfit::Silent) => None,
    };
    let Some(Ok(query)) = plain.as_deref().map(Query::read) else { return false };
    let limits = edge_dns::Limits::udp(&query, 3);
    let mut answer = Vec::new();
    let response = Response { rcode: Rcode::Refused, ..Response::default() };
    Prepared::new(&response, &[0], true).assemble(&query, limits, 0, 0, &mut Scratch::default(), &mut answer);
    assert!(answer.len() >= 12 && answer.len() <= limits.size.max(input.len() + 32));
    true
}

/// A name below one of our domains, or below `arpa`.
pub(crate) fn name(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let labels: Vec<&str> = text.split('.').collect();
    let asked = [edge_dns::kind::A, edge_dns::kind::SRV].map(|kind| Asked::read(&labels, kind));
    asked.iter().any(Option::is_some) || reversed(&labels).is_some()
}

pub(crate) fn question_seeds() -> Vec<Vec<u8>> {
    let name = b"\x03web\x07service\x06consul\x00\x00\x21\x00\x01";
    let header = |additional: u8| [&[0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, additional], &name[..]].concat();
    let subnet = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 11, 0, 8, 0, 7, 0, 1, 24, 0, 203, 0, 113];
    vec![header(0), [header(1), subnet.to_vec()].concat()]
}

pub(crate) fn name_seeds() -> Vec<Vec<u8>> {
    let names = [
        "v1.web.service.dc2.dc",
        "_web._tcp.service",
        "0a5f0001.addr",
        "1.0.95.10.in-addr",
        "6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6",
        "http.port.web.service.default.ns",
    ];
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}
