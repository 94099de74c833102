//! Genuine responses of another form than specified: what nobody asked for and nobody signs refuses neither
//! a registration nor a sign-in.

use std::sync::Arc;

use portcullis_tests::{
    attestation::Attestation,
    cbor::Cbor,
    host::{Answer, Host},
    person::Person,
    scene::{edited, put},
    windows_hello,
};
use serde_json::{Value, json};

use crate::complete_sign_in;

/// Client extension results as browser libraries and native clients send them.
fn results() -> [Value; 8] {
    [
        json!(null),
        json!(""),
        json!([]),
        json!({"prf": {"results": {"first": {}}}}),
        json!({"prf": {"results": {"first": {"0": 7, "1": 9}}}}),
        json!({"credProps": null, "appid": null, "prf": null}),
        json!({"getCredBlob": {}}),
        json!({"largeBlob": {"blob": {}}}),
    ]
}

#[rocket::async_test]
async fn client_extension_results_that_nobody_asked_for_refuse_nothing() {
    let host = Host::local(&[]).await;
    for (index, results) in results().into_iter().enumerate() {
        let mut person = Person::new(&format!("person{index}"));
        let registering = person.begin_registration(&host).await;
        let mut body = registering.body();
        body["attestation"]["clientExtensionResults"] = results.clone();
        host.post("/register/complete", &body).await.ok();
        person.passkeys.push(registering.passkey);

        let begun = person.begin_sign_in(&host).await;
        let mut body = begun.body();
        body["assertion"]["clientExtensionResults"] = results;
        complete_sign_in(&host, &body).await.ok();
    }
}

#[rocket::async_test]
async fn an_empty_user_handle_counts_as_absent() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    for value in [json!(null), json!("")] {
        let mut body = alice.begin_sign_in(&host).await.body();
        body["assertion"]["response"]["userHandle"] = value.clone();
        complete_sign_in(&host, &body).await.ok();

        // Without a name nothing else says whose the passkey is.
        let mut body = alice.begin_nameless_sign_in(&host).await.body();
        body["assertion"]["response"]["userHandle"] = value;
        let answer = complete_sign_in(&host, &body).await;
        answer.refused(401, "7.2.6", "user_handle_missing");
    }
}

async fn register_windows_hello(
    host: &Host,
    name: &str,
    statement: impl Attestation + 'static,
) -> Answer {
    let mut person = Person::new(name);
    let mut registering = person.begin_registration(host).await;
    let made = windows_hello::registration(&host.rp_id, b"", &host.origin);
    let begun = &mut registering.registration;
    begun.authenticator_data.attested = made.authenticator_data.attested;
    begun.id = made.id;
    begun.attestation = Arc::new(statement);
    person.complete_registration(host, &registering).await
}

#[rocket::async_test]
async fn windows_hello_may_send_a_member_that_its_format_does_not_name() {
    let host = Host::local(&[]).await;
    let statement = edited(windows_hello::statement(0x000b), |statement| {
        put(statement, "ecdaaKeyId", Cbor::bytes([1; 32]));
    });
    register_windows_hello(&host, "alice", statement).await.ok();
}

#[rocket::async_test]
async fn a_tpm_does_not_name_its_key_by_sha1() {
    let host = Host::local(&[]).await;
    let answer = register_windows_hello(&host, "alice", windows_hello::statement(0x0004)).await;
    answer.refused(400, "7.1.22", "attestation_statement_invalid");
    register_windows_hello(&host, "alice", windows_hello::statement(0x000b))
        .await
        .ok();
}
