//! The WebAssembly build, run by Node.js.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    thread,
};

/// What the WebAssembly build answers to these lines; the arguments are those of `tests/node/parity.mjs`.
///
/// # Panics
///
/// When the build or Node.js is missing.
#[must_use]
pub fn ask_webassembly(arguments: &[&str], lines: &[String]) -> Vec<String> {
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
