//! Numbers of 256 bits in eight limbs of 32 bits, the lowest first.

pub(super) type Limbs = [u32; 8];

pub(super) const ZERO: Limbs = [0; 8];

pub(super) fn from_be_bytes(bytes: &[u8; 32]) -> Limbs {
    let mut limbs = ZERO;
    let (chunks, _) = bytes.as_chunks();
    for (limb, chunk) in limbs.iter_mut().zip(chunks.iter().rev()) {
        *limb = u32::from_be_bytes(*chunk);
    }
    limbs
}

pub(super) fn is_zero(a: &Limbs) -> bool {
    is_equal(a, &ZERO)
}

pub(super) fn is_equal(a: &Limbs, b: &Limbs) -> bool {
    compare(a, b).is_eq()
}

pub(super) fn is_below(a: &Limbs, b: &Limbs) -> bool {
    compare(a, b).is_lt()
}

#[inline(never)]
fn compare(a: &Limbs, b: &Limbs) -> core::cmp::Ordering {
    for (a, b) in a.iter().zip(b).rev() {
        if a != b {
            return a.cmp(b);
        }
    }
    core::cmp::Ordering::Equal
}

/// `a += b`; true where a carry is left.
#[inline(never)]
pub(super) fn add(a: &mut Limbs, b: &Limbs) -> bool {
    let mut carry = false;
    for (a, b) in a.iter_mut().zip(b) {
        (*a, carry) = a.carrying_add(*b, carry);
    }
    carry
}

/// `a -= b`; true where a borrow is left.
#[inline(never)]
pub(super) fn subtract(a: &mut Limbs, b: &Limbs) -> bool {
    // `a - b` is `a + !b + 1`, and a carry of that is no borrow.
    let mut carry = true;
    for (a, b) in a.iter_mut().zip(b) {
        (*a, carry) = a.carrying_add(!*b, carry);
    }
    !carry
}

/// Divides by two modulo an odd number.
#[inline(never)]
pub(super) fn halve(a: &mut Limbs, modulus: &Limbs) {
    let [a0, a1, a2, a3, a4, a5, a6, a7] = *a;
    let [m0, m1, m2, m3, m4, m5, m6, m7] = *modulus;
    let mask = (a0 & 1).wrapping_neg();
    let (a0, carry) = a0.overflowing_add(m0 & mask);
    let (a1, carry) = a1.carrying_add(m1 & mask, carry);
    let (a2, carry) = a2.carrying_add(m2 & mask, carry);
    let (a3, carry) = a3.carrying_add(m3 & mask, carry);
    let (a4, carry) = a4.carrying_add(m4 & mask, carry);
    let (a5, carry) = a5.carrying_add(m5 & mask, carry);
    let (a6, carry) = a6.carrying_add(m6 & mask, carry);
    let (a7, carry) = a7.carrying_add(m7 & mask, carry);
    let above = u32::from(carry);
    *a = [
        a0 >> 1 | a1 << 31,
        a1 >> 1 | a2 << 31,
        a2 >> 1 | a3 << 31,
        a3 >> 1 | a4 << 31,
        a4 >> 1 | a5 << 31,
        a5 >> 1 | a6 << 31,
        a6 >> 1 | a7 << 31,
        a7 >> 1 | above << 31,
    ];
}
