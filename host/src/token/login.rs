//! Login tokens: who signed in, for the applications that rely on the host, verified with its JWKS.

use core::time::Duration;
use std::sync::Arc;

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::account::username::Username;
use crate::ceremony::challenge::TokenError;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::encoding::{base64url, bytes_from_base64url};
use crate::store::UserHandle;
use crate::token::jwt::{self, TokenKind};
use crate::token::keys::CryptoFailure;
use crate::token::signer::{LoginSigner, Point, SignError};

/// How long after its sign-in a token proves its user to the host itself.
const PROOF_LIFE: Duration = Duration::from_secs(300);

/// Mints login tokens, and reads them where they are shown as proof.
#[derive(Debug)]
pub(crate) struct LoginTokens {
    kind: TokenKind,
    signer: Arc<dyn LoginSigner>,
    audience: String,
    life: Duration,
    clock: Clock,
    keys: JwkSet,
}

/// A token as it is handed out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Login {
    pub(crate) login_token: String,
    pub(crate) expires_in: u64,
}

/// A sign-in that a token proves.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) handle: UserHandle,
    pub(crate) auth_time: Timestamp,
    pub(crate) user_verified: bool,
    /// When it proves nobody any more.
    pub(crate) over: Timestamp,
}

/// What a token is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) handle: &'a UserHandle,
    pub(crate) name: &'a Username,
    pub(crate) auth_time: Timestamp,
    pub(crate) user_verified: bool,
    pub(crate) scope: Option<&'static str>,
}

/// What a login token says, and what that means: the claims of every token, and `scope`, which some have.
pub const LOGIN_CLAIMS: [(&str, &str); 9] = [
    (
        "iss",
        "the address of the host that signed it: `PORTCULLIS_URL`, else the first web origin",
    ),
    ("aud", "the RP ID"),
    (
        "sub",
        "the account: its user handle in base64url, never given to a second account",
    ),
    (
        "preferred_username",
        "the user name as it was registered; only a name to show",
    ),
    ("iat", "when the token was made, in seconds since 1970"),
    (
        "exp",
        "when it is over: `PORTCULLIS_LOGIN_TTL` seconds later",
    ),
    (
        "auth_time",
        "when the person signed in, in seconds since 1970",
    ),
    (
        "uv",
        "whether the authenticator verified the person then, by PIN or biometrics",
    ),
    (
        "scope",
        "`app`, only in a token of `POST /session/token`: it is for applications, and proves nobody to the host itself",
    ),
];

#[derive(Serialize)]
struct NewClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    preferred_username: &'a str,
    iat: Timestamp,
    exp: Timestamp,
    auth_time: Timestamp,
    uv: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "a token without them is not accepted")]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    preferred_username: String,
    iat: Timestamp,
    exp: Timestamp,
    auth_time: Timestamp,
    uv: bool,
    scope: Option<String>,
}

impl LoginTokens {
    /// `previous`: the public keys of those that signed before.
    pub(crate) fn new(
        config: &Config,
        clock: &Clock,
        signer: Arc<dyn LoginSigner>,
        previous: &[Point],
    ) -> Result<Self, CryptoFailure> {
        let mut published = Vec::new();
        let mut verifying = Vec::new();
        for point in [signer.public_key()].into_iter().chain(previous) {
            let mut public = jwk(point)?;
            let kid = public
                .thumbprint(ThumbprintHash::SHA256)
                .map_err(|_| CryptoFailure)?;
            public.common.key_id = Some(kid.clone());
            public.common.public_key_use = Some(PublicKeyUse::Signature);
            published.push(public);
            verifying.push((kid, *point));
        }
        Ok(Self {
            kind: TokenKind::es256("JWT", verifying, config.issuer())?,
            signer,
            audience: config.rp_id.clone(),
            life: config.login_ttl,
            clock: clock.clone(),
            keys: JwkSet { keys: published },
        })
    }

    /// A token.
    pub(crate) async fn mint(&self, subject: Subject<'_>) -> Result<Login, SignError> {
        let now = self.clock.now();
        let unsigned = self.kind.unsigned(&NewClaims {
            iss: self.kind.issuer(),
            aud: &self.audience,
            sub: &base64url(subject.handle.as_bytes()),
            preferred_username: subject.name.as_written(),
            iat: now,
            exp: now.saturating_add(self.life.as_secs()),
            auth_time: subject.auth_time,
            uv: subject.user_verified,
            scope: subject.scope,
        })?;
        let signature = self.signer.sign(&unsigned).await?;
        Ok(Login {
            login_token: jwt::signed(unsigned, &signature),
            expires_in: self.life.as_secs(),
        })
    }

    /// What a token proves to the host itself.
    pub(crate) fn verify(&self, token: &str) -> Result<Proof, TokenError> {
        let claims = self.kind.open(token).map_err(|_| TokenError::Invalid)?;
        let claims: Claims<'_> =
            serde_json::from_slice(&claims).map_err(|_| TokenError::Invalid)?;
        if claims.iss != self.kind.issuer() || claims.aud != self.audience {
            return Err(TokenError::Invalid);
        }
        // It was made for another application, which may leak it.
        if claims.scope.is_some() {
            return Err(TokenError::Invalid);
        }
        let proof_over = claims.auth_time.saturating_add(PROOF_LIFE.as_secs());
        let over = claims.exp.min(proof_over);
        if self.clock.now() >= over {
            return Err(TokenError::Expired);
        }
        Ok(Proof {
            handle: bytes_from_base64url(claims.sub)
                .and_then(|bytes| UserHandle::new(&bytes))
                .ok_or(TokenError::Invalid)?,
            auth_time: claims.auth_time,
            user_verified: claims.uv,
            over,
        })
    }

    /// The keys that verify login tokens.
    pub(crate) const fn keys(&self) -> &JwkSet {
        &self.keys
    }
}

/// A public key as the JWKS has it, without the name that follows from it.
fn jwk(point: &Point) -> Result<Jwk, CryptoFailure> {
    let (x, y) = point
        .strip_prefix(&[0x04])
        .and_then(|coordinates| coordinates.split_at_checked(32))
        .ok_or(CryptoFailure)?;
    serde_json::from_value(json!({
        "kty": "EC",
        "crv": "P-256",
        "alg": "ES256",
        "x": base64url(x),
        "y": base64url(y),
    }))
    .map_err(|_| CryptoFailure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::keys::KeySource;
    use crate::token::signer::DerivedSigner;

    const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn config(extra: &[(&str, &str)]) -> Config {
        let settings = [&[("PORTCULLIS_SECRET", SECRET)], extra].concat();
        Config::new(settings, rocket::Config::figment()).expect("usable")
    }

    fn tokens(config: &Config, clock: &Clock) -> LoginTokens {
        let keys = KeySource::new(&config.secret, &config.rp_id);
        let signer = DerivedSigner::new(&keys).expect("a key");
        LoginTokens::new(config, clock, Arc::new(signer), &[]).expect("keys")
    }

    async fn alice(tokens: &LoginTokens) -> Login {
        let name = Username::parse("Alice").expect("allowed");
        let subject = Subject {
            handle: &[7; 64].into(),
            name: &name,
            auth_time: tokens.clock.now(),
            user_verified: true,
            scope: None,
        };
        tokens.mint(subject).await.expect("minted")
    }

    #[rocket::async_test]
    async fn processes_with_one_secret_accept_each_others_tokens() {
        let (config, clock) = (config(&[]), Clock::start());
        let login = alice(&tokens(&config, &clock)).await;
        let proof = tokens(&config, &clock).verify(&login.login_token);
        assert_eq!(proof.map(|proof| proof.handle), Ok([7; 64].into()));
        assert_eq!(login.expires_in, 600);

        let other = self::config(&[("PORTCULLIS_ORIGINS", "http://localhost:9000")]);
        assert_eq!(
            tokens(&other, &clock).verify(&login.login_token).err(),
            Some(TokenError::Invalid)
        );
    }

    #[rocket::async_test]
    async fn a_token_proves_its_user_for_five_minutes_and_never_longer_than_it_lives() {
        for (life, proof) in [("600", 300), ("60", 60)] {
            let config = config(&[("PORTCULLIS_LOGIN_TTL", life)]);
            let clock = Clock::start();
            let tokens = tokens(&config, &clock);
            let login = alice(&tokens).await;
            clock.advance(Duration::from_secs(proof - 30));
            assert!(tokens.verify(&login.login_token).is_ok());
            clock.advance(Duration::from_secs(30));
            assert_eq!(
                tokens.verify(&login.login_token).err(),
                Some(TokenError::Expired)
            );
        }
    }

    #[rocket::async_test]
    async fn the_documentation_lists_what_a_token_says() {
        let (config, clock) = (config(&[]), Clock::start());
        let tokens = tokens(&config, &clock);
        let name = Username::parse("Alice").expect("allowed");
        let subject = Subject {
            handle: &[7; 64].into(),
            name: &name,
            auth_time: clock.now(),
            user_verified: true,
            scope: Some("app"),
        };
        let login = tokens.mint(subject).await.expect("minted").login_token;
        let body = login.split('.').nth(1).and_then(bytes_from_base64url);
        let said: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&body.expect("a body")).expect("an object");
        let mut listed = LOGIN_CLAIMS.map(|(claim, _)| claim);
        listed.sort_unstable();
        let mut said: Vec<&str> = said.keys().map(String::as_str).collect();
        said.sort_unstable();
        assert_eq!(said, listed);
    }

    #[rocket::async_test]
    async fn what_an_earlier_secret_has_signed_is_accepted_and_nothing_new_is_signed_with_it() {
        const NEXT: &str = "101112131415161718191a1b1c1d1e1f000102030405060708090a0b0c0d0e0f";
        let (config, clock) = (config(&[]), Clock::start());
        let (old, new) = (&config.secret, NEXT.parse().expect("a secret"));
        let before = alice(&tokens(&config, &clock)).await;
        let current = DerivedSigner::new(&KeySource::new(&new, &config.rp_id)).expect("a key");
        let previous = DerivedSigner::new(&KeySource::new(old, &config.rp_id)).expect("a key");
        let previous = [*previous.public_key()];
        let rotated = LoginTokens::new(&config, &clock, Arc::new(current), &previous);
        let rotated = rotated.expect("keys");
        assert!(rotated.verify(&before.login_token).is_ok());
        let after = alice(&rotated).await;
        assert!(rotated.verify(&after.login_token).is_ok());
        assert_eq!(
            tokens(&config, &clock).verify(&after.login_token).err(),
            Some(TokenError::Invalid)
        );
        assert_eq!(rotated.keys().keys.len(), 2);
    }

    #[test]
    fn the_published_key_is_public_and_names_its_use() {
        let tokens = tokens(&config(&[]), &Clock::start());
        let json = serde_json::to_value(tokens.keys()).expect("serialises");
        let key = &json["keys"][0];
        assert_eq!(key["use"], "sig");
        assert_eq!(key["alg"], "ES256");
        assert_eq!(key["kid"].as_str().map(str::len), Some(43));
        assert!(key.get("d").is_none(), "{json}");
    }
}
