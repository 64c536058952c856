//! What is done with a delivery by an agent.

use crate::tail::Tail;
use crate::{Delivery, Hook, Script};

/// What is done with each delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handler {
    /// A program is run.
    Script(Script),
    /// It is sent somewhere.
    Hook(Box<Hook>),
}

/// How it went.
#[derive(Debug)]
pub struct Handled {
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// The end of what was written or answered.
    pub output: String,
}

impl Handler {
    /// Does it, to the end.
    pub async fn handle(&self, delivery: &Delivery) -> Handled {
        let mut output = Tail::default();
        let error = match self {
            Self::Script(script) => script.run(delivery, |_, bytes| output.push(bytes)).await.err().map(|error| error.to_string()),
            Self::Hook(hook) => hook.send(delivery, &mut output).await.err().map(|error| error.to_string()),
        };
        Handled { error, output: output.text() }
    }
}
