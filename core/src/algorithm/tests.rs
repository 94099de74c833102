//! Which keys which algorithm takes, over all of them at once: a key is of one algorithm, or of those
//! that differ from it in a number or a hash alone.

use std::vec::Vec;

use p256::elliptic_curve::sec1::ToSec1Point;

use super::{BUILT_IN, BUILT_IN_FOR_ATTESTATION, Crypto, SignatureAlgorithm};
use crate::data::{CoseAlgorithm, Curve, PublicKey};

/// A key of which the algorithms' own crates say that it is one.
struct Sample {
    bytes: Vec<u8>,
    kind: Kind,
    algorithms: &'static [i32],
}

#[derive(Clone, Copy)]
enum Kind {
    Ec2(Curve),
    Okp(Curve),
    Rsa,
    Akp,
}

impl Sample {
    fn key(&self) -> PublicKey<'_> {
        match self.kind {
            Kind::Ec2(curve) => {
                let (x, y) = self.bytes.split_at(self.bytes.len() / 2);
                PublicKey::Ec2 { curve, x, y }
            }
            Kind::Okp(curve) => PublicKey::Okp {
                curve,
                x: &self.bytes,
            },
            Kind::Rsa => PublicKey::Rsa {
                n: &self.bytes,
                e: &[1, 0, 1],
            },
            Kind::Akp => PublicKey::Akp {
                public_key: &self.bytes,
            },
        }
    }
}

/// The base point's coordinates.
macro_rules! base_point {
    ($library:ident) => {{
        let key = $library::PublicKey::from_affine($library::AffinePoint::GENERATOR);
        let point = key.expect("a point").to_sec1_point(false);
        point.as_bytes().iter().skip(1).copied().collect()
    }};
}

fn samples() -> Vec<Sample> {
    let akp = |length, algorithms| Sample {
        bytes: std::vec![7; length],
        kind: Kind::Akp,
        algorithms,
    };
    let ed448 = ed448_goldilocks::EdwardsPoint::GENERATOR.to_affine();
    let ed25519 = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
    std::vec![
        Sample {
            bytes: base_point!(p256),
            kind: Kind::Ec2(Curve::P256),
            algorithms: &[-7, -9, -35, -36],
        },
        Sample {
            bytes: base_point!(p384),
            kind: Kind::Ec2(Curve::P384),
            algorithms: &[-7, -35, -51, -36],
        },
        Sample {
            bytes: base_point!(p521),
            kind: Kind::Ec2(Curve::P521),
            algorithms: &[-7, -35, -36, -52],
        },
        Sample {
            bytes: base_point!(k256),
            kind: Kind::Ec2(Curve::Secp256k1),
            algorithms: &[-47],
        },
        Sample {
            bytes: ed25519.to_bytes().to_vec(),
            kind: Kind::Okp(Curve::Ed25519),
            algorithms: &[-8, -19],
        },
        Sample {
            bytes: ed448.compress().to_bytes().to_vec(),
            kind: Kind::Okp(Curve::Ed448),
            algorithms: &[-53],
        },
        Sample {
            bytes: std::vec![0xff; 256],
            kind: Kind::Rsa,
            algorithms: &[-37, -38, -39, -257, -258, -259, -65535],
        },
        akp(1312, &[-48]),
        akp(1952, &[-49]),
        akp(2592, &[-50]),
    ]
}

fn all() -> impl Iterator<Item = &'static &'static dyn SignatureAlgorithm> {
    BUILT_IN.iter().chain(BUILT_IN_FOR_ATTESTATION)
}

#[test]
fn a_key_is_of_its_own_algorithms_only() {
    for sample in samples() {
        let key = sample.key();
        for algorithm in all() {
            let number = algorithm.algorithm().value();
            let taken = algorithm.check_key(&key).is_ok();
            // One number may denote several curves, each a mechanism of its own.
            assert!(
                !taken || sample.algorithms.contains(&number),
                "{number}: {key:?}"
            );
        }
        for number in sample.algorithms {
            let algorithm = CoseAlgorithm::new(*number);
            assert!(
                Crypto::BUILT_IN
                    .attestation_algorithm(algorithm, &key)
                    .is_some_and(|found| found.check_key(&key).is_ok()),
                "{number}: {key:?}"
            );
        }
    }
}

#[test]
fn a_key_of_another_length_is_none() {
    for mut sample in samples() {
        let is_rsa = matches!(sample.kind, Kind::Rsa);
        for change in [-2_isize, -1, 1, 2] {
            let length = sample.bytes.len();
            let changed = length.checked_add_signed(change).expect("a length");
            sample.bytes.resize(changed, 0xff);
            // Only RSA has more than one, from 2048 bits.
            let key = sample.key();
            let taken = all().any(|algorithm| algorithm.check_key(&key).is_ok());
            assert_eq!(taken, is_rsa && change > 0, "{change}: {key:?}");
            sample.bytes.resize(length, 0xff);
        }
    }
}

#[test]
fn a_point_off_its_curve_is_no_key() {
    for mut sample in samples() {
        let Kind::Ec2(curve) = sample.kind else {
            continue;
        };
        let refused =
            |sample: &Sample| all().all(|algorithm| algorithm.check_key(&sample.key()).is_err());
        let last = sample.bytes.len().checked_sub(1).expect("bytes");
        for at in [0, last] {
            if let Some(byte) = sample.bytes.get_mut(at) {
                *byte ^= 1;
            }
            assert!(refused(&sample), "{curve:?}, changed at {at}");
            if let Some(byte) = sample.bytes.get_mut(at) {
                *byte ^= 1;
            }
        }
        // What denotes the point at infinity elsewhere, and numbers above the field.
        for byte in [0, 0xff] {
            sample.bytes.fill(byte);
            assert!(refused(&sample), "{curve:?}, all {byte}");
        }
    }
}

#[test]
fn a_number_on_another_curve_is_no_key() {
    let curves = [Curve::P256, Curve::Secp256k1];
    for mut sample in samples() {
        let Kind::Ec2(own) = sample.kind else {
            continue;
        };
        for other in curves.into_iter().filter(|curve| *curve != own) {
            sample.kind = Kind::Ec2(other);
            let key = sample.key();
            assert!(all().all(|algorithm| algorithm.check_key(&key).is_err()));
        }
    }
}

#[test]
fn no_credential_is_of_an_algorithm_for_attestation() {
    assert!(Crypto::BUILT_IN.algorithm(CoseAlgorithm::RS1).is_none());
    let p384 = samples()
        .into_iter()
        .find(|sample| matches!(sample.kind, Kind::Ec2(Curve::P384)))
        .expect("a sample");
    let es256 = Crypto::BUILT_IN
        .algorithm(CoseAlgorithm::ES256)
        .expect("ES256");
    assert!(es256.check_key(&p384.key()).is_err());
}

#[test]
fn each_algorithm_is_offered_once() {
    for (at, algorithm) in BUILT_IN.iter().enumerate() {
        let before = BUILT_IN.iter().take(at);
        let mut same = before.filter(|other| other.algorithm() == algorithm.algorithm());
        assert!(same.next().is_none(), "{}", algorithm.algorithm());
    }
}
