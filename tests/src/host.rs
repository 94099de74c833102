//! A running host: in this process, reached by Rocket's own client or over a socket.

use core::{net::SocketAddr, time::Duration};
use std::{net::TcpListener, sync::Arc};

use portcullis::{Portcullis, clock::Clock, config::Config, store::Store};
use rocket::{
    Build, Rocket, Shutdown,
    fairing::AdHoc,
    http::{Header, Method},
    local::asynchronous::Client,
    tokio::sync::oneshot,
};
use serde_json::Value;

/// The secret of every host here, so that two of them can share one name.
pub const SECRET: &str = "5f0c5a8e3d1b4c7f9a6e2d8b0c4f7a1e5d9b3c6f8a2e4d7b1c5f9a3e6d8b0c2f";

/// What a host answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Every header, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header that appears once; `None` where it is absent.
    ///
    /// # Panics
    ///
    /// When it appears more than once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(
            values.next().is_none(),
            "{name} appears twice: {:?}",
            self.headers
        );
        value
    }

    /// The cookie that it sets, as a browser sends it back; `None` where it sets none or clears it.
    ///
    /// # Panics
    ///
    /// When it sets two.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        let (pair, _) = self.header("set-cookie")?.split_once(';')?;
        (!pair.ends_with('=')).then(|| pair.to_owned())
    }

    /// Whether it clears the cookie.
    #[must_use]
    pub fn clears_cookie(&self) -> bool {
        self.header("set-cookie")
            .is_some_and(|set| set.contains("=;") && set.contains("Max-Age=0"))
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| {
            panic!(
                "{e}: {} {}",
                self.status,
                String::from_utf8_lossy(&self.body)
            )
        })
    }

    /// The body of a 200.
    ///
    /// # Panics
    ///
    /// When it is another status.
    #[track_caller]
    pub fn ok(&self) -> Value {
        let json = self.json();
        assert_eq!(self.status, 200, "{json:#}");
        json
    }

    /// Wants an RFC 9457 problem with this status and code, and what goes with the status.
    ///
    /// # Panics
    ///
    /// When the answer is anything else.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let json = self.json();
        assert_eq!(
            (self.status, json["code"].as_str()),
            (status, Some(code)),
            "{json:#}"
        );
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{json:#}"
        );
        assert_eq!(json["status"], status, "{json:#}");
        for member in ["type", "title", "detail"] {
            assert!(
                json[member].as_str().is_some_and(|text| !text.is_empty()),
                "{member}: {json:#}"
            );
        }
        if status == 401 {
            assert_eq!(self.header("www-authenticate"), Some("Bearer"), "{json:#}");
        }
        if matches!(status, 429 | 503) {
            let seconds = self
                .header("retry-after")
                .and_then(|text| text.parse::<u64>().ok());
            assert!(
                seconds.is_some_and(|seconds| seconds > 0),
                "{:?}",
                self.headers
            );
        }
        json
    }

    /// Wants a ceremony refused at this step.
    ///
    /// # Panics
    ///
    /// When the answer is anything else.
    #[track_caller]
    pub fn refused(&self, status: u16, step: &str, code: &str) {
        let json = self.problem(status, code);
        assert_eq!(json["step"], step, "{json:#}");
    }
}

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    peer: Option<SocketAddr>,
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn new(method: Method, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            peer: None,
        }
    }

    /// A GET.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self::new(Method::Get, path)
    }

    /// A POST of JSON.
    #[must_use]
    pub fn post(path: &str, body: &Value) -> Self {
        Self::post_text(path, body.to_string()).header("content-type", "application/json")
    }

    /// A POST of any bytes, without a content type.
    #[must_use]
    pub fn post_text(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::new(Method::Post, path)
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A request of JSON.
    #[must_use]
    pub fn json(method: Method, path: &str, body: &Value) -> Self {
        Self {
            body: body.to_string().into_bytes(),
            ..Self::new(method, path)
        }
        .header("content-type", "application/json")
    }

    /// A DELETE.
    #[must_use]
    pub fn delete(path: &str) -> Self {
        Self::new(Method::Delete, path)
    }

    /// Adds a cookie, where there is one.
    #[must_use]
    pub fn cookie(self, cookie: Option<&str>) -> Self {
        match cookie {
            Some(cookie) => self.header("cookie", cookie),
            None => self,
        }
    }

    /// Adds the login token, where there is one.
    #[must_use]
    pub fn bearer(self, token: Option<&str>) -> Self {
        match token {
            Some(token) => self.header("authorization", &format!("Bearer {token}")),
            None => self,
        }
    }

    /// Sets the peer's address, for Rocket's own client.
    #[must_use]
    pub fn peer(mut self, peer: &str) -> Self {
        self.peer = Some(peer.parse().expect("an address with a port"));
        self
    }
}

enum Transport {
    Local(Box<Client>),
    Socket {
        http: reqwest::Client,
        base: String,
        /// `None`: another process.
        shutdown: Option<Shutdown>,
    },
}

/// A host and the way to it.
pub struct Host {
    /// The host's time, to be moved ahead.
    pub clock: Clock,
    /// The origin of its page.
    pub origin: String,
    /// The RP id.
    pub rp_id: String,
    /// Where the calls are mounted.
    base: &'static str,
    transport: Transport,
}

impl core::fmt::Debug for Host {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Host")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// Rocket's settings of every host here: quiet, and quick to stop.
fn figment(port: u16) -> rocket::figment::Figment {
    rocket::figment::Figment::from(rocket::Config::debug_default())
        .merge(("address", "127.0.0.1"))
        .merge(("port", port))
        .merge(("workers", 2))
        .merge(("log_level", "off"))
        .merge(("shutdown.ctrlc", false))
        .merge(("shutdown.grace", 1))
        .merge(("shutdown.mercy", 0))
}

fn config(port: u16, settings: &[(&str, &str)]) -> Config {
    let secret = ("PORTCULLIS_SECRET", SECRET);
    let all = [&[secret], settings].concat();
    Config::new(all, figment(port)).unwrap_or_else(|e| panic!("{e}"))
}

/// Why a host does not start with these settings.
///
/// # Panics
///
/// When it does.
#[must_use]
#[track_caller]
pub fn refused_start(settings: &[(&str, &str)]) -> String {
    let config = match Config::new(settings.iter().copied(), figment(8000)) {
        Ok(config) => config,
        Err(error) => return error.to_string(),
    };
    // A thread of its own: the caller may be within a runtime.
    let opened = std::thread::spawn(|| rocket::execute(Portcullis::new(config).open()));
    let opened = opened.join().expect("it answers");
    opened.expect_err("the start is refused").to_string()
}

impl Host {
    /// A host that Rocket's own client asks, without a socket.
    ///
    /// # Panics
    ///
    /// When the settings do not hold.
    pub async fn local(settings: &[(&str, &str)]) -> Self {
        Self::mounted(settings, |host| host.rocket()).await
    }

    /// The same over a store of the application's own.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn with_store(store: Arc<dyn Store>) -> Self {
        Self::mounted(&[], |host| host.with_store(store).rocket()).await
    }

    /// The same in an application that mounts it.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn mounted(
        settings: &[(&str, &str)],
        mount: impl FnOnce(Portcullis) -> Rocket<Build>,
    ) -> Self {
        let (config, clock) = (config(8000, settings), Clock::start());
        let (origin, rp_id) = (config.issuer().to_owned(), config.rp_id().to_owned());
        let rocket = mount(Portcullis::new(config).with_clock(clock.clone()));
        let client = Client::untracked(rocket).await.expect("it ignites");
        Self {
            clock,
            origin,
            rp_id,
            base: "",
            transport: Transport::Local(Box::new(client)),
        }
    }

    /// A host that listens on a free port of the loopback address until it is dropped.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn listening(settings: &[(&str, &str)]) -> Self {
        Self::listening_with(settings, |host| host).await
    }

    /// The same with something else, a store for one.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn listening_with(
        settings: &[(&str, &str)],
        with: impl FnOnce(Portcullis) -> Portcullis,
    ) -> Self {
        let probe = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = probe.local_addr().expect("bound").port();
        drop(probe);
        Self::listening_at_with(port, settings, with).await
    }

    /// The same at a port that is known before.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn listening_at(port: u16, settings: &[(&str, &str)]) -> Self {
        Self::listening_at_with(port, settings, |host| host).await
    }

    /// Stops this host and starts another one in its place.
    ///
    /// # Panics
    ///
    /// When it has no socket, or the other one does not start.
    pub async fn restarted(self, settings: &[(&str, &str)]) -> Self {
        let address = self.address();
        drop(self);
        while TcpListener::bind(address).is_err() {
            rocket::tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Self::listening_at(address.port(), settings).await
    }

    async fn listening_at_with(
        port: u16,
        settings: &[(&str, &str)],
        with: impl FnOnce(Portcullis) -> Portcullis,
    ) -> Self {
        let config = config(port, settings);
        let (clock, origin) = (Clock::start(), config.issuer().to_owned());
        let rp_id = config.rp_id().to_owned();
        let host = with(Portcullis::new(config).with_clock(clock.clone()));

        let (ready, listens) = oneshot::channel();
        let ready = Arc::new(std::sync::Mutex::new(Some(ready)));
        let liftoff = AdHoc::on_liftoff("listens", move |rocket| {
            Box::pin(async move {
                let sender = ready.lock().expect("not poisoned").take();
                let _ = sender.expect("one lift-off").send(rocket.shutdown());
            })
        });
        rocket::tokio::spawn(host.rocket().attach(liftoff).launch());
        let shutdown = listens.await.expect("it lifts off");
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        let base = format!("http://127.0.0.1:{port}");
        Self {
            clock,
            origin,
            rp_id,
            base: "",
            transport: Transport::Socket {
                http,
                base,
                shutdown: Some(shutdown),
            },
        }
    }

    /// A host of another process, which listens at a port of the loopback address.
    ///
    /// # Panics
    ///
    /// When there is no TLS, and so no client.
    #[must_use]
    pub fn elsewhere(port: u16, origin: &str) -> Self {
        Self::elsewhere_for(None, port, origin)
    }

    /// The same, reached by way of a proxy that says who calls.
    ///
    /// # Panics
    ///
    /// When that cannot be said in a header.
    #[must_use]
    pub fn elsewhere_for(caller: Option<&str>, port: u16, origin: &str) -> Self {
        let name = reqwest::header::HeaderName::from_static("x-forwarded-for");
        let caller = caller.map(|caller| (name, caller.parse().expect("a header")));
        let http = reqwest::Client::builder()
            .default_headers(caller.into_iter().collect())
            .no_proxy()
            .build();
        Self {
            clock: Clock::start(),
            origin: origin.to_owned(),
            rp_id: "localhost".to_owned(),
            base: "",
            transport: Transport::Socket {
                http: http.expect("a client"),
                base: format!("http://127.0.0.1:{port}"),
                shutdown: None,
            },
        }
    }

    /// Where the host listens.
    ///
    /// # Panics
    ///
    /// When it has no socket.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match &self.transport {
            Transport::Local(_) => panic!("there is no socket"),
            Transport::Socket { base, .. } => base
                .trim_start_matches("http://")
                .parse()
                .expect("an address"),
        }
    }

    /// The same host, whose calls are mounted at this base.
    #[must_use]
    pub const fn at(mut self, base: &'static str) -> Self {
        self.base = base;
        self
    }

    /// Sends a request to a call.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    pub async fn send(&self, mut request: Request) -> Answer {
        request.path.insert_str(0, self.base);
        self.send_to_root(request).await
    }

    /// Sends a request to a path of the application that the host is mounted in.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    pub async fn send_to_root(&self, request: Request) -> Answer {
        match &self.transport {
            Transport::Local(client) => send_local(client, request).await,
            Transport::Socket { http, base, .. } => {
                let answer = send_socket(http, base, request).await;
                answer.expect("the host answers")
            }
        }
    }

    /// Sends a request to a host that may be killed before it answers.
    pub async fn try_send(&self, request: Request) -> Option<Answer> {
        match &self.transport {
            Transport::Local(client) => Some(send_local(client, request).await),
            Transport::Socket { http, base, .. } => send_socket(http, base, request).await,
        }
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Request::post(path, body)).await
    }
}

/// The answer to a GET of an address; `None` where nobody listens.
///
/// # Panics
///
/// When the answer is no HTTP.
pub async fn get(url: &str) -> Option<Answer> {
    let http = reqwest::Client::builder().no_proxy().build();
    let http = http.expect("a client");
    http.head(url).send().await.ok()?;
    send_socket(&http, url, Request::get("")).await
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Transport::Socket {
            shutdown: Some(shutdown),
            ..
        } = &self.transport
        {
            shutdown.clone().notify();
        }
    }
}

async fn send_local(client: &Client, request: Request) -> Answer {
    let mut local = client.req(request.method, request.path).body(request.body);
    for (name, value) in request.headers {
        local.add_header(Header::new(name, value));
    }
    if let Some(peer) = request.peer {
        local = local.remote(peer);
    }
    let response = local.dispatch().await;
    let status = response.status().code;
    let headers = response
        .headers()
        .iter()
        .map(|header| {
            (
                header.name().as_str().to_ascii_lowercase(),
                header.value().to_owned(),
            )
        })
        .collect();
    let body = response.into_bytes().await.unwrap_or_default();
    Answer {
        status,
        headers,
        body,
    }
}

async fn send_socket(http: &reqwest::Client, base: &str, request: Request) -> Option<Answer> {
    let method = request.method.as_str().parse().expect("a method");
    let mut builder = http
        .request(method, format!("{base}{}", request.path))
        .body(request.body);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    let response = builder.send().await.ok()?;
    let status = response.status().as_u16();
    let text = |value: &reqwest::header::HeaderValue| value.to_str().expect("ASCII").to_owned();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect();
    let body = response.bytes().await.ok()?.to_vec();
    Some(Answer {
        status,
        headers,
        body,
    })
}
