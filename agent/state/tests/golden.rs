//! A snapshot as this format's first build wrote it. It must be read for ever, and written the same while the version is the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use api::catalog::{
    AssignVirtualIps, CONNECT_PROXY, CheckDefinition, CheckRow, Connect, Deregister, Expose, ExposePath, HeaderValues, Locality,
    MeshGateway, NodeRow, Proxy, Register, ServiceAddress, ServicePort, ServiceRow, StartVirtualIps, Upstream, Weights,
};
use api::{Write, federation, kv, operator};
use state::{At, Permitted, Restorer, State};

/// Bytes of the snapshot, in hexadecimal: a record a line.
const GOLDEN: &str = include_str!("data/snapshot-1.hex");

/// The same of virtual IPs, which came later.
const VIRTUAL_IPS: &str = include_str!("data/virtual-ips.hex");

/// A state with something in every field of every table that a snapshot has.
fn full() -> State {
    let text = str::to_owned;
    let node = NodeRow {
        id: text("3a5bd9d5-0000-4000-8000-0000000000d1"),
        node: text("Web-1"),
        address: text("10.0.0.1"),
        datacenter: text("dc1"),
        tagged_addresses: [(text("wan"), text("198.51.100.1"))].into(),
        meta: [(text("rack"), text("r1"))].into(),
        locality: Some(Locality { region: text("eu"), zone: text("eu-a") }),
        ..NodeRow::default()
    };
    let upstream = Upstream {
        destination_type: text("service"),
        destination_name: text("db"),
        datacenter: text("dc2"),
        local_bind_address: text("127.0.0.1"),
        local_bind_port: 5432,
        local_bind_socket_path: text("/run/db"),
        local_bind_socket_mode: text("0600"),
        config: text("{\"a\":1}"),
        mesh_gateway: MeshGateway { mode: text("local") },
    };
    let path = ExposePath { listener_port: 1, path: text("/m"), local_path_port: 2, protocol: text("http"), parsed_from_check: true };
    let proxy = Proxy {
        destination_service_name: text("web"),
        destination_service_id: text("web-1"),
        local_service_address: text("127.0.0.1"),
        local_service_port: 8080,
        local_service_socket_path: text("/run/web"),
        mode: text("direct"),
        config: text("{\"b\":2}"),
        upstreams: vec![upstream],
        mesh_gateway: MeshGateway { mode: text("remote") },
        expose: Expose { checks: true, paths: vec![path] },
    };
    let service = ServiceRow {
        kind: text(CONNECT_PROXY),
        id: text("Web-proxy"),
        service: text("web-proxy"),
        tags: vec![text("v1")],
        address: text("10.0.0.9"),
        socket_path: text("/run/proxy"),
        tagged_addresses: [(text("wan"), ServiceAddress { address: text("198.51.100.9"), port: 443 })].into(),
        meta: [(text("team"), text("blue"))].into(),
        port: 21000,
        ports: vec![ServicePort { name: text("admin"), port: 19000, default: true }],
        weights: Weights { passing: 10, warning: 2 },
        enable_tag_override: true,
        proxy,
        connect: Connect { native: false },
        locality: Some(Locality { region: text("eu"), zone: text("eu-b") }),
        ..ServiceRow::default()
    };
    let definition = CheckDefinition {
        interval: 5_000_000_000,
        timeout: 1_500_000_000,
        deregister_critical_service_after: 60_000_000_000,
        http: text("http://10.0.0.9/health"),
        tls_server_name: text("web"),
        tls_skip_verify: true,
        header: [(text("X-A"), HeaderValues { values: vec![text("1"), text("2")] })].into(),
        method: text("POST"),
        body: text("ping"),
        disable_redirects: true,
        tcp: text("10.0.0.9:1"),
        tcp_use_tls: true,
        udp: text("10.0.0.9:2"),
        grpc: text("10.0.0.9:3"),
        grpc_use_tls: true,
        os_service: text("web"),
        h2ping: text("10.0.0.9:4"),
    };
    let check = CheckRow {
        check_id: text("Web-check"),
        name: text("check"),
        status: text("passing"),
        notes: text("n"),
        output: text("o"),
        service_id: text("web-proxy"),
        r#type: text("http"),
        definition,
        ..CheckRow::default()
    };
    let put = |key: &str| Write::KvPut(kv::Put { key: text(key), value: "v".into(), flags: 7, ..kv::Put::default() });
    let autopilot = operator::Autopilot { cleanup_dead_servers: true, max_trailing_logs: 250, ..operator::Autopilot::default() };
    let authority = federation::CaState {
        epoch: 1,
        trust_domain: text("11111111-2222-3333-4444-555555555555.consul"),
        roots: vec!["root".into()],
        root_key: "key of root".into(),
        intermediate: "intermediate".into(),
        intermediate_key: "key of intermediate".into(),
        secondaries: [(text("dc2"), b"signed".to_vec())].into(),
    };
    let gone = CheckRow { check_id: text("gone"), ..CheckRow::default() };
    let registered = Register { node: Some(node), service: Some(service), checks: vec![check, gone], ..Register::default() };
    let writes = [
        put("a"),
        put("b"),
        Write::KvDelete(kv::Delete { key: text("b"), ..kv::Delete::default() }),
        Write::CatalogRegister(registered),
        Write::CatalogDeregister(Deregister { node: text("web-1"), check_id: text("gone"), ..Deregister::default() }),
        Write::AutopilotUpdate(operator::AutopilotUpdate { configuration: Some(autopilot), cas: None }),
        Write::CaUpdate(federation::CaUpdate { state: Some(authority), replaces: 0 }),
        Write::DatacenterUpdate(federation::DatacenterUpdate { dc: text("dc9"), forgotten: true }),
    ];
    let mut state = State::default();
    for (write, clock_ms) in writes.into_iter().zip(1000..) {
        assert!(state.apply(At { clock_ms, seed: 1 }, &Permitted::internal(write)).outcome.is_ok());
    }
    state
}

fn hex(record: &[u8]) -> String {
    record.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A state in which two services have virtual IPs, one of them others besides.
fn with_virtual_ips() -> State {
    let native = |name: &str| {
        let row = ServiceRow { service: name.to_owned(), port: 80, connect: Connect { native: true }, ..ServiceRow::default() };
        let node = NodeRow { node: "n".to_owned(), address: "10.0.0.1".to_owned(), ..NodeRow::default() };
        Write::CatalogRegister(Register { node: Some(node), service: Some(row), ..Register::default() })
    };
    let by_hand = AssignVirtualIps { service: "web".to_owned(), addresses: vec![0x0a00_0002, 0x0a00_0001] };
    let mut state = State::default();
    for write in [Write::VirtualIpsStart(StartVirtualIps {}), native("Web"), native("db"), Write::VirtualIpsAssign(by_hand)] {
        assert!(state.apply(At::default(), &Permitted::internal(write)).outcome.is_ok());
    }
    state
}

#[test]
fn it_is_written_the_same() {
    for (state, golden) in [(full(), GOLDEN), (with_virtual_ips(), VIRTUAL_IPS)] {
        let written: Vec<String> = state.snapshot().map(|record| hex(&record)).collect();
        // A change of the format takes a new file beside this one; this one is not written again.
        assert_eq!(written.join("\n"), golden.trim_end());
    }
}

#[test]
fn it_is_read_in_whatever_pieces_it_comes() {
    let digits = |line: &str| (0..line.len()).step_by(2).map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap()).collect::<Vec<u8>>();
    for (state, golden) in [(full(), GOLDEN), (with_virtual_ips(), VIRTUAL_IPS)] {
        let bytes: Vec<u8> = golden.lines().flat_map(digits).collect();
        for size in [1, 7, 100, bytes.len()] {
            let mut restorer = Restorer::default();
            for piece in bytes.chunks(size) {
                restorer.push(piece).unwrap();
            }
            assert!(restorer.finish().unwrap() == state);
        }
    }
}
