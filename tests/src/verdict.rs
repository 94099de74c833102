//! The verdict of a check, by the same function that the command line and the WASM build call.

use portcullis_core::{Crypto, data::UnixTime};
use serde_json::Value;

/// The verdict as text, exactly as it is printed: one JSON object, with a trace that keeps its order.
#[must_use]
pub fn judge_text(check: &str) -> String {
    portcullis_invariants::judge(check.as_bytes(), &Crypto::BUILT_IN).text
}

/// The same with a clock.
#[must_use]
pub fn judge_text_at(check: &str, now: UnixTime) -> String {
    portcullis_invariants::judge_at(check.as_bytes(), Some(now), &Crypto::BUILT_IN).text
}

/// The verdict of a check.
#[must_use]
pub fn judge(check: &Value) -> Value {
    portcullis_invariants::judge(check.to_string().as_bytes(), &Crypto::BUILT_IN).json
}

/// Judges, and wants the check accepted.
///
/// # Panics
///
/// When it is not.
#[track_caller]
#[must_use]
pub fn accepted(check: &Value) -> Value {
    let verdict = judge(check);
    assert_eq!(verdict["accepted"], true, "{verdict:#}\n{check:#}");
    verdict
}

/// Judges, and wants the check refused at this step with this code.
///
/// # Panics
///
/// When it is accepted, or refused for another reason.
#[track_caller]
pub fn rejected(check: &Value, step: &str, code: &str) {
    let verdict = judge(check);
    let got = (
        &verdict["accepted"],
        verdict["step"].as_str(),
        verdict["code"].as_str(),
    );
    let wanted = (&Value::Bool(false), Some(step), Some(code));
    assert_eq!(got, wanted, "{verdict:#}\n{check:#}");
}

/// Wants the input to be no check at all.
///
/// # Panics
///
/// When it is judged.
#[track_caller]
pub fn not_a_check(input: &str) {
    let verdict: Value = serde_json::from_str(&judge_text(input)).expect("one JSON object");
    assert_eq!(verdict["accepted"], false, "{input}");
    assert_eq!(verdict["code"], "not_a_check", "{input}: {verdict}");
    assert!(verdict["detail"].is_string(), "{input}: {verdict}");
    assert!(verdict.get("trace").is_none(), "{input}: {verdict}");
}

/// What `portcullis verify` prints for a check: the verdict with the diagnosis in it.
#[must_use]
pub fn explain_text(check: &str) -> String {
    portcullis_invariants::explain_at(check.as_bytes(), None, &Crypto::BUILT_IN).text
}

/// The same with a clock.
#[must_use]
pub fn explain_text_at(check: &str, now: UnixTime) -> String {
    portcullis_invariants::explain_at(check.as_bytes(), Some(now), &Crypto::BUILT_IN).text
}
