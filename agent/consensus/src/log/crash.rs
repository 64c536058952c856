//! A disk that can lose power: what was not synced survives in part, or not at all.

use parking_lot::{Condvar, Mutex};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use redb::StorageBackend;
use std::io;
use std::sync::Arc;

/// Drives write to a sector or do not.
const SECTOR: usize = 512;

/// A disk shared between a database and the test that pulls its plug.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    /// What a reader sees.
    now: Vec<u8>,
    /// What survives for certain.
    synced: Vec<u8>,
    /// What was written since the last sync.
    pending: Vec<Change>,
    operations: u64,
    power: Option<Power>,
    /// What was left when the power went.
    image: Option<Vec<u8>>,
    syncs_fail: bool,
    held: bool,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Clone, Copy, Debug)]
struct Power {
    fails_at: u64,
    seed: u64,
}

impl Disk {
    /// A disk whose power fails at that operation. It goes on working, for the test to run to its end; see [`Disk::image`].
    pub(super) fn failing(fails_at: u64, seed: u64) -> Self {
        let disk = Self::default();
        disk.state().power = Some(Power { fails_at, seed });
        disk
    }

    /// A disk as it was left.
    pub(super) fn from_image(image: Vec<u8>) -> Self {
        let disk = Self::default();
        *disk.state() = State { now: image.clone(), synced: image, ..State::default() };
        disk
    }

    /// What was left when the power went; if it has not yet, it goes now.
    pub(super) fn image(&self) -> Vec<u8> {
        let mut state = self.state();
        state.image.take().unwrap_or_else(|| state.cut(0))
    }

    /// Runs `f` and says whether there was still power.
    pub(super) fn powered<T>(&self, f: impl FnOnce() -> T) -> Option<T> {
        let state = self.state();
        let result = state.image.is_none().then(f);
        drop(state);
        result
    }

    pub(super) fn fail_syncs(&self) {
        self.state().syncs_fail = true;
    }

    pub(super) fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Holds every sync until [`Disk::release`].
    pub(super) fn hold(&self) {
        self.state().held = true;
    }

    pub(super) fn release(&self) {
        self.state().held = false;
        self.0.1.notify_all();
    }

    fn state(&self) -> parking_lot::MutexGuard<'_, State> {
        self.0.0.lock()
    }
}

impl State {
    fn step(&mut self) {
        self.operations += 1;
        if let Some(power) = self.power
            && self.operations == power.fails_at
        {
            self.image = Some(self.cut(power.seed));
        }
    }

    /// The synced bytes, and whatever of the rest made it.
    fn cut(&self, seed: u64) -> Vec<u8> {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut left = self.synced.clone();
        for change in &self.pending {
            match change {
                Change::Length(length) => {
                    if rng.random_bool(0.5) {
                        left.resize(*length, 0);
                    }
                }
                Change::Write(offset, bytes) => {
                    for (at, sector) in bytes.chunks(SECTOR).enumerate() {
                        if rng.random_bool(0.5) {
                            write(&mut left, offset + at * SECTOR, sector);
                        }
                    }
                }
            }
        }
        left
    }
}

fn write(into: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if into.len() < end {
        into.resize(end, 0);
    }
    into[offset..end].copy_from_slice(bytes);
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().now.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        let start = position(offset);
        let bytes = state.now.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.step();
        state.now.resize(position(len), 0);
        state.pending.push(Change::Length(position(len)));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        while state.held {
            self.0.1.wait(&mut state);
        }
        state.step();
        if state.syncs_fail {
            return Err(io::Error::other("the disk is gone"));
        }
        state.synced = state.now.clone();
        state.pending.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.step();
        write(&mut state.now, position(offset), data);
        state.pending.push(Change::Write(position(offset), data.to_vec()));
        Ok(())
    }
}
