//! The gateway's settings, and the part of them that a third party needs.

use std::io;
use std::path::{Path, PathBuf};

use portcullis_core::Origin;
use serde::{Deserialize, Serialize};

use super::approvers::{Approvers, ApproversFile};
use super::encoding::Bytes;
use super::token::Place;

/// `gateway.json`. Paths are relative to its folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    #[serde(flatten)]
    pub(crate) policy: Policy,
    /// Seconds that a request is open.
    pub(crate) life: u64,
    pub(crate) token: Place,
    /// The file with the approvers' list.
    pub(crate) approvers: PathBuf,
}

/// What has to hold for a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Policy {
    /// The gateway's name, unlike any other's that these approvers serve.
    pub(crate) gateway: String,
    pub(crate) rp_id: String,
    pub(crate) origins: Vec<String>,
    /// How many approvers it takes.
    pub(crate) threshold: usize,
}

/// What a third party has to know, and trust, to verify a receipt.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trust {
    #[serde(flatten)]
    pub(crate) policy: Policy,
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
        settings.approvers = folder.join(&settings.approvers);
        settings.token.pin_file = folder.join(&settings.token.pin_file);
        settings.policy.check()?;
        Ok(settings)
    }

    /// The approvers' list, if they can ever be enough.
    pub(crate) fn read_approvers(&self) -> io::Result<ApproversFile> {
        let file = ApproversFile::read(&self.approvers)?;
        let (need, have) = (self.policy.threshold, file.list().len());
        if have < need {
            let reason = format!("{need} approvals are asked for, and there are {have} approvers");
            return Err(io::Error::other(reason));
        }
        Ok(file)
    }
}

impl Policy {
    fn check(&self) -> io::Result<()> {
        if self.threshold == 0 {
            return Err(io::Error::other("threshold: at least one approval"));
        }
        self.parsed_origins().map(|_| ())
    }

    pub(crate) fn parsed_origins(&self) -> io::Result<Vec<Origin<'_>>> {
        let origins = self.origins.iter().map(|origin| {
            Origin::parse(origin).map_err(|error| io::Error::other(format!("{origin}: {error}")))
        });
        origins.collect()
    }
}
