//! The project's own negative corpus: each broken rule is refused at its step with its code, and every
//! code that a check can get is among them.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_core::ErrorKind;
use portcullis_tests::corpora::report;
use portcullis_tests::negative::{cases, unbroken};
use portcullis_tests::verdict::{accepted, judge_text};
use serde_json::Value;

#[test]
fn with_nothing_broken_the_checks_are_accepted() {
    for check in unbroken() {
        let _ = accepted(&check);
    }
}

#[test]
fn each_broken_rule_is_refused_at_its_step_with_its_code() {
    let cases = cases();
    let mut wrong = Vec::new();
    let mut steps = BTreeMap::<(u8, u8), usize>::new();
    for case in cases {
        let verdict = judge_text(&case.check);
        let verdict: Value = serde_json::from_str(&verdict).expect("a verdict");
        if verdict["step"] != *case.step || verdict["code"] != case.code {
            let found = [&verdict["step"], &verdict["code"], &verdict["detail"]];
            wrong.push(format!(
                "{} {}: {}\n    {found:?}",
                case.step, case.code, case.rule
            ));
        }
        let numbers: Vec<u8> = case
            .step
            .split('.')
            .filter_map(|part| part.parse().ok())
            .collect();
        if let [_, section, step] = numbers[..] {
            *steps.entry((section, step)).or_default() += 1;
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
    for section in [1, 2] {
        let counts: Vec<String> = steps
            .iter()
            .filter(|((of, _), _)| *of == section)
            .map(|((_, step), count)| format!("{step}: {count}"))
            .collect();
        report(&format!(
            "7.{section}, broken rules by step: {}",
            counts.join(", ")
        ));
    }
    report(&format!(
        "{} broken rules, each refused at its step with its code",
        cases.len()
    ));
    assert!(cases.len() > 1000, "{} cases", cases.len());
}

#[test]
fn no_rule_stands_twice() {
    let cases = cases();
    let mut keys = BTreeSet::new();
    let mut checks = BTreeSet::new();
    for case in cases {
        let key = (&case.step, case.code, &case.rule);
        assert!(keys.insert(key), "{key:?} appears twice");
        assert!(
            checks.insert(&case.check),
            "{key:?} is another case under another name"
        );
    }
}

/// Codes that no check gets.
const WITHOUT_A_CHECK: &[(ErrorKind, &str)] = &[
    (
        ErrorKind::AuthenticatorNotAccepted,
        "a check has no list of models",
    ),
    (
        ErrorKind::AuthenticatorRevoked,
        "a check has no metadata of models",
    ),
];

#[test]
fn every_code_that_a_check_can_get_has_its_broken_rule() {
    let found: BTreeSet<&str> = cases().iter().map(|case| case.code).collect();
    let known: BTreeSet<&str> = ErrorKind::ALL
        .iter()
        .filter(|kind| WITHOUT_A_CHECK.iter().all(|(without, _)| without != *kind))
        .map(|kind| kind.code())
        .collect();
    assert_eq!(found, known);
}
