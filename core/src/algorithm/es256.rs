use p256::ecdsa::signature::MultipartVerifier;
use p256::ecdsa::{DerSignature, Signature, VerifyingKey};

use super::{KeyError, SignatureAlgorithm, SignatureError};
use crate::data::{CoseAlgorithm, Curve, PublicKey};

/// ES256: ECDSA on P-256 with SHA-256, signatures in DER (WebAuthn section 6.5.5). A high s is valid.
#[derive(Clone, Copy, Debug, Default)]
pub struct Es256;

impl SignatureAlgorithm for Es256 {
    fn algorithm(&self) -> CoseAlgorithm {
        CoseAlgorithm::ES256
    }

    #[inline(never)]
    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError> {
        verifying_key(key).map(|_| ())
    }

    #[inline(never)]
    fn verify(
        &self,
        key: &PublicKey<'_>,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let key = verifying_key(key).map_err(|_| SignatureError)?;
        let signature: Signature = DerSignature::from_bytes(signature)
            .and_then(TryInto::try_into)
            .map_err(|_| SignatureError)?;
        key.multipart_verify(message, &signature)
            .map_err(|_| SignatureError)
    }
}

/// The key as a point that is on the curve and not at infinity.
fn verifying_key(key: &PublicKey<'_>) -> Result<VerifyingKey, KeyError> {
    let PublicKey::Ec2 {
        curve: Curve::P256,
        x,
        y,
    } = key
    else {
        return Err(KeyError);
    };
    let x: &[u8; 32] = (*x).try_into().map_err(|_| KeyError)?;
    let y: &[u8; 32] = (*y).try_into().map_err(|_| KeyError)?;
    let point = p256::Sec1Point::from_affine_coordinates(x.into(), y.into(), false);
    VerifyingKey::from_sec1_point(&point).map_err(|_| KeyError)
}
