//! Putting answers together: hickory reads them, nothing is longer than the client takes, and as much goes in as can.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::cast_possible_truncation)]

use super::*;
use crate::record::{Data, Entry, Fact, Rcode, Response, Soa, SoaTimes};
use hickory_proto::op::{self, Message, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use proptest::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr};

const NOW: u32 = 1_800_000_000;

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn question(asked: &str, kind: u16, edns: Option<u16>) -> Vec<u8> {
    let mut message = Message::query();
    message.add_query(op::Query::query(name(asked), RecordType::from(kind)));
    if let Some(size) = edns {
        let mut edns = op::Edns::new();
        edns.set_max_payload(size);
        message.set_edns(edns);
    }
    message.to_vec().unwrap()
}

fn places(count: u32) -> Response {
    let place = |number: u32| {
        let target = name(&format!("cf-many-{number}.node.dc1.consul."));
        let extras = vec![Fact { ttl: 0, data: Data::A(Ipv4Addr::from_bits(0x0a61_0000 + number)) }];
        Entry { extras, ..Entry::asked(0, Data::Srv { weight: 1, port: 80, target }) }
    };
    Response { answers: (1..=count).map(place).collect(), authoritative: true, equals: true, ..Response::default() }
}

fn addresses(count: u32) -> Response {
    let address = |number: u32| Entry::asked(0, Data::A(Ipv4Addr::from_bits(0x0a61_0000 + number)));
    Response { answers: (1..=count).map(address).collect(), authoritative: true, equals: true, ..Response::default() }
}

fn put(response: &Response, asked: &str, kind: u16, edns: Option<u16>, tcp: bool, seed: u64) -> (Vec<u8>, Message) {
    let question = question(asked, kind, edns);
    let query = Query::read(&question).unwrap();
    let limits = if tcp { Limits::tcp(&query) } else { Limits::udp(&query, 3) };
    let limits = Limits { tell: true, ..limits };
    let mut out = Vec::new();
    Prepared::new(response, query.name(), true).assemble(&query, limits, seed, NOW, &mut Scratch::default(), &mut out);
    let message = Message::from_vec(&out).unwrap();
    (out, message)
}

/// Consul 1.8.7 was asked the same: `cfmany.service.consul` with 40 instances.
#[test]
fn as_many_fit_as_with_consul() {
    let rows = [
        (kind::A, None, 3, 87),
        (kind::SRV, None, 3, 224),
        (kind::A, Some(512), 3, 98),
        (kind::A, Some(600), 34, 594),
        (kind::SRV, Some(600), 8, 546),
        (kind::A, Some(1232), 40, 690),
        (kind::SRV, Some(1232), 19, 1225),
        (kind::A, Some(4096), 40, 690),
        (kind::SRV, Some(4096), 40, 2521),
    ];
    for (asked, edns, answers, size) in rows {
        let response = if asked == kind::A { addresses(40) } else { places(40) };
        let (bytes, message) = put(&response, "cfmany.service.consul.", asked, edns, false, 7);
        assert_eq!(message.answers.len(), answers, "{asked} {edns:?}");
        // Names of one digit are shorter.
        assert!(bytes.len().abs_diff(size) < 9, "{asked} {edns:?}: {}", bytes.len());
        assert_eq!(message.metadata.truncation, answers < 40);
    }
    assert_eq!(put(&places(40), "cfmany.service.consul.", kind::SRV, None, true, 7).1.answers.len(), 40);
}

#[test]
fn each_answer_comes_first_now_and_then() {
    let mut firsts = std::collections::BTreeMap::new();
    for seed in 0..2000 {
        let (_, message) = put(&addresses(5), "web.service.consul.", kind::A, None, false, seed);
        *firsts.entry(message.answers[0].to_string()).or_insert(0) += 1;
    }
    assert_eq!(firsts.len(), 5);
    assert!(firsts.values().all(|count| (300..500).contains(count)), "{firsts:?}");
}

#[test]
fn the_zones_start_says_the_time() {
    let soa = Soa { server: name("ns.consul."), mailbox: name("hostmaster.consul."), times: SoaTimes::default() };
    let start = Entry { owner: Some(name("consul.")), ..Entry::asked(0, Data::Soa(soa)) };
    let response = Response { rcode: Rcode::NxDomain, authoritative: true, authority: vec![start], ..Response::default() };
    let (bytes, message) = put(&response, "cfnone.service.consul.", kind::A, None, false, 0);
    assert_eq!(message.metadata.response_code, ResponseCode::NXDomain);
    // As long as Consul's.
    assert_eq!(bytes.len(), 89);
    let RData::SOA(soa) = &message.authorities[0].data else { panic!("no SOA") };
    assert_eq!((soa.serial, soa.retry, soa.mname.to_string()), (NOW, 600, "ns.consul.".to_owned()));
}

#[test]
fn the_name_is_written_as_it_was_asked() {
    let (bytes, message) = put(&addresses(1), "WeB.Service.CONSUL.", kind::A, None, false, 0);
    assert_eq!(message.answers[0].name.to_string(), "WeB.Service.CONSUL.");
    assert_eq!(&bytes[13..16], b"WeB");
}

#[test]
fn what_belongs_to_one_answer_gives_way_to_it() {
    let mut response = places(1);
    response.answers[0].extras.extend((0..20).map(|_| Fact { ttl: 0, data: Data::Txt("v".repeat(60)) }));
    let (bytes, message) = put(&response, "bigs.service.consul.", kind::SRV, None, false, 0);
    assert_eq!(message.answers.len(), 1);
    assert!(bytes.len() <= SMALL && message.additionals.len() > 3, "{} {}", bytes.len(), message.additionals.len());
    let text = Response { answers: vec![Entry::asked(0, Data::Txt("w".repeat(600)))], ..Response::default() };
    let (bytes, message) = put(&text, "big.node.consul.", kind::TXT, None, false, 0);
    assert!(message.answers.is_empty() && message.metadata.truncation && bytes.len() < SMALL);
    assert_eq!(put(&text, "big.node.consul.", kind::TXT, None, true, 0).1.answers.len(), 1);
}

#[test]
fn a_target_of_several_is_described_once() {
    let mut response = places(1);
    let mut twin = response.answers[0].clone();
    let Data::Srv { port, .. } = &mut twin.fact.data else { panic!("no SRV") };
    *port = 81;
    response.answers.push(twin);
    let (_, message) = put(&response, "dup.service.consul.", kind::SRV, None, false, 0);
    assert_eq!((message.answers.len(), message.additionals.len()), (2, 1));
}

#[test]
fn what_stands_besides_comes_only_with_all_answers() {
    let text = Entry { owner: Some(name("n1.node.dc1.consul.")), ..Entry::asked(0, Data::Txt("a=b".to_owned())) };
    for (count, additionals) in [(3, 4), (4, 3)] {
        let response = Response { additional: vec![text.clone()], ..places(count) };
        let (_, message) = put(&response, "web.service.consul.", kind::SRV, None, false, 0);
        assert_eq!((message.answers.len(), message.additionals.len()), (3, additionals));
    }
}

/// The records of a response, as hickory has them.
fn record(asked: &Name, owner: Option<&Name>, fact: &Fact) -> Record {
    use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS, PTR, SOA, SRV, TXT};
    let data = match &fact.data {
        Data::A(ip) => RData::A(A(*ip)),
        Data::Aaaa(ip) => RData::AAAA(AAAA(*ip)),
        Data::Cname(name) => RData::CNAME(CNAME(name.clone())),
        Data::Ns(name) => RData::NS(NS(name.clone())),
        Data::Ptr(name) => RData::PTR(PTR(name.clone())),
        Data::Txt(text) => RData::TXT(TXT::new(vec![text.clone()])),
        Data::Srv { weight, port, target } => RData::SRV(SRV::new(1, *weight, *port, target.clone())),
        Data::Soa(soa) => {
            let SoaTimes { refresh, retry, expire, minimum } = soa.times;
            RData::SOA(SOA::new(soa.server.clone(), soa.mailbox.clone(), NOW, refresh as i32, retry as i32, expire as i32, minimum))
        }
    };
    let mut record = Record::from_rdata(owner.unwrap_or(asked).clone(), fact.ttl, data);
    record.dns_class = DNSClass::IN;
    record
}

/// The same answer, put together by hickory: `answers` are those that are to be in it.
fn by_hickory(query: &Message, response: &Response, answers: &[Entry]) -> Message {
    let asked = query.queries[0].name();
    let mut message = Message::response(query.metadata.id, op::OpCode::Query);
    message.metadata.authoritative = response.authoritative;
    message.metadata.response_code = ResponseCode::from(0, response.rcode as u8);
    message.add_queries(query.queries.clone());
    let entries = answers.iter().chain(&response.authority);
    message.add_answers(answers.iter().map(|entry| record(asked, entry.owner.as_ref(), &entry.fact)));
    message.add_authorities(response.authority.iter().map(|entry| record(asked, entry.owner.as_ref(), &entry.fact)));
    let mut seen = std::collections::BTreeSet::new();
    for entry in entries {
        let Some(target) = entry.fact.data.target() else { continue };
        if seen.insert(target.to_lowercase()) {
            message.add_additionals(entry.extras.iter().map(|fact| record(asked, Some(target), fact)));
        }
    }
    message.add_additionals(response.additional.iter().map(|entry| record(asked, entry.owner.as_ref(), &entry.fact)));
    if let Some(edns) = &query.edns {
        let mut own = op::Edns::new();
        own.set_max_payload(edns.max_payload());
        message.set_edns(own);
    }
    message
}

fn any_name() -> impl Strategy<Value = Name> {
    let names = ["web.service.consul.", "consul.", "n1.node.dc1.consul.", "N1.node.dc1.consul.", "www.example.com.", "service.consul."];
    prop::sample::select(names.map(name).to_vec())
}

fn any_data() -> impl Strategy<Value = Data> {
    prop_oneof![
        any::<u32>().prop_map(|ip| Data::A(Ipv4Addr::from_bits(ip))),
        any::<u128>().prop_map(|ip| Data::Aaaa(Ipv6Addr::from_bits(ip))),
        "[a-z=]{1,80}".prop_map(Data::Txt),
        any_name().prop_map(Data::Cname),
        any_name().prop_map(Data::Ptr),
        any_name().prop_map(Data::Ns),
        (any::<u16>(), any::<u16>(), any_name()).prop_map(|(weight, port, target)| Data::Srv { weight, port, target }),
        (any_name(), any_name()).prop_map(|(server, mailbox)| Data::Soa(Soa { server, mailbox, times: SoaTimes::default() })),
    ]
}

fn any_fact() -> impl Strategy<Value = Fact> {
    (0..3u32, any_data()).prop_map(|(ttl, data)| Fact { ttl, data })
}

/// Not of a zone, whose serial is known only where it is an answer or says who is responsible.
fn any_extra() -> impl Strategy<Value = Fact> {
    any_fact().prop_filter("a zone's start", |fact| !matches!(fact.data, Data::Soa(_)))
}

/// Besides the answers, and not of a zone, as above.
fn any_besides() -> impl Strategy<Value = Entry> {
    let owner = prop::option::of(any_name());
    (owner, any_extra()).prop_map(|(owner, fact)| Entry { owner, fact, extras: Vec::new() })
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let owner = prop::option::weighted(0.2, any_name());
    (owner, any_fact(), prop::collection::vec(any_extra(), 0..3)).prop_map(|(owner, fact, extras)| {
        let extras = if fact.data.target().is_some() { extras } else { Vec::new() };
        Entry { owner, fact, extras }
    })
}

fn any_response() -> impl Strategy<Value = Response> {
    let parts =
        (prop::collection::vec(any_entry(), 0..60), prop::collection::vec(any_entry(), 0..3), prop::collection::vec(any_besides(), 0..4));
    (parts, any::<bool>(), prop::option::of(1..5usize)).prop_map(|((answers, authority, additional), equals, most)| Response {
        authoritative: true,
        answers,
        authority,
        additional,
        equals,
        most,
        ..Response::default()
    })
}

proptest! {
    /// Whole answers are what hickory would have written, and no longer than that without compression.
    #[test]
    fn whole_answers_are_hickorys(response in any_response(), seed: u64, edns in prop::option::of(4096..u16::MAX)) {
        let question = question("Web.service.consul.", kind::A, edns);
        let response = Response { equals: false, most: None, ..response };
        let (_, ours) = put(&response, "Web.service.consul.", kind::A, edns, true, seed);
        let mut asked = Message::from_vec(&question).unwrap();
        asked.metadata.id = ours.metadata.id;
        let theirs = by_hickory(&asked, &response, &response.answers);
        prop_assert_eq!(ours, Message::from_vec(&theirs.to_vec().unwrap()).unwrap());
    }

    /// Cut answers are part of the whole, not longer than the client takes, and one more would not have fitted.
    #[test]
    fn cut_answers_fit(response in any_response(), seed: u64, edns in prop::option::of(0..1500u16)) {
        let (bytes, message) = put(&response, "web.service.consul.", kind::A, edns, false, seed);
        let size = usize::from(edns.unwrap_or(0)).max(SMALL);
        prop_assert!(bytes.len() <= size, "{} of {size}", bytes.len());
        let asked = name("web.service.consul.");
        let mut whole: Vec<Record> = response.answers.iter().map(|entry| record(&asked, entry.owner.as_ref(), &entry.fact)).collect();
        for answer in &message.answers {
            let at = whole.iter().position(|known| known == answer);
            prop_assert!(at.is_some(), "{answer}");
            whole.remove(at.unwrap());
        }
        let most = response.most.unwrap_or(usize::MAX).min(response.answers.len());
        prop_assert!(message.answers.len() <= most);
        if message.answers.len() < most && !message.metadata.truncation {
            prop_assert!(false, "cut, and not said");
        }
    }

    /// Where nothing is cut by number, what is left out would not have fitted.
    #[test]
    fn no_room_is_left_for_another(count in 1..200u32, seed: u64, edns in 513..3000u16) {
        let (bytes, message) = put(&addresses(count), "web.service.consul.", kind::A, Some(edns), false, seed);
        if message.answers.len() < count as usize {
            prop_assert!(bytes.len() + 16 > usize::from(edns));
        }
    }
}
