//! Challenges without a server-side session.
//!
//! `begin` hands the caller a challenge and, beside it, a signed token that says all that
//! `complete` will have to hold against the answer. Nothing is written. `complete` gives the token
//! back: it is verified, its id is spent, and only then does anything of it come out.

use core::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::{Clock, Timestamp};
use crate::config::{Config, UserVerification};
use crate::encoding::{base64url, from_base64url};
use crate::store::{ChallengeId, Spend, Store, StoreError};
use crate::token::jwt::TokenKind;
use crate::token::keys::{self, CryptoFailure, KeySource};

const TYPE: &str = "portcullis-challenge+jwt";
const CHALLENGE_LENGTH: usize = 32;

/// One of the two flows: what it asks, and its name as a token's audience.
pub(crate) trait Flow: Serialize + DeserializeOwned {
    const AUDIENCE: &'static str;
}

/// What a registration was begun with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registration {
    pub(crate) username: String,
    pub(crate) user_handle: String,
    /// The caller had proven to be that user: the credential is one more of theirs.
    pub(crate) proven: bool,
    /// What is spent with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) spends: Option<Spends>,
    /// What is spent with it opens an account that exists.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub(crate) joins: bool,
    /// That of a new account, where it differs from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mediation: Option<Mediation>,
    pub(crate) algorithms: Vec<i32>,
}

/// The hash of a secret that is good for one registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Spends {
    RecoveryCode(String),
    Invitation(String),
}

/// What a sign-in was begun with: a name as the caller gave it, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Authentication {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
}

/// A mediation that differs from the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mediation {
    Conditional,
}

impl Flow for Registration {
    const AUDIENCE: &'static str = "registration";
}

impl Flow for Authentication {
    const AUDIENCE: &'static str = "authentication";
}

/// The claims of every flow, and beside them those of one.
#[derive(Serialize)]
struct NewClaims<'a, F> {
    #[serde(flatten)]
    common: Claims<'a>,
    #[serde(flatten)]
    flow: &'a F,
}

#[derive(Serialize, Deserialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: Timestamp,
    exp: Timestamp,
    jti: &'a str,
    challenge: &'a str,
    rp_id: &'a str,
    user_verification: UserVerification,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

/// A challenge and the token that goes with it.
#[derive(Debug)]
pub(crate) struct Minted {
    pub(crate) challenge: String,
    pub(crate) token: String,
}

/// A token that verifies and has not expired. Its content comes out by spending it.
struct Unspent<F> {
    id: ChallengeId,
    expires: Timestamp,
    content: Spent<F>,
}

/// What a spent token said.
#[derive(Debug)]
pub(crate) struct Spent<F> {
    pub(crate) challenge: [u8; CHALLENGE_LENGTH],
    pub(crate) user_verification: UserVerification,
    /// The origin of the page that began, where the call named it.
    pub(crate) origin: Option<String>,
    pub(crate) flow: F,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("not a token of this host for this purpose")]
    Invalid,
    #[error("the token has expired")]
    Expired,
    #[error("the token was already used")]
    Spent,
}

/// Why a token cannot be redeemed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RedeemError {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Mints and reads challenge tokens.
#[derive(Debug)]
pub(crate) struct Challenges {
    kind: TokenKind,
    rp_id: String,
    user_verification: UserVerification,
    life: Duration,
    clock: Clock,
}

impl Challenges {
    /// `keys`: what this host's keys are derived from, and were before. `durable`: whether spent ids
    /// outlive this process.
    pub(crate) fn new(
        config: &Config,
        clock: &Clock,
        keys: &[KeySource],
        durable: bool,
    ) -> Result<Self, CryptoFailure> {
        let keys = keys::once(keys, b"challenge", durable)?;
        Ok(Self {
            kind: TokenKind::hs256(TYPE, &keys, config.issuer())?,
            rp_id: config.rp_id.clone(),
            user_verification: config.user_verification,
            life: config.challenge_ttl,
            clock: clock.clone(),
        })
    }

    pub(crate) fn mint<F: Flow>(
        &self,
        origin: Option<&str>,
        flow: &F,
    ) -> Result<Minted, CryptoFailure> {
        let (challenge, id) = keys::random_pair::<CHALLENGE_LENGTH, 16>()?;
        let challenge = base64url(&challenge);
        let now = self.clock.now();
        let token = self.kind.sign(&NewClaims {
            common: Claims {
                iss: self.kind.issuer(),
                aud: F::AUDIENCE,
                iat: now,
                exp: now.saturating_add(self.life.as_secs()),
                jti: &base64url(&id),
                challenge: &challenge,
                rp_id: &self.rp_id,
                user_verification: self.user_verification,
                origin: origin.map(str::to_owned),
            },
            flow,
        })?;
        Ok(Minted { challenge, token })
    }

    /// The content of a token that verifies, has not expired, and is spent with this.
    pub(crate) async fn redeem<F: Flow>(
        &self,
        token: &str,
        store: &dyn Store,
    ) -> Result<Spent<F>, RedeemError> {
        self.spend(self.open(token)?, store).await
    }

    fn open<F: Flow>(&self, token: &str) -> Result<Unspent<F>, TokenError> {
        let json = self.kind.open(token).map_err(|_| TokenError::Invalid)?;
        // Each passes over the other's members: twice through some hundred bytes is less work than once
        // with every value kept until it is known whose it is.
        let claims: Claims<'_> = serde_json::from_slice(&json).map_err(|_| TokenError::Invalid)?;
        let flow: F = serde_json::from_slice(&json).map_err(|_| TokenError::Invalid)?;
        if claims.iss != self.kind.issuer()
            || claims.aud != F::AUDIENCE
            || claims.rp_id != self.rp_id
        {
            return Err(TokenError::Invalid);
        }
        if self.clock.now() >= claims.exp {
            return Err(TokenError::Expired);
        }
        Ok(Unspent {
            id: from_base64url(claims.jti).ok_or(TokenError::Invalid)?,
            expires: claims.exp,
            content: Spent {
                challenge: from_base64url(claims.challenge).ok_or(TokenError::Invalid)?,
                user_verification: claims.user_verification,
                origin: claims.origin,
                flow,
            },
        })
    }

    /// Spends a token. Of all who try, in every process on this store, one gets its content.
    async fn spend<F>(
        &self,
        token: Unspent<F>,
        store: &dyn Store,
    ) -> Result<Spent<F>, RedeemError> {
        match store
            .spend(&token.id, token.expires, self.clock.now())
            .await?
        {
            Spend::First => Ok(token.content),
            Spend::Again => Err(TokenError::Spent.into()),
            Spend::Expired => Err(TokenError::Expired.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn config() -> Config {
        Config::new([("PORTCULLIS_SECRET", SECRET)], rocket::Config::figment()).expect("usable")
    }

    fn challenges(clock: &Clock) -> Challenges {
        let config = config();
        let keys = KeySource::new(&config.secret, &config.rp_id);
        Challenges::new(&config, clock, &[keys], false).expect("keys")
    }

    const fn anyone() -> Authentication {
        Authentication { username: None }
    }

    /// The token with a changed payload and its old signature, and again with another header.
    fn with_part(token: &str, index: usize, json: &str) -> String {
        let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        parts[index] = base64url(json.as_bytes());
        parts.join(".")
    }

    #[rocket::async_test]
    async fn a_token_gives_back_what_was_minted_exactly_once() {
        let challenges = challenges(&Clock::start());
        let store = MemoryStore::default();
        let minted = challenges.mint(None, &anyone()).expect("minted");
        for attempt in 0..3 {
            let token = challenges
                .open::<Authentication>(&minted.token)
                .expect("opens");
            match challenges.spend(token, &store).await {
                Ok(spent) => {
                    assert_eq!(attempt, 0);
                    assert_eq!(base64url(&spent.challenge), minted.challenge);
                    assert_eq!(spent.flow, anyone());
                }
                Err(error) => {
                    assert!(attempt > 0);
                    assert!(matches!(error, RedeemError::Token(TokenError::Spent)));
                }
            }
        }
    }

    #[rocket::async_test]
    async fn a_token_that_expires_between_opening_and_spending_is_never_spent_twice() {
        let clock = Clock::start();
        let challenges = challenges(&clock);
        let store = MemoryStore::default();
        let minted = challenges.mint(None, &anyone()).expect("minted");
        let open = || {
            challenges
                .open::<Authentication>(&minted.token)
                .expect("opens")
        };
        // Three requests have opened it in its last second; one spends it there, two after its end.
        let [first, second, third] = [open(), open(), open()];
        assert!(challenges.spend(first, &store).await.is_ok());
        clock.advance(challenges.life);
        for late in [second, third] {
            let spent = challenges.spend(late, &store).await;
            assert!(matches!(
                spent,
                Err(RedeemError::Token(TokenError::Expired))
            ));
        }
    }

    #[test]
    fn a_token_is_over_at_exp() {
        let clock = Clock::start();
        let challenges = challenges(&clock);
        let minted = challenges.mint(None, &anyone()).expect("minted");
        clock.advance(challenges.life - Duration::from_secs(30));
        assert!(challenges.open::<Authentication>(&minted.token).is_ok());
        clock.advance(Duration::from_secs(30));
        assert_eq!(
            challenges.open::<Authentication>(&minted.token).err(),
            Some(TokenError::Expired)
        );
    }

    #[test]
    fn a_token_of_the_other_flow_process_or_kind_is_refused() {
        let clock = Clock::start();
        let challenges = challenges(&clock);
        let minted = challenges.mint(None, &anyone()).expect("minted");
        assert_eq!(
            challenges.open::<Registration>(&minted.token).err(),
            Some(TokenError::Invalid)
        );
        let restarted = self::challenges(&clock);
        assert_eq!(
            restarted.open::<Authentication>(&minted.token).err(),
            Some(TokenError::Invalid)
        );
        for (part, json) in [
            (0, r#"{"alg":"none","typ":"portcullis-challenge+jwt"}"#),
            (0, r#"{"alg":"HS384","typ":"portcullis-challenge+jwt"}"#),
            (0, r#"{"alg":"HS256","typ":"JWT"}"#),
            (1, "{}"),
        ] {
            let token = with_part(&minted.token, part, json);
            assert_eq!(
                challenges.open::<Authentication>(&token).err(),
                Some(TokenError::Invalid),
                "{json}"
            );
        }
        for token in ["", ".", "..", "a.b.c", "\u{0}", &"x".repeat(100_000)] {
            assert!(challenges.open::<Authentication>(token).is_err());
        }
    }
}
