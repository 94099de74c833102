//! The core has no branch that panics, whatever the compiler optimises for.

use std::process::Output;

use crate::toolchain::{CORTEX_M4, TARGETS, Target, cargo};

const LEVELS: [&str; 3] = ["opt-3", "opt-s", "opt-z"];

/// Links the program whose panic handler calls what does not exist.
fn link(target: Option<&Target>, profile: &str, features: &[&str]) -> Output {
    cargo(target)
        .args(["--package", "portcullis-no-panic", "--profile", profile])
        .args(features)
        .output()
        .expect("cargo runs")
}

fn assert_links(target: Option<&Target>) {
    for profile in LEVELS {
        let output = link(target, profile, &[]);
        assert!(
            output.status.success(),
            "{target:?} {profile}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn no_branch_panics_on_this_machine() {
    assert_links(None);
}

#[test]
fn no_branch_panics_on_any_board() {
    for target in &TARGETS {
        assert_links(Some(target));
    }
}

#[test]
fn a_branch_that_panics_would_be_seen() {
    for target in [None, Some(&CORTEX_M4)] {
        let output = link(target, "opt-s", &["--features", "a-panic"]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(
            message.contains("a_branch_that_panics_survived"),
            "{message}"
        );
    }
}
