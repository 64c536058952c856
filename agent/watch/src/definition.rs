//! What is watched, as flags or configuration say it.

use crate::Plan;
use crate::plan::Shape;
use thiserror::Error;

/// What is watched. A parameter that was not given is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// `key`, `keyprefix`, `services`, `nodes`, `service`, `checks` or `event`.
    pub kind: String,
    /// The key of `key`.
    pub key: Option<String>,
    /// The prefix of `keyprefix`.
    pub prefix: Option<String>,
    /// The service of `service` and `checks`.
    pub service: Option<String>,
    /// Tags that all instances of `service` must have.
    pub tags: Vec<String>,
    /// Only instances of `service` whose checks pass.
    pub passing_only: Option<bool>,
    /// The state of `checks`.
    pub state: Option<String>,
    /// The name of `event`.
    pub name: Option<String>,
    /// A filter for `services`, `nodes`, `service` and `checks`.
    pub filter: Option<String>,
    /// The datacenter asked; the agent's own where there is none.
    pub datacenter: Option<String>,
    /// Whether any server may answer.
    pub stale: bool,
}

/// Why nothing can be watched. Consul's texts.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BadWatch {
    /// There is no such type, or nothing that answers it yet.
    #[error("Unsupported watch type: {0}")]
    Kind(String),
    /// The type needs a parameter.
    #[error("Must specify a single {0} to watch")]
    Missing(&'static str),
    /// Two parameters that exclude each other.
    #[error("Cannot specify service and state")]
    ServiceAndState,
    /// Parameters that the type does not have.
    #[error("Invalid parameters: [{}]", .0.join(" "))]
    Unknown(Vec<&'static str>),
}

impl Definition {
    /// What to ask for.
    ///
    /// # Errors
    /// See [`BadWatch`].
    pub fn plan(&self) -> Result<Plan, BadWatch> {
        let mut query = Vec::new();
        let mut ask =
            |name, value: Option<&String>| query.extend(value.filter(|value| !value.is_empty()).map(|value| (name, value.clone())));
        let needed = |value: &Option<String>, what| value.clone().filter(|value| !value.is_empty()).ok_or(BadWatch::Missing(what));
        ask("dc", self.datacenter.as_ref());
        ask("filter", self.filter.as_ref());
        let (path, shape, takes): (String, Shape, &[&str]) = match self.kind.as_str() {
            "key" => (format!("/v1/kv/{}", needed(&self.key, "key")?), Shape::Key, &["key"]),
            "keyprefix" => (format!("/v1/kv/{}", needed(&self.prefix, "prefix")?), Shape::Keys, &["prefix"]),
            "services" => ("/v1/catalog/services".to_owned(), Shape::Whole, &["filter"]),
            "nodes" => ("/v1/catalog/nodes".to_owned(), Shape::Whole, &["filter"]),
            "service" => {
                let service = needed(&self.service, "service")?;
                (format!("/v1/health/service/{service}"), Shape::Whole, &["service", "tag", "passingonly", "filter"])
            }
            "checks" => {
                let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
                let path = match (given(&self.service), given(&self.state)) {
                    (Some(_), Some(_)) => return Err(BadWatch::ServiceAndState),
                    (Some(service), None) => format!("/v1/health/checks/{service}"),
                    (None, state) => format!("/v1/health/state/{}", state.as_deref().unwrap_or("any")),
                };
                (path, Shape::Whole, &["service", "state", "filter"])
            }
            "event" => {
                ask("name", self.name.as_ref());
                ("/v1/event/list".to_owned(), Shape::Events, &["name"])
            }
            other => return Err(BadWatch::Kind(other.to_owned())),
        };
        let unknown: Vec<_> = self.given().filter(|name| !takes.contains(name)).collect();
        if !unknown.is_empty() {
            return Err(BadWatch::Unknown(unknown));
        }
        if self.kind == "keyprefix" {
            query.push(("recurse", String::new()));
        }
        if self.passing_only == Some(true) {
            query.push(("passing", "1".to_owned()));
        }
        query.extend(self.tags.iter().map(|tag| ("tag", tag.clone())));
        if self.stale && shape != Shape::Events {
            query.push(("stale", String::new()));
        }
        Ok(Plan { kind: self.kind.clone(), path, query, shape })
    }

    /// The names of the parameters that were given, sorted.
    fn given(&self) -> impl Iterator<Item = &'static str> {
        let names = [
            ("filter", self.filter.is_some()),
            ("key", self.key.is_some()),
            ("name", self.name.is_some()),
            ("passingonly", self.passing_only.is_some()),
            ("prefix", self.prefix.is_some()),
            ("service", self.service.is_some()),
            ("state", self.state.is_some()),
            ("tag", !self.tags.is_empty()),
        ];
        names.into_iter().filter_map(|(name, given)| given.then_some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn of(kind: &str) -> Definition {
        Definition { kind: kind.to_owned(), ..Definition::default() }
    }

    #[test]
    fn each_type_asks_its_endpoint() {
        let key = Definition { key: some("a b/c"), ..of("key") };
        let prefix = Definition { prefix: some("a/"), stale: true, ..of("keyprefix") };
        let service = Definition { service: some("web"), tags: vec!["b".into(), "a".into()], passing_only: Some(true), ..of("service") };
        let elsewhere = Definition { datacenter: some("dc2"), filter: some("Node == x"), ..of("nodes") };
        for (definition, target) in [
            (key, "/v1/kv/a%20b/c"),
            (prefix, "/v1/kv/a/?recurse=&stale="),
            (of("services"), "/v1/catalog/services"),
            (elsewhere, "/v1/catalog/nodes?dc=dc2&filter=Node%20%3D%3D%20x"),
            (service, "/v1/health/service/web?passing=1&tag=b&tag=a"),
            (Definition { service: some("web"), ..of("checks") }, "/v1/health/checks/web"),
            (Definition { state: some("critical"), ..of("checks") }, "/v1/health/state/critical"),
            (of("checks"), "/v1/health/state/any"),
            (Definition { name: some("deploy"), stale: true, ..of("event") }, "/v1/event/list?name=deploy"),
        ] {
            assert_eq!(definition.plan().map(|plan| plan.target(None)), Ok(target.to_owned()), "{definition:?}");
        }
    }

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        let both = Definition { service: some("a"), state: some("passing"), ..of("checks") };
        for (definition, text) in [
            (of("zz"), "Unsupported watch type: zz"),
            (of("key"), "Must specify a single key to watch"),
            (Definition { key: some(""), ..of("key") }, "Must specify a single key to watch"),
            (of("keyprefix"), "Must specify a single prefix to watch"),
            (of("service"), "Must specify a single service to watch"),
            (both, "Cannot specify service and state"),
            (Definition { prefix: some("x"), key: some("a"), ..of("key") }, "Invalid parameters: [prefix]"),
            (Definition { passing_only: Some(false), key: some("a"), ..of("nodes") }, "Invalid parameters: [key passingonly]"),
        ] {
            assert_eq!(definition.plan().map_err(|error| error.to_string()), Err(text.to_owned()));
        }
    }
}
