//! Who may approve: people, and the credentials that stand for them.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use portcullis_core::algorithm::Es256;
use portcullis_core::data::CoseKey;
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
    pub(crate) sign_count: u32,
    pub(crate) backup_eligible: Option<bool>,
    pub(crate) backup_state: Option<bool>,
}

impl Credential {
    pub(crate) fn record(&self) -> CredentialRecord<'_> {
        CredentialRecord::new(&self.id.0, &self.public_key.0, self.sign_count)
            .with_backup_eligible(self.backup_eligible)
            .with_backup_state(self.backup_state)
    }
}

/// The list, in which no name and no credential comes twice and every key is one of ES256.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Vec<Approver>", into = "Vec<Approver>")]
pub(crate) struct Approvers(Vec<Approver>);

impl TryFrom<Vec<Approver>> for Approvers {
    type Error = String;

    fn try_from(list: Vec<Approver>) -> Result<Self, String> {
        let (mut names, mut ids) = (HashSet::new(), HashSet::new());
        for approver in &list {
            let name = &approver.name;
            if !names.insert(name) {
                return Err(format!("{name} is on the approvers' list twice"));
            }
            for credential in &approver.credentials {
                if !ids.insert(&credential.id) {
                    return Err(format!("a credential of {name} is on the list twice"));
                }
                if !is_es256(&credential.public_key.0) {
                    return Err(format!("a public key of {name} is not a COSE key of ES256"));
                }
            }
        }
        Ok(Self(list))
    }
}

fn is_es256(public_key: &[u8]) -> bool {
    CoseKey::parse(public_key).is_ok_and(|key| {
        key.algorithm() == CoseAlgorithm::ES256 && Es256.check_key(key.key()).is_ok()
    })
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

    /// Whose credential this is.
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

    /// The list after a credential was used.
    #[must_use]
    pub(crate) fn after(&self, id: &[u8], sign_count: u32, backup_state: bool) -> Self {
        let mut list = self.clone();
        let credentials = list
            .0
            .iter_mut()
            .flat_map(|approver| &mut approver.credentials);
        for credential in credentials.filter(|credential| credential.id.0 == id) {
            credential.sign_count = sign_count;
            credential.backup_state = Some(backup_state);
        }
        list
    }
}

/// The list in its file, where signature counters outlive the process.
#[derive(Debug)]
pub(crate) struct ApproversFile {
    path: PathBuf,
    list: Approvers,
}

impl ApproversFile {
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            list: serde_json::from_slice(&std::fs::read(path)?)?,
        })
    }

    pub(crate) const fn list(&self) -> &Approvers {
        &self.list
    }

    /// Puts another list in the place of this one: in the file entirely or not at all, then here.
    pub(crate) fn replace(&mut self, list: Approvers) -> io::Result<()> {
        let beside = self.path.with_extension("new");
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(&serde_json::to_vec_pretty(&list)?)?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.path)?;
        self.list = list;
        Ok(())
    }
}
