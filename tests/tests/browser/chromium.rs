//! Chromium with ChromeDriver and its virtual authenticators.

use core::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use std::{
    env,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
};

use http::Method;
use serde_json::{Value, json};
use thirtyfour::{
    By, CapabilitiesHelper, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver, WebElement,
    common::command::{Command as DriverCommand, ExtensionCommand},
    extensions::query::ElementQueryable,
};

/// How long a page may take for what it does at once: only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(25);

/// The first of these programs that is installed.
fn program(names: &[&str], missing: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .chain(
            names
                .iter()
                .map(PathBuf::from)
                .filter(|name| name.is_absolute()),
        )
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{missing} is missing: ./portcullis test installs it"))
}

/// ChromeDriver in a process group of its own, so that no browser outlives it.
#[derive(Debug)]
struct Driver {
    child: Child,
    port: u16,
    profile: PathBuf,
}

impl Driver {
    fn start() -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let profile = format!("portcullis-browser-{}-{number}", std::process::id());
        let mut child = Command::new(program(&["chromedriver"], "ChromeDriver"))
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("ChromeDriver starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse().ok()
            })
            .expect("ChromeDriver says on which port it listens");
        // A pipe that nobody reads would stop it one day.
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self {
            child,
            port,
            profile: env::temp_dir().join(profile),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("kill -KILL -{}", self.child.id());
        let _ = Command::new("sh").args(["-c", &group]).status();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// A WebDriver command that the client library does not know.
#[derive(Debug)]
struct Raw {
    method: Method,
    path: String,
    body: Option<Value>,
}

impl ExtensionCommand for Raw {
    fn parameters_json(&self) -> Option<Value> {
        self.body.clone()
    }

    fn method(&self) -> Method {
        self.method.clone()
    }

    fn endpoint(&self) -> Arc<str> {
        self.path.as_str().into()
    }
}

/// A browser with one page open.
#[derive(Debug)]
pub(crate) struct Browser {
    page: WebDriver,
    // Dropped after the page.
    _driver: Driver,
}

impl Browser {
    /// Starts a browser with an empty profile.
    pub(crate) async fn start() -> Self {
        let names = [
            "chromium",
            "chromium-browser",
            "google-chrome",
            "google-chrome-stable",
        ];
        let mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
        let binary = program(&[&names[..], &[mac]].concat(), "Chromium");
        let driver = Driver::start();
        let mut capabilities = DesiredCapabilities::chrome();
        let profile = format!("--user-data-dir={}", driver.profile.display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &profile,
        ];
        for argument in arguments {
            capabilities.add_arg(argument).expect("an argument");
        }
        capabilities
            .set_binary(binary.to_str().expect("a path of text"))
            .expect("a binary");
        capabilities
            .set(
                "goog:loggingPrefs",
                json!({"browser": "ALL", "performance": "ALL"}),
            )
            .expect("a capability");
        let page = WebDriver::new(format!("http://127.0.0.1:{}", driver.port), capabilities)
            .await
            .expect("Chromium starts");
        Self {
            page,
            _driver: driver,
        }
    }

    async fn raw(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let raw = Raw {
            method,
            path: path.to_owned(),
            body,
        };
        let command = DriverCommand::ExtensionCommand(Box::new(raw));
        let response = self.page.handle().cmd(command).await;
        response
            .unwrap_or_else(|e| panic!("{path}: {e}"))
            .value()
            .expect("a value")
    }

    /// A command of Chromium's DevTools.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.raw(Method::POST, "/goog/cdp/execute", Some(body))
            .await
    }

    /// Plugs in a virtual authenticator of the platform's kind; returns its id.
    pub(crate) async fn add_authenticator(&self) -> String {
        self.add_authenticator_with(json!({})).await
    }

    /// The same with other members of WebDriver's options.
    pub(crate) async fn add_authenticator_with(&self, other: Value) -> String {
        let mut options = json!({
            "protocol": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": true,
        });
        for (name, value) in other.as_object().expect("an object") {
            options[name] = value.clone();
        }
        let id = self
            .raw(Method::POST, "/webauthn/authenticator", Some(options))
            .await;
        id.as_str().expect("an id").to_owned()
    }

    /// Takes a virtual authenticator away.
    pub(crate) async fn remove_authenticator(&self, id: &str) {
        self.raw(
            Method::DELETE,
            &format!("/webauthn/authenticator/{id}"),
            None,
        )
        .await;
    }

    /// The name that a virtual authenticator shows for its only passkey.
    pub(crate) async fn shown_name(&self, id: &str) -> Value {
        self.devtools("WebAuthn.enable", json!({})).await;
        let parameters = json!({"authenticatorId": id});
        let held = self.devtools("WebAuthn.getCredentials", parameters).await;
        held["credentials"][0]["userDisplayName"].clone()
    }

    /// The passkeys of a virtual authenticator.
    pub(crate) async fn credentials(&self, id: &str) -> Vec<Value> {
        let path = format!("/webauthn/authenticator/{id}/credentials");
        let credentials = self.raw(Method::GET, &path, None).await;
        credentials.as_array().expect("a list").clone()
    }

    /// Puts a passkey into a virtual authenticator, in the place of the one with its id.
    pub(crate) async fn replace_credential(&self, id: &str, credential: Value) {
        let path = format!("/webauthn/authenticator/{id}/credentials");
        let old = credential["credentialId"].as_str().expect("an id");
        self.raw(Method::DELETE, &format!("{path}/{old}"), None)
            .await;
        self.raw(
            Method::POST,
            &format!("/webauthn/authenticator/{id}/credential"),
            Some(credential),
        )
        .await;
    }

    /// Whether the person at a virtual authenticator touches it when asked.
    pub(crate) async fn set_presence(&self, id: &str, enabled: bool) {
        self.devtools("WebAuthn.enable", json!({})).await;
        let parameters = json!({"authenticatorId": id, "enabled": enabled});
        self.devtools("WebAuthn.setAutomaticPresenceSimulation", parameters)
            .await;
    }

    /// Has the browser call itself one of a phone, or what it is.
    pub(crate) async fn be_a_phone(&self, phone: bool) {
        let agent = if phone {
            json!({
                "userAgent": "Mozilla/5.0 (Linux; Android 10; K) Chrome Mobile",
                "userAgentMetadata": {
                    "platform": "Android", "platformVersion": "10", "architecture": "", "model": "K", "mobile": true,
                },
            })
        } else {
            json!({"userAgent": ""})
        };
        self.devtools("Emulation.setUserAgentOverride", agent).await;
    }

    /// Opens an address and waits until the page is wired.
    pub(crate) async fn open(&self, url: &str) {
        self.page.goto(url).await.expect("the page loads");
        self.wait_for("body[data-ready]").await;
    }

    /// Loads the page anew.
    pub(crate) async fn reload(&self) {
        self.page.refresh().await.expect("the page loads");
        self.wait_for("body[data-ready]").await;
    }

    /// Waits until there is something outside the page: a file.
    pub(crate) async fn until<Found>(&self, look: impl Fn() -> Option<Found>) -> Found {
        let mut left = PATIENCE;
        loop {
            match look() {
                Some(found) => return found,
                None => left = left.checked_sub(BETWEEN_LOOKS).expect("it comes"),
            }
            rocket::tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Waits until something matches the selector.
    #[track_caller]
    pub(crate) fn wait_for(&self, selector: &str) -> impl Future<Output = WebElement> {
        let caller = core::panic::Location::caller();
        let query = self
            .page
            .query(By::Css(selector))
            .wait(PATIENCE, BETWEEN_LOOKS);
        let selector = selector.to_owned();
        async move {
            match query.first().await {
                Ok(found) => found,
                Err(e) => panic!("{caller}: no {selector}: {e}\n{:#}", self.state().await),
            }
        }
    }

    /// Presses a button.
    pub(crate) async fn press(&self, id: &str) {
        self.wait_for(&format!("#{id}"))
            .await
            .click()
            .await
            .unwrap_or_else(|e| panic!("{id}: {e}"));
    }

    /// Presses a button that starts a ceremony, and waits until all that follows is shown.
    pub(crate) async fn run(&self, id: &str) -> Value {
        self.press(id).await;
        self.wait_for("body[data-busy='false']").await;
        self.state().await
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn keys(&self, keys: &str) {
        let action = self.page.action_chain().send_keys(keys);
        action.perform().await.expect("keys");
    }

    /// Types into a field and replaces what it holds.
    pub(crate) async fn fill(&self, id: &str, text: &str) {
        let field = self.wait_for(&format!("#{id}")).await;
        field.clear().await.expect("a field");
        field.send_keys(text).await.expect("a field");
    }

    /// Presses the first that matches.
    pub(crate) async fn press_at(&self, selector: &str) {
        let element = self.wait_for(selector).await;
        element
            .click()
            .await
            .unwrap_or_else(|e| panic!("{selector}: {e}"));
    }

    /// Confirms in the dialog, after typing what is given, and waits until all that follows is shown.
    pub(crate) async fn confirm(&self, typed: Option<&str>) -> Value {
        self.wait_for("#ask[open]").await;
        if let Some(text) = typed {
            self.fill("ask-input", text).await;
        }
        // Not what a press before has left.
        self.script("delete document.body.dataset.busy").await;
        self.run("ask-go").await
    }

    /// Opens an address in a second tab, which the browser then shows.
    pub(crate) async fn open_in_new_tab(&self, url: &str) {
        let tab = self.page.new_tab().await.expect("a tab");
        self.page.switch_to_window(tab).await.expect("a tab");
        self.open(url).await;
    }

    /// Shows the first tab.
    pub(crate) async fn show_first_tab(&self) {
        self.show_tab(0).await;
    }

    /// Shows the second tab.
    pub(crate) async fn show_second_tab(&self) {
        self.show_tab(1).await;
    }

    async fn show_tab(&self, number: usize) {
        let tabs = self.page.windows().await.expect("tabs");
        let tab = self.page.switch_to_window(tabs[number].clone()).await;
        tab.expect("a tab");
    }

    /// Opens an address that is no page of the host's, or leads away.
    pub(crate) async fn visit(&self, url: &str) {
        self.page.goto(url).await.expect("it loads");
    }

    /// Waits until the address is this one.
    pub(crate) async fn wait_for_address(&self, address: &str) {
        let script = format!(
            "return new Promise((resolve) => {{
                 const look = () => location.href === {} ? resolve(true) : setTimeout(look, 25);
                 look();
             }});",
            json!(address)
        );
        // A page that is left takes its script with it: then the next one looks.
        while self.page.execute(&*script, Vec::new()).await.is_err() {}
    }

    /// Moves the pointer over an element.
    pub(crate) async fn point_at(&self, id: &str) {
        let element = self.wait_for(&format!("#{id}")).await;
        let action = self.page.action_chain().move_to_element_center(&element);
        action.perform().await.expect("the pointer moves");
    }

    /// Runs a script's body in the page.
    pub(crate) async fn script(&self, body: &str) -> Value {
        let returned = self.page.execute(body, Vec::new()).await;
        returned
            .unwrap_or_else(|e| panic!("{body}: {e}"))
            .json()
            .clone()
    }

    /// What the page shows.
    pub(crate) async fn state(&self) -> Value {
        self.script(
            "const at = (id) => document.getElementById(id);
             const shown = (id) => at(id) !== null && at(id).checkVisibility();
             const text = (id) => at(id)?.textContent ?? null;
             const parsed = (id) => { try { return JSON.parse(text(id)); } catch { return null; } };
             return {
                 address: location.href,
                 signedIn: document.body.dataset.signedIn === 'true',
                 status: { ...at('status')?.dataset, text: text('status') },
                 account: shown('account') ? text('account-name') : null,
                 passkeys: [...document.querySelectorAll('#passkeys > li')].map((li) => li.innerText),
                 sessions: document.querySelectorAll('#sessions > li').length,
                 focus: document.activeElement?.id ?? null,
                 obstacle: shown('obstacle') ? text('obstacle') : null,
                 missing: shown('verifier-missing') ? text('verifier-missing') : null,
                 verdict: shown('verdict') ? { ...at('verdict').dataset } : null,
                 trace: [...document.querySelectorAll('#trace > li')].map((li) => ({ ...li.dataset })),
                 check: text('check-json'),
                 judged: parsed('verdict-json'),
                 session: sessionStorage.length + localStorage.length,
             };",
        )
        .await
    }

    /// What the browser has complained about since the last time.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let entries = self
            .raw(Method::POST, "/se/log", Some(json!({"type": "browser"})))
            .await;
        // That nobody is signed in the page learns from a 401, and Chromium logs each.
        let is_signed_out =
            |message: &str| message.contains("/session - ") && message.contains("401");
        let severe = |entry: &&Value| {
            entry["level"] == "SEVERE" && !entry["message"].as_str().is_some_and(is_signed_out)
        };
        let entries = entries.as_array().expect("a list");
        entries
            .iter()
            .filter(severe)
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// What the page has asked of the network since the last time: method and address.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let entries = self
            .raw(
                Method::POST,
                "/se/log",
                Some(json!({"type": "performance"})),
            )
            .await;
        let entries = entries.as_array().expect("a list");
        entries
            .iter()
            .filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok())
            .filter(|event| event["message"]["method"] == "Network.requestWillBeSent")
            .map(|event| {
                let request = &event["message"]["params"]["request"];
                let part = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
                format!("{} {}", part("method"), part("url"))
            })
            .collect()
    }

    /// The session's cookie, which scripts cannot read.
    pub(crate) async fn session_cookie(&self) -> String {
        let cookie = self.raw(Method::GET, "/cookie/portcullis", None).await;
        format!("portcullis={}", cookie["value"].as_str().expect("text"))
    }

    /// Sets the window's size.
    pub(crate) async fn set_width(&self, width: u32) {
        let rect = json!({"width": width, "height": 800});
        self.raw(Method::POST, "/window/rect", Some(rect)).await;
    }
}
