//! The host from outside: its ceremonies, and everything that somebody could send instead.

mod account;
mod accounts;
mod approvals;
mod attacks;
mod audit;
mod cases;
mod ceremonies;
mod credentials;
mod decoys;
mod deviations;
mod gate;
mod invitations;
mod jwt;
mod library;
mod limits;
mod malformed;
mod openapi;
mod recovery;
mod second_client;
mod sessions;
mod store;
mod surface;
mod tokens;
mod trust;

use portcullis_tests::{
    host::{Answer, Host},
    person::Person,
};
use serde_json::json;

/// Whether nobody has the name: registration without proof may begin.
async fn is_free(host: &Host, name: &str) -> bool {
    let answer = host
        .post("/register/begin", &json!({ "username": name }))
        .await;
    match answer.status {
        200 => true,
        409 => false,
        _ => panic!("{:#}", answer.json()),
    }
}

/// Wants the account to be as it was: so many passkeys, and the first with the counter and backup
/// state it had.
async fn assert_untouched(host: &Host, person: &mut Person, passkeys: usize) {
    let stored = person.passkeys[0].clone();
    let begun = person.begin_sign_in(host).await;
    let allowed = begun.options["allowCredentials"]
        .as_array()
        .expect("a list")
        .len();
    assert_eq!(allowed, passkeys, "the account's passkeys");
    let answer = host
        .post("/authenticate/complete", &begun.body())
        .await
        .ok();
    let before =
        json!({"signCount": stored.sign_count, "backupState": stored.record()["backupState"]});
    assert_eq!(answer["credential"]["before"], before, "the stored record");
}

/// `authenticate/complete` without care for the answer's kind.
async fn complete_sign_in(host: &Host, body: &serde_json::Value) -> Answer {
    host.post("/authenticate/complete", body).await
}
