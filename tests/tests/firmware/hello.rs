//! The image to start from: short, and it says which step failed.

use std::fs;

use crate::{
    figures::{self, fields},
    toolchain::{CORTEX_M4, Clock, cargo, run, target_dir, workspace},
};

/// Builds it as somebody would who has copied the folder, and runs it on each input.
fn answers(inputs: &[Vec<u8>]) -> Vec<(Option<i32>, String)> {
    let mut cargo = cargo(Some(&CORTEX_M4));
    let status = cargo
        .current_dir(workspace().join("hello"))
        .arg("--release")
        .status();
    assert!(
        status.expect("cargo runs").success(),
        "hello does not build"
    );
    let image = target_dir(&cargo)
        .join(CORTEX_M4.triple)
        .join("release/portcullis-hello");
    inputs
        .iter()
        .map(|input| {
            let (status, output) = run(&CORTEX_M4, &image, input, Clock::Free);
            (status.code(), String::from_utf8(output).expect("text"))
        })
        .collect()
}

#[test]
fn it_accepts_an_assertion_or_says_which_step_has_failed() {
    let good = figures::input("es256_small");
    let mut challenge = good.clone();
    challenge[2] ^= 1;
    let mut signature = good.clone();
    *signature.last_mut().expect("a signature") ^= 1;
    let inputs = [
        good,
        challenge,
        signature,
        fields(&[b"a challenge alone"]),
        Vec::new(),
    ];
    let expected = [
        (0, "accepted, signature counter 0\n"),
        (1, "refused at step 7.2.11 (challenge_mismatch): "),
        (1, "refused at step 7.2.21 (signature_invalid): "),
        (1, "refused at step 7.2.3 (response_malformed): "),
        (2, "the stream has no challenge\n"),
    ];
    for ((code, text), (expected_code, expected)) in answers(&inputs).iter().zip(expected) {
        assert_eq!(*code, Some(expected_code), "{text}");
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn it_is_read_in_a_minute() {
    let source = workspace().join("hello/src/main.rs");
    let source = fs::read_to_string(source).expect("it is there");
    assert!(source.lines().count() < 120);
}
