//! Signed JSON web tokens of one kind each: one algorithm, one `typ`, one key that signs. Keys that
//! signed before are accepted too.
//!
//! A token is accepted with the very header that this side writes, so nothing in it is the token's to choose:
//! not the algorithm, nor the key. Expiry is checked by the callers, with the host's clock.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;

use crate::encoding::bytes_from_base64url;
use crate::token::keys::CryptoFailure;
use crate::token::signer::Point;

/// No token of ours comes near: the longest carries a name and two dozen numbers.
const MAX_LENGTH: usize = 8 * 1_024;

/// Claims that are no longer than this are written into one piece of memory.
const USUAL_CLAIMS: usize = 768;

/// The longest signature in base64url, in bytes, and the dot before it.
const SIGNATURE: usize = 1 + 86;

/// Writes and opens tokens of one kind.
pub(crate) struct TokenKind {
    keys: Vec<TokenKey>,
    issuer: String,
}

/// A key, and the header of the tokens that it signs, with the dot after it.
struct TokenKey {
    header: String,
    verifying: VerifyingKey,
}

enum VerifyingKey {
    Hs256(Box<hmac::Key>),
    Es256(ParsedPublicKey),
}

/// A token that is not of this kind, of this issuer, for this audience and signed with a key of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAccepted;

impl TokenKind {
    /// The first key signs, the others did before.
    pub(crate) fn hs256(typ: &str, keys: &[[u8; 32]], issuer: &str) -> Result<Self, CryptoFailure> {
        let keys = keys.iter().map(|key| {
            Ok(TokenKey {
                header: header(Algorithm::HS256, typ, None)?,
                verifying: VerifyingKey::Hs256(Box::new(hmac::Key::new(HMAC_SHA256, key))),
            })
        });
        Self::new(keys, issuer)
    }

    /// Keys with their names: the first one signs, elsewhere, the others did before.
    pub(crate) fn es256(
        typ: &str,
        keys: Vec<(String, Point)>,
        issuer: &str,
    ) -> Result<Self, CryptoFailure> {
        let keys = keys.into_iter().map(|(kid, point)| {
            let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
            Ok(TokenKey {
                header: header(Algorithm::ES256, typ, Some(kid))?,
                verifying: VerifyingKey::Es256(key.map_err(|_| CryptoFailure)?),
            })
        });
        Self::new(keys, issuer)
    }

    fn new(
        keys: impl Iterator<Item = Result<TokenKey, CryptoFailure>>,
        issuer: &str,
    ) -> Result<Self, CryptoFailure> {
        Ok(Self {
            keys: keys.collect::<Result<_, _>>()?,
            issuer: issuer.to_owned(),
        })
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A token signed with a key of this process.
    pub(crate) fn sign<C: Serialize>(&self, claims: &C) -> Result<String, CryptoFailure> {
        let token = self.unsigned(claims)?;
        let first = self.keys.first().map(|key| &key.verifying);
        let Some(VerifyingKey::Hs256(key)) = first else {
            return Err(CryptoFailure);
        };
        let tag = hmac::sign(key, token.as_bytes());
        Ok(signed(token, tag.as_ref()))
    }

    /// A token up to its signature: what is signed, by a key that may be elsewhere.
    pub(crate) fn unsigned<C: Serialize>(&self, claims: &C) -> Result<String, CryptoFailure> {
        let header = &self.keys.first().ok_or(CryptoFailure)?.header;
        let mut json = Vec::with_capacity(USUAL_CLAIMS);
        serde_json::to_writer(&mut json, claims).map_err(|_| CryptoFailure)?;
        let encoded = json.len().div_ceil(3).saturating_mul(4);
        let length = header.len().saturating_add(encoded);
        let mut token = String::with_capacity(length.saturating_add(SIGNATURE));
        token.push_str(header);
        BASE64_URL_SAFE_NO_PAD.encode_string(json, &mut token);
        Ok(token)
    }

    /// The claims of a token that a key of this kind has signed, as JSON. Issuer and audience are among them.
    pub(crate) fn open(&self, token: &str) -> Result<Vec<u8>, NotAccepted> {
        if token.len() > MAX_LENGTH {
            return Err(NotAccepted);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(NotAccepted)?;
        let signature = bytes_from_base64url(signature).ok_or(NotAccepted)?;
        self.keys
            .iter()
            .find_map(|key| {
                let claims = message.strip_prefix(&*key.header)?;
                let verifies = match &key.verifying {
                    VerifyingKey::Hs256(key) => {
                        hmac::verify(key, message.as_bytes(), &signature).is_ok()
                    }
                    VerifyingKey::Es256(key) => {
                        key.verify_sig(message.as_bytes(), &signature).is_ok()
                    }
                };
                verifies.then_some(claims)
            })
            .and_then(bytes_from_base64url)
            .ok_or(NotAccepted)
    }
}

/// The token of a message and its signature.
pub(crate) fn signed(mut message: String, signature: &[u8]) -> String {
    message.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut message);
    message
}

fn header(algorithm: Algorithm, typ: &str, kid: Option<String>) -> Result<String, CryptoFailure> {
    let mut header = Header::new(algorithm);
    header.typ = Some(typ.to_owned());
    header.kid = kid;
    let json = serde_json::to_vec(&header).map_err(|_| CryptoFailure)?;
    let mut text = BASE64_URL_SAFE_NO_PAD.encode(json);
    text.push('.');
    Ok(text)
}

impl core::fmt::Debug for TokenKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TokenKind")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use serde_json::json;

    use super::*;

    const KEY: [u8; 32] = [1; 32];
    const TYPE: &str = "example+jwt";

    fn hs256(keys: &[[u8; 32]]) -> TokenKind {
        TokenKind::hs256(TYPE, keys, "https://example.org").expect("keys")
    }

    /// A token of any header and claims.
    fn token(header: &str, claims: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let [header, claims] = [header, claims].map(|text| BASE64_URL_SAFE_NO_PAD.encode(text));
        let message = format!("{header}.{claims}");
        let signature = sign(message.as_bytes());
        signed(message, &signature)
    }

    fn tag(key: &[u8; 32]) -> impl Fn(&[u8]) -> Vec<u8> {
        let key = hmac::Key::new(HMAC_SHA256, key);
        move |message| hmac::sign(&key, message).as_ref().to_vec()
    }

    #[test]
    fn what_was_signed_comes_back_also_with_a_key_of_before() {
        let kind = hs256(&[KEY]);
        let signed = kind.sign(&json!({"a": 1})).expect("signed");
        let header = r#"{"typ":"example+jwt","alg":"HS256"}"#;
        assert_eq!(signed, token(header, r#"{"a":1}"#, tag(&KEY)));
        assert_eq!(kind.open(&signed), Ok(br#"{"a":1}"#.to_vec()));
        assert!(hs256(&[[2; 32], KEY]).open(&signed).is_ok());
        assert_eq!(hs256(&[[2; 32]]).open(&signed), Err(NotAccepted));
    }

    #[test]
    fn another_header_is_refused_even_when_signed() {
        let kind = hs256(&[KEY]);
        for header in [
            r#"{"typ":"example+jwt","alg":"HS256","crit":["b64"]}"#,
            r#"{"typ":"example+jwt","alg":"none"}"#,
            r#"{"typ":"JWT","alg":"HS256"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"HS256","typ":"example+jwt"}"#,
            "",
        ] {
            let token = token(header, "{}", tag(&KEY));
            assert_eq!(kind.open(&token), Err(NotAccepted), "{header}");
        }
    }

    #[test]
    fn every_changed_character_is_seen() {
        let kind = hs256(&[KEY]);
        let good = kind.sign(&json!({"a": "b"})).expect("signed");
        for index in 0..good.len() {
            for other in ["A", "B", "_", ".", "="] {
                let mut changed = good.clone();
                changed.replace_range(index..=index, other);
                assert!(changed == good || kind.open(&changed).is_err(), "{changed}");
            }
            assert!(kind.open(&good[..index]).is_err());
        }
        let long = kind.sign(&json!({"a": "b".repeat(MAX_LENGTH)}));
        assert_eq!(kind.open(&long.expect("signed")), Err(NotAccepted));
    }

    #[test]
    fn a_key_signs_under_its_own_name_alone() {
        let pairs = [(); 2]
            .map(|()| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"));
        let named = ["one", "two"].into_iter().zip(&pairs).map(|(kid, pair)| {
            let point = pair.public_key().as_ref().try_into().expect("a point");
            (kid.to_owned(), point)
        });
        let kind = TokenKind::es256("JWT", named.collect(), "https://example.org");
        let kind = kind.expect("keys");
        assert_eq!(kind.sign(&json!({})), Err(CryptoFailure));
        for (signer, kid, accepted) in [(0, "one", true), (1, "two", true), (0, "two", false)] {
            let sign = |message: &[u8]| {
                let signature = pairs[signer].sign(&SystemRandom::new(), message);
                signature.expect("signs").as_ref().to_vec()
            };
            let header = format!(r#"{{"typ":"JWT","alg":"ES256","kid":"{kid}"}}"#);
            assert_eq!(
                kind.open(&token(&header, "{}", sign)).is_ok(),
                accepted,
                "{kid}"
            );
        }
    }
}
