//! The WebAssembly build gives the verdict of the native one, byte for byte.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use portcullis_core::inspect::{JsonWriter, inspect};
use portcullis_tests::{corpora, verdict::judge_text, w3c::RECIPES};
use serde_json::Value;

/// Checks that are none, or whose text is odd.
fn oddities() -> Vec<String> {
    let good = RECIPES[1].make().registration_check().to_string();
    let mut lines: Vec<String> = [
        "",
        " ",
        "{",
        "[]",
        "null",
        "{}",
        "\"\\ud800\"",
        "{\"kind\":\"registration\"}",
        "\u{feff}{}",
    ]
    .map(str::to_owned)
    .into();
    lines.push(good.replace(':', " : "));
    lines.push(good.replace("registration", "r\\u0065gistration"));
    lines.push(good.replace("example.org", "ex\u{2028}ample.org"));
    lines.push(format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)));
    lines.extend(
        (0..good.len())
            .step_by(97)
            .map(|end| good[..end].to_owned()),
    );
    lines
}

/// What the WebAssembly build answers to these lines.
fn ask_webassembly(arguments: &[&str], lines: &[String]) -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    assert!(
        Path::new(root).join("wasm/pkg/portcullis_bg.wasm").exists(),
        "The WebAssembly build is missing: ./portcullis test makes it"
    );
    let mut node = Command::new("node")
        .arg(Path::new(root).join("tests/node/parity.mjs"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js is missing: ./portcullis test installs it");

    let input = lines.join("\n") + "\n";
    let mut stdin = node.stdin.take().expect("piped");
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = node.wait_with_output().expect("Node.js ends");
    writer
        .join()
        .expect("the writer does not panic")
        .expect("Node.js reads everything");
    assert!(
        output.status.success(),
        "tests/node/parity.mjs: {}",
        output.status
    );

    let printed = String::from_utf8(output.stdout).expect("answers are UTF-8");
    assert_eq!(printed.lines().count(), lines.len());
    printed.lines().map(str::to_owned).collect()
}

#[test]
fn webassembly_gives_the_native_verdicts_byte_for_byte() {
    let corpus = corpora::all_checks()
        .into_iter()
        .map(|(_, check)| check.to_string());
    let lines: Vec<String> = corpus.chain(oddities()).collect();
    let verdicts = ask_webassembly(&[], &lines);
    for (line, verdict) in lines.iter().zip(verdicts) {
        assert_eq!(verdict, judge_text(line), "{line}");
    }
    corpora::report(&format!(
        "{} verdicts the same natively and in WebAssembly",
        lines.len()
    ));
}

#[test]
fn webassembly_explains_as_the_native_build_does() {
    let corpus = corpora::all_checks().into_iter().map(|(_, check)| check);
    let responses: Vec<String> = corpus.map(|check| check["response"].to_string()).collect();
    let cut = responses
        .iter()
        .map(|response| response[..response.len() / 2].to_owned());
    let artefacts: Vec<String> = cut
        .chain(responses.iter().cloned())
        .chain(oddities())
        .collect();
    let lines: Vec<String> = artefacts
        .iter()
        .map(|artefact| Value::from(artefact.as_str()).to_string())
        .collect();
    let dumps = ask_webassembly(&["inspect"], &lines);
    for (artefact, dump) in artefacts.iter().zip(dumps) {
        let mut json = JsonWriter::new(String::new());
        inspect(&mut artefact.clone().into_bytes(), &mut json);
        let native = json.finish().expect("a String takes everything");
        assert_eq!(dump, native, "{artefact}");
    }
    corpora::report(&format!(
        "{} artefacts explained the same natively and in WebAssembly",
        artefacts.len()
    ));
}
