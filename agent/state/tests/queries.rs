//! What a name leads to, and what a definition finds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use api::catalog::{CheckRow, NodeRow, Register, ServiceRow};
use api::query::{Create, Delete, Explain, Found, Instances, NEAR_ADDRESS, Query, ServiceQuery, TEMPLATE_BY_PREFIX, Update};
use api::{Code, Error, Read, Reply, Write};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use state::{At, Authority, Permitted, State, View, arrange, evaluate, permit};

fn apply(state: &mut State, write: Write) -> Result<Reply, Error> {
    state.apply(At::default(), &Permitted::internal(write)).outcome
}

fn create(state: &mut State, query: Query) -> Result<String, Error> {
    match apply(state, Write::QueryCreate(Create { query }))? {
        Reply::QueryCreate(created) => Ok(created.id),
        other => panic!("{other:?}"),
    }
}

fn ask(state: &State, read: impl Into<Read>) -> Result<Reply, Error> {
    let who = Authority::everything();
    evaluate(&read.into(), &View::new(state, &who))
}

fn definition(name: &str, is_template: bool, service: &str) -> Query {
    let mut query = Query { name: name.to_owned(), ..Query::default() };
    query.service.service = service.to_owned();
    if is_template {
        query.template.r#type = TEMPLATE_BY_PREFIX.to_owned();
    }
    query
}

/// The service that `name` leads to.
fn explained(state: &State, name: &str) -> Result<String, Error> {
    match ask(state, Read::QueryExplain(Explain { query: name.to_owned() }))? {
        Reply::QueryExplain(explained) => Ok(explained.query.service.service),
        other => panic!("{other:?}"),
    }
}

fn found(state: &State, ask: Instances) -> Found {
    match self::ask(state, Read::QueryInstances(ask)).unwrap() {
        Reply::QueryInstances(found) => found,
        other => panic!("{other:?}"),
    }
}

const NAMES: [&str; 9] = ["", "a", "ab", "aB-", "ab-c", "b", "bc", "é", "éa"];

proptest! {
    #[test]
    fn an_exact_name_then_the_longest_prefix(
        names in subsequence(&NAMES[..], 0..NAMES.len()),
        templates in proptest::collection::vec(any::<bool>(), NAMES.len()),
        asked in "[aAbBcC-é]{0,5}",
    ) {
        let mut state = State::default();
        let defined: Vec<(&str, bool)> = names.into_iter().zip(templates).filter(|(name, template)| *template || !name.is_empty()).collect();
        for (name, is_template) in &defined {
            create(&mut state, definition(name, *is_template, &format!("{name}:{is_template}"))).unwrap();
        }
        let lower = asked.to_lowercase();
        let exact = defined.iter().find(|(name, is_template)| !is_template && name.to_lowercase() == lower);
        let longest = || defined.iter().filter(|(name, is_template)| *is_template && lower.starts_with(&name.to_lowercase())).max_by_key(|(name, _)| name.len());
        let expected = exact.or_else(longest).map(|(name, is_template)| format!("{name}:{is_template}"));
        match explained(&state, &asked) {
            Ok(service) => prop_assert_eq!(Some(service), expected),
            Err(error) => {
                prop_assert_eq!(expected, None);
                prop_assert_eq!((error.kind(), &*error.text), (Code::NotFound, "Query not found"));
            }
        }
    }

    #[test]
    fn only_what_is_asked_for_is_found(
        checks in proptest::collection::vec((select(vec!["passing", "warning", "critical", "maintenance"]), any::<bool>()), 0..4),
        tags in subsequence(vec!["T", "u"], 0..=2),
        rack in select(vec!["r1", "r2"]),
        only_passing in any::<bool>(),
        ignored in any::<bool>(),
        wanted in subsequence(vec!["t", "U", "!t", "!v"], 0..=4),
        wanted_rack in proptest::option::of(select(vec!["r1", "r2"])),
    ) {
        let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mut state = State::default();
        let meta = |rack: &str| [("rack".to_owned(), rack.to_owned())].into();
        let node = NodeRow { node: "n".into(), address: "10.0.0.1".into(), meta: meta(rack), ..NodeRow::default() };
        let service = ServiceRow { id: "i".into(), service: "Web".into(), tags: strings(&tags), ..ServiceRow::default() };
        let rows = checks.iter().zip(0..).map(|((status, of_node), at)| CheckRow {
            check_id: format!("c{at}"),
            status: (*status).to_owned(),
            service_id: if *of_node { String::new() } else { "i".to_owned() },
            ..CheckRow::default()
        });
        let register = Register { node: Some(node), service: Some(service), checks: rows.collect(), ..Register::default() };
        apply(&mut state, Write::CatalogRegister(register)).unwrap();

        let has = |tag: &str| tags.iter().any(|own| own.eq_ignore_ascii_case(tag));
        let tags_fit = wanted.iter().all(|tag| tag.strip_prefix('!').map_or_else(|| has(tag), |unwanted| !has(unwanted)));
        let counted = checks.iter().skip(usize::from(ignored));
        let healthy = counted.map(|(status, _)| *status).all(|status| if only_passing { status == "passing" } else { status != "critical" });
        let expected = tags_fit && healthy && wanted_rack.is_none_or(|wanted| wanted == rack);

        let service = ServiceQuery {
            service: "wEB".into(),
            only_passing,
            tags: strings(&wanted),
            ignore_check_ids: if ignored { vec!["c0".into()] } else { Vec::new() },
            node_meta: wanted_rack.map(meta).unwrap_or_default(),
            ..ServiceQuery::default()
        };
        let found = found(&state, Instances { service, ..Instances::default() });
        prop_assert_eq!(found.instances.len(), usize::from(expected));
        prop_assert!(found.instances.iter().all(|instance| instance.checks.len() == checks.len()), "also what does not count is shown");
    }
}

#[test]
fn a_name_is_taken_once_in_whatever_case_and_is_no_id() {
    let mut state = State::default();
    let id = create(&mut state, definition("Web", false, "web")).unwrap();
    let taken = |outcome: Result<String, Error>| outcome.unwrap_err().text;
    assert_eq!(taken(create(&mut state, definition("wEB", true, "x"))), "name 'wEB' aliases an existing query name");
    let as_id = id.to_uppercase();
    assert_eq!(taken(create(&mut state, definition(&as_id, false, "x"))), format!("name '{as_id}' aliases an existing query ID"));
    // Its own name it may keep, and change, and the old one is free then.
    let update = |name: &str| Write::QueryUpdate(Update { query: Query { id: id.clone(), ..definition(name, false, "web2") } });
    apply(&mut state, update("WEB")).unwrap();
    apply(&mut state, update("other")).unwrap();
    create(&mut state, definition("web", false, "x")).unwrap();
    assert_eq!(explained(&state, "OTHER").unwrap(), "web2");
    assert_eq!(explained(&state, &id.to_uppercase()).unwrap(), "web2");
    assert_eq!((state.queries().count(), state.index()), (2, 5));
    apply(&mut state, Write::QueryDelete(Delete { id })).unwrap();
    assert_eq!(explained(&state, "other").unwrap_err().kind(), Code::NotFound);
}

#[test]
fn the_id_of_a_template_leads_nowhere() {
    let mut state = State::default();
    let id = create(&mut state, definition("t-", true, "x")).unwrap();
    assert_eq!(explained(&state, &id).unwrap_err().text, "prepared query templates can only be resolved up by name, not by ID");
    assert_eq!((id.len(), &id[14..15]), (36, "4"));
}

#[test]
fn what_makes_no_sense_does_not_enter_the_log() {
    let refused = |change: &dyn Fn(&mut Query)| {
        let mut query = definition("q", false, "web");
        change(&mut query);
        let op = Write::QueryCreate(Create { query });
        permit(&op, &State::default(), &Authority::everything()).err().map(|error| error.text).unwrap_or_default()
    };
    assert_eq!(refused(&|_| ()), "");
    assert_eq!(refused(&|query| query.name.clear()), "Invalid prepared query: Must be bound to a session");
    assert_eq!(refused(&|query| query.service.failover.nearest_n = -1), "Invalid prepared query: Bad NearestN '-1', must be >= 0");
    assert_eq!(refused(&|query| query.dns.ttl = "-5s".into()), "Invalid prepared query: DNS TTL '-5000000000', must be >=0");
    assert_eq!(refused(&|query| query.template.r#type = "magic".into()), "failed compiling template: Bad Template.Type 'magic'");
}

#[test]
fn the_nearest_to_an_address_is_its_own_node() {
    let mut state = State::default();
    for at in 1..=5 {
        let node = NodeRow { node: format!("N{at}"), address: format!("10.0.0.{at}"), ..NodeRow::default() };
        let service = ServiceRow { id: "i".into(), service: "web".into(), ..ServiceRow::default() };
        let register = Register { node: Some(node), service: Some(service), ..Register::default() };
        apply(&mut state, Write::CatalogRegister(register)).unwrap();
    }
    let service = ServiceQuery { service: "web".into(), ..ServiceQuery::default() };
    let near = |near: &str, address: &str| {
        let asked = Instances { service: service.clone(), near: near.to_owned(), address: address.to_owned() };
        let found = found(&state, asked);
        (0..50).map(|seed| arrange(&found, seed, 1)[0].node.node.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(near(NEAR_ADDRESS, "10.0.0.4"), ["N4".to_owned()].into());
    assert_eq!(near("n2", ""), ["N2".to_owned()].into());
    for (name, address) in [("", ""), ("nobody", ""), (NEAR_ADDRESS, ""), (NEAR_ADDRESS, "10.9.9.9")] {
        assert_eq!(near(name, address).len(), 5, "{name} {address}: all are as near");
    }
}

#[test]
fn what_a_name_makes_of_a_template_has_an_end() {
    let mut state = State::default();
    let mut query = definition("t-", true, "web");
    query.service.tags = vec!["${name.full}".to_owned(); 100];
    create(&mut state, query).unwrap();
    assert_eq!(explained(&state, &format!("t-{}", "a".repeat(2000))).unwrap(), "web");
    let refused = explained(&state, &format!("t-{}", "a".repeat(3000))).unwrap_err();
    assert_eq!(refused.text, "Bad evaluation in Service: more than 262144 bytes");
}
