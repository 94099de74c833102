//! The npm package: packed, installed from its tarball, and its README's examples run under Node.js.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Runs a program to its end, and returns what it printed.
#[track_caller]
fn run(command: &mut Command) -> String {
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

/// The README's examples, each with what it prints.
fn examples(readme: &str) -> Vec<(String, String)> {
    let mut blocks = readme.split("```").skip(1).step_by(2);
    let mut examples = Vec::new();
    while let Some(block) = blocks.next() {
        if let Some(code) = block.strip_prefix("js\n") {
            let printed = blocks.next().and_then(|block| block.strip_prefix("text\n"));
            let printed = printed.expect("each example is followed by what it prints");
            examples.push((code.to_owned(), printed.to_owned()));
        }
    }
    examples
}

/// The check of the README's first example with the right key in it.
fn good_check(example: &str) -> String {
    let (_, rest) = example.split_once("const check = ").expect("a check");
    let (check, _) = rest.split_once("};\n").expect("its end");
    let (before, rest) = check.split_once("publicKey: `").expect("a key");
    let (_, after) = rest.split_once('`').expect("its end");
    let key = "pQECAyYgASFYIEccPnWMSQQoW7p-UxGO0PUkresHV9Jb0vjnsNdt-nFMIlgg3VIPesqKi5F6zDf1HejwybvjrYWDgucC3CWhLQn3qFg";
    format!("process.stdout.write(JSON.stringify({before}publicKey: \"{key}\"{after}}}))")
}

#[test]
fn the_package_installs_from_its_tarball_and_its_examples_run() {
    let root = Path::new(ROOT);
    assert!(
        root.join("wasm/pkg/portcullis_diagnose_bg.wasm").exists(),
        "The WebAssembly build is missing: ./portcullis test makes it"
    );
    let folder = env::temp_dir().join(format!("portcullis-npm-{}", std::process::id()));
    let project = folder.join("project");
    fs::create_dir_all(&project).expect("a temporary folder");
    let packed = run(Command::new("node")
        .arg(root.join("wasm/npm/pack.mjs"))
        .arg(&folder));
    let tarball = PathBuf::from(packed.trim());
    assert!(tarball.exists(), "{packed}");

    fs::write(project.join("package.json"), r#"{"private":true}"#).expect("written");
    let install = [
        "install",
        "--offline",
        "--no-audit",
        "--no-fund",
        "--silent",
    ];
    run(Command::new("npm")
        .args(install)
        .arg(&tarball)
        .current_dir(&project));
    let installed = project.join("node_modules/portcullis-verifier");
    let manifest = fs::read_to_string(installed.join("package.json")).expect("installed");
    assert!(
        !manifest.contains("install\""),
        "nothing runs at installation: {manifest}"
    );

    let readme = fs::read_to_string(root.join("wasm/npm/README.md")).expect("its README");
    let examples = examples(&readme);
    assert!(examples.len() >= 3);
    let check = run(Command::new("node").args(["-e", &good_check(&examples[0].0)]));
    fs::write(project.join("check.json"), check).expect("written");
    for (code, printed) in examples {
        fs::write(project.join("example.mjs"), &code).expect("written");
        let got = run(Command::new("node")
            .arg("example.mjs")
            .current_dir(&project));
        assert_eq!(got, printed, "{code}");
    }
    fs::remove_dir_all(&folder).expect("the folder goes");
}
