//! axe-core, which looks for what keeps people from using a page: fetched by npm, one version with its
//! checksum, and kept in the target folder.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha512};

const PACKAGE: &str = "axe-core@4.14.1";
const FILE: &str = "axe-core-4.14.1.tgz";
/// The registry's own checksum of the package, SHA-512.
const CHECKSUM: &str =
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==";

/// The script that defines `axe` in a page.
///
/// # Errors
///
/// Why it cannot be had: npm is missing, or reaches no registry.
///
/// # Panics
///
/// When the package is not the one that is expected.
pub fn script() -> Result<String, String> {
    let folder = folder();
    let package = folder.join(FILE);
    if !package.is_file() {
        fetch(&folder)?;
    }
    let content = fs::read(&package).map_err(|e| format!("{}: {e}", package.display()))?;
    let checksum = Base64::encode_string(&Sha512::digest(&content));
    assert_eq!(checksum, CHECKSUM, "{}", package.display());
    let output = Command::new("tar")
        .arg("-xzOf")
        .arg(&package)
        .arg("package/axe.min.js")
        .output()
        .map_err(|e| format!("tar: {e}"))?;
    String::from_utf8(output.stdout).map_err(|e| format!("{}: {e}", package.display()))
}

/// Where this test's own program lies: the target folder.
fn folder() -> PathBuf {
    let program = env::current_exe().expect("a test is a program");
    let target = program.ancestors().nth(3).expect("target/debug/deps/test");
    target.join("axe")
}

fn fetch(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let output = Command::new("npm")
        .args(["pack", PACKAGE, "--silent", "--pack-destination"])
        .arg(folder)
        .output()
        .map_err(|e| format!("npm: {e}"))?;
    if output.status.success() {
        Ok(())
    } else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!("npm pack {PACKAGE}: {}", complaint.trim()))
    }
}
