//! What the tests share: a software authenticator, the vectors of WebAuthn Level 3 made from their
//! derivation, the corpora, and the contract's JSON check.

pub mod attestation;
pub mod authenticator;
pub mod cbor;
pub mod certificate;
pub mod check;
pub mod client_data;
pub mod corpora;
pub mod der;
pub mod encoding;
pub mod keys;
pub mod softhsm;
pub mod w3c;
