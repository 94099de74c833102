//! A store that cannot be opened stops the start with one line; one that fails later answers 503.

use std::{fs, path::Path, sync::Arc};

use portcullis::store::{Event, EventKind, EventQuery, SqlStore};
use portcullis_tests::{
    host::{Host, Request, refused_start},
    person::Person,
    postgres::{LOCKED, PASSWORD, Postgres, port},
    program,
};
use rocket::tokio::task::JoinSet;

use super::{Running, folder, postgres, sqlite};

/// The one line that a start stops with.
#[track_caller]
fn refusal(store: &str) -> String {
    let line = refused_start(&[("PORTCULLIS_STORE", store)]);
    assert!(line.starts_with("PORTCULLIS_STORE: "), "{line}");
    assert!(!line.contains('\n'), "{line}");
    line
}

#[test]
fn a_file_that_cannot_be_used_stops_the_start() {
    let folder = folder("a_file_that_cannot_be_used");
    let none = folder.join("missing").join("accounts.db");
    assert!(refusal(&format!("sqlite:{}", none.display())).contains("cannot be opened"));

    let text = folder.join("text");
    fs::write(
        &text,
        "Not a database, though long enough to be taken for one at first sight. ".repeat(20),
    )
    .expect("a file");
    assert!(refusal(&format!("sqlite:{}", text.display())).contains("not a database"));
    assert!(refusal(&format!("sqlite:{}", folder.display())).contains("cannot be opened"));
}

/// The connection of another program that has a file to itself.
fn another_program_with(path: &Path) -> rusqlite::Connection {
    let other = rusqlite::Connection::open(path).expect("it opens");
    let has_it = other.execute_batch("begin exclusive");
    has_it.expect("it has the file");
    other
}

#[rocket::async_test]
async fn a_file_that_another_program_has_stops_the_start() {
    let path = folder("a_file_that_another_program_has").join("accounts.db");
    let _other = another_program_with(&path);
    let line = refusal(&format!("sqlite:{}", path.display()));
    assert!(line.contains("is locked by another program"), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_may_not_be_written_stops_the_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder("may_not_be_written");
    let path = folder.join("accounts.db");
    fs::write(&path, "").expect("a file");
    let mode = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
    };
    mode(&path, 0o444);
    mode(&folder, 0o555);
    let binary = program::portcullis();
    // Root may write everything, until that is taken away.
    let output = std::process::Command::new("setpriv")
        .args([
            "--bounding-set=-dac_override,-dac_read_search",
            "--inh-caps=-all",
            "--",
        ])
        .arg(binary.get_program())
        .arg("accounts")
        .env("PORTCULLIS_STORE", format!("sqlite:{}", path.display()))
        .output()
        .expect("it starts");
    mode(&folder, 0o755);
    let line = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{line}");
    assert!(
        line.starts_with("portcullis: PORTCULLIS_STORE: ") && line.contains("read-only"),
        "{line}"
    );
}

#[rocket::async_test]
async fn while_another_program_has_the_file_the_answer_is_503() {
    let folder = folder("another_program_has_the_file");
    let path = folder.join("accounts.db");
    let url = format!("sqlite:{}", path.display());
    let host = Host::local(&[("PORTCULLIS_STORE", &url)]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let other = another_program_with(&path);
    // The second time with a connection that has to be opened anew.
    for _ in 0..2 {
        let begun = alice.begin_sign_in(&host).await;
        let answer = host.post("/authenticate/complete", &begun.body()).await;
        answer.problem(503, "store_unavailable");
        assert!(answer.header("retry-after").is_some());
    }
    other.execute_batch("rollback").expect("it lets go");
    alice.sign_in(&host).await;
}

#[rocket::async_test]
async fn without_room_for_a_file_the_answer_is_503_and_what_was_acknowledged_is_kept() {
    // A limit on the size of files takes the place of a full disk where this process may not mount one.
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$0\""]);
    limited.arg(program::portcullis().get_program());
    fill(&folder("without_room"), limited).await;
}

#[cfg(target_os = "linux")]
#[rocket::async_test]
async fn on_a_full_disk_the_answer_is_503_and_a_start_says_so() {
    let folder = folder("full_disk");
    let Some(disk) = Disk::mount(&folder) else {
        println!("NOT RUN: a disk of its own can only be mounted as root");
        return;
    };
    fill(&folder, program::portcullis()).await;
    // To the last byte.
    let rest = folder.join("rest");
    let _ = fs::write(&rest, vec![0; 8_000_000]);
    let other = folder.join("other.db");
    let line = refusal(&format!("sqlite:{}", other.display()));
    assert!(line.contains("no room on the disk"), "{line}");
    drop(disk);
}

/// A disk of few bytes.
#[cfg(target_os = "linux")]
struct Disk(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Disk {
    /// `None` where this process may not.
    fn mount(at: &std::path::Path) -> Option<Self> {
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(at);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then(|| Self(at.to_owned()))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("--lazy")
            .arg(&self.0)
            .status();
    }
}

/// Registers people until there is no room in the folder: the answer is 503, the host goes on, and who had
/// been registered signs in after a start.
async fn fill(folder: &std::path::Path, host: std::process::Command) {
    let url = format!("sqlite:{}", folder.join("accounts.db").display());
    let port = port();
    let origin = format!("http://localhost:{port}");
    let running = Running::start(host, port, &origin, &url);
    let host = Host::elsewhere(port, &origin);
    let mut people = Vec::new();
    loop {
        let mut person = Person::new(&format!("user{}", people.len()));
        let registering = person.begin_registration(&host).await;
        let answer = person.complete_registration(&host, &registering).await;
        if answer.status == 503 {
            answer.problem(503, "store_unavailable");
            break;
        }
        answer.ok();
        person.passkeys.push(registering.passkey);
        people.push(person);
    }
    // It stays up, and reads.
    host.send(Request::get("/readyz")).await.ok();
    assert!(people.len() > 3, "{}", people.len());
    println!("{} registrations until there was no room", people.len());
    drop(running);
    // Some room, which a write-ahead log needs to be read.
    let elsewhere = folder.with_extension("elsewhere");
    let _ = fs::remove_dir_all(&elsewhere);
    fs::create_dir_all(&elsewhere).expect("a folder");
    for name in ["accounts.db", "accounts.db-wal"] {
        fs::copy(folder.join(name), elsewhere.join(name)).expect("copied");
    }
    let url = format!("sqlite:{}", elsewhere.join("accounts.db").display());
    let _running = Running::start(program::portcullis(), port, &origin, &url);
    for person in &mut people {
        person.sign_in(&host).await;
    }
}

#[rocket::async_test]
async fn a_database_of_a_newer_build_stops_the_start() {
    let server = Postgres::start();
    let url = server.create("newer");
    SqlStore::postgres(&url).await.expect("it opens");
    server.sql(
        "newer",
        "insert into portcullis_schema (version) values (99)",
    );
    assert!(refusal(&url).contains("newer Portcullis"));

    let folder = folder("a_newer_build");
    let path = folder.join("accounts.db");
    drop(sqlite(&path).await);
    let other = rusqlite::Connection::open(&path).expect("it opens");
    other
        .execute_batch("insert into portcullis_schema (version) values (99)")
        .expect("it is written");
    assert!(refusal(&format!("sqlite:{}", path.display())).contains("newer Portcullis"));
}

/// A database as the first build left it, with an event in it.
macro_rules! of_the_first_build {
    ($database:literal) => {
        concat!(
            "create table portcullis_schema (version bigint not null);",
            "insert into portcullis_schema (version) values (1);",
            include_str!(concat!(
                "../../../host/src/store/sql/migrations/",
                $database,
                "/0001_init.sql"
            )),
            "insert into portcullis_events (time, id, kind, username) values (7, '', 'approved', 'alice');",
        )
    };
}

#[rocket::async_test]
async fn what_an_earlier_build_has_written_stays() {
    let server = Postgres::start();
    let url = server.create("earlier");
    server.sql("earlier", of_the_first_build!("postgres"));

    let path = folder("an_earlier_build").join("accounts.db");
    let other = rusqlite::Connection::open(&path).expect("it opens");
    let earlier = of_the_first_build!("sqlite").replace("''", "x''");
    other.execute_batch(&earlier).expect("it is written");
    drop(other);

    for store in [postgres(&url).await, sqlite(&path).await] {
        let mut approved = Event::new(EventKind::Approved, 8);
        approved.document = Some([9; 32]);
        store.record(approved.clone()).await.expect("it answers");
        let mut earlier = Event::new(EventKind::Approved, 7);
        earlier.username = Some("alice".to_owned());
        let events = store.events(EventQuery::latest(9)).await;
        assert_eq!(events.expect("it answers"), [approved, earlier]);
    }
}

#[test]
fn a_server_that_refuses_or_is_not_there_stops_the_start_without_the_password() {
    let mut server = Postgres::start();
    let port = server.port();
    for (url, expected) in [
        (
            format!("postgres://{LOCKED}:hunter2@127.0.0.1:{port}/postgres"),
            "does not accept the user",
        ),
        (
            format!(
                "postgres://{LOCKED}:{}@127.0.0.1:{port}/nothing",
                PASSWORD.replace(' ', "%20")
            ),
            "has no database",
        ),
        (
            format!(
                "postgres://{LOCKED}:{}@127.0.0.1:{port}/postgres",
                PASSWORD.replace(' ', "%20")
            ),
            "may not create tables",
        ),
    ] {
        let line = refusal(&url);
        assert!(line.contains(expected), "{line}");
        assert!(
            !line.contains("hunter2") && !line.contains("sesame"),
            "{line}"
        );
    }
    server.stop();
    let line = refusal(&server.url("postgres"));
    assert!(line.contains("cannot be reached"), "{line}");
}

#[rocket::async_test]
async fn many_may_start_at_once() {
    let server = Postgres::start();
    let folder = folder("many_may_start");
    for round in 0..5 {
        let url = Arc::new(server.create(&format!("round{round}")));
        let path = Arc::new(folder.join(format!("round{round}")));
        let mut starts = JoinSet::new();
        for _ in 0..8 {
            let (url, path) = (Arc::clone(&url), Arc::clone(&path));
            starts.spawn(async move {
                SqlStore::postgres(&url).await.expect("PostgreSQL opens");
                SqlStore::sqlite(&path).await.expect("SQLite opens");
            });
        }
        starts.join_all().await;
    }
}
