//! pgbouncer in transaction mode: each transaction may get another connection.

use std::{
    fs,
    net::TcpStream,
    path::Path,
    process::{Child, Stdio},
    thread,
};

use portcullis::store::conformance::{self, CASES};
use portcullis_tests::postgres::{Postgres, port, spawn, unprivileged};

use super::postgres;

/// A pooler before a server, which ends with it.
pub(super) struct Pooler {
    port: u16,
    running: Child,
}

impl Pooler {
    pub(super) fn start(server: &Postgres) -> Self {
        let port = port();
        let folder = server.folder();
        let programs = [
            "/usr/sbin/pgbouncer",
            "/usr/bin/pgbouncer",
            "/opt/homebrew/bin/pgbouncer",
        ];
        let program = programs.iter().map(Path::new).find(|path| path.exists());
        let program = program.expect("pgbouncer is missing: ./portcullis test installs it");
        fs::write(folder.join("users"), "\"portcullis\" \"\"\n").expect("its users");
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             auth_type = trust\nauth_file = {}\npool_mode = transaction\ndefault_pool_size = 3\n\
             min_pool_size = 3\nunix_socket_dir =\nmax_db_connections = 3\nserver_idle_timeout = 5\n",
            server.port(),
            folder.join("users").display()
        );
        fs::write(folder.join("pgbouncer.ini"), settings).expect("its settings");
        let mut pgbouncer = unprivileged(program);
        pgbouncer.arg(folder.join("pgbouncer.ini"));
        pgbouncer.stderr(Stdio::null()).stdout(Stdio::null());
        let running = spawn(pgbouncer);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(core::time::Duration::from_millis(20));
        }
        Self { port, running }
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

#[rocket::async_test]
async fn the_store_conforms_behind_pgbouncer_in_transaction_mode() {
    let server = Postgres::start();
    let pooler = Pooler::start(&server);
    for case in CASES {
        println!("{}", case.name);
        let _ = server.create(case.name);
        let port = pooler.port();
        let url = format!("postgres://portcullis@127.0.0.1:{port}/{}", case.name);
        let both = vec![postgres(&url).await, postgres(&url).await];
        case.run(conformance::in_turn(both)).await;
    }
}
