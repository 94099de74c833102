//! The test vectors of WebAuthn Level 3, section 16, made from their derivation: every value is drawn
//! by HKDF-SHA-256 from one input key, under the vector's name.

use std::sync::Arc;

use hkdf::Hkdf;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    attestation::{
        AndroidKey, Apple, Attestation, FidoU2f, NoAttestation, PackedCertified, PackedSelf, Tpm,
    },
    authenticator::{Assertion, AttestedCredential, AuthenticatorData, Registration, flags},
    certificate::Authority,
    check,
    client_data::ClientData,
    encoding::{base64url, sha256},
    keys::{CredentialKey, Ed448, Ed25519, Es256, Es384, Es512, Rsa, RsaHash},
};

/// The RP id of all vectors.
pub const RP_ID: &str = "example.org";
/// The origin of all vectors.
pub const ORIGIN: &str = "https://example.org";
/// The origin of the embedding page, where a vector has one.
pub const TOP_ORIGIN: &str = "https://example.com";

/// In which frame a vector's ceremony ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The page itself.
    Top,
    /// A cross-origin frame, embedding page not named.
    CrossOrigin,
    /// A cross-origin frame in [`TOP_ORIGIN`].
    Embedded,
}

/// How a vector attests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attested {
    None,
    PackedSelf,
    Packed,
    Tpm,
    AndroidKey,
    Apple,
    FidoU2f,
}

/// What tells one vector from another.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// The name, which is also the derivation's `info`.
    pub name: &'static str,
    attested: Attested,
    frame: Frame,
    credential_id_length: usize,
    challenge_length: usize,
    key: Key,
}

/// The credential's algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Es256,
    Es384,
    Es512,
    Rs256,
    EdDsa,
    Ed448,
}

const fn recipe(name: &'static str, attested: Attested) -> Recipe {
    Recipe {
        name,
        attested,
        frame: Frame::Top,
        credential_id_length: 32,
        challenge_length: 32,
        key: Key::Es256,
    }
}

const fn packed(name: &'static str, key: Key) -> Recipe {
    Recipe {
        key,
        ..recipe(name, Attested::Packed)
    }
}

/// The vectors of section 16.1, in its order.
pub const RECIPES: [Recipe; 15] = [
    recipe("none.ES256", Attested::None),
    recipe("packed-self.ES256", Attested::PackedSelf),
    Recipe {
        frame: Frame::CrossOrigin,
        ..recipe("none.ES256.crossOrigin", Attested::None)
    },
    Recipe {
        frame: Frame::Embedded,
        ..recipe("none.ES256.topOrigin", Attested::None)
    },
    Recipe {
        credential_id_length: 1023,
        ..recipe("none.ES256.long-credential-id", Attested::None)
    },
    packed("packed.ES256", Key::Es256),
    packed("packed.ES384", Key::Es384),
    Recipe {
        challenge_length: 128,
        ..packed("packed.ES512", Key::Es512)
    },
    packed("packed.RS256", Key::Rs256),
    packed("packed.EdDSA", Key::EdDsa),
    packed("packed.Ed448", Key::Ed448),
    recipe("tpm.ES256", Attested::Tpm),
    recipe("android-key.ES256", Attested::AndroidKey),
    recipe("apple.ES256", Attested::Apple),
    recipe("fido-u2f.ES256", Attested::FidoU2f),
];

/// The authority that has issued every attestation certificate of the vectors.
#[must_use]
pub fn authority() -> Authority {
    let mut draw = Draw {
        info: "Attestation CA",
        drawn: 0,
    };
    let secret = draw.array();
    Authority::new(&secret, draw.bytes(16))
}

/// One vector: a registration and an assertion of the same passkey.
#[derive(Clone, Debug)]
pub struct Vector {
    /// The vector's name.
    pub name: &'static str,
    /// The challenge of the registration.
    pub registration_challenge: Vec<u8>,
    /// The registration.
    pub registration: Registration,
    /// The challenge of the assertion.
    pub authentication_challenge: Vec<u8>,
    /// The assertion.
    pub assertion: Assertion,
    frame: Frame,
}

/// Draws one value after another; the salt counts them.
struct Draw {
    info: &'static str,
    drawn: u8,
}

impl Draw {
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut out = vec![0; length];
        Hkdf::<Sha256>::new(Some(&[self.drawn]), b"WebAuthn test vectors")
            .expand(self.info.as_bytes(), &mut out)
            .expect("not longer than HKDF gives");
        self.drawn += 1;
        out
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.bytes(N).try_into().expect("as long as asked for")
    }

    fn byte(&mut self) -> u8 {
        let [byte] = self.array();
        byte
    }

    /// clientDataJSON of the frame, with the extra member where the drawn flag asks for it.
    fn client_data(&mut self, mut plain: ClientData, frame: Frame) -> ClientData {
        if frame != Frame::Top {
            plain.set("crossOrigin", true);
        }
        if frame == Frame::Embedded {
            plain.set("topOrigin", TOP_ORIGIN);
        }
        if self.byte() & 1 != 0 {
            let random = base64url(&self.array::<16>());
            let text = "clientDataJSON may be extended with additional fields in the future, such as this: ";
            plain.set("extraData", format!("{text}{random}"));
        }
        plain
    }
}

impl Recipe {
    /// Makes the vector.
    #[must_use]
    pub fn make(&self) -> Vector {
        let mut draw = Draw {
            info: self.name,
            drawn: 0,
        };
        let rp_id_hash = sha256(&[RP_ID.as_bytes()]);

        let registration_challenge = draw.bytes(self.challenge_length);
        let key = self.key.draw(&mut draw);
        let plain = ClientData::create(&registration_challenge, ORIGIN);
        let client_data = draw.client_data(plain, self.frame);
        let aaguid = draw.array();
        let id = draw.bytes(self.credential_id_length);
        // A U2F security key knows neither verification nor backups.
        let drawn_flags = match self.attested {
            Attested::FidoU2f => 0,
            _ => backed_up_only_if_eligible(draw.byte()),
        };
        let eligible = drawn_flags & flags::BE;
        let attestation = self.attestation(&key, &mut draw);
        let registration = Registration {
            id: id.clone(),
            client_data,
            authenticator_data: AuthenticatorData {
                rp_id_hash,
                flags: flags::UP | flags::AT | drawn_flags,
                sign_count: 0,
                attested: Some(AttestedCredential {
                    aaguid,
                    declared_length: None,
                    id: id.clone(),
                    public_key: key.cose_key(),
                }),
                extensions: None,
                trailing: Vec::new(),
            },
            attestation,
            attestation_object: None,
            transports: Vec::new(),
        };

        let authentication_challenge = draw.bytes(self.challenge_length);
        let plain = ClientData::get(&authentication_challenge, ORIGIN);
        let client_data = draw.client_data(plain, self.frame);
        let drawn_flags = backed_up_only_if_eligible(draw.byte() & !flags::BE | eligible);
        let drawn_flags = match self.attested {
            Attested::FidoU2f => 0,
            _ => drawn_flags,
        };
        let assertion = Assertion {
            id,
            client_data,
            authenticator_data: AuthenticatorData {
                rp_id_hash,
                flags: flags::UP | drawn_flags,
                sign_count: 0,
                attested: None,
                extensions: None,
                trailing: Vec::new(),
            },
            user_handle: None,
            key,
            signature: None,
        };
        Vector {
            name: self.name,
            registration_challenge,
            registration,
            authentication_challenge,
            assertion,
            frame: self.frame,
        }
    }
}

impl Recipe {
    fn attestation(&self, key: &Arc<dyn CredentialKey>, draw: &mut Draw) -> Arc<dyn Attestation> {
        let authority = authority();
        // Those that are attested by the credential's own key draw no other.
        let credential = |draw: &mut Draw| {
            let public_key = public_key_info(key.as_ref());
            authority.issue(&public_key, draw.bytes(16))
        };
        let attestation = |draw: &mut Draw| {
            let key = Es256::from_secret(&draw.array());
            let certificate = authority.issue(&key.public_key_info(), draw.bytes(16));
            (key, certificate)
        };
        match self.attested {
            Attested::None => Arc::new(NoAttestation),
            Attested::PackedSelf => Arc::new(PackedSelf(Arc::clone(key))),
            Attested::Packed => {
                let (key, certificate) = attestation(draw);
                Arc::new(PackedCertified {
                    key: Arc::new(key),
                    x5c: vec![certificate.sign(&authority.key)],
                })
            }
            Attested::FidoU2f => {
                let (key, certificate) = attestation(draw);
                Arc::new(FidoU2f {
                    key,
                    x5c: vec![certificate.sign(&authority.key)],
                })
            }
            Attested::Tpm => {
                let (attestation_key, mut certificate) = attestation(draw);
                Tpm::adapt(&mut certificate);
                let (x, y) = coordinates(key.as_ref());
                Arc::new(Tpm::new(
                    Arc::new(attestation_key),
                    vec![certificate.sign(&authority.key)],
                    Tpm::ecc(11, 3, &x, &y),
                ))
            }
            Attested::AndroidKey => Arc::new(AndroidKey {
                key: Arc::clone(key),
                certificate: credential(draw),
                issuer: authority.key.clone(),
                challenge: None,
                software: Vec::new(),
                tee: Vec::new(),
            }),
            Attested::Apple => Arc::new(Apple {
                certificate: credential(draw),
                issuer: authority.key.clone(),
                nonce: None,
            }),
        }
    }
}

impl Key {
    fn draw(self, draw: &mut Draw) -> Arc<dyn CredentialKey> {
        match self {
            Self::Es256 => Arc::new(Es256::from_secret(&draw.array())),
            Self::Es384 => Arc::new(Es384::from_secret(&draw.bytes(48))),
            Self::Es512 => Arc::new(Es512::from_secret(&draw.bytes(65))),
            Self::Rs256 => Arc::new(Rsa {
                hash: RsaHash::Sha256,
            }),
            Self::EdDsa => Arc::new(Ed25519::from_secret(&draw.array())),
            Self::Ed448 => Arc::new(Ed448::from_secret(&draw.bytes(57))),
        }
    }
}

/// The coordinates of an ES256 key, from its COSE form.
#[must_use]
pub fn coordinates(key: &dyn CredentialKey) -> (Vec<u8>, Vec<u8>) {
    let cose = key.cose_key().encode();
    (cose[10..42].to_vec(), cose[45..77].to_vec())
}

/// `SubjectPublicKeyInfo` of an ES256 key.
#[must_use]
pub fn public_key_info(key: &dyn CredentialKey) -> Vec<u8> {
    let (x, y) = coordinates(key);
    Es256::info(&x, &y)
}

/// UV, BE and BS of a drawn byte; a passkey that cannot be backed up is not backed up.
fn backed_up_only_if_eligible(drawn: u8) -> u8 {
    let kept = drawn & (flags::UV | flags::BE | flags::BS);
    if kept & flags::BE == 0 {
        kept & !flags::BS
    } else {
        kept
    }
}

impl Vector {
    /// The check of the registration.
    #[must_use]
    pub fn registration_check(&self) -> Value {
        let response = self.registration.response();
        let challenge = &self.registration_challenge;
        self.framed(check::registration(RP_ID, ORIGIN, challenge, &response))
    }

    /// The check of the assertion, against the record that the registration leaves.
    #[must_use]
    pub fn authentication_check(&self) -> Value {
        let registered = &self.registration.authenticator_data;
        let record = json!({
            "id": base64url(&self.registration.id),
            "publicKey": base64url(&self.assertion.key.cose_key().encode()),
            "signCount": registered.sign_count,
            "backupEligible": registered.flags & flags::BE != 0,
        });
        let challenge = &self.authentication_challenge;
        let response = self.assertion.response();
        self.framed(check::authentication(
            RP_ID, ORIGIN, challenge, &record, &response,
        ))
    }

    fn framed(&self, mut check: Value) -> Value {
        if self.frame != Frame::Top {
            check["crossOrigin"] = json!(true);
        }
        if self.frame == Frame::Embedded {
            check["topOrigins"] = json!([TOP_ORIGIN]);
        }
        check
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checks_that_the_readme_names_are_the_first_vectors() {
        let vector = RECIPES[0].make();
        for (text, check) in [
            (
                include_str!("../checks/registration.json"),
                vector.registration_check(),
            ),
            (
                include_str!("../checks/authentication.json"),
                vector.authentication_check(),
            ),
        ] {
            assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), check);
        }
    }
}
