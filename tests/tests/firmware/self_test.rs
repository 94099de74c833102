//! Boards judge as this machine does, trace included.

use std::{panic, thread};

use portcullis_core::{
    Crypto,
    algorithm::{EdDsa, Es256, Rs256, SoftSha256},
    check::{CheckError, verify_check},
};
use portcullis_tests::{corpora, w3c::RECIPES};
use serde_json::{Value, json};

use crate::toolchain::{Clock, Images, TARGETS, image, run};

/// What the boards verify with.
const CRYPTO: Crypto<'static> = Crypto::new(&SoftSha256, &[&Es256, &EdDsa, &Rs256]);

/// What this build says to a line.
fn native(line: &str) -> String {
    let mut verdict = String::new();
    let mut check = line.as_bytes().to_vec();
    match verify_check(&mut check, &CRYPTO, &mut verdict) {
        Ok(_) => {}
        Err(CheckError::NotACheck(reason)) => {
            reason.write_json(&mut verdict).expect("a String takes all");
        }
        Err(other) => panic!("a String takes all: {other}"),
    }
    verdict
}

/// Every string in the check from which one kind of damage makes another check.
fn damaged(check: &Value, damage: &impl Fn(&str) -> String) -> Vec<Value> {
    let mut pointers = vec![
        "/challenge",
        "/rpId",
        "/origins/0",
        "/response/id",
        "/response/rawId",
    ];
    pointers.extend([
        "/response/type",
        "/response/response/clientDataJSON",
        "/response/response/attestationObject",
        "/response/response/authenticatorData",
        "/response/response/signature",
        "/credential/id",
        "/credential/publicKey",
    ]);
    pointers
        .into_iter()
        .filter_map(|pointer| {
            let mut check = check.clone();
            let value = check.pointer_mut(pointer)?;
            *value = damage(value.as_str()?).into();
            Some(check)
        })
        .collect()
}

/// The text with the character at a part of its length exchanged for the next one.
fn exchanged(text: &str, part: usize) -> String {
    let mut text = text.as_bytes().to_vec();
    let at = text.len() * part / 8;
    if let Some(character) = text.get_mut(at) {
        *character = match *character {
            b'Z' => b'a',
            b'z' => b'0',
            b'9' => b'-',
            b'-' => b'_',
            b'_' => b'A',
            other => other + 1,
        };
    }
    String::from_utf8(text).expect("ASCII")
}

/// Attestation objects and keys whose lengths and nesting are beyond what an address of 32 bits or a
/// limit holds.
fn beyond() -> Vec<Value> {
    let vector = RECIPES[0].make();
    let registration = vector.registration_check();
    [
        vec![0x5b, 0, 0, 0, 1, 0, 0, 0, 0],
        vec![0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x9b, 0, 0, 0, 1, 0, 0, 0, 0, 0],
        vec![0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0],
        vec![0x5a, 0xff, 0xff, 0xff, 0xff],
        vec![0x81; 4096],
        vec![0x9f; 4096],
        vec![0xc1; 4096],
        vec![0x9b, 0, 0, 0, 2, 0, 0, 0, 0],
        vec![],
    ]
    .into_iter()
    .map(|object| {
        let mut check = registration.clone();
        check["response"]["response"]["attestationObject"] =
            portcullis_tests::encoding::base64url(&object).into();
        check
    })
    .collect()
}

fn lines() -> Vec<String> {
    let mut checks = beyond();
    for recipe in RECIPES {
        let vector = recipe.make();
        for check in [vector.registration_check(), vector.authentication_check()] {
            checks.extend(damaged(&check, &|text| text.chars().skip(1).collect()));
            for part in 0..8 {
                checks.extend(damaged(&check, &|text| exchanged(text, part)));
            }
            let mut without = check.clone();
            without["response"] = json!({"id": 1});
            checks.extend([check, without]);
        }
    }
    let mut lines: Vec<String> = checks.iter().map(Value::to_string).collect();
    lines.extend(["", "{}", "[[[[", "{\"kind\": \"registration\"}", "null"].map(str::to_owned));
    for corpus in ["w3c.ndjson", "captured.ndjson"] {
        let cases = corpora::file(corpus).unwrap_or_default();
        for case in cases.lines() {
            let case: Value = serde_json::from_str(case).expect("a corpus holds JSON");
            lines.push(case["check"].to_string());
        }
    }
    lines
}

#[test]
fn every_board_gives_the_native_verdicts_byte_for_byte() {
    let lines = lines();
    let verdicts: Vec<String> = lines.iter().map(|line| native(line)).collect();
    let accepted = verdicts
        .iter()
        .filter(|verdict| verdict.contains("\"accepted\":true"))
        .count();
    // What this many algorithms verify of the published vectors, made anew here.
    assert!(accepted >= 20, "{accepted} accepted");
    let input = lines
        .iter()
        .flat_map(|line| [line.as_str(), "\n"])
        .collect::<String>();
    thread::scope(|scope| {
        let boards: Vec<_> = TARGETS
            .iter()
            .map(|target| {
                scope.spawn(|| {
                    let (status, output) = run(
                        target,
                        &image(target, Images::Json, "self_test"),
                        input.as_bytes(),
                        Clock::Free,
                    );
                    let output = String::from_utf8(output).expect("verdicts are text");
                    for ((line, native), board) in lines.iter().zip(&verdicts).zip(output.lines()) {
                        assert_eq!(board, native, "{} on {line}", target.triple);
                    }
                    assert_eq!(output.lines().count(), lines.len(), "{}", target.triple);
                    assert!(status.success(), "{}: {status}", target.triple);
                })
            })
            .collect();
        for board in boards {
            if let Err(failure) = board.join() {
                panic::resume_unwind(failure);
            }
        }
    });
    corpora::report(&format!(
        "{} checks, {accepted} of them accepted, judged alike on {} boards",
        lines.len(),
        TARGETS.len()
    ));
}
