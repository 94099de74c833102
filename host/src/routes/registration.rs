use rocket::{Route, post, routes};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::report;
use super::views::{Begun, CredentialView, Descriptor, Private};
use crate::account::username::{self, Username};
use crate::app::App;
use crate::ceremony::algorithms;
use crate::ceremony::challenge::{Mediation, Registration};
use crate::ceremony::verify;
use crate::config::{Attestation, UserVerification};
use crate::encoding::{base64url, bytes_from_base64url};
use crate::http::body::JsonBody;
use crate::http::caller::Owner;
use crate::http::client::{PageOrigin, WithinLimit};
use crate::http::problem::{Ceremony, Code, Problem};
use crate::store::{
    Account, AccountKey, Credential, Event, EventKind, MAX_CREDENTIALS, Registered, Registrant,
    Registration as Command, UserHandle,
};
use crate::token::keys;
use crate::token::login::Login;

pub(super) fn routes() -> Vec<Route> {
    routes![begin, complete]
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BeginRequest {
    username: String,
    display_name: Option<String>,
    mediation: Option<Mediation>,
}

/// `PublicKeyCredentialCreationOptionsJSON`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationOptions {
    rp: RelyingParty,
    user: User,
    challenge: String,
    pub_key_cred_params: Vec<Parameters>,
    timeout: u128,
    exclude_credentials: Vec<Descriptor>,
    authenticator_selection: AuthenticatorSelection,
    attestation: Attestation,
    extensions: Extensions,
}

#[derive(Serialize)]
struct RelyingParty {
    id: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    name: String,
    display_name: String,
}

#[derive(Serialize)]
struct Parameters {
    r#type: &'static str,
    alg: i32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthenticatorSelection {
    resident_key: &'static str,
    require_resident_key: bool,
    user_verification: UserVerification,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    cred_props: bool,
}

#[post("/register/begin", data = "<body>")]
async fn begin(
    _limit: WithinLimit,
    page: PageOrigin<'_>,
    owner: Owner,
    body: JsonBody,
    app: &App,
) -> Result<Private<Begun<CreationOptions>>, Problem> {
    let request: BeginRequest = body.read()?;
    let username = Username::parse(&request.username)?;
    let display_name = request
        .display_name
        .map(|text| username::display_name(&text))
        .transpose()
        .map_err(|error| Problem::new(Code::BodyInvalid, format!("`displayName`: {error}.")))?;
    if request.mediation.is_some() && owner.0.is_none() {
        return Err(Problem::new(
            Code::LoginRequired,
            "A conditional registration needs the login token of its user.",
        ));
    }

    let who = Candidate::find(app, username, owner.0).await?;
    let algorithms = algorithms::offered();
    let minted = app.challenges.mint(
        page.0,
        Registration {
            username: who.name.as_written().to_owned(),
            user_handle: base64url(who.handle.as_bytes()),
            proven: who.proven,
            mediation: request.mediation,
            algorithms: algorithms.clone(),
        },
    )?;
    let config = &app.config;
    Ok(Private(Begun {
        public_key: CreationOptions {
            rp: RelyingParty {
                id: config.rp_id.clone(),
                name: config.rp_name.clone(),
            },
            user: User {
                id: base64url(who.handle.as_bytes()),
                name: who.name.as_written().to_owned(),
                display_name: display_name.unwrap_or_else(|| who.name.as_written().to_owned()),
            },
            challenge: minted.challenge,
            pub_key_cred_params: algorithms
                .into_iter()
                .map(|alg| Parameters {
                    r#type: "public-key",
                    alg,
                })
                .collect(),
            timeout: config.challenge_ttl.as_millis(),
            exclude_credentials: who.credentials.iter().map(Descriptor::from).collect(),
            authenticator_selection: AuthenticatorSelection {
                resident_key: "preferred",
                require_resident_key: false,
                user_verification: config.user_verification,
            },
            attestation: config.attestation,
            extensions: Extensions { cred_props: true },
        },
        challenge_token: minted.token,
    }))
}

/// Who is about to get a passkey.
struct Candidate {
    handle: UserHandle,
    name: Username,
    proven: bool,
    credentials: Vec<Credential>,
}

impl Candidate {
    /// The owner, of exactly that name; without one, somebody new of a name that nobody has.
    async fn find(app: &App, name: Username, owner: Option<Account>) -> Result<Self, Problem> {
        match owner {
            Some(account) if account.name.key() != name.key() => {
                Err(username_taken("The login token is not this user's."))
            }
            // Said before an authenticator has made a passkey in vain.
            Some(account) if account.credentials.len() >= MAX_CREDENTIALS => {
                Err(Problem::account_full())
            }
            Some(account) => Ok(Self {
                handle: account.handle,
                name: account.name,
                proven: true,
                credentials: account.credentials,
            }),
            None if app.store.account(AccountKey::Name(&name)).await?.is_some() => {
                Err(username_taken(
                    "Its owner adds a passkey after signing in; anybody else needs another name.",
                ))
            }
            None => Ok(Self {
                handle: UserHandle::from(keys::random::<64>()?),
                name,
                proven: false,
                credentials: Vec::new(),
            }),
        }
    }
}

fn username_taken(detail: &'static str) -> Problem {
    Problem::new(Code::UsernameTaken, detail)
}

#[derive(Deserialize)]
struct CompleteRequest<'a> {
    #[serde(borrow)]
    attestation: Option<&'a RawValue>,
    challenge_token: String,
}

#[derive(Serialize)]
struct Answer {
    status: &'static str,
    username: String,
    credential: CredentialView,
    /// Only where the account is new: its owner has just shown a passkey of it.
    #[serde(flatten)]
    login: Option<Login>,
}

#[post("/register/complete", data = "<body>")]
async fn complete(
    _limit: WithinLimit,
    owner: Owner,
    body: JsonBody,
    app: &App,
) -> Result<Private<Answer>, Problem> {
    let request: CompleteRequest<'_> = body.read()?;
    let result = register(app, owner.0, &request).await;
    report("registration", &result);
    result.map(Private)
}

async fn register(
    app: &App,
    owner: Option<Account>,
    request: &CompleteRequest<'_>,
) -> Result<Answer, Problem> {
    let asked = app
        .challenges
        .redeem::<Registration>(&request.challenge_token, &*app.store)
        .await?;
    let handle = bytes_from_base64url(&asked.flow.user_handle)
        .and_then(|bytes| UserHandle::new(&bytes))
        .ok_or_else(|| Problem::new(Code::TokenInvalid, "Its user handle cannot be read."))?;
    let owner = if asked.flow.proven {
        Some(proven(owner, &handle)?)
    } else {
        None
    };
    let now = app.clock.now();
    let credential = verify::register(
        &app.config,
        &app.trust.current(),
        app.clock.unix_time(),
        &asked,
        request.attestation,
    )
    .map_err(|error| Problem::not_verified(Ceremony::Registration, error))?;

    let view = CredentialView::from(&credential);
    let user_verified = credential.state.user_verified;
    let (to, name, kind, login) = match owner {
        Some(account) => {
            let to = Registrant::Existing(account.handle);
            (to, account.name, EventKind::PasskeyAdded, None)
        }
        None => {
            let name = Username::parse(&asked.flow.username)?;
            // A signer may be slow, or charge for each signature.
            stored(expected(app, &name, &credential.id).await?)?;
            // Before anything is written: without its token nobody would know of the account.
            let login = app.login.mint(&handle, &name, user_verified).await?;
            let to = Registrant::New(Account::new(handle, name.clone(), now));
            (to, name, EventKind::SignedUp, Some(login))
        }
    };
    let event = Event::new(kind, now)
        .of(handle, &name)
        .with_credential(&credential.id);
    let command = Command::new(to, credential, event.clone());
    stored(store(app, command).await?)?;
    app.tell(&event).await;
    Ok(Answer {
        status: "OK",
        username: name.as_written().to_owned(),
        credential: view,
        login,
    })
}

/// Stores a credential. An id that `authenticate/begin` made up for a name is in use, as far as anybody can
/// tell: the store is asked once and the answer is the same as for a real one.
async fn store(app: &App, command: Command) -> Result<Registered, Problem> {
    let id = &command.credential.id;
    if app.decoys.made(id)? {
        app.store.account(AccountKey::Credential(id)).await?;
        return Ok(Registered::CredentialExists);
    }
    Ok(app.store.register(command).await?)
}

/// What [`store`] will say of a new account, unless another call is faster. It does the same for an id
/// that was made up as for a real one.
async fn expected(app: &App, name: &Username, credential: &[u8]) -> Result<Registered, Problem> {
    let made = app.decoys.made(credential)?;
    let account = app.store.account(AccountKey::Credential(credential));
    if account.await?.is_some() || made {
        return Ok(Registered::CredentialExists);
    }
    Ok(match app.store.account(AccountKey::Name(name)).await? {
        Some(_) => Registered::NameTaken,
        None => Registered::Done,
    })
}

fn stored(registered: Registered) -> Result<(), Problem> {
    match registered {
        Registered::Done => Ok(()),
        Registered::CredentialExists => Err(Problem::credential_exists()),
        Registered::AccountFull => Err(Problem::account_full()),
        Registered::NameTaken => Err(username_taken(
            "The name was registered while you were creating the passkey.",
        )),
        Registered::AccountGone | Registered::SecretSpent => {
            Err(Problem::new(Code::LoginRequired, "The account is gone."))
        }
    }
}

/// The owner who began, shown again.
fn proven(owner: Option<Account>, handle: &UserHandle) -> Result<Account, Problem> {
    match owner {
        Some(account) if account.handle == *handle => Ok(account),
        Some(_) => Err(Problem::new(
            Code::TokenInvalid,
            "The login token is not that of the user who began.",
        )),
        None => Err(Problem::new(
            Code::LoginRequired,
            "This registration was begun with a login token; show it again.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rocket::http::{ContentType, Header, Status};
    use rocket::local::asynchronous::Client;
    use serde_json::json;

    use super::*;
    use crate::Config;
    use crate::store::CredentialState;

    fn credential(number: usize) -> Credential {
        let state = CredentialState::new(0, false, false, true);
        Credential::new(number.to_be_bytes().to_vec(), Vec::new(), -7, state)
    }

    #[rocket::async_test]
    async fn a_full_account_is_a_conflict_before_a_passkey_is_made() {
        let config = Config::new([], rocket::Config::figment()).expect("defaults");
        let client = Client::untracked(crate::rocket(config)).await;
        let client = client.expect("launches");
        let app = client.rocket().state::<Arc<App>>().expect("managed");
        let name = Username::parse("alice").expect("allowed");
        let handle = UserHandle::from([1; 64]);
        let register = |to, number| {
            let event = Event::new(EventKind::PasskeyAdded, 1);
            let stored = app
                .store
                .register(Command::new(to, credential(number), event));
            async { assert_eq!(stored.await.expect("room"), Registered::Done) }
        };
        let account = Account::new(handle, name.clone(), 1);
        register(Registrant::New(account), 1).await;
        let login = app.login.mint(&handle, &name, true).await;
        let login = serde_json::to_value(login.expect("a token")).expect("JSON");
        let token = login["login_token"].as_str().expect("a token");

        for held in 2..=MAX_CREDENTIALS + 1 {
            let answer = client
                .post("/register/begin")
                .header(ContentType::JSON)
                .header(Header::new("Authorization", format!("Bearer {token}")))
                .body(json!({"username": "alice"}).to_string())
                .dispatch()
                .await;
            if held <= MAX_CREDENTIALS {
                assert_eq!(answer.status(), Status::Ok, "{held}");
                register(Registrant::Existing(handle), held).await;
            } else {
                assert_eq!(answer.status(), Status::Conflict);
                assert_eq!(answer.headers().get_one("Retry-After"), None);
            }
        }
    }
}
