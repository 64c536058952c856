//! `<node>.node`

use super::{Draft, Host, Open, Scene};
use crate::record::{Data, Entry, Fact, Response, kind};
use api::catalog::NodeRow;
use api::translate;

/// Metadata of which only the value is given: text that is meant to be seen in DNS.
const VERBATIM: &str = "rfc1035-";

/// A node's addresses and metadata.
pub(crate) fn node(scene: &Scene<'_>, row: Option<&NodeRow>) -> Draft {
    let Some(row) = row else { return scene.absent().into() };
    let ttl = scene.config.ttl.node;
    let mut answers = Vec::new();
    let mut open = Vec::new();
    match Host::read(scene.node_address(row)) {
        Some(Host::Ip(ip)) if scene.kind != kind::TXT && scene.wants(ip) => answers.push(Entry::asked(ttl, Data::address(ip))),
        Some(Host::Name(name)) if matches!(scene.kind, kind::A | kind::AAAA | kind::ANY) => {
            answers.push(Entry::asked(ttl, Data::Cname(name.clone())));
            open.push(Open { name, extra_of: None });
        }
        _ => {}
    }
    let mut additional = Vec::new();
    match scene.kind {
        kind::TXT | kind::ANY => answers.extend(meta(row, ttl).map(|Fact { ttl, data }| Entry::asked(ttl, data))),
        kind::A | kind::AAAA if scene.config.node_meta_txt => {
            additional = meta(row, ttl).map(|Fact { ttl, data }| Entry::asked(ttl, data)).collect()
        }
        _ => {}
    }
    Draft { response: Response { answers, additional, ..scene.blank() }, open }
}

/// A node's metadata as text.
pub(super) fn meta(row: &NodeRow, ttl: u32) -> impl Iterator<Item = Fact> {
    row.meta.iter().map(move |(key, value)| {
        let verbatim = key.get(..VERBATIM.len()).is_some_and(|start| start.eq_ignore_ascii_case(VERBATIM));
        let text = if verbatim { value.clone() } else { format!("{key}={value}") };
        Fact { ttl, data: Data::Txt(text) }
    })
}

impl Scene<'_> {
    pub(super) fn node_address<'r>(&self, row: &'r NodeRow) -> &'r str {
        if self.config.translate_wan_addrs { translate::node_address(row, &self.config.datacenter) } else { &row.address }
    }
}
