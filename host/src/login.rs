//! Login tokens: who signed in, for the applications behind the host, verified with its JWKS.

use core::time::Duration;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};

use crate::challenge::TokenError;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::encoding::{base64url, from_base64url};
use crate::jwt::TokenKind;
use crate::keys::{CryptoFailure, KeySource};
use crate::names::Username;
use crate::store::UserHandle;

/// How long after its sign-in a token proves its user to the host itself.
const PROOF_LIFE: Duration = Duration::from_secs(300);

/// Mints login tokens, and reads them where they are shown as proof.
#[derive(Debug)]
pub(crate) struct LoginTokens {
    kind: TokenKind,
    audience: String,
    life: Duration,
    clock: Clock,
    keys: JwkSet,
}

/// A token as it is handed out.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Login {
    #[serde(rename = "login_token")]
    token: String,
    expires_in: u64,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    preferred_username: String,
    iat: Timestamp,
    exp: Timestamp,
    auth_time: Timestamp,
    uv: bool,
}

impl LoginTokens {
    pub(crate) fn new(config: &Config, keys: &KeySource) -> Result<Self, CryptoFailure> {
        let (signing, public) = signing_key(keys)?;
        let kid = public
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(|_| CryptoFailure)?;
        let verifying = DecodingKey::from_jwk(&public).map_err(|_| CryptoFailure)?;
        let mut published = public;
        published.common.key_id = Some(kid.clone());
        published.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            kind: TokenKind::es256("JWT", &kid, signing, verifying, config.issuer()),
            audience: config.rp_id.clone(),
            life: config.login_ttl,
            clock: config.clock.clone(),
            keys: JwkSet {
                keys: vec![published],
            },
        })
    }

    /// A token for somebody who has just shown one of their passkeys.
    pub(crate) fn mint(
        &self,
        handle: &UserHandle,
        name: &Username,
        user_verified: bool,
    ) -> Result<Login, CryptoFailure> {
        let now = self.clock.now();
        let token = self.kind.sign(&Claims {
            iss: self.kind.issuer().to_owned(),
            aud: self.audience.clone(),
            sub: base64url(handle),
            preferred_username: name.as_written().to_owned(),
            iat: now,
            exp: now.saturating_add(self.life.as_secs()),
            auth_time: now,
            uv: user_verified,
        })?;
        Ok(Login {
            token,
            expires_in: self.life.as_secs(),
        })
    }

    /// The user whom a token proves to the host itself.
    pub(crate) fn proven_user(&self, token: &str) -> Result<UserHandle, TokenError> {
        let claims: Claims = self
            .kind
            .open(token, &self.audience)
            .map_err(|_| TokenError::Invalid)?;
        let proof_over = claims.auth_time.saturating_add(PROOF_LIFE.as_secs());
        if self.clock.now() >= claims.exp.min(proof_over) {
            return Err(TokenError::Expired);
        }
        from_base64url(&claims.sub).ok_or(TokenError::Invalid)
    }

    /// The keys that verify login tokens.
    pub(crate) const fn keys(&self) -> &JwkSet {
        &self.keys
    }
}

/// The same secret gives the same key in every process.
fn signing_key(keys: &KeySource) -> Result<(EncodingKey, Jwk), CryptoFailure> {
    // One candidate in four thousand million is no scalar of P-256; the next one then is.
    (0..8_u8)
        .find_map(|attempt| {
            let scalar: [u8; 32] = keys.derive(&[b"login", &[attempt]]).ok()?;
            let private = PrivateKey::from_private_key(&ECDH_P256, &scalar).ok()?;
            let public = private.compute_public_key().ok()?;
            EcdsaKeyPair::from_private_key_and_public_key(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                &scalar,
                public.as_ref(),
            )
            .ok()
        })
        .and_then(|pair| pair.to_pkcs8v1().ok())
        .map(|pkcs8| EncodingKey::from_ec_der(pkcs8.as_ref()))
        .and_then(|signing| {
            let public = Jwk::from_encoding_key(&signing, Algorithm::ES256).ok()?;
            Some((signing, public))
        })
        .ok_or(CryptoFailure)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn config(extra: &[(&str, &str)]) -> Config {
        let settings = [&[("PORTCULLIS_SECRET", SECRET)], extra].concat();
        Config::new(settings, rocket::Config::figment()).expect("usable")
    }

    fn tokens(config: &Config) -> LoginTokens {
        LoginTokens::new(config, &KeySource::new(&config.secret)).expect("keys")
    }

    fn alice(tokens: &LoginTokens) -> Login {
        let name = Username::parse("Alice").expect("allowed");
        tokens.mint(&[7; 64], &name, true).expect("minted")
    }

    #[test]
    fn processes_with_one_secret_accept_each_others_tokens() {
        let config = config(&[]);
        let login = alice(&tokens(&config));
        assert_eq!(tokens(&config).proven_user(&login.token), Ok([7; 64]));
        assert_eq!(login.expires_in, 600);

        let other = self::config(&[("PORTCULLIS_ORIGINS", "http://localhost:9000")]);
        assert_eq!(
            tokens(&other).proven_user(&login.token),
            Err(TokenError::Invalid)
        );
    }

    #[test]
    fn a_token_proves_its_user_for_five_minutes_and_never_longer_than_it_lives() {
        for (life, proof) in [("600", 300), ("60", 60)] {
            let config = config(&[("PORTCULLIS_LOGIN_TTL", life)]);
            let tokens = tokens(&config);
            let login = alice(&tokens);
            config.clock.advance(Duration::from_secs(proof - 30));
            assert!(tokens.proven_user(&login.token).is_ok());
            config.clock.advance(Duration::from_secs(30));
            assert_eq!(tokens.proven_user(&login.token), Err(TokenError::Expired));
        }
    }

    #[test]
    fn the_published_key_is_public_and_names_its_use() {
        let tokens = tokens(&config(&[]));
        let json = serde_json::to_value(tokens.keys()).expect("serialises");
        let key = &json["keys"][0];
        assert_eq!(key["use"], "sig");
        assert_eq!(key["alg"], "ES256");
        assert_eq!(key["kid"], tokens.kind.header.kid.clone().expect("kid"));
        assert!(key.get("d").is_none(), "{json}");
    }
}
