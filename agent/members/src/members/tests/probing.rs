use foca::Message;

use super::*;
use crate::Contact;
use crate::evidence::Evidence;
use crate::wire::{Body, Item, Nack, StreamMessage};

/// The pings among `packets`, with what they carry.
fn pings(packets: &[(SocketAddr, Envelope)]) -> Vec<(SocketAddr, u8, &Envelope)> {
    let ping = |(to, envelope): &'_ (SocketAddr, Envelope)| match SwimPacket::decode(envelope.swim.as_ref()?).ok()?.header.message {
        Message::Ping(number) => Some((*to, number)),
        _ => None,
    };
    packets.iter().filter_map(|packet| ping(packet).map(|(to, number)| (to, number, &packet.1))).collect()
}

/// When the suspicion that has just begun ends, as far as the last timer says.
fn end(members: &mut Members) -> Option<Duration> {
    let delays = effects(members).into_iter().filter_map(|effect| match effect {
        Effect::After { delay, timer } if matches!(timer.kind, Kind::Suspicion { .. }) => Some(delay),
        _ => None,
    });
    delays.last()
}

/// Runs until two others were asked to probe `peer(1)`, whom nobody reaches; they answer with `evidence`, and the probe ends.
fn accuse_with(contact: Option<Contact>, evidence: Evidence) -> Option<Duration> {
    let mut members = member(4);
    members.on_watch(NOW);
    let watched = members.watches[0].target;
    let number = members.watches[0].number;
    members.on_watch_indirect(NOW, watched, number);
    let calls = effects(&mut members)
        .into_iter()
        .filter(|effect| matches!(effect, Effect::Stream { to, purpose: crate::Purpose::Probe, .. } if *to == watched.instance.addr));
    assert_eq!(calls.count(), 1);
    if let Some(contact) = contact {
        members.handle_contact(NOW, watched.instance.addr, contact);
    }
    for other in (1..4).map(peer).filter(|other| *other != watched) {
        let mut envelope = Envelope::new(other, 1);
        envelope.nack = Some(Nack { target: watched, number, evidence });
        let bytes = members.sealer.seal(Channel::Packet, &envelope.encode()).unwrap();
        members.handle_packet(NOW, &bytes).unwrap();
    }
    effects(&mut members);
    members.on_watch(NOW + Duration::from_secs(1));
    assert!(members.suspicions.covers(watched, 0));
    assert_eq!(members.local_health(), 0, "the others told us that it is not our fault");
    end(&mut members)
}

#[test]
fn a_ping_is_repeated_until_it_is_answered() {
    let mut members = member(2);
    let packets = sent(&mut members, Duration::from_millis(1900));
    let pings = pings(&packets);
    let first = pings.first().unwrap();
    let same = pings.iter().filter(|ping| (ping.0, ping.1) == (first.0, first.1)).count();
    assert!((3..=16).contains(&same), "{same} of {}", pings.len());
}

#[test]
fn those_who_probed_for_us_in_vain_accuse_with_us() {
    let whole = Config::lan().suspicion_min(4);
    assert_eq!(accuse_with(Some(Contact::Open), Evidence::Silent), Some(whole), "it may be stalled");
    assert_eq!(accuse_with(None, Evidence::Silent), Some(whole / 2), "nobody is there");
    assert_eq!(accuse_with(Some(Contact::Refused), Evidence::Silent), Some(whole / 4), "it has died");
    assert_eq!(accuse_with(Some(Contact::Refused), Evidence::Open), Some(whole), "others see it");
}

#[test]
fn an_errand_in_vain_says_what_the_call_came_to() {
    for (contact, evidence) in [(None, Evidence::Silent), (Some(Contact::Refused), Evidence::Refused)] {
        let mut members = member(4);
        members.take_errand(peer(2), peer(1), 7);
        members.begin_errand(peer(2), peer(1), 7, Vec::new());
        members.on_errand_again(NOW, peer(2), peer(1), 7);
        if let Some(contact) = contact {
            members.handle_contact(NOW, addr(1), contact);
        }
        effects(&mut members);
        members.on_nack(peer(2), peer(1), 7);
        let Some(Effect::Packet { to, bytes }) = members.poll_effect() else { panic!("no answer") };
        let envelope = Envelope::decode(&members.sealer.open(Channel::Packet, &bytes).unwrap()).unwrap();
        assert_eq!((to, envelope.nack), (addr(2), Some(Nack { target: peer(1), number: 7, evidence })));
    }
}

#[test]
fn a_suspect_is_asked_again_and_again_by_its_accuser_alone() {
    let (mut accuser, mut other) = (member(40), member(40));
    for members in [&mut accuser, &mut other] {
        let suspect = Member::new(peer(1), 0, State::Suspect);
        members.swim(NOW, |swim, outputs| swim.apply_many(std::iter::once(suspect), true, outputs));
    }
    accuser.accuse(NOW, peer(1), 0, None);
    other.hear_suspect_update(NOW, peer(1), 0);
    let mut asked = [&mut accuser, &mut other].map(|members| {
        let packets = sent(members, Duration::from_millis(1600));
        let told =
            |envelope: &Envelope| envelope.items.iter().any(|item| matches!(item, Item::Accusation { target, .. } if *target == peer(1)));
        pings(&packets).iter().filter(|(to, _, envelope)| *to == addr(1) && told(envelope)).count()
    });
    asked[0] -= asked[1].min(asked[0]);
    assert!(asked[0] >= 2, "{asked:?}");
}

#[test]
fn a_ping_by_stream_is_answered_there() {
    let (mut one, mut other) = (member(2), member_at(1, 2));
    one.on_watch(NOW);
    let (watched, number) = (one.watches[0].target, one.watches[0].number);
    one.on_watch_indirect(NOW, watched, number);
    let call = effects(&mut one).into_iter().find_map(|effect| match effect {
        Effect::Stream { bytes, purpose: crate::Purpose::Probe, .. } => Some(bytes),
        _ => None,
    });
    let reply = other.handle_stream(NOW, &call.unwrap()).unwrap();
    let sent_too = effects(&mut other).into_iter().any(|effect| matches!(effect, Effect::Packet { .. }));
    assert!(!sent_too, "the answer goes one way only");
    one.handle_stream_reply(NOW, &reply).unwrap();
    assert!(one.watches[0].is_answered());
}

#[test]
fn a_packet_of_another_pool_is_not_taken_by_stream() {
    let mut members = member(2);
    let message = StreamMessage { pool: members.config.pool.clone(), body: Body::Packet(Bytes::from_static(b"garbage")) };
    let bytes = members.sealer.seal(Channel::Stream, &message.encode()).unwrap();
    let reply = members.handle_stream(NOW, &bytes).unwrap();
    members.handle_stream_reply(NOW, &reply).unwrap();
}

#[test]
fn who_wakes_up_late_judges_nobody_before_the_mail_is_read() {
    let mut members = member(4);
    let late = NOW + Duration::from_secs(5);
    let timer = |members: &mut Members| {
        let found = effects(members).into_iter().find_map(|effect| match effect {
            Effect::After { timer, .. } if matches!(timer.kind, Kind::Watch) => Some(timer),
            _ => None,
        });
        found.unwrap()
    };
    members.on_watch(NOW);
    let watched = members.watches[0].target;
    let due = timer(&mut members);
    members.handle_timer(late, due);
    assert!(!members.suspicions.covers(watched, 0));
    assert_eq!(members.local_health(), 1, "it is our own fault");
    // Only once: one that is always late must come to judge, too.
    let again = timer(&mut members);
    members.handle_timer(late * 2, again);
    assert!(members.suspicions.covers(watched, 0));
}
