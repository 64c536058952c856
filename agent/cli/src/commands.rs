//! The table of all commands, and one module for each.

mod catalog;
mod debug;
mod event;
mod federation;
mod force_leave;
mod info;
mod join;
mod keygen;
mod keyring;
mod kv;
mod leave;
mod maint;
mod members;
mod monitor;
mod operator;
mod reload;
mod rtt;
mod services;
mod validate;
pub(crate) mod version;
mod watch;

use crate::command::{Command, Group};

/// Every command.
pub(crate) static COMMANDS: &[Command] = &[
    catalog::datacenters::COMMAND,
    catalog::nodes::COMMAND,
    catalog::services::COMMAND,
    debug::COMMAND,
    event::COMMAND,
    federation::explain::COMMAND,
    federation::forget::COMMAND,
    force_leave::COMMAND,
    info::COMMAND,
    join::COMMAND,
    keygen::COMMAND,
    keyring::COMMAND,
    kv::delete::COMMAND,
    kv::export::COMMAND,
    kv::get::COMMAND,
    kv::import::COMMAND,
    kv::put::COMMAND,
    leave::COMMAND,
    maint::COMMAND,
    members::COMMAND,
    monitor::COMMAND,
    operator::autopilot::get_config::COMMAND,
    operator::autopilot::set_config::COMMAND,
    operator::autopilot::state::COMMAND,
    operator::list_peers::COMMAND,
    operator::remove_peer::COMMAND,
    operator::transfer_leader::COMMAND,
    reload::COMMAND,
    rtt::COMMAND,
    services::deregister::COMMAND,
    services::register::COMMAND,
    validate::COMMAND,
    version::COMMAND,
    watch::COMMAND,
];

/// Every group of commands.
pub(crate) static GROUPS: &[Group] =
    &[catalog::GROUP, federation::GROUP, kv::GROUP, operator::GROUP, operator::autopilot::GROUP, operator::RAFT, services::GROUP];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::help;

    #[test]
    fn every_command_stands_in_its_group_once() {
        let mut seen = BTreeSet::new();
        let paths = COMMANDS.iter().map(|command| command.path).chain(GROUPS.iter().map(|group| group.path));
        for path in paths {
            assert!(seen.insert(path), "{path:?} twice");
            let parent = &path[..path.len() - 1];
            assert!(parent.is_empty() || GROUPS.iter().any(|group| group.path == parent), "{path:?} has no parent");
        }
    }

    #[test]
    fn flags_are_sorted_and_named_once() {
        for command in COMMANDS {
            let names: Vec<_> = command.flags.iter().map(|flag| flag.name).collect();
            assert!(names.is_sorted(), "{:?}: {names:?}", command.path);
            let all: Vec<_> = command.all_flags().iter().map(|flag| flag.name).collect();
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{:?}: {all:?}", command.path);
        }
    }

    #[test]
    fn help_fits_a_terminal_and_every_flag_is_in_it() {
        let commands = COMMANDS.iter().map(help::command);
        for text in commands.chain(GROUPS.iter().map(help::group)) {
            assert!(text.starts_with("Usage: delian ") && text.ends_with('\n'), "{text}");
            assert!(!text.ends_with("\n\n"), "{text}");
            for line in text.lines() {
                assert!(line.len() <= 80, "too long: {line}");
                assert_eq!(line, line.trim_end(), "space at the end");
            }
        }
        for command in COMMANDS {
            let (long, short) = (help::command(command), help::usage(command));
            for flag in command.all_flags() {
                assert!(long.contains(&format!("\n  -{}", flag.name)) && short.contains(&format!("\n  -{}", flag.name)));
            }
        }
    }
}
