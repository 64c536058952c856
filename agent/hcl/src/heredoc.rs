//! Heredocs: `<<WORD`, lines as they stand, `WORD`; `<<-WORD` takes off the indentation.

use crate::cursor::{Cursor, describe};
use crate::{ParseError, Problem};

/// Reads a heredoc; the cursor stands on `<`. Escapes and interpolations are not looked at.
///
/// The blanks before the closing word belong to the text of a plain heredoc (a quirk of the
/// original that users' files may rely on). In an indented one they are the indentation that is
/// taken off every line, provided that every line has it.
pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<String, ParseError> {
    let start = cursor.here();
    cursor.bump();
    if !cursor.eat('<') {
        let got = describe(cursor.peek());
        return Err(ParseError::expected(start, "'<<' of a heredoc", got));
    }
    let indented = cursor.eat('-');
    let word = cursor.take_while(|c| c.is_alphanumeric() || c == '_');
    if word.is_empty() || !cursor.eat('\n') {
        let got = describe(cursor.peek());
        let expected = "a word and the end of the line after '<<'";
        return Err(ParseError::expected(cursor.here(), expected, got));
    }

    let mut lines = Vec::new();
    loop {
        if let Some(blanks) = closing_blanks(cursor, word) {
            return Ok(assemble(&lines, &blanks, indented));
        }
        lines.push(cursor.take_while(|c| c != '\n'));
        if !cursor.eat('\n') {
            let problem = Problem::Unterminated { what: "heredoc", expected: "its word on a line of its own" };
            return Err(ParseError::new(start, problem));
        }
    }
}

/// The blanks before the closing word if it is alone on this line; then the cursor stands behind
/// the word. Otherwise the cursor has not moved.
fn closing_blanks(cursor: &mut Cursor<'_>, word: &str) -> Option<String> {
    let mut ahead = cursor.clone();
    let blanks = ahead.take_while(|c| matches!(c, ' ' | '\t'));
    if !ahead.rest().starts_with(word) {
        return None;
    }
    for _ in word.chars() {
        ahead.bump();
    }
    if !matches!(ahead.peek(), None | Some('\n')) {
        return None;
    }
    *cursor = ahead;
    Some(blanks.to_owned())
}

fn assemble(lines: &[&str], blanks: &str, indented: bool) -> String {
    let strip = indented && lines.iter().all(|line| line.starts_with(blanks));
    let mut text = String::new();
    for line in lines {
        let line = if strip { line.strip_prefix(blanks) } else { None }.unwrap_or(line);
        text.push_str(line);
        text.push('\n');
    }
    if !indented {
        text.push_str(blanks);
    }
    text
}
