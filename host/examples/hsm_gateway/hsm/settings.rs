//! The gateway's settings, and the part of them that a third party needs.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use portcullis_core::Origin;
use portcullis_core::limits::APPROVALS_MAX;
use serde::{Deserialize, Serialize};

use super::approvers::{Approvers, ApproversFiles};
use super::encoding::Bytes;
use super::token::{RECEIPT_KEY, TokenSettings};

/// `gateway.json`. Paths are relative to its folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    #[serde(flatten)]
    pub(crate) relying_party: RelyingParty,
    /// Seconds for which a request is open.
    pub(crate) life: u64,
    pub(crate) token: TokenSettings,
    /// The file to which each event is appended.
    pub(crate) audit: PathBuf,
    /// The folder for the receipts.
    pub(crate) receipts: PathBuf,
    pub(crate) policies: Vec<Policy>,
}

/// Where approvers use their passkeys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RelyingParty {
    pub(crate) rp_id: String,
    pub(crate) origins: Vec<String>,
}

/// What has to hold for a signature of one key.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Policy {
    /// The policy's name. No other policy or gateway of these approvers has it.
    pub(crate) issuer: String,
    /// The label of the key pair that signs this policy's documents.
    pub(crate) key: String,
    /// How many approvers it takes.
    pub(crate) threshold: usize,
    /// The file with the approvers' list.
    approvers: PathBuf,
    /// The folder with the documents.
    pub(crate) documents: PathBuf,
}

/// What a third party has to know, and trust, to verify a receipt: `trust.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trust {
    pub(crate) issuer: String,
    #[serde(flatten)]
    pub(crate) relying_party: RelyingParty,
    pub(crate) threshold: usize,
    /// The point of the key that signs documents, `04 || x || y`.
    pub(crate) document_key: Bytes,
    /// The point of the key that signs receipts.
    pub(crate) receipt_key: Bytes,
    pub(crate) approvers: Approvers,
}

impl Settings {
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let mut settings: Self = serde_json::from_slice(&std::fs::read(path)?)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        settings.token.pin_file = folder.join(&settings.token.pin_file);
        settings.audit = folder.join(&settings.audit);
        settings.receipts = folder.join(&settings.receipts);
        for policy in &mut settings.policies {
            policy.approvers = folder.join(&policy.approvers);
            policy.documents = folder.join(&policy.documents);
        }
        settings.check().map_err(io::Error::other)?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        self.relying_party.parsed_origins()?;
        let (mut issuers, mut keys) = (HashSet::new(), HashSet::from([RECEIPT_KEY]));
        for Policy {
            issuer,
            key,
            threshold,
            ..
        } in &self.policies
        {
            if !issuers.insert(issuer) {
                return Err(format!("issuer: there are two policies named {issuer}"));
            }
            // The policy that asks for less would sign for the other.
            if !keys.insert(key) {
                return Err(format!("key: {key} is used twice"));
            }
            if !(1..=APPROVALS_MAX).contains(threshold) {
                return Err(format!("threshold: from 1 to {APPROVALS_MAX}"));
            }
        }
        Ok(())
    }
}

impl RelyingParty {
    pub(crate) fn parsed_origins(&self) -> Result<Vec<Origin<'_>>, String> {
        let origins = self.origins.iter().map(|origin| {
            Origin::parse(origin).map_err(|error| format!("origins: {origin}: {error}"))
        });
        origins.collect()
    }
}

impl Policy {
    pub(crate) fn approvers(&self) -> ApproversFiles {
        ApproversFiles::new(self.approvers.clone())
    }
}
