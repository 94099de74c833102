//! The session of the caller.

use rocket::response::status::NoContent;
use rocket::{delete, get, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::resource::calls;
use super::views::{Private, WithCookie};
use crate::app::App;
use crate::encoding::{base64url, rfc3339};
use crate::http::caller::{Evidence, SignedIn};
use crate::http::cross_site::CrossSite;
use crate::http::problem::Problem;
use crate::http::visitor::Cookie;
use crate::token::login::{Login, Subject};

/// What another application may do with a token: know who its user is, and nothing at this host.
const FOR_APPLICATIONS: &str = "app";

calls!(show, end, token);

#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
#[serde(rename_all = "camelCase")]
struct SessionView {
    username: String,
    display_name: String,
    sub: String,
    auth_time: String,
    expires: String,
    idle_expires: String,
    credential_id: Option<String>,
    user_verified: bool,
    fresh: bool,
}

#[utoipa::path(
    tag = "sessions",
    responses(
        (status = 200, description = "Who is signed in.", body = SessionView),
        (status = 401, description = "`login_required`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[get("/session")]
fn show(caller: SignedIn, app: &App) -> Private<SessionView> {
    let (expires, idle_expires) = match caller.evidence() {
        Evidence::Session(session) => (session.expires, session.idle_expires),
        Evidence::Token(proof) => (proof.over, proof.over),
    };
    Private(SessionView {
        username: caller.username().to_owned(),
        display_name: caller.account().shown_name().to_owned(),
        sub: base64url(caller.handle().as_bytes()),
        auth_time: rfc3339(caller.auth_time()),
        expires: rfc3339(expires),
        idle_expires: rfc3339(idle_expires),
        credential_id: caller
            .session()
            .map(|session| base64url(&session.credential)),
        user_verified: caller.user_verified(),
        fresh: caller.is_fresh(app.clock.now()),
    })
}

/// Signs out. Without a session there is nothing to do.
#[utoipa::path(
    tag = "sessions",
    responses(
        (status = 204, description = "Signed out."),
        (status = 403, description = "`cross_site`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security((), ("session" = [])),
)]
#[delete("/session")]
async fn end(
    cookie: Cookie,
    cross_site: CrossSite,
    app: &App,
) -> Result<WithCookie<NoContent>, Problem> {
    if cookie.is_shown() && cross_site.0 {
        return Err(Problem::cross_site());
    }
    if let Some(hash) = cookie.hash() {
        app.store.end_session(&hash).await?;
    }
    Ok(WithCookie(NoContent, Some(app.cookie.clear())))
}

/// A login token for another application, as old as the session's sign-in.
#[utoipa::path(
    tag = "sessions",
    responses(
        (status = 200, description = "A token for another application.", body = Login),
        (status = 401, description = "`login_required`"),
        (status = 403, description = "`cross_site`"),
        (status = 503, description = "`store_unavailable`, `signer_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[post("/session/token")]
async fn token(caller: SignedIn, app: &App) -> Result<Private<Login>, Problem> {
    let subject = Subject {
        handle: caller.handle(),
        name: &caller.account().name,
        auth_time: caller.auth_time(),
        user_verified: caller.user_verified(),
        scope: Some(FOR_APPLICATIONS),
    };
    Ok(Private(app.login.mint(subject).await?))
}
