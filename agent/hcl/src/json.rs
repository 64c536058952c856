//! JSON (RFC 8259) with spans. Inside `.hcl` texts a comma may stand before `}` and `]`.

use crate::budget::Budget;
use crate::collect::{Collector, Duplicates};
use crate::cursor::{Cursor, describe};
use crate::{Key, Limits, List, Node, Object, ParseError, Problem, Span, Value};

/// Reads a text whose only value is an object.
pub(crate) fn document(text: &str, limits: Limits, duplicates: Duplicates) -> Result<Object, ParseError> {
    let mut reader = Reader { cursor: Cursor::new(text), budget: Budget::new(limits), duplicates };
    reader.skip_blank();
    let start = reader.cursor.here();
    let got = describe(reader.cursor.peek());
    if !reader.cursor.eat('{') {
        return Err(ParseError::expected(start, "'{' of a JSON object", got));
    }
    let object = reader.members()?;
    reader.skip_blank();
    match reader.cursor.peek() {
        None => Ok(object),
        other => {
            let span = reader.cursor.here();
            Err(ParseError::expected(span, "end of text after the object", describe(other)))
        }
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    budget: Budget,
    duplicates: Duplicates,
}

impl Reader<'_> {
    fn skip_blank(&mut self) {
        self.cursor.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T, ParseError> {
        let got = describe(self.cursor.peek());
        Err(ParseError::expected(self.cursor.here(), expected, got))
    }

    fn trailing_comma_allowed(&self) -> bool {
        self.duplicates == Duplicates::Gather
    }

    fn value(&mut self) -> Result<Value, ParseError> {
        self.skip_blank();
        let start = self.cursor.here();
        self.budget.value(start)?;
        let node = match self.cursor.peek() {
            Some('{') => {
                self.cursor.bump();
                self.budget.enter(start)?;
                let object = self.members()?;
                self.budget.leave(1);
                Node::Object(object)
            }
            Some('[') => {
                self.cursor.bump();
                self.budget.enter(start)?;
                let items = self.items()?;
                self.budget.leave(1);
                Node::List(List { items, repeated: false })
            }
            Some('"') => Node::String(self.string()?),
            Some('-' | '0'..='9') => self.number(start)?,
            Some('a'..='z') => self.word(start)?,
            _ => return self.expected("a JSON value"),
        };
        let span = self.cursor.since(start);
        Ok(Value { span, node })
    }

    /// Members up to and including `}`.
    fn members(&mut self) -> Result<Object, ParseError> {
        let mut collector = Collector::new(self.duplicates);
        let mut closable = true;
        loop {
            self.skip_blank();
            if closable && self.cursor.eat('}') {
                return Ok(collector.finish());
            }
            let start = self.cursor.here();
            if self.cursor.peek() != Some('"') {
                return self.expected("a quoted name or '}'");
            }
            let name = self.string()?;
            let span = self.cursor.since(start);
            self.skip_blank();
            if !self.cursor.eat(':') {
                return self.expected("':' after the name");
            }
            let value = self.value()?;
            collector.insert(Key { span, name }, value);
            self.skip_blank();
            if self.cursor.eat(',') {
                closable = self.trailing_comma_allowed();
            } else if self.cursor.eat('}') {
                return Ok(collector.finish());
            } else {
                return self.expected("',' or '}' in an object");
            }
        }
    }

    /// Elements up to and including `]`.
    fn items(&mut self) -> Result<Vec<Value>, ParseError> {
        let mut items = Vec::new();
        let mut closable = true;
        loop {
            self.skip_blank();
            if closable && self.cursor.eat(']') {
                return Ok(items);
            }
            items.push(self.value()?);
            self.skip_blank();
            if self.cursor.eat(',') {
                closable = self.trailing_comma_allowed();
            } else if self.cursor.eat(']') {
                return Ok(items);
            } else {
                return self.expected("',' or ']' in a list");
            }
        }
    }

    fn word(&mut self, start: Span) -> Result<Node, ParseError> {
        match self.cursor.take_while(|c| c.is_ascii_alphanumeric()) {
            "true" => Ok(Node::Bool(true)),
            "false" => Ok(Node::Bool(false)),
            "null" => Ok(Node::Null),
            _ => Err(ParseError::expected(start, "true, false or null", "another word")),
        }
    }

    fn number(&mut self, start: Span) -> Result<Node, ParseError> {
        let accept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
        let text = self.cursor.take_while(accept);
        if !is_json_number(text) {
            return Err(ParseError::number(start, "expected a JSON number"));
        }
        if let Ok(number) = text.parse::<i64>() {
            return Ok(Node::Int(number));
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Node::Float(number)),
            _ => Err(ParseError::number(start, "out of range")),
        }
    }

    /// Reads a string; the cursor stands on the opening quote.
    fn string(&mut self) -> Result<String, ParseError> {
        let start = self.cursor.here();
        self.cursor.bump();
        let mut text = String::new();
        loop {
            let at = self.cursor.here();
            match self.cursor.bump() {
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape(at)?),
                None | Some('\n') => {
                    let problem = Problem::Unterminated { what: "string", expected: "'\"' on the same line" };
                    return Err(ParseError::new(start, problem));
                }
                Some(control) if control < ' ' => {
                    let expected = "no control characters in a string";
                    return Err(ParseError::expected(at, expected, describe(Some(control))));
                }
                Some(other) => text.push(other),
            }
        }
    }

    fn escape(&mut self, at: Span) -> Result<char, ParseError> {
        let illegal = || {
            let expected = r#"one of " \ / b f n r t or u and four hexadecimal digits"#;
            ParseError::new(at, Problem::Escape { expected })
        };
        Ok(match self.cursor.bump().ok_or_else(illegal)? {
            quoted @ ('"' | '\\' | '/') => quoted,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high = self.unit().ok_or_else(illegal)?;
                self.low_surrogate(high).and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(illegal()),
        })
    }

    /// The code point of `high`, joined with the escape that follows if both are surrogates.
    fn low_surrogate(&mut self, high: u32) -> Option<u32> {
        if !(0xd800..0xdc00).contains(&high) {
            return Some(high);
        }
        let before = self.cursor.clone();
        if self.cursor.eat('\\')
            && self.cursor.eat('u')
            && let Some(low @ 0xdc00..=0xdfff) = self.unit()
        {
            return Some(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
        }
        self.cursor = before;
        None
    }

    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + self.cursor.peek()?.to_digit(16)?;
            self.cursor.bump();
        }
        Some(unit)
    }
}

/// RFC 8259 section 6: `[ - ] int [ frac ] [ exp ]`.
fn is_json_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}
