//! What is signed: tokens of one kind each, the keys they are signed with, and the signers.

pub(crate) mod jwt;
pub(crate) mod keys;
pub(crate) mod login;
pub mod signer;
