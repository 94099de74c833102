//! From approvals to a signature.

use std::collections::HashMap;
use std::io;

use portcullis_core::ceremony::UserVerification;
use portcullis_core::limits::TRACE_STEPS_MAX;
use portcullis_core::{
    AuthenticationResponse, Challenge, Crypto, Policy, SignatureAlgorithm, TraceLog,
    VerifiedAuthentication, algorithm::SoftSha256, verify_authentication,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::approvers::{Approvers, ApproversFile};
use super::encoding::{Bytes, base64url};
use super::receipt::Receipt;
use super::refusal::Refusal;
use super::request::{Document, Request, Time};
use super::settings::{Settings, Trust};
use super::token::{Key, Token};
use super::verifier::TokenEs256;

/// Requests that are open at a time. Each takes a few hundred bytes; documents are not kept.
const REQUESTS_MAX: usize = 64;

/// Bytes of a browser's response. The largest are under 13 KiB.
const RESPONSE_MAX: usize = 64 * 1024;

/// An approval that was counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Approval {
    /// Who has approved.
    pub(crate) approver: String,
    /// With which credential.
    pub(crate) credential: Bytes,
    /// When the gateway has verified it.
    pub(crate) time: Time,
    /// The browser's response, as it came.
    pub(crate) response: Value,
    /// Every step of its verification.
    pub(crate) trace: Vec<TraceStep>,
}

/// A step of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TraceStep {
    pub(crate) step: String,
    pub(crate) slug: String,
    pub(crate) outcome: String,
}

/// What an accepted approval has led to.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// So many approvals are still missing.
    Waiting { missing: usize },
    /// The document is signed; this is the receipt, signature included.
    Signed { receipt: String },
}

/// A request with what the gateway knows of it.
#[derive(Debug)]
struct Open {
    request: Request,
    challenge: [u8; 32],
    document: Document,
    approvals: Vec<Approval>,
    signed: bool,
}

/// The gateway. One thread has it; callers give it the time.
#[derive(Debug)]
pub(crate) struct Gateway {
    settings: Settings,
    token: Token,
    approvers: ApproversFile,
    requests: HashMap<Bytes, Open>,
    latest: Time,
}

impl Gateway {
    pub(crate) fn new(settings: Settings) -> io::Result<Self> {
        Ok(Self {
            token: Token::at(settings.token.clone()),
            approvers: settings.read_approvers()?,
            requests: HashMap::new(),
            latest: 0,
            settings,
        })
    }

    /// What a third party needs to verify this gateway's receipts.
    pub(crate) fn trust(&self) -> Result<Trust, Refusal> {
        Ok(Trust {
            policy: self.settings.policy.clone(),
            document_key: Bytes(self.token.public_point(Key::Document)?.to_vec()),
            receipt_key: Bytes(self.token.public_point(Key::Receipt)?.to_vec()),
            approvers: self.approvers.list().clone(),
        })
    }

    /// Opens a request for a document, and returns it with the options for
    /// `navigator.credentials.get`.
    pub(crate) fn begin(
        &mut self,
        document: &[u8],
        now: Time,
    ) -> Result<(Request, Value), Refusal> {
        let now = self.time(now);
        // An expired request is remembered for another life, to be told from an unknown one.
        let life = self.settings.life;
        self.requests
            .retain(|_, open| open.request.expires.saturating_add(life) > now);
        if self.requests.len() >= REQUESTS_MAX {
            return Err(Refusal::RequestsFull);
        }
        let request = Request {
            gateway: self.settings.policy.gateway.clone(),
            id: Bytes(self.token.random::<16>()?.to_vec()),
            begun: now,
            expires: now.saturating_add(life),
        };
        let challenge = request.challenge(document);
        let options = self.options(&challenge);
        let open = Open {
            request: request.clone(),
            challenge,
            document: Document::of(document),
            approvals: Vec::new(),
            signed: false,
        };
        self.requests.insert(request.id.clone(), open);
        Ok((request, options))
    }

    /// `PublicKeyCredentialRequestOptionsJSON` for any of the approvers.
    fn options(&self, challenge: &[u8; 32]) -> Value {
        let credentials = self.approvers.list().credentials();
        let allowed: Vec<Value> = credentials
            .map(|credential| json!({"type": "public-key", "id": credential.id}))
            .collect();
        json!({
            "challenge": base64url(challenge),
            "rpId": self.settings.policy.rp_id,
            "allowCredentials": allowed,
            "userVerification": "required",
            "timeout": self.settings.life.saturating_mul(1000),
        })
    }

    /// Counts an approval, and signs with the last that was missing.
    ///
    /// Everything that can fail comes before anything is kept: after a refusal, and after a token
    /// that went away, the gateway is as it was, and the same approval may come again.
    pub(crate) fn approve(
        &mut self,
        id: &Bytes,
        response: &str,
        now: Time,
    ) -> Result<Outcome, Refusal> {
        let now = self.time(now);
        let open = self.requests.get(id).ok_or(Refusal::RequestUnknown)?;
        let (approval, approvers) = self.judge(open, response, now)?;
        let mut approvals = open.approvals.clone();
        approvals.push(approval);
        let missing = self
            .settings
            .policy
            .threshold
            .saturating_sub(approvals.len());
        let receipt = match missing {
            0 => Some(self.sign(open, &approvals, now)?),
            _ => None,
        };

        self.approvers.replace(approvers)?;
        if let Some(open) = self.requests.get_mut(id) {
            open.approvals = approvals;
            open.signed = receipt.is_some();
        }
        Ok(match receipt {
            Some(receipt) => Outcome::Signed { receipt },
            None => Outcome::Waiting { missing },
        })
    }

    /// The approval that a response is, and the approvers' list after it.
    fn judge(
        &self,
        open: &Open,
        response: &str,
        now: Time,
    ) -> Result<(Approval, Approvers), Refusal> {
        if response.len() > RESPONSE_MAX {
            return Err(Refusal::ApprovalTooLarge);
        }
        let json: Value = serde_json::from_str(response).unwrap_or_default();
        let already = &open.approvals;
        if already
            .iter()
            .any(|known| signs_the_same(&known.response, &json))
        {
            return Err(Refusal::ApprovalReplayed);
        }
        if open.signed {
            return Err(Refusal::RequestSigned);
        }
        if now >= open.request.expires {
            return Err(Refusal::RequestExpired);
        }

        let mut buffer = response.as_bytes().to_vec();
        let parsed = AuthenticationResponse::from_json(&mut buffer);
        let list = self.approvers.list();
        let approver = parsed.id().and_then(|id| list.find(id));
        let Some((name, credential)) = approver else {
            return Err(Refusal::ApproverUnknown);
        };
        let algorithm = TokenEs256::new(&self.token);
        let mut log = TraceLog::<TRACE_STEPS_MAX>::new();
        let verified = {
            let policy = &self.settings.policy;
            let origins = policy.parsed_origins()?;
            let rp_ids = [policy.rp_id.as_str()];
            let policy =
                Policy::new(&rp_ids, &origins).with_user_verification(UserVerification::Required);
            let algorithms: [&dyn SignatureAlgorithm; 1] = [&algorithm];
            let crypto = Crypto::new(&SoftSha256, &algorithms);
            let challenge = Challenge::new(&open.challenge).ok_or(Refusal::DocumentMismatch)?;
            let record = credential.record();
            verify_authentication(
                &parsed,
                Some(&record),
                challenge,
                &policy,
                &crypto,
                &mut log,
            )
        };
        let verified: VerifiedAuthentication<'_> = match (verified, algorithm.failure()) {
            (Ok(verified), _) => verified,
            (Err(_), Some(failure)) => return Err(failure.into()),
            (Err(error), None) => return Err(Refusal::of(error)),
        };
        if already.iter().any(|known| known.approver == name) {
            return Err(Refusal::ApproverRepeated);
        }

        let approval = Approval {
            approver: name.to_owned(),
            credential: credential.id.clone(),
            time: now,
            response: json,
            trace: steps(&log),
        };
        let (id, count) = (verified.credential_id(), verified.sign_count());
        Ok((approval, list.after(id, count, verified.backup_state())))
    }

    /// Has the token sign the document and the receipt.
    fn sign(&self, open: &Open, approvals: &[Approval], now: Time) -> Result<String, Refusal> {
        let digest: [u8; 32] = open
            .document
            .sha256
            .0
            .as_slice()
            .try_into()
            .map_err(|_| Refusal::DocumentMismatch)?;
        let receipt = Receipt {
            request: open.request.clone(),
            document: open.document.clone(),
            signature: Bytes(self.token.sign(Key::Document, &digest)?),
            signed: now,
            approvals: approvals.to_vec(),
        };
        Ok(receipt.sign(&self.token)?)
    }

    /// The time, which does not run backward here.
    fn time(&mut self, now: Time) -> Time {
        self.latest = self.latest.max(now);
        self.latest
    }
}

/// Whether two responses are of one assertion. ECDSA signatures can be rewritten, so what was signed
/// is compared, not the signature.
fn signs_the_same(one: &Value, other: &Value) -> bool {
    let signed = |response: &Value| {
        [
            "/id",
            "/response/clientDataJSON",
            "/response/authenticatorData",
        ]
        .map(|member| response.pointer(member).cloned())
    };
    signed(one) == signed(other)
}

/// The steps of a verification, in words.
pub(crate) fn steps<const N: usize>(log: &TraceLog<'_, N>) -> Vec<TraceStep> {
    let entries = log.entries().iter().map(|entry| TraceStep {
        step: entry.step.to_string(),
        slug: entry.step.slug().to_owned(),
        outcome: entry.outcome.name().to_owned(),
    });
    entries.collect()
}
