//! The test vectors of WebAuthn Level 3, section 16, made from their derivation: every value is drawn
//! by HKDF-SHA-256 from one input key, under the vector's name.

use std::sync::Arc;

use hkdf::Hkdf;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    attestation::{Attestation, NoAttestation, PackedSelf},
    authenticator::{
        Assertion, AttestedCredential, AuthenticatorData, Registration, Statement, flags,
    },
    check,
    client_data::ClientData,
    encoding::{base64url, sha256},
    keys::{CredentialKey, Es256},
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

/// What tells one vector from another.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// The name, which is also the derivation's `info`.
    pub name: &'static str,
    statement: Statement,
    frame: Frame,
    credential_id_length: usize,
}

const fn recipe(name: &'static str, statement: Statement, frame: Frame, id: usize) -> Recipe {
    Recipe {
        name,
        statement,
        frame,
        credential_id_length: id,
    }
}

/// The vectors that are made here: ES256, without attestation or attested by the key itself.
pub const RECIPES: [Recipe; 5] = [
    recipe("none.ES256", Statement::None, Frame::Top, 32),
    recipe("packed-self.ES256", Statement::PackedSelf, Frame::Top, 32),
    recipe(
        "none.ES256.crossOrigin",
        Statement::None,
        Frame::CrossOrigin,
        32,
    ),
    recipe("none.ES256.topOrigin", Statement::None, Frame::Embedded, 32),
    recipe(
        "none.ES256.long-credential-id",
        Statement::None,
        Frame::Top,
        1023,
    ),
];

/// One vector: a registration and an assertion of the same passkey.
#[derive(Clone, Debug)]
pub struct Vector {
    /// The vector's name.
    pub name: &'static str,
    /// The challenge of the registration.
    pub registration_challenge: [u8; 32],
    /// The registration.
    pub registration: Registration,
    /// The challenge of the assertion.
    pub authentication_challenge: [u8; 32],
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

        let registration_challenge: [u8; 32] = draw.array();
        let key: Arc<dyn CredentialKey> = Arc::new(Es256::from_secret(&draw.array()));
        let plain = ClientData::create(&registration_challenge, ORIGIN);
        let client_data = draw.client_data(plain, self.frame);
        let aaguid = draw.array();
        let id = draw.bytes(self.credential_id_length);
        let drawn_flags = backed_up_only_if_eligible(draw.byte());
        let eligible = drawn_flags & flags::BE;
        let attestation: Arc<dyn Attestation> = match self.statement {
            Statement::None => Arc::new(NoAttestation),
            Statement::PackedSelf => Arc::new(PackedSelf(Arc::clone(&key))),
        };
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

        let authentication_challenge: [u8; 32] = draw.array();
        let plain = ClientData::get(&authentication_challenge, ORIGIN);
        let client_data = draw.client_data(plain, self.frame);
        let drawn_flags = backed_up_only_if_eligible(draw.byte() & !flags::BE | eligible);
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
