//! Several texts into one configuration, and what was found in them.

use std::collections::HashSet;

use crate::decode::decode;
use crate::reader::Findings;
use crate::schema::Field;
use crate::settings::Settings;
use crate::{Invalid, Source};

/// Merges `source` into `settings`; false if it cannot be read.
pub(crate) fn add_source(settings: &mut Settings, source: &Source, fields: &'static [Field], found: &mut Findings) -> bool {
    let decoded = decode(source, fields);
    settings.merge(decoded.settings);
    found.keep(((), decoded.found));
    decoded.readable
}

/// The warnings if there is no mistake; each of either once.
pub(crate) fn settle(found: Findings) -> Result<Vec<String>, Invalid> {
    let mut seen = HashSet::new();
    let mut warnings = found.warnings;
    warnings.retain(|warning| seen.insert(warning.clone()));
    let mut mistakes = found.mistakes;
    let mut seen = HashSet::new();
    mistakes.retain(|mistake| seen.insert(mistake.to_string()));
    if mistakes.is_empty() {
        return Ok(warnings);
    }
    Err(Invalid { mistakes, warnings })
}
