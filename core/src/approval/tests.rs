use std::format;
use std::string::String;
use std::vec::Vec;

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};

use super::{RECEIPT_HEADER, ReceiptError, Request, verify_receipt};
use crate::algorithm::{Crypto, SoftSha256};
use crate::encoding::base64url;

fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).expect("a scalar")
}

fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    base64url::write(bytes, &mut text).expect("a String");
    text
}

const RESPONSE: &str = r#"{"id":"AQ","rawId":"AQ","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}"#;

fn payload() -> String {
    let document = encoded(&[3; 32]);
    let response = encoded(RESPONSE.as_bytes());
    format!(
        r#"{{"issuer":"bank","id":"AAAA","begun":10,"expires":20,"document":"{document}","text":"a\u0020b","signed":12,"approvals":[{{"approver":"al\u0069ce","credential":"AQ","time":11,"response":"{response}","trace":[{{"step":"7.2.5","outcome":"pass"}}]}}]}}"#
    )
}

/// The verdict on a payload that the issuer has signed.
fn verdict(payload: &[u8]) -> (Result<(), ReceiptError>, String) {
    let signed = format!("{RECEIPT_HEADER}.{}", encoded(payload));
    let signature: Signature = key().sign(signed.as_bytes());
    let receipt = format!("{signed}.{}", encoded(&signature.to_bytes()));
    let point = key().verifying_key().to_sec1_point(false);
    let check = format!(
        r#"{{"receipt":"{receipt}","document":"{}","trust":{{"issuer":"bank","rpId":"example.org","origins":["https://example.org"],"threshold":1,"receiptKey":"{}","approvers":[{{"name":"alice","credentials":[{{"id":"AQ","publicKey":"AA"}}]}}]}}}}"#,
        encoded(&[3; 32]),
        encoded(point.as_bytes()),
    );
    let mut verdict = String::new();
    let judged = verify_receipt(&mut check.into_bytes(), &Crypto::BUILT_IN, &mut verdict);
    (judged.expect("a check"), verdict)
}

#[test]
fn a_challenge_is_the_hash_of_each_member_in_its_place() {
    let request = Request {
        issuer: "bank",
        id: &[1, 2],
        begun: 10,
        expires: 20,
        document: &[3; 32],
        text: "a b",
    };
    let all = [
        b"portcullis approval v1\0".as_slice(),
        b"\0\0\0\0\0\0\0\x04bank",
        b"\0\0\0\0\0\0\0\x02\x01\x02",
        b"\0\0\0\0\0\0\0\x0a",
        b"\0\0\0\0\0\0\0\x14",
        &[3; 32],
        b"\0\0\0\0\0\0\0\x03a b",
    ]
    .concat();
    let expected = crate::Sha256::digest(&SoftSha256, &[&all]);
    assert_eq!(request.challenge(&SoftSha256), expected);
}

#[test]
fn the_header_is_that_of_a_receipt() {
    let header = br#"{"alg":"ES256","typ":"portcullis-receipt+jws"}"#;
    assert_eq!(RECEIPT_HEADER, encoded(header));
}

/// An issuer may sign anything. Escapes are read, and only then the assertion is found not to verify.
#[test]
fn a_signed_payload_that_is_damaged_anywhere_is_refused() {
    let good = payload();
    let (judged, whole) = verdict(good.as_bytes());
    assert!(matches!(judged, Err(ReceiptError::Assertion(_))), "{whole}");
    assert!(whole.contains(r#""step":"7.2."#), "{whole}");
    let bytes = [b'"', b'\\', b'{', b'9', b'A', 0xff];
    for (at, byte) in (0..good.len()).zip(bytes.into_iter().cycle()) {
        let mut damaged = Vec::from(good.as_bytes());
        damaged[at] = byte;
        assert!(verdict(&damaged).0.is_err(), "{at}");
    }
    for end in (0..good.len()).step_by(7) {
        let (_, cut) = verdict(&good.as_bytes()[..end]);
        assert!(cut.contains("receipt_malformed"), "{cut}");
    }
}
