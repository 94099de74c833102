//! The passkeys of an account.

use rocket::{delete, get, patch};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::resource::calls;
use super::views::{CredentialView, Private, SignalView, WithCookie};
use crate::account::username;
use crate::app::App;
use crate::encoding::{bytes_from_base64url, rfc3339};
use crate::http::body::JsonBody;
use crate::http::caller::{FreshlySignedIn, SignedIn};
use crate::http::problem::{Code, Problem};
use crate::http::visitor::Visitor;
use crate::store::{AccountKey, Change, Changed, Credential, Event, EventKind};

calls!(list, rename, remove);

#[derive(Serialize, ToSchema)]
struct CredentialList {
    credentials: Vec<CredentialItem>,
    signal: SignalView,
}

/// A passkey as its owner sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CredentialItem {
    #[serde(flatten)]
    credential: CredentialView,
    name: Option<String>,
    product: Option<&'static str>,
    created: String,
    last_used: Option<String>,
    browser: Option<String>,
    platform: Option<String>,
    current: bool,
}

impl CredentialItem {
    fn new(credential: &Credential, caller: &SignedIn) -> Self {
        let current = caller.session().map(|session| &session.credential);
        Self {
            credential: CredentialView::from(credential),
            name: credential.name.clone(),
            product: portcullis_core::inspect::product(credential.aaguid),
            created: rfc3339(credential.created),
            last_used: credential.last_used.map(rfc3339),
            browser: credential.browser.clone(),
            platform: credential.platform.clone(),
            current: current == Some(&credential.id),
        }
    }
}

#[utoipa::path(
    tag = "credentials",
    responses(
        (status = 200, description = "The passkeys, oldest first.", body = CredentialList),
        (status = 401, description = "`login_required`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[get("/credentials")]
fn list(caller: SignedIn, app: &App) -> Private<CredentialList> {
    let account = caller.account();
    Private(CredentialList {
        credentials: account
            .credentials
            .iter()
            .map(|credential| CredentialItem::new(credential, &caller))
            .collect(),
        signal: SignalView::of(account, &app.config.rp_id),
    })
}

#[derive(Deserialize, ToSchema)]
#[schema(as = CredentialRename)]
struct Rename {
    // Without a default: a body that does not say it is not understood.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    name: Option<String>,
}

/// Gives a passkey another name, or none.
#[utoipa::path(
    tag = "credentials",
    params(("id" = String, Path, description = "As the list shows it")),
    request_body = Rename,
    responses(
        (status = 200, description = "The passkey.", body = CredentialItem),
        (status = 400, description = "`body_invalid`"),
        (status = 401, description = "`login_required`"),
        (status = 403, description = "`cross_site`"),
        (status = 404, description = "`not_found`"),
        (status = 413, description = "`body_too_large`"),
        (status = 415, description = "`media_type`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[patch("/credentials/<id>", data = "<body>")]
async fn rename(
    caller: SignedIn,
    id: &str,
    visitor: Visitor,
    body: JsonBody,
    app: &App,
) -> Result<Private<CredentialItem>, Problem> {
    let mut credential = own(&caller, id)?;
    let request: Rename = body.read()?;
    let name = request
        .name
        .map(|name| username::display_name(&name))
        .transpose()
        .map_err(|error| Problem::new(Code::BodyInvalid, format!("`name`: {error}.")))?;
    credential.name.clone_from(&name);
    let change = Change::RenameCredential {
        id: credential.id.clone(),
        name,
    };
    let event = event(EventKind::PasskeyRenamed, &caller, &credential, app);
    make(&caller, change, visitor.sign(event), app).await?;
    Ok(Private(CredentialItem::new(&credential, &caller)))
}

#[derive(Serialize, ToSchema)]
#[schema(as = CredentialRemoved)]
struct Removed {
    signal: SignalView,
}

/// Removes a passkey, and ends what it has signed in.
#[utoipa::path(
    tag = "credentials",
    params(("id" = String, Path, description = "As the list shows it")),
    responses(
        (status = 200, description = "It is gone.", body = Removed),
        (status = 401, description = "`login_required`, `sign_in_again`"),
        (status = 403, description = "`cross_site`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`last_credential`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[delete("/credentials/<id>")]
async fn remove(
    caller: FreshlySignedIn,
    id: &str,
    visitor: Visitor,
    app: &App,
) -> Result<WithCookie<Private<Removed>>, Problem> {
    let credential = own(&caller, id)?;
    let event = event(EventKind::PasskeyRemoved, &caller, &credential, app);
    let change = Change::RemoveCredential {
        id: credential.id.clone(),
    };
    make(&caller, change, visitor.sign(event), app).await?;
    // The present list: a browser forgets the passkeys that it leaves out.
    let account = app
        .store
        .account(AccountKey::Handle(caller.handle()))
        .await?
        .ok_or_else(Problem::login_required)?;
    let ended = caller
        .session()
        .is_some_and(|session| session.credential == credential.id);
    let removed = Removed {
        signal: SignalView::of(&account, &app.config.rp_id),
    };
    Ok(WithCookie(
        Private(removed),
        ended.then(|| app.cookie.clear()),
    ))
}

/// A credential of the caller's. Another account's is the same 404 as one that nobody has.
fn own(caller: &SignedIn, id: &str) -> Result<Credential, Problem> {
    bytes_from_base64url(id)
        .and_then(|id| caller.account().credential(&id).cloned())
        .ok_or_else(Problem::not_found)
}

fn event(kind: EventKind, caller: &SignedIn, credential: &Credential, app: &App) -> Event {
    Event::new(kind, app.clock.now())
        .of(*caller.handle(), &caller.account().name)
        .with_credential(&credential.id)
}

async fn make(caller: &SignedIn, change: Change, event: Event, app: &App) -> Result<(), Problem> {
    match app
        .store
        .change(caller.handle(), change, event.clone())
        .await?
    {
        Changed::Done => app.tell(&event).await,
        Changed::CredentialGone => return Err(Problem::not_found()),
        Changed::LastCredential => {
            return Err(Problem::new(
                Code::LastCredential,
                "It is the last passkey, and the account has no recovery code; add another one first.",
            ));
        }
        Changed::AccountGone => return Err(Problem::login_required()),
    }
    Ok(())
}
