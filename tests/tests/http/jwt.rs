//! JSON web tokens taken apart, and put together wrongly.

use hmac::{Hmac, KeyInit, Mac};
use portcullis_tests::encoding::{base64url, from_base64url};
use serde_json::Value;
use sha2::Sha256;

/// A token's parts.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) signature: Vec<u8>,
}

impl Token {
    pub(crate) fn parse(token: &str) -> Self {
        let parts: Vec<Vec<u8>> = token.split('.').map(from_base64url).collect();
        let [header, claims, signature] = parts.try_into().expect("three parts");
        let json = |bytes: Vec<u8>| serde_json::from_slice(&bytes).expect("JSON");
        Self {
            header: json(header),
            claims: json(claims),
            signature,
        }
    }

    /// What is signed.
    pub(crate) fn signing_input(&self) -> String {
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        format!("{}.{}", part(&self.header), part(&self.claims))
    }

    /// The parts as they are.
    pub(crate) fn text(&self) -> String {
        format!("{}.{}", self.signing_input(), base64url(&self.signature))
    }

    /// The parts with an HMAC under this key.
    pub(crate) fn hs256(&self, key: &[u8]) -> String {
        let input = self.signing_input();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
        mac.update(input.as_bytes());
        format!("{input}.{}", base64url(&mac.finalize().into_bytes()))
    }
}
