//! pgbouncer in transaction mode: each transaction may get another connection.

use std::{fs, path::Path, process::Stdio};

use portcullis::store::conformance::{self, CASES};
use portcullis_tests::postgres::{Postgres, port, spawn, unprivileged};

use super::postgres;

#[rocket::async_test]
async fn the_store_conforms_behind_pgbouncer_in_transaction_mode() {
    let server = Postgres::start();
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
    let mut pgbouncer = spawn(pgbouncer);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(core::time::Duration::from_millis(20));
    }
    for case in CASES {
        println!("{}", case.name);
        let _ = server.create(case.name);
        let url = format!("postgres://portcullis@127.0.0.1:{port}/{}", case.name);
        let both = vec![postgres(&url).await, postgres(&url).await];
        case.run(conformance::in_turn(both)).await;
    }
    pgbouncer.kill().expect("it ends");
    pgbouncer.wait().expect("it has ended");
}
