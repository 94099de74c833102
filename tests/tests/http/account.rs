//! The account of the caller.

use core::time::Duration;

use portcullis_tests::{
    host::{Host, Request},
    person::Person,
};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::is_free;

async fn show(host: &Host, cookie: Option<&str>) -> Value {
    let answer = host.send(Request::get("/account").cookie(cookie)).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.ok()
}

async fn shown_name(host: &Host, person: &Person) -> Value {
    let request = Request::post("/register/begin", &json!({"username": person.name}));
    let begun = host.send(request.cookie(person.cookie.as_deref())).await;
    begun.ok()["publicKey"]["user"]["displayName"].clone()
}

#[rocket::async_test]
async fn an_account_has_a_display_name_that_its_owner_changes() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    alice.add_passkey(&host).await;
    let cookie = alice.cookie.as_deref();
    let account = show(&host, cookie).await;
    assert_eq!(account["username"], "alice");
    assert_eq!(account["displayName"], "alice");
    assert_eq!(account["credentials"], 2);
    assert_eq!(account["recoveryCodes"], 0);
    assert_eq!(
        account["sub"],
        account["signal"]["currentUserDetails"]["userId"]
    );
    assert!(
        account["created"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z'))
    );

    let patch = |name: Value| {
        let body = json!({ "displayName": name });
        Request::json(Method::Patch, "/account", &body).cookie(cookie)
    };
    let changed = host.send(patch(json!(" Alice  Example "))).await.ok();
    assert_eq!(changed["displayName"], "Alice Example");
    assert_eq!(
        changed["signal"]["currentUserDetails"]["displayName"],
        "Alice Example"
    );
    assert_eq!(show(&host, cookie).await, changed);
    assert_eq!(shown_name(&host, &alice).await, "Alice Example");
    let session = host.send(Request::get("/session").cookie(cookie)).await;
    assert_eq!(session.ok()["displayName"], "Alice Example");
    for name in [json!(""), json!("x".repeat(65)), json!("\u{0}"), json!(1)] {
        host.send(patch(name)).await.problem(400, "body_invalid");
    }
    let request = Request::json(Method::Patch, "/account", &json!({})).cookie(cookie);
    host.send(request).await.problem(400, "body_invalid");
    assert_eq!(show(&host, cookie).await, changed);
    let changed = host.send(patch(Value::Null)).await.ok();
    assert_eq!(changed["displayName"], "alice");
    assert_eq!(shown_name(&host, &alice).await, "alice");
}

#[rocket::async_test]
async fn the_display_name_of_the_sign_up_is_kept() {
    let host = Host::local(&[]).await;
    let mut alice = Person::new("alice");
    let body = json!({"username": "alice", "displayName": "Alice Example"});
    let begun = host.post("/register/begin", &body).await.ok();
    let (_, made) = alice
        .authenticator
        .create(&begun["publicKey"], &host.origin);
    let body = json!({
        "attestation": made.response(),
        "challenge_token": begun["challenge_token"],
    });
    let answer = host.post("/register/complete", &body).await;
    let account = show(&host, answer.cookie().as_deref()).await;
    assert_eq!(account["displayName"], "Alice Example");
}

#[rocket::async_test]
async fn a_deleted_account_is_gone_and_its_handle_never_comes_back() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let handle = show(&host, alice.cookie.as_deref()).await["sub"].clone();
    let body = alice.begin_sign_in(&host).await.body();
    host.clock.advance(Duration::from_secs(301));
    let delete = |cookie: Option<&str>| Request::delete("/account").cookie(cookie);
    let answer = host.send(delete(alice.cookie.as_deref())).await;
    answer.problem(401, "sign_in_again");
    assert!(!is_free(&host, "alice").await);

    let old = alice.cookie.clone();
    alice.sign_in(&host).await;
    let answer = host.send(delete(alice.cookie.as_deref())).await;
    assert_eq!(answer.status, 204);
    assert!(answer.clears_cookie());
    for cookie in [&old, &alice.cookie] {
        let request = Request::get("/account").cookie(cookie.as_deref());
        host.send(request).await.problem(401, "login_required");
    }
    let request = Request::get("/account").bearer(alice.login_token.as_deref());
    host.send(request).await.problem(401, "login_required");
    assert_eq!(host.post("/authenticate/complete", &body).await.status, 401);

    assert!(is_free(&host, "alice").await);
    alice.login_token = None;
    alice.add_passkey(&host).await;
    let again = show(&host, alice.cookie.as_deref()).await;
    assert_ne!(again["sub"], handle);
}
