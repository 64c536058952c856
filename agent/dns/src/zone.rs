//! The zones that are answered for, and which of them a name is in.

use hickory_proto::rr::Name;

/// A domain that is answered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: Name,
    /// Lower case.
    labels: Vec<String>,
}

/// A domain that cannot be one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{domain:?} is no DNS domain")]
pub struct InvalidZone {
    domain: String,
}

impl Zone {
    /// The zone of a domain such as `consul.`; the final dot may be missing.
    ///
    /// # Errors
    /// [`InvalidZone`] for a name with an empty or too long label, or without any.
    pub fn new(domain: &str) -> Result<Self, InvalidZone> {
        let invalid = || InvalidZone { domain: domain.to_owned() };
        let labels: Vec<String> = domain.trim_end_matches('.').split('.').map(str::to_lowercase).collect();
        let name = Name::from_labels(labels.iter().map(String::as_bytes)).map_err(|_| invalid())?;
        Ok(Self { name, labels })
    }

    /// Its own name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The name of these parts in it; a part may have several labels. `None` when that cannot be a name.
    #[must_use]
    pub fn name_of(&self, parts: &[&str]) -> Option<Name> {
        let labels = parts.iter().flat_map(|part| part.split('.')).chain(self.labels.iter().map(String::as_str));
        Name::from_labels(labels.map(str::as_bytes)).ok()
    }

    /// What of `labels` stands before this zone's.
    fn inside<'l, 'n>(&self, labels: &'l [&'n str]) -> Option<&'l [&'n str]> {
        let (before, end) = labels.split_at_checked(labels.len().checked_sub(self.labels.len())?)?;
        end.iter().eq(&self.labels).then_some(before)
    }
}

/// All zones: Consul's `domain` and `alt_domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zones {
    /// The first one.
    pub domain: Zone,
    /// The other one.
    pub alternate: Option<Zone>,
}

/// Where a name belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// In a zone; with what stands before it.
    In(&'a Zone, &'a [&'a str]),
    /// Below `arpa`; with what stands before that.
    Reverse(&'a [&'a str]),
    /// Nowhere here.
    Elsewhere,
}

/// Words after the domain with which newer clients say whether another datacenter may answer: they change nothing here.
const SUFFIXES: [&str; 2] = ["failover", "no-failover"];

impl Zones {
    /// Where the name of these labels, in lower case, belongs. Of two zones the longer counts.
    #[must_use]
    pub fn place<'a>(&'a self, labels: &'a [&'a str]) -> Place<'a> {
        let bare = match labels.split_last() {
            Some((last, before)) if SUFFIXES.contains(last) => before,
            _ => labels,
        };
        let mut zones: Vec<&Zone> = self.alternate.iter().chain([&self.domain]).collect();
        zones.sort_by_key(|zone| std::cmp::Reverse(zone.labels.len()));
        let found = zones.into_iter().find_map(|zone| Some((zone, zone.inside(labels).or_else(|| zone.inside(bare))?)));
        match (found, labels.split_last()) {
            (Some((zone, before)), _) => Place::In(zone, before),
            (None, Some((&"arpa", before))) => Place::Reverse(before),
            _ => Place::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_placed() {
        let zones = Zones { domain: Zone::new("consul.").unwrap(), alternate: Some(Zone::new("sub.consul").unwrap()) };
        let place = |name: &str| {
            let labels: Vec<&str> = name.split('.').filter(|label| !label.is_empty()).collect();
            match zones.place(&labels) {
                Place::In(zone, before) => format!("{} in {}", before.join("."), zone.name()),
                Place::Reverse(before) => format!("{} reversed", before.join(".")),
                Place::Elsewhere => "elsewhere".to_owned(),
            }
        };
        assert_eq!(place("web.service.consul"), "web.service in consul.");
        assert_eq!(place("consul"), " in consul.");
        assert_eq!(place("web.service.sub.consul"), "web.service in sub.consul.");
        assert_eq!(place("web.service.consul.no-failover"), "web.service in consul.");
        assert_eq!(place("1.0.0.10.in-addr.arpa"), "1.0.0.10.in-addr reversed");
        for name in ["www.example.com", "", "aconsul", "failover", "consul.example"] {
            assert_eq!(place(name), "elsewhere", "{name}");
        }
    }

    #[test]
    fn impossible_domains_are_refused() {
        assert!(Zone::new("").is_err());
        assert!(Zone::new("a..b").is_err());
        assert!(Zone::new(&"x".repeat(64)).is_err());
        let zone = Zone::new("Example.COM").unwrap();
        assert_eq!(zone.name_of(&["a.b", "node"]).unwrap().to_string(), "a.b.node.example.com.");
        assert_eq!(zone.name_of(&["a..b"]), None);
    }
}
