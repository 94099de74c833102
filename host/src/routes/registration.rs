use std::borrow::Cow;
use std::sync::LazyLock;

use rocket::post;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::claim::Claim;
use super::resource::calls;
use super::views::{Begun, CredentialView, Descriptor, Private, WithCookie};
use crate::account::invitation;
use crate::account::username::{self, Username};
use crate::app::App;
use crate::cases;
use crate::ceremony::algorithms::OFFERED;
use crate::ceremony::apart;
use crate::ceremony::challenge::{Mediation, Registration, Spends};
use crate::ceremony::verify;
use crate::config::{Attestation, Signup, UserVerification};
use crate::encoding::{base64url, bytes_from_base64url, from_base64url};
use crate::http::body::JsonBody;
use crate::http::caller::Owner;
use crate::http::client::{PageOrigin, WithinLimit};
use crate::http::problem::{Ceremony, Code, Problem};
use crate::http::visitor::Visitor;
use crate::metrics::{Authenticator, Flow};
use crate::store::{
    Account, AccountKey, Credential, Ends, Event, EventKind, MAX_CREDENTIALS, OneTimeSecret,
    Registered, Registrant, Registration as Command, SecretHash, UserHandle,
};
use crate::token::keys;
use crate::token::login::Subject;

calls!(begin, complete);

#[derive(Deserialize, ToSchema)]
#[schema(as = RegistrationBegin)]
#[serde(rename_all = "camelCase")]
struct BeginRequest {
    #[schema(min_length = 1)]
    username: String,
    #[schema(min_length = 1)]
    display_name: Option<String>,
    mediation: Option<Mediation>,
    invitation: Option<String>,
}

/// `PublicKeyCredentialCreationOptionsJSON`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreationOptions<'a> {
    rp: RelyingParty<'a>,
    user: User,
    challenge: String,
    #[schema(value_type = Vec<Parameters>)]
    pub_key_cred_params: &'static RawValue,
    #[schema(value_type = u64)]
    timeout: u128,
    exclude_credentials: Vec<Descriptor>,
    authenticator_selection: AuthenticatorSelection,
    attestation: Attestation,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    hints: &'a [String],
    extensions: Extensions,
}

#[derive(Serialize, ToSchema)]
struct RelyingParty<'a> {
    id: &'a str,
    name: &'a str,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    name: String,
    display_name: String,
}

#[derive(Serialize, ToSchema)]
struct Parameters {
    r#type: &'static str,
    alg: i32,
}

/// The parameters of every registration, written once.
static PARAMETERS: LazyLock<Box<RawValue>> = LazyLock::new(|| {
    let parameters = OFFERED.iter().map(|&alg| Parameters {
        r#type: "public-key",
        alg,
    });
    let parameters: Vec<Parameters> = parameters.collect();
    to_raw_value(&parameters).expect("numbers are JSON")
});

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuthenticatorSelection {
    resident_key: &'static str,
    require_resident_key: bool,
    user_verification: UserVerification,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    cred_props: bool,
}

#[utoipa::path(
    tag = "registration",
    request_body = BeginRequest,
    responses(
        (status = 200, description = "The options, and the token that `complete` wants back.", body = Begun<CreationOptions<'_>>),
        (status = 400, description = "`body_invalid`, `username_invalid`"),
        (status = 401, description = "`token_invalid`, `token_expired`, `login_required`, `sign_in_again`, `invitation_refused`"),
        (status = 403, description = "`invitation_required`, `cross_site`"),
        (status = 409, description = "`username_taken`, `account_full`"),
        (status = 413, description = "`body_too_large`"),
        (status = 415, description = "`media_type`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security((), ("session" = []), ("login_token" = [])),
)]
#[post("/register/begin", data = "<body>")]
async fn begin<'r>(
    _limit: WithinLimit,
    page: PageOrigin<'r>,
    owner: Owner,
    body: JsonBody,
    app: &'r App,
) -> Result<Private<Begun<CreationOptions<'r>>>, Problem> {
    let request: BeginRequest = body.read()?;
    let username = Username::parse(&request.username)?;
    let display_name = request
        .display_name
        .map(|text| username::display_name(&text))
        .transpose()
        .map_err(|error| Problem::new(Code::BodyInvalid, format!("`displayName`: {error}.")))?;
    let who = match request.invitation {
        Some(token) => Candidate::invited(app, username, &token).await?,
        None => Candidate::find(app, username, owner).await?,
    };
    if request.mediation.is_some() && !who.proven {
        return Err(Problem::new(
            Code::LoginRequired,
            "A conditional registration needs proof of its user.",
        ));
    }
    begun(app, page, who, display_name, request.mediation).map(Private)
}

/// Options for a candidate, and their token.
pub(super) fn begun<'r>(
    app: &'r App,
    page: PageOrigin<'r>,
    who: Candidate,
    display_name: Option<String>,
    mediation: Option<Mediation>,
) -> Result<Begun<CreationOptions<'r>>, Problem> {
    let config = &app.config;
    app.metrics.begun(match who.spends {
        Some(Spends::RecoveryCode(_)) => Flow::Recovery,
        _ => Flow::Registration,
    });
    let user = User {
        id: base64url(who.handle.as_bytes()),
        display_name: display_name
            .as_ref()
            .or(who.display_name.as_ref())
            .map_or_else(|| who.name.as_written(), String::as_str)
            .to_owned(),
        name: who.name.as_written().to_owned(),
    };
    let exclude_credentials = who.credentials.into_iter().map(Descriptor::from).collect();
    let minted = app.challenges.mint(
        page.0,
        &Registration {
            username: user.name.clone(),
            user_handle: user.id.clone(),
            proven: who.proven,
            spends: who.spends,
            joins: who.joins,
            display_name: display_name.filter(|shown| !who.exists && *shown != user.name),
            mediation,
            algorithms: OFFERED.clone(),
        },
    )?;
    Ok(Begun {
        public_key: CreationOptions {
            rp: RelyingParty {
                id: &config.rp_id,
                name: &config.rp_name,
            },
            user,
            challenge: minted.challenge,
            pub_key_cred_params: &PARAMETERS,
            timeout: config.challenge_ttl.as_millis(),
            exclude_credentials,
            authenticator_selection: AuthenticatorSelection {
                resident_key: "preferred",
                require_resident_key: false,
                user_verification: config.user_verification,
            },
            attestation: config.attestation,
            hints: &config.hints,
            extensions: Extensions { cred_props: true },
        },
        challenge_token: minted.token,
    })
}

/// Who is about to get a passkey.
pub(super) struct Candidate {
    handle: UserHandle,
    name: Username,
    display_name: Option<String>,
    credentials: Vec<Credential>,
    /// The account exists.
    exists: bool,
    /// Its owner has shown to be the caller.
    proven: bool,
    /// What is spent opens the account.
    joins: bool,
    spends: Option<Spends>,
}

impl Candidate {
    /// The owner, of exactly that name; without one, somebody new of a name that nobody has. A session
    /// speaks for its own account alone: who is signed in may sign up under another name.
    async fn find(app: &App, name: Username, owner: Owner) -> Result<Self, Problem> {
        match owner {
            Owner::Token(account) if account.name.key() != name.key() => {
                Err(username_taken("The login token is not this user's."))
            }
            Owner::Token(account) => Self::owner(account),
            Owner::Session { account, objection } if account.name.key() == name.key() => {
                objection.map_or_else(|| Self::owner(account), Err)
            }
            Owner::Nobody | Owner::Session { .. } => {
                if app.store.account(AccountKey::Name(&name)).await?.is_some() {
                    Err(username_taken(
                        "Its owner adds a passkey after signing in; anybody else needs another name.",
                    ))
                } else if app.config.signup == Signup::Invite {
                    Err(Problem::new(
                        Code::InvitationRequired,
                        "New accounts are created with an invitation's link.",
                    ))
                } else {
                    Self::new(name)
                }
            }
        }
    }

    /// The holder of an invitation: a new person, or the account that it names.
    async fn invited(app: &App, name: Username, token: &str) -> Result<Self, Problem> {
        let now = app.clock.now();
        let account = app.store.account(AccountKey::Name(&name)).await?;
        let owner = account.as_ref().map(|account| &account.handle);
        let invitation = match invitation::hash_of(token, owner) {
            Some(hash) => app.store.invitation(&hash, now).await?,
            None => None,
        };
        let invitation = invitation.ok_or_else(invitation_refused)?;
        let named = invitation.name.as_deref();
        if named.is_some_and(|named| named != name.key()) {
            return Err(invitation_refused());
        }
        let candidate = match account {
            Some(account) if named.is_some() => Self::of(account),
            Some(_) => Err(username_taken(
                "The invitation is good for a name that nobody has.",
            )),
            None => Self::new(name),
        };
        let spends = Some(Spends::Invitation(base64url(&invitation.hash)));
        candidate.map(|candidate| Self {
            joins: candidate.exists,
            spends,
            ..candidate
        })
    }

    /// Who has a recovery code of an account.
    pub(super) fn recovering(account: Account, code: &SecretHash) -> Result<Self, Problem> {
        Ok(Self {
            joins: true,
            spends: Some(Spends::RecoveryCode(base64url(code))),
            ..Self::of(account)?
        })
    }

    fn owner(account: Account) -> Result<Self, Problem> {
        Ok(Self {
            proven: true,
            ..Self::of(account)?
        })
    }

    fn of(account: Account) -> Result<Self, Problem> {
        // Said before an authenticator has made a passkey in vain.
        if account.credentials.len() >= MAX_CREDENTIALS {
            return Err(Problem::account_full());
        }
        Ok(Self {
            handle: account.handle,
            name: account.name,
            display_name: account.display_name,
            credentials: account.credentials,
            exists: true,
            proven: false,
            joins: false,
            spends: None,
        })
    }

    fn new(name: Username) -> Result<Self, Problem> {
        Ok(Self {
            handle: UserHandle::from(keys::random::<64>()?),
            name,
            display_name: None,
            credentials: Vec::new(),
            exists: false,
            proven: false,
            joins: false,
            spends: None,
        })
    }
}

fn username_taken(detail: &'static str) -> Problem {
    Problem::new(Code::UsernameTaken, detail)
}

fn invitation_refused() -> Problem {
    Problem::new(
        Code::InvitationRefused,
        "It is spent, over, or for somebody else.",
    )
}

#[derive(Deserialize, ToSchema)]
#[schema(as = RegistrationComplete)]
struct CompleteRequest<'a> {
    /// `RegistrationResponseJSON`.
    #[serde(borrow)]
    #[schema(value_type = Object, required = true)]
    attestation: Option<&'a RawValue>,
    #[serde(borrow)]
    challenge_token: Cow<'a, str>,
    token: Option<bool>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RegistrationAnswer)]
struct Answer {
    status: &'static str,
    username: String,
    credential: CredentialView,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovered: Option<bool>,
}

#[utoipa::path(
    tag = "registration",
    request_body = CompleteRequest<'_>,
    responses(
        (status = 200, description = "The passkey is stored.", body = Answer),
        (status = 400, description = "`body_invalid`, or why the registration does not verify"),
        (status = 401, description = "`token_invalid`, `token_expired`, `token_spent`, `login_required`, `sign_in_again`, `recovery_refused`, `invitation_refused`"),
        (status = 403, description = "`cross_site`"),
        (status = 409, description = "`username_taken`, `credential_exists`, `account_full`"),
        (status = 413, description = "`body_too_large`"),
        (status = 415, description = "`media_type`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security((), ("session" = []), ("login_token" = [])),
)]
#[post("/register/complete", data = "<body>")]
async fn complete(
    _limit: WithinLimit,
    owner: Owner,
    visitor: Visitor,
    body: JsonBody,
    app: &App,
) -> Result<WithCookie<Private<Answer>>, Problem> {
    let request: CompleteRequest<'_> = body.read()?;
    let mut claim = Claim::of(Flow::Registration);
    let result = register(app, owner, &visitor, &request, &mut claim).await;
    app.note_end(&visitor, &result, claim).await;
    result
}

async fn register(
    app: &App,
    owner: Owner,
    visitor: &Visitor,
    request: &CompleteRequest<'_>,
    claim: &mut Claim,
) -> Result<WithCookie<Private<Answer>>, Problem> {
    let asked = app
        .challenges
        .redeem::<Registration>(&request.challenge_token, &*app.store)
        .await?;
    let handle = bytes_from_base64url(&asked.flow.user_handle)
        .and_then(|bytes| UserHandle::new(&bytes))
        .ok_or_else(unreadable)?;
    let spends = asked.flow.spends.as_ref().map(secret).transpose()?;
    claim.username = Username::parse(&asked.flow.username).ok();
    if matches!(spends, Some(OneTimeSecret::RecoveryCode(_))) {
        claim.flow = Flow::Recovery;
    }
    claim.account = (asked.flow.proven || asked.flow.joins).then_some(handle);
    let whose = whose(app, owner, handle, &asked.flow, spends).await?;
    let (trust, now) = (app.trust.current(), app.clock.unix_time());
    let keep = |problem: Problem, registered: Option<&[u8]>| {
        // What has no step is not the response's fault.
        if problem.step().is_some() {
            app.keep_case(
                (problem.code(), problem.step()),
                request.attestation,
                &request.challenge_token,
                || cases::registration(&app.config, &trust, now, &asked, registered),
            );
        }
        problem
    };
    let length = request.attestation.map_or(0, |json| json.get().len());
    let verified = apart::apart(apart::is_long_response(length), || {
        verify::register(&app.config, &trust, now, &asked, request.attestation)
    });
    let mut credential = verified.await.map_err(|error| {
        claim.authenticator = verify::named_model(request.attestation)
            .map_or(Authenticator::UNKNOWN, Authenticator::of_model);
        keep(Problem::not_verified(Ceremony::Registration, error), None)
    })?;
    visitor.note_on(&mut credential);
    claim.credential = Some(credential.id.clone());
    claim.authenticator = Authenticator::of(&credential);

    let view = CredentialView::from(&credential);
    let user_verified = credential.state.user_verified;
    let now = app.clock.now();
    let recovers = matches!(spends, Some(OneTimeSecret::RecoveryCode(_)));
    let (to, name, kind) = match whose {
        Whose::New(name) => {
            let mut account = Account::new(handle, name.clone(), now);
            account.display_name.clone_from(&asked.flow.display_name);
            (Registrant::New(account), name, EventKind::SignedUp)
        }
        Whose::Existing(name) => {
            let kind = if recovers {
                EventKind::Recovered
            } else {
                EventKind::PasskeyAdded
            };
            (Registrant::Existing(handle), name, kind)
        }
    };
    // Somebody whose account this call creates or opens has signed in with it. What that needs is made
    // before anything is written: without it nobody would know of the account.
    let signs_in = recovers || matches!(to, Registrant::New(_));
    let subject = Subject {
        handle: &handle,
        name: &name,
        auth_time: now,
        user_verified,
        scope: None,
    };
    let login = if signs_in && request.token != Some(false) {
        if matches!(to, Registrant::New(_)) {
            // A signer may be slow, or charge for each signature.
            let expected = expected(app, &name, &credential.id).await?;
            stored(expected, spends).map_err(|problem| keep(problem, Some(&credential.id)))?;
        }
        Some(app.login.mint(subject).await?)
    } else {
        None
    };
    let begins = if signs_in {
        visitor.begin(app, handle, &credential.id, user_verified)?
    } else {
        None
    };
    let event = Event::new(kind, now)
        .of(handle, &name)
        .with_credential(&credential.id);
    let event = visitor.sign(event);
    let mut command = Command::new(to, credential, event.clone());
    command.spends = spends;
    let mut cookie = None;
    if let Some((session, set)) = begins {
        command.ends = visitor.ends();
        command.begins = Some(session);
        cookie = Some(set);
    }
    if recovers {
        command.ends = Ends::All;
    }
    stored(store(app, command).await?, spends)
        .map_err(|problem| keep(problem, claim.credential.as_deref()))?;
    app.tell(&event).await;
    let answer = Answer {
        status: "OK",
        username: name.as_written().to_owned(),
        credential: view,
        expires_in: login.as_ref().map(|login| login.expires_in),
        login_token: login.map(|login| login.login_token),
        recovered: recovers.then_some(true),
    };
    Ok(WithCookie(Private(answer), cookie))
}

/// Whose the new passkey will be.
enum Whose {
    New(Username),
    Existing(Username),
}

async fn whose(
    app: &App,
    owner: Owner,
    handle: UserHandle,
    asked: &Registration,
    spends: Option<OneTimeSecret>,
) -> Result<Whose, Problem> {
    if asked.proven {
        return proven(owner, &handle).map(Whose::Existing);
    }
    if !asked.joins {
        return Ok(Whose::New(Username::parse(&asked.username)?));
    }
    match app.store.account(AccountKey::Handle(&handle)).await? {
        Some(account) => Ok(Whose::Existing(account.name)),
        None => Err(refused(spends)),
    }
}

/// Stores a credential. An id that `authenticate/begin` made up for a name is in use, as far as anybody can
/// tell: the store is asked once and the answer is the same as for a real one.
async fn store(app: &App, command: Command) -> Result<Registered, Problem> {
    let id = &command.credential.id;
    if app.decoys.made(id) {
        app.store.account(AccountKey::Credential(id)).await?;
        return Ok(Registered::CredentialExists);
    }
    Ok(app.store.register(command).await?)
}

/// What [`store`] will say of a new account, unless another call is faster. It does the same for an id
/// that was made up as for a real one.
async fn expected(app: &App, name: &Username, credential: &[u8]) -> Result<Registered, Problem> {
    let made = app.decoys.made(credential);
    let account = app.store.account(AccountKey::Credential(credential));
    if account.await?.is_some() || made {
        return Ok(Registered::CredentialExists);
    }
    Ok(match app.store.account(AccountKey::Name(name)).await? {
        Some(_) => Registered::NameTaken,
        None => Registered::Done,
    })
}

fn stored(registered: Registered, spends: Option<OneTimeSecret>) -> Result<(), Problem> {
    match registered {
        Registered::Done => Ok(()),
        Registered::CredentialExists => Err(Problem::credential_exists()),
        Registered::AccountFull => Err(Problem::account_full()),
        Registered::NameTaken => Err(username_taken(
            "The name was registered while you were creating the passkey.",
        )),
        Registered::SecretSpent => Err(refused(spends)),
        Registered::AccountGone => Err(Problem::new(Code::LoginRequired, "The account is gone.")),
    }
}

/// What was to be spent opens nothing.
fn refused(spends: Option<OneTimeSecret>) -> Problem {
    match spends {
        Some(OneTimeSecret::RecoveryCode(_)) => Problem::recovery_refused(),
        _ => invitation_refused(),
    }
}

/// The owner who began, shown again.
fn proven(owner: Owner, handle: &UserHandle) -> Result<Username, Problem> {
    match owner {
        Owner::Token(account) if account.handle == *handle => Ok(account.name),
        Owner::Token(_) => Err(Problem::new(
            Code::TokenInvalid,
            "The login token is not that of the user who began.",
        )),
        Owner::Session { account, objection } if account.handle == *handle => {
            objection.map_or(Ok(account.name), Err)
        }
        Owner::Nobody | Owner::Session { .. } => Err(Problem::new(
            Code::LoginRequired,
            "This registration was begun with proof of its user; show it again.",
        )),
    }
}

fn secret(spends: &Spends) -> Result<OneTimeSecret, Problem> {
    let hash = |text: &str| from_base64url(text).ok_or_else(unreadable);
    Ok(match spends {
        Spends::RecoveryCode(text) => OneTimeSecret::RecoveryCode(hash(text)?),
        Spends::Invitation(text) => OneTimeSecret::Invitation(hash(text)?),
    })
}

fn unreadable() -> Problem {
    Problem::new(Code::TokenInvalid, "It cannot be read.")
}
