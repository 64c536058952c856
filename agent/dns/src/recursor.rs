//! Names that are not ours: whoever was configured is asked, one after the other.

use crate::config::Recursors;
use crate::query::{Query, RESPONSE, u16_at};
use crate::record::{Data, Entry, Fact};
use hickory_proto::op::{self, Message};
use hickory_proto::rr::{Name, RData, RecordType};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// Greatest answer over UDP that is read: more than what clients ask for (RFC 6891 section 6.2.5 recommends 4096).
const DATAGRAM: usize = 16 * 1024;
/// Records taken over into an answer of ours.
const RECORDS: usize = 5;

/// How a question came, and is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// Asks others.
pub(crate) struct Recursion(Recursors);

impl Recursion {
    pub(crate) fn new(recursors: Recursors) -> Self {
        Self(recursors)
    }

    /// Whether there is anybody to ask.
    pub(crate) fn is_possible(&self) -> bool {
        !self.0.addresses.is_empty()
    }

    /// What the first that knows says to `message`, a plain question. `None` when nobody does.
    pub(crate) async fn forward(&self, message: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let asked = Query::read(message).ok()?;
        let id: [u8; 2] = rand::random();
        let mut question = message.to_vec();
        question.get_mut(..2)?.copy_from_slice(&id);
        for address in self.order() {
            let answer = tokio::time::timeout(self.0.timeout, exchange(address, transport, &question)).await;
            match answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                Ok(mut answer) => {
                    // No error, or no such name: that is final. Whoever refuses or fails may be alone with it.
                    if matches!(u16_at(&answer, 2).map(|flags| flags & 15), Some(0 | 3)) {
                        answer.get_mut(..2)?.copy_from_slice(&asked.id);
                        return Some(answer);
                    }
                }
                Err(error) => tracing::debug!(%address, %error, "a recursor did not answer"),
            }
        }
        None
    }

    /// The addresses of a name, and the names on the way to them.
    pub(crate) async fn addresses(&self, name: &Name) -> Vec<Entry> {
        let mut question = Message::query();
        question.metadata.recursion_desired = true;
        question.add_query(op::Query::query(name.clone(), RecordType::A));
        let Ok(question) = question.to_vec() else { return Vec::new() };
        let Some(answer) = self.forward(&question, Transport::Udp).await else { return Vec::new() };
        let Ok(answer) = Message::from_vec(&answer) else { return Vec::new() };
        let entry = |record: hickory_proto::rr::Record| {
            let data = match &record.data {
                RData::A(ip) => Data::A(ip.0),
                RData::AAAA(ip) => Data::Aaaa(ip.0),
                RData::CNAME(name) => Data::Cname(name.0.clone()),
                _ => return None,
            };
            Some(Entry { owner: Some(record.name), fact: Fact { ttl: record.ttl, data }, extras: Vec::new() })
        };
        answer.answers.into_iter().filter_map(entry).take(RECORDS).collect()
    }

    fn order(&self) -> impl Iterator<Item = SocketAddr> {
        let count = self.0.addresses.len();
        let first = if self.0.random && count > 0 { rand::random_range(0..count) } else { 0 };
        self.0.addresses.iter().cycle().skip(first).take(count).copied()
    }
}

/// One question and its answer.
async fn exchange(address: SocketAddr, transport: Transport, question: &[u8]) -> io::Result<Vec<u8>> {
    match transport {
        Transport::Udp => over_udp(address, question).await,
        Transport::Tcp => over_tcp(address, question).await,
    }
}

/// Each question has a port of its own: with the random id, that is what an answer from elsewhere would have to guess.
async fn over_udp(address: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(address).await?;
    socket.send(question).await?;
    let mut answer = vec![0; DATAGRAM];
    loop {
        let length = socket.recv(&mut answer).await?;
        if is_answer(question, answer.get(..length).unwrap_or_default()) {
            answer.truncate(length);
            return Ok(answer);
        }
    }
}

async fn over_tcp(address: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    let length = u16::try_from(question.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream.write_all(&[&length.to_be_bytes(), question].concat()).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    if is_answer(question, &answer) { Ok(answer) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Whether it is an answer, and to this question.
fn is_answer(question: &[u8], answer: &[u8]) -> bool {
    let Ok(asked) = Query::read(question) else { return false };
    let end = crate::query::HEADER + asked.question.len();
    let same = answer.get(crate::query::HEADER..end).is_some_and(|question| question.eq_ignore_ascii_case(asked.question));
    same && answer.get(..2) == Some(&asked.id) && u16_at(answer, 2).is_some_and(|flags| flags & RESPONSE != 0)
}
