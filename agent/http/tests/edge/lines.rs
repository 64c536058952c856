//! Answers that come line by line.

use crate::world::{Client, SOON, World};
use edge_http::HttpConfig;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Reads until `end` has come.
async fn read_to(client: &mut Client<TcpStream>, end: &str) -> String {
    let mut bytes = Vec::new();
    let reading = async {
        while !bytes.ends_with(end.as_bytes()) {
            bytes.push(client.stream.read_u8().await.expect("the connection ended"));
        }
    };
    tokio::time::timeout(SOON, reading).await.expect("the line did not come");
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_line_comes_at_once_and_the_stop_ends_them() {
    let world = World::tcp(HttpConfig::default());
    let mut client = world.client().await;
    client.send("GET /v1/agent/monitor?loglevel=WARN&logjson HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n").await;
    let head = read_to(&mut client, "\r\n\r\n").await.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200") && head.contains("transfer-encoding: chunked"), "{head}");
    assert!(!head.contains("content-encoding"), "a compressor would keep lines back: {head}");
    assert_eq!(read_to(&mut client, "true\n\r\n").await, "A\r\nwarn true\n\r\n");
    world.stop.cancel();
    assert_eq!(client.rest().await, b"0\r\n\r\n");
    tokio::time::timeout(SOON, world.running).await.expect("the server waits for its reader").unwrap();
}

#[tokio::test]
async fn without_lines_there_is_an_answer() {
    let world = World::tcp(HttpConfig::default());
    let mut client = world.client().await;
    let unknown = client.get("GET /v1/agent/monitor?loglevel=zz").await;
    assert_eq!((unknown.status, unknown.text()), (400, "Unknown log level: zz"));
    let refused = client.get("GET /v1/agent/monitor?loglevel=err").await;
    assert!(refused.status == 429 && refused.text().contains("too many read it"), "{} {}", refused.status, refused.text());
}
