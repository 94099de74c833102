//! Credential private keys. One type an algorithm; what a passkey needs of it is [`CredentialKey`].

use core::fmt::Debug;

use num_bigint::BigUint;
use p256::ecdsa::{Signature, SigningKey, signature::Signer};

use crate::{cbor::Cbor, der};

/// A key pair that signs for a passkey, or an attestation key.
pub trait CredentialKey: Debug + Send + Sync {
    /// The COSE algorithm.
    fn algorithm(&self) -> i64;
    /// The public key as a COSE key, members in canonical order.
    fn cose_key(&self) -> Cbor;
    /// Signs as WebAuthn wants this algorithm's signatures written.
    fn sign(&self, message: &[u8]) -> Vec<u8>;
}

/// ECDSA over P-256 with SHA-256; nonces by RFC 6979, so that the same key and message always give
/// the same signature.
#[derive(Clone, Debug)]
pub struct Es256(SigningKey);

impl Es256 {
    /// The key whose secret scalar is this.
    ///
    /// # Panics
    ///
    /// When the number is zero or not below the group order, which has a chance of 2^-32.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_slice(secret).expect("a scalar of P-256"))
    }

    /// The affine coordinates of the public point.
    #[must_use]
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        let point = self.0.verifying_key().to_sec1_point(false);
        let coordinate =
            |bytes: Option<&p256::FieldBytes>| (*bytes.expect("not the identity")).into();
        (coordinate(point.x()), coordinate(point.y()))
    }

    /// `SubjectPublicKeyInfo`, as a certificate carries the key.
    #[must_use]
    pub fn public_key_info(&self) -> Vec<u8> {
        let (x, y) = self.coordinates();
        Self::info(&x, &y)
    }

    /// `SubjectPublicKeyInfo` of a point on P-256.
    #[must_use]
    pub fn info(x: &[u8], y: &[u8]) -> Vec<u8> {
        let algorithm = der::sequence(&[
            der::oid("1.2.840.10045.2.1"),
            der::oid("1.2.840.10045.3.1.7"),
        ]);
        der::sequence(&[algorithm, der::bits(&[&[4], x, y].concat())])
    }

    /// `r || s`, the form that JOSE uses.
    #[must_use]
    pub fn sign_fixed(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        signature.to_bytes().to_vec()
    }
}

impl CredentialKey for Es256 {
    fn algorithm(&self) -> i64 {
        -7
    }

    fn cose_key(&self) -> Cbor {
        let (x, y) = self.coordinates();
        Cbor::int_map([
            (1, Cbor::Int(2)),
            (3, Cbor::Int(self.algorithm())),
            (-1, Cbor::Int(1)),
            (-2, Cbor::bytes(x)),
            (-3, Cbor::bytes(y)),
        ])
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        signature.to_der().as_bytes().to_vec()
    }
}

/// A NIST curve beside P-256: its name, algorithm, curve number, coordinate length and crate.
macro_rules! ecdsa {
    ($(#[$doc:meta])+ $name:ident, $curve:ident, $algorithm:literal, $number:literal, $length:literal) => {
        $(#[$doc])+
        #[derive(Clone)]
        pub struct $name($curve::ecdsa::SigningKey);

        impl Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl $name {
            /// The key whose secret scalar is this; shorter ones are padded.
            ///
            /// # Panics
            ///
            /// When the number is zero or not below the group order.
            #[must_use]
            pub fn from_secret(secret: &[u8]) -> Self {
                let mut scalar = vec![0; $length - secret.len()];
                scalar.extend_from_slice(secret);
                Self($curve::ecdsa::SigningKey::from_slice(&scalar).expect("a scalar"))
            }
        }

        impl CredentialKey for $name {
            fn algorithm(&self) -> i64 {
                $algorithm
            }

            fn cose_key(&self) -> Cbor {
                let point = $curve::ecdsa::VerifyingKey::from(&self.0).to_sec1_point(false);
                let (x, y) = point.as_bytes()[1..].split_at($length);
                Cbor::int_map([
                    (1, Cbor::Int(2)),
                    (3, Cbor::Int($algorithm)),
                    (-1, Cbor::Int($number)),
                    (-2, Cbor::bytes(x)),
                    (-3, Cbor::bytes(y)),
                ])
            }

            fn sign(&self, message: &[u8]) -> Vec<u8> {
                let signature: $curve::ecdsa::Signature = self.0.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        }
    };
}

ecdsa!(
    /// ECDSA over P-384 with SHA-384.
    Es384, p384, -35, 2, 48
);
ecdsa!(
    /// ECDSA over P-521 with SHA-512.
    Es512, p521, -36, 3, 66
);

/// Ed25519.
#[derive(Clone, Debug)]
pub struct Ed25519(ed25519_dalek::SigningKey);

impl Ed25519 {
    /// The key of this seed.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(secret))
    }
}

impl CredentialKey for Ed25519 {
    fn algorithm(&self) -> i64 {
        -8
    }

    fn cose_key(&self) -> Cbor {
        Cbor::int_map([
            (1, Cbor::Int(1)),
            (3, Cbor::Int(-8)),
            (-1, Cbor::Int(6)),
            (-2, Cbor::bytes(self.0.verifying_key().to_bytes())),
        ])
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_bytes().to_vec()
    }
}

/// Ed448.
#[derive(Clone, Debug)]
pub struct Ed448(ed448_goldilocks::SigningKey);

impl Ed448 {
    /// The key of this seed.
    ///
    /// # Panics
    ///
    /// When the seed does not have 57 bytes.
    #[must_use]
    pub fn from_secret(secret: &[u8]) -> Self {
        Self(secret.try_into().expect("57 bytes"))
    }
}

impl CredentialKey for Ed448 {
    fn algorithm(&self) -> i64 {
        -53
    }

    fn cose_key(&self) -> Cbor {
        Cbor::int_map([
            (1, Cbor::Int(1)),
            (3, Cbor::Int(-53)),
            (-1, Cbor::Int(7)),
            (-2, Cbor::bytes(self.0.verifying_key().to_bytes())),
        ])
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign_raw(message).to_bytes().to_vec()
    }
}

/// The hash of an RSA signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaHash {
    /// SHA-1, which only attestation keys sign with.
    Sha1,
    /// SHA-256.
    Sha256,
}

/// RSA with PKCS#1 v1.5 padding. The modulus is that of the published vectors, the product of two
/// Mersenne primes: nothing is secret in a test.
#[derive(Clone, Debug)]
pub struct Rsa {
    /// The hash.
    pub hash: RsaHash,
}

impl Rsa {
    fn primes() -> [BigUint; 2] {
        let one = BigUint::from(1_u8);
        [1279_u32, 2203].map(|bits| (&one << bits) - &one)
    }

    /// The modulus, big-endian.
    #[must_use]
    pub fn modulus() -> Vec<u8> {
        let [p, q] = Self::primes();
        (p * q).to_bytes_be()
    }

    /// `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn public_key_info() -> Vec<u8> {
        let algorithm = der::sequence(&[der::oid("1.2.840.113549.1.1.1"), der::null()]);
        let numbers = [der::integer(&Self::modulus()), der::integer(&[1, 0, 1])];
        der::sequence(&[algorithm, der::bits(&der::sequence(&numbers))])
    }

    fn digest_info(&self, message: &[u8]) -> Vec<u8> {
        use sha1::Digest;
        let (oid, digest) = match self.hash {
            RsaHash::Sha1 => ("1.3.14.3.2.26", sha1::Sha1::digest(message).to_vec()),
            RsaHash::Sha256 => (
                "2.16.840.1.101.3.4.2.1",
                sha2::Sha256::digest(message).to_vec(),
            ),
        };
        let algorithm = der::sequence(&[der::oid(oid), der::null()]);
        der::sequence(&[algorithm, der::octets(&digest)])
    }
}

impl CredentialKey for Rsa {
    fn algorithm(&self) -> i64 {
        match self.hash {
            RsaHash::Sha1 => -65535,
            RsaHash::Sha256 => -257,
        }
    }

    fn cose_key(&self) -> Cbor {
        Cbor::int_map([
            (1, Cbor::Int(3)),
            (3, Cbor::Int(self.algorithm())),
            (-1, Cbor::bytes(Self::modulus())),
            (-2, Cbor::bytes([1, 0, 1])),
        ])
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let one = BigUint::from(1_u8);
        let [p, q] = Self::primes();
        let d = BigUint::from(65537_u32)
            .modinv(&((&p - &one) * (&q - &one)))
            .expect("65537 divides neither p - 1 nor q - 1");
        let length = Self::modulus().len();
        let info = self.digest_info(message);
        let mut encoded = vec![0, 1];
        encoded.resize(length - info.len() - 1, 0xff);
        encoded.push(0);
        encoded.extend_from_slice(&info);
        let signature = BigUint::from_bytes_be(&encoded).modpow(&d, &(p * q));
        let bytes = signature.to_bytes_be();
        [vec![0; length - bytes.len()], bytes].concat()
    }
}
