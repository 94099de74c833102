//! What approvers are asked to approve, and what they have approved.

use portcullis_core::algorithm::SoftSha256;
use portcullis_core::{Sha256 as _, TraceLog, approval};
use serde::{Deserialize, Serialize};

use super::encoding::Bytes;

/// Seconds since 1970.
pub(crate) type Time = u64;

/// A document, by what approvers and verifiers know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) sha256: [u8; 32],
    /// The text that approvers are shown: the document's name.
    pub(crate) text: String,
}

impl Document {
    pub(crate) fn new(text: impl Into<String>, bytes: &[u8]) -> Self {
        Self {
            sha256: SoftSha256.digest(&[bytes]),
            text: text.into(),
        }
    }
}

/// A request for approval, as a receipt has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The gateway's name.
    pub(crate) issuer: String,
    /// Random, so that an approval counts for this request only, even of the same document.
    pub(crate) id: Bytes,
    pub(crate) begun: Time,
    /// From then on it cannot be approved.
    pub(crate) expires: Time,
    /// The document's SHA-256.
    pub(crate) document: Bytes,
    pub(crate) text: String,
}

impl Request {
    /// The challenge for the approvers' authenticators. There is none for a hash of another length.
    pub(crate) fn challenge(&self) -> Option<[u8; 32]> {
        let request = approval::Request {
            issuer: &self.issuer,
            id: &self.id.0,
            begun: self.begun,
            expires: self.expires,
            document: self.document.0.as_slice().try_into().ok()?,
            text: &self.text,
        };
        Some(request.challenge(&SoftSha256))
    }
}

/// An approval that was counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Approval {
    /// Who has approved.
    pub(crate) approver: String,
    /// The ID of the credential used.
    pub(crate) credential: Bytes,
    /// When the gateway verified it.
    pub(crate) time: Time,
    /// The browser's response, byte for byte as it came.
    pub(crate) response: Bytes,
    /// Every step of its verification.
    pub(crate) trace: Vec<TraceStep>,
}

/// A step of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TraceStep {
    pub(crate) step: String,
    pub(crate) outcome: String,
}

/// The steps of a verification, in words.
pub(crate) fn steps<const N: usize>(log: &TraceLog<'_, N>) -> Vec<TraceStep> {
    let entries = log.entries().iter().map(|entry| TraceStep {
        step: entry.step.to_string(),
        outcome: entry.outcome.name().to_owned(),
    });
    entries.collect()
}
