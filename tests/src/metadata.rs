//! FIDO metadata BLOBs, signed by an authority of the tests, every part open to be written wrongly.

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::{
    chain::Chain,
    encoding::base64url,
    keys::{CredentialKey, Es256, Rsa},
};

/// A BLOB before it is signed.
#[derive(Clone, Debug)]
pub struct Blob {
    /// The header of the signature.
    pub header: Value,
    /// The content.
    pub payload: Value,
    /// What signs.
    pub key: Key,
}

/// A key that signs as JOSE wants it.
#[derive(Clone, Debug)]
pub enum Key {
    /// `ES256`.
    Es256(Es256),
    /// `RS256`.
    Rs256(Rsa),
}

impl Key {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(key) => key.sign_fixed(message),
            Self::Rs256(key) => key.sign(message),
        }
    }
}

impl Blob {
    /// A BLOB of these entries, signed by the last of this chain.
    #[must_use]
    pub fn new(signer: &Chain, entries: &[Value]) -> Self {
        Self::with_chain(signer, &signer.x5c(), entries)
    }

    /// The same with these certificates.
    #[must_use]
    pub fn with_chain(signer: &Chain, x5c: &[Vec<u8>], entries: &[Value]) -> Self {
        Self {
            header: json!({"alg": "ES256", "typ": "JWT", "x5c": base64(x5c)}),
            payload: json!({
                "legalHeader": "no header of the law's",
                "no": 7,
                "nextUpdate": "2999-12-31",
                "entries": entries,
            }),
            key: Key::Es256(signer.leaf.clone()),
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn encode(&self) -> String {
        let signed = [&self.header, &self.payload]
            .map(|part| base64url(part.to_string().as_bytes()))
            .join(".");
        let signature = base64url(&self.key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// The entry of a model that has an AAGUID.
#[must_use]
pub fn entry(aaguid: [u8; 16], roots: &[Vec<u8>], reports: &[Value]) -> Value {
    json!({
        "aaguid": uuid(aaguid),
        "metadataStatement": statement(roots),
        "statusReports": reports,
        "timeOfLastStatusChange": "2024-01-01",
    })
}

/// The entry of a FIDO U2F security key, by its attestation key.
#[must_use]
pub fn u2f_entry(key: &Es256, roots: &[Vec<u8>], reports: &[Value]) -> Value {
    let (x, y) = key.coordinates();
    let identifier = Sha1::digest([&[4], &x[..], &y[..]].concat());
    let identifier: String = identifier
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    json!({
        "attestationCertificateKeyIdentifiers": [identifier],
        "metadataStatement": statement(roots),
        "statusReports": reports,
        "timeOfLastStatusChange": "2024-01-01",
    })
}

/// A report of this status, in effect since that day.
#[must_use]
pub fn report(status: &str, date: &str) -> Value {
    json!({"status": status, "effectiveDate": date})
}

fn statement(roots: &[Vec<u8>]) -> Value {
    json!({"schema": 3, "attestationRootCertificates": base64(roots)})
}

fn base64(certificates: &[Vec<u8>]) -> Vec<String> {
    certificates
        .iter()
        .map(|der| Base64::encode_string(der))
        .collect()
}

/// An AAGUID as it is published.
#[must_use]
pub fn uuid(aaguid: [u8; 16]) -> String {
    let hex = format!("{:032x}", u128::from_be_bytes(aaguid));
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
    groups.map(|group| &hex[group]).join("-")
}
