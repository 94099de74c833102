//! A hash and an algorithm that return constants: what is left is the core alone.

use portcullis_core::algorithm::{KeyError, SignatureError};
use portcullis_core::data::PublicKey;
use portcullis_core::{CoseAlgorithm, Sha256, SignatureAlgorithm};

/// SHA-256 of `example.org`, of whatever is asked for: what the RP id check has to meet.
#[derive(Clone, Copy, Debug)]
pub struct ConstantHash;

impl Sha256 for ConstantHash {
    fn digest(&self, _: &[&[u8]]) -> [u8; 32] {
        [
            0xbf, 0xab, 0xc3, 0x74, 0x32, 0x95, 0x8b, 0x06, 0x33, 0x60, 0xd3, 0xad, 0x64, 0x61,
            0xc9, 0xc4, 0x73, 0x5a, 0xe7, 0xf8, 0xed, 0xd4, 0x65, 0x92, 0xa5, 0xe0, 0xf0, 0x14,
            0x52, 0xb2, 0xe4, 0xb5,
        ]
    }
}

/// ES256 by name, which accepts everything.
#[derive(Clone, Copy, Debug)]
pub struct ConstantAlgorithm;

impl SignatureAlgorithm for ConstantAlgorithm {
    fn algorithm(&self) -> CoseAlgorithm {
        CoseAlgorithm::ES256
    }

    fn check_key(&self, _: &PublicKey<'_>) -> Result<(), KeyError> {
        Ok(())
    }

    fn verify(&self, _: &PublicKey<'_>, _: &[&[u8]], _: &[u8]) -> Result<(), SignatureError> {
        Ok(())
    }
}
