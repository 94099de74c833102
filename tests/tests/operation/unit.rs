//! The unit for systemd.

use std::{fs, process::Command};

use super::{folder, read};

/// The highest exposure that `systemd-analyze security` may find, in tenths: of 100, and below 20 it says OK. What
/// is left is the network, which a server needs.
const EXPOSURE: &str = "15";

#[test]
fn systemd_takes_the_unit_and_finds_little_exposed() {
    let unit = read("host/deploy/portcullis@.service");
    // The program is not installed here.
    let unit = unit.replace("/usr/bin/portcullis", "/bin/true");
    assert!(unit.contains("ExecStart=/bin/true serve"));
    let file = folder("unit").join("portcullis@8001.service");
    fs::write(&file, unit).expect("a file");
    for arguments in [
        &["verify", "--man=no"][..],
        &[
            "security",
            "--offline=yes",
            "--no-pager",
            "--threshold",
            EXPOSURE,
        ],
    ] {
        let mut analyze = Command::new("systemd-analyze");
        let Ok(output) = analyze.args(arguments).arg(&file).output() else {
            println!("NOT RUN: there is no systemd-analyze");
            return;
        };
        let said =
            String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {said}");
        // What it does not understand it ignores, and says so.
        assert!(!said.contains("ignoring"), "{said}");
        if let Some(verdict) = said.lines().find(|line| line.contains("exposure level")) {
            println!("{verdict}");
        }
    }
}
