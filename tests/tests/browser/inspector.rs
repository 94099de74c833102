//! The inspector as a debugger: what people paste, what it says is wrong, and that nothing leaves the page.

use std::{
    collections::{BTreeSet, HashSet},
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use portcullis_core::diagnose::settings::examine;
use portcullis_tests::{
    encoding::base64url, host::Host, mistakes, npm, person::Person, verdict::explain_text,
};
use public_suffix::{DEFAULT_PROVIDER, EffectiveTLDProvider as _};
use serde_json::{Value, json};

use super::{Desk, Inspector, barriers};

/// A good check of a sign-in, with a response that `change` has changed.
fn sign_in(change: impl FnOnce(&mut Value)) -> Value {
    let mut check = mistakes::good().remove(1);
    change(&mut check);
    check
}

impl Inspector {
    /// Brings a text as the clipboard does.
    async fn paste(&self, text: &str) {
        let script = format!(
            "const field = document.getElementById('artefact');
             const clipboardData = new DataTransfer();
             clipboardData.setData('text/plain', {});
             field.value = clipboardData.getData('text/plain').slice(0, 1000);
             delete document.body.dataset.busy;
             field.dispatchEvent(new ClipboardEvent('paste', {{clipboardData, bubbles: true, cancelable: true}}));",
            json!(text)
        );
        self.browser.script(&script).await;
        self.browser.wait_for("body[data-busy='false']").await;
    }

    /// Drops a file of these bytes onto the page.
    async fn drop_file(&self, content: &[u8]) {
        let script = format!(
            "const content = Uint8Array.from({:?});
             const dataTransfer = new DataTransfer();
             dataTransfer.items.add(new File([content], 'dropped'));
             delete document.body.dataset.busy;
             document.body.dispatchEvent(new DragEvent('drop', {{dataTransfer, bubbles: true, cancelable: true}}));",
            content
        );
        self.browser.script(&script).await;
        self.browser.wait_for("body[data-busy='false']").await;
    }

    /// Explains, and waits for all that follows.
    async fn judge(&self, text: &str) {
        self.browser
            .script("delete document.body.dataset.busy")
            .await;
        self.explain(text).await;
        self.browser.wait_for("body[data-busy='false']").await;
    }

    /// Changes a field of a form.
    async fn set(&self, id: &str, value: &str) {
        let script = format!(
            "const field = document.getElementById({});
             field.value = {};
             field.dispatchEvent(new Event('input', {{bubbles: true}}));
             field.dispatchEvent(new Event('change', {{bubbles: true}}));",
            json!(id),
            json!(value)
        );
        self.browser.script(&script).await;
    }

    /// What is shown of findings or concerns.
    async fn listed(&self, list: &str) -> Value {
        let script = format!(
            "const shown = document.getElementById('{list}').checkVisibility();
             return shown ? [...document.querySelectorAll('#{list} > li')].map((li) => li.dataset.code) : null;"
        );
        self.browser.script(&script).await
    }

    async fn holds(&self, id: &str) -> String {
        let value = self
            .browser
            .script(&format!("return document.getElementById('{id}').value"))
            .await;
        value.as_str().expect("a field").to_owned()
    }
}

#[rocket::async_test]
async fn each_mistake_is_named_on_the_page_as_on_the_command_line() {
    let inspector = Inspector::new().await;
    let loaded = "return performance.getEntriesByType('resource').some(({name}) => name.includes('portcullis_diagnose'));";
    inspector.judge(&mistakes::good()[0].to_string()).await;
    inspector.browser.wait_for("#guess[data-kind='done']").await;
    assert_eq!(
        inspector.browser.script(loaded).await,
        false,
        "nothing to find out yet"
    );
    // One of each kind: the core's own tests distinguish them.
    let mut seen = BTreeSet::new();
    for mistake in mistakes::all() {
        let is_check = serde_json::from_str::<Value>(&mistake.input).is_ok_and(|check| {
            ["kind", "response"]
                .iter()
                .all(|name| check.get(name).is_some())
        });
        if !is_check || !seen.insert(mistake.code) {
            continue;
        }
        inspector.judge(&mistake.input).await;
        let native: Value = serde_json::from_str(&explain_text(&mistake.input)).expect("JSON");
        let codes: Vec<&Value> = native["diagnosis"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|found| &found["code"])
            .collect();
        assert_eq!(
            inspector.listed("findings").await,
            json!(codes),
            "{}",
            mistake.name
        );
        assert_eq!(
            inspector.browser.state().await["judged"],
            native,
            "{}",
            mistake.name
        );
    }
    assert!(seen.len() > 40, "{} kinds", seen.len());
    assert_eq!(inspector.browser.script(loaded).await, true);
}

#[rocket::async_test]
async fn a_response_alone_gets_a_form_and_is_judged_at_once() {
    let inspector = Inspector::new().await;
    let check = sign_in(|_| ());
    let browser = &inspector.browser;
    inspector.judge(&check["response"].to_string()).await;
    browser.wait_for("#bare:not([hidden])").await;
    browser
        .wait_for("#verdict[data-code='credential_missing']:not([hidden])")
        .await;
    // Nothing is wrong, something is missing.
    browser.wait_for("#guess[data-kind='notice']").await;
    assert_eq!(
        inspector.holds("bare-rpId").await,
        check["rpId"].as_str().expect("text")
    );
    assert_eq!(
        inspector.holds("bare-origin").await,
        check["origins"][0].as_str().expect("text")
    );
    assert_eq!(
        inspector.holds("bare-challenge").await,
        check["challenge"].as_str().expect("text")
    );
    browser.wait_for("#bare-rpId-from[data-from='hash']").await;
    // A key in another encoding is named, the right one is accepted.
    let key = check["credential"]["publicKey"].as_str().expect("text");
    let standard = key.replace('-', "+").replace('_', "/");
    inspector
        .set("bare-publicKey", &format!("{standard}="))
        .await;
    browser
        .wait_for("#findings > [data-code^='public_key_']")
        .await;
    inspector.set("bare-publicKey", key).await;
    browser
        .wait_for("#verdict[data-accepted='true']:not([hidden])")
        .await;
    // That the challenge is the response's own is said.
    let comparison = inspector.text("#comparison").await;
    assert!(comparison.contains("challenge"), "{comparison}");
    inspector.set("bare-origin", "https://other.example").await;
    browser
        .wait_for("#verdict[data-code='origin_mismatch']")
        .await;
    assert!(browser.complaints().await.is_empty());
}

#[rocket::async_test]
async fn a_registration_that_was_seen_brings_the_key_of_its_sign_in() {
    let inspector = Inspector::new().await;
    let host = Host::local(&[]).await;
    let mut person = Person::new("alice");
    let registering = person.begin_registration(&host).await;
    person.passkeys.push(registering.passkey.clone());
    inspector.judge(&registering.body().to_string()).await;
    inspector
        .browser
        .wait_for("#verdict[data-accepted='true']:not([hidden])")
        .await;
    // The token that stood beside it says what the challenge was.
    inspector
        .browser
        .wait_for("#bare-challenge-from[data-from='beside']")
        .await;
    let assertion = person.passkeys[0].assert(b"any challenge at all", &host.origin);
    inspector.judge(&assertion.response().to_string()).await;
    inspector
        .browser
        .wait_for("#bare-publicKey-from[data-from='seen']")
        .await;
    inspector
        .browser
        .wait_for("#verdict[data-accepted='true']:not([hidden])")
        .await;
}

#[rocket::async_test]
async fn what_people_have_at_hand_is_taken() {
    let inspector = Inspector::new().await;
    let check = sign_in(|_| ());
    let response = check["response"].to_string();
    let options = json!({"publicKey": {"challenge": check["challenge"], "rpId": check["rpId"], "allowCredentials": []}});
    let har = json!({"log": {"entries": [
        {"request": {}, "response": {"content": {"text": options.to_string()}}},
        {"request": {"postData": {"text": json!({"assertion": check["response"]}).to_string()}}, "response": {"content": {}}},
    ]}});
    let inner = &check["response"]["response"];
    let printed = format!(
        "PublicKeyCredential {{\n  id: '{id}',\n  rawId: '{id}', type: 'public-key',\n  response: AuthenticatorAssertionResponse {{ \
         clientDataJSON: '{}', authenticatorData: '{}', signature: \"{}\", userHandle: undefined }},\n}}",
        inner["clientDataJSON"].as_str().expect("text"),
        inner["authenticatorData"].as_str().expect("text"),
        inner["signature"].as_str().expect("text"),
        id = check["response"]["id"].as_str().expect("text"),
    );
    for (name, text, found) in [
        (
            "a line of a log",
            format!("2026-11-28T03:47:31Z ERROR {{\"level\":3}} refused body={response} (login)"),
            "within",
        ),
        (
            "a curl",
            format!(
                "curl 'https://example.org/login' -H 'Content-Type: application/json' --data-raw '{response}' --compressed"
            ),
            "curl",
        ),
        (
            "a curl of a shell's other quotes",
            format!(
                "curl https://example.org/login -d $'{}'",
                response.replace('\\', "\\\\")
            ),
            "curl",
        ),
        ("a HAR", har.to_string(), "har"),
        (
            "one entry of a HAR",
            har["log"]["entries"][1].to_string(),
            "har",
        ),
        ("what a console prints", printed, "console"),
        (
            "JSON within a JSON string",
            json!(response).to_string(),
            "json",
        ),
        (
            "a body around it",
            json!({"user": 7, "data": {"credential": check["response"]}}).to_string(),
            "json",
        ),
    ] {
        inspector.paste("nothing").await;
        inspector.paste(&text).await;
        // The event alone inserts nothing: what a person pastes is in the field.
        inspector.judge(&text).await;
        let sentence = inspector.text("#guess").await;
        let said = match found {
            "curl" => "Found in a curl.",
            "har" => "Found in a HAR.",
            "console" => "Found in what a console printed.",
            "within" => "Found within other text.",
            _ => "",
        };
        assert!(sentence.ends_with(said), "{name}: {sentence}");
        let state = inspector.browser.state().await;
        assert_eq!(
            state["verdict"]["code"], "credential_missing",
            "{name}: {state:#}"
        );
        let from = if found == "har" && name == "a HAR" {
            "beside"
        } else {
            "client_challenge"
        };
        inspector
            .browser
            .wait_for(&format!("#bare-challenge-from[data-from='{from}']"))
            .await;
    }
    inspector.drop_file(response.as_bytes()).await;
    inspector
        .browser
        .wait_for("#verdict[data-code='credential_missing']:not([hidden])")
        .await;
    // A file of bytes is no text.
    let data = portcullis_tests::encoding::from_base64url(
        inner["authenticatorData"].as_str().expect("text"),
    );
    inspector.drop_file(&data).await;
    inspector
        .browser
        .wait_for("#tree [data-artefact='authenticator data']")
        .await;
}

#[rocket::async_test]
async fn five_megabytes_of_anything_are_answered_and_the_page_still_works() {
    let inspector = Inspector::new().await;
    let check = sign_in(|_| ());
    let entry = json!({"request": {"url": "x".repeat(2_000)}, "response": {"content": {"text": "y".repeat(500)}}});
    let mut entries = vec![entry; 2_000];
    entries.push(
        json!({"request": {"postData": {"text": check["response"].to_string()}}, "response": {}}),
    );
    let har = json!({"log": {"entries": entries}}).to_string();
    assert!(har.len() > 5_000_000);
    // Made in the page: to send them there would take longer than to explain them.
    for (name, made) in [
        ("one letter", "'x'.repeat(5e6)"),
        ("braces", "'{'.repeat(5e6)"),
        ("quotes", "'{\"'.repeat(25e5)"),
        ("depth", "'{\"a\":'.repeat(1e6)"),
        ("prose", "'lorem {ipsum} '.repeat(36e4)"),
        ("numbers", "JSON.stringify(Array(12e5).fill(123))"),
        (
            "objects",
            "JSON.stringify(Array.from({length: 1e5}, (_, id) => ({id, name: 'n', response: {}})))",
        ),
        (
            "members",
            "JSON.stringify(Object.fromEntries(Array.from({length: 3e5}, (_, n) => ['k' + n, n])))",
        ),
        ("base64", "btoa('\\x07'.repeat(37e5))"),
        ("CBOR lists", "'81'.repeat(25e5)"),
        ("lines", "'a line of text\\n'.repeat(33e4)"),
    ] {
        let script = format!(
            "const dataTransfer = new DataTransfer();
             dataTransfer.items.add(new File([{made}], 'large'));
             delete document.body.dataset.busy;
             document.body.dispatchEvent(new DragEvent('drop', {{dataTransfer, bubbles: true, cancelable: true}}));"
        );
        inspector.browser.script(&script).await;
        inspector.browser.wait_for("body[data-busy='false']").await;
        let rows = inspector
            .browser
            .script("return document.querySelectorAll('#tree [role=treeitem]').length")
            .await;
        assert!(
            rows.as_u64().is_some_and(|rows| rows < 5_000),
            "{name}: {rows} rows"
        );
        assert!(!inspector.text("#guess").await.is_empty(), "{name}");
        inspector.browser.wait_for("#verdict[hidden]").await;
    }
    inspector.paste(&har).await;
    assert!(inspector.text("#guess").await.ends_with("Found in a HAR."));
    inspector
        .browser
        .wait_for("#verdict[data-code='credential_missing']:not([hidden])")
        .await;
    inspector.judge(&check.to_string()).await;
    inspector
        .browser
        .wait_for("#verdict[data-accepted='true']:not([hidden])")
        .await;
    assert!(inspector.browser.complaints().await.is_empty());
}

#[rocket::async_test]
async fn options_are_examined_as_the_command_line_examines_them() {
    let inspector = Inspector::new().await;
    let options = json!({
        "rp": {"id": "github.io", "name": "Mine"},
        "user": {"id": base64url(b"ada@example.org"), "name": "ada@example.org", "displayName": "Ada"},
        "challenge": base64url(&[7; 8]),
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "attestation": "direct",
        "timeout": 600_000,
    });
    let expected = |said: Value| {
        let mut settings = said;
        settings["rpId"] = json!("github.io");
        settings["creation"] = options.clone();
        let input = settings.to_string();
        let is_public_suffix =
            |domain: &str| DEFAULT_PROVIDER.effective_tld_plus_one(domain).is_err();
        let mut concerns = String::new();
        examine(
            input.as_bytes(),
            &is_public_suffix,
            &mut vec![0; input.len()],
            &mut concerns,
        )
        .expect("a String takes all");
        let concerns: Value = serde_json::from_str(&concerns).expect("JSON");
        concerns["concerns"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|concern| concern["code"].clone())
            .collect::<Value>()
    };
    inspector
        .judge(&json!({"publicKey": options}).to_string())
        .await;
    inspector.browser.wait_for("#policy:not([hidden])").await;
    inspector
        .browser
        .wait_for("#guess[data-kind='error']")
        .await;
    let concerns = inspector.listed("concerns").await;
    assert_eq!(concerns, expected(json!({"passwordless": true})));
    assert!(
        concerns
            .as_array()
            .is_some_and(|list| list.contains(&json!("rp_id_public_suffix"))),
        "{concerns}"
    );
    inspector
        .set(
            "policy-origins",
            "http://shop.example, https://ada.github.io",
        )
        .await;
    inspector.set("policy-life", "300000").await;
    inspector
        .browser
        .wait_for("#concerns > [data-code='timeout_over_life']")
        .await;
    assert_eq!(
        inspector.listed("concerns").await,
        expected(json!({
            "origins": ["http://shop.example", "https://ada.github.io"], "challengeLife": 300_000, "passwordless": true,
        }))
    );
    // Of a response nothing is left of it.
    inspector.judge(&sign_in(|_| ()).to_string()).await;
    inspector.browser.wait_for("#policy[hidden]").await;
}

#[rocket::async_test]
async fn the_browser_is_asked_and_its_answer_judged() {
    let desk = Desk::new(&[]).await;
    desk.open("inspect.html").await;
    let browser = &desk.browser;
    let ask = async |call: &str| {
        let script = format!(
            "document.getElementById('capture').open = true;
             const call = document.getElementById('capture-call');
             call.value = '{call}';
             call.dispatchEvent(new Event('change', {{bubbles: true}}));
             delete document.body.dataset.busy;"
        );
        // The form is built when its place opens.
        browser
            .script("document.getElementById('capture').open = true")
            .await;
        browser.wait_for("#capture-call").await;
        browser.script(&script).await;
        browser.press("capture-go").await;
        browser.wait_for("body[data-busy='false']").await;
        browser
            .wait_for("#verdict[data-accepted='true']:not([hidden])")
            .await;
        browser.state().await
    };
    let made = ask("create").await;
    let check: Value =
        serde_json::from_str(made["check"].as_str().expect("a check")).expect("JSON");
    assert_eq!(check["kind"], "registration");
    let used = ask("get").await;
    let check: Value =
        serde_json::from_str(used["check"].as_str().expect("a check")).expect("JSON");
    assert_eq!(check["kind"], "authentication");
    assert_eq!(
        check["credential"]["publicKey"], made["judged"]["credential"]["publicKey"],
        "the one that was seen"
    );
    // What the browser refuses is said in its words.
    browser.fill("capture-rpId", "example.org").await;
    browser.press("capture-go").await;
    browser
        .script(
            "return new Promise((resolve) => {
                 const said = document.getElementById('capture-said');
                 const look = () => said.textContent.includes('SecurityError') ? resolve(true) : setTimeout(look, 25);
                 look();
             });",
        )
        .await;
    // Every member that Level 3 has.
    let names = browser.script("return [...document.querySelectorAll('#capture-form [data-option]')].map((place) => place.dataset.option)").await;
    for name in [
        "challenge",
        "timeout",
        "rp.id",
        "rp.name",
        "rpId",
        "user.id",
        "user.name",
        "user.displayName",
        "pubKeyCredParams",
        "excludeCredentials",
        "allowCredentials",
        "authenticatorSelection.authenticatorAttachment",
        "authenticatorSelection.residentKey",
        "authenticatorSelection.requireResidentKey",
        "authenticatorSelection.userVerification",
        "userVerification",
        "hints",
        "attestation",
        "attestationFormats",
        "extensions",
        "mediation",
    ] {
        assert!(
            names
                .as_array()
                .is_some_and(|names| names.contains(&json!(name))),
            "{name}"
        );
    }
}

#[rocket::async_test]
async fn two_responses_stand_side_by_side() {
    let inspector = Inspector::new().await;
    let one = sign_in(|_| ());
    let other = sign_in(|check| {
        check["response"]["response"]["userHandle"] = json!("AAAA");
    });
    inspector.judge(&one.to_string()).await;
    inspector
        .browser
        .script("document.getElementById('beside').open = true")
        .await;
    inspector.set("beside-other", &other.to_string()).await;
    inspector.browser.press("beside-go").await;
    inspector
        .browser
        .wait_for("#beside-table tr[data-differs='true']")
        .await;
    let differing = inspector
        .browser
        .script("return [...document.querySelectorAll('#beside-table tr[data-differs=true] th')].map((th) => th.innerText)")
        .await;
    assert_eq!(
        differing,
        json!(["response › response › userHandle differs"])
    );
    let said = inspector.text("#beside-said").await;
    assert!(said.starts_with("1 of "), "{said}");
}

#[rocket::async_test]
async fn a_link_holds_the_text_in_its_fragment() {
    let inspector = Inspector::new().await;
    let check = sign_in(|check| check["challenge"] = json!("AAAA"));
    inspector.judge(&check.to_string()).await;
    inspector
        .browser
        .script("document.getElementById('share').open = true")
        .await;
    inspector.browser.press("share-go").await;
    inspector
        .browser
        .script(
            "return new Promise((resolve) => {
                 const look = () => location.hash.startsWith('#text=') ? resolve(true) : setTimeout(look, 25);
                 look();
             });",
        )
        .await;
    let address = inspector
        .browser
        .script("return [location.href, location.search]")
        .await;
    assert_eq!(address[1], "", "never the query");
    let link = address[0].as_str().expect("a link").to_owned();
    let before = inspector.browser.requests().await;
    assert!(
        before.iter().all(|request| !request.contains('#')),
        "{before:?}"
    );
    inspector.browser.visit("about:blank").await;
    inspector.browser.open(&link).await;
    inspector
        .browser
        .wait_for("#verdict[data-code='challenge_mismatch']:not([hidden])")
        .await;
    assert_eq!(inspector.holds("artefact").await, check.to_string());
    let asked = inspector.browser.requests().await;
    assert!(
        asked.iter().all(|request| !request.contains("text=")),
        "{asked:?}"
    );
    // One that is cut is said to be.
    inspector.browser.visit("about:blank").await;
    inspector.browser.open(&link[..link.len() - 40]).await;
    inspector
        .browser
        .wait_for("#guess[data-kind='error']")
        .await;
}

#[rocket::async_test]
async fn nothing_leaves_the_page() {
    let inspector = Inspector::new().await;
    let browser = &inspector.browser;
    browser.requests().await;
    for mistake in mistakes::all().iter().take(12) {
        inspector.judge(&mistake.input).await;
    }
    inspector
        .judge(&sign_in(|_| ())["response"].to_string())
        .await;
    inspector.set("bare-rpId", "elsewhere.example").await;
    browser.press("copy-check").await;
    inspector
        .judge(
            &json!({"publicKey": {"challenge": "AAAA", "rp": {"id": "example.org"}}}).to_string(),
        )
        .await;
    inspector
        .judge("https://elsewhere.example/?what=is this")
        .await;
    inspector
        .drop_file(b"<img src='https://elsewhere.example/'>")
        .await;
    let port = browser.script("return location.port").await;
    let own = format!("GET http://localhost:{}/", port.as_str().expect("a port"));
    let requests = browser.requests().await;
    assert!(!requests.is_empty(), "the modules were loaded");
    for request in &requests {
        let path = request
            .strip_prefix(&own)
            .unwrap_or_else(|| panic!("{request}"));
        assert!(
            path.starts_with("js/") || path.starts_with("wasm/"),
            "{request}"
        );
        assert!(!path.contains(['?', '#']), "{request}");
    }
    // Nor could it: the browser holds the page to that.
    let sent = browser
        .script(
            "return fetch('https://elsewhere.example/', {method: 'POST', body: 'x', mode: 'no-cors'}).then(() => 'sent', () => 'refused');",
        )
        .await;
    assert_eq!(sent, "refused");
    let complaints = browser.complaints().await;
    assert!(
        complaints
            .iter()
            .any(|line| line.contains("Content Security Policy")),
        "{complaints:?}"
    );
}

#[rocket::async_test]
async fn every_step_leads_to_the_specification_and_a_skipped_one_says_why() {
    let inspector = Inspector::new().await;
    let mut places = HashSet::new();
    for check in mistakes::good() {
        inspector.judge(&check.to_string()).await;
        inspector
            .browser
            .wait_for("#verdict[data-accepted='true']:not([hidden])")
            .await;
        let steps = inspector
            .browser
            .script(
                "return [...document.querySelectorAll('#trace > li')].map((li) => ({
                     ...li.dataset,
                     href: li.querySelector('a').href,
                     detail: li.querySelector('.step-detail')?.textContent ?? '',
                 }));",
            )
            .await;
        for step in steps.as_array().expect("a list") {
            let href = step["href"].as_str().expect("a link");
            assert!(
                href.starts_with("https://www.w3.org/TR/webauthn-3/#"),
                "{step}"
            );
            // A section's anchor alone is not the step's paragraph.
            let is_section = href.ends_with("-credential") || href.ends_with("-assertion");
            assert!(!is_section && places.insert(href.to_owned()), "{step}");
            assert!(step["outcome"] != "skip" || step["detail"] != "", "{step}");
        }
    }
    // The summary leads to the step that failed.
    inspector
        .judge(&sign_in(|check| check["challenge"] = json!("AAAA")).to_string())
        .await;
    inspector.browser.press("show-step").await;
    inspector
        .browser
        .wait_for("#trace > [data-outcome='fail']:focus")
        .await;
}

#[rocket::async_test]
async fn a_case_of_the_host_is_dropped_and_runs_elsewhere() {
    let folder = env::temp_dir().join(format!("portcullis-cases-page-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    let host = Host::listening(&[("PORTCULLIS_CASES", folder.to_str().expect("text"))]).await;
    let mut person = Person::with_account(&host, "alice").await;
    let mut begun = person.begin_sign_in(&host).await;
    begun.assertion.authenticator_data.flags &= !portcullis_tests::authenticator::flags::UP;
    host.post("/authenticate/complete", &begun.body())
        .await
        .refused(401, "7.2.16", "user_not_present");
    let case = loop {
        let mut files = fs::read_dir(&folder)
            .expect("the folder")
            .map(|entry| entry.expect("an entry").path());
        if let Some(path) = files.find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        }) {
            break fs::read(path).expect("a case");
        }
        std::thread::yield_now();
    };
    let inspector = Inspector::new().await;
    inspector.drop_file(&case).await;
    inspector
        .browser
        .wait_for("#verdict[data-code='user_not_present'][data-step='7.2.16']:not([hidden])")
        .await;
    let comparison = inspector.text("#comparison").await;
    assert!(comparison.contains("the same reason"), "{comparison}");
    // The calls run: the host does not know the pseudonym.
    let script = inspector
        .browser
        .script("return document.getElementById('as-curl').textContent")
        .await;
    let script = script.as_str().expect("text").to_owned();
    if Command::new("curl")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        println!("NOT RUN: the calls of the page, there is no curl");
    } else {
        let output = Command::new("sh")
            .args(["-c", &script])
            .output()
            .expect("a shell");
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            answer.contains("\"credential_unknown\""),
            "{script}\n{answer}"
        );
    }
    let _ = fs::remove_dir_all(&folder);
}

#[rocket::async_test]
async fn the_rust_test_of_an_example_is_the_one_that_runs_here() {
    let inspector = Inspector::new().await;
    inspector
        .browser
        .script("delete document.body.dataset.busy")
        .await;
    inspector.browser.press_at("[data-example='refused']").await;
    inspector.browser.wait_for("body[data-busy='false']").await;
    let made = inspector
        .browser
        .script("return document.getElementById('as-rust').textContent")
        .await;
    let made = made.as_str().expect("text");
    let path = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/core/reproduced.rs"
    ));
    if env::var_os("PORTCULLIS_EXPECTED").is_some_and(|word| word == "rewrite") {
        fs::write(path, made).expect("written");
    }
    assert_eq!(
        fs::read_to_string(path).expect("the test"),
        made,
        "PORTCULLIS_EXPECTED=rewrite"
    );
}

#[rocket::async_test]
async fn no_state_of_the_inspector_has_a_barrier() {
    let axe = match npm::AXE.read() {
        Ok(script) => script,
        Err(reason) => {
            println!("NOT RUN: {reason}");
            return;
        }
    };
    let inspector = Inspector::new().await;
    let none: Vec<Value> = Vec::new();
    inspector
        .judge(&sign_in(|_| ())["response"].to_string())
        .await;
    assert_eq!(barriers(&inspector.browser, &axe).await, none, "a form");
    inspector
        .judge(&json!({"publicKey": {"challenge": "AAAA", "rp": {"id": "com"}}}).to_string())
        .await;
    assert_eq!(barriers(&inspector.browser, &axe).await, none, "concerns");
    inspector
        .judge(&sign_in(|check| check["challenge"] = json!("AAAA")).to_string())
        .await;
    inspector
        .browser
        .script("for (const details of document.querySelectorAll('details')) details.open = true;")
        .await;
    inspector.browser.wait_for("#capture-call").await;
    inspector
        .set("beside-other", &sign_in(|_| ()).to_string())
        .await;
    inspector.browser.press("beside-go").await;
    inspector.browser.wait_for("#beside-table tr").await;
    assert_eq!(
        barriers(&inspector.browser, &axe).await,
        none,
        "everything open"
    );
}

#[test]
fn what_is_said_in_one_language_is_said_in_the_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/js/words.js");
    let text = fs::read_to_string(path).expect("the words");
    let (mut english, mut german) = (BTreeSet::new(), BTreeSet::new());
    let mut keys = None;
    for line in text.lines() {
        match line {
            "  en: {" => keys = Some(&mut english),
            "  de: {" => keys = Some(&mut german),
            "  }," | "};" => keys = None,
            _ => {
                let key = line
                    .trim_start()
                    .split_once(": ")
                    .map(|(key, _)| key.trim_matches('"').to_owned());
                if let (Some(keys), Some(key)) = (keys.as_mut(), key) {
                    assert!(keys.insert(key.clone()), "{key} is there twice");
                }
            }
        }
    }
    assert!(english.len() > 200, "{} keys", english.len());
    assert_eq!(english, german);
}
