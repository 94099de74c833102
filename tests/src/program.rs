//! Programs that the tests start.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

/// The `portcullis` binary, built when it is first asked for.
///
/// # Panics
///
/// When it does not build.
pub fn portcullis() -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    Command::new(BINARY.get_or_init(|| build("--bin", "portcullis")))
}

/// An example of the host, built.
///
/// # Panics
///
/// When it does not build.
#[must_use]
pub fn example(name: &str) -> Command {
    Command::new(build("--example", name))
}

/// `cargo test` makes a package's binaries for that package's own tests only. The whole workspace
/// is named so that its features, and with them what is built already, stay the same.
fn build(kind: &str, name: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["build", "--workspace", kind, name, "--message-format=json"])
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo can be started");
    assert!(
        output.status.success(),
        "cargo build {kind} {name}: {}",
        output.status
    );
    let messages = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .expect("cargo names the executable")
}
