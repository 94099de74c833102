//! [`RegistrationResponseJSON`](https://www.w3.org/TR/webauthn-3/#dictdef-registrationresponsejson) and
//! [`AuthenticationResponseJSON`](https://www.w3.org/TR/webauthn-3/#dictdef-authenticationresponsejson).
//!
//! The text is scanned once, for its members' places ([`Members`]); base64url is then decoded in place, and
//! the result borrowed.

use super::response::{Envelope, Field};
use super::{AuthenticationResponse, ClientExtensionResults, RegistrationResponse};
use crate::encoding::json::{self, Content, Cursor, JsonStr, Value};
use crate::encoding::{Fault, FaultKind, Span, What, base64url, once};

/// The members of either response, as offsets. A member of the wrong type is a fault of the response that
/// needs it; the other ceremony ignores it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Members {
    id: Slot,
    raw_id: Slot,
    client_extension_results: Option<ClientExtensionResults>,
    client_data_json: Slot,
    attestation_object: Slot,
    authenticator_data: Slot,
    signature: Slot,
    user_handle: Slot,
    transports: Slot,
}

/// A member, if present: where its text is, or what is wrong with it.
type Slot = Option<Result<Span, Fault>>;

/// The members of a response, or why it is not one.
pub(crate) type Found = Result<Members, Fault>;

fn string(value: Value<'_>, what: What) -> Result<Span, Fault> {
    value.string_span().ok_or_else(|| wrong_type(value, what))
}

fn is_empty(value: Value<'_>) -> bool {
    value
        .as_object()
        .is_some_and(|mut members| members.next().is_none())
}

/// The fault of a value of another type than belongs there.
fn wrong_type(value: Value<'_>, what: What) -> Fault {
    let kind = if is_empty(value) {
        FaultKind::Empty
    } else {
        FaultKind::Type
    };
    Fault::new(what, kind, value.at()).with_found(value.first())
}

/// What is read of a response in one pass. Faults of members wait until all of it is known to be JSON.
struct Reading<'a> {
    members: Members,
    /// The first fault of the outer members.
    outer: Result<(), Fault>,
    ty: Option<Value<'a>>,
    /// Whether there was a member `response`, and the first fault in it.
    inner: Option<Result<(), Fault>>,
}

/// Finds the members of a response that is within a document.
pub(crate) fn find(response: Value<'_>) -> Found {
    read(&mut Cursor::of(response, WHAT)).flatten()
}

/// Finds the members of a response that is the whole document.
pub(crate) fn find_in(document: &[u8]) -> Found {
    Cursor::read_document(document, WHAT, read).flatten()
}

const WHAT: What = What::Response;
const IN_RESPONSE: What = What::ResponseResponse;

/// Reads a response. The error is of the JSON, the error within of the response.
fn read(cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
    if !cursor.begins_object() {
        return Ok(Err(wrong_type(cursor.value()?, WHAT)));
    }
    let empty = Fault::new(WHAT, FaultKind::Empty, cursor.at());
    let mut is_empty = true;
    let mut reading = Reading {
        members: Members::default(),
        outer: Ok(()),
        ty: None,
        inner: None,
    };
    cursor.members(|cursor, name| {
        is_empty = false;
        reading.member(cursor, name)
    })?;
    Ok(if is_empty {
        Err(empty)
    } else {
        reading.finish()
    })
}

/// A member that holds bytes or a list: its name and its place.
type Member = (What, fn(&mut Members) -> &mut Slot);

const OUTER: [Member; 2] = [
    (What::Id, |members| &mut members.id),
    (What::RawId, |members| &mut members.raw_id),
];

const INNER: [Member; 6] = [
    (What::ClientData, |members| &mut members.client_data_json),
    (What::ResponseAttestationObject, |members| {
        &mut members.attestation_object
    }),
    (What::ResponseAuthenticatorData, |members| {
        &mut members.authenticator_data
    }),
    (What::Signature, |members| &mut members.signature),
    (What::UserHandle, |members| &mut members.user_handle),
    (What::Transports, |members| &mut members.transports),
];

/// How the value of such a member is read. `None`: as if it were absent.
fn slot(value: Value<'_>, what: What) -> Slot {
    match what {
        What::UserHandle if is_null(value) => ABSENT,
        What::Transports => transports(value, what),
        _ => Some(string(value, what)),
    }
}

fn is_null(value: Value<'_>) -> bool {
    value.first() == b'n'
}

impl<'a> Reading<'a> {
    fn member(&mut self, cursor: &mut Cursor<'a>, name: JsonStr<'a>) -> Result<(), Fault> {
        if self.outer.is_ok() && self.inner.is_none() && name == *"response" {
            self.inner = Some(self.members.read_inner(cursor)?);
            return Ok(());
        }
        let value = cursor.value()?;
        if self.outer.is_ok() {
            self.outer = self.collect(name, value);
        }
        Ok(())
    }

    fn collect(&mut self, name: JsonStr<'a>, value: Value<'a>) -> Result<(), Fault> {
        let at = name.at();
        if name == *"type" {
            *once(&mut self.ty, What::Type, at)? = Some(value);
        } else if name == *"response" {
            once(&mut self.inner, IN_RESPONSE, at)?;
        } else if name == *"clientExtensionResults" {
            let results = &mut self.members.client_extension_results;
            *once(results, What::ClientExtensionResults, at)? =
                Some(ClientExtensionResults::read(value));
        } else {
            self.members.collect(&OUTER, name, value)?;
        }
        Ok(())
    }

    fn finish(self) -> Found {
        self.outer?;
        let ty = self
            .ty
            .ok_or(Fault::new(What::Type, FaultKind::Missing, 0))?;
        if ty.as_str().is_none_or(|ty| ty != *"public-key") {
            return Err(Fault::new(What::Type, FaultKind::Value, ty.at()));
        }
        self.inner
            .ok_or(Fault::new(IN_RESPONSE, FaultKind::Missing, 0))??;
        Ok(self.members)
    }
}

impl Members {
    /// Reads the member `response`. The error is of the JSON, the error within of the member.
    fn read_inner(&mut self, cursor: &mut Cursor<'_>) -> Result<Result<(), Fault>, Fault> {
        if !cursor.begins_object() {
            return Ok(Err(wrong_type(cursor.value()?, IN_RESPONSE)));
        }
        let empty = Fault::new(IN_RESPONSE, FaultKind::Empty, cursor.at());
        let mut is_empty = true;
        let mut collected = Ok(());
        cursor.members(|cursor, name| {
            is_empty = false;
            let value = cursor.value()?;
            if collected.is_ok() {
                collected = self.collect(&INNER, name, value);
            }
            Ok(())
        })?;
        Ok(if is_empty { Err(empty) } else { collected })
    }

    fn collect(
        &mut self,
        members: &[Member],
        name: JsonStr<'_>,
        value: Value<'_>,
    ) -> Result<(), Fault> {
        let mut members = members.iter();
        if let Some(&(what, place)) = members.find(|(known, _)| name == *known.name())
            && let Some(found) = slot(value, what)
        {
            *once(place(self), what, name.at())? = Some(found);
        }
        Ok(())
    }
}

fn transports(value: Value<'_>, what: What) -> Slot {
    if is_null(value) {
        return None;
    }
    let Content::Array(mut elements) = value.content() else {
        return Some(Err(Fault::new(what, FaultKind::Type, value.at())));
    };
    let other = elements.find(|element| element.string_span().is_none());
    Some(match other {
        Some(other) => Err(Fault::new(what, FaultKind::Type, other.at())),
        None => Ok(value.span()),
    })
}

/// A text of no characters.
const EMPTY: Result<Span, Fault> = Ok(Span { start: 0, end: 0 });

/// An optional member that is absent.
const ABSENT: Slot = Some(EMPTY);

/// A member's decoded bytes, as offsets.
pub(crate) type DecodedField = Result<Span, Fault>;

/// Decodes a required member.
fn decode(buffer: &mut [u8], slot: Slot, what: What) -> DecodedField {
    let span = slot.ok_or(Fault::new(what, FaultKind::Missing, 0))??;
    if let Some(decoded) = base64url::decode(buffer, span) {
        return Ok(decoded);
    }
    // No client writes base64url with escapes, but any may.
    let span = json::unescape(buffer, span);
    base64url::decode_member(buffer, span, what)
}

/// What every response has, decoded: `id` and `rawId` are the same id, and not empty.
#[derive(Clone, Copy)]
struct DecodedEnvelope {
    id: DecodedField,
    /// `id` and `rawId`, where they are not the same.
    differing_ids: Option<[Span; 2]>,
    client_extension_results: ClientExtensionResults,
    client_data_json: DecodedField,
}

impl DecodedEnvelope {
    /// `required` are the members that a response of its ceremony must have.
    fn decode(buffer: &mut [u8], found: &Found, required: &[(Slot, What)]) -> Self {
        let members = match found {
            Ok(members) => members,
            Err(fault) => {
                return Self {
                    id: Err(*fault),
                    differing_ids: None,
                    client_extension_results: ClientExtensionResults::NONE,
                    client_data_json: Err(*fault),
                };
            }
        };
        let fault = required.iter().find_map(|(slot, what)| match slot {
            None => Some(Fault::new(*what, FaultKind::Missing, 0)),
            Some(Err(fault)) => Some(*fault),
            Some(Ok(_)) => None,
        });
        let (id, differing_ids) = match fault {
            Some(fault) => (Err(fault), None),
            None => Self::ids(buffer, members),
        };
        Self {
            id,
            differing_ids,
            client_extension_results: members
                .client_extension_results
                .unwrap_or(ClientExtensionResults::NONE),
            client_data_json: decode(buffer, members.client_data_json, What::ClientData),
        }
    }

    fn ids(buffer: &mut [u8], members: &Members) -> (DecodedField, Option<[Span; 2]>) {
        let text = |slot: Slot| slot.and_then(Result::ok)?.of(buffer);
        let is_same_text = text(members.id) == text(members.raw_id);
        let both = decode(buffer, members.id, What::Id).and_then(|id| {
            // Mostly one text twice, which is decoded once.
            let raw_id = if is_same_text {
                id
            } else {
                decode(buffer, members.raw_id, What::RawId)?
            };
            Ok((id, raw_id))
        });
        let (id, raw_id) = match both {
            Ok(both) => both,
            Err(fault) => return (Err(fault), None),
        };
        if id.range().is_empty() {
            let fault = Fault::new(What::Id, FaultKind::Length, id.range().start);
            return (Err(fault), None);
        }
        if id.of(buffer) != raw_id.of(buffer) {
            let fault = Fault::new(What::RawId, FaultKind::Differs, raw_id.range().start);
            return (Err(fault), Some([id, raw_id]));
        }
        (Ok(id), None)
    }

    fn differing_ids<'a>(&self, buffer: &'a [u8]) -> Option<[&'a [u8]; 2]> {
        let ids = self.differing_ids?;
        Some(ids.map(|id| id.of(buffer).unwrap_or_default()))
    }

    fn borrow<'a>(&self, buffer: &'a [u8]) -> Envelope<'a> {
        Envelope {
            id: borrow(buffer, self.id),
            client_extension_results: self.client_extension_results,
            client_data_json: borrow(buffer, self.client_data_json),
        }
    }
}

fn borrow(buffer: &[u8], field: DecodedField) -> Field<'_> {
    field.map(|span| span.of(buffer).unwrap_or_default())
}

/// A registration's response, decoded in its buffer.
#[derive(Clone, Copy)]
pub(crate) struct DecodedRegistration {
    envelope: DecodedEnvelope,
    attestation_object: DecodedField,
    transports: Option<Span>,
}

impl DecodedRegistration {
    pub(crate) fn decode(buffer: &mut [u8], found: &Found) -> Self {
        let members = found.unwrap_or_default();
        let required = [
            (members.client_data_json, What::ClientData),
            (members.attestation_object, What::ResponseAttestationObject),
            (members.transports.or(ABSENT), What::Transports),
        ];
        Self {
            envelope: DecodedEnvelope::decode(buffer, found, &required),
            attestation_object: decode(
                buffer,
                members.attestation_object,
                What::ResponseAttestationObject,
            ),
            transports: members.transports.and_then(Result::ok),
        }
    }

    /// `id` and `rawId`, where they are not the same.
    pub(crate) fn differing_ids<'a>(&self, buffer: &'a [u8]) -> Option<[&'a [u8]; 2]> {
        self.envelope.differing_ids(buffer)
    }

    pub(crate) fn borrow<'a>(&self, buffer: &'a [u8]) -> RegistrationResponse<'a> {
        RegistrationResponse {
            envelope: self.envelope.borrow(buffer),
            attestation_object: borrow(buffer, self.attestation_object),
            transports: self
                .transports
                .and_then(|span| span.of(buffer))
                .unwrap_or_default(),
        }
    }
}

/// A sign-in's response, decoded in its buffer.
#[derive(Clone, Copy)]
pub(crate) struct DecodedAuthentication {
    envelope: DecodedEnvelope,
    authenticator_data: DecodedField,
    signature: DecodedField,
    user_handle: Option<DecodedField>,
}

impl DecodedAuthentication {
    pub(crate) fn decode(buffer: &mut [u8], found: &Found) -> Self {
        let members = found.unwrap_or_default();
        let required = [
            (members.client_data_json, What::ClientData),
            (members.authenticator_data, What::ResponseAuthenticatorData),
            (members.signature, What::Signature),
            (members.user_handle.or(ABSENT), What::UserHandle),
        ];
        Self {
            envelope: DecodedEnvelope::decode(buffer, found, &required),
            authenticator_data: decode(
                buffer,
                members.authenticator_data,
                What::ResponseAuthenticatorData,
            ),
            signature: decode(buffer, members.signature, What::Signature),
            user_handle: members
                .user_handle
                .map(|user_handle| decode(buffer, Some(user_handle), What::UserHandle)),
        }
    }

    /// `id` and `rawId`, where they are not the same.
    pub(crate) fn differing_ids<'a>(&self, buffer: &'a [u8]) -> Option<[&'a [u8]; 2]> {
        self.envelope.differing_ids(buffer)
    }

    pub(crate) fn borrow<'a>(&self, buffer: &'a [u8]) -> AuthenticationResponse<'a> {
        AuthenticationResponse {
            envelope: self.envelope.borrow(buffer),
            authenticator_data: borrow(buffer, self.authenticator_data),
            signature: borrow(buffer, self.signature),
            user_handle: self
                .user_handle
                .map(|field| borrow(buffer, field))
                .transpose(),
        }
    }
}

impl<'a> RegistrationResponse<'a> {
    /// Reads a `RegistrationResponseJSON`, decoding it in place.
    ///
    /// This never fails: what is malformed, or no such response at all, is the verified response's
    /// error at the step that reads it.
    #[must_use]
    pub fn from_json(json: &'a mut [u8]) -> Self {
        let found = find_in(json);
        let decoded = DecodedRegistration::decode(json, &found);
        decoded.borrow(json)
    }
}

impl<'a> AuthenticationResponse<'a> {
    /// Reads an `AuthenticationResponseJSON`, decoding it in place.
    ///
    /// This never fails: what is malformed, or no such response at all, is the verified response's
    /// error at the step that reads it.
    #[must_use]
    pub fn from_json(json: &'a mut [u8]) -> Self {
        let found = find_in(json);
        let decoded = DecodedAuthentication::decode(json, &found);
        decoded.borrow(json)
    }
}
