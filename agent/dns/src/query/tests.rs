//! Questions off the wire: what is plain, what is unusual, what is refused; and no bytes do harm.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use hickory_proto::op;
use hickory_proto::rr::{Name, RecordType};
use proptest::prelude::*;

fn message(name: &str, edns: Option<u16>) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(op::Query::query(Name::from_ascii(name).unwrap(), RecordType::SRV));
    if let Some(size) = edns {
        let mut edns = op::Edns::new();
        edns.set_max_payload(size);
        message.set_edns(edns);
    }
    message
}

#[test]
fn plain_questions_are_read() {
    let bytes = message("Web.service.consul.", Some(1232)).to_vec().unwrap();
    let query = Query::read(&bytes).unwrap();
    assert_eq!(labels(query.name()), Some(vec!["Web", "service", "consul"]));
    assert_eq!((query.kind(), query.edns.unwrap().size, query.flags), (kind::SRV, 1232, RECURSION_DESIRED));
    assert_eq!(Query::read(&message(".", None).to_vec().unwrap()).unwrap().name(), [0]);
}

#[test]
fn the_subnet_is_found_among_other_options() {
    let mut bytes = message("a.consul.", Some(512)).to_vec().unwrap();
    let options = [0, 10, 0, 2, 1, 2, 0, 8, 0, 7, 0, 1, 24, 0, 203, 0, 113];
    let end = bytes.len();
    bytes[end - 1] = u8::try_from(options.len()).unwrap();
    bytes.extend_from_slice(&options);
    let query = Query::read(&bytes).unwrap();
    assert_eq!(query.edns.unwrap().subnet, Some(&[0, 1, 24, 0, 203, 0, 113][..]));
    bytes.pop();
    assert_eq!(Query::read(&bytes), Err(Unfit::Refused(Rcode::FormErr)));
}

#[test]
fn what_is_no_plain_question_is_told_apart() {
    let good = message("a.consul.", None).to_vec().unwrap();
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        Query::read(&bytes).map(drop).unwrap_err()
    };
    assert_eq!(with(2, 0x81), Unfit::Silent);
    assert_eq!(with(2, 0x29), Unfit::Refused(Rcode::NotImp));
    assert_eq!(with(5, 0), Unfit::Refused(Rcode::FormErr));
    assert_eq!(with(5, 2), Unfit::Refused(Rcode::FormErr));
    assert_eq!(with(12, 63), Unfit::Refused(Rcode::FormErr));
    assert_eq!(with(12, 0xc0), Unfit::Refused(Rcode::FormErr));
    assert_eq!(with(7, 1), Unfit::Unusual);
    assert_eq!(with(11, 2), Unfit::Unusual);
    assert_eq!(Query::read(&good[..11]), Err(Unfit::Silent));
    assert_eq!(refusal(&good, Rcode::NotImp).unwrap()[2..], [0x81, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(refusal(&good[..3], Rcode::NotImp), None);
}

#[test]
fn unusual_messages_are_written_down_plain() {
    let mut unusual = message("a.consul.", Some(900));
    let record = hickory_proto::rr::Record::from_rdata(
        Name::from_ascii("x.").unwrap(),
        1,
        hickory_proto::rr::RData::A(hickory_proto::rr::rdata::A::new(1, 2, 3, 4)),
    );
    unusual.add_additional(record);
    let bytes = unusual.to_vec().unwrap();
    assert_eq!(Query::read(&bytes), Err(Unfit::Unusual));
    let written = plain(&bytes).unwrap();
    let query = Query::read(&written).unwrap();
    assert_eq!((labels(query.name()), query.edns.unwrap().size), (Some(vec!["a", "consul"]), 900));
    assert_eq!(query.id, bytes[..2]);
}

proptest! {
    /// What is read as plain, hickory reads too, and alike.
    #[test]
    fn plain_is_what_hickory_reads(bytes in mutated()) {
        if let (Ok(query), Ok(read)) = (Query::read(&bytes), Message::from_vec(&bytes)) {
            prop_assert_eq!(read.queries.len(), 1);
            prop_assert_eq!(u16::from(read.queries[0].query_type()), query.kind());
            prop_assert_eq!(read.queries[0].name().iter().count(), wire_labels(query.name()));
            prop_assert_eq!(read.edns.is_some(), query.edns.is_some());
        }
    }

    #[test]
    fn any_bytes_are_harmless(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (Query::read(&bytes).map(|query| labels(query.name()).map(|labels| labels.len())), plain(&bytes), refusal(&bytes, Rcode::FormErr));
    }
}

fn wire_labels(name: &[u8]) -> usize {
    let (mut count, mut at) = (0, 0);
    while name[at] != 0 {
        count += 1;
        at += usize::from(name[at]) + 1;
    }
    count
}

/// A message with a few bytes changed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (prop::option::of(any::<u16>()), changes).prop_map(|(edns, changes)| {
        let mut bytes = message("web.service.dc1.consul.", edns).to_vec().unwrap();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes
    })
}
