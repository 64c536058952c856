//! Measures a pool of any size on virtual time, and says how long that took.
//!
//! ```text
//! cargo run --release -p members --example pools                  1,000 members of a datacenter
//! cargo run --release -p members --example pools -- lan 10000     takes 15 GB of memory and an hour; 4,000 take 1.2 GB and nine minutes
//! cargo run --release -p members --example pools -- wan 200
//! cargo run --release -p members --example pools -- lan 1000 without ring       what something is worth: ring, calls, repeats or all
//! ```
//!
//! It is the core that the product runs, on a network of its own with loss, latency and stalls: see `tests/network/world.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/network/world.rs"]
#[allow(dead_code, reason = "the small networks use the rest")]
mod world;

#[path = "../tests/pools/measure.rs"]
mod measure;
#[path = "../tests/pools/report.rs"]
#[allow(dead_code, reason = "the tests look at what is only printed here")]
mod report;

use std::time::Duration;

use members::Config;

use report::{Plan, report};
use world::{SECOND, World};

#[expect(clippy::disallowed_methods, reason = "the one place that tells how long simulating takes")]
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wan = arguments.first().is_some_and(|kind| kind == "wan");
    let members = arguments.get(1).map_or(if wan { 200 } else { 1000 }, |count| count.parse().expect("a number of members"));
    let began = std::time::Instant::now();
    let mut world = World::new(80);
    if wan {
        world.config = Config::wan();
        // One way takes 40 to 80 ms.
        world.latency = Duration::from_millis(40);
    }
    match arguments.get(3).map(String::as_str) {
        None => {}
        Some("ring") => world.config.watched = 0,
        Some("calls") => world.config.stream_probes = false,
        Some("repeats") => world.config.ping_gap = SECOND * 3600,
        Some("all") => {
            (world.config.watched, world.config.stream_probes) = (0, false);
            world.config.ping_gap = SECOND * 3600;
        }
        Some(other) => panic!("without {other}? ring, calls, repeats or all"),
    }
    let plan = Plan { members, calm: SECOND * 10, stalls: if wan { 2 } else { 3 }, deaths: 10 };
    report(&mut world, &plan);
    println!("run time {:.0} s", began.elapsed().as_secs_f64());
    println!();
    others(wan, members);
}

/// What is known of others, for comparison.
fn others(wan: bool, members: usize) {
    let digits = (members as f64).log10().max(1.0);
    if wan {
        println!("Serf's simulator, news to 99.99 %, Consul's WAN parameters: 30 members 3.5 s, 1,000 4.5 s, 10,000 5.0 s");
        println!("                                     with 25 % loss: 4.5 s, 5.5 s, 6.5 s");
        println!("Consul's suspicion alone, {members} members: {:.0} s confirmed, {:.0} s not", 30.0 * digits, 180.0 * digits);
    } else {
        println!("Serf's simulator, news to 99.99 %, Consul's LAN parameters: 30 members 1.8 s, 1,000 2.2 s, 10,000 2.6 s");
        println!("                                     with 25 % loss: 2.4 s, 3.0 s, 3.4 s");
        println!("Consul's suspicion alone, {members} members: {:.1} s confirmed, {:.0} s not", 4.0 * digits, 24.0 * digits);
        println!("ScaleCube's SWIM, 200 nodes, 1 % loss: 3.6 s to all, 582 B/s a node");
    }
    println!("Lifeguard (its paper): 50 times fewer imagined deaths than SWIM while some members are stalled");
}
