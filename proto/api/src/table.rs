//! The closed list of operations. One row per operation; everything generic is generated from it.
//!
//! A row reads: `tag Variant "name" operation => reply [resource access, retry, body limit, feature level]`, for local operations
//! followed by the scope. Tags are for ever: they are what the log and the wire hold. A new operation takes a new tag; a tag once
//! used is never given again.

use crate::{Access, Error, Operation, Resource, agent, catalog, coordinate, event, federation, health, keyring, kv, operator, query, txn};

/// Hands the table to `$callback!`, so that another crate can match over the same rows.
#[macro_export]
macro_rules! operations {
    ($callback:path) => {
        $callback! {
            read {
                1 KvGet "kv.get" kv::Get => kv::Entries [Key Read, Safe, 0, 1];
                2 KvList "kv.list" kv::List => kv::Entries [Key Read, Safe, 0, 1];
                3 KvKeys "kv.keys" kv::Keys => kv::Names [Key List, Safe, 0, 1];
                4 TxnRead "txn.read" txn::Read => txn::Outcome [Key Read, Safe, kv::VALUE_LIMIT, 1];
                10 CatalogNodes "catalog.nodes" catalog::Nodes => catalog::NodeList [Node Read, Safe, 0, 1];
                11 CatalogServices "catalog.services" catalog::Services => catalog::ServiceTags [Service Read, Safe, 0, 1];
                12 CatalogService "catalog.service" catalog::Service => catalog::Instances [Service Read, Safe, 0, 1];
                13 CatalogNode "catalog.node" catalog::Node => catalog::NodeServices [Node Read, Safe, 0, 1];
                20 HealthNode "health.node" health::Node => health::Checks [Node Read, Safe, 0, 1];
                21 HealthChecks "health.checks" health::ServiceChecks => health::Checks [Service Read, Safe, 0, 1];
                22 HealthState "health.state" health::State => health::Checks [Node Read, Safe, 0, 1];
                23 HealthService "health.service" health::Service => health::Instances [Service Read, Safe, 0, 1];
                30 AutopilotConfiguration "autopilot.configuration" operator::AutopilotRead => operator::Autopilot [Operator Read, Safe, 0, 1];
                31 CaRoots "ca.roots" federation::CaRead => federation::CaState [Open Read, Safe, 0, 1];
                32 CoordinateNodes "coordinate.nodes" coordinate::Nodes => coordinate::LocatedList [Node Read, Safe, 0, 1];
                33 CoordinateNode "coordinate.node" coordinate::Node => coordinate::LocatedList [Node Read, Safe, 0, 1];
                34 QueryRead "query.read" query::Read => query::Queries [Query Read, Safe, 0, 1];
                35 QueryExplain "query.explain" query::Explain => query::Explained [Query Read, Safe, 0, 1];
                36 QueryResolve "query.resolve" query::Resolve => query::Explained [Internal Read, Safe, 0, 1];
                37 QueryInstances "query.instances" query::Instances => query::Found [Service Read, Safe, 0, 1];
                38 CatalogAddress "catalog.address" catalog::AddressHolders => catalog::Holders [Node Read, Safe, 0, 1];
                39 CatalogVirtualIp "catalog.virtual_ip" catalog::VirtualIp => catalog::VirtualAddress [Service Read, Safe, 0, 3];
            }
            write {
                40 KvPut "kv.put" kv::Put => kv::Applied [Key Write, Once, kv::VALUE_LIMIT, 1];
                41 KvDelete "kv.delete" kv::Delete => kv::Applied [Key Write, Once, 0, 1];
                42 KvReap "kv.reap" kv::Reap => kv::Applied [Internal Write, Safe, 0, 1];
                43 Txn "txn.write" txn::Write => txn::Outcome [Key Write, Once, kv::VALUE_LIMIT, 1];
                50 CatalogRegister "catalog.register" catalog::Register => catalog::Done [Node Write, Safe, catalog::BODY_LIMIT, 1];
                51 CatalogDeregister "catalog.deregister" catalog::Deregister => catalog::Done [Node Write, Safe, catalog::BODY_LIMIT, 1];
                52 CoordinateUpdate "coordinate.update" coordinate::Update => coordinate::Noted [Node Write, Safe, coordinate::BODY_LIMIT, 2];
                53 VirtualIpsStart "catalog.virtual_ips_start" catalog::StartVirtualIps => catalog::Done [Internal Write, Safe, 0, 3];
                54 VirtualIpsAssign "catalog.virtual_ips_assign" catalog::AssignVirtualIps => catalog::AssignedVirtualIps [Mesh Write, Once, 64 * 1024, 3];
                60 AutopilotUpdate "autopilot.update" operator::AutopilotUpdate => operator::Updated [Operator Write, Once, 64 * 1024, 1];
                61 CaUpdate "ca.update" federation::CaUpdate => operator::Updated [Internal Write, Safe, 0, 1];
                62 DatacenterUpdate "federation.datacenter" federation::DatacenterUpdate => operator::Updated [Operator Write, Safe, 0, 1];
                64 QueryCreate "query.create" query::Create => query::Created [Query Write, Once, query::BODY_LIMIT, 1];
                65 QueryUpdate "query.update" query::Update => query::Done [Query Write, Safe, query::BODY_LIMIT, 1];
                66 QueryDelete "query.delete" query::Delete => query::Done [Query Write, Once, 0, 1];
            }
            local {
                100 StatusLeader "status.leader" operator::StatusLeader => operator::Address [Open Read, Safe, 0, 1] Server;
                101 StatusPeers "status.peers" operator::StatusPeers => operator::Addresses [Open Read, Safe, 0, 1] Server;
                102 RaftConfiguration "raft.configuration" operator::RaftRead => operator::RaftConfiguration [Operator Read, Safe, 0, 1] Leader;
                103 RaftRemovePeer "raft.remove_peer" operator::RaftRemovePeer => operator::Updated [Operator Write, Once, 0, 1] Leader;
                104 RaftTransferLeader "raft.transfer_leader" operator::RaftTransferLeader => operator::Updated [Operator Write, Once, 0, 1] Leader;
                105 AutopilotHealth "autopilot.health" operator::AutopilotHealthRead => operator::ServersHealth [Operator Read, Safe, 0, 1] Leader;
                106 AutopilotState "autopilot.state" operator::AutopilotStateRead => operator::ServersHealth [Operator Read, Safe, 0, 1] Leader;
                110 Datacenters "catalog.datacenters" catalog::Datacenters => catalog::DatacenterList [Open Read, Safe, 0, 1] Server;
                111 CoordinateDatacenters "coordinate.datacenters" coordinate::Datacenters => coordinate::DatacenterMap [Open Read, Safe, 0, 1] Server;
                112 EventFire "event.fire" event::Fire => event::Event [Event Write, Once, event::BODY_LIMIT, 1] Server;
                113 EventList "event.list" event::List => event::Events [Event Read, Safe, 0, 1] Here;
                114 KeyringList "keyring.list" keyring::List => keyring::Pools [Keyring Read, Safe, 0, 1] Server;
                115 KeyringChange "keyring.change" keyring::Change => agent::Nothing [Keyring Write, Safe, keyring::BODY_LIMIT, 1] Server;
                117 QueryFailover "query.failover" query::Failover => query::Executed [Internal Read, Safe, 0, 1] Gateway;
                118 QueryExecute "query.execute" query::Execute => query::Executed [Service Read, Safe, 0, 1] Leader;
                119 QueryServe "query.serve" query::Serve => query::Executed [Service Read, Safe, 0, 1] Leader;
                116 AgentMonitor "agent.monitor" agent::Monitor => agent::Nothing [Agent Read, Safe, 0, 1] Here;
                120 AgentSelf "agent.self" agent::SelfRead => agent::Document [Agent Read, Safe, 0, 1] Here;
                121 AgentMembers "agent.members" agent::Members => agent::MemberList [Node Read, Safe, 0, 1] Here;
                122 AgentJoin "agent.join" agent::Join => agent::Nothing [Agent Write, Once, 0, 1] Here;
                123 AgentLeave "agent.leave" agent::Leave => agent::Nothing [Agent Write, Once, 0, 1] Here;
                124 AgentForceLeave "agent.force_leave" agent::ForceLeave => agent::Nothing [Operator Write, Safe, 0, 1] Here;
                125 AgentMetrics "agent.metrics" agent::Metrics => agent::Document [Agent Read, Safe, 0, 1] Here;
                126 AgentVersion "agent.version" agent::Version => agent::Document [Open Read, Safe, 0, 1] Here;
                127 AgentHost "agent.host" agent::Host => agent::Document [Operator Read, Safe, 0, 1] Here;
                130 FederationExplain "federation.explain" federation::Explain => agent::Document [Operator Read, Safe, 0, 1] Server;
                131 CaSign "ca.sign" federation::CaSign => federation::CaSigned [Internal Write, Safe, 64 * 1024, 1] Leader;
                132 CaRequest "ca.request" federation::CaRequest => federation::CaRequested [Internal Write, Safe, 0, 1] Leader;
                133 CaInstall "ca.install" federation::CaInstall => operator::Updated [Internal Write, Safe, 64 * 1024, 1] Leader;
                150 AgentServices "agent.services" agent::Services => agent::ServiceMap [Service Read, Safe, 0, 1] Here;
                151 AgentService "agent.service" agent::Service => agent::LocalService [Service Read, Safe, 0, 1] Here;
                152 AgentChecks "agent.checks" agent::Checks => agent::CheckMap [Node Read, Safe, 0, 1] Here;
                153 AgentServiceRegister "agent.service.register" agent::RegisterService => agent::Nothing [Service Write, Once, catalog::BODY_LIMIT, 1] Here;
                154 AgentServiceDeregister "agent.service.deregister" agent::DeregisterService => agent::Nothing [Service Write, Once, 0, 1] Here;
                155 AgentServiceMaintenance "agent.service.maintenance" agent::ServiceMaintenance => agent::Nothing [Service Write, Once, 0, 1] Here;
                156 AgentMaintenance "agent.maintenance" agent::Maintenance => agent::Nothing [Node Write, Once, 0, 1] Here;
                157 AgentCheckRegister "agent.check.register" agent::RegisterCheck => agent::Nothing [Node Write, Once, catalog::BODY_LIMIT, 1] Here;
                158 AgentCheckDeregister "agent.check.deregister" agent::DeregisterCheck => agent::Nothing [Node Write, Once, 0, 1] Here;
                159 AgentCheckUpdate "agent.check.update" agent::UpdateCheck => agent::Nothing [Node Write, Once, catalog::BODY_LIMIT, 1] Here;
                160 AgentHealthById "agent.health.id" agent::HealthById => agent::Health [Service Read, Safe, 0, 1] Here;
                161 AgentHealthByName "agent.health.name" agent::HealthByName => agent::Health [Service Read, Safe, 0, 1] Here;
                162 AgentReload "agent.reload" agent::Reload => agent::Nothing [Agent Write, Once, 0, 1] Here;
            }
        }
    };
}

/// Which group an operation is of: what it needs to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Looks at replicated state.
    Read,
    /// Changes replicated state: these, and only these, enter the log.
    Write,
    /// Asks a process what only it knows, or has it do something.
    Local,
}

/// Whether a call may be repeated when nobody knows what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Retry {
    /// Again does no harm.
    Safe,
    /// Only when the first try was provably not processed.
    Once,
}

/// Which process answers a local operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The one the call entered; `dc` does not count.
    Here,
    /// Any server of the datacenter asked.
    Server,
    /// The leader of the datacenter asked; any server of it for a stale call.
    Leader,
    /// A gateway of the datacenter the call entered.
    Gateway,
}

/// One row of the table, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Tag in the log and on the wire.
    pub tag: u32,
    /// Span name and metric label.
    pub name: &'static str,
    /// Which group.
    pub class: Class,
    /// What kind of permission it needs; which names, the operation itself says.
    pub resource: Resource,
    /// How much of it.
    pub access: Access,
    /// Whether it may be repeated.
    pub retry: Retry,
    /// Greatest request body, in bytes.
    pub limit: usize,
    /// Feature level that all voters must have before it is used.
    pub level: u32,
    /// For local operations, who answers; others go by their consistency.
    pub scope: Scope,
}

macro_rules! define {
    (read { $($rt:tt $rv:ident $rn:literal $ro:ty => $rr:ty [$rres:ident $racc:ident, $rretry:ident, $rlimit:expr, $rlevel:literal];)* }
     write { $($wt:tt $wv:ident $wn:literal $wo:ty => $wr:ty [$wres:ident $wacc:ident, $wretry:ident, $wlimit:expr, $wlevel:literal];)* }
     local { $($lt:tt $lv:ident $ln:literal $lo:ty => $lr:ty [$lres:ident $lacc:ident, $lretry:ident, $llimit:expr, $llevel:literal] $lscope:ident;)* }) => {
        /// Operations that look at state.
        #[derive(Clone, PartialEq, prost::Oneof)]
        #[allow(missing_docs, reason = "the operation's own type says what it is")]
        pub enum Read { $(#[prost(message, tag = $rt)] $rv($ro)),* }

        /// Operations that change state; these, and only these, enter the log.
        #[derive(Clone, PartialEq, prost::Oneof)]
        #[allow(missing_docs, reason = "the operation's own type says what it is")]
        #[allow(clippy::large_enum_variant, reason = "a call shares its operation, and a log entry is encoded: neither moves it about")]
        pub enum Write { $(#[prost(message, tag = $wt)] $wv($wo)),* }

        /// Operations that ask a process about itself.
        #[derive(Clone, PartialEq, prost::Oneof)]
        #[allow(missing_docs, reason = "the operation's own type says what it is")]
        #[allow(clippy::large_enum_variant, reason = "as above")]
        pub enum Local { $(#[prost(message, tag = $lt)] $lv($lo)),* }

        /// Any operation.
        #[derive(Clone, PartialEq)]
        #[allow(missing_docs, reason = "the groups say what they are")]
        #[allow(clippy::large_enum_variant, reason = "as above")]
        pub enum Op { Read(Read), Write(Write), Local(Local) }

        /// What comes back, for every operation.
        #[derive(Clone, PartialEq, prost::Oneof)]
        #[allow(missing_docs, reason = "the operation's own type says what it is")]
        #[allow(clippy::large_enum_variant, reason = "a reply is made once, and then shared")]
        pub enum Reply {
            $(#[prost(message, tag = $rt)] $rv($rr),)*
            $(#[prost(message, tag = $wt)] $wv($wr),)*
            $(#[prost(message, tag = $lt)] $lv($lr),)*
        }

        /// An operation on the wire: between servers, between datacenters, and (writes) in the log.
        #[derive(Clone, PartialEq, prost::Message)]
        pub struct Envelope {
            /// A read,
            #[prost(oneof = "Read", tags($($rt),*))]
            pub read: Option<Read>,
            /// or a write,
            #[prost(oneof = "Write", tags($($wt),*))]
            pub write: Option<Write>,
            /// or a local operation: exactly one of them.
            #[prost(oneof = "Local", tags($($lt),*))]
            pub local: Option<Local>,
        }

        /// A reply on the wire.
        #[derive(Clone, PartialEq, prost::Message)]
        pub struct ReplyEnvelope {
            /// The reply.
            #[prost(oneof = "Reply", tags($($rt,)* $($wt,)* $($lt),*))]
            pub reply: Option<Reply>,
        }

        /// The table as data: what each operation needs, and whether it may be repeated.
        pub const OPERATIONS: &[Row] = &[
            $(Row { tag: $rt, name: $rn, class: Class::Read, resource: Resource::$rres, access: Access::$racc, retry: Retry::$rretry, limit: $rlimit, level: $rlevel, scope: Scope::Leader },)*
            $(Row { tag: $wt, name: $wn, class: Class::Write, resource: Resource::$wres, access: Access::$wacc, retry: Retry::$wretry, limit: $wlimit, level: $wlevel, scope: Scope::Leader },)*
            $(Row { tag: $lt, name: $ln, class: Class::Local, resource: Resource::$lres, access: Access::$lacc, retry: Retry::$lretry, limit: $llimit, level: $llevel, scope: Scope::$lscope },)*
        ];

        impl Op {
            /// This operation's row in the table.
            #[must_use]
            pub fn row(&self) -> &'static Row {
                // The position of each row is known when this is compiled, so that a look-up is one match.
                #[derive(Clone, Copy)]
                enum At { $($rv,)* $($wv,)* $($lv,)* }
                let at = match self {
                    $(Self::Read(Read::$rv(_)) => At::$rv,)*
                    $(Self::Write(Write::$wv(_)) => At::$wv,)*
                    $(Self::Local(Local::$lv(_)) => At::$lv,)*
                };
                &OPERATIONS[at as usize]
            }
        }
        $(define!(@one $rv $rn $ro => $rr, Read);)*
        $(define!(@one $wv $wn $wo => $wr, Write);)*
        $(define!(@one $lv $ln $lo => $lr, Local);)*
    };
    (@one $v:ident $n:literal $o:ty => $r:ty, $kind:ident) => {
        impl From<$o> for Op {
            fn from(op: $o) -> Self {
                Self::$kind($kind::$v(op))
            }
        }

        impl Operation for $o {
            const NAME: &'static str = $n;
            type Reply = $r;

            fn take(reply: Reply) -> Result<$r, Error> {
                match reply {
                    Reply::$v(reply) => Ok(reply),
                    _ => Err(Error::protocol(concat!("reply of another operation than ", $n))),
                }
            }
        }
    };
}

operations!(define);

impl Op {
    /// Span name and metric label, e.g. `kv.put`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.row().name
    }

    /// The encoded [`Envelope`] of this operation, without cloning it.
    #[must_use]
    pub fn encode_to_vec(&self) -> Vec<u8> {
        // A oneof is encoded as the field it is, so the bytes are those of the envelope.
        let mut bytes = Vec::with_capacity(match self {
            Self::Read(op) => op.encoded_len(),
            Self::Write(op) => op.encoded_len(),
            Self::Local(op) => op.encoded_len(),
        });
        match self {
            Self::Read(op) => op.encode(&mut bytes),
            Self::Write(op) => op.encode(&mut bytes),
            Self::Local(op) => op.encode(&mut bytes),
        }
        bytes
    }
}

impl Envelope {
    /// The operation in it.
    ///
    /// # Errors
    /// [`crate::Code::Unsupported`] when a newer server sent an operation that this build does not know.
    pub fn into_op(self) -> Result<Op, Error> {
        match (self.read, self.write, self.local) {
            (Some(op), None, None) => Ok(Op::Read(op)),
            (None, Some(op), None) => Ok(Op::Write(op)),
            (None, None, Some(op)) => Ok(Op::Local(op)),
            _ => Err(Error::new(crate::Code::Unsupported, "operation unknown to this server")),
        }
    }
}

impl ReplyEnvelope {
    /// The encoded envelope of `reply`, without cloning it.
    #[must_use]
    pub fn encode_reply(reply: &Reply) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(reply.encoded_len());
        reply.encode(&mut bytes);
        bytes
    }

    /// The reply in it.
    ///
    /// # Errors
    /// [`crate::Code::Protocol`] when it holds none that this build knows.
    pub fn into_reply(self) -> Result<Reply, Error> {
        self.reply.ok_or_else(|| Error::protocol("reply unknown to this server"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use prost::Message;

    #[test]
    fn operations_survive_the_wire_and_strangers_are_refused() {
        let op: Op = kv::Put { key: "a".into(), value: "v".into(), ..Default::default() }.into();
        let envelope = Envelope::decode(&*op.encode_to_vec()).unwrap();
        assert_eq!(envelope.encode_to_vec(), op.encode_to_vec());
        assert!(envelope.into_op().unwrap() == op);
        let from_a_newer_server = [0xfa, 0x7f, 0x00]; // tag 2047, which this table lacks
        assert_eq!(Envelope::decode(&from_a_newer_server[..]).unwrap().into_op().err().unwrap().kind(), crate::Code::Unsupported);
    }

    #[test]
    fn rows_are_found_by_operation_and_tags_are_given_once() {
        let op: Op = kv::Delete::default().into();
        assert_eq!((op.row().tag, op.name()), (41, "kv.delete"));
        let mut tags: Vec<u32> = OPERATIONS.iter().map(|row| row.tag).collect();
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), OPERATIONS.len());
    }

    #[test]
    fn every_write_needs_a_permission() {
        for row in OPERATIONS.iter().filter(|row| row.class == Class::Write) {
            assert_ne!(row.resource, Resource::Open, "{}", row.name);
            assert_eq!(row.access, Access::Write, "{}", row.name);
        }
    }
}
