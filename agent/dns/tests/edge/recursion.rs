//! Names of others: asked of others, in their order.

use crate::world::{World, change, config, instance, question};
use edge_dns::{DnsConfig, Recursors};
use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::RecordType::{A, PTR};
use hickory_proto::rr::rdata::{A as Address, CNAME};
use hickory_proto::rr::{Name, RData, Record};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::UdpSocket;

/// A resolver that answers everything alike.
async fn resolver(rcode: ResponseCode) -> SocketAddr {
    let socket = UdpSocket::bind("127.63.8.4:0").await.unwrap();
    let addr = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let mut message = Message::from_vec(&buffer[..length]).unwrap();
            message.metadata.message_type = MessageType::Response;
            message.metadata.recursion_available = true;
            message.metadata.response_code = rcode;
            if rcode == ResponseCode::NoError {
                let (asked, real) = (message.queries[0].name().clone(), Name::from_ascii("real.example.com.").unwrap());
                message.add_answer(Record::from_rdata(asked, 30, RData::CNAME(CNAME(real.clone()))));
                message.add_answer(Record::from_rdata(real, 30, RData::A(Address::new(192, 0, 2, 7))));
            }
            // An answer to somebody else's question is not taken.
            let mut other = message.clone();
            other.metadata.id = other.metadata.id.wrapping_add(1);
            socket.send_to(&other.to_vec().unwrap(), from).await.unwrap();
            socket.send_to(&message.to_vec().unwrap(), from).await.unwrap();
        }
    });
    addr
}

async fn world(addresses: Vec<SocketAddr>) -> World {
    let recursors = Recursors { addresses, timeout: Duration::from_millis(200), random: false };
    World::with(DnsConfig { recursors, ..config() }).await
}

#[tokio::test]
async fn the_next_is_asked_when_one_fails_or_is_silent() {
    let silent = UdpSocket::bind("127.63.8.4:0").await.unwrap();
    let world =
        world(vec![silent.local_addr().unwrap(), resolver(ResponseCode::ServFail).await, resolver(ResponseCode::NoError).await]).await;
    let asked = question("www.example.com.", A, None);
    let answer = Message::from_vec(&world.raw(&asked.to_vec().unwrap()).await).unwrap();
    assert_eq!((answer.metadata.id, answer.answers.len()), (asked.metadata.id, 2));
    assert_eq!(world.say("9.9.9.9.in-addr.arpa.", PTR).await, "ok [A 192.0.2.7, CNAME real.example.com.] 0 0");
}

#[tokio::test]
async fn that_there_is_no_such_name_is_final() {
    let world = world(vec![resolver(ResponseCode::NXDomain).await, resolver(ResponseCode::NoError).await]).await;
    assert_eq!(world.say("www.example.com.", A).await, "absent [] 0 0");
}

#[tokio::test]
async fn when_all_fail_that_is_said() {
    let world = world(vec![resolver(ResponseCode::Refused).await]).await;
    let answer = world.ask("www.example.com.", A).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
    assert!(answer.metadata.recursion_available && !answer.metadata.authoritative);
}

#[tokio::test]
async fn names_in_the_catalog_are_followed() {
    let world = world(vec![resolver(ResponseCode::NoError).await]).await;
    let row = change(instance("n1", "10.0.0.1", "web", 80, ""), |_, service| service.address = "www.example.com".to_owned());
    world.register(row).await;
    let expected = "ok [A 192.0.2.7, CNAME real.example.com., CNAME www.example.com.] 0 0";
    assert_eq!(world.say("web.service.consul.", A).await, expected);
    let answer = world.ask("web.service.consul.", A).await;
    assert!(answer.metadata.authoritative && answer.metadata.recursion_available);
}
