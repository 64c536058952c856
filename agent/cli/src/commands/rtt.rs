//! `rtt`: the estimated round-trip time between two nodes.

use serde::Deserialize;

use crate::call::Call;
use crate::client::Client;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;

pub(super) const COMMAND: Command = Command {
    path: &["rtt"],
    arguments: "[options] NODE1 [NODE2]",
    summary: "Estimates the round-trip time between two nodes",
    about: "
Estimates the round-trip time between two nodes from their network
coordinates; nothing is sent between them. Without NODE2 it is that between
NODE1 and the agent asked.

    $ delian rtt web-1 db-1

With -wan the names are those of servers with their datacenter. Coordinates of
the two pools cannot be compared with each other.

    $ delian rtt -wan s1.dc1 s1.dc2
",
    http: Http::Agent,
    flags: &[WAN],
    run,
};

const WAN: Flag = Flag::switch("wan", "Use the coordinates of the pool that joins datacenters.");

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Datacenter {
    datacenter: String,
    #[serde(rename = "AreaID")]
    area: String,
    #[serde(default)]
    coordinates: Option<Vec<Entry>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    node: String,
    coord: Coordinate,
}

/// A place in the model of the network; all parts are seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Coordinate {
    #[serde(rename = "Vec")]
    vector: Vec<f64>,
    #[serde(default)]
    height: f64,
    #[serde(default)]
    adjustment: f64,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let names = call.flags.positional.clone();
    let (one, other) = match names.as_slice() {
        [one] => (one, None),
        [one, other] => (one, Some(other)),
        _ => return Err(Failure::usage("One or two node names must be specified")),
    };
    let wan = call.flags.is_on(&WAN);
    let client = call.client()?;
    let own = match other {
        Some(_) => String::new(),
        None => own_name(call, &client, wan)?,
    };
    let pair = [one, other.unwrap_or(&own)];
    let [from, to] = match wan {
        true => wan_coordinates(call, &client, pair)?,
        false => lan_coordinates(call, &client, pair)?,
    };
    let milliseconds = from.distance(&to)? * 1000.0;
    let pool = if wan { "WAN" } else { "LAN" };
    call.line(format_args!("Estimated {} <-> {} rtt: {milliseconds:.3} ms (using {pool} coordinates)", pair[0], pair[1]))
}

fn own_name(call: &Call<'_, '_>, client: &Client, wan: bool) -> Result<String, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct AgentSelf {
        config: Own,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Own {
        node_name: String,
        datacenter: String,
    }
    let AgentSelf { config } = client
        .ask_json(&call.get("/v1/agent/self"))
        .map_err(|error| Failure::new(format_args!("Unable to look up agent info: {error}")))?;
    Ok(match wan {
        true => format!("{}.{}", config.node_name, config.datacenter),
        false => config.node_name,
    })
}

fn lan_coordinates(call: &Call<'_, '_>, client: &Client, names: [&String; 2]) -> Result<[Coordinate; 2], Failure> {
    let entries: Vec<Entry> = client.ask_json(&call.get("/v1/coordinate/nodes")).map_err(not_answered)?;
    let find = |name: &String| {
        let found = entries.iter().find(|entry| entry.node == *name);
        found.map(|entry| entry.coord.clone()).ok_or_else(|| unknown(name))
    };
    Ok([find(names[0])?, find(names[1])?])
}

fn wan_coordinates(call: &Call<'_, '_>, client: &Client, names: [&String; 2]) -> Result<[Coordinate; 2], Failure> {
    // Names of nodes may have dots, those of datacenters have none.
    let split = |name: &'_ String| name.rsplit_once('.').map(|(node, datacenter)| (node.to_owned(), datacenter.to_owned()));
    let (Some(from), Some(to)) = (split(names[0]), split(names[1])) else {
        return Err(Failure::new("Node names must be specified as <node name>.<datacenter> with -wan"));
    };
    let datacenters: Vec<Datacenter> = client.ask_json(&call.get("/v1/coordinate/datacenters")).map_err(not_answered)?;
    let find = |area: &str, (node, datacenter): &(String, String)| {
        let there = datacenters.iter().find(|known| known.datacenter == *datacenter && known.area == area)?;
        there.coordinates.iter().flatten().find(|entry| entry.node == *node).map(|entry| entry.coord.clone())
    };
    // Both must be known in one area: others are other coordinate systems.
    let pair = datacenters.iter().find_map(|known| Some([find(&known.area, &from)?, find(&known.area, &to)?]));
    pair.ok_or_else(|| unknown(names[0]))
}

impl Coordinate {
    /// Seconds to `other` and back: the distance and both heights, corrected by both
    /// adjustments unless that would leave nothing.
    fn distance(&self, other: &Self) -> Result<f64, Failure> {
        if self.vector.len() != other.vector.len() {
            return Err(Failure::new("Error computing the distance: the coordinates have different dimensions"));
        }
        let squares: f64 = self.vector.iter().zip(&other.vector).map(|(a, b)| (a - b) * (a - b)).sum();
        let raw = squares.sqrt() + self.height + other.height;
        let adjusted = raw + self.adjustment + other.adjustment;
        Ok(if adjusted > 0.0 { adjusted } else { raw })
    }
}

fn not_answered(error: crate::client::ApiError) -> Failure {
    Failure::new(format_args!("Error getting coordinates: {error}"))
}

fn unknown(name: &str) -> Failure {
    Failure::new(format_args!("Could not find a coordinate for node {name:?}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn coordinate(vector: &[f64], height: f64, adjustment: f64) -> Coordinate {
        Coordinate { vector: vector.to_vec(), height, adjustment }
    }

    #[test]
    fn adjustments_count_unless_they_eat_the_distance() {
        let near = |one: Coordinate, other: Coordinate, expected: f64| {
            assert!((one.distance(&other).unwrap() - expected).abs() < 1e-12, "{one:?} {other:?}");
        };
        near(coordinate(&[0.0, 0.0], 0.1, 0.0), coordinate(&[3.0, 4.0], 0.2, 0.0), 5.3);
        near(coordinate(&[0.0], 0.1, 0.05), coordinate(&[1.0], 0.1, -0.1), 1.15);
        near(coordinate(&[0.0], 0.1, -1.0), coordinate(&[0.5], 0.1, -1.0), 0.7);
        assert!(coordinate(&[0.0], 0.0, 0.0).distance(&coordinate(&[0.0, 1.0], 0.0, 0.0)).is_err());
    }
}
