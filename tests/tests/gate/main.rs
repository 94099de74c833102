//! The gate before an application that knows nothing of passkeys: Debian's nginx and Caddy with the
//! configurations of `host/examples/gate/`, and a person with Chromium.

#[path = "../browser/chromium.rs"]
#[allow(dead_code, reason = "the page's own tests use all of it")]
mod chromium;

use core::net::SocketAddr;
use std::net::TcpListener;

use chromium::Browser;
use portcullis_tests::{
    host::{self, Host},
    proxy::{self, Proxy},
};
use rocket::tokio::{
    self,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};

/// Where everything listens.
struct Addresses {
    proxy: u16,
    host: SocketAddr,
    application: SocketAddr,
}

fn free_port() -> u16 {
    let probe = TcpListener::bind("127.0.0.1:0").expect("a free port");
    probe.local_addr().expect("bound").port()
}

/// A configuration with the addresses of this test in place of its own.
fn configuration(name: &str, addresses: &Addresses) -> String {
    let text = proxy::configuration(&format!("examples/gate/{name}"));
    assert!(text.contains("127.0.0.1:8000") && text.contains("127.0.0.1:9000"));
    text.replace("127.0.0.1:8000", &addresses.host.to_string())
        .replace("127.0.0.1:9000", &addresses.application.to_string())
}

fn nginx(addresses: &Addresses) -> Proxy {
    // No certificate here: browsers take localhost for secure.
    let server: String = configuration("nginx.conf", addresses)
        .lines()
        .filter(|line| !line.contains("ssl_certificate"))
        .map(|line| format!("{line}\n"))
        .collect();
    let listen = format!("listen 127.0.0.1:{};", addresses.proxy);
    let server = server
        .replace("listen 443 ssl;", &listen)
        .replace("server_name example.org;", "server_name localhost;");
    Proxy::nginx(&server)
}

fn caddy(addresses: &Addresses) -> Proxy {
    let site = format!("http://localhost:{}", addresses.proxy);
    let text = configuration("Caddyfile", addresses);
    Proxy::caddy(&text.replace("example.org {", &format!("{site} {{")))
}

/// An application that shows the user that the proxy names. It knows nothing of passkeys.
async fn application() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    if !matches!(stream.read_buf(&mut head).await, Ok(read) if read > 0) {
                        return;
                    }
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let users: Vec<&str> = head
                    .lines()
                    .filter_map(|line| line.split_once(':'))
                    .filter(|(name, _)| name.eq_ignore_ascii_case("remote-user"))
                    .map(|(_, value)| value.trim())
                    .collect();
                let target = head.split(' ').nth(1).unwrap_or_default();
                let body = format!(
                    "<!doctype html><title>Application</title><p id=user>{}</p><p id=target>{}</p>",
                    users.join(","),
                    target.replace('&', "&amp;"),
                );
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    address
}

async fn gate(name: &str, start: fn(&Addresses) -> Proxy) {
    let port = free_port();
    let origin = format!("http://localhost:{port}");
    let host = Host::listening(&[("PORTCULLIS_ORIGINS", &origin)]).await;
    let addresses = Addresses {
        proxy: port,
        host: host.address(),
        application: application().await,
    };
    let proxy = start(&addresses);
    proxy.reaches(&format!("{origin}/healthz")).await;

    // A program gets the 401, whatever name it brings along.
    let application = format!("{origin}/app/");
    let answer = host::get(&application).await.expect("it listens");
    assert_eq!(answer.status, 401, "{name}");

    // The page it asked for, the sign-in page, back to the page it asked for.
    let wanted = "/app/a?b=c&d=%2F%2Fe";
    let browser = Browser::start().await;
    browser.open(&format!("{origin}{wanted}")).await;
    let at = browser.script("return location.pathname").await;
    assert_eq!(at, "/", "{name}");
    let authenticator = browser.add_authenticator().await;
    browser.fill("username", "ren\u{e9}e").await;
    browser.press("create").await;
    let user = browser.wait_for("#user").await;
    assert_eq!(user.text().await.expect("a text"), "ren%C3%A9e", "{name}");
    let target = browser.wait_for("#target").await;
    assert_eq!(target.text().await.expect("a text"), wanted, "{name}");
    let at = browser
        .script("return location.pathname + location.search")
        .await;
    assert_eq!(at, wanted, "{name}");

    // A name that the client brings is not the one that the application sees.
    let seen = browser
        .script(
            "const headers = { 'Remote-User': 'admin' };
             return fetch('/app/', { headers }).then((answer) => answer.text());",
        )
        .await;
    let seen = seen.as_str().expect("a text");
    assert!(seen.contains("<p id=user>ren%C3%A9e</p>"), "{name}: {seen}");

    // Signed out, it is gone.
    browser.remove_authenticator(&authenticator).await;
    let status = browser
        .script("return fetch('/session', { method: 'DELETE' }).then((answer) => answer.status);")
        .await;
    assert_eq!(status, 204, "{name}");
    let status = browser
        .script("return fetch('/app/').then((answer) => answer.status);")
        .await;
    assert_eq!(status, 401, "{name}");
    browser.open(&format!("{origin}{wanted}")).await;
    let at = browser.script("return location.pathname").await;
    assert_eq!(at, "/", "{name}");
}

#[rocket::async_test]
async fn nginx_lets_through_who_has_signed_in() {
    gate("nginx", nginx).await;
}

#[rocket::async_test]
async fn caddy_lets_through_who_has_signed_in() {
    gate("Caddy", caddy).await;
}
