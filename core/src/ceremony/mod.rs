//! The two ceremonies of WebAuthn Level 3, section 7, from the browser's response on.
//!
//! Each is one function that reads top to bottom as the specification does, and performs every step
//! in one small `check_*` function below it. Input is a response that was only taken apart, a challenge
//! and a [`Policy`]; output is a proof that only this module can construct, or an [`Error`] with its
//! step. An [`Observer`] sees every step.

mod authentication;
mod authenticator_data;
mod client_data;
mod client_extensions;
mod error;
mod registration;
mod run;
mod step;
mod trace;

pub use crate::data::Challenge;
pub use crate::policy::{
    AttestationPolicy, BackupPolicy, CounterPolicy, CrossOrigin, Mediation, Policy,
    UserVerification,
};
pub use authentication::{
    PendingAuthentication, VerifiedAuthentication, begin_authentication, verify_authentication,
};
pub use error::{Error, ErrorKind};
pub use registration::{VerifiedRegistration, verify_registration};
pub use step::{Ceremony, Step};
pub use trace::{Note, Observer, Outcome, TraceEntry, TraceLog, Value};
