//! One ES256 assertion over the crate `p256-cm4`: how another implementation becomes an entry of the list.
#![no_std]
#![no_main]

use portcullis_core::algorithm::{KeyError, SignatureError, SoftSha256, ecdsa_numbers};
use portcullis_core::data::{Curve, PublicKey};
use portcullis_core::{CoseAlgorithm, Crypto, Sha256 as _, SignatureAlgorithm};
use portcullis_firmware::{ceremony, measured};

/// ES256 in the assembly of `p256-cm4`.
struct Es256Cm4;

/// A number as that crate takes it: the lowest limb first.
fn limbs(bytes: &[u8; 32]) -> [u32; 8] {
    let mut limbs = [0; 8];
    let (chunks, _) = bytes.as_chunks();
    for (limb, chunk) in limbs.iter_mut().zip(chunks.iter().rev()) {
        *limb = u32::from_be_bytes(*chunk);
    }
    limbs
}

/// The key's coordinates, where they are of this curve.
fn coordinates<'k>(key: &PublicKey<'k>) -> Option<[&'k [u8; 32]; 2]> {
    let PublicKey::Ec2 {
        curve: Curve::P256,
        x,
        y,
    } = key
    else {
        return None;
    };
    Some([(*x).try_into().ok()?, (*y).try_into().ok()?])
}

impl SignatureAlgorithm for Es256Cm4 {
    fn algorithm(&self) -> CoseAlgorithm {
        CoseAlgorithm::ES256
    }

    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError> {
        let [x, y] = coordinates(key).ok_or(KeyError)?;
        let mut point = [4; 65];
        let [_, coordinates @ ..] = &mut point;
        for (to, from) in coordinates.iter_mut().zip(x.iter().chain(y)) {
            *to = *from;
        }
        // Also whether it is on the curve.
        if p256_cm4::octet_string_to_point(&mut [0; 8], &mut [0; 8], &point) {
            Ok(())
        } else {
            Err(KeyError)
        }
    }

    fn verify(
        &self,
        key: &PublicKey<'_>,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let [x, y] = coordinates(key).ok_or(SignatureError)?;
        let [r, s] = ecdsa_numbers(signature)?;
        let digest = SoftSha256.digest(message);
        if p256_cm4::verify(&limbs(x), &limbs(y), &digest, &limbs(&r), &limbs(&s)) {
            Ok(())
        } else {
            Err(SignatureError)
        }
    }
}

measured!(
    ceremony::authentication,
    Crypto::new(&SoftSha256, &[&Es256Cm4])
);
