//! A registration with all that it takes to attest it in every format.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    attestation::{
        AndroidKey, Apple, Attestation, Edited, FidoU2f, PackedCertified, PackedSelf, SafetyNet,
        Tpm,
    },
    authenticator::{Authenticator, Passkey, Registration},
    cbor::Cbor,
    certificate::{ALTERNATIVE_NAME, Authority, Certificate, Extension},
    check, der,
    keys::{CredentialKey, Es256, Rsa, RsaHash},
    w3c,
};

/// The RP ID.
pub const RP_ID: &str = "example.org";
/// The origin.
pub const ORIGIN: &str = "https://example.org";
/// The challenge.
pub const CHALLENGE: &[u8] = b"a challenge of thirty-two bytes!";
/// The authenticator's model.
pub const MODEL: [u8; 16] = *b"a model of keys!";

/// A registration that nothing is attested of yet, with all that attesting it takes.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The new passkey.
    pub passkey: Passkey,
    /// Its registration.
    pub registration: Registration,
    /// Who certifies attestation keys.
    pub authority: Authority,
    /// The attestation key.
    pub key: Es256,
    /// What the check asks for beside the defaults.
    pub policy: Value,
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

impl Scene {
    /// A scene with a policy at its defaults.
    #[must_use]
    pub fn new() -> Self {
        let mut authenticator = Authenticator::new("attestation");
        authenticator.aaguid = MODEL;
        let (passkey, registration) = authenticator.make(RP_ID, b"user", CHALLENGE, ORIGIN);
        Self {
            passkey,
            registration,
            authority: w3c::authority(),
            key: Es256::from_secret(&[7; 32]),
            policy: json!({}),
        }
    }

    /// The attestation key's certificate.
    #[must_use]
    pub fn certificate(&self) -> Certificate {
        self.authority.issue(&self.key.public_key_info(), vec![1])
    }

    /// A certificate of the credential's own key.
    #[must_use]
    pub fn own_certificate(&self) -> Certificate {
        let public_key = w3c::public_key_info(self.passkey.key.as_ref());
        self.authority.issue(&public_key, vec![1])
    }

    /// `x5c` of this certificate alone, signed by the authority.
    #[must_use]
    pub fn sign(&self, certificate: &Certificate) -> Vec<Vec<u8>> {
        vec![certificate.sign(&self.authority.key)]
    }

    /// Format `packed`, signed by the credential's own key.
    #[must_use]
    pub fn packed_self(&self) -> PackedSelf {
        PackedSelf(Arc::clone(&self.passkey.key))
    }

    /// Format `packed` with a certificate that is changed before it is signed.
    pub fn packed(&self, change: impl FnOnce(&mut Certificate)) -> PackedCertified {
        let mut certificate = self.certificate();
        change(&mut certificate);
        PackedCertified {
            key: Arc::new(self.key.clone()),
            x5c: self.sign(&certificate),
        }
    }

    /// Format `fido-u2f`.
    #[must_use]
    pub fn u2f(&self) -> FidoU2f {
        FidoU2f {
            key: self.key.clone(),
            x5c: self.sign(&self.certificate()),
        }
    }

    /// Format `apple`.
    #[must_use]
    pub fn apple(&self) -> Apple {
        Apple {
            certificate: self.own_certificate(),
            issuer: self.authority.key.clone(),
            nonce: None,
        }
    }

    /// Format `android-key` with these authorizations.
    #[must_use]
    pub fn android(&self, software: &[Vec<u8>], tee: &[Vec<u8>]) -> AndroidKey {
        AndroidKey {
            key: Arc::clone(&self.passkey.key),
            certificate: self.own_certificate(),
            issuer: self.authority.key.clone(),
            challenge: None,
            software: software.to_vec(),
            tee: tee.to_vec(),
        }
    }

    /// The TPM's public area of the credential's key, named with this hash.
    #[must_use]
    pub fn area(&self, name_algorithm: u16) -> Vec<u8> {
        let (x, y) = w3c::coordinates(self.passkey.key.as_ref());
        Tpm::ecc(name_algorithm, 3, &x, &y)
    }

    /// Format `tpm` with a certificate that is changed before it is signed.
    pub fn tpm(&self, change: impl FnOnce(&mut Certificate)) -> Tpm {
        let mut certificate = self.certificate();
        Tpm::adapt(&mut certificate);
        change(&mut certificate);
        let x5c = self.sign(&certificate);
        Tpm::new(Arc::new(self.key.clone()), x5c, self.area(11))
    }

    /// Format `tpm` about another public area.
    #[must_use]
    pub fn tpm_about(&self, area: Vec<u8>) -> Tpm {
        let tpm = self.tpm(|_| ());
        Tpm::new(tpm.key, tpm.x5c, area)
    }

    /// Format `android-safetynet`, answered by this host.
    #[must_use]
    pub fn safetynet(&self, host: &str) -> SafetyNet {
        let mut certificate = self.authority.issue(&Rsa::public_key_info(), vec![1]);
        let name = der::element(&[0x82], host.as_bytes());
        let names = der::sequence(&[name]);
        certificate.put(Extension::new(ALTERNATIVE_NAME, false, names));
        SafetyNet {
            key: Arc::new(Rsa {
                hash: RsaHash::Sha256,
            }),
            algorithm: "RS256".into(),
            x5c: self.sign(&certificate),
            nonce: None,
            cts_profile_match: true,
        }
    }

    /// Makes the registration one of another key.
    ///
    /// # Panics
    ///
    /// When the registration has no credential.
    pub fn replace_key(&mut self, key: Cbor) {
        let attested = &mut self.registration.authenticator_data.attested;
        attested.as_mut().expect("a credential").public_key = key;
    }

    /// The check of the registration with this attestation.
    pub fn check(&self, attestation: impl Attestation + 'static) -> Value {
        let mut registration = self.registration.clone();
        registration.attestation = Arc::new(attestation);
        let mut check = check::registration(RP_ID, ORIGIN, CHALLENGE, &registration.response());
        for (name, value) in self.policy.as_object().into_iter().flatten() {
            check[name] = value.clone();
        }
        check
    }
}

/// Sets a member of a statement.
pub fn put(statement: &mut Cbor, name: &str, value: Cbor) {
    take(statement, name);
    statement.members_mut().push((Cbor::text(name), value));
}

/// Takes a member of a statement away.
pub fn take(statement: &mut Cbor, name: &str) {
    statement
        .members_mut()
        .retain(|(key, _)| *key != Cbor::text(name));
}

/// A statement with a change made to it after it was signed.
pub fn edited(
    attestation: impl Attestation + 'static,
    change: impl Fn(&mut Cbor) + Send + Sync + 'static,
) -> Edited {
    Edited(Arc::new(attestation), Arc::new(change))
}

/// Flips a bit of a statement's signature.
pub fn spoil_signature(statement: &mut Cbor) {
    for (name, value) in statement.members_mut() {
        if let (true, Cbor::Bytes(bytes)) = (*name == Cbor::text("sig"), value)
            && let Some(last) = bytes.last_mut()
        {
            *last ^= 1;
        }
    }
}

/// An RSA key that credentials and certificates may have.
#[must_use]
pub fn rsa() -> Arc<dyn CredentialKey> {
    Arc::new(Rsa {
        hash: RsaHash::Sha256,
    })
}
