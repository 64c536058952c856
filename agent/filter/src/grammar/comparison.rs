//! One test: `selector op value`, `selector is empty`, `value in selector`.

use super::cursor::Cursor;
use crate::ast::Expr;
use crate::ast::Match;
use crate::ast::Operator;

impl Cursor<'_> {
    pub(super) fn comparison(&mut self) -> Option<Expr> {
        let start = self.at();
        if let Some(found) = self.selector_first() {
            return Some(Expr::Match(found));
        }
        self.back_to(start);
        if let Some(found) = self.value_first() {
            return Some(Expr::Match(found));
        }
        self.back_to(start);
        None
    }

    fn selector_first(&mut self) -> Option<Match> {
        let start = self.at();
        let selector = match self.selector() {
            Some(selector) => selector,
            None => {
                let selector = self.json_pointer()?;
                // A quoted text without operator is most likely a value: say what may follow a value.
                let after = self.at();
                let is_selector = self.quietly(|cursor| cursor.value_operator().is_some() || cursor.emptiness().is_some());
                self.back_to(if is_selector { after } else { start });
                if !is_selector {
                    return None;
                }
                selector
            }
        };
        let after = self.at();
        if let Some(operator) = self.value_operator()
            && let Some(value) = self.value()
        {
            return Some(Match { selector, operator, value });
        }
        self.back_to(after);
        let operator = self.emptiness()?;
        Some(Match { selector, operator, value: String::new() })
    }

    fn value_first(&mut self) -> Option<Match> {
        let value = self.value()?;
        let operator = self.words(&["in"], Operator::In).or_else(|| self.words(&["not", "in"], Operator::NotIn))?;
        match self.selector().or_else(|| self.json_pointer()) {
            Some(selector) => Some(Match { selector, operator, value }),
            None => {
                self.fault(self.at(), "match", "Invalid selector");
                None
            }
        }
    }

    /// An operator between selector and value, with the space around it.
    fn value_operator(&mut self) -> Option<Operator> {
        self.sign("==", Operator::Equal)
            .or_else(|| self.sign("!=", Operator::NotEqual))
            .or_else(|| self.words(&["contains"], Operator::In))
            .or_else(|| self.words(&["not", "contains"], Operator::NotIn))
            .or_else(|| self.words(&["matches"], Operator::Matches))
            .or_else(|| self.words(&["not", "matches"], Operator::NotMatches))
    }

    fn emptiness(&mut self) -> Option<Operator> {
        self.postfix(&["is", "empty"], Operator::IsEmpty).or_else(|| self.postfix(&["is", "not", "empty"], Operator::IsNotEmpty))
    }

    /// An operator that needs no space around it.
    fn sign(&mut self, sign: &str, operator: Operator) -> Option<Operator> {
        let start = self.at();
        self.optional_space();
        if !self.literal(sign) {
            self.back_to(start);
            return None;
        }
        self.optional_space();
        Some(operator)
    }

    /// Words with space before, between and after.
    fn words(&mut self, words: &[&str], operator: Operator) -> Option<Operator> {
        let start = self.at();
        if self.postfix(words, operator).is_some() && self.space() {
            return Some(operator);
        }
        self.back_to(start);
        None
    }

    /// Words with space before and between.
    fn postfix(&mut self, words: &[&str], operator: Operator) -> Option<Operator> {
        let start = self.at();
        for word in words {
            if !(self.space() && self.literal(word)) {
                self.back_to(start);
                return None;
            }
        }
        Some(operator)
    }
}
