//! Powers modulo an odd number, in Montgomery's form.
//!
//! One code for all widths, over `crypto-bigint`'s limbs: its own types for this are generic over the
//! width, and three widths were three times the code. Nothing here is secret, and time depends on it.

use crypto_bigint::{Limb, UintRef};

use crate::limits::RSA_MODULUS_MAX;

const BYTES_MAX: usize = RSA_MODULUS_MAX.div_ceil(8);
const LIMBS_MAX: usize = BYTES_MAX.div_ceil(Limb::BYTES);

/// An odd number, and how many limbs it takes: its width, which is that of all numbers below it.
pub(super) struct Modulus {
    number: Number,
    width: usize,
    bits: usize,
    /// -1 divided by the modulus, modulo 2 to the bits of a limb.
    negative_inverse: Limb,
}

/// A number in so many limbs as its modulus has, the lowest first; those above are zero.
#[derive(Clone)]
struct Number([Limb; LIMBS_MAX]);

impl Number {
    const ZERO: Self = Self([Limb::ZERO; LIMBS_MAX]);

    fn from_be_bytes(bytes: &[u8]) -> Self {
        let mut number = Self::ZERO;
        for (limb, chunk) in number.0.iter_mut().zip(bytes.rchunks(Limb::BYTES)) {
            *limb = Limb::from_be_slice(chunk);
        }
        number
    }

    fn write_be_bytes(&self, bytes: &mut [u8]) {
        for (limb, chunk) in self.0.iter().zip(bytes.rchunks_mut(Limb::BYTES)) {
            for (to, from) in chunk.iter_mut().rev().zip(limb.to_le_bytes()) {
                *to = from;
            }
        }
    }

    fn limbs(&self, width: usize) -> &UintRef {
        UintRef::new(&self.0).leading(width)
    }

    fn limbs_mut(&mut self, width: usize) -> &mut UintRef {
        UintRef::new_mut(&mut self.0).leading_mut(width)
    }
}

impl Modulus {
    /// Of an odd number in big-endian bytes of which the first is not zero, from 3 and within the limit;
    /// `None` for any other.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let leading = bytes.first().filter(|first| **first != 0)?.leading_zeros();
        let bits = bytes
            .len()
            .checked_mul(8)?
            .checked_sub(usize::try_from(leading).ok()?)?;
        if !(2..=RSA_MODULUS_MAX).contains(&bits) {
            return None;
        }
        let number = Number::from_be_bytes(bytes);
        let width = bytes.len().div_ceil(Limb::BYTES);
        let inverse = number.limbs(width).as_odd_vartime()?.invert_mod_u64();
        let inverse = Limb::from_le_slice_truncated(&inverse.to_le_bytes(), Limb::BITS);
        Some(Self {
            number,
            width,
            bits,
            negative_inverse: inverse.wrapping_neg(),
        })
    }

    /// A base to the power of an odd exponent, as big-endian bytes in `bytes`, where the base stood.
    /// The base has to be below the modulus.
    pub(super) fn power(&self, bytes: &mut [u8], exponent: u64) -> Option<()> {
        let base = Number::from_be_bytes(bytes);
        let form = self.multiply(&base, &self.square_of_r()?);
        let mut power = form.clone();
        let highest = exponent.checked_ilog2()?;
        for bit in (1..highest).rev() {
            power = self.multiply(&power, &power);
            if exponent.checked_shr(bit)? & 1 == 1 {
                power = self.multiply(&power, &form);
            }
        }
        // The lowest bit is set. Multiplying by the base itself, out of its form, leaves the form as well.
        power = self.multiply(&power, &power);
        self.multiply(&power, &base).write_be_bytes(bytes);
        Some(())
    }

    /// `x * y / R`, where R is 2 to the bits of the modulus's limbs: Montgomery's multiplication.
    #[inline(never)]
    fn multiply(&self, x: &Number, y: &Number) -> Number {
        let modulus = self.number.limbs(self.width);
        let (x, y) = (x.limbs(self.width), y.limbs(self.width));
        // Each round clears the lowest limb, and the next one starts above it.
        let mut sum = [Limb::ZERO; 2 * LIMBS_MAX + 2];
        let sum = UintRef::new_mut(&mut sum);
        let room = self.width.saturating_add(2);
        for (round, limb) in x.iter().enumerate() {
            let window = sum.trailing_mut(round).leading_mut(room);
            window.carrying_add_assign_mul_limb(y, *limb, Limb::ZERO);
            let lowest = window.iter().next().copied().unwrap_or(Limb::ZERO);
            let factor = lowest.wrapping_mul(self.negative_inverse);
            window.carrying_add_assign_mul_limb(modulus, factor, Limb::ZERO);
        }
        // Below twice the modulus, which may take one bit more than its limbs.
        let result = sum.trailing_mut(self.width).leading_mut(room);
        if result.cmp_vartime(modulus).is_ge() {
            result.borrowing_sub_assign(modulus, Limb::ZERO);
        }
        let mut product = Number::ZERO;
        let limbs = result.leading(self.width);
        product.limbs_mut(self.width).copy_from(limbs);
        product
    }

    /// R squared, which turns a number into its form.
    fn square_of_r(&self) -> Option<Number> {
        // From the modulus's highest bit, a power of two below it, by doubling, to R times 2 to its width.
        let mut power = Number::ZERO;
        let highest = u32::try_from(self.bits).ok()?.checked_sub(1)?;
        power.limbs_mut(self.width).set_bit_vartime(highest, true);
        let limb_bits = usize::try_from(Limb::BITS).ok()?;
        let r_bits = self.width.checked_mul(limb_bits)?;
        let doublings = r_bits.checked_sub(self.bits)?.checked_add(1)?;
        for _ in 0..doublings.checked_add(self.width)? {
            let number = power.limbs_mut(self.width);
            let carried = number.shl1_assign() != Limb::ZERO;
            let modulus = self.number.limbs(self.width);
            if carried || number.cmp_vartime(modulus).is_ge() {
                number.borrowing_sub_assign(modulus, Limb::ZERO);
            }
        }
        // Squaring doubles the exponent of the factor beside R, until it is that of R itself.
        for _ in 0..Limb::BITS.ilog2() {
            power = self.multiply(&power, &power);
        }
        Some(power)
    }
}
