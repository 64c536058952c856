//! One definition for many names: what it becomes for one of them.

use super::interpolation::{self, Bindings, Problem};
use api::query::{Query, ServiceQuery, TEMPLATE_BY_PREFIX};
use filter::Pattern;

/// How long all texts of a definition may become, in bytes: more than one can be created with, and a bound for what a name makes of it.
const MOST_FILLED_IN: usize = 256 * 1024;

/// The definition that a template is for `given`, which begins with its name.
///
/// # Errors
/// In Consul's words, what in it cannot be filled in.
pub(super) fn filled(template: &Query, given: &str) -> Result<Query, String> {
    let mut query = template.clone();
    let pattern = pattern(template)?;
    let bindings = Bindings {
        full: given,
        prefix: &template.name,
        // A name in another case has been found all the same, but nothing is cut off it.
        suffix: given.strip_prefix(&*template.name).unwrap_or(given),
        segment: "",
        groups: pattern.map_or_else(Vec::new, |pattern| pattern.groups(given)),
    };
    let mut left = MOST_FILLED_IN;
    each_text(&mut query.service, |place, text| {
        *text = interpolation::filled(text, &bindings).map_err(|problem| match problem {
            Problem::Syntax => format!("Bad format '{text}' in Service.{}: parse error: syntax error", place()),
            Problem::Evaluation(why) => format!("Bad evaluation for '{text}' in Service.{}: {why}", place()),
        })?;
        left = left.checked_sub(text.len()).ok_or_else(|| format!("Bad evaluation in Service: more than {MOST_FILLED_IN} bytes"))?;
        Ok(())
    })?;
    if query.template.remove_empty_tags {
        query.service.tags.retain(|tag| !tag.trim().is_empty());
    }
    Ok(query)
}

/// Whether a definition is no template, or one that can be filled in.
///
/// # Errors
/// As [`filled`].
pub(super) fn check(query: &Query) -> Result<(), String> {
    match &*query.template.r#type {
        "" => Ok(()),
        TEMPLATE_BY_PREFIX => filled(query, &query.name).map(drop),
        other => Err(format!("Bad Template.Type '{other}'")),
    }
}

fn pattern(template: &Query) -> Result<Option<Pattern>, String> {
    let regexp = &template.template.regexp;
    let parsed = (!regexp.is_empty()).then(|| Pattern::parse(regexp));
    parsed.transpose().map_err(|error| format!("Bad Regexp: {error}"))
}

/// Shows `change` every text that may hold something to fill in, and how to say where it stands. Names of metadata are taken as they are.
fn each_text(
    service: &mut ServiceQuery,
    mut change: impl FnMut(&dyn Fn() -> String, &mut String) -> Result<(), String>,
) -> Result<(), String> {
    change(&|| "Service".to_owned(), &mut service.service)?;
    for (dc, at) in service.failover.datacenters.iter_mut().zip(0..) {
        change(&|| format!("Failover.Datacenters[{at}]"), dc)?;
    }
    for (target, at) in service.failover.targets.iter_mut().zip(0..) {
        change(&|| format!("Failover.Targets[{at}].Peer"), &mut target.peer)?;
        change(&|| format!("Failover.Targets[{at}].Datacenter"), &mut target.datacenter)?;
    }
    for (check, at) in service.ignore_check_ids.iter_mut().zip(0..) {
        change(&|| format!("IgnoreCheckIDs[{at}]"), check)?;
    }
    change(&|| "Near".to_owned(), &mut service.near)?;
    for (tag, at) in service.tags.iter_mut().zip(0..) {
        change(&|| format!("Tags[{at}]"), tag)?;
    }
    for (key, value) in &mut service.node_meta {
        change(&|| format!("NodeMeta[{key}]"), value)?;
    }
    for (key, value) in &mut service.service_meta {
        change(&|| format!("ServiceMeta[{key}]"), value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::query::{Fallback, Template};

    fn template(name: &str, regexp: &str, service: ServiceQuery) -> Query {
        let template = Template { r#type: TEMPLATE_BY_PREFIX.into(), regexp: regexp.into(), remove_empty_tags: false };
        Query { name: name.into(), template, service, ..Query::default() }
    }

    #[test]
    fn every_text_is_filled_in_but_for_names_of_metadata() {
        let two = || "${match(2)}".to_owned();
        let service = ServiceQuery {
            service: "${match(1)}".into(),
            near: two(),
            node_meta: [("a".to_owned(), two())].into(),
            service_meta: [(two(), "x".to_owned())].into(),
            ignore_check_ids: vec![two()],
            tags: vec!["${name.prefix}|${name.suffix}|${name.full}".into(), "${match(9)} ".into()],
            failover: Fallback { datacenters: vec![two(), "${agent.segment}".into(), "dc3".into()], ..Fallback::default() },
            ..ServiceQuery::default()
        };
        let mut query = template("b9-", "^b9-(.*)-(.*)$", service);
        query.template.remove_empty_tags = true;
        let found = filled(&query, "b9-web-dc2").map(|query| query.service);
        let two = "dc2".to_owned();
        let expected = ServiceQuery {
            service: "web".into(),
            near: two.clone(),
            node_meta: [("a".to_owned(), two.clone())].into(),
            service_meta: [("${match(2)}".to_owned(), "x".to_owned())].into(),
            ignore_check_ids: vec![two.clone()],
            tags: vec!["b9-|web-dc2|b9-web-dc2".into()],
            failover: Fallback { datacenters: vec![two, String::new(), "dc3".into()], ..Fallback::default() },
            ..ServiceQuery::default()
        };
        assert_eq!(found, Ok(expected));
    }

    #[test]
    fn a_name_in_another_case_keeps_it() {
        let service = ServiceQuery { service: "${name.suffix}/${match(0)}".into(), ..ServiceQuery::default() };
        let found = filled(&template("a-", "^a-", service), "A-B").map(|query| query.service.service);
        assert_eq!(found.as_deref(), Ok("A-B/"));
    }

    #[test]
    fn what_cannot_be_filled_in_is_named() {
        let why = |text: &str| {
            let service = ServiceQuery { service: "x".into(), tags: vec![text.into()], ..ServiceQuery::default() };
            check(&template("a-", "", service)).err().unwrap_or_default()
        };
        assert_eq!(why("${nope}"), "Bad evaluation for '${nope}' in Service.Tags[0]: 1:3: unknown variable accessed: nope");
        assert_eq!(why("${nope"), "Bad format '${nope' in Service.Tags[0]: parse error: syntax error");
        let pattern = check(&template("a-", "(", ServiceQuery::default())).err();
        assert_eq!(pattern.as_deref(), Some("Bad Regexp: error parsing regexp: missing closing ): `(`"));
        let mut other = template("a-", "", ServiceQuery::default());
        other.template.r#type = "magic".into();
        assert_eq!(check(&other).err().as_deref(), Some("Bad Template.Type 'magic'"));
    }
}
