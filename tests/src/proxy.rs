//! Proxies that the tests start: Debian's nginx and Caddy.

use core::time::Duration;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rocket::tokio::time::{sleep, timeout};

use crate::host;

/// How long a proxy may take to start: only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A proxy, until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    child: Child,
    folder: PathBuf,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Proxy {
    /// nginx with one server.
    ///
    /// # Panics
    ///
    /// When it is not installed or does not start.
    #[must_use]
    pub fn nginx(server: &str) -> Self {
        let folder = folder("nginx");
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.display()))
            .concat();
        let pid = folder.join("pid");
        let text = format!(
            "pid {};\ndaemon off;\nworker_processes 1;\nerror_log stderr;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}{server}}}\n",
            pid.display()
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, text).expect("a file");
        let mut command = Command::new(program("nginx"));
        // One process: killing it leaves no worker running.
        command.args(["-g", "master_process off;", "-e", "stderr", "-p"]);
        command.arg(&folder).arg("-c").arg(&file);
        Self::start(command, folder)
    }

    /// Caddy with these sites.
    ///
    /// # Panics
    ///
    /// When it is not installed or does not start.
    #[must_use]
    pub fn caddy(sites: &str) -> Self {
        let folder = folder("caddy");
        let text = format!("{{\n\tadmin off\n\tauto_https off\n}}\n{sites}");
        let file = folder.join("Caddyfile");
        fs::write(&file, text).expect("a file");
        let mut command = Command::new(program("caddy"));
        command.args(["run", "--adapter", "caddyfile", "--config"]);
        command.arg(&file);
        command.env("HOME", &folder).env("XDG_DATA_HOME", &folder);
        command.env("XDG_CONFIG_HOME", &folder);
        Self::start(command, folder)
    }

    fn start(mut command: Command, folder: PathBuf) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("log")).expect("a file"))
            .spawn()
            .expect("it starts");
        Self { child, folder }
    }

    /// Waits until an address behind it answers with 200.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub async fn reaches(&self, url: &str) {
        let answers = async {
            while host::get(url)
                .await
                .is_none_or(|answer| answer.status != 200)
            {
                sleep(Duration::from_millis(20)).await;
            }
        };
        if timeout(PATIENCE, answers).await.is_err() {
            let log = fs::read_to_string(self.folder.join("log"));
            panic!("{url} is not reached: {}", log.unwrap_or_default());
        }
    }
}

fn program(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{name} is missing: ./portcullis test installs it"))
}

fn folder(name: &str) -> PathBuf {
    let unique = format!(
        "portcullis-{name}-{}-{}",
        std::process::id(),
        crate::postgres::port()
    );
    let folder = env::temp_dir().join(unique);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A configuration that the host brings along, by its path below `host/`.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn configuration(path: &str) -> String {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../host")).join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
