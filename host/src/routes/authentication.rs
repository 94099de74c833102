use portcullis_core::{Error, ErrorKind};
use rocket::{Route, State, post, routes};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Before, Begun, CredentialView, Descriptor, Private, report};
use crate::challenge::{Authentication, Spent};
use crate::config::UserVerification;
use crate::guards::{JsonBody, WithinLimit};
use crate::host::Host;
use crate::login::Login;
use crate::names::Username;
use crate::problem::{Ceremony, Problem};
use crate::store::{Account, Credential, CredentialState, StoreError};
use crate::verifier::{self, Claimant};

/// How often a sign-in is judged again because another one moved the credential meanwhile. Each
/// time somebody has got on, so reaching this means that the store is too slow for its callers.
const ATTEMPTS: usize = 8;

/// The step that a credential nobody has fails at, in a sign-in without a name.
const IDENTIFY_USER: u8 = 6;

pub(super) fn routes() -> Vec<Route> {
    routes![begin, complete]
}

#[derive(Deserialize)]
struct BeginRequest {
    username: Option<String>,
}

/// `PublicKeyCredentialRequestOptionsJSON`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestOptions {
    challenge: String,
    timeout: u128,
    rp_id: String,
    allow_credentials: Vec<Descriptor>,
    user_verification: UserVerification,
}

#[post("/authenticate/begin", data = "<body>")]
async fn begin(
    _limit: WithinLimit,
    body: JsonBody,
    host: &State<Host>,
) -> Result<Private<Begun<RequestOptions>>, Problem> {
    let request: BeginRequest = body.read()?;
    let allow_credentials = match &request.username {
        Some(text) => {
            let account = account_or_decoy(host, &Username::parse(text)?).await?;
            account.credentials.iter().map(Descriptor::from).collect()
        }
        None => Vec::new(),
    };
    let minted = host.challenges.mint(Authentication {
        username: request.username,
    })?;
    let config = &host.config;
    Ok(Private(Begun {
        public_key: RequestOptions {
            challenge: minted.challenge,
            timeout: config.challenge_ttl.as_millis(),
            rp_id: config.rp_id.clone(),
            allow_credentials,
            user_verification: config.user_verification,
        },
        challenge_token: minted.token,
    }))
}

/// The account of a name, or the decoy that stands in for one. Both are looked for each time, so
/// that one does not take longer than the other.
async fn account_or_decoy(host: &Host, name: &Username) -> Result<Account, Problem> {
    let decoy = host.decoys.account(name)?;
    Ok(host.store.account_by_name(name).await?.unwrap_or(decoy))
}

#[derive(Deserialize)]
struct CompleteRequest<'a> {
    #[serde(borrow)]
    assertion: Option<&'a RawValue>,
    challenge_token: String,
}

#[derive(Serialize)]
struct SignedIn {
    status: &'static str,
    username: String,
    credential: CredentialView,
    #[serde(flatten)]
    login: Login,
}

#[post("/authenticate/complete", data = "<body>")]
async fn complete(
    _limit: WithinLimit,
    body: JsonBody,
    host: &State<Host>,
) -> Result<Private<SignedIn>, Problem> {
    let request: CompleteRequest<'_> = body.read()?;
    let result = sign_in(host, &request).await;
    report("authentication", &result);
    result.map(Private)
}

async fn sign_in(host: &Host, request: &CompleteRequest<'_>) -> Result<SignedIn, Problem> {
    let asked = host
        .challenges
        .redeem(&request.challenge_token, &*host.store)
        .await?;
    let id = verifier::asserted_id(request.assertion).unwrap_or_default();
    for _ in 0..ATTEMPTS {
        let verified = judge(host, &asked, request.assertion, &id).await?;
        if verified.is_stored(host).await? {
            return verified.answer(host).await;
        }
    }
    Err(StoreError::Unavailable.into())
}

/// A sign-in that was verified against a credential as it was read.
struct Verified {
    account: Account,
    before: Credential,
    after: CredentialState,
}

async fn judge(
    host: &Host,
    asked: &Spent<Authentication>,
    assertion: Option<&RawValue>,
    id: &[u8],
) -> Result<Verified, Problem> {
    let named = asked.flow.username.as_deref();
    let account = match named {
        Some(text) => Some(account_or_decoy(host, &Username::parse(text)?).await?),
        None => host.store.account_by_credential(id).await?,
    };
    let claimant = match (&account, named) {
        (Some(account), Some(_)) => Claimant::Named(account),
        (Some(account), None) => Claimant::Discovered(account),
        (None, _) => Claimant::Unknown,
    };
    let before = account.as_ref().and_then(|account| {
        let mut held = account.credentials.iter();
        held.find(|credential| credential.id == id).cloned()
    });
    let after = verifier::authenticate(&host.config, asked, assertion, &claimant, before.as_ref())
        .map_err(|error| refuse(&claimant, error))?;
    match (account, before) {
        (Some(account), Some(before)) => Ok(Verified {
            account,
            before,
            after,
        }),
        // Nothing verifies without a record.
        _ => Err(Problem::credential_unknown()),
    }
}

/// A credential that nobody has and one whose owner is not the user that the response names are the
/// same to whoever asks without a name: else ids from a sign-in by name could be told from decoys.
fn refuse(claimant: &Claimant<'_>, error: Error) -> Problem {
    let nobodys = match (claimant, error.kind()) {
        (Claimant::Named(_), _) => false,
        (_, ErrorKind::UserHandleMismatch) => true,
        (_, ErrorKind::UserHandleMissing | ErrorKind::UserHandleMalformed) => false,
        (Claimant::Unknown, _) => error.step().number() >= IDENTIFY_USER,
        (Claimant::Discovered(_), _) => false,
    };
    if nobodys {
        Problem::credential_unknown()
    } else {
        Problem::not_verified(Ceremony::Authentication, error)
    }
}

impl Verified {
    /// Moves the credential to what the sign-in says of it, unless it is elsewhere by now.
    async fn is_stored(&self, host: &Host) -> Result<bool, StoreError> {
        let after = CredentialState {
            user_verified: self.before.state.user_verified || self.after.user_verified,
            ..self.after
        };
        host.store
            .move_credential(&self.before.id, self.before.state, after)
            .await
    }

    async fn answer(self, host: &Host) -> Result<SignedIn, Problem> {
        let mut view = CredentialView::from(&self.before);
        view.sign_count = self.after.sign_count;
        view.backup_state = self.after.backup_state;
        view.user_verified = self.after.user_verified;
        view.before = Some(Before::from(self.before.state));
        let Account { handle, name, .. } = &self.account;
        Ok(SignedIn {
            status: "OK",
            username: name.as_written().to_owned(),
            credential: view,
            login: host
                .login
                .mint(handle, name, self.after.user_verified)
                .await?,
        })
    }
}
