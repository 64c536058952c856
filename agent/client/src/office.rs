//! What a client agent answers about itself beyond what every agent does: little.

use crate::Waist;
use api::{Call, Code, Error, Reply};
use desk::Reloadable;
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub(crate) struct Office {
    pub(crate) waist: Arc<Waist>,
}

impl desk::Office for Office {
    async fn answer(&self, call: &Call) -> Result<Reply, Error> {
        Err(Error::new(Code::Unsupported, format!("{} is not answered by client agents", call.op.name())))
    }

    fn wan_members(&self, _: &[members::Member]) -> Vec<api::agent::Member> {
        Vec::new()
    }

    async fn join_wan(&self, _: &str) -> Result<(), Error> {
        Err(Error::failed("Must be a server to join WAN cluster"))
    }

    async fn force_leave_wan(&self, _: &str, _: bool) -> Result<bool, Error> {
        Err(Error::failed("a client agent is not in the WAN pool: ask a server or the gateway of this datacenter"))
    }

    fn reloaded(&self, _: &Reloadable) {}

    fn is_server(&self) -> bool {
        false
    }

    fn stats(&self) -> Map<String, Value> {
        let known = self.waist.map().servers.len().to_string();
        let consul = json!({ "acl": "disabled", "known_servers": known, "server": "false" });
        Map::from_iter([("consul".to_owned(), consul)])
    }

    fn gauges(&self) -> Vec<(&'static str, f64)> {
        vec![("client.servers", self.waist.map().servers.len() as f64)]
    }

    fn counted(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}
