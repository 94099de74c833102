use core::fmt;

use crate::encoding::cbor::{self, Head, Major};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What, once};

/// A COSE algorithm identifier (IANA "COSE Algorithms").
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CoseAlgorithm(i32);

/// Declares the algorithms in one table: number, name, description, and for those that sign certificates
/// the object identifier of such a signature.
macro_rules! algorithms {
    ($($algorithm:ident = $number:literal, $name:literal, $description:literal $(, signature $oid:literal)?;)+) => {
        impl CoseAlgorithm {
            $(
                #[doc = concat!($description, ".")]
                pub const $algorithm: Self = Self($number);
            )+

            /// The name in the registry, for those that WebAuthn knows.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$algorithm => Some($name),)+
                    _ => None,
                }
            }

            /// A short description, for those that WebAuthn knows.
            #[must_use]
            pub const fn describe(self) -> Option<&'static str> {
                match self {
                    $(Self::$algorithm => Some($description),)+
                    _ => None,
                }
            }

            /// The algorithm of a certificate's signature by its object identifier, if that alone determines
            /// it. SHA-1 is not included: it is no longer trusted.
            #[cfg(feature = "trust")]
            pub(crate) const fn of_signature(oid: &[u8]) -> Option<Self> {
                match oid {
                    $($($oid => Some(Self::$algorithm),)?)+
                    _ => None,
                }
            }
        }
    };
}

algorithms! {
    ES256 = -7, "ES256", "ES256: ECDSA with SHA-256, in WebAuthn on P-256",
        signature b"\x2a\x86\x48\xce\x3d\x04\x03\x02"; // 1.2.840.10045.4.3.2
    EDDSA = -8, "EdDSA", "EdDSA, in WebAuthn Ed25519",
        signature b"\x2b\x65\x70"; // 1.3.101.112
    ESP256 = -9, "ESP256", "ESP256: ECDSA on P-256 with SHA-256";
    ED25519 = -19, "Ed25519", "Ed25519";
    ES384 = -35, "ES384", "ES384: ECDSA with SHA-384, in WebAuthn on P-384",
        signature b"\x2a\x86\x48\xce\x3d\x04\x03\x03"; // 1.2.840.10045.4.3.3
    ES512 = -36, "ES512", "ES512: ECDSA with SHA-512, in WebAuthn on P-521",
        signature b"\x2a\x86\x48\xce\x3d\x04\x03\x04"; // 1.2.840.10045.4.3.4
    PS256 = -37, "PS256", "PS256: RSASSA-PSS with SHA-256";
    PS384 = -38, "PS384", "PS384: RSASSA-PSS with SHA-384";
    PS512 = -39, "PS512", "PS512: RSASSA-PSS with SHA-512";
    ES256K = -47, "ES256K", "ES256K: ECDSA on secp256k1 with SHA-256";
    ML_DSA_44 = -48, "ML-DSA-44", "ML-DSA-44",
        signature b"\x60\x86\x48\x01\x65\x03\x04\x03\x11"; // 2.16.840.1.101.3.4.3.17
    ML_DSA_65 = -49, "ML-DSA-65", "ML-DSA-65",
        signature b"\x60\x86\x48\x01\x65\x03\x04\x03\x12"; // 2.16.840.1.101.3.4.3.18
    ML_DSA_87 = -50, "ML-DSA-87", "ML-DSA-87",
        signature b"\x60\x86\x48\x01\x65\x03\x04\x03\x13"; // 2.16.840.1.101.3.4.3.19
    ESP384 = -51, "ESP384", "ESP384: ECDSA on P-384 with SHA-384";
    ESP512 = -52, "ESP512", "ESP512: ECDSA on P-521 with SHA-512";
    ED448 = -53, "Ed448", "Ed448",
        signature b"\x2b\x65\x71"; // 1.3.101.113
    RS256 = -257, "RS256", "RS256: RSASSA-PKCS1-v1_5 with SHA-256",
        signature b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"; // 1.2.840.113549.1.1.11
    RS384 = -258, "RS384", "RS384: RSASSA-PKCS1-v1_5 with SHA-384",
        signature b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"; // 1.2.840.113549.1.1.12
    RS512 = -259, "RS512", "RS512: RSASSA-PKCS1-v1_5 with SHA-512",
        signature b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"; // 1.2.840.113549.1.1.13
    RS1 = -65535, "RS1", "RS1: RSASSA-PKCS1-v1_5 with SHA-1, only in attestation statements";
}

impl CoseAlgorithm {
    /// The algorithm of this number.
    #[must_use]
    pub const fn new(value: i32) -> Self {
        Self(value)
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> i32 {
        self.0
    }
}

impl fmt::Debug for CoseAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CoseAlgorithm({})", self.0)
    }
}

impl fmt::Display for CoseAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Declares the curves in one table: number and name.
macro_rules! curves {
    ($($curve:ident = $number:literal, $name:literal;)+) => {
        /// A COSE elliptic curve (IANA "COSE Elliptic Curves") that a WebAuthn key may be on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Curve {
            $(#[doc = concat!($name, ".")] $curve,)+
        }

        impl Curve {
            /// The curve of this number, if a credential key may be on it.
            #[must_use]
            pub const fn of(identifier: i64) -> Option<Self> {
                match identifier {
                    $($number => Some(Self::$curve),)+
                    _ => None,
                }
            }

            /// The curve's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$curve => $name,)+ }
            }
        }
    };
}

curves! {
    P256 = 1, "P-256";
    P384 = 2, "P-384";
    P521 = 3, "P-521";
    Ed25519 = 6, "Ed25519";
    Ed448 = 7, "Ed448";
    Secp256k1 = 8, "secp256k1";
}

impl Curve {
    /// Bytes of one coordinate, or of an Edwards curve's encoded point.
    #[must_use]
    pub const fn coordinate_length(self) -> usize {
        match self {
            Self::P256 | Self::Secp256k1 | Self::Ed25519 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
            Self::Ed448 => 57,
        }
    }

    const fn is_edwards(self) -> bool {
        matches!(self, Self::Ed25519 | Self::Ed448)
    }
}

/// A public key's parameters, by key type. Lengths agree with the curve; whether the numbers are a
/// point on it is for the [`SignatureAlgorithm`](crate::algorithm::SignatureAlgorithm) to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey<'a> {
    /// Elliptic curve with x and y, big-endian.
    Ec2 {
        /// The curve.
        curve: Curve,
        /// The x-coordinate.
        x: &'a [u8],
        /// The y-coordinate.
        y: &'a [u8],
    },
    /// Octet key pair: an Edwards curve's encoded point.
    Okp {
        /// The curve.
        curve: Curve,
        /// The encoded point.
        x: &'a [u8],
    },
    /// RSA, numbers big-endian.
    Rsa {
        /// The modulus.
        n: &'a [u8],
        /// The public exponent.
        e: &'a [u8],
    },
    /// Algorithm key pair: the algorithm alone says what the bytes are (ML-DSA).
    Akp {
        /// The encoded public key.
        public_key: &'a [u8],
    },
}

/// A credential public key in its `COSE_Key` encoding ([section 5.8.5](https://www.w3.org/TR/webauthn-3/#sctn-alg-identifier),
/// RFC 9052 section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoseKey<'a> {
    algorithm: CoseAlgorithm,
    key: PublicKey<'a>,
}

const WHAT: What = What::CredentialPublicKey;

/// The value of one parameter.
#[derive(Clone, Copy)]
enum Parameter<'a> {
    /// None where it has more than 32 bits, as no value that is known here.
    Integer(Option<i32>),
    Bytes(&'a [u8]),
}

/// The parameters by label, each at most once.
#[derive(Clone, Copy, Default)]
struct Parameters<'a> {
    kty: Option<Parameter<'a>>,
    alg: Option<Parameter<'a>>,
    minus_1: Option<Parameter<'a>>,
    minus_2: Option<Parameter<'a>>,
    minus_3: Option<Parameter<'a>>,
    /// Some length or integer of the encoding takes more octets than needed.
    overlong: bool,
}

impl<'a> CoseKey<'a> {
    /// Reads a key that is the whole input: a map of definite length with exactly the parameters that
    /// its type requires.
    ///
    /// # Errors
    ///
    /// [`Fault`] where that does not hold.
    #[inline(never)]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let parsed = Self::read(bytes);
        #[cfg(feature = "json")]
        let parsed = parsed.map_err(|fault| fault.or_encoded(bytes));
        parsed
    }

    fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut parameters = Parameters::default();
        parameters.read(bytes)?;
        parameters.key()
    }

    /// Reads the key of a credential record. Nobody has signed the form in which it is kept, and libraries
    /// have written the numbers of RSA and elliptic curve keys with zero octets in front: those are the
    /// same numbers, and are read as such. The first number that had some, or a head that was longer than
    /// needed, is put down as `overlong`.
    ///
    /// # Errors
    ///
    /// [`Fault`] as [`parse`](Self::parse), but for such octets.
    #[inline(never)]
    pub(crate) fn parse_recorded(
        bytes: &'a [u8],
        overlong: &mut Option<Fault>,
    ) -> Result<Self, Fault> {
        let parsed = Self::read_recorded(bytes, overlong);
        #[cfg(feature = "json")]
        let parsed = parsed.map_err(|fault| fault.or_encoded(bytes));
        parsed
    }

    fn read_recorded(bytes: &'a [u8], overlong: &mut Option<Fault>) -> Result<Self, Fault> {
        let mut parameters = Parameters::default();
        parameters.read(bytes)?;
        let what = parameters.trim();
        *overlong = what.map(|what| Fault::new(what, FaultKind::Form, 0));
        parameters.key()
    }

    /// The algorithm that the key is for.
    #[must_use]
    pub const fn algorithm(&self) -> CoseAlgorithm {
        self.algorithm
    }

    /// The key itself.
    #[must_use]
    pub const fn key(&self) -> &PublicKey<'a> {
        &self.key
    }
}

impl<'a> Parameters<'a> {
    /// Reads the parameters of a key that is the whole input.
    fn read(&mut self, bytes: &'a [u8]) -> Result<(), Fault> {
        let reader = &mut Reader::new(bytes);
        let head = Head::read(reader, WHAT)?;
        let (Major::Map, Some(members)) = (head.major, head.argument) else {
            return Err(Fault::new(WHAT, FaultKind::Type, 0));
        };
        self.overlong = head.overlong;
        for _ in 0..members {
            self.member(reader)?;
        }
        reader.finish(WHAT)
    }

    #[inline(never)]
    fn member(&mut self, reader: &mut Reader<'a>) -> Result<(), Fault> {
        let at = reader.position();
        let label = Head::read(reader, WHAT)?;
        let slot = match small(&label) {
            Some(1) => &mut self.kty,
            Some(3) => &mut self.alg,
            Some(-1) => &mut self.minus_1,
            Some(-2) => &mut self.minus_2,
            Some(-3) => &mut self.minus_3,
            _ => return Err(Fault::new(WHAT, FaultKind::Unexpected, at)),
        };
        let slot = once(slot, WHAT, at)?;
        let at = reader.position();
        let head = Head::read(reader, WHAT)?;
        *slot = Some(if head.major == Major::Bytes {
            Parameter::Bytes(cbor::string(reader, &head, WHAT)?)
        } else {
            cbor::integer(&head).ok_or(Fault::new(WHAT, FaultKind::Type, at))?;
            Parameter::Integer(small(&head))
        });
        self.overlong |= label.overlong | head.overlong;
        Ok(())
    }

    /// Takes away the zero octets in front of numbers. Names what was written in more octets than needed.
    fn trim(&mut self) -> Option<What> {
        let (first, second, length) = match (self.kty, self.minus_1) {
            (Some(Parameter::Integer(Some(2))), Some(Parameter::Integer(curve))) => (
                (&mut self.minus_2, What::CoseX),
                (&mut self.minus_3, What::CoseY),
                curve_of(curve).map_or(usize::MAX, Curve::coordinate_length),
            ),
            (Some(Parameter::Integer(Some(3))), _) => (
                (&mut self.minus_1, What::CoseN),
                (&mut self.minus_2, What::CoseE),
                1,
            ),
            _ => return self.overlong.then_some(WHAT),
        };
        let mut overlong = self.overlong.then_some(WHAT);
        for (parameter, what) in [second, first] {
            if trim(parameter, length) {
                overlong = Some(what);
            }
        }
        overlong
    }

    fn key(&self) -> Result<CoseKey<'a>, Fault> {
        let kty = integer(&self.kty, What::CoseKty)?;
        let algorithm = integer(&self.alg, What::CoseAlg)?
            .map(CoseAlgorithm::new)
            .ok_or(Fault::new(What::CoseAlg, FaultKind::Value, 0))?;
        let key = match kty {
            Some(1) => {
                absent(&self.minus_3, What::CoseParameterMinus3)?;
                let curve = curve(&self.minus_1, true)?;
                PublicKey::Okp {
                    curve,
                    x: coordinate(&self.minus_2, curve, What::CoseX)?,
                }
            }
            Some(2) => {
                let curve = curve(&self.minus_1, false)?;
                PublicKey::Ec2 {
                    curve,
                    x: coordinate(&self.minus_2, curve, What::CoseX)?,
                    y: coordinate(&self.minus_3, curve, What::CoseY)?,
                }
            }
            Some(3) => {
                absent(&self.minus_3, What::CoseParameterMinus3)?;
                PublicKey::Rsa {
                    n: number(&self.minus_1, What::CoseN)?,
                    e: number(&self.minus_2, What::CoseE)?,
                }
            }
            Some(7) => {
                absent(&self.minus_2, What::CoseParameterMinus2)?;
                absent(&self.minus_3, What::CoseParameterMinus3)?;
                PublicKey::Akp {
                    public_key: bytes(&self.minus_1, What::CosePub)?,
                }
            }
            _ => return Err(Fault::new(What::CoseKty, FaultKind::Value, 0)),
        };
        Ok(CoseKey { algorithm, key })
    }
}

fn small(head: &Head) -> Option<i32> {
    i32::try_from(cbor::integer(head)?).ok()
}

fn curve_of(number: Option<i32>) -> Option<Curve> {
    Curve::of(number?.into())
}

fn integer(parameter: &Option<Parameter<'_>>, what: What) -> Result<Option<i32>, Fault> {
    match parameter {
        Some(Parameter::Integer(value)) => Ok(*value),
        Some(Parameter::Bytes(_)) => Err(Fault::new(what, FaultKind::Type, 0)),
        None => Err(Fault::new(what, FaultKind::Missing, 0)),
    }
}

fn bytes<'a>(parameter: &Option<Parameter<'a>>, what: What) -> Result<&'a [u8], Fault> {
    match parameter {
        Some(Parameter::Bytes(bytes)) => Ok(bytes),
        Some(Parameter::Integer(_)) => Err(Fault::new(what, FaultKind::Type, 0)),
        None => Err(Fault::new(what, FaultKind::Missing, 0)),
    }
}

/// RSA's numbers are written without leading zeros (RFC 8230 section 4).
fn number<'a>(parameter: &Option<Parameter<'a>>, what: What) -> Result<&'a [u8], Fault> {
    let number = bytes(parameter, what)?;
    match number.first() {
        Some(0) => Err(Fault::new(what, FaultKind::Value, 0)),
        Some(_) => Ok(number),
        None => Err(Fault::new(what, FaultKind::Length, 0)),
    }
}

/// Takes zero octets away from the front of a number that has more than this many octets. Says whether it had.
fn trim(parameter: &mut Option<Parameter<'_>>, length: usize) -> bool {
    let Some(Parameter::Bytes(number)) = parameter else {
        return false;
    };
    let mut trimmed = false;
    while let [0, rest @ ..] = *number
        && rest.len() >= length
    {
        *number = rest;
        trimmed = true;
    }
    trimmed
}

fn absent(parameter: &Option<Parameter<'_>>, what: What) -> Result<(), Fault> {
    match parameter {
        None => Ok(()),
        Some(_) => Err(Fault::new(what, FaultKind::Unexpected, 0)),
    }
}

fn curve(parameter: &Option<Parameter<'_>>, edwards: bool) -> Result<Curve, Fault> {
    const WHAT: What = What::CoseCrv;
    curve_of(integer(parameter, WHAT)?)
        .filter(|curve| curve.is_edwards() == edwards)
        .ok_or(Fault::new(WHAT, FaultKind::Value, 0))
}

fn coordinate<'a>(
    parameter: &Option<Parameter<'a>>,
    curve: Curve,
    what: What,
) -> Result<&'a [u8], Fault> {
    let coordinate = bytes(parameter, what)?;
    if coordinate.len() == curve.coordinate_length() {
        Ok(coordinate)
    } else {
        Err(Fault::new(what, FaultKind::Length, 0))
    }
}
