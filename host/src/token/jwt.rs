//! Signed JSON web tokens of one kind each: one algorithm, one `typ`, one key that signs. Keys that
//! signed before are accepted too.
//!
//! The algorithm is this side's, never the token's own. `typ` and `crit` are checked here because
//! jsonwebtoken looks at neither; expiry is checked by the callers, with the host's clock.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::encoding::base64url;
use crate::token::keys::CryptoFailure;

/// No token of ours comes near: the longest carries a name and two dozen numbers.
const MAX_LENGTH: usize = 8 * 1_024;

/// Writes and opens tokens of one kind.
pub(crate) struct TokenKind {
    pub(crate) header: Header,
    verifying: Vec<VerifyingKey>,
    issuer: String,
}

/// A key that verifies, and the name of it where tokens name their key.
struct VerifyingKey {
    kid: Option<String>,
    key: DecodingKey,
}

/// A token that is not of this kind, of this issuer, for this audience and signed with a key of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAccepted;

impl TokenKind {
    /// The first key signs, the others did before.
    pub(crate) fn hs256(typ: &str, keys: &[[u8; 32]], issuer: &str) -> Self {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(typ.to_owned());
        let verifying = keys.iter().map(|key| VerifyingKey {
            kid: None,
            key: DecodingKey::from_secret(key),
        });
        Self {
            header,
            verifying: verifying.collect(),
            issuer: issuer.to_owned(),
        }
    }

    /// Keys with their names: the first one signs, the others did before.
    pub(crate) fn es256(typ: &str, keys: Vec<(String, DecodingKey)>, issuer: &str) -> Self {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.to_owned());
        header.kid = keys.first().map(|(kid, _)| kid.clone());
        let verifying = keys.into_iter().map(|(kid, key)| VerifyingKey {
            kid: Some(kid),
            key,
        });
        Self {
            header,
            verifying: verifying.collect(),
            issuer: issuer.to_owned(),
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A token signed with a key of this process.
    pub(crate) fn sign<C: Serialize>(
        &self,
        claims: &C,
        key: &EncodingKey,
    ) -> Result<String, CryptoFailure> {
        jsonwebtoken::encode(&self.header, claims, key).map_err(|_| CryptoFailure)
    }

    /// A token up to its signature: what is signed, by a key that may be elsewhere.
    pub(crate) fn unsigned<C: Serialize>(&self, claims: &C) -> Result<String, CryptoFailure> {
        let header = serde_json::to_vec(&self.header).map_err(|_| CryptoFailure)?;
        let claims = serde_json::to_vec(claims).map_err(|_| CryptoFailure)?;
        Ok(format!("{}.{}", base64url(&header), base64url(&claims)))
    }

    /// The claims of a token. `C` must hold `iss`, `aud` and `exp` as required members.
    pub(crate) fn open<C: DeserializeOwned>(
        &self,
        token: &str,
        audience: &str,
    ) -> Result<C, NotAccepted> {
        if token.len() > MAX_LENGTH {
            return Err(NotAccepted);
        }
        let mut validation = Validation::new(self.header.alg);
        validation.validate_exp = false;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        self.verifying
            .iter()
            .find_map(|by| {
                let token = jsonwebtoken::decode::<C>(token, &by.key, &validation).ok()?;
                let of_this_kind = token.header.typ == self.header.typ
                    && token.header.kid == by.kid
                    && token.header.crit.is_none();
                of_this_kind.then_some(token.claims)
            })
            .ok_or(NotAccepted)
    }
}

impl core::fmt::Debug for TokenKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TokenKind")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}
