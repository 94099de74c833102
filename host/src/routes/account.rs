//! The account of the caller.

use rocket::response::status::NoContent;
use rocket::{delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::resource::calls;
use super::views::{Private, QrView, SignalView, WithCookie};
use crate::account::{invitation, recovery, username};
use crate::app::App;
use crate::encoding::{base64url, rfc3339};
use crate::http::body::JsonBody;
use crate::http::caller::{FreshlySignedIn, SignedIn};
use crate::http::client::WithinLimit;
use crate::http::problem::{Code, Problem};
use crate::http::visitor::{Cookie, Visitor};
use crate::store::{Account, Change, Changed, Event, EventKind, Invitation};
use crate::token::keys;

calls!(show, rename, delete, device);

#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
#[serde(rename_all = "camelCase")]
struct AccountView {
    username: String,
    display_name: String,
    sub: String,
    created: String,
    credentials: usize,
    recovery_codes: u32,
    signal: SignalView,
}

impl AccountView {
    fn of(account: &Account, app: &App) -> Self {
        Self {
            username: account.name.as_written().to_owned(),
            display_name: account.shown_name().to_owned(),
            sub: base64url(account.handle.as_bytes()),
            created: rfc3339(account.created),
            credentials: account.credentials.len(),
            recovery_codes: account.recovery_codes,
            signal: SignalView::of(account, &app.config.rp_id),
        }
    }
}

#[utoipa::path(
    tag = "account",
    responses(
        (status = 200, description = "The account.", body = AccountView),
        (status = 401, description = "`login_required`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[get("/account")]
fn show(caller: SignedIn, app: &App) -> Private<AccountView> {
    Private(AccountView::of(caller.account(), app))
}

#[derive(Deserialize, ToSchema)]
#[schema(as = AccountRename)]
#[serde(rename_all = "camelCase")]
struct Rename {
    // Without a default: a body that does not say it is not understood.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, min_length = 1)]
    display_name: Option<String>,
}

/// Gives the account another display name, or none but its name.
#[utoipa::path(
    tag = "account",
    request_body = Rename,
    responses(
        (status = 200, description = "The account.", body = AccountView),
        (status = 400, description = "`body_invalid`"),
        (status = 401, description = "`login_required`"),
        (status = 403, description = "`cross_site`"),
        (status = 413, description = "`body_too_large`"),
        (status = 415, description = "`media_type`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[patch("/account", data = "<body>")]
async fn rename(
    caller: SignedIn,
    visitor: Visitor,
    body: JsonBody,
    app: &App,
) -> Result<Private<AccountView>, Problem> {
    let request: Rename = body.read()?;
    let display_name = request
        .display_name
        .map(|name| username::display_name(&name))
        .transpose()
        .map_err(|error| Problem::new(Code::BodyInvalid, format!("`displayName`: {error}.")))?
        .filter(|name| name != caller.username());
    let change = Change::SetDisplayName(display_name.clone());
    make(&caller, change, EventKind::AccountRenamed, &visitor, app).await?;
    let mut account = caller.account().clone();
    account.display_name = display_name;
    Ok(Private(AccountView::of(&account, app)))
}

/// Deletes the account with all that belongs to it. Its handle is never used again, its name is free.
#[utoipa::path(
    tag = "account",
    responses(
        (status = 204, description = "It is gone."),
        (status = 401, description = "`login_required`, `sign_in_again`"),
        (status = 403, description = "`cross_site`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[delete("/account")]
async fn delete(
    caller: FreshlySignedIn,
    cookie: Cookie,
    visitor: Visitor,
    app: &App,
) -> Result<WithCookie<NoContent>, Problem> {
    let kind = EventKind::AccountDeleted;
    make(&caller, Change::RemoveAccount, kind, &visitor, app).await?;
    let cleared = cookie.is_shown().then(|| app.cookie.clear());
    Ok(WithCookie(NoContent, cleared))
}

/// A link that adds one passkey to the account, for another device of its owner.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceLink)]
struct DeviceView {
    /// To be opened there; it can be typed.
    link: String,
    /// When it is over.
    expires: String,
    /// The same link and the name, for a camera.
    qr: QrView,
}

/// Makes a link that adds one passkey to the account. It works once, within ten minutes.
#[utoipa::path(
    tag = "account",
    responses(
        (status = 200, description = "The link.", body = DeviceView),
        (status = 401, description = "`login_required`, `sign_in_again`"),
        (status = 403, description = "`cross_site`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[post("/account/device")]
async fn device(
    _limit: WithinLimit,
    caller: FreshlySignedIn,
    app: &App,
) -> Result<Private<DeviceView>, Problem> {
    let name = &caller.account().name;
    let code = recovery::from_bytes(keys::random()?);
    let expires = app.clock.now().saturating_add(invitation::DEVICE_LIFE);
    app.store
        .invite(Invitation::new(
            invitation::device_hash(caller.handle(), code),
            Some(name.key().to_owned()),
            expires,
        ))
        .await?;
    let page = format!("{}{}", app.config.issuer(), app.base);
    let scanned = invitation::device_link_with_name(&page, code, name);
    let qr = QrView::of(&scanned)
        .ok_or_else(|| Problem::new(Code::Internal, "The link does not fit a QR code."))?;
    Ok(Private(DeviceView {
        link: invitation::device_link(&page, code),
        expires: rfc3339(expires),
        qr,
    }))
}

async fn make(
    caller: &SignedIn,
    change: Change,
    kind: EventKind,
    visitor: &Visitor,
    app: &App,
) -> Result<(), Problem> {
    let event = Event::new(kind, app.clock.now()).of(*caller.handle(), &caller.account().name);
    let event = visitor.sign(event);
    match app
        .store
        .change(caller.handle(), change, event.clone())
        .await?
    {
        Changed::Done => app.tell(&event).await,
        _ => return Err(Problem::login_required()),
    }
    Ok(())
}
