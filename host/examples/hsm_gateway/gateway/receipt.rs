//! The receipt: how a signature came about, for a third party to verify without the gateway.
//!
//! Its text is a JWS in compact form (RFC 7515), signed with ES256 by the token's receipt key.

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use portcullis_core::algorithm::{Es256, SoftSha256};
use portcullis_core::ceremony::UserVerification;
use portcullis_core::limits::TRACE_STEPS_MAX;
use portcullis_core::{
    AuthenticationResponse, Challenge, CredentialRecord, Crypto, Error, Policy, Sha256 as _,
    TraceLog, verify_authentication,
};
use serde::{Deserialize, Serialize};

use super::approval::{Approval, steps};
use super::encoding::{Bytes, base64url, from_base64url};
use super::request::{Document, Request, Time};
use super::settings::Trust;
use super::token::{Key, Token, TokenError};

/// The only header that a receipt has.
const HEADER: &str = r#"{"alg":"ES256","typ":"portcullis-receipt+jws"}"#;

/// What the gateway says, and what stands behind it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) request: Request,
    pub(crate) document: Document,
    /// The token's signature of the document, ECDSA on P-256 with SHA-256, `r || s`.
    pub(crate) signature: Bytes,
    /// When it was made.
    pub(crate) signed: Time,
    pub(crate) approvals: Vec<Approval>,
}

/// Why a receipt is not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiptError {
    #[error("the receipt cannot be read")]
    Malformed,
    #[error("the receipt is not signed by the gateway's receipt key")]
    SignatureInvalid,
    #[error("the receipt is of another gateway")]
    GatewayMismatch,
    #[error("the receipt is for another document")]
    DocumentMismatch,
    #[error("the document is not signed by the gateway's document key")]
    DocumentSignatureInvalid,
    #[error("the times of the receipt are not those of a request that was open")]
    TimesInvalid,
    #[error("there are not as many approvals as the policy asks for")]
    ApprovalsMissing,
    #[error("an approval is by a credential that is none of its approver")]
    ApproverUnknown,
    #[error("an approver counts twice")]
    ApproverRepeated,
    #[error("an assertion does not verify: {0}")]
    Assertion(Error),
    #[error("an approval's trace is not that of its verification")]
    TraceMismatch,
}

impl ReceiptError {
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "receipt_malformed",
            Self::SignatureInvalid => "receipt_signature_invalid",
            Self::GatewayMismatch => "gateway_mismatch",
            Self::DocumentMismatch => "document_mismatch",
            Self::DocumentSignatureInvalid => "document_signature_invalid",
            Self::TimesInvalid => "times_invalid",
            Self::ApprovalsMissing => "approvals_missing",
            Self::ApproverUnknown => "approver_unknown",
            Self::ApproverRepeated => "approver_repeated",
            Self::Assertion(error) => error.code(),
            Self::TraceMismatch => "trace_mismatch",
        }
    }
}

impl Receipt {
    /// The receipt's text, signed by the token.
    pub(crate) fn sign(&self, token: &Token) -> Result<String, TokenError> {
        let payload = serde_json::to_vec(self).map_err(std::io::Error::from)?;
        let signed = format!("{}.{}", base64url(HEADER.as_bytes()), base64url(&payload));
        let digest = SoftSha256.digest(&[signed.as_bytes()]);
        let signature = token.sign(Key::Receipt, &digest)?;
        Ok(format!("{signed}.{}", base64url(&signature)))
    }

    /// Verifies a receipt of this document with what is trusted and nothing else. What the gateway
    /// alone can say stays its word: the time of each step, and that counters have grown.
    pub(crate) fn verify(text: &str, document: &[u8], trust: &Trust) -> Result<Self, ReceiptError> {
        let receipt = open(text.trim_end(), &trust.receipt_key)?;
        if receipt.request.gateway != trust.policy.gateway {
            return Err(ReceiptError::GatewayMismatch);
        }
        if receipt.document != Document::of(document) {
            return Err(ReceiptError::DocumentMismatch);
        }
        if !verifies(&trust.document_key, document, &receipt.signature.0) {
            return Err(ReceiptError::DocumentSignatureInvalid);
        }
        let open = receipt.request.begun..receipt.request.expires;
        let mut times = receipt.approvals.iter().map(|approval| approval.time);
        if !times.all(|time| open.contains(&time)) || !open.contains(&receipt.signed) {
            return Err(ReceiptError::TimesInvalid);
        }
        if receipt.approvals.len() < trust.policy.threshold {
            return Err(ReceiptError::ApprovalsMissing);
        }
        let challenge = receipt.request.challenge(document);
        for (index, approval) in receipt.approvals.iter().enumerate() {
            let before = receipt.approvals.iter().take(index);
            if before
                .into_iter()
                .any(|other| other.approver == approval.approver)
            {
                return Err(ReceiptError::ApproverRepeated);
            }
            verify_approval(approval, &challenge, trust)?;
        }
        Ok(receipt)
    }
}

/// The receipt inside a text that the key has signed.
fn open(text: &str, key: &Bytes) -> Result<Receipt, ReceiptError> {
    let (signed, signature) = text.rsplit_once('.').ok_or(ReceiptError::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(ReceiptError::Malformed)?;
    let signature = from_base64url(signature).ok_or(ReceiptError::Malformed)?;
    if header != base64url(HEADER.as_bytes()) {
        return Err(ReceiptError::Malformed);
    }
    if !verifies(key, signed.as_bytes(), &signature) {
        return Err(ReceiptError::SignatureInvalid);
    }
    from_base64url(payload)
        .and_then(|payload| serde_json::from_slice(&payload).ok())
        .ok_or(ReceiptError::Malformed)
}

/// Whether `r || s` is a signature of the message by the key of this point.
fn verifies(point: &Bytes, message: &[u8], signature: &[u8]) -> bool {
    let key = VerifyingKey::from_sec1_bytes(&point.0);
    let signature = Signature::from_slice(signature);
    matches!((key, signature), (Ok(key), Ok(signature)) if key.verify(message, &signature).is_ok())
}

fn verify_approval(
    approval: &Approval,
    challenge: &[u8; 32],
    trust: &Trust,
) -> Result<(), ReceiptError> {
    let (name, credential) = trust
        .approvers
        .find(&approval.credential.0)
        .ok_or(ReceiptError::ApproverUnknown)?;
    if name != approval.approver {
        return Err(ReceiptError::ApproverUnknown);
    }
    // The list may be older or younger than the receipt: its counter proves nothing here.
    let recorded = credential.record();
    let record = CredentialRecord::new(recorded.id, recorded.public_key, 0)
        .with_backup_eligible(recorded.backup_eligible);
    let mut response = approval.response.to_string().into_bytes();
    let response = AuthenticationResponse::from_json(&mut response);
    let origins = trust
        .policy
        .parsed_origins()
        .map_err(|_| ReceiptError::Malformed)?;
    let rp_ids = [trust.policy.rp_id.as_str()];
    let policy = Policy::new(&rp_ids, &origins).with_user_verification(UserVerification::Required);
    let crypto = Crypto::new(&SoftSha256, &[&Es256]);
    let challenge = Challenge::new(challenge).ok_or(ReceiptError::Malformed)?;
    let mut log = TraceLog::<TRACE_STEPS_MAX>::new();
    verify_authentication(
        &response,
        Some(&record),
        challenge,
        &policy,
        &crypto,
        &mut log,
    )
    .map_err(ReceiptError::Assertion)?;
    if steps(&log) != approval.trace {
        return Err(ReceiptError::TraceMismatch);
    }
    Ok(())
}
