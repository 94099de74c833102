//! The server's algorithms: the core's, with AWS-LC in place of the portable ones where it has them. Which keys
//! there are is the core's to say: AWS-LC takes other encodings, other lengths and weak points too.

use std::sync::LazyLock;

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, EcdsaVerificationAlgorithm, ML_DSA_44, ML_DSA_65, ML_DSA_87,
    PqdsaVerificationAlgorithm, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};
use portcullis_core::algorithm::{
    BUILT_IN, EcdsaP256Sha384, EcdsaP256Sha512, EcdsaP384Sha256, EcdsaP384Sha512, EcdsaP521Sha256,
    EcdsaP521Sha384, Ed25519, EdDsa, Es256, Es384, Es512, Esp256, Esp384, Esp512, KeyError,
    MlDsa44, MlDsa65, MlDsa87, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512, SignatureError,
    SoftSha256,
};
use portcullis_core::data::{Curve, PublicKey};
use portcullis_core::{CoseAlgorithm, Crypto, SignatureAlgorithm};

/// The COSE algorithms that a registration is offered, best first.
pub(crate) static OFFERED: LazyLock<Vec<i32>> = LazyLock::new(|| {
    let built_in = BUILT_IN.iter();
    built_in.map(|by| by.algorithm().value()).collect()
});

/// What the server verifies with. SHA-1 is left out: no attestation is believed for it here.
pub(crate) const SERVER: Crypto<'static> =
    Crypto::new(&SoftSha256, &ALGORITHMS).with_attestation_algorithms(&ATTESTATION);

/// Those that AWS-LC has, the most frequent first.
const NATIVE: [&dyn SignatureAlgorithm; 17] = [
    &ecdsa(&Es256, Curve::P256, &ECDSA_P256_SHA256_ASN1, &SHA256),
    &ecdsa(&Esp256, Curve::P256, &ECDSA_P256_SHA256_ASN1, &SHA256),
    &by(&EdDsa, Scheme::Ed25519),
    &by(&Ed25519, Scheme::Ed25519),
    &by(&Rs256, Scheme::Rsa(&RSA_PKCS1_2048_8192_SHA256)),
    &by(&Rs384, Scheme::Rsa(&RSA_PKCS1_2048_8192_SHA384)),
    &by(&Rs512, Scheme::Rsa(&RSA_PKCS1_2048_8192_SHA512)),
    &by(&Ps256, Scheme::Rsa(&RSA_PSS_2048_8192_SHA256)),
    &by(&Ps384, Scheme::Rsa(&RSA_PSS_2048_8192_SHA384)),
    &by(&Ps512, Scheme::Rsa(&RSA_PSS_2048_8192_SHA512)),
    &ecdsa(&Es384, Curve::P384, &ECDSA_P384_SHA384_ASN1, &SHA384),
    &ecdsa(&Esp384, Curve::P384, &ECDSA_P384_SHA384_ASN1, &SHA384),
    &ecdsa(&Es512, Curve::P521, &ECDSA_P521_SHA512_ASN1, &SHA512),
    &ecdsa(&Esp512, Curve::P521, &ECDSA_P521_SHA512_ASN1, &SHA512),
    &by(&MlDsa44, Scheme::MlDsa(&ML_DSA_44)),
    &by(&MlDsa65, Scheme::MlDsa(&ML_DSA_65)),
    &by(&MlDsa87, Scheme::MlDsa(&ML_DSA_87)),
];

/// The core's algorithms after AWS-LC's: of two that have the same number the first is used.
const ALGORITHMS: [&dyn SignatureAlgorithm; NATIVE.len() + BUILT_IN.len()] = {
    let mut algorithms: [&dyn SignatureAlgorithm; _] = [NATIVE[0]; NATIVE.len() + BUILT_IN.len()];
    let mut index = 0;
    while index < algorithms.len() {
        algorithms[index] = if index < NATIVE.len() {
            NATIVE[index]
        } else {
            BUILT_IN[index - NATIVE.len()]
        };
        index += 1;
    }
    algorithms
};

const ATTESTATION: [&dyn SignatureAlgorithm; 6] = [
    &ecdsa(
        &EcdsaP256Sha384,
        Curve::P256,
        &ECDSA_P256_SHA384_ASN1,
        &SHA384,
    ),
    &ecdsa(
        &EcdsaP256Sha512,
        Curve::P256,
        &ECDSA_P256_SHA512_ASN1,
        &SHA512,
    ),
    &ecdsa(
        &EcdsaP384Sha256,
        Curve::P384,
        &ECDSA_P384_SHA256_ASN1,
        &SHA256,
    ),
    &ecdsa(
        &EcdsaP384Sha512,
        Curve::P384,
        &ECDSA_P384_SHA512_ASN1,
        &SHA512,
    ),
    &ecdsa(
        &EcdsaP521Sha256,
        Curve::P521,
        &ECDSA_P521_SHA256_ASN1,
        &SHA256,
    ),
    &ecdsa(
        &EcdsaP521Sha384,
        Curve::P521,
        &ECDSA_P521_SHA384_ASN1,
        &SHA384,
    ),
];

/// The y of Ed25519's points of small order, little-endian, without the sign of x
/// ([RFC 7748's curve](https://www.rfc-editor.org/rfc/rfc7748#section-4.1) in Edwards form): 1, -1, 0, and two
/// of order 8.
const SMALL_ORDER: [[u8; 32]; 5] = [
    ONE,
    *b"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    [0; 32],
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
];

const ONE: [u8; 32] = {
    let mut y = [0; 32];
    y[0] = 1;
    y
};

/// A verification by AWS-LC. Its number, and which keys are accepted at a registration, are the portable
/// one's.
struct Native {
    portable: &'static dyn SignatureAlgorithm,
    scheme: Scheme,
}

/// How AWS-LC is asked.
enum Scheme {
    Ecdsa {
        curve: Curve,
        by: &'static EcdsaVerificationAlgorithm,
        hash: &'static digest::Algorithm,
    },
    Ed25519,
    Rsa(&'static RsaParameters),
    MlDsa(&'static PqdsaVerificationAlgorithm),
}

const fn by(portable: &'static dyn SignatureAlgorithm, scheme: Scheme) -> Native {
    Native { portable, scheme }
}

const fn ecdsa(
    portable: &'static dyn SignatureAlgorithm,
    curve: Curve,
    by: &'static EcdsaVerificationAlgorithm,
    hash: &'static digest::Algorithm,
) -> Native {
    let scheme = Scheme::Ecdsa { curve, by, hash };
    Native { portable, scheme }
}

impl SignatureAlgorithm for Native {
    fn algorithm(&self) -> CoseAlgorithm {
        self.portable.algorithm()
    }

    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError> {
        self.portable.check_key(key)
    }

    fn verify(
        &self,
        key: &PublicKey<'_>,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let verified = match (&self.scheme, key) {
            (Scheme::Ecdsa { curve, by, hash }, PublicKey::Ec2 { curve: own, x, y }) => {
                let length = curve.coordinate_length();
                if own != curve || x.len() != length || y.len() != length {
                    return Err(SignatureError);
                }
                let mut context = digest::Context::new(hash);
                for part in message {
                    context.update(part);
                }
                // AWS-LC takes other encodings of a point too, so it is given this one, made here.
                let key = UnparsedPublicKey::new(*by, [&[0x04], *x, *y].concat());
                key.verify_digest(&context.finish(), signature)
            }
            (
                Scheme::Ed25519,
                PublicKey::Okp {
                    curve: Curve::Ed25519,
                    x,
                },
            ) => {
                let r = signature.first_chunk().ok_or(SignatureError)?;
                let x: &[u8; 32] = (*x).try_into().map_err(|_| SignatureError)?;
                if !is_strict(x) || !is_strict(r) {
                    return Err(SignatureError);
                }
                UnparsedPublicKey::new(&ED25519, x).verify(&message.concat(), signature)
            }
            (Scheme::Rsa(parameters), PublicKey::Rsa { n, e }) => {
                self.check_key(key).map_err(|_| SignatureError)?;
                let key = RsaPublicKeyComponents { n, e };
                key.verify(parameters, &message.concat(), signature)
            }
            (Scheme::MlDsa(by), PublicKey::Akp { public_key }) => {
                self.check_key(key).map_err(|_| SignatureError)?;
                UnparsedPublicKey::new(*by, public_key).verify(&message.concat(), signature)
            }
            _ => return Err(SignatureError),
        };
        verified.map_err(|_| SignatureError)
    }
}

/// Whether a point of Ed25519 is written in its one encoding, y below the field's prime 2^255 - 19, and is
/// not of small order. That it is on the curve AWS-LC finds out.
fn is_strict(point: &[u8; 32]) -> bool {
    let mut y = *point;
    y[31] &= 0x7f;
    let [low, middle @ .., high] = &y;
    let all_ones = *high == 0x7f && middle.iter().all(|byte| *byte == 0xff);
    (!all_ones || *low < 0xed) && !SMALL_ORDER.contains(&y)
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
            NATIVE[0].verify(key, message, signature),
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
