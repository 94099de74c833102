//! The gate before other applications: what it answers a proxy.

use core::time::Duration;

use portcullis_tests::{
    host::{Answer, Host, Request},
    person::Person,
};

const RETURN_TO: (&str, &str) = ("PORTCULLIS_RETURN_TO", "https://app.example.org");

/// As a proxy asks for a browser that wants a document.
fn ask(query: &str, uri: &str, cookie: Option<&str>) -> Request {
    Request::get(&format!("/forward-auth{query}"))
        .header("x-forwarded-method", "GET")
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-host", "localhost:8000")
        .header("x-forwarded-uri", uri)
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .cookie(cookie)
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.header("location").expect("a location")
}

#[rocket::async_test]
async fn who_has_a_session_passes_by_name() {
    let host = Host::local(&[]).await;
    for (name, shown) in [
        ("Alice", "Alice"),
        ("ren\u{e9}e", "ren%C3%A9e"),
        // What looks encoded is not: no two names become one.
        ("ren%C3%A9e", "ren%25C3%25A9e"),
        ("a/b:c\"<>", "a/b:c\"<>"),
    ] {
        let person = Person::with_account(&host, name).await;
        let answer = host.send(ask("", "/", person.cookie.as_deref())).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("remote-user"), Some(shown));
        assert_eq!(answer.header("remote-sub").map(str::len), Some(86));
        let time = answer.header("remote-auth-time").expect("a time");
        assert!(time.ends_with('Z'), "{time}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[rocket::async_test]
async fn an_applications_own_tokens_are_not_looked_at() {
    let host = Host::local(&[]).await;
    let alice = Person::with_account(&host, "alice").await;
    let request = ask("", "/", alice.cookie.as_deref()).bearer(Some("of the application"));
    assert_eq!(host.send(request).await.status, 200);
    let request = ask("", "/", None).bearer(alice.login_token.as_deref());
    host.send(request).await.problem(401, "login_required");
    let request = ask("", "/", alice.cookie.as_deref()).header("sec-fetch-site", "cross-site");
    assert_eq!(host.send(request).await.status, 200);
}

#[rocket::async_test]
async fn a_browser_is_sent_to_the_page_and_a_program_is_not() {
    let host = Host::local(&[RETURN_TO]).await;
    let uri = "/app/a?b=c&d=%20";
    let answer = host.send(ask("?redirect", uri, None)).await;
    let page = "http://localhost:8000/?return_to=http%3A%2F%2Flocalhost%3A8000%2Fapp%2Fa%3Fb%3Dc%26d%3D%2520";
    assert_eq!(location(&answer), page);
    // For a proxy that cannot pass it on.
    let answer = host.send(ask("", uri, None)).await;
    answer.problem(401, "login_required");
    assert_eq!(answer.header("portcullis-sign-in"), Some(page));

    let other = |name: &str, value: &str| {
        let headers = [
            ("x-forwarded-method", "GET"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-host", "localhost:8000"),
            ("x-forwarded-uri", "/app/"),
            ("accept", "text/html"),
        ];
        let request = Request::get("/forward-auth?redirect");
        headers.into_iter().fold(request, |request, (known, own)| {
            request.header(known, if known == name { value } else { own })
        })
    };
    for (name, value) in [
        ("x-forwarded-method", "POST"),
        ("x-forwarded-method", ""),
        ("accept", "application/json"),
        ("accept", "*/*"),
    ] {
        let answer = host.send(other(name, value)).await;
        answer.problem(401, "login_required");
        assert_eq!(answer.header("portcullis-sign-in"), None);
    }
    // Another origin is gone back to where it is allowed, and else the page stays.
    for (host_name, back) in [
        ("app.example.org", false),
        ("evil.example", false),
        ("localhost:8000@evil.example", false),
        ("localhost:8000", true),
    ] {
        let answer = host.send(other("x-forwarded-host", host_name)).await;
        let page = location(&answer);
        assert!(page.starts_with("http://localhost:8000/"), "{page}");
        assert_eq!(page.contains("return_to"), back, "{page}");
    }
    let request = Request::get("/forward-auth?redirect")
        .header("x-forwarded-method", "GET")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "app.example.org")
        .header("x-forwarded-uri", "/")
        .header("accept", "text/html");
    let answer = host.send(request).await;
    let page = "http://localhost:8000/?return_to=https%3A%2F%2Fapp%2Eexample%2Eorg%2F";
    assert_eq!(location(&answer), page);
    for uri in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "",
    ] {
        let answer = host.send(ask("?redirect", uri, None)).await;
        let page = location(&answer);
        assert!(page.starts_with("http://localhost:8000/"), "{page}");
        assert!(
            !page.contains("=%2F%2Fevil") && !page.contains("=https"),
            "{page}"
        );
    }
}

#[rocket::async_test]
async fn an_application_can_ask_for_a_sign_in_that_is_not_old() {
    let host = Host::local(&[]).await;
    let alice = Person::with_account(&host, "alice").await;
    let cookie = alice.cookie.as_deref();
    host.clock.advance(Duration::from_secs(100));
    let answer = host.send(ask("?fresh=110", "/", cookie)).await;
    assert_eq!(answer.status, 200);
    let answer = host.send(ask("?fresh=90", "/", cookie)).await;
    answer.problem(401, "sign_in_again");
    let answer = host.send(ask("?fresh=90&redirect", "/app/", cookie)).await;
    assert!(location(&answer).ends_with("%2Fapp%2F&fresh=90"));
    for value in ["", "-1", "1.5", "x", "315360001", "99999999999999999999999"] {
        let query = format!("?fresh={value}");
        host.send(ask(&query, "/", cookie))
            .await
            .problem(400, "body_invalid");
    }
}

#[rocket::async_test]
async fn the_way_back_leads_to_this_host_or_an_allowed_origin() {
    let host = Host::local(&[RETURN_TO]).await;
    let back = async |query: &str| {
        let request = Request::get(&format!("/return-to{query}")).header("host", "localhost:8000");
        location(&host.send(request).await).to_owned()
    };
    assert_eq!(
        back("?url=/app/%3Fa%3D1").await,
        "http://localhost:8000/app/?a=1"
    );
    assert_eq!(
        back("?url=https%3A%2F%2Fapp.example.org%2Fx").await,
        "https://app.example.org/x"
    );
    for query in [
        "",
        "?url=",
        "?url=%2F%2Fevil.example",
        "?url=//evil.example",
        "?url=/%5Cevil.example",
        "?url=/%09/evil.example",
        "?url=%0a//evil.example",
        "?url=javascript:alert(1)",
        "?url=JaVaScRiPt:alert(1)",
        "?url=java%09script:alert(1)",
        "?url=HTTPS://EVIL.example",
        "?url=https:evil.example",
        "?url=http://localhost:8000@evil.example",
        "?url=%252F%252Fevil.example",
        "?url=https://evil.example",
        "?url=https://app.example.org@evil.example",
        "?url=https://app.example.org.evil.example",
        "?url=/a&url=/b",
        "?url=%ff%fe",
        "?URL=https://app.example.org",
    ] {
        assert_eq!(back(query).await, "http://localhost:8000/", "{query}");
    }
}

#[rocket::async_test]
async fn below_a_base_the_page_is_there() {
    let host = Host::mounted(&[], |host| rocket::build().attach(host.at("/auth"))).await;
    let request = Request::get("/auth/forward-auth?redirect")
        .header("x-forwarded-method", "GET")
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-host", "localhost:8000")
        .header("x-forwarded-uri", "/app/")
        .header("accept", "text/html");
    let answer = host.send(request).await;
    assert!(location(&answer).starts_with("http://localhost:8000/auth/?return_to="));
}
