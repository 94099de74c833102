//! What a person reads when it does not work: a sentence for each cause, and none that blames the wrong
//! thing.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_tests::host::Host;
use serde_json::{Value, json};

use crate::{Desk, chromium::Browser};

/// A way to have the browser end with each name of an error that `create` and `get` have (WebAuthn sections 5.1.3 and
/// 5.1.4): what the page asks for is changed to what no host asks for, and the browser itself refuses it.
const REFUSED: [(&str, &str, &str); 5] = [
    (
        "NotAllowedError",
        "publicKey.pubKeyCredParams = [{ type: 'public-key', alg: -65535 }]",
        "publicKey.allowCredentials = [{ type: 'public-key', id: new Uint8Array(16) }]",
    ),
    (
        "NotSupportedError",
        "publicKey.extensions = { appid: location.origin }",
        "publicKey.extensions = { credProps: true }",
    ),
    (
        "SecurityError",
        "publicKey.rp.id = 'nowhere.invalid'",
        "publicKey.rpId = 'nowhere.invalid'",
    ),
    // Chromium has no reason for these; other browsers do.
    (
        "ConstraintError",
        "end('ConstraintError')",
        "end('ConstraintError')",
    ),
    ("UnknownError", "end('UnknownError')", "end('UnknownError')"),
];

/// Changes what the page asks the browser for with the next calls.
async fn change(browser: &Browser, call: &str, change: &str) {
    browser
        .script(&format!(
            "const ask = CredentialsContainer.prototype.{call};
             const end = (name) => {{ throw new DOMException('x', name); }};
             navigator.credentials.{call} = async (options) => {{
                 const {{ publicKey }} = options;
                 {change};
                 return ask.call(navigator.credentials, options);
             }};"
        ))
        .await;
}

#[rocket::async_test]
async fn each_error_of_the_browser_has_a_sentence_of_its_own() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    let held = browser.run("add").await;
    assert_eq!(held["status"]["code"], "InvalidStateError", "{held:#}");
    desk.sign_out().await;
    for (button, call, name) in [("create", "create", "bob"), ("signin", "get", "alice")] {
        let mut said = BTreeMap::new();
        let mut keep = |state: &Value, code: &str| {
            assert_eq!(state["status"]["code"], code, "{state:#}");
            let sentence = state["status"]["text"].as_str().expect("text").to_owned();
            // A name of an error tells a person nothing; only the one that says nothing itself is shown.
            assert_eq!(
                sentence.contains("Error"),
                code == "UnknownError",
                "{sentence}"
            );
            if let Some(other) = said.insert(sentence, code.to_owned()) {
                panic!("{button}: {code} and {other} are the same");
            }
        };
        if call == "create" {
            keep(&held, "InvalidStateError");
        }
        browser.fill("username", name).await;
        for (code, created, got) in REFUSED {
            let asked = if call == "create" { created } else { got };
            change(browser, call, asked).await;
            keep(&browser.run(button).await, code);
        }
        // While the browser asks for another passkey.
        browser.set_presence(&desk.authenticator, false).await;
        let another = "const other = new AbortController();
             ask.call(navigator.credentials, { ...options, signal: other.signal }).catch(() => {});
             try { return await ask.call(navigator.credentials, options); } finally { other.abort(); }";
        change(browser, call, another).await;
        keep(&browser.run(button).await, "OperationError");
        change(browser, call, "").await;
        browser.press(button).await;
        browser.press("cancel").await;
        browser.wait_for("body[data-busy='false']").await;
        keep(&browser.state().await, "AbortError");
        browser.set_presence(&desk.authenticator, true).await;
    }
}

/// A key without a PIN: it answers at once, and declines what requires one.
async fn plug_in_a_key_that_declines(browser: &Browser) -> String {
    let key = json!({
        "protocol": "ctap1/u2f", "transport": "usb", "hasResidentKey": false, "hasUserVerification": false,
    });
    browser.add_authenticator_with(key).await
}

/// Presses the button, has `meanwhile` happen, and gives what the page says in the end.
async fn not_allowed(
    browser: &Browser,
    button: &str,
    meanwhile: impl Future<Output = ()>,
) -> String {
    browser.press(button).await;
    meanwhile.await;
    browser.wait_for("body[data-busy='false']").await;
    let state = browser.state().await;
    assert_eq!(state["status"]["code"], "NotAllowedError", "{state:#}");
    state["status"]["text"].as_str().expect("text").to_owned()
}

#[rocket::async_test]
async fn what_not_allowed_hides_is_told_apart() {
    let settings = [
        ("PORTCULLIS_CHALLENGE_TTL", "5"),
        ("PORTCULLIS_USER_VERIFICATION", "required"),
    ];
    let mut desk = Desk::new(&settings).await;
    // A passkey in a key, which is then away.
    desk.browser.remove_authenticator(&desk.authenticator).await;
    let key = json!({"transport": "usb"});
    let key = desk.browser.add_authenticator_with(key).await;
    desk.browser.fill("username", "alice").await;
    desk.browser.run("create").await;
    desk.sign_out().await;
    desk.browser.remove_authenticator(&key).await;

    let nothing = async || {};
    for (button, name) in [("create", "bob"), ("signin", "alice")] {
        let mut said = BTreeMap::new();
        let mut keep = |sentence: String, cause: &'static str| {
            if let Some(other) = said.insert(sentence, cause) {
                panic!("{button}: {cause} and {other} are the same");
            }
        };
        // This device waits for a person, who does nothing.
        desk.authenticator = desk.browser.add_authenticator().await;
        let browser = &desk.browser;
        browser.set_presence(&desk.authenticator, false).await;
        browser.fill("username", name).await;
        keep(not_allowed(browser, button, nothing()).await, "timed out");
        // The page's clock, so that nothing depends on how fast this machine is.
        browser
            .script(
                "window.passed = 0;
                 performance.now = () => window.passed;
                 window.asked = new Promise((resolve) => {
                     for (const call of ['create', 'get']) {
                         const ask = CredentialsContainer.prototype[call];
                         navigator.credentials[call] = (options) => {
                             if (options.mediation !== 'conditional') resolve();
                             return ask.call(navigator.credentials, options);
                         };
                     }
                 });",
            )
            .await;
        let mut key = None;
        let late = async {
            // No person declines faster than this.
            let late = "return window.asked.then(() => { window.passed = 300; })";
            browser.script(late).await;
            key = Some(plug_in_a_key_that_declines(browser).await);
        };
        keep(not_allowed(browser, button, late).await, "dismissed");
        keep(not_allowed(browser, button, nothing()).await, "no prompt");
        browser.script("delete performance.now").await;
        // A page of a headless Chromium always has the focus.
        browser.script("document.hasFocus = () => false").await;
        keep(
            not_allowed(browser, button, nothing()).await,
            "not in front",
        );
        browser.script("delete document.hasFocus").await;
        browser.remove_authenticator(&desk.authenticator).await;
        keep(not_allowed(browser, button, nothing()).await, "a key");
        browser.be_a_phone(true).await;
        let phone = not_allowed(browser, button, nothing()).await;
        browser.be_a_phone(false).await;
        keep(phone, "a phone without a lock");
        browser
            .remove_authenticator(&key.expect("plugged in"))
            .await;

        let about_lock = said
            .iter()
            .filter(|(sentence, _)| sentence.contains("screen lock"));
        let about_lock: Vec<_> = about_lock.map(|(_, cause)| *cause).collect();
        let expected: &[&str] = match button {
            "create" => &["a phone without a lock"],
            _ => &[],
        };
        assert_eq!(about_lock, expected);
    }
}

#[rocket::async_test]
async fn a_security_key_without_a_pin_is_not_told_to_have_a_screen_lock() {
    let mut desk = Desk::new(&[("PORTCULLIS_USER_VERIFICATION", "required")]).await;
    desk.browser.remove_authenticator(&desk.authenticator).await;
    let key = json!({"transport": "usb", "hasUserVerification": false});
    desk.authenticator = desk.browser.add_authenticator_with(key).await;
    desk.browser.fill("username", "alice").await;
    let state = desk.browser.run("create").await;
    assert_eq!(state["status"]["code"], "NotAllowedError", "{state:#}");
    let said = state["status"]["text"].as_str().expect("text");
    assert!(!said.contains("screen lock"), "{said}");
    assert!(said.contains("PIN"), "{said}");
}

#[rocket::async_test]
async fn a_passkey_that_is_not_listed_on_its_device_needs_the_name_and_the_page_says_so() {
    let mut desk = Desk::new(&[]).await;
    desk.browser.remove_authenticator(&desk.authenticator).await;
    let key = json!({"transport": "usb", "hasResidentKey": false});
    desk.authenticator = desk.browser.add_authenticator_with(key).await;
    desk.browser.fill("username", "alice").await;
    let state = desk.browser.run("create").await;
    assert_eq!(state["account"], "alice", "{state:#}");
    let said = state["status"]["text"].as_str().expect("text");
    assert!(said.contains("only together with your name"), "{said}");
}

/// Names of which nobody has an account, each with passkeys of its own as far as anybody can tell.
const NOBODY: [&str; 12] = [
    "nobody-1",
    "nobody-2",
    "nobody-3",
    "nobody-4",
    "nobody-5",
    "nobody-6",
    "nobody-7",
    "nobody-8",
    "nobody-9",
    "nobody-10",
    "nobody-11",
    "nobody-12",
];

#[rocket::async_test]
async fn a_sign_in_by_name_waits_a_minute_unless_a_phone_may_answer() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    desk.sign_out().await;
    // What matters is what the page asks for, not the answer, which would take that long.
    browser
        .script(
            "window.asked = [];
             navigator.credentials.get = ({ publicKey }) => {
                 window.asked.push(publicKey);
                 return Promise.reject(new DOMException('x', 'NotAllowedError'));
             };",
        )
        .await;
    let mut names = vec!["alice"];
    names.extend(NOBODY);
    for name in &names {
        browser.fill("username", name).await;
        browser.run("signin").await;
    }
    let asked = browser
        .script(
            "return window.asked.map(({ timeout, allowCredentials }) => [
                 timeout,
                 allowCredentials.some(({ transports }) => transports.includes('hybrid')),
             ]);",
        )
        .await;
    let asked = asked.as_array().expect("a list");
    assert_eq!(asked.len(), names.len());
    for (name, asked) in names.iter().zip(asked) {
        let expected = if asked[1] == true { 300_000 } else { 60_000 };
        assert_eq!(asked[0], expected, "{name}");
    }
    let phones = asked.iter().filter(|asked| asked[1] == true).count();
    assert!((1..asked.len() - 1).contains(&phones), "both occur");
}

#[rocket::async_test]
async fn somebody_who_waits_in_vain_is_told_what_it_may_be() {
    let mut desk = Desk::new(&[]).await;
    desk.browser.remove_authenticator(&desk.authenticator).await;
    let key = json!({"transport": "usb"});
    desk.authenticator = desk.browser.add_authenticator_with(key).await;
    let browser = &desk.browser;
    // With a key that has none of the passkeys, the browser waits where one of them could be elsewhere.
    for name in NOBODY {
        browser.fill("username", name).await;
        browser.press("signin").await;
        browser
            .wait_for("body[data-busy='false'], #status[data-code='waiting']")
            .await;
        let state = browser.state().await;
        if state["status"]["code"] == "waiting" {
            browser.press("cancel").await;
            browser
                .wait_for("body[data-busy='false'] #status[data-code='AbortError']")
                .await;
            return;
        }
        assert_eq!(state["status"]["code"], "NotAllowedError", "{state:#}");
    }
    panic!("no name had the browser wait");
}

#[rocket::async_test]
async fn a_server_that_was_restarted_is_said_to_be() {
    let mut desk = Desk::with_account(&[], "alice").await;
    desk.host = desk.host.restarted(&[]).await;
    // Somebody who was signed in.
    let state = desk.browser.run("add").await;
    assert_eq!(state["status"]["code"], "restarted", "{state:#}");
    assert_eq!(state["signedIn"], false, "{state:#}");

    // Somebody who signs in with a challenge of the one before.
    desk.browser.fill("username", "alice").await;
    let state = desk.browser.run("create").await;
    assert_eq!(state["account"], "alice", "{state:#}");
    desk.sign_out().await;
    desk.browser
        .script(
            "const get = CredentialsContainer.prototype.get;
             navigator.credentials.get = async (options) => {
                 await new Promise((resolve) => { window.answer = resolve; });
                 return get.call(navigator.credentials, options);
             };",
        )
        .await;
    desk.browser.press("signin-any").await;
    desk.browser.wait_for("#cancel:not([hidden])").await;
    desk.host = desk.host.restarted(&[]).await;
    desk.browser.script("window.answer()").await;
    desk.browser.wait_for("body[data-busy='false']").await;
    let state = desk.browser.state().await;
    assert_eq!(state["status"]["code"], "restarted", "{state:#}");
    let said = state["status"]["text"].as_str().expect("text");
    assert!(said.contains("restarted"), "{said}");
}

#[rocket::async_test]
async fn the_inspector_under_an_ip_address_leads_to_the_configured_origin_too() {
    let browser = Browser::start().await;
    let host = Host::listening(&[]).await;
    let port = host.address().port();
    browser
        .open(&format!("http://127.0.0.1:{port}/inspect.html"))
        .await;
    let state = browser.state().await;
    assert_eq!(state["address"], format!("{}/inspect.html", host.origin));
}

/// The words under a language's key in `words.js`.
fn keys_of(language: &str) -> BTreeSet<&'static str> {
    let source = include_str!("../../../web/js/words.js");
    let begin = format!("  {language}: {{");
    source
        .lines()
        .skip_while(|line| *line != begin)
        .skip(1)
        .take_while(|line| *line != "  },")
        .filter_map(|line| line.strip_prefix("    ")?.split_once(": "))
        .filter(|(key, _)| !key.starts_with(' ') && !key.starts_with('/'))
        .map(|(key, _)| key.trim_matches('"'))
        .collect()
}

#[test]
fn both_languages_have_words_for_the_same() {
    let english = keys_of("en");
    assert!(english.len() > 150, "{}", english.len());
    let none: [&&str; 0] = [];
    let german = keys_of("de");
    assert_eq!(english.difference(&german).collect::<Vec<_>>(), none);
    assert_eq!(german.difference(&english).collect::<Vec<_>>(), none);
}

#[rocket::async_test]
async fn the_page_is_used_with_the_keyboard_alone() {
    let desk = Desk::new(&[]).await;
    let browser = &desk.browser;
    let focus = "return document.activeElement.id || document.activeElement.className";
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    const ESCAPE: &str = "\u{e00c}";
    browser.keys(TAB).await;
    assert_eq!(browser.script(focus).await, "skip-link");
    browser.keys(TAB).await;
    assert_eq!(browser.script(focus).await, "username");
    browser.keys("alice").await;
    browser.keys(&format!("{TAB}{TAB}")).await;
    assert_eq!(browser.script(focus).await, "create");
    browser.keys(ENTER).await;
    browser
        .wait_for("body[data-signed-in='true'][data-busy='false']")
        .await;
    // From the heading on, in the order in which it is seen.
    for id in ["signout", "rename"] {
        browser.keys(TAB).await;
        assert_eq!(browser.script(focus).await, id);
    }
    browser.keys(ENTER).await;
    browser.wait_for("#ask[open]").await;
    assert_eq!(browser.script(focus).await, "ask-input");
    browser.keys(ESCAPE).await;
    browser.wait_for("#ask:not([open])").await;
    assert_eq!(browser.script(focus).await, "rename", "back where it was");
    let shown: Value = browser.state().await;
    assert_eq!(shown["status"]["kind"], "done", "nothing was changed");
}
