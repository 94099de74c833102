//! The HSM gateway as the README says: its section is followed line by line, with two people at two
//! browsers, against a real `SoftHSM2`.

#[path = "browser/chromium.rs"]
#[expect(dead_code, reason = "the page of the host takes more")]
mod chromium;
#[path = "../../host/examples/hsm_gateway/hsm/mod.rs"]
mod hsm;

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use chromium::Browser;
use portcullis_tests::{
    program,
    softhsm::{self, SoftHsm},
};
use rocket::{Shutdown, fairing::AdHoc, tokio::sync::oneshot};
use serde_json::{Value, json};

use hsm::{cli, settings::Settings};

/// The section's blocks in one language, in order.
fn blocks(language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(path).expect("there is a README");
    let (_, section) = readme
        .split_once("\n## A key that people release")
        .expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let opening = format!("\n```{language}\n");
    let blocks = section.split(&opening).skip(1);
    blocks
        .map(|block| block.split("\n```").next().unwrap_or_default().to_owned())
        .collect()
}

/// A folder in which the section is followed.
struct Follower {
    _softhsm: SoftHsm,
    folder: PathBuf,
    port: u16,
    server: Option<Shutdown>,
}

impl Follower {
    fn new() -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("approvals");
        let softhsm = SoftHsm::new(&place, "readme");
        portcullis::pkcs11::allow_finalize(true);
        let probe = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let folder = softhsm.folder.clone();
        fs::remove_file(folder.join("pin")).expect("the README makes it");
        Self {
            _softhsm: softhsm,
            folder,
            port: probe.local_addr().expect("bound").port(),
            server: None,
        }
    }

    /// The gateway's settings as the README has them, but for what this machine has elsewhere.
    fn write_settings(&self) {
        let [settings] = blocks("json").try_into().expect("one block of JSON");
        let settings = settings.replace(":8000", &format!(":{}", self.port));
        let mut settings: Value = serde_json::from_str(&settings).expect("JSON");
        settings["token"]["module"] = json!(softhsm::module());
        fs::write(self.folder.join("gateway.json"), settings.to_string()).expect("a file");
    }

    /// Runs a line of the README.
    async fn run(&mut self, line: &str) {
        let line = line.split("  #").next().unwrap_or_default().trim();
        let (command, output) = line.split_once(" > ").unwrap_or((line, ""));
        let words: Vec<String> = command.split(' ').map(|word| self.place(word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match *words {
            ["alias", ..] => {
                let alias = "alias hsm_gateway='cargo run -p portcullis --example hsm_gateway --'";
                assert_eq!(line, alias);
            }
            ["hsm_gateway", "serve", settings] => self.serve(settings).await,
            ["hsm_gateway", ref words @ ..] => {
                let (mut printed, mut messages) = (Vec::new(), Vec::new());
                let exit = cli::run(words, &mut &b""[..], &mut printed, &mut messages);
                let messages = String::from_utf8_lossy(&messages);
                assert_eq!(exit, ExitCode::SUCCESS, "{line}: {messages}");
                if !output.is_empty() {
                    fs::write(self.folder.join(output), printed).expect("a file");
                }
            }
            ["./portcullis", "verify-receipt", ref files @ ..] => {
                let mut portcullis = program::portcullis();
                let output = portcullis.arg("verify-receipt").args(files).output();
                let output = output.expect("it starts");
                assert!(output.status.success());
                let verdict: Value = serde_json::from_slice(&output.stdout).expect("JSON");
                assert_eq!(verdict["accepted"], true, "{verdict}");
                assert_eq!(verdict["text"], "order.txt");
            }
            _ => {
                let mut shell = Command::new("sh");
                let shell = shell.args(["-ec", line]).current_dir(&self.folder);
                assert!(shell.status().expect("a shell").success(), "{line}");
            }
        }
    }

    /// A file of the folder by its path, any other word as it is.
    fn place(&self, word: &str) -> String {
        let is_file = word.contains('.') && !word.starts_with("./");
        match is_file {
            true => self.folder.join(word).display().to_string(),
            false => word.to_owned(),
        }
    }

    async fn serve(&mut self, settings: &str) {
        let settings = Settings::read(Path::new(settings)).expect("settings");
        let figment = rocket::Config::figment()
            .merge(("port", self.port))
            .merge(("log_level", "off"))
            .merge(("shutdown.ctrlc", false))
            .merge(("shutdown.grace", 1))
            .merge(("shutdown.mercy", 0));
        let (ready, listens) = oneshot::channel();
        let ready = std::sync::Mutex::new(Some(ready));
        let liftoff = AdHoc::on_liftoff("listens", move |rocket| {
            Box::pin(async move {
                let sender = ready.lock().expect("not poisoned").take();
                let _ = sender.expect("one lift-off").send(rocket.shutdown());
            })
        });
        let rocket = hsm::http::rocket(settings, figment).expect("a server");
        rocket::tokio::spawn(rocket.attach(liftoff).launch());
        self.server = Some(listens.await.expect("it lifts off"));
    }

    fn origin(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.notify();
        }
    }
}

/// Somebody at a browser with a passkey, and the line for the approvers' file.
async fn enrol(follower: &Follower, name: &str) -> (Browser, Value) {
    let browser = Browser::start().await;
    browser.add_authenticator().await;
    browser.open(&follower.origin()).await;
    browser.fill("name", name).await;
    browser.run("create").await;
    let line = text(&browser, "line").await;
    let status = text(&browser, "status").await;
    let line = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line} {status}"));
    (browser, line)
}

async fn text(browser: &Browser, id: &str) -> String {
    let script = format!("return document.getElementById('{id}').textContent");
    let text = browser.script(&script).await;
    text.as_str().expect("text").to_owned()
}

/// Reviews the document and approves it.
async fn approve(follower: &Follower, browser: &Browser) -> String {
    browser.open(&follower.origin()).await;
    let review = browser.wait_for("[data-document='order.txt']").await;
    review.click().await.expect("a button");
    browser.wait_for("#approval:not([hidden])").await;
    browser.wait_for("body[data-busy='false']").await;
    let hash = text(browser, "hash").await;
    let sum = Command::new("sha256sum")
        .arg(follower.folder.join("documents/order.txt"))
        .output()
        .expect("coreutils");
    let sum = String::from_utf8(sum.stdout).expect("text");
    assert_eq!(sum.split(' ').next(), Some(hash.as_str()));
    browser.run("approve").await;
    text(browser, "status").await
}

#[rocket::async_test]
async fn the_readme_leads_two_people_to_a_receipt_that_verifies_everywhere() {
    let mut follower = Follower::new();
    follower.write_settings();
    let [prepare, verify] = blocks("sh").try_into().expect("two blocks of commands");
    for line in prepare.lines() {
        follower.run(line).await;
    }

    let (alice, of_alice) = enrol(&follower, "alice").await;
    let (bob, of_bob) = enrol(&follower, "bob").await;
    let approvers = json!([of_alice, of_bob]);
    fs::write(
        follower.folder.join("approvers.json"),
        approvers.to_string(),
    )
    .expect("a file");
    let status = approve(&follower, &alice).await;
    assert_eq!(status, "Approved. Approvals missing: 1.");
    let status = approve(&follower, &bob).await;
    assert_eq!(status, "Approved and signed.");

    // Alice verifies the receipt in the page, and takes it with her.
    alice.open(&follower.origin()).await;
    let verify_button = alice.wait_for("#receipts button").await;
    verify_button.click().await.expect("a button");
    alice.wait_for("#verdict[data-accepted='true']").await;
    let verdict = text(&alice, "verdict").await;
    assert_eq!(
        verdict,
        "The receipt verifies: “order.txt”, approved by alice, bob."
    );
    let link = alice.wait_for("#receipts a").await;
    let address = link
        .attr("href")
        .await
        .expect("a link")
        .expect("an address");
    let receipt = reqwest::get(format!("{}{}", follower.origin(), &address[1..])).await;
    let receipt = receipt
        .expect("a receipt")
        .bytes()
        .await
        .expect("a receipt");
    fs::write(follower.folder.join("receipt.jws"), &receipt).expect("a file");
    for line in verify.lines() {
        follower.run(line).await;
    }
    for browser in [alice, bob] {
        assert_eq!(browser.complaints().await, [""; 0]);
    }
}
