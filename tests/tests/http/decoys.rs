//! Sign-in tells nobody which names exist: an unknown name is answered as a known one.

use std::collections::BTreeSet;

use portcullis_tests::{
    authenticator::{Assertion, Passkey},
    encoding::from_base64url,
    host::{Answer, Host, Request, SECRET},
    person::{Person, SigningIn},
};
use serde_json::{Value, json};

use crate::complete_sign_in;

async fn begin(host: &Host, name: &str) -> Answer {
    host.post("/authenticate/begin", &json!({ "username": name }))
        .await
}

/// Every path of the value, list positions left out.
fn shape(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(name, value)| shape(value, &format!("{path}.{name}"), into));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| shape(item, &format!("{path}[]"), into)),
        leaf => {
            let kind = match leaf {
                Value::String(text) => format!("text of {}", text.len()),
                other => other.to_string(),
            };
            into.insert(format!("{path}: {kind}"));
        }
    }
}

#[rocket::async_test]
async fn an_unknown_name_is_answered_as_a_known_one() {
    let host = Host::local(&[]).await;
    Person::with_account(&host, "alice").await;
    let known = begin(&host, "alice").await;
    // As long as the known one: the size of an answer tells nothing either.
    let unknown = begin(&host, "clara").await;
    let names = |answer: &Answer| -> BTreeSet<String> {
        answer
            .headers
            .iter()
            .map(|(name, _)| name.clone())
            .collect()
    };
    assert_eq!(names(&known), names(&unknown));
    let options = |answer: &Answer| {
        let mut json = answer.ok();
        // Ids and transports are a real authenticator's own; their list has the same shape.
        let descriptors = json["publicKey"]["allowCredentials"]
            .as_array_mut()
            .expect("a list");
        assert!(!descriptors.is_empty());
        for descriptor in descriptors {
            assert!(descriptor["id"].is_string() && descriptor["transports"].is_array());
            descriptor["id"] = Value::Null;
            descriptor["transports"] = Value::Null;
        }
        let mut paths = BTreeSet::new();
        shape(&json, "", &mut paths);
        paths
    };
    assert_eq!(options(&known), options(&unknown));
}

#[rocket::async_test]
async fn a_decoys_ids_are_stable_and_each_names_own() {
    let host = Host::local(&[]).await;
    let ids =
        async |name: &str| begin(&host, name).await.ok()["publicKey"]["allowCredentials"].clone();
    let first = ids("nobody").await;
    assert_eq!(ids("nobody").await, first);
    assert_eq!(
        ids("NoBody").await,
        first,
        "as a known name is one in any case"
    );
    assert_ne!(ids("nobody2").await, first);
    // Another instance with the same secret, and the same name after a restart.
    let other = Host::local(&[]).await;
    let there = async |host: &Host| {
        begin(host, "nobody").await.ok()["publicKey"]["allowCredentials"].clone()
    };
    assert_eq!(there(&other).await, first);
    // Another secret, while the first one is listed and once it is not.
    let renewed = "0123456789abcdef".repeat(4);
    let renewed = ("PORTCULLIS_SECRET", &*renewed);
    let previous = ("PORTCULLIS_SECRET_PREVIOUS", SECRET);
    assert_eq!(there(&Host::local(&[renewed, previous]).await).await, first);
    assert_ne!(there(&Host::local(&[renewed]).await).await, first);
}

/// An assertion by somebody who has only what `authenticate/begin` shows.
pub(super) fn guess(begun: &Value, host: &Host) -> SigningIn {
    let options = begun["publicKey"].clone();
    let mut stranger = Person::new("a stranger with a key");
    let (passkey, _) = stranger
        .authenticator
        .make(&host.rp_id, b"a handle", b"x", &host.origin);
    let id = options["allowCredentials"][0]["id"]
        .as_str()
        .expect("an id");
    let mut passkey = Passkey {
        id: from_base64url(id),
        sign_count: 1000,
        ..passkey
    };
    let mut assertion = passkey.get(&options, &host.origin);
    assertion.user_handle = None;
    let token = begun["challenge_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    SigningIn {
        assertion,
        options,
        token,
    }
}

type Change = fn(&mut Assertion);

#[rocket::async_test]
async fn a_decoy_fails_as_a_real_passkey_does() {
    let changes: [(&str, Change); 14] = [
        ("signature by another key", |_| {}),
        ("signature of zeros", |a| a.signature = Some(vec![0; 70])),
        ("empty signature", |a| a.signature = Some(Vec::new())),
        ("challenge", |a| _ = a.client_data.set("challenge", "AAAA")),
        ("origin", |a| {
            _ = a.client_data.set("origin", "https://evil.example");
        }),
        ("type", |a| _ = a.client_data.set("type", "webauthn.create")),
        ("client data", |a| _ = a.client_data.raw("{")),
        ("no user handle, another id", |a| {
            a.id = b"another id".to_vec();
        }),
        ("a user handle", |a| {
            a.user_handle = Some(b"a handle".to_vec());
        }),
        ("an empty user handle", |a| a.user_handle = Some(Vec::new())),
        ("flags", |a| a.authenticator_data.flags = 0),
        ("backup eligible", |a| a.authenticator_data.flags |= 0x08),
        ("counter", |a| a.authenticator_data.sign_count = 0),
        ("authenticator data", |a| {
            a.authenticator_data.trailing = vec![0];
        }),
    ];
    for verification in ["preferred", "required"] {
        let host = Host::local(&[("PORTCULLIS_USER_VERIFICATION", verification)]).await;
        Person::with_account(&host, "alice").await;
        for (name, change) in changes {
            let mut answers = Vec::new();
            for username in ["alice", "nobody"] {
                let mut guessed = guess(&begin(&host, username).await.ok(), &host);
                change(&mut guessed.assertion);
                let answer = complete_sign_in(&host, &guessed.body()).await;
                assert!(
                    matches!(answer.status, 400 | 401),
                    "{name}: {:#}",
                    answer.json()
                );
                assert_ne!(answer.json()["code"], "credential_unknown", "{name}");
                let mut headers = answer.headers.clone();
                headers.sort();
                answers.push((answer.status, headers, answer.json()));
            }
            assert_eq!(answers[0], answers[1], "{name}");
        }
    }
}

/// An id that a sign-in by name was shown is in use, whether real or a decoy's: else somebody who registers with it
/// would learn whether the name is real.
#[rocket::async_test]
async fn an_id_of_a_decoy_cannot_be_registered_just_as_a_real_one() {
    let host = Host::local(&[]).await;
    Person::with_account(&host, "alice").await;
    let mut owner = Person::with_account(&host, "owner").await;
    let mut answers = Vec::new();
    for name in ["alice", "nobody", "somebody"] {
        let begun = begin(&host, name).await.ok();
        let id = &begun["publicKey"]["allowCredentials"][0]["id"];
        let id = from_base64url(id.as_str().expect("an id"));
        // A new account, one that asks for no token, and another passkey of an account.
        let mut mallory = Person::new(&format!("mallory-{name}"));
        for (is_new, token) in [(true, true), (true, false), (false, true)] {
            let person = if is_new { &mut mallory } else { &mut owner };
            let mut registering = person.begin_registration(&host).await;
            registering.registration.id.clone_from(&id);
            let attested = &mut registering.registration.authenticator_data.attested;
            attested.as_mut().expect("attested").id.clone_from(&id);
            let mut body = registering.body();
            body["token"] = json!(token);
            let complete = Request::post("/register/complete", &body);
            let answer = host
                .send(complete.bearer(person.login_token.as_deref()))
                .await;
            answer.refused(409, "7.1.26", "credential_exists");
            let mut headers = answer.headers.clone();
            headers.sort();
            answers.push((headers, answer.json()));
        }
        // The name is still free.
        let again = json!({"username": mallory.name});
        host.post("/register/begin", &again).await.ok();
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[rocket::async_test]
async fn what_is_not_allowed_as_a_name_is_refused_at_sign_in_too() {
    let host = Host::local(&[]).await;
    for name in ["", " ", "a b", "\u{0}", "\u{202e}alice"] {
        begin(&host, name).await.problem(400, "username_invalid");
    }
}

#[rocket::async_test]
async fn a_passkey_that_nobody_has_is_unknown_only_without_a_name() {
    let host = Host::local(&[]).await;
    let begun = host.post("/authenticate/begin", &json!({})).await.ok();
    let allowed = &begun["publicKey"]["allowCredentials"];
    assert!(
        allowed.is_null() || *allowed == json!([]),
        "any discoverable passkey"
    );
    let mut stranger = Person::new("stranger");
    let made = stranger
        .authenticator
        .make(&host.rp_id, &[9; 64], b"x", &host.origin);
    stranger.passkeys.push(made.0);
    let begun = stranger.begin_nameless_sign_in(&host).await;
    complete_sign_in(&host, &begun.body())
        .await
        .problem(401, "credential_unknown");
}
