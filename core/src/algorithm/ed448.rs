use ed448_goldilocks::elliptic_curve::Group;
use ed448_goldilocks::shake::Shake256;
use ed448_goldilocks::shake::digest::{ExtendableOutput, Update, XofReader};
use ed448_goldilocks::{CompressedEdwardsY, EdwardsPoint, EdwardsScalar, WideEdwardsScalarBytes};

use super::{KeyError, SignatureError, signature_algorithm};
use crate::data::{Curve, PublicKey};

signature_algorithm! {
    /// Ed448, without a context (RFC 8032 section 5.2).
    Ed448, ED448, check_key,
    |key, message, signature| verify(key, message, signature)
}

/// Bytes of an encoded point, and of a scalar with the zero byte that RFC 8032 appends to it.
const LENGTH: usize = 57;

/// `dom4(0, "")`.
const DOM4: &[u8] = b"SigEd448\x00\x00";

fn check_key(key: &PublicKey<'_>) -> Result<(), KeyError> {
    verifying_key(key).map(|_| ())
}

/// The crate verifies a message in one piece only; the equation is the same over parts.
#[inline(never)]
fn verify(key: &PublicKey<'_>, message: &[&[u8]], signature: &[u8]) -> Result<(), SignatureError> {
    let (a_bytes, a) = verifying_key(key).map_err(|_| SignatureError)?;
    let (r_bytes, s_bytes) = signature.split_at_checked(LENGTH).ok_or(SignatureError)?;
    let s = scalar(s_bytes).ok_or(SignatureError)?;

    let mut hash = Shake256::default();
    for part in [DOM4, r_bytes, a_bytes].iter().chain(message) {
        hash.update(part);
    }
    let mut k = WideEdwardsScalarBytes::default();
    hash.finalize_xof().read(&mut k);
    let k = EdwardsScalar::from_bytes_mod_order_wide(&k);

    holds(&s, r_bytes, &k, &a)
        .then_some(())
        .ok_or(SignatureError)
}

/// Whether `[S]B = R + [k]A`, as `[S]B - [k]A = R`.
///
/// What the left side can be is of prime order and has one encoding, so R is never decoded: it has to be
/// those bytes, and not the identity's.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "curve arithmetic is total: nothing overflows"
)]
fn holds(s: &EdwardsScalar, r: &[u8], k: &EdwardsScalar, a: &EdwardsPoint) -> bool {
    let point = EdwardsPoint::GENERATOR * s - *a * k;
    let identity = bool::from(point.is_identity());
    !identity && point.to_affine().compress().as_bytes() == r
}

#[inline(never)]
fn verifying_key<'a>(key: &PublicKey<'a>) -> Result<(&'a [u8], EdwardsPoint), KeyError> {
    let PublicKey::Okp {
        curve: Curve::Ed448,
        x,
    } = *key
    else {
        return Err(KeyError);
    };
    point(x).map(|point| (x, point)).ok_or(KeyError)
}

/// A point of the prime-order group other than the identity, in its one encoding.
fn point(bytes: &[u8]) -> Option<EdwardsPoint> {
    let bytes: &[u8; LENGTH] = bytes.try_into().ok()?;
    // Refuses what is not on the curve or has a small-order component.
    let affine = CompressedEdwardsY::from(*bytes)
        .decompress()
        .into_option()?;
    let canonical = affine.compress().as_bytes() == bytes;
    let point = affine.to_edwards();
    let identity = bool::from(point.is_identity());
    (canonical && !identity).then_some(point)
}

/// A number below the group's order.
fn scalar(bytes: &[u8]) -> Option<EdwardsScalar> {
    let bytes: &[u8; LENGTH] = bytes.try_into().ok()?;
    // The crate takes any last byte.
    if bytes.last() != Some(&0) {
        return None;
    }
    EdwardsScalar::from_canonical_bytes(bytes.into()).into_option()
}

#[cfg(test)]
mod tests {
    use ed448_goldilocks::EdwardsPoint;

    use super::{LENGTH, point, scalar};

    /// 2^448 - 2^224 - 1, little-endian.
    fn prime() -> [u8; LENGTH] {
        let mut prime = [0xff; LENGTH];
        prime[28] = 0xfe;
        prime[56] = 0;
        prime
    }

    #[test]
    fn a_point_of_small_order_is_refused() {
        let mut one = [0; LENGTH];
        one[0] = 1;
        let mut minus_one = prime();
        minus_one[0] = 0xfe;
        // The identity, the point of order 2, and the two of order 4, one a sign.
        for bytes in [one, minus_one, [0; LENGTH]] {
            assert!(point(&bytes).is_none(), "{bytes:02x?}");
            let mut negative = bytes;
            negative[56] = 0x80;
            assert!(point(&negative).is_none(), "{negative:02x?}");
        }
    }

    #[test]
    fn a_point_has_one_encoding() {
        let base = EdwardsPoint::GENERATOR.to_affine().compress().to_bytes();
        assert!(point(&base).is_some());
        // The seven bits beside the sign.
        for bit in 0..7 {
            let mut other = base;
            other[56] ^= 1 << bit;
            assert!(point(&other).is_none(), "bit {bit}");
        }
        // y + p, for small y.
        for y in 0..=255 {
            let mut other = prime();
            other[0] = y;
            for byte in &mut other[1..28] {
                *byte = 0;
            }
            other[28] = 0xff;
            assert!(point(&other).is_none(), "{y}");
        }
        assert!(point(&base[..56]).is_none());
    }

    #[test]
    fn a_scalar_is_below_the_order_and_ends_in_zero() {
        let mut one = [0; LENGTH];
        one[0] = 1;
        assert!(scalar(&one).is_some());
        for last in 1..=255 {
            one[56] = last;
            assert!(scalar(&one).is_none(), "{last}");
        }
        let mut high = [0; LENGTH];
        high[55] = 0x40;
        assert!(scalar(&high).is_none());
        assert!(scalar(&prime()).is_none());
        assert!(scalar(&[0; 56]).is_none());
    }
}
