//! What an operation needs of the token it is asked with, as data.

/// What a rule is about (Consul's ACL resources).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Nothing: anyone may ask.
    Open,
    /// Agents, by node name.
    Agent,
    /// User events, by name.
    Event,
    /// Keys, by key.
    Key,
    /// The gossip keys.
    Keyring,
    /// The service mesh as a whole.
    Mesh,
    /// Nodes, by name.
    Node,
    /// Raft, federation and other operator matters of the datacenter.
    Operator,
    /// Prepared queries, by name.
    Query,
    /// Services, by name.
    Service,
    /// The servers themselves: no token opens this, only a process of the datacenter may ask.
    Internal,
}

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// See it.
    Read,
    /// See the names below a prefix (`key:list`).
    List,
    /// Change it.
    Write,
}

/// One permission that a call needs: `key:write` on `"a/b"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What the rule is about.
    pub resource: Resource,
    /// How much of it.
    pub access: Access,
    /// Which one; empty for resources without names.
    pub name: String,
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Agent => "agent",
            Self::Event => "event",
            Self::Key => "key",
            Self::Keyring => "keyring",
            Self::Mesh => "mesh",
            Self::Node => "node",
            Self::Operator => "operator",
            Self::Query => "query",
            Self::Service => "service",
            Self::Internal => "internal",
        })
    }
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Write => "write",
        })
    }
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "'{}:{}'", self.resource, self.access)?;
        if !self.name.is_empty() {
            write!(f, " on {:?}", self.name)?;
        }
        Ok(())
    }
}
