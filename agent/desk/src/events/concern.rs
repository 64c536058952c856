//! Whom an event is for.

use super::Service;
use api::Error;
use api::event::Fire;
use filter::Pattern;

/// The filters of an event. Without any it is for everyone.
pub(crate) struct Concern {
    node: Option<Pattern>,
    service: Option<Pattern>,
    tag: Option<Pattern>,
}

impl Concern {
    /// # Errors
    /// When a filter is no regular expression, or there is one of tags without one of services.
    pub(super) fn of(fired: &Fire) -> Result<Self, Error> {
        if fired.service.is_empty() && !fired.tag.is_empty() {
            return Err(Error::failed("Cannot provide tag filter without service filter"));
        }
        Ok(Self { node: pattern("node", &fired.node)?, service: pattern("service", &fired.service)?, tag: pattern("tag", &fired.tag)? })
    }

    /// Whether it takes this agent's services to tell.
    pub(crate) fn asks_for_services(&self) -> bool {
        self.service.is_some()
    }

    /// Whether it is for the agent of `node`, which has these services.
    pub(crate) fn is_with(&self, node: &str, services: &[Service]) -> bool {
        let has_tag = |tags: &[String]| self.tag.as_ref().is_none_or(|tag| tags.iter().any(|given| tag.is_match(given)));
        self.node.as_ref().is_none_or(|pattern| pattern.is_match(node))
            && self.service.as_ref().is_none_or(|pattern| services.iter().any(|(name, tags)| pattern.is_match(name) && has_tag(tags)))
    }
}

fn pattern(what: &str, given: &str) -> Result<Option<Pattern>, Error> {
    let parsed = (!given.is_empty()).then(|| Pattern::parse(given)).transpose();
    parsed.map_err(|error| Error::failed(format!("Invalid {what} filter: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn is_for(node: &str, service: &str, tag: &str) -> bool {
        let fired = Fire { node: node.to_owned(), service: service.to_owned(), tag: tag.to_owned(), ..Fire::default() };
        let services = [("web".to_owned(), vec!["v1".to_owned()]), ("db".to_owned(), vec!["primary".to_owned()])];
        Concern::of(&fired).unwrap().is_with("n1", &services)
    }

    #[test]
    fn filters_match_somewhere_and_all_of_them() {
        assert!(is_for("", "", "") && is_for("n", "", "") && is_for("^n.$", "w", "v"));
        assert!(!is_for("n2", "", "") && !is_for("", "cache", "") && !is_for("n2", "web", ""));
        // One and the same service has to have the name and the tag.
        assert!(is_for("", "db", "primary") && !is_for("", "web", "primary"));
    }

    #[test]
    fn filters_that_are_none_are_refused_in_the_words_of_go() {
        let text = |node: &str, service: &str, tag: &str| {
            let fired = Fire { node: node.to_owned(), service: service.to_owned(), tag: tag.to_owned(), ..Fire::default() };
            Concern::of(&fired).err().unwrap().text
        };
        assert_eq!(text("((", "", ""), "Invalid node filter: error parsing regexp: missing closing ): `((`");
        assert_eq!(text("", "((", ""), "Invalid service filter: error parsing regexp: missing closing ): `((`");
        assert_eq!(text("", "", "t"), "Cannot provide tag filter without service filter");
    }
}
