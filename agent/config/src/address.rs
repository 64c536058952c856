//! Addresses as configured: IP addresses, Unix sockets, and templates for the machine's own.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::{Endpoint, Host};

/// Replaces every `{{ ... }}` of `text` by addresses of `host`, separated by blanks.
///
/// Known are `GetPrivateIP`, `GetPrivateIPs`, `GetPublicIP`, `GetPublicIPs` and, with the name of
/// an interface in quotes, `GetInterfaceIP` and `GetInterfaceIPs`.
pub(crate) fn expand(text: &str, host: &Host) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((call, after)) = after.split_once("}}") else {
            return Err(format!("error parsing {text:?}: template not closed"));
        };
        expanded.push_str(before);
        expanded.push_str(&evaluate(call, host).map_err(|reason| format!("error parsing {text:?}: unable to parse template: {reason}"))?);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded.trim().to_owned())
}

fn evaluate(call: &str, host: &Host) -> Result<String, String> {
    let call = call.trim();
    let (function, argument) = call.split_once(char::is_whitespace).unwrap_or((call, ""));
    let argument = argument.trim().trim_matches(['"', '`']);
    let found = match (function, argument) {
        ("GetPrivateIP" | "GetPrivateIPs", "") => host.private_ipv4(),
        ("GetPublicIP" | "GetPublicIPs", "") => host.public_ipv4(),
        ("GetInterfaceIP" | "GetInterfaceIPs", name) if is_name(name) => host.interface(name),
        _ => return Err(format!("function {function:?} not defined for these arguments")),
    };
    let wanted = if function.ends_with('s') { found.len() } else { 1 };
    let found: Vec<_> = found.iter().take(wanted).map(IpAddr::to_string).collect();
    Ok(found.join(" "))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '|' || c == '"')
}

/// An IP address or `unix://path`.
pub(crate) fn endpoint(text: &str) -> Result<Endpoint, String> {
    match text.strip_prefix("unix://") {
        Some(path) => Ok(Endpoint::Unix(PathBuf::from(path))),
        None => ip(text).map(Endpoint::Ip),
    }
}

/// An IP address, IPv6 also in brackets.
pub(crate) fn ip(text: &str) -> Result<IpAddr, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let parsed = bare.unwrap_or(text).parse();
    parsed.map_err(|_| format!("invalid ip address: {text}"))
}
