//! The page on which people approve documents, and the receipts that it gives.

use std::{fs, path::Path};

use portcullis_tests::{
    corpora,
    encoding::{base64url, sha256},
    host::Request,
    npm, program,
};
use serde_json::{Value, json};

use crate::{Desk, barriers, chromium::Browser};

const DOCUMENT: &[u8] = b"Pay 100 EUR to Carol.";

/// Asks for approvals as a page of the host does, and gives the token.
async fn begin(desk: &Desk, more: &Value) -> String {
    let mut asked = json!({"document": base64url(&sha256(&[DOCUMENT])), "text": "Order 7"});
    for (member, value) in more.as_object().expect("members") {
        asked[member] = value.clone();
    }
    let script = format!(
        "return import('./js/portcullis.js').then(({{ beginApproval }}) => beginApproval({asked}));"
    );
    let begun = desk.browser.script(&script).await;
    begun["token"].as_str().expect("a token").to_owned()
}

async fn text(browser: &Browser, id: &str) -> String {
    let text = format!("return document.getElementById('{id}').textContent");
    let text = browser.script(&text).await;
    text.as_str().expect("text").to_owned()
}

/// The receipt that is shown, once the page has verified it.
async fn receipt(browser: &Browser) -> String {
    browser.wait_for("#verdict[data-accepted='true']").await;
    let receipt = "return document.getElementById('receipt').value";
    let receipt = browser.script(receipt).await;
    receipt.as_str().expect("a receipt").to_owned()
}

#[rocket::async_test]
async fn two_people_approve_and_the_receipt_verifies_in_the_page_and_on_the_command_line() {
    let alice = Desk::with_account(&[], "alice").await;
    let bob = Browser::start().await;
    let page = format!("http://localhost:{}/", alice.host.address().port());
    bob.open(&page).await;
    bob.add_authenticator().await;
    bob.fill("username", "bob").await;
    bob.run("create").await;
    let token = begin(
        &alice,
        &json!({"threshold": 2, "approvers": ["alice", "bob"]}),
    )
    .await;

    // Alice compares the document before.
    let browser = &alice.browser;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("approvals-page");
    fs::create_dir_all(&folder).expect("a folder");
    let [trust, document, other, saved] =
        ["trust.json", "order.txt", "other.txt", "receipt.jws"].map(|file| folder.join(file));
    fs::write(&document, DOCUMENT).expect("a file");
    fs::write(&other, b"Pay 900 EUR to Carol.").expect("a file");
    alice.open(&format!("approve.html#request={token}")).await;
    assert_eq!(text(browser, "text").await, "Order 7");
    assert_eq!(text(browser, "issuer").await, alice.host.origin);
    assert_eq!(text(browser, "takes").await, "2 of alice, bob");
    let hash = sha256(&[DOCUMENT]).map(|byte| format!("{byte:02x}"));
    assert_eq!(text(browser, "hash").await, hash.concat());
    for (file, same) in [(&other, "false"), (&document, "true")] {
        let field = browser.wait_for("#file").await;
        let path = file.to_str().expect("a path of text");
        field.send_keys(path).await.expect("a file");
        browser
            .wait_for(&format!("#compared[data-same='{same}']"))
            .await;
    }
    let state = browser.run("approve").await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    let first = receipt(browser).await;
    let verdict = text(browser, "verdict").await;
    assert_eq!(verdict, "Verified in this browser: approved by alice.");

    // Bob's link has her receipt.
    bob.open(&format!(
        "{page}approve.html#request={token}&receipt={first}"
    ))
    .await;
    let state = bob.run("approve").await;
    assert_eq!(
        state["status"]["text"],
        "Approved. No more approvals are needed."
    );
    let both = receipt(&bob).await;
    let verdict = text(&bob, "verdict").await;
    assert_eq!(verdict, "Verified in this browser: approved by alice, bob.");
    let _ = fs::remove_file(&saved);
    let allow = json!({"behavior": "allow", "downloadPath": folder});
    bob.devtools("Browser.setDownloadBehavior", allow).await;
    bob.press("save").await;
    let whole = || fs::read_to_string(&saved).ok().filter(|text| *text == both);
    bob.until(whole).await;

    let request = Request::get("/approve/trust?threshold=2");
    let trusted = alice.host.send(request).await.ok();
    fs::write(&trust, trusted.to_string()).expect("a file");
    for (document, accepted) in [(&document, true), (&other, false)] {
        let output = program::portcullis()
            .arg("verify-receipt")
            .args([&trust, document, &saved])
            .output()
            .expect("it starts");
        let verdict: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(verdict["accepted"], accepted, "{verdict}");
        assert_eq!(output.status.success(), accepted);
    }
    for browser in [browser, &bob] {
        assert_eq!(browser.complaints().await, [""; 0]);
    }
}

#[rocket::async_test]
async fn what_cannot_be_approved_is_said() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    let named = begin(&desk, &json!({"approvers": ["bob"]})).await;
    let short = begin(&desk, &json!({"life": 60})).await;
    for (link, code) in [("", "none"), ("#request=x", "token_invalid")] {
        // Another address than that of the page that is open, so that it is loaded.
        desk.open(&format!("approve.html?{code}{link}")).await;
        let state = browser.state().await;
        assert_eq!(state["status"]["code"], code, "{state:#}");
        browser.wait_for("#request[hidden]").await;
    }
    desk.open(&format!("approve.html?named#request={named}"))
        .await;
    let state = browser.run("approve").await;
    assert_eq!(state["status"]["code"], "approver_refused", "{state:#}");
    browser.wait_for("#done[hidden]").await;
    // Once only, and not too late.
    desk.open(&format!("approve.html?short#request={short}"))
        .await;
    browser.run("approve").await;
    receipt(browser).await;
    browser.reload().await;
    let state = browser.run("approve").await;
    assert_eq!(state["status"]["code"], "already_approved", "{state:#}");
    desk.host.clock.advance(core::time::Duration::from_secs(60));
    browser.reload().await;
    let state = browser.state().await;
    assert_eq!(state["status"]["code"], "token_expired", "{state:#}");
}

#[rocket::async_test]
async fn the_page_fits_a_phone_and_has_no_barrier_that_axe_core_knows() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    let token = begin(&desk, &json!({"text": "x".repeat(256)})).await;
    browser.set_width(320).await;
    desk.open(&format!("approve.html#request={token}")).await;
    let axe = npm::AXE.read();
    if let Err(e) = &axe {
        corpora::report(&format!(
            "NOT RUN: accessibility of approvals, for want of axe-core: {e}"
        ));
    }
    for state in ["a request", "a receipt"] {
        let wider = "return document.documentElement.scrollWidth - innerWidth";
        let wider = browser.script(wider).await;
        let fits = wider.as_i64().is_some_and(|pixels| pixels <= 0);
        assert!(fits, "{state}: {wider} pixels too wide");
        if let Ok(axe) = &axe {
            let none: [Value; 0] = [];
            assert_eq!(barriers(browser, axe).await, none, "{state}");
        }
        browser.run("approve").await;
    }
    receipt(browser).await;
}
