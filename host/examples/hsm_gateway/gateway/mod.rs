//! How an approval becomes a signature.
//!
//! 1. [`Gateway::begin`](approval::Gateway::begin) hashes the document into a
//!    [`challenge`](request::Request::challenge) that is this gateway's, this request's and this
//!    document's alone.
//! 2. Each approver's browser answers the challenge with an assertion.
//!    [`Gateway::approve`](approval::Gateway::approve) has the core verify it, with the one signature
//!    algorithm that the token answers ([`verifier`]), and holds it against the approvers' list
//!    ([`approvers`]).
//! 3. With the last approval that the policy asks for, the token ([`token`]) signs the document, and
//!    with its other key the [`receipt`] that tells how it came to that.
//!
//! Whatever does not hold is a [`Refusal`](refusal::Refusal) with a code of its own, and leaves the
//! gateway as it was.

pub(crate) mod approval;
pub(crate) mod approvers;
pub(crate) mod cli;
mod encoding;
pub(crate) mod receipt;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod settings;
pub(crate) mod token;
pub(crate) mod verifier;
