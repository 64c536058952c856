//! What a flag is.

/// A flag of a command, declared once as a constant and used both to parse and to ask
/// for the value ([`crate::flag_parser::Flags`]).
#[derive(Debug)]
pub(crate) struct Flag {
    /// Name without dashes.
    pub(crate) name: &'static str,
    /// What values it takes.
    pub(crate) kind: Kind,
    /// What the help calls the value; empty for a switch.
    pub(crate) placeholder: &'static str,
    /// The help, one paragraph; wrapped when shown.
    pub(crate) help: &'static str,
    /// Value when the flag is absent, shown in the help.
    pub(crate) default: Option<&'static str>,
}

/// The values a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `-x`, `-x=false`; the next argument is never its value.
    Switch,
    /// Any text.
    Text,
    /// Any text, and the flag may be repeated.
    Texts,
    /// An unsigned number of 64 bits: decimal, `0x…`, `0o…`, `0b…`.
    Uint,
    /// The same with a sign.
    Int,
    /// `key=value`, and the flag may be repeated.
    Pairs,
}

impl Flag {
    /// A boolean that is false unless given.
    pub(crate) const fn switch(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Switch, placeholder: "", help, default: None }
    }

    /// A text.
    pub(crate) const fn text(name: &'static str, placeholder: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Text, placeholder, help, default: None }
    }

    /// A text, repeatable.
    pub(crate) const fn texts(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Texts, placeholder: "value", help, default: None }
    }

    /// A number with a sign.
    pub(crate) const fn int(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Int, placeholder: "int", help, default: None }
    }

    /// A number.
    pub(crate) const fn uint(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Uint, placeholder: "uint", help, default: None }
    }

    /// Repeatable `key=value`.
    pub(crate) const fn pairs(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Pairs, placeholder: "key=value", help, default: None }
    }

    /// The same flag with a default.
    pub(crate) const fn or(self, default: &'static str) -> Self {
        Self { name: self.name, kind: self.kind, placeholder: self.placeholder, help: self.help, default: Some(default) }
    }
}
