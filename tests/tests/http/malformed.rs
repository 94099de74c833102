//! What cannot be read: a typed error with a stable code, a status of 4xx, nothing written, the host
//! alive.

use portcullis_tests::{
    authenticator::flags,
    cbor::Cbor,
    encoding::base64url,
    host::{Answer, Host, Request},
    person::{Person, Registering, SigningIn},
};
use serde_json::{Value, json};

use crate::{assert_untouched, complete_sign_in, is_free};

/// The members of a CBOR map.
type Members = Vec<(Cbor, Cbor)>;

/// What is done to a credential before it is sent.
type Change = fn(&mut Value);

/// Bytes made of other bytes.
type Rewrite = fn(Vec<u8>) -> Vec<u8>;

/// A refusal in the host's own words: 4xx, problem+json, a code.
#[track_caller]
fn assert_refused(answer: &Answer, what: &str) {
    let json = answer.json();
    assert!(
        matches!(answer.status, 400 | 401 | 409 | 413),
        "{what}: {json:#}"
    );
    let code = json["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{what}: no code: {json:#}"));
    answer.problem(answer.status, code);
}

/// A refusal by the verifier: the same, with a step of the ceremony.
#[track_caller]
fn assert_refused_at_a_step(answer: &Answer, what: &str, ceremony: &str) {
    assert_refused(answer, what);
    let step = &answer.json()["step"];
    assert!(
        step.as_str().is_some_and(|step| step.starts_with(ceremony)),
        "{what}: {:#}",
        answer.json()
    );
}

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("nothing", text("")),
        ("a blank", text(" ")),
        ("null", text("null")),
        ("a number", text("5")),
        ("a text", text("\"text\"")),
        ("a list", text("[]")),
        ("a list of an object", text("[{}]")),
        ("cut", text("{\"username\": \"alice\"")),
        ("two values", text("{}{}")),
        ("something after", text("{} x")),
        ("a comma too many", text("{\"username\": \"alice\",}")),
        ("single quotes", text("{'username': 'alice'}")),
        ("a comment", text("{} // comment")),
        ("NaN", text("{\"username\": NaN}")),
        ("a byte order mark", text("\u{feff}{}x")),
        ("not UTF-8", b"{\"username\": \"\xff\xfe\"}".to_vec()),
        ("overlong UTF-8", b"{\"username\": \"\xc0\xaf\"}".to_vec()),
        ("UTF-16", b"\xff\xfe{\x00}\x00".to_vec()),
        (
            "a raw control character",
            text("{\"username\": \"a\u{0}b\"}"),
        ),
        ("a bad escape", text("{\"username\": \"\\x\"}")),
        ("a lone surrogate", text("{\"username\": \"\\ud800\"}")),
        (
            "surrogates turned round",
            text("{\"username\": \"\\udc00\\ud800\"}"),
        ),
        ("deep lists", "[".repeat(60_000).into_bytes()),
        ("deep objects", "{\"a\":".repeat(20_000).into_bytes()),
        (
            "a member twice",
            text("{\"username\": \"a\", \"username\": \"b\"}"),
        ),
    ]
}

#[rocket::async_test]
async fn bodies_that_are_no_json_object_are_refused() {
    let host = Host::local(&[]).await;
    for path in [
        "/register/begin",
        "/register/complete",
        "/authenticate/begin",
        "/authenticate/complete",
    ] {
        for (what, body) in bodies() {
            let request = Request::post_text(path, body).header("content-type", "application/json");
            let answer = host.send(request).await;
            // A sign-in needs no name, so what is wrong with one is not seen where none is read.
            assert_eq!(answer.status, 400, "{path}: {what}: {:#}", answer.json());
            answer.problem(400, "body_invalid");
        }
    }
}

#[rocket::async_test]
async fn members_of_a_wrong_type_are_refused() {
    let host = Host::local(&[]).await;
    let wrong = [json!(null), json!(5), json!(true), json!([]), json!({})];
    for value in &wrong {
        host.post("/register/begin", &json!({"username": value}))
            .await
            .problem(400, "body_invalid");
        let begin = json!({"username": "alice", "displayName": value});
        if !value.is_null() {
            host.post("/register/begin", &begin)
                .await
                .problem(400, "body_invalid");
            let begin = json!({"username": value});
            host.post("/authenticate/begin", &begin)
                .await
                .problem(400, "body_invalid");
        }
        for (path, member) in [
            ("/register/complete", "attestation"),
            ("/authenticate/complete", "assertion"),
        ] {
            let body = json!({member: {}, "challenge_token": value});
            host.post(path, &body).await.problem(400, "body_invalid");
        }
    }
    host.post("/register/begin", &json!({}))
        .await
        .problem(400, "body_invalid");
    for path in ["/register/complete", "/authenticate/complete"] {
        host.post(path, &json!({}))
            .await
            .problem(400, "body_invalid");
        host.post(path, &json!({"challenge_token": ""}))
            .await
            .problem(401, "token_invalid");
    }
}

#[rocket::async_test]
async fn names_that_are_not_allowed_are_refused() {
    let host = Host::local(&[]).await;
    let long = "a".repeat(65);
    let names = [
        "",
        " ",
        "a b",
        " alice",
        "alice ",
        "a\u{a0}b",
        "\t",
        "a\nb",
        "\u{0}",
        "a\u{0}b",
        "\u{7f}",
        "\u{1b}[31m",
        "\u{202e}ecila",
        "a\u{200b}b",
        "a\u{200d}b",
        "\u{feff}alice",
        "\u{2066}alice",
        "\u{fb01}",
        "\u{e000}",
        "\u{1f600}",
        "\u{212a}",
        "\u{5d0}a",
        "\u{661}",
        "\u{d7ff}",
        "\u{ffff}",
        &long,
    ];
    for name in names {
        let answer = host
            .post("/register/begin", &json!({"username": name}))
            .await;
        assert_eq!(answer.status, 400, "{name:?}: {:#}", answer.json());
        answer.problem(400, "username_invalid");
    }
    for name in [
        "a",
        "alice@example.org",
        "o'neill",
        "<script>",
        "\u{e4}",
        "\u{4e2d}\u{6587}",
        &"a".repeat(64),
    ] {
        host.post("/register/begin", &json!({"username": name}))
            .await
            .ok();
    }
    for name in ["\u{0}", "a\nb", "\u{202e}ecila", &long] {
        let body = json!({"username": "alice", "displayName": name});
        let answer = host.post("/register/begin", &body).await;
        assert_eq!(answer.status, 400, "{name:?}: {:#}", answer.json());
    }
}

/// What a member of a response is replaced by: texts that are not base64url, and no texts.
fn not_base64url() -> Vec<Value> {
    vec![
        json!(""),
        json!("a"),
        json!("AA=="),
        json!("AA A"),
        json!("AA\n"),
        json!("A+/A"),
        json!("AB"),
        json!("AA\u{0}"),
        json!("\u{e4}"),
        json!("!"),
        json!(null),
        json!(5),
        json!(true),
        json!([]),
        json!({}),
        json!([65, 65]),
        json!({"0": 65}),
    ]
}

async fn assert_registration_refused(host: &Host, what: &str, change: impl FnOnce(&mut Value)) {
    let registering = Person::new("mallory").begin_registration(host).await;
    let mut body = registering.body();
    change(&mut body["attestation"]);
    let answer = host.post("/register/complete", &body).await;
    assert_eq!(answer.status, 400, "{what}: {:#}", answer.json());
    assert_refused_at_a_step(&answer, what, "7.1.");
    assert!(is_free(host, "mallory").await, "{what}");
}

async fn assert_sign_in_refused(
    host: &Host,
    alice: &mut Person,
    what: &str,
    change: impl FnOnce(&mut Value),
) {
    let stored = alice.passkeys[0].clone();
    let mut body = alice.begin_sign_in(host).await.body();
    alice.passkeys[0] = stored;
    change(&mut body["assertion"]);
    let answer = complete_sign_in(host, &body).await;
    assert!(
        matches!(answer.status, 400 | 401),
        "{what}: {:#}",
        answer.json()
    );
    assert_refused_at_a_step(&answer, what, "7.2.");
}

#[rocket::async_test]
async fn responses_of_a_wrong_shape_are_refused() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;

    for value in [
        json!(null),
        json!(5),
        json!("x"),
        json!([]),
        json!({}),
        json!([{}]),
    ] {
        assert_registration_refused(&host, &value.to_string(), |whole| *whole = value.clone())
            .await;
        assert_sign_in_refused(&host, &mut alice, &value.to_string(), |whole| {
            *whole = value.clone();
        })
        .await;
    }
    let registered = [
        "/id",
        "/rawId",
        "/response/clientDataJSON",
        "/response/attestationObject",
    ];
    let asserted = [
        "/id",
        "/rawId",
        "/response/clientDataJSON",
        "/response/authenticatorData",
        "/response/signature",
    ];
    for value in not_base64url() {
        for pointer in registered {
            let what = format!("{pointer} {value}");
            let change = |response: &mut Value| {
                *response.pointer_mut(pointer).expect("it is there") = value.clone();
            };
            assert_registration_refused(&host, &what, change).await;
        }
        for pointer in asserted {
            let what = format!("{pointer} {value}");
            let change = |response: &mut Value| {
                *response.pointer_mut(pointer).expect("it is there") = value.clone();
            };
            assert_sign_in_refused(&host, &mut alice, &what, change).await;
        }
    }
    for value in [json!("a"), json!("AA=="), json!(5), json!([]), json!({})] {
        let change = |response: &mut Value| response["response"]["userHandle"] = value.clone();
        assert_sign_in_refused(&host, &mut alice, &format!("userHandle {value}"), change).await;
    }
    for value in [json!("public_key"), json!(""), json!(null), json!(5)] {
        assert_registration_refused(&host, "type", |response| response["type"] = value.clone())
            .await;
        assert_sign_in_refused(&host, &mut alice, "type", |response| {
            response["type"] = value.clone();
        })
        .await;
    }
    let remove = |pointer: &'static str, member: &'static str| {
        move |response: &mut Value| {
            let object = response.pointer_mut(pointer).and_then(Value::as_object_mut);
            object
                .expect("it is there")
                .remove(member)
                .expect("it is there");
        }
    };
    for member in ["id", "rawId", "type", "response"] {
        assert_registration_refused(&host, member, remove("", member)).await;
        assert_sign_in_refused(&host, &mut alice, member, remove("", member)).await;
    }
    for member in ["clientDataJSON", "attestationObject"] {
        assert_registration_refused(&host, member, remove("/response", member)).await;
    }
    for member in ["clientDataJSON", "authenticatorData", "signature"] {
        assert_sign_in_refused(&host, &mut alice, member, remove("/response", member)).await;
    }
    // One id that is not the other.
    assert_registration_refused(&host, "rawId", |response| response["rawId"] = "AAAA".into()).await;
    assert_sign_in_refused(&host, &mut alice, "rawId", |response| {
        response["rawId"] = "AAAA".into();
    })
    .await;
    // Both the same, and longer than any that an authenticator makes.
    let long = Value::from("A".repeat(10_000));
    let lengthen = |response: &mut Value| {
        for member in ["id", "rawId"] {
            response[member] = long.clone();
        }
    };
    assert_registration_refused(&host, "a long id", lengthen).await;
    assert_sign_in_refused(&host, &mut alice, "a long id", lengthen).await;
    assert_untouched(&host, &mut alice, 1).await;
}

/// The detail names the member, and what it is that was sent in its place. There is no diagnosis in it: that is for
/// those who have the case.
#[rocket::async_test]
async fn a_problem_says_where_and_what_and_diagnoses_nothing() {
    let host = Host::local(&[]).await;
    let changes: [(Change, &str); 6] = [
        (
            |credential| {
                let member = &mut credential["response"]["attestationObject"];
                let twice = base64url(member.as_str().expect("a text").as_bytes());
                *member = json!(twice);
            },
            "attestation object is a text in place of bytes: it was encoded twice",
        ),
        (
            |credential| credential["response"]["clientDataJSON"] = json!({}),
            "clientDataJSON is {}, which JSON.stringify makes of a credential or a buffer",
        ),
        (
            |credential| credential["response"]["attestationObject"] = json!([163, 99]),
            "attestationObject has the wrong type",
        ),
        (
            |credential| credential["response"]["attestationObject"] = json!("o2Nm*A"),
            "attestationObject is not base64url without padding",
        ),
        (
            |credential| credential["rawId"] = json!("AAAA"),
            "rawId is another id than `id`",
        ),
        (
            |credential| {
                credential
                    .as_object_mut()
                    .expect("an object")
                    .remove("type");
            },
            "type is missing",
        ),
    ];
    for (change, said) in changes {
        let registering = Person::new("mallory").begin_registration(&host).await;
        let mut body = registering.body();
        change(&mut body["attestation"]);
        let answer = host.post("/register/complete", &body).await;
        let problem = answer.json();
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains(said), "{said}: {problem:#}");
        assert!(problem.get("diagnosis").is_none(), "{problem:#}");
    }
}

#[rocket::async_test]
async fn client_data_that_cannot_be_read_is_refused() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let template = |kind: &str, challenge: &str| {
        format!(r#""type":"{kind}","challenge":"{challenge}","origin":"http://localhost:8000""#)
    };
    let spoilt = |members: &str| -> Vec<(&'static str, Vec<u8>)> {
        let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        vec![
            ("nothing", Vec::new()),
            ("null", b"null".to_vec()),
            ("a list", b"[]".to_vec()),
            ("no members", b"{}".to_vec()),
            ("cut", format!("{{{members}").into_bytes()),
            ("something after", format!("{{{members}}}x").into_bytes()),
            ("a NUL after", format!("{{{members}}}\u{0}").into_bytes()),
            ("a comma too many", format!("{{{members},}}").into_bytes()),
            (
                "type twice",
                format!("{{{members},\"type\":\"webauthn.get\"}}").into_bytes(),
            ),
            (
                "origin twice",
                format!("{{{members},\"origin\":\"http://localhost:8000\"}}").into_bytes(),
            ),
            (
                "challenge twice, once escaped",
                format!("{{{members},\"ch\\u0061llenge\":\"AAAA\"}}").into_bytes(),
            ),
            (
                "crossOrigin a text",
                format!("{{{members},\"crossOrigin\":\"false\"}}").into_bytes(),
            ),
            (
                "crossOrigin null",
                format!("{{{members},\"crossOrigin\":null}}").into_bytes(),
            ),
            (
                "crossOrigin a number",
                format!("{{{members},\"crossOrigin\":0}}").into_bytes(),
            ),
            ("deep", format!("{{{members},\"x\":{nested}}}").into_bytes()),
            (
                "not UTF-8",
                [b"{", members.as_bytes(), b",\"x\":\"\xff\"}"].concat(),
            ),
            (
                "a lone surrogate in a member that counts",
                members.replace("localhost", "\\ud800").into_bytes(),
            ),
            (
                "UTF-16",
                members.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            ),
        ]
    };
    let count = spoilt("").len();
    for index in 0..count {
        let mut registering: Registering = Person::new("mallory").begin_registration(&host).await;
        let sent: Value =
            serde_json::from_slice(&registering.registration.client_data.bytes()).expect("JSON");
        let members = template("webauthn.create", sent["challenge"].as_str().expect("text"));
        let (what, bytes) = spoilt(&members).swap_remove(index);
        registering.registration.client_data.raw(bytes);
        let answer = host.post("/register/complete", &registering.body()).await;
        assert_eq!(answer.status, 400, "{what}");
        assert_refused_at_a_step(&answer, what, "7.1.");
        assert!(is_free(&host, "mallory").await, "{what}");

        let stored = alice.passkeys[0].clone();
        let mut begun: SigningIn = alice.begin_sign_in(&host).await;
        alice.passkeys[0] = stored;
        let sent: Value =
            serde_json::from_slice(&begun.assertion.client_data.bytes()).expect("JSON");
        let members = template("webauthn.get", sent["challenge"].as_str().expect("text"));
        let (what, bytes) = spoilt(&members).swap_remove(index);
        begun.assertion.client_data.raw(bytes);
        assert_refused_at_a_step(&complete_sign_in(&host, &begun.body()).await, what, "7.2.");
    }
    assert_untouched(&host, &mut alice, 1).await;
}

/// Attestation objects made of the honest one, each wrong in one thing.
fn spoilt_attestation_objects(honest: &Cbor) -> Vec<(&'static str, Cbor)> {
    let change = |apply: &dyn Fn(&mut Members)| {
        let mut object = honest.clone();
        apply(object.members_mut());
        object
    };
    let bytes = honest.encode();
    let with = |extra: &[u8]| Cbor::Raw([&bytes[..], extra].concat());
    let nested = |depth: usize| Cbor::Raw([vec![0x81; depth], vec![0]].concat());
    vec![
        ("nothing", Cbor::Raw(Vec::new())),
        ("a number", Cbor::Int(5)),
        ("a list", Cbor::Array(Vec::new())),
        ("an empty map", Cbor::Map(Vec::new())),
        ("a byte after", with(&[0])),
        ("a break after", with(&[0xff])),
        ("cut", Cbor::Raw(bytes[..bytes.len() - 1].to_vec())),
        ("no fmt", change(&|m| drop(m.remove(0)))),
        ("no attStmt", change(&|m| drop(m.remove(1)))),
        ("no authData", change(&|m| drop(m.remove(2)))),
        ("fmt twice", change(&|m| m.push(m[0].clone()))),
        ("authData twice", change(&|m| m.push(m[2].clone()))),
        ("fmt a number", change(&|m| m[0].1 = Cbor::Int(5))),
        ("fmt bytes", change(&|m| m[0].1 = Cbor::bytes(*b"none"))),
        ("fmt unknown", change(&|m| m[0].1 = Cbor::text("unknown"))),
        ("fmt in capitals", change(&|m| m[0].1 = Cbor::text("NONE"))),
        (
            "fmt with a NUL",
            change(&|m| m[0].1 = Cbor::text("none\u{0}")),
        ),
        (
            "fmt not UTF-8",
            change(&|m| m[0].1 = Cbor::Raw(vec![0x62, 0xff, 0xfe])),
        ),
        ("attStmt a text", change(&|m| m[1].1 = Cbor::text("x"))),
        ("attStmt null", change(&|m| m[1].1 = Cbor::Null)),
        (
            "attStmt of none not empty",
            change(&|m| m[1].1 = Cbor::text_map([("x", Cbor::Int(1))])),
        ),
        ("authData a text", change(&|m| m[2].1 = Cbor::text("x"))),
        ("authData empty", change(&|m| m[2].1 = Cbor::bytes(*b""))),
        (
            "authData huge",
            change(&|m| m[2].1 = Cbor::Raw(vec![0x5b, 255, 255, 255, 255, 255, 255, 255, 255])),
        ),
        (
            "authData of indefinite length",
            change(&|m| {
                let Cbor::Bytes(data) = m[2].1.clone() else {
                    panic!("bytes")
                };
                m[2].1 = Cbor::IndefiniteBytes(vec![data]);
            }),
        ),
        (
            "fmt of indefinite length",
            change(&|m| m[0].1 = Cbor::IndefiniteText(vec!["none".into()])),
        ),
        ("a tag", Cbor::Tag(24, Box::new(honest.clone()))),
        (
            "a tag on authData",
            change(&|m| m[2].1 = Cbor::Tag(2, Box::new(m[2].1.clone()))),
        ),
        (
            "a map of a billion",
            Cbor::Raw(vec![0xba, 0x3b, 0x9a, 0xca, 0]),
        ),
        ("deep lists", nested(60_000)),
        (
            "deep tags",
            Cbor::Raw([vec![0xc2; 60_000], vec![0]].concat()),
        ),
        (
            "a deep statement",
            change(&|m| m[1].1 = Cbor::text_map([("x", nested(64))])),
        ),
        ("reserved head", Cbor::Raw(vec![0xbc])),
        ("a lone break", Cbor::Raw(vec![0xff])),
        ("an open map", Cbor::Raw(vec![0xbf])),
        ("JSON", Cbor::Raw(b"{\"fmt\":\"none\"}".to_vec())),
    ]
}

#[rocket::async_test]
async fn attestation_objects_that_cannot_be_read_are_refused() {
    let host = Host::local(&[]).await;
    let honest = Person::new("mallory").begin_registration(&host).await;
    let count = spoilt_attestation_objects(&honest.registration.attestation_object()).len();
    for index in 0..count {
        let mut registering = Person::new("mallory").begin_registration(&host).await;
        let object = registering.registration.attestation_object();
        let (what, object) = spoilt_attestation_objects(&object).swap_remove(index);
        registering.registration.attestation_object = Some(object);
        let answer = host.post("/register/complete", &registering.body()).await;
        assert_eq!(answer.status, 400, "{what}: {:#}", answer.json());
        assert_refused_at_a_step(&answer, what, "7.1.");
        assert!(is_free(&host, "mallory").await, "{what}");
    }
}

/// COSE keys made of the honest one, each wrong in one thing.
fn spoilt_keys(honest: &Cbor) -> Vec<(&'static str, Cbor)> {
    let change = |apply: &dyn Fn(&mut Members)| {
        let mut key = honest.clone();
        apply(key.members_mut());
        key
    };
    let members = |key: &Cbor| key.clone().members_mut().clone();
    vec![
        ("empty", Cbor::Map(Vec::new())),
        ("a list", Cbor::Array(Vec::new())),
        ("bytes", Cbor::bytes([4; 65])),
        ("no kty", change(&|m| drop(m.remove(0)))),
        ("no alg", change(&|m| drop(m.remove(1)))),
        ("no crv", change(&|m| drop(m.remove(2)))),
        ("no x", change(&|m| drop(m.remove(3)))),
        ("no y", change(&|m| drop(m.remove(4)))),
        ("kty twice", change(&|m| m.push(m[0].clone()))),
        ("alg twice", change(&|m| m.insert(2, m[1].clone()))),
        ("kty OKP", change(&|m| m[0].1 = Cbor::Int(1))),
        ("kty RSA", change(&|m| m[0].1 = Cbor::Int(3))),
        ("kty a text", change(&|m| m[0].1 = Cbor::text("EC2"))),
        ("alg ES384", change(&|m| m[1].1 = Cbor::Int(-35))),
        ("alg RS256", change(&|m| m[1].1 = Cbor::Int(-257))),
        ("alg 0", change(&|m| m[1].1 = Cbor::Int(0))),
        ("alg huge", change(&|m| m[1].1 = Cbor::Int(i64::MIN + 1))),
        ("crv P-384", change(&|m| m[2].1 = Cbor::Int(2))),
        ("crv a text", change(&|m| m[2].1 = Cbor::text("P-256"))),
        ("x short", change(&|m| m[3].1 = Cbor::bytes([1; 31]))),
        ("x long", change(&|m| m[3].1 = Cbor::bytes([0; 33]))),
        ("x zero", change(&|m| m[3].1 = Cbor::bytes([0; 32]))),
        (
            "x over the field",
            change(&|m| m[3].1 = Cbor::bytes([255; 32])),
        ),
        ("x a text", change(&|m| m[3].1 = Cbor::text("x"))),
        (
            "y off the curve",
            change(&|m| m[4].1 = Cbor::bytes([1; 32])),
        ),
        ("y a sign bit", change(&|m| m[4].1 = Cbor::Bool(true))),
        (
            "the point at infinity",
            change(&|m| {
                m[3].1 = Cbor::bytes([0; 32]);
                m[4].1 = Cbor::bytes([0; 32]);
            }),
        ),
        (
            "a member more",
            change(&|m| m.push((Cbor::Int(-4), Cbor::bytes([1; 32])))),
        ),
        (
            "a key id",
            change(&|m| m.push((Cbor::Int(2), Cbor::bytes([1; 4])))),
        ),
        (
            "a text member",
            change(&|m| m.push((Cbor::text("x"), Cbor::Int(1)))),
        ),
        ("of indefinite length", Cbor::IndefiniteMap(members(honest))),
        ("tagged", Cbor::Tag(1, Box::new(honest.clone()))),
    ]
}

#[rocket::async_test]
async fn keys_that_cannot_be_used_are_refused() {
    let host = Host::local(&[]).await;
    let honest = Person::new("mallory")
        .begin_registration(&host)
        .await
        .passkey
        .key
        .cose_key();
    for (what, key) in spoilt_keys(&honest) {
        let mut registering = Person::new("mallory").begin_registration(&host).await;
        let attested = registering
            .registration
            .authenticator_data
            .attested
            .as_mut();
        attested.expect("a registration has one").public_key = key;
        let answer = host.post("/register/complete", &registering.body()).await;
        assert_eq!(answer.status, 400, "{what}: {:#}", answer.json());
        assert_refused_at_a_step(&answer, what, "7.1.");
        assert!(is_free(&host, "mallory").await, "{what}");
    }
}

#[rocket::async_test]
async fn authenticator_data_that_cannot_be_read_is_refused() {
    let host = Host::local(&[]).await;
    type Change = fn(&mut portcullis_tests::authenticator::AuthenticatorData);
    let changes: [(&str, Change); 12] = [
        ("a byte after", |data| data.trailing = vec![0]),
        ("no AT", |data| data.flags &= !flags::AT),
        ("ED without extensions", |data| data.flags |= flags::ED),
        ("extensions without ED", |data| {
            data.extensions = Some(Cbor::Map(Vec::new()));
        }),
        ("extensions that are a list", |data| {
            data.flags |= flags::ED;
            data.extensions = Some(Cbor::Array(Vec::new()));
        }),
        ("extensions cut", |data| {
            data.flags |= flags::ED;
            data.extensions = Some(Cbor::Raw(vec![0xa1, 0x61]));
        }),
        ("extensions twice the same", |data| {
            data.flags |= flags::ED;
            let member = (Cbor::text("x"), Cbor::Bool(true));
            data.extensions = Some(Cbor::Map(vec![member.clone(), member]));
        }),
        ("an id that is longer than the data", |data| {
            data.attested.as_mut().expect("one").declared_length = Some(u16::MAX);
        }),
        ("an id of length 0", |data| {
            data.attested.as_mut().expect("one").declared_length = Some(0);
        }),
        ("an empty id", |data| {
            data.attested.as_mut().expect("one").id.clear();
        }),
        ("an id of 1024 bytes", |data| {
            data.attested.as_mut().expect("one").id = vec![1; 1024];
        }),
        ("no attested data", |data| data.attested = None),
    ];
    for (what, change) in changes {
        let mut registering = Person::new("mallory").begin_registration(&host).await;
        change(&mut registering.registration.authenticator_data);
        if what == "an id of 1024 bytes" {
            registering.registration.id = vec![1; 1024];
        }
        let answer = host.post("/register/complete", &registering.body()).await;
        assert_eq!(answer.status, 400, "{what}: {:#}", answer.json());
        assert_refused_at_a_step(&answer, what, "7.1.");
        assert!(is_free(&host, "mallory").await, "{what}");
    }

    let mut alice = Person::with_account(&host, "alice").await;
    for length in 0..40 {
        let stored = alice.passkeys[0].clone();
        let mut begun = alice.begin_sign_in(&host).await;
        alice.passkeys[0] = stored;
        let honest = begun.assertion.authenticator_data.encode();
        let mut spoilt = honest.clone();
        spoilt.resize(length, 0);
        if spoilt == honest {
            continue;
        }
        begun.assertion.signature = Some(begun.assertion.signature());
        let mut body = begun.body();
        body["assertion"]["response"]["authenticatorData"] =
            portcullis_tests::encoding::base64url(&spoilt).into();
        let answer = complete_sign_in(&host, &body).await;
        assert_refused_at_a_step(&answer, &length.to_string(), "7.2.");
    }
    assert_untouched(&host, &mut alice, 1).await;
}

#[rocket::async_test]
async fn signatures_that_are_not_der_are_refused() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let changes: [(&str, Rewrite); 14] = [
        ("empty", |_| Vec::new()),
        ("one byte", |_| vec![0x30]),
        ("an empty sequence", |_| vec![0x30, 0]),
        ("zeros", |_| vec![0x30, 6, 2, 1, 0, 2, 1, 0]),
        ("negative numbers", |_| {
            vec![0x30, 6, 2, 1, 0x80, 2, 1, 0x80]
        }),
        ("a byte after", |signature| [signature, vec![0]].concat()),
        ("cut", |mut signature| {
            signature.pop();
            signature
        }),
        ("a long length", |signature| {
            [&[0x30, 0x81, signature[1]], &signature[2..]].concat()
        }),
        ("an indefinite length", |signature| {
            [&[0x30, 0x80], &signature[2..], &[0, 0]].concat()
        }),
        ("a padded number", |signature| {
            let padded = [
                &[0x30, signature[1] + 1, 2, signature[3] + 1, 0],
                &signature[4..],
            ];
            padded.concat()
        }),
        ("a huge length", |_| {
            vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff]
        }),
        ("a set", |mut signature| {
            signature[0] = 0x31;
            signature
        }),
        ("r and s alone", |_| vec![1; 64]),
        ("sixty thousand bytes", |_| vec![0x30; 60_000]),
    ];
    for (what, change) in changes {
        let stored = alice.passkeys[0].clone();
        let mut begun = alice.begin_sign_in(&host).await;
        alice.passkeys[0] = stored;
        begun.assertion.signature = Some(change(begun.assertion.signature()));
        let answer = complete_sign_in(&host, &begun.body()).await;
        assert_refused_at_a_step(&answer, what, "7.2.");
    }
    assert_untouched(&host, &mut alice, 1).await;
}
