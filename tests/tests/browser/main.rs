//! The page in Chromium, with a virtual authenticator: every flow, and what the page's own verifier
//! says of it.

mod chromium;

use chromium::Browser;
use portcullis_tests::{host::Host, verdict::judge_text, w3c::RECIPES};
use serde_json::{Value, json};

/// A host, and a browser with its page open and an authenticator plugged in.
struct Desk {
    host: Host,
    browser: Browser,
    authenticator: String,
}

impl Desk {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let browser = Browser::start().await;
        let host = Host::listening(settings).await;
        browser
            .open(&format!("http://localhost:{}/", host.address().port()))
            .await;
        let state = browser.state().await;
        assert_eq!(
            state["missing"],
            Value::Null,
            "The WebAssembly build is missing: ./portcullis test makes it"
        );
        assert_eq!(state["obstacle"], Value::Null, "{state:#}");
        // Only now: a page that finds a passkey when it loads signs in by itself.
        let authenticator = browser.add_authenticator().await;
        Self {
            host,
            browser,
            authenticator,
        }
    }

    /// With an account, signed in.
    async fn with_account(settings: &[(&str, &str)], name: &str) -> Self {
        let desk = Self::new(settings).await;
        desk.browser.fill("username", name).await;
        let state = desk.browser.run("create").await;
        assert_eq!(state["account"], name, "{state:#}");
        desk
    }

    async fn sign_out(&self) {
        self.browser.press("signout").await;
        self.browser.wait_for("body[data-signed-in='false']").await;
    }

    /// How many passkeys the account has, as its sign-in shows.
    async fn passkeys(&self, name: &str) -> usize {
        let begun = self
            .host
            .post("/authenticate/begin", &json!({ "username": name }))
            .await
            .ok();
        begun["publicKey"]["allowCredentials"]
            .as_array()
            .expect("a list")
            .len()
    }

    async fn is_free(&self, name: &str) -> bool {
        self.host
            .post("/register/begin", &json!({ "username": name }))
            .await
            .status
            == 200
    }
}

/// Wants the page's own check accepted, with so many steps, and the same verdict natively.
#[track_caller]
fn assert_checked_here_too(state: &Value, steps: usize) {
    assert_eq!(state["verdict"]["accepted"], "true", "{state:#}");
    assert_eq!(state["verdict"]["agrees"], "true", "{state:#}");
    let trace = state["trace"].as_array().expect("steps");
    assert_eq!(trace.len(), steps, "{state:#}");
    assert!(
        trace.iter().all(|step| step["outcome"] != "fail"),
        "{state:#}"
    );
    assert!(
        trace.iter().any(|step| step["outcome"] == "pass"),
        "{state:#}"
    );
    let native: Value =
        serde_json::from_str(&judge_text(state["check"].as_str().expect("a check"))).expect("JSON");
    assert_eq!(
        state["judged"], native,
        "WebAssembly in the browser and native"
    );
}

const REGISTRATION_STEPS: usize = 27;
const SIGN_IN_STEPS: usize = 23;

#[rocket::async_test]
async fn a_passkey_is_created_and_signs_in_by_name_and_without() {
    let desk = Desk::new(&[]).await;
    let browser = &desk.browser;
    browser.fill("username", "Alice").await;
    let state = browser.run("create").await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    assert_eq!(state["account"], "Alice");
    assert_checked_here_too(&state, REGISTRATION_STEPS);
    assert!(!desk.is_free("alice").await);

    desk.sign_out().await;
    let state = browser.state().await;
    assert_eq!(
        (&state["account"], &state["session"]),
        (&Value::Null, &json!(0)),
        "nothing is kept"
    );

    browser.fill("username", "alice").await;
    let state = browser.run("signin").await;
    assert_eq!(state["account"], "Alice", "{state:#}");
    assert_checked_here_too(&state, SIGN_IN_STEPS);

    desk.sign_out().await;
    let state = browser.run("signin-any").await;
    assert_eq!(state["account"], "Alice", "{state:#}");
    assert_checked_here_too(&state, SIGN_IN_STEPS);
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    // A reload keeps the sign-in.
    browser.reload().await;
    assert_eq!(browser.state().await["account"], "Alice");
}

/// All that the virtual authenticator makes: ES256, `EdDSA`, RS256, and ML-DSA-44, -65 and -87.
const ALGORITHMS: [i64; 6] = [-7, -8, -257, -48, -49, -50];

#[rocket::async_test]
async fn a_passkey_of_each_algorithm_is_created_and_signs_in() {
    let mut desk = Desk::new(&[]).await;
    for algorithm in ALGORITHMS {
        // It makes the first that it can of those that the host offers: now of this one alone.
        desk.browser
            .script(&format!(
                "const create = CredentialsContainer.prototype.create;
                navigator.credentials.create = (options) => {{
                    const offered = options.publicKey.pubKeyCredParams;
                    options.publicKey.pubKeyCredParams = offered.filter(({{ alg }}) => alg === {algorithm});
                    return create.call(navigator.credentials, options);
                }};"
            ))
            .await;
        let name = format!("algorithm{algorithm}");
        desk.browser.fill("username", &name).await;
        let state = desk.browser.run("create").await;
        assert_eq!(state["account"], name, "{state:#}");
        assert_checked_here_too(&state, REGISTRATION_STEPS);
        assert_eq!(state["judged"]["credential"]["algorithm"], algorithm);

        desk.sign_out().await;
        desk.browser.fill("username", &name).await;
        let state = desk.browser.run("signin").await;
        assert_eq!(state["account"], name, "{state:#}");
        assert_checked_here_too(&state, SIGN_IN_STEPS);
        assert_eq!(state["judged"]["credential"]["algorithm"], algorithm);

        // One authenticator has room for three passkeys only.
        desk.sign_out().await;
        desk.browser.remove_authenticator(&desk.authenticator).await;
        desk.authenticator = desk.browser.add_authenticator().await;
    }
    assert_eq!(desk.browser.complaints().await, Vec::<String>::new());
}

#[rocket::async_test]
async fn a_suggestion_picked_in_the_name_field_signs_in() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    desk.sign_out().await;
    // The virtual authenticator picks as soon as the page waits: here, when the field is pointed at.
    browser.point_at("username").await;
    browser
        .wait_for("body[data-signed-in='true'][data-busy='false']")
        .await;
    let state = browser.state().await;
    assert_eq!(state["account"], "alice", "{state:#}");
    assert_checked_here_too(&state, SIGN_IN_STEPS);

    // And here, when the page is opened.
    desk.sign_out().await;
    browser.reload().await;
    browser
        .wait_for("body[data-signed-in='true'][data-busy='false']")
        .await;
    assert_checked_here_too(&browser.state().await, SIGN_IN_STEPS);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[rocket::async_test]
async fn a_waiting_suggestion_renews_its_challenge_and_makes_way_for_a_button() {
    let desk = Desk::with_account(&[("PORTCULLIS_CHALLENGE_TTL", "4")], "alice").await;
    let browser = &desk.browser;
    browser.set_presence(&desk.authenticator, false).await;
    desk.sign_out().await;
    browser
        .script(
            "window.begun = 0;
             const sent = window.fetch;
             window.fetch = (...args) => {
                 if (String(args[0]?.url ?? args[0]).endsWith('authenticate/begin')) {
                     document.body.dataset.begun = ++window.begun;
                 }
                 return sent(...args);
             };",
        )
        .await;
    browser.point_at("username").await;
    browser.wait_for("body[data-begun='1']").await;
    browser.wait_for("body[data-begun='2']").await;
    browser.set_presence(&desk.authenticator, true).await;
    let state = browser.run("signin-any").await;
    assert_eq!(state["account"], "alice", "{state:#}");
}

#[rocket::async_test]
async fn an_account_gets_a_second_passkey_from_another_authenticator() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;

    // The one that has a passkey of the account already makes no other.
    let state = browser.run("add").await;
    assert_eq!(state["status"]["kind"], "error", "{state:#}");
    assert_eq!(state["status"]["code"], "InvalidStateError", "{state:#}");
    assert_eq!(desk.passkeys("alice").await, 1);

    browser.remove_authenticator(&desk.authenticator).await;
    let second = browser.add_authenticator().await;
    let state = browser.run("add").await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    assert_checked_here_too(&state, REGISTRATION_STEPS);
    assert_eq!(state["account"], "alice", "still signed in");
    assert_eq!(desk.passkeys("alice").await, 2);
    assert_eq!(browser.credentials(&second).await.len(), 1);

    desk.sign_out().await;
    browser.fill("username", "alice").await;
    let state = browser.run("signin").await;
    assert_checked_here_too(&state, SIGN_IN_STEPS);
}

#[rocket::async_test]
async fn a_taken_name_and_a_missing_name_get_a_sentence() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    desk.sign_out().await;
    browser.fill("username", "Alice").await;
    let state = browser.run("create").await;
    assert_eq!(state["status"]["code"], "username_taken", "{state:#}");
    assert_eq!(desk.passkeys("alice").await, 1);
    browser.fill("username", "a b").await;
    let state = browser.run("create").await;
    assert_eq!(state["status"]["code"], "username_invalid", "{state:#}");
    browser.fill("username", " ").await;
    browser.press("signin").await;
    browser
        .wait_for("#status[data-kind='error'][data-code='name_missing']")
        .await;
}

#[rocket::async_test]
async fn a_page_at_another_origin_is_refused() {
    // The page is served, but at an address that is not the configured one: the browser lets it
    // ask, the RP id ignores ports, and the verifier does not.
    let desk = Desk::new(&[("PORTCULLIS_ORIGINS", "http://localhost:1")]).await;
    desk.browser.fill("username", "alice").await;
    let state = desk.browser.run("create").await;
    assert_eq!(state["status"]["kind"], "error", "{state:#}");
    assert_eq!(state["status"]["code"], "origin_mismatch", "{state:#}");
    assert_eq!(state["signedIn"], false);
    assert!(desk.is_free("alice").await, "nothing is stored");
}

#[rocket::async_test]
async fn a_cancelled_ceremony_changes_nothing() {
    let desk = Desk::new(&[]).await;
    let browser = &desk.browser;
    browser.set_presence(&desk.authenticator, false).await;
    browser.fill("username", "alice").await;
    browser.press("create").await;
    browser.wait_for("#cancel:not([hidden])").await;
    browser.press("cancel").await;
    browser.wait_for("body[data-busy='false']").await;
    let state = browser.state().await;
    assert_eq!(state["status"]["code"], "AbortError", "{state:#}");
    assert_eq!(state["signedIn"], false);
    assert!(desk.is_free("alice").await);

    // And the browser is free for the next.
    browser.set_presence(&desk.authenticator, true).await;
    let state = browser.run("create").await;
    assert_eq!(state["account"], "alice", "{state:#}");
}

#[rocket::async_test]
async fn a_ceremony_that_nobody_answers_times_out() {
    let desk = Desk::new(&[("PORTCULLIS_CHALLENGE_TTL", "2")]).await;
    let browser = &desk.browser;
    browser.set_presence(&desk.authenticator, false).await;
    browser.fill("username", "alice").await;
    let state = browser.run("create").await;
    assert_eq!(state["status"]["kind"], "error", "{state:#}");
    assert_eq!(state["status"]["code"], "NotAllowedError", "{state:#}");
    assert_eq!(state["signedIn"], false);
}

#[rocket::async_test]
async fn a_sign_in_without_a_passkey_is_said_in_words() {
    let desk = Desk::new(&[]).await;
    let browser = &desk.browser;
    browser.fill("username", "nobody").await;
    for button in ["signin", "signin-any"] {
        let state = browser.run(button).await;
        assert_eq!(state["status"]["kind"], "error", "{button}: {state:#}");
        assert_eq!(
            state["status"]["code"], "NotAllowedError",
            "{button}: {state:#}"
        );
    }
}

#[rocket::async_test]
async fn a_bogus_signature_and_a_rolled_back_counter_are_refused() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    desk.sign_out().await;
    browser.fill("username", "alice").await;
    let override_bits = async |bogus: bool| {
        let parameters = json!({"authenticatorId": desk.authenticator, "isBogusSignature": bogus});
        browser.devtools("WebAuthn.enable", json!({})).await;
        browser
            .devtools("WebAuthn.setResponseOverrideBits", parameters)
            .await;
    };
    override_bits(true).await;
    let state = browser.run("signin").await;
    assert_eq!(state["status"]["code"], "signature_invalid", "{state:#}");
    assert_eq!(state["signedIn"], false);

    override_bits(false).await;
    browser.run("signin").await;
    desk.sign_out().await;
    let mut credential = browser.credentials(&desk.authenticator).await.remove(0);
    credential["signCount"] = json!(0);
    browser
        .replace_credential(&desk.authenticator, credential)
        .await;
    browser.fill("username", "alice").await;
    let state = browser.run("signin").await;
    assert_eq!(
        state["status"]["code"], "sign_count_not_increased",
        "{state:#}"
    );
    assert_eq!(state["signedIn"], false);
}

#[rocket::async_test]
async fn a_pasted_check_is_judged_in_the_page() {
    let desk = Desk::new(&[]).await;
    let browser = &desk.browser;
    let mut check = RECIPES[1].make().registration_check();
    for (challenge, accepted) in [
        (check["challenge"].clone(), "true"),
        (json!("AAAA"), "false"),
    ] {
        check["challenge"] = challenge;
        browser.fill("paste", &check.to_string()).await;
        browser.press("run-check").await;
        browser
            .wait_for(&format!(
                "#verdict[data-accepted='{accepted}']:not([hidden])"
            ))
            .await;
        let state = browser.state().await;
        let native: Value = serde_json::from_str(&judge_text(&check.to_string())).expect("JSON");
        assert_eq!(state["judged"], native);
        let steps = native["trace"].as_array().expect("a trace").len();
        assert_eq!(state["trace"].as_array().map(Vec::len), Some(steps));
    }
}

#[rocket::async_test]
async fn an_ip_address_leads_to_the_configured_origin() {
    let browser = Browser::start().await;
    let host = Host::listening(&[]).await;
    browser
        .open(&format!("http://127.0.0.1:{}/", host.address().port()))
        .await;
    let state = browser.state().await;
    assert_eq!(state["address"], format!("{}/", host.origin), "{state:#}");
}

#[rocket::async_test]
async fn the_page_fits_a_phone() {
    let desk = Desk::with_account(&[], "alice").await;
    desk.browser.set_width(375).await;
    for selector in ["#account-title", "#trace > li"] {
        desk.browser.wait_for(selector).await;
    }
    let wider = desk
        .browser
        .script("return document.documentElement.scrollWidth - innerWidth")
        .await;
    assert!(
        wider.as_i64().is_some_and(|pixels| pixels <= 0),
        "{wider} pixels too wide"
    );
}
