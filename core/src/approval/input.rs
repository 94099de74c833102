//! What is to be verified and what is trusted, by where it lies in the caller's buffer.

use heapless::Vec;

use crate::data::CoseKey;
use crate::encoding::json::{self, Content, Members, Value};
use crate::encoding::{Fault, FaultKind, Span, What, base64url};
use crate::limits::{CHECK_CREDENTIALS_MAX, CHECK_LIST_MAX};

/// A point of P-256, `04 || x || y`.
pub(super) type Point = [u8; 65];

/// The caller's part, decoded.
pub(super) struct Check {
    /// The receipt's text.
    pub(super) receipt: Span,
    pub(super) document: [u8; 32],
    pub(super) trust: Trust,
}

pub(super) struct Trust {
    pub(super) issuer: Span,
    pub(super) rp_id: Span,
    pub(super) origins: Vec<Span, CHECK_LIST_MAX>,
    pub(super) threshold: usize,
    pub(super) receipt_key: Point,
    pub(super) document_key: Option<Point>,
    pub(super) approvers: Option<Credentials>,
}

/// The approvers' credentials.
pub(super) type Credentials = Vec<Credential, CHECK_CREDENTIALS_MAX>;

#[derive(Clone, Copy)]
pub(super) struct Credential {
    /// Whose it is.
    pub(super) approver: Span,
    pub(super) id: Span,
    pub(super) public_key: Span,
    pub(super) backup_eligible: Option<bool>,
}

/// An object's member by its name, at most once.
pub(super) fn member<'a>(object: Members<'a>, name: What) -> Result<Option<Value<'a>>, Fault> {
    let mut members = object.filter(|(found, _)| *found == *name.name());
    let found = members.next().map(|(_, value)| value);
    match members.next() {
        Some((_, value)) => Err(Fault::new(name, FaultKind::Duplicate, value.at())),
        None => Ok(found),
    }
}

/// The same where the member is required.
pub(super) fn required<'a>(object: Members<'a>, name: What) -> Result<Value<'a>, Fault> {
    member(object, name)?.ok_or(Fault::new(name, FaultKind::Missing, 0))
}

pub(super) fn object<'a>(value: Value<'a>, what: What) -> Result<Members<'a>, Fault> {
    let fault = Fault::new(what, FaultKind::Type, value.at());
    value.as_object().ok_or(fault)
}

pub(super) fn text(object: Members<'_>, name: What) -> Result<Span, Fault> {
    string(required(object, name)?, name)
}

pub(super) fn string(value: Value<'_>, what: What) -> Result<Span, Fault> {
    let fault = Fault::new(what, FaultKind::Type, value.at());
    value.as_str().map(|text| text.span()).ok_or(fault)
}

pub(super) fn number<T: core::str::FromStr>(object: Members<'_>, name: What) -> Result<T, Fault> {
    let value = required(object, name)?;
    match value.content() {
        Content::Number(digits) => digits
            .parse()
            .map_err(|_| Fault::new(name, FaultKind::Value, value.at())),
        _ => Err(Fault::new(name, FaultKind::Type, value.at())),
    }
}

pub(super) fn list<'a, T, const N: usize>(
    value: Value<'a>,
    what: What,
    mut read: impl FnMut(Value<'a>) -> Result<T, Fault>,
) -> Result<Vec<T, N>, Fault> {
    let Content::Array(elements) = value.content() else {
        return Err(Fault::new(what, FaultKind::Type, value.at()));
    };
    let mut list = Vec::new();
    for element in elements {
        list.push(read(element)?)
            .map_err(|_| Fault::new(what, FaultKind::Limit, element.at()))?;
    }
    Ok(list)
}

/// Decodes base64url where it lies.
pub(super) fn decode(buffer: &mut [u8], span: Span, what: What) -> Result<Span, Fault> {
    let span = json::unescape(buffer, span);
    base64url::decode(buffer, span).ok_or(Fault::new(what, FaultKind::Base64, span.range().start))
}

/// Decodes base64url of bytes whose number is known.
pub(super) fn decode_array<const N: usize>(
    buffer: &mut [u8],
    span: Span,
    what: What,
) -> Result<[u8; N], Fault> {
    let decoded = decode(buffer, span, what)?;
    let bytes = decoded.of(buffer).unwrap_or_default();
    bytes
        .try_into()
        .map_err(|_| Fault::new(what, FaultKind::Length, span.range().start))
}

/// Reads the caller's part and decodes it in place.
pub(super) fn read(buffer: &mut [u8]) -> Result<Check, Fault> {
    let members = object(
        Value::parse(buffer, What::ReceiptCheck)?,
        What::ReceiptCheck,
    )?;
    let receipt = text(members, What::Receipt)?;
    let document = text(members, What::Document)?;
    let trust = object(required(members, What::Trust)?, What::Trust)?;
    let issuer = text(trust, What::Issuer)?;
    let rp_id = text(trust, What::RpId)?;
    let origins: Vec<Span, CHECK_LIST_MAX> =
        list(required(trust, What::Origins)?, What::Origins, |origin| {
            string(origin, What::Origins)
        })?;
    let threshold: usize = number(trust, What::Threshold)?;
    let receipt_key = text(trust, What::ReceiptKey)?;
    let document_key = member(trust, What::DocumentKey)?;
    let document_key = document_key
        .map(|key| string(key, What::DocumentKey))
        .transpose()?;
    let approvers = member(trust, What::Approvers)?
        .map(credentials)
        .transpose()?;
    // From here on the buffer changes.
    if threshold == 0 {
        return Err(Fault::new(What::Threshold, FaultKind::Value, 0));
    }
    Ok(Check {
        receipt: json::unescape(buffer, receipt),
        document: decode_array(buffer, document, What::Document)?,
        trust: Trust {
            issuer: json::unescape(buffer, issuer),
            rp_id: json::unescape(buffer, rp_id),
            origins: origins
                .into_iter()
                .map(|origin| json::unescape(buffer, origin))
                .collect(),
            threshold,
            receipt_key: decode_array(buffer, receipt_key, What::ReceiptKey)?,
            document_key: document_key
                .map(|key| decode_array(buffer, key, What::DocumentKey))
                .transpose()?,
            approvers: approvers
                .map(|approvers| decode_credentials(buffer, approvers))
                .transpose()?,
        },
    })
}

/// The credentials of a list of approvers.
fn credentials(approvers: Value<'_>) -> Result<Credentials, Fault> {
    let Content::Array(approvers) = approvers.content() else {
        return Err(Fault::new(What::Approvers, FaultKind::Type, approvers.at()));
    };
    let mut all = Credentials::new();
    for approver in approvers {
        let members = object(approver, What::Approvers)?;
        let name = text(members, What::Name)?;
        let of_one: Credentials = list(
            required(members, What::Credentials)?,
            What::Credentials,
            |value| credential(value, name),
        )?;
        all.extend_from_slice(&of_one)
            .map_err(|_| Fault::new(What::Approvers, FaultKind::Limit, approver.at()))?;
    }
    Ok(all)
}

fn credential(value: Value<'_>, approver: Span) -> Result<Credential, Fault> {
    let members = object(value, What::Credentials)?;
    let backup_eligible = member(members, What::BackupEligible)?;
    Ok(Credential {
        approver,
        id: text(members, What::Id)?,
        public_key: text(members, What::PublicKey)?,
        backup_eligible: match backup_eligible.map(Value::content) {
            Some(Content::Bool(eligible)) => Some(eligible),
            _ => None,
        },
    })
}

/// Decodes the list; an id or a key that it has twice would count as two approvers.
fn decode_credentials(buffer: &mut [u8], mut list: Credentials) -> Result<Credentials, Fault> {
    let mut name = Span::new(0, 0);
    let mut decoded = name;
    for credential in &mut list {
        // The credentials of one approver share the span of the name.
        if credential.approver != name {
            name = credential.approver;
            decoded = json::unescape(buffer, name);
        }
        credential.approver = decoded;
        credential.id = decode(buffer, credential.id, What::Id)?;
        credential.public_key = decode(buffer, credential.public_key, What::PublicKey)?;
    }
    for (index, one) in list.iter().enumerate() {
        for other in list.iter().take(index) {
            let at = one.id.range().start;
            if one.id.of(buffer) == other.id.of(buffer) {
                return Err(Fault::new(What::Id, FaultKind::Duplicate, at));
            }
            if same_key(buffer, one.public_key, other.public_key) {
                return Err(Fault::new(What::PublicKey, FaultKind::Duplicate, at));
            }
        }
    }
    Ok(list)
}

/// Whether two `COSE_Key`s are one key, however they are written.
pub(super) fn same_key(buffer: &[u8], one: Span, other: Span) -> bool {
    let key = |span: Span| CoseKey::parse(span.of(buffer).unwrap_or_default());
    match (key(one), key(other)) {
        (Ok(one), Ok(other)) => one.key() == other.key(),
        _ => one.of(buffer) == other.of(buffer),
    }
}
