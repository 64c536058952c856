//! What a collector gets to see of calls that pass through two datacenters.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod collector;
mod federation;

use api::{Call, Trace, Wait, kv};
use collector::{Collector, Seen};
use federation::{Federation, NODES};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use std::time::Duration;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn abroad(op: impl Into<api::Op>) -> Call {
    Call { dc: Some("dc2".into()), ..Call::new(op) }
}

fn put() -> kv::Put {
    kv::Put { key: "k".into(), value: "v".into(), ..kv::Put::default() }
}

fn get() -> kv::Get {
    kv::Get { key: "k".into() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The one child of a span.
fn child<'s>(seen: &'s [Seen], of: &Seen, name: &str) -> &'s Seen {
    let children: Vec<_> = seen.iter().filter(|child| child.span.parent_span_id == of.span.span_id && child.span.name == name).collect();
    assert_eq!(children.len(), 1, "{name} below {}: {children:?}", of.span.name);
    children[0]
}

/// Follows a trace through all processes to the span of the work in the last.
fn follow<'s>(seen: &'s [Seen], root: &'s Seen, op: &str) -> &'s Seen {
    let mut call = root;
    for (hop, node) in NODES.iter().enumerate() {
        assert_eq!((call.node(), call.span.name.as_str()), (*node, op));
        assert_eq!(call.attributes()["hop"], hop.to_string());
        assert_eq!(call.process["service.name"], "delian");
        assert_eq!(call.span.trace_id, root.span.trace_id);
        if hop + 1 == NODES.len() {
            break;
        }
        let send = child(seen, call, "send");
        assert_eq!(send.node(), *node, "the way onward is timed where the call leaves");
        let next = child(seen, send, op);
        assert!(
            send.span.start_time_unix_nano <= next.span.start_time_unix_nano
                && send.span.end_time_unix_nano >= next.span.end_time_unix_nano
        );
        call = next;
    }
    child(seen, call, "serve")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_and_a_write_in_another_datacenter_are_one_trace_each() {
    let (collector, addr) = Collector::begin().await;
    let federation = Federation::begin(Some(format!("http://{addr}")), 1.0);
    let write = Call { trace: Trace::from_headers(PARENT, "congo=t61rcWkgMzE"), ..abroad(put()) };
    let written = federation.ask(write).await.unwrap();
    let wait = Wait { index: written.meta.index - 1, limit: Duration::from_secs(5) };
    federation.ask(Call { wait: Some(wait), ..abroad(get()) }).await.unwrap();
    federation.flush().await;
    let seen = collector.seen();

    let root = |name: &str| seen.iter().find(|seen| seen.span.name == name && seen.node() == NODES[0]).unwrap();
    let write = root("kv.put");
    assert_eq!(hex(&write.span.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(hex(&write.span.parent_span_id), "00f067aa0ba902b7");
    let serve = follow(&seen, write, "kv.put");
    let times = child(&seen, serve, "propose").attributes();
    assert_eq!([&times["queue_us"], &times["fsync_us"], &times["apply_us"]], ["11", "222", "33"]);
    let in_trace = seen.iter().filter(|seen| seen.span.trace_id == write.span.trace_id);
    assert!(in_trace.clone().all(|seen| seen.span.trace_state == "congo=t61rcWkgMzE"));
    assert_eq!(in_trace.count(), 5 + 4 + 1 + 1, "calls, ways onward, serve, propose");

    let read = root("kv.get");
    assert!(read.span.parent_span_id.is_empty());
    assert_ne!(read.span.trace_id, write.span.trace_id);
    let wait = child(&seen, follow(&seen, read, "kv.get"), "wait").attributes();
    assert_eq!(wait["index"], (written.meta.index - 1).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_says_why() {
    let (collector, addr) = Collector::begin().await;
    let federation = Federation::begin(Some(format!("http://{addr}")), 1.0);
    let nowhere = Call { dc: Some("dc9".into()), ..Call::new(get()) };
    federation.ask(nowhere).await.err().unwrap();
    federation.flush().await;
    let seen = collector.seen();
    assert_eq!(seen.len(), 1);
    let status = seen[0].span.status.clone().unwrap();
    assert_eq!((status.code, status.message.as_str()), (StatusCode::Error.into(), "No path to datacenter"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_begins_a_trace_decides_for_all() {
    let (collector, addr) = Collector::begin().await;
    let federation = Federation::begin(Some(format!("http://{addr}")), 0.0);
    federation.ask(abroad(put())).await.unwrap();
    let unsampled = PARENT.replace("-01", "-00");
    federation.ask(Call { trace: Trace::from_headers(&unsampled, ""), ..abroad(get()) }).await.unwrap();
    federation.flush().await;
    assert_eq!(collector.seen().len(), 0, "nobody asked for a trace");

    federation.ask(Call { trace: Trace::from_headers(PARENT, ""), ..abroad(get()) }).await.unwrap();
    federation.flush().await;
    assert_eq!(collector.seen().len(), 5 + 4 + 1, "somebody did");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_is_whole_or_not_there() {
    let (collector, addr) = Collector::begin().await;
    let federation = Federation::begin(Some(format!("http://{addr}")), 0.3);
    const CALLS: usize = 100;
    for _ in 0..CALLS {
        federation.ask(abroad(put())).await.unwrap();
    }
    federation.flush().await;
    let seen = collector.seen();
    let traces: std::collections::BTreeSet<_> = seen.iter().map(|seen| &seen.span.trace_id).collect();
    assert!((5..70).contains(&traces.len()), "{} of {CALLS} at 0.3", traces.len());
    assert_eq!(seen.len(), traces.len() * (5 + 4 + 1 + 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_collector_no_call_waits_and_no_span_is_made() {
    let off = Federation::begin(None, 1.0);
    assert!(NODES.iter().all(|name| off.process(name).guard.tracer().is_none()));
    let carried = Call { trace: Trace::from_headers(PARENT, ""), ..abroad(put()) };
    off.ask(carried).await.unwrap();

    // Nobody listens on this port: it was given back.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let on = Federation::begin(Some(format!("http://{gone}")), 1.0);
    tokio::time::timeout(Duration::from_secs(5), on.ask(abroad(put()))).await.expect("no call waits for a collector").unwrap();
}
