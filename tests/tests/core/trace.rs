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

/// The trace is that of the ceremony that was asked for; all else of it is asserted where it is judged.
fn assert_ceremony(check: &Value, verdict: &Value) {
    let first = match check["kind"].as_str() {
        Some("registration") => "7.1.3",
        _ => "7.2.3",
    };
    assert_eq!(verdict["trace"][0]["step"], first, "{verdict}");
}

#[test]
fn every_trace_keeps_its_invariants() {
    let checks = corpora::all_checks();
    for (_, check) in &checks {
        assert_ceremony(check, &judge(check));
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
                assert_ceremony(&cut, &verdict);
            }
        }
    }
}
