//! `/openapi.json`, held against what the host answers.

use std::collections::BTreeSet;

use portcullis_tests::{
    host::{Answer, Host, Request},
    person::Person,
    postgres::Postgres,
};
use rocket::{
    futures::future::{BoxFuture, join_all},
    http::Method,
};
use serde_json::{Value, json};

/// What a call answers while the store is away.
const UNAVAILABLE: &str = "503";

/// The document of a host, and what of it was seen.
struct Described {
    document: Value,
    seen: BTreeSet<String>,
}

impl Described {
    async fn of(host: &Host) -> Self {
        let answer = host.send(Request::get("/openapi.json")).await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        Self {
            document: answer.ok(),
            seen: BTreeSet::new(),
        }
    }

    /// Sends a request, and wants the answer that the document describes: `GET /sessions` 200. Boxed, since a test
    /// has a hundred of them on its stack.
    fn hold<'a>(
        &'a mut self,
        host: &'a Host,
        call: &'a str,
        status: u16,
        request: Request,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let answer = host.send(request).await;
            self.held(call, status, &answer);
            answer
        })
    }

    /// Wants an answer to be the one that the document describes.
    fn held(&mut self, call: &str, status: u16, answer: &Answer) {
        let shown = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, status, "{call}: {shown}");
        let (method, path) = call.split_once(' ').expect("a method and a path");
        let operation = &self.document["paths"][path][method.to_ascii_lowercase()];
        let response = &operation["responses"][status.to_string()];
        assert!(response.is_object(), "{call} {status} is not described");
        let media_type = answer.header("content-type").unwrap_or_default();
        match response["content"].as_object() {
            None => assert!(answer.body.is_empty(), "{call} {status}: {shown}"),
            Some(content) => {
                let described = content.get(media_type);
                let described =
                    described.unwrap_or_else(|| panic!("{call} {status}: {media_type}"));
                self.matches(
                    &described["schema"],
                    &answer.json(),
                    &format!("{call} {status}"),
                );
            }
        }
        self.seen.insert(format!("{call} {status}"));
    }

    /// Whether a value is as its schema says, as far as these schemas go.
    fn matches(&self, schema: &Value, value: &Value, place: &str) {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.trim_start_matches("#/components/schemas/");
            let found = &self.document["components"]["schemas"][name];
            assert!(found.is_object(), "{place}: no schema {name}");
            return self.matches(found, value, place);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.matches(part, value, place);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let rest = choices.iter().find(|choice| choice["type"] != "null");
            if !value.is_null() {
                self.matches(rest.expect("a choice"), value, place);
            }
            return;
        }
        let is_of = |name: &str| match name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => panic!("{place}: a type {other}"),
        };
        let fits = match &schema["type"] {
            Value::String(name) => is_of(name),
            Value::Array(names) => names.iter().filter_map(Value::as_str).any(is_of),
            _ => true,
        };
        assert!(fits, "{place}: {schema} {value}");
        if let Some(words) = schema["enum"].as_array() {
            assert!(words.contains(value), "{place}: {value}");
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().expect("a name");
            assert!(value.get(name).is_some(), "{place}: no {name} in {value}");
        }
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = value.get(name) {
                self.matches(member, value, &format!("{place} {name}"));
            }
        }
        for item in value.as_array().into_iter().flatten() {
            self.matches(&schema["items"], item, place);
        }
    }

    /// How many calls are described.
    fn calls(&self) -> usize {
        let paths = self.document["paths"].as_object().expect("paths");
        let operations = paths.values().filter_map(Value::as_object);
        operations.map(serde_json::Map::len).sum()
    }

    /// What is described and was not seen, but for what every call has in common: any other failure.
    fn not_seen(&self, of: impl Fn(&str) -> bool) -> Vec<String> {
        let mut missing = Vec::new();
        let paths = self.document["paths"].as_object().expect("paths");
        for (path, operations) in paths {
            for (method, operation) in operations.as_object().expect("operations") {
                let responses = operation["responses"].as_object().expect("responses");
                for status in responses.keys() {
                    let pair = format!("{} {path} {status}", method.to_ascii_uppercase());
                    if status != "default" && of(status) && !self.seen.contains(&pair) {
                        missing.push(pair);
                    }
                }
            }
        }
        missing
    }
}

#[rocket::async_test]
async fn every_call_answers_as_it_is_described() {
    let settings = [
        ("PORTCULLIS_RECOVERY_CODES", "on"),
        ("PORTCULLIS_CHALLENGE_TTL", "3600"),
    ];
    let host = Host::local(&settings).await;
    let mut api = Described::of(&host).await;
    assert_eq!(api.document["openapi"], "3.1.0");
    // `null` takes the name away; a body without it says nothing.
    let schemas = &api.document["components"]["schemas"];
    for (schema, member) in [
        ("AccountRename", "displayName"),
        ("CredentialRename", "name"),
    ] {
        assert_eq!(schemas[schema]["required"], json!([member]), "{schema}");
    }

    // The ceremonies.
    let mut alice = Person::with_account(&host, "alice").await;
    let name = json!({"username": "bob"});
    let begun = api
        .hold(
            &host,
            "POST /register/begin",
            200,
            Request::post("/register/begin", &name),
        )
        .await
        .json();
    let mut bob = Person::new("bob");
    let (passkey, made) = bob.authenticator.create(&begun["publicKey"], &host.origin);
    bob.passkeys.push(passkey);
    let body = json!({"attestation": made.response(), "challenge_token": begun["challenge_token"]});
    let complete = |body: &Value| Request::post("/register/complete", body);
    let answer = api
        .hold(&host, "POST /register/complete", 200, complete(&body))
        .await;
    let bobs = answer.cookie();
    api.hold(&host, "POST /register/complete", 401, complete(&body))
        .await;
    let second = host
        .send(Request::post(
            "/register/begin",
            &json!({"username": "carol"}),
        ))
        .await;
    let mut carol = Person::new("bob");
    let (_, made) = carol
        .authenticator
        .create(&second.json()["publicKey"], &host.origin);
    let again = json!({
        "attestation": made.response(),
        "challenge_token": second.json()["challenge_token"],
    });
    api.hold(&host, "POST /register/complete", 409, complete(&again))
        .await;
    let begin = |body: &Value| Request::post("/register/begin", body);
    let taken = json!({"username": "alice"});
    api.hold(&host, "POST /register/begin", 409, begin(&taken))
        .await;
    let request = begin(&taken).bearer(Some("x"));
    api.hold(&host, "POST /register/begin", 401, request).await;
    let evil = ("sec-fetch-site", "cross-site");
    let request = begin(&taken)
        .header(evil.0, evil.1)
        .cookie(alice.cookie.as_deref());
    api.hold(&host, "POST /register/begin", 403, request).await;
    let request = begin(&taken).cookie(alice.cookie.as_deref());
    let begun = host.send(request).await.ok();
    let body = json!({"attestation": null, "challenge_token": begun["challenge_token"]});
    let request = complete(&body)
        .header(evil.0, evil.1)
        .cookie(alice.cookie.as_deref());
    api.hold(&host, "POST /register/complete", 403, request)
        .await;

    let begin = |body: &Value| Request::post("/authenticate/begin", body);
    let body = json!({"username": "alice"});
    api.hold(&host, "POST /authenticate/begin", 200, begin(&body))
        .await;
    let body = alice.begin_sign_in(&host).await.body();
    let complete = |body: &Value| Request::post("/authenticate/complete", body);
    let answer = api
        .hold(&host, "POST /authenticate/complete", 200, complete(&body))
        .await;
    api.hold(&host, "POST /authenticate/complete", 401, complete(&body))
        .await;
    let cookie = answer.cookie();
    let mine = |request: Request| request.cookie(cookie.as_deref());
    let theirs = |request: Request| request.cookie(bobs.as_deref());
    let foreign = |request: Request| mine(request).header(evil.0, evil.1);

    // What takes a body.
    let calls = [
        (Method::Post, "/register/begin"),
        (Method::Post, "/register/complete"),
        (Method::Post, "/authenticate/begin"),
        (Method::Post, "/authenticate/complete"),
        (Method::Post, "/recovery/begin"),
        (Method::Post, "/approve/begin"),
        (Method::Post, "/approve/show"),
        (Method::Post, "/approve/complete"),
        (Method::Patch, "/account"),
        (Method::Patch, "/credentials/{id}"),
    ];
    let listed = api.hold(
        &host,
        "GET /credentials",
        200,
        mine(Request::get("/credentials")),
    );
    let listed = listed.await.json();
    let id = listed["credentials"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    for (method, path) in calls {
        let call = format!("{method} {path}");
        let path = path.replace("{id}", &id);
        let wrong = mine(Request::json(
            method,
            &path,
            &json!({"username": 1, "displayName": 1}),
        ));
        api.hold(&host, &call, 400, wrong).await;
        let text = mine(Request::new(method, &path)).header("content-type", "text/plain");
        api.hold(&host, &call, 415, text).await;
        let large = json!({"x": "x".repeat(200_000)});
        api.hold(
            &host,
            &call,
            413,
            mine(Request::json(method, &path, &large)),
        )
        .await;
    }

    // Sessions, passkeys and the account.
    let session = "/session";
    api.hold(&host, "GET /session", 200, mine(Request::get(session)))
        .await;
    api.hold(&host, "GET /session", 401, Request::get(session))
        .await;
    let token = Request::new(Method::Post, "/session/token");
    let call = "POST /session/token";
    api.hold(&host, call, 200, mine(token.clone())).await;
    api.hold(&host, call, 401, token.clone()).await;
    api.hold(&host, call, 403, foreign(token)).await;
    let sessions = Request::get("/sessions");
    let answer = api
        .hold(&host, "GET /sessions", 200, mine(sessions.clone()))
        .await;
    api.hold(&host, "GET /sessions", 401, sessions).await;
    let answer = answer.json();
    let mut other = answer["sessions"].as_array().expect("a list").iter();
    let other = other.find(|session| session["current"] == false);
    let other = other
        .and_then(|session| session["id"].as_str())
        .expect("an id");
    let one = Request::delete(&format!("/sessions/{other}"));
    let call = "DELETE /sessions/{id}";
    api.hold(&host, call, 401, one.clone()).await;
    api.hold(&host, call, 403, foreign(one.clone())).await;
    api.hold(&host, call, 404, theirs(one.clone())).await;
    api.hold(&host, call, 204, mine(one)).await;
    let call = "PATCH /credentials/{id}";
    let path = format!("/credentials/{id}");
    let rename = Request::json(Method::Patch, &path, &json!({"name": "phone"}));
    api.hold(&host, call, 200, mine(rename.clone())).await;
    api.hold(&host, call, 401, rename.clone()).await;
    api.hold(&host, call, 403, foreign(rename.clone())).await;
    api.hold(&host, call, 404, theirs(rename)).await;
    api.hold(&host, "GET /credentials", 401, Request::get("/credentials"))
        .await;
    let call = "DELETE /credentials/{id}";
    let remove = Request::delete(&path);
    api.hold(&host, call, 401, remove.clone()).await;
    api.hold(&host, call, 403, foreign(remove.clone())).await;
    api.hold(&host, call, 404, theirs(remove.clone())).await;
    api.hold(&host, call, 409, mine(remove.clone())).await;
    let account = Request::get("/account");
    api.hold(&host, "GET /account", 200, mine(account.clone()))
        .await;
    api.hold(&host, "GET /account", 401, account).await;
    let rename = Request::json(Method::Patch, "/account", &json!({"displayName": "Alice"}));
    api.hold(&host, "PATCH /account", 200, mine(rename.clone()))
        .await;
    api.hold(&host, "PATCH /account", 401, rename.clone()).await;
    api.hold(&host, "PATCH /account", 403, foreign(rename))
        .await;

    let device = Request::new(Method::Post, "/account/device");
    let call = "POST /account/device";
    api.hold(&host, call, 200, mine(device.clone())).await;
    api.hold(&host, call, 401, device.clone()).await;
    api.hold(&host, call, 403, foreign(device)).await;

    // Recovery.
    let codes = Request::new(Method::Post, "/recovery/codes");
    let call = "POST /recovery/codes";
    let made = api.hold(&host, call, 200, mine(codes.clone())).await.json();
    api.hold(&host, call, 401, codes.clone()).await;
    api.hold(&host, call, 403, foreign(codes.clone())).await;
    let off = Host::local(&[]).await;
    api.hold(&off, call, 404, codes).await;
    let recover = |code: &Value| {
        let body = json!({"username": "alice", "code": code});
        Request::post("/recovery/begin", &body)
    };
    let call = "POST /recovery/begin";
    api.hold(&host, call, 200, recover(&made["codes"][0])).await;
    api.hold(&off, call, 404, recover(&json!("x"))).await;
    for _ in 0..5 {
        api.hold(&host, call, 401, recover(&json!("x"))).await;
    }
    api.hold(&host, call, 429, recover(&json!("x"))).await;
    api.hold(&host, "DELETE /credentials/{id}", 200, mine(remove))
        .await;

    // The gate.
    let gate = Request::get("/forward-auth?redirect")
        .header("x-forwarded-method", "GET")
        .header("accept", "text/html");
    let call = "GET /forward-auth";
    api.hold(&host, call, 200, theirs(Request::get("/forward-auth")))
        .await;
    api.hold(&host, call, 302, gate).await;
    api.hold(&host, call, 401, Request::get("/forward-auth"))
        .await;
    api.hold(&host, call, 400, Request::get("/forward-auth?fresh=x"))
        .await;
    api.hold(&host, "GET /return-to", 302, Request::get("/return-to"))
        .await;

    // Approvals.
    let asked = json!({
        "document": "A".repeat(43), "text": "Order 7", "approvers": ["bob"],
    });
    let begin = Request::post("/approve/begin", &asked);
    let call = "POST /approve/begin";
    let begun = api.hold(&host, call, 200, theirs(begin.clone())).await;
    let begun = begun.json();
    api.hold(&host, call, 401, begin.clone()).await;
    let request = theirs(begin).header(evil.0, evil.1);
    api.hold(&host, call, 403, request).await;
    let token = |token: &Value| json!({ "token": token });
    let call = "POST /approve/show";
    let show = |body: &Value| Request::post("/approve/show", body);
    api.hold(&host, call, 200, show(&token(&begun["token"])))
        .await;
    api.hold(&host, call, 401, show(&token(&json!("x")))).await;
    let call = "POST /approve/complete";
    let complete = |body: &Value| Request::post("/approve/complete", body);
    let approve = |person: &mut Person| {
        let made = person.passkeys[0].get(&begun["publicKey"], &host.origin);
        complete(&json!({"token": begun["token"], "response": made.response()}))
    };
    let not_named = approve(&mut Person::with_account(&host, "dave").await);
    api.hold(&host, call, 403, not_named).await;
    api.hold(&host, call, 200, approve(&mut bob)).await;
    api.hold(&host, call, 409, approve(&mut bob)).await;
    api.hold(&host, call, 401, complete(&token(&json!("x"))))
        .await;
    let call = "GET /approve/trust";
    api.hold(&host, call, 200, Request::get("/approve/trust"))
        .await;
    let request = Request::get("/approve/trust?threshold=0");
    api.hold(&host, call, 400, request).await;

    // The end of it.
    let call = "DELETE /session";
    api.hold(
        &host,
        call,
        403,
        theirs(Request::delete(session)).header(evil.0, evil.1),
    )
    .await;
    api.hold(&host, call, 204, Request::delete(session)).await;
    let delete = Request::delete("/account");
    api.hold(&host, "DELETE /account", 401, delete.clone())
        .await;
    let request = theirs(delete.clone()).header(evil.0, evil.1);
    api.hold(&host, "DELETE /account", 403, request).await;
    let call = "DELETE /sessions";
    let all = Request::delete("/sessions");
    let request = theirs(all.clone()).header(evil.0, evil.1);
    api.hold(&host, call, 403, request).await;
    api.hold(&host, call, 401, all.clone()).await;
    bob.sign_in(&host).await;
    let request = all.cookie(bob.cookie.as_deref());
    api.hold(&host, call, 204, request).await;
    bob.sign_in(&host).await;
    let request = delete.cookie(bob.cookie.as_deref());
    api.hold(&host, "DELETE /account", 204, request).await;

    for path in [
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/.well-known/jwks.json",
        "/.well-known/webauthn",
        "/.well-known/passkey-endpoints",
        "/.well-known/assetlinks.json",
        "/.well-known/apple-app-site-association",
    ] {
        if api.document["paths"].get(path).is_some() {
            let call = format!("GET {path}");
            api.hold(&host, &call, 200, Request::get(path)).await;
        }
    }

    // A client that calls too often.
    let limited = Host::local(&[("PORTCULLIS_RATE_LIMIT", "1")]).await;
    limited.post("/authenticate/begin", &json!({})).await.ok();
    for path in [
        "/register/begin",
        "/register/complete",
        "/authenticate/begin",
        "/authenticate/complete",
        "/account/device",
        "/approve/begin",
        "/approve/show",
        "/approve/complete",
    ] {
        let call = format!("POST {path}");
        api.hold(&limited, &call, 429, Request::post(path, &json!({})))
            .await;
    }
    // A full account that recovers.
    let mut full = Person::with_account(&host, "full").await;
    let request = Request::new(Method::Post, "/recovery/codes").cookie(full.cookie.as_deref());
    let code = host.send(request).await.ok()["codes"][0].clone();
    for number in 1..64 {
        full.authenticator = Person::new(&format!("device {number}")).authenticator;
        full.add_passkey(&host).await;
    }
    let body = json!({"username": "full", "code": code});
    let request = Request::post("/recovery/begin", &body);
    api.hold(&host, "POST /recovery/begin", 409, request).await;
    assert_eq!(api.not_seen(|status| status != UNAVAILABLE), [""; 0]);
    println!("{} answers of {} calls", api.seen.len(), api.calls());
}

/// While the store is away.
#[rocket::async_test]
async fn every_call_that_needs_the_store_says_as_described_that_it_is_away() {
    let mut server = Postgres::start();
    let settings = [
        ("PORTCULLIS_STORE", &*server.create("openapi")),
        ("PORTCULLIS_RECOVERY_CODES", "on"),
    ];
    let host = Host::local(&settings).await;
    let mut api = Described::of(&host).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let registration = Person::new("bob").begin_registration(&host).await.body();
    let sign_in = alice.begin_sign_in(&host).await.body();
    let asked = json!({"document": "A".repeat(43), "text": "Order 7"});
    let asked = Request::post("/approve/begin", &asked);
    let begun = host.send(asked.clone().cookie(alice.cookie.as_deref()));
    let begun = begun.await.ok();
    let approval = alice.passkeys[0].get(&begun["publicKey"], &host.origin);
    let approval = json!({"token": begun["token"], "response": approval.response()});
    server.stop();
    let name = json!({"username": "alice", "name": "x", "displayName": "x", "code": "x"});
    let with_body = |method, path| Request::json(method, path, &name);
    let calls = [
        ("GET /readyz", Request::get("/readyz")),
        (
            "POST /register/begin",
            Request::post("/register/begin", &name),
        ),
        (
            "POST /register/complete",
            Request::post("/register/complete", &registration),
        ),
        (
            "POST /authenticate/begin",
            Request::post("/authenticate/begin", &name),
        ),
        (
            "POST /authenticate/complete",
            Request::post("/authenticate/complete", &sign_in),
        ),
        (
            "POST /recovery/begin",
            Request::post("/recovery/begin", &name),
        ),
        ("POST /approve/begin", asked),
        (
            "POST /approve/complete",
            Request::post("/approve/complete", &approval),
        ),
        ("GET /forward-auth", Request::get("/forward-auth")),
        ("GET /session", Request::get("/session")),
        ("DELETE /session", Request::delete("/session")),
        (
            "POST /session/token",
            Request::new(Method::Post, "/session/token"),
        ),
        ("GET /sessions", Request::get("/sessions")),
        ("DELETE /sessions", Request::delete("/sessions")),
        ("DELETE /sessions/{id}", Request::delete("/sessions/x")),
        ("GET /credentials", Request::get("/credentials")),
        (
            "PATCH /credentials/{id}",
            with_body(Method::Patch, "/credentials/x"),
        ),
        (
            "DELETE /credentials/{id}",
            Request::delete("/credentials/x"),
        ),
        ("GET /account", Request::get("/account")),
        ("PATCH /account", with_body(Method::Patch, "/account")),
        ("DELETE /account", Request::delete("/account")),
        (
            "POST /account/device",
            Request::new(Method::Post, "/account/device"),
        ),
        (
            "POST /recovery/codes",
            Request::new(Method::Post, "/recovery/codes"),
        ),
    ];
    // At once, since each waits for the store a while.
    let answers = calls.into_iter().map(async |(call, request)| {
        let request = request.cookie(alice.cookie.as_deref());
        (call, host.send(request).await)
    });
    for (call, answer) in join_all(answers).await {
        api.held(call, 503, &answer);
        answer.problem(503, "store_unavailable");
        assert!(answer.header("retry-after").is_some(), "{call}");
    }
    assert_eq!(api.not_seen(|status| status == UNAVAILABLE), [""; 0]);
    println!("{} calls", api.seen.len());
}
