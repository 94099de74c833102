use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

use super::{LoginSigner, Point, SignError};
use crate::token::keys::{CryptoFailure, KeySource};

/// A key of this process: the same secret gives the same key in every one.
#[derive(Debug)]
pub(crate) struct DerivedSigner {
    pair: EcdsaKeyPair,
    public_key: Point,
}

impl DerivedSigner {
    pub(crate) fn new(keys: &KeySource) -> Result<Self, CryptoFailure> {
        // One candidate in four thousand million is no scalar of P-256; the next one then is.
        (0..8_u8)
            .find_map(|attempt| {
                let scalar: [u8; 32] = keys.derive(&[b"login", &[attempt]]);
                let private = PrivateKey::from_private_key(&ECDH_P256, &scalar).ok()?;
                let public = private.compute_public_key().ok()?;
                let pair = EcdsaKeyPair::from_private_key_and_public_key(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    &scalar,
                    public.as_ref(),
                );
                Some(Self {
                    pair: pair.ok()?,
                    public_key: public.as_ref().try_into().ok()?,
                })
            })
            .ok_or(CryptoFailure)
    }
}

#[rocket::async_trait]
impl LoginSigner for DerivedSigner {
    fn public_key(&self) -> &Point {
        &self.public_key
    }

    async fn sign(&self, message: &str) -> Result<Vec<u8>, SignError> {
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes());
        let signature = signature.map_err(|_| CryptoFailure)?;
        Ok(signature.as_ref().to_vec())
    }
}
