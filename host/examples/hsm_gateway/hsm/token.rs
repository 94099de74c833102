//! The token: its keys, and what the gateway uses it for.

use std::path::PathBuf;

use portcullis::pkcs11::{self, KeyName, Place, Point, TokenError};
use serde::Deserialize;

/// Where the token is found, and how it is opened.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenSettings {
    /// The PKCS #11 library.
    pub(crate) module: PathBuf,
    /// The token's label.
    pub(crate) label: String,
    /// The file with the user's PIN.
    pub(crate) pin_file: PathBuf,
}

/// The label of the key pair that signs receipts, and nothing else: no receipt can be taken for a
/// document.
pub(crate) const RECEIPT_KEY: &str = "receipt";

fn name(label: &str) -> KeyName {
    KeyName {
        label: Some(label.to_owned()),
        id: None,
    }
}

/// The token. Every call ends after a bounded time.
#[derive(Clone, Debug)]
pub(crate) struct Token(pkcs11::Token);

impl Token {
    pub(crate) fn new(settings: TokenSettings) -> Result<Self, TokenError> {
        pkcs11::Token::new(Place {
            module: settings.module,
            label: Some(settings.label),
            serial: None,
            pin_file: settings.pin_file,
        })
        .map(Self)
    }

    /// Generates a key pair that does not leave the token, and returns its public point.
    pub(crate) fn generate(&self, label: &str) -> Result<Point, TokenError> {
        let label = label.to_owned();
        self.0
            .call(move |connection| Ok(*connection.generate(&label)?.public()))
    }

    /// The public point of the key of that label, which the token proves with a signature to be of
    /// the pair.
    pub(crate) fn public_point(&self, label: &str) -> Result<Point, TokenError> {
        let name = name(label);
        self.0.call(move |connection| {
            let pair = connection.key_pair(&name)?;
            let nonce = connection.random::<32>()?;
            connection.sign(&pair, &nonce)?;
            Ok(*pair.public())
        })
    }

    /// Signs a SHA-256 digest with the key of that label; the signature is `r || s`.
    pub(crate) fn sign(&self, label: &str, digest: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
        let (name, digest) = (name(label), *digest);
        self.0.call(move |connection| {
            let pair = connection.key_pair(&name)?;
            connection.sign(&pair, &digest)
        })
    }

    /// Whether `r || s` is a signature of the digest by the key of this point.
    pub(crate) fn verify(
        &self,
        point: &Point,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> Result<bool, TokenError> {
        let (point, digest, signature) = (*point, *digest, signature.to_vec());
        self.0
            .call(move |connection| connection.verify(&point, &digest, &signature))
    }

    /// Random bytes from the token.
    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], TokenError> {
        self.0.call(|connection| connection.random())
    }
}

/// The stable code of a token's failure.
pub(crate) const fn code(error: &TokenError) -> &'static str {
    match error {
        TokenError::Absent => "token_absent",
        TokenError::PinRefused | TokenError::PinNotTried(_) => "token_locked",
        TokenError::PinFile(_) => "token_pin_unreadable",
        TokenError::KeyMissing(_) => "token_key_missing",
        TokenError::KeyAmbiguous(_) => "token_key_ambiguous",
        TokenError::KeyExists => "token_key_exists",
        TokenError::KeyExportable => "token_key_exportable",
        TokenError::KeyMismatch => "token_key_mismatch",
        TokenError::TimedOut | TokenError::Busy => "token_timeout",
        _ => "token_failed",
    }
}
