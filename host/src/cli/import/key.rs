//! Public keys as other libraries keep them, made COSE keys.

use portcullis_core::data::CoseKey;

/// What comes before the point in a SubjectPublicKeyInfo (RFC 5480, RFC 8410), and what the key is in COSE.
const SPKI: [(&[u8], Kind); 5] = [
    (
        b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04",
        Kind::P256,
    ),
    (
        b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00\x04",
        Kind::P384,
    ),
    (
        b"\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23\x03\x81\x86\x00\x04",
        Kind::P521,
    ),
    (
        b"\x30\x56\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a\x03\x42\x00\x04",
        Kind::Secp256k1,
    ),
    (b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", Kind::Ed25519),
];

/// `rsaEncryption` with its null, in an AlgorithmIdentifier.
const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// Keys whose algorithm follows from their curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    P256,
    P384,
    P521,
    Secp256k1,
    Ed25519,
}

impl Kind {
    /// Algorithm and curve as CBOR, and the length of a coordinate.
    const fn parts(self) -> (&'static [u8], u8, u8) {
        match self {
            Self::P256 => (&[0x26], 1, 32),
            Self::P384 => (&[0x38, 34], 2, 48),
            Self::P521 => (&[0x38, 35], 3, 66),
            Self::Secp256k1 => (&[0x38, 46], 8, 32),
            Self::Ed25519 => (&[0x27], 6, 32),
        }
    }

    /// The key of coordinates, one after the other.
    pub(super) fn cose(self, coordinates: &[u8]) -> Option<Vec<u8>> {
        let (algorithm, curve, length) = self.parts();
        let (x, y) = coordinates.split_at_checked(length.into())?;
        let is_edwards = self == Self::Ed25519;
        if y.len() != if is_edwards { 0 } else { x.len() } {
            return None;
        }
        let head: &[u8] = if is_edwards {
            &[0xa4, 1, 1, 3]
        } else {
            &[0xa5, 1, 2, 3]
        };
        let mut key = [head, algorithm, &[0x20, curve, 0x21, 0x58, length], x].concat();
        if !is_edwards {
            key.extend_from_slice(&[0x22, 0x58, length]);
            key.extend_from_slice(y);
        }
        Some(key)
    }
}

/// An RSA key for RS256: what authenticators that have one sign with.
pub(super) fn rsa(n: &[u8], e: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(n.len()).ok()?.to_be_bytes();
    let short = u8::try_from(e.len()).ok().filter(|length| *length < 24)?;
    let head: &[u8] = &[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59];
    Some([head, &length, n, &[0x21, 0x40 | short], e].concat())
}

/// A COSE key from what may be one, a SubjectPublicKeyInfo, or a point.
pub(super) fn cose(bytes: &[u8]) -> Option<Vec<u8>> {
    if CoseKey::parse(bytes).is_ok() {
        return Some(bytes.to_vec());
    }
    let of_spki = SPKI
        .iter()
        .find_map(|(head, kind)| kind.cose(bytes.strip_prefix(*head)?));
    let made = of_spki
        .or_else(|| rsa_of_spki(bytes))
        .or_else(|| point(bytes))?;
    CoseKey::parse(&made).is_ok().then_some(made)
}

/// An uncompressed point: its length tells the curve.
fn point(bytes: &[u8]) -> Option<Vec<u8>> {
    let kind = match bytes.len() {
        65 => Kind::P256,
        97 => Kind::P384,
        133 => Kind::P521,
        _ => return None,
    };
    kind.cose(bytes.strip_prefix(&[4])?)
}

fn rsa_of_spki(bytes: &[u8]) -> Option<Vec<u8>> {
    let (spki, []) = element(bytes, 0x30)? else {
        return None;
    };
    let (algorithm, rest) = element(spki, 0x30)?;
    let (bits, []) = element(rest, 0x03)? else {
        return None;
    };
    if algorithm != RSA {
        return None;
    }
    let (key, []) = element(bits.strip_prefix(&[0])?, 0x30)? else {
        return None;
    };
    let (n, rest) = element(key, 0x02)?;
    let (e, []) = element(rest, 0x02)? else {
        return None;
    };
    let magnitude = |number| -> &[u8] { <[u8]>::strip_prefix(number, &[0]).unwrap_or(number) };
    rsa(magnitude(n), magnitude(e))
}

/// The content of the DER element at the front, and what is after it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match bytes.strip_prefix(&[tag])? {
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [length @ 0..=0x7f, rest @ ..] => (usize::from(*length), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}
