use std::borrow::Cow;

use portcullis_core::{AuthenticationResponse, Error, ErrorKind, Step};
use rocket::post;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::claim::Claim;
use super::resource::calls;
use super::views::{Before, Begun, CredentialView, Descriptor, Private, WithCookie};
use crate::account::username::Username;
use crate::app::App;
use crate::cases;
use crate::ceremony::algorithms::SERVER;
use crate::ceremony::apart;
use crate::ceremony::challenge::{Authentication, Spent, TokenError};
use crate::ceremony::verify::{self, Claimant};
use crate::clock::Timestamp;
use crate::config::UserVerification;
use crate::encoding::base64url;
use crate::http::body::JsonBody;
use crate::http::client::{PageOrigin, WithinLimit};
use crate::http::problem::{Ceremony, Code, Problem};
use crate::http::visitor::Visitor;
use crate::metrics::{Authenticator, Flow};
use crate::store::{
    Account, AccountKey, Credential, CredentialState, Event, EventKind, SignIn, SignedIn,
    StoreError,
};
use crate::token::login::{Login, Subject};

/// How often a sign-in is judged again because another one moved the credential meanwhile. Every lost
/// race means that another sign-in made progress; hitting this limit means that the store is too slow.
pub(super) const ATTEMPTS: usize = 8;

calls!(begin, complete);

#[derive(Deserialize, ToSchema)]
#[schema(as = AuthenticationBegin)]
struct BeginRequest {
    #[schema(min_length = 1)]
    username: Option<String>,
}

/// `PublicKeyCredentialRequestOptionsJSON`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestOptions<'a> {
    pub(super) challenge: String,
    #[schema(value_type = u64)]
    pub(super) timeout: u128,
    pub(super) rp_id: &'a str,
    pub(super) allow_credentials: Vec<Descriptor>,
    pub(super) user_verification: UserVerification,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) hints: &'a [String],
}

#[utoipa::path(
    tag = "authentication",
    request_body = BeginRequest,
    responses(
        (status = 200, description = "The options, and the token that `complete` wants back.", body = Begun<RequestOptions<'_>>),
        (status = 400, description = "`body_invalid`, `username_invalid`"),
        (status = 413, description = "`body_too_large`"),
        (status = 415, description = "`media_type`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`store_unavailable`"),
    ),
)]
#[post("/authenticate/begin", data = "<body>")]
async fn begin<'r>(
    _limit: WithinLimit,
    page: PageOrigin<'r>,
    body: JsonBody,
    app: &'r App,
) -> Result<Private<Begun<RequestOptions<'r>>>, Problem> {
    let request: BeginRequest = body.read()?;
    let allow_credentials = match &request.username {
        Some(text) => {
            let account = account_or_decoy(app, &Username::parse(text)?).await?;
            let credentials = account.credentials.into_iter();
            credentials.map(Descriptor::from).collect()
        }
        None => Vec::new(),
    };
    let minted = app.challenges.mint(
        page.0,
        &Authentication {
            username: request.username,
        },
    )?;
    app.metrics.begun(Flow::Authentication);
    let config = &app.config;
    Ok(Private(Begun {
        public_key: RequestOptions {
            challenge: minted.challenge,
            timeout: config.challenge_ttl.as_millis(),
            rp_id: &config.rp_id,
            allow_credentials,
            user_verification: config.user_verification,
            hints: &config.hints,
        },
        challenge_token: minted.token,
    }))
}

/// The account of a name, or the decoy in its place. Both are looked for each time, so
/// that one does not take longer than the other.
async fn account_or_decoy(app: &App, name: &Username) -> Result<Account, Problem> {
    let decoy = app.decoys.account(name)?;
    Ok(app
        .store
        .account(AccountKey::Name(name))
        .await?
        .unwrap_or(decoy))
}

#[derive(Deserialize, ToSchema)]
#[schema(as = AuthenticationComplete)]
struct CompleteRequest<'a> {
    /// `AuthenticationResponseJSON`.
    #[serde(borrow)]
    #[schema(value_type = Object, required = true)]
    assertion: Option<&'a RawValue>,
    #[serde(borrow)]
    challenge_token: Cow<'a, str>,
    token: Option<bool>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AuthenticationAnswer)]
struct Answer {
    status: &'static str,
    username: String,
    credential: CredentialView,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
}

#[utoipa::path(
    tag = "authentication",
    request_body = CompleteRequest<'_>,
    responses(
        (status = 200, description = "Signed in.", body = Answer),
        (status = 400, description = "`body_invalid`, or why the sign-in cannot be read"),
        (status = 401, description = "`token_invalid`, `token_expired`, `token_spent`, `credential_unknown`, or why the sign-in does not verify"),
        (status = 413, description = "`body_too_large`"),
        (status = 415, description = "`media_type`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`store_unavailable`, `signer_unavailable`"),
    ),
)]
#[post("/authenticate/complete", data = "<body>")]
async fn complete(
    _limit: WithinLimit,
    visitor: Visitor,
    body: JsonBody,
    app: &App,
) -> Result<WithCookie<Private<Answer>>, Problem> {
    let request: CompleteRequest<'_> = body.read()?;
    let mut claim = Claim::of(Flow::Authentication);
    let result = sign_in(app, &visitor, &request, &mut claim).await;
    app.note_end(&visitor, &result, claim).await;
    result
}

async fn sign_in(
    app: &App,
    visitor: &Visitor,
    request: &CompleteRequest<'_>,
    claim: &mut Claim,
) -> Result<WithCookie<Private<Answer>>, Problem> {
    let asked = app
        .challenges
        .redeem(&request.challenge_token, &*app.store)
        .await?;
    let sent = Sent {
        ceremony: Ceremony::Authentication,
        response: request.assertion,
        token: &request.challenge_token,
    };
    let mut json = verify::copy(request.assertion);
    let assertion = AuthenticationResponse::from_json(&mut json);
    for _ in 0..ATTEMPTS {
        let verified = judge(app, &asked, sent, &assertion, claim).await?;
        let event = visitor.sign(verified.event(EventKind::SignedIn, app));
        // Before anything is written: a sign-in whose token cannot be made has not been.
        let login = if request.token == Some(false) {
            None
        } else {
            Some(app.login.mint(verified.subject(event.time)).await?)
        };
        let mut command = verified.command(event.clone());
        let begins = visitor.begin(
            app,
            verified.account.handle,
            &verified.before.id,
            verified.after.user_verified,
        )?;
        let mut cookie = None;
        if let Some((session, set)) = begins {
            command.ends = visitor.ends();
            command.begins = Some(session);
            cookie = Some(set);
        }
        let mut stored = app.store.sign_in(command).await;
        if matches!(stored, Err(StoreError::Full)) && login.is_some() {
            // No room for a session: a caller that takes a token is still signed in.
            cookie = None;
            stored = app.store.sign_in(verified.command(event.clone())).await;
        }
        match stored? {
            SignedIn::Done => {
                if verified.before.state.backup_eligible != verified.after.backup_eligible {
                    tracing::warn!(
                        backup_eligible = verified.after.backup_eligible,
                        "a passkey's backup eligibility has changed; its record moved"
                    );
                }
                app.tell(&event).await;
                return Ok(WithCookie(Private(verified.answer(login)), cookie));
            }
            SignedIn::Moved(_) | SignedIn::Gone => {}
            // What it spends, the token, is spent already.
            SignedIn::SpentBefore | SignedIn::Expired => return Err(TokenError::Spent.into()),
        }
    }
    Err(StoreError::unavailable("other sign-ins kept moving the credential").into())
}

/// A response as it came, and the token that it came with.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    pub(super) ceremony: Ceremony,
    pub(super) response: Option<&'a RawValue>,
    pub(super) token: &'a str,
}

/// An assertion that was verified against a credential as it was read.
pub(super) struct Verified {
    /// The account without this credential.
    pub(super) account: Account,
    pub(super) before: Credential,
    pub(super) after: CredentialState,
}

pub(super) async fn judge(
    app: &App,
    asked: &Spent<Authentication>,
    sent: Sent<'_>,
    assertion: &AuthenticationResponse<'_>,
    claim: &mut Claim,
) -> Result<Verified, Problem> {
    let id = assertion.id().unwrap_or_default();
    claim.credential = (!id.is_empty()).then(|| id.to_vec());
    let (account, named) = match asked.flow.username.as_deref() {
        Some(text) => {
            let name = Username::parse(text)?;
            let decoy = app.decoys.account(&name)?;
            let account = app.store.account(AccountKey::Name(&name)).await?;
            claim.account = account.as_ref().map(|account| account.handle);
            claim.username = Some(name);
            (Some(account.unwrap_or(decoy)), true)
        }
        None => {
            let account = app.store.account(AccountKey::Credential(id)).await?;
            claim.account = account.as_ref().map(|account| account.handle);
            claim.username = account.as_ref().map(|account| account.name.clone());
            (account, false)
        }
    };
    let claimant = match (&account, named) {
        (Some(account), true) => Claimant::Named(account),
        (Some(account), false) => Claimant::Discovered(account),
        (None, _) => Claimant::Unknown,
    };
    let before = account.as_ref().and_then(|account| account.credential(id));
    claim.authenticator = before.map_or(Authenticator::UNKNOWN, Authenticator::of);
    let is_long = before.is_some_and(|credential| apart::is_long(credential.algorithm));
    let verified = apart::apart(is_long, || {
        verify::authenticate(&app.config, &SERVER, asked, assertion, &claimant, before)
    });
    let after = verified.await.map_err(|error| {
        let has_backup_changed = error.kind() == ErrorKind::BackupEligibilityChanged;
        let problem = refuse(sent.ceremony, &claimant, error);
        app.keep_case(
            (problem.code(), problem.step()),
            sent.response,
            sent.token,
            || cases::authentication(&app.config, asked, &claimant, before, has_backup_changed),
        );
        // Only of an id that nobody has: what the page does with it cannot be taken back. A decoy's
        // is somebody's, for all that a caller may know.
        let is_nobodys = problem.code() == Code::CredentialUnknown.as_str()
            && matches!(claimant, Claimant::Unknown)
            && !id.is_empty()
            && !app.decoys.made(id);
        if is_nobodys {
            problem.for_nobodys(&app.config.rp_id, base64url(id))
        } else {
            problem
        }
    })?;
    // Nothing verifies without an account and a record.
    let mut account = account.ok_or_else(Problem::credential_unknown)?;
    let index = account.credentials.iter().position(|held| held.id == id);
    let index = index.ok_or_else(Problem::credential_unknown)?;
    let before = account.credentials.swap_remove(index);
    Ok(Verified {
        account,
        before,
        after,
    })
}

/// A credential that nobody has and one whose owner is not the user that the response names are the
/// same where no name is given: else ids from a sign-in by name could be distinguished from decoys.
fn refuse(ceremony: Ceremony, claimant: &Claimant<'_>, error: Error) -> Problem {
    let hide_existence = match (claimant, error.kind()) {
        (Claimant::Named(_), _) => false,
        (_, ErrorKind::UserHandleMismatch) => true,
        (_, ErrorKind::UserHandleMissing | ErrorKind::UserHandleMalformed) => false,
        (Claimant::Unknown, _) => error.step() >= Step::AUTH_USER,
        (Claimant::Discovered(_), _) => false,
    };
    if hide_existence {
        Problem::credential_unknown()
    } else {
        Problem::not_verified(ceremony, error)
    }
}

impl Verified {
    pub(super) fn event(&self, kind: EventKind, app: &App) -> Event {
        Event::new(kind, app.clock.now())
            .of(self.account.handle, &self.account.name)
            .with_credential(&self.before.id)
    }

    /// Moves the credential to what the sign-in says of it, unless another one has moved it meanwhile.
    pub(super) fn command(&self, event: Event) -> SignIn {
        let after = CredentialState::new(
            self.after.sign_count,
            self.after.backup_eligible,
            self.after.backup_state,
            self.before.state.user_verified || self.after.user_verified,
        );
        SignIn::new(self.before.id.clone(), self.before.state, after, event)
    }

    fn subject(&self, auth_time: Timestamp) -> Subject<'_> {
        Subject {
            handle: &self.account.handle,
            name: &self.account.name,
            auth_time,
            user_verified: self.after.user_verified,
            scope: None,
        }
    }

    fn answer(self, login: Option<Login>) -> Answer {
        let before = Before::from(self.before.state);
        let mut view = CredentialView::from(self.before);
        view.sign_count = self.after.sign_count;
        view.backup_eligible = self.after.backup_eligible;
        view.backup_state = self.after.backup_state;
        view.user_verified = self.after.user_verified;
        view.before = Some(before);
        Answer {
            status: "OK",
            username: self.account.name.into_written(),
            credential: view,
            expires_in: login.as_ref().map(|login| login.expires_in),
            login_token: login.map(|login| login.login_token),
        }
    }
}
