//! `/v1/event/*`, as Consul 1.8.7 answers.

use super::{asked, asked_with, refused};
use crate::event::{Event, Events, Fire, List};
use crate::http::{Style, Written, render};
use crate::{Answer, Encoded, Meta, Op, Reply};

fn fired() -> Event {
    Event {
        id: "68431cc2-3afb-fc97-6fcc-d29a91bd6caa".into(),
        name: "deploy".into(),
        payload: "hello".into(),
        node_filter: "n.*".into(),
        version: 1,
        ltime: 2,
        ..Event::default()
    }
}

fn answer(op: impl Into<Op>, reply: Reply) -> (Option<String>, String) {
    let answer = Answer { reply: Encoded::new(reply), meta: Meta::default() };
    let response = render(&op.into(), Style::default(), Ok(answer)).map(Written::whole);
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &"application/json".parse().unwrap()));
    let index = response.headers().get("x-consul-index").map(|index| index.to_str().unwrap().to_owned());
    (index, String::from_utf8(response.body().to_vec()).unwrap())
}

#[test]
fn questions() {
    let fire = asked_with("PUT /v1/event/fire/a/b?node=n.*&service=s&tag=t&dc=dc2", &[], "x").ok().unwrap().call;
    let wanted = Fire { name: "a/b".into(), payload: "x".into(), node: "n.*".into(), service: "s".into(), tag: "t".into() };
    assert!(*fire.op == wanted.into() && fire.dc.unwrap().0 == "dc2");
    let list = asked("GET /v1/event/list?name=deploy&index=16210845314271248556&wait=5s").ok().unwrap().call;
    assert!(*list.op == List { name: "deploy".into() }.into());
    assert_eq!(list.wait.unwrap().index, 16_210_845_314_271_248_556);
    assert_eq!(refused(asked("PUT /v1/event/fire/")), (400, "Missing name".into()));
    assert_eq!(refused(asked("PUT /v1/event/fire/x?tag=t")), (500, "Cannot provide tag filter without service filter".into()));
    assert_eq!(refused(asked("GET /v1/event/fire/x")), (405, "method GET not allowed".into()));
}

#[test]
fn answers_are_written_as_go_writes_them() {
    let written = r#"{"ID":"68431cc2-3afb-fc97-6fcc-d29a91bd6caa","Name":"deploy","Payload":"aGVsbG8=","NodeFilter":"n.*","ServiceFilter":"","TagFilter":"","Version":1,"LTime":2}"#;
    assert_eq!(answer(Fire::default(), Reply::EventFire(fired())), (None, written.to_owned()));
    let list = Events { events: vec![fired()], index: 1 << 63 };
    assert_eq!(answer(List::default(), Reply::EventList(list)), (Some((1_u64 << 63).to_string()), format!("[{written}]")));
    let nothing = Events { events: Vec::new(), index: 1 };
    assert_eq!(answer(List::default(), Reply::EventList(nothing)), (Some("1".to_owned()), "[]".to_owned()));
    assert!(answer(Fire::default(), Reply::EventFire(Event::default())).1.contains(r#""Payload":null"#));
}
