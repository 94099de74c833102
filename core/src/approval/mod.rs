//! Approvals: people approve a document with their passkeys, and a receipt proves it offline.
//!
//! # A request
//!
//! The *issuer*, who asks for approvals, makes a [`Request`]: its own name, a random id, the time in
//! which approvals count, the document's SHA-256 and the text that approvers are shown. The
//! [challenge](Request::challenge) of `navigator.credentials.get` is a hash of all of that, so an
//! assertion approves this document with this text, for this issuer, in this request alone. User
//! verification is required.
//!
//! WebAuthn shows an approver no document: the page that asks does. Who controls that page can have
//! another document approved.
//!
//! # A receipt
//!
//! A JWS in compact serialization ([RFC 7515, section 7.1]) with the header [`RECEIPT_HEADER`], signed with
//! ES256 by the issuer's receipt key. Its payload:
//!
//! | member | |
//! | --- | --- |
//! | `issuer`, `id`, `begun`, `expires`, `document`, `text` | the request; `id` and `document` (the SHA-256) in base64url |
//! | `signed` | when the receipt was made; all times are seconds since 1970 |
//! | `signature` | optional: ECDSA on P-256 over the document, `r \|\| s` in base64url, by the issuer's document key |
//! | `approvals` | each with `approver`, `credential` (its id), `time`, `response` (the browser's `AuthenticationResponseJSON`, in base64url, as it came), `trace` (`step` and `outcome` of each step of its verification), and optionally `publicKey` (`COSE_Key`) |
//!
//! [`verify_receipt`] verifies one against what the verifier trusts.
//!
//! [RFC 7515, section 7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1

mod error;
mod input;
mod receipt;
#[cfg(test)]
mod tests;

use core::fmt;

use crate::algorithm::{Crypto, Sha256};
use crate::check::{CheckError, NotACheck};

pub use error::ReceiptError;

/// The header of every receipt, in base64url: `{"alg":"ES256","typ":"portcullis-receipt+jws"}`.
pub const RECEIPT_HEADER: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6InBvcnRjdWxsaXMtcmVjZWlwdCtqd3MifQ";

/// What a challenge is for: no other use of these passkeys hashes a text that begins so.
const PURPOSE: &[u8] = b"portcullis approval v1\0";

/// What approvers are asked to approve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Who asks, by a name that no other issuer of the same approvers has.
    pub issuer: &'a str,
    /// Random, so that an approval counts for this request only.
    pub id: &'a [u8],
    /// When the request was made, in seconds since 1970.
    pub begun: u64,
    /// From then on it cannot be approved, in seconds since 1970.
    pub expires: u64,
    /// The document's SHA-256.
    pub document: &'a [u8; 32],
    /// The text that approvers are shown, such as the document's name.
    pub text: &'a str,
}

impl Request<'_> {
    /// The challenge: the SHA-256 of a domain tag and each member of the request, those of variable
    /// length after their length. Numbers are 64 bits, big-endian. No two requests share one.
    #[must_use]
    pub fn challenge(&self, sha256: &dyn Sha256) -> [u8; 32] {
        sha256.digest(&[
            PURPOSE,
            &length(self.issuer.as_bytes()),
            self.issuer.as_bytes(),
            &length(self.id),
            self.id,
            &self.begun.to_be_bytes(),
            &self.expires.to_be_bytes(),
            self.document,
            &length(self.text.as_bytes()),
            self.text.as_bytes(),
        ])
    }
}

fn length(bytes: &[u8]) -> [u8; 8] {
    // No target has addresses of more than 64 bits.
    u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes()
}

/// Verifies a receipt, and writes the verdict, a JSON object without a line end, to `out`. Returns it too: why
/// the receipt is not accepted, if it is not.
///
/// `json` is an object with the members
///
/// * `receipt`: the receipt's text;
/// * `document`: the SHA-256 of the document in base64url;
/// * `trust`: `issuer`, `rpId`, `origins`, `threshold` (how many approvals it takes), `receiptKey`
///   (the point `04 || x || y` in base64url), optionally `documentKey`, which the document then has to be
///   signed with, and optionally `approvers`, a list of `name` and `credentials`, each of those with `id`,
///   `publicKey` and optionally `backupEligible`. Without `approvers` the receipt itself says who they are
///   and which keys they have.
///
/// It is decoded in place and holds nothing useful afterwards. What only the issuer can know stays its
/// word: the time of each approval, and that signature counters have grown.
///
/// # Errors
///
/// [`CheckError::NotACheck`], with nothing written, where `document` or `trust` cannot be read;
/// [`CheckError::Output`] where the writer fails.
pub fn verify_receipt(
    json: &mut [u8],
    crypto: &Crypto<'_>,
    out: &mut dyn fmt::Write,
) -> Result<Result<(), ReceiptError>, CheckError> {
    let not_a_check = |fault| CheckError::NotACheck(NotACheck::from(fault));
    let check = input::read(json).map_err(not_a_check)?;
    let verified = receipt::verify(json, &check, crypto);
    let written = match &verified {
        Ok(receipt) => receipt.write(json, out),
        Err(error) => error.write(out),
    };
    match written {
        Ok(()) => Ok(verified.map(|_| ())),
        Err(fmt::Error) => Err(CheckError::Output),
    }
}
