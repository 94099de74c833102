//! What the tests share: a software authenticator, the vectors of WebAuthn Level 3 made from their
//! derivation, the corpora, and the contract's JSON check.

pub mod attestation;
pub mod authenticator;
pub mod cbor;
pub mod check;
pub mod client_data;
pub mod corpora;
pub mod encoding;
pub mod keys;
pub mod w3c;

// What the README shows has to compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
