//! Points of the curve y^2 = x^3 - 3 x + b, and the one sum of multiples that a verification takes.

use super::field::Element;
use super::limbs::Limbs;

/// The curve's b.
const B: Element = Element::from_form([
    0x29c4bddf, 0xd89cdf62, 0x78843090, 0xacf005cd, 0xf7212ed6, 0xe5a220ab, 0x04874834, 0xdc30061d,
]);

/// A point that is not at infinity, by its two coordinates.
pub(super) struct Affine {
    x: Element,
    y: Element,
}

impl Affine {
    /// `None` for what is not on the curve, or not below p.
    pub(super) fn new(x: &Limbs, y: &Limbs) -> Option<Self> {
        let (x, y) = (Element::new(x)?, Element::new(y)?);
        let mut difference = x.multiply(&x).multiply(&x);
        for _ in 0..3 {
            difference.subtract(&x);
        }
        difference.add(&B);
        difference.subtract(&y.multiply(&y));
        difference.is_zero().then_some(Self { x, y })
    }
}

/// A point in Jacobian coordinates: (x / z^2, y / z^3), at infinity where z is zero.
pub(super) struct Point {
    x: Element,
    y: Element,
    z: Element,
}

impl Point {
    const INFINITY: Self = Self {
        x: Element::ZERO,
        y: Element::ZERO,
        z: Element::ZERO,
    };

    #[inline(never)]
    fn copy(&self) -> Self {
        Self {
            x: self.x.copy(),
            y: self.y.copy(),
            z: self.z.copy(),
        }
    }

    /// Whether this is a point with this number as its x.
    pub(super) fn has_x(&self, number: &Limbs) -> bool {
        let Some(x) = Element::new(number) else {
            return false;
        };
        // x z^2, without the division.
        let mut difference = self.z.multiply(&self.z).multiply(&x);
        difference.subtract(&self.x);
        difference.is_zero() && !self.z.is_zero()
    }

    /// Doubles the point. No point has y = 0, as the order is odd.
    #[inline(never)]
    fn double(&mut self) {
        // Half the usual formulas' slope, and so z by half: 3 (x - z^2) (x + z^2) / 2.
        let z_squared = self.z.multiply(&self.z);
        let mut sum = self.x.copy();
        sum.add(&z_squared);
        let mut slope = self.x.copy();
        slope.subtract(&z_squared);
        slope = slope.multiply(&sum);
        let mut half = slope.copy();
        half.halve();
        slope.add(&half);

        let z = self.z.multiply(&self.y);
        let y_squared = self.y.multiply(&self.y);
        let mut x_y_squared = self.x.multiply(&y_squared);
        let mut x = slope.multiply(&slope);
        x.subtract(&x_y_squared);
        x.subtract(&x_y_squared);
        x_y_squared.subtract(&x);
        let mut y = slope.multiply(&x_y_squared);
        y.subtract(&y_squared.multiply(&y_squared));
        *self = Self { x, y, z };
    }

    /// Adds the point (x, y, z), where no z is one, or the opposite point. It may be the same point.
    #[inline(never)]
    fn add(&mut self, x: &Element, y: &Element, z: Option<&Element>, opposite: bool) {
        let mut y = y.copy();
        if opposite {
            y.negate();
        }
        if self.z.is_zero() {
            self.x = x.copy();
            self.y = y;
            self.z = z.unwrap_or(&Element::ONE).copy();
            return;
        }
        // Both points with the product of the two z.
        let z_squared = self.z.multiply(&self.z);
        let mut rise = z_squared.multiply(&self.z).multiply(&y);
        let mut run = z_squared.multiply(x);
        if let Some(z) = z {
            let z_squared = z.multiply(z);
            self.x = self.x.multiply(&z_squared);
            self.y = self.y.multiply(&z_squared.multiply(z));
            self.z = self.z.multiply(z);
        }
        run.subtract(&self.x);
        rise.subtract(&self.y);
        if run.is_zero() {
            if rise.is_zero() {
                self.double();
            } else {
                *self = Self::INFINITY;
            }
            return;
        }
        let z = self.z.multiply(&run);
        let run_squared = run.multiply(&run);
        let run_cubed = run_squared.multiply(&run);
        let mut x_run_squared = self.x.multiply(&run_squared);
        let mut x = rise.multiply(&rise);
        x.subtract(&run_cubed);
        x.subtract(&x_run_squared);
        x.subtract(&x_run_squared);
        x_run_squared.subtract(&x);
        let mut y = rise.multiply(&x_run_squared);
        y.subtract(&self.y.multiply(&run_cubed));
        *self = Self { x, y, z };
    }

    /// `a` times the base point and `b` times `q`, bit by bit together (Strauss's method).
    #[inline(never)]
    pub(super) fn sum_of_multiples(a: &Limbs, b: &Limbs, q: &Affine) -> Self {
        let mut last = Self {
            x: q.x.copy(),
            y: q.y.copy(),
            z: Element::ONE,
        };
        let mut sum = last.copy();
        sum.double();
        let mut multiples = [const { Self::INFINITY }; MULTIPLES];
        let [first, others @ ..] = &mut multiples;
        *first = last.copy();
        for multiple in others {
            last.add(&sum.x, &sum.y, Some(&sum.z), false);
            *multiple = last.copy();
        }
        sum = Self::INFINITY;
        let (mut a, mut b) = (Digits::new(a), Digits::new(b));
        for bit in (0..Digits::END).rev() {
            sum.double();
            if let Some((index, opposite)) = a.at(bit)
                && let Some(Affine { x, y }) = BASE.get(index)
            {
                sum.add(x, y, None, opposite);
            }
            if let Some((index, opposite)) = b.at(bit)
                && let Some(Self { x, y, z }) = multiples.get(index)
            {
                sum.add(x, y, Some(z), opposite);
            }
        }
        sum
    }
}

/// How many bits a digit of a scalar is made from.
const WINDOW: u16 = 5;

/// How many odd multiples of a point that takes: 1, 3 .. 15.
const MULTIPLES: usize = 1 << (WINDOW - 2);

/// Those of the base point.
static BASE: [Affine; MULTIPLES] = [
    Affine {
        x: Element::from_form([
            0x18a9143c, 0x79e730d4, 0x5fedb601, 0x75ba95fc, 0x77622510, 0x79fb732b, 0xa53755c6,
            0x18905f76,
        ]),
        y: Element::from_form([
            0xce95560a, 0xddf25357, 0xba19e45c, 0x8b4ab8e4, 0xdd21f325, 0xd2e88688, 0x25885d85,
            0x8571ff18,
        ]),
    },
    Affine {
        x: Element::from_form([
            0x4eebc127, 0xffac3f90, 0x087d81fb, 0xb027f84a, 0x87cbbc98, 0x66ad77dd, 0xb6ff747e,
            0x26936a3f,
        ]),
        y: Element::from_form([
            0xc983a7eb, 0xb04c5c1f, 0x0861fe1a, 0x583e47ad, 0x1a2ee98e, 0x78820831, 0xe587cc07,
            0xd5f06a29,
        ]),
    },
    Affine {
        x: Element::from_form([
            0xc45c61f5, 0xbe1b8aae, 0x94b9537d, 0x90ec649a, 0xd076c20c, 0x941cb5aa, 0x890523c8,
            0xc9079605,
        ]),
        y: Element::from_form([
            0xe7ba4f10, 0xeb309b4a, 0xe5eb882b, 0x73c568ef, 0x7e7a1f68, 0x3540a987, 0x2dd1e916,
            0x73a076bb,
        ]),
    },
    Affine {
        x: Element::from_form([
            0xa0173b4f, 0x0746354e, 0xd23c00f7, 0x2bd20213, 0x0c23bb08, 0xf43eaab5, 0xc3123e03,
            0x13ba5119,
        ]),
        y: Element::from_form([
            0x3f5b9d4d, 0x2847d030, 0x5da67bdd, 0x6742f2f2, 0x77c94195, 0xef933bdc, 0x6e240867,
            0xeaedd915,
        ]),
    },
    Affine {
        x: Element::from_form([
            0x264e20e8, 0x75c96e8f, 0x59a7a841, 0xabe6bfed, 0x44c8eb00, 0x2cc09c04, 0xf0c4e16b,
            0xe05b3080,
        ]),
        y: Element::from_form([
            0xa45f3314, 0x1eb7777a, 0xce5d45e3, 0x56af7bed, 0x88b12f1a, 0x2b6e019a, 0xfd835f9b,
            0x086659cd,
        ]),
    },
    Affine {
        x: Element::from_form([
            0x6245e404, 0xea7d260a, 0x6e7fdfe0, 0x9de40795, 0x8dac1ab5, 0x1ff3a415, 0x649c9073,
            0x3e7090f1,
        ]),
        y: Element::from_form([
            0x2b944e88, 0x1a768561, 0xe57f61c8, 0x250f939e, 0x1ead643d, 0x0c0daa89, 0xe125b88e,
            0x68930023,
        ]),
    },
    Affine {
        x: Element::from_form([
            0x4b2ed709, 0xccc42563, 0x856fd30d, 0x0e356769, 0x559e9811, 0xbcbcd43f, 0x5395b759,
            0x738477ac,
        ]),
        y: Element::from_form([
            0xc00ee17f, 0x35752b90, 0x742ed2e3, 0x68748390, 0xbd1f5bc1, 0x7cd06422, 0xc9e7b797,
            0xfbc08769,
        ]),
    },
    Affine {
        x: Element::from_form([
            0xbc60055b, 0x72bcd8b7, 0x56e27e4b, 0x03cc23ee, 0xe4819370, 0xee337424, 0x0ad3da09,
            0xe2aa0e43,
        ]),
        y: Element::from_form([
            0x6383c45d, 0x40b8524f, 0x42a41b25, 0xd7663554, 0x778a4797, 0x64efa6de, 0x7079adf4,
            0x2042170a,
        ]),
    },
];

#[cfg(all(test, feature = "es256"))]
pub(super) fn base() -> impl Iterator<Item = (&'static Element, &'static Element)> {
    BASE.iter().map(|Affine { x, y }| (x, y))
}

/// A scalar's odd signed digits, from the highest to the lowest. They are as few as those of the
/// non-adjacent form of the same width, which is found from below and would have to be kept.
pub(super) struct Digits<'a> {
    scalar: &'a Limbs,
    /// The digit that was found last, and its bit.
    digit: i8,
    at: u16,
    /// The lowest bit that has been looked at.
    seen: u16,
}

impl<'a> Digits<'a> {
    /// Above the bits that may have a digit: the highest window may borrow from the bit above it.
    pub(super) const END: u16 = 257;

    pub(super) const fn new(scalar: &'a Limbs) -> Self {
        Self {
            scalar,
            digit: 0,
            at: 0,
            seen: Self::END,
        }
    }

    /// The scalar's bit, and zero outside of it.
    fn bit(&self, at: u16) -> i8 {
        let limb = self.scalar.get(usize::from(at >> 5)).copied().unwrap_or(0);
        i8::from(limb.wrapping_shr(u32::from(at)) & 1 == 1)
    }

    /// The digit at this bit, where there is one, as the index of its odd multiple and whether it is
    /// negative. Asked for once for each bit, from above.
    pub(super) fn at(&mut self, bit: u16) -> Option<(usize, bool)> {
        if bit < self.seen && self.bit(bit) != self.bit(bit.wrapping_sub(1)) {
            // The window's bits as a number of which the highest is negative; the bit below borrows.
            let lowest = bit.saturating_sub(WINDOW - 1);
            let mut digit = self.bit(bit).wrapping_neg();
            for at in (lowest..bit).rev() {
                digit = digit.wrapping_mul(2).wrapping_add(self.bit(at));
            }
            digit = digit.wrapping_add(self.bit(lowest.wrapping_sub(1)));
            (self.at, self.seen) = (lowest, lowest);
            while digit & 1 == 0 {
                digit >>= 1;
                self.at = self.at.wrapping_add(1);
            }
            self.digit = digit;
        }
        let index = usize::from(self.digit.unsigned_abs() >> 1);
        (self.at == bit && bit >= self.seen).then_some((index, self.digit < 0))
    }
}
