//! Writes that the catalog is missing.

use crate::Local;
use crate::entry::{Entry, Item, Mark};
use api::catalog::{CheckRow, Deregister, Register, ServiceRow};
use api::{Code, Error, Token, Write};
use std::fmt;

/// One write.
#[derive(Clone)]
pub struct Change {
    /// What to write.
    pub write: Write,
    /// Shown with it; empty: the agent's own.
    pub token: Token,
    /// What it is about, at which count of changes.
    parts: Vec<(Part, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Node,
    Service(String),
    Check(String),
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is written.
    Written,
    /// The token does not allow it. It is not tried again before the next comparison, or it would be tried for ever.
    Denied,
    /// It may or may not be written.
    Failed,
}

impl Outcome {
    /// What an answer means.
    #[must_use]
    pub fn of<T>(answer: &Result<T, Error>) -> Self {
        match answer {
            Ok(_) => Self::Written,
            Err(error) if error.kind() == Code::Denied => Self::Denied,
            Err(_) => Self::Failed,
        }
    }
}

impl Local {
    /// The writes that are known to be missing. The node itself comes first, and by itself: the others need it.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        if !self.me_mark.in_sync {
            let write = Register { node: Some(self.me.clone()), ..Register::default() };
            let token = Token::default();
            changes.push(Change { write: Write::CatalogRegister(write), token, parts: vec![(Part::Node, self.me_mark.version)] });
        }
        let missing = self.services.iter().filter(|(_, entry)| !entry.mark.in_sync);
        changes.extend(missing.map(|(id, entry)| self.change_of_service(id, entry.held().map(|service| &service.row), entry)));
        let missing = self.checks.iter().filter(|(_, entry)| !entry.mark.in_sync);
        changes.extend(missing.filter_map(|(id, entry)| self.change_of_check(id, entry)));
        changes
    }

    /// A write of [`Local::changes`] is through. What was changed meanwhile stays to be written.
    pub fn settle(&mut self, change: &Change, outcome: Outcome) {
        if outcome == Outcome::Failed {
            return;
        }
        for (part, version) in &change.parts {
            match part {
                Part::Node => {
                    if self.me_mark.version == *version {
                        self.me_mark.in_sync = true;
                    }
                }
                Part::Service(id) => {
                    if settle(&mut self.services, id, *version, outcome) && outcome == Outcome::Written {
                        self.checks.retain(|_, entry| !entry.is_gone_with(id));
                    }
                }
                Part::Check(id) => {
                    settle(&mut self.checks, id, *version, outcome);
                }
            }
        }
    }

    fn change_of_service<T>(&self, id: &str, row: Option<&ServiceRow>, entry: &Entry<T>) -> Change {
        let mut parts = vec![(Part::Service(id.to_owned()), entry.mark.version)];
        let token = entry.token.clone();
        let Some(row) = row else {
            let write = Deregister { node: self.me.node.clone(), service_id: id.to_owned(), ..Deregister::default() };
            return Change { write: Write::CatalogDeregister(write), token, parts };
        };
        let mut checks = Vec::new();
        for (id, mark, row) in self.checks_along(&row.id, &token) {
            parts.push((Part::Check(id.to_owned()), mark.version));
            checks.push(row);
        }
        Change { write: Write::CatalogRegister(self.registration(Some(row.clone()), checks)), token, parts }
    }

    /// Checks of an instance that its own write takes along.
    fn checks_along<'a>(&'a self, service: &'a str, token: &'a Token) -> impl Iterator<Item = (&'a str, Mark, CheckRow)> {
        self.checks.iter().filter_map(move |(id, entry)| {
            let check = entry.held().filter(|check| check.row.service_id == service)?;
            (!entry.mark.in_sync && entry.token == *token).then(|| (&**id, entry.mark, self.written(check)))
        })
    }

    /// The write of a check, unless its instance's takes it along.
    fn change_of_check(&self, id: &str, entry: &Entry<crate::Check>) -> Option<Change> {
        let parts = vec![(Part::Check(id.to_owned()), entry.mark.version)];
        let pending = |service: &str| self.services.get(service).filter(|entry| !entry.mark.in_sync);
        let token = entry.token.clone();
        match &entry.item {
            Item::Held(check) => {
                let along = pending(&check.row.service_id).is_some_and(|service| service.held().is_some() && service.token == token);
                let write = Write::CatalogRegister(self.registration(None, vec![self.written(check)]));
                (!along).then_some(Change { write, token, parts })
            }
            Item::Gone { with } => {
                let along = pending(with).is_some_and(|service| service.held().is_none());
                let write = Deregister { node: self.me.node.clone(), check_id: id.to_owned(), ..Deregister::default() };
                (!along).then_some(Change { write: Write::CatalogDeregister(write), token, parts })
            }
        }
    }

    fn registration(&self, service: Option<ServiceRow>, checks: Vec<CheckRow>) -> Register {
        Register { node: Some(self.me.clone()), skip_node_update: true, service, checks }
    }
}

/// Notes what became of a row; whether it is gone for good.
fn settle<T>(rows: &mut std::collections::BTreeMap<String, Entry<T>>, id: &str, version: u64, outcome: Outcome) -> bool {
    let Some(entry) = rows.get_mut(id).filter(|entry| entry.mark.version == version) else { return false };
    entry.mark.in_sync = true;
    let gone = entry.held().is_none();
    if gone && outcome == Outcome::Written {
        rows.remove(id);
    }
    gone
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self.write, Write::CatalogDeregister(_)) { "deregister" } else { "register" })?;
        for (part, _) in &self.parts {
            match part {
                Part::Node => f.write_str(" node")?,
                Part::Service(id) => write!(f, " service {id:?}")?,
                Part::Check(id) => write!(f, " check {id:?}")?,
            }
        }
        Ok(())
    }
}
