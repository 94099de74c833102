//! Every mistake of the table is diagnosed by its code, and what is good is diagnosed by nothing.

use std::collections::BTreeSet;

use portcullis_core::Crypto;
use portcullis_core::check::answer_check;
use portcullis_core::diagnose::Diagnosis;
use portcullis_invariants::{explain_at, explain_with_cost};
use portcullis_tests::{corpora, mistakes, negative, w3c::RECIPES};
use serde_json::Value;

fn explain(input: &str) -> Value {
    explain_at(input.as_bytes(), None, &Crypto::BUILT_IN).json
}

#[test]
fn every_mistake_gets_its_diagnosis_first() {
    let mut wrong = Vec::new();
    for mistake in mistakes::all() {
        let verdict = explain(&mistake.input);
        let first = &verdict["diagnosis"][0];
        if first["code"] != mistake.code || first["proven"] != mistake.proven {
            wrong.push(format!(
                "{} ({}, proven {}): {:#}\n    {}: {}",
                mistake.name,
                mistake.code,
                mistake.proven,
                verdict["diagnosis"],
                verdict["code"],
                verdict["detail"]
            ));
        }
    }
    let count = mistakes::all().len();
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count >= 80, "{count}");
    corpora::report(&format!("{count} mistakes diagnosed"));
}

#[test]
fn what_is_good_has_no_diagnosis() {
    let made = RECIPES.map(|recipe| recipe.make());
    let vectors = made
        .iter()
        .flat_map(|vector| [vector.registration_check(), vector.authentication_check()]);
    let mut accepted = 0;
    for check in mistakes::good().into_iter().chain(vectors) {
        let verdict = explain(&check.to_string());
        if verdict["accepted"] == true {
            accepted += 1;
            assert!(verdict.get("diagnosis").is_none(), "{verdict:#}");
        }
    }
    assert!(accepted > 10, "{accepted}");
}

#[test]
fn every_code_has_a_mistake() {
    let shown: BTreeSet<_> = mistakes::all().iter().map(|mistake| mistake.code).collect();
    for diagnosis in Diagnosis::ALL {
        assert!(shown.contains(diagnosis.code()), "{}", diagnosis.code());
    }
    let known: BTreeSet<_> = Diagnosis::ALL.iter().map(|known| known.code()).collect();
    assert_eq!(known.len(), Diagnosis::ALL.len(), "a code appears twice");
}

#[test]
fn a_diagnosis_costs_no_more_than_its_bounds() {
    let cases = negative::cases().iter().map(|case| &case.check);
    let mistakes = mistakes::all().iter().map(|mistake| &mistake.input);
    let mut most = [0, 0];
    for input in mistakes.chain(cases) {
        // Asserts the bounds.
        let (_, cost) = explain_with_cost(input.as_bytes(), None, &Crypto::BUILT_IN);
        most = [most[0].max(cost[0]), most[1].max(cost[1])];
    }
    assert!(most[0] > 3 && most[1] > 3, "{most:?}");
    corpora::report(&format!(
        "a diagnosis took at most {} signatures and {} hashes",
        most[0], most[1]
    ));
}

/// With less room than it takes there is less to say, and nothing else changes.
#[test]
fn too_little_room_is_no_panic() {
    for mistake in mistakes::all() {
        let input = mistake.input.as_bytes();
        let verdict = explain(&mistake.input);
        for room in [
            0,
            input.len() / 2,
            input.len(),
            input.len() + 1,
            input.len() * 3 / 2,
        ] {
            let mut out = String::new();
            let answered =
                answer_check(input, &mut vec![0; room], None, &Crypto::BUILT_IN, &mut out);
            if room < input.len() {
                assert!(answered.is_err() && out.is_empty(), "{out}");
                continue;
            }
            let answer: Value = serde_json::from_str(&out).expect("one JSON object");
            portcullis_invariants::assert_diagnosis(&answer);
            assert_eq!(answer["code"], verdict["code"]);
        }
    }
}

/// The verdict's own detail says what was found there, with both values where two differ.
#[test]
fn details_say_what_was_found() {
    let detail = |name: &str| {
        let mistake = mistakes::all().iter().find(|mistake| mistake.name == name);
        let mistake = mistake.unwrap_or_else(|| panic!("no mistake {name}"));
        let verdict = explain(&mistake.input);
        verdict["detail"].as_str().expect("a detail").to_owned()
    };
    for (name, said) in [
        ("in base64", "is not base64url without padding (byte"),
        ("in base64", "a character of base64's standard alphabet"),
        ("with padding", "is =, which is padding"),
        ("PEM", "credential.publicKey is not base64url"),
        ("a list of numbers", "has the wrong type (byte"),
        ("a list of numbers", ", a list)"),
        (
            "encoded twice",
            "is a text in place of bytes: it was encoded twice",
        ),
        (
            "attestationObject encoded twice",
            "attestation object is a text in place of bytes: it was encoded twice",
        ),
        (
            "SubjectPublicKeyInfo",
            "It begins as DER does; a COSE key is CBOR.",
        ),
        (
            "JSON.stringify without toJSON",
            "response is {}, which JSON.stringify makes of a credential",
        ),
        ("buffers became {}", "clientDataJSON is {}"),
        ("rawId of another credential", "and rawId b3RoZXI."),
        ("the record of another passkey", "Expected: b3RoZXI."),
        ("another account", "Expected: b3RoZXI."),
        ("another account's passkey", "Expected: b3RoZXI."),
        ("another site's passkey", "example.org, whose hash is "),
        (
            "y is another number",
            "Its x and y are no point of the algorithm's curve.",
        ),
        (
            "an EC key that says RS256",
            "It is a key on an elliptic curve.",
        ),
        (
            "the browser removed it",
            "Found: no attestation (fmt is none).",
        ),
        (
            "self attestation",
            "Found: self attestation, which has no certificate.",
        ),
        ("a maker whose root is missing", "Looked for: a root of "),
    ] {
        let detail = detail(name);
        assert!(detail.contains(said), "{name}: {detail}");
    }
}

/// No step is skipped without a reason.
#[test]
fn every_skipped_step_says_why() {
    let made = RECIPES.map(|recipe| recipe.make());
    let vectors = made
        .iter()
        .flat_map(|vector| [vector.registration_check(), vector.authentication_check()]);
    let mistakes = mistakes::all().iter().map(|mistake| mistake.input.clone());
    let inputs = vectors.map(|check| check.to_string()).chain(mistakes);
    let mut reasons = BTreeSet::new();
    for input in inputs {
        let verdict = explain(&input);
        for step in verdict["trace"].as_array().into_iter().flatten() {
            if step["outcome"] == "skip" {
                let detail = step["detail"].as_str().expect("a detail");
                assert!(!detail.is_empty(), "{step}");
                reasons.insert(detail.to_owned());
            }
        }
    }
    for reason in [
        "not required; it was done",
        "not required; it was not done",
        "no certificate to trust",
        "not required; the policy is to verify, not to trust",
        "the check has no credential record",
        "any credential was allowed",
    ] {
        assert!(reasons.contains(reason), "{reason}: {reasons:?}");
    }
    assert!(!reasons.contains("nothing asks for it"), "{reasons:?}");
}
