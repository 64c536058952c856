//! An agent that says what it is told to and notes what it was asked.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A request as it arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// Status, `X-Consul-Index` and body.
pub(crate) type Canned = (u16, Option<u64>, String);

/// Serves one canned answer per connection, in order, then refuses.
pub(crate) struct FakeAgent {
    pub(crate) address: String,
    received: Receiver<Received>,
}

impl FakeAgent {
    /// Starts to listen.
    pub(crate) fn start(answers: impl IntoIterator<Item = Canned>) -> Self {
        let mut answers: VecDeque<_> = answers.into_iter().collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, received) = channel();
        // Ends with the test process: a thread blocked in accept holds nothing.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                let (status, index, body) = answers.pop_front().unwrap_or_else(|| (599, None, "unexpected request".into()));
                // Noted before the answer, so that whoever has the answer finds the note.
                serve(stream, (status, index, body), |request| sender.send(request).unwrap());
            }
        });
        Self { address, received }
    }

    /// All requests so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.try_iter().collect()
    }
}

/// Reads one request from a connection, notes it and answers it.
pub(crate) fn serve(stream: impl Read + Write, (status, index, body): Canned, note: impl FnOnce(Received)) {
    let mut reader = BufReader::new(stream);
    note(read(&mut reader));
    let index = index.map(|index| format!("X-Consul-Index: {index}\r\n")).unwrap_or_default();
    let head = format!("HTTP/1.1 {status} Recorded\r\n{index}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let stream = reader.get_mut();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    stream.flush().unwrap();
}

fn read(reader: &mut impl BufRead) -> Received {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
            None => break,
        };
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Received { method, target, headers, body: String::from_utf8(body).unwrap() }
}
