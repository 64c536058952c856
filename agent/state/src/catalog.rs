//! Provisional.
use crate::{Apply, Change, Evaluate, Needs, State, View, snapshot::Kind};
use api::catalog::*;
use api::{Error, health, txn};

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Catalog {
    indexes: Indexes,
}
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Indexes {
    #[prost(uint64, tag = 1)]
    pub(crate) nodes: u64,
}
impl Catalog {
    pub(crate) fn indexes(&self) -> Indexes {
        self.indexes.clone()
    }
    pub(crate) fn set_indexes(&mut self, indexes: &Indexes) {
        self.indexes = indexes.clone();
    }
    pub(crate) fn restored_at(&mut self, index: u64) {
        self.indexes.nodes = index;
    }
    pub(crate) fn records(&self) -> impl Iterator<Item = Kind> + use<> {
        std::iter::empty()
    }
    pub(crate) fn restore_node(&mut self, _: NodeRow) -> Result<(), String> {
        Ok(())
    }
    pub(crate) fn restore_service(&mut self, _: &str, _: ServiceRow) -> Result<(), String> {
        Ok(())
    }
    pub(crate) fn restore_check(&mut self, _: CheckRow) -> Result<(), String> {
        Ok(())
    }
}
macro_rules! reads { ($($t:ty => $r:ty),*) => { $(impl Evaluate for $t { fn evaluate(&self, _: &View<'_>) -> Result<$r, Error> { Err(Error::failed("provisional")) } })* } }
reads!(Nodes => NodeList, Services => ServiceTags, Service => Instances, Node => NodeServices, health::Node => health::Checks, health::ServiceChecks => health::Checks, health::State => health::Checks, health::Service => health::Instances, txn::Read => txn::Outcome);
macro_rules! writes { ($($t:ty => $r:ty),*) => { $(impl Apply for $t { fn needs(&self, _: &State, _: &mut Needs) {} fn apply(&self, _: &mut Change<'_>) -> Result<$r, Error> { Err(Error::failed("provisional")) } })* } }
writes!(Register => Done, Deregister => Done, txn::Write => txn::Outcome);
