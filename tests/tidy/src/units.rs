//! The systemd units under `deploy/systemd`: what they start, and how little it may do.

use crate::Violation;
use crate::files::File;

/// Each unit, and the command it starts.
pub const UNITS: &[(&str, &str)] = &[
    ("deploy/systemd/delian.service", "/usr/local/bin/delian agent -config-dir=/etc/delian"),
    ("deploy/systemd/delian-gateway.service", "/usr/local/bin/delian gateway -config-file=/etc/delian-gateway/gateway.hcl"),
];

/// Lines that every unit has.
const HARDENED: &[&str] = &[
    "User=delian",
    "Group=delian",
    "KillSignal=SIGTERM",
    "Restart=on-failure",
    "LimitNOFILE=65536",
    "LimitCORE=0",
    "UMask=0077",
    "CapabilityBoundingSet=",
    "AmbientCapabilities=",
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "RestrictNamespaces=yes",
    "RestrictSUIDSGID=yes",
    "MemoryDenyWriteExecute=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
];

/// Units that are missing, start something else, or let it do more.
#[must_use]
pub fn check(files: &[File], units: &[(&str, &str)]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, command) in units {
        let Some(file) = files.iter().find(|file| file.path == *path) else {
            found.push(Violation::new(*path, "is missing"));
            continue;
        };
        let lines: Vec<&str> = file.text.lines().map(str::trim_end).collect();
        let start = format!("ExecStart={command}");
        let wanted = HARDENED.iter().copied().chain([start.as_str()]);
        found.extend(wanted.filter(|line| !lines.contains(line)).map(|line| Violation::new(*path, format!("has no `{line}`"))));
        let blank = |line: &&&str| !line.is_empty() && !line.starts_with(['#', '[']) && !line.contains('=');
        found.extend(lines.iter().filter(blank).map(|line| Violation::new(*path, format!("`{line}` is no setting"))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_that_allows_more_or_starts_another_is_found() {
        let text = format!("[Service]\n# why\nExecStart=/x y\n{}\n", HARDENED.join("\n"));
        let check = |text: String| check(&[File::new("a.service", text)], &[("a.service", "/x y")]).len();
        assert_eq!(check(text.clone()), 0);
        assert_eq!(check(text.replace("NoNewPrivileges=yes", "NoNewPrivileges=no")), 1);
        assert_eq!(check(text.replace("/x y", "/x z")), 1);
        assert_eq!(check(text + "stray\n"), 1);
        assert_eq!(super::check(&[], UNITS).len(), 2);
    }
}
