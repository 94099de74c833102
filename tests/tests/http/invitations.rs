//! Invitations.

use core::time::Duration;
use std::sync::Arc;

use portcullis::store::{Invitation, MemoryStore, Store as _};
use portcullis_tests::{
    host::{Answer, Host, Request},
    person::Person,
};
use rocket::http::Method;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::is_free;

const INVITE: (&str, &str) = ("PORTCULLIS_SIGNUP", "invite");

struct Inviting {
    host: Host,
    store: Arc<MemoryStore>,
}

impl Inviting {
    async fn new() -> Self {
        let store = Arc::new(MemoryStore::default());
        let shared = Arc::clone(&store);
        let host = Host::mounted(&[INVITE], |host| host.with_store(shared).rocket()).await;
        Self { host, store }
    }

    /// As `portcullis invite` does it.
    async fn invite(&self, number: u8, name: Option<&str>, life: u64) -> String {
        let secret = [number; 32];
        let hash = Sha256::digest(secret).into();
        let expires = self.host.clock.now() + life;
        let invitation = Invitation::new(hash, name.map(str::to_owned), expires);
        self.store.invite(invitation).await.expect("room");
        portcullis_tests::encoding::base64url(&secret)
    }

    async fn begin(&self, name: &str, invitation: &str) -> Answer {
        let body = json!({"username": name, "invitation": invitation});
        self.host.post("/register/begin", &body).await
    }

    async fn complete(&self, begun: &Answer, device: &str) -> Answer {
        let begun = begun.ok();
        let mut device = Person::new(device);
        let (_, made) = device
            .authenticator
            .create(&begun["publicKey"], &self.host.origin);
        let body = json!({
            "attestation": made.response(),
            "challenge_token": begun["challenge_token"],
        });
        self.host.post("/register/complete", &body).await
    }
}

#[rocket::async_test]
async fn a_new_account_needs_an_invitation_which_is_good_for_one() {
    let inviting = Inviting::new().await;
    let host = &inviting.host;
    let answer = host
        .post("/register/begin", &json!({"username": "alice"}))
        .await;
    answer.problem(403, "invitation_required");

    let token = inviting.invite(1, None, 1_000).await;
    let first = inviting.begin("alice", &token).await;
    let second = inviting.begin("bob", &token).await;
    let answer = inviting.complete(&first, "alice").await;
    assert!(answer.cookie().is_some());
    assert!(answer.ok()["login_token"].is_string());
    let answer = inviting.complete(&second, "bob").await;
    answer.problem(401, "invitation_refused");
    assert_eq!(answer.header("set-cookie"), None);
    inviting
        .begin("bob", &token)
        .await
        .problem(401, "invitation_refused");
    let answer = host
        .post("/register/begin", &json!({"username": "bob"}))
        .await;
    answer.problem(403, "invitation_required");

    // A name that is taken is said to be, as where sign-up is open.
    let answer = host
        .post("/register/begin", &json!({"username": "alice"}))
        .await;
    answer.problem(409, "username_taken");
}

#[rocket::async_test]
async fn an_invitation_is_refused_when_it_is_over_unknown_or_another_ones() {
    let inviting = Inviting::new().await;
    let named = inviting.invite(1, Some("alice"), 1_000).await;
    let open = inviting.invite(2, None, 1_000).await;
    inviting
        .begin("bob", &named)
        .await
        .problem(401, "invitation_refused");
    for token in ["", "x", &"A".repeat(43), &"A".repeat(10_000), &named[1..]] {
        inviting
            .begin("alice", token)
            .await
            .problem(401, "invitation_refused");
    }
    let begun = inviting.begin("ALICE", &named).await;
    inviting.complete(&begun, "alice").await.ok();
    // An open one is for a name that nobody has.
    inviting
        .begin("alice", &open)
        .await
        .problem(409, "username_taken");
    let begun = inviting.begin("carol", &open).await;
    inviting.host.clock.advance(Duration::from_secs(1_000));
    inviting
        .begin("carol", &open)
        .await
        .problem(401, "invitation_refused");
    let answer = inviting.complete(&begun, "carol").await;
    assert_eq!(answer.status, 401, "{:#}", answer.json());
}

#[rocket::async_test]
async fn an_invitation_of_a_name_with_an_account_is_for_one_more_passkey() {
    let inviting = Inviting::new().await;
    let token = inviting.invite(1, Some("alice"), 1_000).await;
    let begun = inviting.begin("alice", &token).await;
    let alice = inviting.complete(&begun, "alice").await;
    let token = inviting.invite(2, Some("alice"), 1_000).await;
    let begun = inviting.begin("alice", &token).await;
    let answer = inviting.complete(&begun, "another device").await;
    // The account was there: it is no sign-in.
    assert!(answer.ok().get("login_token").is_none());
    assert_eq!(answer.header("set-cookie"), None);
    let request = Request::get("/account").cookie(alice.cookie().as_deref());
    assert_eq!(inviting.host.send(request).await.ok()["credentials"], 2);
    let answer = inviting.begin("alice", &token).await;
    answer.problem(401, "invitation_refused");
}

#[rocket::async_test]
async fn where_sign_up_is_open_an_invitation_is_not_needed() {
    let host = Host::local(&[]).await;
    assert!(is_free(&host, "alice").await);
}

/// A link for another device of somebody signed in: its code.
async fn device_code(host: &Host, person: &Person) -> String {
    let request = Request::new(Method::Post, "/account/device").cookie(person.cookie.as_deref());
    let answer = host.send(request).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let answer = answer.ok();
    let link = answer["link"].as_str().expect("a link");
    let (page, code) = link.split_once("#add=").expect("a code");
    assert_eq!(page, format!("{}/", host.origin));
    code.to_owned()
}

async fn begin(host: &Host, name: &str, code: &str) -> Answer {
    let body = json!({"username": name, "invitation": code});
    host.post("/register/begin", &body).await
}

#[rocket::async_test]
async fn a_link_for_another_device_adds_one_passkey_to_its_makers_account() {
    let host = Host::local(&[]).await;
    let alice = Person::with_account(&host, "alice").await;
    let code = device_code(&host, &alice).await;
    begin(&host, "bob", &code)
        .await
        .problem(401, "invitation_refused");
    // As it may be typed.
    let typed = code.to_lowercase().replace('-', "");
    let begun = begin(&host, "Alice", &typed).await.ok();
    let mut device = Person::new("a phone").authenticator;
    let (_, made) = device.create(&begun["publicKey"], &host.origin);
    let body = json!({
        "attestation": made.response(),
        "challenge_token": begun["challenge_token"],
    });
    let answer = host.post("/register/complete", &body).await;
    assert_eq!(answer.header("set-cookie"), None, "it is no sign-in");
    assert!(answer.ok().get("login_token").is_none());
    let request = Request::get("/account").cookie(alice.cookie.as_deref());
    assert_eq!(host.send(request).await.ok()["credentials"], 2);
    begin(&host, "alice", &code)
        .await
        .problem(401, "invitation_refused");
}

#[rocket::async_test]
async fn a_link_for_another_device_needs_a_fresh_sign_in_and_lives_ten_minutes() {
    let host = Host::local(&[]).await;
    host.clock.hold();
    let alice = Person::with_account(&host, "alice").await;
    let link = Request::new(Method::Post, "/account/device");
    let nobody = host.send(link.clone()).await;
    nobody.problem(401, "login_required");
    let code = device_code(&host, &alice).await;
    let second = Duration::from_secs(1);
    host.clock.advance(301 * second);
    let stale = host.send(link.cookie(alice.cookie.as_deref())).await;
    stale.problem(401, "sign_in_again");
    host.clock.advance(298 * second);
    begin(&host, "alice", &code).await.ok();
    host.clock.advance(second);
    begin(&host, "alice", &code)
        .await
        .problem(401, "invitation_refused");
}

#[rocket::async_test]
async fn a_link_for_another_device_does_not_open_an_account_that_gets_the_name_later() {
    let host = Host::local(&[]).await;
    let mallory = Person::with_account(&host, "alice").await;
    let code = device_code(&host, &mallory).await;
    let delete = Request::delete("/account").cookie(mallory.cookie.as_deref());
    assert_eq!(host.send(delete).await.status, 204);
    begin(&host, "alice", &code)
        .await
        .problem(401, "invitation_refused");
    Person::with_account(&host, "alice").await;
    begin(&host, "alice", &code)
        .await
        .problem(401, "invitation_refused");
}
