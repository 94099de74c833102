//! Attestation statements. One type a format; what a registration needs of it is [`Attestation`].

use core::fmt::Debug;
use std::sync::Arc;

use crate::{cbor::Cbor, keys::CredentialKey};

/// What makes an attestation statement.
pub trait Attestation: Debug + Send + Sync {
    /// The statement format's identifier.
    fn format(&self) -> &str;
    /// The statement over this authenticator data and client data hash.
    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor;
}

/// Format `none`: nothing is attested.
#[derive(Clone, Copy, Debug)]
pub struct NoAttestation;

impl Attestation for NoAttestation {
    fn format(&self) -> &'static str {
        "none"
    }

    fn statement(&self, _: &[u8], _: &[u8; 32]) -> Cbor {
        Cbor::Map(Vec::new())
    }
}

/// Format `packed` without certificates: the credential's own key signs.
#[derive(Clone, Debug)]
pub struct PackedSelf(
    /// The credential's key.
    pub Arc<dyn CredentialKey>,
);

impl Attestation for PackedSelf {
    fn format(&self) -> &'static str {
        "packed"
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        let signature = self
            .0
            .sign(&[authenticator_data, client_data_hash].concat());
        Cbor::text_map([
            ("alg", Cbor::Int(self.0.algorithm())),
            ("sig", Cbor::Bytes(signature)),
        ])
    }
}

/// Any format with any statement.
#[derive(Clone, Debug)]
pub struct Forged {
    /// The format's identifier.
    pub format: String,
    /// The statement.
    pub statement: Cbor,
}

impl Attestation for Forged {
    fn format(&self) -> &str {
        &self.format
    }

    fn statement(&self, _: &[u8], _: &[u8; 32]) -> Cbor {
        self.statement.clone()
    }
}
