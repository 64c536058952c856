//! Servers to be checked, each on a loopback port of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers each connection with what `answer` makes of its request.
pub(super) async fn serve(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = read_request(&mut stream).await;
            let _ = stream.write_all(&answer(&request)).await;
        }
    });
    address
}

/// Takes connections and does with each what `each` says, one after the other.
pub(super) async fn accept<F: Future<Output = ()> + Send>(each: impl Fn(tokio::net::TcpStream) -> F + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            each(stream).await;
        }
    });
    address
}

/// Head and body.
pub(super) async fn read_request(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return text,
            Ok(length) => request.extend(&buffer[..length]),
        }
    }
}

/// A response with its length.
pub(super) fn response(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend(body);
    bytes
}

/// Where nobody is: at an address of these tests' own, a port that the system gives to nobody. One that was given back may be another's by now.
pub(super) const REFUSING: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 48, 17, 1)), 9);

/// A port that takes connections and never says a word.
pub(super) async fn silent() -> SocketAddr {
    accept(|stream| async move {
        let (mut stream, mut sink) = (stream, [0; 1024]);
        while stream.read(&mut sink).await.is_ok_and(|length| length > 0) {}
    })
    .await
}
