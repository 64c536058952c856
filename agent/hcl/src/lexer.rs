//! Cuts HCL1 text into tokens; blanks and comments fall away.

use crate::cursor::{Cursor, describe};
use crate::token::Token;
use crate::{ParseError, Problem, Span, heredoc, number, quoted};

/// Hands out tokens one by one.
pub(crate) struct Lexer<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { cursor: Cursor::new(text) }
    }

    /// The next token and its span; [`Token::End`] for ever at the end.
    pub(crate) fn next(&mut self) -> Result<(Token, Span), ParseError> {
        self.skip_blank()?;
        let start = self.cursor.here();
        let token = self.token(start)?;
        Ok((token, self.cursor.since(start)))
    }

    fn token(&mut self, start: Span) -> Result<Token, ParseError> {
        let Some(first) = self.cursor.peek() else {
            return Ok(Token::End);
        };
        let single = match first {
            '=' => Token::Assign,
            ',' => Token::Comma,
            '{' => Token::OpenBrace,
            '}' => Token::CloseBrace,
            '[' => Token::OpenBracket,
            ']' => Token::CloseBracket,
            '"' => return quoted::read(&mut self.cursor).map(Token::Text),
            '<' => return heredoc::read(&mut self.cursor).map(Token::Text),
            '0'..='9' | '-' | '.' => return number::read(&mut self.cursor),
            letter if letter.is_alphabetic() || letter == '_' => return Ok(self.word()),
            other => {
                let expected = "a key, a value or punctuation";
                return Err(ParseError::expected(start, expected, describe(Some(other))));
            }
        };
        self.cursor.bump();
        Ok(single)
    }

    fn word(&mut self) -> Token {
        let name = self.cursor.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        match name {
            "true" => Token::Bool(true),
            "false" => Token::Bool(false),
            name => Token::Ident(name.to_owned()),
        }
    }

    fn skip_blank(&mut self) -> Result<(), ParseError> {
        loop {
            self.cursor.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
            match self.cursor.peek() {
                Some('#') => self.skip_line(),
                Some('/') => self.skip_slash_comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn skip_line(&mut self) {
        self.cursor.take_while(|c| c != '\n');
    }

    fn skip_slash_comment(&mut self) -> Result<(), ParseError> {
        let start = self.cursor.here();
        self.cursor.bump();
        match self.cursor.peek() {
            Some('/') => self.skip_line(),
            Some('*') => {
                self.cursor.bump();
                let mut star = false;
                loop {
                    match self.cursor.bump() {
                        Some('/') if star => return Ok(()),
                        Some(next) => star = next == '*',
                        None => {
                            let problem = Problem::Unterminated { what: "comment", expected: "'*/'" };
                            return Err(ParseError::new(start, problem));
                        }
                    }
                }
            }
            other => {
                let expected = "'//' or '/*' for a comment";
                return Err(ParseError::expected(start, expected, describe(other)));
            }
        }
        Ok(())
    }
}
