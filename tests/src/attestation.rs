//! Attestation statements. One type a format; what a registration needs of it is [`Attestation`].

use core::fmt::Debug;
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use serde_json::json;

use crate::{
    cbor::Cbor,
    certificate::{ALTERNATIVE_NAME, Certificate, EXTENDED_KEY_USAGE, Extension},
    der,
    encoding::{base64url, sha256},
    keys::{CredentialKey, Es256},
};

/// What makes an attestation statement.
pub trait Attestation: Debug + Send + Sync {
    /// The statement format's identifier.
    fn format(&self) -> &str;
    /// The statement over this authenticator data and client data hash.
    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor;
}

/// Format `none`: nothing is attested.
#[derive(Clone, Copy, Debug)]
pub struct NoAttestation;

impl Attestation for NoAttestation {
    fn format(&self) -> &'static str {
        "none"
    }

    fn statement(&self, _: &[u8], _: &[u8; 32]) -> Cbor {
        Cbor::Map(Vec::new())
    }
}

/// Format `packed` without certificates: the credential's own key signs.
#[derive(Clone, Debug)]
pub struct PackedSelf(
    /// The credential's key.
    pub Arc<dyn CredentialKey>,
);

impl Attestation for PackedSelf {
    fn format(&self) -> &'static str {
        "packed"
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        let signature = self
            .0
            .sign(&[authenticator_data, client_data_hash].concat());
        Cbor::text_map([
            ("alg", Cbor::Int(self.0.algorithm())),
            ("sig", Cbor::Bytes(signature)),
        ])
    }
}

/// Any format with any statement.
#[derive(Clone, Debug)]
pub struct Forged {
    /// The format's identifier.
    pub format: String,
    /// The statement.
    pub statement: Cbor,
}

impl Attestation for Forged {
    fn format(&self) -> &str {
        &self.format
    }

    fn statement(&self, _: &[u8], _: &[u8; 32]) -> Cbor {
        self.statement.clone()
    }
}

/// Another statement with a change made to it before it is sent.
#[derive(Clone)]
pub struct Edited(
    /// The statement.
    pub Arc<dyn Attestation>,
    /// The change.
    pub Arc<dyn Fn(&mut Cbor) + Send + Sync>,
);

impl Debug for Edited {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Edited({:?})", self.0)
    }
}

impl Attestation for Edited {
    fn format(&self) -> &str {
        self.0.format()
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        let mut statement = self.0.statement(authenticator_data, client_data_hash);
        (self.1)(&mut statement);
        statement
    }
}

fn x5c(certificates: &[Vec<u8>]) -> Cbor {
    Cbor::Array(
        certificates
            .iter()
            .map(|der| Cbor::bytes(&der[..]))
            .collect(),
    )
}

/// Format `packed` with an attestation key.
#[derive(Clone, Debug)]
pub struct PackedCertified {
    /// The attestation key.
    pub key: Arc<dyn CredentialKey>,
    /// Its certificate, and those above.
    pub x5c: Vec<Vec<u8>>,
}

impl Attestation for PackedCertified {
    fn format(&self) -> &'static str {
        "packed"
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        let signed = [authenticator_data, client_data_hash].concat();
        Cbor::text_map([
            ("alg", Cbor::Int(self.key.algorithm())),
            ("sig", Cbor::Bytes(self.key.sign(&signed))),
            ("x5c", x5c(&self.x5c)),
        ])
    }
}

/// Format `fido-u2f`.
#[derive(Clone, Debug)]
pub struct FidoU2f {
    /// The attestation key.
    pub key: Es256,
    /// Its certificate.
    pub x5c: Vec<Vec<u8>>,
}

impl Attestation for FidoU2f {
    fn format(&self) -> &'static str {
        "fido-u2f"
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        let length = u16::from_be_bytes([authenticator_data[53], authenticator_data[54]]);
        let (id, key) = authenticator_data[55..].split_at(usize::from(length));
        // The coordinates of an ES256 key in canonical CBOR lie at fixed places.
        let (x, y) = (&key[10..42], &key[45..77]);
        let parts = [
            &[0],
            &authenticator_data[..32],
            client_data_hash,
            id,
            &[4],
            x,
            y,
        ];
        Cbor::text_map([
            ("sig", Cbor::Bytes(self.key.sign(&parts.concat()))),
            ("x5c", x5c(&self.x5c)),
        ])
    }
}

/// Format `apple`: a certificate of the credential's key, made for the registration.
#[derive(Clone, Debug)]
pub struct Apple {
    /// The certificate, but for the nonce.
    pub certificate: Certificate,
    /// Who signs it.
    pub issuer: Es256,
    /// Takes the nonce's place.
    pub nonce: Option<Vec<u8>>,
}

impl Attestation for Apple {
    fn format(&self) -> &'static str {
        "apple"
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        let nonce = sha256(&[authenticator_data, client_data_hash]).to_vec();
        let nonce = der::octets(self.nonce.as_ref().unwrap_or(&nonce));
        let mut certificate = self.certificate.clone();
        certificate.put(Extension::new(
            "1.2.840.113635.100.8.2",
            false,
            der::sequence(&[der::context(1, &nonce)]),
        ));
        Cbor::text_map([("x5c", x5c(&[certificate.sign(&self.issuer)]))])
    }
}

/// Format `android-key`: a certificate of the credential's key with a description of the key.
#[derive(Clone, Debug)]
pub struct AndroidKey {
    /// The credential's key.
    pub key: Arc<dyn CredentialKey>,
    /// The certificate, but for the description.
    pub certificate: Certificate,
    /// Who signs it.
    pub issuer: Es256,
    /// Takes the challenge's place.
    pub challenge: Option<Vec<u8>>,
    /// What software enforces: elements of an authorization list.
    pub software: Vec<Vec<u8>>,
    /// What secure hardware enforces.
    pub tee: Vec<Vec<u8>>,
}

impl AndroidKey {
    /// The purpose to sign.
    #[must_use]
    pub fn purpose(purposes: &[u8]) -> Vec<u8> {
        let purposes: Vec<_> = purposes.iter().map(|one| der::integer(&[*one])).collect();
        der::context(1, &der::set(&purposes))
    }

    /// Where the key comes from; 0: it was generated.
    #[must_use]
    pub fn origin(origin: u8) -> Vec<u8> {
        der::context(702, &der::integer(&[origin]))
    }

    /// The key is open to all applications.
    #[must_use]
    pub fn all_applications() -> Vec<u8> {
        der::context(600, &der::null())
    }
}

impl Attestation for AndroidKey {
    fn format(&self) -> &'static str {
        "android-key"
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        let challenge = self.challenge.as_deref().unwrap_or(client_data_hash);
        let description = der::sequence(&[
            der::integer(&[1, 0x2c]),
            der::enumerated(0),
            der::integer(&[0]),
            der::enumerated(0),
            der::octets(challenge),
            der::octets(&[]),
            der::sequence(&self.software),
            der::sequence(&self.tee),
        ]);
        let mut certificate = self.certificate.clone();
        certificate.put(Extension::new(
            "1.3.6.1.4.1.11129.2.1.17",
            false,
            description,
        ));
        let signed = [authenticator_data, client_data_hash].concat();
        Cbor::text_map([
            ("alg", Cbor::Int(self.key.algorithm())),
            ("sig", Cbor::Bytes(self.key.sign(&signed))),
            ("x5c", x5c(&[certificate.sign(&self.issuer)])),
        ])
    }
}

/// Format `tpm`.
#[derive(Clone, Debug)]
pub struct Tpm {
    /// The attestation key.
    pub key: Arc<dyn CredentialKey>,
    /// Its certificate, and those above.
    pub x5c: Vec<Vec<u8>>,
    /// The hash of the name: 4, 11, 12 or 13.
    pub name_algorithm: u16,
    /// The public area; see [`Tpm::ecc`] and [`Tpm::rsa`].
    pub public_area: Vec<u8>,
    /// `TPM_GENERATED_VALUE`.
    pub magic: [u8; 4],
    /// `TPM_ST_ATTEST_CERTIFY`.
    pub ty: [u8; 2],
    /// Takes the extra data's place.
    pub extra_data: Option<Vec<u8>>,
    /// Takes the name's place.
    pub name: Option<Vec<u8>>,
    /// What follows `certInfo`.
    pub trailing: Vec<u8>,
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a TPM's length has 16 bits");
    [&length.to_be_bytes(), bytes].concat()
}

impl Tpm {
    /// A statement about this public area.
    #[must_use]
    pub fn new(key: Arc<dyn CredentialKey>, x5c: Vec<Vec<u8>>, public_area: Vec<u8>) -> Self {
        Self {
            key,
            x5c,
            name_algorithm: u16::from_be_bytes([public_area[2], public_area[3]]),
            public_area,
            magic: *b"\xffTCG",
            ty: [0x80, 0x17],
            extra_data: None,
            name: None,
            trailing: Vec::new(),
        }
    }

    /// The public area of an elliptic curve key; curve 3 is P-256.
    #[must_use]
    pub fn ecc(name_algorithm: u16, curve: u16, x: &[u8], y: &[u8]) -> Vec<u8> {
        let [high, low] = name_algorithm.to_be_bytes();
        let head = [0, 0x23, high, low, 0, 4, 0, 0, 0, 0];
        let parameters = [[0, 0x10], [0, 0x10], curve.to_be_bytes(), [0, 0x10]].concat();
        [&head[..], &parameters, &sized(x), &sized(y)].concat()
    }

    /// The public area of an RSA key with the default exponent.
    #[must_use]
    pub fn rsa(name_algorithm: u16, modulus: &[u8]) -> Vec<u8> {
        let [high, low] = name_algorithm.to_be_bytes();
        let bits = u16::try_from(modulus.len() * 8).expect("a modulus of 16 bits of bits");
        let head = [0, 1, high, low, 0, 4, 0, 0, 0, 0];
        let parameters = [[0, 0x10], [0, 0x10], bits.to_be_bytes(), [0, 0], [0, 0]].concat();
        [&head[..], &parameters, &sized(modulus)].concat()
    }

    /// The alternative name of an attestation key's certificate, attributes in one set.
    #[must_use]
    pub fn alternative_name(attributes: &[(&str, &str)]) -> Extension {
        let attributes: Vec<_> = attributes
            .iter()
            .map(|(oid, text)| der::sequence(&[der::oid(oid), der::utf8(text)]))
            .collect();
        let name = der::sequence(&[der::set(&attributes)]);
        Extension::new(
            ALTERNATIVE_NAME,
            true,
            der::sequence(&[der::context(4, &name)]),
        )
    }

    /// The certificate of an attestation key, made from a plain one.
    pub fn adapt(certificate: &mut Certificate) {
        certificate.subject.clear();
        certificate.put(Extension::new(
            EXTENDED_KEY_USAGE,
            false,
            der::sequence(&[der::oid("2.23.133.8.3")]),
        ));
        certificate.put(Self::alternative_name(&[
            ("2.23.133.2.1", "id:00000000"),
            ("2.23.133.2.3", "id:00000000"),
            ("2.23.133.2.2", "WebAuthn test vectors"),
        ]));
    }
}

impl Attestation for Tpm {
    fn format(&self) -> &'static str {
        "tpm"
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        let signed = [authenticator_data, client_data_hash].concat();
        let extra = match self.key.algorithm() {
            -65535 => digest(4, &signed),
            _ => digest(11, &signed),
        };
        let name = [
            &self.name_algorithm.to_be_bytes()[..],
            &digest(self.name_algorithm, &self.public_area),
        ]
        .concat();
        let mut clock = vec![0; 8];
        clock.extend_from_slice(&[0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x22, 0x22, 0x33]);
        let certified = [
            &self.magic[..],
            &self.ty,
            &sized(&[]),
            &sized(self.extra_data.as_ref().unwrap_or(&extra)),
            &clock,
            &[0; 8],
            &sized(self.name.as_ref().unwrap_or(&name)),
            &sized(&[]),
            &self.trailing,
        ]
        .concat();
        Cbor::text_map([
            ("alg", Cbor::Int(self.key.algorithm())),
            ("sig", Cbor::Bytes(self.key.sign(&certified))),
            ("ver", Cbor::text("2.0")),
            ("x5c", x5c(&self.x5c)),
            ("pubArea", Cbor::bytes(&self.public_area[..])),
            ("certInfo", Cbor::Bytes(certified)),
        ])
    }
}

/// A digest by the TPM's number of the hash.
fn digest(algorithm: u16, bytes: &[u8]) -> Vec<u8> {
    use sha2::Digest;
    match algorithm {
        4 => sha1::Sha1::digest(bytes).to_vec(),
        12 => sha2::Sha384::digest(bytes).to_vec(),
        13 => sha2::Sha512::digest(bytes).to_vec(),
        _ => sha2::Sha256::digest(bytes).to_vec(),
    }
}

/// Format `android-safetynet`.
#[derive(Clone, Debug)]
pub struct SafetyNet {
    /// What signs the response.
    pub key: Arc<dyn CredentialKey>,
    /// The algorithm that the response names.
    pub algorithm: String,
    /// The service's certificate, and those above.
    pub x5c: Vec<Vec<u8>>,
    /// Takes the nonce's place.
    pub nonce: Option<String>,
    /// Whether the device is of a certified kind.
    pub cts_profile_match: bool,
}

impl Attestation for SafetyNet {
    fn format(&self) -> &'static str {
        "android-safetynet"
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        let hash = sha256(&[authenticator_data, client_data_hash]);
        let nonce = self.nonce.clone().unwrap_or(Base64::encode_string(&hash));
        let x5c: Vec<_> = self
            .x5c
            .iter()
            .map(|der| Base64::encode_string(der))
            .collect();
        let header = json!({"alg": self.algorithm, "x5c": x5c}).to_string();
        let payload = json!({
            "nonce": nonce,
            "timestampMs": 1_700_000_000_000_u64,
            "ctsProfileMatch": self.cts_profile_match,
            "basicIntegrity": true,
        });
        let signed = [header, payload.to_string()]
            .map(|part| base64url(part.as_bytes()))
            .join(".");
        let signature = base64url(&self.key.sign(signed.as_bytes()));
        Cbor::text_map([
            ("ver", Cbor::text("201817017")),
            ("response", Cbor::bytes(format!("{signed}.{signature}"))),
        ])
    }
}

/// Format `compound`.
#[derive(Clone, Debug)]
pub struct Compound(
    /// The statements that it is made of.
    pub Vec<Arc<dyn Attestation>>,
);

impl Attestation for Compound {
    fn format(&self) -> &'static str {
        "compound"
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        let part = |part: &Arc<dyn Attestation>| {
            let statement = part.statement(authenticator_data, client_data_hash);
            Cbor::text_map([("fmt", Cbor::text(part.format())), ("attStmt", statement)])
        };
        Cbor::Array(self.0.iter().map(part).collect())
    }
}
