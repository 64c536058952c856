//! Tags that are asked for.

use api::catalog::ServiceRow;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The tags that an instance must have, in whatever case, and those that it must not. Each is in lower case once, since both a question
/// and an instance can have thousands.
pub(crate) struct WantedTags<'q> {
    wanted: BTreeSet<Cow<'q, str>>,
    unwanted: BTreeSet<Cow<'q, str>>,
}

impl<'q> WantedTags<'q> {
    /// All of these.
    pub(crate) fn all(tags: &'q [String]) -> Self {
        Self { wanted: tags.iter().map(|tag| lower_case(tag)).collect(), unwanted: BTreeSet::new() }
    }

    /// All of these, and none of those that stand after a `!`.
    pub(crate) fn marked(tags: &'q [String]) -> Self {
        let unwanted = tags.iter().filter_map(|tag| tag.strip_prefix('!')).map(lower_case).collect();
        Self { wanted: tags.iter().filter(|tag| !tag.starts_with('!')).map(|tag| lower_case(tag)).collect(), unwanted }
    }

    /// Whether `instance` is one that is asked for.
    pub(crate) fn take(&self, instance: &ServiceRow) -> bool {
        if self.wanted.is_empty() && self.unwanted.is_empty() {
            return true;
        }
        let had = || instance.tags.iter().map(|tag| lower_case(tag));
        if had().any(|tag| self.unwanted.contains(&*tag)) {
            return false;
        }
        match self.wanted.len() {
            // What almost everybody asks for.
            1 => had().any(|tag| self.wanted.contains(&*tag)),
            count => had().filter(|tag| self.wanted.contains(&**tag)).collect::<BTreeSet<_>>().len() == count,
        }
    }
}

fn lower_case(tag: &str) -> Cow<'_, str> {
    if tag.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) { tag.to_lowercase().into() } else { tag.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(tags: &[&str]) -> ServiceRow {
        ServiceRow { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..ServiceRow::default() }
    }

    #[test]
    fn all_wanted_and_none_unwanted_in_whatever_case() {
        let instance = tagged(&["a", "B", "Ü", "a", "!d"]);
        for (asked, all, marked) in [
            (&[][..], true, true),
            (&["A"], true, true),
            (&["a", "b", "ü", "A"], true, true),
            (&["a", "c"], false, false),
            (&["c"], false, false),
            (&[""], false, false),
            (&["a", "!b"], false, false),
            (&["!B"], false, false),
            (&["!c"], false, true),
            (&["!d", "a"], true, true),
        ] {
            let asked: Vec<String> = asked.iter().map(|tag| (*tag).to_owned()).collect();
            assert_eq!((WantedTags::all(&asked).take(&instance), WantedTags::marked(&asked).take(&instance)), (all, marked), "{asked:?}");
        }
        assert!(!WantedTags::all(&["x".to_owned()]).take(&tagged(&[])));
    }
}
