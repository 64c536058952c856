//! Finds the command in a line of arguments.

use crate::command::{Command, Group};
use crate::commands::{COMMANDS, GROUPS};

/// What a line of arguments asks for.
pub(crate) enum CommandLine {
    /// The version, asked for by a flag instead of the command.
    Version,
    /// The root help, asked for.
    RootHelp,
    /// No such command.
    Unknown,
    /// A group, which cannot run.
    Group { group: &'static Group, help: bool, flags_before: bool },
    /// A command and what follows its name.
    Command { command: &'static Command, arguments: Vec<String>, help: bool, flags_before: bool },
}

impl CommandLine {
    /// Reads the arguments after the program's name. A help flag anywhere before `--`
    /// counts, wherever the command would have taken it.
    pub(crate) fn of(arguments: Vec<String>) -> Self {
        let flagged = arguments.iter().take_while(|argument| *argument != "--");
        let help = flagged.clone().any(|argument| matches!(argument.as_str(), "-h" | "-help" | "--help"));
        let leading = flagged.take_while(|argument| argument.starts_with('-'));
        let start = leading.clone().count();
        if leading.clone().any(|argument| matches!(argument.as_str(), "-v" | "-version" | "--version")) {
            return Self::Version;
        }
        let flags_before = leading.clone().any(|argument| !matches!(argument.as_str(), "-h" | "-help" | "--help"));
        let words = &arguments[start..];

        let command = COMMANDS.iter().find(|command| starts_with(words, command.path));
        let group = GROUPS.iter().filter(|group| starts_with(words, group.path)).max_by_key(|group| group.path.len());
        match (command, group) {
            (Some(command), _) => {
                let arguments = words[command.path.len()..].to_vec();
                Self::Command { command, arguments, help, flags_before }
            }
            (None, Some(group)) => Self::Group { group, help, flags_before },
            (None, None) if help && words.is_empty() => Self::RootHelp,
            (None, None) => Self::Unknown,
        }
    }
}

fn starts_with(words: &[String], path: &[&str]) -> bool {
    words.len() >= path.len() && words.iter().zip(path).all(|(word, name)| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        match CommandLine::of(line.split_whitespace().map(str::to_owned).collect()) {
            CommandLine::Version => "version".into(),
            CommandLine::RootHelp => "root help".into(),
            CommandLine::Unknown => "unknown".into(),
            CommandLine::Group { group, help, flags_before } => {
                format!("group {} {help} {flags_before}", group.path.join(" "))
            }
            CommandLine::Command { command, arguments, help, flags_before } => {
                format!("{}: {} {help} {flags_before}", command.path.join(" "), arguments.join(" "))
            }
        }
    }

    #[test]
    fn the_longest_path_wins_and_flags_belong_to_it() {
        for (line, found) in [
            ("", "unknown"),
            ("-h", "root help"),
            ("--version kv get", "version"),
            ("-x", "unknown"),
            ("nope", "unknown"),
            ("help kv", "unknown"),
            ("-- kv get foo", "unknown"),
            ("kv", "group kv false false"),
            ("kv nope", "group kv false false"),
            ("kv -- get foo", "group kv false false"),
            ("kv -h get", "group kv true false"),
            ("operator raft nope", "group operator raft false false"),
            ("-x kv get foo", "kv get: foo false true"),
            ("-h kv get foo", "kv get: foo true false"),
            ("kv get -v foo", "kv get: -v foo false false"),
            ("kv get a b -h", "kv get: a b -h true false"),
            ("kv get -- -h", "kv get: -- -h false false"),
        ] {
            assert_eq!(shown(line), found, "{line}");
        }
    }
}
