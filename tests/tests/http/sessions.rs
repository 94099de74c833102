//! Sessions: how they begin and end, who may use them, and what they prove.

use core::time::Duration;

use portcullis_tests::{
    host::{Answer, Host, Request},
    person::Person,
};
use rocket::http::Method;
use serde_json::{Value, json};

async fn session(host: &Host, cookie: Option<&str>) -> Answer {
    host.send(Request::get("/session").cookie(cookie)).await
}

/// Completes a sign-in with these headers, and no others.
async fn sign_in_with(host: &Host, person: &mut Person, headers: &[(&str, &str)]) -> Answer {
    let body = person.begin_sign_in(host).await.body();
    let mut request = Request::post("/authenticate/complete", &body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    host.send(request).await
}

const CHANGING: [(Method, &str); 10] = [
    (Method::Delete, "/session"),
    (Method::Delete, "/sessions"),
    (Method::Delete, "/sessions/AAAAAAAAAAAAAAAAAAAAAA"),
    (Method::Post, "/session/token"),
    (Method::Patch, "/credentials/AAAA"),
    (Method::Delete, "/credentials/AAAA"),
    (Method::Patch, "/account"),
    (Method::Delete, "/account"),
    (Method::Post, "/account/device"),
    (Method::Post, "/recovery/codes"),
];

#[rocket::async_test]
async fn a_sign_up_and_a_sign_in_begin_a_session() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let first = alice.cookie.clone().expect("the sign-up sets it");
    let shown = session(&host, Some(&first)).await;
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    let shown = shown.ok();
    assert_eq!(shown["username"], "alice");
    assert_eq!(shown["displayName"], "alice");
    assert_eq!(shown["fresh"], true);
    assert_eq!(shown["userVerified"], true);
    assert_eq!(shown["credentialId"], alice.passkeys[0].record()["id"]);
    for member in ["authTime", "expires", "idleExpires"] {
        let time = shown[member].as_str().expect("RFC 3339");
        assert!(time.ends_with('Z') && time.len() == 20, "{time}");
    }

    alice.sign_in(&host).await;
    let second = alice.cookie.clone().expect("the sign-in sets it");
    assert_ne!(first, second);
    // Sessions of two browsers: neither request showed the other's.
    session(&host, Some(&first)).await.ok();
    session(&host, Some(&second)).await.ok();

    // One more passkey is no sign-in.
    let registering = alice.begin_registration(&host).await;
    let answer = alice.complete_registration(&host, &registering).await;
    answer.ok();
    assert_eq!(answer.header("set-cookie"), None);
}

#[rocket::async_test]
async fn the_cookie_is_for_this_host_alone_and_not_for_scripts() {
    let secure = [("PORTCULLIS_RP_ID", "example.org")];
    for (settings, name, attribute) in [
        (&[][..], "portcullis=", ""),
        (&secure[..], "__Host-portcullis=", "; Secure"),
    ] {
        let host = Host::local(settings).await;
        let mut alice = Person::with_account(&host, "alice").await;
        let answer = sign_in_with(&host, &mut alice, &[]).await;
        let set = answer.header("set-cookie").expect("a session").to_owned();
        let value = set
            .strip_prefix(name)
            .and_then(|rest| rest.split(';').next());
        assert_eq!(value.map(str::len), Some(43), "{set}");
        let rest = format!("; HttpOnly; SameSite=Lax; Path=/; Max-Age=7776000{attribute}");
        assert!(set.ends_with(&rest), "{set}");
        session(&host, answer.cookie().as_deref()).await.ok();
    }
}

#[rocket::async_test]
async fn a_sign_in_ends_the_session_that_it_showed() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let mut bob = Person::with_account(&host, "bob").await;
    let old = alice.cookie.clone().expect("a session");
    let answer = sign_in_with(&host, &mut bob, &[("cookie", &old)]).await;
    let new = answer.cookie().expect("a session");
    assert_eq!(session(&host, Some(&new)).await.ok()["username"], "bob");
    session(&host, Some(&old))
        .await
        .problem(401, "login_required");
    // What was refused ended nothing.
    let mut body = alice.begin_sign_in(&host).await.body();
    body["assertion"]["response"]["signature"] = json!("AAAA");
    let request = Request::post("/authenticate/complete", &body).cookie(Some(&new));
    assert_eq!(host.send(request).await.status, 401);
    session(&host, Some(&new)).await.ok();
}

#[rocket::async_test]
async fn a_page_of_another_site_signs_nobody_in_and_ends_nothing() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let mine = alice.cookie.clone().expect("a session");
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", ""),
        ("origin", "http://LOCALHOST:8000"),
        ("origin", "http://localhost:8000.evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("sec-fetch-site", "SAME-ORIGIN"),
        ("sec-fetch-site", ""),
    ] {
        let answer = sign_in_with(&host, &mut alice, &[header, ("cookie", &mine)]).await;
        assert!(answer.ok()["login_token"].is_string(), "{header:?}");
        assert_eq!(answer.header("set-cookie"), None, "{header:?}");
        session(&host, Some(&mine)).await.ok();

        for (method, path) in CHANGING {
            let body = json!({"name": "x", "displayName": "x"});
            let request = Request::json(method, path, &body);
            let request = request.header(header.0, header.1).cookie(Some(&mine));
            if path == "/recovery/codes" {
                continue;
            }
            host.send(request).await.problem(403, "cross_site");
        }
        // Reading changes nothing, and another site's page cannot read the answer.
        let request = Request::get("/session").header(header.0, header.1);
        host.send(request.cookie(Some(&mine))).await.ok();
    }
    for headers in [
        &[][..],
        &[("origin", "http://localhost:8000")],
        &[
            ("origin", "http://localhost:8000"),
            ("sec-fetch-site", "same-origin"),
        ],
        &[("sec-fetch-site", "none")],
    ] {
        let answer = sign_in_with(&host, &mut alice, headers).await;
        assert!(answer.cookie().is_some(), "{headers:?}");
    }
    // Two origins: one of them is another site's.
    let two = [
        ("origin", "http://localhost:8000"),
        ("origin", "https://evil.example"),
    ];
    let answer = sign_in_with(&host, &mut alice, &two).await;
    assert_eq!(answer.cookie(), None);
    // A sign-up is one too.
    let registering = Person::new("carol").begin_registration(&host).await;
    let request = Request::post("/register/complete", &registering.body());
    let answer = host
        .send(request.header("origin", "https://evil.example"))
        .await;
    assert!(answer.ok()["login_token"].is_string());
    assert_eq!(answer.header("set-cookie"), None);
}

#[rocket::async_test]
async fn a_complete_without_a_token_has_the_session_alone() {
    let host = Host::local(&[]).await;
    let mut alice = Person::new("alice");
    let mut body = alice.begin_registration(&host).await.body();
    body["token"] = json!(false);
    let answer = host.post("/register/complete", &body).await;
    let json = answer.ok();
    assert!(
        json.get("login_token").is_none() && json.get("expires_in").is_none(),
        "{json:#}"
    );
    session(&host, answer.cookie().as_deref()).await.ok();

    let mut bob = Person::with_account(&host, "bob").await;
    for (token, has) in [
        (json!(false), false),
        (json!(true), true),
        (Value::Null, true),
    ] {
        let mut body = bob.begin_sign_in(&host).await.body();
        body["token"] = token;
        let answer = host.post("/authenticate/complete", &body).await;
        let json = answer.ok();
        assert_eq!(json.get("login_token").is_some(), has, "{json:#}");
        assert_eq!(json.get("expires_in").is_some(), has, "{json:#}");
        session(&host, answer.cookie().as_deref()).await.ok();
    }
    let mut body = bob.begin_sign_in(&host).await.body();
    body["token"] = json!("no");
    let answer = host.post("/authenticate/complete", &body).await;
    answer.problem(400, "body_invalid");
    body["token"] = json!(false);
    host.post("/authenticate/complete", &body).await.ok();
}

#[rocket::async_test]
async fn a_session_is_over_when_it_is_not_used_and_when_its_life_is() {
    let settings = [
        ("PORTCULLIS_SESSION_IDLE", "1000"),
        ("PORTCULLIS_SESSION_LIFE", "2500"),
    ];
    let host = Host::local(&settings).await;
    let alice = Person::with_account(&host, "alice").await;
    let unused = alice.cookie.clone();
    let bob = Person::with_account(&host, "bob").await;
    let used = bob.cookie.clone();
    for _ in 0..2 {
        host.clock.advance(Duration::from_secs(900));
        session(&host, used.as_deref()).await.ok();
    }
    let answer = session(&host, unused.as_deref()).await;
    answer.problem(401, "login_required");
    assert!(answer.clears_cookie(), "{:?}", answer.headers);
    host.clock.advance(Duration::from_secs(700));
    let answer = session(&host, used.as_deref()).await;
    answer.problem(401, "login_required");
    assert!(answer.clears_cookie(), "{:?}", answer.headers);
}

#[rocket::async_test]
async fn use_is_noted_once_a_minute() {
    let host = Host::local(&[]).await;
    host.clock.hold();
    let alice = Person::with_account(&host, "alice").await;
    let cookie = alice.cookie.as_deref();
    let last_used = async || {
        let request = Request::get("/sessions").cookie(cookie);
        let sessions = host.send(request).await.ok();
        sessions["sessions"][0]["lastUsed"].clone()
    };
    let first = last_used().await;
    host.clock.advance(Duration::from_secs(50));
    assert_eq!(last_used().await, first);
    host.clock.advance(Duration::from_secs(15));
    let second = last_used().await;
    assert_ne!(second, first);
    assert_eq!(last_used().await, second);
}

#[rocket::async_test]
async fn signing_out_ends_the_session_and_is_no_error_without_one() {
    let host = Host::local(&[]).await;
    let alice = Person::with_account(&host, "alice").await;
    let cookie = alice.cookie.as_deref();
    for cookie in [cookie, cookie, None, Some("portcullis=x")] {
        let answer = host.send(Request::delete("/session").cookie(cookie)).await;
        assert_eq!(answer.status, 204);
        assert!(answer.body.is_empty());
        assert!(answer.clears_cookie(), "{:?}", answer.headers);
    }
    session(&host, cookie).await.problem(401, "login_required");
}

#[rocket::async_test]
async fn sessions_are_listed_and_ended_by_their_owner_alone() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let first = alice.cookie.clone();
    host.clock.advance(Duration::from_secs(10));
    let agent = ("user-agent", "Mozilla/5.0 (X11; Linux) Firefox/140.0");
    let second = sign_in_with(&host, &mut alice, &[agent]).await.cookie();
    let bob = Person::with_account(&host, "bob").await;

    let list = async |cookie: Option<&str>| {
        let answer = host.send(Request::get("/sessions").cookie(cookie)).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer.ok()["sessions"].clone()
    };
    let sessions = list(second.as_deref()).await;
    assert_eq!(sessions.as_array().map(Vec::len), Some(2));
    assert_eq!(sessions[0]["current"], true);
    assert_eq!(sessions[1]["current"], false);
    assert_eq!(sessions[0]["browser"], "Firefox");
    assert_eq!(sessions[0]["platform"], "Linux");
    assert_eq!(sessions[1]["browser"], Value::Null);
    assert_eq!(
        sessions[0]["credentialId"],
        alice.passkeys[0].record()["id"]
    );
    let id = sessions[1]["id"].as_str().expect("an id");
    let text = sessions.to_string();
    for cookie in [&first, &second] {
        let value = cookie.as_deref().and_then(|pair| pair.split_once('='));
        assert!(!text.contains(value.expect("a pair").1), "{text}");
    }

    // Another account's is the same 404 as one that nobody has.
    let mut answers = Vec::new();
    for id in [
        id,
        "AAAAAAAAAAAAAAAAAAAAAA",
        "x",
        &"A".repeat(10_000),
        "%00",
    ] {
        let request = Request::delete(&format!("/sessions/{id}"));
        let answer = host.send(request.cookie(bob.cookie.as_deref())).await;
        answer.problem(404, "not_found");
        answers.push(answer.body);
    }
    assert!(answers.iter().all(|body| *body == answers[0]));

    let path = format!("/sessions/{id}");
    let answer = host
        .send(Request::delete(&path).cookie(second.as_deref()))
        .await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("set-cookie"), None);
    session(&host, first.as_deref())
        .await
        .problem(401, "login_required");
    let again = host
        .send(Request::delete(&path).cookie(second.as_deref()))
        .await;
    again.problem(404, "not_found");

    // The own one: the cookie goes with it.
    let third = sign_in_with(&host, &mut alice, &[]).await.cookie();
    let sessions = list(third.as_deref()).await;
    let mut own = sessions.as_array().expect("a list").iter();
    let own = own.find(|session| session["current"] == true);
    let own = own.and_then(|session| session["id"].as_str());
    let path = format!("/sessions/{}", own.expect("an id"));
    let answer = host
        .send(Request::delete(&path).cookie(third.as_deref()))
        .await;
    assert!(answer.clears_cookie());

    let request = Request::delete("/sessions").cookie(second.as_deref());
    let answer = host.send(request).await;
    assert_eq!(answer.status, 204);
    assert!(answer.clears_cookie());
    session(&host, second.as_deref())
        .await
        .problem(401, "login_required");
    session(&host, bob.cookie.as_deref()).await.ok();
}

#[rocket::async_test]
async fn a_cookie_that_is_not_accepted_is_cleared_and_of_two_none_counts() {
    let host = Host::local(&[]).await;
    let alice = Person::with_account(&host, "alice").await;
    let mine = alice.cookie.clone().expect("a session");
    let (_, value) = mine.split_once('=').expect("a pair");
    let many = "a=b; ".repeat(2_000);
    for cookie in [
        "portcullis=",
        "portcullis=AAAA",
        &format!("portcullis={}", "A".repeat(43)),
        &format!("portcullis={}", "A".repeat(10_000)),
        &format!("portcullis={value}="),
        &format!("{mine}; portcullis=x"),
        &format!("portcullis=x; {mine}"),
        &format!("{mine}; {mine}"),
        &format!("{many}portcullis=x"),
    ] {
        let answer = session(&host, Some(cookie)).await;
        answer.problem(401, "login_required");
        assert!(answer.clears_cookie(), "{cookie:.80}");
    }
    for cookie in ["", "a=b", "__Host-portcullis=x", "PORTCULLIS=x", ";;;=;"] {
        let answer = session(&host, Some(cookie)).await;
        answer.problem(401, "login_required");
        assert_eq!(answer.header("set-cookie"), None, "{cookie}");
    }
    session(&host, Some(&format!("{many}{mine}; c=d")))
        .await
        .ok();
    let headers = Request::get("/session").cookie(Some("a=b"));
    host.send(headers.cookie(Some(&mine))).await.ok();
}

#[rocket::async_test]
async fn where_both_are_shown_the_header_counts() {
    let host = Host::local(&[]).await;
    let alice = Person::with_account(&host, "alice").await;
    let bob = Person::with_account(&host, "bob").await;
    let both = |token: Option<&str>| {
        let request = Request::get("/session").cookie(alice.cookie.as_deref());
        request.bearer(token)
    };
    let answer = host.send(both(bob.login_token.as_deref())).await.ok();
    assert_eq!(answer["username"], "bob");
    assert_eq!(answer["credentialId"], Value::Null);
    let answer = host.send(both(Some("x"))).await;
    answer.problem(401, "login_required");
    assert_eq!(answer.header("set-cookie"), None);
    // A token proves its user for 300 seconds, a session goes on.
    host.clock.advance(Duration::from_secs(301));
    let answer = host.send(both(bob.login_token.as_deref())).await;
    answer.problem(401, "login_required");
    let answer = session(&host, alice.cookie.as_deref()).await.ok();
    assert_eq!(answer["fresh"], false);
}

#[rocket::async_test]
async fn nothing_of_an_account_is_shown_or_changed_without_a_caller() {
    let host = Host::local(&[("PORTCULLIS_RECOVERY_CODES", "on")]).await;
    Person::with_account(&host, "alice").await;
    for path in ["/session", "/sessions", "/credentials", "/account"] {
        host.send(Request::get(path))
            .await
            .problem(401, "login_required");
    }
    for (method, path) in CHANGING.into_iter().skip(1) {
        let request = Request::json(method, path, &json!({"name": "x", "displayName": "x"}));
        host.send(request).await.problem(401, "login_required");
    }
}

#[rocket::async_test]
async fn a_token_for_applications_proves_nobody_here() {
    let host = Host::local(&[]).await;
    let alice = Person::with_account(&host, "alice").await;
    host.clock.advance(Duration::from_secs(100));
    let request = Request::new(Method::Post, "/session/token").cookie(alice.cookie.as_deref());
    let answer = host.send(request).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let answer = answer.ok();
    assert_eq!(answer["expires_in"], 600);
    let token = answer["login_token"].as_str().expect("a token");
    let claims = |token: &str| -> Value {
        let part = token.split('.').nth(1).expect("claims");
        serde_json::from_slice(&portcullis_tests::encoding::from_base64url(part)).expect("JSON")
    };
    let (made, own) = (
        claims(token),
        claims(alice.login_token.as_deref().expect("a token")),
    );
    assert_eq!(made["scope"], "app");
    assert_eq!(own.get("scope"), None);
    for member in ["iss", "aud", "sub", "preferred_username", "auth_time", "uv"] {
        assert_eq!(made[member], own[member], "{member}");
    }
    assert!(made["iat"].as_u64() > own["iat"].as_u64());

    for path in ["/session", "/sessions", "/credentials", "/account"] {
        let answer = host.send(Request::get(path).bearer(Some(token))).await;
        answer.problem(401, "login_required");
    }
    let request = Request::post("/register/begin", &json!({"username": "alice"}));
    let answer = host.send(request.bearer(Some(token))).await;
    answer.problem(401, "token_invalid");
}

#[rocket::async_test]
async fn a_fresh_session_is_proof_of_its_owner() {
    let host = Host::local(&[("PORTCULLIS_CHALLENGE_TTL", "600")]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let cookie = alice.cookie.clone();
    let begin = |name: &str| {
        let request = Request::post("/register/begin", &json!({ "username": name }));
        request.cookie(cookie.as_deref())
    };
    let complete =
        |body: &Value| Request::post("/register/complete", body).cookie(cookie.as_deref());
    let add = async |alice: &mut Person| {
        let begun = host.send(begin("alice")).await.ok();
        let made = alice
            .authenticator
            .create(&begun["publicKey"], &host.origin);
        let body = json!({
            "attestation": made.1.response(),
            "challenge_token": begun["challenge_token"],
        });
        (made.0, body)
    };
    let (passkey, body) = add(&mut alice).await;
    let answer = host.send(complete(&body)).await.ok();
    assert!(answer.get("login_token").is_none());
    alice.passkeys.push(passkey);

    // Another site's page adds nothing, and neither does a session that is not fresh.
    let request = begin("alice").header("sec-fetch-site", "same-site");
    host.send(request).await.problem(403, "cross_site");
    let (_, body) = add(&mut alice).await;
    let request = complete(&body).header("origin", "https://evil.example");
    host.send(request).await.problem(403, "cross_site");
    let (_, body) = add(&mut alice).await;
    host.clock.advance(Duration::from_secs(301));
    host.send(complete(&body))
        .await
        .problem(401, "sign_in_again");
    host.send(begin("alice"))
        .await
        .problem(401, "sign_in_again");
    crate::assert_untouched(&host, &mut alice, 2).await;

    // A session speaks for its own account alone.
    let bob = Person::with_account(&host, "bob").await;
    host.send(begin("bob")).await.problem(409, "username_taken");
    host.send(begin("carol")).await.ok();
    let mut body = json!({"username": "bob", "mediation": "conditional"});
    let request = Request::post("/register/begin", &body).cookie(bob.cookie.as_deref());
    host.send(request).await.ok();
    body["username"] = json!("dave");
    let request = Request::post("/register/begin", &body).cookie(bob.cookie.as_deref());
    host.send(request).await.problem(401, "login_required");
    // A cookie of no session is none: somebody whose session is over can still sign up.
    let request = Request::post("/register/begin", &json!({"username": "erin"}));
    let unknown = format!("portcullis={}", "A".repeat(43));
    host.send(request.cookie(Some(&unknown))).await.ok();
}
