//! Stores that last: what each has to do, and what becomes of it when things go wrong.

mod clocks;
mod commands;
mod conformance;
mod failures;
mod instances;
mod kills;
mod moving;
mod outage;
mod pooler;
mod round_trips;

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
};

use portcullis::store::{SqlStore, Store};
use portcullis_tests::host::SECRET;

async fn sqlite(path: &Path) -> Arc<dyn Store> {
    Arc::new(SqlStore::sqlite(path).await.expect("the file opens"))
}

async fn postgres(url: &str) -> Arc<dyn Store> {
    Arc::new(SqlStore::postgres(url).await.expect("the server answers"))
}

/// An empty folder for the files of a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("stores")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A host as a process of its own, which is killed in the end.
struct Running(Child);

impl Running {
    /// Starts it, and waits until it listens.
    fn start(mut command: Command, port: u16, origin: &str, store: &str) -> Self {
        command
            .env("PORTCULLIS_STORE", store)
            .env("PORTCULLIS_SECRET", SECRET)
            .env("PORTCULLIS_ORIGINS", origin)
            .env("ROCKET_PORT", port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                child.try_wait().expect("its state").is_none(),
                "it has ended"
            );
            thread::sleep(core::time::Duration::from_millis(5));
        }
        Self(child)
    }

    /// `kill -9`.
    fn kill(mut self) {
        self.0.kill().expect("it is killed");
        self.0.wait().expect("it is gone");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
