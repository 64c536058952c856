//! Requests that are no calls.

use super::{asked, asked_with, head, refused};
use crate::http::{Context, find};
use http::header;

#[test]
fn paths_that_lead_nowhere() {
    let not_an_endpoint = "Invalid URL path: not a recognized HTTP API endpoint\n";
    let not_the_api = "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n";
    let cases = [
        ("GET /", 200, "Consul Agent"),
        ("GET /v1/", 404, not_an_endpoint),
        ("GET /v1/nothing/here", 404, not_an_endpoint),
        ("OPTIONS /v1/nothing", 404, not_an_endpoint),
        ("GET /v1/status/leader/", 404, not_an_endpoint),
        ("GET /v1", 404, not_the_api),
        ("GET /v2/status/leader", 404, not_the_api),
        ("GET /V1/KV/a", 404, not_the_api),
        ("GET /ui/", 404, not_the_api),
        ("OPTIONS *", 200, ""),
    ];
    for (line, status, text) in cases {
        assert_eq!(refused(asked(line)), (status, text.to_owned()), "{line}");
    }
}

#[test]
fn paths_that_cannot_be_read() {
    let unprintable = ["%00", "%0A", "%7F", "%C2%A0", "%C2%AD", "%E2%80%8B", "%E3%80%80", "%EE%80%80", "%EF%BB%BF"];
    for key in unprintable {
        assert_eq!(refused(asked(&format!("GET /v1/kv/{key}"))), (400, String::new()), "{key}");
    }
    for (key, text) in [("%zz", "400 Bad Request"), ("%4", "400 Bad Request"), ("%FF", "the path is not UTF-8")] {
        assert_eq!(refused(asked(&format!("GET /v1/kv/{key}"))), (400, text.to_owned()), "{key}");
    }
    assert_eq!(refused(asked("GET /v1/kv/a?x=%zz")), (500, String::new()));
}

#[test]
fn paths_that_are_elsewhere() {
    let cases = [
        ("GET /v1/kv", "/v1/kv/", "<a href=\"/v1/kv/\">Moved Permanently</a>.\n\n"),
        ("GET /v1/kv/a//b?raw&x=%20y", "/v1/kv/a/b?raw&x=%20y", "<a href=\"/v1/kv/a/b?raw&amp;x=%20y\">Moved Permanently</a>.\n\n"),
        ("PUT /v1/kv/a//b", "/v1/kv/a/b", ""),
        ("PUT /v1/kv/%2Fabs", "/v1/kv/abs", ""),
        ("PUT /v1/kv/a/./b/../c/", "/v1/kv/a/c/", ""),
        ("PUT //v1/kv/..", "/v1", ""),
        ("PUT /v1/kv/a/..", "/v1/kv/", ""),
        ("PUT /v1/kv//%20%C3%A9%3F", "/v1/kv/%20%C3%A9%3F", ""),
    ];
    for (line, location, text) in cases {
        let moved = asked(line).err().unwrap();
        assert_eq!(moved.status(), 301, "{line}");
        assert_eq!((moved.headers()[header::LOCATION].to_str().unwrap(), &moved.body()[..]), (location, text.as_bytes()), "{line}");
        let to = asked(&format!("GET {location}"));
        assert!(to.is_ok() || to.is_err_and(|answer| answer.status() != 301), "{line}: it must not lead in circles");
    }
}

#[test]
fn methods_that_are_not_allowed() {
    let cases = [
        ("OPTIONS /v1/kv/a", 200, "", "OPTIONS,GET,PUT,DELETE"),
        ("HEAD /v1/kv/a", 405, "method HEAD not allowed", "OPTIONS,GET,PUT,DELETE"),
        ("FOO /v1/kv/a", 405, "method FOO not allowed", "OPTIONS,GET,PUT,DELETE"),
        ("PUT /v1/operator/autopilot/health", 405, "method PUT not allowed", "OPTIONS,GET"),
        ("GET /v1/agent/leave", 405, "method GET not allowed", "OPTIONS,PUT"),
        // The method comes first: what else is wrong does not matter.
        ("POST /v1/kv/?index=zz&stale&consistent", 405, "method POST not allowed", "OPTIONS,GET,PUT,DELETE"),
    ];
    for (line, status, text, allowed) in cases {
        let answer = asked(line).err().unwrap();
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (status, text.as_bytes()), "{line}");
        assert_eq!(answer.headers()[header::ALLOW], allowed, "{line}");
    }
}

#[test]
fn parameters_that_make_no_sense() {
    let enterprise = "Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature";
    let cases = [
        ("GET /v1/kv/", 400, "Missing key name"),
        ("PUT /v1/kv/", 400, "Missing key name"),
        ("DELETE /v1/kv/", 400, "Missing key name"),
        ("GET /v1/kv/a?index=zz", 400, "Invalid index"),
        ("GET /v1/kv/a?index=-1", 400, "Invalid index"),
        ("GET /v1/kv/a?index=%2B1", 400, "Invalid index"),
        ("GET /v1/kv/a?index=18446744073709551616", 400, "Invalid index"),
        ("GET /v1/kv/a?wait=zz", 400, "Invalid wait time"),
        ("GET /v1/kv/a?wait=5", 400, "Invalid wait time"),
        ("GET /v1/kv/a?max_stale=zz", 400, "Invalid max_stale value \"zz\""),
        ("GET /v1/kv/a?stale&consistent", 400, "Cannot specify ?stale with ?consistent, conflicting semantics."),
        ("GET /v1/kv/a?max_stale=5s&consistent", 400, "Cannot specify ?stale with ?consistent, conflicting semantics."),
        ("GET /v1/kv/a?cached&consistent", 400, "Cannot specify ?cached with ?consistent, conflicting semantics."),
        ("GET /v1/kv/a?ns=team", 400, enterprise),
        ("GET /v1/kv/a?ns=default", 400, enterprise),
        ("PUT /v1/kv/a?flags=-1", 500, "strconv.ParseUint: parsing \"-1\": invalid syntax"),
        ("PUT /v1/kv/a?flags=%2B5", 500, "strconv.ParseUint: parsing \"+5\": invalid syntax"),
        ("PUT /v1/kv/a?flags=", 500, "strconv.ParseUint: parsing \"\": invalid syntax"),
        ("PUT /v1/kv/a?flags=18446744073709551616", 500, "strconv.ParseUint: parsing \"18446744073709551616\": value out of range"),
        ("PUT /v1/kv/a?cas=x", 500, "strconv.ParseUint: parsing \"x\": invalid syntax"),
        ("PUT /v1/kv/a?acquire=b%20c&cas=1&release=%2F", 400, "Conflicting flags: acquire=b+c&cas=1&release=%2F"),
        ("DELETE /v1/kv/a?recurse&cas=1", 400, "Conflicting flags: cas=1&recurse="),
        ("DELETE /v1/operator/raft/peer", 400, "Must specify either ?id with the server's ID or ?address with IP:port of peer to remove"),
        ("DELETE /v1/operator/raft/peer?id=a&address=b", 400, "Must specify only one of ?id or ?address"),
        ("GET /v1/agent/members?wan=1&segment=x", 400, "Cannot provide a segment with wan=true"),
        ("GET /v1/agent/members?segment=x", 500, "Network segments are not supported in this version of Consul"),
    ];
    for (line, status, text) in cases {
        assert_eq!(refused(asked(line)), (status, text.to_owned()), "{line}");
    }
    let header = asked_with("GET /v1/kv/a", &[("x-consul-namespace", "team")], "");
    assert_eq!(refused(header), (400, "Invalid header: \"X-Consul-Namespace\" - Namespaces are a Consul Enterprise feature".to_owned()));
}

#[test]
fn autopilot_configurations_that_make_no_sense() {
    let cases = [
        ("", "EOF"),
        ("{", "unexpected EOF"),
        ("x", "invalid character 'x' looking for beginning of value"),
        ("[]", "json: cannot unmarshal array into Go value of type api.AutopilotConfiguration"),
        (r#"{"Bogus":1}"#, "json: unknown field \"Bogus\""),
        (
            r#"{"CleanupDeadServers":"yes"}"#,
            "json: cannot unmarshal string into Go struct field AutopilotConfiguration.CleanupDeadServers of type bool",
        ),
        (
            r#"{"MaxTrailingLogs":-1}"#,
            "json: cannot unmarshal number -1 into Go struct field AutopilotConfiguration.MaxTrailingLogs of type uint64",
        ),
        (r#"{"LastContactThreshold":"zz"}"#, "time: invalid duration \"zz\""),
        (r#"{"LastContactThreshold":"10"}"#, "time: missing unit in duration \"10\""),
    ];
    for (body, why) in cases {
        let answer = refused(asked_with("PUT /v1/operator/autopilot/configuration", &[], body));
        assert_eq!(answer, (400, format!("Error parsing autopilot config: {why}")), "{body}");
    }
    let cas = refused(asked_with("PUT /v1/operator/autopilot/configuration?cas=", &[], "{}"));
    assert_eq!(cas, (400, "Error parsing cas value: strconv.ParseUint: parsing \"\": invalid syntax".to_owned()));
}

#[test]
fn bodies_are_bounded_by_their_endpoint() {
    let context = Context { kv_max_value_size: 10, txn_max_req_len: 5, ..Context::default() };
    let limit = |line: &str| find(&head(line, &[])).unwrap().body_limit(&context);
    assert_eq!((limit("GET /v1/kv/a"), limit("PUT /v1/kv/a"), limit("PUT /v1/txn")), (0, 10, 10));
    let answer = find(&head("PUT /v1/kv/a", &[])).unwrap().too_large(Some(11), &context);
    let text = "Request body(11 bytes) too large, max size: 10 bytes. See https://www.consul.io/docs/agent/options.html#kv_max_value_size.";
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (413, text.as_bytes()));
}
