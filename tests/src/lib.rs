//! What the tests share: a software authenticator, the vectors of WebAuthn Level 3 made from their
//! derivation, the corpora, the contract's JSON check and its verdict, and a running host.

pub mod attestation;
pub mod authenticator;
pub mod cbor;
pub mod certificate;
pub mod chain;
pub mod check;
pub mod client_data;
pub mod corpora;
pub mod der;
pub mod deviations;
pub mod encoding;
pub mod es256;
pub mod host;
pub mod keys;
pub mod ledger;
pub mod metadata;
pub mod mistakes;
pub mod negative;
pub mod npm;
pub mod npm_package;
pub mod person;
pub mod postgres;
pub mod program;
pub mod proxy;
pub mod scene;
pub mod softhsm;
pub mod verdict;
pub mod w3c;
pub mod webassembly;
pub mod windows_hello;
pub mod x5c;
