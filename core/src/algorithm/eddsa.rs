use ed25519_dalek::ed25519::signature::MultipartVerifier;
use ed25519_dalek::{Signature, VerifyingKey};

use super::{KeyError, SignatureError, signature_algorithm};
use crate::data::{Curve, PublicKey};

signature_algorithm! {
    /// `EdDSA`: in WebAuthn Ed25519
    /// ([section 5.8.5](https://www.w3.org/TR/webauthn-3/#sctn-alg-identifier)).
    EdDsa, EDDSA, check_key,
    |key, message, signature| verify(key, message, signature)
}

signature_algorithm! {
    /// Ed25519: `EdDSA` under its fully specified number.
    Ed25519, ED25519, check_key,
    |key, message, signature| verify(key, message, signature)
}

/// A new key also has to be of full order: one with a part of small order would be several keys to
/// verifiers that use the cofactor.
#[inline(never)]
fn check_key(key: &PublicKey<'_>) -> Result<(), KeyError> {
    if verifying_key(key)?.to_edwards().is_torsion_free() {
        Ok(())
    } else {
        Err(KeyError)
    }
}

/// The key as a point that is on the curve, in its one encoding, and not of small order.
#[inline(never)]
fn verifying_key(key: &PublicKey<'_>) -> Result<VerifyingKey, KeyError> {
    let PublicKey::Okp {
        curve: Curve::Ed25519,
        x,
    } = key
    else {
        return Err(KeyError);
    };
    let x: &[u8; 32] = (*x).try_into().map_err(|_| KeyError)?;
    point(x).ok_or(KeyError)
}

/// The strict verification of `ed25519-dalek`, which has it only for a message in one piece: neither
/// key nor R of small order, and the rest as RFC 8032 has it, without the cofactor.
#[inline(never)]
fn verify(key: &PublicKey<'_>, message: &[&[u8]], signature: &[u8]) -> Result<(), SignatureError> {
    let key = verifying_key(key).map_err(|_| SignatureError)?;
    let signature = Signature::from_slice(signature).map_err(|_| SignatureError)?;
    point(signature.r_bytes()).ok_or(SignatureError)?;
    key.multipart_verify(message, &signature)
        .map_err(|_| SignatureError)
}

fn point(bytes: &[u8; 32]) -> Option<VerifyingKey> {
    if !is_canonical(bytes) {
        return None;
    }
    VerifyingKey::from_bytes(bytes)
        .ok()
        .filter(|point| !point.is_weak())
}

/// Whether y is below the field's prime, 2^255 - 19. (A zero x with the sign of a negative one is of
/// small order.)
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = bytes;
    let all_ones = high & 0x7f == 0x7f && middle.iter().all(|byte| *byte == 0xff);
    !all_ones || *low < 0xed
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::EdDsa;
    use crate::algorithm::SignatureAlgorithm;
    use crate::data::{Curve, PublicKey};

    const ED25519: Curve = Curve::Ed25519;

    /// y = 1, y = -1, y = 0 twice, and four points of order 8 (RFC 7748's curve in Edwards form).
    const SMALL_ORDER: &[&str] = &[
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ];

    fn point(hex: &str) -> [u8; 32] {
        core::array::from_fn(|at| {
            let digits = hex.get(2 * at..2 * at + 2).expect("64 digits");
            u8::from_str_radix(digits, 16).expect("hex")
        })
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        for hex in SMALL_ORDER {
            let key = PublicKey::Okp {
                curve: ED25519,
                x: &point(hex),
            };
            assert!(EdDsa.check_key(&key).is_err(), "{hex}");
        }
    }

    #[test]
    fn a_key_with_a_part_of_small_order_is_refused() {
        // The key of the secret 07 repeated, and a point of order 8 added to it.
        let own = SigningKey::from_bytes(&[7; 32]).verifying_key().to_bytes();
        let mixed = point("1f4f580e73ac208f06760190e9edc6f5916775dabd9c1cdca393175c2d6d1083");
        let is_key = |x: &[u8; 32]| {
            EdDsa
                .check_key(&PublicKey::Okp { curve: ED25519, x })
                .is_ok()
        };
        assert!(is_key(&own));
        assert!(!is_key(&mixed));
    }

    #[test]
    fn a_key_has_one_encoding() {
        // y + p for every y below 19: some are points.
        for y in 0..19_u8 {
            for sign in [0x7f, 0xff] {
                let mut x = [0xff; 32];
                x[0] = 0xed + y;
                x[31] = sign;
                let key = PublicKey::Okp {
                    curve: ED25519,
                    x: &x,
                };
                assert!(EdDsa.check_key(&key).is_err(), "{x:02x?}");
            }
        }
    }

    #[test]
    fn r_of_small_order_and_s_above_the_order_are_refused() {
        let signer = SigningKey::from_bytes(&[7; 32]);
        let x = signer.verifying_key().to_bytes();
        let key = PublicKey::Okp {
            curve: ED25519,
            x: &x,
        };
        let signature = signer.sign(b"message").to_bytes();
        let verifies = |signature: &[u8]| EdDsa.verify(&key, &[b"mess", b"age"], signature).is_ok();
        assert!(verifies(&signature));

        for hex in SMALL_ORDER {
            let mut weak = signature;
            weak[..32].copy_from_slice(&point(hex));
            assert!(!verifies(&weak), "{hex}");
        }

        // S + L: the same point, another signature.
        let order = point("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut carry = 0;
        let mut high = signature;
        for (byte, add) in high[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert!(!verifies(&high));
        assert!(!verifies(&signature[..63]));
        assert!(!verifies(&[&signature[..], &[0]].concat()));
    }
}
