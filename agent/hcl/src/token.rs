//! What HCL1 is made of.

/// A piece of HCL1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Ident(String),
    Text(String),
    Bool(bool),
    Int(i64),
    Float(f64),
    Assign,
    Comma,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    End,
}

impl Token {
    /// How an error names the token.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Ident(_) => "identifier".to_owned(),
            Self::Text(_) => "string".to_owned(),
            Self::Bool(_) => "bool".to_owned(),
            Self::Int(_) | Self::Float(_) => "number".to_owned(),
            Self::Assign => "'='".to_owned(),
            Self::Comma => "','".to_owned(),
            Self::OpenBrace => "'{'".to_owned(),
            Self::CloseBrace => "'}'".to_owned(),
            Self::OpenBracket => "'['".to_owned(),
            Self::CloseBracket => "']'".to_owned(),
            Self::End => "end of text".to_owned(),
        }
    }
}
