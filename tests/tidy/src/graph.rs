//! Which package the product builds from which, by name.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Dependencies between packages, those of build scripts included, those of tests not. Versions of one package count as one.
#[derive(Debug, Default)]
pub struct Graph {
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Reads `cargo tree --prefix depth --format {p}`: one package per line, after its depth. What is below a package is printed
    /// where it first occurs.
    #[must_use]
    pub fn of_tree(tree: &str) -> Self {
        let mut graph = Self::default();
        let mut above: Vec<&str> = Vec::new();
        for line in tree.lines() {
            let digits = line.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(line.len());
            let (depth, package) = line.split_at(digits);
            if let (Ok(depth), Some(name)) = (depth.parse::<usize>(), package.split_whitespace().next()) {
                above.truncate(depth);
                if let Some(parent) = above.last() {
                    graph.add(parent, name);
                }
                above.push(name);
            }
        }
        graph
    }

    /// `from` is built from `to`.
    pub fn add(&mut self, from: &str, to: &str) {
        self.edges.entry(from.to_owned()).or_default().insert(to.to_owned());
    }

    /// The shortest way from `from` to `to`, both ends included.
    #[must_use]
    pub fn path(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut cause: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            if at == to {
                let mut way = vec![at.to_owned()];
                way.extend(std::iter::successors(cause.get(at), |at| cause.get(**at)).map(|name| (*name).to_owned()));
                way.reverse();
                return Some(way);
            }
            for next in self.edges.get(at).into_iter().flatten() {
                if next != from && !cause.contains_key(next.as_str()) {
                    cause.insert(next, at);
                    queue.push_back(next);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_tree_becomes_ways() {
        let tree =
            "0a v0.1.0 (/w/a)\n1b v1.0.0\n2c v2.0.0 (proc-macro)\n1d v1.0.0\n2b v1.0.0 (*)\n\n0e v0.1.0 (/w/e)\n1a v0.1.0 (/w/a) (*)\n";
        let graph = Graph::of_tree(tree);
        assert_eq!(graph.path("a", "c").unwrap(), ["a", "b", "c"]);
        assert_eq!(graph.path("d", "c").unwrap(), ["d", "b", "c"]);
        assert_eq!(graph.path("e", "d").unwrap(), ["e", "a", "d"]);
        assert_eq!((graph.path("c", "a"), graph.path("a", "e")), (None, None));
    }

    #[test]
    fn a_circle_ends() {
        let mut graph = Graph::default();
        graph.add("a", "b");
        graph.add("b", "a");
        assert_eq!(graph.path("a", "x"), None);
        assert_eq!(graph.path("a", "a").unwrap(), ["a"]);
    }
}
