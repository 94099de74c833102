//! A chain of certificates to be led to its root, every link open to be replaced.

use std::sync::Arc;

use base64ct::{Base64, Encoding};

use crate::{
    attestation::{Attestation, PackedCertified},
    certificate::{Authority, BASIC_CONSTRAINTS, COMMON_NAME, Certificate, Extension, KEY_USAGE},
    der,
    keys::Es256,
};

/// The root's own common name, which [`Authority`] gives it.
pub const ROOT: &str = "WebAuthn test vectors";
/// The common name of the authority below the root.
pub const UPPER: &str = "upper authority";
/// The common name of the authority below that.
pub const LOWER: &str = "lower authority";

/// An authority, two below it, and the attestation key that the lower one certifies.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The root.
    pub root: Authority,
    /// The key of the authority below it.
    pub upper: Es256,
    /// The key of the authority below that.
    pub lower: Es256,
    /// The attestation key.
    pub leaf: Es256,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain {
    /// A chain, always the same.
    #[must_use]
    pub fn new() -> Self {
        Self::numbered(0)
    }

    /// The chain of this number: names are the same in all of them, keys are not.
    #[must_use]
    pub fn numbered(number: u8) -> Self {
        let secret = |key: u8| {
            let mut secret = [key; 32];
            secret[0] = number;
            secret
        };
        Self {
            root: Authority::new(&secret(1), vec![1]),
            upper: Es256::from_secret(&secret(2)),
            lower: Es256::from_secret(&secret(3)),
            leaf: Es256::from_secret(&secret(4)),
        }
    }

    /// The root's certificate.
    #[must_use]
    pub fn root_certificate(&self) -> Vec<u8> {
        self.root.certificate()
    }

    /// An authority's certificate below the root, to be signed by its issuer.
    #[must_use]
    pub fn authority(
        &self,
        name: &str,
        issuer: &str,
        key: &Es256,
        path_length: Option<u8>,
    ) -> Certificate {
        let mut constraints = vec![der::boolean(true)];
        constraints.extend(path_length.map(|length| der::integer(&[length])));
        let mut certificate = self.root.issue(&key.public_key_info(), vec![2]);
        certificate.subject.clone_from(&certificate.issuer);
        rename(&mut certificate.subject, name);
        if issuer != ROOT {
            rename(&mut certificate.issuer, issuer);
        }
        certificate.put(Extension::new(
            BASIC_CONSTRAINTS,
            true,
            der::sequence(&constraints),
        ));
        certificate.put(Extension::new(KEY_USAGE, true, vec![3, 2, 2, 4]));
        certificate
    }

    /// The certificate of the authority below the root.
    #[must_use]
    pub fn upper_certificate(&self) -> Certificate {
        self.authority(UPPER, ROOT, &self.upper, None)
    }

    /// The certificate of the authority below that.
    #[must_use]
    pub fn lower_certificate(&self) -> Certificate {
        self.authority(LOWER, UPPER, &self.lower, Some(0))
    }

    /// The attestation certificate.
    #[must_use]
    pub fn leaf_certificate(&self) -> Certificate {
        let mut certificate = self.root.issue(&self.leaf.public_key_info(), vec![3]);
        rename(&mut certificate.issuer, LOWER);
        certificate
    }

    /// The whole chain without the root, the attestation certificate first.
    #[must_use]
    pub fn x5c(&self) -> Vec<Vec<u8>> {
        self.x5c_of(&self.leaf_certificate())
    }

    /// The same with another certificate at its beginning.
    #[must_use]
    pub fn x5c_of(&self, leaf: &Certificate) -> Vec<Vec<u8>> {
        vec![
            leaf.sign(&self.lower),
            self.lower_certificate().sign(&self.upper),
            self.upper_certificate().sign(&self.root.key),
        ]
    }

    /// A statement in the format `packed` with the whole chain.
    #[must_use]
    pub fn packed(&self) -> Arc<dyn Attestation> {
        self.packed_with(self.x5c())
    }

    /// The same with these certificates.
    #[must_use]
    pub fn packed_with(&self, x5c: Vec<Vec<u8>>) -> Arc<dyn Attestation> {
        Arc::new(PackedCertified {
            key: Arc::new(self.leaf.clone()),
            x5c,
        })
    }
}

/// Gives a name another common name.
pub fn rename(name: &mut [(String, String)], common_name: &str) {
    for (oid, text) in name {
        if oid == COMMON_NAME {
            common_name.clone_into(text);
        }
    }
}

/// A certificate in PEM.
#[must_use]
pub fn pem(der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}
