//! The simplest state: everything that was ever applied, in order.

use bytes::{Buf, BufMut, Bytes};
use consensus::{Committed, Frozen, Machine, MachineError, Outcome};
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

/// Applied bodies, shared with the test that looks at them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    applied: Arc<Mutex<Vec<(u64, Bytes)>>>,
}

impl Journal {
    /// Stamps and bodies applied so far.
    #[must_use]
    pub(crate) fn applied(&self) -> Vec<(u64, Bytes)> {
        self.applied.lock().unwrap().clone()
    }
}

impl Machine for Journal {
    fn apply(&mut self, batch: Vec<Committed>) -> Result<Vec<Outcome>, MachineError> {
        let mut applied = self.applied.lock().unwrap();
        let apply = |committed: Committed| {
            applied.push((committed.proposal.stamp_ms, committed.proposal.body));
            Outcome::default()
        };
        Ok(batch.into_iter().map(apply).collect())
    }

    fn freeze(&self) -> Box<dyn Frozen> {
        Box::new(Pages(self.applied()))
    }

    fn restore(&mut self, body: &mut dyn Read) -> io::Result<()> {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes)?;
        let (mut bytes, mut restored) = (Bytes::from(bytes), Vec::new());
        while bytes.remaining() > 0 {
            let (stamp, length) = (bytes.get_u64_le(), bytes.get_u32_le());
            restored.push((stamp, bytes.split_to(length as usize)));
        }
        *self.applied.lock().unwrap() = restored;
        Ok(())
    }
}

struct Pages(Vec<(u64, Bytes)>);

impl Frozen for Pages {
    fn write(self: Box<Self>, out: &mut dyn Write) -> io::Result<()> {
        for (stamp, body) in self.0 {
            let mut record = Vec::new();
            record.put_u64_le(stamp);
            record.put_u32_le(u32::try_from(body.len()).map_err(io::Error::other)?);
            record.extend_from_slice(&body);
            out.write_all(&record)?;
        }
        Ok(())
    }
}
