//! Signed JSON web tokens of one kind each: one algorithm, one key, one `typ`.
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
    verifying: DecodingKey,
    issuer: String,
}

/// A token that is not of this kind, of this issuer, for this audience and signed with this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAccepted;

impl TokenKind {
    pub(crate) fn hs256(typ: &str, key: &[u8; 32], issuer: &str) -> Self {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(typ.to_owned());
        Self {
            header,
            verifying: DecodingKey::from_secret(key),
            issuer: issuer.to_owned(),
        }
    }

    pub(crate) fn es256(typ: &str, kid: &str, verifying: DecodingKey, issuer: &str) -> Self {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(kid.to_owned());
        Self {
            header,
            verifying,
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
        let token = jsonwebtoken::decode::<C>(token, &self.verifying, &validation)
            .map_err(|_| NotAccepted)?;

        let of_this_kind = token.header.typ == self.header.typ
            && token.header.kid == self.header.kid
            && token.header.crit.is_none();
        of_this_kind.then_some(token.claims).ok_or(NotAccepted)
    }
}

impl core::fmt::Debug for TokenKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TokenKind")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}
