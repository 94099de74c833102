//! Answers to a real challenge that are wrong in one thing: each is refused with its own status,
//! step and code, and nothing is stored.

use std::sync::Arc;

use portcullis_tests::{
    authenticator::{Assertion, Passkey, Registration, Statement, flags},
    client_data::ClientData,
    encoding::{from_base64url, sha256},
    host::Host,
    keys::Es256,
    person::Person,
};

use crate::{assert_untouched, complete_sign_in, is_free};

/// Origins that look like `http://localhost:8000` and are not.
const ORIGINS: [&str; 20] = [
    "https://localhost:8000",
    "http://localhost",
    "http://localhost:80",
    "http://localhost:8001",
    "http://localhost:08000",
    "http://sub.localhost:8000",
    "http://evillocalhost:8000",
    "http://localhost.evil.example:8000",
    "http://localhost.:8000",
    "http://user@localhost:8000",
    "http://localhost:8000@evil.example",
    "http://LOCALHOST:8000",
    "HTTP://localhost:8000",
    "http://localhost:8000/",
    "http://127.0.0.1:8000",
    "http://localhost:8000\u{0}",
    " http://localhost:8000",
    "localhost:8000",
    "null",
    "",
];

/// The same client data with another origin.
fn at_origin(client_data: &ClientData, origin: &str) -> ClientData {
    let mut changed = client_data.clone();
    changed.set("origin", origin);
    changed
}

type Change<T> = Box<dyn Fn(&mut T)>;

/// One thing wrong, and the step and code that it is refused with.
struct Attack<T> {
    name: String,
    change: Change<T>,
    step: &'static str,
    code: &'static str,
}

fn attack<T>(
    name: &str,
    step: &'static str,
    code: &'static str,
    change: impl Fn(&mut T) + 'static,
) -> Attack<T> {
    Attack {
        name: name.to_owned(),
        change: Box::new(change),
        step,
        code,
    }
}

fn registration_attacks() -> Vec<Attack<Registration>> {
    let mut attacks = vec![
        attack(
            "type of the other flow",
            "7.1.7",
            "type_mismatch",
            |r: &mut Registration| {
                r.client_data.set("type", "webauthn.get");
            },
        ),
        attack(
            "type in capitals",
            "7.1.7",
            "type_mismatch",
            |r: &mut Registration| {
                r.client_data.set("type", "WEBAUTHN.CREATE");
            },
        ),
        attack(
            "challenge",
            "7.1.8",
            "challenge_mismatch",
            |r: &mut Registration| {
                r.client_data.set("challenge", "AAAA");
            },
        ),
        attack(
            "cross-origin frame",
            "7.1.10",
            "cross_origin_unexpected",
            |r: &mut Registration| {
                r.client_data.set("crossOrigin", true);
            },
        ),
        attack(
            "top origin",
            "7.1.11",
            "top_origin_unexpected",
            |r: &mut Registration| {
                r.client_data.set("topOrigin", "https://evil.example");
            },
        ),
        attack(
            "RP id hash",
            "7.1.14",
            "rp_id_mismatch",
            |r: &mut Registration| {
                r.authenticator_data.rp_id_hash = sha256(&[b"evil.example"]);
            },
        ),
        attack(
            "user not present",
            "7.1.15",
            "user_not_present",
            |r: &mut Registration| {
                r.authenticator_data.flags &= !flags::UP;
            },
        ),
        attack(
            "user not verified",
            "7.1.16",
            "user_not_verified",
            |r: &mut Registration| {
                r.authenticator_data.flags &= !flags::UV;
            },
        ),
        attack(
            "backed up, not eligible",
            "7.1.17",
            "backup_state_invalid",
            |r: &mut Registration| {
                r.authenticator_data.flags |= flags::BS;
            },
        ),
        attack(
            "another credential id",
            "7.1.25",
            "credential_id_mismatch",
            |r: &mut Registration| {
                r.id = b"another id".to_vec();
            },
        ),
    ];
    attacks.extend(ORIGINS.map(|origin| {
        attack(
            origin,
            "7.1.9",
            "origin_mismatch",
            move |r: &mut Registration| {
                r.client_data = at_origin(&r.client_data, origin);
            },
        )
    }));
    attacks
}

fn sign_in_attacks() -> Vec<Attack<Assertion>> {
    let mut attacks = vec![
        attack(
            "type of the other flow",
            "7.2.10",
            "type_mismatch",
            |a: &mut Assertion| {
                a.client_data.set("type", "webauthn.create");
            },
        ),
        attack(
            "payment type",
            "7.2.10",
            "type_mismatch",
            |a: &mut Assertion| {
                a.client_data.set("type", "payment.get");
            },
        ),
        attack(
            "challenge",
            "7.2.11",
            "challenge_mismatch",
            |a: &mut Assertion| {
                a.client_data.set("challenge", "AAAA");
            },
        ),
        attack(
            "cross-origin frame",
            "7.2.13",
            "cross_origin_unexpected",
            |a: &mut Assertion| {
                a.client_data.set("crossOrigin", true);
            },
        ),
        attack(
            "top origin",
            "7.2.14",
            "top_origin_unexpected",
            |a: &mut Assertion| {
                a.client_data.set("topOrigin", "https://evil.example");
            },
        ),
        attack(
            "RP id hash",
            "7.2.15",
            "rp_id_mismatch",
            |a: &mut Assertion| {
                a.authenticator_data.rp_id_hash = sha256(&[b"evil.example"]);
            },
        ),
        attack(
            "user not present",
            "7.2.16",
            "user_not_present",
            |a: &mut Assertion| {
                a.authenticator_data.flags &= !flags::UP;
            },
        ),
        attack(
            "user not verified",
            "7.2.17",
            "user_not_verified",
            |a: &mut Assertion| {
                a.authenticator_data.flags &= !flags::UV;
            },
        ),
        attack(
            "backed up, not eligible",
            "7.2.18",
            "backup_state_invalid",
            |a: &mut Assertion| {
                a.authenticator_data.flags |= flags::BS;
            },
        ),
        attack(
            "eligible all at once",
            "7.2.19",
            "backup_eligibility_changed",
            |a: &mut Assertion| {
                a.authenticator_data.flags |= flags::BE;
            },
        ),
        attack(
            "somebody else's key",
            "7.2.21",
            "signature_invalid",
            |a: &mut Assertion| {
                a.key = Arc::new(Es256::from_secret(&[1; 32]));
            },
        ),
        attack(
            "signature over other client data",
            "7.2.21",
            "signature_invalid",
            |a: &mut Assertion| {
                a.signature = Some(a.signature());
                a.client_data.set("extra", 1);
            },
        ),
        attack(
            "signature as r and s alone",
            "7.2.21",
            "signature_invalid",
            |a: &mut Assertion| {
                a.signature = Some(vec![1; 64]);
            },
        ),
        attack(
            "another credential id",
            "7.2.5",
            "credential_not_allowed",
            |a: &mut Assertion| {
                a.id = b"another id".to_vec();
            },
        ),
        attack(
            "user handle",
            "7.2.6",
            "user_handle_mismatch",
            |a: &mut Assertion| {
                a.user_handle = Some(b"another handle".to_vec());
            },
        ),
    ];
    attacks.extend(ORIGINS.map(|origin| {
        attack(
            origin,
            "7.2.12",
            "origin_mismatch",
            move |a: &mut Assertion| {
                a.client_data = at_origin(&a.client_data, origin);
            },
        )
    }));
    attacks
}

#[rocket::async_test]
async fn no_wrong_registration_is_stored() {
    let host = Host::local(&[("PORTCULLIS_USER_VERIFICATION", "required")]).await;
    for statement in [Statement::None, Statement::PackedSelf] {
        for attack in registration_attacks() {
            let mut alice = Person::new("alice");
            alice.authenticator.statement = statement;
            let mut registering = alice.begin_registration(&host).await;
            (attack.change)(&mut registering.registration);
            let answer = alice.complete_registration(&host, &registering).await;
            println!("{}", attack.name);
            answer.refused(400, attack.step, attack.code);
            assert!(is_free(&host, "alice").await, "{}", attack.name);
        }
    }
    // What the attacks were made from is sound.
    Person::with_account(&host, "alice").await;
}

#[rocket::async_test]
async fn no_wrong_passkey_is_added_to_an_account() {
    let host = Host::local(&[("PORTCULLIS_USER_VERIFICATION", "required")]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    for attack in registration_attacks() {
        let mut registering = alice.begin_registration(&host).await;
        (attack.change)(&mut registering.registration);
        let answer = alice.complete_registration(&host, &registering).await;
        println!("{}", attack.name);
        answer.refused(400, attack.step, attack.code);
    }
    assert_untouched(&host, &mut alice, 1).await;
}

#[rocket::async_test]
async fn no_wrong_assertion_signs_in() {
    let host = Host::local(&[("PORTCULLIS_USER_VERIFICATION", "required")]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    for attack in sign_in_attacks() {
        let stored = alice.passkeys[0].clone();
        let mut begun = alice.begin_sign_in(&host).await;
        (attack.change)(&mut begun.assertion);
        println!("{}", attack.name);
        complete_sign_in(&host, &begun.body())
            .await
            .refused(401, attack.step, attack.code);
        // As if the attack had never been.
        alice.passkeys[0] = stored;
    }
    assert_untouched(&host, &mut alice, 1).await;
}

#[rocket::async_test]
async fn a_counter_that_does_not_grow_is_a_clone() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    alice.passkeys[0].sign_count = 10;
    alice.sign_in(&host).await;
    for counter in [0, 1, 10, 11] {
        let mut begun = alice.begin_sign_in(&host).await;
        begun.assertion.authenticator_data.sign_count = counter;
        let answer = complete_sign_in(&host, &begun.body()).await;
        answer.refused(401, "7.2.22", "sign_count_not_increased");
        alice.passkeys[0].sign_count = 11;
    }
    assert_untouched(&host, &mut alice, 1).await;
}

#[rocket::async_test]
async fn another_users_passkey_opens_no_account_but_its_own() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let mut bob = Person::with_account(&host, "bob").await;

    // Bob's passkey in alice's sign-in: not among those allowed.
    let begun = alice.begin_sign_in(&host).await;
    let challenge = begun.options["challenge"].as_str().expect("a challenge");
    let by_bob =
        |bob: &mut Person| bob.passkeys[0].assert(&from_base64url(challenge), &host.origin);
    let mut attack = begun.clone();
    attack.assertion = by_bob(&mut bob);
    complete_sign_in(&host, &attack.body())
        .await
        .refused(401, "7.2.5", "credential_not_allowed");

    // Bob's key under alice's id.
    let mut begun = alice.begin_sign_in(&host).await;
    begun.assertion.key = Arc::clone(&bob.passkeys[0].key);
    complete_sign_in(&host, &begun.body())
        .await
        .refused(401, "7.2.21", "signature_invalid");

    // Without a name: bob's passkey that says it is alice's, and that says nothing.
    let alices_handle = alice.passkeys[0].user_handle.clone();
    let handles = [
        (Some(alices_handle), "credential_unknown"),
        (Some(b"nobody".to_vec()), "credential_unknown"),
        (None, "user_handle_missing"),
    ];
    for (handle, code) in handles {
        let mut begun = bob.begin_nameless_sign_in(&host).await;
        begun.assertion.user_handle = handle;
        let answer = complete_sign_in(&host, &begun.body()).await;
        answer.refused(401, "7.2.6", code);
    }

    // A passkey that nobody has.
    let mut stranger = Person::new("stranger");
    let made = stranger
        .authenticator
        .make(&host.rp_id, b"a handle", b"x", &host.origin);
    stranger.passkeys.push(made.0);
    let begun = stranger.begin_nameless_sign_in(&host).await;
    complete_sign_in(&host, &begun.body())
        .await
        .problem(401, "credential_unknown");

    alice.passkeys[0].sign_count = 0;
    bob.passkeys[0].sign_count = 0;
    assert_untouched(&host, &mut alice, 1).await;
    assert_untouched(&host, &mut bob, 1).await;
}

#[rocket::async_test]
async fn a_credential_id_in_use_is_not_registered_again() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let taken: Passkey = alice.passkeys[0].clone();

    // By another user, with a key of their own; and by its owner.
    let mut mallory = Person::new("mallory");
    let mut registering = mallory.begin_registration(&host).await;
    let steal = |registration: &mut Registration| {
        registration.id.clone_from(&taken.id);
        let attested = registration.authenticator_data.attested.as_mut();
        attested
            .expect("a registration has one")
            .id
            .clone_from(&taken.id);
    };
    steal(&mut registering.registration);
    let answer = mallory.complete_registration(&host, &registering).await;
    answer.refused(409, "7.1.26", "credential_exists");
    assert!(is_free(&host, "mallory").await);

    let mut registering = alice.begin_registration(&host).await;
    steal(&mut registering.registration);
    let answer = alice.complete_registration(&host, &registering).await;
    answer.refused(409, "7.1.26", "credential_exists");
    assert_untouched(&host, &mut alice, 1).await;
}
