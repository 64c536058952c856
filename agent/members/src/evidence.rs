//! What the network says of a member that answers no probe.
//!
//! A packet that is not answered says little: it was lost, the member is stalled, its machine is gone. A call to its stream port says more,
//! because the machine answers it and not the process: where the process has died the call is refused at once; where it is only stalled, or
//! packets alone are lost, the call is taken.

/// What a call to a member's stream port came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// The machine lives, and nobody listens there.
    Refused,
    /// Somebody listens there, whether or not he answers.
    Open,
}

/// What an accuser has to say beside that no probe was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// Nothing: no call was made.
    #[default]
    None,
    /// A call was made and neither taken nor refused.
    Silent,
    Refused,
    Open,
}

impl Evidence {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Silent => 1,
            Self::Refused => 2,
            Self::Open => 3,
        }
    }

    /// What a newer member has to say counts as nothing.
    pub(crate) fn of_code(code: u8) -> Self {
        match code {
            1 => Self::Silent,
            2 => Self::Refused,
            3 => Self::Open,
            _ => Self::None,
        }
    }

    /// Of a call that was made.
    pub(crate) fn of_call(contact: Option<Contact>) -> Self {
        match contact {
            None => Self::Silent,
            Some(Contact::Refused) => Self::Refused,
            Some(Contact::Open) => Self::Open,
        }
    }
}
