//! Who may approve: people and their credentials.
//!
//! `approvers.json` belongs to the people who run the gateway, which only reads it, anew for each
//! approval. What changes with use is in a file beside it, under a lock, so that several processes
//! can work on the same files.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use portcullis_core::algorithm::Es256;
use portcullis_core::data::{CoseKey, PublicKey};
use portcullis_core::{CoseAlgorithm, CredentialRecord, SignatureAlgorithm as _};
use serde::{Deserialize, Serialize};

use super::encoding::Bytes;

/// One person. Several credentials are still one approver.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Approver {
    pub(crate) name: String,
    pub(crate) credentials: Vec<Credential>,
}

/// A credential record, in the form in which Portcullis answers a registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credential {
    pub(crate) id: Bytes,
    pub(crate) public_key: Bytes,
    pub(crate) backup_eligible: Option<bool>,
    #[serde(flatten)]
    pub(crate) state: State,
}

/// What changes each time a credential is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    pub(crate) sign_count: u32,
    pub(crate) backup_state: Option<bool>,
}

impl Credential {
    pub(crate) fn record(&self) -> CredentialRecord<'_> {
        CredentialRecord::new(&self.id.0, &self.public_key.0, self.state.sign_count)
            .with_backup_eligible(self.backup_eligible)
            .with_backup_state(self.state.backup_state)
    }
}

/// The list. Names, credential IDs and keys are unique; every key is one of ES256.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Vec<Approver>", into = "Vec<Approver>")]
pub(crate) struct Approvers(Vec<Approver>);

impl TryFrom<Vec<Approver>> for Approvers {
    type Error = String;

    fn try_from(list: Vec<Approver>) -> Result<Self, String> {
        let (mut names, mut ids, mut points) = (HashSet::new(), HashSet::new(), HashSet::new());
        for approver in &list {
            let name = &approver.name;
            if !names.insert(name) {
                return Err(format!("{name} is on the approvers' list twice"));
            }
            for credential in &approver.credentials {
                if !ids.insert(&credential.id) {
                    return Err(format!("a credential of {name} is on the list twice"));
                }
                let Some(point) = es256_point(&credential.public_key.0) else {
                    return Err(format!("a public key of {name} is not a COSE key of ES256"));
                };
                // Under two names it would count as two approvers.
                if !points.insert(point) {
                    return Err(format!("a public key of {name} is on the list twice"));
                }
            }
        }
        Ok(Self(list))
    }
}

fn es256_point(public_key: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let key = CoseKey::parse(public_key).ok()?;
    if key.algorithm() != CoseAlgorithm::ES256 || Es256.check_key(key.key()).is_err() {
        return None;
    }
    match key.key() {
        PublicKey::Ec2 { x, y, .. } => Some((x.to_vec(), y.to_vec())),
        _ => None,
    }
}

impl From<Approvers> for Vec<Approver> {
    fn from(approvers: Approvers) -> Self {
        approvers.0
    }
}

impl Approvers {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The approver whose credential this is, by name.
    pub(crate) fn find(&self, id: &[u8]) -> Option<(&str, &Credential)> {
        self.0.iter().find_map(|approver| {
            let mut credentials = approver.credentials.iter();
            let credential = credentials.find(|credential| credential.id.0 == id)?;
            Some((approver.name.as_str(), credential))
        })
    }

    pub(crate) fn credentials(&self) -> impl Iterator<Item = &Credential> {
        self.0.iter().flat_map(|approver| &approver.credentials)
    }
}

/// The approvers' files: `approvers.json`, and beside it `approvers.state.json`, where signature
/// counters outlive the process, and `approvers.lock`.
#[derive(Clone, Debug)]
pub(crate) struct ApproversFiles {
    list: PathBuf,
}

/// The states of the credentials that were used, by ID.
type States = BTreeMap<Bytes, State>;

impl ApproversFiles {
    pub(crate) const fn new(list: PathBuf) -> Self {
        Self { list }
    }

    /// The list as it is now.
    pub(crate) fn read(&self) -> io::Result<Approvers> {
        Ok(serde_json::from_slice(&std::fs::read(&self.list)?)?)
    }

    /// The list as it is now with the states that its credentials have now. Other processes wait
    /// until what is returned is dropped.
    pub(crate) fn lock(&self) -> io::Result<LockedApprovers> {
        let lock = File::create(self.list.with_extension("lock"))?;
        lock.lock()?;
        let states_file = self.list.with_extension("state.json");
        let states: States = match std::fs::read(&states_file) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == ErrorKind::NotFound => States::new(),
            Err(error) => return Err(error),
        };
        let mut list = self.read()?;
        let credentials = list
            .0
            .iter_mut()
            .flat_map(|approver| &mut approver.credentials);
        for credential in credentials {
            if let Some(state) = states.get(&credential.id) {
                credential.state = *state;
            }
        }
        Ok(LockedApprovers {
            list,
            states,
            states_file,
            _lock: lock,
        })
    }
}

/// The approvers, while no other process can change their states.
#[derive(Debug)]
pub(crate) struct LockedApprovers {
    list: Approvers,
    states: States,
    states_file: PathBuf,
    /// Unlocks when it closes.
    _lock: File,
}

impl LockedApprovers {
    pub(crate) const fn list(&self) -> &Approvers {
        &self.list
    }

    /// Records the state of a credential that was used: in the file entirely or not at all.
    pub(crate) fn record(mut self, id: Bytes, state: State) -> io::Result<()> {
        self.states.insert(id, state);
        write_whole(&self.states_file, &serde_json::to_vec_pretty(&self.states)?)
    }
}

/// Writes a file entirely or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}
