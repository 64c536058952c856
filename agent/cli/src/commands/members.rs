//! `members`: who is in the gossip pool.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::table;

pub(super) const COMMAND: Command = Command {
    path: &["members"],
    arguments: "[options]",
    summary: "Lists the members of the gossip pool",
    about: "
Lists the agents that the agent asked knows of, with their state, sorted by
segment and name. With -wan it lists the servers of all datacenters.

Exits with 2 if no member matches.
",
    http: Http::Agent,
    flags: &[DETAILED, FILTER, SEGMENT, STATUS, WAN],
    run,
};

const DETAILED: Flag = Flag::switch("detailed", "Show all tags of each member.");
const FILTER: Flag = Flag::text("filter", "string", "Only members for which this filter expression is true.");
const SEGMENT: Flag = Flag::text("segment", "string", "Only members of this network segment.").or("_all");
const STATUS: Flag = Flag::text("status", "regex", "Only members whose status matches this regular expression.").or(".*");
const WAN: Flag = Flag::switch("wan", "List the pool that joins datacenters. Only servers are in it.");

/// Exit code when no member matches.
const NO_MATCH: u8 = 2;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Member {
    name: String,
    #[serde(rename = "Addr")]
    address: String,
    port: u16,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    status: u8,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let status = Regex::new(call.flags.text(&STATUS).unwrap_or_default())
        .map_err(|error| Failure::new(format_args!("Failed to compile status regexp: {error}")))?;
    let request = call
        .get("/v1/agent/members")
        .query_if("filter", call.flags.non_empty(&FILTER))
        .query_if("segment", call.flags.non_empty(&SEGMENT))
        .query_if("wan", call.flags.is_on(&WAN).then_some("1"));
    let mut members: Vec<Member> =
        call.client()?.ask_json(&request).map_err(|error| Failure::new(format_args!("Error retrieving members: {error}")))?;
    members.retain(|member| status.is_match(member.status()));
    if members.is_empty() {
        return Err(Failure::silent(NO_MATCH));
    }
    members.iter_mut().for_each(Member::name_segment);
    members.sort_by(|a, b| a.tag("segment").cmp(b.tag("segment")).then_with(|| a.name.cmp(&b.name)));

    let rows = match call.flags.is_on(&DETAILED) {
        true => rows(&["Node", "Address", "Status", "Tags"], &members, Member::detailed),
        false => rows(&["Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Segment"], &members, Member::simple),
    };
    Ok(call.io.stdout.write_all(&table::list(&rows))?)
}

fn rows(header: &[&str], members: &[Member], row: fn(&Member) -> Vec<String>) -> Vec<Vec<String>> {
    let header = header.iter().map(|&name| name.to_owned()).collect();
    std::iter::once(header).chain(members.iter().map(row)).collect()
}

impl Member {
    /// Serf's states by number.
    fn status(&self) -> &'static str {
        match self.status {
            0 => "none",
            1 => "alive",
            2 => "leaving",
            3 => "left",
            4 => "failed",
            _ => "unknown",
        }
    }

    fn tag(&self, name: &str) -> &str {
        self.tags.get(name).map_or("", String::as_str)
    }

    /// Puts a word for the segment where there is none: servers are in all of them.
    fn name_segment(&mut self) {
        let segment = match self.tag("role") {
            "consul" => "<all>",
            _ if self.tag("segment").is_empty() => "<default>",
            _ => return,
        };
        self.tags.insert("segment".to_owned(), segment.to_owned());
    }

    fn address(&self) -> String {
        match self.address.contains(':') {
            true => format!("[{}]:{}", self.address, self.port),
            false => format!("{}:{}", self.address, self.port),
        }
    }

    fn simple(&self) -> Vec<String> {
        let who = [self.name.clone(), self.address(), self.status().to_owned()];
        let kind = match self.tag("role") {
            "consul" => "server",
            "node" => "client",
            "gateway" => "gateway",
            // Not one of ours: its tags mean something else.
            _ => return who.into_iter().chain(["unknown", "", "", "", ""].map(str::to_owned)).collect(),
        };
        // `1.8.7:0a1b2c` is version and commit.
        let build = match self.tag("build").split(':').next() {
            None | Some("") => "< 0.3",
            Some(version) => version,
        };
        let what = [kind, build, self.tag("vsn"), self.tag("dc"), self.tag("segment")];
        who.into_iter().chain(what.map(str::to_owned)).collect()
    }

    fn detailed(&self) -> Vec<String> {
        let tags: Vec<String> = self.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
        vec![self.name.clone(), self.address(), self.status().to_owned(), tags.join(",")]
    }
}
