//! What is of another form than its specification gives it is accepted and noted where that harms nothing.
//! That a strict check refuses it is in the negative corpus.

use portcullis_tests::{
    attestation::NoAttestation,
    cbor::Cbor,
    corpora::report,
    deviations::deviations,
    scene::{Scene, edited, put},
    verdict::{judge_text, rejected},
};
use serde_json::{Value, json};

#[test]
fn what_harms_nothing_is_accepted_and_noted() {
    for deviation in deviations() {
        let verdict: Value =
            serde_json::from_str(&judge_text(&deviation.check)).expect("a verdict");
        assert_eq!(verdict["accepted"], true, "{}: {verdict:#}", deviation.rule);
        let notes = verdict["notes"].as_array().expect("notes");
        let wanted = Value::from(deviation.note.message());
        let found = notes.iter().filter(|note| **note == wanted).count();
        assert_eq!(found, 1, "{}: {notes:?}", deviation.rule);
    }
    report(&format!(
        "{} responses of another form accepted and noted",
        deviations().len()
    ));
}

#[test]
fn an_empty_user_handle_is_missing_where_one_is_needed() {
    for deviation in deviations() {
        if deviation.code != "user_handle_malformed" {
            continue;
        }
        let mut check: Value = serde_json::from_str(&deviation.check).expect("a check");
        check["discoverable"] = json!(true);
        rejected(&check, "7.2.6", "user_handle_missing");
    }
}

#[test]
fn a_statement_of_none_has_no_members() {
    let statement = edited(NoAttestation, |statement| {
        put(statement, "ecdaaKeyId", Cbor::bytes([1]));
    });
    let check = Scene::new().check(statement);
    rejected(&check, "7.1.22", "attestation_statement_malformed");
}
