//! The receipt itself: a JWS around a payload around the browsers' responses.

use core::fmt::{self, Write};

use heapless::Vec;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{Signature, VerifyingKey};

use super::input::{self, Check, Point, Trust};
use super::{RECEIPT_HEADER, ReceiptError, Request};
use crate::algorithm::Crypto;
use crate::ceremony::{
    Challenge, Outcome, Policy, Step, TraceLog, UserVerification, verify_authentication,
};
use crate::data::response_json::{self, DecodedAuthentication};
use crate::data::{CredentialRecord, Origin};
use crate::encoding::json::{self, Content, Value};
use crate::encoding::{Fault, FaultKind, Span, What, base64url};
use crate::escape::Escaped;
use crate::limits::{APPROVALS_MAX, CHECK_LIST_MAX, TRACE_STEPS_MAX};

/// A receipt that verifies.
pub(super) struct Receipt {
    request: FoundRequest,
    signed: u64,
    approvals: Vec<Approval, APPROVALS_MAX>,
}

/// A request's members, by where they lie.
struct FoundRequest {
    issuer: Span,
    id: Span,
    begun: u64,
    expires: u64,
    document: [u8; 32],
    text: Span,
}

struct Approval {
    approver: Span,
    credential: Span,
    public_key: Option<Span>,
    time: u64,
    /// The browser's response, its members decoded; `response` counts from where `at` begins.
    at: Span,
    response: DecodedAuthentication,
    /// The array of the trace's entries.
    trace: Span,
}

impl FoundRequest {
    fn borrow<'a>(&'a self, buffer: &'a [u8]) -> Request<'a> {
        Request {
            issuer: text(buffer, self.issuer),
            id: self.id.of(buffer).unwrap_or_default(),
            begun: self.begun,
            expires: self.expires,
            document: &self.document,
            text: text(buffer, self.text),
        }
    }
}

/// A text of a document whose scan has proven it UTF-8.
fn text(buffer: &[u8], span: Span) -> &str {
    core::str::from_utf8(span.of(buffer).unwrap_or_default()).unwrap_or_default()
}

/// Verifies the receipt of a check, in the order in which a failure says most.
pub(super) fn verify(
    buffer: &mut [u8],
    check: &Check,
    crypto: &Crypto<'_>,
) -> Result<Receipt, ReceiptError> {
    let trust = &check.trust;
    let payload = open(buffer, check.receipt, &trust.receipt_key, crypto)?;
    let (receipt, signature) = read(buffer, payload).map_err(ReceiptError::Malformed)?;
    if receipt.request.issuer.of(buffer) != trust.issuer.of(buffer) {
        return Err(ReceiptError::IssuerMismatch);
    }
    if receipt.request.document != check.document {
        return Err(ReceiptError::DocumentMismatch);
    }
    if let Some(key) = &trust.document_key {
        let signature = signature.and_then(|span| span.of(buffer));
        if !verifies(key, &check.document, signature.unwrap_or_default()) {
            return Err(ReceiptError::DocumentSignatureInvalid);
        }
    }
    let open = receipt.request.begun..receipt.request.expires;
    let mut times = receipt.approvals.iter().map(|approval| approval.time);
    if !times.all(|time| open.contains(&time) && time <= receipt.signed)
        || !open.contains(&receipt.signed)
    {
        return Err(ReceiptError::TimesInvalid);
    }
    if receipt.approvals.len() < trust.threshold {
        return Err(ReceiptError::ApprovalsMissing);
    }
    let challenge = receipt.request.borrow(buffer).challenge(crypto.sha256);
    for (index, approval) in receipt.approvals.iter().enumerate() {
        let before = receipt.approvals.get(..index).unwrap_or_default();
        if before
            .iter()
            .any(|other| other.is_by_same(approval, buffer))
        {
            return Err(ReceiptError::ApproverRepeated);
        }
        approval.verify(buffer, &challenge, trust, crypto)?;
    }
    Ok(receipt)
}

/// The payload of a receipt that the key has signed, decoded in place.
fn open(
    buffer: &mut [u8],
    receipt: Span,
    key: &Point,
    crypto: &Crypto<'_>,
) -> Result<Span, ReceiptError> {
    let start = receipt.range().start;
    let malformed = |kind| ReceiptError::Malformed(Fault::new(What::Receipt, kind, start));
    let jws = receipt.of(buffer).unwrap_or_default();
    let payload = RECEIPT_HEADER.len().saturating_add(1);
    let signature = jws.iter().rposition(|byte| *byte == b'.');
    let signature = signature.ok_or(malformed(FaultKind::Truncated))?;
    let signed = jws.get(..signature).unwrap_or_default();
    let header = signed.strip_prefix(RECEIPT_HEADER.as_bytes());
    if header.is_none_or(|rest| rest.first() != Some(&b'.')) {
        return Err(malformed(FaultKind::Value));
    }
    let digest = crypto.sha256.digest(&[signed]);
    let end = start.saturating_add(signature);
    let signature = Span::new(end.saturating_add(1), receipt.range().end);
    let signature = base64url::decode(buffer, signature).ok_or(malformed(FaultKind::Base64))?;
    if !verifies(key, &digest, signature.of(buffer).unwrap_or_default()) {
        return Err(ReceiptError::SignatureInvalid);
    }
    let payload = Span::new(start.saturating_add(payload), end);
    base64url::decode(buffer, payload).ok_or(malformed(FaultKind::Base64))
}

/// Whether `r || s` is a signature of the digest by the key of this point.
fn verifies(point: &Point, digest: &[u8; 32], signature: &[u8]) -> bool {
    let key = VerifyingKey::from_sec1_bytes(point);
    let signature = Signature::from_slice(signature);
    match (key, signature) {
        (Ok(key), Ok(signature)) => key.verify_prehash(digest, &signature).is_ok(),
        _ => false,
    }
}

/// An approval of the payload, before it is decoded.
struct FoundApproval {
    approver: Span,
    credential: Span,
    public_key: Option<Span>,
    time: u64,
    response: Span,
    trace: Span,
}

/// Reads a payload, and decodes what is in it, in place. The document's signature comes beside it.
fn read(buffer: &mut [u8], payload: Span) -> Result<(Receipt, Option<Span>), Fault> {
    let start = payload.range().start;
    // The payload is a document of its own; what is found in it counts from its own beginning.
    let within = |span: Span| {
        let range = span.range();
        Span::new(
            range.start.saturating_add(start),
            range.end.saturating_add(start),
        )
    };
    let document = payload.of(buffer).unwrap_or_default();
    let members = input::object(Value::parse(document, What::Payload)?, What::Payload)?;
    let found = |name| input::text(members, name).map(within);
    let (issuer, id, hash, shown) = (
        found(What::Issuer)?,
        found(What::Id)?,
        found(What::Document)?,
        found(What::Text)?,
    );
    let (begun, expires) = (
        input::number(members, What::Begun)?,
        input::number(members, What::Expires)?,
    );
    let signed = input::number(members, What::Signed)?;
    let signature = input::member(members, What::Signature)?
        .map(|value| input::string(value, What::Signature).map(within))
        .transpose()?;
    let approvals = input::required(members, What::Approvals)?;
    let approvals: Vec<FoundApproval, APPROVALS_MAX> =
        input::list(approvals, What::Approvals, |value| {
            let members = input::object(value, What::Approvals)?;
            let found = |name| input::text(members, name).map(within);
            let public_key = input::member(members, What::PublicKey)?
                .map(|value| input::string(value, What::PublicKey).map(within))
                .transpose()?;
            Ok(FoundApproval {
                approver: found(What::Approver)?,
                credential: found(What::Credential)?,
                public_key,
                time: input::number(members, What::Time)?,
                response: found(What::Response)?,
                trace: within(input::required(members, What::Trace)?.span()),
            })
        })?;
    // From here on the buffer changes.
    let mut decoded = Vec::new();
    for approval in approvals {
        // As many as there is room for.
        let _ = decoded.push(approval.decode(buffer)?);
    }
    let receipt = Receipt {
        request: FoundRequest {
            issuer: json::unescape(buffer, issuer),
            id: input::decode(buffer, id, What::Id)?,
            begun,
            expires,
            document: input::decode_array(buffer, hash, What::Document)?,
            text: json::unescape(buffer, shown),
        },
        signed,
        approvals: decoded,
    };
    let signature = signature
        .map(|span| input::decode(buffer, span, What::Signature))
        .transpose()?;
    Ok((receipt, signature))
}

impl FoundApproval {
    fn decode(self, buffer: &mut [u8]) -> Result<Approval, Fault> {
        let at = input::decode(buffer, self.response, What::Response)?;
        let response = buffer.get_mut(at.range()).unwrap_or_default();
        let found = response_json::find_in(response);
        let response = DecodedAuthentication::decode(response, &found);
        Ok(Approval {
            approver: json::unescape(buffer, self.approver),
            credential: input::decode(buffer, self.credential, What::Credential)?,
            public_key: self
                .public_key
                .map(|span| input::decode(buffer, span, What::PublicKey))
                .transpose()?,
            time: self.time,
            at,
            response,
            trace: self.trace,
        })
    }
}

impl Approval {
    fn is_by_same(&self, other: &Self, buffer: &[u8]) -> bool {
        let same_key = match (self.public_key, other.public_key) {
            (Some(one), Some(other)) => input::same_key(buffer, one, other),
            _ => false,
        };
        same_key
            || self.approver.of(buffer) == other.approver.of(buffer)
            || self.credential.of(buffer) == other.credential.of(buffer)
    }

    fn verify(
        &self,
        buffer: &[u8],
        challenge: &[u8; 32],
        trust: &Trust,
        crypto: &Crypto<'_>,
    ) -> Result<(), ReceiptError> {
        let (public_key, backup_eligible) = self
            .key(buffer, trust)
            .ok_or(ReceiptError::ApproverUnknown)?;
        let id = self.credential.of(buffer).unwrap_or_default();
        let public_key = public_key.of(buffer).unwrap_or_default();
        // What is trusted may be older or younger than the receipt: its counter proves nothing.
        let record = CredentialRecord::new(id, public_key, 0).with_backup_eligible(backup_eligible);
        let mut origins = Vec::<Origin<'_>, CHECK_LIST_MAX>::new();
        for origin in &trust.origins {
            // One that cannot be parsed allows nothing.
            if let Ok(origin) = Origin::parse(text(buffer, *origin)) {
                let _ = origins.push(origin);
            }
        }
        let rp_ids = [text(buffer, trust.rp_id)];
        let policy =
            Policy::new(&rp_ids, &origins).with_user_verification(UserVerification::Required);
        let response = self.response.borrow(self.at.of(buffer).unwrap_or_default());
        let challenge = Challenge::new(challenge).ok_or(ReceiptError::DocumentMismatch)?;
        let mut log = TraceLog::<TRACE_STEPS_MAX>::new();
        verify_authentication(
            &response,
            Some(&record),
            challenge,
            &policy,
            crypto,
            &mut log,
        )
        .map_err(ReceiptError::Assertion)?;
        match is_trace(self.trace.of(buffer).unwrap_or_default(), &log) {
            true => Ok(()),
            false => Err(ReceiptError::TraceMismatch),
        }
    }

    /// The key that the approver's credential has, and whether it is backup eligible.
    fn key(&self, buffer: &[u8], trust: &Trust) -> Option<(Span, Option<bool>)> {
        let Some(list) = &trust.approvers else {
            return self.public_key.map(|key| (key, None));
        };
        let known = list.iter().find(|known| {
            known.id.of(buffer) == self.credential.of(buffer)
                && known.approver.of(buffer) == self.approver.of(buffer)
        })?;
        Some((known.public_key, known.backup_eligible))
    }
}

/// Whether an array has the steps of a log, each with its outcome. Whether a credential is backup eligible the
/// issuer may know where the verifier does not, or the other way round: that step may be skipped by one of them.
fn is_trace(array: &[u8], log: &TraceLog<'_, TRACE_STEPS_MAX>) -> bool {
    let Ok(Content::Array(mut entries)) = Value::parse(array, What::Trace).map(Value::content)
    else {
        return false;
    };
    let is_member = |entry: Value<'_>, name, expected: &str| {
        let member = entry
            .as_object()
            .map(|members| input::member(members, name));
        matches!(member, Some(Ok(Some(value))) if value.as_str().is_some_and(|text| text == *expected))
    };
    log.entries().iter().all(|expected| {
        let mut step = heapless::String::<16>::new();
        write!(step, "{}", expected.step).is_ok()
            && entries.next().is_some_and(|entry| {
                let is = |outcome: Outcome| is_member(entry, What::Outcome, outcome.name());
                let may_differ = expected.step == Step::AUTH_BACKUP_ELIGIBILITY;
                is_member(entry, What::Step, &step)
                    && (is(expected.outcome)
                        || may_differ && (is(Outcome::Pass) || is(Outcome::Skip)))
            })
    }) && entries.next().is_none()
}

impl Receipt {
    /// Writes the verdict of a receipt that is accepted.
    pub(super) fn write(&self, buffer: &[u8], out: &mut dyn Write) -> fmt::Result {
        let request = &self.request;
        out.write_str(r#"{"accepted":true,"issuer":""#)?;
        Escaped(&mut *out).write_str(text(buffer, request.issuer))?;
        out.write_str(r#"","id":""#)?;
        base64url::write(request.id.of(buffer).unwrap_or_default(), out)?;
        out.write_str(r#"","document":""#)?;
        base64url::write(&request.document, out)?;
        out.write_str(r#"","text":""#)?;
        Escaped(&mut *out).write_str(text(buffer, request.text))?;
        write!(
            out,
            r#"","begun":{},"expires":{},"signed":{},"approvals":["#,
            request.begun, request.expires, self.signed
        )?;
        for (index, approval) in self.approvals.iter().enumerate() {
            out.write_str(if index > 0 { ",{" } else { "{" })?;
            out.write_str(r#""approver":""#)?;
            Escaped(&mut *out).write_str(text(buffer, approval.approver))?;
            out.write_str(r#"","credential":""#)?;
            base64url::write(approval.credential.of(buffer).unwrap_or_default(), out)?;
            write!(out, r#"","time":{}}}"#, approval.time)?;
        }
        out.write_str("]}")
    }
}
