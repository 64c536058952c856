use super::*;
use crate::directory::State as Known;
use crate::wire::{Body, Item, PushPull, Row, RowStatus, StreamMessage};

/// The table of number 1, in which `identity` has that status.
fn told(members: &mut Members, identity: Identity, status: RowStatus) {
    let alive = Row { identity: peer(1), incarnation: 0, status: RowStatus::Alive, down_for: 0, details: 0 };
    let rows = vec![alive, Row { identity, status, ..alive }];
    let message = StreamMessage { pool: members.config.pool.clone(), body: Body::PushPull(PushPull { rows, ..PushPull::default() }) };
    let bytes = members.sealer.seal(Channel::Stream, &message.encode()).unwrap();
    members.handle_stream(NOW, &bytes).unwrap();
}

/// All the ways to learn that one counts as dead.
const WAYS: [fn(&mut Members); 3] = [
    |members| {
        let ours = members.identity;
        told(members, ours, RowStatus::Failed);
    },
    |members| {
        members.handle_item(NOW, Item::Undead(members.identity));
    },
    |members| {
        let down = Member::new(members.identity, 0, State::Down);
        members.swim(NOW, |swim, outputs| swim.apply_many(std::iter::once(down), true, outputs));
    },
];

#[test]
fn who_counts_as_dead_comes_back_under_the_next_identity() {
    for way in WAYS {
        let mut members = member(4);
        let before = members.identity;
        way(&mut members);
        assert!(members.identity.replaces(before) && members.identity.instance == before.instance, "{:?}", members.identity);
        assert!(members.directory.is_live(members.identity));
        let ours = members.identity;
        let packets = sent(&mut members, Duration::from_secs(2));
        assert!(!packets.is_empty() && packets.iter().all(|(_, envelope)| envelope.sender == ours));
    }
}

#[test]
fn who_leaves_stays_away() {
    for way in WAYS {
        let mut members = member(4);
        let before = members.identity;
        members.leave(NOW);
        way(&mut members);
        assert_eq!(members.identity, before);
    }
}

#[test]
fn a_table_that_suspects_us_is_answered() {
    let mut members = member(4);
    let ours = members.identity;
    told(&mut members, ours, RowStatus::Suspect);
    assert!(members.local_health() == 1 && members.incarnation > 0);
}

#[test]
fn an_update_that_suspects_us_is_a_reason_for_doubt() {
    let (mut members, mut other) = (member(3), member_at(1, 3));
    let suspect = Member::new(members.identity, 0, State::Suspect);
    other.swim(NOW, |swim, outputs| swim.apply_many(std::iter::once(suspect), true, outputs));
    for (_, bytes) in packets(&mut other, Duration::from_secs(1)).into_iter().filter(|(to, _)| *to == addr(0)) {
        members.handle_packet(NOW, &bytes).unwrap();
    }
    assert_eq!(members.local_health(), 1);
}

#[test]
fn a_table_tells_who_is_about_to_leave() {
    let mut members = member(4);
    told(&mut members, peer(2), RowStatus::Leaving);
    assert_eq!(members.directory.get(peer(2).instance).map(|entry| entry.state), Some(Known::Leaving));
}

#[test]
fn who_is_dead_elsewhere_is_suspected_here_and_asked_to_come_back() {
    let mut members = member(4);
    told(&mut members, peer(2), RowStatus::Failed);
    assert!(members.directory.is_live(peer(2)) && members.suspicions.covers(peer(2), 0));
    let packets = sent(&mut members, Duration::from_secs(1));
    assert!(packets.iter().any(|(_, envelope)| envelope.items.contains(&Item::Undead(peer(2)))));
}

#[test]
fn a_newer_identity_is_known_by_its_first_packet() {
    let mut members = member(4);
    let newer = Identity { renewal: 1, ..peer(1) };
    let bytes = members.sealer.seal(Channel::Packet, &Envelope::new(newer, 1).encode()).unwrap();
    members.handle_packet(NOW, &bytes).unwrap();
    assert!(members.directory.is_live(newer));
}

#[test]
fn who_asks_our_former_identity_hears_of_the_new_one() {
    let (mut members, mut other) = (member(2), member_at(1, 2));
    members.handle_item(NOW, Item::Undead(members.identity));
    sent(&mut members, Duration::from_millis(1));
    let ours = members.identity;
    let (_, ping) = packets(&mut other, Duration::from_secs(2)).into_iter().find(|(to, _)| *to == addr(0)).unwrap();
    members.handle_packet(NOW, &ping).unwrap();
    let answers: Vec<Bytes> = effects(&mut members)
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Packet { to, bytes } if to == addr(1) => Some(bytes),
            _ => None,
        })
        .collect();
    for answer in &answers {
        other.handle_packet(NOW, answer).unwrap();
    }
    assert!(!answers.is_empty() && other.directory.is_live(ours));
}
