//! Items to WebAuthn's structures, borrowed from the input.

mod aaguid;
mod attestation_object;
mod authenticator_data;
#[cfg(feature = "attestation")]
pub(crate) mod certificate;
mod client_data;
mod cose;
mod credential;
mod extensions;
mod origin;
mod response;
#[cfg(feature = "json")]
pub(crate) mod response_json;
mod time;
#[cfg(any(feature = "diagnose", feature = "inspect"))]
mod user_handle;

pub use aaguid::{Aaguid, AaguidError};
pub(crate) use attestation_object::AttestationObject;
pub use authenticator_data::{AttestedCredentialData, AuthenticatorData, Flags};
#[cfg(feature = "attestation")]
pub use certificate::{BasicConstraints, Certificate, Extension, Name};
pub use client_data::{Challenge, ClientDataReader};
pub(crate) use client_data::{Expected, Finding, Findings};
pub use cose::{CoseAlgorithm, CoseKey, Curve, PublicKey};
pub use credential::{CredentialRecord, StoredCredential, StoredCredentialError};
pub(crate) use extensions::ClientExtensionResults;
pub use extensions::{AuthenticatorExtensions, UserVerificationMethod};
pub use origin::{Origin, OriginError};
pub use response::{AuthenticationResponse, RegistrationResponse};
pub use time::UnixTime;
#[cfg(any(feature = "diagnose", feature = "inspect"))]
pub(crate) use user_handle::names_a_person;
