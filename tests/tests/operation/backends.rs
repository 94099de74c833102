//! The programs of the guide to backends, as they stand there, with the address of this test.

use std::{fs, path::Path, process::Command};

use portcullis_tests::{
    host::{Host, Request},
    person::Person,
};
use rocket::http::Method;
use serde_json::Value;

use super::{blocks, folder, read};

/// The program of the guide that is written in this language.
fn program(language: &str, host: &Host) -> String {
    let guide = read("host/guide/backend.md");
    let [program] = &*blocks(&guide, language) else {
        panic!("one program in {language}");
    };
    assert!(program.contains("\"https://login.example.org\""));
    program
        .replace("https://login.example.org", &host.origin)
        .replace("\"login.example.org\"", "\"localhost\"")
}

async fn accepts_this_hosts_tokens_alone(language: &str, file: &str, interpreter: &str) {
    let host = Host::listening(&[]).await;
    let file = folder(file).join(file);
    fs::write(&file, program(language, &host)).expect("a file");
    let run_file = |file: &Path, token: &str| {
        let mut command = Command::new(interpreter);
        let command = command.arg(file).arg(token).env("no_proxy", "*").output();
        let output = command.unwrap_or_else(|error| panic!("{interpreter}: {error}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let claims = serde_json::from_slice::<Value>(&output.stdout).ok();
        assert_eq!(output.status.success(), claims.is_some(), "{said}");
        claims.ok_or(said)
    };
    let run = |token: &str| run_file(&file, token);

    let alice = Person::with_account(&host, "alice").await;
    let token = alice.login_token.as_deref().expect("a token");
    let cookie = alice.cookie.as_deref();
    let claims = run(token).expect("accepted");
    assert_eq!(claims["preferred_username"], "alice");
    let asked = Request::new(Method::Post, "/session/token").cookie(cookie);
    let another = host.send(asked).await.ok();
    let another = another["login_token"].as_str().expect("a token");
    let again = run(another).expect("accepted");
    assert_eq!(again["sub"], claims["sub"]);
    assert_eq!(again["scope"], "app");

    // The same keys and issuer, for another site.
    let of_another = file.with_file_name(format!("of_another.{}", language.replace("js", "mjs")));
    let text = program(language, &host).replace("\"localhost\"", "\"example.org\"");
    fs::write(&of_another, text).expect("a file");
    let said = run_file(&of_another, token).expect_err("another audience");
    assert!(said.contains("not accepted: "), "{said}");

    let [head, body, signature] = *token.split('.').collect::<Vec<_>>() else {
        panic!("a JWT")
    };
    let [_, others_body, _] = *another.split('.').collect::<Vec<_>>() else {
        panic!("a JWT")
    };
    // A host of another address signs with the same key.
    let elsewhere = [("PORTCULLIS_ORIGINS", "http://localhost:1")];
    let elsewhere = Host::local(&elsewhere).await;
    let other = Person::with_account(&elsewhere, "alice").await;
    // Another RP ID.
    let site = [
        ("PORTCULLIS_RP_ID", "sub.localhost"),
        (
            "PORTCULLIS_URL",
            &*host.origin.replace("localhost", "sub.localhost"),
        ),
    ];
    let site = Host::local(&site).await;
    let of_site = Person::with_account(&site, "alice").await;
    let brief = [
        ("PORTCULLIS_ORIGINS", &*host.origin),
        ("PORTCULLIS_LOGIN_TTL", "1"),
    ];
    let brief = Host::local(&brief).await;
    let brief = Person::with_account(&brief, "alice").await;
    let brief = brief.login_token.expect("a token");
    while run(&brief).is_ok() {}
    let begun = host
        .post("/authenticate/begin", &serde_json::json!({}))
        .await
        .ok();
    let challenge = begun["challenge_token"].as_str().expect("a token");
    for (what, refused) in [
        ("nothing", String::new()),
        ("no JWT", "a.b".to_owned()),
        ("another body", format!("{head}.{others_body}.{signature}")),
        ("no signature", format!("{head}.{body}.")),
        // {"alg":"none","typ":"JWT"}
        (
            "alg none",
            format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}."),
        ),
        ("another issuer", other.login_token.expect("a token")),
        ("another RP ID", of_site.login_token.expect("a token")),
        ("a challenge token", challenge.to_owned()),
        ("a token that has expired", brief),
    ] {
        let said = run(&refused).expect_err(what);
        assert!(said.contains("not accepted: "), "{what}: {said}");
    }
}

#[rocket::async_test]
async fn python_takes_a_login_token() {
    // Debian's has Debian's packages; there may be another one in front of it.
    let debian = "/usr/bin/python3";
    let python = if Path::new(debian).exists() {
        debian
    } else {
        "python3"
    };
    accepts_this_hosts_tokens_alone("python", "whoami.py", python).await;
}

#[rocket::async_test]
async fn node_takes_a_login_token() {
    accepts_this_hosts_tokens_alone("js", "whoami.mjs", "node").await;
}
