//! Whether a point is on its curve. Nothing is verified with it: this is what a dump says of a key, without
//! the libraries that verify, which would be most of the page's module.

use crate::data::{Curve, PublicKey};

/// A number below 2 to the 544, the lowest limb first.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Number([u32; 17]);

/// A short Weierstrass curve, y^2 = x^3 + ax + b modulo p (SEC 2, section 2).
struct Equation {
    p: &'static [u8],
    /// a is -3 on NIST's curves, 0 on secp256k1.
    is_minus_3: bool,
    b: &'static [u8],
}

const P256: Equation = Equation {
    p: b"\xff\xff\xff\xff\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\
        \xff\xff\xff\xff\xff\xff\xff\xff",
    is_minus_3: true,
    b: b"\x5a\xc6\x35\xd8\xaa\x3a\x93\xe7\xb3\xeb\xbd\x55\x76\x98\x86\xbc\x65\x1d\x06\xb0\xcc\x53\xb0\xf6\
        \x3b\xce\x3c\x3e\x27\xd2\x60\x4b",
};
const P384: Equation = Equation {
    p: b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
        \xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff",
    is_minus_3: true,
    b: b"\xb3\x31\x2f\xa7\xe2\x3e\xe7\xe4\x98\x8e\x05\x6b\xe3\xf8\x2d\x19\x18\x1d\x9c\x6e\xfe\x81\x41\x12\
        \x03\x14\x08\x8f\x50\x13\x87\x5a\xc6\x56\x39\x8d\x8a\x2e\xd1\x9d\x2a\x85\xc8\xed\xd3\xec\x2a\xef",
};
const P521: Equation = Equation {
    p: b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
        \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
        \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    is_minus_3: true,
    b: b"\x00\x51\x95\x3e\xb9\x61\x8e\x1c\x9a\x1f\x92\x9a\x21\xa0\xb6\x85\x40\xee\xa2\xda\x72\x5b\x99\xb3\
        \x15\xf3\xb8\xb4\x89\x91\x8e\xf1\x09\xe1\x56\x19\x39\x51\xec\x7e\x93\x7b\x16\x52\xc0\xbd\x3b\xb1\
        \xbf\x07\x35\x73\xdf\x88\x3d\x2c\x34\xf1\xef\x45\x1f\xd4\x6b\x50\x3f\x00",
};
const SECP256K1: Equation = Equation {
    p: b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
        \xff\xff\xff\xfe\xff\xff\xfc\x2f",
    is_minus_3: false,
    b: b"\x07",
};

impl Number {
    fn of(bytes: &[u8]) -> Self {
        let mut number = Self([0; 17]);
        for (limb, chunk) in number.0.iter_mut().zip(bytes.rchunks(4)) {
            *limb = chunk
                .iter()
                .fold(0, |limb, byte| (limb << 8) | u32::from(*byte));
        }
        number
    }

    /// Both numbers are below p, and so is the sum modulo p.
    fn add(self, other: Self, p: &Self) -> Self {
        let mut sum = self;
        let mut carry = false;
        for (limb, other) in sum.0.iter_mut().zip(other.0) {
            let (low, over) = limb.overflowing_add(other);
            let (low, carried) = low.overflowing_add(u32::from(carry));
            *limb = low;
            carry = over || carried;
        }
        sum.less(p).unwrap_or(sum)
    }

    /// The difference, unless it is below zero.
    fn less(self, other: &Self) -> Option<Self> {
        let mut difference = self;
        let mut borrow = false;
        for (limb, other) in difference.0.iter_mut().zip(other.0) {
            let (low, under) = limb.overflowing_sub(other);
            let (low, borrowed) = low.overflowing_sub(u32::from(borrow));
            *limb = low;
            borrow = under || borrowed;
        }
        (!borrow).then_some(difference)
    }

    /// The product modulo p, bit by bit.
    fn multiply(self, other: Self, p: &Self) -> Self {
        let mut product = Self([0; 17]);
        for limb in self.0.iter().rev() {
            for bit in (0..u32::BITS).rev() {
                product = product.add(product, p);
                if limb & (1 << bit) != 0 {
                    product = product.add(other, p);
                }
            }
        }
        product
    }
}

/// Whether a key is a point of its curve; `None` where it has no curve of that kind.
pub(super) fn has_point(key: &PublicKey<'_>) -> Option<bool> {
    let PublicKey::Ec2 { curve, x, y } = key else {
        return None;
    };
    let equation = match curve {
        Curve::P256 => &P256,
        Curve::P384 => &P384,
        Curve::P521 => &P521,
        Curve::Secp256k1 => &SECP256K1,
        Curve::Ed25519 | Curve::Ed448 => return None,
    };
    let (p, x, y) = (&Number::of(equation.p), Number::of(x), Number::of(y));
    if x.less(p).is_some() || y.less(p).is_some() {
        return Some(false);
    }
    let cube = x.multiply(x, p).multiply(x, p);
    let right = cube.add(Number::of(equation.b), p);
    let mut left = y.multiply(y, p);
    if equation.is_minus_3 {
        // -3x is on the right: 3x on the left.
        left = left.add(x, p).add(x, p).add(x, p);
    }
    Some(left == right)
}
