//! Passes on what the LAN pool says: to who calls servers, to who announces them, and to the trust that pins keys.

use std::sync::Arc;

use lan::LanHandle;
use node::{Identity, Trust};
use tokio_util::sync::CancellationToken;

use crate::announce::Own;
use crate::locals::Locals;
use crate::wan::WanHandle;

pub(crate) struct LanWatch {
    pub(crate) locals: Arc<Locals>,
    pub(crate) own: Arc<Own>,
    /// Where to pin keys; nowhere when a server does it.
    pub(crate) pins: Option<Arc<Trust>>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) wan: WanHandle,
}

impl LanWatch {
    pub(crate) async fn run(self, lan: LanHandle, stop: CancellationToken) {
        let (mut members, mut lan_generation, mut wan_generation) = (lan.members(), lan.generation(), self.wan.generation());
        loop {
            let list = members.borrow_and_update().clone();
            // First the keys: whoever is called must be known by then.
            if let Some(trust) = &self.pins {
                trust.set_members(&list);
            }
            self.locals.handle_members(&list);
            self.own.handle_members(&list);
            let alive = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                changed = members.changed() => changed,
                changed = lan_generation.changed() => changed.inspect(|()| self.persist(*lan_generation.borrow())),
                changed = wan_generation.changed() => changed.inspect(|()| self.persist(*wan_generation.borrow())),
            };
            if alive.is_err() {
                return;
            }
        }
    }

    /// One pool's generation may be behind the other's; the file never goes back.
    fn persist(&self, generation: u64) {
        if generation <= self.identity.generation {
            return;
        }
        if let Err(error) = self.identity.persist(generation) {
            tracing::error!(%error, "the gossip generation was not remembered");
        }
    }
}
