//! The passkeys of an account: shown, named and removed by their owner alone.

use core::time::Duration;

use portcullis::store::MAX_CREDENTIALS;
use portcullis_tests::{
    authenticator::YUBIKEY_5,
    host::{Answer, Host, Request},
    person::Person,
};
use rocket::http::Method;
use serde_json::{Value, json};

async fn list(host: &Host, cookie: Option<&str>) -> Value {
    let answer = host.send(Request::get("/credentials").cookie(cookie)).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.ok()
}

async fn rename(host: &Host, cookie: Option<&str>, id: &str, name: &Value) -> Answer {
    let path = format!("/credentials/{id}");
    let request = Request::json(Method::Patch, &path, &json!({ "name": name }));
    host.send(request.cookie(cookie)).await
}

async fn remove(host: &Host, cookie: Option<&str>, id: &str) -> Answer {
    let request = Request::delete(&format!("/credentials/{id}"));
    host.send(request.cookie(cookie)).await
}

fn id_of(person: &Person, index: usize) -> String {
    let record = person.passkeys[index].record();
    record["id"].as_str().expect("an id").to_owned()
}

#[rocket::async_test]
async fn passkeys_are_shown_with_what_their_owner_knows_them_by() {
    let host = Host::local(&[]).await;
    let mut alice = Person::new("alice");
    let body = alice.begin_registration(&host).await;
    let request = Request::post("/register/complete", &body.body())
        .header("user-agent", "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0");
    let answer = host.send(request).await;
    let cookie = answer.cookie();
    alice.login_token = answer.ok()["login_token"].as_str().map(str::to_owned);
    alice.passkeys.push(body.passkey);
    alice.authenticator.aaguid = YUBIKEY_5;
    alice.add_passkey(&host).await;

    let shown = list(&host, cookie.as_deref()).await;
    let first = &shown["credentials"][0];
    for member in [
        "id",
        "publicKey",
        "algorithm",
        "aaguid",
        "transports",
        "signCount",
        "backupEligible",
        "backupState",
        "userVerified",
    ] {
        assert!(first.get(member).is_some(), "{member}: {first:#}");
    }
    assert_eq!(first["id"], id_of(&alice, 0));
    assert_eq!(first["browser"], "Firefox");
    assert_eq!(first["platform"], "Windows");
    assert_eq!(first["current"], true);
    assert_eq!(first["name"], Value::Null);
    assert_eq!(first["lastUsed"], Value::Null);
    assert!(
        first["created"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z'))
    );
    assert_eq!(first["product"], Value::Null, "nobody's AAGUID");
    let product = shown["credentials"][1]["product"].as_str();
    assert!(
        product.is_some_and(|name| name.contains("YubiKey 5")),
        "{product:?}"
    );
    assert_eq!(shown["credentials"][1]["current"], false);
    let ids = json!([id_of(&alice, 0), id_of(&alice, 1)]);
    let accepted = &shown["signal"]["allAcceptedCredentials"];
    assert_eq!(accepted["allAcceptedCredentialIds"], ids);
    assert_eq!(accepted["rpId"], "localhost");
    let details = &shown["signal"]["currentUserDetails"];
    assert_eq!(details["userId"], accepted["userId"]);
    assert_eq!(details["name"], "alice");
    assert_eq!(details["displayName"], "alice");

    alice.sign_in(&host).await;
    let shown = list(&host, cookie.as_deref()).await;
    assert!(shown["credentials"][0]["lastUsed"].is_string());
}

#[rocket::async_test]
async fn a_passkey_is_named_by_its_owner() {
    let host = Host::local(&[]).await;
    let alice = Person::with_account(&host, "alice").await;
    let bob = Person::with_account(&host, "bob").await;
    let (cookie, id) = (alice.cookie.as_deref(), id_of(&alice, 0));
    let answer = rename(&host, cookie, &id, &json!("  My   phone ")).await;
    assert_eq!(answer.ok()["name"], "My phone");
    let markup = "<script>alert(1)</script>";
    let answer = rename(&host, cookie, &id, &json!(markup)).await.ok();
    assert_eq!(answer["name"], markup);
    for name in [
        json!(""),
        json!("a\u{202e}b"),
        json!("x".repeat(65)),
        json!(5),
        json!(["a"]),
    ] {
        let answer = rename(&host, cookie, &id, &name).await;
        answer.problem(400, "body_invalid");
    }
    let request = Request::json(Method::Patch, &format!("/credentials/{id}"), &json!({}));
    let answer = host.send(request.cookie(cookie)).await;
    answer.problem(400, "body_invalid");
    assert_eq!(list(&host, cookie).await["credentials"][0]["name"], markup);
    let answer = rename(&host, cookie, &id, &Value::Null).await.ok();
    assert_eq!(answer["name"], Value::Null);

    let mut bodies = Vec::new();
    for id in [&*id, "AAAA", "", "%00", &"A".repeat(10_000), "a/b"] {
        let answer = rename(&host, bob.cookie.as_deref(), id, &json!("mine")).await;
        if id.is_empty() {
            answer.problem(405, "method_not_allowed");
            continue;
        }
        answer.problem(404, "not_found");
        if id != "a/b" {
            bodies.push(answer.body);
        }
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(
        list(&host, cookie).await["credentials"][0]["name"],
        Value::Null
    );
}

#[rocket::async_test]
async fn a_passkey_is_removed_with_what_it_signed_in() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let bob = Person::with_account(&host, "bob").await;
    alice.add_passkey(&host).await;
    let first = alice.cookie.clone();
    let (old, kept) = (id_of(&alice, 0), id_of(&alice, 1));
    alice.passkeys.swap(0, 1);
    alice.sign_in(&host).await;
    let second = alice.cookie.clone();

    remove(&host, bob.cookie.as_deref(), &old)
        .await
        .problem(404, "not_found");
    remove(&host, second.as_deref(), "AAAA")
        .await
        .problem(404, "not_found");
    host.clock.advance(Duration::from_secs(301));
    remove(&host, second.as_deref(), &old)
        .await
        .problem(401, "sign_in_again");
    // Where the sign-in is not fresh, an id says nothing.
    remove(&host, second.as_deref(), "AAAA")
        .await
        .problem(401, "sign_in_again");

    alice.sign_in(&host).await;
    let second = alice.cookie.clone();
    let answer = remove(&host, second.as_deref(), &old).await;
    let accepted = &answer.ok()["signal"]["allAcceptedCredentials"]["allAcceptedCredentialIds"];
    assert_eq!(*accepted, json!([kept]));
    assert_eq!(answer.header("set-cookie"), None);
    let request = Request::get("/session").cookie(first.as_deref());
    host.send(request).await.problem(401, "login_required");
    remove(&host, second.as_deref(), &old)
        .await
        .problem(404, "not_found");

    let answer = remove(&host, second.as_deref(), &kept).await;
    answer.problem(409, "last_credential");
    assert_eq!(answer.header("set-cookie"), None);
    let request = Request::get("/session").cookie(second.as_deref());
    host.send(request).await.ok();

    // The removed one signs nobody in, and says so like one that nobody ever had.
    alice.passkeys.swap(0, 1);
    let body = alice.begin_nameless_sign_in(&host).await.body();
    let answer = host.post("/authenticate/complete", &body).await;
    let json = answer.problem(401, "credential_unknown");
    let unknown = json!({"rpId": "localhost", "credentialId": old});
    assert_eq!(json["signal"], json!({ "unknownCredential": unknown }));
}

#[rocket::async_test]
async fn the_own_passkey_takes_the_session_with_it() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    alice.add_passkey(&host).await;
    let answer = remove(&host, alice.cookie.as_deref(), &id_of(&alice, 0)).await;
    answer.ok();
    assert!(answer.clears_cookie());
    let request = Request::get("/session").cookie(alice.cookie.as_deref());
    host.send(request).await.problem(401, "login_required");
}

/// A browser that gets this signal forgets the passkey for good: only where no account has it. And who holds
/// ids of a sign-in by name does not learn from it which names exist.
#[rocket::async_test]
async fn only_what_nobody_has_is_signalled_as_unknown() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let mut answers = Vec::new();
    for name in ["alice", "nobody", "somebody", "anybody"] {
        let begun = host
            .post("/authenticate/begin", &json!({ "username": name }))
            .await
            .ok();
        let id = begun["publicKey"]["allowCredentials"][0]["id"].clone();
        let mut body = alice.begin_nameless_sign_in(&host).await.body();
        body["assertion"]["id"] = id.clone();
        body["assertion"]["rawId"] = id.clone();
        body["assertion"]["response"]["userHandle"] = json!("AAAA");
        let answer = host.post("/authenticate/complete", &body).await;
        answer.problem(401, "credential_unknown");
        answers.push(answer.body);

        // Cut, none of them is anybody's.
        let text = id.as_str().expect("an id");
        let cut = text.get(..16).expect("longer");
        body = alice.begin_nameless_sign_in(&host).await.body();
        body["assertion"]["id"] = json!(cut);
        body["assertion"]["rawId"] = json!(cut);
        let answer = host.post("/authenticate/complete", &body).await;
        let json = answer.problem(401, "credential_unknown");
        assert_eq!(json["signal"]["unknownCredential"]["credentialId"], cut);
    }
    assert!(answers.iter().all(|body| *body == answers[0]));
    assert!(!String::from_utf8_lossy(&answers[0]).contains("signal"));

    // Nor in a sign-in by name.
    let mut body = alice.begin_sign_in(&host).await.body();
    body["assertion"]["id"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    body["assertion"]["rawId"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    let answer = host.post("/authenticate/complete", &body).await;
    assert_eq!(answer.json().get("signal"), None);
}

#[rocket::async_test]
async fn a_full_account_takes_no_passkey_and_says_which_it_is() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    while alice.passkeys.len() < MAX_CREDENTIALS - 1 {
        alice.add_passkey(&host).await;
    }
    // Two begin while there is room for one.
    let [one, other] = [
        alice.begin_registration(&host).await,
        alice.begin_registration(&host).await,
    ];
    alice.complete_registration(&host, &one).await.ok();
    let refused = alice.complete_registration(&host, &other).await;
    refused.problem(409, "account_full");
    let begin = Request::post("/register/begin", &json!({"username": "alice"}));
    let refused = host.send(begin.bearer(alice.login_token.as_deref())).await;
    refused.problem(409, "account_full");
}
