//! Integers modulo n, the order of the curve.

use super::limbs::{self, Limbs};

pub(super) const N: Limbs = [
    0xfc632551, 0xf3b9cac2, 0xa7179e84, 0xbce6faad, 0xffffffff, 0xffffffff, 0x00000000, 0xffffffff,
];

/// 2^256 modulo n.
const R: Limbs = [
    0x039cdaaf, 0x0c46353d, 0x58e8617b, 0x43190552, 0x00000000, 0x00000000, 0xffffffff, 0x00000000,
];

/// -1 / n modulo 2^32.
const NEGATIVE_INVERSE: u32 = 0xee00bc4f;

/// From 1 to n - 1.
pub(super) struct Scalar(Limbs);

impl Scalar {
    /// From big-endian bytes; `None` for zero, and for what is not below n.
    pub(super) fn new(bytes: &[u8; 32]) -> Option<Self> {
        let number = limbs::from_be_bytes(bytes);
        (!limbs::is_zero(&number) && limbs::is_below(&number, &N)).then_some(Self(number))
    }

    pub(super) const fn number(&self) -> &Limbs {
        &self.0
    }

    /// `r + n`, where that has no more than 256 bits.
    pub(super) fn plus_order(&self) -> Option<Limbs> {
        let mut sum = self.0;
        (!limbs::add(&mut sum, &N)).then_some(sum)
    }

    /// R divided by this: what [`multiply`] takes to divide by it. By the binary Euclidean algorithm.
    #[inline(never)]
    pub(super) fn inverse(&self) -> Limbs {
        // Each number is its cofactor times this scalar, divided by R, modulo n. One is always odd.
        let (mut a, mut b) = (&mut (self.0, R), &mut (N, limbs::ZERO));
        loop {
            while a.0.first().is_some_and(|lowest| lowest & 1 == 0) {
                limbs::halve(&mut a.0, &limbs::ZERO);
                limbs::halve(&mut a.1, &N);
            }
            if limbs::is_below(&a.0, &b.0) {
                (a, b) = (b, a);
            }
            limbs::subtract(&mut a.0, &b.0);
            if limbs::subtract(&mut a.1, &b.1) {
                limbs::add(&mut a.1, &N);
            }
            if limbs::is_zero(&a.0) {
                return b.1;
            }
        }
    }
}

/// `a b / R` modulo n, for a below R and b below n: Montgomery's multiplication.
#[inline(never)]
pub(super) fn multiply(a: &Limbs, b: &Limbs) -> Limbs {
    let ([b_lowest, b @ ..], [n_lowest, n @ ..]) = (b, &N);
    // Below 2 n, `top` being the bit above the limbs.
    let (mut sum, mut top) = (limbs::ZERO, false);
    for a in a {
        // sum = (sum + a b + m n) / 2^32
        let [lowest, above @ ..] = sum;
        let (lowest, mut carry) = a.carrying_mul_add(*b_lowest, lowest, 0);
        let m = lowest.wrapping_mul(NEGATIVE_INVERSE);
        let (_, mut carry_of_n) = m.carrying_mul_add(*n_lowest, lowest, 0);
        let [next @ .., last] = &mut sum;
        for (((to, from), b), n) in next.iter_mut().zip(above).zip(b).zip(n) {
            let limb;
            (limb, carry) = a.carrying_mul_add(*b, from, carry);
            (*to, carry_of_n) = m.carrying_mul_add(*n, limb, carry_of_n);
        }
        (*last, top) = carry.carrying_add(carry_of_n, top);
    }
    if top || !limbs::is_below(&sum, &N) {
        limbs::subtract(&mut sum, &N);
    }
    sum
}
