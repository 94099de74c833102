//! What is kept of what happens.

use std::sync::Arc;

use portcullis::store::{Event, EventKind, EventQuery, MemoryStore, Store as _};
use portcullis_tests::{
    authenticator::YUBIKEY_5,
    host::{Host, Request},
    person::Person,
};
use rocket::http::Method;
use serde_json::json;

#[rocket::async_test]
async fn every_change_leaves_a_row_without_a_secret() {
    let store = Arc::new(MemoryStore::default());
    let shared = Arc::clone(&store);
    let settings = [("PORTCULLIS_RECOVERY_CODES", "on")];
    let host = Host::mounted(&settings, |host| host.with_store(shared).rocket()).await;
    let mut alice = Person::with_account(&host, "alice").await;
    alice.add_passkey(&host).await;
    alice.sign_in(&host).await;
    let cookie = alice.cookie.clone();
    let cookie = cookie.as_deref();
    let id = alice.passkeys[1].record()["id"].clone();
    let path = format!("/credentials/{}", id.as_str().expect("an id"));

    let mut body = alice.begin_sign_in(&host).await.body();
    body["assertion"]["response"]["signature"] = json!("AAAA");
    let refused = Request::post("/authenticate/complete", &body).peer("192.0.2.77:4711");
    host.send(refused).await;
    let named = json!({"name": "phone", "displayName": "Alice"});
    for request in [
        Request::json(Method::Patch, &path, &named),
        Request::json(Method::Patch, "/account", &named),
        Request::delete(&path),
        Request::new(Method::Post, "/recovery/codes"),
    ] {
        host.send(request.cookie(cookie)).await.ok();
    }
    let wrong = json!({"username": "Nobody", "code": "x"});
    let request = Request::post("/recovery/begin", &wrong).peer("[2001:db8:1:2:3::4]:1");
    host.send(request).await.problem(401, "recovery_refused");
    host.send(Request::delete("/sessions").cookie(cookie)).await;
    alice.sign_in(&host).await;
    let request = Request::delete("/account").cookie(alice.cookie.as_deref());
    assert_eq!(host.send(request).await.status, 204);

    let mut events: Vec<Event> = store.events(EventQuery::latest(100)).await.expect("memory");
    events.reverse();
    let kinds: Vec<EventKind> = events.iter().map(|event| event.kind).collect();
    assert_eq!(
        kinds,
        [
            EventKind::SignedUp,
            EventKind::PasskeyAdded,
            EventKind::SignedIn,
            EventKind::Refused,
            EventKind::PasskeyRenamed,
            EventKind::AccountRenamed,
            EventKind::PasskeyRemoved,
            EventKind::RecoveryCodesMade,
            EventKind::Refused,
            EventKind::SessionsEnded,
            EventKind::SignedIn,
            EventKind::AccountDeleted,
        ]
    );
    for event in &events {
        assert!(event.time > 0 && event.network.is_some(), "{event:?}");
    }
    let refused = &events[3];
    assert_eq!(refused.username.as_deref(), Some("alice"));
    assert_eq!(refused.account, events[0].account);
    assert!(refused.credential.is_some());
    assert_eq!(refused.network.as_deref(), Some("192.0.2.0/24"));
    assert_eq!(refused.step.as_deref(), Some("7.2.21"));
    assert_eq!(refused.code.as_deref(), Some("signature_invalid"));
    let refused = &events[8];
    assert_eq!(refused.account, None);
    assert_eq!(refused.network.as_deref(), Some("2001:db8:1::/48"));
    assert_eq!(refused.code.as_deref(), Some("recovery_refused"));
}

fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series));
    line.and_then(|value| value.trim().parse().ok())
}

#[rocket::async_test]
async fn the_metrics_say_where_ceremonies_end() {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = probe.local_addr().expect("bound").to_string();
    drop(probe);
    let settings = [("PORTCULLIS_METRICS", &*address)];
    let host = Host::listening(&settings).await;
    let mut alice = Person::with_account(&host, "alice").await;
    alice.sign_in(&host).await;
    let mut body = alice.begin_sign_in(&host).await.body();
    body["assertion"]["response"]["signature"] = json!("AAAA");
    let refused = host.post("/authenticate/complete", &body).await;
    assert_eq!(refused.status, 401);
    // A key that says which product it is.
    let mut bob = Person::new("bob");
    bob.authenticator.aaguid = YUBIKEY_5;
    bob.add_passkey(&host).await;
    bob.sign_in(&host).await;
    let asked = json!({"document": "A".repeat(43), "text": "Order 7"});
    let asked = Request::post("/approve/begin", &asked);
    host.send(asked.bearer(alice.login_token.as_deref()))
        .await
        .ok();
    let refused = json!({"token": "x", "response": {}});
    let refused = host.post("/approve/complete", &refused).await;
    refused.problem(401, "token_invalid");
    host.send(Request::get("/metrics"))
        .await
        .problem(404, "not_found");

    let get = async |path: &str| {
        // It listens when the host does, or a moment later.
        loop {
            let answer = portcullis_tests::host::get(&format!("http://{address}{path}")).await;
            if let Some(answer) = answer {
                return answer;
            }
            rocket::tokio::task::yield_now().await;
        }
    };
    let answer = get("/metrics").await;
    assert_eq!(answer.status, 200);
    let media_type = Some("text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.header("content-type"), media_type);
    let text = String::from_utf8(answer.body).expect("text");
    let code = r#"code="signature_invalid""#;
    for (series, expected) in [
        (
            r#"portcullis_ceremonies_begun_total{flow="registration"}"#,
            2.0,
        ),
        (
            r#"portcullis_ceremonies_begun_total{flow="authentication"}"#,
            3.0,
        ),
        (
            &*format!(
                r#"portcullis_ceremonies_total{{authenticator="device_bound",{code},family="",flow="authentication",outcome="refused",step="7.2.21"}}"#
            ),
            1.0,
        ),
        (r#"portcullis_ceremonies_begun_total{flow="approval"}"#, 1.0),
        (
            r#"portcullis_ceremonies_total{authenticator="",code="token_invalid",family="",flow="approval",outcome="refused",step=""}"#,
            1.0,
        ),
        (
            r#"portcullis_ceremonies_total{authenticator="device_bound",code="",family="yubico",flow="authentication",outcome="accepted",step=""}"#,
            1.0,
        ),
        (
            r#"portcullis_ceremony_seconds_count{flow="authentication"}"#,
            3.0,
        ),
        (
            r#"portcullis_store_calls_total{call="sign_in",outcome="ok"}"#,
            2.0,
        ),
        (
            r#"portcullis_store_calls_total{call="spend",outcome="ok"}"#,
            5.0,
        ),
        ("portcullis_accounts", 2.0),
        ("portcullis_credentials", 2.0),
        ("portcullis_sessions", 4.0),
        ("portcullis_spent_tokens", 5.0),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series}\n{text}");
    }
    assert!(text.contains("portcullis_build_info{version="), "{text}");
    // Nothing else is there.
    for path in ["/", "/healthz", "/session", "/authenticate/begin"] {
        get(path).await.problem(404, "not_found");
    }
}
