//! The gossip pools: who is in them, joining, and having others leave.

use crate::Office;
use crate::desk::Desk;
use api::agent::{ForceLeave, Join, Member, MemberList, Members};
use api::{Code, Error};
use members::Status;

impl<O: Office> Desk<O> {
    pub(crate) fn members(&self, op: &Members) -> Result<MemberList, Error> {
        let pool = self.parts.lan.members().borrow().clone();
        let mut members: Vec<Member> = if op.wan { self.office.wan_members(&pool) } else { pool.iter().map(lan_member).collect() };
        if !op.filter.is_empty() {
            members = filtered(members, &op.filter)?;
        }
        Ok(MemberList { members })
    }

    pub(crate) async fn join(&self, op: &Join) -> Result<(), Error> {
        if op.wan {
            return self.office.join_wan(&op.address).await;
        }
        self.parts.lan.join(std::slice::from_ref(&op.address)).await.map(drop).map_err(|error| Error::failed(error.to_string()))
    }

    pub(crate) async fn force_leave(&self, op: &ForceLeave) -> Result<(), Error> {
        let found = if op.wan {
            self.office.force_leave_wan(&op.node, op.prune).await?
        } else {
            let left = self.parts.lan.force_leave(&op.node, op.prune).await;
            left.map_err(|stopped| Error::new(Code::Lost, stopped.to_string()))?
        };
        if found { Ok(()) } else { Err(Error::failed(format!("agent: No node found with name '{}'", op.node))) }
    }
}

/// A member of the LAN pool as Consul lists it.
#[must_use]
pub fn lan_member(member: &members::Member) -> Member {
    Member {
        name: member.name.clone(),
        addr: member.addr.ip().to_string(),
        port: u32::from(member.addr.port()),
        tags: member.tags.clone(),
        status: match member.status {
            Status::Alive => 1,
            Status::Leaving => 2,
            Status::Left => 3,
            Status::Failed => 4,
        },
        ..protocol_versions()
    }
}

/// What Consul's tools expect to read of a member's protocols.
#[must_use]
pub fn protocol_versions() -> Member {
    Member { protocol_min: 1, protocol_max: 5, protocol_cur: 2, delegate_min: 2, delegate_max: 5, delegate_cur: 4, ..Member::default() }
}

fn filtered(members: Vec<Member>, expression: &str) -> Result<Vec<Member>, Error> {
    let filter = filter::Filter::parse(expression, &filter::schema::AGENT_MEMBER).map_err(|error| Error::failed(error.to_string()))?;
    let shown = |member: &Member| serde_json::to_value(member).is_ok_and(|value| filter.matches(&value));
    Ok(members.into_iter().filter(shown).collect())
}
