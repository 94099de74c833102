//! ES256 cases without end, and what three implementations say of them: the core's over `p256`, the core's
//! own for microcontrollers, and aws-lc.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use p256::{
    ProjectivePoint, Scalar, U256,
    elliptic_curve::{PrimeField, ops::Reduce, point::AffineCoordinates},
};
use portcullis_core::{
    SignatureAlgorithm,
    algorithm::{Es256, Es256Small},
    data::{Curve, PublicKey},
};

use crate::{der, encoding::sha256};

/// A key, a message and a signature, whatever they are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What was done to it.
    pub what: &'static str,
    /// The key's x.
    pub x: [u8; 32],
    /// The key's y.
    pub y: [u8; 32],
    /// The message.
    pub message: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

impl Case {
    /// Whether the signature is valid.
    ///
    /// # Panics
    ///
    /// When the three do not agree, with the case.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let key = PublicKey::Ec2 {
            curve: Curve::P256,
            x: &self.x,
            y: &self.y,
        };
        // In two parts, as the ceremonies have them.
        let (first, second) = self.message.split_at(self.message.len() / 3);
        let core = |algorithm: &dyn SignatureAlgorithm| {
            let checked = algorithm.check_key(&key).is_ok();
            let verified = algorithm.verify(&key, &[first, second], &self.signature);
            (checked, verified.is_ok())
        };
        let small = core(&Es256Small);
        assert_eq!(small, core(&Es256), "{self:02x?}");
        let point = [&[4], &self.x[..], &self.y].concat();
        let theirs = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(&self.message, &self.signature)
            .is_ok();
        assert_eq!(small, (small.0, theirs), "{self:02x?}");
        theirs
    }
}

/// How many cases come from one signature.
pub const CASES_OF_A_SIGNATURE: usize = 8;

/// How many signatures come from one key.
const SIGNATURES_OF_A_KEY: u64 = 32;

/// Cases that only depend on the seed, so that a difference comes again.
pub fn cases(seed: u64) -> impl Iterator<Item = Case> {
    (0..).flat_map(move |index| {
        of_a_key(Random {
            seed,
            index,
            count: 0,
        })
    })
}

/// Bytes that only depend on three numbers.
struct Random {
    seed: u64,
    index: u64,
    count: u64,
}

impl Random {
    fn bytes(&mut self) -> [u8; 32] {
        self.count += 1;
        let parts = [self.seed, self.index, self.count].map(u64::to_be_bytes);
        sha256(&[&parts.concat()])
    }

    fn byte(&mut self) -> u8 {
        self.bytes()[0]
    }

    /// A scalar that is not zero. One in four is so close to zero, above or below, that multiples of
    /// points meet each other.
    fn scalar(&mut self) -> Scalar {
        let [kind, small, ..] = self.bytes();
        let small = Scalar::from(u64::from(small % 40) + 1);
        match kind % 8 {
            0 => small,
            1 => -small,
            _ => reduce(&self.bytes()),
        }
    }

    /// The bytes with one bit turned.
    fn damaged<const N: usize>(&mut self, bytes: &[u8; N]) -> [u8; N] {
        let mut damaged = *bytes;
        let [at, bit, ..] = self.bytes();
        damaged[usize::from(at) % N] ^= 1 << (bit % 8);
        damaged
    }
}

fn reduce(bytes: &[u8; 32]) -> Scalar {
    <Scalar as Reduce<U256>>::reduce(&U256::from_be_slice(bytes))
}

fn encode(r: &[u8; 32], s: &[u8; 32]) -> Vec<u8> {
    der::sequence(&[der::integer(r), der::integer(s)])
}

fn of_a_key(mut random: Random) -> impl Iterator<Item = Case> {
    let secret = random.scalar();
    let public = (ProjectivePoint::GENERATOR * secret).to_affine();
    let (x, y): ([u8; 32], [u8; 32]) = (public.x().into(), public.y().into());
    // A nonce of its own for each signature, and only an addition from one to the next: nothing is
    // secret here.
    let mut nonce = random.scalar();
    let mut point = ProjectivePoint::GENERATOR * nonce;
    (0..SIGNATURES_OF_A_KEY).flat_map(move |_| {
        let message = random.bytes()[..usize::from(random.byte() % 32)].to_vec();
        let cases = of_a_message(&mut random, secret, (x, y), (nonce, point), &message);
        nonce += Scalar::ONE;
        point += ProjectivePoint::GENERATOR;
        cases
    })
}

fn of_a_message(
    random: &mut Random,
    secret: Scalar,
    (x, y): ([u8; 32], [u8; 32]),
    (nonce, point): (Scalar, ProjectivePoint),
    message: &[u8],
) -> [Case; CASES_OF_A_SIGNATURE] {
    let digest = reduce(&sha256(&[message]));
    let r = reduce(&point.to_affine().x().into());
    let inverse: Option<Scalar> = nonce.invert_vartime().into();
    let s = inverse.unwrap_or(Scalar::ONE) * (digest + r * secret);
    let inverse: Option<Scalar> = secret.invert_vartime().into();
    let meeting = digest * inverse.unwrap_or(Scalar::ONE);
    let [r, s, other_s, meeting, opposite] =
        [r, s, -s, meeting, -meeting].map(|scalar| <[u8; 32]>::from(scalar.to_repr()));
    let case = |what, signature| Case {
        what,
        x,
        y,
        message: message.to_vec(),
        signature,
    };
    let mut other_message = message.to_vec();
    other_message.push(random.byte());
    let (y_negative, damaged_x) = (negative(&y), random.damaged(&x));
    [
        case("as signed", encode(&r, &s)),
        case("the other s", encode(&r, &other_s)),
        case("a damaged r", encode(&random.damaged(&r), &s)),
        case("a damaged s", encode(&r, &random.damaged(&s))),
        // u G = v Q, and u G = -v Q: the sum is a point doubled, or at infinity.
        case("equal multiples", encode(&meeting, &s)),
        case("opposite multiples", encode(&opposite, &s)),
        Case {
            message: other_message,
            ..case("another message", encode(&r, &s))
        },
        if random.byte().is_multiple_of(2) {
            Case {
                y: y_negative,
                ..case("the opposite key", encode(&r, &s))
            }
        } else {
            Case {
                x: damaged_x,
                ..case("a damaged key", encode(&r, &s))
            }
        },
    ]
}

/// p less this.
fn negative(y: &[u8; 32]) -> [u8; 32] {
    const P: U256 =
        U256::from_be_hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    P.wrapping_sub(&U256::from_be_slice(y)).to_be_bytes().into()
}
