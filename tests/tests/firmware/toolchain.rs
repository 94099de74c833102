//! Builds the firmware's images and runs them under QEMU.

use core::time::Duration;
use std::{
    collections::HashMap,
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

/// A target and the machine that QEMU emulates for it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) triple: &'static str,
    qemu: &'static str,
    machine: &'static [&'static str],
}

pub(crate) const CORTEX_M4: Target = Target {
    triple: "thumbv7em-none-eabihf",
    qemu: "qemu-system-arm",
    machine: &["-M", "mps2-an386", "-cpu", "cortex-m4"],
};

pub(crate) const TARGETS: [Target; 5] = [
    // No machine of QEMU that has enough memory has a Cortex-M0; an M3 runs its code.
    Target {
        triple: "thumbv6m-none-eabi",
        qemu: "qemu-system-arm",
        machine: &["-M", "mps2-an385", "-cpu", "cortex-m3"],
    },
    Target {
        triple: "thumbv7m-none-eabi",
        qemu: "qemu-system-arm",
        machine: &["-M", "mps2-an385", "-cpu", "cortex-m3"],
    },
    CORTEX_M4,
    Target {
        triple: "thumbv8m.main-none-eabihf",
        qemu: "qemu-system-arm",
        machine: &["-M", "mps2-an505", "-cpu", "cortex-m33"],
    },
    Target {
        triple: "riscv32imac-unknown-none-elf",
        qemu: "qemu-system-riscv32",
        machine: &["-M", "virt", "-bios", "none"],
    },
];

/// Whether the image's instructions are to be counted, which makes it slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    Counting,
    Free,
}

/// Long enough for the slowest image on a busy machine; one that hangs ends here.
const PATIENCE: Duration = Duration::from_secs(300);

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("firmware")
}

/// cargo in the firmware's workspace, for a target or, where there is none, for this machine.
///
/// Like the `portcullis` script: with rustup's compiler where that has the target, else with Debian's
/// and the library's source.
pub(crate) fn cargo(target: Option<&Target>) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    let mut folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("firmware");
    cargo
        .current_dir(workspace())
        // These would take the place of what the workspace's own configuration says.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .args(["build", "--locked", "--quiet"]);
    if let Some(target) = target {
        cargo.args(["--target", target.triple]);
        if !has_library(target) {
            let linker = format!(
                "CARGO_TARGET_{}_LINKER",
                target.triple.to_uppercase().replace(['-', '.'], "_")
            );
            folder.push("debian");
            cargo
                .env("RUSTC", debian_rustc(target))
                .env("RUSTC_BOOTSTRAP", "1")
                .env(linker, rust_lld())
                .arg("-Zbuild-std=core");
        }
    }
    cargo.arg("--target-dir").arg(folder);
    cargo
}

fn rustc(arguments: &[&str]) -> String {
    printed_by(Path::new("rustc"), arguments)
}

/// What a compiler prints; nothing where it is missing or does not know.
fn printed_by(compiler: &Path, arguments: &[&str]) -> String {
    let output = Command::new(compiler).args(arguments).output();
    let printed = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&printed).trim().to_owned()
}

fn has_library(target: &Target) -> bool {
    let folder = rustc(&["--print", "target-libdir", "--target", target.triple]);
    !folder.is_empty() && Path::new(&folder).is_dir()
}

fn debian_rustc(target: &Target) -> &'static Path {
    let rustc = Path::new("/usr/bin/rustc");
    let sysroot = printed_by(rustc, &["--print", "sysroot"]);
    assert!(
        Path::new(&sysroot)
            .join("lib/rustlib/src/rust/library/core/src/lib.rs")
            .exists(),
        "no Rust compiler here has a library for {}: ./portcullis test installs it",
        target.triple
    );
    rustc
}

fn rust_lld() -> PathBuf {
    let host = rustc(&["-vV"])
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .expect("rustc names its host");
    Path::new(&rustc(&["--print", "sysroot"]))
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld")
}

/// Which of the images: they differ in the core's features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Images {
    /// What is measured: no JSON, no attestation but the key's own.
    Measured,
    /// What speaks JSON.
    Json,
}

/// The image of this name. The first that asks for some has them all built.
pub(crate) fn image(target: &'static Target, images: Images, name: &str) -> PathBuf {
    static BUILT: Mutex<Option<HashMap<(&'static str, Images), PathBuf>>> = Mutex::new(None);
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = built
        .get_or_insert_default()
        .entry((target.triple, images))
        .or_insert_with(|| {
            let mut cargo = cargo(Some(target));
            cargo.args(["--release", "--package", "portcullis-firmware"]);
            if images == Images::Json {
                cargo.args(["--features", "json", "--bin", "self_test", "--bin", "door"]);
            }
            let status = cargo.status().expect("cargo runs");
            assert!(
                status.success(),
                "the images for {} do not build",
                target.triple
            );
            target_dir(&cargo).join(target.triple).join("release")
        });
    folder.join(name)
}

/// The folder that a command of [`cargo`] builds into.
pub(crate) fn target_dir(cargo: &Command) -> PathBuf {
    cargo
        .get_args()
        .skip_while(|argument| *argument != "--target-dir")
        .nth(1)
        .map(PathBuf::from)
        .expect("set above")
}

/// Runs an image on this input and returns what it has printed.
pub(crate) fn run(
    target: &Target,
    image: &Path,
    input: &[u8],
    clock: Clock,
) -> (ExitStatus, Vec<u8>) {
    let mut qemu = Command::new(target.qemu);
    qemu.args(target.machine)
        .args(["-nographic", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native"]);
    if clock == Clock::Counting {
        let shift = if target.triple.starts_with("thumb") {
            6
        } else {
            0
        };
        qemu.args(["-icount", &format!("shift={shift}")]);
    }
    let spawned = qemu
        .arg("-kernel")
        .arg(image)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = spawned.unwrap_or_else(|error| {
        panic!(
            "{} cannot be started ({error}): ./portcullis test installs it",
            target.qemu
        )
    });
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    // An image that ends early leaves the rest of its input; what it has printed tells why.
    let writer = thread::spawn(move || stdin.write_all(&input));
    let mut stdout = child.stdout.take().expect("piped");
    let (done, output) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        let read = std::io::copy(&mut stdout, &mut text);
        let _gone = done.send(read.map(|_| text));
    });
    let output = match output.recv_timeout(PATIENCE) {
        Ok(output) => output.expect("QEMU's output can be read"),
        Err(_) => {
            child.kill().expect("QEMU can be ended");
            panic!("{} hangs on {}", image.display(), target.triple);
        }
    };
    let _input_left = writer.join().expect("the writer does not panic");
    reader.join().expect("the reader does not panic");
    (child.wait().expect("QEMU ends"), output)
}

/// Reads an image.
pub(crate) fn read(image: &Path) -> Vec<u8> {
    fs::read(image).expect("the image was built")
}
