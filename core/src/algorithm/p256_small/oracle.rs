//! What every operation has to give, by another library: for the tests and for fuzzing.

use crypto_bigint::{NonZero, U256, U512, Uint};

use super::field::Element;
use super::limbs::{self, Limbs};
use super::scalar::{self, Scalar};

pub(super) const P: U256 =
    U256::from_be_hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
pub(super) const N: U256 =
    U256::from_be_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

/// The number of these limbs.
pub(super) fn number<const LIMBS: usize>(limbs: &[u32]) -> Uint<LIMBS> {
    limbs.iter().rev().fold(Uint::ZERO, |number, limb| {
        number.shl_vartime(32).bitor(&Uint::from_u32(*limb))
    })
}

/// Below the modulus.
pub(super) fn modulo(number: &U512, modulus: &U256) -> U256 {
    number.rem(&NonZero::new(*modulus).expect("not zero"))
}

fn wide(number: &U256) -> U512 {
    number.resize()
}

fn product(a: &U256, b: &U256) -> U512 {
    a.concatenating_mul(b)
}

/// What Montgomery's form multiplies by: 2^256.
fn times_r(number: &U256) -> U512 {
    wide(number).shl_vartime(256)
}

/// Holds every operation on these two numbers against the same in `crypto-bigint`.
pub(crate) fn assert_arithmetic(a_bytes: &[u8; 32], b_bytes: &[u8; 32]) {
    let (a, b) = (U256::from_be_slice(a_bytes), U256::from_be_slice(b_bytes));
    let (x, y) = (limbs::from_be_bytes(a_bytes), limbs::from_be_bytes(b_bytes));
    assert_eq!((number(&x), number(&y)), (a, b), "from_be_bytes");
    assert_limbs(&x, &y, &a, &b);
    assert_field(&x, &y, &a, &b);
    assert_scalar(&x, &y, a_bytes, &a, &b);
}

fn assert_limbs(x: &Limbs, y: &Limbs, a: &U256, b: &U256) {
    assert_eq!(limbs::is_zero(x), *a == U256::ZERO, "{a} is zero");
    assert_eq!(limbs::is_equal(x, y), a == b, "{a} is {b}");
    assert_eq!(limbs::is_below(x, y), a < b, "{a} is below {b}");

    let (mut sum, mut difference) = (*x, *x);
    let carry = limbs::add(&mut sum, y);
    assert_eq!(
        wide(&number(&sum)).wrapping_add(&times_r(&U256::from(u8::from(carry)))),
        wide(a).wrapping_add(&wide(b)),
        "{a} + {b}"
    );
    let borrow = limbs::subtract(&mut difference, y);
    assert_eq!(number::<4>(&difference), a.wrapping_sub(b), "{a} - {b}");
    assert_eq!(borrow, a < b, "{a} - {b}");

    // By an odd number as the modulus, whichever.
    let mut modulus = *y;
    modulus[0] |= 1;
    let mut half = *x;
    limbs::halve(&mut half, &modulus);
    let even = if x[0] & 1 == 1 {
        wide(a).wrapping_add(&number(&modulus))
    } else {
        wide(a)
    };
    assert_eq!(wide(&number(&half)), even.shr_vartime(1), "{a} / 2");
}

fn assert_field(x: &Limbs, y: &Limbs, a: &U256, b: &U256) {
    /// The element's number, in Montgomery's form.
    fn form(element: &Element) -> U512 {
        wide(&number(element.limbs()))
    }
    let element = |limbs: &Limbs| Element::from_form(*limbs);
    let assert_is = |found: &U512, expected: &U512, what: &str| {
        assert_eq!(
            modulo(found, &P),
            modulo(expected, &P),
            "{what} of {a} and {b}"
        );
    };
    assert_eq!(
        element(x).is_zero(),
        modulo(&wide(a), &P) == U256::ZERO,
        "{a} is zero"
    );
    match Element::new(x) {
        Some(new) => {
            assert!(*a < P);
            assert_is(&form(&new), &times_r(a), "form");
        }
        None => assert!(*a >= P),
    }
    let mut sum = element(x);
    sum.add(&element(y));
    assert_is(&form(&sum), &wide(a).wrapping_add(&wide(b)), "sum");
    let mut difference = element(x);
    difference.subtract(&element(y));
    assert_is(
        &form(&difference).wrapping_add(&wide(b)),
        &wide(a),
        "difference",
    );
    let mut negative = element(x);
    negative.negate();
    assert_is(
        &form(&negative).wrapping_add(&wide(a)),
        &U512::ZERO,
        "negative",
    );
    let mut half = element(x);
    half.halve();
    assert_is(&form(&half).wrapping_add(&form(&half)), &wide(a), "half");
    let found = element(x).multiply(&element(y));
    assert_is(&times_r(&number(found.limbs())), &product(a, b), "product");
    assert!(limbs::is_equal(element(x).copy().limbs(), x), "copy of {a}");
}

fn assert_scalar(x: &Limbs, y: &Limbs, a_bytes: &[u8; 32], a: &U256, b: &U256) {
    let below = modulo(&wide(b), &N);
    let mut reduced = *y;
    if *b >= N {
        limbs::subtract(&mut reduced, &scalar::N);
    }
    let found: U256 = number(&scalar::multiply(x, &reduced));
    assert!(found < N, "{found}");
    assert_eq!(
        modulo(&times_r(&found), &N),
        modulo(&product(a, &below), &N),
        "product of {a} and {b}"
    );
    let Some(scalar) = Scalar::new(a_bytes) else {
        assert!(*a == U256::ZERO || *a >= N, "{a}");
        return;
    };
    assert!(*a != U256::ZERO && *a < N, "{a}");
    let inverse: U256 = number(&scalar.inverse());
    assert!(inverse < N, "{inverse}");
    assert_eq!(
        modulo(&product(&inverse, a), &N),
        modulo(&times_r(&U256::ONE), &N),
        "inverse of {a}"
    );
    let sum = wide(a).wrapping_add(&wide(&N));
    let expected = (sum < times_r(&U256::ONE)).then_some(sum);
    let found = scalar.plus_order().map(|limbs| wide(&number(&limbs)));
    assert_eq!(found, expected, "{a} + n");
}
