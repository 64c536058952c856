use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use super::servers::{REFUSING, accept, read_request, response, serve, silent};
use super::{http, polled, run, run_for, settings};
use crate::outcome::Outcome;
use crate::probe::Prober;
use crate::{Http, Polled, Probe, Probing, Redirects, Settings, Status};

async fn get(http: Http) -> Outcome {
    run(&polled(Probe::Http(http))).await
}

#[tokio::test]
async fn the_status_decides() {
    for (line, status) in [
        ("200 OK", Status::Passing),
        ("201 Created", Status::Passing),
        ("299 Splendid", Status::Passing),
        ("429 Too Many Requests", Status::Warning),
        ("304 Not Modified", Status::Critical),
        ("404 Not Found", Status::Critical),
        ("500 Oh Dear", Status::Critical),
        ("799 ", Status::Critical),
    ] {
        let address = serve(move |_| response(line, "", if line.starts_with("304") { "" } else { "hello" })).await;
        let url = format!("http://{address}/health?full=1#top");
        let body = if line.starts_with("304") { "" } else { "hello" };
        assert_eq!(get(http(&url)).await, Outcome { status, output: format!("HTTP GET {url}: {line} Output: {body}") });
    }
}

#[tokio::test]
async fn the_request_is_as_the_check_says() {
    let seen = Arc::new(Mutex::new(String::new()));
    let store = Arc::clone(&seen);
    let address = serve(move |request| {
        *store.lock().unwrap() = request.to_owned();
        response("200 OK", "", "")
    })
    .await;
    get(http(&format!("http://me:pw@{address}/q?x=1#frag"))).await;
    let plain = format!(
        "GET /q?x=1 HTTP/1.1\r\nAuthorization: Basic bWU6cHc=\r\nUser-Agent: Consul Health Check\r\nAccept: text/plain, text/*, */*\r\n\
         Connection: close\r\nHost: {address}\r\n\r\n"
    );
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&seen.lock().unwrap()), sorted(&plain));
    let headers = [("X-A", "1"), ("X-A", "2"), ("Host", "some.host"), ("User-Agent", "mine")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let outcome = get(Http { method: "POST".into(), headers, body: "the body".into(), ..http(&format!("http://{address}/post")) }).await;
    assert_eq!(outcome.output, format!("HTTP POST http://{address}/post: 200 OK Output: "));
    let request = seen.lock().unwrap().clone();
    assert!(request.starts_with("POST /post HTTP/1.1\r\n") && request.ends_with("\r\n\r\nthe body"), "{request}");
    for line in ["X-A: 1", "X-A: 2", "Host: some.host", "User-Agent: mine", "Content-Length: 8"] {
        assert_eq!(request.lines().filter(|other| *other == line).count(), 1, "{line} in {request}");
    }
    assert!(!request.contains(&format!("Host: {address}")) && !request.contains("Consul"), "{request}");
}

#[tokio::test]
async fn passwords_stay_secret() {
    let address = serve(|_| response("200 OK", "", "")).await;
    let outcome = get(http(&format!("http://me:secret@{address}/"))).await;
    assert_eq!(outcome.output, format!("HTTP GET http://me:xxxxx@{address}/: 200 OK Output: "));
    let outcome = get(http("http://me:secret@no.such.host.invalid/")).await;
    assert_eq!(outcome.output, "Get \"http://me:xxxxx@no.such.host.invalid/\": dial tcp: lookup no.such.host.invalid: no such host");
    let debug = format!("{:?}", Http { headers: vec![("Authorization".into(), "secret".into())], ..http("http://a:secret@b/") });
    assert!(!debug.contains("secret"), "{debug}");
}

#[tokio::test]
async fn redirects_are_followed_if_asked() {
    let address = serve(|request| match request.split(' ').nth(1).unwrap() {
        "/a/start" => response("302 Found", "Location: ../b\r\n", "moved"),
        "/b" => response("200 OK", "", request.lines().next().unwrap()),
        "/loop" => response("302 Found", "Location: /loop\r\n", ""),
        "/nowhere" => response("302 Found", "", ""),
        "/keep" => response("307 Temporary Redirect", "Location: /b\r\n", ""),
        _ => response("404 Not Found", "", ""),
    })
    .await;
    let url = |path: &str| format!("http://{address}{path}");
    let posted = |path: &str| Http { method: "POST".into(), body: "x".into(), ..http(&url(path)) };
    assert_eq!(get(posted("/a/start")).await.output, format!("HTTP POST {}: 200 OK Output: GET /b HTTP/1.1", url("/a/start")));
    assert_eq!(get(posted("/keep")).await.output, format!("HTTP POST {}: 200 OK Output: POST /b HTTP/1.1", url("/keep")));
    let stays = get(Http { follow_redirects: false, ..http(&url("/a/start")) }).await;
    assert_eq!(stays, Outcome::critical(format!("HTTP GET {}: 302 Found Output: ", url("/a/start"))));
    assert_eq!(get(http(&url("/loop"))).await, Outcome::critical(format!("Get \"{}\": stopped after 10 redirects", url("/loop"))));
    let lost = get(http(&url("/nowhere"))).await;
    assert_eq!(lost, Outcome::critical(format!("Get \"{}\": 302 response missing Location header", url("/nowhere"))));
}

#[tokio::test]
async fn a_redirect_tells_no_secret_to_another_host() {
    let there = serve(|request| response("200 OK", "", request)).await;
    let here = serve(move |_| response("302 Found", &format!("Location: http://{there}/\r\n"), "")).await;
    let headers = [("Authorization", "secret"), ("Cookie", "secret"), ("Host", "here.example"), ("X-Api-Key", "secret")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let outcome = get(Http { headers, ..http(&format!("http://{here}/")) }).await;
    assert_eq!(outcome.status, Status::Passing);
    assert!(outcome.output.contains("User-Agent: Consul Health Check\r\n"), "{}", outcome.output);
    assert!(outcome.output.contains(&format!("Host: {there}")), "{}", outcome.output);
    assert!(!outcome.output.contains("secret"), "{}", outcome.output);
}

#[tokio::test]
async fn a_redirect_takes_no_body_to_another_host() {
    let there = serve(|request| response("200 OK", "", request)).await;
    let here = serve(move |_| response("307 Temporary Redirect", &format!("Location: http://{there}/\r\n"), "")).await;
    let outcome = get(Http { method: "PUT".into(), body: "secret".into(), ..http(&format!("http://{here}/")) }).await;
    assert_eq!(outcome, Outcome::critical(format!("Put \"http://{here}/\": a body is not sent on to another host ({there})")));
    let outcome = get(Http { method: "PUT".into(), ..http(&format!("http://{here}/")) }).await;
    assert!(outcome.output.contains("Output: PUT / HTTP/1.1"), "{}", outcome.output);
}

#[tokio::test]
async fn where_redirects_lead_can_be_bounded() {
    let there = serve(|_| response("200 OK", "", "there")).await;
    let here = serve(move |request| match request.split(' ').nth(1).unwrap() {
        "/within" => response("302 Found", "Location: /end\r\n", ""),
        "/away" => response("302 Found", &format!("Location: http://{there}/\r\n"), ""),
        _ => response("200 OK", "", "here"),
    })
    .await;
    let kept = "302 Found Output:  (the redirect is not followed: check_redirects)";
    let rows = [
        (Redirects::Anywhere, "200 OK Output: here", "200 OK Output: there"),
        (Redirects::SameHost, "200 OK Output: here", kept),
        (Redirects::Never, kept, kept),
    ];
    for (redirects, within, away) in rows {
        let prober = Prober::new(Settings { probing: Probing { redirects, ..Probing::default() }, ..settings() });
        for (path, expected) in [("/within", within), ("/away", away)] {
            let url = format!("http://{here}{path}");
            let outcome = prober.run(&polled(Probe::Http(http(&url)))).await;
            assert_eq!(outcome.output, format!("HTTP GET {url}: {expected}"), "{redirects:?}");
        }
    }
}

#[tokio::test]
async fn who_is_slow_is_given_up() {
    let url = format!("http://{}/", silent().await);
    let outcome = run_for(Probe::Http(http(&url)), Duration::from_millis(200)).await;
    let late = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    assert_eq!(outcome, Outcome::critical(format!("Get \"{url}\": {late}")));
}

#[tokio::test]
async fn a_body_that_does_not_end_is_taken_as_far_as_it_came() {
    let slow = accept(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun").await;
        read_request(&mut stream).await;
    })
    .await;
    let outcome = run_for(Probe::Http(http(&format!("http://{slow}/"))), Duration::from_millis(300)).await;
    assert_eq!(outcome, Outcome::passing(format!("HTTP GET http://{slow}/: 200 OK Output: begun")));
    let endless = accept(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
    })
    .await;
    let began = Instant::now();
    let outcome = get(http(&format!("http://{endless}/"))).await;
    assert_eq!(outcome, Outcome::passing(format!("HTTP GET http://{endless}/: 200 OK Output: {}", "x".repeat(4096))));
    assert!(began.elapsed() < super::PATIENCE, "read to the timeout");
}

#[tokio::test]
async fn the_end_of_a_long_body_is_kept() {
    let address = serve(|_| response("200 OK", "", (0..2000).map(|number| format!("{number:06}")).collect::<String>())).await;
    let probe = Probe::Http(http(&format!("http://{address}/")));
    let outcome = run(&Polled { output_max: 12, ..polled(probe) }).await;
    assert_eq!(outcome.output, format!("HTTP GET http://{address}/: 200 OK Output: 001998001999"));
}

#[tokio::test]
async fn a_body_may_be_any_bytes() {
    let address = serve(|_| response("200 OK", "", b"a\xff\xfe\0b\xc3")).await;
    let outcome = get(http(&format!("http://{address}/"))).await;
    assert_eq!(outcome.output, format!("HTTP GET http://{address}/: 200 OK Output: a\u{FFFD}\u{FFFD}\0b\u{FFFD}"));
}

#[tokio::test]
async fn what_is_no_http_is_critical() {
    let ssh = serve(|_| b"SSH-2.0-foo\r\n".to_vec()).await;
    let gone = serve(|_| Vec::new()).await;
    let endless_head = accept(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(b"X-More: of the same\r\n").await.is_ok() {}
    })
    .await;
    for address in [ssh, gone, endless_head] {
        let outcome = get(http(&format!("http://{address}/"))).await;
        assert_eq!(outcome.status, Status::Critical);
        assert!(outcome.output.starts_with(&format!("Get \"http://{address}/\": ")), "{}", outcome.output);
        assert!(outcome.output.len() < 200, "{}", outcome.output);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let refused = REFUSING;
    let output = get(http(&format!("http://{refused}/"))).await;
    assert_eq!(output, Outcome::critical(format!("Get \"http://{refused}/\": dial tcp {refused}: connect: connection refused")));
    for (url, text) in [
        ("::bad", "parse \"::bad\": missing protocol scheme"),
        ("ftp://x/", "Get \"ftp://x/\": unsupported protocol scheme \"ftp\""),
        ("http://a b/", "parse \"http://a b/\": invalid URL"),
    ] {
        assert_eq!(get(http(url)).await, Outcome::critical(text));
    }
    let odd = get(Http { method: "A B".into(), ..http("http://127.0.0.1:1/") }).await;
    assert_eq!(odd, Outcome::critical("net/http: invalid method \"A B\""));
    let odd = get(Http { headers: vec![("A\nB".into(), String::new())], ..http("http://127.0.0.1:1/") }).await;
    assert_eq!(odd, Outcome::critical("net/http: invalid header field name \"A\\nB\""));
}
