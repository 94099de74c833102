//! Certificates, every field open to be written wrongly, and the authority of the published vectors.

use crate::{
    der,
    keys::{CredentialKey, Es256},
};

/// The common name, by its object identifier.
pub const COMMON_NAME: &str = "2.5.4.3";
/// The country.
pub const COUNTRY: &str = "2.5.4.6";
/// The organization.
pub const ORGANIZATION: &str = "2.5.4.10";
/// The organizational unit.
pub const UNIT: &str = "2.5.4.11";
/// Basic constraints.
pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
/// Key usage.
pub const KEY_USAGE: &str = "2.5.29.15";
/// Extended key usage.
pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
/// Subject alternative name.
pub const ALTERNATIVE_NAME: &str = "2.5.29.17";
/// id-fido-gen-ce-aaguid.
pub const AAGUID: &str = "1.3.6.1.4.1.45724.1.1.4";

/// An extension.
#[derive(Clone, Debug)]
pub struct Extension {
    /// The object identifier, dotted.
    pub oid: String,
    /// Whether it is critical; written only where it is.
    pub critical: bool,
    /// The DER within.
    pub value: Vec<u8>,
}

impl Extension {
    /// An extension.
    #[must_use]
    pub fn new(oid: &str, critical: bool, value: Vec<u8>) -> Self {
        Self {
            oid: oid.to_owned(),
            critical,
            value,
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut parts = vec![der::oid(&self.oid)];
        if self.critical {
            parts.push(der::boolean(true));
        }
        parts.push(der::octets(&self.value));
        der::sequence(&parts)
    }
}

/// A certificate before it is signed.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The version as it is encoded, 2 for version 3; `None`: left out, which is version 1.
    pub version: Option<u8>,
    /// The serial number.
    pub serial: Vec<u8>,
    /// The issuer: attributes, each a set of its own.
    pub issuer: Vec<(String, String)>,
    /// The subject.
    pub subject: Vec<(String, String)>,
    /// When it begins to be valid, as `GeneralizedTime`; before 2050 it is written as `UTCTime`.
    pub not_before: String,
    /// When it ceases to be valid.
    pub not_after: String,
    /// `SubjectPublicKeyInfo`.
    pub public_key: Vec<u8>,
    /// The extensions, in order.
    pub extensions: Vec<Extension>,
}

fn name(attributes: &[(String, String)]) -> Vec<u8> {
    let attribute = |(oid, text): &(String, String)| {
        let value = if oid == COUNTRY {
            der::printable(text)
        } else {
            der::utf8(text)
        };
        der::set(&[der::sequence(&[der::oid(oid), value])])
    };
    let sets: Vec<_> = attributes.iter().map(attribute).collect();
    der::sequence(&sets)
}

fn time(generalized: &str) -> Vec<u8> {
    let year: u32 = generalized[..4].parse().expect("a year");
    if year < 2050 {
        der::element(&[23], &generalized.as_bytes()[2..])
    } else {
        der::element(&[24], generalized.as_bytes())
    }
}

impl Certificate {
    /// The certificate, signed with ECDSA over P-256 and SHA-256.
    #[must_use]
    pub fn sign(&self, issuer: &Es256) -> Vec<u8> {
        self.sign_with("1.2.840.10045.4.3.2", issuer)
    }

    /// The certificate, signed by another algorithm, which has no parameters.
    #[must_use]
    pub fn sign_with(&self, algorithm: &str, issuer: &dyn CredentialKey) -> Vec<u8> {
        let algorithm = der::sequence(&[der::oid(algorithm)]);
        let mut parts = Vec::new();
        if let Some(version) = self.version {
            parts.push(der::context(0, &der::integer(&[version])));
        }
        parts.extend([
            der::integer(&self.serial),
            algorithm.clone(),
            name(&self.issuer),
            der::sequence(&[time(&self.not_before), time(&self.not_after)]),
            name(&self.subject),
            self.public_key.clone(),
        ]);
        if !self.extensions.is_empty() {
            let extensions: Vec<_> = self.extensions.iter().map(Extension::encode).collect();
            parts.push(der::context(3, &der::sequence(&extensions)));
        }
        let signed = der::sequence(&parts);
        let signature = der::bits(&issuer.sign(&signed));
        der::sequence(&[signed, algorithm, signature])
    }

    /// Takes away an extension.
    pub fn remove(&mut self, oid: &str) {
        self.extensions.retain(|extension| extension.oid != oid);
    }

    /// Puts an extension in the place of the one that has its object identifier, or at the end.
    pub fn put(&mut self, extension: Extension) {
        self.remove(&extension.oid);
        self.extensions.push(extension);
    }
}

fn named(unit: &str) -> Vec<(String, String)> {
    [
        (COMMON_NAME, "WebAuthn test vectors"),
        (ORGANIZATION, "W3C"),
        (UNIT, unit),
        (COUNTRY, "AA"),
    ]
    .map(|(oid, text)| (oid.to_owned(), text.to_owned()))
    .to_vec()
}

/// The authority of the published vectors.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Its key.
    pub key: Es256,
    serial: Vec<u8>,
}

impl Authority {
    /// The authority of this key and serial number.
    #[must_use]
    pub fn new(secret: &[u8; 32], serial: Vec<u8>) -> Self {
        Self {
            key: Es256::from_secret(secret),
            serial,
        }
    }

    /// Its own certificate.
    #[must_use]
    pub fn certificate(&self) -> Vec<u8> {
        let public_key = self.key.public_key_info();
        let ca = der::sequence(&[der::boolean(true)]);
        Certificate {
            subject: named("Authenticator Attestation CA"),
            extensions: vec![
                Extension::new(BASIC_CONSTRAINTS, true, ca),
                Extension::new(KEY_USAGE, true, vec![3, 2, 1, 6]),
                Extension::new(
                    "2.5.29.14",
                    false,
                    der::octets(&key_identifier(&public_key)),
                ),
            ],
            ..self.issue(&public_key, self.serial.clone())
        }
        .sign(&self.key)
    }

    /// An attestation certificate that it issues, to be completed and signed.
    #[must_use]
    pub fn issue(&self, public_key: &[u8], serial: Vec<u8>) -> Certificate {
        let issuer = key_identifier(&self.key.public_key_info());
        let issuer = der::sequence(&[der::element(&[0x80], &issuer)]);
        Certificate {
            version: Some(2),
            serial,
            issuer: named("Authenticator Attestation CA"),
            subject: named("Authenticator Attestation"),
            not_before: "20240101000000Z".into(),
            not_after: "30240101000000Z".into(),
            public_key: public_key.to_vec(),
            extensions: vec![
                Extension::new(BASIC_CONSTRAINTS, true, der::sequence(&[])),
                Extension::new(KEY_USAGE, true, vec![3, 2, 7, 0x80]),
                Extension::new("2.5.29.14", false, der::octets(&key_identifier(public_key))),
                Extension::new("2.5.29.35", false, issuer),
            ],
        }
    }
}

/// SHA-1 of the public key's bits, which are the last of its info for every key that is made here.
fn key_identifier(public_key: &[u8]) -> Vec<u8> {
    use sha1::{Digest, Sha1};
    let point = &public_key[public_key.len() - 65..];
    Sha1::digest(point).to_vec()
}
