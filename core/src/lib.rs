//! A WebAuthn verifier for servers, browsers and microcontrollers: one code, one verdict, the same
//! step-by-step reasons everywhere. No `std`, no heap, no `unsafe`.
//!
//! # What comes in, what goes out
//!
//! A response is taken apart ([`RegistrationResponse`], [`AuthenticationResponse`]) and verified against a
//! [`Challenge`] and a [`Policy`], step by step as in section 7 of WebAuthn Level 3:
//! [`verify_registration`], [`verify_authentication`]. What comes out is a proof with getters, or an
//! [`Error`] that names the step. An [`Observer`] sees every step on the way; [`TraceLog`]
//! records them.
//!
//! # Layers
//!
//! Each module knows only those below it: [`ceremony`] over [`attestation`] over [`algorithm`] and the
//! [`Policy`] over [`data`] over the encodings (CBOR, JSON, base64url), with every bound in [`limits`].
//!
//! # Firmware
//!
//! The [`guide`] says what to provide, how much memory it takes, and what is not covered.
//!
//! # Features
//!
//! * `es256` (default), and a feature of its own for each other signature algorithm in [`algorithm`].
//! * `rs1`, `ecdsa-any-hash`: those that only attestation statements and certificates are signed with.
//! * `all-algorithms`: all of those; `all-but-es256` leaves out the first.
//! * `es256-small`: ES256 for microcontrollers and WebAssembly, in this crate's own arithmetic.
//! * `ed448`: Ed448, over a pre-release, so no other feature includes it.
//! * `attestation`: the attestation statement formats that have certificates. It adds no algorithm.
//! * `trust`: paths from those certificates to the caller's roots, and its metadata of authenticator models.
//! * `json`: the JSON forms of responses, and the check and its verdict (module `check`).
//! * `approval`: approvals of documents and their receipts (module `approval`).
//! * `defmt`: errors, steps and traces in a firmware's log.
//! * `inspect`: an explained dump of any artefact (module `inspect`).
//! * `diagnose`: why a check was rejected, and what to change (module `diagnose`).
//!
//! Features only add; none changes a verdict, except that what is not built is not verified.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, reason = "an overflow fails the test")
)]

#[cfg(test)]
extern crate std;

pub mod algorithm;
#[cfg(feature = "approval")]
pub mod approval;
pub mod attestation;
pub mod ceremony;
#[cfg(feature = "json")]
pub mod check;
pub mod data;
#[cfg(feature = "defmt")]
mod defmt_format;
#[cfg(feature = "diagnose")]
pub mod diagnose;
mod encoding;
#[cfg(feature = "json")]
mod escape;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "es256")]
#[doc = include_str!("guide.md")]
pub mod guide {}
#[cfg(feature = "inspect")]
pub mod inspect;
pub mod limits;
mod policy;

pub use algorithm::{Crypto, Sha256, SignatureAlgorithm};
pub use ceremony::{
    Challenge, Error, ErrorKind, Observer, Policy, Step, TraceLog, VerifiedAuthentication,
    VerifiedRegistration, verify_authentication, verify_registration,
};
pub use data::{
    Aaguid, AuthenticationResponse, CoseAlgorithm, CredentialRecord, Origin, RegistrationResponse,
    StoredCredential,
};
pub use encoding::{Fault, FaultKind, Span};
