//! Every step of both ceremonies has its pair: a response with which it passes, and one that is
//! refused exactly there. The last test walks all steps and fails where one has no pair.

use std::collections::BTreeSet;

use portcullis_core::ceremony::{Ceremony, Step};
use portcullis_tests::negative;
use portcullis_tests::verdict::accepted;
use serde_json::Value;

/// Steps that compute or decide nothing that could fail, each with the reason.
const NEVER_FAILS: &[(Ceremony, u8, &str)] = &[
    (Ceremony::Registration, 12, "hashing does not fail"),
    (
        Ceremony::Registration,
        18,
        "no policy asks for a backup eligibility",
    ),
    (
        Ceremony::Registration,
        19,
        "no policy asks for a backup state",
    ),
    (
        Ceremony::Registration,
        27,
        "a record is made of what was verified",
    ),
    (Ceremony::Registration, 29, "all steps before have passed"),
    (Ceremony::Authentication, 20, "hashing does not fail"),
    (
        Ceremony::Authentication,
        24,
        "a record is updated with what was verified",
    ),
];

/// Steps that nothing here can ask for, so that they are skipped even in the fullest ceremony.
const ALWAYS_SKIPPED: &[(Ceremony, u8)] = &[
    (Ceremony::Registration, 18),
    (Ceremony::Registration, 19),
    (Ceremony::Registration, 23),
    (Ceremony::Registration, 24),
];

fn outcomes(verdict: &Value) -> Vec<(&str, &str)> {
    let trace = verdict["trace"].as_array().expect("a verdict has a trace");
    trace
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().expect("a step has its texts");
            (text("step"), text("outcome"))
        })
        .collect()
}

fn assert_accepted_with_every_step(ceremony: Ceremony, check: &Value) {
    let verdict = accepted(check);
    let expected: Vec<_> = Step::all(ceremony)
        .map(|step| {
            let skipped = ALWAYS_SKIPPED.contains(&(ceremony, step.number()));
            (step.to_string(), if skipped { "skip" } else { "pass" })
        })
        .collect();
    let found: Vec<_> = outcomes(&verdict)
        .into_iter()
        .map(|(step, outcome)| (step.to_owned(), outcome))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_registration_passes_every_step_in_order() {
    let check = negative::fullest_registration();
    assert_accepted_with_every_step(Ceremony::Registration, &check);
}

#[test]
fn a_sign_in_passes_every_step_in_order() {
    let check = negative::fullest_sign_in();
    assert_accepted_with_every_step(Ceremony::Authentication, &check);
}

#[test]
fn every_step_has_its_pair() {
    let refused: BTreeSet<_> = negative::cases().iter().map(|case| &*case.step).collect();
    for ceremony in [Ceremony::Registration, Ceremony::Authentication] {
        for step in Step::all(ceremony) {
            let never_fails = NEVER_FAILS
                .iter()
                .any(|(of, number, _)| (*of, *number) == (ceremony, step.number()));
            assert_ne!(
                refused.contains(&*step.to_string()),
                never_fails,
                "step {step} has no pair"
            );
        }
    }
}
