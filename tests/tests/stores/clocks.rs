//! A database whose clock is not that of its hosts.

use portcullis::{clock::Clock, store::Sweep};
use portcullis_tests::{host::Host, person::Person, postgres::Postgres, program};

use super::{folder, postgres};

#[rocket::async_test]
async fn a_database_whose_clock_is_ahead_is_named_and_ends_nothing_early() {
    if cfg!(target_os = "macos") {
        println!("NOT RUN: macOS does not let faketime move the clock of a program");
        return;
    }
    let server = Postgres::start_ahead("+1h");
    let url = server.create("clock_ahead");
    let checked = program::portcullis()
        .arg("check-config")
        .env("PORTCULLIS_STORE", &url)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&checked.stdout);
    let line = said
        .lines()
        .find(|line| line.contains("this clock and the database's"));
    let line = line.unwrap_or_else(|| panic!("{said}"));
    let apart = line
        .split(' ')
        .find_map(|word| word.parse::<u64>().ok())
        .unwrap_or_else(|| panic!("{line}"));
    assert!(line.starts_with("worries: "), "{line}");
    assert!((3_590..=3_610).contains(&apart), "{line}");
    println!("{line}");

    let store = [("PORTCULLIS_STORE", &*url)];
    let hosts = [Host::local(&store).await, Host::local(&store).await];
    let mut alice = Person::with_account(&hosts[0], "alice").await;
    let spent = alice.begin_sign_in(&hosts[0]).await;
    let open = alice.begin_sign_in(&hosts[0]).await;
    hosts[0]
        .post("/authenticate/complete", &spent.body())
        .await
        .ok();
    // The upkeep's turn comes, by the hosts' clocks.
    let now = Clock::start().now();
    let swept = postgres(&url).await.sweep(Sweep::new(now, now, 10)).await;
    swept.expect("it answers");
    for host in &hosts {
        host.post("/authenticate/complete", &spent.body())
            .await
            .problem(401, "token_spent");
    }
    hosts[1]
        .post("/authenticate/complete", &open.body())
        .await
        .ok();
}

/// What a database whose clock was ahead may have been left with, and what helps.
#[rocket::async_test]
async fn a_database_that_forgot_what_is_not_over_yet_refuses_until_it_is_told_otherwise() {
    let path = folder("swept_ahead").join("accounts.db");
    let url = format!("sqlite:{}", path.display());
    let store = ("PORTCULLIS_STORE", &*url);
    let host = Host::local(&[store]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let database = rusqlite::Connection::open(&path).expect("it opens");
    let ahead = "update portcullis_swept set swept = unixepoch() + 3600";
    database.execute_batch(ahead).expect("it is written");
    let refused = alice.begin_sign_in(&host).await;
    let answer = host.post("/authenticate/complete", &refused.body()).await;
    answer.problem(401, "token_expired");

    let back = "update portcullis_swept set swept = 0";
    database.execute_batch(back).expect("it is written");
    let secret = "0123456789abcdef".repeat(4);
    let host = Host::local(&[store, ("PORTCULLIS_SECRET", &secret)]).await;
    let answer = host.post("/authenticate/complete", &refused.body()).await;
    answer.problem(401, "token_invalid");
    alice.sign_in(&host).await;
}
