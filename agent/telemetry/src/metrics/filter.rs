//! Which series are shown (`telemetry.prefix_filter`).

/// Rules on prefixes of full names; the longest that fits decides.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    rules: Vec<(String, bool)>,
    default: bool,
}

impl Filter {
    pub(crate) fn new(allowed: &[String], blocked: &[String], default: bool) -> Self {
        let rules = allowed.iter().map(|prefix| (prefix.clone(), true)).chain(blocked.iter().map(|prefix| (prefix.clone(), false)));
        let mut rules: Vec<_> = rules.collect();
        rules.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Self { rules, default }
    }

    pub(crate) fn lets(&self, name: &str) -> bool {
        self.rules.iter().find(|(prefix, _)| name.starts_with(prefix)).map_or(self.default, |(_, allowed)| *allowed)
    }
}
