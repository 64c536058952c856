//! The one way to a write that may enter the log.

use crate::{Apply, Authority, State};
use api::{Access, Code, Error, Need, Resource};

/// A write whose rule has been asked; the log takes nothing else.
#[derive(Clone)]
pub struct Permitted(api::Write);

impl Permitted {
    /// The write itself.
    #[must_use]
    pub fn write(&self) -> &api::Write {
        &self.0
    }

    pub(crate) fn into_write(self) -> api::Write {
        self.0
    }

    /// A write that the datacenter itself decided on: the leader's reaping, its registering of members, its certificates.
    /// It needs no token, since no stranger asked.
    #[must_use]
    pub fn internal(write: api::Write) -> Self {
        Self(write)
    }
}

/// The permissions a write needs, gathered by [`Apply::needs`].
#[derive(Debug, Default)]
pub struct Needs(Vec<Need>);

impl Needs {
    /// Adds one.
    pub fn add(&mut self, resource: Resource, access: Access, name: impl Into<String>) {
        self.0.push(Need { resource, access, name: name.into() });
    }

    /// Whether none was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

macro_rules! interpret {
    (read { $($read:tt)* }
     write { $($wt:tt $wv:ident $wn:literal $wo:ty => $wr:ty [$wres:ident $wacc:ident, $wretry:ident, $wlimit:expr, $wlevel:literal];)* }
     local { $($local:tt)* }) => {
        /// Asks the rule of `op`, and whether it makes sense.
        ///
        /// # Errors
        /// [`Code::Denied`], naming the permission that `who` lacks; [`Apply::check`].
        pub fn permit(op: &api::Write, state: &State, who: &Authority) -> Result<Permitted, Error> {
            let mut needs = Needs::default();
            match op {
                $(api::Write::$wv(op) => {
                    // The row says what class of permission it takes; an operation that names nothing needs that class as a whole.
                    op.needs(state, &mut needs);
                    if needs.is_empty() {
                        needs.add(Resource::$wres, Access::$wacc, "");
                    }
                })*
            }
            if let Some(lacking) = needs.0.into_iter().find(|need| !who.may(need.resource, need.access, &need.name)) {
                return Err(Error::new(Code::Denied, format!("Permission denied: token lacks permission {lacking}")));
            }
            match op {
                $(api::Write::$wv(op) => op.check()?,)*
            }
            Ok(Permitted(op.clone()))
        }
    };
}
api::operations!(interpret);
