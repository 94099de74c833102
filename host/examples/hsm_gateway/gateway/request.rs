//! What approvers are asked to approve.

use portcullis_core::Sha256 as _;
use portcullis_core::algorithm::SoftSha256;
use serde::{Deserialize, Serialize};

use super::encoding::Bytes;

/// What a challenge is for: no other use of these passkeys hashes a text that begins so.
const PURPOSE: &[u8] = b"portcullis hsm gateway approval v1\0";

/// Seconds since 1970.
pub(crate) type Time = u64;

/// A request for approval: this gateway, this once, until then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The gateway's name.
    pub(crate) gateway: String,
    /// Random, so that an approval is good for this request only, even of the same document.
    pub(crate) id: Bytes,
    pub(crate) begun: Time,
    /// From then on it cannot be approved.
    pub(crate) expires: Time,
}

/// What identifies a document: its hash, and its length for the human eye.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) sha256: Bytes,
    pub(crate) length: usize,
}

impl Document {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: Bytes(SoftSha256.digest(&[bytes]).to_vec()),
            length: bytes.len(),
        }
    }
}

impl Request {
    /// `SHA-256(domain tag || length || document)`, numbers in big-endian order. The domain tag is
    /// the purpose, the gateway's name behind its length, the request's id behind its length, and
    /// both times: no two requests share one, and none is the beginning of another.
    pub(crate) fn challenge(&self, document: &[u8]) -> [u8; 32] {
        SoftSha256.digest(&[
            PURPOSE,
            &length(self.gateway.as_bytes()),
            self.gateway.as_bytes(),
            &length(&self.id.0),
            &self.id.0,
            &self.begun.to_be_bytes(),
            &self.expires.to_be_bytes(),
            &length(document),
            document,
        ])
    }
}

fn length(bytes: &[u8]) -> [u8; 8] {
    // No machine has addresses of more than 64 bits.
    u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes()
}
