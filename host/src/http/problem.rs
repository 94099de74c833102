//! Failures as RFC 9457 problem documents, and the one registry of their codes.

use std::borrow::Cow;
use std::io::Cursor;

use portcullis_core::{Error, ErrorKind, Step};
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::table::Methods;
use crate::account::username::NameError;
use crate::approval::receipt::ReceiptError;
use crate::approval::request::AskError;
use crate::ceremony::challenge::{RedeemError, TokenError};
use crate::store::StoreError;
use crate::token::keys::CryptoFailure;
use crate::token::signer::SignError;

/// `Retry-After` in seconds for a store or signer that is full or unreachable.
const RETRY: u64 = 30;

/// The host's own codes. Those of a ceremony are the core's [`ErrorKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "their titles say it")]
pub enum Code {
    BodyInvalid,
    BodyTooLarge,
    MediaType,
    UsernameInvalid,
    UsernameTaken,
    CredentialExists,
    AccountFull,
    CredentialUnknown,
    TokenInvalid,
    TokenExpired,
    TokenSpent,
    LoginRequired,
    SignInAgain,
    CrossSite,
    LastCredential,
    RecoveryRefused,
    InvitationRequired,
    InvitationRefused,
    ApproverRefused,
    AlreadyApproved,
    ReceiptRefused,
    RateLimited,
    StoreUnavailable,
    SignerUnavailable,
    HostStopping,
    NotFound,
    MethodNotAllowed,
    Internal,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::BodyInvalid,
        Self::BodyTooLarge,
        Self::MediaType,
        Self::UsernameInvalid,
        Self::UsernameTaken,
        Self::CredentialExists,
        Self::AccountFull,
        Self::CredentialUnknown,
        Self::TokenInvalid,
        Self::TokenExpired,
        Self::TokenSpent,
        Self::LoginRequired,
        Self::SignInAgain,
        Self::CrossSite,
        Self::LastCredential,
        Self::RecoveryRefused,
        Self::InvitationRequired,
        Self::InvitationRefused,
        Self::ApproverRefused,
        Self::AlreadyApproved,
        Self::ReceiptRefused,
        Self::RateLimited,
        Self::StoreUnavailable,
        Self::SignerUnavailable,
        Self::HostStopping,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Internal,
    ];

    /// The code, its status, and its title.
    #[must_use]
    pub const fn describe(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::BodyInvalid => ("body_invalid", 400, "The request cannot be read"),
            Self::BodyTooLarge => ("body_too_large", 413, "The body is too large"),
            Self::MediaType => ("media_type", 415, "The body must be application/json"),
            Self::UsernameInvalid => ("username_invalid", 400, "The user name is not allowed"),
            Self::UsernameTaken => ("username_taken", 409, "The user name is taken"),
            Self::CredentialExists => (
                "credential_exists",
                409,
                "The passkey is already registered",
            ),
            Self::AccountFull => ("account_full", 409, "The account has no room for a passkey"),
            Self::CredentialUnknown => ("credential_unknown", 401, "The passkey is not known here"),
            Self::TokenInvalid => ("token_invalid", 401, "The token is not accepted"),
            Self::TokenExpired => ("token_expired", 401, "The token has expired"),
            Self::TokenSpent => ("token_spent", 401, "The token was already used"),
            Self::LoginRequired => ("login_required", 401, "Sign in first"),
            Self::SignInAgain => ("sign_in_again", 401, "Sign in again"),
            Self::CrossSite => ("cross_site", 403, "Another site may not ask for this"),
            Self::LastCredential => (
                "last_credential",
                409,
                "The account would be left without a way in",
            ),
            Self::RecoveryRefused => ("recovery_refused", 401, "The recovery code is not accepted"),
            Self::InvitationRequired => ("invitation_required", 403, "An invitation is needed"),
            Self::InvitationRefused => {
                ("invitation_refused", 401, "The invitation is not accepted")
            }
            Self::ApproverRefused => ("approver_refused", 403, "The account may not approve this"),
            Self::AlreadyApproved => ("already_approved", 409, "This was approved already"),
            Self::ReceiptRefused => ("receipt_refused", 400, "An earlier receipt is not accepted"),
            Self::RateLimited => ("rate_limited", 429, "Too many requests"),
            Self::StoreUnavailable => ("store_unavailable", 503, "The store is not available"),
            Self::SignerUnavailable => (
                "signer_unavailable",
                503,
                "The signing key is not available",
            ),
            Self::HostStopping => ("host_stopping", 503, "The host is about to end"),
            Self::NotFound => ("not_found", 404, "There is nothing here"),
            Self::MethodNotAllowed => ("method_not_allowed", 405, "The method is not allowed here"),
            Self::Internal => ("internal_error", 500, "The host failed"),
        }
    }

    /// What a caller, or the host's operator, does about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::BodyInvalid => {
                "Send the JSON that `/openapi.json` describes; `detail` names the member."
            }
            Self::BodyTooLarge => "Send at most 128 KiB; a genuine response has a tenth of that.",
            Self::MediaType => "Set `Content-Type: application/json`.",
            Self::UsernameInvalid => {
                "Choose another name; `detail` says what is wrong with this one."
            }
            Self::UsernameTaken => "Choose another name, or sign in to add a passkey to this one.",
            Self::CredentialExists => "Sign in with it.",
            Self::AccountFull => "Remove a passkey first.",
            Self::CredentialUnknown => {
                "Register it, or use another one. The page may let the browser forget it: `signal` has what for."
            }
            Self::TokenInvalid => {
                "Begin again, on a host with the same secret and at the same origin."
            }
            Self::TokenExpired => {
                "Begin again; `PORTCULLIS_CHALLENGE_TTL` and `PORTCULLIS_LOGIN_TTL` say how long tokens live."
            }
            Self::TokenSpent => "Begin again: every attempt needs a token of its own.",
            Self::LoginRequired => "Sign in, and send the session's cookie or the login token.",
            Self::SignInAgain => "Sign in again: this needs a sign-in of the last 300 seconds.",
            Self::CrossSite => {
                "Call from a page at one of `PORTCULLIS_ORIGINS`, or show a login token."
            }
            Self::LastCredential => {
                "Add another passkey, or make recovery codes, or delete the account."
            }
            Self::RecoveryRefused => {
                "Try another code: each is good for one use, and new codes void the old ones."
            }
            Self::InvitationRequired => "Ask the operator for an invitation: `portcullis invite`.",
            Self::InvitationRefused => {
                "Ask the operator for another one: each is good for one registration."
            }
            Self::ApproverRefused => {
                "Use a passkey of somebody whom the request names; `approvers` of `/approve/show` has them."
            }
            Self::AlreadyApproved => {
                "Somebody else has to approve: each account counts once in a request."
            }
            Self::ReceiptRefused => {
                "Send receipts as `/approve/complete` gave them, of this request; sixteen approvals are the most."
            }
            Self::RateLimited => {
                "Wait as many seconds as `Retry-After` says; `PORTCULLIS_RATE_LIMIT` sets the limit."
            }
            Self::StoreUnavailable => "Wait as `Retry-After` says. The host's log has the cause.",
            Self::SignerUnavailable => "Wait as `Retry-After` says. The host's log has the cause.",
            Self::HostStopping => "Send requests to another instance.",
            Self::NotFound => "Look at the path, and whether the settings switch the call on.",
            Self::MethodNotAllowed => "Use a method that `Allow` names.",
            Self::Internal => "The host's log has the cause. Report it if it is the host's.",
        }
    }

    /// The text of the code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.describe().0
    }
}

/// Which ceremony an error of the core comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ceremony {
    Registration,
    Authentication,
    Approval,
}

/// A failure, on its way to the client.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: Status,
    code: &'static str,
    title: &'static str,
    detail: Cow<'static, str>,
    step: Option<Box<str>>,
    retry_after: Option<u64>,
    /// A header that only some failures have.
    header: Option<Box<Header<'static>>>,
    unknown: Option<Box<UnknownCredential>>,
}

/// What a page hands to `PublicKeyCredential.signalUnknownCredential()`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UnknownCredential {
    rp_id: String,
    credential_id: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ProblemSignal)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signal<'a> {
    unknown_credential: &'a UnknownCredential,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<Signal<'a>>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let (code, status, title) = code.describe();
        Self {
            status: Status::new(status),
            code,
            title,
            detail: detail.into(),
            step: None,
            retry_after: (status == 503).then_some(RETRY),
            header: None,
            unknown: None,
        }
    }

    /// What the verifier said. The sentence depends on nothing but the kind of the error and, where the response cannot
    /// be read, on the response: where, and what stands there.
    pub(crate) fn not_verified(ceremony: Ceremony, error: Error) -> Self {
        let (status, title) = match ceremony {
            Ceremony::Registration => (Status::BadRequest, "The registration does not verify"),
            Ceremony::Authentication if error.is_malformed() => {
                (Status::BadRequest, "The sign-in cannot be read")
            }
            Ceremony::Authentication => (Status::Unauthorized, "The sign-in does not verify"),
            Ceremony::Approval if error.is_malformed() => {
                (Status::BadRequest, "The approval cannot be read")
            }
            Ceremony::Approval => (Status::Unauthorized, "The approval does not verify"),
        };
        Self {
            status,
            code: error.code(),
            title,
            detail: Self::said(ceremony, &error),
            step: Some(error.step().to_string().into()),
            retry_after: None,
            header: None,
            unknown: None,
        }
    }

    fn said(ceremony: Ceremony, error: &Error) -> Cow<'static, str> {
        // A key that came in no response is the record's, of which no answer says anything.
        let is_recorded =
            ceremony != Ceremony::Registration && error.kind() == ErrorKind::PublicKeyMalformed;
        match error.fault() {
            Some(fault) if !is_recorded => format!("{} Found: {fault}.", error.message()).into(),
            _ => error.message().into(),
        }
    }

    pub(crate) fn credential_exists() -> Self {
        Self::new(
            Code::CredentialExists,
            "The credential id is already registered.",
        )
        .at_step(Step::REG_CREDENTIAL_UNUSED)
    }

    pub(crate) fn account_full() -> Self {
        Self::new(
            Code::AccountFull,
            "The account has as many passkeys as it may; remove one first.",
        )
    }

    pub(crate) fn credential_unknown() -> Self {
        Self::new(
            Code::CredentialUnknown,
            "No account has a credential of this id.",
        )
        .at_step(Step::AUTH_USER)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing of this name.")
    }

    pub(crate) fn login_required() -> Self {
        Self::new(Code::LoginRequired, "Nobody is signed in.")
    }

    pub(crate) fn sign_in_again() -> Self {
        Self::new(
            Code::SignInAgain,
            "This needs a sign-in that is not older than 300 seconds.",
        )
    }

    pub(crate) fn cross_site() -> Self {
        Self::new(
            Code::CrossSite,
            "The request has a session and was sent by a page of another site.",
        )
    }

    pub(crate) fn approver_refused() -> Self {
        Self::new(
            Code::ApproverRefused,
            "The request names others, or the name was somebody else's when it was begun.",
        )
    }

    pub(crate) fn already_approved() -> Self {
        Self::new(
            Code::AlreadyApproved,
            "This account, or this passkey, has approved the request before.",
        )
    }

    pub(crate) fn recovery_refused() -> Self {
        Self::new(
            Code::RecoveryRefused,
            "No account has this name and an unused code like this one.",
        )
    }

    /// Lets the page tell the browser that it offers a credential which no account has.
    pub(crate) fn for_nobodys(mut self, rp_id: &str, credential_id: String) -> Self {
        self.unknown = Some(Box::new(UnknownCredential {
            rp_id: rp_id.to_owned(),
            credential_id,
        }));
        self
    }

    /// The same with one header more.
    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.header = Some(Box::new(Header::new(name, value)));
        self
    }

    pub(crate) fn rate_limited(seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(Code::RateLimited, "The limit of calls a minute is reached.")
        }
    }

    pub(crate) fn name_limited(seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                Code::RateLimited,
                "Too many codes were tried for this name within an hour.",
            )
        }
    }

    pub(crate) fn method_not_allowed(allow: Methods) -> Self {
        Self::new(
            Code::MethodNotAllowed,
            "The Allow header names the methods of this path.",
        )
        .with_header("Allow", allow.to_string())
    }

    fn at_step(mut self, step: Step) -> Self {
        self.step = Some(step.to_string().into());
        self
    }

    pub(crate) const fn status(&self) -> Status {
        self.status
    }

    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn step(&self) -> Option<&str> {
        self.step.as_deref()
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid => Self::new(
                Code::TokenInvalid,
                "It was not issued by this host for this purpose, or was changed.",
            ),
            TokenError::Expired => Self::new(Code::TokenExpired, "Begin again to get a new one."),
            TokenError::Spent => Self::new(
                Code::TokenSpent,
                "A token is good for one attempt; begin again to get a new one.",
            ),
        }
    }
}

impl From<RedeemError> for Problem {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Token(error) => error.into(),
            RedeemError::Store(error) => error.into(),
        }
    }
}

/// The cause is in the log already, once for all calls that fail by it.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let detail = match error {
            StoreError::Full => "The store has no room.",
            StoreError::Unavailable(_) => "The store cannot be reached.",
        };
        Self::new(Code::StoreUnavailable, detail)
    }
}

impl From<SignError> for Problem {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Unavailable => Self::new(
                Code::SignerUnavailable,
                "Nothing can be signed until it is back.",
            ),
            SignError::Crypto(error) => error.into(),
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        Self::new(Code::BodyInvalid, format!("The body: {error}."))
    }
}

impl From<ReceiptError> for Problem {
    fn from(error: ReceiptError) -> Self {
        match error {
            ReceiptError::Refused => Self::new(
                Code::ReceiptRefused,
                "It is not one of this request that this host has signed.",
            ),
            ReceiptError::Full => {
                Self::new(Code::ReceiptRefused, "A receipt has at most 16 approvals.")
            }
            ReceiptError::Repeated => Self::already_approved(),
            ReceiptError::Sign(error) => error.into(),
            ReceiptError::Unverified(_) => {
                tracing::error!(%error, "no receipt could be made");
                Self::new(Code::Internal, "No receipt could be made.")
            }
        }
    }
}

impl From<NameError> for Problem {
    fn from(error: NameError) -> Self {
        Self::new(Code::UsernameInvalid, format!("`username`: {error}."))
    }
}

impl From<CryptoFailure> for Problem {
    fn from(error: CryptoFailure) -> Self {
        tracing::error!(%error, "no answer could be made");
        Self::new(Code::Internal, "No answer could be made.")
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let document = Document {
            r#type: format!("urn:portcullis:problem:{}", self.code),
            title: self.title,
            status: self.status.code,
            detail: &self.detail,
            code: self.code,
            step: self.step.as_deref(),
            signal: self
                .unknown
                .as_deref()
                .map(|unknown_credential| Signal { unknown_credential }),
        };
        let body = serde_json::to_vec(&document).map_err(|_| Status::InternalServerError)?;

        let mut response = Response::build();
        response
            .status(self.status)
            .header(ContentType::new("application", "problem+json"))
            .raw_header("Cache-Control", "no-store")
            // No fairing sees the answer to a method that HTTP does not know.
            .raw_header("X-Content-Type-Options", "nosniff")
            .sized_body(body.len(), Cursor::new(body));
        if self.status == Status::Unauthorized {
            response.raw_header("WWW-Authenticate", "Bearer");
        }
        if let Some(seconds) = self.retry_after {
            response.header(Header::new("Retry-After", seconds.to_string()));
        }
        if let Some(header) = self.header {
            response.header(*header);
        }
        response.ok()
    }
}

/// Ends a request in a guard. The catcher takes the problem from the request's cache, see [`refusal`].
pub(crate) fn refuse(request: &Request<'_>, problem: Problem) -> (Status, Problem) {
    request.local_cache(|| Some(problem.clone()));
    (problem.status(), problem)
}

/// The problem that a guard of this request ended with.
pub(crate) fn refusal(request: &Request<'_>) -> Option<Problem> {
    request.local_cache(|| None::<Problem>).clone()
}

/// A code that an answer can carry, for documentation.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The text of the code.
    pub code: &'static str,
    /// The status that it comes with; `None` where it depends on the ceremony.
    pub status: Option<u16>,
    /// What has happened.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Every code that an answer can carry: the host's own, then those of the verifier.
pub fn registry() -> impl Iterator<Item = Entry> {
    // Host and core share this one: the core from a list, the host from its store.
    let shared = Code::CredentialExists.as_str();
    let own = Code::ALL.into_iter().map(|own| {
        let (code, status, meaning) = own.describe();
        Entry {
            code,
            status: Some(status),
            meaning,
            remedy: own.remedy(),
        }
    });
    let core = ErrorKind::ALL.iter().map(|kind| Entry {
        code: kind.code(),
        status: None,
        meaning: kind.message(),
        remedy: remedy(*kind),
    });
    own.chain(core.filter(move |entry| entry.code != shared))
}

/// What to do about a response that does not verify. `portcullis verify` says more of a single one.
const fn remedy(kind: ErrorKind) -> &'static str {
    use ErrorKind as E;

    match kind {
        E::ResponseMalformed | E::ClientExtensionsMalformed | E::ClientDataMalformed => {
            "Send what the browser's `toJSON()` gives, unchanged."
        }
        E::TypeMismatch => {
            "Answer a registration with `credentials.create()` and a sign-in with `credentials.get()`."
        }
        E::ChallengeMismatch => {
            "Give the browser the options of the same `begin` as the token, and its bytes undecoded."
        }
        E::OriginMismatch => {
            "Open the page at one of `PORTCULLIS_ORIGINS`, or list its origin there; both calls come from one page."
        }
        E::CrossOriginUnexpected | E::TopOriginUnexpected | E::TopOriginMismatch => {
            "Open the page by itself, not in a frame of another site."
        }
        E::RpIdMismatch => "Leave the RP ID in the options as it is; it is `PORTCULLIS_RP_ID`.",
        E::UserNotPresent => "Try again, and touch the authenticator.",
        E::UserNotVerified => {
            "Use an authenticator with a PIN or biometrics; `PORTCULLIS_USER_VERIFICATION` says whether one is needed."
        }
        E::BackupEligibilityChanged => {
            "Register the passkey anew, or set `PORTCULLIS_BACKUP_CHANGE` to `report` while its provider moves."
        }
        E::AlgorithmNotOffered
        | E::AlgorithmUnsupported
        | E::AttestationFormatUnsupported
        | E::AttestationFormatNotAccepted
        | E::AttestationTypeUnsupported
        | E::AttestationAlgorithmUnsupported => "Use another authenticator.",
        E::AttestationCertificateOutdated => {
            "Look at the machine's clock; else use another authenticator."
        }
        E::TrustAnchorsMissing | E::AttestationUntrusted => {
            "Use a model whose root is in `PORTCULLIS_ATTESTATION_ROOTS` or `PORTCULLIS_MDS`, or add its root."
        }
        E::AuthenticatorNotAccepted => "Use a model that `PORTCULLIS_AAGUIDS` accepts.",
        E::AuthenticatorRevoked => "Use another model: nothing this one makes can be relied on.",
        E::CredentialIdMismatch | E::CredentialMismatch => {
            "Send the response with the `id` that the browser gave it."
        }
        E::CredentialExists => "Sign in with it.",
        E::CredentialNotAllowed => "Use a passkey of this account, or sign in without a name.",
        E::UserHandleMissing => {
            "Sign in by name, or make the passkey anew with an authenticator that stores it."
        }
        E::UserHandleMismatch => "Sign in with the passkey that is of this name.",
        E::SignCountNotIncreased => {
            "Somebody may have copied the authenticator: remove the passkey, and make another one."
        }
        E::SignatureInvalid | E::AttestationSignatureInvalid => {
            "Send every part of the response unchanged; else the authenticator does not hold this passkey's key."
        }
        E::CredentialMissing => "Register the passkey first.",
        _ => {
            "The authenticator or the page's code has sent what the specification does not allow: see what \
              `portcullis inspect` says of it, and use another authenticator."
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_code_is_used_twice() {
        let mut seen = HashSet::new();
        for Entry {
            code,
            meaning,
            remedy,
            ..
        } in registry()
        {
            assert!(seen.insert(code), "{code}");
            assert!(!meaning.is_empty() && !remedy.is_empty(), "{code}");
        }
    }
}
