//! What people's browsers send. One key pair signs for everybody: making a key for each is not what is
//! measured.

use std::io;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use portcullis_tests::encoding::{base64url, sha256};
use serde::Deserialize;

use super::connection::Connection;

/// A page of another site gets no session, so that what grows is a passkey alone.
const FROM_ELSEWHERE: &str = "Sec-Fetch-Site: cross-site\r\n";

/// The bytes of a body to `complete`.
const RESPONSE: usize = 1_100;

/// UP, UV; AT where a credential is attested.
const FLAGS: u8 = 0x05;
const ATTESTED: u8 = 0x40;

/// One operation, which is one or two requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A POST to a Rocket that does nothing but answer.
    Bare,
    /// Two, of the sizes of a ceremony's, the second to a path.
    BareCeremony(&'static str),
    /// The begin of a sign-in, by a name that nobody has.
    Begin,
    /// A sign-in, both calls, which begins a session, is given a login token, both or none of them.
    SignIn { session: bool, token: bool },
    /// A sign-up, both calls, as a program makes it: session and login token.
    SignUp,
    /// A sign-up that leaves nothing but the account and its passkey.
    Fill,
}

/// The authenticator of everybody, and the origin that they sign for.
pub(crate) struct People {
    pair: EcdsaKeyPair,
    origin: String,
    rp_id_hash: [u8; 32],
}

#[derive(Deserialize)]
struct Begun<'a> {
    #[serde(rename = "publicKey", borrow)]
    options: Options<'a>,
    challenge_token: &'a str,
}

#[derive(Deserialize)]
struct Options<'a> {
    challenge: &'a str,
}

impl People {
    pub(crate) fn new(port: u16) -> Self {
        Self {
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"),
            origin: format!("http://localhost:{port}"),
            rp_id_hash: sha256(&[b"localhost"]),
        }
    }

    /// Does one operation as the person of a number.
    pub(crate) fn act(
        &self,
        operation: Operation,
        number: u64,
        connection: &mut Connection,
    ) -> io::Result<()> {
        match operation {
            Operation::Bare => bare(number, connection),
            Operation::BareCeremony(path) => {
                bare(number, connection)?;
                let padding = "x".repeat(RESPONSE);
                connection.post(path, "", &padding).map(drop)
            }
            Operation::Begin => {
                let body = format!(r#"{{"username":"none{number:08}"}}"#);
                connection.post("/authenticate/begin", "", &body).map(drop)
            }
            Operation::SignIn { session, token } => {
                self.sign_in(number, session, token, connection)
            }
            Operation::SignUp => self.sign_up(number, "", "", connection),
            Operation::Fill => {
                self.sign_up(number, FROM_ELSEWHERE, r#","token":false"#, connection)
            }
        }
    }

    fn sign_in(
        &self,
        number: u64,
        session: bool,
        token: bool,
        connection: &mut Connection,
    ) -> io::Result<()> {
        let headers = if session { "" } else { FROM_ELSEWHERE };
        let body = format!(r#"{{"username":"{}"}}"#, name(number));
        let answer = connection.post("/authenticate/begin", headers, &body)?;
        let begun: Begun<'_> = serde_json::from_slice(answer)?;
        let client_data = self.client_data("webauthn.get", begun.options.challenge);
        let authenticator_data = self.authenticator_data(FLAGS);
        let hash = sha256(&[client_data.as_bytes()]);
        let message = [&authenticator_data[..], &hash].concat();
        let signature = self.sign(&message);
        let id = base64url(&credential_id(number));
        let token = if token { "" } else { r#","token":false"# };
        let body = format!(
            r#"{{"assertion":{{"id":"{id}","rawId":"{id}","type":"public-key","authenticatorAttachment":"platform","response":{{"clientDataJSON":"{}","authenticatorData":"{}","signature":"{}"}},"clientExtensionResults":{{}}}},"challenge_token":"{}"{token}}}"#,
            base64url(client_data.as_bytes()),
            base64url(&authenticator_data),
            base64url(&signature),
            begun.challenge_token,
        );
        connection
            .post("/authenticate/complete", headers, &body)
            .map(drop)
    }

    fn sign_up(
        &self,
        number: u64,
        headers: &str,
        more: &str,
        connection: &mut Connection,
    ) -> io::Result<()> {
        let body = format!(r#"{{"username":"{}"}}"#, name(number));
        let answer = connection.post("/register/begin", headers, &body)?;
        let begun: Begun<'_> = serde_json::from_slice(answer)?;
        let client_data = self.client_data("webauthn.create", begun.options.challenge);
        let id = credential_id(number);
        let attestation_object = self.attestation_object(&id);
        let id = base64url(&id);
        let body = format!(
            r#"{{"attestation":{{"id":"{id}","rawId":"{id}","type":"public-key","authenticatorAttachment":"platform","response":{{"clientDataJSON":"{}","attestationObject":"{}","transports":["internal","hybrid"]}},"clientExtensionResults":{{"credProps":{{"rk":true}}}}}},"challenge_token":"{}"{more}}}"#,
            base64url(client_data.as_bytes()),
            base64url(&attestation_object),
            begun.challenge_token,
        );
        connection
            .post("/register/complete", headers, &body)
            .map(drop)
    }

    fn client_data(&self, kind: &str, challenge: &str) -> String {
        format!(
            r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{}","crossOrigin":false}}"#,
            self.origin
        )
    }

    fn authenticator_data(&self, flags: u8) -> Vec<u8> {
        [&self.rp_id_hash[..], &[flags, 0, 0, 0, 0]].concat()
    }

    /// Format `none`, with a credential of 32 bytes and this key.
    fn attestation_object(&self, id: &[u8; 32]) -> Vec<u8> {
        const AAGUID: &[u8; 16] = b"a model of keys!";
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let authenticator_data = [
            &self.authenticator_data(FLAGS | ATTESTED)[..],
            AAGUID,
            &[0, 32],
            id,
            &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20],
            x,
            &[0x22, 0x58, 0x20],
            y,
        ]
        .concat();
        let length = u8::try_from(authenticator_data.len()).expect("164 bytes");
        let head: &[u8] = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58";
        [head, &[length], &authenticator_data].concat()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.pair.sign(&SystemRandom::new(), message);
        signature.expect("it signs").as_ref().to_vec()
    }

    /// What a verification of a sign-in takes: the key, a message of its length, a signature that verifies.
    pub(crate) fn signed(&self) -> (UnparsedPublicKey<Vec<u8>>, Vec<u8>, Vec<u8>) {
        let message = [&self.authenticator_data(FLAGS)[..], &[7; 32]].concat();
        let signature = self.sign(&message);
        let point = self.pair.public_key().as_ref().to_vec();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
        (key, message, signature)
    }
}

fn bare(number: u64, connection: &mut Connection) -> io::Result<()> {
    let body = format!(r#"{{"username":"{}"}}"#, name(number));
    connection.post("/", "", &body).map(drop)
}

/// A name of 12 letters and digits.
fn name(number: u64) -> String {
    format!("user{number:08}")
}

fn credential_id(number: u64) -> [u8; 32] {
    sha256(&[b"credential", &number.to_be_bytes()])
}
