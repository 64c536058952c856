//! RE2 patterns on the `regex` crate.
//!
//! The two syntaxes differ in details that change what matches: Perl classes and word boundaries are
//! ASCII in RE2, `[` and `&&` inside a class are plain there, braces that are no count are literal, `\Q…\E`
//! quotes. [`translate`](translate::translate) rewrites a pattern and finds Go's errors on the way; the
//! result is compiled with bounds on its size. Known gap: a repetition right after a flag group, `a(?i)*`, is
//! refused here and accepted by RE2.

mod class;
mod escape;
mod group;
mod input;
mod output;
mod translate;

use regex::bytes::Regex;
use regex::bytes::RegexBuilder;

/// Bound on the compiled form of one pattern, and again on its lazily built automaton, in bytes.
const MAX_COMPILED_BYTES: usize = 512 * 1024;

/// What is wrong with a pattern, in the words of Go's `regexp`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {problem}: `{part}`")]
pub struct PatternError {
    problem: &'static str,
    part: String,
}

impl PatternError {
    fn new(problem: &'static str, part: &str) -> Self {
        Self { problem, part: part.to_owned() }
    }
}

/// Compiles an RE2 pattern that is only asked whether it matches somewhere.
///
/// The result works on bytes because only there does the crate allow ASCII-only boundaries; the bytes
/// are always UTF-8.
pub(crate) fn compile(pattern: &str) -> Result<Regex, PatternError> {
    build(pattern, "(?:")
}

/// An RE2 pattern whose groups are asked for.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles one.
    ///
    /// # Errors
    /// When it is none, or too large.
    pub fn parse(pattern: &str) -> Result<Self, PatternError> {
        build(pattern, "(").map(Self)
    }

    /// Whether it matches somewhere in `text`.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }

    /// The first match in `text` and its groups, by number; a group that took no part is empty. Nothing where nothing matches.
    pub fn groups(&self, text: &str) -> Vec<String> {
        let Some(found) = self.0.captures(text.as_bytes()) else {
            return Vec::new();
        };
        found.iter().map(|group| group.map_or_else(String::new, |group| String::from_utf8_lossy(group.as_bytes()).into_owned())).collect()
    }
}

fn build(pattern: &str, group: &'static str) -> Result<Regex, PatternError> {
    let translated = translate::translate(pattern, group)?;
    RegexBuilder::new(&translated).size_limit(MAX_COMPILED_BYTES).dfa_size_limit(MAX_COMPILED_BYTES).build().map_err(|error| {
        let problem = match error {
            regex::Error::CompiledTooBig(_) => "expression too large",
            _ => "invalid or unsupported syntax",
        };
        PatternError::new(problem, pattern)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn groups_are_counted_as_re2_does() {
        let groups = |pattern: &str, text: &str| Pattern::parse(pattern).unwrap().groups(text);
        assert_eq!(groups(r"^a-(?:x)?(?P<n>.*?)-([^\-]+?)(z)?$", "a-b-c-d"), ["a-b-c-d", "b-c", "d", ""]);
        assert!(groups("^a$", "b").is_empty());
        assert_eq!(Pattern::parse("(").err().unwrap().to_string(), "error parsing regexp: missing closing ): `(`");
    }

    #[test]
    fn matches_as_re2_does() {
        for (pattern, text, want) in [
            (r"^\w+$", "abc_1", true),
            (r"^\w+$", "é", false),
            (r"\W", "é", true),
            (r"^\d$", "٣", false),
            (r"^[\d]$", "٣", false),
            (r"^[^\D]$", "7", true),
            (r"\bé", "aé", true),
            (r"^.$", "é", true),
            (r"[[]", "[", true),
            (r"[a&&b]", "&", true),
            (r"^[a~~b]$", "~", true),
            (r"^[+--]$", ",", true),
            (r"a{,2}", "a{,2}", true),
            (r"^a{2}$", "aa", true),
            (r"^x{01}$", "x{01}", true),
            (r"^{$", "{", true),
            (r"^\Qa.b\E+$", "a.bb", true),
            (r"^\Qa.b", "a.b", true),
            (r"\<a\>", "<a>", true),
            (r"^\x41\x{42}\103\_$", "ABC_", true),
            (r"^(?i)N1$", "n1", true),
            (r"^(?i:N)(?-i:x)$", "nx", true),
            (r"(?ii-s)(?P<n>A)", "a", true),
            (r"(?P<n>a)(?P<n>b)", "ab", true),
            (r"^[]a]+$", "]a", true),
            (r"^[^]a]$", "b", true),
            (r"^[a-]+$", "-a", true),
            (r"^[[:alpha:]-]+$", "x-", true),
            (r"^\p{Greek}\pL\P{^Greek}$", "αbγ", true),
            (r"()|(|a)", "", true),
            ("^a\nb$", "a\nb", true),
            (r"^a*?b+?$", "aab", true),
            (r"^]}$", "]}", true),
        ] {
            assert_eq!(compile(pattern).unwrap().is_match(text.as_bytes()), want, "{pattern} on {text}");
        }
    }

    #[test]
    fn refuses_in_the_words_of_go() {
        for (pattern, want) in [
            (r"(", "missing closing ): `(`"),
            (r"a)", "unexpected ): `a)`"),
            (r"[", "missing closing ]: `[`"),
            (r"x[a", "missing closing ]: `[a`"),
            (r"*", "missing argument to repetition operator: `*`"),
            (r"(*?)", "missing argument to repetition operator: `*?`"),
            (r"a|+", "missing argument to repetition operator: `+`"),
            (r"a**", "invalid nested repetition operator: `**`"),
            (r"x{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
            (r"a{1001}", "invalid repeat count: `{1001}`"),
            (r"a{2,1}", "invalid repeat count: `{2,1}`"),
            (r"a{99999999999999999999}", "invalid repeat count: `{99999999999999999999}`"),
            (r"\q", r"invalid escape sequence: `\q`"),
            (r"\8", r"invalid escape sequence: `\8`"),
            (r"\é", r"invalid escape sequence: `\é`"),
            (r"[a-\d]", r"invalid escape sequence: `\d`"),
            (r"\", "trailing backslash at end of expression: ``"),
            (r"(?x)a", "invalid or unsupported Perl syntax: `(?x`"),
            (r"(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            (r"(?P<n", "invalid named capture: `(?P<n`"),
            (r"(?P<a-b>x)", "invalid named capture: `(?P<a-b>`"),
            (r"[z-a]", "invalid character class range: `z-a`"),
            (r"\pX", r"invalid character class range: `\pX`"),
            (r"\p{Greek", r"invalid character class range: `\p{Greek`"),
            (r"[[:foo:]]", "invalid character class range: `[:foo:]`"),
            (r"(\pL{500}){500}", r"expression too large: `(\pL{500}){500}`"),
        ] {
            let error = compile(pattern).unwrap_err().to_string();
            assert_eq!(error, format!("error parsing regexp: {want}"), "{pattern}");
        }
    }
}
