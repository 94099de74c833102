//! Receipts: made here, verified by anybody.

use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use portcullis_core::approval::{self, RECEIPT_HEADER, verify_receipt};
use portcullis_core::ceremony::UserVerification;
use portcullis_core::limits::{APPROVALS_MAX, TRACE_STEPS_MAX};
use portcullis_core::{
    AuthenticationResponse, Challenge, CredentialRecord, Crypto, Origin, Policy, TraceLog,
    verify_authentication,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::request::Request;
use crate::account::Username;
use crate::ceremony::algorithms::SERVER;
use crate::ceremony::apart::apart;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::encoding::{base64url, bytes_from_base64url};
use crate::store::Credential;
use crate::token::jwt;
use crate::token::keys::CryptoFailure;
use crate::token::signer::{LoginSigner, Point, SignError};

/// What a receipt says: the payload of [`portcullis_core::approval`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Receipt {
    #[serde(flatten)]
    subject: Subject,
    signed: Timestamp,
    approvals: Vec<Approval>,
}

/// The request of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Subject {
    issuer: String,
    id: String,
    begun: Timestamp,
    expires: Timestamp,
    document: String,
    text: String,
}

impl Subject {
    fn of(request: &Request) -> Self {
        Self {
            issuer: request.issuer.clone(),
            id: base64url(&request.id),
            begun: request.begun,
            expires: request.expires,
            document: base64url(&request.asked.document),
            text: request.asked.text.clone(),
        }
    }
}

/// One approval, with all that its verification takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Approval {
    approver: String,
    credential: String,
    public_key: String,
    time: Timestamp,
    response: String,
    trace: Vec<TraceStep>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TraceStep {
    step: String,
    outcome: String,
}

impl Approval {
    /// Of a response that was verified, and counts for this account from now on.
    pub(crate) fn new(
        config: &Config,
        request: &Request,
        approver: &Username,
        credential: &Credential,
        response: &str,
        time: Timestamp,
    ) -> Self {
        Self {
            approver: approver.as_written().to_owned(),
            credential: base64url(&credential.id),
            public_key: base64url(&credential.public_key),
            time,
            response: base64url(response.as_bytes()),
            trace: trace(config, request, credential, response),
        }
    }

    /// Whether they count as one: they are of one approver, or by one passkey.
    fn is_by_same(&self, other: &Self) -> bool {
        self.approver == other.approver
            || self.credential == other.credential
            || self.public_key == other.public_key
    }
}

/// The steps as a verifier of the receipt sees them: without the record of the credential, which has been judged
/// before.
fn trace(
    config: &Config,
    request: &Request,
    credential: &Credential,
    response: &str,
) -> Vec<TraceStep> {
    let mut json = response.as_bytes().to_vec();
    let response = AuthenticationResponse::from_json(&mut json);
    let rp_ids = [config.rp_id.as_str()];
    let origins: Vec<Origin<'_>> = config
        .origins()
        .filter_map(|origin| Origin::parse(origin).ok())
        .collect();
    let policy = Policy::new(&rp_ids, &origins).with_user_verification(UserVerification::Required);
    let record = CredentialRecord::new(&credential.id, &credential.public_key, 0);
    let challenge = request.challenge();
    let challenge = Challenge::new(&challenge).expect("a challenge has 32 bytes");
    let mut log = TraceLog::<TRACE_STEPS_MAX>::new();
    // A receipt whose trace ends early is refused where it is verified.
    let _ = verify_authentication(
        &response,
        Some(&record),
        challenge,
        &policy,
        &SERVER,
        &mut log,
    );
    let entries = log.entries().iter().map(|entry| TraceStep {
        step: entry.step.to_string(),
        outcome: entry.outcome.name().to_owned(),
    });
    entries.collect()
}

/// Approvals and one more, which nobody of them has made.
pub(crate) fn add(
    mut approvals: Vec<Approval>,
    approval: Approval,
) -> Result<Vec<Approval>, ReceiptError> {
    if approvals.iter().any(|known| known.is_by_same(&approval)) {
        return Err(ReceiptError::Repeated);
    }
    approvals.push(approval);
    Ok(approvals)
}

/// What a verifier of this host's receipts trusts: `portcullis verify-receipt` reads it as it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trust<'a> {
    issuer: &'a str,
    rp_id: &'a str,
    origins: Vec<&'a str>,
    /// How many approvals it takes.
    threshold: usize,
    /// The key that signs receipts, and login tokens: `04 || x || y`, in base64url.
    receipt_key: String,
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiptError {
    /// An earlier one was not signed by this host, or is of another request.
    #[error("an earlier receipt is not one of this request by this host")]
    Refused,
    /// It would have more approvals than a receipt may have.
    #[error("a receipt has at most {APPROVALS_MAX} approvals")]
    Full,
    /// The new approval is by an approver, or a passkey, that an earlier receipt has.
    #[error("the approval is in an earlier receipt already")]
    Repeated,
    #[error(transparent)]
    Sign(#[from] SignError),
    /// It would not verify elsewhere; this is why.
    #[error("the receipt does not verify: {0}")]
    Unverified(String),
}

/// Makes receipts, and reads those of this host.
pub(crate) struct Receipts {
    signer: Arc<dyn LoginSigner>,
    /// The key that signs, and those that did before.
    keys: Vec<ParsedPublicKey>,
}

impl Receipts {
    /// `previous`: the public keys of those that signed before.
    pub(crate) fn new(
        signer: Arc<dyn LoginSigner>,
        previous: &[Point],
    ) -> Result<Self, CryptoFailure> {
        let points = [signer.public_key()].into_iter().chain(previous);
        let keys = points.map(|point| ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point));
        let keys = keys.collect::<Result<_, _>>();
        Ok(Self {
            keys: keys.map_err(|_| CryptoFailure)?,
            signer,
        })
    }

    /// What a verifier trusts.
    pub(crate) fn trust<'a>(&self, config: &'a Config, threshold: usize) -> Trust<'a> {
        Trust {
            issuer: config.issuer(),
            rp_id: &config.rp_id,
            origins: config.origins().collect(),
            threshold,
            receipt_key: base64url(self.signer.public_key()),
        }
    }

    /// The approvals of earlier receipts of a request, each once.
    pub(crate) fn merge(
        &self,
        request: &Request,
        earlier: &[impl AsRef<str>],
    ) -> Result<Vec<Approval>, ReceiptError> {
        let subject = Subject::of(request);
        let mut all: Vec<Approval> = Vec::new();
        for receipt in earlier {
            let receipt = self.open(receipt.as_ref()).ok_or(ReceiptError::Refused)?;
            if receipt.subject != subject {
                return Err(ReceiptError::Refused);
            }
            for approval in receipt.approvals {
                if !all.iter().any(|known| known.is_by_same(&approval)) {
                    all.push(approval);
                }
            }
        }
        Ok(all)
    }

    /// What a receipt says that this host has signed.
    fn open(&self, receipt: &str) -> Option<Receipt> {
        let (message, signature) = receipt.rsplit_once('.')?;
        let payload = message.strip_prefix(RECEIPT_HEADER)?.strip_prefix('.')?;
        let signature = bytes_from_base64url(signature)?;
        let mut keys = self.keys.iter();
        keys.find(|key| key.verify_sig(message.as_bytes(), &signature).is_ok())?;
        serde_json::from_slice(&bytes_from_base64url(payload)?).ok()
    }

    /// Signs a receipt, and verifies it as anybody else does.
    pub(crate) async fn sign(
        &self,
        config: &Config,
        request: &Request,
        approvals: Vec<Approval>,
        now: Timestamp,
    ) -> Result<String, ReceiptError> {
        if approvals.len() > APPROVALS_MAX {
            return Err(ReceiptError::Full);
        }
        let trust = self.trust(config, approvals.len());
        // The clock of another instance may be ahead.
        let times = approvals.iter().map(|approval| approval.time);
        let signed = times.fold(now, Timestamp::max);
        let receipt = Receipt {
            subject: Subject::of(request),
            signed,
            approvals,
        };
        let payload = serde_json::to_vec(&receipt);
        let payload = payload.map_err(|_| SignError::from(CryptoFailure))?;
        let unsigned = format!("{RECEIPT_HEADER}.{}", base64url(&payload));
        let signature = self.signer.sign(&unsigned).await?;
        let text = jwt::signed(unsigned, &signature);
        let check = json!({
            "receipt": text,
            "document": receipt.subject.document,
            "trust": trust,
        });
        let mut check = check.to_string().into_bytes();
        let mut verdict = String::new();
        // The core's own algorithms, several signatures: it may take long.
        let judged = apart(true, || {
            verify_receipt(&mut check, &Crypto::BUILT_IN, &mut verdict)
        });
        match judged.await {
            Ok(Ok(())) => Ok(text),
            // One key written in two ways.
            Ok(Err(approval::ReceiptError::ApproverRepeated)) => Err(ReceiptError::Repeated),
            Ok(Err(error)) => Err(ReceiptError::Unverified(error.to_string())),
            Err(error) => Err(ReceiptError::Unverified(error.to_string())),
        }
    }
}

impl core::fmt::Debug for Receipts {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Receipts")
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}
