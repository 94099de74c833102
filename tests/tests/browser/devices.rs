//! More than one device: the link and its QR code, a passkey that the browser makes by itself, and what
//! the account says of each.

use core::time::Duration;

use portcullis_tests::{
    authenticator::{Authenticator, YUBIKEY_5},
    corpora,
    host::Request,
    npm,
};
use serde_json::{Value, json};

use crate::{CODES, Desk, chromium::Browser};

/// The link that is shown for another device.
async fn shown_link(browser: &Browser) -> String {
    browser.wait_for("#link[open] #link-qr path").await;
    let link = browser.wait_for("#link-text").await;
    link.text().await.expect("text")
}

/// What a camera reads of the code that is shown; `None` where there is no reader.
async fn scanned_link(browser: &Browser) -> Option<String> {
    let reader = match npm::JSQR.read() {
        Ok(reader) => reader,
        Err(e) => {
            corpora::report(&format!("NOT RUN: QR codes, for want of jsQR: {e}"));
            return None;
        }
    };
    let read = "
        const svg = document.querySelector('#link-qr svg');
        const [edge, , side] = svg.getAttribute('viewBox').split(' ').map(Number);
        const scale = 6;
        const canvas = new OffscreenCanvas(side * scale, side * scale).getContext('2d');
        canvas.fillStyle = 'white';
        canvas.fillRect(0, 0, side * scale, side * scale);
        canvas.fillStyle = 'black';
        canvas.scale(scale, scale);
        canvas.translate(-edge, -edge);
        canvas.fill(new Path2D(svg.querySelector('path').getAttribute('d')));
        const { data, width, height } = canvas.getImageData(0, 0, side * scale, side * scale);
        return window.jsQR(data, width, height)?.data;";
    let read = browser.script(&format!("{reader};\n{read}")).await;
    Some(read.as_str().expect("a QR code").to_owned())
}

/// Another person's browser, or another one of the same person's.
async fn other_device(link: &str) -> Browser {
    let browser = Browser::start().await;
    browser.open(link).await;
    browser.add_authenticator().await;
    browser
}

#[rocket::async_test]
async fn another_device_joins_by_the_code_that_it_scans() {
    let desk = Desk::with_account(&[], "Ren\u{e9}").await;
    let browser = &desk.browser;
    browser.run("device").await;
    let link = shown_link(browser).await;
    let Some(scanned) = scanned_link(browser).await else {
        return;
    };
    assert!(scanned.starts_with(&link), "{scanned}");

    let other = other_device(&scanned).await;
    let name = other
        .script("return document.getElementById('username').value")
        .await;
    assert_eq!(name, "Ren\u{e9}");
    let state = other.run("create").await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    assert_eq!(state["signedIn"], false, "{state:#}");
    let address = state["address"].as_str().expect("an address");
    assert!(!address.contains('#'), "it is used up: {address}");
    let state = other.run("signin").await;
    assert_eq!(state["account"], "Ren\u{e9}", "{state:#}");

    // The first one sees it, and closes what it shows.
    browser.wait_for("#passkeys > li:nth-child(2)").await;
    browser.wait_for("#link:not([open])").await;
    browser.wait_for("#status[data-kind='done']").await;
    let state = browser.state().await;
    assert_eq!(state["focus"], "device", "{state:#}");
    let left = "return document.getElementById('link').textContent.includes('#add=')";
    assert_eq!(browser.script(left).await, false, "the link is not kept");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    assert_eq!(other.complaints().await, Vec::<String>::new());
}

#[rocket::async_test]
async fn another_device_joins_by_the_link_that_is_typed_with_its_name() {
    let desk = Desk::with_account(&[], "alice").await;
    desk.browser.run("device").await;
    let link = shown_link(&desk.browser).await;
    desk.browser.press("link-close").await;
    let other = other_device(&link).await;
    other.wait_for("#signin[hidden]").await;
    other.fill("username", "bob").await;
    let state = other.run("create").await;
    assert_eq!(state["status"]["code"], "invitation_refused", "{state:#}");
    assert_eq!(state["focus"], "username", "{state:#}");
    other.fill("username", "alice").await;
    let state = other.run("create").await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    assert_eq!(desk.passkeys("alice").await, 2);

    // A person who is signed in reads why nothing happens.
    desk.open("#add=0000").await;
    let state = desk.browser.state().await;
    assert_eq!(state["status"]["code"], "signed_in", "{state:#}");
}

#[rocket::async_test]
async fn adding_a_device_or_a_passkey_goes_on_after_the_passkey_was_asked_for() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    desk.host.clock.advance(Duration::from_secs(301));
    browser.run("device").await;
    shown_link(browser).await;
    browser.keys("\u{e00c}").await; // Escape
    browser.wait_for("#link:not([open])").await;

    desk.host.clock.advance(Duration::from_secs(301));
    browser
        .add_authenticator_with(json!({"transport": "usb"}))
        .await;
    let state = browser.run("add").await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    assert_eq!(desk.passkeys("alice").await, 2);
}

#[rocket::async_test]
async fn the_account_says_which_passkey_is_of_this_device() {
    let mut desk = Desk::with_account(&[], "alice").await;
    let badges = "return [...document.querySelectorAll('#passkeys > li')]
        .map((item) => [...item.querySelectorAll('.badge')].map((badge) => badge.textContent))";
    desk.browser.remove_authenticator(&desk.authenticator).await;
    let key = json!({"transport": "usb"});
    desk.authenticator = desk.browser.add_authenticator_with(key).await;
    desk.browser.run("add").await;
    let both = json!([["This device", "Signed you in"], []]);
    assert_eq!(desk.browser.script(badges).await, both);
    let pictures = "return [...document.querySelectorAll('#passkeys use')].map((use) => use.getAttribute('href'))";
    assert_eq!(
        desk.browser.script(pictures).await,
        json!(["#mark-device", "#mark-key"])
    );
    desk.browser.reload().await;
    assert_eq!(desk.browser.script(badges).await, both);
    desk.sign_out().await;
    desk.browser.fill("username", "alice").await;
    desk.browser.run("signin").await;
    assert_eq!(
        desk.browser.script(badges).await,
        json!([[], ["Signed you in"]]),
        "a key is no device, and signing out forgets"
    );
}

/// A virtual authenticator is of no product, so its owner has made this passkey elsewhere.
#[rocket::async_test]
async fn a_passkey_is_shown_with_its_product() {
    let desk = Desk::with_account(&[], "alice").await;
    let cookie = desk.browser.session_cookie().await;
    let mut key = Authenticator::new("a key");
    key.aaguid = YUBIKEY_5;
    let begin = Request::post("/register/begin", &json!({"username": "alice"}));
    let begun = desk.host.send(begin.cookie(Some(&cookie))).await.ok();
    let (_, made) = key.create(&begun["publicKey"], &desk.host.origin);
    let body = json!({"attestation": made.response(), "challenge_token": begun["challenge_token"]});
    let complete = Request::post("/register/complete", &body);
    desk.host.send(complete.cookie(Some(&cookie))).await.ok();
    desk.browser.reload().await;
    let shown = desk.browser.wait_for("#passkeys > li:nth-child(2)").await;
    let shown = shown.text().await.expect("text");
    assert!(shown.contains("YubiKey 5"), "{shown}");
}

/// Has the browser make the passkey that it would make by itself: Chromium makes one only after somebody has signed in
/// with a password that it keeps, and a virtual authenticator has none.
const CONSENTS: &str = "
    const create = CredentialsContainer.prototype.create;
    navigator.credentials.create = ({ mediation, ...options }) => {
        if (mediation === 'conditional') {
            document.body.dataset.conditional = '';
            options.publicKey.excludeCredentials = [];
        }
        return create.call(navigator.credentials, options);
    };";

#[rocket::async_test]
async fn after_a_recovery_the_browser_may_make_a_passkey_by_itself() {
    let mut desk = Desk::with_account(&[CODES], "alice").await;
    desk.browser.run("codes-make").await;
    let code = desk.browser.wait_for("#codes-list > li").await;
    let code = code.text().await.expect("text");
    desk.sign_out().await;
    desk.browser.remove_authenticator(&desk.authenticator).await;
    let key = json!({"transport": "usb"});
    desk.authenticator = desk.browser.add_authenticator_with(key).await;
    desk.browser.script(CONSENTS).await;
    desk.browser.press("lost").await;
    desk.browser.fill("recover-name", "alice").await;
    desk.browser.fill("recover-code", &code).await;
    let state = desk.browser.run("recover-go").await;
    assert_eq!(state["account"], "alice", "{state:#}");
    desk.browser.wait_for("body[data-conditional]").await;
    desk.browser.wait_for("#passkeys > li:nth-child(3)").await;
    let state = desk.browser.state().await;
    assert_eq!(state["signedIn"], true, "{state:#}");
}

#[rocket::async_test]
async fn a_phone_signs_in_by_itself_and_its_name_and_this_device_gets_a_passkey_of_its_own() {
    let mut desk = Desk::new(&[]).await;
    desk.browser.remove_authenticator(&desk.authenticator).await;
    let phone = json!({"transport": "hybrid"});
    desk.authenticator = desk.browser.add_authenticator_with(phone).await;
    let browser = &desk.browser;
    browser.fill("username", "alice").await;
    let state = browser.run("create").await;
    assert_eq!(state["account"], "alice", "{state:#}");
    let badges = "return [...document.querySelectorAll('#passkeys .badge')].map((badge) => badge.textContent)";
    let elsewhere = json!(["Signed you in"]);
    assert_eq!(browser.script(badges).await, elsewhere, "not this device");

    browser.script(CONSENTS).await;
    browser
        .script(
            "const get = CredentialsContainer.prototype.get;
             navigator.credentials.get = (options) => {
                 window.asked = options.publicKey;
                 return get.call(navigator.credentials, options);
             };",
        )
        .await;
    for (number, button) in [(2, "signin"), (3, "signin-any")] {
        desk.sign_out().await;
        browser
            .script("delete document.body.dataset.conditional")
            .await;
        if button == "signin" {
            browser.fill("username", "alice").await;
        }
        let state = browser.run(button).await;
        assert_eq!(state["account"], "alice", "{state:#}");
        browser.wait_for("body[data-conditional]").await;
        browser
            .wait_for(&format!("#passkeys > li:nth-child({number})"))
            .await;
        if button == "signin" {
            // A phone may take minutes, and the code that it scans is asked for by its transport.
            let asked = browser
                .script("return [asked.timeout, asked.allowCredentials[0].transports.includes('hybrid')]")
                .await;
            assert_eq!(asked, json!([300_000, true]));
        }
    }
}

#[rocket::async_test]
async fn a_browser_that_makes_none_by_itself_is_not_worth_a_word() {
    let mut desk = Desk::with_account(&[CODES], "alice").await;
    desk.browser.run("codes-make").await;
    let code = desk.browser.wait_for("#codes-list > li").await;
    let code = code.text().await.expect("text");
    desk.sign_out().await;
    desk.change_authenticator().await;
    desk.browser.press("lost").await;
    desk.browser.fill("recover-name", "alice").await;
    desk.browser.fill("recover-code", &code).await;
    let recovered = desk.browser.run("recover-go").await;
    assert_eq!(recovered["account"], "alice", "{recovered:#}");
    // The next button ends it.
    desk.browser.press("rename").await;
    let state = desk.browser.confirm(Some("Alice")).await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    assert_eq!(state["status"].get("code"), None::<&Value>, "{state:#}");
}

#[rocket::async_test]
async fn a_passkey_of_this_device_signs_in_at_once_where_the_field_is_empty() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    desk.sign_out().await;
    browser
        .script(
            "const get = CredentialsContainer.prototype.get;
             navigator.credentials.get = (options) => {
                 document.body.dataset.mode = options.uiMode ?? options.mediation;
                 return get.call(navigator.credentials, options);
             };",
        )
        .await;
    browser.fill("username", "").await;
    let state = browser.run("signin").await;
    assert_eq!(state["account"], "alice", "{state:#}");
    browser.wait_for("body[data-mode='immediate']").await;

    desk.sign_out().await;
    browser.remove_authenticator(&desk.authenticator).await;
    let state = browser.run("signin").await;
    assert_eq!(state["status"]["code"], "NotAllowedError", "{state:#}");
    assert_eq!(state["focus"], "username", "{state:#}");
    let said = state["status"]["text"].as_str().expect("text");
    assert!(said.starts_with("This device has no passkey"), "{said}");
    // Any other device is one press away.
    browser.press("signin-any").await;
    browser.wait_for("body[data-mode='optional']").await;
    browser.press("cancel").await;
    browser
        .wait_for("body[data-busy='false'] #status[data-code='AbortError']")
        .await;
}
