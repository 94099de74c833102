//! One passkey's registration and sign-in as a browser sends them, for what measures the core.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, Signature, SigningKey};
use portcullis_core::algorithm::{KeyError, SignatureError};
use portcullis_core::data::PublicKey;
use portcullis_core::{
    AuthenticationResponse, Challenge, CoseAlgorithm, CredentialRecord, Crypto, Error, Observer,
    Origin, Policy, RegistrationResponse, Sha256, SignatureAlgorithm, VerifiedAuthentication,
    VerifiedRegistration, verify_authentication, verify_registration,
};
use sha2::Digest as _;

const RP_ID: &str = "example.org";
/// What the relying party of both asks for.
pub const POLICY: Policy<'static> = Policy::new(&[RP_ID], &[Origin::exact("https://example.org")]);
const CHALLENGE: [u8; 32] = [0x5a; 32];
const ID: [u8; 32] = [0xc3; 32];

/// SHA-256 of the RP ID.
fn rp_id_hash() -> [u8; 32] {
    sha2::Sha256::digest(RP_ID).into()
}

/// What a browser has sent for one passkey, with an ES256 key and without attestation, and what the
/// relying party knows of it.
#[derive(Debug)]
pub struct Passkey {
    /// `RegistrationResponseJSON`.
    pub registration: String,
    /// `AuthenticationResponseJSON`.
    pub authentication: String,
    /// The recorded public key in its `COSE_Key` encoding.
    pub public_key: Vec<u8>,
    /// The public key as `04 || x || y`.
    pub point: Vec<u8>,
    /// What was signed in the sign-in: authenticator data and the hash of the client data.
    pub signed: Vec<u8>,
    /// The signature over it, in DER.
    pub signature: Vec<u8>,
}

impl Passkey {
    /// The same passkey each time.
    #[must_use]
    pub fn new() -> Self {
        let key = SigningKey::from_bytes(&[7; 32].into()).expect("a number below the order");
        let point = key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        let (x, y) = point[1..].split_at(32);
        let public_key = [
            b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20",
            x,
            b"\x22\x58\x20",
            y,
        ]
        .concat();

        let attested = [&[0; 16], &[0, 32][..], &ID, &public_key].concat();
        let auth_data = authenticator_data(0x5d, &attested);
        let length = u8::try_from(auth_data.len()).expect("it is short");
        let object = [
            b"\xa3cfmtdnonegattStmt\xa0hauthData\x58",
            &[length][..],
            &auth_data,
        ]
        .concat();
        let registration = envelope(&format!(
            r#"{{"attestationObject":"{}","authenticatorData":"{}","clientDataJSON":"{}","publicKey":"{}","publicKeyAlgorithm":-7,"transports":["hybrid","internal"]}}"#,
            text(&object),
            text(&auth_data),
            text(client_data("webauthn.create").as_bytes()),
            // A SubjectPublicKeyInfo of P-256 begins with these bytes.
            text(&[b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00", &point[..]].concat()),
        ));

        let auth_data = authenticator_data(0x1d, &[]);
        let client_data = client_data("webauthn.get");
        let hash = sha2::Sha256::digest(&client_data);
        let signed = [&auth_data[..], &hash].concat();
        let signature: Signature = key.sign(&signed);
        let signature = DerSignature::from(signature).as_bytes().to_vec();
        let authentication = envelope(&format!(
            r#"{{"authenticatorData":"{}","clientDataJSON":"{}","signature":"{}","userHandle":"{}"}}"#,
            text(&auth_data),
            text(client_data.as_bytes()),
            text(&signature),
            text(&[0x11; 32]),
        ));
        Self {
            registration,
            authentication,
            public_key,
            point,
            signed,
            signature,
        }
    }

    /// The sign-in as `portcullis verify` takes it.
    #[must_use]
    pub fn check(&self) -> String {
        format!(
            r#"{{"kind":"authentication","rpId":"{RP_ID}","origins":["https://{RP_ID}"],"challenge":"{}","credential":{{"id":"{}","publicKey":"{}","signCount":0}},"response":{}}}"#,
            text(&CHALLENGE),
            text(&ID),
            text(&self.public_key),
            self.authentication,
        )
    }

    /// The registration, once.
    ///
    /// # Errors
    ///
    /// The core's, which a measurement does not expect.
    pub fn register<'a>(
        &self,
        response: &RegistrationResponse<'a>,
        crypto: &Crypto<'_>,
        observer: &mut impl Observer<'a>,
    ) -> Result<VerifiedRegistration<'a>, Error> {
        verify_registration(response, challenge(), &POLICY, crypto, observer)
    }

    /// The sign-in, once, by this policy.
    ///
    /// # Errors
    ///
    /// The core's, which a measurement does not expect.
    pub fn authenticate<'a>(
        &self,
        response: &AuthenticationResponse<'a>,
        policy: &Policy<'_>,
        crypto: &Crypto<'_>,
        observer: &mut impl Observer<'a>,
    ) -> Result<VerifiedAuthentication<'a>, Error> {
        let record = CredentialRecord::new(&ID, &self.public_key, 0);
        verify_authentication(
            response,
            Some(&record),
            challenge(),
            policy,
            crypto,
            observer,
        )
    }
}

impl Default for Passkey {
    fn default() -> Self {
        Self::new()
    }
}

fn challenge() -> Challenge<'static> {
    Challenge::new(&CHALLENGE).expect("it has bytes")
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Client data as every browser writes them.
fn client_data(ty: &str) -> String {
    let challenge = text(&CHALLENGE);
    format!(
        r#"{{"type":"{ty}","challenge":"{challenge}","origin":"https://{RP_ID}","crossOrigin":false}}"#
    )
}

fn authenticator_data(flags: u8, attested: &[u8]) -> Vec<u8> {
    [&rp_id_hash(), &[flags, 0, 0, 0, 1][..], attested].concat()
}

/// A credential as `toJSON` of Chromium gives it.
fn envelope(response: &str) -> String {
    let id = text(&ID);
    format!(
        r#"{{"authenticatorAttachment":"platform","clientExtensionResults":{{}},"id":"{id}","rawId":"{id}","response":{response},"type":"public-key"}}"#
    )
}

/// A hash and an algorithm that return constants: what is left is the core alone.
#[derive(Clone, Copy, Debug)]
pub struct Constant {
    hash: [u8; 32],
}

impl Constant {
    /// What the RP ID check has to meet.
    #[must_use]
    pub fn new() -> Self {
        Self { hash: rp_id_hash() }
    }
}

impl Default for Constant {
    fn default() -> Self {
        Self::new()
    }
}

impl Sha256 for Constant {
    fn digest(&self, _: &[&[u8]]) -> [u8; 32] {
        self.hash
    }
}

impl SignatureAlgorithm for Constant {
    fn algorithm(&self) -> CoseAlgorithm {
        CoseAlgorithm::ES256
    }

    fn check_key(&self, _: &PublicKey<'_>) -> Result<(), KeyError> {
        Ok(())
    }

    fn verify(&self, _: &PublicKey<'_>, _: &[&[u8]], _: &[u8]) -> Result<(), SignatureError> {
        Ok(())
    }
}
