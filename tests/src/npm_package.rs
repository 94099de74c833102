//! The npm package: how it is made, and its README's examples.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Runs a program to its end, and returns what it printed.
///
/// # Panics
///
/// When it fails.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Makes the package in a folder; returns its tarball. Its files are in `portcullis-verifier` beside that.
///
/// # Panics
///
/// When it cannot be made.
pub fn pack(folder: &Path) -> PathBuf {
    let root = Path::new(ROOT);
    assert!(
        root.join("wasm/pkg/portcullis_diagnose_bg.wasm").exists(),
        "The WebAssembly build is missing: ./portcullis test makes it"
    );
    let packed = run(Command::new("node")
        .arg(root.join("wasm/npm/pack.mjs"))
        .arg(folder));
    let tarball = PathBuf::from(packed.trim());
    assert!(tarball.exists(), "{packed}");
    tarball
}

/// The README's examples, each with what it prints.
///
/// # Panics
///
/// When one does not say what it prints.
#[must_use]
pub fn examples() -> Vec<(String, String)> {
    let readme =
        fs::read_to_string(Path::new(ROOT).join("wasm/npm/README.md")).expect("its README");
    let mut blocks = readme.split("```").skip(1).step_by(2);
    let mut examples = Vec::new();
    while let Some(block) = blocks.next() {
        if let Some(code) = block.strip_prefix("js\n") {
            let printed = blocks.next().and_then(|block| block.strip_prefix("text\n"));
            let printed = printed.expect("each example is followed by what it prints");
            examples.push((code.to_owned(), printed.to_owned()));
        }
    }
    assert!(examples.len() >= 3, "{}", examples.len());
    examples
}
