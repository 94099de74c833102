use std::vec::Vec;

use crypto_bigint::{U256, U512};
use sha2::Digest;

use super::field::{Element, add_product, reduce};
use super::limbs::Limbs;
use super::oracle::{N, P, assert_arithmetic, modulo, number};
use super::point::Digits;

fn bytes(number: &U256) -> [u8; 32] {
    number.to_be_bytes().into()
}

/// Numbers at which something is carried, borrowed or reduced, and their neighbours.
fn edges() -> Vec<U256> {
    let mut edges = std::vec![
        U256::ZERO,
        P,
        N,
        U256::MAX,
        P.wrapping_neg(),
        N.wrapping_neg()
    ];
    edges.push(P.wrapping_sub(&N));
    edges.push(P.shr_vartime(1));
    edges.push(N.shr_vartime(1));
    for limb in 0..8 {
        edges.push(U256::ONE.shl_vartime(32 * limb));
        edges.push(U256::from(u32::MAX).shl_vartime(32 * limb));
        edges.push(U256::ONE.shl_vartime(32 * limb + 31));
    }
    let near = |edge: &U256| {
        [-1_i8, 0, 1].map(|by| {
            let distance = U256::from(by.unsigned_abs());
            if by < 0 {
                edge.wrapping_sub(&distance)
            } else {
                edge.wrapping_add(&distance)
            }
        })
    };
    edges.iter().flat_map(near).collect()
}

/// Numbers that only depend on their place in the series.
fn pseudorandom(count: u32) -> impl Iterator<Item = [u8; 32]> {
    (0..count).map(|index| sha2::Sha256::digest(index.to_be_bytes()).into())
}

#[test]
fn every_operation_agrees_at_the_edges() {
    let edges: Vec<_> = edges().iter().map(bytes).collect();
    for a in &edges {
        for b in &edges {
            assert_arithmetic(a, b);
        }
    }
}

#[test]
fn every_operation_agrees_on_limbs_that_are_all_zeros_ones_or_one() {
    let limbs = [0, 1, u32::MAX];
    let pattern = |mut index: usize| {
        let mut bytes = [0; 32];
        for limb in bytes.chunks_mut(4) {
            limb.copy_from_slice(&limbs[index % 3].to_be_bytes());
            index /= 3;
        }
        bytes
    };
    let count = 3_usize.pow(8);
    for index in 0..count {
        // Each with one other, in no order.
        assert_arithmetic(&pattern(index), &pattern(index * 2477 % count));
    }
}

#[test]
fn every_operation_agrees_on_numbers_of_no_pattern() {
    let numbers: Vec<_> = pseudorandom(2000).collect();
    for pair in numbers.windows(2) {
        assert_arithmetic(&pair[0], &pair[1]);
    }
}

/// Sixteen limbs, of zeros and ones as the bits of the index say.
fn all_zeros_or_ones(index: u32) -> [[u32; 4]; 4] {
    core::array::from_fn(|digit| {
        core::array::from_fn(|limb| (index >> (4 * digit + limb) & 1).wrapping_neg())
    })
}

#[test]
fn the_carries_of_a_product_are_right_for_all_limbs_of_zeros_or_ones() {
    for index in 0..1 << 16 {
        let [mut low, mut carry, a, b] = all_zeros_or_ones(index);
        let expected = number::<4>(&a)
            .wrapping_mul(&number::<4>(&b))
            .wrapping_add(&number(&low))
            .wrapping_add(&number(&carry));
        add_product(&mut low, &mut carry, &a, &b);
        assert_eq!(number::<4>(&[low, carry].concat()), expected, "{index:x}");
    }
}

#[test]
fn the_carries_of_a_reduction_are_right_for_all_limbs_of_zeros_or_ones() {
    for index in 0..1 << 16 {
        let [a, b, c, d] = all_zeros_or_ones(index);
        let found = reduce(&a, &b, &c, &d);
        let found = number::<8>(found.limbs()).shl_vartime(256);
        let expected: U512 = number(&[a, b, c, d].concat());
        assert_eq!(modulo(&found, &P), modulo(&expected, &P), "{index:x}");
    }
}

#[test]
fn the_digits_are_the_scalar_and_few() {
    let edges = edges().into_iter().map(|edge| bytes(&edge));
    let (mut scalars, mut found) = (0_u32, 0_u32);
    for bytes in edges.chain(pseudorandom(500)) {
        let scalar = super::limbs::from_be_bytes(&bytes);
        let mut digits = Digits::new(&scalar);
        let mut sum = U512::ZERO;
        let mut last = None;
        for bit in (0..Digits::END).rev() {
            sum = sum.wrapping_add(&sum);
            let Some((index, opposite)) = digits.at(bit) else {
                continue;
            };
            assert!(index < 8);
            assert!(last.is_none_or(|last| last > bit));
            last = Some(bit);
            found += 1;
            let digit = U512::from(2 * u32::try_from(index).expect("below 8") + 1);
            sum = if opposite {
                sum.wrapping_sub(&digit)
            } else {
                sum.wrapping_add(&digit)
            };
        }
        scalars += 1;
        assert_eq!(sum, number(&scalar));
    }
    // One in six bits, a few more or less.
    assert!(found < scalars * 45, "{found} digits of {scalars} scalars");
}

#[cfg(feature = "es256")]
#[test]
fn the_table_holds_the_base_points_odd_multiples() {
    use p256::elliptic_curve::sec1::ToSec1Point;

    let twice = p256::ProjectivePoint::GENERATOR + p256::ProjectivePoint::GENERATOR;
    let mut multiple = p256::ProjectivePoint::GENERATOR;
    for (x, y) in super::point::base() {
        let point = multiple.to_affine().to_sec1_point(false);
        let expected: Vec<u8> = point.as_bytes().iter().skip(1).copied().collect();
        let coordinates = [x, y].map(|coordinate: &Element| {
            // Out of Montgomery's form.
            let mut one: Limbs = [0; 8];
            one[0] = 1;
            let element = coordinate.multiply(&Element::from_form(one));
            bytes(&modulo(&number(element.limbs()), &P))
        });
        assert_eq!(coordinates.concat(), expected);
        multiple += twice;
    }
}
