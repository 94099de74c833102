//! Invitations and the audit from the command line, on the store that a host serves from.

use std::process::Output;

use portcullis_tests::{
    encoding::base64url,
    host::{Host, Request},
    person::Person,
    program,
};
use serde_json::{Value, json};

use super::folder;

fn run(store: &str, arguments: &[&str]) -> Output {
    program::portcullis()
        .args(arguments)
        .env("PORTCULLIS_STORE", store)
        .output()
        .expect("it starts")
}

#[track_caller]
fn succeeds(output: Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[rocket::async_test]
async fn an_invitation_is_a_link_and_what_happens_is_listed() {
    let store = format!(
        "sqlite:{}",
        folder("commands").join("accounts.db").display()
    );
    let settings = [
        ("PORTCULLIS_STORE", &*store),
        ("PORTCULLIS_SIGNUP", "invite"),
    ];
    let host = Host::local(&settings).await;
    let link = succeeds(run(&store, &["invite", "Alice", "--life", "1h"]));
    let (page, token) = link.trim_end().split_once("#invite=").expect("a link");
    assert_eq!(page, "http://localhost:8000/");

    let mut alice = Person::new("alice");
    let body = json!({"username": "alice", "invitation": token});
    let begun = host.post("/register/begin", &body).await.ok();
    let (passkey, made) = alice
        .authenticator
        .create(&begun["publicKey"], &host.origin);
    alice.passkeys.push(passkey);
    let body = json!({
        "attestation": made.response(),
        "challenge_token": begun["challenge_token"],
    });
    let answer = host.post("/register/complete", &body).await;
    let cookie = answer.cookie();
    answer.ok();
    alice.sign_in(&host).await;
    let answer = host.post("/register/complete", &body).await;
    answer.problem(401, "token_spent");

    // What is approved is known by its hash.
    let document = base64url(&[9; 32]);
    let asked = json!({"document": document, "text": "Order 7"});
    let asked = Request::post("/approve/begin", &asked).bearer(alice.login_token.as_deref());
    let begun = host.send(asked).await.ok();
    let assertion = alice.passkeys[0].get(&begun["publicKey"], &host.origin);
    let body = json!({"token": begun["token"], "response": assertion.response()});
    host.post("/approve/complete", &body).await.ok();

    let lines = succeeds(run(&store, &["audit"]));
    let kinds: Vec<&str> = lines
        .lines()
        .filter_map(|line| line.split(' ').nth(1))
        .collect();
    assert_eq!(kinds, ["signed_up", "signed_in", "refused", "approved"]);
    let of_alice = succeeds(run(&store, &["audit", "ALICE", "--json", "--since", "1h"]));
    let events: Vec<Value> = of_alice
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(events.len(), 3, "{of_alice}");
    assert_eq!(events[2]["document"], document);
    assert!(lines.ends_with(&format!(" {document}\n")), "{lines}");
    assert_eq!(events[1]["event"], "signed_in");
    assert_eq!(events[1]["username"], "alice");
    assert!(events[1]["credentialId"].is_string());

    // An account that is gone is known by its name.
    let request = Request::delete("/account").cookie(cookie.as_deref());
    assert_eq!(host.send(request).await.status, 204);
    let of_alice = succeeds(run(&store, &["audit", "alice"]));
    assert!(of_alice.contains(" account_deleted alice "), "{of_alice}");
    assert_eq!(succeeds(run(&store, &["audit", "bob"])), "");

    for arguments in [
        &["invite", "a b"][..],
        &["invite", "--life", "0h"],
        &["audit", "a b"],
        &["audit", "--since", "yesterday"],
    ] {
        assert!(!run(&store, arguments).status.success(), "{arguments:?}");
    }
    let memory = run("memory", &["invite"]);
    let said = String::from_utf8_lossy(&memory.stderr);
    assert!(said.starts_with("portcullis: PORTCULLIS_STORE: "), "{said}");
}
