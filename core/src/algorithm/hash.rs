//! Hash functions as values: what signature algorithms and TPM names are over.
#![allow(dead_code, reason = "which functions are used depends on the features")]

use core::fmt;

/// Longest digest, in bytes.
const DIGEST_MAX: usize = 64;

/// A digest, of as many bytes as its function gives.
#[derive(Clone, Copy)]
pub(crate) struct Digest {
    bytes: [u8; DIGEST_MAX],
    length: usize,
}

impl Digest {
    fn new(digest: &[u8]) -> Self {
        let mut bytes = [0; DIGEST_MAX];
        for (to, from) in bytes.iter_mut().zip(digest) {
            *to = *from;
        }
        Self {
            bytes,
            length: digest.len(),
        }
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }
}

/// A hash function.
#[derive(Clone, Copy)]
pub(crate) struct HashFunction {
    name: &'static str,
    length: usize,
    digest: fn(&[&[u8]]) -> Digest,
}

impl HashFunction {
    /// Bytes of a digest.
    pub(crate) const fn length(&self) -> usize {
        self.length
    }

    /// The digest of the concatenated parts.
    pub(crate) fn digest(&self, parts: &[&[u8]]) -> Digest {
        (self.digest)(parts)
    }
}

impl fmt::Debug for HashFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[inline(never)]
fn digest<D: sha2::Digest>(parts: &[&[u8]]) -> Digest {
    let mut hash = D::new();
    for part in parts {
        hash.update(part);
    }
    Digest::new(&hash.finalize())
}

/// SHA-1: only for attestation, which has always signed with it.
#[cfg(feature = "sha1")]
pub(crate) const SHA1: HashFunction = HashFunction {
    name: "SHA-1",
    length: 20,
    digest: digest::<sha1::Sha1>,
};

/// SHA-256.
pub(crate) const SHA256: HashFunction = HashFunction {
    name: "SHA-256",
    length: 32,
    digest: digest::<sha2::Sha256>,
};

/// SHA-384.
pub(crate) const SHA384: HashFunction = HashFunction {
    name: "SHA-384",
    length: 48,
    digest: digest::<sha2::Sha384>,
};

/// SHA-512.
pub(crate) const SHA512: HashFunction = HashFunction {
    name: "SHA-512",
    length: 64,
    digest: digest::<sha2::Sha512>,
};
