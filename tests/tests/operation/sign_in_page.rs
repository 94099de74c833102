//! The page of the guide to sign-in pages, literally, at an origin of its own, with Chromium.

#[path = "../browser/chromium.rs"]
#[allow(dead_code, reason = "the page's own tests use all of it")]
mod chromium;

use std::sync::{Arc, Mutex};

use chromium::Browser;
use portcullis_tests::{
    host::{Host, Request},
    postgres::port,
    program::Serving,
};
use rocket::tokio::{
    self,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};

use super::{blocks, read};

/// A site that serves one page, and remembers what its page has sent it as proof.
async fn site(port: u16, page: String) -> Arc<Mutex<Vec<String>>> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await;
    let listener = listener.expect("a free port");
    let proofs = Arc::new(Mutex::new(Vec::new()));
    let shown = Arc::clone(&proofs);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                if !matches!(stream.read_buf(&mut head).await, Ok(read) if read > 0) {
                    break;
                }
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let proof = head
                .lines()
                .find_map(|line| line.strip_prefix("Authorization: Bearer "));
            shown
                .lock()
                .expect("whole")
                .extend(proof.map(str::to_owned));
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
                page.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    proofs
}

#[rocket::async_test]
async fn people_sign_up_and_in_on_a_page_of_another_origin() {
    let shop_port = port();
    let shop = format!("http://localhost:{shop_port}");
    let entrance = port();
    let own = format!("http://localhost:{entrance}");
    let origins = format!("{own},{shop}");
    let running = Serving::start(entrance, &[("PORTCULLIS_ORIGINS", &*origins)], None);
    let host = Host::elsewhere(entrance, &own);

    let guide = read("host/guide/sign-in-page.md");
    let [page] = &*blocks(&guide, "html") else {
        panic!("one page");
    };
    assert!(page.contains("https://login.example.org/js"));
    let page = page.replace("https://login.example.org", &host.origin);
    let proofs = site(shop_port, page).await;

    let browser = Browser::start().await;
    browser.visit(&format!("{shop}/")).await;
    browser.add_authenticator().await;
    let said = async |expected: &str| {
        let script = format!(
            "return new Promise((resolve) => {{
                 const said = document.getElementById('said');
                 const look = () => said.textContent === '{expected}' ? resolve(true) : setTimeout(look, 25);
                 look();
             }});"
        );
        assert_eq!(browser.script(&script).await, true, "{expected}");
    };
    browser.fill("name", "alice").await;
    browser.press_at("#sign-up").await;
    said("Hello, alice.").await;
    browser.press_at("#sign-up").await;
    said("Somebody has this name.").await;
    // By name, and without one.
    browser.press_at("#sign-in").await;
    said("Hello, alice.").await;
    browser.visit(&format!("{shop}/")).await;
    browser.press_at("#sign-in").await;
    said("Hello, alice.").await;

    // What the shop's server was shown is a token of alice's.
    let proofs = proofs.lock().expect("whole").clone();
    assert_eq!(proofs.len(), 3, "{proofs:?}");
    for proof in proofs {
        let request = Request::get("/session").bearer(Some(&proof));
        assert_eq!(host.send(request).await.ok()["username"], "alice");
    }
    drop(running);
}
