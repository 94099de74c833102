//! The rate limit, and who a client is.

use std::{collections::BTreeMap, net::TcpListener};

use portcullis_tests::{
    host::{Host, Request, get},
    person::Person,
};
use serde_json::{Value, json};

use super::decoys::guess;

fn ceremony(peer: &str) -> Request {
    Request::post("/authenticate/begin", &json!({})).peer(peer)
}

/// Sends until refused; so many calls were answered before.
async fn calls_until_refused(host: &Host, request: impl Fn(u32) -> Request) -> u32 {
    for number in 0..100 {
        let answer = host.send(request(number)).await;
        if answer.status == 429 {
            answer.problem(429, "rate_limited");
            return number;
        }
        answer.ok();
    }
    100
}

#[rocket::async_test]
async fn each_client_has_its_own_allowance() {
    let host = Host::local(&[("PORTCULLIS_RATE_LIMIT", "3")]).await;
    assert_eq!(
        calls_until_refused(&host, |_| ceremony("192.0.2.1:1000")).await,
        3
    );
    // Another port is the same client, another address is another.
    assert_eq!(host.send(ceremony("192.0.2.1:2000")).await.status, 429);
    assert_eq!(
        calls_until_refused(&host, |_| ceremony("192.0.2.2:1000")).await,
        3
    );
}

#[rocket::async_test]
async fn all_ceremony_calls_count_and_no_other() {
    let host = Host::local(&[("PORTCULLIS_RATE_LIMIT", "4")]).await;
    let paths = [
        "/register/begin",
        "/register/complete",
        "/authenticate/begin",
        "/authenticate/complete",
    ];
    for path in paths {
        let request = Request::post(path, &json!({"username": ""})).peer("192.0.2.1:1000");
        assert_ne!(host.send(request).await.status, 429, "{path}");
    }
    for path in paths {
        let request = Request::post(path, &json!({})).peer("192.0.2.1:1000");
        host.send(request).await.problem(429, "rate_limited");
    }
    for path in ["/healthz", "/", "/.well-known/jwks.json"] {
        let request = Request::get(path)
            .header("host", "localhost:8000")
            .peer("192.0.2.1:1000");
        assert_eq!(host.send(request).await.status, 200, "{path}");
    }
}

/// What the store has been asked, by the metrics.
async fn store_calls(metrics: &str) -> BTreeMap<String, u64> {
    let answer = get(&format!("http://{metrics}/metrics")).await;
    let text = String::from_utf8(answer.expect("it listens").body).expect("text");
    let calls = text
        .lines()
        .filter_map(|line| line.strip_prefix("portcullis_store_calls_total"));
    let calls = calls.filter_map(|line| line.rsplit_once(' '));
    // Asking for the metrics counts what there is, and the host sweeps when it is time.
    let calls =
        calls.filter(|(call, _)| !call.contains("\"counts\"") && !call.contains("\"sweep\""));
    calls
        .map(|(call, times)| (call.to_owned(), times.parse().expect("a number")))
        .collect()
}

/// Signing in, recovery and invitations, by a name that somebody has and by one that nobody has.
#[rocket::async_test]
async fn known_and_unknown_names_cost_the_store_the_same_and_are_limited_alike() {
    const ALLOWANCE: usize = 3;
    let probe = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let metrics = probe.local_addr().expect("bound").to_string();
    drop(probe);
    let settings = [
        ("PORTCULLIS_METRICS", &*metrics),
        ("PORTCULLIS_RATE_LIMIT", "3"),
        ("PORTCULLIS_TRUSTED_PROXIES", "127.0.0.0/8"),
        ("PORTCULLIS_RECOVERY_CODES", "on"),
    ];
    let host = Host::listening(&settings).await;
    let alice = Person::with_account(&host, "alice").await;
    let codes = Request::new(rocket::http::Method::Post, "/recovery/codes");
    host.send(codes.cookie(alice.cookie.as_deref())).await.ok();
    while get(&format!("http://{metrics}/metrics")).await.is_none() {
        rocket::tokio::task::yield_now().await;
    }
    let mut clients = (1..=250).map(|number| format!("192.0.2.{number}"));
    let mut client = || clients.next().expect("an address");
    for path in [
        "/authenticate/begin",
        "/authenticate/complete",
        "/recovery/begin",
        "/register/begin",
    ] {
        let mut seen = Vec::new();
        for name in ["alice", "clara"] {
            let body = json!({
                "username": name, "code": "0000-0000-0000-0000", "invitation": "A".repeat(43),
            });
            let caller = client();
            let mut answers = Vec::new();
            for _ in 0..=ALLOWANCE {
                let mut body = body.clone();
                if path == "/authenticate/complete" {
                    let begin = Request::post("/authenticate/begin", &body);
                    let begun = host.send(begin.header("x-forwarded-for", &client())).await;
                    body = guess(&begun.ok(), &host).body();
                }
                let before = store_calls(&metrics).await;
                let request = Request::post(path, &body).header("x-forwarded-for", &caller);
                let answer = host.send(request).await;
                let code = match answer.status {
                    200 => Value::Null,
                    _ => answer.json()["code"].clone(),
                };
                let mut calls = store_calls(&metrics).await;
                for (call, times) in before {
                    *calls.entry(call).or_default() -= times;
                }
                calls.retain(|_, times| *times > 0);
                answers.push((answer.status, code, calls));
            }
            seen.push(answers);
        }
        assert_eq!(seen[0], seen[1], "{path}");
        let (status, ..) = seen[0][ALLOWANCE];
        assert_eq!(status, 429, "{path}");
        assert!(!seen[0][0].2.is_empty(), "{path}: {:?}", seen[0][0]);
    }
}

#[rocket::async_test]
async fn a_network_of_one_household_is_one_client() {
    let host = Host::local(&[("PORTCULLIS_RATE_LIMIT", "3")]).await;
    let within = |number: u32| ceremony(&format!("[2001:db8:0:1:{number:x}::1]:1000"));
    assert_eq!(calls_until_refused(&host, within).await, 3);
    assert_eq!(
        host.send(ceremony("[2001:db8:0:2::1]:1000")).await.status,
        200
    );
    // The same IPv4 client, however the socket writes it.
    assert_eq!(
        calls_until_refused(&host, |_| ceremony("192.0.2.9:1000")).await,
        3
    );
    assert_eq!(
        host.send(ceremony("[::ffff:192.0.2.9]:1000")).await.status,
        429
    );
}

/// Headers in which clients and proxies write addresses.
const FORWARDING: [&str; 6] = [
    "x-forwarded-for",
    "x-real-ip",
    "forwarded",
    "true-client-ip",
    "cf-connecting-ip",
    "client-ip",
];

#[rocket::async_test]
async fn a_forged_address_changes_nothing() {
    for trusted in ["", "198.51.100.0/24"] {
        let settings = [
            ("PORTCULLIS_RATE_LIMIT", "3"),
            ("PORTCULLIS_TRUSTED_PROXIES", trusted),
        ];
        let host = Host::local(&settings).await;
        let forged = |number: u32| {
            FORWARDING
                .iter()
                .fold(ceremony("192.0.2.1:1000"), |request, name| {
                    request.header(name, &format!("203.0.113.{number}"))
                })
        };
        assert_eq!(calls_until_refused(&host, forged).await, 3, "{trusted}");
    }
}

#[rocket::async_test]
async fn a_trusted_proxy_names_the_client() {
    let settings = [
        ("PORTCULLIS_RATE_LIMIT", "3"),
        ("PORTCULLIS_TRUSTED_PROXIES", "198.51.100.0/24, 10.0.0.0/8"),
    ];
    let host = Host::local(&settings).await;
    let through = |header: &str| ceremony("198.51.100.7:1000").header("x-forwarded-for", header);
    assert_eq!(
        calls_until_refused(&host, |_| through("192.0.2.1")).await,
        3
    );
    assert_eq!(host.send(through("192.0.2.2")).await.status, 200);
    // What the client itself wrote is to the left of what the proxy added.
    let forged = |number: u32| through(&format!("203.0.113.{number}, 192.0.2.3"));
    assert_eq!(calls_until_refused(&host, forged).await, 3);
    // Through two proxies; and in two header lines.
    let twice = |number: u32| through(&format!("203.0.113.{number}, 192.0.2.4, 10.1.1.1"));
    assert_eq!(calls_until_refused(&host, twice).await, 3);
    let lines = |number: u32| {
        through(&format!("203.0.113.{number}")).header("x-forwarded-for", "192.0.2.5")
    };
    assert_eq!(calls_until_refused(&host, lines).await, 3);
    // Other headers do not name it.
    let other = |number: u32| {
        through("192.0.2.6")
            .header("x-real-ip", &format!("203.0.113.{number}"))
            .header("forwarded", &format!("for=203.0.113.{number}"))
    };
    assert_eq!(calls_until_refused(&host, other).await, 3);
    // What is no address is the proxy's own fault, and one client.
    let garbage = |number: u32| through(&format!("unknown{number}"));
    assert_eq!(calls_until_refused(&host, garbage).await, 3);
}

#[rocket::async_test]
async fn there_is_no_limit_on_localhost_unless_set() {
    let host = Host::local(&[]).await;
    assert_eq!(
        calls_until_refused(&host, |_| ceremony("192.0.2.1:1000")).await,
        100
    );
}
