use std::collections::BTreeSet;

use foca::Message;

use super::*;
use crate::directory::State as Known;
use crate::evidence::Evidence;
use crate::wire::Item;

/// When the suspicion of now would end, as far as the last timer says.
fn wait(members: &mut Members) -> Option<Duration> {
    let delays = effects(members).into_iter().filter_map(|effect| match effect {
        Effect::After { delay, timer } if matches!(timer.kind, Kind::Suspicion { .. }) => Some(delay),
        _ => None,
    });
    delays.last()
}

#[test]
fn doubt_about_ourselves_lengthens_a_suspicion() {
    // Of three, nobody is left to confirm: only the minimum applies.
    let (mut sure, mut doubting) = (member(3), member(3));
    doubting.health.worsen(3);
    for members in [&mut sure, &mut doubting] {
        assert!(members.hear_accusation(NOW, peer(1), 0, (addr(2), Evidence::None)));
    }
    let sure = wait(&mut sure).unwrap();
    assert_eq!(wait(&mut doubting), Some(sure * 4));
}

#[test]
fn who_is_never_answered_asks_less_often() {
    let mut members = member(40);
    let packets = sent(&mut members, Duration::from_secs(60));
    let ping = |(to, envelope): &(SocketAddr, Envelope)| {
        let packet = SwimPacket::decode(envelope.swim.as_ref()?).ok()?;
        let Message::Ping(number) = packet.header.message else { return None };
        Some((*to, number))
    };
    // Each is repeated while it is not answered.
    let probes: BTreeSet<_> = packets.iter().filter_map(ping).collect();
    // At full health it is two a second, of which one goes to the next in the ring.
    assert!((10..=40).contains(&probes.len()), "{} probes", probes.len());
}

#[test]
fn independent_accusers_shorten_a_suspicion() {
    let mut members = member(20);
    // What is news is passed on.
    let accuse = |members: &mut Members, from| {
        members.handle_item(NOW, Item::Accusation { target: peer(1), incarnation: 0, from: addr(from), evidence: Evidence::None })
    };
    assert!(accuse(&mut members, 2));
    let alone = wait(&mut members).unwrap();
    assert!(!accuse(&mut members, 2), "heard before");
    assert_eq!(wait(&mut members), None);
    assert!(!accuse(&mut members, 1), "nobody accuses himself");
    assert!(accuse(&mut members, 3));
    let two = wait(&mut members).unwrap();
    assert!(accuse(&mut members, 4));
    let three = wait(&mut members).unwrap();
    assert!(alone > two && two > three, "{alone:?} {two:?} {three:?}");
    assert_eq!(three, members.config.suspicion_min(20));
}

#[test]
fn what_is_refuted_is_no_longer_passed_on() {
    let mut members = member(20);
    let accused =
        |number, incarnation, from| Item::Accusation { target: peer(number), incarnation, from: addr(from), evidence: Evidence::None };
    for item in [accused(1, 0, 2), accused(1, 0, 3), accused(5, 0, 2)] {
        assert!(members.handle_item(NOW, item.clone()));
        members.items.push(item);
    }
    let waits = |members: &Members| (members.suspicions.of(peer(1)), members.suspicions.of(peer(5)));
    assert_eq!(waits(&members), (Some(0), Some(0)));
    // The accused hears of it and speaks up, to the only other it knows.
    let mut one = member_at(1, 2);
    one.hear_accusation(NOW, peer(1), 0, (addr(2), Evidence::None));
    let (to, refutation) = packets(&mut one, Duration::from_secs(1)).remove(0);
    assert_eq!(to, addr(0));
    members.handle_packet(NOW, &refutation).unwrap();
    assert_eq!(waits(&members), (None, Some(0)), "nobody waits for its death");
    let queued = members.items.fill(usize::MAX, u32::MAX);
    assert_eq!(queued, [accused(5, 0, 2)]);
    // Whoever has not heard goes on accusing it; under its new incarnation it can be accused again.
    assert!(!members.handle_item(NOW, accused(1, 0, 4)));
    assert!(members.handle_item(NOW, accused(1, 1, 4)));
}

#[test]
fn the_suspected_is_told_with_every_message() {
    let mut members = member(4);
    let suspect = Member::new(peer(1), 0, State::Suspect);
    members.swim(NOW, |swim, outputs| swim.apply_many(std::iter::once(suspect), true, outputs));
    // From foca's updates: there is no item to be gossiped about it.
    members.hear_suspect_update(NOW, peer(1), 0);
    assert!(members.items.is_empty());
    let accusation = Item::Accusation { target: peer(1), incarnation: 0, from: addr(0), evidence: Evidence::None };
    let packets = sent(&mut members, Duration::from_secs(20));
    let theirs = packets.iter().filter(|(to, envelope)| *to == addr(1) && envelope.swim.is_some());
    let told: Vec<bool> = theirs.map(|(_, envelope)| envelope.items.contains(&accusation)).collect();
    assert!(told.len() > 2 && told.iter().all(|told| *told), "{told:?}");
}

#[test]
fn who_is_suspected_speaks_up_and_doubts_himself() {
    let mut members = member(4);
    let ours = members.identity;
    assert!(!members.hear_accusation(NOW, ours, 0, (addr(2), Evidence::None)), "there is nothing to pass on");
    assert_eq!(members.local_health(), 1);
    // An echo of what has been refuted.
    assert!(members.incarnation > 0);
    members.hear_accusation(NOW, ours, 0, (addr(3), Evidence::None));
    assert_eq!(members.local_health(), 1);
    let packets = sent(&mut members, Duration::from_secs(1));
    let refutes = |envelope: &Envelope| {
        let header = SwimPacket::decode(envelope.swim.as_ref()?).ok()?.header;
        Some(header.src == ours && header.src_incarnation > 0)
    };
    assert!(!packets.is_empty() && packets.iter().all(|(_, envelope)| refutes(envelope) == Some(true)), "{packets:?}");
}

#[test]
fn leaves_count_for_the_run_that_leaves() {
    let mut members = member(3);
    let known = |members: &Members, instance| members.directory.get(instance).map(|entry| entry.state);
    let ours = members.identity.instance;
    assert!(!members.handle_item(NOW, Item::Leave(ours)), "only we know whether we leave");
    assert_eq!(known(&members, ours), Some(Known::Alive));
    // Restarted, and then its earlier run's goodbye arrives.
    let again = Identity { instance: Instance { generation: 2, ..peer(1).instance }, renewal: 0 };
    members.swim(NOW, |swim, outputs| swim.apply_many(std::iter::once(Member::new(again, 0, State::Alive)), true, outputs));
    members.handle_item(NOW, Item::Leave(peer(1).instance));
    assert_eq!(known(&members, again.instance), Some(Known::Alive));
    // The other way round: the goodbye of who has failed makes it a leave.
    members.swim(NOW, |swim, outputs| swim.apply_many(std::iter::once(Member::new(peer(2), 0, State::Down)), true, outputs));
    assert_eq!(known(&members, peer(2).instance), Some(Known::Failed));
    assert!(members.handle_item(NOW, Item::Leave(peer(2).instance)));
    assert_eq!(known(&members, peer(2).instance), Some(Known::Left));
}
