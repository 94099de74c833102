//! The host in another Rocket application: its guards, its events, its routes beside the application's own.

use core::time::Duration;
use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::Stdio,
    sync::{Arc, Mutex},
};

use portcullis::{
    Event, EventKind, FreshlySignedIn, Portcullis, SignedIn,
    store::{MemoryStore, Store},
};
use portcullis_tests::{
    authenticator::Authenticator,
    host::{Host, Request, SECRET},
    person::Person,
    program::example,
};
use rocket::{Build, Rocket, get, http::Method, routes};
use serde_json::{Value, json};

#[get("/")]
fn home(person: SignedIn) -> String {
    assert!(!person.handle().as_bytes().is_empty() && person.user_verified());
    format!("hello {}", person.username())
}

#[get("/", rank = 2)]
const fn welcome() -> &'static str {
    "hello stranger"
}

#[get("/caller")]
fn optional(person: Option<SignedIn>) -> String {
    person.map_or_else(
        || "nobody".to_owned(),
        |person| person.username().to_owned(),
    )
}

#[get("/settings")]
fn settings(person: FreshlySignedIn) -> String {
    format!("settings of {}", person.username())
}

fn application(host: Portcullis) -> Rocket<Build> {
    let own = routes![home, welcome, optional, settings];
    rocket::build().mount("/", own).attach(host.at("/auth"))
}

async fn embedded() -> Host {
    Host::mounted(&[], application).await.at("/auth")
}

async fn get(host: &Host, path: &str, token: Option<&str>) -> (u16, String) {
    let answer = host.send_to_root(Request::get(path).bearer(token)).await;
    let body = String::from_utf8(answer.body).expect("UTF-8");
    (answer.status, body)
}

#[rocket::async_test]
async fn a_route_behind_a_guard_is_for_who_is_signed_in_and_the_next_one_for_the_others() {
    let host = embedded().await;
    let alice = Person::with_account(&host, "alice").await;
    let token = alice.login_token.as_deref();
    assert_eq!(
        get(&host, "/", token).await,
        (200, "hello alice".to_owned())
    );
    assert_eq!(get(&host, "/caller", token).await.1, "alice");
    assert_eq!(get(&host, "/settings", token).await.1, "settings of alice");

    for nobody in [None, Some("x"), Some("a.b.c"), Some("")] {
        assert_eq!(
            get(&host, "/", nobody).await.1,
            "hello stranger",
            "{nobody:?}"
        );
        assert_eq!(get(&host, "/caller", nobody).await.1, "nobody");
        assert_eq!(get(&host, "/settings", nobody).await.0, 401);
    }
    host.clock.advance(Duration::from_secs(301));
    assert_eq!(get(&host, "/", token).await.1, "hello stranger");
    assert_eq!(get(&host, "/settings", token).await.0, 401);
}

#[rocket::async_test]
async fn the_application_hears_what_happens_after_it_is_stored() {
    let heard: Arc<Mutex<Vec<Event>>> = Arc::default();
    let events = Arc::clone(&heard);
    let host = Host::mounted(&[], |host| {
        let follow = move |event: &Event| events.lock().expect("not poisoned").push(event.clone());
        application(host.on_event(follow))
    })
    .await
    .at("/auth");
    let mut alice = Person::with_account(&host, "Alice").await;
    alice.sign_in(&host).await;
    alice.authenticator = Authenticator::new("another");
    alice.add_passkey(&host).await;
    // A refusal is no event.
    let begun = host.post("/authenticate/begin", &json!({})).await.ok();
    let refused = json!({"assertion": null, "challenge_token": begun["challenge_token"]});
    let refused = host.post("/authenticate/complete", &refused).await;
    assert_eq!(refused.status, 400);

    let heard = heard.lock().expect("not poisoned");
    let kinds: Vec<EventKind> = heard.iter().map(|event| event.kind).collect();
    assert_eq!(
        kinds,
        [
            EventKind::SignedUp,
            EventKind::SignedIn,
            EventKind::PasskeyAdded
        ]
    );
    for event in heard.iter() {
        assert_eq!(event.username.as_deref(), Some("Alice"));
        assert_eq!(event.account, heard[0].account);
        assert!(event.credential.is_some());
    }
}

#[rocket::async_test]
async fn well_known_documents_are_where_browsers_look_for_them() {
    let host = embedded().await;
    for path in ["/.well-known/jwks.json", "/.well-known/webauthn"] {
        let answer = host.send_to_root(Request::get(path)).await;
        answer.ok();
        assert!(answer.header("content-security-policy").is_some());
        let below = host.send(Request::get(path)).await;
        assert_eq!(below.status, 404, "{path}");
    }
    let opted_out = Host::mounted(&[], |host| application(host.without_well_known())).await;
    let at_root = Request::get("/.well-known/jwks.json");
    assert_eq!(opted_out.send_to_root(at_root).await.status, 404);
    let below = Request::get("/auth/.well-known/jwks.json");
    opted_out.send_to_root(below).await.ok();
}

#[get("/")]
const fn own_index() -> &'static str {
    "own index"
}

#[rocket::async_test]
async fn without_the_page_the_index_is_the_applications() {
    let host = Host::mounted(&[], |host| {
        let own = routes![own_index];
        rocket::build().mount("/", own).attach(host.without_page())
    })
    .await;
    let index = host.send(Request::get("/")).await;
    assert_eq!(index.body, b"own index");
    assert_eq!(index.header("content-security-policy"), None);
    Person::with_account(&host, "alice").await;
}

/// A store that several processes could share. In this test they share the process too.
#[derive(Debug, Default)]
struct Shared(MemoryStore);

macro_rules! forward {
    ($($name:ident($($argument:ident: $ty:ty),*) -> $answer:ty;)*) => {
        #[rocket::async_trait]
        impl Store for Shared {
            $(async fn $name(&self, $($argument: $ty),*) -> Result<$answer, portcullis::store::StoreError> {
                self.0.$name($($argument),*).await
            })*
        }
    };
}

mod types {
    pub(super) use portcullis::store::*;
}

forward! {
    ping() -> ();
    spend(id: &types::ChallengeId, expires: u64, now: u64) -> types::Spend;
    account(by: types::AccountKey<'_>) -> Option<types::Account>;
    accounts(after: Option<&types::UserHandle>, limit: u32) -> Vec<types::Account>;
    register(registration: types::Registration) -> types::Registered;
    sign_in(sign_in: types::SignIn) -> types::SignedIn;
    change(owner: &types::UserHandle, change: types::Change, event: types::Event) -> types::Changed;
    session(hash: &types::SecretHash, now: u64) -> Option<(types::Session, types::Account)>;
    touch(hash: &types::SecretHash, last_used: u64, idle_expires: u64) -> ();
    sessions(owner: &types::UserHandle, now: u64) -> Vec<types::Session>;
    end_session(hash: &types::SecretHash) -> bool;
    end_sessions(which: types::Sessions<'_>, event: types::Event) -> u64;
    recovery_codes(owner: &types::UserHandle) -> Vec<types::SecretHash>;
    invite(invitation: types::Invitation) -> ();
    invitation(hash: &types::SecretHash, now: u64) -> Option<types::Invitation>;
    import(import: types::Import) -> types::Imported;
    record(event: types::Event) -> ();
    events(query: types::EventQuery<'_>) -> Vec<types::Event>;
    sweep(sweep: types::Sweep) -> bool;
    counts() -> types::Counts;
}

#[rocket::async_test]
async fn two_instances_over_one_store_of_the_applications_take_each_others_challenges() {
    let store: Arc<dyn Store> = Arc::new(Shared::default());
    let one = Host::with_store(Arc::clone(&store)).await;
    let other = Host::with_store(store).await;
    let mut alice = Person::with_account(&one, "alice").await;
    let signing_in = alice.begin_sign_in(&one).await;
    let answer = other
        .post("/authenticate/complete", &signing_in.body())
        .await;
    answer.ok();
    let again = one.post("/authenticate/complete", &signing_in.body()).await;
    again.problem(401, "token_spent");
}

#[rocket::async_test]
async fn a_store_that_forgets_binds_challenges_to_its_process() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let one = Host::with_store(Arc::clone(&store)).await;
    let other = Host::with_store(store).await;
    let mut alice = Person::with_account(&one, "alice").await;
    let signing_in = alice.begin_sign_in(&one).await;
    let answer = other
        .post("/authenticate/complete", &signing_in.body())
        .await;
    answer.problem(401, "token_invalid");
}

#[test]
fn the_example_says_on_one_line_which_setting_cannot_be_used() {
    let started = example("embedded")
        .env("PORTCULLIS_RP_ID", "127.0.0.1")
        .output();
    let output = started.expect("it starts");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("PORTCULLIS_RP_ID"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[rocket::async_test]
async fn the_example_greets_who_is_signed_in() {
    let probe = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = probe.local_addr().expect("bound").port();
    drop(probe);
    let mut running = example("embedded")
        .env("ROCKET_PORT", port.to_string())
        .env("ROCKET_LOG_LEVEL", "off")
        .env("PORTCULLIS_SECRET", SECRET)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut events = BufReader::new(running.stdout.take().expect("piped")).lines();
    let base = format!("http://127.0.0.1:{port}");
    let http = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let started = std::time::Instant::now();
    while http
        .get(format!("{base}/auth/healthz"))
        .send()
        .await
        .is_err()
    {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "it does not listen"
        );
        rocket::tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let post = async |path: &str, body: Value| -> Value {
        let request = http.post(format!("{base}{path}")).body(body.to_string());
        let answer = request
            .header("content-type", "application/json")
            .send()
            .await;
        let text = answer.expect("an answer").text().await.expect("a body");
        serde_json::from_str(&text).expect("JSON")
    };
    let greeting = async |token: Option<&str>| {
        let mut request = http.get(format!("{base}/"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        answer.text().await.expect("a body")
    };
    assert!(greeting(None).await.starts_with("Sign in"));
    let begun = post("/auth/register/begin", json!({"username": "Alice"})).await;
    let origin = format!("http://localhost:{port}");
    let (_, registration) = Authenticator::new("Alice").create(&begun["publicKey"], &origin);
    let complete = json!({
        "attestation": registration.response(), "challenge_token": begun["challenge_token"],
    });
    let registered = post("/auth/register/complete", complete).await;
    let token = registered["login_token"].as_str().expect("a token");
    assert_eq!(greeting(Some(token)).await, "Hello, Alice.\n");
    let event = events.next().expect("a line").expect("UTF-8");
    assert_eq!(event, "signed_up Alice");
    running.kill().expect("it ends");
    running.wait().expect("it ended");
}

/// Which origin a ceremony belongs to is decided by the page that begins it.
#[rocket::async_test]
async fn a_ceremony_is_completed_where_it_was_begun() {
    let settings = [(
        "PORTCULLIS_ORIGINS",
        "http://localhost:8000,http://localhost:9000",
    )];
    let host = Host::local(&settings).await;
    let mut alice = Person::with_account(&host, "alice").await;
    for (began, expected) in [
        (Some("http://localhost:8000"), 200),
        (None, 200),
        (Some("http://localhost:9000"), 401),
        (Some("https://evil.example"), 401),
    ] {
        let mut begin = Request::post("/authenticate/begin", &json!({"username": "alice"}));
        if let Some(origin) = began {
            begin = begin.header("origin", origin);
        }
        let begun = host.send(begin).await.ok();
        let assertion = alice.passkeys[0].get(&begun["publicKey"], &host.origin);
        let body = json!({
            "assertion": assertion.response(), "challenge_token": begun["challenge_token"],
        });
        let answer = host.post("/authenticate/complete", &body).await;
        assert_eq!(answer.status, expected, "{began:?}");
        if expected == 401 {
            answer.refused(401, "7.2.12", "origin_mismatch");
        }
    }
    let options = Request::new(Method::Options, "/authenticate/begin");
    assert_eq!(host.send(options).await.status, 405);
}
