//! Whose account it is: a name that exists gets another passkey only from its owner.

use core::time::Duration;

use portcullis_tests::{
    authenticator::flags,
    host::{Host, Request},
    person::Person,
};
use rocket::futures::future::join_all;
use serde_json::json;

use crate::{assert_untouched, is_free};

#[rocket::async_test]
async fn a_taken_name_needs_proof() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let body = json!({"username": "alice"});
    host.post("/register/begin", &body)
        .await
        .problem(409, "username_taken");
    assert_untouched(&host, &mut alice, 1).await;
}

#[rocket::async_test]
async fn proof_is_shown_at_both_calls() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let bob = Person::with_account(&host, "bob").await;

    // At begin only, and of another user at complete.
    let shown = [
        (None, "login_required"),
        (bob.login_token.clone(), "token_invalid"),
    ];
    for (proof, code) in shown {
        let registering = alice.begin_registration(&host).await;
        let request = Request::post("/register/complete", &registering.body());
        let answer = host.send(request.bearer(proof.as_deref())).await;
        answer.problem(401, code);
        assert_untouched(&host, &mut alice, 1).await;
    }

    // Of another user at begin: the name has to be that account's.
    let request = Request::post("/register/begin", &json!({"username": "alice"}));
    let answer = host.send(request.bearer(bob.login_token.as_deref())).await;
    answer.problem(409, "username_taken");
    let request = Request::post("/register/begin", &json!({"username": "nobody"}));
    let answer = host.send(request.bearer(bob.login_token.as_deref())).await;
    answer.problem(409, "username_taken");
    assert_untouched(&host, &mut alice, 1).await;
}

#[rocket::async_test]
async fn a_registration_begun_without_proof_never_adds_to_an_account() {
    let host = Host::local(&[]).await;
    // Begun while the name was free, completed when it no longer is: by a stranger, and by the
    // owner, who shows proof now.
    let mut stranger = Person::new("alice");
    stranger.authenticator = Person::new("stranger").authenticator;
    let early = stranger.begin_registration(&host).await;
    let also_early = stranger.begin_registration(&host).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let answer = host.post("/register/complete", &early.body()).await;
    answer.problem(409, "username_taken");
    let request = Request::post("/register/complete", &also_early.body());
    let answer = host
        .send(request.bearer(alice.login_token.as_deref()))
        .await;
    answer.problem(409, "username_taken");
    assert_untouched(&host, &mut alice, 1).await;
}

#[rocket::async_test]
async fn of_many_who_want_a_name_at_once_one_gets_it() {
    let host = Host::local(&[]).await;
    let mut all = Vec::new();
    for number in 0..20 {
        let mut person = Person::new("alice");
        person.authenticator = Person::new(&number.to_string()).authenticator;
        all.push(person.begin_registration(&host).await);
    }
    let bodies: Vec<_> = all.iter().map(|registering| registering.body()).collect();
    let answers = join_all(
        bodies
            .iter()
            .map(|body| host.post("/register/complete", body)),
    )
    .await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 200).count(),
        1
    );
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(409, "username_taken");
    }
}

#[rocket::async_test]
async fn a_credential_id_is_registered_once_of_many_at_once() {
    let host = Host::local(&[]).await;
    let mut all = Vec::new();
    for number in 0..20 {
        let mut person = Person::new(&format!("user{number}"));
        person.authenticator = Person::new("one authenticator").authenticator;
        all.push(person.begin_registration(&host).await.body());
    }
    let answers = join_all(all.iter().map(|body| host.post("/register/complete", body))).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 200).count(),
        1
    );
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(409, "7.1.26", "credential_exists");
    }
}

#[rocket::async_test]
async fn an_authorization_that_is_not_accepted_is_401_whatever_the_name() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let registering = Person::new("bob").begin_registration(&host).await;
    let wrong = [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic YTpi",
        "x",
        "",
        "bearer x y",
        "Bearer a.b.c",
    ];
    for value in wrong {
        for username in ["alice", "nobody", "", "\u{0}"] {
            let body = json!({"username": username});
            let request = Request::post("/register/begin", &body).header("authorization", value);
            assert_eq!(
                host.send(request).await.status,
                401,
                "{value:?} for {username:?}"
            );
        }
        let request = Request::post("/register/complete", &registering.body());
        assert_eq!(
            host.send(request.header("authorization", value))
                .await
                .status,
            401,
            "{value:?}"
        );
        // A sign-in does not look at it.
        let request = Request::post("/authenticate/begin", &json!({"username": "alice"}));
        host.send(request.header("authorization", value)).await.ok();
        let body = alice.begin_sign_in(&host).await.body();
        let request = Request::post("/authenticate/complete", &body);
        host.send(request.header("authorization", value)).await.ok();
    }
    // No challenge was spent by it.
    host.post("/register/complete", &registering.body())
        .await
        .ok();
}

#[rocket::async_test]
async fn a_login_token_proves_its_user_for_five_minutes() {
    let host = Host::local(&[]).await;
    host.clock.hold();
    let mut alice = Person::with_account(&host, "alice").await;
    host.clock.advance(Duration::from_secs(290));
    alice.add_passkey(&host).await;
    host.clock.advance(Duration::from_secs(10));
    let request = Request::post("/register/begin", &json!({"username": "alice"}));
    let answer = host
        .send(request.bearer(alice.login_token.as_deref()))
        .await;
    assert_eq!(answer.status, 401, "{:#}", answer.json());
    // A new sign-in is new proof.
    alice.sign_in(&host).await;
    alice.add_passkey(&host).await;
}

#[rocket::async_test]
async fn a_login_token_of_another_relying_party_proves_nobody() {
    let host = Host::local(&[]).await;
    Person::with_account(&host, "alice").await;
    let other = Host::local(&[("PORTCULLIS_RP_ID", "example.org")]).await;
    let elsewhere = Person::with_account(&other, "alice").await;
    let request = Request::post("/register/begin", &json!({"username": "alice"}));
    let answer = host
        .send(request.bearer(elsewhere.login_token.as_deref()))
        .await;
    assert_eq!(answer.status, 401, "{:#}", answer.json());
}

#[rocket::async_test]
async fn a_conditional_registration_needs_proof_and_may_lack_presence() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let conditional = json!({"username": "alice", "mediation": "conditional"});

    // Only so is the user's presence not wanted.
    let mut registering = alice.begin_registration(&host).await;
    registering.registration.authenticator_data.flags &= !flags::UP;
    let answer = alice.complete_registration(&host, &registering).await;
    answer.refused(400, "7.1.15", "user_not_present");

    let request = Request::post("/register/begin", &conditional);
    let begun = host
        .send(request.bearer(alice.login_token.as_deref()))
        .await
        .ok();
    let (passkey, mut registration) = alice
        .authenticator
        .create(&begun["publicKey"], &host.origin);
    registration.authenticator_data.flags &= !flags::UP;
    let body = json!({
        "attestation": registration.response(),
        "challenge_token": begun["challenge_token"],
    });
    let request = Request::post("/register/complete", &body);
    host.send(request.bearer(alice.login_token.as_deref()))
        .await
        .ok();
    alice.passkeys.push(passkey);
    assert_untouched(&host, &mut alice, 2).await;

    // Without proof, and for what is no mediation of a registration.
    let body = json!({"username": "nobody", "mediation": "conditional"});
    let answer = host.post("/register/begin", &body).await;
    assert!(matches!(answer.status, 400 | 401), "{:#}", answer.json());
    for mediation in [
        json!("silent"),
        json!("required"),
        json!("optional"),
        json!(""),
        json!(5),
    ] {
        let body = json!({"username": "alice", "mediation": mediation});
        let request = Request::post("/register/begin", &body).bearer(alice.login_token.as_deref());
        host.send(request).await.problem(400, "body_invalid");
    }
    assert!(is_free(&host, "nobody").await);
}
