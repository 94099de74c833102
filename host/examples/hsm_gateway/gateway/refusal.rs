//! Why the gateway did not do what it was asked to, each with a stable code.

use portcullis_core::{Error, ErrorKind};

use super::token::TokenError;

/// A refusal. Nothing has changed: no approval was counted, no counter moved, nothing signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The answer is to another challenge: of another document, even by one byte, of another
    /// request or of another gateway.
    #[error("the approval is for another document, request or gateway")]
    DocumentMismatch,
    #[error("the assertion does not verify: {0}")]
    Assertion(Error),
    #[error("the credential is not one of an approver")]
    ApproverUnknown,
    #[error("this approver has already approved the request")]
    ApproverRepeated,
    #[error("this very approval was already counted")]
    ApprovalReplayed,
    #[error("the gateway has no such request")]
    RequestUnknown,
    #[error("the request has expired")]
    RequestExpired,
    #[error("the request was already signed")]
    RequestSigned,
    #[error("too many requests are open")]
    RequestsFull,
    #[error("the approval is larger than any response of a browser")]
    ApprovalTooLarge,
    #[error("{0}")]
    Token(#[from] TokenError),
    #[error("the approvers' list cannot be written: {0}")]
    Approvers(#[from] std::io::Error),
}

impl Refusal {
    /// What the core has refused. A challenge that differs is the one thing that says more here.
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
            Self::RequestsFull => "requests_full",
            Self::ApprovalTooLarge => "approval_too_large",
            Self::Token(error) => error.code(),
            Self::Approvers(_) => "approvers_unwritable",
        }
    }
}
