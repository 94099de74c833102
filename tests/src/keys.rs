//! Credential private keys. One type an algorithm; what a passkey needs of it is [`CredentialKey`].

use core::fmt::Debug;

use p256::ecdsa::{Signature, SigningKey, signature::Signer};

use crate::cbor::Cbor;

/// A key pair that signs for a passkey, or an attestation key.
pub trait CredentialKey: Debug + Send + Sync {
    /// The COSE algorithm.
    fn algorithm(&self) -> i64;
    /// The public key as a COSE key, members in canonical order.
    fn cose_key(&self) -> Cbor;
    /// Signs as WebAuthn wants this algorithm's signatures written.
    fn sign(&self, message: &[u8]) -> Vec<u8>;
}

/// ECDSA over P-256 with SHA-256; nonces by RFC 6979, so that the same key and message always give
/// the same signature.
#[derive(Clone, Debug)]
pub struct Es256(SigningKey);

impl Es256 {
    /// The key whose secret scalar is this.
    ///
    /// # Panics
    ///
    /// When the number is zero or not below the group order, which has a chance of 2^-32.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_slice(secret).expect("a scalar of P-256"))
    }

    /// The affine coordinates of the public point.
    #[must_use]
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        let point = self.0.verifying_key().to_sec1_point(false);
        let coordinate =
            |bytes: Option<&p256::FieldBytes>| (*bytes.expect("not the identity")).into();
        (coordinate(point.x()), coordinate(point.y()))
    }

    /// `r || s`, the form that JOSE uses.
    #[must_use]
    pub fn sign_fixed(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        signature.to_bytes().to_vec()
    }
}

impl CredentialKey for Es256 {
    fn algorithm(&self) -> i64 {
        -7
    }

    fn cose_key(&self) -> Cbor {
        let (x, y) = self.coordinates();
        Cbor::int_map([
            (1, Cbor::Int(2)),
            (3, Cbor::Int(self.algorithm())),
            (-1, Cbor::Int(1)),
            (-2, Cbor::bytes(x)),
            (-3, Cbor::bytes(y)),
        ])
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        signature.to_der().as_bytes().to_vec()
    }
}
