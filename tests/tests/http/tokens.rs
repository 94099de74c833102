//! Challenge tokens: each is good for one attempt, of one flow, at one host, for a while.

use core::time::Duration;

use portcullis_tests::{
    client_data::ClientData,
    encoding::{base64url, from_base64url},
    host::{Host, Request},
    keys::Es256,
    person::{Person, Registering, SigningIn},
};
use rocket::futures::future::join_all;
use serde_json::{Value, json};

use crate::{assert_untouched, complete_sign_in, is_free, jwt::Token};

#[rocket::async_test]
async fn a_spent_token_is_refused() {
    let host = Host::local(&[]).await;
    let mut alice = Person::new("alice");
    let registering = alice.begin_registration(&host).await;
    let body = registering.body();
    host.post("/register/complete", &body).await.ok();
    host.post("/register/complete", &body)
        .await
        .problem(401, "token_spent");
    alice.passkeys.push(registering.passkey);

    let body = alice.begin_sign_in(&host).await.body();
    complete_sign_in(&host, &body).await.ok();
    complete_sign_in(&host, &body)
        .await
        .problem(401, "token_spent");
    assert_untouched(&host, &mut alice, 1).await;
}

async fn of_a_hundred_at_once_one_succeeds(host: &Host) {
    let mut alice = Person::new("alice");
    let registering = alice.begin_registration(host).await;
    let body = registering.body();
    let answers = join_all((0..100).map(|_| host.post("/register/complete", &body))).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 200).count(),
        1
    );
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(401, "token_spent");
    }
    alice.passkeys.push(registering.passkey);

    let body = alice.begin_sign_in(host).await.body();
    let answers = join_all((0..100).map(|_| complete_sign_in(host, &body))).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 200).count(),
        1
    );
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(401, "token_spent");
    }
    assert_untouched(host, &mut alice, 1).await;
}

#[rocket::async_test]
async fn of_a_hundred_at_once_over_sockets_one_succeeds() {
    of_a_hundred_at_once_one_succeeds(&Host::listening(&[]).await).await;
}

#[rocket::async_test]
async fn a_token_is_spent_by_a_failed_attempt() {
    let host = Host::local(&[]).await;
    let mut alice = Person::new("alice");
    let registering = alice.begin_registration(&host).await;
    let mut wrong = registering.clone();
    wrong.registration.client_data = ClientData::create(b"another challenge", &host.origin);
    assert_eq!(
        host.post("/register/complete", &wrong.body()).await.status,
        400
    );
    host.post("/register/complete", &registering.body())
        .await
        .problem(401, "token_spent");
    assert!(is_free(&host, "alice").await);

    let mut bob = Person::with_account(&host, "bob").await;
    let begun = bob.begin_sign_in(&host).await;
    let mut wrong = begun.clone();
    wrong.assertion.signature = Some(b"no signature".to_vec());
    assert!(matches!(
        complete_sign_in(&host, &wrong.body()).await.status,
        400 | 401
    ));
    complete_sign_in(&host, &begun.body())
        .await
        .problem(401, "token_spent");

    // The shape of the response is looked at after the token is spent.
    let begun = bob.begin_sign_in(&host).await;
    let shapeless = json!({"assertion": null, "challenge_token": begun.token});
    assert_eq!(complete_sign_in(&host, &shapeless).await.status, 400);
    complete_sign_in(&host, &begun.body())
        .await
        .problem(401, "token_spent");
}

#[rocket::async_test]
async fn what_fails_before_the_token_spends_nothing() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let begun = alice.begin_sign_in(&host).await;
    let body = begun.body();

    let path = "/authenticate/complete";
    let text = body.to_string();
    host.send(Request::post_text(path, text.clone()))
        .await
        .problem(415, "media_type");
    let cut = Request::post_text(path, &text[..text.len() - 1]);
    host.send(cut.header("content-type", "application/json"))
        .await
        .problem(400, "body_invalid");
    let mut large = body.clone();
    large["padding"] = "x".repeat(200_000).into();
    host.post(path, &large).await.problem(413, "body_too_large");
    host.post(
        "/register/complete",
        &json!({"attestation": {}, "challenge_token": begun.token}),
    )
    .await
    .problem(401, "token_invalid");
    let forged = Token::parse(&begun.token).hs256(b"a key");
    host.post(
        path,
        &json!({"assertion": body["assertion"], "challenge_token": forged}),
    )
    .await
    .problem(401, "token_invalid");

    complete_sign_in(&host, &body).await.ok();
}

#[rocket::async_test]
async fn a_token_of_the_other_flow_is_refused() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let mut bob = Person::new("bob");
    let registering = bob.begin_registration(&host).await;
    let begun = alice.begin_sign_in(&host).await;
    let swapped = Registering {
        token: begun.token.clone(),
        ..registering.clone()
    };
    host.post("/register/complete", &swapped.body())
        .await
        .problem(401, "token_invalid");
    let swapped = SigningIn {
        token: registering.token.clone(),
        ..begun.clone()
    };
    complete_sign_in(&host, &swapped.body())
        .await
        .problem(401, "token_invalid");
    // Neither was spent.
    host.post("/register/complete", &registering.body())
        .await
        .ok();
    complete_sign_in(&host, &begun.body()).await.ok();
}

#[rocket::async_test]
async fn a_token_of_another_host_is_refused() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let others: [&[(&str, &str)]; 3] = [
        // Another relying party with the same secret, the same one at another origin, and the
        // same one again: with the memory store no restart accepts an earlier token.
        &[("PORTCULLIS_RP_ID", "example.org")],
        &[("PORTCULLIS_ORIGINS", "http://localhost:9000")],
        &[],
    ];
    for settings in others {
        let other = Host::local(settings).await;
        let mut alice_there = Person::with_account(&other, "alice").await;
        let foreign = alice_there.begin_sign_in(&other).await;
        let begun = alice.begin_sign_in(&host).await;
        let swapped = SigningIn {
            token: foreign.token.clone(),
            ..begun.clone()
        };
        complete_sign_in(&host, &swapped.body())
            .await
            .problem(401, "token_invalid");
        complete_sign_in(&host, &begun.body()).await.ok();
        complete_sign_in(&other, &foreign.body()).await.ok();

        let mut bob = Person::new("bob");
        let foreign = bob.begin_registration(&other).await;
        host.post("/register/complete", &foreign.body())
            .await
            .problem(401, "token_invalid");
        assert!(is_free(&host, "bob").await);
    }
}

#[rocket::async_test]
async fn a_token_is_over_when_its_time_is() {
    let host = Host::local(&[("PORTCULLIS_CHALLENGE_TTL", "60")]).await;
    host.clock.hold();
    let mut alice = Person::with_account(&host, "alice").await;
    let begun = alice.begin_sign_in(&host).await;
    let registering = Person::new("bob").begin_registration(&host).await;
    host.clock.advance(Duration::from_secs(60));
    complete_sign_in(&host, &begun.body())
        .await
        .problem(401, "token_expired");
    host.post("/register/complete", &registering.body())
        .await
        .problem(401, "token_expired");
    assert!(is_free(&host, "bob").await);
    assert_untouched_after_gap(&host, &mut alice).await;
}

/// As [`assert_untouched`], for a passkey that has counted an answer which was never verified.
async fn assert_untouched_after_gap(host: &Host, person: &mut Person) {
    let answer = person.sign_in(host).await;
    assert_eq!(
        answer["credential"]["before"]["signCount"], 0,
        "nothing was stored"
    );
}

#[rocket::async_test]
async fn a_spent_token_stays_spent_until_it_expires() {
    let host = Host::local(&[("PORTCULLIS_CHALLENGE_TTL", "60")]).await;
    host.clock.hold();
    let mut alice = Person::with_account(&host, "alice").await;
    let body = alice.begin_sign_in(&host).await.body();
    complete_sign_in(&host, &body).await.ok();
    for _ in 0..29 {
        host.clock.advance(Duration::from_secs(2));
        alice.sign_in(&host).await;
        complete_sign_in(&host, &body)
            .await
            .problem(401, "token_spent");
    }
    host.clock.advance(Duration::from_secs(2));
    complete_sign_in(&host, &body)
        .await
        .problem(401, "token_expired");
}

/// The token written wrongly in every way that a JWT can be.
fn forgeries(token: &str, published: &Value) -> Vec<(&'static str, String)> {
    let real = Token::parse(token);
    let key = &published["keys"][0];
    let with_header = |header: Value| Token {
        header,
        ..real.clone()
    };
    let unsigned = |alg: &str| {
        let mut token = with_header(json!({"alg": alg, "typ": real.header["typ"]}));
        token.signature.clear();
        token
    };
    let with_alg = |alg: &str| {
        let mut header = real.header.clone();
        header["alg"] = alg.into();
        with_header(header)
    };
    let public: Vec<u8> = ["x", "y"]
        .iter()
        .flat_map(|name| from_base64url(key[*name].as_str().expect("a coordinate")))
        .collect();
    let own = Es256::from_secret(&[1; 32]);
    let es256 = with_alg("ES256");
    let own_signature = own.sign_fixed(es256.signing_input().as_bytes());
    let mut longer = real.claims.clone();
    longer["exp"] = json!(longer["exp"].as_u64().expect("seconds") + 1_000_000);
    let mut critical = real.header.clone();
    critical["crit"] = json!(["exp"]);
    let parts: Vec<&str> = token.split('.').collect();
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let mut flipped = real.signature.clone();
    flipped[0] ^= 1;
    let spare = spare_bits(signature);

    vec![
        ("empty", String::new()),
        ("dots", "..".into()),
        ("not a token", "token".into()),
        ("NUL", "\u{0}".into()),
        ("alg none", unsigned("none").text()),
        ("alg None", unsigned("None").text()),
        ("alg none, no last dot", unsigned("none").signing_input()),
        ("alg none, the old signature", with_alg("none").text()),
        (
            "no alg",
            with_header(json!({"typ": real.header["typ"]})).text(),
        ),
        ("HS384", with_alg("HS384").text()),
        ("HS256 under an empty key", with_alg("HS256").hs256(b"")),
        (
            "HS256 under the public key",
            with_alg("HS256").hs256(&public),
        ),
        (
            "HS256 under the public point",
            with_alg("HS256").hs256(&[&[4][..], &public].concat()),
        ),
        (
            "HS256 under the JWK",
            with_alg("HS256").hs256(key.to_string().as_bytes()),
        ),
        ("RS256", with_alg("RS256").text()),
        (
            "ES256 by a key of one's own",
            Token {
                signature: own_signature,
                ..es256
            }
            .text(),
        ),
        ("EdDSA", with_alg("EdDSA").text()),
        (
            "later expiry",
            Token {
                claims: longer,
                ..real.clone()
            }
            .text(),
        ),
        (
            "no claims",
            Token {
                claims: json!({}),
                ..real.clone()
            }
            .text(),
        ),
        ("crit", with_header(critical).text()),
        (
            "flipped bit",
            Token {
                signature: flipped,
                ..real.clone()
            }
            .text(),
        ),
        ("no signature", format!("{signed}.")),
        (
            "short signature",
            format!("{signed}.{}", &signature[..signature.len() - 4]),
        ),
        ("padding", format!("{token}=")),
        ("blank before", format!(" {token}")),
        ("blank after", format!("{token} ")),
        ("line end", format!("{token}\n")),
        ("a fourth part", format!("{token}.x")),
        ("two parts", parts[..2].join(".")),
        ("spare bits", format!("{signed}.{spare}")),
        ("huge", "x".repeat(100_000)),
    ]
}

/// The text with the unused bits of its last base64url character set.
fn spare_bits(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = text.as_bytes()[text.len() - 1];
    let value = ALPHABET
        .iter()
        .position(|byte| *byte == last)
        .expect("base64url");
    format!(
        "{}{}",
        &text[..text.len() - 1],
        char::from(ALPHABET[value | 1])
    )
}

#[rocket::async_test]
async fn no_forged_challenge_token_is_accepted() {
    let host = Host::local(&[]).await;
    let published = host.send(Request::get("/.well-known/jwks.json")).await.ok();
    let mut alice = Person::with_account(&host, "alice").await;
    let begun = alice.begin_sign_in(&host).await;
    for (name, token) in forgeries(&begun.token, &published) {
        let swapped = SigningIn {
            token,
            ..begun.clone()
        };
        let answer = complete_sign_in(&host, &swapped.body()).await;
        assert_eq!(
            answer.problem(401, "token_invalid")["status"],
            401,
            "{name}"
        );
    }
    let registering = Person::new("bob").begin_registration(&host).await;
    for (name, token) in forgeries(&registering.token, &published) {
        let swapped = Registering {
            token,
            ..registering.clone()
        };
        let answer = host.post("/register/complete", &swapped.body()).await;
        assert_eq!(
            answer.problem(401, "token_invalid")["status"],
            401,
            "{name}"
        );
    }
    assert!(is_free(&host, "bob").await);
    complete_sign_in(&host, &begun.body()).await.ok();
}

#[rocket::async_test]
async fn no_forged_login_token_is_accepted() {
    let host = Host::local(&[]).await;
    let published = host.send(Request::get("/.well-known/jwks.json")).await.ok();
    let mut alice = Person::with_account(&host, "alice").await;
    let challenge_token = alice.begin_sign_in(&host).await.token;
    let real = alice.login_token.clone().expect("with the account");
    let mut forged = forgeries(&real, &published);
    // Blanks around a header's value are not part of it, and not every text can be one.
    forged
        .retain(|(name, _)| !matches!(*name, "blank before" | "blank after" | "line end" | "NUL"));
    forged.push(("a challenge token", challenge_token));
    for (name, token) in forged {
        for path in ["/register/begin", "/register/complete"] {
            for username in ["alice", "nobody"] {
                let body = json!({"username": username, "challenge_token": "x"});
                let answer = host
                    .send(Request::post(path, &body).bearer(Some(&token)))
                    .await;
                assert_eq!(answer.status, 401, "{name} at {path}: {:#}", answer.json());
            }
        }
    }
    alice.add_passkey(&host).await;
}

#[rocket::async_test]
async fn a_challenge_token_shows_nothing_that_the_options_do_not() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let known = alice.begin_sign_in(&host).await;
    let unknown = host
        .post("/authenticate/begin", &json!({"username": "nobody"}))
        .await
        .ok();
    let unknown_token = unknown["challenge_token"].as_str().expect("a token");
    let (known, unknown_token) = (Token::parse(&known.token), Token::parse(unknown_token));
    let members = |token: &Token| -> Vec<String> {
        token
            .claims
            .as_object()
            .expect("claims")
            .keys()
            .cloned()
            .collect()
    };
    assert_eq!(members(&known), members(&unknown_token));
    assert_eq!(known.header, unknown_token.header);
    let handle = base64url(&alice.passkeys[0].user_handle);
    assert!(
        !known.claims.to_string().contains(&handle),
        "an authentication token holds no handle"
    );
    for name in ["iat", "exp"] {
        assert!(known.claims[name].is_u64(), "{name}");
    }
    for name in ["iss", "aud", "jti", "challenge"] {
        assert!(known.claims[name].is_string(), "{name}");
    }
    assert_eq!(known.header["alg"], "HS256");
}
