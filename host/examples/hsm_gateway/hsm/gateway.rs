//! From approvals to a signature.

use std::collections::HashMap;

use portcullis_core::ceremony::UserVerification;
use portcullis_core::limits::TRACE_STEPS_MAX;
use portcullis_core::{
    AuthenticationResponse, Challenge, Crypto, Policy, SignatureAlgorithm, TraceLog,
    algorithm::SoftSha256, verify_authentication,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::approvers::{Approvers, ApproversFiles, State, write_whole};
use super::audit::{Audit, Event};
use super::encoding::{Bytes, base64url};
use super::receipt::{self, Receipt};
use super::refusal::Refusal;
use super::request::{Approval, Document, Request, Time, steps};
use super::settings::{Policy as SigningPolicy, Settings, Trust};
use super::token::{RECEIPT_KEY, Token};
use super::verifier::TokenEs256;

/// Requests that are open at a time. Each takes a few kilobytes; documents are not kept.
const REQUESTS_MAX: usize = 64;

/// Bytes of a browser's response. The largest are under 13 KiB.
const RESPONSE_MAX: usize = 64 * 1024;

/// The result of an approval that was accepted.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// More approvals are needed.
    Waiting { missing: usize },
    /// The document is signed; this is the receipt, signature included.
    Signed { receipt: String },
}

/// A request with what the gateway knows of it.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) request: Request,
    challenge: [u8; 32],
    document: Document,
    policy: usize,
    counted: Vec<Counted>,
    pub(crate) receipt: Option<String>,
}

/// An approval with what tells it from others.
#[derive(Clone, Debug)]
struct Counted {
    approval: Approval,
    assertion: Option<Assertion>,
}

/// The part of a response that was signed. ECDSA signatures can be rewritten, so a repeated approval is
/// recognised by this part.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Assertion {
    id: String,
    response: AssertionResponse,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
}

impl Open {
    /// Those who have approved.
    pub(crate) fn approvers(&self) -> impl Iterator<Item = &str> {
        self.counted
            .iter()
            .map(|counted| counted.approval.approver.as_str())
    }
}

/// The gateway. One thread owns it; callers give it the time.
#[derive(Debug)]
pub(crate) struct Gateway {
    settings: Settings,
    token: Token,
    /// For each policy of the settings.
    approvers: Vec<ApproversFiles>,
    audit: Audit,
    requests: HashMap<Bytes, Open>,
    latest: Time,
}

impl Gateway {
    pub(crate) fn new(settings: Settings) -> Result<Self, Refusal> {
        Ok(Self {
            token: Token::new(settings.token.clone())?,
            approvers: settings
                .policies
                .iter()
                .map(SigningPolicy::approvers)
                .collect(),
            audit: Audit::new(settings.audit.clone()),
            requests: HashMap::new(),
            latest: 0,
            settings,
        })
    }

    /// What a third party needs to verify the receipts of a policy.
    pub(crate) fn trust(&self, issuer: &str) -> Result<Trust, Refusal> {
        let (_, policy, approvers) = self.policy(issuer)?;
        self.trust_with(policy, approvers.read()?)
    }

    fn policy(&self, issuer: &str) -> Result<(usize, &SigningPolicy, &ApproversFiles), Refusal> {
        let mut policies = self
            .settings
            .policies
            .iter()
            .zip(&self.approvers)
            .enumerate();
        policies
            .find(|(_, (policy, _))| policy.issuer == issuer)
            .map(|(index, (policy, approvers))| (index, policy, approvers))
            .ok_or(Refusal::PolicyUnknown)
    }

    fn trust_with(&self, policy: &SigningPolicy, approvers: Approvers) -> Result<Trust, Refusal> {
        Ok(Trust {
            issuer: policy.issuer.clone(),
            relying_party: self.settings.relying_party.clone(),
            threshold: policy.threshold,
            document_key: Bytes(self.token.public_point(&policy.key)?.to_vec()),
            receipt_key: Bytes(self.token.public_point(RECEIPT_KEY)?.to_vec()),
            approvers,
        })
    }

    /// Opens a request for a document, and returns it with the options for
    /// `navigator.credentials.get`.
    pub(crate) fn begin(
        &mut self,
        issuer: &str,
        document: Document,
        now: Time,
    ) -> Result<(Request, Value), Refusal> {
        let now = self.time(now);
        // An expired request is kept for another life, so that its refusal says that it has expired.
        let life = self.settings.life;
        self.requests
            .retain(|_, open| open.request.expires.saturating_add(life) > now);
        if self.requests.len() >= REQUESTS_MAX {
            return Err(Refusal::RequestsFull);
        }
        let (index, policy, approvers) = self.policy(issuer)?;
        let approvers = approvers.read()?;
        if approvers.len() < policy.threshold {
            return Err(Refusal::ApproversMissing);
        }
        let request = Request {
            issuer: issuer.to_owned(),
            id: Bytes(self.token.random::<16>()?.to_vec()),
            begun: now,
            expires: now.saturating_add(life),
            document: Bytes(document.sha256.to_vec()),
            text: document.text.clone(),
        };
        let challenge = request.challenge().ok_or(Refusal::DocumentMismatch)?;
        let options = self.options(&challenge, &approvers);
        self.audit.append(&request, Event::Begun, now)?;
        let open = Open {
            request: request.clone(),
            challenge,
            document,
            policy: index,
            counted: Vec::new(),
            receipt: None,
        };
        self.requests.insert(request.id.clone(), open);
        Ok((request, options))
    }

    /// The open request for a document, or a new one.
    pub(crate) fn join_or_begin(
        &mut self,
        issuer: &str,
        document: Document,
        now: Time,
    ) -> Result<(Request, Value), Refusal> {
        let (policy, _, approvers) = self.policy(issuer)?;
        let open = self.requests.values().find(|open| {
            open.policy == policy
                && open.document == document
                && open.receipt.is_none()
                && open.request.expires > now
        });
        match open {
            Some(open) => {
                let options = self.options(&open.challenge, &approvers.read()?);
                Ok((open.request.clone(), options))
            }
            None => self.begin(issuer, document, now),
        }
    }

    /// The requests, in the order in which they were made.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &Open> {
        let mut requests: Vec<&Open> = self.requests.values().collect();
        requests.sort_by(|one, other| {
            let order = |open: &Open| (open.request.begun, open.request.id.clone());
            order(one).cmp(&order(other))
        });
        requests.into_iter()
    }

    /// `PublicKeyCredentialRequestOptionsJSON` for any of the approvers.
    fn options(&self, challenge: &[u8; 32], approvers: &Approvers) -> Value {
        let allowed: Vec<Value> = approvers
            .credentials()
            .map(|credential| json!({"type": "public-key", "id": credential.id}))
            .collect();
        json!({
            "challenge": base64url(challenge),
            "rpId": self.settings.relying_party.rp_id,
            "allowCredentials": allowed,
            "userVerification": "required",
            "timeout": self.settings.life.saturating_mul(1000),
        })
    }

    /// Counts an approval, and signs with the last that was missing.
    ///
    /// Everything that can fail comes before anything is kept: after a refusal, and after a token
    /// failure, the gateway is as it was, and the same approval may come again.
    pub(crate) fn approve(
        &mut self,
        id: &Bytes,
        response: &str,
        now: Time,
    ) -> Result<Outcome, Refusal> {
        let now = self.time(now);
        let outcome = self.count(id, response, now);
        if let (Err(refusal), Some(open)) = (&outcome, self.requests.get(id)) {
            let event = Event::Refused {
                code: refusal.code(),
            };
            // The refusal itself says more than that it could not be recorded.
            let _ = self.audit.append(&open.request, event, now);
        }
        outcome
    }

    fn count(&mut self, id: &Bytes, response: &str, now: Time) -> Result<Outcome, Refusal> {
        let open = self.requests.get(id).ok_or(Refusal::RequestUnknown)?;
        let policy = self.settings.policies.get(open.policy);
        let approvers = self.approvers.get(open.policy);
        let (policy, approvers) = policy.zip(approvers).ok_or(Refusal::PolicyUnknown)?;
        let approvers = approvers.lock()?;
        let (counted, state) = self.judge(open, response, approvers.list(), now)?;
        let Approval {
            approver,
            credential,
            ..
        } = counted.approval.clone();
        // Those who have been removed from the list since they approved do not count any more.
        let mut all: Vec<Counted> = open.counted.clone();
        all.retain(|known| is_listed(&known.approval, approvers.list()));
        all.push(counted);
        let missing = policy.threshold.saturating_sub(all.len());
        let receipt = match missing {
            0 => {
                let approvals: Vec<Approval> =
                    all.iter().map(|counted| counted.approval.clone()).collect();
                let trust = self.trust_with(policy, approvers.list().clone())?;
                let receipt = self.sign(open, &policy.key, approvals, &trust, now)?;
                let names: Vec<&str> = all
                    .iter()
                    .map(|counted| counted.approval.approver.as_str())
                    .collect();
                let event = Event::Signed { approvers: &names };
                self.audit.append(&open.request, event, now)?;
                std::fs::create_dir_all(&self.settings.receipts)?;
                let file = receipt::file(&self.settings.receipts, id);
                write_whole(&file, receipt.as_bytes())?;
                Some(receipt)
            }
            _ => {
                let event = Event::Approved {
                    approver: &approver,
                };
                self.audit.append(&open.request, event, now)?;
                None
            }
        };

        approvers.record(credential, state)?;
        if let Some(open) = self.requests.get_mut(id) {
            open.counted = all;
            open.receipt.clone_from(&receipt);
        }
        Ok(match receipt {
            Some(receipt) => Outcome::Signed { receipt },
            None => Outcome::Waiting { missing },
        })
    }

    /// The approval that a response is, and the state of its credential afterwards.
    fn judge(
        &self,
        open: &Open,
        response: &str,
        approvers: &Approvers,
        now: Time,
    ) -> Result<(Counted, State), Refusal> {
        if response.len() > RESPONSE_MAX {
            return Err(Refusal::ApprovalTooLarge);
        }
        // The core says what else is wrong with it.
        let assertion: Option<Assertion> = serde_json::from_str(response).ok();
        let already = &open.counted;
        if assertion.is_some() && already.iter().any(|known| known.assertion == assertion) {
            return Err(Refusal::ApprovalReplayed);
        }
        if open.receipt.is_some() {
            return Err(Refusal::RequestSigned);
        }
        if now >= open.request.expires {
            return Err(Refusal::RequestExpired);
        }

        let mut buffer = response.as_bytes().to_vec();
        let parsed = AuthenticationResponse::from_json(&mut buffer);
        let approver = parsed.id().and_then(|id| approvers.find(id));
        let Some((name, credential)) = approver else {
            return Err(Refusal::ApproverUnknown);
        };
        let algorithm = TokenEs256::new(&self.token);
        let mut log = TraceLog::<TRACE_STEPS_MAX>::new();
        let verified = {
            let relying_party = &self.settings.relying_party;
            let origins = relying_party.parsed_origins();
            let origins = origins.map_err(std::io::Error::other)?;
            let rp_ids = [relying_party.rp_id.as_str()];
            let policy =
                Policy::new(&rp_ids, &origins).with_user_verification(UserVerification::Required);
            let algorithms: [&dyn SignatureAlgorithm; 1] = [&algorithm];
            let crypto = Crypto::new(&SoftSha256, &algorithms);
            let challenge = Challenge::new(&open.challenge).ok_or(Refusal::DocumentMismatch)?;
            verify_authentication(
                &parsed,
                Some(&credential.record()),
                challenge,
                &policy,
                &crypto,
                &mut log,
            )
            .map(|verified| State {
                sign_count: verified.sign_count(),
                backup_state: Some(verified.backup_state()),
            })
        };
        let state = match (verified, algorithm.failure()) {
            (Ok(state), _) => state,
            (Err(_), Some(failure)) => return Err(failure.into()),
            (Err(error), None) => return Err(Refusal::of(error)),
        };
        if open.approvers().any(|known| known == name) {
            return Err(Refusal::ApproverRepeated);
        }
        let approval = Approval {
            approver: name.to_owned(),
            credential: credential.id.clone(),
            time: now,
            response: Bytes(response.as_bytes().to_vec()),
            trace: steps(&log),
        };
        Ok((
            Counted {
                approval,
                assertion,
            },
            state,
        ))
    }

    /// Has the token sign the document and the receipt, and verifies both as a third party does.
    fn sign(
        &self,
        open: &Open,
        key: &str,
        approvals: Vec<Approval>,
        trust: &Trust,
        now: Time,
    ) -> Result<String, Refusal> {
        let document = &open.document.sha256;
        let receipt = Receipt {
            request: open.request.clone(),
            signed: now,
            signature: Bytes(self.token.sign(key, document)?),
            approvals,
        };
        let receipt = receipt.sign(&self.token)?;
        receipt::verify(&receipt, document, trust)?;
        Ok(receipt)
    }

    /// The time, which does not go backward here.
    fn time(&mut self, now: Time) -> Time {
        self.latest = self.latest.max(now);
        self.latest
    }
}

fn is_listed(approval: &Approval, approvers: &Approvers) -> bool {
    approvers
        .find(&approval.credential.0)
        .is_some_and(|(name, _)| name == approval.approver)
}
