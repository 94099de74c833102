//! The payload of a receipt, signed by its issuer: what is accepted says the same to `serde_json`, and each of
//! its assertions was made for this request.
#![no_main]

use std::collections::HashSet;
use std::sync::LazyLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use libfuzzer_sys::fuzz_target;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use portcullis_core::algorithm::SoftSha256;
use portcullis_core::approval::{RECEIPT_HEADER, Request, verify_receipt};
use portcullis_core::limits::APPROVALS_MAX;
use portcullis_fuzz::permissive::with_any_signature;
use serde::Deserialize;
use serde_json::{Value, json};

/// The document of every seed.
const DOCUMENT: [u8; 32] = [3; 32];
const ISSUER: &str = "https://example.org";

/// The issuer's receipt key.
static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_slice(&[7; 32]).expect("a scalar"));

#[derive(Deserialize)]
struct Receipt {
    issuer: String,
    id: String,
    begun: u64,
    expires: u64,
    text: String,
    signed: u64,
    approvals: Vec<Approval>,
}

#[derive(Deserialize)]
struct Approval {
    approver: String,
    time: u64,
    response: String,
}

#[derive(Deserialize)]
struct Assertion {
    response: Response,
}

#[derive(Deserialize)]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
}

fn decoded(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).expect("base64url")
}

fn parsed<'a, T: Deserialize<'a>>(json: &'a [u8]) -> T {
    serde_json::from_slice(json).expect("as it was read before")
}

fn assert_accepted(payload: &[u8], verdict: &Value) {
    let receipt: Receipt = parsed(payload);
    assert_eq!(receipt.issuer, ISSUER);
    assert_eq!(verdict["text"], receipt.text);
    assert!((receipt.begun..receipt.expires).contains(&receipt.signed));
    assert!((1..=APPROVALS_MAX).contains(&receipt.approvals.len()));
    let request = Request {
        issuer: ISSUER,
        id: &decoded(&receipt.id),
        begun: receipt.begun,
        expires: receipt.expires,
        document: &DOCUMENT,
        text: &receipt.text,
    };
    let challenge = Base64UrlUnpadded::encode_string(&request.challenge(&SoftSha256));
    let mut approvers = HashSet::new();
    for approval in &receipt.approvals {
        assert!(approvers.insert(&approval.approver), "each once");
        assert!((receipt.begun..=receipt.signed).contains(&approval.time));
        let response = decoded(&approval.response);
        let assertion: Assertion = parsed(&response);
        let client_data = decoded(&assertion.response.client_data_json);
        assert_eq!(parsed::<Value>(&client_data)["challenge"], challenge);
    }
}

fuzz_target!(|payload: &[u8]| {
    let key = &*KEY;
    let encode = Base64UrlUnpadded::encode_string;
    let message = format!("{RECEIPT_HEADER}.{}", encode(payload));
    let signature: Signature = key.sign(message.as_bytes());
    let point = key.verifying_key().to_sec1_point(false);
    let check = json!({
        "receipt": format!("{message}.{}", encode(&signature.to_bytes())),
        "document": encode(&DOCUMENT),
        "trust": {
            "issuer": ISSUER, "rpId": "example.org", "origins": [ISSUER], "threshold": 1,
            "receiptKey": encode(point.as_bytes()),
        },
    });
    let mut verdict = String::new();
    let judged = with_any_signature(&SoftSha256, |crypto| {
        verify_receipt(&mut check.to_string().into_bytes(), crypto, &mut verdict)
    });
    let judged = judged.expect("it is a check");
    let verdict: Value = serde_json::from_str(&verdict).expect("a verdict is JSON");
    assert_eq!(verdict["accepted"], judged.is_ok());
    assert_ne!(verdict["code"], "receipt_signature_invalid");
    if judged.is_ok() {
        assert_accepted(payload, &verdict);
    }
});
