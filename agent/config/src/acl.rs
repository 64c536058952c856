//! The `acl` stanza, as data.

use std::time::Duration;

use crate::Secret;
use crate::reader::{Context, Findings, Reader};

/// Settings of access control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acl {
    /// Whether tokens are looked at.
    pub enabled: bool,
    /// What holds where no rule speaks.
    pub default_policy: DefaultPolicy,
    /// What holds while the primary datacenter cannot be asked.
    pub down_policy: DownPolicy,
    /// How long a resolved token is kept.
    pub token_ttl: Duration,
    /// How long a resolved policy is kept.
    pub policy_ttl: Duration,
    /// How long a resolved role is kept; `policy_ttl` unless configured.
    pub role_ttl: Duration,
    /// Whether secondary datacenters copy tokens.
    pub enable_token_replication: bool,
    /// Whether listing keys needs a rule of its own.
    pub enable_key_list_policy: bool,
    /// Whether tokens set over the API survive a restart.
    pub enable_token_persistence: bool,
    /// The agent's own tokens.
    pub tokens: AclTokens,
}

/// Tokens by purpose; empty ones count as not configured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AclTokens {
    /// Bootstraps access control with a known token.
    pub initial_management: Option<Secret>,
    /// For requests that bring none.
    pub default: Option<Secret>,
    /// For what the agent does on its own.
    pub agent: Option<Secret>,
    /// For the agent's own API while no server answers.
    pub agent_recovery: Option<Secret>,
    /// For copying from the primary datacenter.
    pub replication: Option<Secret>,
    /// For services and checks from configuration files.
    pub config_file_service_registration: Option<Secret>,
    /// For DNS.
    pub dns: Option<Secret>,
}

/// What holds where no rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultPolicy {
    /// Everything is allowed.
    Allow,
    /// Everything is denied.
    Deny,
}

/// What holds while the primary datacenter cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownPolicy {
    /// Everything is allowed.
    Allow,
    /// Everything is denied.
    Deny,
    /// What was resolved before goes on to hold.
    ExtendCache,
    /// The same, and lookups never wait.
    AsyncCache,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Acl, Findings) {
    let mut read = Reader::new(context);
    let default_policies = [("allow", DefaultPolicy::Allow), ("deny", DefaultPolicy::Deny)];
    let down_policies = [
        ("extend-cache", DownPolicy::ExtendCache),
        ("allow", DownPolicy::Allow),
        ("deny", DownPolicy::Deny),
        ("async-cache", DownPolicy::AsyncCache),
    ];
    let ttl = Duration::from_secs(30);
    let policy_ttl = read.duration("acl.policy_ttl", ttl);
    let role_ttl = read.duration("acl.role_ttl", Duration::ZERO);
    let acl = Acl {
        enabled: read.is("acl.enabled"),
        default_policy: read.choice("acl.default_policy", &default_policies, DefaultPolicy::Allow),
        down_policy: read.choice("acl.down_policy", &down_policies, DownPolicy::ExtendCache),
        token_ttl: read.duration("acl.token_ttl", ttl),
        policy_ttl,
        role_ttl: if role_ttl.is_zero() { policy_ttl } else { role_ttl },
        enable_token_replication: read.is("acl.enable_token_replication"),
        enable_key_list_policy: read.is("acl.enable_key_list_policy"),
        enable_token_persistence: read.is("acl.enable_token_persistence"),
        tokens: tokens(&read),
    };
    (acl, read.finish())
}

/// The tokens at `acl.tokens`.
pub(crate) fn tokens(read: &Reader<'_>) -> AclTokens {
    let token = |key| read.filled(key).map(Secret::new);
    AclTokens {
        initial_management: token("acl.tokens.initial_management"),
        default: token("acl.tokens.default"),
        agent: token("acl.tokens.agent"),
        agent_recovery: token("acl.tokens.agent_recovery"),
        replication: token("acl.tokens.replication"),
        config_file_service_registration: token("acl.tokens.config_file_service_registration"),
        dns: token("acl.tokens.dns"),
    }
}
