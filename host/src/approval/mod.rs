//! Approvals: a person's passkey approves a document, and a receipt proves it offline. Their form, and how
//! they are verified, is [`portcullis_core::approval`]'s.

pub(crate) mod receipt;
pub(crate) mod request;
