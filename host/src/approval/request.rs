//! Requests for approval, without a server-side session: like a challenge, each is in a signed token.

use core::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use portcullis_core::algorithm::SoftSha256;
use portcullis_core::approval;
use portcullis_core::limits::APPROVALS_MAX;
use precis_core::{FreeformClass, StringClass as _};
use serde::{Deserialize, Serialize};

use crate::account::Username;
use crate::ceremony::challenge::TokenError;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::encoding::{base64url, from_base64url};
use crate::store::{Account, OneUse};
use crate::token::jwt::TokenKind;
use crate::token::keys::{self, CryptoFailure, KeySource};

const TYPE: &str = "portcullis-approval+jwt";

/// The most code points of the text that approvers are shown.
const TEXT_MAX: usize = 256;

/// The longest life of a request, in seconds: a day, so that people in several places can approve.
pub(crate) const LIFE_MAX: u64 = 86_400;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The document's SHA-256.
    pub(crate) document: [u8; 32],
    /// What approvers are shown.
    pub(crate) text: String,
    /// How many approvals it takes.
    pub(crate) threshold: usize,
    /// The names of those who may approve; everybody who has an account where there are none.
    pub(crate) approvers: Vec<Username>,
}

/// Why something cannot be asked for, as the end of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AskError {
    #[error("`text` must have 1 to 256 characters")]
    TextLength,
    #[error("`text` has a character that may not be shown, such as a line break")]
    TextCharacter,
    #[error("`threshold` must be 1 to {APPROVALS_MAX}")]
    Threshold,
    #[error("`approvers` may have {APPROVALS_MAX} names, each once, and no fewer than `threshold`")]
    Approvers,
}

impl Asked {
    /// Judges what is asked for.
    pub(crate) fn check(self) -> Result<Self, AskError> {
        if !(1..=TEXT_MAX).contains(&self.text.chars().count()) {
            return Err(AskError::TextLength);
        }
        // Neither controls nor what reorders or hides text: an approver has to see what is there (RFC 8264,
        // section 4.3).
        let allowed = FreeformClass::default().allows(&self.text);
        allowed.map_err(|_| AskError::TextCharacter)?;
        if !(1..=APPROVALS_MAX).contains(&self.threshold) {
            return Err(AskError::Threshold);
        }
        let names = &self.approvers;
        let is_named_before = |(index, name): (usize, &Username)| {
            let mut before = names.iter().take(index);
            before.any(|other| other.key() == name.key())
        };
        let are_too_few = !names.is_empty() && names.len() < self.threshold;
        if are_too_few
            || names.len() > APPROVALS_MAX
            || names.iter().enumerate().any(is_named_before)
        {
            return Err(AskError::Approvers);
        }
        Ok(self)
    }
}

/// A request that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) issuer: String,
    pub(crate) id: [u8; 16],
    pub(crate) begun: Timestamp,
    /// From then on it cannot be approved.
    pub(crate) expires: Timestamp,
    pub(crate) asked: Asked,
}

impl Request {
    /// The challenge that approves it, and nothing else.
    pub(crate) fn challenge(&self) -> [u8; 32] {
        let request = approval::Request {
            issuer: &self.issuer,
            id: &self.id,
            begun: self.begun,
            expires: self.expires,
            document: &self.asked.document,
            text: &self.asked.text,
        };
        request.challenge(&SoftSha256)
    }

    /// Whether an account may approve. A name may change hands: only who had it when the request was begun was
    /// meant by it.
    pub(crate) fn may_be_approved_by(&self, account: &Account) -> bool {
        let names = &self.asked.approvers;
        let is_named = names.iter().any(|name| name.key() == account.name.key());
        names.is_empty() || (is_named && account.created <= self.begun)
    }

    /// What an account spends by approving: one approval of this request.
    pub(crate) fn approval_of(&self, account: &Account) -> OneUse {
        let mut hash = Context::new(&SHA256);
        hash.update(b"approval");
        hash.update(&self.id);
        hash.update(account.handle.as_bytes());
        let hash = hash.finish();
        let mut id = [0; 16];
        for (byte, hashed) in id.iter_mut().zip(hash.as_ref()) {
            *byte = *hashed;
        }
        OneUse {
            id,
            expires: self.expires,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: Timestamp,
    exp: Timestamp,
    jti: &'a str,
    rp_id: &'a str,
    document: &'a str,
    text: String,
    threshold: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    approvers: Vec<String>,
}

/// Mints and reads the tokens of requests.
#[derive(Debug)]
pub(crate) struct Requests {
    kind: TokenKind,
    rp_id: String,
    clock: Clock,
}

impl Requests {
    /// `keys`: what this host's keys are derived from, and were before. `durable`: whether spent ids outlive this
    /// process.
    pub(crate) fn new(
        config: &Config,
        clock: &Clock,
        keys: &[KeySource],
        durable: bool,
    ) -> Result<Self, CryptoFailure> {
        let keys = keys::once(keys, b"approval", durable)?;
        Ok(Self {
            kind: TokenKind::hs256(TYPE, &keys, config.issuer())?,
            rp_id: config.rp_id.clone(),
            clock: clock.clone(),
        })
    }

    /// Begins a request that lives so long, and gives its token.
    pub(crate) fn begin(
        &self,
        asked: Asked,
        life: Duration,
    ) -> Result<(Request, String), CryptoFailure> {
        let begun = self.clock.now();
        let request = Request {
            issuer: self.kind.issuer().to_owned(),
            id: keys::random()?,
            begun,
            expires: begun.saturating_add(life.as_secs()),
            asked,
        };
        let asked = &request.asked;
        let names = asked.approvers.iter().map(Username::as_written);
        let token = self.kind.sign(&Claims {
            iss: &request.issuer,
            iat: request.begun,
            exp: request.expires,
            jti: &base64url(&request.id),
            rp_id: &self.rp_id,
            document: &base64url(&asked.document),
            text: asked.text.clone(),
            threshold: asked.threshold,
            approvers: names.map(str::to_owned).collect(),
        })?;
        Ok((request, token))
    }

    /// The request of a token that verifies and has not expired, and the time of what happens to it now.
    pub(crate) fn open(&self, token: &str) -> Result<(Request, Timestamp), TokenError> {
        let json = self.kind.open(token).map_err(|_| TokenError::Invalid)?;
        let claims: Claims<'_> = serde_json::from_slice(&json).map_err(|_| TokenError::Invalid)?;
        if claims.iss != self.kind.issuer() || claims.rp_id != self.rp_id {
            return Err(TokenError::Invalid);
        }
        // The clock of the instance that began it may be ahead.
        let now = self.clock.now().max(claims.iat);
        if now >= claims.exp {
            return Err(TokenError::Expired);
        }
        let names = claims.approvers.iter().map(|name| Username::parse(name));
        let approvers = names.collect::<Result<_, _>>();
        let request = Request {
            issuer: claims.iss.to_owned(),
            id: from_base64url(claims.jti).ok_or(TokenError::Invalid)?,
            begun: claims.iat,
            expires: claims.exp,
            asked: Asked {
                document: from_base64url(claims.document).ok_or(TokenError::Invalid)?,
                text: claims.text,
                threshold: claims.threshold,
                approvers: approvers.map_err(|_| TokenError::Invalid)?,
            },
        };
        Ok((request, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::UserHandle;

    const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn requests(clock: &Clock, settings: &[(&str, &str)], durable: bool) -> Requests {
        let settings = [&[("PORTCULLIS_SECRET", SECRET)], settings].concat();
        let config = Config::new(settings, rocket::Config::figment()).expect("usable");
        let keys = KeySource::new(&config.secret, &config.rp_id);
        Requests::new(&config, clock, &[keys], durable).expect("keys")
    }

    fn name(text: &str) -> Username {
        Username::parse(text).expect("allowed")
    }

    fn asked() -> Asked {
        Asked {
            document: [3; 32],
            text: "Order 7 \u{2013} 100 \u{20ac}".to_owned(),
            threshold: 1,
            approvers: vec![name("Alice"), name("bob")],
        }
    }

    #[test]
    fn a_token_gives_back_what_was_asked_until_it_expires() {
        let clock = Clock::start();
        let requests = requests(&clock, &[], true);
        let life = Duration::from_secs(60);
        let (request, token) = requests.begin(asked(), life).expect("begun");
        assert_eq!(request.asked, asked());
        let (opened, now) = requests.open(&token).expect("alive");
        assert_eq!(opened, request);
        assert!((request.begun..request.expires).contains(&now));
        clock.advance(life);
        assert_eq!(requests.open(&token), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_of_another_host_is_refused() {
        let clock = Clock::start();
        let requests = requests(&clock, &[], true);
        let (_, token) = requests
            .begin(asked(), Duration::from_secs(60))
            .expect("begun");
        let same = self::requests(&clock, &[], true);
        assert!(same.open(&token).is_ok());
        // Another issuer, and a process whose spent ids are gone.
        let other = [("PORTCULLIS_ORIGINS", "http://localhost:9000")];
        for (settings, durable) in [(&other[..], true), (&[], false)] {
            let other = self::requests(&clock, settings, durable);
            assert_eq!(other.open(&token), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn what_can_be_asked_is_bounded_and_fits_a_token() {
        let text = |text: &str| Asked {
            text: text.to_owned(),
            ..asked()
        };
        for (refused, error) in [
            (text(""), AskError::TextLength),
            (text(&"x".repeat(257)), AskError::TextLength),
            (text("a\nb"), AskError::TextCharacter),
            (text("a\u{202e}b"), AskError::TextCharacter),
            (text("a\u{2066}b"), AskError::TextCharacter),
            (text("a\u{2028}b"), AskError::TextCharacter),
            (text("a\u{200b}b"), AskError::TextCharacter),
            (text("a\u{0}b"), AskError::TextCharacter),
            (
                Asked {
                    threshold: 0,
                    ..asked()
                },
                AskError::Threshold,
            ),
            (
                Asked {
                    threshold: APPROVALS_MAX + 1,
                    ..asked()
                },
                AskError::Threshold,
            ),
            (
                Asked {
                    threshold: 3,
                    ..asked()
                },
                AskError::Approvers,
            ),
            (
                Asked {
                    approvers: vec![name("alice"), name("ALICE")],
                    ..asked()
                },
                AskError::Approvers,
            ),
            (
                Asked {
                    approvers: (0..17).map(|n| name(&format!("user{n}"))).collect(),
                    ..asked()
                },
                AskError::Approvers,
            ),
        ] {
            assert_eq!(refused.check(), Err(error));
        }
        // The longest that there is: code points of four bytes everywhere.
        let longest = Asked {
            text: "\u{20000}".repeat(TEXT_MAX),
            threshold: APPROVALS_MAX,
            approvers: (0..16_u32)
                .map(|n| {
                    let last = char::from_u32(0x2_0000 + n).expect("a character");
                    name(&format!("{}{last}", "\u{20000}".repeat(63)))
                })
                .collect(),
            ..asked()
        };
        let requests = requests(&Clock::start(), &[], true);
        let longest = longest.check().expect("allowed");
        let (request, token) = requests
            .begin(longest, Duration::from_secs(60))
            .expect("begun");
        let opened = requests.open(&token);
        assert_eq!(opened.map(|(opened, _)| opened), Ok(request));
    }

    #[test]
    fn a_name_means_who_had_it_when_the_request_was_begun() {
        let clock = Clock::start();
        let requests = requests(&clock, &[], true);
        let (mut request, _) = requests
            .begin(asked(), Duration::from_secs(60))
            .expect("begun");
        let account = |text, created| Account::new(UserHandle::from([1; 64]), name(text), created);
        assert!(request.may_be_approved_by(&account("ALICE", request.begun)));
        assert!(!request.may_be_approved_by(&account("alice", request.begun + 1)));
        assert!(!request.may_be_approved_by(&account("carol", request.begun)));
        request.asked.approvers.clear();
        assert!(request.may_be_approved_by(&account("carol", request.begun + 1)));
    }

    #[test]
    fn every_account_spends_one_approval_of_every_request() {
        let requests = requests(&Clock::start(), &[], true);
        let life = Duration::from_secs(60);
        let [one, other] = [(); 2].map(|()| requests.begin(asked(), life).expect("begun").0);
        let account = |handle: u8| Account::new(UserHandle::from([handle; 64]), name("alice"), 0);
        let id = |request: &Request, handle| request.approval_of(&account(handle)).id;
        assert_eq!(id(&one, 1), id(&one, 1));
        assert_ne!(id(&one, 1), id(&one, 2));
        assert_ne!(id(&one, 1), id(&other, 1));
    }
}
