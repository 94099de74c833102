//! Approvals of documents: what is asked for, and the passkeys that answer.

use core::time::Duration;
use std::borrow::Cow;

use portcullis_core::AuthenticationResponse;
use portcullis_core::limits::APPROVALS_MAX;
use rocket::serde::json::Json;
use rocket::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::authentication::{ATTEMPTS, RequestOptions, Sent, judge};
use super::claim::Claim;
use super::resource::calls;
use super::views::Private;
use crate::account::Username;
use crate::app::App;
use crate::approval::receipt::{Approval, Trust, add};
use crate::approval::request::{Asked, LIFE_MAX, Request};
use crate::ceremony::challenge::{Authentication, Spent, TokenError};
use crate::ceremony::verify;
use crate::clock::Timestamp;
use crate::config::UserVerification;
use crate::encoding::{base64url, from_base64url, rfc3339};
use crate::http::body::JsonBody;
use crate::http::caller::SignedIn;
use crate::http::client::WithinLimit;
use crate::http::problem::{Ceremony, Code, Problem};
use crate::http::visitor::Visitor;
use crate::metrics::Flow;
use crate::store::{EventKind, SignedIn as Stored, StoreError};

/// The longest response, in bytes: a receipt carries it, and those of the other approvers.
const RESPONSE_MAX: usize = 13 * 1_024;

calls!(begin, show, complete, trust);

#[derive(Deserialize, ToSchema)]
#[schema(as = ApprovalBegin)]
struct BeginRequest {
    /// The document's SHA-256, in base64url.
    #[schema(min_length = 43, max_length = 43)]
    document: String,
    /// What approvers are shown, such as the document's name.
    #[schema(min_length = 1, max_length = 256)]
    text: String,
    /// How many approvals it takes.
    #[schema(minimum = 1, maximum = 16, default = 1)]
    threshold: Option<usize>,
    /// The names of those who may approve; everybody who has an account where it is left out.
    #[schema(max_items = 16)]
    approvers: Option<Vec<String>>,
    /// How many seconds approvals count; as long as other challenges where it is left out.
    #[schema(minimum = 1, maximum = 86_400)]
    life: Option<u64>,
}

impl BeginRequest {
    fn asked(&self) -> Result<Asked, Problem> {
        let document = from_base64url(&self.document);
        let document = document.ok_or_else(|| {
            let detail = "The body: `document` must be a SHA-256 in base64url.";
            Problem::new(Code::BodyInvalid, detail)
        })?;
        let names = self.approvers.iter().flatten();
        let approvers = names.map(|name| Username::parse(name));
        let asked = Asked {
            document,
            text: self.text.clone(),
            threshold: self.threshold.unwrap_or(1),
            approvers: approvers.collect::<Result<_, _>>()?,
        };
        Ok(asked.check()?)
    }

    fn life(&self, usual: Duration) -> Result<Duration, Problem> {
        match self.life {
            None => Ok(usual),
            Some(seconds @ 1..=LIFE_MAX) => Ok(Duration::from_secs(seconds)),
            Some(_) => {
                let detail = format!("The body: `life` must be 1 to {LIFE_MAX} seconds.");
                Err(Problem::new(Code::BodyInvalid, detail))
            }
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApprovalBegun)]
#[serde(rename_all = "camelCase")]
struct BegunView<'a> {
    /// For the approvers: `show` and `complete` take it.
    token: String,
    expires: String,
    public_key: RequestOptions<'a>,
}

/// Asks for approvals of a document. Nothing is stored: the token has it all.
#[utoipa::path(
    tag = "approvals",
    request_body = BeginRequest,
    responses(
        (status = 200, description = "The token of the request.", body = BegunView<'_>),
        (status = 400, description = "`body_invalid`, `username_invalid`"),
        (status = 401, description = "`login_required`"),
        (status = 403, description = "`cross_site`"),
        (status = 413, description = "`body_too_large`"),
        (status = 415, description = "`media_type`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = []), ("login_token" = [])),
)]
#[post("/approve/begin", data = "<body>")]
async fn begin(
    _limit: WithinLimit,
    _caller: SignedIn,
    body: JsonBody,
    app: &App,
) -> Result<Private<BegunView<'_>>, Problem> {
    let body: BeginRequest = body.read()?;
    let life = body.life(app.config.challenge_ttl)?;
    let (request, token) = app.requests.begin(body.asked()?, life)?;
    app.metrics.begun(Flow::Approval);
    Ok(Private(BegunView {
        token,
        expires: rfc3339(request.expires),
        public_key: options(app, &request, request.begun),
    }))
}

/// The options for `navigator.credentials.get`: any passkey of this host.
fn options<'a>(app: &'a App, request: &Request, now: Timestamp) -> RequestOptions<'a> {
    let left = request.expires.saturating_sub(now);
    RequestOptions {
        challenge: base64url(&request.challenge()),
        timeout: Duration::from_secs(left).as_millis(),
        rp_id: &app.config.rp_id,
        allow_credentials: Vec::new(),
        user_verification: UserVerification::Required,
        hints: &app.config.hints,
    }
}

#[derive(Deserialize, ToSchema)]
#[schema(as = ApprovalShow)]
struct ShowRequest<'a> {
    #[serde(borrow)]
    token: Cow<'a, str>,
}

/// What is to be approved.
#[derive(Serialize, ToSchema)]
#[schema(as = ApprovalRequest)]
#[serde(rename_all = "camelCase")]
struct RequestView<'a> {
    issuer: String,
    document: String,
    text: String,
    begun: String,
    expires: String,
    threshold: usize,
    /// Who may approve; everybody who has an account where there are none.
    approvers: Vec<String>,
    public_key: RequestOptions<'a>,
}

/// What a token asks for, for the page that shows it: nothing of it is to be believed unread.
#[utoipa::path(
    tag = "approvals",
    request_body = ShowRequest<'_>,
    responses(
        (status = 200, description = "The request.", body = RequestView<'_>),
        (status = 400, description = "`body_invalid`"),
        (status = 401, description = "`token_invalid`, `token_expired`"),
        (status = 413, description = "`body_too_large`"),
        (status = 415, description = "`media_type`"),
        (status = 429, description = "`rate_limited`"),
    ),
)]
#[post("/approve/show", data = "<body>")]
async fn show(
    _limit: WithinLimit,
    body: JsonBody,
    app: &App,
) -> Result<Private<RequestView<'_>>, Problem> {
    let body: ShowRequest<'_> = body.read()?;
    let (request, now) = app.requests.open(&body.token)?;
    let public_key = options(app, &request, now);
    let names = request.asked.approvers.into_iter();
    Ok(Private(RequestView {
        issuer: request.issuer,
        document: base64url(&request.asked.document),
        text: request.asked.text,
        begun: rfc3339(request.begun),
        expires: rfc3339(request.expires),
        threshold: request.asked.threshold,
        approvers: names.map(Username::into_written).collect(),
        public_key,
    }))
}

#[derive(Deserialize, ToSchema)]
#[schema(as = ApprovalComplete)]
struct CompleteRequest<'a> {
    #[serde(borrow)]
    token: Cow<'a, str>,
    /// `AuthenticationResponseJSON`; without it the earlier receipts become one.
    #[serde(borrow)]
    #[schema(value_type = Option<Object>)]
    response: Option<&'a RawValue>,
    /// Receipts of the same request, whose approvals the new one has too.
    #[serde(borrow)]
    #[schema(max_items = 16)]
    receipts: Option<Vec<Cow<'a, str>>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApprovalReceipt)]
struct ReceiptView {
    /// A JWS: `portcullis verify-receipt` verifies it.
    receipt: String,
    /// How many more approvals it takes.
    missing: usize,
}

/// Approves a document, by the passkey whose response it is, and gives the receipt.
#[utoipa::path(
    tag = "approvals",
    request_body = CompleteRequest<'_>,
    responses(
        (status = 200, description = "Approved: the receipt.", body = ReceiptView),
        (status = 400, description = "`body_invalid`, `receipt_refused`, or why the response cannot be read"),
        (status = 401, description = "`token_invalid`, `token_expired`, `credential_unknown`, or why the response does not verify"),
        (status = 403, description = "`approver_refused`"),
        (status = 409, description = "`already_approved`"),
        (status = 413, description = "`body_too_large`"),
        (status = 415, description = "`media_type`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`store_unavailable`, `signer_unavailable`"),
    ),
)]
#[post("/approve/complete", data = "<body>")]
async fn complete(
    _limit: WithinLimit,
    visitor: Visitor,
    body: JsonBody,
    app: &App,
) -> Result<Private<ReceiptView>, Problem> {
    let body: CompleteRequest<'_> = body.read()?;
    match body.response {
        Some(response) => {
            let mut claim = Claim::of(Flow::Approval);
            let result = approve(app, &visitor, &body, response, &mut claim).await;
            app.note_end(&visitor, &result, claim).await;
            result
        }
        None => merge(app, &body).await,
    }
}

/// The earlier receipts as one: people who approved at the same time have one each.
async fn merge(app: &App, body: &CompleteRequest<'_>) -> Result<Private<ReceiptView>, Problem> {
    let (request, now) = app.requests.open(&body.token)?;
    let approvals = earlier(app, &request, body)?;
    if approvals.is_empty() {
        let detail = "The body: there must be a `response`, or `receipts`.";
        return Err(Problem::new(Code::BodyInvalid, detail));
    }
    receipt(app, &request, approvals, now).await.map(Private)
}

fn earlier(
    app: &App,
    request: &Request,
    body: &CompleteRequest<'_>,
) -> Result<Vec<Approval>, Problem> {
    let receipts = body.receipts.as_deref().unwrap_or_default();
    if receipts.len() > APPROVALS_MAX {
        let detail = format!("The body: `receipts` may have {APPROVALS_MAX}.");
        return Err(Problem::new(Code::BodyInvalid, detail));
    }
    Ok(app.receipts.merge(request, receipts)?)
}

async fn receipt(
    app: &App,
    request: &Request,
    approvals: Vec<Approval>,
    now: Timestamp,
) -> Result<ReceiptView, Problem> {
    let missing = request.asked.threshold.saturating_sub(approvals.len());
    let receipt = app.receipts.sign(&app.config, request, approvals, now);
    Ok(ReceiptView {
        receipt: receipt.await?,
        missing,
    })
}

async fn approve(
    app: &App,
    visitor: &Visitor,
    body: &CompleteRequest<'_>,
    response: &RawValue,
    claim: &mut Claim,
) -> Result<Private<ReceiptView>, Problem> {
    let (request, now) = app.requests.open(&body.token)?;
    claim.document = Some(request.asked.document);
    if response.get().len() > RESPONSE_MAX {
        let detail = format!("The body: `response` may have {RESPONSE_MAX} bytes.");
        return Err(Problem::new(Code::BodyInvalid, detail));
    }
    let earlier = earlier(app, &request, body)?;
    // Judged as a sign-in without a name is.
    let asked = Spent {
        challenge: request.challenge(),
        user_verification: UserVerification::Required,
        origin: None,
        flow: Authentication { username: None },
    };
    let sent = Sent {
        ceremony: Ceremony::Approval,
        response: Some(response),
        token: &body.token,
    };
    let mut json = verify::copy(sent.response);
    let assertion = AuthenticationResponse::from_json(&mut json);
    for _ in 0..ATTEMPTS {
        let verified = judge(app, &asked, sent, &assertion, claim).await?;
        if !request.may_be_approved_by(&verified.account) {
            return Err(Problem::approver_refused());
        }
        let (name, credential) = (&verified.account.name, &verified.before);
        let approval = Approval::new(&app.config, &request, name, credential, response.get(), now);
        // Before anything is written: an approval whose receipt cannot be made has not been.
        let approvals = add(earlier.clone(), approval)?;
        let receipt = receipt(app, &request, approvals, now).await?;
        let mut event = visitor.sign(verified.event(EventKind::Approved, app));
        event.document = Some(request.asked.document);
        let mut command = verified.command(event.clone());
        command.spends = Some(request.approval_of(&verified.account));
        match app.store.sign_in(command).await? {
            Stored::Done => {
                app.tell(&event).await;
                return Ok(Private(receipt));
            }
            Stored::SpentBefore => return Err(Problem::already_approved()),
            Stored::Expired => return Err(TokenError::Expired.into()),
            Stored::Moved(_) | Stored::Gone => {}
        }
    }
    Err(StoreError::unavailable("others kept moving the credential").into())
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the query")]
struct TrustQuery {
    /// How many approvals a receipt has to have.
    #[param(minimum = 1, maximum = 16, default = 1)]
    threshold: Option<usize>,
}

/// What a verifier of receipts trusts: `trust.json` for `portcullis verify-receipt`.
#[utoipa::path(
    tag = "approvals",
    params(TrustQuery),
    responses(
        (status = 200, description = "What to trust.", body = Trust<'_>),
        (status = 400, description = "`body_invalid`"),
    ),
)]
#[get("/approve/trust?<threshold>")]
fn trust<'r>(threshold: Vec<&str>, app: &'r App) -> Result<Json<Trust<'r>>, Problem> {
    // Of two that differ neither is meant.
    let threshold = match *threshold {
        [] => Some(1),
        [one] => one.parse().ok(),
        _ => None,
    };
    let threshold = threshold.filter(|threshold| (1..=APPROVALS_MAX).contains(threshold));
    let threshold = threshold.ok_or_else(|| {
        let detail = format!("The query: `threshold` must be 1 to {APPROVALS_MAX}.");
        Problem::new(Code::BodyInvalid, detail)
    })?;
    Ok(Json(app.receipts.trust(&app.config, threshold)))
}
