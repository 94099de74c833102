//! Programs that the tests start.

use std::{
    fs::File,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::OnceLock,
    thread,
};

use serde_json::Value;

/// The `portcullis` binary, built when it is first asked for.
///
/// # Panics
///
/// When it does not build.
pub fn portcullis() -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    Command::new(BINARY.get_or_init(|| build(&["--bin", "portcullis"])))
}

/// The release build of the `portcullis` binary, built when it is first asked for.
///
/// # Panics
///
/// When it does not build.
pub fn release() -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    Command::new(BINARY.get_or_init(|| build(&["--release", "--bin", "portcullis"])))
}

/// An example of the host, built.
///
/// # Panics
///
/// When it does not build.
#[must_use]
pub fn example(name: &str) -> Command {
    Command::new(build(&["--example", name]))
}

/// A host as a process of its own, until it is dropped.
#[derive(Debug)]
pub struct Serving(Child);

impl Serving {
    /// Starts it with these settings, and waits until it listens. What it logs goes to a file, or nowhere.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[must_use]
    pub fn start(port: u16, settings: &[(&str, &str)], log: Option<&Path>) -> Self {
        let log = log.map_or_else(Stdio::null, |log| {
            File::create(log).expect("a file for the log").into()
        });
        let mut command = portcullis();
        command.env("PORTCULLIS_SECRET", crate::host::SECRET);
        command.envs(settings.iter().copied());
        command.env("ROCKET_PORT", port.to_string());
        command.stdout(Stdio::null()).stderr(log);
        Self::run(command, port)
    }

    /// The same of another command.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[must_use]
    pub fn run(mut command: Command, port: u16) -> Self {
        let mut child = command.spawn().expect("it starts");
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = child.try_wait().expect("its state") {
                panic!("the host has ended: {status}");
            }
            thread::yield_now();
        }
        Self(child)
    }

    /// Asks it to end, as `systemctl stop` does.
    ///
    /// # Panics
    ///
    /// When it cannot be asked.
    pub fn terminate(&self) {
        let id = self.0.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status();
        assert!(kill.expect("kill is there").success());
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    ///
    /// When its state cannot be seen.
    pub fn ended(mut self) -> ExitStatus {
        self.0.wait().expect("its state")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `cargo test` makes a package's binaries for that package's own tests only. The whole workspace
/// is named so that its features, and with them what is built already, stay the same.
fn build(what: &[&str]) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["build", "--workspace", "--message-format=json"])
        .args(what)
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo can be started");
    assert!(
        output.status.success(),
        "cargo build {}: {}",
        what.join(" "),
        output.status
    );
    let messages = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .expect("cargo names the executable")
}
