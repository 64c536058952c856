//! The help texts: of the binary, of a group, of a command, and the short list of flags
//! that follows a mistake.

use std::fmt::Write;

use crate::command::{Command, Group};
use crate::commands::{COMMANDS, GROUPS};
use crate::flag::{Flag, Kind};
use crate::http_options::Http;
use crate::own::Topic;

/// `delian --help`. `others` are the commands the binary runs itself.
pub(crate) fn root(others: &[Topic]) -> String {
    let children = children(&[]).chain(others.iter().map(|topic| (topic.name, topic.summary)));
    format!("Usage: delian [--version] [--help] <command> [<args>]\n\nAvailable commands are:\n{}\n", list(children))
}

/// The help of a group.
pub(crate) fn group(group: &Group) -> String {
    format!(
        "Usage: delian {} <subcommand> [options] [args]\n\n{}\nSubcommands:\n{}",
        group.path.join(" "),
        indent(group.about),
        list(children(group.path))
    )
}

/// The help of a command.
pub(crate) fn command(command: &Command) -> String {
    let mut text = format!("Usage: delian {} {}", command.path.join(" "), command.arguments).trim_end().to_owned();
    let _ = write!(text, "\n\n{}", indent(command.about));
    if command.http != Http::None {
        let mut shared: Vec<_> = command.http.flags().collect();
        shared.sort_by_key(|flag| flag.name);
        text.push_str("\nHTTP API Options\n");
        text.extend(shared.into_iter().map(long));
    }
    if !command.flags.is_empty() {
        text.push_str("\nCommand Options\n");
        text.extend(command.flags.iter().map(long));
    }
    text
}

/// What follows a mistake in the flags: every flag in short.
pub(crate) fn usage(command: &Command) -> String {
    std::iter::once("Usage:\n".to_owned()).chain(command.all_flags().into_iter().map(short)).collect()
}

/// The names one level below `path`, with their summaries.
fn children(path: &[&str]) -> impl Iterator<Item = (&'static str, &'static str)> {
    let commands = COMMANDS.iter().map(|command| (command.path, command.summary));
    let groups = GROUPS.iter().map(|group| (group.path, group.summary));
    commands.chain(groups).filter_map(move |(child, summary)| match child.split_last() {
        Some((name, parent)) if parent == path => Some((*name, summary)),
        _ => None,
    })
}

/// Sorted lines of name and summary, side by side.
fn list<'a>(entries: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut entries: Vec<_> = entries.collect();
    entries.sort_unstable();
    let width = entries.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    entries.iter().map(|(name, summary)| format!("    {name:width$}    {summary}\n")).collect()
}

/// A flag in the long help: name, then its wrapped text.
fn long(flag: &Flag) -> String {
    let mut text = match flag.kind {
        Kind::Switch => format!("\n  -{}\n", flag.name),
        _ => format!("\n  -{}=<{}>\n", flag.name, flag.placeholder),
    };
    for line in wrap(flag.help) {
        let _ = writeln!(text, "     {line}");
    }
    text
}

/// A flag in the short list.
fn short(flag: &Flag) -> String {
    let default = flag.default.map(|value| format!(" (default {value:?})")).unwrap_or_default();
    let name = format!("{} {}", flag.name, flag.placeholder);
    format!("  -{}\n    \t{}{default}\n", name.trim_end(), flag.help)
}

/// Breaks a paragraph into lines that fit a terminal of 72 columns once indented.
fn wrap(paragraph: &str) -> Vec<String> {
    const WIDTH: usize = 67;
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn indent(paragraphs: &str) -> String {
    paragraphs.trim().lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}
