//! What corruption does: every one-bit and one-byte change of what is signed is refused, and where
//! nothing is signed the verdict differs in nothing but what the lists below name.

use std::{collections::BTreeSet, thread};

use portcullis_tests::{
    authenticator::{Authenticator, Statement},
    check,
    encoding::{base64url, from_base64url},
    verdict::{accepted, judge},
};
use serde_json::{Value, json};

const RP_ID: &str = "example.org";
const ORIGIN: &str = "https://example.org";
const CHALLENGE: &[u8] = b"a challenge of thirty-two bytes!";

/// What a registration without a signed statement tells on the authenticator's word alone. Of the
/// public key it is the name of the algorithm: -7 and -9 are one algorithm on this curve.
const UNSIGNED: [&str; 7] = [
    "aaguid",
    "algorithm",
    "backupEligible",
    "backupState",
    "publicKey",
    "signCount",
    "userVerified",
];

fn registration(statement: Statement) -> Value {
    let mut authenticator = Authenticator::new("corruption");
    authenticator.statement = statement;
    authenticator.aaguid = [7; 16];
    let (_, registration) = authenticator.make(RP_ID, b"a handle", CHALLENGE, ORIGIN);
    check::registration(RP_ID, ORIGIN, CHALLENGE, &registration.response())
}

fn authentication() -> Value {
    let mut authenticator = Authenticator::new("corruption");
    let (mut passkey, _) = authenticator.make(RP_ID, b"a handle", CHALLENGE, ORIGIN);
    let record = passkey.record();
    let assertion = passkey.assert(CHALLENGE, ORIGIN);
    let mut check = check::authentication(RP_ID, ORIGIN, CHALLENGE, &record, &assertion.response());
    check["userHandle"] = json!(base64url(b"a handle"));
    check
}

/// The bytes with one byte set to each other value (one-bit changes among them), with one byte
/// left out, and with one byte put in.
fn corruptions(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let changed = (0..bytes.len()).flat_map(move |at| {
        (1..=u8::MAX).map(move |mask| {
            let mut corrupt = bytes.to_vec();
            corrupt[at] ^= mask;
            corrupt
        })
    });
    let removed = (0..bytes.len()).map(move |at| [&bytes[..at], &bytes[at + 1..]].concat());
    let inserted = (0..=bytes.len()).flat_map(move |at| {
        [0x00, 0xff].map(|byte| [&bytes[..at], &[byte], &bytes[at..]].concat())
    });
    changed.chain(removed).chain(inserted)
}

/// The verdicts on every corruption of one binary member that are not a refusal.
fn accepted_corruptions(check: &Value, pointer: &str) -> Vec<(Vec<u8>, Value)> {
    let text = check
        .pointer(pointer)
        .and_then(Value::as_str)
        .expect("the member is there");
    let all: Vec<Vec<u8>> = corruptions(&from_base64url(text)).collect();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let judge_all = |part: &[Vec<u8>]| {
        let mut check = check.clone();
        let mut passed = Vec::new();
        for corrupt in part {
            *check.pointer_mut(pointer).expect("the member is there") = base64url(corrupt).into();
            let verdict = judge(&check);
            if verdict["accepted"] == true {
                passed.push((corrupt.clone(), verdict));
            }
        }
        passed
    };
    thread::scope(|scope| {
        let parts: Vec<_> = all
            .chunks(all.len().div_ceil(workers))
            .map(|part| scope.spawn(move || judge_all(part)))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().expect("no verdict panics"))
            .collect()
    })
}

fn assert_all_refused(check: &Value, members: &[&str]) {
    let _ = accepted(check);
    for member in members {
        let passed = accepted_corruptions(check, member);
        assert!(
            passed.is_empty(),
            "{member}: {} corruptions accepted: {:x?}",
            passed.len(),
            passed[0]
        );
    }
}

#[test]
fn every_corruption_of_an_assertion_is_refused() {
    let check = authentication();
    let response = "/response/response/";
    let members = [
        "clientDataJSON",
        "authenticatorData",
        "signature",
        "userHandle",
    ];
    let pointers: Vec<String> = members
        .iter()
        .map(|name| format!("{response}{name}"))
        .collect();
    let mut pointers: Vec<&str> = pointers.iter().map(String::as_str).collect();
    pointers.extend(["/response/id", "/response/rawId", "/challenge"]);
    assert_all_refused(&check, &pointers);
}

#[test]
fn every_corruption_of_a_self_attested_registration_is_refused() {
    let check = registration(Statement::PackedSelf);
    let members = [
        "/response/response/clientDataJSON",
        "/response/response/attestationObject",
        "/response/id",
        "/response/rawId",
        "/challenge",
    ];
    assert_all_refused(&check, &members);
}

#[test]
fn a_corrupt_registration_without_attestation_differs_only_in_what_nothing_signs() {
    let check = registration(Statement::None);
    let honest = accepted(&check);
    assert_all_refused(&check, &["/response/id", "/response/rawId", "/challenge"]);

    let mut differed = BTreeSet::new();
    for (corrupt, verdict) in accepted_corruptions(&check, "/response/response/attestationObject") {
        let (was, is) = (&honest["credential"], &verdict["credential"]);
        for (member, value) in was.as_object().expect("a credential is an object") {
            if is[member] != *value {
                assert!(
                    UNSIGNED.contains(&member.as_str()),
                    "{member} changed by {corrupt:x?}: {is:#}"
                );
                differed.insert(member.clone());
            }
        }
        let renamed = is["algorithm"] == -9;
        assert_eq!(is["publicKey"] != was["publicKey"], renamed, "{is:#}");
    }
    let unsigned: BTreeSet<String> = UNSIGNED.map(str::to_owned).into();
    assert_eq!(differed, unsigned, "the list is exactly what nothing signs");

    // clientDataJSON: what is not looked at may read otherwise, and the verdict stays what it was.
    for (corrupt, verdict) in accepted_corruptions(&check, "/response/response/clientDataJSON") {
        let text = String::from_utf8_lossy(&corrupt);
        assert_eq!(verdict["credential"], honest["credential"], "{text}");
        for member in ["type", "challenge", "origin"] {
            let parsed: Value = serde_json::from_str(&text).expect("accepted client data is JSON");
            let sent: Value = serde_json::from_slice(&from_base64url(
                check["response"]["response"]["clientDataJSON"]
                    .as_str()
                    .expect("text"),
            ))
            .expect("JSON");
            assert_eq!(parsed[member], sent[member], "{text}");
        }
    }
}
