//! Every transcript, replayed.

use compat::replay;

#[test]
fn catalog() -> anyhow::Result<()> {
    replay(include_str!("../data/catalog.json"))
}

#[test]
fn health() -> anyhow::Result<()> {
    replay(include_str!("../data/health.json"))
}

#[test]
fn query() -> anyhow::Result<()> {
    replay(include_str!("../data/query.json"))
}

#[test]
fn txn() -> anyhow::Result<()> {
    replay(include_str!("../data/txn.json"))
}
