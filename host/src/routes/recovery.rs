//! Recovery codes: made by their owner, used by somebody who has lost every passkey.

use rocket::http::Status;
use rocket::post;
use rocket::request::{FromRequest, Outcome, Request};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::claim::Claim;
use super::registration::{Candidate, CreationOptions, begun};
use super::resource::calls;
use super::views::{Begun, Private};
use crate::account::recovery;
use crate::account::username::Username;
use crate::app::App;
use crate::http::body::JsonBody;
use crate::http::caller::FreshlySignedIn;
use crate::http::client::{PageOrigin, WithinLimit};
use crate::http::problem::{Problem, refuse};
use crate::http::visitor::Visitor;
use crate::metrics::Flow;
use crate::store::{AccountKey, Change, Changed, Event, EventKind, SecretHash, UserHandle};
use crate::token::keys;

calls!(codes, begin);

/// The host is one that has recovery codes; else it does not have these calls.
struct CodesAreOn;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for CodesAreOn {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        match App::of(request) {
            Ok(app) if app.config.recovery_codes => Outcome::Success(Self),
            Ok(_) => {
                refuse(request, Problem::not_found());
                Outcome::Forward(Status::NotFound)
            }
            Err(problem) => Outcome::Error(refuse(request, problem)),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
struct Codes {
    codes: Vec<String>,
}

/// Makes new codes. Those from before are void.
#[utoipa::path(
    tag = "recovery",
    responses(
        (status = 200, description = "The codes, shown this once.", body = Codes),
        (status = 401, description = "`login_required`, `sign_in_again`"),
        (status = 403, description = "`cross_site`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[post("/recovery/codes")]
async fn codes(
    _on: CodesAreOn,
    caller: FreshlySignedIn,
    visitor: Visitor,
    app: &App,
) -> Result<Private<Codes>, Problem> {
    let mut codes = Vec::with_capacity(recovery::CODES);
    let mut hashes = Vec::with_capacity(recovery::CODES);
    for _ in 0..recovery::CODES {
        let code = recovery::from_bytes(keys::random()?);
        codes.push(recovery::text(code));
        hashes.push(recovery::hash_of(caller.handle().as_bytes(), code));
    }
    let event = Event::new(EventKind::RecoveryCodesMade, app.clock.now())
        .of(*caller.handle(), &caller.account().name);
    let event = visitor.sign(event);
    let change = Change::SetRecoveryCodes(hashes);
    match app
        .store
        .change(caller.handle(), change, event.clone())
        .await?
    {
        Changed::Done => app.tell(&event).await,
        _ => return Err(Problem::login_required()),
    }
    Ok(Private(Codes { codes }))
}

#[derive(Deserialize, ToSchema)]
#[schema(as = RecoveryBegin)]
struct BeginRequest {
    #[schema(min_length = 1)]
    username: String,
    code: String,
}

/// Begins the registration of one more passkey, for who shows a code of the account. It is spent when
/// the passkey is stored.
#[utoipa::path(
    tag = "recovery",
    request_body = BeginRequest,
    responses(
        (status = 200, description = "The options, and the token that `register/complete` wants back.", body = Begun<CreationOptions<'_>>),
        (status = 400, description = "`body_invalid`, `username_invalid`"),
        (status = 401, description = "`recovery_refused`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`account_full`"),
        (status = 413, description = "`body_too_large`"),
        (status = 415, description = "`media_type`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`store_unavailable`"),
    ),
)]
#[post("/recovery/begin", data = "<body>")]
async fn begin<'r>(
    _on: CodesAreOn,
    _limit: WithinLimit,
    page: PageOrigin<'r>,
    visitor: Visitor,
    body: JsonBody,
    app: &'r App,
) -> Result<Private<Begun<CreationOptions<'r>>>, Problem> {
    let request: BeginRequest = body.read()?;
    let name = Username::parse(&request.username)?;
    let attempt = app
        .attempts
        .count(name.key(), app.clock.now())
        .map_err(Problem::name_limited)?;

    // All of it for a name that nobody has, too, so that one does not take longer than the other.
    let decoy = app.decoys.account(&name)?;
    let account = app.store.account(AccountKey::Name(&name)).await?;
    let handle = account.as_ref().map_or(decoy.handle, |known| known.handle);
    let code = find(app, &handle, &request.code).await?;
    match (account, code) {
        (Some(account), Some(code)) => {
            app.attempts.forgive(&attempt);
            let who = Candidate::recovering(account, &code)?;
            begun(app, page, who, None, None).map(Private)
        }
        (account, _) => {
            let mut claim = Claim::of(Flow::Recovery);
            claim.account = account.map(|account| account.handle);
            claim.username = Some(name);
            let refused = Err(Problem::recovery_refused());
            app.note_end(&visitor, &refused, claim).await;
            refused
        }
    }
}

/// The hash of a code, where it is one of the account's that is not used.
async fn find(app: &App, owner: &UserHandle, typed: &str) -> Result<Option<SecretHash>, Problem> {
    let held = app.store.recovery_codes(owner).await?;
    let code = recovery::parse(typed);
    let shown = code.map(|code| recovery::hash_of(owner.as_bytes(), code));
    Ok(shown.filter(|hash| held.contains(hash)))
}
