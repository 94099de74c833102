//! Several hosts on one store.

use core::time::Duration;

use portcullis_tests::{
    host::{Answer, Host, Request, SECRET},
    person::Person,
    postgres::Postgres,
};
use rocket::futures::future::join_all;
use serde_json::{Value, json};

use super::folder;

/// Two hosts on one PostgreSQL, two on one file.
async fn pairs(name: &str) -> (Postgres, Vec<[Host; 2]>) {
    let server = Postgres::start();
    let file = folder(name).join("accounts.db");
    let mut pairs = Vec::new();
    for url in [
        server.create("shared"),
        format!("sqlite:{}", file.display()),
    ] {
        let settings = [("PORTCULLIS_STORE", &*url)];
        pairs.push([Host::local(&settings).await, Host::local(&settings).await]);
    }
    (server, pairs)
}

#[rocket::async_test]
async fn what_is_begun_on_one_is_completed_on_the_other() {
    let (_server, pairs) = pairs("begun_on_one").await;
    for [one, other] in &pairs {
        let mut alice = Person::new("alice");
        let registering = alice.begin_registration(one).await;
        alice.complete_registration(other, &registering).await.ok();
        alice.passkeys.push(registering.passkey);
        let signing_in = alice.begin_sign_in(other).await;
        one.post("/authenticate/complete", &signing_in.body())
            .await
            .ok();
        let again = other
            .post("/authenticate/complete", &signing_in.body())
            .await;
        again.problem(401, "token_spent");
        let ready = one.send(Request::get("/readyz")).await.ok();
        assert_eq!(ready["status"], "OK");
    }
}

#[rocket::async_test]
async fn of_a_hundred_who_complete_at_once_one_succeeds() {
    let (_server, pairs) = pairs("a_hundred_at_once").await;
    for hosts in &pairs {
        let mut alice = Person::with_account(&hosts[0], "alice").await;
        for _ in 0..3 {
            let body = alice.begin_sign_in(&hosts[0]).await.body();
            let calls = (0..100).map(|call| hosts[call % 2].post("/authenticate/complete", &body));
            let answers = join_all(calls).await;
            let accepted = answers.iter().filter(|answer| answer.status == 200);
            assert_eq!(accepted.count(), 1);
            for answer in answers.iter().filter(|answer| answer.status != 200) {
                answer.problem(401, "token_spent");
            }
        }
    }
}

#[rocket::async_test]
async fn clocks_that_differ_accept_no_spent_token() {
    let (_server, pairs) = pairs("clocks_that_differ").await;
    for [slow, fast] in &pairs {
        let mut alice = Person::with_account(slow, "alice").await;
        fast.clock.advance(Duration::from_secs(8));
        let body = alice.begin_sign_in(slow).await.body();
        slow.post("/authenticate/complete", &body).await.ok();
        for host in [fast, slow, fast] {
            let again = host.post("/authenticate/complete", &body).await;
            again.problem(401, "token_spent");
        }
        // The token's life ends on one, a while before it does on the other.
        fast.clock.advance(Duration::from_secs(300));
        assert_eq!(fast.post("/authenticate/complete", &body).await.status, 401);
        slow.post("/authenticate/complete", &body)
            .await
            .problem(401, "token_spent");
    }
}

#[rocket::async_test]
async fn a_secret_changes_while_people_sign_in() {
    const NEXT: &str = "9b8d2c7a1f6e5d4c3b2a190807f6e5d4c3b2a1908f7e6d5c4b3a29181706f5e4";
    let server = Postgres::start();
    let url = server.create("rotation");
    let store = ("PORTCULLIS_STORE", &*url);
    let old = Host::local(&[store]).await;
    let mut alice = Person::with_account(&old, "alice").await;
    let keys = old.send(Request::get("/.well-known/jwks.json")).await.ok();
    let decoy = old
        .post("/authenticate/begin", &json!({"username": "nobody"}))
        .await
        .ok();

    let rotated = [
        store,
        ("PORTCULLIS_SECRET", NEXT),
        ("PORTCULLIS_SECRET_PREVIOUS", SECRET),
    ];
    let new = Host::local(&rotated).await;
    let signing_in = alice.begin_sign_in(&old).await;
    new.post("/authenticate/complete", &signing_in.body())
        .await
        .ok();
    // The proof of an owner that the old secret has signed.
    alice.add_passkey(&new).await;
    let both = new.send(Request::get("/.well-known/jwks.json")).await.ok();
    let both = both["keys"].as_array().expect("keys");
    assert_eq!(both.len(), 2);
    assert_eq!(both[1], keys["keys"][0]);
    let same = new
        .post("/authenticate/begin", &json!({"username": "nobody"}))
        .await
        .ok();
    assert_eq!(
        same["publicKey"]["allowCredentials"],
        decoy["publicKey"]["allowCredentials"]
    );
    // Nothing new is signed with the old one.
    let signing_in = alice.begin_sign_in(&new).await;
    let refused = old.post("/authenticate/complete", &signing_in.body()).await;
    refused.problem(401, "token_invalid");
    let alone = Host::local(&[store, ("PORTCULLIS_SECRET", NEXT)]).await;
    let signing_in = alice.begin_sign_in(&old).await;
    let refused = alone
        .post("/authenticate/complete", &signing_in.body())
        .await;
    refused.problem(401, "token_invalid");
}

async fn approve(host: &Host, person: &mut Person, begun: &Value, receipts: &[Value]) -> Answer {
    let assertion = person.passkeys[0].get(&begun["publicKey"], &host.origin);
    let body = json!({
        "token": begun["token"], "response": assertion.response(), "receipts": receipts,
    });
    host.post("/approve/complete", &body).await
}

async fn ask(host: &Host, person: &Person) -> Value {
    let asked = json!({"document": "A".repeat(43), "text": "Order 7", "threshold": 2});
    let request = Request::post("/approve/begin", &asked);
    let request = request.bearer(person.login_token.as_deref());
    host.send(request).await.ok()
}

#[rocket::async_test]
async fn an_approval_counts_once_wherever_it_comes() {
    let (_server, pairs) = pairs("approvals").await;
    for hosts in &pairs {
        let [one, other] = hosts;
        let mut alice = Person::with_account(one, "alice").await;
        let mut bob = Person::with_account(other, "bob").await;
        let begun = ask(one, &alice).await;
        let first = approve(other, &mut alice, &begun, &[]).await.ok();
        let again = approve(one, &mut alice, &begun, &[]).await;
        again.problem(409, "already_approved");
        let receipts = [first["receipt"].clone()];
        let both = approve(one, &mut bob, &begun, &receipts).await.ok();
        assert_eq!(both["missing"], 0);

        // A hundred at once, of a passkey whose counter does not count.
        let begun = ask(one, &alice).await;
        let mut carol = Person::with_account(one, "carol").await;
        let mut assertion = carol.passkeys[0].get(&begun["publicKey"], &one.origin);
        assertion.authenticator_data.sign_count = 0;
        let body = json!({"token": begun["token"], "response": assertion.response()});
        let calls = (0..100).map(|call| hosts[call % 2].post("/approve/complete", &body));
        let answers = join_all(calls).await;
        let accepted = answers.iter().filter(|answer| answer.status == 200);
        assert_eq!(accepted.count(), 1);
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.problem(409, "already_approved");
        }
    }
}

#[rocket::async_test]
async fn a_secret_changes_while_people_approve() {
    const NEXT: &str = "9b8d2c7a1f6e5d4c3b2a190807f6e5d4c3b2a1908f7e6d5c4b3a29181706f5e4";
    let server = Postgres::start();
    let url = server.create("rotated_approvals");
    let store = ("PORTCULLIS_STORE", &*url);
    let old = Host::local(&[store]).await;
    let mut alice = Person::with_account(&old, "alice").await;
    let mut bob = Person::with_account(&old, "bob").await;
    let begun = ask(&old, &alice).await;
    let first = approve(&old, &mut alice, &begun, &[]).await.ok();
    let rotated = [
        store,
        ("PORTCULLIS_SECRET", NEXT),
        ("PORTCULLIS_SECRET_PREVIOUS", SECRET),
    ];
    let new = Host::local(&rotated).await;
    let receipts = [first["receipt"].clone()];
    let both = approve(&new, &mut bob, &begun, &receipts).await.ok();
    assert_eq!(both["missing"], 0);
    // What the new secret has signed the old one does not know.
    let body = json!({"token": begun["token"], "receipts": [both["receipt"]]});
    old.post("/approve/complete", &body)
        .await
        .problem(400, "receipt_refused");
}
