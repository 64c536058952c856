//! Network coordinates: `/v1/coordinate/*`. How they come about is the gossip pool's business (`agent/members`).

use serde::{Deserialize, Serialize};

/// Dimensions of the space.
pub const DIMENSIONS: usize = 8;
/// Greatest body of an update, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// `GET /v1/coordinate/nodes`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Nodes {
    /// Only coordinates of this network segment, if one is given.
    #[prost(string, tag = 1)]
    pub segment: String,
}

/// `GET /v1/coordinate/node/{node}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Node {
    /// Which node.
    #[prost(string, tag = 1)]
    pub node: String,
    /// As [`Nodes::segment`].
    #[prost(string, tag = 2)]
    pub segment: String,
}

/// `GET /v1/coordinate/datacenters`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Datacenters {}

/// `PUT /v1/coordinate/update`. The leader keeps updates back for a while, and writes many as one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Update {
    /// What is new, oldest first. Those of nodes that the catalog does not have are ignored.
    #[prost(message, repeated, tag = 1)]
    pub updates: Vec<Located>,
}

/// Taken note of.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Noted {}

/// Nodes and where they are.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct LocatedList {
    /// By node name, then by segment.
    #[prost(message, repeated, tag = 1)]
    pub nodes: Vec<Located>,
}

/// A node and where it is.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Located {
    /// The node.
    #[prost(string, tag = 1)]
    pub node: String,
    /// The network segment that the coordinate is of; there is one, without a name.
    #[prost(string, tag = 2)]
    pub segment: String,
    /// Where.
    #[prost(message, required, tag = 3)]
    pub coord: Coordinate,
}

/// Where a node is: distances estimate round trips. All numbers are seconds.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Coordinate {
    /// Its place in the core of the network, in [`DIMENSIONS`] dimensions.
    #[prost(double, repeated, tag = 1)]
    #[serde(serialize_with = "crate::http::go_floats")]
    pub vec: Vec<f64>,
    /// How far it trusts itself: 0 is sure, 1.5 knows nothing.
    #[prost(double, tag = 2)]
    #[serde(serialize_with = "crate::http::go_float")]
    pub error: f64,
    /// Added to each distance, if the sum is positive.
    #[prost(double, tag = 3)]
    #[serde(serialize_with = "crate::http::go_float")]
    pub adjustment: f64,
    /// How far it lies from the core.
    #[prost(double, tag = 4)]
    #[serde(serialize_with = "crate::http::go_float")]
    pub height: f64,
}

impl Coordinate {
    /// Where everyone starts.
    #[must_use]
    pub fn origin() -> Self {
        Self { vec: vec![0.0; DIMENSIONS], error: 1.5, adjustment: 0.0, height: 1e-5 }
    }

    /// Whether it lies in the same space as ours, and somewhere.
    #[must_use]
    pub fn is_compatible(&self) -> bool {
        let rest = [self.error, self.adjustment, self.height];
        self.vec.len() == DIMENSIONS && self.vec.iter().chain(&rest).all(|value| value.is_finite())
    }

    /// The round trip between two nodes, as far as their coordinates tell; in seconds.
    #[must_use]
    pub fn distance_to(&self, other: &Self) -> f64 {
        let core = self.vec.iter().zip(&other.vec).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let raw = core + self.height + other.height;
        let adjusted = raw + self.adjustment + other.adjustment;
        if adjusted > 0.0 { adjusted } else { raw }
    }
}

/// Datacenters and where their servers are.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct DatacenterMap {
    /// The local one first, then by name.
    #[prost(message, repeated, tag = 1)]
    pub datacenters: Vec<DatacenterPlaces>,
}

/// A datacenter and where its servers are, seen from other datacenters.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DatacenterPlaces {
    /// Its name.
    #[prost(string, tag = 1)]
    pub datacenter: String,
    /// The pool that these coordinates are of; coordinates of different pools have nothing to do with each other.
    #[prost(string, tag = 2)]
    #[serde(rename = "AreaID")]
    pub area: String,
    /// Its servers.
    #[prost(message, repeated, tag = 3)]
    pub coordinates: Vec<Located>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_seconds_and_never_negative() {
        let at = |x: f64, adjustment: f64| Coordinate {
            vec: vec![x, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            height: 0.01,
            adjustment,
            ..Coordinate::origin()
        };
        assert!((at(0.3, 0.001).distance_to(&at(-0.1, 0.002)) - 0.423).abs() < 1e-12);
        assert!((at(0.3, -1.0).distance_to(&at(0.3, 0.0)) - 0.02).abs() < 1e-12);
        assert!(Coordinate::origin().is_compatible());
        assert!(!Coordinate { vec: vec![0.0], ..Coordinate::origin() }.is_compatible());
        assert!(!Coordinate { error: f64::NAN, ..Coordinate::origin() }.is_compatible());
    }
}
