//! The rate limit, and who a client is.

use portcullis_tests::host::{Host, Request};
use serde_json::json;

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
