//! `/v1/agent/self` and `/v1/agent/version`.

use crate::Office;
use crate::desk::Desk;
use api::agent::{Checks, Document, Services};
use api::{Call, Error, Operation};
use members::Status;
use serde_json::{Map, Value, json};

/// This build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `value` as an answer.
pub(crate) fn json(value: &Value) -> Document {
    Document { content_type: "application/json".to_owned(), text: value.to_string() }
}

pub(crate) fn version() -> Value {
    json!({ "SHA": "", "BuildDate": "1970-01-01T00:00:01Z", "HumanVersion": VERSION, "FIPS": "" })
}

impl<O: Office> Desk<O> {
    /// # Errors
    /// When this node's services cannot be counted.
    pub(crate) async fn self_document(&self) -> Result<Value, Error> {
        let kept = self.kept().await?;
        let current = self.parts.current.all();
        let pool = self.parts.lan.members().borrow().clone();
        let me = pool.iter().find(|member| member.name == self.parts.settings.node_name);
        let member = me.map(|me| {
            let tags = serde_json::to_value(&me.tags).unwrap_or_default();
            json!({
                "Name": me.name, "Addr": me.addr.ip().to_string(), "Port": me.addr.port(), "Tags": tags, "Status": 1,
                "ProtocolMin": 1, "ProtocolMax": 5, "ProtocolCur": 2, "DelegateMin": 2, "DelegateMax": 5, "DelegateCur": 4,
            })
        });
        Ok(json!({
            "Config": {
                "Datacenter": self.parts.settings.datacenter, "PrimaryDatacenter": self.parts.settings.primary_datacenter,
                "NodeName": self.parts.settings.node_name, "NodeID": self.parts.node_id, "Revision": "", "Server": self.office.is_server(),
                "Version": VERSION, "BuildDate": "1970-01-01T00:00:01Z",
            },
            "DebugConfig": current.debug_config,
            "Coord": self.parts.settings.coordinates.then(|| node::coordinate(&self.parts.lan.coordinate())),
            "Member": member,
            "Stats": self.stats(&pool, kept),
            "Meta": crate::node::meta(&current),
            "xDS": null,
        }))
    }

    /// How many services and checks the node has.
    async fn kept(&self) -> Result<Value, Error> {
        let services = Services::take(self.parts.services.answer(&Call::new(Services::default())).await?)?.services;
        let checks = Checks::take(self.parts.services.answer(&Call::new(Checks::default())).await?)?.checks;
        let of_type = |wanted: &str| checks.iter().filter(|check| check.r#type == wanted).count().to_string();
        Ok(json!({
            "check_monitors": of_type("script"), "check_ttls": of_type("ttl"), "checks": checks.len().to_string(),
            "services": services.len().to_string(),
        }))
    }

    /// Sections of texts, as `delian info` prints them.
    fn stats(&self, pool: &[members::Member], kept: Value) -> Map<String, Value> {
        let count = |wanted: Status| pool.iter().filter(|member| member.status == wanted).count().to_string();
        let mut sections = self.office.stats();
        let mut add = |name: &str, section: Value| drop(sections.insert(name.to_owned(), section));
        add("agent", kept);
        add("build", json!({ "prerelease": "", "revision": "", "version": VERSION }));
        add(
            "runtime",
            json!({
                "arch": std::env::consts::ARCH, "os": std::env::consts::OS, "version": "rust",
                "cpu_count": std::thread::available_parallelism().map_or(0, usize::from).to_string(),
            }),
        );
        add(
            "serf_lan",
            json!({
                "encrypted": self.parts.settings.encrypt.is_some().to_string(), "failed": count(Status::Failed), "left": count(Status::Left),
                "members": pool.len().to_string(),
            }),
        );
        sections
    }
}
