//! The certificate chains of registrations that others have made.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use ciborium::Value as Cbor;
use serde_json::Value;

/// The chains in a registration's attestation statement, in DER; none where it cannot be read.
#[must_use]
pub fn chains(check: &Value) -> Vec<Vec<Vec<u8>>> {
    let object = check["response"]["response"]["attestationObject"].as_str();
    let object = object.and_then(|text| Base64UrlUnpadded::decode_vec(text).ok());
    let object = object.and_then(|bytes| ciborium::from_reader::<Cbor, _>(&bytes[..]).ok());
    object.map_or_else(Vec::new, |object| of_statement(&object))
}

/// Those of an object with `fmt` and `attStmt`.
fn of_statement(object: &Cbor) -> Vec<Vec<Vec<u8>>> {
    match (member(object, "fmt"), member(object, "attStmt")) {
        (Some(Cbor::Text(fmt)), Some(Cbor::Array(parts))) if fmt == "compound" => {
            parts.iter().flat_map(of_statement).collect()
        }
        (Some(Cbor::Text(fmt)), Some(statement)) if fmt == "android-safetynet" => {
            of_response(statement).into_iter().collect()
        }
        (_, Some(statement)) => {
            let Some(Cbor::Array(x5c)) = member(statement, "x5c") else {
                return Vec::new();
            };
            let chain: Option<Vec<_>> = x5c.iter().map(|der| der.as_bytes().cloned()).collect();
            chain
                .into_iter()
                .filter(|chain| !chain.is_empty())
                .collect()
        }
        _ => Vec::new(),
    }
}

/// That in the header of `SafetyNet`'s response.
fn of_response(statement: &Cbor) -> Option<Vec<Vec<u8>>> {
    let response = member(statement, "response")?.as_bytes()?;
    let header = core::str::from_utf8(response).ok()?.split('.').next()?;
    let header = Base64UrlUnpadded::decode_vec(header).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    let x5c = header["x5c"].as_array()?.iter();
    x5c.map(|der| Base64::decode_vec(der.as_str()?).ok())
        .collect()
}

fn member<'c>(map: &'c Cbor, name: &str) -> Option<&'c Cbor> {
    let mut members = map.as_map()?.iter();
    members
        .find(|(key, _)| key.as_text() == Some(name))
        .map(|(_, value)| value)
}
