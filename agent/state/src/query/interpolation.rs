//! `${…}` in the texts of a template: a small language of texts, numbers, variables and one function.
//!
//! ```text
//! text       = (character | "$${" | "${" expression "}")*
//! expression = '"' text '"' | number | variable | "match" "(" expression ")" | "(" expression ")"
//! variable   = "name.full" | "name.prefix" | "name.suffix" | "agent.segment"
//! ```
//!
//! It is Consul's, without arithmetic.

/// What stands for what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bindings<'n> {
    /// The name given.
    pub(super) full: &'n str,
    /// The template's.
    pub(super) prefix: &'n str,
    /// What is behind it.
    pub(super) suffix: &'n str,
    /// The network segment of whoever asks.
    pub(super) segment: &'n str,
    /// What the pattern matched, whole and by group.
    pub(super) groups: Vec<String>,
}

/// Why a text cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It is none of this language.
    Syntax,
    /// It speaks of what there is not.
    Evaluation(String),
}

/// Texts within expressions within texts.
const DEEPEST: usize = 16;
/// The longest text that anything is filled into, in bytes. A name can be as long as a URL, and stand in a definition thousands of times.
const LONGEST: usize = 64 * 1024;

/// `text` with everything filled in.
///
/// # Errors
/// [`Problem`].
pub(super) fn filled(text: &str, bindings: &Bindings<'_>) -> Result<String, Problem> {
    let mut reader = Reader { text, at: 0, depth: 0, bindings, wrong: None };
    let mut filled = String::with_capacity(text.len());
    while let Some(c) = reader.next_in_text(&mut filled)? {
        filled.push(c);
    }
    reader.wrong.map_or(Ok(filled), |why| Err(Problem::Evaluation(why)))
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    bindings: &'t Bindings<'t>,
    /// The first thing spoken of that there is not. That a text is none of this language is found first, wherever it is.
    wrong: Option<String>,
}

enum Value {
    Text(String),
    Number(i64),
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn eat(&mut self, expected: &str) -> bool {
        let there = self.rest().starts_with(expected);
        if there {
            self.at += expected.len();
        }
        there
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// The next character of a text; what is filled in before it goes to `filled`. `None` at the end.
    fn next_in_text(&mut self, filled: &mut String) -> Result<Option<char>, Problem> {
        loop {
            if self.eat("$${") {
                filled.push_str("${");
            } else if self.eat("${") {
                let value = self.expression()?.into_text();
                if filled.len().saturating_add(value.len()) > LONGEST {
                    return Err(Problem::Evaluation(format!("more than {LONGEST} bytes")));
                }
                filled.push_str(&value);
                self.blanks();
                if !self.eat("}") {
                    return Err(Problem::Syntax);
                }
            } else {
                let next = self.rest().chars().next();
                self.at += next.map_or(0, char::len_utf8);
                return Ok(next);
            }
        }
    }

    fn expression(&mut self) -> Result<Value, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Problem::Syntax);
        }
        self.blanks();
        let value = match self.rest().chars().next() {
            Some('"') => self.quoted().map(Value::Text),
            Some('(') => {
                self.at += 1;
                let value = self.expression()?;
                self.blanks();
                if self.eat(")") { Ok(value) } else { Err(Problem::Syntax) }
            }
            Some('-' | '0'..='9') => self.number().map(Value::Number),
            Some(c) if c.is_ascii_alphabetic() => self.named(),
            _ => Err(Problem::Syntax),
        }?;
        self.depth -= 1;
        Ok(value)
    }

    fn quoted(&mut self) -> Result<String, Problem> {
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.next_in_text(&mut text)? {
                None => return Err(Problem::Syntax),
                Some('"') => return Ok(text),
                Some('\\') => {
                    let escaped = self.rest().chars().next().ok_or(Problem::Syntax)?;
                    self.at += escaped.len_utf8();
                    text.push(match escaped {
                        'n' => '\n',
                        '"' | '\\' => escaped,
                        _ => return Err(Problem::Syntax),
                    });
                }
                Some(c) => text.push(c),
            }
        }
    }

    fn number(&mut self) -> Result<i64, Problem> {
        let rest = self.rest();
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let length = rest.len() - digits.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number = rest.get(..length).and_then(|number| number.parse().ok()).ok_or(Problem::Syntax)?;
        self.at += length;
        Ok(number)
    }

    /// A variable, or a call of the function.
    fn named(&mut self) -> Result<Value, Problem> {
        let began = self.at;
        let rest = self.rest();
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let name = rest.get(..rest.find(|c| !is_of_name(c)).unwrap_or(rest.len())).unwrap_or("").to_owned();
        self.at += name.len();
        self.blanks();
        if self.eat("(") {
            let (first, count) = self.arguments()?;
            return Ok(Value::Text(self.call(&name, first, count, began)));
        }
        let Bindings { full, prefix, suffix, segment, .. } = self.bindings;
        let value = match &*name {
            "name.full" => full,
            "name.prefix" => prefix,
            "name.suffix" => suffix,
            "agent.segment" => segment,
            _ => return Ok(Value::Text(self.fail(began, &format!("unknown variable accessed: {name}")))),
        };
        Ok(Value::Text((*value).to_owned()))
    }

    /// The first argument, if there is any, and how many there are: no function takes more than one.
    fn arguments(&mut self) -> Result<(Option<Value>, usize), Problem> {
        let (mut first, mut count) = (None, 0);
        self.blanks();
        if self.eat(")") {
            return Ok((first, count));
        }
        loop {
            let argument = self.expression()?;
            first.get_or_insert(argument);
            count += 1;
            self.blanks();
            if self.eat(")") {
                return Ok((first, count));
            }
            if !self.eat(",") {
                return Err(Problem::Syntax);
            }
        }
    }

    /// `match(n)`: the text of the n-th group, or nothing where there is none.
    fn call(&mut self, name: &str, argument: Option<Value>, count: usize, began: usize) -> String {
        if name != "match" {
            return self.fail(began, &format!("unknown function called: {name}"));
        }
        let Some(argument) = argument.filter(|_| count == 1) else {
            return self.fail(began, &format!("match: expected 1 arguments, got {count}"));
        };
        let number = match argument {
            Value::Number(number) => Ok(number),
            Value::Text(text) => text.parse::<i64>().map_err(|_| text),
        };
        match number {
            Ok(number) => usize::try_from(number).ok().and_then(|number| self.bindings.groups.get(number)).cloned().unwrap_or_default(),
            Err(text) => {
                self.wrong.get_or_insert_with(|| format!("strconv.ParseInt: parsing {text:?}: invalid syntax"));
                String::new()
            }
        }
    }

    /// Goes on without what there is not, at `place`.
    fn fail(&mut self, place: usize, why: &str) -> String {
        if self.wrong.is_none() {
            self.wrong = Some(format!("{}: {why}", self.line_and_column(place)));
        }
        String::new()
    }

    /// Both from 1.
    fn line_and_column(&self, place: usize) -> String {
        let before = self.text.get(..place).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        format!("{line}:{}", before.rsplit('\n').next().unwrap_or("").len() + 1)
    }
}

impl Value {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bindings() -> Bindings<'static> {
        Bindings { full: "a-b-c", prefix: "a-", suffix: "b-c", segment: "", groups: ["a-b-c", "b", "c"].map(str::to_owned).into() }
    }

    #[test]
    fn as_the_reference_does() {
        for (text, expected) in [
            ("", ""),
            ("plain $ {x} {} } $$ $x", "plain $ {x} {} } $$ $x"),
            ("${name.full}|${name.prefix}|${name.suffix}|${agent.segment}|", "a-b-c|a-|b-c||"),
            ("${match(0)}${ match( 1 ) }${match(\"2\")}${match(9)}${match(-1)}", "a-b-cbc"),
            ("a$${match(1)}", "a${match(1)}"),
            ("${\"in-${name.suffix}\"}${(7)}", "in-b-c7"),
            (r#"${"a\"b\n"}"#, "a\"b\n"),
        ] {
            assert_eq!(filled(text, &bindings()).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_it_is_not() {
        let nested = format!("{}1{}", "${\"".repeat(20), "\"}".repeat(20));
        for text in ["${", "${}", "${name.full", "${match(1}", "${match(1,)}", "${\"a}", r#"${"\x"}"#, "${1 2}", "${é}", "${-}", &nested] {
            assert_eq!(filled(text, &bindings()), Err(Problem::Syntax), "{text}");
        }
        for (text, why) in [
            ("${nope}", "1:3: unknown variable accessed: nope"),
            ("\n ${match(x)}", "2:10: unknown variable accessed: x"),
            ("${lower(name.full)}", "1:3: unknown function called: lower"),
            ("${match()}", "1:3: match: expected 1 arguments, got 0"),
            ("${match(\"a\")}", "strconv.ParseInt: parsing \"a\": invalid syntax"),
        ] {
            assert_eq!(filled(text, &bindings()), Err(Problem::Evaluation(why.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_filled_in_has_an_end() {
        let name = "n".repeat(LONGEST / 4);
        let bindings = Bindings { full: &name, ..Bindings::default() };
        assert_eq!(filled(&"${name.full}".repeat(4), &bindings).map(|text| text.len()), Ok(LONGEST));
        let too_long = Err(Problem::Evaluation("more than 65536 bytes".to_owned()));
        for text in ["${name.full}".repeat(5), format!("${{\"{}\"}}", "${name.full}".repeat(5))] {
            assert_eq!(filled(&text, &bindings), too_long);
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in r#"(\$|\{|\}|\(|\)|"|\\|match|name\.full|,|-|[0-9]| |é|\n){0,24}"#) {
            if let Ok(filled) = filled(&text, &bindings()) {
                prop_assert!(filled.len() <= text.len() * 5);
            }
        }
    }
}
