//! The core's opinion of keys and signatures against that of aws-lc, on random and made-up cases. The
//! numbers come from a seed, so that a difference comes again.

use aws_lc_rs::signature::{
    self as aws, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use curve25519_dalek::Scalar;
use num_bigint::BigUint;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use portcullis_core::SignatureAlgorithm;
use portcullis_core::algorithm::{
    EcdsaP256Sha384, EcdsaP256Sha384Small, EcdsaP256Sha512, EcdsaP256Sha512Small, EcdsaP384Sha256,
    EcdsaP384Sha512, EcdsaP521Sha256, EcdsaP521Sha384, EdDsa, Es256, Es256Small, Es384, Es512,
    Ps256, Ps384, Ps512, Rs256, Rs384, Rs512,
};
use portcullis_core::data::{Curve, PublicKey};
use portcullis_tests::{corpora::report, es256};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::{Opinion, opinion};

/// Bytes that only depend on the seed.
struct Random {
    seed: [u8; 32],
    counter: u64,
}

impl Random {
    fn new(seed: &str) -> Self {
        Self {
            seed: Sha256::digest(seed).into(),
            counter: 0,
        }
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            self.counter += 1;
            let block = Sha256::new().chain_update(self.seed);
            bytes.extend(block.chain_update(self.counter.to_be_bytes()).finalize());
        }
        bytes.truncate(length);
        bytes
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.bytes(N).try_into().expect("as many as asked for")
    }

    fn below(&mut self, limit: usize) -> usize {
        let number = u64::from_be_bytes(self.array());
        usize::try_from(number % u64::try_from(limit).expect("64 bits")).expect("below the limit")
    }

    /// The bytes with one bit turned, one of them gone, or one more.
    fn damaged(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        let at = self.below(bytes.len());
        match self.below(8) {
            0 => drop(damaged.remove(at)),
            1 => damaged.insert(at, self.bytes(1)[0]),
            2 => damaged[at] = self.bytes(1)[0],
            _ => damaged[at] ^= 1 << self.below(8),
        }
        damaged
    }
}

/// Cases, by what both said.
#[derive(Default)]
struct Tally {
    valid: u32,
    invalid: u32,
}

impl Tally {
    #[track_caller]
    fn case(&mut self, ours: Opinion, theirs: bool, what: &str) {
        assert_eq!(ours == Opinion::Valid, theirs, "{what}: {ours:?}");
        *(if theirs {
            &mut self.valid
        } else {
            &mut self.invalid
        }) += 1;
    }

    fn finish(self, name: &str) {
        report(&format!(
            "aws-lc agrees on {name}: {} valid and {} invalid cases",
            self.valid, self.invalid
        ));
        assert!(self.valid > 0 && self.invalid > 0);
    }
}

/// `SEQUENCE { INTEGER, INTEGER }`, in DER.
fn ecdsa_der(r: &BigUint, s: &BigUint) -> Vec<u8> {
    fn element(tag: u8, value: &[u8]) -> Vec<u8> {
        let length = u8::try_from(value.len()).expect("a short value");
        let long = (length >= 0x80).then_some(0x81);
        [tag]
            .into_iter()
            .chain(long)
            .chain([length])
            .chain(value.iter().copied())
            .collect()
    }
    let integer = |number: &BigUint| {
        let mut bytes = number.to_bytes_be();
        if bytes[0] >= 0x80 {
            bytes.insert(0, 0);
        }
        element(2, &bytes)
    };
    element(0x30, &[integer(r), integer(s)].concat())
}

struct Ecdsa {
    curve: Curve,
    order: &'static str,
    ours: &'static dyn SignatureAlgorithm,
    theirs: &'static dyn VerificationAlgorithm,
}

impl Ecdsa {
    /// `point` is uncompressed, the signature `r || s`.
    fn run(
        &self,
        tally: &mut Tally,
        random: &mut Random,
        point: &[u8],
        message: &[u8],
        signature: &[u8],
    ) {
        let mut case = |what: &str, point: &[u8], message: &[u8], signature: &[u8]| {
            let (x, y) = point[1..].split_at(self.curve.coordinate_length());
            let key = PublicKey::Ec2 {
                curve: self.curve,
                x,
                y,
            };
            let ours = opinion(self.ours, &key, message, signature);
            let theirs = UnparsedPublicKey::new(self.theirs, point).verify(message, signature);
            tally.case(ours, theirs.is_ok(), what);
        };
        let (r, s) = signature.split_at(signature.len() / 2);
        let (r, s) = (BigUint::from_bytes_be(r), BigUint::from_bytes_be(s));
        let n = BigUint::parse_bytes(self.order.as_bytes(), 16).expect("hex");
        let zero = BigUint::ZERO;
        let good = ecdsa_der(&r, &s);
        case("as signed", point, message, &good);
        case("the other s", point, message, &ecdsa_der(&r, &(&n - &s)));
        case("r + n", point, message, &ecdsa_der(&(&r + &n), &s));
        case("s + n", point, message, &ecdsa_der(&r, &(&s + &n)));
        case("n - r", point, message, &ecdsa_der(&(&n - &r), &s));
        case("r = 0", point, message, &ecdsa_der(&zero, &s));
        case("s = 0", point, message, &ecdsa_der(&r, &zero));
        case("both 0", point, message, &ecdsa_der(&zero, &zero));
        case("r = n", point, message, &ecdsa_der(&n, &s));
        case("s = n", point, message, &ecdsa_der(&r, &n));
        case("swapped", point, message, &ecdsa_der(&s, &r));
        case("not in DER", point, message, signature);
        case("nothing", point, message, &[]);
        for _ in 0..12 {
            case(
                "a damaged signature",
                point,
                message,
                &random.damaged(&good),
            );
        }
        for _ in 0..4 {
            case("a damaged message", point, &random.damaged(message), &good);
            let mut other = point.to_vec();
            let at = 1 + random.below(point.len() - 1);
            other[at] ^= 1 << random.below(8);
            case("a damaged key", &other, message, &good);
        }
    }
}

const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P384_ORDER: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf\
                          581a0db248b0a77aecec196accc52973";
const P521_ORDER: &str = "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
                          fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409";

macro_rules! ecdsa {
    ($test:ident, $library:ident, $curve:ident, $order:ident, $length:literal,
     $($ours:ident $theirs:ident $hash:ident),*) => {
        #[test]
        fn $test() {
            let mut random = Random::new(stringify!($test));
            $(
                let pair = Ecdsa {
                    curve: Curve::$curve,
                    order: $order,
                    ours: &$ours,
                    theirs: &aws::$theirs,
                };
                let mut tally = Tally::default();
                for length in [0, 1, 37, 69, 200, 1000] {
                    let mut secret = random.array::<$length>();
                    // Below the order, whatever the curve.
                    secret[0] = 0;
                    let key = $library::ecdsa::SigningKey::from_slice(&secret).expect("a scalar");
                    let point = key.verifying_key().to_sec1_point(false);
                    let mut message = random.bytes(length);
                    message.push(b'.');
                    let signature: $library::ecdsa::Signature =
                        key.sign_prehash(&$hash::digest(&message)).expect("a signature");
                    pair.run(&mut tally, &mut random, point.as_bytes(), &message, &signature.to_bytes());
                }
                tally.finish(stringify!($ours));
            )*
        }
    };
}

ecdsa! {
    ecdsa_on_p256_is_judged_alike, p256, P256, P256_ORDER, 32,
    Es256 ECDSA_P256_SHA256_ASN1 Sha256,
    EcdsaP256Sha384 ECDSA_P256_SHA384_ASN1 Sha384,
    EcdsaP256Sha512 ECDSA_P256_SHA512_ASN1 Sha512,
    Es256Small ECDSA_P256_SHA256_ASN1 Sha256,
    EcdsaP256Sha384Small ECDSA_P256_SHA384_ASN1 Sha384,
    EcdsaP256Sha512Small ECDSA_P256_SHA512_ASN1 Sha512
}

ecdsa! {
    ecdsa_on_p384_is_judged_alike, p384, P384, P384_ORDER, 48,
    EcdsaP384Sha256 ECDSA_P384_SHA256_ASN1 Sha256,
    Es384 ECDSA_P384_SHA384_ASN1 Sha384,
    EcdsaP384Sha512 ECDSA_P384_SHA512_ASN1 Sha512
}

ecdsa! {
    ecdsa_on_p521_is_judged_alike, p521, P521, P521_ORDER, 66,
    EcdsaP521Sha256 ECDSA_P521_SHA256_ASN1 Sha256,
    EcdsaP521Sha384 ECDSA_P521_SHA384_ASN1 Sha384,
    Es512 ECDSA_P521_SHA512_ASN1 Sha512
}

/// A few of the cases that the example `es256_differential` runs by the million.
#[test]
fn the_small_es256_is_judged_alike() {
    const CASES: usize = 4096;
    let valid = es256::cases(0)
        .take(CASES)
        .filter(|case| case.is_valid())
        .count();
    report(&format!(
        "p256 and aws-lc agree with Es256Small: {valid} valid and {} invalid cases",
        CASES - valid
    ));
    // Two of eight are valid by their making.
    assert!(valid * 5 > CASES && valid * 3 < CASES, "{valid}");
}

fn ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> (Opinion, bool) {
    let ours = PublicKey::Okp {
        curve: Curve::Ed25519,
        x: key,
    };
    let theirs = UnparsedPublicKey::new(&aws::ED25519, key).verify(message, signature);
    (opinion(&EdDsa, &ours, message, signature), theirs.is_ok())
}

#[test]
fn ed25519_is_judged_alike() {
    let mut random = Random::new("Ed25519");
    let mut tally = Tally::default();
    for length in [0, 1, 37, 69, 200, 1000] {
        let signer = ed25519_dalek::SigningKey::from_bytes(&random.array());
        let key = signer.verifying_key().to_bytes();
        let mut message = random.bytes(length);
        message.push(b'.');
        let signature = ed25519_dalek::Signer::sign(&signer, &message).to_bytes();
        let mut case = |what: &str, key: &[u8], message: &[u8], signature: &[u8]| {
            let (ours, theirs) = ed25519(key, message, signature);
            tally.case(ours, theirs, what);
        };
        case("as signed", &key, &message, &signature);
        case("nothing", &key, &message, &[]);
        for _ in 0..40 {
            case(
                "a damaged signature",
                &key,
                &message,
                &random.damaged(&signature),
            );
            case(
                "a damaged message",
                &key,
                &random.damaged(&message),
                &signature,
            );
            case("a damaged key", &random.damaged(&key), &message, &signature);
        }
    }
    tally.finish("Ed25519");
}

/// Where the core is stricter: the equation holds, and still it says nothing of who has signed.
#[test]
fn ed25519_of_small_order_is_refused_though_the_equation_holds() {
    let identity: [u8; 32] = core::array::from_fn(|at| u8::from(at == 0));
    let signer = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let key = signer.verifying_key().to_bytes();
    let message = b"anything";

    // R = identity, S = k a.
    let hash = Sha512::new()
        .chain_update(identity)
        .chain_update(key)
        .chain_update(message);
    let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    let s = (k * signer.to_scalar()).to_bytes();
    let signature = [identity, s].concat();
    assert_eq!(
        ed25519(&key, message, &signature),
        (Opinion::SignatureRefused, true)
    );

    // A = identity, R = B, S = 1.
    let base = curve25519_dalek::constants::ED25519_BASEPOINT_COMPRESSED.to_bytes();
    let signature = [base, Scalar::ONE.to_bytes()].concat();
    assert_eq!(
        ed25519(&identity, message, &signature),
        (Opinion::KeyRefused, true)
    );
}

/// An RSA key pair that signs any number: what a test needs and nobody else may have.
struct RsaKey {
    bits: u64,
    n: BigUint,
    e: BigUint,
    d: BigUint,
}

impl RsaKey {
    fn generate(random: &mut Random, bits: u64, e: u64) -> Self {
        let e = BigUint::from(e);
        loop {
            let p = prime(random, bits.div_ceil(2));
            let q = prime(random, bits / 2);
            let order = (&p - 1_u8) * (&q - 1_u8);
            if let Some(d) = e.modinv(&order) {
                let n = p * q;
                assert_eq!(n.bits(), bits);
                return Self { bits, n, e, d };
            }
        }
    }

    fn length(&self) -> usize {
        usize::try_from(self.bits.div_ceil(8)).expect("a length")
    }

    /// Exactly as many bytes as the modulus has.
    fn sign(&self, encoded: &[u8]) -> Vec<u8> {
        let number = BigUint::from_bytes_be(encoded).modpow(&self.d, &self.n);
        self.bytes(&number)
    }

    fn bytes(&self, number: &BigUint) -> Vec<u8> {
        let bytes = number.to_bytes_be();
        let mut padded = vec![0; self.length().saturating_sub(bytes.len())];
        padded.extend(bytes);
        padded
    }
}

/// A number of so many bits that is prime as far as Fermat can tell, its two highest bits set.
fn prime(random: &mut Random, bits: u64) -> BigUint {
    let small: Vec<u32> = (3..4000)
        .filter(|n| (2..*n).take(64).all(|d| n % d != 0))
        .collect();
    let length = usize::try_from(bits.div_ceil(8)).expect("a length");
    loop {
        let mut candidate = BigUint::from_bytes_be(&random.bytes(length))
            >> (length * 8 - usize::try_from(bits).expect("a length"));
        for bit in [0, bits - 2, bits - 1] {
            candidate.set_bit(bit, true);
        }
        if small
            .iter()
            .any(|prime| (&candidate % *prime) == BigUint::ZERO)
        {
            continue;
        }
        let two = BigUint::from(2_u8);
        if two.modpow(&(&candidate - 1_u8), &candidate) == BigUint::from(1_u8) {
            return candidate;
        }
    }
}

/// One hash with what both schemes need of it.
struct RsaHash {
    name: &'static str,
    digest_info: &'static [u8],
    digest: fn(&[u8]) -> Vec<u8>,
    pkcs1: (&'static dyn SignatureAlgorithm, &'static aws::RsaParameters),
    pss: (&'static dyn SignatureAlgorithm, &'static aws::RsaParameters),
}

const RSA_HASHES: &[RsaHash] = &[
    RsaHash {
        name: "SHA-256",
        digest_info:
            b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
        digest: |message| Sha256::digest(message).to_vec(),
        pkcs1: (&Rs256, &aws::RSA_PKCS1_2048_8192_SHA256),
        pss: (&Ps256, &aws::RSA_PSS_2048_8192_SHA256),
    },
    RsaHash {
        name: "SHA-384",
        digest_info:
            b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
        digest: |message| Sha384::digest(message).to_vec(),
        pkcs1: (&Rs384, &aws::RSA_PKCS1_2048_8192_SHA384),
        pss: (&Ps384, &aws::RSA_PSS_2048_8192_SHA384),
    },
    RsaHash {
        name: "SHA-512",
        digest_info:
            b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        digest: |message| Sha512::digest(message).to_vec(),
        pkcs1: (&Rs512, &aws::RSA_PKCS1_2048_8192_SHA512),
        pss: (&Ps512, &aws::RSA_PSS_2048_8192_SHA512),
    },
];

impl RsaHash {
    /// `00 01 FF.. 00 DigestInfo`, and what a forger might make of it.
    fn pkcs1_encodings(&self, length: usize, message: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
        let digest = (self.digest)(message);
        let info = [self.digest_info, &digest].concat();
        let framed = |kind: u8, padding: u8, info: &[u8]| {
            let mut encoded = vec![0, kind];
            encoded.resize(length - info.len() - 1, padding);
            encoded.push(0);
            encoded.extend(info);
            encoded
        };
        let good = framed(1, 0xff, &info);
        let changed = |at: usize, to: u8| {
            let mut encoded = good.clone();
            encoded[at] = to;
            encoded
        };
        let mut short = vec![0, 1];
        short.resize(10, 0xff);
        short.push(0);
        short.extend(&info);
        short.resize(length, 0);
        // Without the NULL of the algorithm's parameters.
        let mut no_null = info.clone();
        no_null.drain(15..17);
        no_null[1] -= 2;
        no_null[3] -= 2;
        vec![
            ("block type 2", framed(2, 0xff, &info)),
            ("block type 0", framed(0, 0, &info)),
            ("padding of zeros", framed(1, 0, &info)),
            ("a byte in the padding", changed(20, 0xfe)),
            ("a zero in the padding", changed(20, 0)),
            (
                "no zero after the padding",
                changed(length - info.len() - 1, 0xff),
            ),
            ("a first byte", changed(0, 1)),
            ("short padding and garbage", short),
            ("no NULL", framed(1, 0xff, &no_null)),
            ("the digest alone", framed(1, 0xff, &digest)),
            ("another digest", changed(length - 1, good[length - 1] ^ 1)),
            ("another hash", changed(length - digest.len() - 5, 9)),
            ("as it has to be", good),
        ]
    }

    /// EMSA-PSS with this salt (RFC 8017 section 9.1.1), before the trailer is put on.
    fn pss_encoding(
        &self,
        bits: u64,
        message: &[u8],
        salt: &[u8],
        damage: impl Fn(&mut Vec<u8>),
    ) -> Vec<u8> {
        let h = (self.digest)(&[&[0; 8][..], &(self.digest)(message), salt].concat());
        let length = usize::try_from((bits - 1).div_ceil(8)).expect("a length");
        let mut db = vec![0; length - h.len() - 1 - salt.len() - 1];
        db.push(1);
        db.extend(salt);
        damage(&mut db);
        for (counter, block) in (0_u32..).zip(db.chunks_mut(h.len())) {
            let mask = (self.digest)(&[&h[..], &counter.to_be_bytes()].concat());
            block
                .iter_mut()
                .zip(mask)
                .for_each(|(byte, mask)| *byte ^= mask);
        }
        db[0] &= 0xff >> (u64::try_from(length).expect("64 bits") * 8 - (bits - 1));
        [&db[..], &h, &[0xbc]].concat()
    }

    fn pss_encodings(
        &self,
        bits: u64,
        message: &[u8],
        random: &mut Random,
    ) -> Vec<(&'static str, Vec<u8>)> {
        let length = (self.digest)(b"").len();
        let salt = random.bytes(length);
        let good = self.pss_encoding(bits, message, &salt, |_| ());
        let last = good.len() - 1;
        let mut trailer = good.clone();
        trailer[last] = 0xcc;
        let mut top_bit = good.clone();
        top_bit[0] |= 0x80;
        vec![
            ("another trailer", trailer),
            ("a bit above the others", top_bit),
            ("no salt", self.pss_encoding(bits, message, &[], |_| ())),
            (
                "a short salt",
                self.pss_encoding(bits, message, &salt[1..], |_| ()),
            ),
            (
                "a long salt",
                self.pss_encoding(bits, message, &[&salt[..], b"."].concat(), |_| ()),
            ),
            (
                "a byte in the padding",
                self.pss_encoding(bits, message, &salt, |db| db[3] = 1),
            ),
            (
                "no one after the padding",
                self.pss_encoding(bits, message, &salt, |db| {
                    let one = db.len() - length - 1;
                    db[one] = 2;
                }),
            ),
            (
                "another message",
                self.pss_encoding(bits, b"another", &salt, |_| ()),
            ),
            ("as it has to be", good),
        ]
    }
}

fn rsa(key: &RsaKey, random: &mut Random, tally: &mut Tally) {
    let (n, e) = (key.n.to_bytes_be(), key.e.to_bytes_be());
    let public = PublicKey::Rsa { n: &n, e: &e };
    let message = random.bytes(69);
    for hash in RSA_HASHES {
        let mut case = |what: &str,
                        scheme: (&dyn SignatureAlgorithm, &aws::RsaParameters),
                        signature: &[u8]| {
            let ours = opinion(scheme.0, &public, &message, signature);
            let theirs = RsaPublicKeyComponents { n: &n, e: &e };
            let theirs = theirs.verify(scheme.1, &message, signature).is_ok();
            let what = format!("{} bits, {}, {what}", key.bits, hash.name);
            tally.case(ours, theirs, &what);
        };
        let pkcs1 = hash.pkcs1_encodings(key.length(), &message);
        let pss = hash.pss_encodings(key.bits, &message, random);
        for (scheme, encodings) in [(hash.pkcs1, pkcs1), (hash.pss, pss)] {
            let mut good = Vec::new();
            for (what, encoded) in encodings {
                // What is no number below the modulus cannot be signed.
                if BigUint::from_bytes_be(&encoded) < key.n {
                    good = key.sign(&encoded);
                    case(what, scheme, &good);
                }
            }
            let number = BigUint::from_bytes_be(&good);
            for (what, number) in [
                ("0", BigUint::ZERO),
                ("1", BigUint::from(1_u8)),
                ("n - 1", &key.n - 1_u8),
                ("n", key.n.clone()),
                ("s + n", &number + &key.n),
                ("n - s", &key.n - &number),
            ] {
                case(what, scheme, &key.bytes(&number));
            }
            case("a zero in front", scheme, &[&[0], &good[..]].concat());
            case("a zero appended", scheme, &[&good[..], &[0]].concat());
            case("one byte less", scheme, &good[1..]);
            case("nothing", scheme, &[]);
            for _ in 0..10 {
                case("a damaged signature", scheme, &random.damaged(&good));
            }
            let other = if scheme.0.algorithm() == hash.pkcs1.0.algorithm() {
                hash.pss
            } else {
                hash.pkcs1
            };
            case("the other scheme", other, &good);
        }
    }
}

#[test]
fn rsa_is_judged_alike() {
    let mut random = Random::new("RSA");
    // With 2049 bits the message of PSS has a byte less than the modulus; 2050 and 3001 are of no
    // number's width.
    for (bits, e) in [
        (2048, 3),
        (2048, 65_537),
        (2049, 65_537),
        (2050, 17),
        (3001, 65_537),
    ] {
        let mut tally = Tally::default();
        let key = RsaKey::generate(&mut random, bits, e);
        rsa(&key, &mut random, &mut tally);
        tally.finish(&format!("RSA of {bits} bits, e = {e}"));
    }
}
