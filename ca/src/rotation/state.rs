//! The state machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Action, BundleVersion, Epoch, Refused, Root, RootId, Stage, Terms};
use crate::Validity;
use crate::spiffe::DcName;

/// The roots and who stands under which of them.
///
/// Commands ([`Self::stage`] … [`Self::forget_datacenter`]) change it or say why not; [`Self::due`] says what the
/// driver shall do next. Ask again after each command: one may make another due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    terms: Terms,
    epoch: Epoch,
    version: BundleVersion,
    roots: Vec<Root>,
    datacenters: BTreeMap<DcName, Datacenter>,
}

/// What is known of one datacenter's CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Datacenter {
    root: RootId,
    validity: Validity,
    seen: BundleVersion,
}

impl Rotation {
    /// No root yet: [`Action::StageRoot`] is due.
    pub fn new(terms: Terms) -> Self {
        Self { terms, epoch: Epoch::default(), version: BundleVersion::default(), roots: Vec::new(), datacenters: BTreeMap::new() }
    }

    /// The highest epoch that made a change.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The version of [`Self::bundle`].
    pub fn version(&self) -> BundleVersion {
        self.version
    }

    /// All trusted roots, in the order they came.
    pub fn bundle(&self) -> &[Root] {
        &self.roots
    }

    /// The root that signs.
    pub fn active(&self) -> Option<&Root> {
        self.roots.iter().find(|root| root.is_active())
    }

    /// Puts a new root into the bundle. The very first one is active at once, for nobody can miss it yet.
    pub fn stage(&mut self, epoch: Epoch, id: RootId, validity: Validity, now: u64) -> Result<(), Refused> {
        self.fence(epoch)?;
        if self.roots.iter().any(|root| root.id == id) {
            return Err(Refused::Duplicate(id));
        }
        if let Some(staged) = self.roots.iter().find(|root| root.is_staged()) {
            return Err(Refused::AlreadyStaged(staged.id.clone()));
        }
        if self.roots.len() >= self.terms.max_roots() {
            return Err(Refused::BundleFull(self.roots.len()));
        }
        if validity.is_over(now) {
            return Err(Refused::Expired(id));
        }
        let stage = if self.roots.is_empty() { Stage::Active { since: now } } else { Stage::Staged { since: now } };
        self.changed(epoch);
        self.roots.push(Root { id, validity, added_in: self.version, stage });
        Ok(())
    }

    /// Makes the staged root the one that signs, and retires the one before it. It is not refused where
    /// [`Self::missing`] names datacenters: an operator may decide that a lost datacenter holds nothing up.
    pub fn activate(&mut self, epoch: Epoch, id: &RootId, now: u64) -> Result<(), Refused> {
        self.fence(epoch)?;
        let root = self.root(id)?;
        if !root.is_staged() {
            return Err(Refused::NotStaged(id.clone()));
        }
        if root.validity.is_over(now) {
            return Err(Refused::Expired(id.clone()));
        }
        let last_leaf = now.saturating_add(self.terms.leaf_ttl());
        for root in &mut self.roots {
            if root.is_active() {
                root.stage = Stage::Retired { since: now, last_leaf };
            } else if &root.id == id {
                root.stage = Stage::Active { since: now };
            }
        }
        self.changed(epoch);
        Ok(())
    }

    /// `dc` signs with a new intermediate from now on. To be called when the datacenter has said that it does,
    /// not when the certificate was made: until then it may sign leaves under the former root.
    pub fn intermediate_installed(&mut self, epoch: Epoch, dc: DcName, root: &RootId, validity: Validity, now: u64) -> Result<(), Refused> {
        self.fence(epoch)?;
        if !self.root(root)?.is_active() {
            return Err(Refused::NotActive(root.clone()));
        }
        let known = self.datacenters.get(&dc).map(|it| it.seen);
        if known.is_none() && self.datacenters.len() >= MAX_DATACENTERS {
            return Err(Refused::TooManyDatacenters(self.datacenters.len()));
        }
        // Who works under the active root has it.
        let added = self.root(root)?.added_in;
        let seen = known.map_or(added, |seen| seen.max(added));
        let next = Datacenter { root: root.clone(), validity, seen };
        if let Some(former) = self.datacenters.insert(dc, next) {
            self.no_longer_signs_under(&former.root, now);
        }
        self.epoch = epoch;
        Ok(())
    }

    /// `dc` trusts the bundle of that version. Reports may come late and out of order; only the highest counts.
    pub fn acknowledge(&mut self, dc: &DcName, version: BundleVersion) -> Result<(), Refused> {
        let version = version.min(self.version);
        let Some(datacenter) = self.datacenters.get_mut(dc) else {
            return Err(Refused::UnknownDatacenter(dc.clone()));
        };
        datacenter.seen = datacenter.seen.max(version);
        Ok(())
    }

    /// `dc` left the federation. What it signed is waited for like the leaves of any other.
    pub fn forget_datacenter(&mut self, epoch: Epoch, dc: &DcName, now: u64) -> Result<(), Refused> {
        self.fence(epoch)?;
        let Some(former) = self.datacenters.remove(dc) else {
            return Err(Refused::UnknownDatacenter(dc.clone()));
        };
        self.no_longer_signs_under(&former.root, now);
        self.epoch = epoch;
        Ok(())
    }

    /// Takes a root out of the bundle, once nothing under it can be alive.
    pub fn drop_root(&mut self, epoch: Epoch, id: &RootId, now: u64) -> Result<(), Refused> {
        self.fence(epoch)?;
        if let Some(why) = self.needed(self.root(id)?, now) {
            let root = id.clone();
            return Err(Refused::InUse { root, why });
        }
        self.roots.retain(|root| &root.id != id);
        self.changed(epoch);
        Ok(())
    }

    /// What shall be done at `now`, in this order.
    pub fn due(&self, now: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        for root in &self.roots {
            if self.needed(root, now).is_none() {
                actions.push(Action::DropRoot(root.id.clone()));
            }
        }
        let staged = self.roots.iter().find(|root| root.is_staged());
        match (self.active(), staged) {
            (_, Some(staged)) if self.may_activate(staged, now) => {
                actions.push(Action::ActivateRoot(staged.id.clone()));
            }
            (None, None) => actions.push(Action::StageRoot),
            (Some(active), None) if now >= active.validity.half_life() => {
                actions.push(Action::StageRoot);
            }
            _ => {}
        }
        for (dc, datacenter) in &self.datacenters {
            if self.is_leaf_due(&datacenter.root, datacenter.validity, now) {
                actions.push(Action::RenewIntermediate(dc.clone()));
            }
        }
        actions
    }

    /// Whether a leaf (or intermediate) that stands under `root` shall be renewed: half of its life has passed, or
    /// its root is not the active one any more.
    pub fn is_leaf_due(&self, root: &RootId, validity: Validity, now: u64) -> bool {
        let under_active = self.active().is_some_and(|active| &active.id == root);
        now >= validity.half_life() || !under_active
    }

    /// The datacenters that have not said yet that they trust the root: what its activation waits for.
    pub fn missing<'a>(&'a self, root: &'a Root) -> impl Iterator<Item = &'a DcName> {
        self.datacenters.iter().filter(|(_, datacenter)| datacenter.seen < root.added_in).map(|(dc, _)| dc)
    }

    fn may_activate(&self, staged: &Root, now: u64) -> bool {
        let Stage::Staged { since } = staged.stage else {
            return false;
        };
        let settled = now >= since.saturating_add(self.terms.settle());
        settled && !staged.validity.is_over(now) && self.missing(staged).next().is_none()
    }

    /// Why the root must stay; `None` when it may go.
    fn needed(&self, root: &Root, now: u64) -> Option<String> {
        let Stage::Retired { last_leaf, .. } = root.stage else {
            // A staged root that expired unused only takes a place.
            let useless = root.is_staged() && root.validity.is_over(now);
            return (!useless).then(|| "it is not retired".to_owned());
        };
        if root.validity.is_over(now) {
            return None;
        }
        let under = |(_, datacenter): &(&DcName, &Datacenter)| datacenter.root == root.id;
        if let Some((dc, _)) = self.datacenters.iter().find(under) {
            return Some(format!("datacenter {dc} signs under it"));
        }
        (now <= last_leaf).then(|| format!("leaves under it live until {last_leaf}"))
    }

    fn no_longer_signs_under(&mut self, id: &RootId, now: u64) {
        let until = now.saturating_add(self.terms.leaf_ttl());
        if let Some(root) = self.roots.iter_mut().find(|root| &root.id == id) {
            root.leaf_until(until);
        }
    }

    fn root(&self, id: &RootId) -> Result<&Root, Refused> {
        let found = self.roots.iter().find(|root| &root.id == id);
        found.ok_or_else(|| Refused::UnknownRoot(id.clone()))
    }

    fn fence(&self, given: Epoch) -> Result<(), Refused> {
        if given >= self.epoch {
            return Ok(());
        }
        let current = self.epoch;
        Err(Refused::StaleEpoch { given, current })
    }

    fn changed(&mut self, epoch: Epoch) {
        self.epoch = epoch;
        self.version = BundleVersion(self.version.0.saturating_add(1));
    }
}

/// Far above any federation that was measured; a bound all the same.
const MAX_DATACENTERS: usize = 4096;
