//! The grammar of HCL1 over its tokens.
//!
//! ```text
//! items  = { key { key } ( "=" value | object ) [ "," ] }     labels only before an object
//! object = "{" items "}"
//! list   = "[" [ value { "," value } [ "," ] ] "]"
//! ```

use crate::budget::Budget;
use crate::collect::{Collector, Duplicates};
use crate::lexer::Lexer;
use crate::token::Token;
use crate::{Key, Limits, List, Node, Object, ParseError, Span, Value};

/// Reads a whole text.
pub(crate) fn document(text: &str, limits: Limits) -> Result<Object, ParseError> {
    let mut parser = Parser { lexer: Lexer::new(text), budget: Budget::new(limits), peeked: None };
    let (object, _) = parser.items(&Token::End)?;
    Ok(object)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    budget: Budget,
    peeked: Option<(Token, Span)>,
}

impl Parser<'_> {
    fn next(&mut self) -> Result<(Token, Span), ParseError> {
        match self.peeked.take() {
            Some(token) => Ok(token),
            None => self.lexer.next(),
        }
    }

    /// Items up to and including the token `close`, whose span comes back too.
    fn items(&mut self, close: &Token) -> Result<(Object, Span), ParseError> {
        let mut collector = Collector::new(Duplicates::Gather);
        loop {
            let (token, span) = self.next()?;
            if token == *close {
                return Ok((collector.finish(), span));
            }
            let name = match token {
                Token::Ident(name) | Token::Text(name) => name,
                other => {
                    let expected = match close {
                        Token::End => "a key (identifier or string)",
                        _ => "a key (identifier or string) or '}'",
                    };
                    return Err(ParseError::expected(span, expected, other.describe()));
                }
            };
            let value = self.assigned()?;
            collector.insert(Key { span, name }, value);
            let after = self.next()?;
            if after.0 != Token::Comma {
                self.peeked = Some(after);
            }
        }
    }

    /// What follows a key: `= value`, or labels and an object.
    fn assigned(&mut self) -> Result<Value, ParseError> {
        let mut labels = Vec::new();
        let body = loop {
            let (token, span) = self.next()?;
            match token {
                Token::Ident(name) | Token::Text(name) => {
                    self.budget.value(span)?;
                    self.budget.enter(span)?;
                    labels.push(Key { span, name });
                }
                Token::OpenBrace => break self.object(span)?,
                Token::Assign if labels.is_empty() => break self.value()?,
                other => {
                    let expected = match labels.is_empty() {
                        true => "'=', '{' or a label after the key",
                        false => "'{' or a label after a key and its labels",
                    };
                    return Err(ParseError::expected(span, expected, other.describe()));
                }
            }
        };
        let levels = u32::try_from(labels.len()).unwrap_or(u32::MAX);
        self.budget.leave(levels);
        Ok(labels.into_iter().rev().fold(body, nest))
    }

    fn value(&mut self) -> Result<Value, ParseError> {
        let (token, span) = self.next()?;
        let node = match token {
            Token::Bool(truth) => Node::Bool(truth),
            Token::Int(number) => Node::Int(number),
            Token::Float(number) => Node::Float(number),
            Token::Text(text) => Node::String(text),
            Token::OpenBrace => return self.object(span),
            Token::OpenBracket => return self.list(span),
            other => {
                let expected = "a value (number, bool, quoted string, heredoc, list or object)";
                return Err(ParseError::expected(span, expected, other.describe()));
            }
        };
        self.budget.value(span)?;
        Ok(Value { span, node })
    }

    /// The rest of an object whose `{` stood at `open`.
    fn object(&mut self, open: Span) -> Result<Value, ParseError> {
        self.budget.value(open)?;
        self.budget.enter(open)?;
        let (object, close) = self.items(&Token::CloseBrace)?;
        self.budget.leave(1);
        Ok(Value { span: open.to(close), node: Node::Object(object) })
    }

    /// The rest of a list whose `[` stood at `open`.
    fn list(&mut self, open: Span) -> Result<Value, ParseError> {
        self.budget.value(open)?;
        self.budget.enter(open)?;
        let mut items = Vec::new();
        let close = loop {
            let token = self.next()?;
            if token.0 == Token::CloseBracket {
                break token.1;
            }
            self.peeked = Some(token);
            items.push(self.value()?);
            match self.next()? {
                (Token::Comma, _) => {}
                (Token::CloseBracket, span) => break span,
                (other, span) => {
                    let expected = "',' or ']' in a list";
                    return Err(ParseError::expected(span, expected, other.describe()));
                }
            }
        };
        self.budget.leave(1);
        Ok(Value { span: open.to(close), node: Node::List(List { items, repeated: false }) })
    }
}

/// `label {body}` as an object of one entry.
fn nest(body: Value, label: Key) -> Value {
    Value { span: label.span.to(body.span), node: Node::Object(Object { entries: vec![(label, body)] }) }
}
