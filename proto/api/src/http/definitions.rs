//! Definitions of services and checks as Consul's Go types take them: from bodies, and from configuration files, which say the same in
//! snake case.

use super::decode::Shape::{self, Bool, Duration, Enterprise, Int, List, Map, Named, String, Uint};
use super::decode::{Struct, conform, decode};
use super::shapes::{ADDRESS, LOCALITY, PAIRS, PORT, PROXY, STRINGS, WEIGHTS};
use crate::agent::{CheckDefinition, ServiceDefinition};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A service out of a body.
///
/// # Errors
/// What Go's decoder says.
pub(crate) fn service_of(body: &[u8]) -> Result<ServiceDefinition, std::string::String> {
    typed(decode(body, &Shape::Struct(&SERVICE))?)
}

/// A check of its own out of a body.
///
/// # Errors
/// What Go's decoder says.
pub(crate) fn check_of(body: &[u8]) -> Result<CheckDefinition, std::string::String> {
    typed(decode(body, &CHECK)?)
}

/// A service out of a `service` stanza.
///
/// # Errors
/// What is wrong with it, in the words that bodies get.
pub fn service_stanza(stanza: Value) -> Result<ServiceDefinition, std::string::String> {
    typed(conform(stanza, &Shape::Struct(&SERVICE))?)
}

/// A check out of a `check` stanza.
///
/// # Errors
/// What is wrong with it, in the words that bodies get.
pub fn check_stanza(stanza: Value) -> Result<CheckDefinition, std::string::String> {
    typed(conform(stanza, &STANZA)?)
}

fn typed<T: DeserializeOwned + Default>(value: Value) -> Result<T, std::string::String> {
    if value.is_null() { Ok(T::default()) } else { serde_json::from_value(value).map_err(|why| why.to_string()) }
}

const fn snaky(fields: &'static [(&'static str, Shape)]) -> Struct {
    Struct { name: "", fields, aliases: &[], lenient: false, snake: true, without: &[] }
}

// Statics, since a service holds its sidecar, which is a service.
static SERVICE: Struct = snaky(&[
    ("Kind", Named("structs.ServiceKind")),
    ("ID", String),
    ("Name", String),
    ("Tags", STRINGS),
    ("Address", String),
    ("SocketPath", String),
    ("TaggedAddresses", Map("map[string]structs.ServiceAddress", &ADDRESS)),
    ("Meta", PAIRS),
    ("Port", Int),
    ("Ports", List("structs.ServicePorts", &PORT)),
    ("Check", NESTED),
    ("Checks", List("structs.CheckTypes", &NESTED)),
    ("Weights", WEIGHTS),
    ("Token", String),
    ("EnableTagOverride", Bool),
    ("Proxy", PROXY),
    ("Connect", Shape::Struct(&CONNECT)),
    ("Locality", LOCALITY),
    ("CreateIndex", Uint),
    ("ModifyIndex", Uint),
    ("Namespace", Enterprise),
    ("Partition", Enterprise),
]);

/// `Proxy` was there before proxies were services; it is read over.
static CONNECT: Struct = snaky(&[("Native", Bool), ("SidecarService", Shape::Struct(&SERVICE)), ("Proxy", Shape::Opaque)]);

/// A check of its own is called by `ID`.
const CHECK: Shape = Shape::Struct(&Struct { aliases: CHECK_ALIASES, without: &["CheckID"], ..snaky(CHECK_FIELDS) });
/// A check within a service is called by `CheckID`, and is of that service, whatever it says.
const NESTED: Shape = Shape::Struct(&Struct { aliases: CHECK_ALIASES, without: &["ID"], ..snaky(CHECK_FIELDS) });
/// Files may say either.
const STANZA: Shape = Shape::Struct(&Struct { aliases: CHECK_ALIASES, ..snaky(CHECK_FIELDS) });

const CHECK_ALIASES: &[(&str, &str)] = &[("ID", "CheckID"), ("ScriptArgs", "Args")];

const CHECK_FIELDS: &[(&str, Shape)] = &[
    ("ID", Named("types.CheckID")),
    ("CheckID", Named("types.CheckID")),
    ("Name", String),
    ("Notes", String),
    ("ServiceID", String),
    ("Token", String),
    ("Status", String),
    ("Args", STRINGS),
    ("ScriptArgs", STRINGS),
    ("HTTP", String),
    ("Header", Map("map[string][]string", &STRINGS)),
    ("Method", String),
    ("Body", String),
    ("DisableRedirects", Bool),
    ("TCP", String),
    ("TCPUseTLS", Bool),
    ("UDP", String),
    ("GRPC", String),
    ("GRPCUseTLS", Bool),
    ("H2PING", String),
    ("H2PingUseTLS", Bool),
    ("OSService", String),
    ("DockerContainerID", String),
    ("Shell", String),
    ("TLSServerName", String),
    ("TLSSkipVerify", Bool),
    ("AliasNode", String),
    ("AliasService", String),
    ("TTL", Duration),
    ("Interval", Duration),
    ("Timeout", Duration),
    ("DeregisterCriticalServiceAfter", Duration),
    ("OutputMaxSize", Int),
    ("SuccessBeforePassing", Int),
    ("FailuresBeforeWarning", Int),
    ("FailuresBeforeCritical", Int),
    // What only Consul itself fills in.
    ("ProxyHTTP", String),
    ("ProxyGRPC", String),
    ("Namespace", Enterprise),
    ("Partition", Enterprise),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn either_case_is_read_and_what_is_unknown_is_refused() {
        let snake = br#"{"name":"web","enable_tag_override":true,"tagged_addresses":{"wan":{"address":"198.51.100.1","port":2}},
            "check":{"ttl":"60s","deregister_critical_service_after":"90m"},"connect":{"sidecar_service":{"port":21999}}}"#;
        let camel = br#"{"Name":"web","EnableTagOverride":true,"TaggedAddresses":{"wan":{"Address":"198.51.100.1","Port":2}},
            "Check":{"TTL":60000000000,"DeregisterCriticalServiceAfter":"1h30m"},"Connect":{"SidecarService":{"Port":21999}}}"#;
        let read = service_of(snake).unwrap();
        assert!(read == service_of(camel).unwrap());
        assert_eq!(read.check.unwrap().deregister_critical_service_after, 5_400_000_000_000);
        assert_eq!(service_of(br#"{"Name":"x","Bogus":1}"#).unwrap_err(), r#"json: unknown field "Bogus""#);
        assert!(service_of(br#"{"Name":"x","Check":{"TTL":"1s","ServiceID":"y"}}"#).is_ok());
        assert_eq!(service_of(br#"{"Name":"x","Check":{"ID":"q"}}"#).unwrap_err(), r#"json: unknown field "ID""#);
        assert_eq!(check_of(br#"{"Name":"x","CheckID":"q"}"#).unwrap_err(), r#"json: unknown field "CheckID""#);
        assert_eq!(check_of(br#"{"Name":"x","Interval":"often"}"#).unwrap_err(), r#"time: invalid duration "often""#);
    }

    #[test]
    fn stanzas_may_call_a_check_by_either_name() {
        for key in ["id", "check_id", "CheckID"] {
            let check = check_stanza(json!({ key: "c", "script_args": ["/bin/true"], "interval": "10s" })).unwrap();
            assert_eq!((&*check.check_id, check.kind(), check.interval), ("c", "script", 10_000_000_000), "{key}");
        }
    }

    #[test]
    fn what_is_kept_reads_back() {
        let check =
            check_stanza(json!({ "id": "c", "http": "http://a", "header": { "X": ["1", "2"] }, "interval": "10s", "timeout": "1s" }));
        let check = check.unwrap();
        assert!(serde_json::from_str::<CheckDefinition>(&serde_json::to_string(&check).unwrap()).unwrap() == check);
        let service =
            service_stanza(json!({ "name": "a", "connect": { "sidecar_service": { "proxy": { "config": { "a": 1 } } } } })).unwrap();
        assert!(serde_json::from_str::<ServiceDefinition>(&serde_json::to_string(&service).unwrap()).unwrap() == service);
    }
}
