//! Who is calling: the guards that an application can use on routes of its own, and the one of the
//! registration calls.

use rocket::http::{Method, Status};
use rocket::request::{self, FromRequest, Request};

use super::cross_site::is_cross_site;
use super::problem::{Code, Problem, refuse};
use crate::account::session::Shown;
use crate::app::App;
use crate::clock::Timestamp;
use crate::store::{Account, AccountKey, Session, UserHandle};
use crate::token::login::Proof;

/// How old a sign-in may be that counts as fresh, in seconds.
const FRESH: u64 = 300;

/// A session's use is noted when the last note is so old, in seconds.
const TOUCH: u64 = 60;

/// Somebody who is signed in: the request shows a session of this host in its cookie, or a login token
/// at most 300 seconds after the sign-in. Where it shows both, the token counts.
///
/// As a guard it *forwards* with 401 where nobody is signed in, so that a route of lower rank can answer
/// anonymous callers; `Option<SignedIn>` answers both. It fails with 403 where a page of another site
/// sends a request that may change something, and with 503 where the store cannot be asked.
#[derive(Clone, Debug)]
pub struct SignedIn {
    account: Account,
    by: Evidence,
}

/// What shows that somebody is signed in.
#[derive(Clone, Debug)]
pub(crate) enum Evidence {
    Session(Session),
    Token(Proof),
}

impl SignedIn {
    /// The account, as the store holds it now.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// The user handle: what an application keys its own records by. It is never given to anybody else.
    #[must_use]
    pub const fn handle(&self) -> &UserHandle {
        &self.account.handle
    }

    /// The user name, as it was registered.
    #[must_use]
    pub fn username(&self) -> &str {
        self.account.name.as_written()
    }

    /// When the sign-in was, in seconds since 1970.
    #[must_use]
    pub const fn auth_time(&self) -> u64 {
        match &self.by {
            Evidence::Session(session) => session.auth_time,
            Evidence::Token(proof) => proof.auth_time,
        }
    }

    /// Whether the authenticator verified the user at the sign-in.
    #[must_use]
    pub const fn user_verified(&self) -> bool {
        match &self.by {
            Evidence::Session(session) => session.user_verified,
            Evidence::Token(proof) => proof.user_verified,
        }
    }

    /// Whether the sign-in was at most 300 seconds ago.
    pub(crate) const fn is_fresh(&self, now: Timestamp) -> bool {
        now.saturating_sub(self.auth_time()) <= FRESH
    }

    pub(crate) const fn evidence(&self) -> &Evidence {
        &self.by
    }

    /// The session, where it is one.
    pub(crate) const fn session(&self) -> Option<&Session> {
        match &self.by {
            Evidence::Session(session) => Some(session),
            Evidence::Token(_) => None,
        }
    }
}

/// Somebody who signed in at most 300 seconds ago: for what should not be done with an unattended
/// browser. Forwards with 401 otherwise, as [`SignedIn`] does.
#[derive(Clone, Debug)]
pub struct FreshlySignedIn(SignedIn);

impl core::ops::Deref for FreshlySignedIn {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedIn {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        outcome(request, caller(request).await)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for FreshlySignedIn {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let fresh = match caller(request).await {
            Ok(caller) => App::of(request).and_then(|app| {
                let is_fresh = caller.is_fresh(app.clock.now());
                is_fresh
                    .then_some(Self(caller))
                    .ok_or_else(Problem::sign_in_again)
            }),
            Err(problem) => Err(problem),
        };
        outcome(request, fresh)
    }
}

/// The catcher of this host tells the caller why, if it is the one that answers.
fn outcome<T>(request: &Request<'_>, found: Result<T, Problem>) -> request::Outcome<T, ()> {
    match found {
        Ok(found) => request::Outcome::Success(found),
        Err(problem) => match refuse(request, problem) {
            (Status::Unauthorized, _) => request::Outcome::Forward(Status::Unauthorized),
            (status, _) => request::Outcome::Error((status, ())),
        },
    }
}

async fn caller(request: &Request<'_>) -> Result<SignedIn, Problem> {
    match by_token(request).await {
        Ok(Some(caller)) => return Ok(caller),
        Ok(None) => {}
        Err(problem) if problem.status() == Status::Unauthorized => {
            return Err(Problem::new(
                Code::LoginRequired,
                "The login token is not accepted; one proves its user for 300 seconds.",
            ));
        }
        Err(problem) => return Err(problem),
    }
    let app = App::of(request)?;
    match by_cookie(app, request).await? {
        Found::Session(found) => {
            let (session, account) = *found;
            let changes = !matches!(request.method(), Method::Get | Method::Head);
            if changes && is_cross_site(request, &app.config) {
                return Err(Problem::cross_site());
            }
            let by = Evidence::Session(session);
            Ok(SignedIn { account, by })
        }
        Found::Nothing => Err(Problem::login_required()),
        Found::Dead => Err(Problem::login_required().with_header("Set-Cookie", app.cookie.clear())),
    }
}

/// What a cookie leads to.
enum Found {
    Nothing,
    /// No session that is alive.
    Dead,
    Session(Box<(Session, Account)>),
}

async fn by_cookie(app: &App, request: &Request<'_>) -> Result<Found, Problem> {
    let hash = match app.cookie.find(request.headers().get("Cookie")) {
        Shown::Nothing => return Ok(Found::Nothing),
        Shown::Unreadable => return Ok(Found::Dead),
        Shown::Cookie(hash) => hash,
    };
    let now = app.clock.now();
    let Some((mut session, account)) = app.store.session(&hash, now).await? else {
        return Ok(Found::Dead);
    };
    if now.saturating_sub(session.last_used) >= TOUCH {
        session.last_used = now;
        session.idle_expires = app.idle_expires(now, session.expires);
        app.store.touch(&hash, now, session.idle_expires).await?;
    }
    Ok(Found::Session(Box::new((session, account))))
}

/// The session of a request, whatever its `Authorization` header says: for a gate before applications
/// that have tokens of their own.
pub(crate) async fn session_of(
    app: &App,
    request: &Request<'_>,
) -> Result<Option<(Session, Account)>, Problem> {
    Ok(match by_cookie(app, request).await? {
        Found::Session(found) => Some(*found),
        Found::Nothing | Found::Dead => None,
    })
}

async fn by_token(request: &Request<'_>) -> Result<Option<SignedIn>, Problem> {
    let mut headers = request.headers().get("Authorization");
    let Some(header) = headers.next() else {
        return Ok(None);
    };
    let token = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
        .map(|(_, token)| token.trim());
    let (Some(token), None) = (token, headers.next()) else {
        return Err(Problem::new(
            Code::TokenInvalid,
            "The Authorization header must be `Bearer` and a login token.",
        ));
    };
    let app = App::of(request)?;
    let proof = app.login.verify(token)?;
    let account = app.store.account(AccountKey::Handle(&proof.handle)).await?;
    // A token outlives its account where that was deleted.
    let account = account.ok_or_else(|| {
        Problem::new(
            Code::TokenInvalid,
            "The account of the login token is gone.",
        )
    })?;
    let by = Evidence::Token(proof);
    Ok(Some(SignedIn { account, by }))
}

/// Who sends a registration call: by the login token in its `Authorization` header, which ends
/// the request where it is not accepted, or else by a session.
pub(crate) enum Owner {
    Nobody,
    Token(Account),
    Session {
        account: Account,
        /// What keeps the session from being proof.
        objection: Option<Problem>,
    },
}

impl Owner {
    async fn find(request: &Request<'_>) -> Result<Self, Problem> {
        if let Some(caller) = by_token(request).await? {
            return Ok(Self::Token(caller.account));
        }
        let app = App::of(request)?;
        let Found::Session(found) = by_cookie(app, request).await? else {
            return Ok(Self::Nobody);
        };
        let (session, account) = *found;
        let by = Evidence::Session(session);
        let caller = SignedIn { account, by };
        let objection = if is_cross_site(request, &app.config) {
            Some(Problem::cross_site())
        } else if caller.is_fresh(app.clock.now()) {
            None
        } else {
            Some(Problem::sign_in_again())
        };
        Ok(Self::Session {
            account: caller.account,
            objection,
        })
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Owner {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Problem> {
        match Self::find(request).await {
            Ok(owner) => request::Outcome::Success(owner),
            Err(problem) => request::Outcome::Error(refuse(request, problem)),
        }
    }
}
