//! What a configuration may ask of the machine: its name and its addresses.

use config::Host;

/// This machine.
pub(crate) fn host() -> Host {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
    // A machine that does not tell its addresses has to be told which to use.
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    Host { name, addresses: interfaces.into_iter().map(|interface| (interface.name.clone(), interface.ip())).collect() }
}
