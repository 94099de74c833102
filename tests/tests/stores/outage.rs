//! PostgreSQL goes away under load and comes back.

use core::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};
use std::{fs, sync::Arc};

use portcullis_tests::{
    host::{Host, Request},
    person::Person,
    postgres::{Postgres, port},
    program::Serving,
};
use rocket::futures::future::join_all;
use rocket::tokio::{task::JoinSet, time};
use serde_json::json;

use super::folder;

#[rocket::async_test]
async fn while_postgres_is_away_every_answer_is_503_and_then_all_goes_on() {
    let mut server = Postgres::start();
    let url = server.create("outage");
    let host = Arc::new(Host::local(&[("PORTCULLIS_STORE", &url)]).await);
    let (stop, signed_in, unavailable) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
    );
    let mut people = JoinSet::new();
    for number in 0..4 {
        let mut person = Person::with_account(&host, &format!("user{number}")).await;
        let (host, stop) = (Arc::clone(&host), Arc::clone(&stop));
        let (signed_in, unavailable) = (Arc::clone(&signed_in), Arc::clone(&unavailable));
        people.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let body = json!({"username": person.name});
                let begun = host.post("/authenticate/begin", &body).await;
                if begun.status == 200 {
                    let begun = begun.ok();
                    let assertion = person.passkeys[0].get(&begun["publicKey"], &host.origin);
                    let body = json!({
                        "assertion": assertion.response(),
                        "challenge_token": begun["challenge_token"],
                    });
                    let answer = host.post("/authenticate/complete", &body).await;
                    if answer.status == 200 {
                        signed_in.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    answer.problem(503, "store_unavailable");
                } else {
                    begun.problem(503, "store_unavailable");
                    assert!(begun.header("retry-after").is_some());
                }
                unavailable.fetch_add(1, Ordering::Relaxed);
                // As its header asks, in short.
                time::sleep(Duration::from_millis(10)).await;
            }
        });
    }
    let reaches = async |counter: &AtomicUsize, least: usize| {
        while counter.load(Ordering::Relaxed) < least {
            time::sleep(Duration::from_millis(5)).await;
        }
    };
    for round in 1..=3 {
        reaches(&signed_in, 20 * round).await;
        server.stop();
        let before = unavailable.load(Ordering::Relaxed);
        reaches(&unavailable, before + 4).await;
        let ready = host.send(Request::get("/readyz")).await;
        ready.problem(503, "store_unavailable");
        host.send(Request::get("/healthz")).await.ok();
        server.resume();
        let before = signed_in.load(Ordering::Relaxed);
        reaches(&signed_in, before + 20).await;
    }
    stop.store(true, Ordering::Relaxed);
    people.join_all().await;
    println!(
        "{} sign-ins, {} answers of 503",
        signed_in.load(Ordering::Relaxed),
        unavailable.load(Ordering::Relaxed)
    );
}

#[rocket::async_test]
async fn the_log_names_the_cause_of_an_outage_once() {
    let mut server = Postgres::start();
    let url = server.create("outage_log");
    let log = folder("outage_log").join("log");
    let port = port();
    let origin = format!("http://localhost:{port}");
    let settings = [
        ("PORTCULLIS_STORE", &*url),
        ("PORTCULLIS_ORIGINS", &*origin),
    ];
    let _serving = Serving::start(port, &settings, Some(&log));
    let host = Host::elsewhere(port, &origin);
    let begin = async || {
        let body = json!({"username": "alice"});
        host.post("/authenticate/begin", &body).await.status
    };
    let lines = |what: &str| {
        let log = fs::read_to_string(&log).expect("a log");
        let lines = log.lines().filter(|line| line.contains(what));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    for outage in 1..=2 {
        while begin().await != 200 {}
        server.stop();
        let at_once = (0..20).map(|_| begin());
        assert_eq!(join_all(at_once).await, [503; 20]);
        server.resume();
        // Back is what has not failed for a while.
        while lines("the store is available again").len() < outage {
            begin().await;
        }
        let named = lines("the store is not available");
        assert_eq!(named.len(), outage, "{named:#?}");
        let back = lines("the store is available again");
        assert_eq!(back.len(), outage, "{back:#?}");
        println!("{}\n{}", named[outage - 1], back[outage - 1]);
    }
}
