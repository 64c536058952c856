//! Pools that have been there for long, for simulations of large ones: to join them all would take longer than all that is of interest.

use std::time::Duration;

use super::Members;
use crate::details::Details;
use crate::identity::Identity;
use crate::{Config, DetailsError, Instance, Keyring, Me};

/// What members know who all know each other, and gossip nothing. Those who are made of it share the memory of their tables.
pub struct Acquainted(Members);

impl Acquainted {
    /// A pool of `first` and all `others`.
    ///
    /// # Errors
    /// [`DetailsError`] as for [`Members::new`].
    pub fn new(config: Config, keyring: Keyring, now: Duration, first: Me, others: &[Me]) -> Result<Self, DetailsError> {
        // It sends nothing that a seed would have to keep apart.
        let mut knowing = Members::new(config, first, keyring, now, [0; 32])?;
        let mut updates = Vec::with_capacity(others.len());
        for other in others.iter().filter(|other| other.addr != knowing.me.addr) {
            let identity = Identity { instance: Instance { addr: other.addr, generation: other.generation }, renewal: 0 };
            let details = Details::new(1, other.name.clone(), other.tags.clone(), other.spki.clone())?;
            knowing.directory.up(now, identity);
            knowing.directory.learn_details(now, identity.instance, details);
            updates.push(foca::Member::new(identity, 0, foca::State::Alive));
        }
        knowing.swim(now, |swim, outputs| swim.apply_many(updates.into_iter(), false, outputs));
        // Nobody is to hear of what has been so for long.
        knowing.directory.publish();
        Ok(Self(knowing))
    }

    /// The member `me` of the pool, else as [`Members::new`].
    ///
    /// # Errors
    /// As there.
    pub fn member(&self, me: Me, now: Duration, seed: [u8; 32]) -> Result<Members, DetailsError> {
        let Self(knowing) = self;
        let (config, keyring) = (knowing.config.clone(), knowing.sealer.keyring.clone());
        let mut member = Members::with_directory(config, me, keyring, now, seed, knowing.directory.clone())?;
        let first = foca::Member::new(knowing.identity, 0, foca::State::Alive);
        let own = member.me.addr;
        let known = knowing.swim.iter_members().cloned().chain([first]).filter(|known| known.id().instance.addr != own);
        member.swim(now, |swim, outputs| swim.apply_many(known, false, outputs));
        member.directory.publish();
        Ok(member)
    }
}
