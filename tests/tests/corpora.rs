//! The corpora beside the repository: no case that has only one right verdict gets another, and every
//! case that may go either way gets the verdict that `corpora.json` has chosen, with its reason.

use std::collections::BTreeMap;

use portcullis_tests::corpora::{self, Case, Expected};
use portcullis_tests::verdict::judge;
use serde::Deserialize;

/// The verdict chosen where either can be defended.
#[derive(Deserialize)]
struct Choice {
    verdict: Expected,
    reason: String,
}

fn choices() -> BTreeMap<String, Choice> {
    serde_json::from_str(include_str!("../corpora.json")).expect("corpora.json has its form")
}

fn run(file: &str) {
    let Some(cases) = corpora::cases(file) else {
        return;
    };
    let choices = choices();
    let mut wrong = Vec::new();
    let mut chosen = 0;
    for case in &cases {
        let expected = if case.mandatory {
            case.expect
        } else {
            chosen += 1;
            choices
                .get(&case.id)
                .unwrap_or_else(|| panic!("{}: corpora.json chooses no verdict", case.id))
                .verdict
        };
        let verdict = judge(&case.check);
        if (verdict["accepted"] == true) != (expected == Expected::Accept) {
            wrong.push(format!("{}: wanted {expected:?}, got {verdict}", case.id));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
    corpora::report(&format!(
        "{file}: {} cases judged as expected, {chosen} of them by choice",
        cases.len()
    ));
}

#[test]
fn published_vectors_get_their_verdicts() {
    run("w3c.ndjson");
}

#[test]
fn captured_responses_get_their_verdicts() {
    run("captured.ndjson");
}

#[test]
fn every_choice_has_its_reason_and_its_case() {
    let cases: Vec<Case> = ["w3c.ndjson", "captured.ndjson"]
        .into_iter()
        .filter_map(corpora::cases)
        .flatten()
        .collect();
    for (id, choice) in choices() {
        assert!(!choice.reason.is_empty(), "{id}: no reason");
        let case = cases.iter().find(|case| case.id == id);
        assert!(
            cases.is_empty() || case.is_some_and(|case| !case.mandatory),
            "{id}: nothing to choose"
        );
    }
}
