//! ECDSA over one crate for each curve: any s from 1 to the order. COSE's fully specified algorithms
//! (RFC 9864) are the older ones with the curve that WebAuthn gives them anyway.

/// One curve over its crate: `check_key`, and `verify` over a digest of any length.
macro_rules! curve {
    ($library:ident, $curve:ident, $length:literal) => {
        use $library::ecdsa::signature::hazmat::PrehashVerifier;
        use $library::ecdsa::{Signature, VerifyingKey};
        use $library::{FieldBytes, Sec1Point};

        use super::{KeyError, SignatureError, ecdsa_signature, hash};
        use crate::data::{Curve, PublicKey};

        /// The key as a point that is on the curve and not at infinity; the order of all those is
        /// the curve's.
        fn verifying_key(key: &PublicKey<'_>) -> Result<VerifyingKey, KeyError> {
            let PublicKey::Ec2 {
                curve: Curve::$curve,
                x,
                y,
            } = key
            else {
                return Err(KeyError);
            };
            let x = FieldBytes::try_from(*x).map_err(|_| KeyError)?;
            let y = FieldBytes::try_from(*y).map_err(|_| KeyError)?;
            let point = Sec1Point::from_affine_coordinates(&x, &y, false);
            VerifyingKey::from_sec1_point(&point).map_err(|_| KeyError)
        }

        #[inline(never)]
        fn check_key(key: &PublicKey<'_>) -> Result<(), KeyError> {
            verifying_key(key).map(|_| ())
        }

        #[inline(never)]
        fn verify(
            key: &PublicKey<'_>,
            digest: &hash::Digest,
            signature: &[u8],
        ) -> Result<(), SignatureError> {
            let key = verifying_key(key).map_err(|_| SignatureError)?;
            let (r, s) = ecdsa_signature::split(signature).map_err(|_| SignatureError)?;
            let r = ecdsa_signature::padded::<$length>(r).ok_or(SignatureError)?;
            let s = ecdsa_signature::padded::<$length>(s).ok_or(SignatureError)?;
            let signature = Signature::from_scalars(r, s).map_err(|_| SignatureError)?;
            // k256 rejects high-S signatures; normalise first.
            let signature = signature.normalize_s();
            key.verify_prehash(digest.as_ref(), &signature)
                .map_err(|_| SignatureError)
        }
    };
}

/// An algorithm on the curve of the module that calls this.
macro_rules! algorithm {
    ($(#[$attribute:meta])* $name:ident, $algorithm:ident, $hash:ident) => {
        super::signature_algorithm! {
            $(#[$attribute])*
            $name, $algorithm, check_key,
            |key, message, signature| verify(key, &hash::$hash.digest(message), signature)
        }
    };
}

pub(super) use {algorithm, curve};
