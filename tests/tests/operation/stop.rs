//! A host that is asked to end says so first, goes on for a while, and ends well.

use std::{fs, os::unix::net::UnixDatagram};

use portcullis_tests::{
    host::{Host, Request},
    person::Person,
    postgres::port,
    program::Serving,
};
use rocket::tokio::task::{spawn_blocking, yield_now};

use super::folder;

fn heard(socket: &UnixDatagram) -> String {
    let mut message = [0; 64];
    let length = socket.recv(&mut message).expect("a message");
    String::from_utf8_lossy(&message[..length]).into_owned()
}

#[rocket::async_test]
async fn it_is_not_ready_first_and_answers_on_until_it_ends() {
    let folder = folder("stop");
    let name = folder.join("notify");
    let systemd = UnixDatagram::bind(&name).expect("a socket");
    let port = port();
    let origin = format!("http://localhost:{port}");
    let settings = [
        ("NOTIFY_SOCKET", name.to_str().expect("UTF-8")),
        ("PORTCULLIS_ORIGINS", &*origin),
        // Until the second signal.
        ("PORTCULLIS_DRAIN", "300"),
    ];
    let serving = Serving::start(port, &settings, None);
    assert_eq!(heard(&systemd), "READY=1");
    let host = Host::elsewhere(port, &origin);
    host.send(Request::get("/readyz")).await.ok();
    let mut alice = Person::with_account(&host, "alice").await;

    serving.terminate();
    assert_eq!(heard(&systemd), "STOPPING=1");
    let ready = host.send(Request::get("/readyz")).await;
    ready.problem(503, "host_stopping");
    host.send(Request::get("/healthz")).await.ok();
    alice.sign_in(&host).await;
    let begun = alice.begin_sign_in(&host).await;
    let answer = host.post("/authenticate/complete", &begun.body()).await;
    answer.ok();

    serving.terminate();
    let ended = spawn_blocking(|| serving.ended()).await.expect("it ends");
    assert!(ended.success(), "{ended}");
    assert!(host.try_send(Request::get("/healthz")).await.is_none());
}

/// Ctrl-C ends it at once, and where nothing is set so does the first signal.
#[rocket::async_test]
async fn on_localhost_nobody_waits() {
    let port = port();
    let origin = format!("http://localhost:{port}");
    let serving = Serving::start(port, &[("PORTCULLIS_ORIGINS", &*origin)], None);
    let host = Host::elsewhere(port, &origin);
    serving.terminate();
    while host.try_send(Request::get("/healthz")).await.is_some() {
        yield_now().await;
    }
    let ended = spawn_blocking(|| serving.ended()).await.expect("it ends");
    assert!(ended.success(), "{ended}");
}

/// Who copies the file of a host that does not run has all that is in it.
#[rocket::async_test]
async fn all_that_is_in_sqlite_is_in_one_file_when_it_has_ended() {
    let folder = folder("stop_sqlite");
    let store = format!("sqlite:{}", folder.join("accounts.db").display());
    let port = port();
    let origin = format!("http://localhost:{port}");
    let settings = [
        ("PORTCULLIS_ORIGINS", &*origin),
        ("PORTCULLIS_STORE", &*store),
    ];
    let serving = Serving::start(port, &settings, None);
    let host = Host::elsewhere(port, &origin);
    Person::with_account(&host, "alice").await;
    let files = || fs::read_dir(&folder).expect("a folder").count();
    // The log and its index are beside it.
    assert_eq!(files(), 3);
    serving.terminate();
    let ended = spawn_blocking(|| serving.ended()).await.expect("it ends");
    assert!(ended.success(), "{ended}");
    assert_eq!(files(), 1);
}
