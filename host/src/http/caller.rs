//! Who is calling: the guards that an application can use on routes of its own, and the one of the
//! registration calls.

use rocket::http::Status;
use rocket::request::{self, FromRequest, Request};

use super::problem::{Code, Problem, refuse};
use crate::app::App;
use crate::store::{Account, AccountKey, UserHandle};
use crate::token::login::Proof;

/// Somebody who is signed in: the request shows a login token of this host, at most 300 seconds after
/// the sign-in.
///
/// As a guard it *forwards* with 401 where nobody is signed in, so that a route of lower rank can answer
/// anonymous callers; `Option<SignedIn>` answers both. Where the store cannot be asked it fails with 503.
#[derive(Clone, Debug)]
pub struct SignedIn {
    account: Account,
    proof: Proof,
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
        self.proof.auth_time
    }

    /// Whether the authenticator verified the user at the sign-in.
    #[must_use]
    pub const fn user_verified(&self) -> bool {
        self.proof.user_verified
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
        let problem = match find(request).await {
            Ok(Some(caller)) => return request::Outcome::Success(caller),
            Ok(None) => Problem::new(Code::LoginRequired, "Nobody is signed in."),
            Err(problem) => problem,
        };
        // The catcher of this host tells the caller why, if it is the one that answers.
        let (status, _) = refuse(request, problem);
        if status == Status::Unauthorized {
            request::Outcome::Forward(status)
        } else {
            request::Outcome::Error((status, ()))
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for FreshlySignedIn {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        // A login token proves its user to this host only while its sign-in is fresh.
        SignedIn::from_request(request).await.map(Self)
    }
}

/// The account whose login token the request shows; nobody where it has no `Authorization` header. A
/// header that is not accepted ends the request.
pub(crate) struct Owner(pub(crate) Option<Account>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Owner {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Problem> {
        match find(request).await {
            Ok(caller) => request::Outcome::Success(Self(caller.map(|caller| caller.account))),
            Err(problem) => request::Outcome::Error(refuse(request, problem)),
        }
    }
}

async fn find(request: &Request<'_>) -> Result<Option<SignedIn>, Problem> {
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
    Ok(Some(SignedIn { account, proof }))
}
