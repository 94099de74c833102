//! A software authenticator with its client: makes what a browser would hand to the page, every
//! field open to be written wrongly.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    attestation::{Attestation, NoAttestation, PackedSelf},
    cbor::Cbor,
    client_data::ClientData,
    encoding::{base64url, from_base64url, sha256},
    keys::{CredentialKey, Es256},
};

/// The flag bits of authenticator data.
pub mod flags {
    /// User present.
    pub const UP: u8 = 0x01;
    /// User verified.
    pub const UV: u8 = 0x04;
    /// Backup eligible.
    pub const BE: u8 = 0x08;
    /// Backed up.
    pub const BS: u8 = 0x10;
    /// Attested credential data included.
    pub const AT: u8 = 0x40;
    /// Extension data included.
    pub const ED: u8 = 0x80;
}

/// Attested credential data.
#[derive(Clone, Debug)]
pub struct AttestedCredential {
    /// The authenticator model.
    pub aaguid: [u8; 16],
    /// The length that is written before the id; the id's own where `None`.
    pub declared_length: Option<u16>,
    /// The credential id.
    pub id: Vec<u8>,
    /// The COSE key.
    pub public_key: Cbor,
}

/// Authenticator data.
#[derive(Clone, Debug)]
pub struct AuthenticatorData {
    /// SHA-256 of the RP id.
    pub rp_id_hash: [u8; 32],
    /// The flags; see [`flags`].
    pub flags: u8,
    /// The signature counter.
    pub sign_count: u32,
    /// Attested credential data, in a registration.
    pub attested: Option<AttestedCredential>,
    /// Extension outputs.
    pub extensions: Option<Cbor>,
    /// Bytes after the end.
    pub trailing: Vec<u8>,
}

impl AuthenticatorData {
    /// The bytes, flags exactly as given: they do not follow from what is there.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.rp_id_hash.to_vec();
        out.push(self.flags);
        out.extend_from_slice(&self.sign_count.to_be_bytes());
        if let Some(attested) = &self.attested {
            let own = u16::try_from(attested.id.len()).expect("an id's length has 16 bits");
            out.extend_from_slice(&attested.aaguid);
            out.extend_from_slice(&attested.declared_length.unwrap_or(own).to_be_bytes());
            out.extend_from_slice(&attested.id);
            out.extend_from_slice(&attested.public_key.encode());
        }
        if let Some(extensions) = &self.extensions {
            out.extend_from_slice(&extensions.encode());
        }
        out.extend_from_slice(&self.trailing);
        out
    }
}

/// A registration on its way to the relying party. Change what you like, then take [`Self::response`].
#[derive(Clone, Debug)]
pub struct Registration {
    /// The id that the response names.
    pub id: Vec<u8>,
    /// clientDataJSON.
    pub client_data: ClientData,
    /// Authenticator data.
    pub authenticator_data: AuthenticatorData,
    /// What makes the statement.
    pub attestation: Arc<dyn Attestation>,
    /// Takes the place of the attestation object.
    pub attestation_object: Option<Cbor>,
    /// The transports that the browser reports.
    pub transports: Vec<String>,
}

impl Registration {
    /// The attestation object, in canonical order of its members.
    #[must_use]
    pub fn attestation_object(&self) -> Cbor {
        if let Some(object) = &self.attestation_object {
            return object.clone();
        }
        let authenticator_data = self.authenticator_data.encode();
        let hash = sha256(&[&self.client_data.bytes()]);
        Cbor::text_map([
            ("fmt", Cbor::text(self.attestation.format())),
            (
                "attStmt",
                self.attestation.statement(&authenticator_data, &hash),
            ),
            ("authData", Cbor::Bytes(authenticator_data)),
        ])
    }

    /// RegistrationResponseJSON.
    #[must_use]
    pub fn response(&self) -> Value {
        json!({
            "id": base64url(&self.id),
            "rawId": base64url(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": base64url(&self.client_data.bytes()),
                "attestationObject": base64url(&self.attestation_object().encode()),
                "transports": self.transports,
            },
            "clientExtensionResults": {},
        })
    }
}

/// An assertion on its way to the relying party. Change what you like, then take [`Self::response`].
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The id that the response names.
    pub id: Vec<u8>,
    /// clientDataJSON.
    pub client_data: ClientData,
    /// Authenticator data.
    pub authenticator_data: AuthenticatorData,
    /// The user handle, where the authenticator returns one.
    pub user_handle: Option<Vec<u8>>,
    /// The key that signs.
    pub key: Arc<dyn CredentialKey>,
    /// Takes the place of the signature.
    pub signature: Option<Vec<u8>>,
}

impl Assertion {
    /// The signature over authenticator data and client data hash.
    #[must_use]
    pub fn signature(&self) -> Vec<u8> {
        self.signature.clone().unwrap_or_else(|| {
            let hash = sha256(&[&self.client_data.bytes()]);
            self.key
                .sign(&[&self.authenticator_data.encode()[..], &hash].concat())
        })
    }

    /// AuthenticationResponseJSON.
    #[must_use]
    pub fn response(&self) -> Value {
        let mut response = Map::new();
        response.insert(
            "clientDataJSON".into(),
            base64url(&self.client_data.bytes()).into(),
        );
        let authenticator_data = base64url(&self.authenticator_data.encode());
        response.insert("authenticatorData".into(), authenticator_data.into());
        response.insert("signature".into(), base64url(&self.signature()).into());
        if let Some(handle) = &self.user_handle {
            response.insert("userHandle".into(), base64url(handle).into());
        }
        json!({
            "id": base64url(&self.id),
            "rawId": base64url(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": response,
            "clientExtensionResults": {},
        })
    }
}

/// A passkey as an authenticator keeps it.
#[derive(Clone, Debug)]
pub struct Passkey {
    /// The credential id.
    pub id: Vec<u8>,
    /// The RP id it is for.
    pub rp_id: String,
    /// The user handle.
    pub user_handle: Vec<u8>,
    /// The private key.
    pub key: Arc<dyn CredentialKey>,
    /// The signature counter.
    pub sign_count: u32,
    /// The flags that every use sets: UP, UV, BE and BS as this authenticator has them.
    pub flags: u8,
}

impl Passkey {
    /// The next assertion, counter raised, with the user handle.
    pub fn assert(&mut self, challenge: &[u8], origin: &str) -> Assertion {
        self.sign_count += 1;
        Assertion {
            id: self.id.clone(),
            client_data: ClientData::get(challenge, origin),
            authenticator_data: AuthenticatorData {
                rp_id_hash: sha256(&[self.rp_id.as_bytes()]),
                flags: self.flags,
                sign_count: self.sign_count,
                attested: None,
                extensions: None,
                trailing: Vec::new(),
            },
            user_handle: Some(self.user_handle.clone()),
            key: Arc::clone(&self.key),
            signature: None,
        }
    }

    /// The assertion that these `PublicKeyCredentialRequestOptionsJSON` ask for.
    ///
    /// # Panics
    ///
    /// When the options are not what the contract says.
    pub fn get(&mut self, options: &Value, origin: &str) -> Assertion {
        self.assert(&challenge_of(options), origin)
    }

    /// The record that a relying party keeps of the passkey, as the contract's check carries it.
    #[must_use]
    pub fn record(&self) -> Value {
        json!({
            "id": base64url(&self.id),
            "publicKey": base64url(&self.key.cose_key().encode()),
            "signCount": self.sign_count,
            "backupEligible": self.flags & flags::BE != 0,
            "backupState": self.flags & flags::BS != 0,
        })
    }
}

/// How the authenticator attests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Format `none`.
    None,
    /// Format `packed`, signed by the credential's own key.
    PackedSelf,
}

/// The AAGUID of a `YubiKey` 5 Series.
pub const YUBIKEY_5: [u8; 16] = 0x1908_3c3d_8383_4b18_bc03_8f1c_9ab2_fd1b_u128.to_be_bytes();

/// A software authenticator. Every key and id follows from its seed, so a failing test fails the
/// same way again.
#[derive(Clone, Debug)]
pub struct Authenticator {
    seed: String,
    made: u32,
    /// The model that it says it is.
    pub aaguid: [u8; 16],
    /// The flags of everything it makes.
    pub flags: u8,
    /// How it attests.
    pub statement: Statement,
}

impl Authenticator {
    /// An authenticator with user verification whose passkeys stay on the device.
    #[must_use]
    pub fn new(seed: &str) -> Self {
        Self {
            seed: seed.to_owned(),
            made: 0,
            aaguid: [0; 16],
            flags: flags::UP | flags::UV,
            statement: Statement::None,
        }
    }

    fn derive(&self, what: &str) -> [u8; 32] {
        sha256(&[
            self.seed.as_bytes(),
            &self.made.to_be_bytes(),
            what.as_bytes(),
        ])
    }

    /// A new passkey and its registration.
    pub fn make(
        &mut self,
        rp_id: &str,
        user_handle: &[u8],
        challenge: &[u8],
        origin: &str,
    ) -> (Passkey, Registration) {
        self.made += 1;
        let key: Arc<dyn CredentialKey> = Arc::new(Es256::from_secret(&self.derive("key")));
        let passkey = Passkey {
            id: self.derive("id").to_vec(),
            rp_id: rp_id.to_owned(),
            user_handle: user_handle.to_vec(),
            key: Arc::clone(&key),
            sign_count: 0,
            flags: self.flags,
        };
        let registration = Registration {
            id: passkey.id.clone(),
            client_data: ClientData::create(challenge, origin),
            authenticator_data: AuthenticatorData {
                rp_id_hash: sha256(&[rp_id.as_bytes()]),
                flags: self.flags | flags::AT,
                sign_count: passkey.sign_count,
                attested: Some(AttestedCredential {
                    aaguid: self.aaguid,
                    declared_length: None,
                    id: passkey.id.clone(),
                    public_key: key.cose_key(),
                }),
                extensions: None,
                trailing: Vec::new(),
            },
            attestation: match self.statement {
                Statement::None => Arc::new(NoAttestation),
                Statement::PackedSelf => Arc::new(PackedSelf(key)),
            },
            attestation_object: None,
            transports: vec!["internal".into(), "hybrid".into()],
        };
        (passkey, registration)
    }

    /// The passkey that these `PublicKeyCredentialCreationOptionsJSON` ask for.
    ///
    /// # Panics
    ///
    /// When the options are not what the contract says.
    pub fn create(&mut self, options: &Value, origin: &str) -> (Passkey, Registration) {
        let rp_id = options["rp"]["id"]
            .as_str()
            .expect("the options name the RP id");
        let handle = options["user"]["id"]
            .as_str()
            .expect("the options carry a user handle");
        self.make(
            rp_id,
            &from_base64url(handle),
            &challenge_of(options),
            origin,
        )
    }
}

fn challenge_of(options: &Value) -> Vec<u8> {
    from_base64url(
        options["challenge"]
            .as_str()
            .expect("the options carry a challenge"),
    )
}
