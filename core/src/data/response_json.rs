//! [`RegistrationResponseJSON`](https://www.w3.org/TR/webauthn-3/#dictdef-registrationresponsejson) and
//! [`AuthenticationResponseJSON`](https://www.w3.org/TR/webauthn-3/#dictdef-authenticationresponsejson).
//!
//! base64url is decoded in place, so reading takes three passes over one buffer: find the members
//! ([`Members`], offsets only), decode them (the buffer changes), borrow the result.

use super::response::{Envelope, Field};
use super::{AuthenticationResponse, ClientExtensionResults, RegistrationResponse};
use crate::encoding::json::{self, Content, Value};
use crate::encoding::{Fault, FaultKind, Span, base64url, once};

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

fn string(value: Value<'_>, what: &'static str) -> Result<Span, Fault> {
    value
        .as_str()
        .map(|text| text.span())
        .ok_or_else(|| wrong_type(value, what))
}

fn is_empty(value: Value<'_>) -> bool {
    value
        .as_object()
        .is_some_and(|mut members| members.next().is_none())
}

/// The fault of a value of another type than belongs there.
fn wrong_type(value: Value<'_>, what: &'static str) -> Fault {
    let kind = if is_empty(value) {
        FaultKind::Empty
    } else {
        FaultKind::Type
    };
    Fault::new(what, kind, value.at()).with_found(value.first())
}

/// Finds the members of a response within a document.
pub(crate) fn find(response: Value<'_>) -> Found {
    const WHAT: &str = "response";
    let mut found = Members::default();
    let mut ty = None;
    let mut inner = None;
    let members = response
        .as_object()
        .ok_or_else(|| wrong_type(response, WHAT))?;
    if is_empty(response) {
        return Err(Fault::new(WHAT, FaultKind::Empty, response.at()));
    }
    for (name, value) in members {
        let at = name.at();
        if name == *"id" {
            *once(&mut found.id, "id", at)? = Some(string(value, "id"));
        } else if name == *"rawId" {
            *once(&mut found.raw_id, "rawId", at)? = Some(string(value, "rawId"));
        } else if name == *"type" {
            *once(&mut ty, "type", at)? = Some(value);
        } else if name == *"response" {
            *once(&mut inner, "response.response", at)? = Some(value);
        } else if name == *"clientExtensionResults" {
            let results = &mut found.client_extension_results;
            *once(results, "clientExtensionResults", at)? =
                Some(ClientExtensionResults::read(value));
        }
    }
    let ty = ty.ok_or(Fault::new("type", FaultKind::Missing, 0))?;
    if ty.as_str().is_none_or(|ty| ty != *"public-key") {
        return Err(Fault::new("type", FaultKind::Value, ty.at()));
    }
    let inner = inner.ok_or(Fault::new("response.response", FaultKind::Missing, 0))?;
    let members = inner
        .as_object()
        .ok_or_else(|| wrong_type(inner, "response.response"))?;
    if is_empty(inner) {
        return Err(Fault::new(
            "response.response",
            FaultKind::Empty,
            inner.at(),
        ));
    }
    found.collect(members)?;
    Ok(found)
}

impl Members {
    fn collect(&mut self, members: json::Members<'_>) -> Result<(), Fault> {
        for (name, value) in members {
            let (slot, what) = if name == *"clientDataJSON" {
                (&mut self.client_data_json, "clientDataJSON")
            } else if name == *"attestationObject" {
                (&mut self.attestation_object, "attestationObject")
            } else if name == *"authenticatorData" {
                (&mut self.authenticator_data, "authenticatorData")
            } else if name == *"signature" {
                (&mut self.signature, "signature")
            } else if name == *"userHandle" {
                if matches!(value.content(), Content::Null) {
                    *once(&mut self.user_handle, "userHandle", name.at())? = Some(EMPTY);
                    continue;
                }
                (&mut self.user_handle, "userHandle")
            } else if name == *"transports" {
                if !matches!(value.content(), Content::Null) {
                    *once(&mut self.transports, "transports", name.at())? = Some(transports(value));
                }
                continue;
            } else {
                continue;
            };
            *once(slot, what, name.at())? = Some(string(value, what));
        }
        Ok(())
    }
}

fn transports(value: Value<'_>) -> Result<Span, Fault> {
    const WHAT: &str = "transports";
    let Content::Array(mut elements) = value.content() else {
        return Err(Fault::new(WHAT, FaultKind::Type, value.at()));
    };
    match elements.find(|element| element.as_str().is_none()) {
        Some(other) => Err(Fault::new(WHAT, FaultKind::Type, other.at())),
        None => Ok(value.span()),
    }
}

/// A text of no characters.
const EMPTY: Result<Span, Fault> = Ok(Span { start: 0, end: 0 });

/// An optional member that is absent.
const ABSENT: Slot = Some(EMPTY);

/// A member's decoded bytes, as offsets.
pub(crate) type DecodedField = Result<Span, Fault>;

/// Decodes a required member.
fn decode(buffer: &mut [u8], slot: Slot, what: &'static str) -> DecodedField {
    let span = slot.ok_or(Fault::new(what, FaultKind::Missing, 0))??;
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
    fn decode(buffer: &mut [u8], found: &Found, required: &[(Slot, &'static str)]) -> Self {
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
            None => Some(Fault::new(what, FaultKind::Missing, 0)),
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
            client_data_json: decode(buffer, members.client_data_json, "clientDataJSON"),
        }
    }

    fn ids(buffer: &mut [u8], members: &Members) -> (DecodedField, Option<[Span; 2]>) {
        let both = decode(buffer, members.id, "id")
            .and_then(|id| Ok((id, decode(buffer, members.raw_id, "rawId")?)));
        let (id, raw_id) = match both {
            Ok(both) => both,
            Err(fault) => return (Err(fault), None),
        };
        if id.range().is_empty() {
            let fault = Fault::new("id", FaultKind::Length, id.range().start);
            return (Err(fault), None);
        }
        if id.of(buffer) != raw_id.of(buffer) {
            let fault = Fault::new("rawId", FaultKind::Differs, raw_id.range().start);
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
            (members.client_data_json, "clientDataJSON"),
            (members.attestation_object, "attestationObject"),
            (members.transports.or(ABSENT), "transports"),
        ];
        Self {
            envelope: DecodedEnvelope::decode(buffer, found, &required),
            attestation_object: decode(buffer, members.attestation_object, "attestationObject"),
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
            (members.client_data_json, "clientDataJSON"),
            (members.authenticator_data, "authenticatorData"),
            (members.signature, "signature"),
            (members.user_handle.or(ABSENT), "userHandle"),
        ];
        Self {
            envelope: DecodedEnvelope::decode(buffer, found, &required),
            authenticator_data: decode(buffer, members.authenticator_data, "authenticatorData"),
            signature: decode(buffer, members.signature, "signature"),
            user_handle: members
                .user_handle
                .map(|user_handle| decode(buffer, Some(user_handle), "userHandle")),
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

/// Finds a response that is the whole document.
pub(crate) fn find_in(document: &[u8]) -> Found {
    find(Value::parse(document, "response")?)
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
