//! What the page tells the browser's Signal API (WebAuthn section 5.1.10): Chromium's virtual
//! authenticators do what they are asked to.

use serde_json::{Value, json};

use crate::Desk;

/// Notes each signal that the page sends.
const NOTE: &str = "
    window.signals = [];
    for (const name of ['signalUnknownCredential', 'signalAllAcceptedCredentials', 'signalCurrentUserDetails']) {
        const method = PublicKeyCredential[name];
        PublicKeyCredential[name] = (details) => {
            window.signals.push(name);
            return method.call(PublicKeyCredential, details);
        };
    }";

async fn signals(desk: &Desk) -> Value {
    desk.browser.script("return window.signals").await
}

#[rocket::async_test]
async fn a_change_is_signalled_and_a_sign_in_is_not() {
    let mut desk = Desk::new(&[]).await;
    desk.browser.script(NOTE).await;
    desk.browser.fill("username", "alice").await;
    desk.browser.run("create").await;
    desk.sign_out().await;
    desk.browser.fill("username", "alice").await;
    desk.browser.run("signin").await;
    let refused = desk.browser.run("add").await;
    assert_eq!(refused["status"]["code"], "InvalidStateError");
    assert_eq!(signals(&desk).await, json!([]));

    desk.browser.press("rename").await;
    desk.browser.confirm(Some("Alice in the office")).await;
    assert_eq!(signals(&desk).await, json!(["signalCurrentUserDetails"]));
    let shown = desk.browser.shown_name(&desk.authenticator).await;
    assert_eq!(shown, "Alice in the office");

    // A passkey that is removed from the account is gone from its authenticator.
    let first = desk.authenticator.clone();
    let key = json!({"transport": "usb"});
    desk.authenticator = desk.browser.add_authenticator_with(key).await;
    desk.browser.run("add").await;
    assert_eq!(desk.browser.credentials(&desk.authenticator).await.len(), 1);
    desk.browser
        .press_at("li[data-current='false'] [data-action='passkey.remove']")
        .await;
    let state = desk.browser.confirm(None).await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    assert_eq!(desk.browser.credentials(&desk.authenticator).await.len(), 0);
    assert_eq!(desk.browser.credentials(&first).await.len(), 1);

    desk.browser.press("delete").await;
    desk.browser.confirm(Some("alice")).await;
    assert_eq!(desk.browser.credentials(&first).await.len(), 0);
    assert_eq!(
        signals(&desk).await,
        json!([
            "signalCurrentUserDetails",
            "signalAllAcceptedCredentials",
            "signalAllAcceptedCredentials"
        ])
    );
}

#[rocket::async_test]
async fn only_a_passkey_that_nobody_has_is_given_up() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    // Refused, but somebody's.
    desk.sign_out().await;
    let bogus = |bogus: bool| {
        let parameters = json!({"authenticatorId": desk.authenticator, "isBogusSignature": bogus});
        async move {
            browser.devtools("WebAuthn.enable", json!({})).await;
            browser
                .devtools("WebAuthn.setResponseOverrideBits", parameters)
                .await;
        }
    };
    bogus(true).await;
    let state = browser.run("signin-any").await;
    assert_eq!(state["status"]["code"], "signature_invalid", "{state:#}");
    assert_eq!(browser.credentials(&desk.authenticator).await.len(), 1);
    bogus(false).await;

    // Deleted behind the page's back.
    browser.run("signin-any").await;
    let delete = "return fetch('account', { method: 'DELETE' }).then(({ status }) => status)";
    assert_eq!(browser.script(delete).await, 204);
    let state = browser.run("add").await;
    assert_eq!(state["signedIn"], false, "{state:#}");
    assert_eq!(browser.credentials(&desk.authenticator).await.len(), 1);
    let state = browser.run("signin-any").await;
    assert_eq!(state["status"]["code"], "credential_unknown", "{state:#}");
    assert_eq!(browser.credentials(&desk.authenticator).await.len(), 0);
}
