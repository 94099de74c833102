//! The Debian package, built from the program that the tests have (the release takes minutes more), installed into
//! a folder of its own, run from there, and removed.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use portcullis_tests::{
    host::{self, Host},
    person::Person,
    postgres::port,
    program::{self, Serving},
};

use super::{ROOT, folder};

fn run(command: &mut Command) -> String {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    said.into_owned()
}

/// The package.
fn package(folder: &Path) -> PathBuf {
    let program = program::portcullis();
    let profile = Path::new(program.get_program())
        .parent()
        .expect("its folder");
    // As `cargo deb` looks for the release.
    let target = folder.join("target");
    fs::create_dir_all(target.join("release")).expect("a folder");
    let binary = target.join("release/portcullis");
    fs::copy(profile.join("portcullis"), &binary).expect("the program");
    // Most of it is for debuggers.
    run(Command::new("strip").arg(&binary));
    let file = folder.join("portcullis.deb");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let installed = Command::new(&cargo).args(["deb", "--version"]).output();
    let is_installed = installed.is_ok_and(|output| output.status.success());
    assert!(
        is_installed,
        "cargo-deb is missing: ./portcullis test installs it"
    );
    let mut deb = Command::new(cargo);
    deb.current_dir(ROOT).env("CARGO_TARGET_DIR", &target);
    deb.args([
        "deb",
        "--no-build",
        "--no-strip",
        "--fast",
        "-p",
        "portcullis",
        "--output",
    ]);
    run(deb.arg(&file));
    file
}

/// dpkg for a system in a folder, which runs the package's scripts as programs of this one.
fn dpkg(system: &Path) -> Command {
    let mut dpkg = Command::new("dpkg");
    dpkg.arg("--root").arg(system);
    dpkg.args([
        "--force-script-chrootless",
        "--force-not-root",
        "--force-depends",
    ]);
    dpkg
}

#[rocket::async_test]
async fn the_package_is_installed_serves_and_goes() {
    let is_root = run(Command::new("id").arg("-u")).trim() == "0";
    if Command::new("dpkg").arg("--version").output().is_err() || !is_root {
        println!("NOT RUN: packages are installed by dpkg, as root");
        return;
    }
    let folder = folder("debian");
    let file = package(&folder);
    let info = run(Command::new("dpkg-deb").arg("--info").arg(&file));
    assert!(info.contains("Package: portcullis"), "{info}");
    assert!(info.contains("libc6"), "{info}");

    let system = folder.join("system");
    for path in ["var/lib/dpkg/info", "var/lib/dpkg/updates"] {
        fs::create_dir_all(system.join(path)).expect("a folder");
    }
    fs::write(system.join("var/lib/dpkg/status"), "").expect("a file");
    run(dpkg(&system).arg("--install").arg(&file));
    let environment = system.join("etc/portcullis/environment");
    let secret = fs::read_to_string(&environment).expect("the secret was made");
    let mode = fs::metadata(&environment)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let secret = secret
        .trim()
        .strip_prefix("PORTCULLIS_SECRET=")
        .expect("a secret");
    assert_eq!(secret.len(), 64);
    assert!(
        system
            .join("usr/lib/systemd/system/portcullis@.service")
            .is_file()
    );

    // It serves with the settings of the package but for the address, which is not this machine's.
    let port = port();
    let origin = format!("http://localhost:{port}");
    let store = format!("sqlite:{}", folder.join("accounts.db").display());
    let mut serve = Command::new(system.join("usr/bin/portcullis"));
    serve.arg("serve").current_dir(&folder);
    serve.env("ROCKET_CONFIG", system.join("etc/portcullis/Rocket.toml"));
    serve.env("ROCKET_PORT", port.to_string());
    serve.env("PORTCULLIS_SECRET", secret);
    serve.env("PORTCULLIS_URL", &origin);
    serve.env("PORTCULLIS_STORE", &store);
    let serving = Serving::run(serve, port);
    let page = host::get(&format!("{origin}/")).await.expect("it listens");
    assert_eq!(page.status, 200);
    let module = host::get(&format!("{origin}/wasm/portcullis_bg.wasm")).await;
    assert_eq!(module.expect("it listens").status, 200, "the page's module");
    let host = Host::elsewhere(port, &origin);
    let mut alice = Person::with_account(&host, "alice").await;
    let answer = alice.sign_in(&host).await;
    assert_eq!(answer["username"], "alice");
    drop(serving);

    // An update keeps the secret, a removal the settings, and a purge neither.
    run(dpkg(&system).arg("--install").arg(&file));
    let kept = fs::read_to_string(&environment).expect("it is there");
    assert!(kept.contains(secret));
    run(dpkg(&system).arg("--remove").arg("portcullis"));
    assert!(!system.join("usr/bin/portcullis").exists());
    assert!(environment.exists());
    run(dpkg(&system).arg("--purge").arg("portcullis"));
    assert!(!system.join("etc/portcullis").exists());
}
