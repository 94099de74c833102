//! One secret, a key for each purpose: HKDF-SHA256 (RFC 5869) with the purpose as its label.

use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key, sign};
use aws_lc_rs::rand;

use crate::config::Secret;

/// The output of HMAC-SHA256, in bytes.
const HASH: usize = 32;

/// The random bytes of the longest pair: a secret, and an id.
const PAIR: usize = 48;

/// Derives keys from the host's secret. The key of HKDF's second step is ready for use: it is asked at every
/// sign-in.
#[derive(Clone)]
pub(crate) struct KeySource(Key);

/// What an aws-lc-rs call answers where it cannot go on, such as a system without randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct CryptoFailure;

impl KeySource {
    /// The keys of one relying party: two that share a secret by mistake share no key.
    pub(crate) fn new(secret: &Secret, rp_id: &str) -> Self {
        let salt = ["portcullis", rp_id].join(" ");
        let extracted = sign(&Key::new(HMAC_SHA256, salt.as_bytes()), secret.as_bytes());
        Self(Key::new(HMAC_SHA256, extracted.as_ref()))
    }

    /// `N` bytes that depend on the secret and on every part of `label`.
    pub(crate) fn derive<const N: usize>(&self, label: &[&[u8]]) -> [u8; N] {
        const { assert!(N <= 255 * HASH, "HKDF has no more") };
        let mut bytes = [0; N];
        self.fill(&mut bytes, label);
        bytes
    }

    /// The first bytes that [`Self::derive`] gives for a label: a hash for every 32 of them, begun or whole. HKDF
    /// has no more than 8,160.
    pub(crate) fn fill(&self, bytes: &mut [u8], label: &[&[u8]]) {
        let mut previous = None;
        for (counter, block) in (1_u8..).zip(bytes.chunks_mut(HASH)) {
            let mut context = Context::with_key(&self.0);
            for part in previous
                .as_slice()
                .iter()
                .map(AsRef::as_ref)
                .chain(label.iter().copied())
            {
                context.update(part);
            }
            context.update(&[counter]);
            let tag = context.sign();
            for (byte, derived) in block.iter_mut().zip(tag.as_ref()) {
                *byte = *derived;
            }
            previous = Some(tag);
        }
    }
}

/// The keys of tokens that are good once, of each source. `durable`: whether what is spent outlives this process;
/// where it does not, the keys end with it too.
pub(crate) fn once(
    sources: &[KeySource],
    purpose: &[u8],
    durable: bool,
) -> Result<Vec<[u8; 32]>, CryptoFailure> {
    let process = if durable {
        Vec::new()
    } else {
        random::<32>()?.to_vec()
    };
    let keys = sources
        .iter()
        .map(|source| source.derive(&[purpose, &process]));
    Ok(keys.collect())
}

/// `N` random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], CryptoFailure> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| CryptoFailure)?;
    Ok(bytes)
}

/// Two values of random bytes, by one call: it takes as long for both as for one.
pub(crate) fn random_pair<const A: usize, const B: usize>()
-> Result<([u8; A], [u8; B]), CryptoFailure> {
    const { assert!(A + B <= PAIR, "no pair is longer") };
    let bytes = random::<PAIR>()?;
    let (first, rest) = bytes.split_first_chunk().ok_or(CryptoFailure)?;
    let second = rest.first_chunk().ok_or(CryptoFailure)?;
    Ok((*first, *second))
}

impl core::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("KeySource(..)")
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};

    use super::*;

    #[test]
    fn it_is_hkdf() {
        let extracted = Salt::new(HKDF_SHA256, b"portcullis example.org").extract(&[1; 32]);
        let keys = KeySource::new(&Secret::new([1; 32]), "example.org");
        let labels: [&[&[u8]]; 4] = [
            &[],
            &[b"login", &[0]],
            &[b"", b"decoy", b"alice"],
            &[&[7; 300]],
        ];
        for label in labels {
            let mut expected = [0; 70];
            let output = extracted.expand(label, Length(70)).expect("short");
            output.fill(&mut expected).expect("its length");
            assert_eq!(keys.derive::<70>(label), expected);
            assert_eq!(keys.derive::<1>(label), expected[..1]);
            assert_eq!(keys.derive::<32>(label), expected[..32]);
            assert_eq!(keys.derive::<64>(label), expected[..64]);
            let mut bytes = [0; 40];
            keys.fill(&mut bytes, label);
            assert_eq!(bytes, expected[..40]);
        }
    }

    struct Length(usize);

    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }

    #[test]
    fn one_value_of_a_pair_says_nothing_of_the_other() {
        let (secret, id) = random_pair::<32, 16>().expect("a system with randomness");
        assert!(secret.windows(16).all(|part| *part != id));
        let (other_secret, other_id) = random_pair().expect("a system with randomness");
        assert!(other_secret != secret && other_id != id);
    }

    #[test]
    fn a_key_depends_on_the_secret_the_relying_party_and_the_purpose() {
        let key = |secret, rp_id, purpose: &[u8]| {
            let keys = KeySource::new(&Secret::new([secret; 32]), rp_id);
            keys.derive::<32>(&[purpose])
        };
        let one = key(1, "example.org", b"login");
        assert_eq!(one, key(1, "example.org", b"login"));
        assert_ne!(one, key(2, "example.org", b"login"));
        assert_ne!(one, key(1, "example.com", b"login"));
        assert_ne!(one, key(1, "example.org", b"decoy"));
    }
}
