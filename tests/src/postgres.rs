//! A real PostgreSQL, of the test's own: a new cluster, started by the test and gone with it.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
};

/// The role that everything is done as.
const ROLE: &str = "portcullis";

/// A role that has to show its password, [`PASSWORD`].
pub const LOCKED: &str = "locked";

/// The password of [`LOCKED`].
pub const PASSWORD: &str = "open sesame";

/// A server.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    /// Whether it waits for the disk.
    durable: bool,
    /// How far its clock is ahead of this machine's, as faketime takes it.
    ahead: Option<&'static str>,
    running: Option<Child>,
}

impl Postgres {
    /// A new, empty server. It does not wait for the disk: processes are killed in tests, not machines,
    /// and the system keeps what they wrote.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::new(false, None)
    }

    /// The same whose clock is ahead of this machine's by what faketime calls so, such as `+1h`.
    ///
    /// # Panics
    ///
    /// When PostgreSQL or faketime is not installed, or does not start.
    #[must_use]
    pub fn start_ahead(ahead: &'static str) -> Self {
        Self::new(false, Some(ahead))
    }

    /// The same as it is set up for use: what was committed is on the disk.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn start_durable() -> Self {
        Self::new(true, None)
    }

    fn new(durable: bool, ahead: Option<&'static str>) -> Self {
        let folder = env::temp_dir().join(format!("portcullis-{}-{}", std::process::id(), port()));
        let mut server = Self {
            programs: programs(),
            folder,
            port: port(),
            durable,
            ahead,
            running: None,
        };
        fs::create_dir_all(&server.folder).expect("a folder for the server");
        if is_root() {
            run(Command::new("chown").arg(user()).arg(&server.folder));
        }
        let mut initdb = server.command("initdb");
        initdb.args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]);
        run(initdb
            .arg("--username")
            .arg(ROLE)
            .arg("--pgdata")
            .arg(server.data()));
        let rules = format!(
            "host all {LOCKED} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"
        );
        fs::write(server.data().join("pg_hba.conf"), rules).expect("who may connect");
        server.resume();
        server.sql(
            "postgres",
            &format!("create role {LOCKED} login password '{PASSWORD}'"),
        );
        server
    }

    /// Starts the server again after [`Self::stop`], and waits until it answers.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn resume(&mut self) {
        let mut postgres = match self.ahead {
            None => self.command("postgres"),
            Some(ahead) => {
                let mut faketime = unprivileged(Path::new("faketime"));
                faketime.args(["-f", ahead]).current_dir("/");
                faketime.arg(self.programs.join("postgres"));
                // How long it waits is no matter of its clock.
                faketime.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
                faketime
            }
        };
        postgres.arg("-D").arg(self.data());
        for setting in [
            &*format!("port={}", self.port),
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=120",
            if self.durable {
                "fsync=on"
            } else {
                "fsync=off"
            },
        ] {
            postgres.arg("-c").arg(setting);
        }
        let log = fs::File::create(self.folder.join("log")).expect("a log");
        postgres.stderr(log).stdout(Stdio::null());
        self.running = Some(spawn(postgres));
        for _ in 0..600 {
            let mut ready = Command::new(self.programs.join("pg_isready"));
            let ready = ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if ready.status().is_ok_and(|status| status.success()) {
                return;
            }
            thread::sleep(core::time::Duration::from_millis(50));
        }
        panic!(
            "{}",
            fs::read_to_string(self.folder.join("log")).unwrap_or_default()
        );
    }

    /// Stops it as a crash would, without a farewell to anybody.
    ///
    /// # Panics
    ///
    /// When it cannot be stopped.
    pub fn stop(&mut self) {
        let Some(mut server) = self.running.take() else {
            return;
        };
        run(self
            .command("pg_ctl")
            .args(["stop", "-m", "immediate", "-D"])
            .arg(self.data()));
        server.wait().expect("it has ended");
    }

    /// The port that it listens at.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the server, where pgbouncer's files may lie too.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The address of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{ROLE}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes a database; its address.
    ///
    /// # Panics
    ///
    /// When there is one already.
    #[must_use]
    pub fn create(&self, database: &str) -> String {
        self.sql(
            "postgres",
            &format!("create database {database} strategy file_copy"),
        );
        self.url(database)
    }

    /// Runs SQL; what it printed.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"));
        let psql = psql.args([
            "-XqtA",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            &self.url(database),
            "-c",
            sql,
        ]);
        let output = run(psql);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// One of its programs, as the user that it may run as.
    fn command(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = unprivileged(&program);
        command.current_dir("/");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut server) = self.running.take() {
            let _ = self
                .command("pg_ctl")
                .args(["stop", "-m", "immediate", "-D"])
                .arg(self.data())
                .output();
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A program that runs as the user `postgres` where this process is root, which PostgreSQL refuses, and
/// that ends when this process does.
#[must_use]
pub fn unprivileged(program: &Path) -> Command {
    if !cfg!(target_os = "linux") {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=QUIT");
    if is_root() {
        command.args(["--reuid", user(), "--regid", user(), "--clear-groups"]);
    }
    command.arg("--").arg(program);
    command
}

/// Starts a program from a thread that lives as long as it does: the thread that starts it is the one
/// whose end would end it.
///
/// # Panics
///
/// When it cannot be started.
#[must_use]
pub fn spawn(mut command: Command) -> Child {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let child = command.spawn().expect("it can be started");
        send.send(child).expect("somebody waits for it");
        loop {
            thread::park();
        }
    });
    receive.recv().expect("it has started")
}

/// A port that is free.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn port() -> u16 {
    let probe = TcpListener::bind("127.0.0.1:0").expect("a free port");
    probe.local_addr().expect("bound").port()
}

const fn user() -> &'static str {
    "postgres"
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.starts_with(b"0\n"))
}

/// Where the programs are: Debian keeps them in a folder of their version, off the path.
fn programs() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let mut places: Vec<PathBuf> = debian.collect();
    places.sort();
    places.reverse();
    places.extend(env::split_paths(&path));
    let found = places
        .into_iter()
        .find(|place| place.join("initdb").exists() && place.join("psql").exists());
    found.expect("PostgreSQL is missing: ./portcullis test installs it")
}

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("it can be started");
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
