//! [Section 8.5](https://www.w3.org/TR/webauthn-3/#sctn-android-safetynet-attestation): a signed response
//! of Android's `SafetyNet` service. The service has ended; statements made with it still exist.
//!
//! The response is a JSON Web Signature in compact form, its certificates in base64 within JSON within
//! base64url. Each layer is decoded into a buffer of bounded size; the signature is over the text as
//! received.

use heapless::Vec;

use super::statement::bytes;
use super::{AttestationType, Statement, StatementError, Verified};
use crate::data::{Certificate, CoseAlgorithm};
use crate::encoding::base64url;
use crate::encoding::cbor::Item;
use crate::encoding::json::{Content, Elements, JsonStr, Value};
use crate::encoding::{Fault, FaultKind, What, once};
use crate::limits::{
    CERTIFICATES_MAX, SAFETYNET_CHAIN_MAX, SAFETYNET_JSON_MAX, SAFETYNET_SIGNATURE_MAX,
};

const WHAT: What = What::SafetyNetResponse;
const HEADER: What = What::SafetyNetHeader;
const PAYLOAD: What = What::SafetyNetPayload;
const X5C: What = What::SafetyNetX5c;

/// The members of a statement.
pub(super) const MEMBERS: [&str; 2] = ["ver", "response"];

#[inline(never)]
pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    let [ver, response] = statement.members(MEMBERS)?;
    if ver.and_then(Item::as_text).is_none_or(str::is_empty) {
        return Err(Fault::new(What::SafetyNetVer, FaultKind::Value, 0).into());
    }
    let response = Response::split(bytes(response, WHAT)?)?;
    let mut verified = verify_response(&response, statement)?;
    verified.cts_profile_mismatch = !read_payload(&response, statement)?;
    Ok(verified)
}

/// A JSON web signature in compact form, its parts not decoded.
struct Response<'a> {
    header: &'a [u8],
    payload: &'a [u8],
    signature: &'a [u8],
    /// Header and payload with the dot between them: what is signed.
    signed: &'a [u8],
}

impl<'a> Response<'a> {
    fn split(text: &'a [u8]) -> Result<Self, Fault> {
        let mut parts = text.split(|byte| *byte == b'.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Fault::new(WHAT, FaultKind::Syntax, 0));
        };
        let signed = header.len().saturating_add(1).saturating_add(payload.len());
        Ok(Self {
            header,
            payload,
            signature,
            signed: text.get(..signed).unwrap_or_default(),
        })
    }
}

fn decode<'b>(text: &[u8], buffer: &'b mut [u8], what: What) -> Result<&'b [u8], StatementError> {
    base64url::decode_into(text.iter().copied(), buffer)
        .ok_or(Fault::new(what, FaultKind::Base64, 0).into())
}

/// Verifies the signature with the service's certificate.
#[inline(never)]
fn verify_response(
    response: &Response<'_>,
    statement: &Statement<'_, '_>,
) -> Result<Verified, StatementError> {
    let mut buffer = [0; SAFETYNET_JSON_MAX];
    let header = Value::parse(decode(response.header, &mut buffer, HEADER)?, HEADER)?;
    let alg = member(header, "alg", HEADER)?.and_then(Value::as_str);
    if alg.is_none_or(|alg| alg != *"RS256") {
        return Err(StatementError::Content(
            "the response is not signed with RS256",
        ));
    }
    let x5c = member(header, "x5c", HEADER)?.map(Value::content);
    let Some(Content::Array(x5c)) = x5c else {
        return Err(Fault::new(X5C, FaultKind::Type, 0).into());
    };
    let mut buffer = [0; SAFETYNET_CHAIN_MAX];
    let chain = read_chain(x5c, &mut buffer)?;
    let first = chain.first().ok_or(Fault::new(X5C, FaultKind::Length, 0))?;
    let certificate = Certificate::parse(first).map_err(StatementError::CertificateMalformed)?;
    check_host_name(&certificate)?;
    let mut buffer = [0; SAFETYNET_SIGNATURE_MAX];
    let signature = decode(response.signature, &mut buffer, What::SafetyNetSignature)?;
    statement.verify_signature_of(
        &certificate,
        CoseAlgorithm::RS256,
        &[response.signed],
        signature,
    )?;
    statement.conclude(
        AttestationType::Basic,
        statement.aaguid(),
        &certificate,
        chain.iter().copied(),
    )
}

/// The certificates in DER, one after the other in the buffer.
fn read_chain<'b>(
    x5c: Elements<'_>,
    mut buffer: &'b mut [u8],
) -> Result<Vec<&'b [u8], CERTIFICATES_MAX>, Fault> {
    let mut chain = Vec::new();
    for certificate in x5c {
        let fault = Fault::new(X5C, FaultKind::Base64, 0);
        let text = certificate.as_str().ok_or(fault)?;
        let length = base64url::decode_padded_into(ascii(text), buffer)
            .ok_or(fault)?
            .len();
        let (der, rest) = core::mem::take(&mut buffer)
            .split_at_mut_checked(length)
            .ok_or(fault)?;
        buffer = rest;
        chain
            .push(&*der)
            .map_err(|_| Fault::new(X5C, FaultKind::Limit, 0))?;
    }
    Ok(chain)
}

/// The text's characters; anything but ASCII becomes a byte that no alphabet has.
fn ascii(text: JsonStr<'_>) -> impl Iterator<Item = u8> {
    text.chars()
        .map(|character| u8::try_from(character).unwrap_or(0))
}

/// The certificate is the attestation service's.
fn check_host_name(certificate: &Certificate<'_>) -> Result<(), StatementError> {
    if certificate
        .is_of_host("attest.android.com")
        .map_err(StatementError::CertificateMalformed)?
    {
        Ok(())
    } else {
        Err(StatementError::Certificate(
            "the host is not attest.android.com",
        ))
    }
}

/// The response is about this registration. Returns whether the device is of a certified kind.
#[inline(never)]
fn read_payload(
    response: &Response<'_>,
    statement: &Statement<'_, '_>,
) -> Result<bool, StatementError> {
    let mut buffer = [0; SAFETYNET_JSON_MAX];
    let payload = Value::parse(decode(response.payload, &mut buffer, PAYLOAD)?, PAYLOAD)?;
    let nonce = member(payload, "nonce", PAYLOAD)?
        .and_then(Value::as_str)
        .ok_or(Fault::new(What::SafetyNetNonce, FaultKind::Type, 0))?;
    let signed: [&[u8]; 2] = [statement.auth_data.bytes(), statement.client_data_hash];
    let expected = statement.crypto.sha256.digest(&signed);
    // 32 bytes in base64.
    let mut buffer = [0; 44];
    let nonce = base64url::decode_padded_into(ascii(nonce), &mut buffer);
    if nonce != Some(&expected[..]) {
        return Err(StatementError::Binding);
    }
    let cts_profile_match = member(payload, "ctsProfileMatch", PAYLOAD)?.map(Value::content);
    Ok(matches!(cts_profile_match, Some(Content::Bool(true))))
}

/// A member of an object, which may come once.
fn member<'a>(object: Value<'a>, name: &str, what: What) -> Result<Option<Value<'a>>, Fault> {
    let members = object
        .as_object()
        .ok_or(Fault::new(what, FaultKind::Type, 0))?;
    let mut found = None;
    for (other, value) in members {
        if other == *name {
            *once(&mut found, what, value.at())? = Some(value);
        }
    }
    Ok(found)
}
