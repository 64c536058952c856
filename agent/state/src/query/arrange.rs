//! The order in which instances are given out, when all that can is known.

use api::health::Instance;
use api::query::Found;
use seed::mixed;

/// How far from the front the nearest node's own instance is looked for.
const NEAR_THE_FRONT: usize = 10;

/// At most `limit` of the instances found, all if that is 0: the nearest first, and among those that are equally near, what is on the
/// very node that they are wanted to. Others are shuffled by `seed`, so that many callers spread over all of them.
#[must_use]
pub fn arrange(found: &Found, seed: u64, limit: u32) -> Vec<Instance> {
    let distance = |at: &usize| found.distances.get(*at).copied().unwrap_or(f64::INFINITY);
    let mut order: Vec<usize> = (0..found.instances.len()).collect();
    shuffle(&mut order, seed);
    order.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let nearest = order.first().map(distance);
    let is_near = |at: &usize| {
        let is_there = found.instances.get(*at).is_some_and(|instance| instance.node.node == found.near);
        is_there && nearest == Some(distance(at))
    };
    let depth = if found.near.is_empty() { 0 } else { NEAR_THE_FRONT };
    if let Some(at) = order.iter().take(depth).position(is_near) {
        order.swap(0, at);
    }
    if limit > 0 {
        order.truncate(limit as usize);
    }
    order.iter().filter_map(|at| found.instances.get(*at)).cloned().collect()
}

/// Fisher and Yates'.
fn shuffle(order: &mut [usize], mut seed: u64) {
    for last in (1..order.len()).rev() {
        seed = mixed(seed);
        // The bias of a remainder of 64 bits is far below what anybody could measure.
        let other = usize::try_from(seed % (last as u64 + 1)).unwrap_or(0);
        order.swap(last, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::catalog::NodeRow;

    fn found(count: usize, distances: &[f64], near: &str) -> Found {
        let node = |at: usize| NodeRow { node: format!("n{at}"), ..NodeRow::default() };
        let instances = (0..count).map(|at| Instance { node: node(at), ..Instance::default() }).collect();
        Found { instances, distances: distances.to_vec(), near: near.to_owned() }
    }

    fn names(instances: &[Instance]) -> Vec<&str> {
        instances.iter().map(|instance| &*instance.node.node).collect()
    }

    #[test]
    fn the_nearest_first_and_the_limit_behind() {
        let found = found(4, &[0.3, 0.1, f64::INFINITY, 0.2], "n3");
        assert!((0..100).all(|seed| names(&arrange(&found, seed, 0)) == ["n1", "n3", "n0", "n2"]));
        assert_eq!(names(&arrange(&found, 7, 2)), ["n1", "n3"]);
        assert_eq!(arrange(&found, 7, 9).len(), 4);
    }

    #[test]
    fn the_first_of_a_shuffle_is_each_as_often() {
        let found = found(5, &[], "");
        let mut first = [0u32; 5];
        for seed in 0..5000 {
            let shuffled = arrange(&found, seed, 0);
            let mut all = names(&shuffled);
            first[all[0][1..].parse::<usize>().unwrap_or(0)] += 1;
            all.sort_unstable();
            assert_eq!(all, ["n0", "n1", "n2", "n3", "n4"], "each is there once");
        }
        assert!(first.iter().all(|count| (850..1150).contains(count)), "{first:?}");
    }

    #[test]
    fn of_equals_the_node_itself_comes_first() {
        for distances in [&[][..], &[0.1; 5]] {
            let found = found(5, distances, "n3");
            assert!((0..100).all(|seed| arrange(&found, seed, 1)[0].node.node == "n3"));
        }
    }
}
