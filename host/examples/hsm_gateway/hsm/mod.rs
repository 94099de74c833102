//! How an approval becomes a signature.
//!
//! 1. [`Gateway::begin`](gateway::Gateway::begin) makes a [`request`] for a document. Its challenge is
//!    this gateway's, this request's and this document's alone ([`portcullis_core::approval`]).
//! 2. Each approver's browser answers the challenge with an assertion.
//!    [`Gateway::approve`](gateway::Gateway::approve) has the core verify it, with the one signature
//!    algorithm that the token performs ([`verifier`]), and looks up the approver ([`approvers`]).
//! 3. With the last approval that the policy requires, the token ([`token`]) signs the document, and
//!    with its other key the [`receipt`] that says how it came about.
//!
//! [`cli`] has the commands, [`http`] the same as calls and a page, [`audit`] the file in which all of it
//! is recorded.
//!
//! Whatever fails is a [`Refusal`](refusal::Refusal) with a code of its own, and leaves the gateway as
//! it was.

pub(crate) mod approvers;
mod audit;
pub(crate) mod cli;
mod clock;
mod encoding;
pub(crate) mod gateway;
pub(crate) mod http;
pub(crate) mod receipt;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod settings;
pub(crate) mod token;
pub(crate) mod verifier;
