//! Recovery codes.

use core::time::Duration;

use portcullis_tests::{
    host::{Answer, Host, Request},
    person::Person,
};
use rocket::futures::future::join_all;
use rocket::http::Method;
use serde_json::{Value, json};

const ON: (&str, &str) = ("PORTCULLIS_RECOVERY_CODES", "on");

async fn codes(host: &Host, person: &Person) -> Vec<String> {
    let request = Request::new(Method::Post, "/recovery/codes");
    let answer = host.send(request.cookie(person.cookie.as_deref())).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let codes = answer.ok()["codes"].clone();
    serde_json::from_value(codes).expect("texts")
}

async fn begin(host: &Host, name: &str, code: &str) -> Answer {
    let body = json!({"username": name, "code": code});
    host.post("/recovery/begin", &body).await
}

/// What `register/complete` wants, from a device that is new.
fn answer_to(begun: &Value, host: &Host, device: &str) -> Value {
    let mut device = Person::new(device);
    let (_, made) = device
        .authenticator
        .create(&begun["publicKey"], &host.origin);
    json!({"attestation": made.response(), "challenge_token": begun["challenge_token"]})
}

#[rocket::async_test]
async fn a_code_leads_to_one_more_passkey_and_ends_every_session() {
    let host = Host::local(&[ON]).await;
    let mut alice = Person::with_account(&host, "Alice").await;
    let codes = codes(&host, &alice).await;
    assert_eq!(codes.len(), 10);
    let account = Request::get("/account").cookie(alice.cookie.as_deref());
    assert_eq!(host.send(account.clone()).await.ok()["recoveryCodes"], 10);
    alice.sign_in(&host).await;

    let typed = codes[3].to_lowercase().replace('-', "");
    let answer = begin(&host, "alice", &typed).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let begun = answer.ok();
    assert_eq!(begun["publicKey"]["user"]["name"], "Alice");
    let excluded = begun["publicKey"]["excludeCredentials"].as_array();
    assert_eq!(excluded.map(Vec::len), Some(1));
    // Nothing is spent yet.
    let second = begin(&host, "alice", &codes[3]).await.ok();

    let answer = host
        .post("/register/complete", &answer_to(&begun, &host, "phone"))
        .await;
    let json = answer.ok();
    assert_eq!(json["recovered"], true);
    assert_eq!(json["username"], "Alice");
    assert!(json["login_token"].is_string());
    let cookie = answer.cookie().expect("a session");
    for old in [
        account,
        Request::get("/session").cookie(alice.cookie.as_deref()),
    ] {
        host.send(old).await.problem(401, "login_required");
    }
    let account = Request::get("/account").cookie(Some(&cookie));
    let account = host.send(account).await.ok();
    assert_eq!(account["recoveryCodes"], 9);
    assert_eq!(account["credentials"], 2);

    // It is spent, for who began with it too.
    begin(&host, "alice", &codes[3])
        .await
        .problem(401, "recovery_refused");
    let body = answer_to(&second, &host, "tablet");
    let answer = host.post("/register/complete", &body).await;
    answer.problem(401, "recovery_refused");
    assert_eq!(answer.header("set-cookie"), None);
    let request = Request::get("/session").cookie(Some(&cookie));
    host.send(request).await.ok();
}

#[rocket::async_test]
async fn of_many_with_one_code_one_gets_a_passkey() {
    let host = Host::local(&[ON]).await;
    let alice = Person::with_account(&host, "alice").await;
    let codes = codes(&host, &alice).await;
    let mut bodies = Vec::new();
    for device in 0..10 {
        let begun = begin(&host, "alice", &codes[0]).await.ok();
        bodies.push(answer_to(&begun, &host, &format!("device {device}")));
    }
    let answers = join_all(
        bodies
            .iter()
            .map(|body| host.post("/register/complete", body)),
    )
    .await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(done.len(), 1);
    for answer in refused {
        answer.problem(401, "recovery_refused");
    }
}

#[rocket::async_test]
async fn unknown_names_wrong_codes_and_used_ones_are_refused_and_limited_alike() {
    let host = Host::local(&[ON]).await;
    let alice = Person::with_account(&host, "alice").await;
    let mut bob = Person::with_account(&host, "bob").await;
    let codes = codes(&host, &alice).await;
    let of_bob = self::codes(&host, &bob).await;
    let mut bodies = Vec::new();
    for name in ["alice", "nobody"] {
        // Another account's code, what is no code, and what could be one.
        for code in [
            &*of_bob[0],
            "",
            "x",
            "0000-0000-0000-0000",
            &"A".repeat(10_000),
        ] {
            let answer = begin(&host, name, code).await;
            answer.problem(401, "recovery_refused");
            bodies.push(answer.body);
        }
        let answer = begin(&host, name, &codes[0]).await;
        answer.problem(429, "rate_limited");
        assert_eq!(answer.header("retry-after"), Some("3600"));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    // Each name has its own, and right codes are not counted.
    for _ in 0..10 {
        begin(&host, "bob", &of_bob[0]).await.ok();
    }
    host.clock.advance(Duration::from_secs(3_600));
    begin(&host, "alice", &codes[0]).await.ok();

    // New codes void the old ones.
    bob.sign_in(&host).await;
    let renewed = self::codes(&host, &bob).await;
    begin(&host, "bob", &of_bob[1])
        .await
        .problem(401, "recovery_refused");
    begin(&host, "bob", &renewed[1]).await.ok();
}

#[rocket::async_test]
async fn codes_keep_the_last_passkey_removable_and_need_a_fresh_caller() {
    let host = Host::local(&[ON]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    codes(&host, &alice).await;
    host.clock.advance(Duration::from_secs(301));
    let request = Request::new(Method::Post, "/recovery/codes");
    let answer = host.send(request.cookie(alice.cookie.as_deref())).await;
    answer.problem(401, "sign_in_again");
    alice.sign_in(&host).await;
    let codes = codes(&host, &alice).await;
    let record = alice.passkeys[0].record();
    let path = format!("/credentials/{}", record["id"].as_str().expect("an id"));
    let request = Request::delete(&path).cookie(alice.cookie.as_deref());
    let answer = host.send(request).await;
    assert!(answer.clears_cookie());
    let accepted = &answer.ok()["signal"]["allAcceptedCredentials"];
    assert_eq!(accepted["allAcceptedCredentialIds"], json!([]));
    let begun = begin(&host, "alice", &codes[0]).await.ok();
    let body = answer_to(&begun, &host, "phone");
    host.post("/register/complete", &body).await.ok();
}

#[rocket::async_test]
async fn a_host_without_codes_has_not_these_calls() {
    let host = Host::local(&[]).await;
    let alice = Person::with_account(&host, "alice").await;
    begin(&host, "alice", "0000-0000-0000-0000")
        .await
        .problem(404, "not_found");
    let request = Request::new(Method::Post, "/recovery/codes");
    let answer = host.send(request.cookie(alice.cookie.as_deref())).await;
    answer.problem(404, "not_found");
    let answer = host.send(Request::get("/recovery/begin")).await;
    assert!(matches!(answer.status, 404 | 405));
}
