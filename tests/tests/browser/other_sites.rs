//! `js/portcullis.js`, imported from the host by a page of another origin.

use core::time::Duration;

use portcullis_tests::host::Host;
use rocket::{
    Shutdown, fairing::AdHoc, get, response::content::RawHtml, routes, tokio::sync::oneshot,
};
use serde_json::json;

use crate::chromium::Browser;

/// A site that knows nothing of the host.
struct Site {
    origin: String,
    shutdown: Shutdown,
}

#[get("/")]
const fn page() -> RawHtml<&'static str> {
    RawHtml(
        "<!doctype html><html lang=en><title>Another site</title>
         <input id=username autocomplete='username webauthn'>
         <button id=go>Go</button><output id=said></output><body data-ready>",
    )
}

impl Site {
    async fn start() -> Self {
        let figment = rocket::figment::Figment::from(rocket::Config::debug_default())
            .merge(("address", "127.0.0.1"))
            .merge(("port", 0))
            .merge(("log_level", "off"))
            .merge(("shutdown.ctrlc", false));
        let (ready, listens) = oneshot::channel();
        let ready = std::sync::Mutex::new(Some(ready));
        let liftoff = AdHoc::on_liftoff("listens", move |rocket| {
            let sender = ready.lock().expect("not poisoned").take();
            let port = rocket.config().port;
            let _ = sender
                .expect("one lift-off")
                .send((port, rocket.shutdown()));
            Box::pin(async {})
        });
        let rocket = rocket::custom(figment).mount("/", routes![page]);
        rocket::tokio::spawn(rocket.attach(liftoff).launch());
        let (port, shutdown) = listens.await.expect("it lifts off");
        Self {
            origin: format!("http://localhost:{port}"),
            shutdown,
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
    }
}

/// A host that lets the site in, and a browser with the site open.
async fn visitor(site: &Site) -> (Host, Browser) {
    let browser = Browser::start().await;
    // The host's own origin is the first.
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = probe.local_addr().expect("bound").port();
    drop(probe);
    let own = format!("http://localhost:{port}");
    let origins = format!("{own},{}", site.origin);
    let host = Host::listening_at(port, &[("PORTCULLIS_ORIGINS", &origins)]).await;
    browser.open(&site.origin).await;
    (host, browser)
}

/// What a script of the site makes of the library, after a press of its button: the browser wants one
/// before it asks for a passkey.
async fn with_library(browser: &Browser, host: &Host, script: &str) -> String {
    let library = format!("{}/js/portcullis.js", host.origin);
    browser
        .script(&format!(
            "const said = document.getElementById('said');
             said.textContent = '';
             document.getElementById('go').onclick = async () => {{
                 try {{
                     const library = await import({library});
                     said.textContent = JSON.stringify(await (async () => {{ {script} }})());
                 }} catch (error) {{
                     said.textContent = `${{error.name}} ${{error.code}}`;
                 }}
             }};",
            library = json!(library),
        ))
        .await;
    browser.press("go").await;
    let said = browser.wait_for("#said:not(:empty)").await;
    said.text().await.expect("text")
}

#[rocket::async_test]
async fn a_page_of_another_origin_signs_in_with_the_module_that_it_imports() {
    let site = Site::start().await;
    let (host, browser) = visitor(&site).await;
    let authenticator = browser.add_authenticator().await;
    let said = with_library(
        &browser,
        &host,
        "const { answer, ceremony } = await library.register('alice');
         const { username } = await library.session();
         const held = await library.credentials();
         const token = library.loginToken();
         await library.signOut();
         return [
             answer.username, ceremony.kind, username, held.length, token.split('.').length,
             library.loginToken(), await library.session(),
         ];",
    )
    .await;
    let expected = json!(["alice", "registration", "alice", 1, 3, null, null]);
    assert_eq!(said, expected.to_string());

    let said = with_library(
        &browser,
        &host,
        "await library.signIn('alice');
         const first = library.loginToken() !== null;
         await library.signOut();
         return new Promise((resolve) => {
             library.autofill(async (complete) => {
                 const { answer } = await complete();
                 resolve([first, answer.username, library.loginToken() !== null]);
             });
         });",
    )
    .await;
    assert_eq!(said, json!([true, "alice", true]).to_string());

    // A token that lives proves nobody to the host after five minutes; who signs in again goes on.
    host.clock.advance(Duration::from_secs(301));
    let said = with_library(
        &browser,
        &host,
        "const again = await library.addPasskey('alice').catch(({ code }) => code);
         await library.signIn('alice');
         const here = await library.addPasskey('alice').catch(({ code }) => code);
         return [again, here];",
    )
    .await;
    let held = "InvalidStateError"; // This authenticator has one already.
    assert_eq!(said, json!(["sign_in_again", held]).to_string());

    // No session of the host's own: its cookie is for its own pages. Without a passkey the page signs
    // nobody in by itself.
    browser.remove_authenticator(&authenticator).await;
    browser.open(&format!("{}/", host.origin)).await;
    assert_eq!(browser.state().await["signedIn"], false);
}

#[rocket::async_test]
async fn what_fails_on_another_origin_has_a_type_and_a_code() {
    let site = Site::start().await;
    let (host, browser) = visitor(&site).await;
    let said = with_library(
        &browser,
        &host,
        "const failed = [];
         for (const call of [
             () => library.signIn(null, { immediate: true }),
             () => library.credentials(),
             () => library.register('a b'),
         ]) {
             const error = await call().catch((error) => error);
             failed.push([error.constructor.name, error.code, error instanceof library.PortcullisError]);
         }
         return failed;",
    )
    .await;
    let expected = json!([
        ["CeremonyError", "NotAllowedError", true],
        ["Problem", "login_required", true],
        ["Problem", "username_invalid", true]
    ]);
    assert_eq!(said, expected.to_string());
}

#[rocket::async_test]
async fn a_page_of_an_origin_that_is_not_allowed_cannot_import_the_module() {
    let site = Site::start().await;
    let browser = Browser::start().await;
    let host = Host::listening(&[]).await;
    browser.open(&site.origin).await;
    let said = with_library(&browser, &host, "return Object.keys(library);").await;
    assert_eq!(said, "TypeError undefined");
}
