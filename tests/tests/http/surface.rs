//! What every answer keeps: headers, CORS, problem documents for whatever is asked.

use core::time::Duration;
use std::{
    io::{Read, Write},
    net::TcpStream,
};

use portcullis_tests::{
    host::{Answer, Host, Request},
    person::Person,
};
use rocket::{http::Method, tokio::task::spawn_blocking};
use serde_json::json;

const CEREMONIES: [&str; 4] = [
    "/register/begin",
    "/register/complete",
    "/authenticate/begin",
    "/authenticate/complete",
];

fn from_page(method: Method, path: &str) -> Request {
    Request::new(method, path).header("host", "localhost:8000")
}

/// Every algorithm and format is in it, and a page has to load it.
#[rocket::async_test]
async fn the_pages_verifier_stays_small() {
    let host = Host::local(&[]).await;
    for (encoding, most) in [("identity", 350 * 1024), ("gzip", 140 * 1024)] {
        let request = from_page(Method::Get, "/wasm/portcullis_bg.wasm");
        let module = host.send(request.header("accept-encoding", encoding)).await;
        assert_eq!(
            module.status, 200,
            "The WebAssembly build is missing: ./portcullis test makes it"
        );
        let bytes = module.body.len();
        assert!(
            bytes <= most,
            "{encoding}: {bytes} bytes, at most {most}, with wasm-opt from Debian's binaryen"
        );
    }
}

#[rocket::async_test]
async fn health_and_keys_are_there() {
    let host = Host::local(&[]).await;
    assert_eq!(
        host.send(from_page(Method::Get, "/healthz")).await.status,
        200
    );
    let keys = host
        .send(from_page(Method::Get, "/.well-known/jwks.json"))
        .await;
    let json = keys.ok();
    for key in json["keys"].as_array().expect("keys") {
        for member in ["kid", "alg", "use"] {
            assert!(key[member].is_string(), "{member}: {json:#}");
        }
    }
}

#[rocket::async_test]
async fn unknown_paths_are_not_found() {
    let host = Host::local(&[]).await;
    let paths = [
        "/nothing",
        "/register",
        "/register/",
        "/register/begin/more",
        "/REGISTER/begin",
        "/index.html/..",
        "/..%2fetc/passwd",
        "/js/..%2f..%2fCargo.toml",
        "/.well-known",
        "/%00",
        "/\u{e4}",
        "/.git/config",
        "/js",
        "/js/",
        "/wasm",
    ];
    for path in paths {
        let encoded = path.replace('\u{e4}', "%C3%A4");
        for method in [Method::Get, Method::Post, Method::Delete] {
            let answer = host.send(from_page(method, &encoded)).await;
            assert!(
                matches!(answer.status, 404 | 400),
                "{method} {path}: {}",
                answer.status
            );
            let code = if answer.status == 404 {
                "not_found"
            } else {
                "body_invalid"
            };
            answer.problem(answer.status, code);
        }
    }
}

#[rocket::async_test]
async fn another_method_is_not_allowed_and_the_right_one_is_named() {
    let host = Host::local(&[]).await;
    let methods = [
        Method::Put,
        Method::Delete,
        Method::Patch,
        Method::Get,
        Method::Head,
    ];
    for path in CEREMONIES {
        for method in methods {
            let answer = host.send(from_page(method, path)).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            let allow = answer.header("allow").expect("405 names what is allowed");
            assert!(
                allow.contains("POST") && !allow.contains("GET"),
                "{method} {path}: {allow}"
            );
            if method != Method::Head {
                answer.problem(405, "method_not_allowed");
            }
        }
    }
    for path in ["/healthz", "/", "/.well-known/jwks.json"] {
        for method in [Method::Post, Method::Put, Method::Delete, Method::Patch] {
            let answer = host.send(from_page(method, path)).await;
            answer.problem(405, "method_not_allowed");
            assert!(
                answer
                    .header("allow")
                    .is_some_and(|allow| allow.contains("GET")),
                "{path}"
            );
        }
        assert_eq!(
            host.send(from_page(Method::Head, path)).await.status,
            200,
            "{path}"
        );
    }
}

#[rocket::async_test]
async fn a_body_has_to_be_json_by_its_type() {
    let host = Host::local(&[]).await;
    let types = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/vnd.api+json",
        "application/jsonp",
        "text/json",
        "application/octet-stream",
        "*/*",
        "json",
        "",
    ];
    for path in CEREMONIES {
        let body = json!({"username": "alice"}).to_string();
        host.send(Request::post_text(path, body.clone()))
            .await
            .problem(415, "media_type");
        for kind in types {
            let request = Request::post_text(path, body.clone()).header("content-type", kind);
            let answer = host.send(request).await;
            assert_eq!(answer.status, 415, "{path} {kind}: {:#}", answer.json());
            answer.problem(415, "media_type");
        }
    }
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
    ] {
        let request = Request::post_text("/authenticate/begin", "{}").header("content-type", kind);
        host.send(request).await.ok();
    }
}

#[rocket::async_test]
async fn a_body_over_the_limit_is_too_large() {
    let host = Host::local(&[]).await;
    for path in CEREMONIES {
        for length in [128 * 1024 + 1, 1024 * 1024] {
            let body = json!({"username": "alice", "padding": "x".repeat(length)});
            host.post(path, &body).await.problem(413, "body_too_large");
        }
    }
    let body = json!({"padding": "x".repeat(127 * 1024)});
    host.post("/authenticate/begin", &body).await.ok();
}

#[rocket::async_test]
async fn a_form_cannot_choose_another_method() {
    let host = Host::local(&[]).await;
    for method in ["delete", "put", "get", "patch"] {
        let request = Request::post_text("/register/begin", format!("_method={method}"))
            .header("content-type", "application/x-www-form-urlencoded");
        host.send(request).await.problem(415, "media_type");
    }
}

fn assert_hardened(answer: &Answer, what: &str) {
    let permissions = "publickey-credentials-create=(self), publickey-credentials-get=(self), \
         publickey-credentials-remote-client-data-json=()";
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", permissions),
    ] {
        assert_eq!(answer.header(name), Some(value), "{what}: {name}");
    }
    let policy = answer
        .header("content-security-policy")
        .unwrap_or_else(|| panic!("{what}: no CSP"));
    assert!(
        policy.contains("frame-ancestors 'none'"),
        "{what}: {policy}"
    );
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
        "{what}: {policy}"
    );
    assert!(answer.header("referrer-policy").is_some(), "{what}");
    assert!(
        answer.header("strict-transport-security").is_none(),
        "{what}: not over http"
    );
}

#[rocket::async_test]
async fn every_answer_is_hardened() {
    let host = Host::local(&[]).await;
    let mut alice = Person::new("alice");
    let registering = alice.begin_registration(&host).await;
    let requests = [
        ("page", from_page(Method::Get, "/")),
        ("health", from_page(Method::Get, "/healthz")),
        ("404", from_page(Method::Get, "/nothing")),
        ("405", from_page(Method::Get, "/register/begin")),
        (
            "begin",
            Request::post("/register/begin", &json!({"username": "bob"})),
        ),
        ("400", Request::post("/register/begin", &json!(5))),
        ("415", Request::post_text("/register/begin", "{}")),
        (
            "complete",
            Request::post("/register/complete", &registering.body()),
        ),
    ];
    for (what, request) in requests {
        let answer = host.send(request).await;
        assert_hardened(&answer, what);
        if what == "page" {
            let policy = answer.header("content-security-policy").expect("checked");
            assert!(policy.contains("'wasm-unsafe-eval'"), "{policy}");
            let html = String::from_utf8(answer.body).expect("UTF-8");
            assert!(
                html.to_ascii_lowercase().starts_with("<!doctype html>"),
                "{html}"
            );
        }
    }
}

#[rocket::async_test]
async fn over_https_the_browser_is_told_to_stay_there() {
    let host = Host::local(&[("PORTCULLIS_RP_ID", "example.org")]).await;
    let answer = host
        .send(Request::get("/healthz").header("host", "example.org"))
        .await;
    assert!(answer.header("strict-transport-security").is_some());
    let origins = "https://example.org,http://example.org";
    let settings = [
        ("PORTCULLIS_RP_ID", "example.org"),
        ("PORTCULLIS_ORIGINS", origins),
    ];
    let host = Host::local(&settings).await;
    let answer = host
        .send(Request::get("/healthz").header("host", "example.org"))
        .await;
    assert!(
        answer.header("strict-transport-security").is_none(),
        "not every origin is https"
    );
}

#[rocket::async_test]
async fn answers_with_tokens_or_personal_data_are_not_stored() {
    let host = Host::local(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let registering = Person::new("bob").begin_registration(&host).await;
    let begun = alice.begin_sign_in(&host).await;
    let requests = [
        Request::post("/register/begin", &json!({"username": "carol"})),
        Request::post("/register/begin", &json!({"username": "alice"})),
        Request::post("/register/complete", &registering.body()),
        Request::post("/register/complete", &registering.body()),
        Request::post("/authenticate/begin", &json!({"username": "alice"})),
        Request::post("/authenticate/complete", &begun.body()),
        Request::post("/authenticate/complete", &begun.body()),
    ];
    for request in requests {
        let answer = host.send(request).await;
        assert_eq!(
            answer.header("cache-control"),
            Some("no-store"),
            "{:#}",
            answer.json()
        );
    }
}

const OWN: &str = "https://example.org";
const OTHER: &str = "https://app.example.org";

fn with_two_origins() -> [(&'static str, &'static str); 2] {
    [
        ("PORTCULLIS_RP_ID", "example.org"),
        (
            "PORTCULLIS_ORIGINS",
            "https://example.org,https://app.example.org",
        ),
    ]
}

fn preflight(path: &str, origin: &str) -> Request {
    Request::new(Method::Options, path)
        .header("host", "example.org")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
}

fn cors(answer: &Answer) -> Vec<&(String, String)> {
    let is_cors = |name: &str| name.starts_with("access-control-");
    answer
        .headers
        .iter()
        .filter(|(name, _)| is_cors(name))
        .collect()
}

#[rocket::async_test]
async fn an_allowed_origin_gets_cors() {
    let host = Host::listening(&with_two_origins()).await;
    for path in CEREMONIES {
        let answer = host.send(preflight(path, OTHER)).await;
        assert_eq!(answer.status, 204, "{path}");
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("access-control-allow-origin"), Some(OTHER));
        assert!(
            answer
                .header("vary")
                .is_some_and(|vary| vary.contains("Origin"))
        );
        let methods = answer
            .header("access-control-allow-methods")
            .expect("methods");
        assert!(methods.contains("POST"), "{methods}");
        let allowed = answer
            .header("access-control-allow-headers")
            .expect("headers");
        let allowed: Vec<String> = allowed
            .split(',')
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        assert!(
            allowed.contains(&"content-type".into()) && allowed.contains(&"authorization".into())
        );
        assert!(answer.header("access-control-allow-credentials").is_none());

        let request = Request::post(path, &json!({}))
            .header("origin", OTHER)
            .header("host", "example.org");
        let answer = host.send(request).await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some(OTHER),
            "{path}, failures too"
        );
        assert!(
            answer
                .header("vary")
                .is_some_and(|vary| vary.contains("Origin"))
        );
        assert!(answer.header("access-control-allow-credentials").is_none());
    }
}

#[rocket::async_test]
async fn any_other_origin_gets_no_cors() {
    let host = Host::listening(&with_two_origins()).await;
    let strangers = [
        "https://evil.example",
        "null",
        "https://example.org.evil.example",
        "http://app.example.org",
        "https://app.example.org:8443",
        "https://APP.example.org",
        "https://app.example.org/",
        "",
        "*",
        OWN,
    ];
    for origin in strangers {
        let answer = host.send(preflight("/register/begin", origin)).await;
        assert_eq!(cors(&answer), Vec::<&(String, String)>::new(), "{origin}");
        let request =
            Request::post("/authenticate/begin", &json!({})).header("host", "example.org");
        let answer = host.send(request.header("origin", origin)).await;
        assert_eq!(cors(&answer), Vec::<&(String, String)>::new(), "{origin}");
    }
}

#[rocket::async_test]
async fn a_page_under_a_loopback_address_is_sent_to_the_origin() {
    let host = Host::listening(&[]).await;
    for name in [
        "127.0.0.1:8000",
        "127.0.0.1",
        "[::1]:8000",
        "127.1.2.3:8000",
    ] {
        let answer = host.send(Request::get("/").header("host", name)).await;
        assert!(
            matches!(answer.status, 301 | 302 | 303 | 307 | 308),
            "{name}: {}",
            answer.status
        );
        let location = answer.header("location").expect("somewhere to go");
        assert!(
            location.trim_end_matches('/') == host.origin,
            "{name}: {location}"
        );
    }
    assert_eq!(
        host.send(Request::get("/").header("host", "localhost:8000"))
            .await
            .status,
        200
    );
    let request = Request::get("/inspect.html").header("host", "127.0.0.1:8000");
    let inspector = format!("{}/inspect.html", host.origin);
    let answer = host.send(request).await;
    assert_eq!(answer.header("location"), Some(&*inspector));
    // Nothing else decides where to.
    let request = Request::get("/")
        .header("host", "127.0.0.1:8000")
        .header("x-forwarded-host", "evil.example");
    let answer = host.send(request).await;
    assert!(
        answer
            .header("location")
            .is_some_and(|to| !to.contains("evil"))
    );
}

/// Writes these bytes to the socket and reads until the host closes it or has nothing to say.
fn raw(host: &Host, bytes: &[u8]) -> impl Future<Output = String> + use<> {
    let (address, bytes) = (host.address(), bytes.to_vec());
    async move {
        let talk = move || {
            let mut socket = TcpStream::connect(address).expect("it listens");
            socket
                .set_read_timeout(Some(Duration::from_secs(30)))
                .expect("a timeout");
            socket.write_all(&bytes).expect("it reads");
            let mut answer = Vec::new();
            // A reset after the answer is still an answer.
            let _ = socket.read_to_end(&mut answer);
            String::from_utf8_lossy(&answer).into_owned()
        };
        spawn_blocking(talk).await.expect("no panic")
    }
}

/// Rocket drops what is not UTF-8 before anybody sees it.
#[rocket::async_test]
async fn an_authorization_that_is_not_utf_8_counts_as_absent() {
    let host = Host::listening(&[]).await;
    let alice = Person::with_account(&host, "alice").await;
    let cookie = alice.cookie.expect("signed in");
    let head = format!(
        "GET /session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {cookie}\r\nAuthorization: "
    );
    for (authorization, status) in [(&b"Bearer x"[..], "401"), (b"Bearer \xff", "200")] {
        let request = [head.as_bytes(), authorization, b"\r\n\r\n"].concat();
        let answer = raw(&host, &request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
}

#[rocket::async_test]
async fn odd_http_gets_an_answer_and_the_host_lives_on() {
    let host = Host::listening(&[]).await;
    let close = "Host: localhost\r\nConnection: close\r\n";
    let json = "Content-Type: application/json\r\n";
    let cases = [
        // An unknown method reaches the host's own words.
        (format!("FROBNICATE / HTTP/1.1\r\n{close}\r\n"), "4", true),
        (
            format!("TRACE /register/begin HTTP/1.1\r\n{close}\r\n"),
            "405",
            true,
        ),
        (format!("OPTIONS * HTTP/1.1\r\n{close}\r\n"), "4", true),
        (
            format!("GET //evil.example/.. HTTP/1.1\r\n{close}\r\n"),
            "40",
            true,
        ),
        (
            format!("GET http://evil.example/nothing HTTP/1.1\r\n{close}\r\n"),
            "404",
            true,
        ),
        // What is not HTTP, hyper answers itself.
        ("\r\n\r\nnot http\r\n\r\n".to_owned(), "400", false),
        (format!("GET /\u{0} HTTP/1.1\r\n{close}\r\n"), "400", false),
        (
            format!("POST /register/begin HTTP/1.1\r\n{close}{json}Content-Length: x\r\n\r\n"),
            "400",
            false,
        ),
        (
            format!(
                "POST /register/begin HTTP/1.1\r\n{close}{json}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
            ),
            "400",
            true,
        ),
        (
            format!("POST /register/begin HTTP/1.1\r\n{close}{json}Content-Length: 0\r\n\r\n"),
            "400",
            true,
        ),
        (
            format!("GET / HTTP/1.1\r\n{close}{}\r\n", "X: y\r\n".repeat(200)),
            "431",
            false,
        ),
    ];
    for (request, status, is_problem) in cases {
        let answer = raw(&host, request.as_bytes()).await;
        let first = answer.lines().next().unwrap_or_default();
        assert!(
            first.starts_with(&format!("HTTP/1.1 {status}")),
            "{request:?}: {answer}"
        );
        let lower = answer.to_ascii_lowercase();
        assert_eq!(
            lower.contains("application/problem+json"),
            is_problem,
            "{request:?}: {answer}"
        );
        if is_problem {
            assert!(lower.contains("nosniff"), "{request:?}: {answer}");
        }
    }
    host.post("/authenticate/begin", &json!({})).await.ok();
}

/// A client or a proxy writes the names of headers, and the words of some, in the case that it likes.
#[rocket::async_test]
async fn headers_mean_the_same_in_any_case() {
    let host = Host::listening(&[("PORTCULLIS_RATE_LIMIT", "100")]).await;
    let alice = Person::with_account(&host, "alice").await;
    let cookie = alice.cookie.expect("a session");
    let token = alice.login_token.expect("a token");
    let ask = async |what: &str, headers: &str| {
        let request =
            format!("{what} HTTP/1.1\r\nHOST: localhost\r\ncOnNeCtIoN: close\r\n{headers}\r\n");
        let answer = raw(&host, request.as_bytes()).await;
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    for (headers, status) in [
        (format!("COOKIE: {cookie}\r\n"), "200"),
        (
            format!("cookie: {}\r\n", cookie.to_ascii_uppercase()),
            "401",
        ),
        (format!("AUTHORIZATION: BEARER {token}\r\n"), "200"),
        (format!("authorization: bEARER {token}\r\n"), "200"),
        (
            format!("authorization: Bearer {}\r\n", token.to_ascii_uppercase()),
            "401",
        ),
    ] {
        assert_eq!(ask("GET /session", &headers).await, status, "{headers}");
    }
    // Whether a page of another site asks.
    let cross = format!(
        "COOKIE: {cookie}\r\nORIGIN: https://evil.example\r\nSEC-FETCH-SITE: cross-site\r\n"
    );
    assert_eq!(ask("DELETE /sessions", &cross).await, "403");
    let body = "CONTENT-TYPE: APPLICATION/JSON\r\nCONTENT-LENGTH: 2\r\n";
    let request = format!(
        "POST /authenticate/begin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{body}\r\n{{}}"
    );
    let answer = raw(&host, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[rocket::async_test]
async fn two_hosts_in_one_process_know_nothing_of_each_other() {
    let host = Host::listening(&[]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    alice.sign_in(&host).await;
    let second = Host::listening(&[]).await;
    assert!(crate::is_free(&second, "alice").await);
}

#[rocket::async_test]
async fn applications_and_password_managers_find_their_documents() {
    let fingerprint = ["AB"; 32].join(":");
    let android = format!("org.example.app#{fingerprint}");
    let settings = [
        ("PORTCULLIS_ANDROID_APPS", &*android),
        ("PORTCULLIS_APPLE_APPS", "ABCDE12345.org.example.app"),
    ];
    let host = Host::local(&settings).await;
    let get = async |name: &str| {
        let path = format!("/.well-known/{name}");
        let answer = host.send(Request::get(&path)).await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        answer.ok()
    };
    let endpoints = get("passkey-endpoints").await;
    let page = "http://localhost:8000/";
    assert_eq!(
        endpoints,
        serde_json::json!({"enroll": page, "manage": page})
    );
    let links = get("assetlinks.json").await;
    assert_eq!(links[0]["target"]["package_name"], "org.example.app");
    let shown = &links[0]["target"]["sha256_cert_fingerprints"];
    assert_eq!(*shown, serde_json::json!([fingerprint]));
    let apple = get("apple-app-site-association").await;
    let apps = serde_json::json!(["ABCDE12345.org.example.app"]);
    assert_eq!(apple["webcredentials"]["apps"], apps);

    // The application's origin is one that may use passkeys here.
    let mut alice = portcullis_tests::person::Person::with_account(&host, "alice").await;
    let begun = host
        .post("/authenticate/begin", &serde_json::json!({}))
        .await
        .ok();
    let key_hash = portcullis_tests::encoding::base64url(&[0xab; 32]);
    let origin = format!("android:apk-key-hash:{key_hash}");
    let assertion = alice.passkeys[0].get(&begun["publicKey"], &origin);
    let body = serde_json::json!({
        "assertion": assertion.response(),
        "challenge_token": begun["challenge_token"],
    });
    host.post("/authenticate/complete", &body).await.ok();
}
