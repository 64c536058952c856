//! What a command asks of whoever runs the register.

use std::fmt;

/// One thing to do. What is named is to be looked up when it is done: it may be gone by then, which is an effect of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Keep this instance on disk.
    SaveService(String),
    /// Take it off the disk.
    ForgetService(String),
    /// Keep this check on disk.
    SaveCheck(String),
    /// Take it and its TTL off the disk.
    ForgetCheck(String),
    /// Keep on disk how this TTL stands.
    SaveTtl(String),
    /// Run this check from now on, as it is defined now.
    Run(String),
    /// Run it no more.
    Halt(String),
    /// This instance was critical for too long and has been taken out.
    Reaped(String),
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SaveService(id) => write!(f, "save service {id:?}"),
            Self::ForgetService(id) => write!(f, "forget service {id:?}"),
            Self::SaveCheck(id) => write!(f, "save check {id:?}"),
            Self::ForgetCheck(id) => write!(f, "forget check {id:?}"),
            Self::SaveTtl(id) => write!(f, "save TTL of {id:?}"),
            Self::Run(id) => write!(f, "run check {id:?}"),
            Self::Halt(id) => write!(f, "halt check {id:?}"),
            Self::Reaped(id) => write!(f, "reaped service {id:?}"),
        }
    }
}
