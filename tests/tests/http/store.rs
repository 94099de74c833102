//! A store that has no room or cannot be reached: 503, and later everything goes on.

use core::time::Duration;
use std::sync::Arc;

use portcullis::store::{Limits, MemoryStore};
use portcullis_tests::{
    host::{Answer, Host},
    person::Person,
};
use serde_json::json;

/// Room for one account of these tests, not for two.
const ONE_ACCOUNT: usize = 1_500;

async fn host(bytes: usize, spent: usize) -> Host {
    let store = MemoryStore::new(Limits::new(bytes, spent));
    Host::with_store(Arc::new(store)).await
}

fn assert_no_room(answer: &Answer) {
    answer.problem(503, "store_unavailable");
    let seconds = answer.header("retry-after").map(str::parse::<u32>);
    assert!(matches!(seconds, Some(Ok(1..))), "{seconds:?}");
}

#[rocket::async_test]
async fn without_room_for_an_account_nobody_is_registered_and_the_others_sign_in() {
    let host = host(ONE_ACCOUNT, 100).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let mut bob = Person::new("bob");
    let registering = bob.begin_registration(&host).await;
    assert_no_room(&bob.complete_registration(&host, &registering).await);
    host.post("/register/begin", &json!({"username": "bob"}))
        .await
        .ok();
    alice.sign_in(&host).await;
}

#[rocket::async_test]
async fn a_spent_token_is_never_forgotten_to_make_room_for_another() {
    let host = host(10 * ONE_ACCOUNT, 2).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let signing_in = alice.begin_sign_in(&host).await;
    let spent = host
        .post("/authenticate/complete", &signing_in.body())
        .await;
    spent.ok();
    let next = alice.begin_sign_in(&host).await;
    assert_no_room(&host.post("/authenticate/complete", &next.body()).await);
    let again = host
        .post("/authenticate/complete", &signing_in.body())
        .await;
    again.problem(401, "token_spent");

    // Their life is over, and their place is free.
    host.clock.advance(Duration::from_secs(301));
    alice.sign_in(&host).await;
}
