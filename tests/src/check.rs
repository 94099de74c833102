//! The contract's JSON check, as `portcullis verify` and the WASM build take it.

use serde_json::{Value, json};

use crate::encoding::base64url;

/// A check of a registration, policy at its defaults.
#[must_use]
pub fn registration(rp_id: &str, origin: &str, challenge: &[u8], response: &Value) -> Value {
    json!({
        "kind": "registration",
        "rpId": rp_id,
        "origins": [origin],
        "challenge": base64url(challenge),
        "response": response,
    })
}

/// A check of an assertion against a stored record, policy at its defaults.
#[must_use]
pub fn authentication(
    rp_id: &str,
    origin: &str,
    challenge: &[u8],
    credential: &Value,
    response: &Value,
) -> Value {
    json!({
        "kind": "authentication",
        "rpId": rp_id,
        "origins": [origin],
        "challenge": base64url(challenge),
        "credential": credential,
        "response": response,
    })
}
