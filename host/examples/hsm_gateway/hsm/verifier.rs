//! ES256 as the token verifies it.

use std::sync::{Mutex, PoisonError};

use p256::ecdsa::Signature;
use portcullis::pkcs11::{Point, TokenError};
use portcullis_core::algorithm::{Es256, KeyError, SignatureError, SoftSha256};
use portcullis_core::data::PublicKey;
use portcullis_core::{CoseAlgorithm, Sha256 as _, SignatureAlgorithm};

use super::token::Token;

/// Verifies inside the token. Encodings are judged before they get there: a token may take any bytes
/// for a point or for a number (`SoftHSM` imports points that are not on the curve), and knows no DER.
#[derive(Debug)]
pub(crate) struct TokenEs256<'t> {
    token: &'t Token,
    failure: Mutex<Option<TokenError>>,
}

impl<'t> TokenEs256<'t> {
    pub(crate) const fn new(token: &'t Token) -> Self {
        Self {
            token,
            failure: Mutex::new(None),
        }
    }

    /// Why the token could not verify. To the core that is a signature that does not verify; the
    /// caller has to tell the two apart.
    pub(crate) fn failure(self) -> Option<TokenError> {
        self.failure
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl SignatureAlgorithm for TokenEs256<'_> {
    fn algorithm(&self) -> CoseAlgorithm {
        CoseAlgorithm::ES256
    }

    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError> {
        Es256.check_key(key)
    }

    fn verify(
        &self,
        key: &PublicKey<'_>,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        self.check_key(key).map_err(|_| SignatureError)?;
        let point = point(key).ok_or(SignatureError)?;
        let signature = Signature::from_der(signature).map_err(|_| SignatureError)?;
        let digest = SoftSha256.digest(message);
        match self.token.verify(&point, &digest, &signature.to_bytes()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(SignatureError),
            Err(error) => {
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                *failure = Some(error);
                Err(SignatureError)
            }
        }
    }
}

fn point(key: &PublicKey<'_>) -> Option<Point> {
    let PublicKey::Ec2 { x, y, .. } = key else {
        return None;
    };
    [&[0x04], *x, *y].concat().try_into().ok()
}
