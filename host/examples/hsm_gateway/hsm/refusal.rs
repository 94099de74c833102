//! Why the gateway did not do what it was asked to, each with a stable code.

use portcullis::pkcs11::TokenError;
use portcullis_core::{Error, ErrorKind};

use super::token;

/// A refusal. Nothing has changed: no approval was counted, no counter moved, nothing signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The assertion is over another challenge: of another document, even by one byte, of another
    /// request or of another gateway.
    #[error("the approval is for another document, request or gateway")]
    DocumentMismatch,
    #[error("the assertion does not verify: {0}")]
    Assertion(Error),
    #[error("the credential does not belong to an approver")]
    ApproverUnknown,
    #[error("this approver has already approved the request")]
    ApproverRepeated,
    #[error("this approval was counted before")]
    ApprovalReplayed,
    #[error("the gateway has no such request")]
    RequestUnknown,
    #[error("the request has expired")]
    RequestExpired,
    #[error("the request was already signed")]
    RequestSigned,
    #[error("the gateway has no such policy")]
    PolicyUnknown,
    #[error("the policy requires more approvals than it has approvers")]
    ApproversMissing,
    #[error("too many requests are open")]
    RequestsFull,
    #[error("the approval is larger than any response of a browser")]
    ApprovalTooLarge,
    #[error("{0}")]
    Token(#[from] TokenError),
    #[error("a file cannot be used: {0}")]
    File(#[from] std::io::Error),
    #[error("the receipt does not verify: {0}")]
    Receipt(String),
}

impl Refusal {
    /// What the core has refused. A challenge that differs says more here than there.
    pub(crate) fn of(error: Error) -> Self {
        match error.kind() {
            ErrorKind::ChallengeMismatch => Self::DocumentMismatch,
            _ => Self::Assertion(error),
        }
    }

    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::DocumentMismatch => "document_mismatch",
            Self::Assertion(error) => error.code(),
            Self::ApproverUnknown => "approver_unknown",
            Self::ApproverRepeated => "approver_repeated",
            Self::ApprovalReplayed => "approval_replayed",
            Self::RequestUnknown => "request_unknown",
            Self::RequestExpired => "request_expired",
            Self::RequestSigned => "request_signed",
            Self::PolicyUnknown => "policy_unknown",
            Self::ApproversMissing => "approvers_missing",
            Self::RequestsFull => "requests_full",
            Self::ApprovalTooLarge => "approval_too_large",
            Self::Token(error) => token::code(error),
            Self::File(_) => "file_unusable",
            Self::Receipt(_) => "receipt_invalid",
        }
    }
}
