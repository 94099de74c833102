//! Over everything that there is to judge, the verdict keeps the invariants of a trace.

use portcullis_tests::{corpora, verdict::judge, w3c::RECIPES};
use serde_json::Value;

#[test]
fn made_vectors_get_their_verdicts() {
    for vector in RECIPES.map(|recipe| recipe.make()) {
        // Its key description says nothing of where the key came from, and section 8.4 wants that.
        let registers = vector.name != "android-key.ES256";
        let verdict = judge(&vector.registration_check());
        assert_eq!(
            verdict["accepted"], registers,
            "{}: {verdict:#}",
            vector.name
        );
        let verdict = judge(&vector.authentication_check());
        assert_eq!(verdict["accepted"], true, "{}: {verdict:#}", vector.name);
    }
}

/// The number after the last dot of a step, and the ceremony before it.
fn step(value: &Value) -> (&str, u32) {
    let text = value.as_str().expect("a step is text");
    let (ceremony, number) = text.rsplit_once('.').expect("a step has a ceremony");
    (ceremony, number.parse().expect("a step has a number"))
}

fn assert_trace(id: &str, check: &Value, verdict: &Value) {
    let (ceremony, last) = if check["kind"] == "registration" {
        ("7.1", 29)
    } else {
        ("7.2", 25)
    };
    let trace = verdict["trace"]
        .as_array()
        .unwrap_or_else(|| panic!("{id}: no trace: {verdict}"));
    assert!(!trace.is_empty(), "{id}: the trace is empty");
    for (entry, number) in trace.iter().zip(3..) {
        assert_eq!(
            step(&entry["step"]),
            (ceremony, number),
            "{id}: every step once, in order"
        );
        for member in ["slug", "title"] {
            assert!(
                entry[member].as_str().is_some_and(|text| !text.is_empty()),
                "{id}: {entry}"
            );
        }
        let outcome = entry["outcome"].as_str();
        assert!(
            matches!(outcome, Some("pass" | "fail" | "skip")),
            "{id}: {entry}"
        );
    }
    let failed: Vec<&Value> = trace
        .iter()
        .filter(|entry| entry["outcome"] == "fail")
        .collect();
    let end = trace.last().expect("not empty");
    if verdict["accepted"] == true {
        assert!(failed.is_empty(), "{id}: accepted, and yet {failed:?}");
        assert_eq!(
            step(&end["step"]).1,
            last,
            "{id}: an accepted check has done every step"
        );
        assert!(
            verdict["credential"].is_object(),
            "{id}: accepted without a credential"
        );
        for member in ["code", "step", "slug", "detail"] {
            assert!(
                verdict.get(member).is_none(),
                "{id}: accepted with a {member}"
            );
        }
    } else {
        assert_eq!(failed, [end], "{id}: one failure, and nothing after it");
        for member in ["step", "slug"] {
            assert_eq!(
                verdict[member], end[member],
                "{id}: verdict and trace name one {member}"
            );
        }
        for member in ["code", "detail"] {
            assert!(
                verdict[member].is_string(),
                "{id}: rejected without a {member}"
            );
        }
        assert!(
            verdict.get("credential").is_none(),
            "{id}: rejected with a credential"
        );
    }
}

#[test]
fn every_trace_keeps_its_invariants() {
    let checks = corpora::all_checks();
    for (id, check) in &checks {
        assert_trace(id, check, &judge(check));
    }
    corpora::report(&format!(
        "{} traces in order, with one failure where rejected",
        checks.len()
    ));
}

#[test]
fn no_bytes_make_the_verifier_fall_over() {
    // Every prefix of a check, and of its decoded parts, is either no check or a verdict with a
    // whole trace.
    let vector = RECIPES[0].make();
    for check in [vector.registration_check(), vector.authentication_check()] {
        for member in [
            "clientDataJSON",
            "attestationObject",
            "authenticatorData",
            "signature",
        ] {
            let Some(text) = check["response"]["response"][member].as_str() else {
                continue;
            };
            for length in 0..text.len() {
                let mut cut = check.clone();
                cut["response"]["response"][member] = text[..length].into();
                let verdict = judge(&cut);
                assert_eq!(verdict["accepted"], false, "{member} cut to {length}");
                assert_trace(member, &cut, &verdict);
            }
        }
    }
}
