//! The page in Chromium, with a virtual authenticator: every flow, and what the page's own verifier
//! says of it.

mod approvals;
mod causes;
mod chromium;
mod codes;
mod devices;
mod inspector;
mod npm_package;
mod other_sites;
mod signals;

use core::time::Duration;
use std::{fs, path::Path, sync::Arc};

use chromium::Browser;
use portcullis::store::{Invitation, MemoryStore, Store as _};
use portcullis_tests::{
    chain::{Chain, pem},
    corpora,
    encoding::base64url,
    host::Host,
    mistakes, npm,
    verdict::{explain_text, judge_text},
    w3c::RECIPES,
    windows_hello,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A host, and a browser with its page open and an authenticator plugged in.
struct Desk {
    host: Host,
    browser: Browser,
    authenticator: String,
}

impl Desk {
    async fn new(settings: &[(&str, &str)]) -> Self {
        Self::at(Host::listening(settings).await).await
    }

    async fn at(host: Host) -> Self {
        let browser = Browser::start().await;
        browser
            .open(&format!("http://localhost:{}/", host.address().port()))
            .await;
        let state = browser.state().await;
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
        let state = self.browser.run("signout").await;
        assert_eq!(state["signedIn"], false, "{state:#}");
    }

    /// Opens the page, with this appended to its address.
    async fn open(&self, rest: &str) {
        let port = self.host.address().port();
        self.browser
            .open(&format!("http://localhost:{port}/{rest}"))
            .await;
    }

    /// What the inspector shows of the last ceremony.
    async fn how_it_was_checked(&self) -> Value {
        self.browser.press("checked").await;
        self.browser.wait_for("#verdict:not([hidden])").await;
        self.browser.state().await
    }

    /// Wants the page's own check of the last ceremony accepted too, and goes back to the account.
    #[track_caller]
    fn assert_checked_here_too(&self, steps: usize) -> impl Future<Output = Value> {
        let caller = core::panic::Location::caller();
        async move {
            let state = self.how_it_was_checked().await;
            assert_accepted(&state, steps, caller);
            self.open("").await;
            state
        }
    }

    /// Another authenticator in the place of the one that there is.
    async fn change_authenticator(&mut self) {
        self.browser.remove_authenticator(&self.authenticator).await;
        self.authenticator = self.browser.add_authenticator().await;
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
fn assert_accepted(state: &Value, steps: usize, caller: &core::panic::Location<'_>) {
    assert_eq!(state["verdict"]["accepted"], "true", "{caller}: {state:#}");
    assert_eq!(state["verdict"]["agrees"], "true", "{state:#}");
    let trace = state["trace"].as_array().expect("steps");
    assert_eq!(trace.len(), steps, "{caller}: {state:#}");
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
    desk.assert_checked_here_too(REGISTRATION_STEPS).await;
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
    desk.assert_checked_here_too(SIGN_IN_STEPS).await;

    desk.sign_out().await;
    let state = browser.run("signin-any").await;
    assert_eq!(state["account"], "Alice", "{state:#}");
    desk.assert_checked_here_too(SIGN_IN_STEPS).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    // A reload keeps the sign-in, and says nothing.
    browser.reload().await;
    let state = browser.state().await;
    assert_eq!(state["account"], "Alice");
    assert_eq!(state["status"]["text"], "", "{state:#}");
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
        let state = desk.assert_checked_here_too(REGISTRATION_STEPS).await;
        assert_eq!(state["judged"]["credential"]["algorithm"], algorithm);

        desk.sign_out().await;
        desk.browser.fill("username", &name).await;
        let state = desk.browser.run("signin").await;
        assert_eq!(state["account"], name, "{state:#}");
        let state = desk.assert_checked_here_too(SIGN_IN_STEPS).await;
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
    desk.assert_checked_here_too(SIGN_IN_STEPS).await;

    // And here, when the page is opened.
    desk.sign_out().await;
    browser.reload().await;
    browser
        .wait_for("body[data-signed-in='true'][data-busy='false']")
        .await;
    desk.assert_checked_here_too(SIGN_IN_STEPS).await;
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
    assert_eq!(state["account"], "alice", "still signed in");
    desk.assert_checked_here_too(REGISTRATION_STEPS).await;
    assert_eq!(desk.passkeys("alice").await, 2);
    assert_eq!(browser.credentials(&second).await.len(), 1);

    desk.sign_out().await;
    browser.fill("username", "alice").await;
    let state = browser.run("signin").await;
    assert_eq!(state["account"], "alice", "{state:#}");
    desk.assert_checked_here_too(SIGN_IN_STEPS).await;
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
    let said = state["status"]["text"].as_str().expect("text");
    assert!(said.contains("U+0020"), "which character: {said}");
    assert_eq!(state["focus"], "username");
    browser
        .wait_for("#username[aria-invalid='true']:focus")
        .await;
    let refused = browser.wait_for("#username[aria-invalid='true']").await;
    let described = refused.attr("aria-describedby").await.expect("it answers");
    assert_eq!(described.as_deref(), Some("username-hint status"));
    browser.fill("username", " ").await;
    browser.press("create").await;
    browser
        .wait_for("#status[data-kind='error'][data-code='name_missing']")
        .await;
}

#[rocket::async_test]
async fn an_authenticator_that_is_not_trusted_is_refused_in_words() {
    let roots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-roots");
    fs::create_dir_all(&roots).expect("a folder");
    let root = pem(&Chain::new().root_certificate());
    fs::write(roots.join("root.pem"), root).expect("a file");
    let roots = roots.to_str().expect("a path in UTF-8");
    let desk = Desk::new(&[("PORTCULLIS_ATTESTATION_ROOTS", roots)]).await;
    desk.browser.fill("username", "alice").await;
    let state = desk.browser.run("create").await;
    assert_eq!(
        state["status"]["code"], "attestation_untrusted",
        "{state:#}"
    );
    // The page does not know which roots the server trusts.
    let state = desk.how_it_was_checked().await;
    assert_eq!(state["verdict"]["accepted"], "true", "{state:#}");
    assert_eq!(state["verdict"]["agrees"], "true", "{state:#}");
    let credential = &state["judged"]["credential"];
    assert_eq!(credential["attestationType"], "basic", "it was asked for");
    assert!(desk.is_free("alice").await);
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

const CODES: (&str, &str) = ("PORTCULLIS_RECOVERY_CODES", "on");

#[rocket::async_test]
async fn somebody_signed_in_is_so_in_every_tab_until_signing_out_in_one() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    browser.set_presence(&desk.authenticator, false).await;
    let page = browser.state().await["address"]
        .as_str()
        .expect("an address")
        .to_owned();
    browser.open_in_new_tab(&page).await;
    let state = browser.state().await;
    assert_eq!(state["account"], "alice", "{state:#}");
    desk.sign_out().await;
    browser.show_first_tab().await;
    browser.wait_for("body[data-signed-in='false']").await;
    browser.wait_for("#entry:not([hidden])").await;
    let state = browser.state().await;
    assert_eq!(state["passkeys"], json!([]), "nothing is left: {state:#}");
    assert_eq!(state["session"], 0, "{state:#}");
    browser.reload().await;
    assert_eq!(browser.state().await["signedIn"], false);

    // And the other way round.
    browser.set_presence(&desk.authenticator, true).await;
    browser.fill("username", "alice").await;
    let state = browser.run("signin").await;
    assert_eq!(state["account"], "alice", "{state:#}");
    browser.show_second_tab().await;
    browser.wait_for("#account:not([hidden])").await;
}

#[rocket::async_test]
async fn a_session_that_is_over_is_said_so() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    desk.host
        .clock
        .advance(Duration::from_secs(15 * 24 * 60 * 60));
    let state = browser.run("add").await;
    assert_eq!(state["status"]["code"], "login_required", "{state:#}");
    assert_eq!(state["signedIn"], false, "{state:#}");
    assert_eq!(state["account"], Value::Null, "{state:#}");
}

#[rocket::async_test]
async fn a_passkey_is_renamed_and_removed_and_the_last_one_stays() {
    let owner = "<b>alice</b>";
    let mut desk = Desk::with_account(&[], owner).await;
    desk.browser
        .press_at("[data-action='passkey.rename']")
        .await;
    let name = "<b>desk drawer</b>";
    let state = desk.browser.confirm(Some(name)).await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    let shown = state["passkeys"][0].as_str().expect("text");
    assert!(shown.contains(name), "as it was typed: {shown}");

    desk.browser
        .press_at("[data-action='passkey.remove']")
        .await;
    let state = desk.browser.confirm(None).await;
    assert_eq!(state["status"]["code"], "last_credential", "{state:#}");
    assert_eq!(desk.passkeys(owner).await, 1);

    desk.change_authenticator().await;
    let state = desk.browser.run("add").await;
    assert_eq!(state["passkeys"].as_array().map(Vec::len), Some(2));
    desk.browser
        .press_at("li[data-current='false'] [data-action='passkey.remove']")
        .await;
    let state = desk.browser.confirm(None).await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    assert_eq!(state["account"], owner, "still signed in: {state:#}");
    assert_eq!(desk.passkeys(owner).await, 1);
    // The one that stays signed in: with it, the session ends.
    assert_eq!(state["passkeys"].as_array().map(Vec::len), Some(1));
}

#[rocket::async_test]
async fn what_needs_a_recent_sign_in_asks_for_the_passkey_and_goes_on() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    desk.host.clock.advance(Duration::from_secs(301));
    browser.press("delete").await;
    // Another name deletes nothing.
    browser.wait_for("#ask[open]").await;
    browser.fill("ask-input", "bob").await;
    browser.press("ask-go").await;
    browser.wait_for("#status[data-code='not_confirmed']").await;
    assert!(!desk.is_free("alice").await);

    // Without the passkey nothing is deleted either.
    browser.set_presence(&desk.authenticator, false).await;
    browser.press("delete").await;
    browser.wait_for("#ask[open]").await;
    browser.fill("ask-input", "alice").await;
    browser.press("ask-go").await;
    browser.wait_for("#cancel:not([hidden])").await;
    browser.press("cancel").await;
    browser.wait_for("body[data-busy='false']").await;
    let state = browser.state().await;
    assert_eq!(state["status"]["code"], "AbortError", "{state:#}");
    assert_eq!(state["account"], "alice", "{state:#}");
    assert!(!desk.is_free("alice").await);

    browser.set_presence(&desk.authenticator, true).await;
    browser.press("delete").await;
    let state = browser.confirm(Some("alice")).await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    assert_eq!(state["signedIn"], false, "{state:#}");
    assert!(desk.is_free("alice").await);
}

#[rocket::async_test]
async fn the_shown_name_changes_and_every_session_ends() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    browser.press("rename").await;
    let state = browser.confirm(Some("Alice in the office")).await;
    assert_eq!(state["status"]["kind"], "done", "{state:#}");
    browser.reload().await;
    let shown = browser.wait_for("#account-shown").await;
    assert_eq!(shown.text().await.expect("text"), "Alice in the office");
    assert_eq!(browser.state().await["sessions"], 1);

    browser.press("sessions-end").await;
    let state = browser.confirm(None).await;
    assert_eq!(state["signedIn"], false, "{state:#}");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[rocket::async_test]
async fn a_recovery_code_gets_a_person_back_in() {
    let mut desk = Desk::with_account(&[CODES], "alice").await;
    let state = desk.browser.run("codes-make").await;
    assert_eq!(state["focus"], "codes-list", "{state:#}");
    let code = desk.browser.wait_for("#codes-list > li").await;
    let code = code.text().await.expect("text");
    desk.sign_out().await;
    desk.change_authenticator().await;

    desk.open("#recover").await;
    desk.browser
        .fill("recover-code", "0000-0000-0000-0000")
        .await;
    desk.browser.fill("recover-name", "a b").await;
    let state = desk.browser.run("recover-go").await;
    assert_eq!(state["status"]["code"], "username_invalid", "{state:#}");
    assert_eq!(state["focus"], "recover-name", "{state:#}");
    desk.browser.fill("recover-name", "alice").await;
    let state = desk.browser.run("recover-go").await;
    assert_eq!(state["status"]["code"], "recovery_refused", "{state:#}");
    desk.browser.fill("recover-code", &code).await;
    let state = desk.browser.run("recover-go").await;
    assert_eq!(state["account"], "alice", "{state:#}");
    assert_eq!(state["passkeys"].as_array().map(Vec::len), Some(2));
    let left = desk.browser.wait_for("#codes-left").await;
    assert_eq!(left.text().await.expect("text"), "Codes left: 9");
}

#[rocket::async_test]
async fn the_page_speaks_the_browsers_language() {
    let desk = Desk::new(&[]).await;
    let browser = &desk.browser;
    assert_eq!(
        browser.script("return document.documentElement.lang").await,
        "en"
    );
    let agent = browser.script("return navigator.userAgent").await;
    let german = json!({"userAgent": agent, "acceptLanguage": "de-AT,de"});
    browser
        .devtools("Emulation.setUserAgentOverride", german)
        .await;
    browser.reload().await;
    browser.wait_for("html[lang='de'][dir='ltr']").await;
    let button = browser.wait_for("#signin").await;
    assert_eq!(button.text().await.expect("text"), "Anmelden");
    browser.fill("username", "a b").await;
    let state = browser.run("create").await;
    let said = state["status"]["text"].as_str().expect("text");
    assert!(
        said.contains("(U+0020) kann nicht in einem Namen"),
        "{said}"
    );
    let unsaid = "return [...document.querySelectorAll('[data-text]')].filter((place) => place.textContent === '' || place.textContent === place.dataset.text).length";
    assert_eq!(browser.script(unsaid).await, 0);
}

#[rocket::async_test]
async fn recovery_is_not_offered_where_it_is_off() {
    let desk = Desk::with_account(&[], "alice").await;
    desk.browser.wait_for("#codes[hidden]").await;
    desk.sign_out().await;
    desk.browser.wait_for("#lost[hidden]").await;
}

#[rocket::async_test]
async fn an_invitation_opens_an_account_where_sign_up_is_not_open() {
    let store = Arc::new(MemoryStore::default());
    let shared = Arc::clone(&store);
    let settings = [("PORTCULLIS_SIGNUP", "invite")];
    let host = Host::listening_with(&settings, |host| host.with_store(shared)).await;
    let secret = [7; 32];
    let expires = host.clock.now() + 60;
    let invitation = Invitation::new(Sha256::digest(secret).into(), Some("alice".into()), expires);
    store.invite(invitation).await.expect("room");

    let desk = Desk::at(host).await;
    let browser = &desk.browser;
    browser.wait_for("#create[hidden]").await;
    let link = format!("#invite={}", base64url(&secret));
    desk.open(&link).await;
    browser.wait_for("#create:not([hidden])").await;
    browser.fill("username", "bob").await;
    let state = browser.run("create").await;
    assert_eq!(state["status"]["code"], "invitation_refused", "{state:#}");
    assert_eq!(state["focus"], "username", "{state:#}");
    browser.fill("username", "alice").await;
    let state = browser.run("create").await;
    assert_eq!(state["account"], "alice", "{state:#}");
    let address = state["address"].as_str().expect("an address");
    assert!(!address.contains("invite"), "it is used up: {address}");
}

#[rocket::async_test]
async fn a_person_goes_back_only_where_the_host_allows() {
    let desk = Desk::with_account(&[("PORTCULLIS_RETURN_TO", "http://localhost:1")], "alice").await;
    let browser = &desk.browser;
    let home = browser.state().await["address"]
        .as_str()
        .expect("an address")
        .to_owned();
    let there = format!("{home}healthz?a=b");
    // Signed in already, at once.
    browser
        .visit(&format!("{home}?return_to=%2Fhealthz%3Fa%3Db"))
        .await;
    browser.wait_for_address(&there).await;
    // Nowhere else.
    for trick in [
        "https%3A%2F%2Fevil.example%2F",
        "%2F%2Fevil.example%2F",
        "%2F%5Cevil.example",
        "javascript%3Aalert(1)",
        "http%3A%2F%2Flocalhost%3A1%40evil.example",
    ] {
        browser.visit(&format!("{home}?return_to={trick}")).await;
        browser.wait_for_address(&home).await;
    }
    browser.wait_for("body[data-ready]").await;

    // After a sign-in.
    desk.sign_out().await;
    browser
        .visit(&format!("{home}?return_to=%2Fhealthz%3Fa%3Db"))
        .await;
    browser.wait_for_address(&there).await;
}

#[rocket::async_test]
async fn the_library_is_what_its_types_say() {
    let desk = Desk::new(&[]).await;
    let exported = desk
        .browser
        .script(
            "return import('./js/portcullis.js').then((library) => Object.keys(library).sort());",
        )
        .await;
    let types = include_str!("../../../web/js/portcullis.d.ts");
    let mut declared: Vec<&str> = types
        .lines()
        .filter_map(|line| {
            let declared = line
                .strip_prefix("export function ")
                .or_else(|| line.strip_prefix("export class "))?;
            declared
                .split(|letter: char| !letter.is_alphanumeric())
                .next()
        })
        .collect();
    declared.sort_unstable();
    assert_eq!(exported, json!(declared));
    let code = desk
        .browser
        .script(
            "return import('./js/portcullis.js').then(async ({ credentials, Problem, PortcullisError }) => {
                 const error = await credentials().catch((error) => error);
                 return error instanceof Problem && error instanceof PortcullisError && error.code;
             });",
        )
        .await;
    assert_eq!(code, "login_required");
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
async fn a_pasted_check_is_judged_and_leaves_the_sign_in_alone() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    let before = desk.how_it_was_checked().await;
    let mut check = RECIPES[1].make().registration_check();
    for (challenge, accepted) in [
        (check["challenge"].clone(), "true"),
        (json!("AAAA"), "false"),
    ] {
        check["challenge"] = challenge;
        let fill = format!(
            "document.getElementById('artefact').value = {};",
            json!(check.to_string())
        );
        browser.script(&fill).await;
        browser.press("explain").await;
        browser
            .wait_for(&format!(
                "#verdict[data-accepted='{accepted}']:not([hidden])"
            ))
            .await;
        let native: Value = serde_json::from_str(&explain_text(&check.to_string())).expect("JSON");
        let steps = native["trace"].as_array().expect("a trace").len();
        browser
            .wait_for(&format!("#trace > li:nth-child({steps}):last-child"))
            .await;
        assert_eq!(browser.state().await["judged"], native);
    }
    desk.open("").await;
    let state = browser.state().await;
    assert_eq!(state["account"], "alice", "{state:#}");
    let after = desk.how_it_was_checked().await;
    assert_eq!(after["judged"], before["judged"], "the sign-in's own");
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

/// What axe-core finds wrong with the page as it is, in light and in dark.
async fn barriers(browser: &Browser, axe: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for scheme in ["light", "dark"] {
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", scheme).await;
        let run = "
            const { violations } = await axe.run();
            return violations.map(({ id, nodes }) => ({ id, at: nodes.map((node) => node.html) }));";
        let violations = browser
            .script(&format!("{axe};\nreturn (async () => {{{run}}})();"))
            .await;
        found.extend(violations.as_array().expect("a list").iter().cloned());
    }
    found
}

#[rocket::async_test]
async fn neither_page_has_a_barrier_that_axe_core_knows() {
    let axe = match npm::AXE.read() {
        Ok(axe) => axe,
        Err(e) => {
            corpora::report(&format!(
                "NOT RUN: accessibility, for want of axe-core: {e}"
            ));
            return;
        }
    };
    let none: [Value; 0] = [];
    let desk = Desk::new(&[CODES]).await;
    assert_eq!(barriers(&desk.browser, &axe).await, none, "signed out");
    desk.browser.press("lost").await;
    assert_eq!(barriers(&desk.browser, &axe).await, none, "recovery");
    desk.browser.press("recover-back").await;
    desk.browser.fill("username", "alice").await;
    desk.browser.run("create").await;
    assert_eq!(barriers(&desk.browser, &axe).await, none, "signed in");
    desk.browser.run("codes-make").await;
    assert_eq!(barriers(&desk.browser, &axe).await, none, "codes");
    desk.browser.press("delete").await;
    desk.browser.wait_for("#ask[open]").await;
    assert_eq!(barriers(&desk.browser, &axe).await, none, "a dialog");
    desk.browser.press("ask-cancel").await;
    desk.browser.run("device").await;
    desk.browser.wait_for("#link[open]").await;
    assert_eq!(barriers(&desk.browser, &axe).await, none, "a link");
    desk.browser.press("link-close").await;
    desk.browser.wait_for("#link:not([open])").await;
    desk.sign_out().await;
    desk.open("#add=0000-0000-0000-0000&name=alice").await;
    desk.browser.run("create").await;
    assert_eq!(barriers(&desk.browser, &axe).await, none, "another device");

    let inspector = Inspector::new().await;
    assert_eq!(barriers(&inspector.browser, &axe).await, none, "empty");
    let mut check = RECIPES[1].make().registration_check();
    check["challenge"] = json!("AAAA");
    inspector.explain(&check.to_string()).await;
    inspector.browser.wait_for("#verdict:not([hidden])").await;
    assert_eq!(barriers(&inspector.browser, &axe).await, none, "a verdict");
    let response = windows_hello_response().to_string();
    inspector.explain(&response[..response.len() / 2]).await;
    assert_eq!(barriers(&inspector.browser, &axe).await, none, "a break");
}

#[rocket::async_test]
async fn the_inspector_fits_a_phone() {
    let inspector = Inspector::new().await;
    inspector.browser.set_width(320).await;
    inspector
        .explain(&windows_hello_response().to_string())
        .await;
    inspector
        .browser
        .script("document.getElementById('open-all').click()")
        .await;
    inspector.choose("[data-name=aaguid]").await;
    let fits = async || {
        let wider = inspector
            .browser
            .script("return document.documentElement.scrollWidth - innerWidth")
            .await;
        assert!(
            wider.as_i64().is_some_and(|pixels| pixels <= 0),
            "{wider} pixels too wide"
        );
    };
    fits().await;
    // What was found and what was expected are long words.
    for mistake in mistakes::all() {
        if ["challenge_encoded_twice", "rp_id_is_origin"].contains(&mistake.code) {
            inspector.explain(&mistake.input).await;
            inspector.browser.wait_for("#verdict:not([hidden])").await;
            fits().await;
        }
    }
}

#[rocket::async_test]
async fn the_page_fits_a_phone() {
    let desk = Desk::with_account(&[CODES], "alice").await;
    desk.browser.set_width(320).await;
    for selector in ["#passkeys > li", "#sessions > li"] {
        desk.browser.wait_for(selector).await;
    }
    let fits = async |state: &str| {
        let wider = desk
            .browser
            .script(
                "const dialog = document.querySelector('dialog[open]');
                 const inside = dialog ? dialog.scrollWidth - dialog.clientWidth : 0;
                 return Math.max(inside, document.documentElement.scrollWidth - innerWidth);",
            )
            .await;
        let fits = wider.as_i64().is_some_and(|pixels| pixels <= 0);
        assert!(fits, "{state}: {wider} pixels too wide");
    };
    fits("the account").await;
    desk.browser.run("codes-make").await;
    fits("codes").await;
    desk.browser.run("device").await;
    desk.browser.wait_for("#link[open]").await;
    fits("a link").await;
    desk.browser.press("link-close").await;
    desk.browser.wait_for("#link:not([open])").await;
    desk.browser.press("delete").await;
    desk.browser.wait_for("#ask[open]").await;
    fits("a dialog").await;
    desk.browser.press("ask-cancel").await;
    desk.sign_out().await;
    fits("signed out").await;
    desk.browser.press("lost").await;
    fits("recovery").await;
}

/// A browser with the inspector open.
struct Inspector {
    browser: Browser,
    _host: Host,
}

impl Inspector {
    async fn new() -> Self {
        let browser = Browser::start().await;
        let host = Host::listening(&[]).await;
        let port = host.address().port();
        browser
            .open(&format!("http://localhost:{port}/inspect.html"))
            .await;
        Self {
            browser,
            _host: host,
        }
    }

    async fn explain(&self, text: &str) {
        let text = json!(text);
        let fill = format!("document.getElementById('artefact').value = {text};");
        self.browser.script(&fill).await;
        self.browser.press("explain").await;
        self.browser.wait_for("#explanation:not([hidden])").await;
    }

    /// Chooses the first field that matches; what the page then marks.
    async fn choose(&self, selector: &str) -> Value {
        let script = format!(
            "document.querySelector('#tree {selector}').click();
             const bytes = document.getElementById('bytes');
             const marked = bytes.querySelectorAll('.hex-bytes mark');
             return {{
                 ...bytes.dataset,
                 marked: [...marked].map((mark) => mark.textContent).join(' ').replaceAll(' ', ''),
                 chosen: document.querySelectorAll('#tree [aria-selected=true]').length,
             }};"
        );
        self.browser.script(&script).await
    }

    async fn text(&self, selector: &str) -> String {
        self.browser
            .wait_for(selector)
            .await
            .text()
            .await
            .expect("text")
    }
}

fn windows_hello_response() -> Value {
    windows_hello::registration("example.org", &[7; 32], "https://example.org").response()
}

#[rocket::async_test]
async fn the_inspector_explains_a_registration_and_marks_the_bytes_of_a_field() {
    let inspector = Inspector::new().await;
    inspector
        .explain(&windows_hello_response().to_string())
        .await;
    assert_eq!(
        inspector.text("#guess").await,
        "Taken for: registration response in JSON."
    );
    let aaguid = inspector.choose("[data-name=aaguid]").await;
    let hex: String = windows_hello::AAGUID
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        aaguid,
        json!({"artefact": "authenticator data", "at": "37", "length": "16", "marked": hex, "chosen": 1})
    );
    let magic = inspector.choose("[data-name=magic]").await;
    assert_eq!(magic["artefact"], "TPM attestation (TPMS_ATTEST)");
    assert_eq!(magic["marked"], "ff544347");
    let model = inspector.choose("[data-name=tcg-at-tpmModel]").await;
    assert_eq!(model["artefact"], "certificate");
    for (selector, meaning) in [
        ("[data-name=aaguid]", "Windows Hello"),
        ("[data-name=fixedTPM]", "cannot leave this TPM"),
    ] {
        let row = inspector.text(&format!("#tree {selector}")).await;
        assert!(row.contains(meaning), "{row}");
    }
    let complaints = inspector.browser.complaints().await;
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[rocket::async_test]
async fn the_inspector_says_where_an_assertion_was_cut() {
    let inspector = Inspector::new().await;
    let response = RECIPES[0].make().assertion.response().to_string();
    inspector.explain(&response[..response.len() / 2]).await;
    let broken = inspector.text("#tree [data-broken]").await;
    assert!(broken.contains("ends too early"), "{broken}");
    // What comes before is explained nevertheless.
    let challenge = inspector.choose("[data-name=type]").await;
    assert_eq!(challenge["artefact"], "authentication response");
    assert_eq!(challenge["marked"], "7075626c69632d6b6579");
}

#[rocket::async_test]
async fn the_colour_is_that_of_the_outcome_and_a_break_is_one_press_away() {
    let inspector = Inspector::new().await;
    inspector.explain("what is this?").await;
    inspector
        .browser
        .wait_for("#guess[data-kind='error']")
        .await;
    let response = RECIPES[0].make().assertion.response().to_string();
    inspector.explain(&response[..response.len() / 2]).await;
    let guess = inspector.text("#guess[data-kind='error']").await;
    assert!(guess.contains("ends too early"), "{guess}");
    inspector.browser.press("show-break").await;
    let chosen = inspector
        .browser
        .script("return document.activeElement.dataset.broken")
        .await;
    assert_eq!(chosen, "", "the break has the focus");
    inspector.explain(&response).await;
    // It is whole, and there is no key to judge it with.
    inspector
        .browser
        .wait_for("#guess[data-kind='notice']")
        .await;
    inspector.browser.wait_for("#to-break[hidden]").await;
}

#[rocket::async_test]
async fn the_examples_are_what_they_say() {
    let inspector = Inspector::new().await;
    let browser = &inspector.browser;
    browser.press_at("[data-example='accepted']").await;
    browser
        .wait_for("#verdict[data-accepted='true']:not([hidden])")
        .await;
    browser.press_at("[data-example='refused']").await;
    browser
        .wait_for("#verdict[data-code='origin_mismatch']:not([hidden])")
        .await;
    browser.press_at("[data-example='broken']").await;
    browser.wait_for("#guess[data-kind='error']").await;
    browser.wait_for("#to-break:not([hidden])").await;
    browser.wait_for("#verdict[hidden]").await;
}

#[rocket::async_test]
async fn the_inspector_is_used_with_the_keyboard() {
    let inspector = Inspector::new().await;
    inspector
        .explain(&windows_hello_response().to_string())
        .await;
    let press = async |key: &str| {
        let script = format!(
            "const item = document.querySelector('#tree [aria-selected=true]');
             item.focus();
             item.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}}));
             const chosen = document.activeElement;
             return [chosen.dataset.name ?? chosen.dataset.artefact, chosen.getAttribute('aria-expanded')];"
        );
        inspector.browser.script(&script).await
    };
    assert_eq!(
        press("ArrowUp").await,
        json!(["registration response", "true"])
    );
    assert_eq!(press("ArrowDown").await, json!(["id", null]));
    assert_eq!(
        press("ArrowLeft").await,
        json!(["registration response", "true"])
    );
    assert_eq!(
        press("ArrowLeft").await,
        json!(["registration response", "false"])
    );
    assert_eq!(
        press("End").await,
        json!(["registration response", "false"])
    );
    assert_eq!(
        press("ArrowRight").await,
        json!(["registration response", "true"])
    );
    assert_eq!(press("ArrowRight").await, json!(["id", null]));
}

#[rocket::async_test]
async fn the_inspector_shows_the_verdict_of_a_check() {
    let inspector = Inspector::new().await;
    let mut check = RECIPES[1].make().registration_check();
    check["challenge"] = json!("AAAA");
    inspector.explain(&check.to_string()).await;
    inspector
        .browser
        .wait_for("#verdict[data-accepted='false']:not([hidden])")
        .await;
    let state = inspector.browser.state().await;
    let native: Value = serde_json::from_str(&explain_text(&check.to_string())).expect("JSON");
    let steps = native["trace"].as_array().expect("a trace").len();
    assert_eq!(state["trace"].as_array().map(Vec::len), Some(steps));
    assert_eq!(state["judged"], native);
    // What is no check has none.
    let id = check["response"]["id"].to_string();
    inspector.explain(&id).await;
    inspector.browser.wait_for("#verdict[hidden]").await;
}

#[rocket::async_test]
async fn the_last_response_of_the_tab_is_explained_with_its_verdict() {
    let desk = Desk::with_account(&[], "alice").await;
    let browser = &desk.browser;
    browser.press("checked").await;
    browser
        .wait_for("#verdict[data-accepted='true']:not([hidden])")
        .await;
    browser.wait_for("#tree [data-name='aaguid']").await;
    // The response alone is recognised as that ceremony's.
    let response = browser
        .script(
            "const field = document.getElementById('artefact');
             field.value = JSON.stringify(JSON.parse(field.value).response);
             document.getElementById('verdict').hidden = true;
             return field.value;",
        )
        .await;
    assert!(response.as_str().is_some_and(|text| !text.contains("rpId")));
    browser.press("explain").await;
    browser
        .wait_for("#verdict[data-accepted='true']:not([hidden])")
        .await;
}
