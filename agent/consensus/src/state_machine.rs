//! The datacenter's state under the log.

use crate::machine::{Committed, Frozen, Machine, MachineError, Outcome};
use api::{Envelope, Op};
use dispatch::{Proposed, Store};
use prost::Message;
use state::{At, Permitted, Restorer, State, Touch};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// Applies writes to a [`State`], and publishes each batch to a [`Store`].
pub struct StateMachine {
    state: State,
    store: Arc<Store>,
}

impl StateMachine {
    /// The empty state, which `store` is to show from now on.
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        Self { state: State::default(), store }
    }
}

/// The bytes of a write in the log.
pub(crate) fn encode(write: &Permitted) -> bytes::Bytes {
    // A oneof is encoded as the field it is: these are the bytes of the envelope.
    let mut body = Vec::with_capacity(write.write().encoded_len());
    write.write().encode(&mut body);
    body.into()
}

/// A write out of the log. Its rule was asked before it was proposed.
fn decode(committed: &Committed) -> Result<Permitted, MachineError> {
    let fail = |reason: String| MachineError { index: committed.index, reason };
    let envelope = Envelope::decode(committed.proposal.body.clone()).map_err(|error| fail(error.to_string()))?;
    match envelope.into_op().map_err(|error| fail(unknown(&committed.proposal.body, &error)))? {
        Op::Write(write) => Ok(Permitted::internal(write)),
        op @ (Op::Read(_) | Op::Local(_)) => Err(fail(format!("`{}` is not a write", op.name()))),
    }
}

/// Names an operation that only a newer server knows, by its tag.
fn unknown(mut body: &[u8], error: &api::Error) -> String {
    match prost::encoding::decode_key(&mut body) {
        Ok((tag, _)) => format!("operation {tag}: {error}"),
        Err(_) => error.to_string(),
    }
}

impl Machine for StateMachine {
    fn apply(&mut self, batch: Vec<Committed>) -> Result<Vec<Outcome>, MachineError> {
        let (mut outcomes, mut touched) = (Vec::with_capacity(batch.len()), Vec::new());
        for committed in batch {
            let at = At { clock_ms: committed.proposal.stamp_ms, seed: committed.proposal.seed };
            let applied = self.state.apply(at, &decode(&committed)?);
            touched.extend(applied.touched);
            outcomes.push(Outcome(Some(applied.outcome.map(|reply| Proposed { reply, index: applied.index }))));
        }
        self.store.publish(self.state.clone(), &touched);
        Ok(outcomes)
    }

    fn freeze(&self) -> Box<dyn Frozen> {
        Box::new(FrozenState(self.state.clone()))
    }

    fn restore(&mut self, body: &mut dyn Read) -> io::Result<()> {
        let invalid = |error: state::RestoreError| io::Error::new(io::ErrorKind::InvalidData, error);
        let mut restorer = Restorer::default();
        let mut piece = vec![0; 64 << 10];
        loop {
            match body.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => restorer.push(&piece[..read]).map_err(invalid)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.state = restorer.finish().map_err(invalid)?;
        self.store.publish(self.state.clone(), &[Touch::Everything]);
        Ok(())
    }
}

/// A snapshot: a few pointers.
struct FrozenState(State);

impl Frozen for FrozenState {
    fn write(self: Box<Self>, out: &mut dyn Write) -> io::Result<()> {
        self.0.snapshot().try_for_each(|record| out.write_all(&record))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Proposal;
    use api::kv;
    use bytes::Bytes;

    fn committed(index: u64, body: Bytes) -> Committed {
        Committed { index, proposal: Proposal { stamp_ms: index, seed: index, body, unix_ms: 0 } }
    }

    fn put(key: &str) -> Bytes {
        encode(&Permitted::internal(api::Write::KvPut(kv::Put { key: key.into(), value: "v".into(), ..Default::default() })))
    }

    #[test]
    fn a_batch_is_published_whole_and_a_snapshot_gives_the_same_state() {
        let store = Arc::new(Store::default());
        let mut machine = StateMachine::new(Arc::clone(&store));
        let outcomes = machine.apply((1..=3).map(|index| committed(index, put(&format!("k{index}")))).collect()).unwrap();
        let indexes: Vec<u64> = outcomes.into_iter().map(|outcome| outcome.0.unwrap().unwrap().index).collect();
        assert_eq!(indexes, [2, 3, 4], "an empty state answers 1");
        assert!(*store.snapshot() == machine.state);

        let mut body = Vec::new();
        machine.freeze().write(&mut body).unwrap();
        let mut restored = StateMachine::new(Arc::default());
        restored.restore(&mut body.as_slice()).unwrap();
        assert!(restored.state == machine.state);

        // Half a snapshot changes nothing.
        let before = restored.state.clone();
        assert!(restored.restore(&mut &body[..body.len() - 1]).is_err());
        assert!(restored.state == before);
    }

    #[test]
    fn an_entry_that_makes_no_sense_stops_with_its_name() {
        let mut machine = StateMachine::new(Arc::default());
        let newer = Bytes::from_static(&[0xfa, 0x7f, 0x00]);
        let refused = machine.apply(vec![committed(7, newer)]).err().unwrap();
        assert_eq!(refused.to_string(), "log entry 7: operation 2047: operation unknown to this server");
        let read = Op::from(kv::Get::default()).encode_to_vec().into();
        let refused = machine.apply(vec![committed(8, read)]).err().unwrap();
        assert_eq!(refused.to_string(), "log entry 8: `kv.get` is not a write");
    }
}
