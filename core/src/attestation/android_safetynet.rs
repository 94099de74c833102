//! Section 8.5: a signed answer of Android's `SafetyNet` service. The service has ended; statements that
//! were made with it are still about.
//!
//! The answer is a JSON web signature in compact form, its certificates in base64 within JSON within
//! base64url. Each layer is decoded into a buffer of bounded size; the signature is over the text as
//! it came.
//!
//! The chain stands in the response's header, encoded twice, and is not walked to a root: where an
//! attestation has to be trusted, this format is refused.

use super::statement::bytes;
use super::{AttestationType, Statement, StatementError, Verified};
use crate::data::certificate::oid;
use crate::data::{Certificate, CoseAlgorithm};
use crate::encoding::base64url::{self, Alphabet};
use crate::encoding::cbor::Item;
use crate::encoding::der::Tag;
use crate::encoding::json::{Content, Elements, JsonStr, Value};
use crate::encoding::{Fault, FaultKind};
use crate::limits::{
    CERTIFICATES_MAX, SAFETYNET_CERTIFICATE_MAX, SAFETYNET_JSON_MAX, SAFETYNET_SIGNATURE_MAX,
};

const WHAT: &str = "SafetyNet response";
const HEADER: &str = "SafetyNet header";
const PAYLOAD: &str = "SafetyNet payload";

#[inline(never)]
pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    let [ver, response] = statement.members(["ver", "response"])?;
    if ver.and_then(Item::as_text).is_none_or(str::is_empty) {
        return Err(Fault::new("SafetyNet ver", FaultKind::Value, 0).into());
    }
    let response = Response::split(bytes(response, WHAT)?)?;
    let mut verified = Verified::new(AttestationType::Basic);
    verified.outdated = verify_response(&response, statement)?;
    verified.cts_profile_mismatch = !read_payload(&response, statement)?;
    Ok(verified)
}

/// A JSON web signature in compact form, its parts not decoded.
struct Response<'a> {
    header: &'a [u8],
    payload: &'a [u8],
    signature: &'a [u8],
    /// Header and payload with the point between them: what is signed.
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

fn decode<'b>(
    text: &[u8],
    buffer: &'b mut [u8],
    what: &'static str,
) -> Result<&'b [u8], StatementError> {
    base64url::decode_into(text.iter().copied(), Alphabet::Url, buffer)
        .ok_or(Fault::new(what, FaultKind::Base64, 0).into())
}

/// Verifies the signature with the service's certificate. Says whether a certificate is not valid at
/// the time of judgement.
#[inline(never)]
fn verify_response(
    response: &Response<'_>,
    statement: &Statement<'_, '_>,
) -> Result<bool, StatementError> {
    let mut buffer = [0; SAFETYNET_JSON_MAX];
    let header = Value::parse(decode(response.header, &mut buffer, HEADER)?, HEADER)?;
    let alg = member(header, "alg", HEADER)?.and_then(Value::as_str);
    if alg.is_none_or(|alg| alg != *"RS256") {
        return Err(StatementError::Content(
            "the response is not signed with RS256",
        ));
    }
    let x5c = member(header, "x5c", HEADER)?.map(Value::content);
    let Some(Content::Array(mut x5c)) = x5c else {
        return Err(Fault::new("SafetyNet x5c", FaultKind::Type, 0).into());
    };
    let chain = x5c;

    let mut buffer = [0; SAFETYNET_CERTIFICATE_MAX];
    let first = x5c
        .next()
        .ok_or(Fault::new("SafetyNet x5c", FaultKind::Length, 0))?;
    let certificate = read_certificate(first, &mut buffer)?;
    check_host_name(&certificate)?;
    let mut buffer = [0; SAFETYNET_SIGNATURE_MAX];
    let signature = decode(response.signature, &mut buffer, "SafetyNet signature")?;
    statement.verify_signature_of(
        &certificate,
        CoseAlgorithm::RS256,
        &[response.signed],
        signature,
    )?;
    is_outdated(chain, statement)
}

fn is_outdated(chain: Elements<'_>, statement: &Statement<'_, '_>) -> Result<bool, StatementError> {
    let Some(time) = statement.time else {
        return Ok(false);
    };
    let mut outdated = false;
    for certificate in chain.take(CERTIFICATES_MAX) {
        let mut buffer = [0; SAFETYNET_CERTIFICATE_MAX];
        outdated |= !read_certificate(certificate, &mut buffer)?.is_valid_at(time);
    }
    Ok(outdated)
}

fn read_certificate<'b>(
    text: Value<'_>,
    buffer: &'b mut [u8],
) -> Result<Certificate<'b>, StatementError> {
    let fault = Fault::new("SafetyNet certificate", FaultKind::Base64, 0);
    let text = text.as_str().ok_or(fault)?;
    let der = base64url::decode_into(ascii(text), Alphabet::Standard, buffer).ok_or(fault)?;
    Certificate::parse(der).map_err(StatementError::CertificateMalformed)
}

/// The text's characters; what is not ASCII becomes what is in no alphabet.
fn ascii(text: JsonStr<'_>) -> impl Iterator<Item = u8> {
    text.chars()
        .map(|character| u8::try_from(character).unwrap_or(0))
}

/// The certificate is the attestation service's.
fn check_host_name(certificate: &Certificate<'_>) -> Result<(), StatementError> {
    const HOST: &str = "attest.android.com";
    /// `dNSName` among the choices of a `GeneralName`.
    const DNS_NAME: Tag = Tag::context_primitive(2);
    let names = certificate
        .alternative_names()
        .map_err(StatementError::CertificateMalformed)?;
    let mut is_host = false;
    match names {
        Some(names) => {
            for name in names {
                let name = name.map_err(StatementError::CertificateMalformed)?;
                is_host |= name.tag == DNS_NAME && name.content == HOST.as_bytes();
            }
        }
        None => {
            is_host = certificate
                .subject()
                .texts(oid::COMMON_NAME)
                .any(|name| name == HOST);
        }
    }
    if is_host {
        Ok(())
    } else {
        Err(StatementError::Certificate(
            "the host is not attest.android.com",
        ))
    }
}

/// The answer is about this registration. Says whether the device is of a certified kind.
#[inline(never)]
fn read_payload(
    response: &Response<'_>,
    statement: &Statement<'_, '_>,
) -> Result<bool, StatementError> {
    let mut buffer = [0; SAFETYNET_JSON_MAX];
    let payload = Value::parse(decode(response.payload, &mut buffer, PAYLOAD)?, PAYLOAD)?;
    let nonce = member(payload, "nonce", PAYLOAD)?
        .and_then(Value::as_str)
        .ok_or(Fault::new("SafetyNet nonce", FaultKind::Type, 0))?;
    let signed: [&[u8]; 2] = [statement.auth_data.bytes(), statement.client_data_hash];
    let expected = statement.crypto.sha256.digest(&signed);
    let mut buffer = [0; 32];
    let nonce = base64url::decode_into(ascii(nonce), Alphabet::Standard, &mut buffer);
    if nonce != Some(&expected[..]) {
        return Err(StatementError::Binding);
    }
    let cts_profile_match = member(payload, "ctsProfileMatch", PAYLOAD)?.map(Value::content);
    Ok(matches!(cts_profile_match, Some(Content::Bool(true))))
}

/// A member of an object, which may stand once.
fn member<'a>(
    object: Value<'a>,
    name: &str,
    what: &'static str,
) -> Result<Option<Value<'a>>, Fault> {
    let members = object
        .as_object()
        .ok_or(Fault::new(what, FaultKind::Type, 0))?;
    let mut found = None;
    for (other, value) in members {
        if other == *name && found.replace(value).is_some() {
            return Err(Fault::new(what, FaultKind::Duplicate, value.at()));
        }
    }
    Ok(found)
}
