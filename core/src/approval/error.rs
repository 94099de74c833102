use core::fmt::{self, Write};

use crate::ceremony::Error;
use crate::encoding::Fault;
use crate::escape::Escaped;

/// Why a receipt is not accepted. Codes are stable; new ones may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiptError {
    /// It is not a receipt.
    Malformed(Fault),
    /// The issuer's receipt key has not signed it.
    SignatureInvalid,
    /// It is of another issuer.
    IssuerMismatch,
    /// It is for another document.
    DocumentMismatch,
    /// The issuer's document key has not signed the document.
    DocumentSignatureInvalid,
    /// An approval, or the receipt itself, was made outside the request's time.
    TimesInvalid,
    /// There are fewer approvals than it takes.
    ApprovalsMissing,
    /// An approval's credential is not one of its approver.
    ApproverUnknown,
    /// Two approvals are of one approver, or of one key.
    ApproverRepeated,
    /// An approval's assertion does not verify.
    Assertion(Error),
    /// An approval's trace is not that of its verification.
    TraceMismatch,
}

impl ReceiptError {
    /// The stable code; that of the ceremony where an assertion does not verify.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "receipt_malformed",
            Self::SignatureInvalid => "receipt_signature_invalid",
            Self::IssuerMismatch => "issuer_mismatch",
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

    /// Writes the verdict of a receipt that is refused.
    pub(super) fn write(&self, out: &mut dyn Write) -> fmt::Result {
        write!(out, r#"{{"accepted":false,"code":"{}""#, self.code())?;
        if let Self::Assertion(error) = self {
            write!(out, r#","step":"{}""#, error.step())?;
        }
        out.write_str(r#","detail":""#)?;
        write!(Escaped(&mut *out), "{self}")?;
        out.write_str("\"}")
    }
}

impl fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(fault) => return write!(f, "The receipt cannot be read: {fault}."),
            Self::Assertion(error) => return write!(f, "An assertion does not verify: {error}"),
            Self::SignatureInvalid => "The receipt is not signed by the issuer's receipt key.",
            Self::IssuerMismatch => "The receipt is of another issuer.",
            Self::DocumentMismatch => "The receipt is for another document.",
            Self::DocumentSignatureInvalid => {
                "The document is not signed by the issuer's document key."
            }
            Self::TimesInvalid => {
                "An approval or the receipt was made before the request began or after it expired."
            }
            Self::ApprovalsMissing => "The receipt has fewer approvals than the policy requires.",
            Self::ApproverUnknown => {
                "An approval is by a credential that its approver does not have."
            }
            Self::ApproverRepeated => "Two approvals are by one approver or with one key.",
            Self::TraceMismatch => "An approval's trace is not that of its verification.",
        })
    }
}

impl core::error::Error for ReceiptError {}
