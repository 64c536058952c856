//! The gossip keys of all members of the datacenter.
//!
//! The pool between datacenters is not listed, as Consul's is: its links are TLS and use no gossip key. Each datacenter has keys of its own
//! and is asked by itself (`?dc=`), so that a change cannot end up in half of them.

use super::Office;
use api::Error;
use api::keyring::{Action, Change, Pool, Pools};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lan::KeyringAnswer;
use members::{GossipKey, KeyringOp};

impl Office {
    pub(super) async fn list_keys(&self) -> Result<Pools, Error> {
        let answers = self.everywhere(KeyringOp::List).await?;
        let num_nodes = u32::try_from(answers.len()).unwrap_or(u32::MAX);
        let mut pool = Pool { datacenter: self.settings.agent.datacenter.clone(), num_nodes, ..Pool::default() };
        for keys in answers.iter().filter_map(|answer| answer.keys.as_ref().ok()) {
            for key in keys {
                *pool.keys.entry(STANDARD.encode(key.secret())).or_default() += 1;
            }
            if let Some(primary) = keys.first() {
                *pool.primary_keys.entry(STANDARD.encode(primary.secret())).or_default() += 1;
            }
        }
        Ok(Pools { pools: vec![pool] })
    }

    pub(super) async fn change_keys(&self, op: &Change) -> Result<(), Error> {
        let dc = &self.settings.agent.datacenter;
        let unusable = |why: String| errors(&[format!("{dc} (LAN) error: {why}")]);
        let raw = op.raw().map_err(unusable)?;
        let key = GossipKey::new(&raw).map_err(|error| unusable(error.to_string()))?;
        let op = match op.action() {
            Action::Install => KeyringOp::Install(key),
            Action::Use => KeyringOp::Use(key),
            Action::Remove => KeyringOp::Remove(key),
            Action::Unknown => return Err(Error::protocol("unknown change of a keyring")),
        };
        tracing::info!(action = ?op, "changing the gossip keys of the datacenter");
        self.everywhere(op).await.map(drop)
    }

    /// What every member answered; an error if any of them failed, which names them.
    async fn everywhere(&self, op: KeyringOp) -> Result<Vec<KeyringAnswer>, Error> {
        let answers = self.lan.keyring_everywhere(op).await.map_err(|error| Error::failed(error.to_string()))?;
        match failures(&self.settings.agent.datacenter, &answers) {
            None => Ok(answers),
            Some(failed) => Err(failed),
        }
    }
}

fn failures(dc: &str, answers: &[KeyringAnswer]) -> Option<Error> {
    let failed = answers.iter().filter_map(|answer| Some(format!("{}: {}", answer.member, answer.keys.as_ref().err()?)));
    let failed: Vec<String> = failed.collect();
    if failed.is_empty() {
        return None;
    }
    let all = format!("{dc} (LAN) error: {}/{} nodes reported failure", failed.len(), answers.len());
    Some(errors(&[&[all][..], &failed].concat()))
}

/// As Consul lists them.
fn errors(all: &[String]) -> Error {
    let plural = if all.len() == 1 { "error" } else { "errors" };
    let lines: String = all.iter().map(|error| format!("\t* {error}\n")).collect();
    Error::failed(format!("{} {plural} occurred:\n{lines}\n", all.len()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test has nobody to hand an error to")]
    use super::*;

    #[test]
    fn who_failed_is_named_in_consuls_words() {
        let ok = KeyringAnswer { member: "n1".to_owned(), keys: Ok(Vec::new()) };
        let failed = |name: &str, why: &str| KeyringAnswer { member: name.to_owned(), keys: Err(why.to_owned()) };
        assert!(failures("dc1", std::slice::from_ref(&ok)).is_none());
        let answers = [ok, failed("n2", "Removing the primary key is not allowed"), failed("n3", "i/o timeout")];
        let expected = "3 errors occurred:\n\t* dc1 (LAN) error: 2/3 nodes reported failure\n\t* n2: Removing the primary key is not allowed\n\t* n3: i/o timeout\n\n";
        assert_eq!(failures("dc1", &answers).unwrap().text, expected);
        assert_eq!(errors(&["a".to_owned()]).text, "1 error occurred:\n\t* a\n\n");
    }
}
