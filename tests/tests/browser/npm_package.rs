//! The npm package's README in Chromium.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    thread,
};

use portcullis_tests::npm_package::{examples, pack};
use serde_json::json;

use super::chromium::Browser;

/// Serves the files of a folder, one request a connection, until the test ends; returns the port.
fn serve(folder: PathBuf) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut lines = BufReader::new(stream.try_clone().expect("a connection")).lines();
            let Some(Ok(first)) = lines.next() else {
                continue;
            };
            lines.by_ref().map_while(Result::ok).find(String::is_empty);
            let name = first
                .split(' ')
                .nth(1)
                .unwrap_or_default()
                .trim_start_matches('/');
            let (status, content) = match fs::read(folder.join(name)) {
                Ok(content) => ("200 OK", content),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let media_type = match Path::new(name)
                .extension()
                .and_then(|extension| extension.to_str())
            {
                Some("js") => "text/javascript",
                Some("wasm") => "application/wasm",
                _ => "text/html",
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                content.len()
            );
            // A browser may have gone meanwhile.
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&content));
        }
    });
    port
}

#[rocket::async_test]
async fn the_examples_of_the_package_run_in_a_page() {
    let folder = env::temp_dir().join(format!("portcullis-npm-page-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    pack(&folder);
    let package = folder.join("portcullis-verifier");
    fs::write(
        package.join("page.html"),
        r#"<!doctype html><script type="importmap">{"imports": {"portcullis-verifier": "./index.js"}}</script>"#,
    )
    .expect("written");
    let port = serve(package);
    let browser = Browser::start().await;
    let mut ran = 0;
    // What reads a file is for Node.js.
    for (code, printed) in examples()
        .into_iter()
        .filter(|(code, _)| !code.contains("node:fs"))
    {
        browser
            .visit(&format!("http://localhost:{port}/page.html"))
            .await;
        let script = format!(
            "return new Promise((resolve) => {{
                 const lines = [];
                 console.log = (...values) => lines.push(values.join(' ') + '\\n');
                 window.finished = () => resolve(lines.join(''));
                 window.onunhandledrejection = ({{reason}}) => resolve(String(reason));
                 window.onerror = (message) => resolve(message);
                 const script = document.createElement('script');
                 script.type = 'module';
                 script.textContent = {};
                 document.head.append(script);
             }});",
            json!(format!("{code}\nwindow.finished();"))
        );
        assert_eq!(browser.script(&script).await, printed, "{code}");
        ran += 1;
    }
    assert!(ran >= 2, "{ran}");
    fs::remove_dir_all(&folder).expect("the folder goes");
}
