//! What the two ceremonies do when all is well, without and with a socket.

use std::collections::BTreeSet;

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use portcullis_tests::{
    authenticator::{Statement, flags},
    check,
    encoding::{base64url, from_base64url},
    host::{Host, Request},
    person::Person,
    verdict::accepted,
};
use serde_json::{Value, json};

use crate::jwt::Token;

fn members(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

/// What a compact token's signature covers.
fn signed_part(token: &str) -> &str {
    token.rsplit_once('.').expect("three parts").0
}

async fn create_and_sign_in(host: &Host) {
    let mut alice = Person::new("Alice");
    let created = alice.add_passkey(host).await;
    assert_eq!(created["status"], "OK");
    assert_eq!(created["username"], "Alice", "as it was registered");
    assert_eq!(created["expires_in"], 600);
    let credential = &created["credential"];
    assert_eq!(credential["id"], base64url(&alice.passkeys[0].id));
    assert_eq!(
        credential["publicKey"],
        alice.passkeys[0].record()["publicKey"]
    );
    assert_eq!(credential["algorithm"], -7);
    assert_eq!(credential["transports"], json!(["internal", "hybrid"]));
    assert_eq!(credential["signCount"], 0);
    assert_eq!(credential["userVerified"], true);
    let names = [
        "id",
        "publicKey",
        "algorithm",
        "aaguid",
        "transports",
        "signCount",
        "backupEligible",
        "backupState",
        "userVerified",
    ];
    assert_eq!(members(credential), names.into());

    for nameless in [false, true] {
        let begun = if nameless {
            alice.begin_nameless_sign_in(host).await
        } else {
            alice.begin_sign_in(host).await
        };
        let counter = alice.passkeys[0].sign_count;
        let answer = host
            .post("/authenticate/complete", &begun.body())
            .await
            .ok();
        assert_eq!(answer["status"], "OK");
        assert_eq!(answer["username"], "Alice");
        assert_eq!(answer["expires_in"], 600);
        assert!(answer["login_token"].is_string());
        assert_eq!(answer["credential"]["signCount"], counter);
        let before = json!({"signCount": counter - 1, "backupState": false});
        assert_eq!(answer["credential"]["before"], before);
    }
}

#[rocket::async_test]
async fn a_passkey_is_created_and_signs_in() {
    create_and_sign_in(&Host::local(&[]).await).await;
}

#[rocket::async_test]
async fn a_passkey_is_created_and_signs_in_over_a_socket() {
    create_and_sign_in(&Host::listening(&[]).await).await;
}

#[rocket::async_test]
async fn creation_options_are_the_contracts() {
    let host = Host::local(&[]).await;
    let body = json!({"username": "alice", "displayName": "Alice A."});
    let begun = host.post("/register/begin", &body).await.ok();
    let options = &begun["publicKey"];
    assert_eq!(
        options["rp"],
        json!({"id": "localhost", "name": "Portcullis"})
    );
    assert_eq!(options["user"]["name"], "alice");
    assert_eq!(options["user"]["displayName"], "Alice A.");
    let handle = from_base64url(options["user"]["id"].as_str().expect("a handle"));
    assert_eq!(handle.len(), 64);
    assert!(from_base64url(options["challenge"].as_str().expect("a challenge")).len() >= 16);
    assert_eq!(options["timeout"], 300_000);
    assert_eq!(options["attestation"], "none");
    assert_eq!(
        options["authenticatorSelection"]["residentKey"],
        "preferred"
    );
    assert_eq!(
        options["authenticatorSelection"]["userVerification"],
        "preferred"
    );
    assert_eq!(options["extensions"]["credProps"], true);
    let offered = options["pubKeyCredParams"].as_array().expect("a list");
    assert!(offered.contains(&json!({"type": "public-key", "alg": -7})));
    assert_eq!(options["excludeCredentials"], json!([]));

    let again = host
        .post("/register/begin", &json!({"username": "alice"}))
        .await
        .ok();
    assert_eq!(
        again["publicKey"]["user"]["displayName"], "alice",
        "the name where there is none"
    );
    assert_ne!(
        again["publicKey"]["user"]["id"], options["user"]["id"],
        "random, nothing is kept"
    );
    assert_ne!(again["publicKey"]["challenge"], options["challenge"]);
}

#[rocket::async_test]
async fn settings_show_in_the_options() {
    let settings = [
        ("PORTCULLIS_RP_NAME", "The Gate"),
        ("PORTCULLIS_CHALLENGE_TTL", "60"),
        ("PORTCULLIS_LOGIN_TTL", "90"),
        ("PORTCULLIS_USER_VERIFICATION", "required"),
        ("PORTCULLIS_ATTESTATION", "direct"),
    ];
    let host = Host::local(&settings).await;
    let begun = host
        .post("/register/begin", &json!({"username": "alice"}))
        .await
        .ok();
    let options = &begun["publicKey"];
    assert_eq!(options["rp"]["name"], "The Gate");
    assert_eq!(options["timeout"], 60_000);
    assert_eq!(
        options["authenticatorSelection"]["userVerification"],
        "required"
    );
    assert_eq!(options["attestation"], "direct");
    let mut alice = Person::new("alice");
    assert_eq!(alice.add_passkey(&host).await["expires_in"], 90);
    let begun = alice.begin_sign_in(&host).await;
    assert_eq!(begun.options["userVerification"], "required");
    assert_eq!(begun.options["timeout"], 60_000);
}

#[rocket::async_test]
async fn an_account_gets_a_second_passkey() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let first = base64url(&alice.passkeys[0].id);

    let body = json!({"username": "alice"});
    let request = Request::post("/register/begin", &body).bearer(alice.login_token.as_deref());
    let begun = host.send(request).await.ok();
    let excluded =
        json!([{"type": "public-key", "id": first, "transports": ["internal", "hybrid"]}]);
    assert_eq!(begun["publicKey"]["excludeCredentials"], excluded);
    let handle = base64url(&alice.passkeys[0].user_handle);
    assert_eq!(
        begun["publicKey"]["user"]["id"], handle,
        "the account's own"
    );

    let added = alice.add_passkey(&host).await;
    assert!(
        added.get("login_token").is_none(),
        "only with a new account"
    );
    assert!(added.get("expires_in").is_none(), "only with a new account");

    let begun = alice.begin_sign_in(&host).await;
    let allowed = begun.options["allowCredentials"]
        .as_array()
        .expect("a list");
    let ids: BTreeSet<&str> = allowed
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    let second = base64url(&alice.passkeys[1].id);
    assert_eq!(ids, [first.as_str(), second.as_str()].into());
    for one in allowed {
        assert_eq!(one["type"], "public-key");
        assert_eq!(one["transports"], json!(["internal", "hybrid"]));
    }
    alice.passkeys.reverse();
    assert_eq!(alice.sign_in(&host).await["credential"]["id"], second);
}

#[rocket::async_test]
async fn a_self_attested_synced_passkey_is_registered() {
    let host = Host::local(&[]).await;
    let mut alice = Person::new("alice");
    alice.authenticator.statement = Statement::PackedSelf;
    alice.authenticator.flags |= flags::BE;
    let created = alice.add_passkey(&host).await;
    assert_eq!(created["credential"]["backupEligible"], true);
    assert_eq!(created["credential"]["backupState"], false);
    alice.passkeys[0].flags |= flags::BS;
    let answer = alice.sign_in(&host).await;
    assert_eq!(answer["credential"]["backupState"], true);
    assert_eq!(answer["credential"]["before"]["backupState"], false);
    assert_eq!(
        alice.sign_in(&host).await["credential"]["before"]["backupState"],
        true
    );
}

#[rocket::async_test]
async fn a_counter_that_stays_at_zero_is_no_rollback() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    for _ in 0..2 {
        let mut begun = alice.begin_sign_in(&host).await;
        begun.assertion.authenticator_data.sign_count = 0;
        let answer = host
            .post("/authenticate/complete", &begun.body())
            .await
            .ok();
        assert_eq!(answer["credential"]["signCount"], 0);
    }
}

#[rocket::async_test]
async fn names_are_one_whatever_their_case_and_kept_as_registered() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "Alice").await;
    for spelling in ["alice", "ALICE", "\u{ff21}lice"] {
        assert!(!crate::is_free(&host, spelling).await, "{spelling}");
        alice.name = spelling.to_owned();
        assert_eq!(alice.sign_in(&host).await["username"], "Alice");
    }
    // Composed and decomposed.
    let mut andre = Person::with_account(&host, "andr\u{e9}").await;
    assert!(!crate::is_free(&host, "andre\u{301}").await);
    andre.name = "andre\u{301}".to_owned();
    andre.sign_in(&host).await;
    // What only looks alike is another name.
    assert!(crate::is_free(&host, "\u{430}lice").await);
}

#[rocket::async_test]
async fn login_tokens_verify_with_the_published_keys() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "Alice").await;
    let created = alice.login_token.clone().expect("with the account");
    alice.sign_in(&host).await;
    let published = host.send(Request::get("/.well-known/jwks.json")).await.ok();
    for text in [
        created,
        alice.login_token.clone().expect("with the sign-in"),
    ] {
        let token = Token::parse(&text);
        assert_eq!(token.header["alg"], "ES256");
        let keys = published["keys"].as_array().expect("keys");
        let key = keys
            .iter()
            .find(|key| key["kid"] == token.header["kid"])
            .expect("its key");
        assert_eq!((&key["alg"], &key["use"]), (&json!("ES256"), &json!("sig")));
        assert!(key.get("d").is_none(), "nothing private");
        let coordinate = |name: &str| from_base64url(key[name].as_str().expect("a coordinate"));
        let point = [&[4][..], &coordinate("x"), &coordinate("y")].concat();
        let verifying = VerifyingKey::from_sec1_bytes(&point).expect("a point");
        let signature = Signature::from_slice(&token.signature).expect("r and s");
        verifying
            .verify(signed_part(&text).as_bytes(), &signature)
            .expect("its own");

        let claims = &token.claims;
        assert_eq!(claims["iss"], host.origin);
        assert_eq!(claims["aud"], host.rp_id);
        assert_eq!(claims["sub"], base64url(&alice.passkeys[0].user_handle));
        assert_eq!(claims["preferred_username"], "Alice");
        assert_eq!(claims["uv"], true);
        let time = |name: &str| claims[name].as_u64().expect("seconds");
        assert_eq!(time("exp") - time("iat"), 600);
        assert!(time("auth_time") <= time("iat"));
    }
}

#[rocket::async_test]
async fn the_page_can_run_the_same_check() {
    let host = Host::local(&[]).await;
    let mut alice = Person::new("alice");
    let registering = alice.begin_registration(&host).await;
    let token = Token::parse(&registering.token);
    let challenge = from_base64url(token.claims["challenge"].as_str().expect("as text"));
    let response = registering.registration.response();
    let _ = accepted(&check::registration(
        &host.rp_id,
        &host.origin,
        &challenge,
        &response,
    ));
    alice.complete_registration(&host, &registering).await.ok();
    alice.passkeys.push(registering.passkey);

    let begun = alice.begin_sign_in(&host).await;
    let answer = host
        .post("/authenticate/complete", &begun.body())
        .await
        .ok();
    let mut record = answer["credential"].clone();
    record["signCount"] = record["before"]["signCount"].clone();
    record["backupState"] = record["before"]["backupState"].clone();
    let challenge = from_base64url(begun.options["challenge"].as_str().expect("a challenge"));
    let response = begun.assertion.response();
    let check = check::authentication(&host.rp_id, &host.origin, &challenge, &record, &response);
    assert_eq!(
        accepted(&check)["credential"]["signCount"],
        answer["credential"]["signCount"]
    );
}
