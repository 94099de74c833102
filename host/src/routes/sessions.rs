//! All sessions of an account.

use rocket::response::status::NoContent;
use rocket::{delete, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::resource::calls;
use super::views::{Private, WithCookie};
use crate::app::App;
use crate::encoding::{base64url, from_base64url, rfc3339};
use crate::http::caller::SignedIn;
use crate::http::problem::Problem;
use crate::http::visitor::{Cookie, Visitor};
use crate::store::{Event, EventKind, Session, Sessions};

calls!(list, end, end_all);

#[derive(Serialize, ToSchema)]
struct SessionList {
    sessions: Vec<SessionItem>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionItem {
    id: String,
    created: String,
    last_used: String,
    browser: Option<String>,
    platform: Option<String>,
    credential_id: String,
    current: bool,
}

impl SessionItem {
    fn new(session: Session, current: Option<&Session>) -> Self {
        Self {
            id: base64url(&session.id),
            created: rfc3339(session.auth_time),
            last_used: rfc3339(session.last_used),
            credential_id: base64url(&session.credential),
            current: current.is_some_and(|current| current.id == session.id),
            browser: session.browser,
            platform: session.platform,
        }
    }
}

#[utoipa::path(
    tag = "sessions",
    responses(
        (status = 200, description = "The sessions, newest first.", body = SessionList),
        (status = 401, description = "`login_required`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[get("/sessions")]
async fn list(caller: SignedIn, app: &App) -> Result<Private<SessionList>, Problem> {
    let now = app.clock.now();
    let sessions = app.store.sessions(caller.handle(), now).await?;
    Ok(Private(SessionList {
        sessions: sessions
            .into_iter()
            .map(|session| SessionItem::new(session, caller.session()))
            .collect(),
    }))
}

/// Ends one. Another account's is the same 404 as one that nobody has.
#[utoipa::path(
    tag = "sessions",
    params(("id" = String, Path, description = "As the list shows it")),
    responses(
        (status = 204, description = "It is over."),
        (status = 401, description = "`login_required`"),
        (status = 403, description = "`cross_site`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[delete("/sessions/<id>")]
async fn end(
    caller: SignedIn,
    id: &str,
    visitor: Visitor,
    app: &App,
) -> Result<WithCookie<NoContent>, Problem> {
    let id = from_base64url(id).ok_or_else(Problem::not_found)?;
    let current = caller.session().is_some_and(|session| session.id == id);
    let which = Sessions::One(caller.handle(), &id);
    if end_these(&caller, which, &visitor, app).await? == 0 {
        return Err(Problem::not_found());
    }
    let cleared = current.then(|| app.cookie.clear());
    Ok(WithCookie(NoContent, cleared))
}

/// Signs out everywhere.
#[utoipa::path(
    tag = "sessions",
    responses(
        (status = 204, description = "All are over."),
        (status = 401, description = "`login_required`"),
        (status = 403, description = "`cross_site`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[delete("/sessions")]
async fn end_all(
    caller: SignedIn,
    cookie: Cookie,
    visitor: Visitor,
    app: &App,
) -> Result<WithCookie<NoContent>, Problem> {
    let which = Sessions::All(caller.handle());
    end_these(&caller, which, &visitor, app).await?;
    let cleared = cookie.is_shown().then(|| app.cookie.clear());
    Ok(WithCookie(NoContent, cleared))
}

async fn end_these(
    caller: &SignedIn,
    which: Sessions<'_>,
    visitor: &Visitor,
    app: &App,
) -> Result<u64, Problem> {
    let event = Event::new(EventKind::SessionsEnded, app.clock.now())
        .of(*caller.handle(), &caller.account().name);
    let event = visitor.sign(event);
    let ended = app.store.end_sessions(which, event.clone()).await?;
    if ended > 0 {
        app.tell(&event).await;
    }
    Ok(ended)
}
