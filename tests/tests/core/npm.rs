//! The npm package: packed, installed from its tarball, and its README's examples run under Node.js.

use std::{env, fs, process::Command};

use portcullis_tests::npm_package::{examples, pack, run};

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
    let folder = env::temp_dir().join(format!("portcullis-npm-{}", std::process::id()));
    let project = folder.join("project");
    fs::create_dir_all(&project).expect("a temporary folder");
    let tarball = pack(&folder);

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

    let examples = examples();
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
