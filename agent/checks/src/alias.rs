//! Alias checks: as another service or node is doing.

use std::future::Future;

use crate::Status;
use crate::outcome::Outcome;

/// What an alias check follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The node; empty for the agent's own.
    pub node: String,
    /// The service's id; empty for the node itself.
    pub service: String,
}

/// What the host knows of a target, now and later: the local state for the agent's own node, a blocking query for others.
pub trait Aliases: Send + Sync + 'static {
    /// Returns at once where `after` is nothing or no longer the version of what is known, and otherwise when it changes (or after
    /// some minutes regardless). An error makes the check critical with that text; it is asked again after a pause that grows to a
    /// minute. Dropping the future ends the subscription.
    fn observe(&self, target: &Target, after: Option<u64>) -> impl Future<Output = Result<Observed, String>> + Send;
}

/// A target at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Differs whenever something below does.
    pub version: u64,
    /// Whether the aliased service is on the node; true where only a node is aliased.
    pub exists: bool,
    /// All checks of the node.
    pub checks: Vec<Aliased>,
}

/// A check of a target's node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aliased {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The service it belongs to, by id; empty for a check of the node.
    pub service: String,
    /// How it stands.
    pub status: Status,
    /// Its text.
    pub output: String,
}

/// How the alias check `own` stands: as the worst of the service's and the node's checks, and critical without the service.
pub(crate) fn evaluate(own: &str, target: &Target, observed: &Observed) -> Outcome {
    if !observed.exists {
        return Outcome::critical(format!("Service {} could not be found on node {}", target.service, target.node));
    }
    // A check of the node itself is no check of the alias's target, but one about where it lives: it counts. The alias does not, or it
    // would hold itself down.
    let counts = |check: &&Aliased| (check.service.is_empty() || check.service == target.service) && check.id != own;
    let mut worst: Option<&Aliased> = None;
    for check in observed.checks.iter().filter(counts) {
        if worst.is_none_or(|other| check.status > other.status) {
            worst = Some(check);
        }
    }
    match worst {
        None => Outcome::passing("No checks found."),
        Some(Aliased { status: Status::Passing, .. }) => Outcome::passing("All checks passing."),
        Some(check) => Outcome { status: check.status, output: format!("Aliased check \"{}\" failing: {}", check.name, check.output) },
    }
}

#[cfg(test)]
mod tests {
    use Status::{Critical, Passing, Warning};

    use super::*;

    fn check(id: &str, service: &str, status: Status, output: &str) -> Aliased {
        Aliased { id: id.into(), name: format!("Check {id}"), service: service.into(), status, output: output.into() }
    }

    fn follow(service: &str, checks: Vec<Aliased>) -> Outcome {
        let target = Target { node: String::new(), service: service.into() };
        evaluate("me", &target, &Observed { version: 1, exists: true, checks })
    }

    #[test]
    fn the_worst_counts() {
        let checks = vec![check("a", "web", Passing, ""), check("b", "web", Warning, "hm"), check("c", "web", Critical, "why")];
        assert_eq!(follow("web", checks[..1].to_vec()), Outcome::passing("All checks passing."));
        assert_eq!(follow("web", checks[..2].to_vec()), Outcome::warning("Aliased check \"Check b\" failing: hm"));
        assert_eq!(follow("web", checks), Outcome::critical("Aliased check \"Check c\" failing: why"));
    }

    #[test]
    fn other_services_and_the_alias_itself_do_not() {
        let checks = vec![check("a", "db", Critical, ""), check("me", "web", Critical, ""), check("me", "", Critical, "")];
        assert_eq!(follow("web", checks), Outcome::passing("No checks found."));
    }

    #[test]
    fn checks_of_the_node_do() {
        let checks = vec![check("a", "web", Passing, ""), check("disk", "", Warning, "full")];
        assert_eq!(follow("web", checks.clone()).status, Warning);
        assert_eq!(follow("", checks).status, Warning);
        assert_eq!(follow("", vec![check("a", "web", Critical, "")]), Outcome::passing("No checks found."));
    }

    #[test]
    fn a_missing_service_is_critical() {
        let target = Target { node: "n1".into(), service: "web".into() };
        let observed = Observed { version: 1, exists: false, checks: vec![check("a", "", Passing, "")] };
        assert_eq!(evaluate("me", &target, &observed), Outcome::critical("Service web could not be found on node n1"));
    }
}
