//! Where a call goes on from a gateway, and who may send which. Pure.

use api::federation::CaSign;
use api::{Access, Attempt, CallHead, Code, Datacenter, Envelope, Error, Local, MAX_HOPS, Op, Resource, Row};
use bytes::Bytes;
use prost::Message;
use rpc::Caller;

use crate::operation::Operation;

/// Who handed us a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This gateway itself.
    Own,
    /// A process of our datacenter.
    Local(Caller),
    /// A gateway of this datacenter.
    Remote(Datacenter),
}

/// Where a call goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To a server of our datacenter.
    Here,
    /// To a gateway of another.
    Away(String),
}

/// Whether the head tells the truth about where the call comes from: the datacenter it left last is the one whose gateway sent it.
///
/// # Errors
/// [`Code::Protocol`].
pub(crate) fn check_sender(origin: &Origin, head: &CallHead) -> Result<(), Error> {
    match origin {
        Origin::Remote(dc) if head.via.last() != Some(&dc.0) => {
            Err(Error::protocol(format!("a call from a gateway of {dc} that did not leave {dc} last")))
        }
        _ => Ok(()),
    }
}

/// Decides where the call goes, and notes in its head that it was here.
///
/// # Errors
/// [`Code::Protocol`] for a call passed on too often, [`Code::NoPath`] for one that would leave this datacenter twice.
pub(crate) fn decide(head: &mut CallHead, here: &str) -> Result<Step, Error> {
    if head.hops_left == 0 || head.hops_left > MAX_HOPS || head.via.len() > MAX_HOPS as usize {
        return Err(Error::protocol(format!(
            "the call went through {MAX_HOPS} processes and is still not there; it is at a gateway of {here}"
        )));
    }
    head.hops_left -= 1;
    match &head.dc {
        Some(dc) if !dc.is_empty() && dc != here => {
            let dc = dc.clone();
            if head.via.iter().any(|left| left == here) {
                let reason = format!("the call has left {here} before, by way of {}", head.via.join(", "));
                return Err(Error::no_path(vec![Attempt { hop: here.to_owned(), reason, age_ms: 0 }]));
            }
            head.via.push(here.to_owned());
            Ok(Step::Away(dc))
        }
        _ => Ok(Step::Here),
    }
}

/// Whether `origin` may have this operation passed on. What only servers and gateways of one datacenter may ask of each other
/// does not cross a datacenter's border, but for one thing: the certificate request of a datacenter's intermediate.
///
/// # Errors
/// [`Code::Denied`], or [`Code::Unsupported`] for what another datacenter sends and this build does not know.
pub(crate) fn admit(origin: &Origin, operation: Operation, body: &Bytes) -> Result<(), Error> {
    let denied = |row: &Row, who: &str| Err(Error::new(Code::Denied, format!("Permission denied: {} is not for {who}", row.name)));
    match (origin, operation) {
        (Origin::Own, _) | (Origin::Local(Caller::Server | Caller::Gateway), _) => Ok(()),
        (Origin::Local(Caller::Stranger), _) => {
            Err(Error::new(Code::Denied, "Permission denied: this process is not known as a member of the datacenter"))
        }
        // A newcomer asks servers to certify it.
        (Origin::Local(Caller::Agent | Caller::Newcomer { .. }), Operation::Known(row)) if row.resource != Resource::Internal => Ok(()),
        (Origin::Local(Caller::Agent | Caller::Newcomer { .. }), Operation::Known(row)) => denied(row, "processes without a certificate"),
        (Origin::Remote(_), Operation::Known(row)) if row.resource != Resource::Internal => Ok(()),
        (Origin::Remote(_), Operation::Known(row)) if row.access == Access::Write && asks_for_an_intermediate(body) => Ok(()),
        (Origin::Remote(_), Operation::Known(row)) => denied(row, "other datacenters"),
        // A newer build may hold it for internal; whoever is nearer to its sender knows no more.
        (Origin::Local(Caller::Agent | Caller::Newcomer { .. }) | Origin::Remote(_), Operation::Newer(_)) => {
            Err(Error::new(Code::Unsupported, "operation unknown to this gateway"))
        }
    }
}

fn asks_for_an_intermediate(body: &Bytes) -> bool {
    let op = Envelope::decode(body.clone()).ok().and_then(|envelope| envelope.into_op().ok());
    matches!(op, Some(Op::Local(Local::CaSign(sign))) if sign.role == CaSign::INTERMEDIATE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use api::{Call, federation, kv};
    use proptest::prelude::*;

    fn head(dc: Option<&str>, via: &[&str], hops_left: u32) -> CallHead {
        let via = via.iter().map(|dc| (*dc).to_owned()).collect();
        CallHead { dc: dc.map(str::to_owned), via, hops_left, ..Call::new(kv::Get::default()).head() }
    }

    #[test]
    fn calls_stay_leave_once_or_are_refused() {
        for dc in [None, Some("dc1"), Some("")] {
            assert_eq!(decide(&mut head(dc, &["dc2"], 3), "dc1").unwrap(), Step::Here);
        }
        let mut leaving = head(Some("dc2"), &[], 3);
        assert_eq!(decide(&mut leaving, "dc1").unwrap(), Step::Away("dc2".into()));
        assert_eq!((leaving.via, leaving.hops_left), (vec!["dc1".to_owned()], 2));
        let looped = decide(&mut head(Some("dc2"), &["dc1", "dc3"], 3), "dc1").unwrap_err();
        assert_eq!(looped.kind(), Code::NoPath);
        assert!(looped.why[0].reason.contains("left dc1 before, by way of dc1, dc3"));
        assert_eq!(decide(&mut head(Some("dc2"), &[], 0), "dc1").unwrap_err().kind(), Code::Protocol);
    }

    #[test]
    fn the_last_datacenter_left_is_the_senders() {
        let remote = Origin::Remote("dc2".into());
        assert!(check_sender(&remote, &head(None, &["dc3", "dc2"], 3)).is_ok());
        for via in [&[][..], &["dc3"], &["dc2", "dc3"]] {
            assert_eq!(check_sender(&remote, &head(None, via, 3)).unwrap_err().kind(), Code::Protocol);
            assert!(check_sender(&Origin::Own, &head(None, via, 3)).is_ok());
        }
    }

    fn ruling(origin: &Origin, op: impl Into<Op>) -> Result<(), Code> {
        let body: Bytes = op.into().encode_to_vec().into();
        admit(origin, Operation::of(&body).unwrap(), &body).map_err(|error| error.kind())
    }

    #[test]
    fn internal_operations_do_not_cross_the_border() {
        let (remote, agent) = (Origin::Remote("dc2".into()), Origin::Local(Caller::Agent));
        let sign = |role: &str| federation::CaSign { role: role.to_owned(), ..Default::default() };
        let newcomer = Origin::Local(Caller::Newcomer { server: true });
        for origin in [&remote, &agent, &newcomer] {
            assert_eq!(ruling(origin, kv::Get::default()), Ok(()));
            assert_eq!(ruling(origin, federation::CaUpdate::default()), Err(Code::Denied));
            assert_eq!(ruling(origin, sign("server")), Err(Code::Denied));
        }
        assert_eq!(ruling(&remote, sign("intermediate")), Ok(()));
        assert_eq!(ruling(&agent, sign("intermediate")), Err(Code::Denied));
        assert_eq!(ruling(&Origin::Local(Caller::Server), sign("server")), Ok(()));
        assert_eq!(ruling(&Origin::Local(Caller::Stranger), kv::Get::default()), Err(Code::Denied));
        let newer = Bytes::from_static(&[0xfa, 0x7f, 0x00]);
        let newer = |origin: &Origin| admit(origin, Operation::of(&newer).unwrap(), &newer).map_err(|error| error.kind());
        assert_eq!(newer(&remote), Err(Code::Unsupported));
        assert_eq!(newer(&Origin::Local(Caller::Server)), Ok(()));
    }

    proptest! {
        #[test]
        fn no_head_makes_a_call_endless(dc in proptest::option::of("[a-z0-9]{0,3}"), via in proptest::collection::vec("[a-z0-9]{0,3}", 0..12), hops in any::<u32>()) {
            let mut head = CallHead { dc, via: via.clone(), hops_left: hops, ..CallHead::default() };
            if let Ok(step) = decide(&mut head, "dc1") {
                prop_assert!(head.hops_left < hops);
                let left = matches!(step, Step::Away(_));
                prop_assert_eq!(head.via.len(), via.len() + usize::from(left));
                prop_assert!(!left || head.via.iter().filter(|dc| *dc == "dc1").count() == 1);
            }
        }
    }
}
