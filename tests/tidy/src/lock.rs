//! Versions that `Cargo.lock` may not fall below: those before have known holes.

use std::fmt;

use crate::Violation;

/// A package's lowest version, and what was wrong before it.
pub const FLOORS: &[(&str, Version, &str)] = &[
    ("quinn-proto", Version(0, 11, 15), "RUSTSEC-2026-0185: memory exhausted by stream data out of order; RUSTSEC-2026-0037"),
    ("h2", Version(0, 4, 16), "RUSTSEC-2026-0258"),
    ("rustls", Version(0, 23, 18), "denial of service by a fragmented handshake"),
    ("rustls-webpki", Version(0, 103, 13), "name constraints; panic on a revocation list"),
    ("hickory-proto", Version(0, 26, 1), "RUSTSEC-2026-0119: quadratic name compression"),
    ("tonic", Version(0, 12, 3), "a server stopped accepting after a failed accept"),
    ("aws-lc-sys", Version(0, 39, 0), "verification of signatures and names"),
    ("tar", Version(0, 4, 45), "symbolic links and size headers in archives"),
    ("tracing-subscriber", Version(0, 3, 20), "terminal escapes of strangers in the log"),
    ("redb", Version(4, 3, 0), "committed data rolled back"),
];

/// Packages of which the exact version is the promise.
pub const EXACT: &[(&str, &str)] = &[("openraft", "0.10.0-alpha.37"), ("foca", "2.0.0")];

/// Major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u64, pub u64, pub u64);

impl Version {
    /// Reads `1.2.3`, `1.2.3-rc.1` and `1.2.3+build`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let core = text.split(['-', '+']).next()?;
        let mut parts = core.split('.').map(str::parse::<u64>);
        let version = Self(parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        parts.next().is_none().then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Names and versions in a `Cargo.lock`.
#[must_use]
pub fn parse(lock: &str) -> Vec<(String, String)> {
    let value = |line: &str, key: &str| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"').map(str::to_owned);
    let mut packages = Vec::new();
    let mut name = None;
    for line in lock.lines() {
        if let Some(found) = value(line, "name") {
            name = Some(found);
        } else if let (Some(version), Some(name)) = (value(line, "version"), name.take()) {
            packages.push((name, version));
        }
    }
    packages
}

/// Packages below their floor, or not at their exact version.
#[must_use]
pub fn check(packages: &[(String, String)], floors: &[(&str, Version, &str)], exact: &[(&str, &str)]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (name, version) in packages {
        for (_, floor, reason) in floors.iter().filter(|(known, ..)| known == name) {
            if Version::parse(version).is_none_or(|version| version < *floor) {
                found.push(Violation::new("Cargo.lock", format!("{name} {version} is below {floor}: {reason}")));
            }
        }
        for (_, wanted) in exact.iter().filter(|(known, wanted)| known == name && wanted != version) {
            found.push(Violation::new("Cargo.lock", format!("{name} {version} is not {wanted}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"h2\"\nversion = \"0.4.15\"\nsource = \"x\"\n\n[[package]]\nname = \"foca\"\nversion = \"2.0.1\"\n";

    #[test]
    fn old_and_floating_packages_are_found() {
        let packages = parse(LOCK);
        assert_eq!(packages.len(), 2);
        let found: Vec<String> = check(&packages, FLOORS, EXACT).iter().map(Violation::to_string).collect();
        assert_eq!(found, ["Cargo.lock: h2 0.4.15 is below 0.4.16: RUSTSEC-2026-0258", "Cargo.lock: foca 2.0.1 is not 2.0.0"]);
        assert!(check(&parse(&LOCK.replace("0.4.15", "0.10.0").replace("2.0.1", "2.0.0")), FLOORS, EXACT).is_empty());
    }

    #[test]
    fn versions_are_numbers_and_not_texts() {
        assert!(Version::parse("0.4.16") > Version::parse("0.4.9"));
        assert_eq!(Version::parse("0.10.0-alpha.37"), Some(Version(0, 10, 0)));
        assert_eq!((Version::parse("1.2"), Version::parse("1.2.3.4"), Version::parse("x.1.2")), (None, None, None));
    }
}
