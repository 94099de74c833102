//! The server's algorithms: the core's, with AWS-LC in place of the portable ES256, which nearly
//! every passkey signs with.

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use portcullis_core::algorithm::{
    BUILT_IN, EcdsaP256Sha384, EcdsaP256Sha512, EcdsaP384Sha256, EcdsaP384Sha512, EcdsaP521Sha256,
    EcdsaP521Sha384, Es256, KeyError, SignatureError, SoftSha256,
};
use portcullis_core::data::{Curve, PublicKey};
use portcullis_core::{CoseAlgorithm, Crypto, SignatureAlgorithm};

/// The COSE algorithms to offer, best first.
pub(crate) fn offered() -> Vec<i32> {
    BUILT_IN
        .iter()
        .map(|algorithm| algorithm.algorithm().value())
        .collect()
}

/// What the server verifies with. SHA-1 is left out: no attestation is believed for it here.
pub(crate) const SERVER: Crypto<'static> = Crypto::new(&SoftSha256, &ALGORITHMS)
    .with_attestation_algorithms(&[
        &EcdsaP256Sha384,
        &EcdsaP256Sha512,
        &EcdsaP384Sha256,
        &EcdsaP384Sha512,
        &EcdsaP521Sha256,
        &EcdsaP521Sha384,
    ]);

/// The core's algorithms after AWS-LC's: of two that have the same number the first is used.
const ALGORITHMS: [&dyn SignatureAlgorithm; BUILT_IN.len() + 1] = {
    let mut algorithms: [&dyn SignatureAlgorithm; _] = [&AwsLcEs256; BUILT_IN.len() + 1];
    let mut index = 0;
    while index < BUILT_IN.len() {
        algorithms[index + 1] = BUILT_IN[index];
        index += 1;
    }
    algorithms
};

/// ES256 by AWS-LC.
#[derive(Debug)]
struct AwsLcEs256;

impl SignatureAlgorithm for AwsLcEs256 {
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
        // AWS-LC takes other encodings of a key too, so it is given this one, made here.
        let PublicKey::Ec2 {
            curve: Curve::P256,
            x,
            y,
        } = key
        else {
            return Err(SignatureError);
        };
        if x.len() != 32 || y.len() != 32 {
            return Err(SignatureError);
        }
        let point = [&[0x04], *x, *y].concat();
        let mut context = digest::Context::new(&SHA256);
        for part in message {
            context.update(part);
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify_digest(&context.finish(), signature)
            .map_err(|_| SignatureError)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;

    /// The key of a point `04 || x || y`, where y begins at `y`.
    fn key(point: &[u8], curve: Curve, y: usize) -> PublicKey<'_> {
        PublicKey::Ec2 {
            curve,
            x: &point[1..y],
            y: &point[y..],
        }
    }

    /// Both say the same, and that is returned.
    fn agree(key: &PublicKey<'_>, message: &[&[u8]], signature: &[u8]) -> bool {
        let portable = Es256.verify(key, message, signature);
        assert_eq!(
            AwsLcEs256.verify(key, message, signature),
            portable,
            "{signature:02x?}"
        );
        portable.is_ok()
    }

    #[test]
    fn it_says_what_the_portable_one_says_of_every_changed_byte() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let point = pair.public_key().as_ref().to_vec();
        let good = key(&point, Curve::P256, 33);
        let signature = pair
            .sign(&SystemRandom::new(), b"a message in parts")
            .expect("signs");
        let (message, signature) = ([&b"a message"[..], b" in parts"], signature.as_ref());

        assert!(agree(&good, &message, signature));
        assert!(!agree(&good, &[b"another message"], signature));
        for index in 0..signature.len() {
            for bit in 0..8 {
                let mut changed = signature.to_vec();
                changed[index] ^= 1 << bit;
                assert!(!agree(&good, &message, &changed));
            }
            assert!(!agree(&good, &message, &signature[..index]));
        }
        assert!(!agree(&good, &message, &[signature, &[0]].concat()));
        for index in 1..point.len() {
            let mut changed = point.clone();
            changed[index] ^= 1;
            assert!(!agree(&key(&changed, Curve::P256, 33), &message, signature));
        }
        for curve in [Curve::P384, Curve::P521] {
            assert!(!agree(&key(&point, curve, 33), &message, signature));
        }
        assert!(!agree(&key(&point, Curve::P256, 32), &message, signature));
    }
}
