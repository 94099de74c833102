//! The core's own P-256: every operation on two numbers is what another library makes of them, and what
//! has been signed, or tampered with, is judged as by `p256`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use p256::elliptic_curve::PrimeField;
use p256::elliptic_curve::ops::Reduce;
use p256::elliptic_curve::point::AffineCoordinates;
use p256::{ProjectivePoint, Scalar, U256};
use portcullis_core::Sha256 as _;
use portcullis_core::SignatureAlgorithm;
use portcullis_core::algorithm::{Es256, Es256Small, SoftSha256};
use portcullis_core::data::{Curve, PublicKey};
use portcullis_core::fuzzing::assert_p256_arithmetic;

fn scalar(bytes: &[u8; 32]) -> Scalar {
    <Scalar as Reduce<U256>>::reduce(&U256::from_be_slice(bytes))
}

/// `SEQUENCE { INTEGER, INTEGER }`, in DER.
fn der(numbers: [[u8; 32]; 2]) -> Vec<u8> {
    let mut content = Vec::new();
    for number in &numbers {
        let zeros = number
            .iter()
            .take(31)
            .take_while(|byte| **byte == 0)
            .count();
        let significant = &number[zeros..];
        let sign = (significant[0] >= 0x80).then_some(0);
        let length = significant.len() + usize::from(sign.is_some());
        content.extend([2, u8::try_from(length).expect("up to 33")]);
        content.extend(sign);
        content.extend_from_slice(significant);
    }
    let length = u8::try_from(content.len()).expect("up to 70");
    [&[0x30, length], &content[..]].concat()
}

fuzz_target!(|input: ([u8; 32], [u8; 32], [[u8; 32]; 2], Vec<u8>)| {
    let (a, b, tampering, message) = input;
    assert_p256_arithmetic(&a, &b);

    let (secret, nonce) = (scalar(&a), scalar(&b));
    let Some(inverse) = Option::<Scalar>::from(nonce.invert_vartime()) else {
        return;
    };
    if secret == Scalar::ZERO {
        return;
    }
    let affine = |scalar| (ProjectivePoint::GENERATOR * scalar).to_affine();
    let r = scalar(&affine(nonce).x().into());
    let s = inverse * (scalar(&SoftSha256.digest(&[&message])) + r * secret);
    let public = affine(secret);
    let (x, y) = (public.x(), public.y());
    let key = PublicKey::Ec2 {
        curve: Curve::P256,
        x: &x,
        y: &y,
    };
    let mut numbers = [r, s].map(|number| <[u8; 32]>::from(number.to_repr()));
    for (number, tampering) in numbers.iter_mut().flatten().zip(tampering.iter().flatten()) {
        *number ^= tampering;
    }
    let signature = der(numbers);
    let verdict = |algorithm: &dyn SignatureAlgorithm| {
        let checked = algorithm.check_key(&key).is_ok();
        (checked, algorithm.verify(&key, &[&message], &signature))
    };
    assert_eq!(verdict(&Es256Small), verdict(&Es256));
});
