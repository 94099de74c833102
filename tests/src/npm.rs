//! Tools that npm has, one version each, kept in the target folder.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha512};

/// The compiler that holds `web/js` against its types.
const TYPESCRIPT: &str = "typescript@7.0.2";

/// A script that runs in a page: one file of a package.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    package: &'static str,
    archive: &'static str,
    /// The registry's own checksum of the archive, SHA-512.
    checksum: &'static str,
    file: &'static str,
}

/// axe-core, which looks for what keeps people from using a page. Defines `axe`.
pub const AXE: Script = Script {
    package: "axe-core@4.14.1",
    archive: "axe-core-4.14.1.tgz",
    checksum: "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    file: "package/axe.min.js",
};

/// jsQR, which reads QR codes as a camera sees them. Defines `jsQR`.
pub const JSQR: Script = Script {
    package: "jsqr@1.4.0",
    archive: "jsqr-1.4.0.tgz",
    checksum: "dxLob7q65Xg2DvstYkRpkYtmKm2sPJ9oFhrhmudT1dZvNFFTlroai3AWSpLey/w5vMcLBXRgOJsbXpdN9HzU/A==",
    file: "package/dist/jsQR.js",
};

impl Script {
    /// The script.
    ///
    /// # Errors
    ///
    /// Why it cannot be had: npm is missing, or reaches no registry.
    ///
    /// # Panics
    ///
    /// When the package is not the one that is expected.
    pub fn read(&self) -> Result<String, String> {
        let folder = folder(self.package);
        let archive = folder.join(self.archive);
        if !archive.is_file() {
            make(&folder)?;
            run(Command::new("npm")
                .args(["pack", self.package, "--silent", "--pack-destination"])
                .arg(&folder))?;
        }
        let content = fs::read(&archive).map_err(|e| format!("{}: {e}", archive.display()))?;
        let checksum = Base64::encode_string(&Sha512::digest(&content));
        assert_eq!(checksum, self.checksum, "{}", archive.display());
        run(Command::new("tar")
            .arg("-xzOf")
            .arg(&archive)
            .arg(self.file))
    }
}

/// TypeScript's compiler.
///
/// # Errors
///
/// Why it cannot be had: npm is missing, or reaches no registry.
pub fn typescript() -> Result<PathBuf, String> {
    let folder = folder(TYPESCRIPT);
    let program = folder.join("node_modules/.bin/tsc");
    if !program.is_file() {
        make(&folder)?;
        run(Command::new("npm")
            .args(["install", TYPESCRIPT, "--silent", "--no-save", "--no-audit"])
            .args(["--no-fund", "--ignore-scripts", "--prefix"])
            .arg(&folder))?;
    }
    Ok(program)
}

/// Where a package is kept: below the target folder, in which this test's own program is.
fn folder(package: &str) -> PathBuf {
    let program = env::current_exe().expect("a test is a program");
    let target = program.ancestors().nth(3).expect("target/debug/deps/test");
    target.join("npm-tools").join(package)
}

fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))
}

/// What a command prints.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|e| format!("{command:?}: {e}"))
    } else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!("{command:?}: {}", complaint.trim()))
    }
}
