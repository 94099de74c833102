//! P-256 that verifies, in little flash and on little stack.
//!
//! Its time depends on the numbers, as everything here is public: a key that could sign must never
//! enter it.

mod field;
mod limbs;
#[cfg(any(test, all(fuzzing, feature = "_pkcs1")))]
mod oracle;
mod point;
mod scalar;
#[cfg(test)]
mod tests;

use limbs::Limbs;
#[cfg(all(fuzzing, feature = "_pkcs1"))]
pub(crate) use oracle::assert_arithmetic;
use point::{Affine, Point};
use scalar::Scalar;

/// A public key.
pub(super) struct VerifyingKey(Affine);

impl VerifyingKey {
    /// From its coordinates, big-endian; `None` where they are not those of a point.
    pub(super) fn new(x: &[u8; 32], y: &[u8; 32]) -> Option<Self> {
        Affine::new(&limbs::from_be_bytes(x), &limbs::from_be_bytes(y)).map(Self)
    }

    /// Whether r and s are a signature of the digest (FIPS 186-5 section 6.4.2).
    pub(super) fn verifies(&self, digest: &[u8; 32], r: &[u8; 32], s: &[u8; 32]) -> bool {
        let digest = limbs::from_be_bytes(digest);
        let (Some(r), Some(s)) = (Scalar::new(r), Scalar::new(s)) else {
            return false;
        };
        let inverse = s.inverse();
        let a = scalar::multiply(&digest, &inverse);
        let b = scalar::multiply(r.number(), &inverse);
        let sum = Point::sum_of_multiples(&a, &b, &self.0);
        // The sum's x is r modulo n, and may be above n.
        let has_x = |x: &Limbs| sum.has_x(x);
        has_x(r.number()) || r.plus_order().as_ref().is_some_and(has_x)
    }
}
