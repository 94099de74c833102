//! What the registry would give out as the host has the page and its modules, and makes them into the program.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{ROOT, folder};

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(ROOT).stderr(Stdio::inherit());
    cargo
}

/// The host's build script, compiled.
fn build_script() -> PathBuf {
    let arguments = [
        "build",
        "--workspace",
        "--bin",
        "portcullis",
        "--message-format=json",
    ];
    let output = cargo()
        .args(arguments)
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", output.status);
    let messages = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    let is_the_hosts = |message: &Value| {
        let manifest = message["manifest_path"].as_str().unwrap_or_default();
        message["target"]["kind"][0] == "custom-build" && manifest.ends_with("/host/Cargo.toml")
    };
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(is_the_hosts)
        .and_then(|message| message["filenames"][0].as_str().map(PathBuf::from))
        .expect("cargo names the build script")
}

/// The files below a folder, by their paths from there.
fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it");
                files.push(name.to_str().expect("UTF-8").to_owned());
            }
        }
    }
    files.sort();
    files
}

#[test]
fn the_hosts_package_builds_its_page() {
    let folder = folder("package");
    let arguments = [
        "package",
        "--quiet",
        "--offline",
        "--allow-dirty",
        "--no-verify",
    ];
    let mut package = cargo();
    package
        .args(arguments)
        .args(["-p", "portcullis-core", "-p", "portcullis"]);
    let packaged = package.arg("--target-dir").arg(&folder).status();
    assert!(packaged.expect("cargo can be started").success());
    let version = env!("CARGO_PKG_VERSION");
    let unpacked = Command::new("tar")
        .arg("-xzf")
        .arg(folder.join(format!("package/portcullis-{version}.crate")))
        .arg("-C")
        .arg(&folder)
        .status();
    assert!(unpacked.expect("tar is there").success());
    let package = folder.join(format!("portcullis-{version}"));

    // What lies there is what the repository has: the script that is run below, the page, the modules.
    let root = Path::new(ROOT);
    for (there, here) in [("build", "host/build"), ("web", "web")] {
        let names = files(&package.join(there));
        assert_eq!(names, files(&root.join(here)), "{there}");
        for name in names {
            let packaged = fs::read(package.join(there).join(&name)).expect("a file");
            let own = fs::read(root.join(here).join(&name)).expect("a file");
            assert!(packaged == own, "{there}/{name}");
        }
    }

    let built = folder.join("built");
    fs::create_dir_all(&built).expect("a folder");
    let output = Command::new(build_script())
        .env_remove("PORTCULLIS_WASM")
        .env("CARGO_MANIFEST_DIR", &package)
        .env("OUT_DIR", &built)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        !said.contains("built without"),
        "./portcullis test builds the page's modules first: {said}"
    );
    let table = fs::read_to_string(built.join("page.rs")).expect("the table of the files");
    let mut expected = files(&package.join("web"));
    expected.push("wasm/portcullis_bg.wasm".to_owned());
    for name in expected {
        assert!(table.contains(&format!("name: {name:?}")), "{name}");
        for form in ["", ".br", ".gz"] {
            assert!(
                built.join("web").join(format!("{name}{form}")).is_file(),
                "{name}{form}"
            );
        }
    }
}
