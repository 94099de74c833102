//! The field of the curve's coordinates: integers modulo p = 2^256 - 2^224 + 2^192 + 2^96 - 1.
//!
//! An element x is kept as x R mod p with R = 2^256 (Montgomery's form), in any representative below
//! R: to reduce below p at every step would cost more than it saves. That p is -1 modulo 2^96 makes
//! the form cheap: the multiple of p that clears the lowest limbs is those limbs themselves.

use super::limbs::{self, Limbs};

const P: Limbs = [
    0xffffffff, 0xffffffff, 0xffffffff, 0x00000000, 0x00000000, 0x00000000, 0x00000001, 0xffffffff,
];

/// R squared modulo p.
const R_SQUARED: Element = Element([
    0x00000003, 0x00000000, 0xffffffff, 0xfffffffb, 0xfffffffe, 0xffffffff, 0xfffffffd, 0x00000004,
]);

pub(super) struct Element(Limbs);

impl Element {
    pub(super) const ZERO: Self = Self(limbs::ZERO);

    pub(super) const ONE: Self = Self([
        0x00000001, 0x00000000, 0x00000000, 0xffffffff, 0xffffffff, 0xffffffff, 0xfffffffe,
        0x00000000,
    ]);

    /// From limbs that are in Montgomery's form already.
    pub(super) const fn from_form(limbs: Limbs) -> Self {
        Self(limbs)
    }

    /// `None` for a number that is not below p.
    pub(super) fn new(number: &Limbs) -> Option<Self> {
        limbs::is_below(number, &P).then(|| Self(*number).multiply(&R_SQUARED))
    }

    pub(super) fn is_zero(&self) -> bool {
        limbs::is_zero(&self.0) || limbs::is_equal(&self.0, &P)
    }

    /// `self += other`
    #[inline(never)]
    pub(super) fn add(&mut self, other: &Self) {
        let [r0, r1, r2, r3, r4, r5, r6, r7] = self.0;
        let [b0, b1, b2, b3, b4, b5, b6, b7] = other.0;
        let (r0, carry) = r0.overflowing_add(b0);
        let (r1, carry) = r1.carrying_add(b1, carry);
        let (r2, carry) = r2.carrying_add(b2, carry);
        let (r3, carry) = r3.carrying_add(b3, carry);
        let (r4, carry) = r4.carrying_add(b4, carry);
        let (r5, carry) = r5.carrying_add(b5, carry);
        let (r6, carry) = r6.carrying_add(b6, carry);
        let (r7, carry) = r7.carrying_add(b7, carry);
        let (sum, carry) = less_p([r0, r1, r2, r3, r4, r5, r6, r7], carry);
        self.0 = sum;
        if carry {
            limbs::subtract(&mut self.0, &P);
        }
    }

    /// `self -= other`
    #[inline(never)]
    pub(super) fn subtract(&mut self, other: &Self) {
        let [r0, r1, r2, r3, r4, r5, r6, r7] = self.0;
        let [b0, b1, b2, b3, b4, b5, b6, b7] = other.0;
        // `a + !b` is `a - b - 1`, with a carry unless that is negative: then add p + 1, else 1.
        let (r0, carry) = r0.overflowing_add(!b0);
        let (r1, carry) = r1.carrying_add(!b1, carry);
        let (r2, carry) = r2.carrying_add(!b2, carry);
        let (r3, carry) = r3.carrying_add(!b3, carry);
        let (r4, carry) = r4.carrying_add(!b4, carry);
        let (r5, carry) = r5.carrying_add(!b5, carry);
        let (r6, carry) = r6.carrying_add(!b6, carry);
        let (r7, carry) = r7.carrying_add(!b7, carry);
        let not_negative = carry;
        let negative = u32::from(!carry);
        let (r0, carry) = r0.overflowing_add(u32::from(not_negative));
        let (r1, carry) = r1.carrying_add(0, carry);
        let (r2, carry) = r2.carrying_add(0, carry);
        let (r3, carry) = r3.carrying_add(negative, carry);
        let (r4, carry) = r4.carrying_add(0, carry);
        let (r5, carry) = r5.carrying_add(0, carry);
        let (r6, carry) = r6.carrying_add(negative, carry);
        let (r7, carry) = r7.carrying_add(negative.wrapping_neg(), carry);
        self.0 = [r0, r1, r2, r3, r4, r5, r6, r7];
        if !(not_negative || carry) {
            limbs::add(&mut self.0, &P);
        }
    }

    pub(super) fn negate(&mut self) {
        let mut negative = Self::ZERO;
        negative.subtract(self);
        *self = negative;
    }

    /// Divides by two.
    pub(super) fn halve(&mut self) {
        limbs::halve(&mut self.0, &P);
    }

    #[inline(never)]
    pub(super) fn multiply(&self, other: &Self) -> Self {
        let ([a_low @ .., _, _, _, _], [_, _, _, _, a_high @ ..]) = (&self.0, &self.0);
        let ([b_low @ .., _, _, _, _], [_, _, _, _, b_high @ ..]) = (&other.0, &other.0);
        let (mut w0, mut w1, mut w2, mut w3) = ([0; 4], [0; 4], [0; 4], [0; 4]);
        add_product(&mut w0, &mut w2, a_low, b_low);
        add_product(&mut w1, &mut w2, a_high, b_low);
        add_product(&mut w1, &mut w3, a_low, b_high);
        add_product(&mut w2, &mut w3, a_high, b_high);
        reduce(&w0, &w1, &w2, &w3)
    }

    #[cfg(any(test, all(fuzzing, feature = "_pkcs1")))]
    pub(super) const fn limbs(&self) -> &Limbs {
        &self.0
    }

    pub(super) fn copy(&self) -> Self {
        let [r0, r1, r2, r3, r4, r5, r6, r7] = self.0;
        Self([r0, r1, r2, r3, r4, r5, r6, r7])
    }
}

/// Takes p from a number with a carry: true where that leaves the carry.
#[inline(always)]
fn less_p(number: Limbs, carry: bool) -> (Limbs, bool) {
    let [r0, r1, r2, r3, r4, r5, r6, r7] = number;
    // R - p
    let mask = u32::from(carry).wrapping_neg();
    let (r0, carry) = r0.overflowing_add(mask & 1);
    let (r1, carry) = r1.carrying_add(0, carry);
    let (r2, carry) = r2.carrying_add(0, carry);
    let (r3, carry) = r3.carrying_add(mask, carry);
    let (r4, carry) = r4.carrying_add(mask, carry);
    let (r5, carry) = r5.carrying_add(mask, carry);
    let (r6, carry) = r6.carrying_add(mask << 1, carry);
    let (r7, carry) = r7.carrying_add(0, carry);
    ([r0, r1, r2, r3, r4, r5, r6, r7], carry)
}

/// `a b + low + carry`, of which the upper half goes to the carry.
#[inline(never)]
pub(super) fn add_product(low: &mut [u32; 4], carry: &mut [u32; 4], a: &[u32; 4], b: &[u32; 4]) {
    let [b0, b1, b2, b3] = *b;
    let [mut t0, mut t1, mut t2, mut t3] = *carry;
    macro_rules! row {
        ($i:literal) => {
            let (a, mut carry) = (a[$i], t0);
            (low[$i], carry) = a.carrying_mul_add(b0, low[$i], carry);
            (t0, carry) = a.carrying_mul_add(b1, t1, carry);
            (t1, carry) = a.carrying_mul_add(b2, t2, carry);
            (t2, t3) = a.carrying_mul_add(b3, t3, carry);
        };
    }
    row!(0);
    row!(1);
    row!(2);
    row!(3);
    *carry = [t0, t1, t2, t3];
}

/// Divides a number of four digits of 128 bits by R.
#[inline(never)]
pub(super) fn reduce(t0: &[u32; 4], t1: &[u32; 4], t2: &[u32; 4], t3: &[u32; 4]) -> Element {
    let ([m0, m1, m2, m3], [t4, t5, t6, t7]) = (*t0, *t1);
    let ([t8, t9, t10, t11], [t12, t13, t14, t15]) = (*t2, *t3);
    // m p = m 2^96 + m 2^192 + m (2^32 - 1) 2^224 - m
    let (m3, carry) = m3.overflowing_add(m0);
    let (t4, carry) = t4.carrying_add(m1, carry);
    let (t5, carry) = t5.carrying_add(m2, carry);
    let (t6, carry) = t6.carrying_add(m3, carry);
    let (t7, carry) = t7.carrying_add(m1, carry);
    let (t8, carry) = t8.carrying_add(m2, carry);
    let (t9, carry) = t9.carrying_add(m3, carry);
    let (t10, carry) = t10.carrying_add(0, carry);
    let (t6, next) = t6.overflowing_add(m0);
    let (t7, high) = m0.carrying_mul_add(u32::MAX, t7, u32::from(next));
    let (t8, high) = m1.carrying_mul_add(u32::MAX, t8, high);
    let (t9, high) = m2.carrying_mul_add(u32::MAX, t9, high);
    let (t10, high) = m3.carrying_mul_add(u32::MAX, t10, high);
    let (t11, carry) = t11.carrying_add(high, carry);
    let (t12, carry) = t12.carrying_add(0, carry);
    let (t13, carry) = t13.carrying_add(0, carry);
    let (t14, carry) = t14.carrying_add(0, carry);
    let (t15, carry) = t15.carrying_add(0, carry);
    let first = carry;
    let (t7, carry) = t7.overflowing_add(t4);
    let (t8, carry) = t8.carrying_add(t5, carry);
    let (t9, carry) = t9.carrying_add(t6, carry);
    let (t10, carry) = t10.carrying_add(t7, carry);
    let (t11, carry) = t11.carrying_add(t5, carry);
    let (t12, carry) = t12.carrying_add(t6, carry);
    let (t13, carry) = t13.carrying_add(t7, carry);
    let (t14, carry) = t14.carrying_add(0, carry);
    let (t10, next) = t10.overflowing_add(t4);
    let (t11, high) = t4.carrying_mul_add(u32::MAX, t11, u32::from(next));
    let (t12, high) = t5.carrying_mul_add(u32::MAX, t12, high);
    let (t13, high) = t6.carrying_mul_add(u32::MAX, t13, high);
    let (t14, high) = t7.carrying_mul_add(u32::MAX, t14, high);
    let (t15, carry) = t15.carrying_add(high, carry);
    // Below R + p.
    Element(less_p([t8, t9, t10, t11, t12, t13, t14, t15], first | carry).0)
}
